#include "flow/layout_dataset.hpp"

#include <algorithm>

#include "flow/flow_config.hpp"
#include "ptah/core/run_tool.hpp"
#include "store/stored_path.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMostCommonBytes = 64u << 20;
constexpr std::size_t kMostStateBytes = 64u << 20;

Result<Json> read_json(const std::filesystem::path& file, std::size_t most,
                       const std::string& what) {
  auto text = read_text_file(file, most);
  if (!text) {
    Error error = text.error();
    error.where = what + ", " + error.where;
    error.hint = "Was the run deleted? Train anew without it.";
    return error;
  }
  Json json = Json::parse(text.value(), nullptr, false);
  if (json.is_object()) return json;
  return make_error(ErrorCode::kParse, "This is no JSON object.", what + ", " + file.string());
}

}  // namespace

Result<std::unique_ptr<LayoutDataset>> LayoutDataset::open(const rpc::TrainTask& task,
                                                           PluginHost& host, FlowJob& job) {
  std::unique_ptr<LayoutDataset> dataset;
  std::string technology;
  std::vector<Source*> sources;
  for (const rpc::SourceRun& source : task.set.sources) {
    const std::string what = "run " + source.job;
    PTAH_TRY(const Json common,
             read_json(stored_path(task.files, source.common), kMostCommonBytes, what));
    try {
      const std::string named = common.at("tech");
      if (!dataset) {
        technology = named;
        PTAH_TRY(auto resolved, Technology::resolve(named));
        dataset.reset(new LayoutDataset(task, job, std::move(resolved)));
      } else if (named != technology) {
        // A run may name the same one by where its PDK lies.
        PTAH_TRY(const auto other, Technology::resolve(named));
        if (other.name() != dataset->technology_.name())
          return make_error(ErrorCode::kInvalidArgument,
                            "A model is of one technology: the first run is of " + technology +
                                ", this one of " + named + ".",
                            what);
      }
      const Json& generator = common.at("flow").at("stages").at("device_generator");
      std::unique_ptr<Source>& made =
          dataset->sources_[common.at("input").dump() + generator.dump()];
      if (!made) {
        PTAH_TRY(const auto input, circuit_input_from_json(common.at("input"), task.files));
        PTAH_TRY(auto loaded, load_circuit(input, dataset->technology_));
        PTAH_TRY(auto assignments, FingerSpace::create(loaded.circuit, input.allowed_fingers));
        PTAH_TRY(auto bound,
                 bind_stage<DeviceGenerator>(host, "device_generator", generator.at("plugin"),
                                             generator.at("options")));
        made = std::make_unique<Source>(
            Source{std::move(loaded), std::move(assignments), std::move(bound)});
      }
      sources.push_back(made.get());
    } catch (const Json::exception& exception) {
      return make_error(ErrorCode::kParse, exception.what(), what);
    }
  }
  if (!dataset) return make_error(ErrorCode::kInvalidArgument, "There is no run to learn from.");
  std::map<std::pair<Source*, std::int64_t>, std::size_t> numbers;
  for (const rpc::LabelledLayout& layout : task.set.layouts) {
    const auto number = static_cast<std::size_t>(layout.source);
    if (number >= sources.size() || layout.assignment < 0 ||
        layout.assignment >= sources[number]->assignments.count()) {
      return make_error(ErrorCode::kInvalidArgument, "A layout is of no run or assignment.",
                        "training set");
    }
    const auto [at, fresh] =
        numbers.try_emplace({sources[number], layout.assignment}, dataset->designs_.size());
    if (fresh) dataset->designs_.push_back({sources[number], layout.assignment});
    dataset->design_of_.push_back(at->second);
  }
  return dataset;
}

Result<std::shared_ptr<const Design>> LayoutDataset::load(std::size_t number) {
  for (auto at = in_memory_.begin(); at != in_memory_.end(); ++at) {
    if (at->first != number) continue;
    std::rotate(in_memory_.begin(), at, at + 1);
    return in_memory_.front().second;
  }
  const DesignKey& key = designs_.at(number);
  Source& source = *key.source;
  auto design = std::make_shared<Design>();
  PTAH_TRY(design->circuit,
           with_fingers(source.loaded.circuit, source.assignments.at(key.assignment)));
  StageSeconds seconds;
  for (const Device& device : design->circuit.devices) {
    PTAH_TRY(auto tile, draw_device(source.generator, device, technology_, job_, seconds));
    design->tiles.push_back(std::move(tile));
  }
  in_memory_.emplace_front(number, design);
  if (in_memory_.size() > kMostInMemory) in_memory_.pop_back();
  return std::shared_ptr<const Design>(std::move(design));
}

Split LayoutDataset::split(std::size_t index) const {
  const rpc::LabelledLayout& layout = task_.set.layouts.at(index);
  const std::string run = task_.set.sources.at(static_cast<std::size_t>(layout.source)).job + " " +
                          std::to_string(layout.assignment);
  return split_of(run);
}

Result<Example> LayoutDataset::read(std::size_t index) {
  const rpc::LabelledLayout& layout = task_.set.layouts.at(index);
  const std::string what = "run " + task_.set.sources[static_cast<std::size_t>(layout.source)].job +
                           ", variant " + std::to_string(layout.variant);
  Example example;
  example.label = layout.label;
  PTAH_TRY(example.design, load(design_of_[index]));
  PTAH_TRY(const Json state,
           read_json(stored_path(task_.files, layout.state), kMostStateBytes, what));
  const auto placed = state.find("layout");
  if (placed == state.end()) {
    return make_error(ErrorCode::kParse, "The state has no layout.", what);
  }
  PTAH_TRY(auto whole, layout_from_json(*placed, technology_));
  if (whole.placement.tiles.size() != example.design->tiles.size()) {
    return make_error(ErrorCode::kConflict, "The layout is of another circuit.", what);
  }
  example.placement = std::move(whole.placement);
  return example;
}

}  // namespace ptah
