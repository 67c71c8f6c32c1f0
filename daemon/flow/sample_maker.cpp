#include "flow/sample_maker.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "flow/sampling.hpp"
#include "ptah/core/random.hpp"
#include "ptah/layout/gds.hpp"

namespace ptah {
namespace {

/// Streams of a dataset's seed.
constexpr std::uint64_t kLayouts = 0xDA7A;

bool has_operating_points_alone(const Testbench& bench) {
  return !bench.analyses.empty() &&
         std::all_of(bench.analyses.begin(), bench.analyses.end(), [](const std::string& analysis) {
           return analysis.starts_with(".op") || analysis.starts_with(".dc");
         });
}

bool is_of_operating_points(MeasureKind kind) {
  return kind == MeasureKind::kOffset || kind == MeasureKind::kOffsetMagnitude ||
         kind == MeasureKind::kSupplyCurrent || kind == MeasureKind::kDcRejection;
}

const Testbench* bench_of(const LoadedCircuit& loaded, const MeasureSpec& spec) {
  if (spec.testbench.empty()) return loaded.testbench ? &*loaded.testbench : nullptr;
  const auto found = loaded.benches.find(spec.testbench);
  return found == loaded.benches.end() ? nullptr : &found->second;
}

/// What is wanted of a measure, for who learns from it.
const char* better(MeasureKind kind) {
  switch (kind) {
    case MeasureKind::kOffset:
      return "magnitude";
    case MeasureKind::kOffsetMagnitude:
    case MeasureKind::kSupplyCurrent:
    case MeasureKind::kNoise:
    case MeasureKind::kSpotNoise:
      return "less";
    default:
      return "more";
  }
}

/// Nothing will come of the next layout either. A limit that was reached, or a plugin that breaks,
/// costs one row of thousands.
bool is_hopeless(const Error& error) {
  return error.code == ErrorCode::kCancelled || error.code == ErrorCode::kToolMissing ||
         error.code == ErrorCode::kIo || error.code == ErrorCode::kInternal;
}

/// The row's reason, or the error that ends the block.
Result<std::string> refused(const char* stage, const Error& error) {
  if (is_hopeless(error)) return error;
  // Without its place, which may be a folder of this task: the same row has the same bytes.
  return std::string(stage) + ": " + error.message;
}

}  // namespace

Result<std::vector<MeasureSpec>> chosen_labels(
    const LoadedCircuit& loaded, const std::optional<std::vector<std::string>>& asked) {
  std::vector<MeasureSpec> chosen;
  std::string known;
  for (const MeasureSpec& spec : loaded.measures) known += (known.empty() ? "" : ", ") + spec.name;
  if (known.empty()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The circuit has no measures that could be labels.", loaded.circuit.name,
                      "docs/measures.md says how a circuit gets some.");
  }
  if (asked) {
    for (const std::string& name : *asked) {
      const auto found = std::find_if(loaded.measures.begin(), loaded.measures.end(),
                                      [&](const MeasureSpec& spec) { return spec.name == name; });
      if (found == loaded.measures.end()) {
        return make_error(ErrorCode::kInvalidArgument,
                          "The circuit has no measure `" + name.substr(0, 64) + "`.", "labels",
                          "Its measures: " + known + ".");
      }
      chosen.push_back(*found);
    }
    return chosen;
  }
  for (const MeasureSpec& spec : loaded.measures) {
    const Testbench* bench = bench_of(loaded, spec);
    if (bench != nullptr && has_operating_points_alone(*bench)) chosen.push_back(spec);
  }
  if (!chosen.empty()) return chosen;
  std::copy_if(loaded.measures.begin(), loaded.measures.end(), std::back_inserter(chosen),
               [](const MeasureSpec& spec) { return is_of_operating_points(spec.kind); });
  return chosen.empty() ? loaded.measures : chosen;
}

