#include <cstdlib>

#include "other_manifest.hpp"

constexpr void change(ptah::PluginManifest& manifest) {
  // As long as any fingerprint, so that no part of the real one stays.
  for (char& c : manifest.fingerprint) c = '\0';
  ptah::detail::copy_text(manifest.fingerprint, "libc++ abi 1 cxx11 0 release 99 sanitizer none");
}
PTAH_OTHER_PLUGIN("bad_wrong_fingerprint", change)
