#include "flow/score_session.hpp"

#include <algorithm>
#include <filesystem>

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

Status bind_score(PluginHost& host, const std::map<std::string, StageChoice>& stages,
                  const std::string& prefix, ScoreStages& score) {
  const auto extractor = stages.find("extractor"), simulator = stages.find("simulator");
  if (extractor == stages.end() || simulator == stages.end()) return ok();
  PTAH_TRY(score.extractor,
           bind_stage<Extractor>(host, prefix + "extractor", extractor->second.plugin,
                                 extractor->second.options));
  PTAH_TRY(score.simulator,
           bind_stage<Simulator>(host, prefix + "simulator", simulator->second.plugin,
                                 simulator->second.options));
  return ok();
}

}  // namespace

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
  const bool own = !flow.checks.empty();
  PTAH_TRY(session->checks, bind_verifiers(host, own ? flow.checks : flow.judges, ""));
  if (judges && own) {
    PTAH_TRY(session->judges, bind_verifiers(host, flow.judges, "judges' "));
  }
  if (session->testbench()) {
    PTAH_TRY(bind_score(host, flow.stages, "", session->score));
    if (judges) {
      PTAH_TRY(bind_score(host, flow.sign_off.stages, "judges' ", session->judged));
    }
  } else if (const auto found = flow.stages.find("extractor"); found != flow.stages.end()) {
    // Without a testbench there is no score, but there are parasitics.
    PTAH_TRY(session->score.extractor,
             bind_stage<Extractor>(host, "extractor", found->second.plugin, found->second.options));
  }
  put_first(sessions_, std::move(session), kMaxSessions);
  return sessions_.front().get();
}

void ScoreSessions::drop(const ScoreSession* session) {
  std::erase_if(sessions_, [&](const auto& kept) { return kept.get() == session; });
}

Result<FingerAssignment> complete_fingers(const FingerAssignment& given, const Circuit& circuit,
                                          const std::vector<int>& allowed) {
  FingerAssignment fingers = given;
  PTAH_TRY(auto space, FingerSpace::create(circuit, allowed));
  for (const auto& group : space.groups()) {
    const auto name = [&](DeviceId id) {
      return circuit.devices[static_cast<std::size_t>(id)].name;
    };
    int count = 0;
    for (const DeviceId device : group) {
      if (fingers.contains(name(device))) count = fingers[name(device)];
    }
    for (const DeviceId device : group) {
      if (count > 0 && !fingers.contains(name(device))) fingers[name(device)] = count;
    }
  }
  PTAH_TRY(auto counted, with_fingers(circuit, fingers));
  for (const Device& device : counted.devices) {
    if (device.is_mos() && device.fingers == 0) {
      return make_error(ErrorCode::kInvalidArgument,
                        "The finger count of " + device.name + " is free.", "fingers",
                        "Add it, such as " + device.name + "=2.");
    }
  }
  return fingers;
}

}  // namespace ptah