Result<std::unique_ptr<SampleMaker>> SampleMaker::create(const rpc::SampleTask& task,
                                                         const std::filesystem::path& scratch,
                                                         PluginHost& host, TaskSink& sink) {
  PTAH_TRY(auto technology, Technology::resolve(task.tech));
  PTAH_TRY(const auto input, circuit_input_from_json(task.input.value, task.files));
  PTAH_TRY(auto loaded, load_circuit(input, technology));
  PTAH_TRY(const auto space, FingerSpace::create(loaded.circuit, input.allowed_fingers));
  if (task.assignment >= space.count())
    return make_error(ErrorCode::kInvalidArgument, "There is no such assignment.", "assignment");
  PTAH_TRY(auto circuit, with_fingers(loaded.circuit, space.at(task.assignment)));
  std::unique_ptr<SampleMaker> maker(new SampleMaker(task, scratch, sink, std::move(technology),
                                                     std::move(loaded), std::move(circuit)));
  PTAH_TRY(maker->flow_, flow_from_json(task.flow.value));
  PTAH_TRY(maker->labels_, chosen_labels(maker->loaded_, task.labels));
  maker->needs_own_ = std::any_of(maker->labels_.begin(), maker->labels_.end(),
                                  [](const MeasureSpec& label) { return label.testbench.empty(); });
  maker->measuring_ = Measuring(maker->labels_, maker->loaded_.benches, MeasureScope::kAll);
  PTAH_TRY(maker->bind(host));
  PTAH_TRY(maker->make_tiles());
  return maker;
}

Status SampleMaker::bind(PluginHost& host) {
  const auto bind = [&](auto& bound, const char* stage) -> Status {
    const auto chosen = flow_.stages.find(stage);
    if (chosen == flow_.stages.end()) {
      return make_error(ErrorCode::kInvalidArgument,
                        std::string("The flow names no ") + stage + ".", "flow " + flow_.name);
    }
    using Stage = typename std::remove_reference_t<decltype(*bound.instance)>;
    PTAH_TRY(bound, bind_stage<Stage>(host, stage, chosen->second.plugin, chosen->second.options));
    return ok();
  };
  PTAH_TRY(bind(generator_, "device_generator"));
  PTAH_TRY(bind(placer_, "placer"));
  PTAH_TRY(bind(router_, "router"));
  assessment_.emplace(LayoutAssessment::Subject{circuit_, loaded_.testbench, technology_});
  PTAH_TRY(assessment_->bind(host, Side::kOwn, flow_.checks, flow_.stages, ""));
  if (assessment_->can_score(Side::kOwn)) return ok();
  if (!loaded_.not_simulated.empty())
    return make_error(ErrorCode::kInvalidArgument, loaded_.not_simulated, "flow " + flow_.name);
  return make_error(ErrorCode::kInvalidArgument,
                    "Labels are simulated: the flow needs an extractor and a simulator, and the "
                    "circuit a testbench.",
                    "flow " + flow_.name);
}

Status SampleMaker::make_tiles() {
  FlowJob job(sink_, 0, scratch_);
  for (const Device& device : circuit_.devices) {
    PTAH_TRY(auto tile, draw_device(generator_, device, technology_, job, seconds_));
    tiles_.push_back(std::move(tile));
  }
  return ok();
}

Result<Json> SampleMaker::about() {
  FlowJob job(sink_, 0, scratch_);
  if (needs_own_) {
    PTAH_TRY(assessment_->simulate_schematic(Side::kOwn, job, seconds_));
  }
  PTAH_TRY(const auto found, assessment_->measure_schematic(measuring_, job, seconds_));
  Json measures = Json::array();
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!found[i].value) {
      return make_error(ErrorCode::kInvalidArgument,
                        "The schematic itself has no `" + found[i].name + "`: " + found[i].reason,
                        circuit_.name);
    }
    measures.push_back({{"name", found[i].name},
                        {"unit", found[i].unit},
                        {"better", better(labels_[i].kind)},
                        {"schematic", *found[i].value}});
  }
  Json devices = Json::array(), nets = Json::array();
  for (const Device& device : circuit_.devices) devices.push_back(device.name);
  for (const Net& net : circuit_.nets) nets.push_back(net.name);
  UsedPlugins used;
  used.add("device_generator", generator_);
  used.add("placer", placer_);
  used.add("router", router_);
  assessment_->list_plugins(used);
  return Json{
      {"circuit", task_.input.value},
      {"tech", task_.tech},
      {"assignment", task_.assignment},
      {"seed", task_.seed},
      {"device_generator", to_json(flow_).at("stages").at("device_generator")},
      {"flow", task_.flow.value},
      {"devices", std::move(devices)},
      {"nets", std::move(nets)},
      {"measures", std::move(measures)},
      {"net_weights",
       {{"distribution", "log-uniform"}, {"least", 1 / kMostWeight}, {"most", kMostWeight}}},
      {"plugins", std::move(used.labels)},
      {"plugin_hashes", std::move(used.hashes)}};
}

