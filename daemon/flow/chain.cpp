#include "flow/chain.hpp"

#include <array>
#include <functional>
#include <set>

#include "flow/assessor.hpp"
#include "flow/bundle.hpp"
#include "flow/candidate.hpp"
#include "flow/dataset.hpp"
#include "flow/measuring.hpp"
#include "flow/score_places.hpp"
#include "flow/stage_runner.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/layout/gds.hpp"
#include "render/render.hpp"

namespace ptah {
namespace {

constexpr std::array<std::pair<SignOff, std::string_view>, 4> kSignOffs{
    {{SignOff::kAll, "all"},
     {SignOff::kKept, "kept"},
     {SignOff::kSample, "sample"},
     {SignOff::kNone, "none"}}};

/// Streams of the chain's generator.
enum Stream : std::uint64_t { kPlacer = 1, kRouter, kJudges, kExplorer };

using Clock = std::chrono::steady_clock;

/// Layouts on which checks and judges differ are kept for inspection, at most so many a variant.
constexpr std::size_t kMostCommonBytes = 64u << 20;  // a line of the worker's, which it came in
constexpr std::size_t kMaxKeptDisagreements = 16;

struct Reverted {
  Move move;
  std::string reason;
};

/// "drc: 3 errors ..." -> "drc"
std::string reason_class(const std::string& reason) {
  return reason.substr(0, reason.find(':'));
}

Json um(Point point) {
  return Json::array({to_um(point.x), to_um(point.y)});
}

/// What the judges left beside the listed files; thousands of variants share the scratch folder.
void remove_working_files(const std::filesystem::path& folder, const Json& files) {
  std::set<std::filesystem::path> kept;
  for (const Json& file : files) kept.insert(file["path"].get<std::string>());
  std::vector<std::filesystem::path> rest;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (!kept.contains(entry.path())) rest.push_back(entry.path());
  }
  for (const auto& path : rest) std::filesystem::remove_all(path, ignored);
}

class Chain final : public ExplorationSpace {
 public:
  Chain(const ChainSpec& spec, std::filesystem::path scratch, PluginHost& host, TaskSink& sink)
      : spec_(spec),
        scratch_(std::move(scratch)),
        host_(host),
        sink_(sink),
        bundle_(scratch_),
        rng_(Rng(spec.seed).fork(static_cast<std::uint64_t>(spec.assignment))) {}

  Result<Json> run();

  const Circuit& circuit() const override { return circuit_; }
  const Tiles& tiles() const override { return tiles_; }
  const Placement& placement() const override { return present_.placement; }
  const Evaluation& baseline() const override { return baseline_; }
  int next_variant() const override { return next_variant_; }
  int last_variant() const override { return spec_.variants; }
  Result<Evaluation> evaluate(const Move& move) override;
  Result<bool> accept() override;

 private:
  Status prepare();
  Status bind_stages();
  Status make_tiles();
  Status make_baseline();
  Status restore(const ChainResume& resume);

  Result<Candidate> new_candidate(Layout layout);
  Status assess(Candidate& candidate);
  /// False: the judges reject it.
  Result<bool> sign_off(Candidate& candidate);
  void revert(const Move& move, const std::string& reason);
  /// Counts what judges and checks disagree about, and keeps the layout for the next record.
  Status note_disagreements(Candidate& candidate);
  /// Adds `measures` to `metrics`, and with the baseline those of the schematic.
  Status measure(Candidate& candidate, Json& metrics);
  Status record(Candidate& candidate);
  Json state() const;
  Json plugins() const;
  FlowJob job(Stream stream, const std::filesystem::path& folder) const {
    FlowJob job(sink_, rng_.fork(stream).next(), folder);
    const double total = spec_.variants + 1;
    job.set_window(next_variant_ / total, 1 / total, progress_label());
    return job;
  }
  std::string progress_label() const {
    return paths_->name() + (next_variant_ == 0
                                 ? " baseline: "
                                 : " variant " + std::to_string(next_variant_) + ": ");
  }

  ChainSpec spec_;  ///< With the fingers, once prepared.
  std::filesystem::path scratch_;
  PluginHost& host_;
  TaskSink& sink_;
  Bundle bundle_;
  Rng rng_;

