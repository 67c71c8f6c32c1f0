/// Hand-made tiles for the router's tests: blocks with bars as transistors have them, in rows.
#pragma once

#include <string>
#include <vector>

#include "ptah/layout/layout.hpp"

namespace ptah::maze {

struct Example {
  Circuit circuit;
  Tiles tiles;
  Placement placement;
};

/// A 3 um by 2.4 um tile with four met1 bars G D S B (top to bottom).
Tile bar_tile();
/// A capacitor: TOP on met4, BOTTOM on met3, a plate between them.
Tile plate_tile();

/// `devices[i]` holds the nets of tile i in the order D G S B. Tiles stand in rows of `columns`,
/// `gap` apart; slots give 300 nm on each side.
Example rows_of_tiles(const std::vector<std::vector<std::string>>& devices,
                      const std::vector<std::string>& ports, int columns, Dbu gap);

}  // namespace ptah::maze
