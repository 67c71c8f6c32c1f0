#include <cstdlib>

#include "other_manifest.hpp"

constexpr void change(ptah::PluginManifest& manifest) {
  ++manifest.api_minor;
}
PTAH_OTHER_PLUGIN("bad_newer_minor", change)
