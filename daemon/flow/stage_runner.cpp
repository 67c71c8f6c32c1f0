#include "flow/stage_runner.hpp"

namespace ptah {

void FlowJob::log(LogLevel level, std::string_view message) {
  static constexpr const char* kNames[] = {"debug", "info", "warning", "error"};
  sink_.emit({{"event", "log"},
              {"level", kNames[static_cast<int>(level)]},
              {"message", std::string(message)}});
}

}  // namespace ptah
