#include "flow/sample_dataset.hpp"

#include <algorithm>
#include <cmath>

#include "flow/circuit_input.hpp"

namespace ptah {
namespace {

std::string better_of(const Json& measure) {
  return measure.value("better", std::string("less"));
}

Result<Design> design_of(const Json& about, const std::string& files, const Technology& technology,
                         PluginHost& host, FlowJob& job) {
  PTAH_TRY(const auto input, circuit_input_from_json(about.at("circuit"), files));
  PTAH_TRY(const auto loaded, load_circuit(input, technology));
  PTAH_TRY(const auto space, FingerSpace::create(loaded.circuit, input.allowed_fingers));
  const std::int64_t assignment = about.at("assignment");
  if (assignment < 0 || assignment >= space.count())
    return make_error(ErrorCode::kParse, "There is no such assignment.", "about.assignment");
  Design design;
  PTAH_TRY(design.circuit, with_fingers(loaded.circuit, space.at(assignment)));
  std::vector<std::string> names;
  for (const Device& device : design.circuit.devices) names.push_back(device.name);
  if (names != about.at("devices").get<std::vector<std::string>>()) {
    return make_error(ErrorCode::kConflict,
                      "The dataset's circuit has other devices than its placements.",
                      "about.devices");
  }
  const Json& generator = about.at("device_generator");
  PTAH_TRY(auto bound, bind_stage<DeviceGenerator>(host, "device_generator",
                                                   generator.at("plugin").get<std::string>(),
                                                   generator.value("options", Json::object())));
  StageSeconds seconds;
  for (const Device& device : design.circuit.devices) {
    PTAH_TRY(auto tile, draw_device(bound, device, technology, job, seconds));
    design.tiles.push_back(std::move(tile));
  }
  return design;
}

}  // namespace

Result<SampleLabel> SampleLabel::parse(const std::string& text, const Json& about) {
  const Json& measures = about.at("measures");
  if (measures.empty())
    return make_error(ErrorCode::kInvalidArgument, "The dataset has no labels.", "label");
  SampleLabel label;
  std::string name = text;
  if (text.empty()) {
    name = measures.front().at("name");
    label.negative_ = better_of(measures.front()) == "more";
  } else if (text.starts_with('-')) {
    name = text.substr(1);
    label.negative_ = true;
  } else if (text.size() > 2 && text.front() == '|' && text.back() == '|') {
    name = text.substr(1, text.size() - 2);
    label.magnitude_ = true;
  }
  std::string known;
  for (std::size_t i = 0; i < measures.size(); ++i) {
    const std::string candidate = measures[i].at("name");
    known += (known.empty() ? "" : ", ") + candidate;
    if (candidate != name) continue;
    label.measure_ = i;
    label.name_ = name;
    if (better_of(measures[i]) == "magnitude" && !label.negative_) label.magnitude_ = true;
    label.text_ = (label.negative_ ? "-" : "") + name;
    if (label.magnitude_) label.text_ = "|" + name + "|";
    return label;
  }
  return make_error(ErrorCode::kInvalidArgument,
                    "The dataset has no label `" + text.substr(0, 64) + "`.", "label",
                    "It has: " + known + "; \"-NAME\" where more is better.");
}

double SampleLabel::of(const Samples& samples, std::size_t row) const {
  const double value = samples.label(row, measure_);
  return magnitude_ ? std::abs(value) : negative_ ? -value : value;
}

Result<Samples> read_blocks(const std::vector<std::filesystem::path>& blocks) {
  if (blocks.empty())
    return make_error(ErrorCode::kInvalidArgument, "The dataset has no files.", "dataset");
  PTAH_TRY(auto all, Samples::read(blocks.front()));
  for (std::size_t i = 1; i < blocks.size(); ++i) {
    PTAH_TRY(const auto more, Samples::read(blocks[i]));
    PTAH_TRY(all.append(more));
  }
  return all;
}

Result<std::unique_ptr<SampleDataset>> SampleDataset::open(Samples samples,
                                                           const std::string& label,
                                                           const std::string& files,
                                                           PluginHost& host, FlowJob& job) {
  try {
    PTAH_TRY(auto rule, SampleLabel::parse(label, samples.about()));
    PTAH_TRY(auto technology, Technology::resolve(samples.about().at("tech").get<std::string>()));
    std::unique_ptr<SampleDataset> dataset(
        new SampleDataset(std::move(samples), std::move(rule), std::move(technology)));
    const Samples& rows = dataset->samples_;
    PTAH_TRY(auto design, design_of(rows.about(), files, dataset->technology_, host, job));
    dataset->design_ = std::make_shared<const Design>(std::move(design));
    PTAH_TRY(dataset->choose(dataset->label_));
    return dataset;
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kParse, exception.what(), "about");
  }
}

Status SampleDataset::choose(SampleLabel label) {
  label_ = std::move(label);
  rows_.clear();
  for (std::size_t row = 0; row < samples_.size(); ++row) {
    if (samples_.clean(row) && std::isfinite(label_.of(samples_, row))) rows_.push_back(row);
  }
  if (!rows_.empty()) return ok();
  return make_error(ErrorCode::kInvalidArgument,
                    "None of the " + std::to_string(samples_.size()) +
                        " layouts is clean and has the label " + label_.text() + ".",
                    "label");
}

Result<Example> SampleDataset::read(std::size_t index) {
  const std::size_t row = rows_.at(index);
  return Example{design_, samples_.placement(row, design_->tiles), label_.of(samples_, row)};
}

}  // namespace ptah
