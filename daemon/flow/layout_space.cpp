#include "flow/layout_space.hpp"

#include <algorithm>

#include "flow/objective.hpp"
#include "flow/variant_writer.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/layout/gds.hpp"

namespace ptah {
namespace {

using Clock = std::chrono::steady_clock;

/// Layouts on which checks and judges differ are kept for inspection, at most so many a variant.
constexpr std::size_t kMaxKeptDisagreements = 16;

Evaluation refused(std::string reason, Fidelity fidelity) {
  Evaluation evaluation;
  evaluation.reason = std::move(reason);
  evaluation.fidelity = fidelity;
  return evaluation;
}

}  // namespace

FlowLayoutSpace::FlowLayoutSpace(Exploration& exploration, std::int64_t assignment,
                                 FingerAssignment fingers, Circuit circuit, DatasetPaths paths)
    : exploration_(exploration),
      assignment_(assignment),
      fingers_(std::move(fingers)),
      circuit_(std::move(circuit)),
      paths_(std::move(paths)),
      rng_(Rng(exploration.spec.seed).fork(static_cast<std::uint64_t>(assignment))) {}

Result<std::unique_ptr<FlowLayoutSpace>> FlowLayoutSpace::create(Exploration& exploration,
                                                                 std::int64_t assignment,
                                                                 const FingerAssignment& fingers) {
  PTAH_TRY(auto circuit, with_fingers(exploration.loaded.circuit, fingers));
  const std::int64_t home = exploration.spec.assignment;
  DatasetPaths paths(circuit.name, assignment,
                     assignment == home ? std::nullopt : std::optional(home));
  circuit.name = paths.name();
  std::unique_ptr<FlowLayoutSpace> space(
      new FlowLayoutSpace(exploration, assignment, fingers, std::move(circuit), std::move(paths)));
  auto nothing = std::make_shared<Present>();
  nothing->of = space.get();
  space->present_ = std::move(nothing);
  FlowJob placing = space->job(Stream::kPlacer, exploration.scratch);
  for (const Device& device : space->circuit_.devices) {
    PTAH_TRY(auto tile, draw_device(exploration.generator, device, exploration.technology, placing,
                                    space->setup_seconds_));
    space->tiles_.push_back(std::move(tile));
  }
  space->mover_.emplace(space->circuit_, space->tiles_, exploration.technology);
  PTAH_TRY(auto review, CandidateReview::create(
                            exploration.spec,
                            {space->circuit_, exploration.loaded.testbench, exploration.technology},
                            exploration.host));
  space->review_.emplace(std::move(review));
  FlowJob judging = space->job(Stream::kJudges, exploration.scratch);
  PTAH_TRY(space->review_->simulate_schematic(judging, space->setup_seconds_));
  return space;
}

UsedPlugins FlowLayoutSpace::plugins() const {
  UsedPlugins used;
  used.add("device_generator", exploration_.generator);
  used.add("placer", exploration_.placer);
  used.add("router", exploration_.router);
  used.labels["explorer"] = exploration_.explorer;
  used.hashes["explorer"] = exploration_.explorer_hash;
  if (exploration_.predictor != nullptr) used.add("predictor", *exploration_.predictor);
  review_->assessment().list_plugins(used);
  return used;
}

Evaluation FlowLayoutSpace::estimate(const Placement& placement) const {
  Evaluation evaluation;
  evaluation.valid = true;
  evaluation.area_um2 = to_um2(component_area(tiles_));
  evaluation.hpwl = hpwl(circuit_, tiles_, placement);
  evaluation.outline_um2 = to_um2(placement_outline(tiles_, placement).area());
  evaluation.cost = cost_of(exploration_.spec.objective, evaluation);
  return evaluation;
}

Result<Placement> FlowLayoutSpace::place(std::uint64_t seed, const NetWeights& weights,
                                         StageSeconds& seconds) {
  FlowJob context = job(Stream::kPlacer, exploration_.scratch);
  context.set_seed(seed);
  context.progress(0, "placing");
  return run_stage(exploration_.placer, context, seconds, [&](Placer& stage) {
    return stage.place(circuit_, tiles_, exploration_.technology, weights, context);
  });
}

Result<std::shared_ptr<Candidate>> FlowLayoutSpace::new_candidate(Layout layout) const {
  // Its folder goes with the last that knows it.
  std::shared_ptr<Candidate> candidate(new Candidate, [](Candidate* unused) {
    discard(*unused);
    delete unused;
  });
  candidate->top = paths_.name();
  candidate->folder =
      exploration_.scratch / ("layout_" + std::to_string(exploration_.next_candidate++));
  candidate->gds = candidate->folder / "layout.gds";
  candidate->evaluation = estimate(layout.placement);
  candidate->evaluation.fidelity = Fidelity::kRouted;
  candidate->layout = std::move(layout);
  candidate->library = gds::from_layout(circuit_, tiles_, candidate->layout,
                                        exploration_.technology, candidate->top);
  PTAH_TRY(candidate->flat,
           gds::flatten(candidate->library, candidate->top, exploration_.technology));
  Evaluation& evaluation = candidate->evaluation;
  evaluation.outline_um2 = to_um2(drawn_outline(*candidate->flat).area());
  evaluation.cost = cost_of(exploration_.spec.objective, evaluation);
  return candidate;
}

Status FlowLayoutSpace::assess(Candidate& candidate, Fidelity fidelity) {
  const auto lacks = [&](Fidelity wanted) {
    return candidate.evaluation.valid && candidate.evaluation.fidelity < wanted &&
           fidelity >= wanted;
  };
  const bool judged_before = candidate.judged;
  FlowJob context = job(Stream::kJudges, candidate.folder);
  const bool scored = fidelity == Fidelity::kScored && lacks(Fidelity::kScored);
  if (lacks(Fidelity::kChecked)) {
    PTAH_TRY(review_->check(candidate, context));
  }
  // With judges for all, they see what the checks refuse, too.
  if (scored) {
    PTAH_TRY(review_->score(candidate, context));
    PTAH_TRY(weigh(candidate));
  }
  return candidate.judged && !judged_before ? note_disagreements(candidate) : ok();
}

Status FlowLayoutSpace::weigh(Candidate& candidate) {
  Exploration& chain = exploration_;
  if (!candidate.evaluation.valid || candidate.post.empty()) return ok();
  LayoutAssessment& assessment = review_->assessment();
  FlowJob context = job(Stream::kJudges, candidate.folder);
  if (!chain.specs.empty()) {
    PTAH_TRY(const auto measures, assessment.measure(chain.spec_measuring, *candidate.netlist,
                                                     candidate.post, context, candidate.seconds));
    candidate.specs = judge(chain.specs, measures);
    candidate.evaluation.feasible =
        std::all_of(candidate.specs.begin(), candidate.specs.end(),
                    [](const SpecVerdict& verdict) { return verdict.met; });
    chain.totals.feasible += candidate.evaluation.feasible;
    for (std::size_t i = 0; i < chain.specs.size(); ++i) {
      if (!candidate.specs[i].met) ++chain.totals.broken[chain.specs[i].text];
    }
  }
  if (chain.spec.objective == Objective::kDrift) {
    if (!schematic_measures_) {
      PTAH_TRY(schematic_measures_,
               assessment.measure_schematic(chain.measuring, context, candidate.seconds));
    }
    PTAH_TRY(const auto measures, assessment.measure(chain.measuring, *candidate.netlist,
                                                     candidate.post, context, candidate.seconds));
    candidate.evaluation.cost = drift_of(chain.loaded.measures, *schematic_measures_, measures);
  }
  return ok();
}

Result<bool> FlowLayoutSpace::sign_off(Candidate& candidate) {
  const bool judged_before = candidate.judged;
  FlowJob context = job(Stream::kJudges, candidate.folder);
  PTAH_TRY(const bool kept, review_->sign_off(candidate, exploration_.next_variant, context));
  if (candidate.judged && !judged_before) {
    PTAH_TRY(note_disagreements(candidate));
  }
  return kept;
}

Status FlowLayoutSpace::note_disagreements(Candidate& candidate) {
  Exploration& chain = exploration_;
  ++chain.totals.judged;
  if (candidate.disagreements.empty()) return ok();
  const int variant = chain.next_variant;
  Json report{{"circuit", circuit_.name},
              {"variant", variant},
              {"seed", chain.spec.seed},
              {"fingers", fingers_},
              {"kept", candidate.evaluation.valid},
              {"disagreements", Json::array()}};
  for (const Disagreement& disagreement : candidate.disagreements) {
    ++chain.totals.disagreements[disagreement.about];
    report["disagreements"].push_back(to_json(disagreement));
    chain.sink.emit({{"event", "log"},
                     {"level", "warning"},
                     {"message", candidate.top + " variant " + std::to_string(variant) + ": " +
                                     to_json(disagreement).dump()}});
  }
  if (!candidate.operating_point.is_null()) {
    report["operating_point_V"] = candidate.operating_point;
    chain.sink.emit({{"event", "log"},
                     {"level", "warning"},
                     {"message", candidate.top + " variant " + std::to_string(variant) +
                                     ": the simulations found different operating points, " +
                                     candidate.operating_point.dump()}});
  }
  if (chain.disagreement_files.size() >= 2 * kMaxKeptDisagreements) return ok();
  // A copy of its own: the candidate's folder goes with the candidate.
  const std::string stem = "disagreement_" + std::to_string(chain.next_candidate);
  const auto gds = chain.scratch / (stem + ".gds"), json = chain.scratch / (stem + ".json");
  PTAH_TRY(gds::write_file(candidate.library, gds));
  PTAH_TRY(write_text_file(json, report.dump(1) + "\n", Durability::kCached));
  const auto number = static_cast<int>(chain.disagreement_files.size() / 2);
  chain.disagreement_files.push_back({{"role", "disagreement"},
                                      {"path", gds.string()},
                                      {"dataset", paths_.disagreement(variant, number, ".gds")}});
  chain.disagreement_files.push_back({{"role", "disagreement_report"},
                                      {"path", json.string()},
                                      {"dataset", paths_.disagreement(variant, number, ".json")}});
  return ok();
}

Status FlowLayoutSpace::make_baseline(bool signed_off) {
  const int attempts = exploration_.spec.flow.baseline_attempts;
  std::string last_reason;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (exploration_.sink.cancelled()) return cancelled_error();
    PTAH_TRY(exploration_.afford());
    const auto begin = Clock::now();
    StageSeconds seconds = setup_seconds_;
    const auto stream = static_cast<std::uint64_t>(Stream::kPlacer);
    PTAH_TRY(
        auto placement,
        place(rng_.fork(stream).fork(static_cast<std::uint64_t>(attempt)).next(), {}, seconds));
    FlowJob context = job(Stream::kRouter, exploration_.scratch);
    context.set_seed(rng_.fork(stream).fork(static_cast<std::uint64_t>(attempt)).next());
    context.progress(0, "routing");
    auto routed = run_stage(exploration_.router, context, seconds, [&](Router& stage) {
      return stage.route(circuit_, tiles_, placement, exploration_.technology, context);
    });
    exploration_.count_evaluation();
    if (routed.has_error()) {
      if (routed.error().code != ErrorCode::kInfeasible) return std::move(routed).error();
      last_reason = "router: " + routed.error().text();
    } else {
      PTAH_TRY(auto candidate, new_candidate(std::move(routed.value())));
      candidate->seconds = std::move(seconds);
      candidate->begin = begin;
      PTAH_TRY(assess(*candidate, Fidelity::kScored));
      bool kept = candidate->evaluation.valid;
      if (kept && signed_off) {
        PTAH_TRY(kept, sign_off(*candidate));
      }
      if (kept) {
        auto made = std::make_shared<Present>();
        made->of = this;
        made->placement = candidate->layout.placement;
        made->routed = std::make_shared<const Layout>(candidate->layout);
        made->evaluation = baseline_ = candidate->evaluation;
        made->candidate = std::move(candidate);
        present_ = std::move(made);
        PTAH_TRY(const Evaluation told, keep_if_best());
        if (told.valid) return ok();
        last_reason = told.reason;
        continue;  // record() has said of it what there is to say.
      }
      last_reason = candidate->evaluation.reason;
    }
    exploration_.revert({}, circuit_, last_reason);
    context.log(LogLevel::kWarning, paths_.name() + ": placement " + std::to_string(attempt + 1) +
                                        " of the baseline was given up: " + last_reason);
  }
  return make_error(ErrorCode::kInfeasible,
                    "No baseline layout after " + std::to_string(attempts) +
                        " placements; the last one failed: " + last_reason,
                    paths_.name(), "Try another seed, or other finger counts.");
}

