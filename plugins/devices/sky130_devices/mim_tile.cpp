/// MIM capacitor tiles: cap_mim_m3_1 (plate capm over met3, under met4) and cap_mim_m3_2 (plate
/// cap2m over met4, under met5).
#include <algorithm>

#include "tile_builder.hpp"
#include "tiles.hpp"

namespace ptah::sky130 {
namespace {

/// The layers of one of the two kinds and the ids of their rules.
struct Stack {
  const char* plate;
  const char* bottom;
  const char* cut;  ///< From the plate, or the bottom metal beside it, to the top metal.
  const char* top;
  const char* cut_below;  ///< From the bottom metal down.
  const char *cut_size, *cut_spacing, *top_past_cut, *bottom_past_cut, *bottom_past_cut_below,
      *cut_below_size;
  const char *top_width, *top_area, *bottom_spacing, *bottom_wide_spacing, *top_wide_spacing;
};

constexpr Stack kLower = {"capm",   "met3", "via3",   "met4", "via2",    "via3.1",
                          "via3.2", "m4.3", "via3.5", "m3.4", "via2.1a", "m4.1",
                          "m4.4a",  "m3.2", "m3.3c",  "m4.5a"};
constexpr Stack kUpper = {"cap2m",  "met4", "via4",   "met5", "via3", "via4.1", "via4.2", "m5.3",
                          "via4.4", "m4.3", "via3.1", "m5.1", "m5.4", "m4.2",   "m4.5a",  "m5.2"};

/// Plates of any size need no more than this many cuts a side: the plate's 6 ohm a square and the
/// cuts' few ohm are far below what a capacitor of this process meets outside.
constexpr Dbu kCutsPerSide = 16;

/// Metal wider than this keeps the wide-metal distance.
Dbu wide_width(const Technology& technology, std::string_view rule_id) {
  for (const Rule& rule : technology.rules()) {
    if (rule.id == rule_id) return rule.wider_than;
  }
  return 0;
}

Dbu cut_pitch(Dbu room, Dbu size, Dbu spacing, Dbu grid) {
  return std::max(size + spacing, snap_up((room - size) / (kCutsPerSide - 1) + 1, grid));
}

}  // namespace

Result<Tile> mim_tile(const Device& device, const DeviceModel& model,
                      const Technology& technology) {
  const bool upper = std::any_of(model.markers.begin(), model.markers.end(), [&](LayerId marker) {
    return technology.layer(marker).name == kUpper.plate;
  });
  const Stack& stack = upper ? kUpper : kLower;
  const std::string size_rule = stack.plate + std::string(".1");
  PTAH_TRY(
      check_size(device, model, device.width, device.length, technology, {size_rule, size_rule}));
  TileBuilder t(technology);
  const auto plate_rule = [&](const char* suffix) {
    return t.rule(stack.plate + std::string(suffix));
  };
  const Dbu cut = t.rule(stack.cut_size);

  const Dbu cut_inset = plate_rule(".4");
  if (std::min(device.width, device.length) < cut + 2 * cut_inset)
    return make_error(ErrorCode::kInfeasible,
                      "A plate of " + um_text(device.width) + " by " + um_text(device.length) +
                          " cannot hold a " + stack.cut + " (rules " + stack.cut_size + ", " +
                          stack.plate + ".4): each side needs " + um_text(cut + 2 * cut_inset) +
                          ".",
                      device_place(device), "Make the plate larger.");

  // The plate, with the origin at its lower left corner.
  const Rect plate{0, 0, device.width, device.length};
  t.add(stack.plate, plate);

  // Bottom metal: past the plate so far that metal of another net at its minimum spacing is also
  // legal to the plate itself.
  const Dbu enclosed = plate_rule(".3");
  const bool wide = std::min(device.width, device.length) + 2 * enclosed >
                    wide_width(technology, stack.bottom_wide_spacing);
  const Dbu foreign = t.rule(wide ? stack.bottom_wide_spacing : stack.bottom_spacing);
  const Dbu margin = std::max(enclosed, plate_rule(".11") - foreign);

  // The BOTTOM bar below the plate. A cut up or down may land anywhere on it that encloses the cut;
  // even the highest such place keeps the plate's distance to cuts on its bottom metal.
  const Dbu half_bar =
      snap_up(t.rule(stack.cut_below_size) / 2 + t.rule(stack.bottom_past_cut_below), 10);
  const Dbu least_past = std::min(t.rule(stack.bottom_past_cut_below), t.rule("via3.4"));
  const Dbu bar_to_plate = std::max(plate_rule(".5"), plate_rule(".8")) - least_past;
  // The tile's lower edge lies so that the bar's centre line is on the placement grid.
  const Dbu bar_centre = snap_up(half_bar, kPlacementGrid);
  const Dbu floor_y = -(bar_to_plate + half_bar + bar_centre);

  // Top metal, drawn back from a via that rises from the bar to the same metal.
  const Dbu past = t.rule(stack.top_past_cut);
  Rect top = plate.bloated(-(cut_inset - past));
  if (!upper) {
    const Dbu via_top = floor_y + bar_centre + half_bar - t.rule("via3.4");
    top.y0 = std::max(
        top.y0,
        snap_up(via_top + past + t.rule(stack.top_wide_spacing) - floor_y, t.grid()) + floor_y);
  }
  const Rect cuts_in{plate.x0 + cut_inset, std::max(plate.y0 + cut_inset, top.y0 + past),
                     plate.x1 - cut_inset, plate.y1 - cut_inset};
  const auto row = [&](Dbu low, Dbu high) {
    return cut_row(low, high, cut, cut_pitch(high - low, cut, t.rule(stack.cut_spacing), t.grid()),
                   t.grid());
  };
  const CutRow columns = row(cuts_in.x0, cuts_in.x1), rows = row(cuts_in.y0, cuts_in.y1);
  if (columns.starts.empty() || rows.starts.empty())
    return make_error(ErrorCode::kInfeasible,
                      "A plate of " + um_text(device.width) + " by " + um_text(device.length) +
                          " leaves no room for " + stack.cut + " beside its bottom terminal.",
                      device_place(device), "Make the plate larger.");
  for (const Dbu y : rows.starts) {
    for (const Dbu x : columns.starts) t.add(stack.cut, {x, y, x + cut, y + cut});
  }
  // Small plates: the top metal still has its own minimum width and area.
  const Dbu top_width = t.rule(stack.top_width);
  const auto widen = [&](Dbu& low, Dbu& high, Dbu least) {
    if (high - low >= least) return;
    low -= snap_up((least - (high - low)) / 2, t.grid());
    high = std::max(high, low + least);
  };
  widen(top.x0, top.x1, top_width);
  widen(top.y0, top.y1, top_width);
  const std::int64_t top_area = technology.rule(stack.top_area);
  if (top.area() < top_area)
    top.y1 =
        top.y0 + snap_up(static_cast<Dbu>((top_area + top.width() - 1) / top.width()), t.grid());

  // The upper kind's top metal lies above the metals that wires use: it runs on past the plate and
  // comes down to a pad of the bottom metal's layer, which keeps the plate's distances.
  Rect pad;
  if (upper) {
    const Dbu half_pad = snap_up(cut / 2 + t.rule(stack.bottom_past_cut), 10);
    const Dbu low = plate.y1 + margin + foreign;
    const Dbu centre_y = floor_y + snap_up(low + half_pad - floor_y, kPlacementGrid);
    const Dbu centre_x = snap_down(plate.center().x, t.grid());
    pad = Rect{centre_x, centre_y, centre_x, centre_y}.bloated(half_pad);
    const Rect landing = pad.bloated(cut / 2 - half_pad);
    t.add(stack.cut, landing);
    top = top.united({top.x0, top.y0, top.x1, landing.y1 + past});
  }

  // Outline: the plate's margin and whatever of the top metal leaves it.
  const Rect box = plate.bloated(margin).united(top).united(pad);
  const Dbu tile_width = snap_up(box.width(), kPlacementGrid);
  const Dbu left = box.x0 - snap_down((tile_width - box.width()) / 2, t.grid());
  const Rect outline{left, floor_y, left + tile_width,
                     floor_y + snap_up(box.y1 - floor_y, kPlacementGrid)};
  const Rect bar{box.x0, floor_y + bar_centre - half_bar, box.x1, floor_y + bar_centre + half_bar};
  t.add(stack.bottom, Rect{bar.x0, bar.y0, bar.x1, plate.y1 + margin});
  if (!pad.empty()) t.add_access("TOP", stack.bottom, pad);
  t.add_access("TOP", stack.top, top);
  t.add_access("BOTTOM", stack.bottom, bar);
  return std::move(t).finish(short_name(model.name) + "_w" + std::to_string(device.width) + "_l" +
                                 std::to_string(device.length),
                             device.kind, outline);
}

}  // namespace ptah::sky130
