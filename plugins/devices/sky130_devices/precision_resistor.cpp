/// Precision poly resistors (res_high_po, res_xhigh_po): a straight body between two heads with
/// slot contacts, and a substrate tap of its own.
#include "resistor_pads.hpp"

namespace ptah::sky130 {
namespace {

/// Slots a head of a precision resistor has, by its width (rules rpm.1g to rpm.1k).
struct AllowedWidth {
  Dbu width;
  int slots;
};

std::vector<AllowedWidth> allowed_widths(const TileBuilder& t) {
  return {{t.rule("rpm.1b"), 1},
          {t.rule("rpm.1c"), 1},
          {t.rule("rpm.1d"), 2},
          {t.rule("rpm.1e"), 4},
          {t.rule("rpm.1f"), 8}};
}

}  // namespace

Result<Tile> precision_tile(const Device& device, const DeviceModel& model, const char* implant,
                            const ResistorBody& body, const Technology& technology) {
  TileBuilder t(technology);
  int slots = 0;
  std::string widths;
  for (const AllowedWidth& allowed : allowed_widths(t)) {
    if (allowed.width == body.width) slots = allowed.slots;
    widths += (widths.empty() ? "" : ", ") + um_text(allowed.width);
  }
  if (slots == 0)
    return make_error(ErrorCode::kInfeasible,
                      "Width " + um_text(body.width) + " of " + short_name(model.name) +
                          " is none of " + widths + " (rules rpm.1b to rpm.1f).",
                      device_place(device), "Choose one of these widths.");

  // From the bottom: the substrate tap with its bar, the lower head (A), body, upper head (B).
  const Dbu half_height = half_pad(t);
  const Dbu cut = t.rule("licon.1");
  const Dbu y_tap = snap_up(cut / 2 + t.rule("psd.5b"), kPlacementGrid);
  const Dbu tap_top = y_tap - cut / 2 + cut;
  const Dbu slot_width = t.rule("licon.1b"), slot_length = t.rule("licon.1c");
  const Dbu head = t.rule("rpm.head");
  const Dbu around = t.rule("rpm.3");
  // Implants of tap and resistor keep their spacing; the poly keeps its own from the tap.
  const Dbu poly_low = snap_up(
      tap_top + std::max(t.rule("psd.5b") + t.rule("psd.2") + t.rule("rpm.4"), t.rule("poly.9")),
      t.grid());
  // The extracted length is that of the marker less what the slots' resistance is worth.
  constexpr Dbu kBodyPastLength = 120;
  const Dbu body_low = poly_low + head;
  const Dbu body_high = body_low + body.length + kBodyPastLength;
  const Dbu poly_high = body_high + head;

  const Dbu implant_width = std::max(body.width + 2 * around, t.rule("rpm.1a"));
  const Dbu implant_inset = snap_up((implant_width - body.width) / 2, t.grid());
  const Dbu tile_width = snap_up(body.width + 2 * implant_inset, kPlacementGrid);
  const Dbu x0 = snap_down((tile_width - body.width) / 2, t.grid());
  const Rect poly{x0, poly_low, x0 + body.width, poly_high};
  t.add("poly", poly);
  t.add("poly.res", {poly.x0, body_low, poly.x1, body_high});
  t.add("psdm", poly.bloated(t.rule("rpm.4")));
  t.add("npc", poly.bloated(t.rule("rpm.5")));
  t.add(implant, poly.bloated(implant_inset, around));

  const Dbu mcon = t.rule("ct.1");
  const Dbu y_a = snap_up(poly_low + half_height, kPlacementGrid);
  const Dbu y_b = snap_down(poly_high - half_height, kPlacementGrid);
  const Dbu slot_pitch = slot_width + t.rule("licon.2c");
  const Dbu slots_width = slot_width + (slots - 1) * slot_pitch;
  const Dbu first = poly.x0 + snap_down((body.width - slots_width) / 2, t.grid());
  for (int i = 0; i < slots; ++i) {
    const Dbu x = first + i * slot_pitch;
    const auto contact = [&](Dbu low, Dbu y_bar) {
      const Rect slot{x, low, x + slot_width, low + slot_length};
      t.add("licon1", slot);
      // li1 is a little wider than the slot so that the strip has an even centre for its mcon.
      t.add("li1", slot.bloated(20, t.rule("li.5")));
      const Dbu mx = x + snap_down((slot_width - mcon) / 2, t.grid());
      t.add("mcon", {mx, y_bar - mcon / 2, mx + mcon, y_bar - mcon / 2 + mcon});
    };
    contact(body_low - slot_length, y_a);
    contact(body_high, y_b);
  }

  const Rect tap{0, y_tap - cut / 2, tile_width, tap_top};
  const Dbu implant_side = t.rule("psd.5b");
  t.add("tap", {tap.x0 + implant_side, tap.y0, tap.x1 - implant_side, tap.y1});
  t.add("psdm", Rect{tap.x0, tap.y0 - implant_side, tap.x1, tap.y1 + implant_side});
  const Dbu inset = implant_side + t.rule("licon.7");
  const CutRow row = cut_row(tap.x0 + inset, tap.x1 - inset, cut, mcon + t.rule("ct.2"), t.grid());
  for (const Dbu x : row.starts) {
    t.add("licon1", {x, tap.y0, x + cut, tap.y1});
    t.add("mcon", {x, tap.y0, x + cut, tap.y1});
  }
  t.add("li1", Rect{row.first(), tap.y0, row.last(), tap.y1}.bloated(t.rule("li.5"), 0));

  const Rect outline{0, 0, tile_width, snap_up(poly_high + around, kPlacementGrid)};
  const auto bar = [&](const char* terminal, Dbu y) {
    t.add_access(terminal, "met1", {0, y - half_height, tile_width, y + half_height});
  };
  bar("A", y_a);
  bar("B", y_b);
  bar("SUB", y_tap);
  return std::move(t).finish(resistor_cell(model, body), device.kind, outline);
}

}  // namespace ptah::sky130
