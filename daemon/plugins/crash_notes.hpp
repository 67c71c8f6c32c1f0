/// What a signal handler can say about plugins: kept in static memory, because after a crash the
/// heap may be in pieces.
#pragma once

#include <string_view>

namespace ptah {

/// What the host is doing with a plugin at this moment: "loading /x/ptah_row.so",
/// "creating placer/row"; empty between such calls. Async-signal-safe.
const char* plugin_activity() noexcept;

/// A line for each loaded library: the name that a backtrace shows it under, and its plugin.
/// Async-signal-safe.
const char* loaded_libraries() noexcept;

/// Sets `plugin_activity` for as long as it lives. [one thread at a time]
class PluginActivity {
 public:
  PluginActivity(std::string_view what, std::string_view which) noexcept;
  PluginActivity(const PluginActivity&) = delete;
  PluginActivity& operator=(const PluginActivity&) = delete;
  ~PluginActivity();
};

/// Replaces what `loaded_libraries` returns; what is too long for it is cut. [one thread at a time]
void set_loaded_libraries(std::string_view text) noexcept;

}  // namespace ptah
