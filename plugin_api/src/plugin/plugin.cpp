#include "ptah/plugin/plugin.hpp"

#include <array>

namespace ptah {
namespace {

// Indexed by PluginKind.
constexpr std::array<std::string_view, 9> kKindNames{
    "device_generator", "placer",   "router",    "verifier", "extractor",
    "simulator",        "explorer", "predictor", "trainer",
};

}  // namespace

std::string_view to_string(PluginKind kind) noexcept {
  const auto index = static_cast<std::size_t>(kind);
  return index < kKindNames.size() ? kKindNames[index] : std::string_view("unknown");
}

std::optional<PluginKind> plugin_kind_from_string(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (kKindNames[i] == text) return static_cast<PluginKind>(i);
  }
  return std::nullopt;
}

}  // namespace ptah