Result<std::optional<std::string>> FlowLayoutSpace::refusal(const Moves& moves) const {
  const bool whole = moves.size() == 1 && (std::holds_alternative<Replace>(moves.front()) ||
                                           std::holds_alternative<Arrange>(moves.front()));
  if (!whole && present_->placement.tiles.size() != tiles_.size())
    return std::optional<std::string>("move: nothing is placed yet");
  for (const Move& move : moves) {
    if (std::holds_alternative<Replace>(move) && moves.size() > 1)
      return std::optional<std::string>("move: placing anew is a step of its own");
  }
  if (whole && std::holds_alternative<Replace>(moves.front())) return std::optional<std::string>();
  Placement placement = present_->placement;
  return mover_->make(moves, placement);
}

Result<Evaluation> FlowLayoutSpace::step(const Moves& moves, Fidelity fidelity) {
  if (exploration_.sink.cancelled()) return cancelled_error();
  if (moves.empty() && present_->evaluation.fidelity >= fidelity) return present_->evaluation;
  PTAH_TRY(const auto refusing, refusal(moves));
  if (refusing) return refused(*refusing, Fidelity::kPlaced);
  const auto begin = Clock::now();
  const auto start = present_;
  auto next = std::make_shared<Present>(*present_);
  StageSeconds seconds;
  if (!moves.empty()) {
    next->candidate.reset();
    next->made = moves;
    for (const Move& move : moves) {
      const auto* replace = std::get_if<Replace>(&move);
      if (std::holds_alternative<Arrange>(move) || replace != nullptr) {
        next->routed.reset();
        next->placed = exploration_.next_variant;
      }
      if (replace == nullptr) continue;
      if (fidelity > Fidelity::kPlaced) {
        PTAH_TRY(exploration_.afford());
      }
      auto placed =
          place(rng_.fork(static_cast<std::uint64_t>(Stream::kReplace)).fork(replace->seed).next(),
                replace->weights, seconds);
      if (placed.has_error()) {
        if (placed.error().code != ErrorCode::kInfeasible) return std::move(placed).error();
        exploration_.revert(moves, circuit_, "placer: " + placed.error().text());
        return refused("placer: " + placed.error().text(), Fidelity::kPlaced);
      }
      next->placement = std::move(placed.value());
    }
    PTAH_TRY(const auto problem, mover_->make(moves, next->placement));
    if (problem) return refused(*problem, Fidelity::kPlaced);
    for (std::size_t i = 0; i < present_->placement.tiles.size(); ++i) {
      const Point from = present_->placement.tiles[i].origin, to = next->placement.tiles[i].origin;
      if (from == to) continue;
      Json& moved = next->moves_um[circuit_.devices[i].name];
      const Point before = moved.is_null() ? Point{} : Point{from_um(moved[0]), from_um(moved[1])};
      moved = Json::array({to_um(before.x + to.x - from.x), to_um(before.y + to.y - from.y)});
    }
    next->evaluation = estimate(next->placement);
    if (fidelity == Fidelity::kPlaced) {
      present_ = std::move(next);
      return present_->evaluation;
    }
  }
  if (!next->wired() || !moves.empty()) {
    PTAH_TRY(exploration_.afford());
    FlowJob context = job(Stream::kRouter, exploration_.scratch);
    context.progress(0, "routing");
    auto routed = run_stage(exploration_.router, context, seconds, [&](Router& stage) {
      return next->routed
                 ? stage.reroute(circuit_, tiles_, next->placement, *next->routed,
                                 exploration_.technology, context)
                 : stage.route(circuit_, tiles_, next->placement, exploration_.technology, context);
    });
    exploration_.count_evaluation();
    if (routed.has_error()) {
      if (routed.error().code != ErrorCode::kInfeasible) return std::move(routed).error();
      const std::string reason = "router: " + routed.error().text();
      exploration_.revert(next->made, circuit_, reason);
      return refused(reason, Fidelity::kRouted);
    }
    next->routed = std::make_shared<const Layout>(std::move(routed.value()));
  }
  if (!next->candidate) {
    PTAH_TRY(next->candidate, new_candidate(*next->routed));
    next->candidate->seconds = std::move(seconds);
    next->candidate->begin = begin;
  }
  PTAH_TRY(assess(*next->candidate, fidelity));
  next->evaluation = next->candidate->evaluation;
  if (!next->evaluation.valid) {
    exploration_.revert(next->made, circuit_, next->evaluation.reason);
    return next->evaluation;
  }
  present_ = std::move(next);
  PTAH_TRY(const Evaluation told, keep_if_best());
  if (!told.valid) present_ = start;
  return told;
}

