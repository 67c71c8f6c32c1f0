/// Resistors that are a strip of poly, li1 or metal. The body folds into a meander whose heads are
/// at the bottom, A at the left and B at the right; a short one runs straight up from A to B.
#include <algorithm>

#include "meander.hpp"
#include "resistor_pads.hpp"

namespace ptah::sky130 {
namespace {

/// How a strip of one layer ends and folds.
struct StripStyle {
  bool metal = false;     ///< met1 and up: the pad is the strip's own layer.
  Dbu spacing = 0;        ///< Between legs, and between pad and body.
  Dbu half_height = 0;    ///< Of a pad.
  Dbu min_pad_width = 0;  ///< So that a via fits on some line of the placement grid.
  Dbu pad_spacing = 0;
  Dbu past_centre = 0;  ///< Strip past the pad's centre line.
  Dbu to_body = 0;      ///< From the pad's centre line to the body at least.
  Dbu cut_inset = 0;    ///< From a leg's side to the row of cuts.
  Dbu side = 0;         ///< What cuts and implants need beside the strip.
  /// Length that a turn of two corners takes off the body, in widths: extraction counts a corner of
  /// a poly resistor as half a square and one of other layers as a whole one.
  bool corners_count_half = false;
};

StripStyle metal_style(const TileBuilder& t, LayerId layer, Dbu width) {
  const Technology& technology = t.technology();
  StripStyle s;
  s.metal = true;
  s.spacing = technology.spacing(layer, layer);
  // A square pad takes the vias up and down.
  Dbu side = technology.min_width(layer);
  for (const RoutingLayer& routing : technology.routing_layers()) {
    if (routing.layer == layer && routing.wide_width > 0 && width > routing.wide_width)
      s.spacing = std::max(s.spacing, routing.wide_spacing);
  }
  for (const Via& via : technology.vias()) {
    const auto around = [&](const Enclosure& e) {
      return via.size + 2 * std::max(e.all, e.one_direction);
    };
    if (via.lower == layer) side = std::max(side, around(via.lower_enclosure));
    if (via.upper == layer) side = std::max(side, around(via.upper_enclosure));
  }
  s.half_height = snap_up((side + 1) / 2, 10);
  s.min_pad_width = snap_up(side + kPlacementGrid, 10);
  s.pad_spacing = s.spacing;
  s.past_centre = s.half_height;
  s.to_body = s.half_height + s.spacing;
  return s;
}

StripStyle style_of(const TileBuilder& t, const std::string& strip, Dbu width) {
  const LayerId layer = t.technology().layer(strip);
  if (strip != "poly" && strip != "li1") return metal_style(t, layer, width);
  StripStyle s;
  s.spacing = t.technology().spacing(layer, layer);
  s.half_height = half_pad(t);
  s.min_pad_width = snap_up(t.rule("via.1a") + 2 * t.rule("via.5a") + kPlacementGrid, 10);
  s.pad_spacing = t.rule("m1.2");
  if (strip == "li1") {
    s.past_centre = t.rule("ct.1") - t.rule("ct.1") / 2;
    s.to_body = s.past_centre;
    s.cut_inset = t.rule("m1.4");
  } else {
    const Dbu half_cut = t.rule("licon.1") / 2;
    s.spacing = std::max(s.spacing, t.rule("poly.9"));
    s.past_centre = half_cut + t.rule("licon.8a");
    // The nitride cut stays clear of the body as of a gate.
    s.to_body = snap_up(half_cut + t.rule("licon.15") + t.rule("npc.4"), 10);
    s.cut_inset = t.rule("licon.8a");
    s.side = std::max<Dbu>(0, t.rule("licon.15") - s.cut_inset);
    s.corners_count_half = true;
  }
  return s;
}

/// The cuts from the strip up to met1 on a leg that spans [x0, x1], centred at y; returns the span
/// that the pad must cover.
std::pair<Dbu, Dbu> head_cuts(TileBuilder& t, const std::string& strip, const StripStyle& s, Dbu x0,
                              Dbu x1, Dbu y) {
  if (s.metal) return {x0, x1};
  const bool poly = strip == "poly";
  const Dbu mcon = t.rule("ct.1"), half = mcon / 2;
  const Dbu spacing = poly ? std::max(t.rule("ct.2"), t.rule("licon.2")) : t.rule("ct.2");
  const CutRow row = cut_row(x0 + s.cut_inset, x1 - s.cut_inset, mcon, mcon + spacing, t.grid());
  for (const Dbu x : row.starts) {
    const Rect cut{x, y - half, x + mcon, y - half + mcon};
    t.add("mcon", cut);
    if (poly) t.add("licon1", cut);
  }
  if (poly) {
    const Rect cuts{row.first(), y - half, row.last(), y - half + mcon};
    t.add("li1", cuts.bloated(t.rule("li.5"), 0));
    t.add("npc", cuts.bloated(t.rule("licon.15")));
  }
  // The pad is tall enough for the margin in one direction; beside the cuts the small one does.
  return {row.first() - t.rule("m1.4"), row.last() + t.rule("m1.4")};
}

}  // namespace

Result<Tile> folded_tile(const Device& device, const DeviceModel& model, const std::string& strip,
                         const ResistorBody& body, const Technology& technology) {
  TileBuilder t(technology);
  const StripStyle s = style_of(t, strip, body.width);
  const Dbu y_a = snap_up(std::max(s.half_height, s.past_centre), kPlacementGrid);
  const Dbu y_body = y_a + snap_up(s.to_body, t.grid());
  const Meander m =
      fold({body.width, body.length, s.spacing, s.corners_count_half, y_body, t.grid()});
  const bool straight = m.legs == 1;

  const Dbu pads = straight ? s.min_pad_width : 2 * s.min_pad_width + s.pad_spacing;
  const Dbu tile_width = snap_up(std::max(m.total_width() + 2 * s.side, pads), kPlacementGrid);
  const Dbu x_body = snap_down((tile_width - m.total_width()) / 2, t.grid());
  for (const Rect& r : m.body()) {
    t.add(strip + ".res", r.moved({x_body, y_body}));
    t.add(strip, r.moved({x_body, y_body}));
  }

  // Heads: the strip goes on to below its pad.
  const Dbu first = x_body, last = x_body + m.x_of(m.legs - 1);
  const auto head = [&](Dbu x, Dbu y, Dbu from, Dbu to) {
    t.add(strip, {x, from, x + body.width, to});
    return head_cuts(t, strip, s, x, x + body.width, y);
  };
  const std::string pad_layer = s.metal ? strip : "met1";
  const auto pad = [&](const char* terminal, Dbu x0, Dbu x1, Dbu y) {
    t.add_access(terminal, pad_layer, {x0, y - s.half_height, x1, y + s.half_height});
  };
  const auto span_a = head(first, y_a, y_a - s.past_centre, y_body);
  Dbu top = y_body + m.height;
  if (straight) {
    const Dbu y_b = snap_up(top + s.to_body, kPlacementGrid);
    head(first, y_b, top, y_b + s.past_centre);
    pad("A", 0, tile_width, y_a);
    pad("B", 0, tile_width, y_b);
    top = y_b + y_a;
  } else {
    const auto span_b = head(last, y_a, y_a - s.past_centre, y_body + m.last_up);
    pad("A", 0, std::max(s.min_pad_width, span_a.second), y_a);
    pad("B", std::min(tile_width - s.min_pad_width, span_b.first), tile_width, y_a);
  }
  const Rect outline{0, 0, tile_width, snap_up(top + s.side, kPlacementGrid)};
  return std::move(t).finish(resistor_cell(model, body), device.kind, outline);
}

}  // namespace ptah::sky130
