/// The wiring of a large transistor above its rows.
#pragma once

#include "mos_arrangement.hpp"

namespace ptah::sky130 {

/// The bars of all rows with what joins them: met2 straps across the rows, sources and drains in
/// turn, so that no bar carries more than a few fingers; met3 bars across the straps, in turn, too;
/// and at the sides met3 spines, S at the left and D at the right, which are the terminals. G is
/// the uppermost G bar, B the lowest and uppermost B bars; met4 stays free.
void add_straps(TileBuilder& t, const Arrangement& arrangement, const Rect& outline);

}  // namespace ptah::sky130