Result<Evaluation> FlowLayoutSpace::keep_if_best() {
  return exploration_.improves(present_->evaluation) ? record() : present_->evaluation;
}

Status FlowLayoutSpace::restore(const Snapshot& snapshot) {
  const auto present = std::static_pointer_cast<const Present>(snapshot);
  if (!present || present->of != this) {
    return make_error(ErrorCode::kInvalidArgument, "The snapshot is of another space.",
                      "explorer " + exploration_.explorer);
  }
  present_ = present;
  return ok();
}

Result<std::vector<Prediction>> FlowLayoutSpace::predict(const std::vector<Placement>& placements) {
  if (exploration_.predictor == nullptr) {
    return make_error(ErrorCode::kUnsupported, "The flow names no predictor.",
                      "flow " + exploration_.spec.flow.name,
                      "Add a stage `predictor` to the flow.");
  }
  FlowJob context = job(Stream::kExplorer, exploration_.scratch);
  StageSeconds seconds;
  PTAH_TRY(auto predictions,
           run_stage(*exploration_.predictor, context, seconds, [&](Predictor& stage) {
             return stage.predict(circuit_, tiles_, exploration_.technology, placements, context);
           }));
  if (predictions.size() != placements.size()) {
    return make_error(ErrorCode::kPluginFailed,
                      "The predictor gave " + std::to_string(predictions.size()) +
                          " predictions for " + std::to_string(placements.size()) + " placements.",
                      "predictor " + exploration_.predictor->plugin);
  }
  return predictions;
}

