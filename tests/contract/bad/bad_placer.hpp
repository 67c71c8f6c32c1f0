/// Placers that break their contract on purpose: what a server of plugins has to survive.
#pragma once

#include "ptah/plugin/plugin.hpp"

namespace ptah::bad {

/// Does `Behaviour::constructed()` when created and `Behaviour::called()` when asked to place; what
/// comes back, if anything, is an error.
template <typename Behaviour>
class BadPlacer final : public Placer {
 public:
  explicit BadPlacer(const Options&) { Behaviour::constructed(); }
  static OptionSchema options() { return {}; }

  Result<Placement> place(const Circuit&, const Tiles&, const Technology&, const NetWeights&,
                          JobContext&) override {
    Behaviour::called();
    return make_error(ErrorCode::kInternal, "The bad placer did not misbehave.");
  }
};

struct Nothing {
  static void constructed() {}
  static void called() {}
};

}  // namespace ptah::bad
