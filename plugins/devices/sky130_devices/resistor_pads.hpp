/// What resistor tiles share: the size of their met1 pads, and how each kind is drawn.
#pragma once

#include <algorithm>
#include <string>

#include "tile_builder.hpp"
#include "tiles.hpp"

namespace ptah::sky130 {

/// Half the height of a met1 pad: an mcon with its margin in both directions, and a via likewise.
inline Dbu half_pad(const TileBuilder& t) {
  const Dbu mcon = t.rule("ct.1") / 2 + t.rule("m1.5");
  const Dbu via = t.rule("via.1a") / 2 + t.rule("via.4a");
  return snap_up(std::max(mcon, via), 10);
}

inline std::string resistor_cell(const DeviceModel& model, const ResistorBody& body) {
  return short_name(model.name) + "_w" + std::to_string(body.width) + "_l" +
         std::to_string(body.length);
}

/// A straight body under the resistor implant `implant` ("rpm" or "urpm").
Result<Tile> precision_tile(const Device& device, const DeviceModel& model, const char* implant,
                            const ResistorBody& body, const Technology& technology);

/// A strip of `strip` ("poly", "li1" or a metal), folded where it is long.
Result<Tile> folded_tile(const Device& device, const DeviceModel& model, const std::string& strip,
                         const ResistorBody& body, const Technology& technology);

}  // namespace ptah::sky130
