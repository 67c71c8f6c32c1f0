/// Resistor tiles: straight precision poly resistors, and strips of poly, li1 or metal that are
/// folded where they are long.
#include <algorithm>
#include <optional>

#include "meander.hpp"
#include "tile_builder.hpp"
#include "tiles.hpp"

namespace ptah::sky130 {
namespace {

/// Half the height of a met1 pad: an mcon with its margin in both directions, and a via likewise.
Dbu half_pad(const TileBuilder& t) {
  const Dbu mcon = t.rule("ct.1") / 2 + t.rule("m1.5");
  const Dbu via = t.rule("via.1a") / 2 + t.rule("via.4a");
  return snap_up(std::max(mcon, via), 10);
}

/// Half the width of a pad in which a via fits on some line of the placement grid, wherever the pad
/// lies.
Dbu half_pad_width(const TileBuilder& t) {
  return snap_up(t.rule("via.1a") / 2 + t.rule("via.5a") + kPlacementGrid / 2, 10);
}

/// The marker that makes a strip a resistor ends in ".res"; what stands before it is the strip.
std::optional<std::string> strip_layer(const DeviceModel& model, const Technology& technology) {
  for (const LayerId marker : model.markers) {
    const std::string& name = technology.layer(marker).name;
    if (name.ends_with(".res")) return name.substr(0, name.size() - 4);
  }
  return std::nullopt;
}

std::string resistor_cell(const DeviceModel& model, const ResistorBody& body) {
  return short_name(model.name) + "_w" + std::to_string(body.width) + "_l" +
         std::to_string(body.length);
}

/// A row of contacts from poly to met1 across [x0, x1] at height y.
void poly_contacts(TileBuilder& t, Dbu x0, Dbu x1, Dbu y) {
  const Dbu cut = t.rule("licon.1"), half = cut / 2;
  const Dbu inset = t.rule("licon.8a");
  const CutRow row =
      cut_row(x0 + inset, x1 - inset, cut,
              std::max(cut + t.rule("licon.2"), t.rule("ct.1") + t.rule("ct.2")), t.grid());
  for (const Dbu x : row.starts) {
    t.add("licon1", {x, y - half, x + cut, y - half + cut});
    t.add("mcon", {x, y - half, x + cut, y - half + cut});
  }
  const Rect contacts{row.first(), y - half, row.last(), y - half + cut};
  t.add("li1", contacts.bloated(t.rule("li.5"), 0));
  t.add("npc", contacts.bloated(t.rule("licon.15")));
}

/// Everything that a head of a folded strip needs below (or above) its body.
struct Head {
  Dbu past_centre = 0;  ///< Strip past the pad's centre line.
  Dbu to_body = 0;      ///< Pad's centre line to the body at least.
};

Head head_of(const TileBuilder& t, const std::string& strip) {
  if (strip == "poly") {
    const Dbu half = t.rule("licon.1") / 2;
    // The nitride cut stays off the body, which is no ordinary field poly.
    return {half + t.rule("licon.8a"),
            snap_up(half + t.rule("licon.15") + t.rule("licon.8a"), 10)};
  }
  if (strip == "li1") return {t.rule("ct.1") - t.rule("ct.1") / 2, half_pad(t)};
  return {half_pad(t), half_pad(t)};
}

Result<Tile> folded_tile(const Device& device, const DeviceModel& model, const std::string& strip,
                         const ResistorBody& body, const Technology& technology) {
  TileBuilder t(technology);
  const LayerId layer = technology.layer(strip);
  const bool on_metal = strip != "poly" && strip != "li1";
  const std::string pad_layer = on_metal ? strip : "met1";

  Dbu spacing = technology.spacing(layer, layer);
  if (strip == "poly") spacing = std::max(spacing, t.rule("poly.9"));
  Dbu half_height = half_pad(t), half_width = half_pad_width(t);
  Dbu pad_spacing = t.rule("m1.2");
  for (const RoutingLayer& routing : technology.routing_layers()) {
    if (!on_metal || routing.layer != layer) continue;
    if (body.width > routing.wide_width && routing.wide_width > 0)
      spacing = std::max(spacing, routing.wide_spacing);
    // A pad of square root of the minimum area holds every via of this process.
    Dbu side = std::max(routing.min_width, 2 * half_height);
    for (const Via& via : technology.vias()) {
      if (via.lower == layer)
        side = std::max(side, via.size + 2 * std::max(via.lower_enclosure.all,
                                                      via.lower_enclosure.one_direction));
      if (via.upper == layer)
        side = std::max(side, via.size + 2 * std::max(via.upper_enclosure.all,
                                                      via.upper_enclosure.one_direction));
    }
    half_height = snap_up((side + 1) / 2, 10);
    half_width = snap_up(std::max(side + kPlacementGrid, body.width) / 2, 10);
    pad_spacing = spacing;
  }
  Head head = head_of(t, strip);
  if (on_metal) head = {half_height, half_height};
  const Dbu bottom_space = snap_up(std::max({half_height, head.past_centre}), kPlacementGrid);
  const Meander m = fold(body.width, body.length, spacing, bottom_space + head.to_body, t.grid());

  // Pads lie on the grid and overlap their legs; the first one is at the tile's lower left.
  const Dbu y_a = bottom_space, y_body = snap_up(y_a + head.to_body, t.grid());
  const bool straight = m.legs == 1;
  const Dbu needed = straight ? std::max(m.total_width(), 2 * half_width)
                              : std::max(m.total_width(), 4 * half_width + pad_spacing);
  // Implants and nitride cuts past the strip.
  const Dbu margin =
      strip == "poly" ? std::max<Dbu>(0, t.rule("licon.15") - t.rule("licon.8a")) : 0;
  const Dbu tile_width = snap_up(needed + 2 * margin, kPlacementGrid);
  const Dbu x_body = snap_down((tile_width - m.total_width()) / 2, t.grid());

  std::vector<Rect> strips;
  for (const Rect& r : m.body()) {
    strips.push_back(r.moved({x_body, y_body}));
    t.add(strip + ".res", strips.back());
    t.add(strip, strips.back());
  }
  const auto add_head = [&](int leg, Dbu y, Dbu strip_from, Dbu strip_to) {
    const Dbu x0 = x_body + m.x_of(leg), x1 = x0 + body.width;
    t.add(strip, {x0, strip_from, x1, strip_to});
    if (strip == "poly") poly_contacts(t, x0, x1, y);
    if (strip == "li1") {
      const Dbu mcon = t.rule("ct.1");
      const CutRow row = cut_row(x0, x1, mcon, mcon + t.rule("ct.2"), t.grid());
      for (const Dbu x : row.starts)
        t.add("mcon", {x, y - mcon / 2, x + mcon, y - mcon / 2 + mcon});
    }
  };
  // A pad reaches from the tile's side over its leg.
  const auto add_pad = [&](const char* terminal, bool left, bool right, Dbu y) {
    const Dbu x0 =
        left ? 0
             : tile_width - std::max(2 * half_width,
                                     tile_width - x_body - m.x_of(m.legs - 1) + t.rule("m1.5"));
    const Dbu x1 =
        right ? tile_width : std::max(2 * half_width, x_body + body.width + t.rule("m1.5"));
    t.add_access(terminal, pad_layer, {x0, y - half_height, x1, y + half_height});
  };
  add_head(0, y_a, y_a - head.past_centre, y_body);
  Dbu top = y_body + m.height;
  if (straight) {
    const Dbu y_b = snap_up(top + head.to_body, kPlacementGrid);
    add_head(0, y_b, top, y_b + head.past_centre);
    add_pad("A", true, true, y_a);
    add_pad("B", true, true, y_b);
    top = y_b + bottom_space;
  } else {
    add_head(m.legs - 1, y_a, y_a - head.past_centre, y_body + m.last_up);
    add_pad("A", true, false, y_a);
    add_pad("B", false, true, y_a);
  }
  const Rect outline{0, 0, tile_width, snap_up(top + margin, kPlacementGrid)};
  return std::move(t).finish(resistor_cell(model, body), device.kind, outline);
}

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

}  // namespace

Result<ResistorBody> resistor_body(const Device& device, const DeviceModel& model,
                                   const Technology& technology) {
  ResistorBody body{device.width > 0 ? device.width : model.default_width, device.length};
  if (device.length <= 0) {
    if (!device.resistance_ohm)
      return make_error(ErrorCode::kInvalidArgument,
                        "The resistor has neither a length nor a value.", device_place(device),
                        "Give l= and w=, or r=.");
    body.length = model.length_for(*device.resistance_ohm, body.width, technology.grid());
    if (body.length < model.min_length || body.length > model.max_length) {
      char range[96];
      std::snprintf(range, sizeof range, "%.4g .. %.4g ohm",
                    model.resistance(body.width, model.min_length),
                    model.resistance(body.width, model.max_length));
      char value[32];
      std::snprintf(value, sizeof value, "%.6g ohm", *device.resistance_ohm);
      return make_error(ErrorCode::kInfeasible,
                        std::string("A value of ") + value + " is not within " + range + ", what " +
                            short_name(model.name) + " of width " + um_text(body.width) +
                            " can be.",
                        device_place(device), "Choose another value, width or kind of resistor.");
    }
  }
  PTAH_TRY(check_size(device, model, body.width, body.length, technology));
  return body;
}

Result<Tile> poly_resistor_tile(const Device& device, const DeviceModel& model,
                                const Technology& technology) {
  PTAH_TRY(auto body, resistor_body(device, model, technology));
  for (const char* implant : {"rpm", "urpm"}) {
    const auto layer = technology.find_layer(implant);
    if (layer && std::count(model.markers.begin(), model.markers.end(), *layer) > 0)
      return precision_tile(device, model, implant, body, technology);
  }
  return folded_tile(device, model, "poly", body, technology);
}

Result<Tile> metal_resistor_tile(const Device& device, const DeviceModel& model,
                                 const Technology& technology) {
  PTAH_TRY(auto body, resistor_body(device, model, technology));
  const auto strip = strip_layer(model, technology);
  if (!strip)
    return make_error(ErrorCode::kUnsupported,
                      "The technology names no layer '....res' that makes a " + model.name + ".",
                      device_place(device), "Add the marker to the device's description.");
  return folded_tile(device, model, *strip, body, technology);
}

}  // namespace ptah::sky130
