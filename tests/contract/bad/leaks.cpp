#include "bad_placer.hpp"

namespace {
struct Leaks : ptah::bad::Nothing {
  static void called() {
    while (true) {
      char* volatile lost = new char[64 << 10];
      for (int i = 0; i < (64 << 10); i += 4096) lost[i] = 1;
    }
  }
};
}  // namespace

PTAH_PLUGIN(ptah::Placer, ptah::bad::BadPlacer<Leaks>, "bad_leaks", "1.0.0",
            "Allocates memory without end and keeps none of the pointers.")
