#include <exception>

#include "bad_placer.hpp"

namespace {
// A type of the plugin's own: its host can only see that it is a std::exception.
class OwnException final : public std::exception {
 public:
  const char* what() const noexcept override { return "the annealer went cold"; }
};
struct Throws : ptah::bad::Nothing {
  static void called() { throw OwnException(); }
};
}  // namespace

PTAH_PLUGIN(ptah::Placer, ptah::bad::BadPlacer<Throws>, "bad_throws_in_call", "1.0.0",
            "Throws when it is asked to place.")