  Technology technology_;
  Circuit circuit_;
  std::optional<Testbench> testbench_;
  Measuring measuring_;
  std::optional<DatasetPaths> paths_;
  Tiles tiles_;

  Bound<DeviceGenerator> generator_;
  Bound<Placer> placer_;
  Bound<Router> router_;
  Bound<Explorer> explorer_;
  std::optional<Assessor> assessor_;

  StageSeconds setup_seconds_;  ///< Tiles and the schematic's simulation: charged to the baseline.
  Layout present_;
  Evaluation baseline_;
  Json moves_ = Json::object();  ///< Accumulated displacement of each moved device, um.
  int next_variant_ = 0;
  std::optional<Candidate> candidate_;
  std::vector<Reverted> reverted_;  ///< Since the last accepted variant.
  std::map<std::string, int> reverted_total_;
  std::int64_t evaluated_ = 0;
  std::int64_t judged_ = 0;
  std::map<std::string, int> disagreements_;  ///< By what they are about.
  Json kept_disagreements_ = Json::array();   ///< Files since the last record.
  int candidate_count_ = 0;
};

Status Chain::bind_stages() {
  const auto choice = [&](const char* stage) -> const StageChoice* {
    const auto found = spec_.flow.stages.find(stage);
    return found == spec_.flow.stages.end() ? nullptr : &found->second;
  };
  const auto bind = [&](auto& bound, const char* stage) -> Status {
    const StageChoice* chosen = choice(stage);
    if (chosen == nullptr) return ok();
    using Stage = typename std::remove_reference_t<decltype(*bound.instance)>;
    PTAH_TRY(bound, bind_stage<Stage>(host_, stage, chosen->plugin, chosen->options));
    return ok();
  };
  PTAH_TRY(bind(generator_, "device_generator"));
  PTAH_TRY(bind(placer_, "placer"));
  PTAH_TRY(bind(router_, "router"));
  PTAH_TRY(bind(explorer_, "explorer"));
  return ok();
}

Status Chain::prepare() {
  PTAH_TRY(technology_, Technology::resolve(spec_.technology));
  PTAH_TRY(auto loaded, load_circuit(spec_.input, technology_));
  if (spec_.fingers.empty()) {
    PTAH_TRY(const auto space, FingerSpace::create(loaded.circuit, spec_.input.allowed_fingers));
    if (spec_.assignment < 0 || spec_.assignment >= space.count()) {
      return make_error(ErrorCode::kInvalidArgument, "There is no such assignment.", "assignment");
    }
    spec_.fingers = space.at(spec_.assignment);
  }
  PTAH_TRY(circuit_, with_fingers(loaded.circuit, spec_.fingers));
  testbench_ = std::move(loaded.testbench);
  measuring_ =
      Measuring(std::move(loaded.measures), std::move(loaded.benches), spec_.flow.measures);
  paths_.emplace(circuit_.name, spec_.assignment);
  circuit_.name = paths_->name();
  PTAH_TRY(bind_stages());
  PTAH_TRY(make_tiles());
  PTAH_TRY(auto assessor, Assessor::create({spec_, circuit_, testbench_, technology_}, host_));
  assessor_.emplace(std::move(assessor));
  FlowJob context = job(kJudges, scratch_);
  return assessor_->simulate_schematic(context, setup_seconds_);
}

Status Chain::make_tiles() {
  FlowJob context = job(kPlacer, scratch_);
  for (const Device& device : circuit_.devices) {
    PTAH_TRY(auto tile, run_stage(generator_, context, setup_seconds_, [&](DeviceGenerator& stage) {
               return stage.generate(device, technology_, context);
             }));
    tiles_.push_back(std::move(tile));
  }
  return ok();
}

Result<Candidate> Chain::new_candidate(Layout layout) {
  Candidate candidate;
  candidate.top = paths_->name();
  candidate.folder = scratch_ / ("layout_" + std::to_string(candidate_count_++));
  candidate.gds = candidate.folder / "layout.gds";
  candidate.layout = std::move(layout);
  candidate.library =
      gds::from_layout(circuit_, tiles_, candidate.layout, technology_, candidate.top);
  PTAH_TRY(candidate.flat, gds::flatten(candidate.library, candidate.top, technology_));
  candidate.evaluation.area_um2 = to_um2(component_area(tiles_));
  candidate.evaluation.hpwl = hpwl(circuit_, tiles_, candidate.layout.placement);
  return candidate;
}

Status Chain::assess(Candidate& candidate) {
  FlowJob context = job(kJudges, candidate.folder);
  PTAH_TRY(assessor_->assess(candidate, context));
  ++evaluated_;
  return candidate.judged ? note_disagreements(candidate) : ok();
}

Result<bool> Chain::sign_off(Candidate& candidate) {
  const bool judged_before = candidate.judged;
  FlowJob context = job(kJudges, candidate.folder);
  PTAH_TRY(const bool kept, assessor_->sign_off(candidate, next_variant_, context));
  if (candidate.judged && !judged_before) {
    PTAH_TRY(note_disagreements(candidate));
  }
  return kept;
}

Status Chain::note_disagreements(Candidate& candidate) {
  ++judged_;
  if (candidate.disagreements.empty()) return ok();
  Json report{{"circuit", circuit_.name},
              {"variant", next_variant_},
              {"seed", spec_.seed},
              {"fingers", spec_.fingers},
              {"kept", candidate.evaluation.valid},
              {"disagreements", Json::array()}};
  for (const Disagreement& disagreement : candidate.disagreements) {
    ++disagreements_[disagreement.about];
    report["disagreements"].push_back(to_json(disagreement));
    sink_.emit({{"event", "log"},
                {"level", "warning"},
                {"message", candidate.top + " variant " + std::to_string(next_variant_) + ": " +
                                to_json(disagreement).dump()}});
  }
  if (kept_disagreements_.size() >= 2 * kMaxKeptDisagreements) return ok();
  // A copy of its own: the candidate's folder goes with the candidate.
  const std::string stem = "disagreement_" + std::to_string(candidate_count_);
  const auto gds = scratch_ / (stem + ".gds"), json = scratch_ / (stem + ".json");
  PTAH_TRY(gds::write_file(candidate.library, gds));
  PTAH_TRY(write_text_file(json, report.dump(1) + "\n", Durability::kCached));
  const auto number = static_cast<int>(kept_disagreements_.size() / 2);
  kept_disagreements_.push_back({{"role", "disagreement"},
                                 {"path", gds.string()},
                                 {"dataset", paths_->disagreement(next_variant_, number, ".gds")}});
  kept_disagreements_.push_back(
      {{"role", "disagreement_report"},
       {"path", json.string()},
       {"dataset", paths_->disagreement(next_variant_, number, ".json")}});
  return ok();
}

Status Chain::make_baseline() {
  std::string last_reason;
  for (int attempt = 0; attempt < spec_.flow.baseline_attempts; ++attempt) {
    if (sink_.cancelled()) return cancelled_error();
    const auto begin = Clock::now();
    FlowJob context = job(kPlacer, scratch_);
    context.set_seed(rng_.fork(kPlacer).fork(static_cast<std::uint64_t>(attempt)).next());
    StageSeconds seconds = setup_seconds_;
    context.progress(0.1, "placing");
    PTAH_TRY(auto placement, run_stage(placer_, context, seconds, [&](Placer& stage) {
               return stage.place(circuit_, tiles_, technology_, context);
             }));
    context.progress(0.3, "routing");
    auto routed = run_stage(router_, context, seconds, [&](Router& stage) {
      return stage.route(circuit_, tiles_, placement, technology_, context);
    });
    if (routed.has_error()) {
      if (routed.error().code != ErrorCode::kInfeasible) return std::move(routed).error();
      last_reason = "router: " + routed.error().text();
    } else {
      PTAH_TRY(auto candidate, new_candidate(std::move(routed.value())));
      candidate.seconds = std::move(seconds);
      candidate.begin = begin;
      PTAH_TRY(assess(candidate));
      bool kept = false;
      if (candidate.evaluation.valid) {
        PTAH_TRY(kept, sign_off(candidate));
      }
      if (kept) {
        baseline_ = candidate.evaluation;
        return record(candidate);
      }
      last_reason = candidate.evaluation.reason;
      discard(candidate);
    }
    ++reverted_total_[reason_class(last_reason)];
    reverted_.push_back({{}, last_reason});
    context.log(LogLevel::kWarning, paths_->name() + ": placement " + std::to_string(attempt + 1) +
                                        " of the baseline was given up: " + last_reason);
  }
  return make_error(ErrorCode::kInfeasible,
                    "No baseline layout after " + std::to_string(spec_.flow.baseline_attempts) +
                        " placements; the last one failed: " + last_reason,
                    paths_->name(), "Try another seed, or other finger counts.");
}

Result<Evaluation> Chain::evaluate(const Move& move) {
  if (sink_.cancelled()) return cancelled_error();
  if (candidate_) {
    discard(*candidate_);
    candidate_.reset();
  }
  if (move.device < 0 || static_cast<std::size_t>(move.device) >= tiles_.size()) {
    return make_error(ErrorCode::kInvalidArgument, "The move names a device that does not exist.",
                      "explorer " + explorer_.plugin);
  }
  Placement placement = present_.placement;
  PlacedTile& tile = placement.tiles[static_cast<std::size_t>(move.device)];
  tile.origin = tile.origin + move.by;
  if (!tile.slot.contains(placed_outline(tiles_[static_cast<std::size_t>(move.device)], tile))) {
    Evaluation outside;
    outside.reason = "slot: the tile would leave its halo";
    return outside;
  }
  const auto begin = Clock::now();
  FlowJob context = job(kRouter, scratch_);
  context.progress(0.1, "routing");
  StageSeconds seconds;
  auto routed = run_stage(router_, context, seconds, [&](Router& stage) {
    return stage.reroute(circuit_, tiles_, placement, present_, technology_, context);
  });
  if (routed.has_error()) {
    if (routed.error().code != ErrorCode::kInfeasible) return std::move(routed).error();
    ++evaluated_;
    Evaluation unrouted;
    unrouted.reason = "router: " + routed.error().text();
    revert(move, unrouted.reason);
    return unrouted;
  }
  PTAH_TRY(auto candidate, new_candidate(std::move(routed.value())));
  candidate.seconds = std::move(seconds);
  candidate.begin = begin;
  candidate.move = move;
  PTAH_TRY(assess(candidate));
  if (!candidate.evaluation.valid) {
    discard(candidate);
    revert(move, candidate.evaluation.reason);
    return candidate.evaluation;
  }
  candidate_ = std::move(candidate);
  return candidate_->evaluation;
}

void Chain::revert(const Move& move, const std::string& reason) {
  ++reverted_total_[reason_class(reason)];
  reverted_.push_back({move, reason});
}

Result<bool> Chain::accept() {
  if (!candidate_) {
    return make_error(ErrorCode::kPluginFailed, "The explorer accepted a move it did not evaluate.",
                      "explorer " + explorer_.plugin);
  }
  Candidate candidate = std::move(*candidate_);
  candidate_.reset();
  PTAH_TRY(const bool kept, sign_off(candidate));
  if (!kept) {
    discard(candidate);
    revert(candidate.move, candidate.evaluation.reason);
    return false;
  }
  PTAH_TRY(record(candidate));
  return true;
}

Json Chain::plugins() const {
  Json named{{"device_generator", generator_.plugin},
             {"placer", placer_.plugin},
             {"router", router_.plugin},
             {"explorer", explorer_.plugin}};
  assessor_->list_plugins(named);
  return named;
}

Json Chain::state() const {
  return {{"layout", layout_to_json(present_, technology_)},
          {"moves", moves_},
          {"baseline",
           {{"pscore_V", baseline_.pscore ? Json(*baseline_.pscore) : Json()},
            {"area_um2", baseline_.area_um2},
            {"hpwl", baseline_.hpwl}}},
          {"evaluated", evaluated_},
          {"reverted", reverted_total_},
          {"judged", judged_},
          {"disagreements", disagreements_}};
}

Status Chain::measure(Candidate& candidate, Json& metrics) {
  if (measuring_.empty() || candidate.post.empty()) return ok();
  FlowJob context = job(kJudges, candidate.folder);
  PTAH_TRY(const auto measures, assessor_->measure(measuring_, candidate, context));
  metrics["measures"] = to_json(measures);
  if (next_variant_ > 0) return ok();
  PTAH_TRY(const auto schematic,
           assessor_->measure_schematic(measuring_, context, candidate.seconds));
  metrics["measures_schematic"] = to_json(schematic);
  return ok();
}

Status Chain::record(Candidate& candidate) {
  const int variant = next_variant_;
  const Waveform* const before = assessor_->schematic();
  present_ = candidate.layout;
  if (variant > 0) {
    const std::string& device =
        circuit_.devices[static_cast<std::size_t>(candidate.move.device)].name;
    const Json so_far = moves_.value(device, Json::array({0.0, 0.0}));
    const Point total{from_um(so_far[0]) + candidate.move.by.x,
                      from_um(so_far[1]) + candidate.move.by.y};
    moves_[device] = um(total);
  }
  const Rect outline = placement_outline(tiles_, present_.placement);
  const Evaluation& evaluation = candidate.evaluation;
  Json reverted = Json::array();
  for (const Reverted& entry : reverted_) {
    Json item{{"reason", entry.reason}};
    if (variant > 0) {
      item["device"] = circuit_.devices[static_cast<std::size_t>(entry.move.device)].name;
      item["by_um"] = um(entry.move.by);
    }
    reverted.push_back(std::move(item));
  }
  Json components = Json::array();
  for (std::size_t i = 0; i < tiles_.size(); ++i) {
    const Rect box = placed_outline(tiles_[i], present_.placement.tiles[i]);
    components.push_back({{"device", circuit_.devices[i].name},
                          {"type", to_string(circuit_.devices[i].kind)},
                          {"corners_um", {um({box.x0, box.y0}), um({box.x1, box.y1})}},
                          {"orientation", to_string(present_.placement.tiles[i].orientation)}});
  }

  const auto cost = cost_of(spec_.objective, evaluation);
  Json metrics{{"circuit", circuit_.name.substr(0, circuit_.name.rfind('_'))},
               {"assignment", spec_.assignment},
               {"fingers", spec_.fingers},
               {"variant", variant},
               {"tech", technology_.name()},
               {"drc", candidate.drc},
               {"lvs", candidate.lvs},
               {"pscore_V", evaluation.pscore ? Json(*evaluation.pscore) : Json()},
               {"objective", to_string(spec_.objective)},
               {"cost", cost ? Json(*cost) : Json()},
               {"judged", candidate.judged},
               {"area_um2", evaluation.area_um2},
               {"outline_um", um({outline.width(), outline.height()})},
               {"hpwl_um", static_cast<double>(evaluation.hpwl) / 1000.0},
               {"wirelength_um", static_cast<double>(wirelength(present_, technology_)) / 1000.0},
               {"seed", spec_.seed},
               {"plugins", plugins()}};
  if (candidate.judged_pscore) metrics["judged_pscore_V"] = *candidate.judged_pscore;
  PTAH_TRY(measure(candidate, metrics));
  Json metadata{
      {"moves_um", moves_}, {"components", std::move(components)}, {"reverted", reverted}};

  Json files = Json::array();
  const auto add_file = [&](const char* role, const std::filesystem::path& path,
                            const std::string& dataset) {
    files.push_back({{"role", role}, {"path", path.string()}, {"dataset", dataset}});
  };
  const auto add = [&](const char* role, std::string_view bytes,
                       const std::string& dataset) -> Status {
    PTAH_TRY(auto file, bundle_.add(role, bytes, dataset));
    files.push_back(std::move(file));
    return ok();
  };
  const auto add_gds = [&](const char* role, const gds::Library& library,
                           const std::string& dataset) {
    const auto bytes = gds::write(library);
    return add(role, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, dataset);
  };
  PTAH_TRY(add_gds("gds", candidate.library, paths_->layout(variant)));
  for (Json& file : kept_disagreements_) files.push_back(std::move(file));
  kept_disagreements_ = Json::array();
  PTAH_TRY(add("metrics", metrics.dump(1) + "\n", paths_->metrics(variant)));
  PTAH_TRY(add("metadata", metadata.dump(1) + "\n", paths_->metadata(variant)));
  PTAH_TRY(add("state", state().dump(), ""));
  if (!candidate.post.empty()) {
    PTAH_TRY(add("post", waveform_csv(candidate.post.front(), testbench_->outputs.front()),
                 paths_->post(variant)));
  }
  if (variant == 0) {
    PTAH_TRY(add("netlist", write_spice(circuit_, technology_), paths_->netlist()));
    if (before != nullptr) {
      PTAH_TRY(add("pre", waveform_csv(*before, testbench_->outputs.front()), paths_->pre()));
    }
    for (std::size_t i = 0; i < tiles_.size(); ++i) {
      PTAH_TRY(add_gds("tile", gds::from_tile(tiles_[i], technology_),
                       paths_->tile(circuit_.devices[i].name)));
    }
  }
  if (spec_.pictures) {
    std::error_code failure;
    std::filesystem::create_directories(candidate.folder, failure);
    if (failure) return make_error(ErrorCode::kIo, failure.message(), candidate.folder.string());
    const auto picture = candidate.folder / "layout.png";
    PTAH_TRY(render_layout(candidate.library, paths_->name(), technology_, picture));
    add_file("picture", picture, paths_->picture(variant));
    if (before != nullptr && !candidate.post.empty() && candidate.post.front().analysis == "ac") {
      const std::string& output = testbench_->outputs.front();
      const auto bode = candidate.folder / "bode.svg";
      const Waveform& after = candidate.post.front();
      PTAH_TRY(plot_bode({{"pre-layout", before->x, *before->find(output)},
                          {"post-layout", after.x, *after.find(output)}},
                         paths_->name() + " variant " + std::to_string(variant), bode));
      add_file("bode", bode, paths_->bode(variant));
    }
  }
  candidate.seconds["total"] =
      std::chrono::duration<double>(Clock::now() - candidate.begin).count();
  // Apart from all else: the same seed gives the same bytes everywhere but here.
  PTAH_TRY(add("times", Json(candidate.seconds).dump(1) + "\n", paths_->times(variant)));
  PTAH_TRY(bundle_.end_variant());

  if (spec_.pictures) {
    remove_working_files(candidate.folder, files);
  } else {
    discard(candidate);
  }

  Json event = metrics;
  event["top"] = paths_->name();
  event["gds"] = paths_->layout(variant);
  event["netlist"] = paths_->netlist();
  event["reverted"] = std::move(reverted);
  sink_.emit({{"event", "variant"},
              {"variant", variant},
              {"record", std::move(event)},
              {"files", std::move(files)}});

  reverted_.clear();
  ++next_variant_;
  sink_.emit({{"event", "progress"},
              {"fraction", next_variant_ / (spec_.variants + 1.0)},
              {"message",
               paths_->name() + (variant == 0 ? std::string(" baseline done")
                                              : " variant " + std::to_string(variant) + " done")}});
  return ok();
}

Status Chain::restore(const ChainResume& resume) {
  PTAH_TRY(auto text, read_text_file(resume.state));
  try {
    const Json state = Json::parse(text);
    PTAH_TRY(present_, layout_from_json(state.at("layout"), technology_));
    moves_ = state.at("moves");
    const Json& baseline = state.at("baseline");
    baseline_.valid = true;
    if (!baseline.at("pscore_V").is_null()) baseline_.pscore = baseline["pscore_V"].get<double>();
    baseline_.area_um2 = baseline.at("area_um2");
    baseline_.hpwl = baseline.at("hpwl");
    evaluated_ = state.at("evaluated");
    reverted_total_ = state.at("reverted").get<std::map<std::string, int>>();
    judged_ = state.at("judged");
    disagreements_ = state.at("disagreements").get<std::map<std::string, int>>();
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kParse, exception.what(), resume.state.string());
  }
  if (present_.placement.tiles.size() != tiles_.size()) {
    return make_error(ErrorCode::kConflict, "The stored layout is of another circuit.",
                      resume.state.string());
  }
  next_variant_ = resume.variant + 1;
  return ok();
}

