#include "flow/score_session.hpp"

#include <algorithm>
#include <filesystem>

#include "flow/score_nets.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxParsed = 16;
constexpr std::size_t kMaxSessions = 12;
constexpr std::size_t kMaxTechnologies = 4;
constexpr std::size_t kMaxFlows = 16;

/// A name, and for files when they were last written: a file edited is another one.
std::string file_key(const std::string& name) {
  if (name.find('/') == std::string::npos) return name;
  std::error_code failure;
  const auto time = std::filesystem::last_write_time(name, failure);
  return name + (failure ? "" : "@" + std::to_string(time.time_since_epoch().count()));
}

/// Moves the entry at `at` to the front.
template <typename T>
void touch(std::vector<T>& list, std::size_t at) {
  std::rotate(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(at),
              list.begin() + static_cast<std::ptrdiff_t>(at) + 1);
}

template <typename T>
void put_first(std::vector<T>& list, T item, std::size_t most) {
  list.insert(list.begin(), std::move(item));
  if (list.size() > most) list.resize(most);
}

}  // namespace

Status ScoreSession::prepare_tiles(PluginHost& host, FlowJob& job, StageSeconds& seconds,
                                   bool route) {
  const auto bind = [&](auto& bound, const char* stage) -> Status {
    if (bound) return ok();
    const auto choice = flow.stages.find(stage);
    if (choice == flow.stages.end()) {
      return make_error(ErrorCode::kInvalidArgument, "The flow has no " + std::string(stage) + ".",
                        "flow " + flow.name);
    }
    using Stage = typename std::remove_reference_t<decltype(*bound.instance)>;
    PTAH_TRY(bound, bind_stage<Stage>(host, stage, choice->second.plugin, choice->second.options));
    return ok();
  };
  if (route) {
    PTAH_TRY(bind(router, "router"));
  }
  if (!tiles.empty()) return ok();
  PTAH_TRY(bind(generator, "device_generator"));
  Tiles made;
  for (const Device& device : circuit.devices) {
    PTAH_TRY(auto tile, draw_device(generator, device, technology(), job, seconds));
    made.push_back(std::move(tile));
  }
  for (std::size_t d = 0; d < made.size(); ++d) {
    gds::Flat drawn;
    drawn.shapes = made[d].shapes;
    Rect box;
    for (const native::FoundDevice& part : native::find_connectivity(drawn, technology()).devices)
      box = box.united(drawn_box(part, made[d].kind));
    device_boxes.push_back(box);
  }
  tiles = std::move(made);
  return ok();
}

Result<FlowConfig> ScoreSessions::flow(const std::string& name) {
  const std::string key = file_key(name);
  for (std::size_t i = 0; i < flows_.size(); ++i) {
    if (flows_[i].key != key) continue;
    touch(flows_, i);
    return flows_.front().value;
  }
  PTAH_TRY(auto config, load_flow(name));
  put_first(flows_, {key, config}, kMaxFlows);
  return config;
}

Result<std::shared_ptr<const ParsedCircuit>> ScoreSessions::parse(const rpc::CircuitSource& source,
                                                                  const std::string& tech) {
  PTAH_TRY(auto input, read_circuit_input(source));
  const std::string tech_key = file_key(tech);
  const std::string key = tech_key + "\n" + to_json(input).dump();
  for (std::size_t i = 0; i < parsed_.size(); ++i) {
    if (parsed_[i]->key != key) continue;
    touch(parsed_, i);
    return parsed_.front();
  }
  std::shared_ptr<const Technology> technology;
  for (std::size_t i = 0; i < technologies_.size() && !technology; ++i) {
    if (technologies_[i].key == tech_key) technology = technologies_[i].value;
  }
  if (!technology) {
    PTAH_TRY(auto resolved, Technology::resolve(tech));
    technology = std::make_shared<const Technology>(std::move(resolved));
    put_first(technologies_, {tech_key, technology}, kMaxTechnologies);
  }
  PTAH_TRY(auto loaded, load_circuit(input, *technology));
  PTAH_TRY(refuse_fixed_blocks(loaded.circuit, "Scores of drawings are told of"));
  auto parsed = std::make_shared<const ParsedCircuit>(
      ParsedCircuit{key, std::move(input), std::move(technology), std::move(loaded)});
  put_first(parsed_, parsed, kMaxParsed);
  return parsed;
}

Result<ScoreSession*> ScoreSessions::open(PluginHost& host,
                                          std::shared_ptr<const ParsedCircuit> parsed,
                                          const FlowConfig& flow, const FingerAssignment& fingers,
                                          bool judges) {
  const std::string key = parsed->key + "\n" + to_json(flow).dump() + "\n" + to_string(fingers) +
                          (judges ? "\njudged" : "");
  for (std::size_t i = 0; i < sessions_.size(); ++i) {
    if (sessions_[i]->key != key) continue;
    touch(sessions_, i);
    return sessions_.front().get();
  }
  auto session = std::make_unique<ScoreSession>();
  session->key = key;
  session->parsed = std::move(parsed);
  session->flow = flow;
  session->fingers = fingers;
  PTAH_TRY(session->circuit, with_fingers(session->parsed->loaded.circuit, fingers));
  const LoadedCircuit& loaded = session->parsed->loaded;
  session->measuring = Measuring(loaded.measures, loaded.benches, flow.measures);
  LayoutAssessment& assessment = session->assessment.emplace(
      LayoutAssessment::Subject{session->circuit, session->testbench(), session->technology()});
  const bool own = !flow.checks.empty();
  PTAH_TRY(assessment.bind(host, Side::kOwn, own ? flow.checks : flow.judges, flow.stages, ""));
  if (judges) {
    const std::vector<StageChoice> decided;  // Without checks they have had their say.
    const std::map<std::string, StageChoice> unscored;
    PTAH_TRY(assessment.bind(host, Side::kJudges, own ? flow.judges : decided,
                             session->testbench() ? flow.sign_off.stages : unscored, "judges' "));
  }
  put_first(sessions_, std::move(session), kMaxSessions);
  return sessions_.front().get();
}

void ScoreSessions::drop(const ScoreSession* session) {
  std::erase_if(sessions_, [&](const auto& kept) { return kept.get() == session; });
}

}  // namespace ptah
