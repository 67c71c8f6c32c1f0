#include <stdexcept>

#include "bad_placer.hpp"

namespace {
struct Throws : ptah::bad::Nothing {
  static void constructed() { throw std::runtime_error("no licence server"); }
};
}  // namespace

PTAH_PLUGIN(ptah::Placer, ptah::bad::BadPlacer<Throws>, "bad_throws_in_constructor", "1.0.0",
            "Throws when it is created.")
