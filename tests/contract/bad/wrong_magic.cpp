#include <cstdlib>

#include "other_manifest.hpp"

constexpr void change(ptah::PluginManifest& manifest) {
  manifest.magic[0] = 'X';
}
PTAH_OTHER_PLUGIN("bad_wrong_magic", change)
