/// Where Magic is known to see a drawing differently than it is: each view draws what Magic sees,
/// so that a disagreement is explained only if our own comparison of that drawing ends as Netgen's.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "recognition/connectivity.hpp"

namespace ptah::agreement {

struct MagicView {
  std::string name;  ///< A sentence.
  std::function<native::Connectivity(const gds::Flat&, const Technology&)> see;
};

/// Each alone, then all together.
const std::vector<MagicView>& magic_views();

}  // namespace ptah::agreement