Result<Json> Chain::run() {
  PTAH_TRY(prepare());
  if (spec_.resume) {
    PTAH_TRY(restore(*spec_.resume));
  } else {
    PTAH_TRY(make_baseline());
  }
  if (next_variant_ <= spec_.variants) {
    FlowJob context = job(kExplorer, scratch_);
    StageSeconds whole;  // contains the other stages' time; each variant carries those
    PTAH_TRY(run_stage(explorer_, context, whole,
                       [&](Explorer& stage) { return stage.explore(*this, context); }));
    if (next_variant_ <= spec_.variants) {
      return make_error(ErrorCode::kPluginFailed,
                        "The explorer stopped at variant " + std::to_string(next_variant_ - 1) +
                            " of " + std::to_string(spec_.variants) + ".",
                        "explorer " + explorer_.plugin);
    }
  }
  if (candidate_) discard(*candidate_);
  int differ = 0;
  for (const auto& [about, count] : disagreements_) differ += count;
  if (differ > spec_.flow.sign_off.max_disagreements * static_cast<double>(judged_)) {
    return make_error(ErrorCode::kConflict,
                      "Checks and judges disagree " + std::to_string(differ) + " times on " +
                          std::to_string(judged_) + " judged layouts.",
                      paths_->name(),
                      "The layouts are in the dataset's folder `disagreements`; the flow's " +
                          std::string("`max_disagreements` says how many may be."));
  }
  return Json{{"assignment", spec_.assignment}, {"name", paths_->name()},
              {"variants", next_variant_},      {"evaluated", evaluated_},
              {"reverted", reverted_total_},    {"judged", judged_},
              {"disagreements", disagreements_}};
}

}  // namespace

