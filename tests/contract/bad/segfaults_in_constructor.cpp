#include "bad_placer.hpp"

namespace {
struct Crashes : ptah::bad::Nothing {
  [[gnu::noinline]] static void constructed() {
    int* volatile nowhere = nullptr;
    *nowhere = 1;
  }
};
}  // namespace

PTAH_PLUGIN(ptah::Placer, ptah::bad::BadPlacer<Crashes>, "bad_segfaults_in_constructor", "1.0.0",
            "Writes to a null pointer when it is created: it fails its self-test.")
