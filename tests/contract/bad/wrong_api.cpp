#include <cstdlib>

#include "other_manifest.hpp"

constexpr void change(ptah::PluginManifest& manifest) {
  ++manifest.api_major;
}
PTAH_OTHER_PLUGIN("bad_wrong_api", change)