Result<SignOff> sign_off_from_string(std::string_view text) {
  for (const auto& [sign_off, name] : kSignOffs) {
    if (name == text) return sign_off;
  }
  return make_error(ErrorCode::kInvalidArgument,
                    "`" + std::string(text) + "` is none of: all, kept, sample, none.", "judges");
}

std::string_view to_string(SignOff sign_off) noexcept {
  for (const auto& [value, name] : kSignOffs) {
    if (value == sign_off) return name;
  }
  return "all";
}

Json to_json(const ChainSpec& spec) {
  Json json{{"input", to_json(spec.input)},
            {"tech", spec.technology},
            {"seed", spec.seed},
            {"variants", spec.variants},
            {"judges", to_string(spec.judges)},
            {"objective", to_string(spec.objective)},
            {"pictures", spec.pictures},
            {"flow", to_json(spec.flow)}};
  return json;
}

Json chain_task(Json common, const Json& chain) {
  common.update(chain);
  return common;
}

Result<Json> complete_chain(const Json& spec) {
  const auto file = spec.find("common");
  if (file == spec.end()) return spec;
  PTAH_TRY(const std::string text, read_text_file(file->get<std::string>(), kMostCommonBytes));
  Json common = Json::parse(text, nullptr, false);
  if (!common.is_object()) {
    return make_error(ErrorCode::kInternal, "What the chains have in common cannot be read.",
                      file->get<std::string>());
  }
  return chain_task(std::move(common), spec);
}