Sample SampleMaker::draw(std::int64_t number) const {
  Rng rng = Rng(static_cast<std::uint64_t>(task_.seed))
                .fork(kLayouts)
                .fork(static_cast<std::uint64_t>(number));
  Sample sample;
  sample.run = static_cast<std::uint64_t>(number);
  sample.seed = rng.next();
  for (std::size_t i = 0; i < circuit_.nets.size(); ++i)
    sample.weights.push_back(std::pow(kMostWeight, 2 * rng.uniform() - 1));
  return sample;
}

Sample SampleMaker::left_out(std::int64_t number, const std::string& reason) const {
  Sample sample = draw(number);
  sample.reason = reason;
  sample.split = split_of(std::to_string(number));
  return sample;
}

Result<Sample> SampleMaker::make(std::int64_t number) {
  Sample sample = draw(number);
  FlowJob job(sink_, sample.seed, scratch_);
  PTAH_TRY(sample.reason, work(sample, job));
  // A run gives one layout here, so that its hash is that of the run. Two runs that come to the
  // same placement must not be on both sides.
  sample.split = split_of(sample.placement.tiles.empty() ? std::to_string(number)
                                                         : placement_key(sample.placement));
  return sample;
}

Result<std::string> SampleMaker::work(Sample& sample, FlowJob& job) {
  NetWeights weights;
  for (std::size_t i = 0; i < sample.weights.size(); ++i)
    weights[static_cast<NetId>(i)] = sample.weights[i];
  auto placed = run_stage(placer_, job, seconds_, [&](Placer& stage) {
    return stage.place(circuit_, tiles_, technology_, weights, job);
  });
  if (placed.has_error()) return refused("placer", placed.error());
  sample.placement = placed.value();
  auto routed = run_stage(router_, job, seconds_, [&](Router& stage) {
    return stage.route(circuit_, tiles_, placed.value(), technology_, job);
  });
  if (routed.has_error()) return refused("router", routed.error());
  DrawnLayout drawn;
  drawn.top = circuit_.name;
  drawn.library = gds::from_layout(circuit_, tiles_, routed.value(), technology_, drawn.top);
  drawn.gds = scratch_ / "layout.gds";
  PTAH_TRY(drawn.flat, gds::flatten(drawn.library, drawn.top, technology_));
  Extent extent;
  extent.all = false;
  extent.failures = true;
  const auto findings = assessment_->verify(Side::kOwn, drawn, extent, job, seconds_);
  if (findings.has_error()) return refused("check", findings.error());
  for (const Finding& finding : findings.value()) {
    if (!finding.verdict.clean) return finding.reason();
  }
  const auto netlist = assessment_->extract(Side::kOwn, drawn, job, seconds_);
  if (netlist.has_error()) return refused("extraction", netlist.error());
  return measure(netlist.value(), sample, job);
}

Result<std::string> SampleMaker::measure(const ExtractedNetlist& netlist, Sample& sample,
                                         FlowJob& job) {
  std::vector<Waveform> own;
  if (needs_own_) {
    auto scored = assessment_->score(Side::kOwn, netlist, job, seconds_);
    if (scored.has_error()) return refused("simulation", scored.error());
    if (scored.value().post.empty()) return scored.value().reason();
    own = std::move(scored.value().post);
  }
  const auto measures = assessment_->measure(measuring_, netlist, own, job, seconds_);
  if (measures.has_error()) return refused("simulation", measures.error());
  std::string reason;
  for (const Measure& measure : measures.value()) {
    const bool good = measure.value && std::isfinite(*measure.value);
    sample.labels.push_back(good ? *measure.value : std::nan(""));
    if (!good && reason.empty())
      reason = "measure: " + measure.name + ": " +
               (measure.reason.empty() ? std::string("is no finite number.") : measure.reason);
  }
  return reason;
}

}  // namespace ptah
