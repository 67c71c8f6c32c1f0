#include "flow/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "flow/sample_maker.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

/// A block is what a kill costs at most: half a minute of a worker's time. Small datasets have
/// enough blocks for all workers.
constexpr std::int64_t kMostRowsABlock = 256;
constexpr std::int64_t kLeastRowsABlock = 16;
constexpr std::int64_t kBlocks = 16;

/// Passes on what people want to know: placers say something of each of thousands of layouts.
class QuietSink final : public TaskSink {
 public:
  explicit QuietSink(TaskSink& sink) : sink_(sink) {}
  void emit(const Json& event) override {
    const std::string kind = event.value("event", "");
    if (kind == "progress") return;
    if (kind == "log" && event.value("level", "") != "warning" &&
        event.value("level", "") != "error")
      return;
    sink_.emit(event);
  }
  bool cancelled() const noexcept override { return sink_.cancelled(); }

 private:
  TaskSink& sink_;
};

std::string block_name(std::int64_t first) {
  std::string number = std::to_string(first);
  return std::string(7 - std::min<std::size_t>(7, number.size()), '0') + number;
}

Json names_of(const Circuit& circuit, bool devices) {
  Json names = Json::array();
  if (devices) {
    for (const Device& device : circuit.devices) names.push_back(device.name);
  } else {
    for (const Net& net : circuit.nets) names.push_back(net.name);
  }
  return names;
}

Json label_names(const std::vector<MeasureSpec>& labels) {
  Json names = Json::array();
  for (const MeasureSpec& label : labels) names.push_back(label.name);
  return names;
}

Result<Sample> make_or_leave_out(SampleMaker& maker, const rpc::SampleTask& task,
                                 std::int64_t number, TaskSink& sink) {
  const auto left = std::find_if(task.left_out.begin(), task.left_out.end(),
                                 [&](const rpc::LeftOut& item) { return item.item == number; });
  if (left != task.left_out.end()) return maker.left_out(number, left->reason);
  sink.emit({{"event", "item"}, {"item", number}});
  return maker.make(number);
}

}  // namespace

Result<Json> plan_samples(const rpc::DatasetSpec& spec) {
  PTAH_TRY(const auto input, read_circuit_input(spec));
  PTAH_TRY(const auto technology, Technology::resolve(spec.tech));
  PTAH_TRY(const auto loaded, load_circuit(input, technology));
  PTAH_TRY(refuse_fixed_blocks(loaded.circuit, "Datasets are made of"));
  PTAH_TRY(const auto flow, load_flow(spec.flow));
  PTAH_TRY(const auto space, FingerSpace::create(loaded.circuit, input.allowed_fingers));
  if (spec.assignment >= space.count()) {
    return make_error(ErrorCode::kInvalidArgument,
                      std::to_string(spec.assignment) + " is not an assignment; they are 0 to " +
                          std::to_string(space.count() - 1) + ".",
                      "assignment");
  }
  if (flow.checks.empty()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "Placements by the thousand need a flow with checks of its own.",
                      "flow " + flow.name, "The flow `sampling` has some.");
  }
  PTAH_TRY(const auto labels, chosen_labels(loaded, spec.labels));
  const std::int64_t rows = std::clamp(spec.count / kBlocks, kLeastRowsABlock, kMostRowsABlock);
  Json chains = Json::array();
  for (std::int64_t first = 0; first < spec.count; first += rows)
    chains.push_back({{"first", first}, {"count", std::min(rows, spec.count - first)}});
  PTAH_TRY(auto sources, list_sources(input));
  return Json{{"circuit", loaded.circuit.name},
              {"title", input.title},
              {"tech", spec.tech},
              {"devices", names_of(loaded.circuit, true)},
              {"nets", loaded.circuit.nets.size()},
              {"count", spec.count},
              {"notes", to_json(loaded.notes)},
              {"params", input.params},
              {"sources", std::move(sources)},
              {"common",
               {{"input", to_json(input)},
                {"tech", spec.tech},
                {"flow", to_json(flow)},
                {"seed", spec.seed},
                {"assignment", spec.assignment},
                {"labels", label_names(labels)},
                {"name", spec.name}}},
              {"chains", std::move(chains)}};
}

Result<Json> make_samples(const rpc::SampleTask& task, const std::filesystem::path& scratch,
                          PluginHost& host, TaskSink& sink) {
  if (task.resume.contains("record")) return task.resume["record"];
  QuietSink quiet(sink);
  PTAH_TRY(const auto maker, SampleMaker::create(task, scratch, host, quiet));
  PTAH_TRY(Json about, maker->about());
  Samples samples(std::move(about), maker->circuit().devices.size(), maker->circuit().nets.size(),
                  maker->labels().size());
  for (std::int64_t i = 0; i < task.count; ++i) {
    if (sink.cancelled()) return cancelled_error();
    PTAH_TRY(const Sample sample, make_or_leave_out(*maker, task, task.first + i, sink));
    samples.add(sample);
    sink.emit({{"event", "progress"},
               {"fraction", static_cast<double>(i + 1) / static_cast<double>(task.count)},
               {"message", task.name + ": layout " + std::to_string(task.first + i)}});
  }
  const std::string block = block_name(task.first), folder = "datasets/" + task.name + "/";
  const auto file = scratch / ("block_" + block + ".h5");
  PTAH_TRY(samples.write(file));
  const auto times = scratch / ("times_" + block + ".json");
  PTAH_TRY(write_text_file(times, Json(maker->seconds()).dump() + "\n", Durability::kCached));
  const auto failures = samples.failures();
  std::int64_t clean = task.count;
  for (const auto& [kind, failed] : failures) clean -= failed;
  Json record{{"dataset", task.name},
              {"circuit", maker->circuit().name},
              {"tech", task.tech},
              {"seed", task.seed},
              {"labels", task.labels},
              {"first", task.first},
              {"count", task.count},
              {"clean", clean},
              {"distinct", samples.distinct()},
              {"failures", failures},
              {"bytes", std::filesystem::file_size(file)}};
  sink.emit({{"event", "variant"},
             {"variant", 0},
             {"record", record},
             {"files",
              {{{"role", "samples"}, {"path", file.string()}, {"dataset", folder + block + ".h5"}},
               {{"role", "times"},
                {"path", times.string()},
                {"dataset", folder + "times/" + block + ".json"}}}}});
  return record;
}

}  // namespace ptah
