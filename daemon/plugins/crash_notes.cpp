#include "plugins/crash_notes.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace ptah {
namespace {

// Written by the thread that runs plugins, read by the signal handler in the same process.
char activity[512];
char libraries[16 * 1024];

template <std::size_t N>
std::size_t put(char (&to)[N], std::size_t at, std::string_view text) noexcept {
  const std::size_t size = std::min(text.size(), N - 1 - at);
  std::memcpy(to + at, text.data(), size);
  to[at + size] = '\0';
  return at + size;
}

}  // namespace

const char* plugin_activity() noexcept {
  return activity;
}
const char* loaded_libraries() noexcept {
  return libraries;
}

PluginActivity::PluginActivity(std::string_view what, std::string_view which) noexcept {
  put(activity, put(activity, put(activity, 0, what), " "), which);
}

PluginActivity::~PluginActivity() {
  activity[0] = '\0';
}

void set_loaded_libraries(std::string_view text) noexcept {
  put(libraries, 0, text);
}

}  // namespace ptah
