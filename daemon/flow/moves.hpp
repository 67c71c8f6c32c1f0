/// Moves on a placement, and whether what comes of them is legal.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/layout/layout.hpp"
#include "ptah/stages/design_space.hpp"

namespace ptah {

/// One assignment's tiles, for the legality of their placements. The circuit and the tiles outlive
/// it.
class Mover {
 public:
  Mover(const Circuit& circuit, const Tiles& tiles, const Technology& technology);

  /// Makes `moves` in their order, all but Replace. Returns why the result is not legal ("slot:
  /// ...", "grid: ...", "placement: ..."), or nothing. An Error for a device that does not exist.
  Result<std::optional<std::string>> make(const Moves& moves, Placement& placement) const;

  /// Every tile on the grid, in its slot, and slots far enough apart; or why not.
  std::optional<std::string> problem(const Placement& placement) const;

 private:
  void swap(PlacedTile& a, PlacedTile& b, const Tile& tile_a, const Tile& tile_b) const;

  const Circuit& circuit_;
  const Tiles& tiles_;
  std::vector<Dbu> clearance_;  ///< Of every two tiles, row by row.
};

}  // namespace ptah