Result<Evaluation> FlowLayoutSpace::record() {
  Exploration& chain = exploration_;
  if (chain.next_variant > chain.spec.variants) {
    return make_error(ErrorCode::kLimit,
                      "The run wants variants up to " + std::to_string(chain.spec.variants) +
                          "; this would be one more.",
                      "explorer " + chain.explorer);
  }
  PTAH_TRY(const Evaluation evaluation, step({}, Fidelity::kScored));
  if (!evaluation.valid) return evaluation;
  if (!present_->candidate) {
    // Known from a state, not made in this process.
    auto next = std::make_shared<Present>(*present_);
    PTAH_TRY(next->candidate, new_candidate(*next->routed));
    next->candidate->begin = Clock::now();
    PTAH_TRY(assess(*next->candidate, Fidelity::kScored));
    present_ = std::move(next);
  }
  const std::shared_ptr<Candidate> candidate = present_->candidate;
  if (chain.spec.budget && candidate->recorded) return evaluation;
  PTAH_TRY(const bool kept, sign_off(*candidate));
  if (!kept) {
    auto next = std::make_shared<Present>(*present_);
    next->evaluation = candidate->evaluation;
    present_ = std::move(next);
    chain.revert(present_->made, circuit_, candidate->evaluation.reason);
    return candidate->evaluation;
  }
  RecordedVariant variant{*this, *candidate, present_->moves_um, present_->placed, {}, {}, {}};
  if (!chain.measuring.empty() && !candidate->post.empty()) {
    FlowJob context = job(Stream::kJudges, candidate->folder);
    LayoutAssessment& assessment = review_->assessment();
    PTAH_TRY(variant.measures, assessment.measure(chain.measuring, *candidate->netlist,
                                                  candidate->post, context, candidate->seconds));
    if (!chain.described.contains(assignment_)) {
      PTAH_TRY(variant.schematic_measures,
               assessment.measure_schematic(chain.measuring, context, candidate->seconds));
    }
  }
  if (chain.spec.budget && evaluation.pscore && !candidate->post.empty()) {
    FlowJob context = job(Stream::kJudges, candidate->folder);
    PTAH_TRY(variant.floors, review_->assessment().floors(tiles_, candidate->layout.placement,
                                                          context, candidate->seconds));
  }
  const std::optional<double> cost = evaluation.feasible ? evaluation.cost : std::nullopt;
  if (cost && (!chain.best || *cost < *chain.best)) chain.best = cost;
  PTAH_TRY(write_variant(chain, variant));
  candidate->recorded = true;
  if (chain.spec.budget && cost && *cost == chain.best) {
    chain.sink.emit({{"event", "metric"},
                     {"name", "best_cost"},
                     {"step", chain.totals.evaluated},
                     {"value", *cost}});
  }
  return candidate->evaluation;
}

