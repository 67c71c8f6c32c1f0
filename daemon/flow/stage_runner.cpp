#include "flow/stage_runner.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

namespace ptah {

void FlowJob::metric(std::string_view name, std::int64_t step, double value) {
  // What the daemon would not take ends the worker.
  const bool word = !name.empty() && name.size() <= 64 && name.front() != '.' &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '_' || c == '.';
                    });
  if (!word || step < 0 || !std::isfinite(value)) return;
  sink_.emit({{"event", "metric"}, {"name", std::string(name)}, {"step", step}, {"value", value}});
}

void FlowJob::log(LogLevel level, std::string_view message) {
  if (quiet_ && level < LogLevel::kWarning) return;
  static constexpr const char* kNames[] = {"debug", "info", "warning", "error"};
  sink_.emit({{"event", "log"},
              {"level", kNames[static_cast<int>(level)]},
              {"message", std::string(message)}});
}

Result<std::vector<Bound<Verifier>>> bind_verifiers(PluginHost& host,
                                                    const std::vector<StageChoice>& choices,
                                                    const std::string& prefix) {
  std::vector<Bound<Verifier>> bound;
  for (const StageChoice& choice : choices) {
    PTAH_TRY(auto verifier, bind_stage<Verifier>(host, "judge", choice.plugin, choice.options));
    verifier.stage = prefix + (verifier.instance->kind() == Verdict::Kind::kDrc ? "drc" : "lvs");
    bound.push_back(std::move(verifier));
  }
  return bound;
}

}  // namespace ptah
