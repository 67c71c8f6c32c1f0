/// How the fingers of a transistor are arranged: in one row, or folded into several, with taps near
/// enough to every point of the diffusion.
#pragma once

#include <vector>

#include "tile_builder.hpp"
#include "tiles.hpp"

namespace ptah::sky130 {

/// What a transistor's kind and oxide ask round its diffusion and its taps.
struct Margins {
  bool pmos = false;
  Dbu to_tap = 0;          ///< From the diffusion to a tap of its bulk.
  Dbu past_tap = 0;        ///< From a tap to the tile's edge.
  Dbu well_diffusion = 0;  ///< PMOS: n-well past the diffusion, past the taps.
  Dbu well_tap = 0;
  Dbu diffusion_well = 0;  ///< NMOS: from the diffusion to an n-well, from a tap.
  Dbu tap_well = 0;
  Dbu oxide = 0;  ///< Thick oxide past both; 0: the oxide is thin.
};
Margins margins_of(const TileBuilder& t, bool pmos, bool thick_oxide);

/// Everything across a strip of diffusion, from its left edge.
struct Columns {
  std::vector<Dbu> gates;     ///< Left edges.
  std::vector<Dbu> contacts;  ///< Left edges of the local contacts, one more than gates.
  Dbu diffusion = 0;          ///< Width.
};
Columns columns_of(const TileBuilder& t, Dbu length, int fingers);

/// Heights of the bars' centre lines and of the diffusion of one row, above the tile's lower edge.
struct Rows {
  Dbu bulk = 0, source = 0, drain = 0, gate = 0;
  Dbu half_bar = 0;
  Dbu tap_low = 0, tap_high = 0;
  Dbu diffusion_low = 0, diffusion_high = 0;
  Dbu bar_pitch = 0;  ///< Of neighbouring bars, and from the G bar to the next row's B bar.

  Dbu pitch() const { return gate - bulk + bar_pitch; }
  Rows moved(Dbu dy) const;
};
Rows rows_of(const TileBuilder& t, Dbu width, const Margins& margins);

/// Fingers on a diffusion of their own, whose left edge is at x.
struct Segment {
  Dbu x = 0;
  int fingers = 0;
};

struct Arrangement {
  Rows first;                              ///< Of the lowest row; the others lie a pitch apart.
  std::vector<std::vector<Segment>> rows;  ///< From the lowest.
  Dbu width = 0;                           ///< Of rows with their tap columns, from x = 0.
  bool top_tap = false;                    ///< A tap row above the last row, too.
  std::vector<Dbu> tap_columns;            ///< Left edges: taps beside each segment.
  bool large = false;                      ///< Too wide for one row of thin bars: it has straps.

  Rows row(std::size_t i) const { return first.moved(static_cast<Dbu>(i) * first.pitch()); }
  /// Centre lines of all tap rows.
  std::vector<Dbu> bulks() const;
};

/// Fails with the rule where no arrangement keeps the diffusion near its taps.
Result<Arrangement> arrange(const TileBuilder& t, const Device& device, const Margins& margins);

}  // namespace ptah::sky130
