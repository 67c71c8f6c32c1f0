/// MOS varactors: poly over n-tap in an n-well, which is the lower plate.
#include <algorithm>

#include "tile_builder.hpp"
#include "tiles.hpp"

namespace ptah::sky130 {
namespace {

/// Contacts up to met1 in one row at height `y`.
CutRow contact_row(TileBuilder& t, Dbu low, Dbu high, Dbu y) {
  const Dbu cut = t.rule("licon.1"), half = cut / 2;
  const CutRow row = cut_row(
      low, high, cut, std::max(cut + t.rule("licon.2"), t.rule("ct.1") + t.rule("ct.2")), t.grid());
  for (const Dbu x : row.starts) {
    t.add("licon1", {x, y - half, x + cut, y - half + cut});
    t.add("mcon", {x, y - half, x + cut, y - half + cut});
  }
  t.add("li1", Rect{row.first(), y - half, row.last(), y - half + cut}.bloated(t.rule("li.5"), 0));
  return row;
}

}  // namespace

Result<Tile> varactor_tile(const Device& device, const DeviceModel& model,
                           const Technology& technology) {
  PTAH_TRY(check_size(device, model, device.width, device.length, technology, {"var.2", "var.1"}));
  TileBuilder t(technology);
  const Dbu cut = t.rule("licon.1"), half = cut / 2, grid = t.grid();
  const Dbu half_bar = snap_up(t.rule("via.1a") / 2 + t.rule("via.4a"), 2 * kPlacementGrid / 10);
  const Dbu pad = std::max(2 * half_bar, t.rule("via.1a") + 2 * t.rule("m2.5"));
  const Dbu pitch = snap_up(pad + std::max(t.rule("m1.2"), t.rule("m2.2")), kPlacementGrid);

  // From the bottom: the substrate's tap row, and the well, whose tap the poly crosses upwards.
  const Dbu substrate = snap_up(std::max(half + t.rule("psd.5b"), half_bar), kPlacementGrid);
  const Dbu end = t.rule("poly.8");
  const Dbu past_poly = t.rule("varac.5"), past_tap = t.rule("difftap.10");
  const Dbu apart =
      std::max({t.rule("difftap.11") + std::max(past_tap, end + past_poly), t.rule("difftap.3"),
                t.rule("nsd.5b") + std::max(t.rule("nsd.7"), t.rule("psd.5b"))});
  const Dbu tap_low = snap_up(substrate + half + apart, grid);
  const Dbu tap_high = tap_low + device.width;
  const Dbu side = t.rule("licon.10") + cut;
  const Dbu bottom =
      snap_up(std::max(substrate + pitch, tap_low + t.rule("licon.7") + half + t.rule("ct.2")),
              kPlacementGrid);
  // The gate's contacts: their own distance, and that of the nitride cut round them.
  const Dbu contact =
      std::max(t.rule("licon.14"), t.rule("licon.15") + t.rule("licon.13") - t.rule("licon.7"));
  const Dbu top =
      snap_up(std::max(tap_high + contact + half + grid, bottom + pitch), kPlacementGrid);

  const Rect tap{0, tap_low, 2 * side + device.length, tap_high};
  t.add("tap", tap);
  t.add("nsdm", tap.bloated(t.rule("nsd.5b")));
  // Two columns of contacts, joined by their bar.
  for (const Dbu x : {tap.x0, tap.x1 - cut}) {
    const CutRow contacts = cut_row(tap_low + t.rule("licon.7"), tap_high - t.rule("licon.7"), cut,
                                    cut + t.rule("licon.2"), grid);
    for (const Dbu y : contacts.starts) t.add("licon1", {x, y, x + cut, y + cut});
    t.add("li1", {x, std::min(contacts.first() - t.rule("li.5"), bottom - half), x + cut,
                  std::max(contacts.last() + t.rule("li.5"), bottom - half + cut)});
    t.add("mcon", {x, bottom - half, x + cut, bottom - half + cut});
  }

  const Rect gate{side, tap_low, side + device.length, tap_high};
  const Dbu strap_high = top - half + cut + t.rule("licon.8");
  t.add("poly", {gate.x0, tap_low - end, gate.x1, strap_high});
  Rect strap{gate.x0, top - half - t.rule("licon.8"), gate.x1, strap_high};
  const Dbu strap_width = cut + 2 * t.rule("licon.8a");
  if (strap.width() < strap_width) {
    strap.x0 -= snap_up((strap_width - strap.width()) / 2, grid);
    strap.x1 = strap.x0 + strap_width;
  }
  t.add("poly", strap);
  const CutRow cuts =
      contact_row(t, strap.x0 + t.rule("licon.8a"), strap.x1 - t.rule("licon.8a"), top);
  t.add("npc",
        Rect{cuts.first(), top - half, cuts.last(), top - half + cut}.bloated(t.rule("licon.15")));
  for (const LayerId marker : model.markers) t.add(marker, gate.bloated(t.rule("hvtp.3")));
  t.add("nwell", tap.bloated(past_tap).united(t.bounds("poly").bloated(past_poly)));

  const Rect own{tap.x0, substrate - half, tap.x1, substrate - half + cut};
  t.add("tap", own);
  t.add("psdm", own.bloated(t.rule("psd.5b")));
  contact_row(t, own.x0 + t.rule("licon.7"), own.x1 - t.rule("licon.7"), substrate);

  const Rect box = t.bounds();
  const Dbu tile_width = snap_up(box.width(), kPlacementGrid);
  const Dbu left = box.x0 - snap_down((tile_width - box.width()) / 2, grid);
  const Rect outline{left, 0, left + tile_width,
                     snap_up(std::max(box.y1, top + half_bar), kPlacementGrid)};
  const auto bar = [&](const char* terminal, Dbu y) {
    t.add_access(terminal, "met1", {outline.x0, y - half_bar, outline.x1, y + half_bar});
  };
  bar("TOP", top);
  bar("BOTTOM", bottom);
  bar("SUB", substrate);
  return std::move(t).finish(short_name(model.name) + "_w" + std::to_string(device.width) + "_l" +
                                 std::to_string(device.length),
                             device.kind, outline);
}

}  // namespace ptah::sky130