Result<ChainSpec> chain_spec_from_json(const Json& json) {
  try {
    ChainSpec spec;
    PTAH_TRY(spec.input, circuit_input_from_json(json.at("input")));
    spec.technology = json.at("tech");
    // Of an older server; otherwise it is a count by group, for those who read plans.
    if (const Json fingers = json.value("fingers", Json()); fingers.is_object())
      spec.fingers = fingers.get<FingerAssignment>();
    spec.assignment = json.at("assignment");
    spec.seed = json.at("seed");
    spec.variants = json.at("variants");
    PTAH_TRY(spec.judges, sign_off_from_string(json.at("judges").get<std::string>()));
    // Chains of an older server have none.
    PTAH_TRY(spec.objective, objective_from_string(json.value("objective", "pscore")));
    spec.pictures = json.at("pictures");
    PTAH_TRY(spec.flow, flow_from_json(json.at("flow")));
    if (json.contains("resume") && !json["resume"].is_null()) {
      const Json& resume = json["resume"];
      spec.resume =
          ChainResume{resume.at("variant"), resume.at("files").at("state").get<std::string>()};
    }
    return spec;
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kInvalidArgument, exception.what(), "chain");
  }
}

Result<Json> run_chain(const ChainSpec& spec, const std::filesystem::path& scratch,
                       PluginHost& host, TaskSink& sink) {
  Chain chain(spec, scratch, host, sink);
  return chain.run();
}

}  // namespace ptah
