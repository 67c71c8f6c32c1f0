#include "flow/exploration.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "flow/resident_predictors.hpp"
#include "flow/score_places.hpp"

namespace ptah {
namespace {

/// Layouts that came to nothing, of which a record tells each.
constexpr std::size_t kMostReverted = 256;

/// An exploration tells how far it is at most so often.
constexpr std::chrono::milliseconds kBetweenTold{100};

Json um(Point point) {
  return Json::array({to_um(point.x), to_um(point.y)});
}

const std::string& name_of(const Circuit& circuit, DeviceId device) {
  return circuit.devices[static_cast<std::size_t>(device)].name;
}

Json describe(const Move& move, const Circuit& circuit) {
  struct Visitor {
    const Circuit& circuit;
    Json operator()(const Shift& shift) const {
      return {{"device", name_of(circuit, shift.device)}, {"by_um", um(shift.by)}};
    }
    Json operator()(const Swap& swap) const {
      return {{"swap", {name_of(circuit, swap.a), name_of(circuit, swap.b)}}};
    }
    Json operator()(const Turn& turn) const {
      return {{"device", name_of(circuit, turn.device)},
              {"orientation", to_string(turn.orientation)}};
    }
    Json operator()(const Replace& replace) const {
      Json weights = Json::object();
      for (const auto& [net, weight] : replace.weights)
        weights[circuit.nets[static_cast<std::size_t>(net)].name] = weight;
      return {{"placed_anew", {{"seed", replace.seed}, {"weights", std::move(weights)}}}};
    }
    Json operator()(const Arrange&) const { return {{"arranged", true}}; }
  };
  return std::visit(Visitor{circuit}, move);
}

/// One shift by device and way, as OSIRIS's moves are; anything else as a list.
Json describe(const Moves& moves, const Circuit& circuit) {
  if (moves.size() == 1 && std::holds_alternative<Shift>(moves.front()))
    return describe(moves.front(), circuit);
  Json list = Json::array();
  for (const Move& move : moves) list.push_back(describe(move, circuit));
  return {{"moves", std::move(list)}};
}

/// Where in the share of one variant a stage's progress lies.
std::pair<double, double> window_of(Stream stream) {
  switch (stream) {
    case Stream::kPlacer:
    case Stream::kReplace:
      return {0, 0.3};
    case Stream::kRouter:
      return {0.3, 0.2};
    case Stream::kJudges:
      return {0.5, 0.5};
    case Stream::kExplorer:
      break;
  }
  return {0, 1};
}

}  // namespace

void ForwardSink::emit(const Json& event) {
  if (event.value("event", "") != "progress") return sink_.emit(event);
  Json forward = event;
  fraction_ = std::max(fraction_, event.value("fraction", 0.0));
  forward["fraction"] = fraction_;
  sink_.emit(forward);
}

Exploration::Exploration(const ChainSpec& chain, const std::filesystem::path& folder,
                         PluginHost& plugins, TaskSink& task, Technology tech,
                         LoadedCircuit circuit, FingerSpace space)
    : spec(chain),
      scratch(folder),
      host(plugins),
      sink(task),
      technology(std::move(tech)),
      loaded(std::move(circuit)),
      assignments(std::move(space)),
      measuring(loaded.measures, loaded.benches, spec.flow.measures),
      bundle(scratch) {}

Result<std::unique_ptr<Exploration>> Exploration::create(const ChainSpec& spec,
                                                         const std::filesystem::path& scratch,
                                                         PluginHost& host, TaskSink& sink) {
  PTAH_TRY(auto technology, Technology::resolve(spec.technology));
  PTAH_TRY(auto loaded, load_circuit(spec.input, technology));
  PTAH_TRY(auto assignments, FingerSpace::create(loaded.circuit, spec.input.allowed_fingers));
  assignments.offer(spec.part, spec.split_seed);
  std::unique_ptr<Exploration> made(new Exploration(
      spec, scratch, host, sink, std::move(technology), std::move(loaded), std::move(assignments)));
  std::vector<MeasureSpec> judged;
  for (const std::string& text : spec.specs) {
    PTAH_TRY(const Spec one, parse_spec(text, made->loaded.measures));
    made->specs.push_back(one);
  }
  for (const MeasureSpec& measure : made->loaded.measures) {
    if (std::any_of(made->specs.begin(), made->specs.end(),
                    [&](const Spec& one) { return one.measure == measure.name; }))
      judged.push_back(measure);
  }
  made->spec_measuring = Measuring(std::move(judged), made->loaded.benches, MeasureScope::kAll);
  const auto bind = [&](auto& bound, const char* stage) -> Status {
    const auto chosen = spec.flow.stages.find(stage);
    if (chosen == spec.flow.stages.end()) return ok();
    using Stage = typename std::remove_reference_t<decltype(*bound.instance)>;
    PTAH_TRY(bound, bind_stage<Stage>(host, stage, chosen->second.plugin, chosen->second.options));
    return ok();
  };
  PTAH_TRY(bind(made->generator, "device_generator"));
  PTAH_TRY(bind(made->placer, "placer"));
  PTAH_TRY(bind(made->router, "router"));
  if (const auto chosen = spec.flow.stages.find("predictor"); chosen != spec.flow.stages.end()) {
    FlowJob job(made->sink, spec.seed, scratch);
    PTAH_TRY(made->predictor, host.kept<ResidentPredictors>().get(
                                  host, chosen->second, spec.model ? &*spec.model : nullptr, job));
  }
  return made;
}

Spent Exploration::spent() const {
  const double here = std::chrono::duration<double>(Clock::now() - begin_).count();
  return {totals.evaluated, seconds_before_ + here};
}

Status Exploration::afford() const {
  if (!spec.budget || next_variant == 0 || used_share(*spec.budget, spent()) < 1) return ok();
  return make_error(ErrorCode::kLimit, "The exploration's budget is used up.",
                    "explorer " + explorer);
}

void Exploration::count_evaluation() {
  ++totals.evaluated;
  if (!spec.budget || Clock::now() - told_ < kBetweenTold) return;
  told_ = Clock::now();
  const Spent used = spent();
  const double share = used_share(*spec.budget, used);
  std::string message = std::to_string(used.evaluations) + " evaluations";
  if (best) {
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%.4g", *best);
    message += std::string(", best ") + digits.data();
  }
  sink.emit({{"event", "progress"}, {"fraction", std::min(share, 1.0)}, {"message", message}});
}

bool Exploration::improves(const Evaluation& evaluation) const {
  return spec.budget && evaluation.valid && evaluation.feasible && evaluation.cost &&
         evaluation.fidelity == Fidelity::kScored && (!best || *evaluation.cost < *best) &&
         next_variant > 0 && next_variant <= spec.variants;
}

void Exploration::revert(const Moves& moves, const Circuit& circuit, const std::string& reason) {
  ++totals.reverted[reason.substr(0, reason.find(':'))];
  Json item{{"reason", reason}};
  if (!moves.empty()) item.update(describe(moves, circuit));
  reverted.push_back(std::move(item));
  if (reverted.size() > kMostReverted) reverted.pop_front();
}

FlowJob Exploration::job(Stream stream, const Rng& rng, const std::filesystem::path& folder,
                         const std::string& name) {
  FlowJob job(sink, rng.fork(static_cast<std::uint64_t>(stream)).next(), folder);
  if (spec.budget) {  // Told by evaluations.
    if (stream != Stream::kExplorer) job.set_quiet();
    job.set_window(0, 0, "");
    return job;
  }
  const double total = spec.variants + 1;
  const auto [begin, span] = window_of(stream);
  if (stream == Stream::kExplorer) {
    job.set_window(next_variant / total, 1 - next_variant / total, name + ": ");
  } else {
    job.set_window((next_variant + begin) / total, span / total,
                   name + (next_variant == 0 ? std::string(" baseline: ")
                                             : " variant " + std::to_string(next_variant) + ": "));
  }
  return job;
}

Json Exploration::state() const {
  Json state{{"next_variant", next_variant}, {"evaluated", totals.evaluated},
             {"judged", totals.judged},      {"reverted", totals.reverted},
             {"pending", reverted},          {"disagreements", totals.disagreements},
             {"described", described},       {"candidates", next_candidate}};
  if (!specs.empty()) {
    state["feasible"] = totals.feasible;
    state["broken"] = totals.broken;
  }
  if (spec.budget) {
    state["seconds"] = spent().seconds;
    if (best) state["best"] = *best;
  }
  return state;
}

Status Exploration::restore(const Json& state) {
  try {
    next_variant = state.at("next_variant");
    totals.evaluated = state.at("evaluated");
    totals.judged = state.at("judged");
    totals.reverted = state.at("reverted").get<std::map<std::string, int>>();
    totals.disagreements = state.at("disagreements").get<std::map<std::string, int>>();
    reverted = state.at("pending").get<std::deque<Json>>();
    described = state.at("described").get<std::set<std::int64_t>>();
    next_candidate = state.at("candidates");
    totals.feasible = state.value("feasible", std::int64_t{0});
    totals.broken = state.value("broken", totals.broken);
    seconds_before_ = state.value("seconds", 0.0);
    begin_ = Clock::now();
    best.reset();
    if (state.contains("best")) best = state["best"].get<double>();
    return ok();
  } catch (const Json::exception& exception) {
    return make_error(ErrorCode::kParse, exception.what(), "state of the chain");
  }
}

Json to_json(const Evaluation& evaluation) {
  Json json{{"pscore_V", evaluation.pscore ? Json(*evaluation.pscore) : Json()},
            {"cost", evaluation.cost ? Json(*evaluation.cost) : Json()},
            {"area_um2", evaluation.area_um2},
            {"hpwl", evaluation.hpwl}};
  if (!evaluation.feasible) json["feasible"] = false;
  if (evaluation.pscore_relative) json["pscore_relative"] = *evaluation.pscore_relative;
  if (evaluation.outline_um2 > 0) json["outline_um2"] = evaluation.outline_um2;
  return json;
}

Evaluation evaluation_from_json(const Json& json) {
  Evaluation evaluation;
  evaluation.valid = true;
  evaluation.fidelity = Fidelity::kScored;
  if (!json.at("pscore_V").is_null()) evaluation.pscore = json["pscore_V"].get<double>();
  if (json.contains("cost") && !json["cost"].is_null())
    evaluation.cost = json["cost"].get<double>();
  evaluation.feasible = json.value("feasible", true);
  if (json.contains("pscore_relative"))
    evaluation.pscore_relative = json["pscore_relative"].get<double>();
  evaluation.outline_um2 = json.value("outline_um2", 0.0);
  evaluation.area_um2 = json.at("area_um2");
  evaluation.hpwl = json.at("hpwl");
  return evaluation;
}

}  // namespace ptah
