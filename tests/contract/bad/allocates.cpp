#include <memory>
#include <vector>

#include "bad_placer.hpp"

namespace {
struct Allocates : ptah::bad::Nothing {
  static void called() {
    std::vector<std::unique_ptr<char[]>> hoard;
    while (true) {
      hoard.push_back(std::make_unique<char[]>(1 << 20));  // value-initialised: really used
    }
  }
};
}  // namespace

PTAH_PLUGIN(ptah::Placer, ptah::bad::BadPlacer<Allocates>, "bad_allocates", "1.0.0",
            "Allocates memory without end when it is asked to place.")