Json FlowLayoutSpace::state() const {
  Json state{
      {"layout",
       present_->routed ? layout_to_json(*present_->routed, exploration_.technology) : Json()},
      {"moves", present_->moves_um},
      {"baseline", to_json(baseline_)}};
  if (present_->placed > 0) state["placed"] = present_->placed;
  if (present_->evaluation.fidelity == Fidelity::kScored && present_->wired()) {
    state["present"] = to_json(present_->evaluation);
  } else {
    state["placement"] = layout_to_json({present_->placement, {}, {}}, exploration_.technology);
  }
  return state;
}

Status FlowLayoutSpace::restore_state(const Json& state) {
  auto restored = std::make_shared<Present>();
  restored->of = this;
  try {
    if (const Json& layout = state.at("layout"); !layout.is_null()) {
      PTAH_TRY(auto routed, layout_from_json(layout, exploration_.technology));
      restored->placement = routed.placement;
      restored->routed = std::make_shared<const Layout>(std::move(routed));
    }
    restored->moves_um = state.at("moves");
    restored->placed = state.value("placed", 0);
    baseline_ = evaluation_from_json(state.at("baseline"));
    if (state.contains("placement")) {
      PTAH_TRY(auto placed, layout_from_json(state["placement"], exploration_.technology));
      restored->placement = std::move(placed.placement);
      restored->evaluation = estimate(restored->placement);
    } else {
      // A state of an older server does not say what the layout was worth.
      restored->evaluation =
          state.contains("present") ? evaluation_from_json(state["present"]) : baseline_;
    }
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kParse, exception.what(), "state of " + paths_.name());
  }
  if (restored->placement.tiles.size() != tiles_.size()) {
    return make_error(ErrorCode::kConflict, "The stored layout is of another circuit.",
                      paths_.name());
  }
  present_ = std::move(restored);
  return ok();
}

Status FlowLayoutSpace::load(std::string_view bytes) {
  const Json state = Json::parse(bytes, nullptr, false);
  if (!state.is_object()) {
    return make_error(ErrorCode::kParse, "These bytes are no saved layout.",
                      "explorer " + exploration_.explorer);
  }
  return restore_state(state);
}

}  // namespace ptah
