/// What Magic does not say: reading GDSII it moves what lies off its grid, in silence.
#pragma once

#include <string>
#include <vector>

#include "ptah/layout/gds.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::magic {

/// A violation of rule "grid" for each shape of `top` and the cells below that has a corner off the
/// technology's grid, and for each cell that is placed off it. The place is that of the cell which
/// holds it: of a cell below `top` once, however often that is placed, and the text names it.
/// Markers may lie anywhere.
std::vector<Violation> off_grid(const gds::Library& library, const std::string& top,
                                const Technology& technology);

}  // namespace ptah::magic
