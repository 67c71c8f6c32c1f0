/// Placements as a request gives them, and as a layout shows them.
#pragma once

#include <optional>
#include <vector>

#include "flow/score_nets.hpp"
#include "flow/score_session.hpp"
#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/layout/layout.hpp"
#include "rpc/specs.hpp"

namespace ptah {

/// Every device once, anywhere on the grid. A slot is the outline: nothing is to be moved later.
Result<Placement> read_placement(const std::vector<rpc::DevicePlace>& places,
                                 const Circuit& circuit, const Tiles& tiles);

/// [{"a", "b", "missing_um"}]: pairs of devices that overlap (0), or lie closer than their shapes
/// allow by so much.
Json overlaps_of(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                 const Technology& technology);

/// Where the devices of a drawing lie, its lower left corner, which `corner` gets, at (0, 0),
/// rounded to the grid of placements. Fails where a device was not found, or is not drawn as its
/// tile in some orientation. Of several orientations, that whose terminals lie on the nets that the
/// schematic asks for.
Result<Placement> drawn_placement(const Drawing& drawing, const gds::Flat& flat,
                                  const ScoreSession& session, Point* corner = nullptr);

/// Where each device lies that is drawn as its tile, if only its terminals are, in the drawing's
/// coordinates; none where the generator cannot draw all devices of the circuit.
std::vector<std::optional<PlacedTile>> drawn_tiles(const Drawing& drawing, const gds::Flat& flat,
                                                   const ScoreSession& session);

/// As `read_placement` takes it.
Json to_json(const Placement& placement, const Circuit& circuit);

}  // namespace ptah
