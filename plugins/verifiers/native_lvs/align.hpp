/// Which net and device of a layout stands for which of the schematic, as far as that can be told,
/// when the two do not match.
#pragma once

#include <cstdint>
#include <vector>

#include "matching.hpp"

namespace ptah::native::lvs {

struct Alignment {
  std::vector<std::int32_t> nets;     ///< Schematic net -> layout net, -1: none. One to one.
  std::vector<std::int32_t> bundles;  ///< Schematic bundle -> layout bundle, -1: none. One to one.
  std::vector<std::int32_t> layout_bundles;  ///< The inverse.
};

/// `bundles` are made without sizes. Unique colours of the first rounds of refinement, before a
/// difference has spread, are anchors; the rest joins by how many neighbours agree.
Alignment align(const Problem& problem, const Bundles& bundles);

/// For terminal t of the schematic's bundle, the terminal of the layout's that stands for it:
/// exchangeable ones in the order that agrees best with `alignment`.
std::array<std::size_t, kMostTerminals> terminal_order(const Bundle& schematic,
                                                       const Bundle& layout,
                                                       const std::vector<std::int32_t>& nets);

}  // namespace ptah::native::lvs
