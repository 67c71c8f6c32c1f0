/// Where two nets of the schematic are one in the layout.
#pragma once

#include <optional>
#include <vector>

#include "recognition/connectivity.hpp"

namespace ptah::native::lvs {

/// A shape that is known to belong to one of the two nets.
struct Seed {
  LayerId layer = 0;
  Rect place;
};

struct Bridge {
  LayerId layer = 0;
  Rect place;
};

/// The fewest shapes and cuts of `net` whose removal parts `a` from `b`: the first of them, nearest
/// to `a`. Nothing when more than `kMostBridges` would have to go, or the net is too large to
/// search.
std::optional<Bridge> find_bridge(const Connectivity& layout, const Technology& technology,
                                  NetIndex net, const std::vector<Seed>& a,
                                  const std::vector<Seed>& b);

}  // namespace ptah::native::lvs
