#include "bad_placer.hpp"

namespace {
struct Loops : ptah::bad::Nothing {
  static void called() {
    volatile unsigned turns = 0;
    while (true) turns = turns + 1;
  }
};
}  // namespace

PTAH_PLUGIN(ptah::Placer, ptah::bad::BadPlacer<Loops>, "bad_loops", "1.0.0",
            "Never returns when it is asked to place, and does not look whether it should stop.")
