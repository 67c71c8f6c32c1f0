/// A p-well of its own for an NMOS device whose bulk is not the substrate.
#pragma once

#include "mos_arrangement.hpp"

namespace ptah::sky130 {

/// Deep n-well below all that lies in `core` and an n-well ring round it, whose tap is joined to
/// `bulk`, the lowest bar of the bulk, which reaches across the core: so the device needs no
/// further terminal, and the well's junction to the substrate loads the bulk's net. Thick oxide
/// covers all of it. Returns the new outline.
Rect add_deep_well(TileBuilder& t, const Margins& margins, const Rect& core, const Rect& bulk);

}  // namespace ptah::sky130
