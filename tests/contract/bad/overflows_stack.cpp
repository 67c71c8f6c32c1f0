#include "bad_placer.hpp"

namespace {
struct Recurses : ptah::bad::Nothing {
  static void called() { depth(0); }
  [[gnu::noinline]] static int depth(int level) {
    volatile char room[4096];
    room[0] = static_cast<char>(level);
    return depth(level + 1) + room[0];
  }
};
}  // namespace

PTAH_PLUGIN(ptah::Placer, ptah::bad::BadPlacer<Recurses>, "bad_overflows_stack", "1.0.0",
            "Recurses without end when it is asked to place.")
