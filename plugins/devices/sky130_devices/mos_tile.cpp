/// MOS tiles. All distances follow from the technology's rules; what remains are the choices that
/// the header shows. The bars lie over the ends of the diffusion: for the sizes of analog cells
/// this takes half the area of bars beside it.
#include <algorithm>

#include "tile_builder.hpp"
#include "tiles.hpp"

namespace ptah::sky130 {
namespace {

/// A tile wider than this is a mistake in the netlist, not a transistor.
constexpr std::int64_t kMaxTileWidth = 1'000'000;

/// Everything across the tile, from the left edge of the diffusion.
struct Columns {
  std::vector<Dbu> gates;     ///< Left edges.
  std::vector<Dbu> contacts;  ///< Left edges of the local contacts, one more than gates.
  Dbu diffusion = 0;          ///< Width.
};

Columns columns_of(const TileBuilder& t, Dbu length, int fingers) {
  const Dbu cut = t.rule("licon.1"), to_gate = t.rule("licon.11");
  // Diffusion between two gates and past the last one, each with one column of contacts.
  const Dbu inner = std::max(2 * to_gate + cut, t.rule("poly.2"));
  const Dbu outer = std::max(to_gate + cut + t.rule("licon.5a"), t.rule("poly.7"));
  Columns c;
  Dbu x = outer;
  c.contacts.push_back(x - to_gate - cut);
  for (int i = 0; i < fingers; ++i) {
    c.gates.push_back(x);
    x += length;
    c.contacts.push_back(x + (i + 1 < fingers ? (inner - cut) / 2 : to_gate));
    x += i + 1 < fingers ? inner : outer;
  }
  c.diffusion = x;
  return c;
}

/// Heights of the bars' centre lines and of the diffusion, above the tile's lower edge.
struct Rows {
  Dbu bulk = 0, source = 0, drain = 0, gate = 0;
  Dbu half_bar = 0;
  Dbu tap_low = 0, tap_high = 0;
  Dbu diffusion_low = 0, diffusion_high = 0;
};

Rows rows_of(const TileBuilder& t, Dbu width, bool pmos) {
  Rows r;
  const Dbu cut = t.rule("licon.1"), grid = t.grid();
  // A via anywhere on a bar's centre line adds no metal, and vias on neighbouring bars are legal.
  r.half_bar = snap_up(t.rule("via.1a") / 2 + t.rule("via.4a"), 2 * kPlacementGrid / 10);
  const Dbu pad = std::max(2 * r.half_bar, t.rule("via.1a") + 2 * t.rule("m2.5"));
  const Dbu pitch = snap_up(pad + std::max(t.rule("m1.2"), t.rule("m2.2")), kPlacementGrid);

  const Dbu half_tap = snap_up(std::max(cut, t.rule("difftap.1")) / 2, grid);
  const Dbu past_tap = pmos ? t.rule("difftap.10") : t.rule("psd.5b");
  r.bulk = snap_up(std::max(half_tap + past_tap, r.half_bar), kPlacementGrid);
  r.tap_low = r.bulk - half_tap;
  r.tap_high = r.bulk + half_tap;

  const Dbu implant =
      pmos ? t.rule("psd.5a") + t.rule("psd.7") : t.rule("nsd.5a") + t.rule("nsd.7");
  r.diffusion_low = r.tap_high + std::max(t.rule("difftap.3"), implant);
  r.diffusion_high = r.diffusion_low + width;

  // The gate's contacts: their own distance, that of the nitride cut round them, and for p-channel
  // the one to the implant.
  Dbu contact = std::max(t.rule("licon.14"), t.rule("licon.15") + t.rule("npc.4"));
  if (pmos) contact = std::max(contact, t.rule("psd.5a") + t.rule("licon.9"));
  const Dbu gate_low = r.diffusion_high + contact + cut / 2;
  r.source = r.bulk + pitch;
  r.gate = snap_up(std::max(gate_low, r.source + 2 * pitch), kPlacementGrid);
  r.drain = r.gate - pitch;
  return r;
}

/// A row of contacts up to met1 under a bar: cuts, li1 and mcon of one strip. Returns the row.
CutRow contact_strip(TileBuilder& t, Dbu low, Dbu high, Dbu y) {
  const Dbu cut = t.rule("licon.1"), half = cut / 2;
  const Dbu pitch = std::max(cut + t.rule("licon.2"), t.rule("ct.1") + t.rule("ct.2"));
  const CutRow row = cut_row(low, high, cut, pitch, t.grid());
  for (const Dbu x : row.starts) {
    const Rect contact{x, y - half, x + cut, y - half + cut};
    t.add("licon1", contact);
    t.add("mcon", contact);
  }
  t.add("li1", Rect{row.first(), y - half, row.last(), y - half + cut}.bloated(t.rule("li.5"), 0));
  return row;
}

/// Contacts, li1 and met1 of one source or drain column whose contacts begin at x. `bar` is the
/// centre of its bar, `far_bar` that of the other one.
void column(TileBuilder& t, const Rows& rows, Dbu x, Dbu bar, Dbu far_bar) {
  const Dbu cut = t.rule("licon.1"), mcon = t.rule("ct.1");
  const Dbu inset = t.rule("licon.5c");
  const CutRow contacts = cut_row(rows.diffusion_low + inset, rows.diffusion_high - inset, cut,
                                  cut + t.rule("licon.2"), t.grid());
  for (const Dbu y : contacts.starts) t.add("licon1", {x, y, x + cut, y + cut});

  const bool upwards = far_bar > bar;
  // li1 covers all contacts and reaches the bar.
  const Dbu past = t.rule("li.5");
  Dbu low = contacts.first() - past, high = contacts.last() + past;
  if (upwards) {
    low = std::min(low, bar - mcon / 2);
  } else {
    high = std::max(high, bar - mcon / 2 + mcon);
  }
  t.add("li1", {x, low, x + cut, high});

  // met1 runs from the bar towards the other one, as far as whole mcons go.
  const Dbu end_past = t.rule("m1.5"), side_past = t.rule("m1.4");
  const Dbu pitch = mcon + t.rule("ct.2");
  const Dbu keep = rows.half_bar + t.rule("m1.2") + end_past;
  const Dbu left = x + (cut - mcon) / 2;
  const auto add_mcon = [&](Dbu y) { t.add("mcon", {left, y, left + mcon, y + mcon}); };
  Dbu last = bar - mcon / 2;
  add_mcon(last);
  const Dbu step = upwards ? pitch : -pitch;
  const auto fits = [&](Dbu y) {
    return upwards ? y + mcon <= std::min(high, far_bar - keep)
                   : y >= std::max(low, far_bar + keep);
  };
  for (; fits(last + step); last += step) add_mcon(last + step);
  const Rect stub{left - side_past, std::min(bar, last - end_past), left + mcon + side_past,
                  std::max(bar, last + mcon + end_past)};
  // A stub that hardly leaves its bar would only make notches.
  if (stub.y1 > bar + rows.half_bar || stub.y0 < bar - rows.half_bar) t.add("met1", stub);
}

void add_markers(TileBuilder& t, const DeviceModel& model, const Rect& gates) {
  const Technology& technology = t.technology();
  for (const LayerId marker : model.markers) {
    const std::string& name = technology.layer(marker).name;
    t.add(marker, gates.bloated(t.rule(name == "hvtp" ? "hvtp.3" : "lvtn.4b")));
  }
}

bool has_marker(const Technology& technology, const DeviceModel& model, std::string_view name) {
  return std::any_of(model.markers.begin(), model.markers.end(),
                     [&](LayerId marker) { return technology.layer(marker).name == name; });
}

Status check_mos(const Device& device, const DeviceModel& model, const Technology& technology) {
  const bool long_gate = has_marker(technology, model, "lvtn") && device.kind == DeviceKind::kPmos;
  PTAH_TRY(check_size(device, model, device.width, device.length, technology,
                      {"difftap.2", long_gate ? "poly.1b" : "poly.1a"}));
  if (device.fingers < 1 || device.multiplier < 1)
    return make_error(ErrorCode::kInvalidArgument,
                      "The device has no finger count yet (nf=" + std::to_string(device.fingers) +
                          ", m=" + std::to_string(device.multiplier) + ").",
                      device_place(device), "Assign its fingers first.");
  // Upper estimate of the pitch; no product with it, since both counts may be anything.
  const std::int64_t pitch = device.length + 1000;
  const std::int64_t fingers = static_cast<std::int64_t>(device.fingers) * device.multiplier;
  if (fingers > kMaxTileWidth / pitch)
    return make_error(ErrorCode::kLimit,
                      std::to_string(fingers) + " fingers of length " + um_text(device.length) +
                          " make a tile wider than " + um_text(kMaxTileWidth) + ".",
                      device_place(device), "Split it into several devices.");
  return ok();
}

}  // namespace

Result<Tile> mos_tile(const Device& device, const DeviceModel& model,
                      const Technology& technology) {
  PTAH_TRY(check_mos(device, model, technology));
  TileBuilder t(technology);
  const bool pmos = device.kind == DeviceKind::kPmos;
  const int fingers = device.total_fingers();
  const Columns columns = columns_of(t, device.length, fingers);
  const Rows rows = rows_of(t, device.width, pmos);
  const Dbu cut = t.rule("licon.1");

  const Dbu latch_up = t.rule(pmos ? "LU.3" : "LU.2");
  if (rows.diffusion_high - rows.tap_high > latch_up)
    return make_error(ErrorCode::kInfeasible,
                      "A finger of width " + um_text(device.width) +
                          " has diffusion further than " + um_text(latch_up) +
                          " from its tap (rule " + (pmos ? "LU.3" : "LU.2") + ").",
                      device_place(device), "Use more and narrower fingers.");

  // Diffusion, tap and their implants.
  const Rect diffusion{0, rows.diffusion_low, columns.diffusion, rows.diffusion_high};
  const Rect tap{0, rows.tap_low, columns.diffusion, rows.tap_high};
  t.add("diff", diffusion);
  t.add("tap", tap);
  t.add(pmos ? "psdm" : "nsdm", diffusion.bloated(t.rule(pmos ? "psd.5a" : "nsd.5a")));
  t.add(pmos ? "nsdm" : "psdm", tap.bloated(t.rule(pmos ? "nsd.5b" : "psd.5b")));

  // Gates, and the strap that joins them under the G bar.
  const Dbu half = cut / 2;
  const Dbu strap_low = rows.gate - half - t.rule("licon.8");
  const Dbu strap_high = rows.gate - half + cut + t.rule("licon.8");
  const Rect gates{columns.gates.front(), rows.diffusion_low, columns.gates.back() + device.length,
                   rows.diffusion_high};
  for (const Dbu x : columns.gates)
    t.add("poly", {x, rows.diffusion_low - t.rule("poly.8"), x + device.length, strap_high});
  Rect strap{gates.x0, strap_low, gates.x1, strap_high};
  const Dbu pad = cut + 2 * t.rule("licon.8a");
  if (strap.width() < pad) {
    strap.x0 -= snap_up((pad - strap.width()) / 2, t.grid());
    strap.x1 = strap.x0 + pad;
  }
  t.add("poly", strap);
  add_markers(t, model, gates);

  // Contacts.
  const CutRow gate_cuts =
      contact_strip(t, strap.x0 + t.rule("licon.8a"), strap.x1 - t.rule("licon.8a"), rows.gate);
  t.add("npc",
        Rect{gate_cuts.first(), rows.gate - half, gate_cuts.last(), rows.gate - half + cut}.bloated(
            t.rule("licon.15")));
  contact_strip(t, tap.x0 + t.rule("licon.7"), tap.x1 - t.rule("licon.7"), rows.bulk);
  for (std::size_t i = 0; i < columns.contacts.size(); ++i) {
    const bool source = i % 2 == 0;
    column(t, rows, columns.contacts[i], source ? rows.source : rows.drain,
           source ? rows.drain : rows.source);
  }

  if (pmos) {
    Rect well = diffusion.bloated(t.rule("difftap.8")).united(tap.bloated(t.rule("difftap.10")));
    if (has_marker(technology, model, "lvtn"))
      well = well.united(gates.bloated(t.rule("lvtn.4b") + t.rule("lvtn.10")));
    t.add("nwell", well);
  }

  // The outline: everything, on the placement grid, with the surplus shared left and right.
  const Rect box = t.bounds();
  const Dbu min_bar = t.rule("via.1a") + 2 * t.rule("via.5a");
  const Dbu tile_width = snap_up(std::max(box.width(), min_bar), kPlacementGrid);
  const Dbu left = box.x0 - snap_down((tile_width - box.width()) / 2, t.grid());
  const Rect outline{left, 0, left + tile_width,
                     snap_up(std::max(box.y1, rows.gate + rows.half_bar), kPlacementGrid)};
  const auto bar = [&](std::string_view terminal, Dbu y) {
    t.add_access(terminal, "met1", {outline.x0, y - rows.half_bar, outline.x1, y + rows.half_bar});
  };
  bar("D", rows.drain);
  bar("G", rows.gate);
  bar("S", rows.source);
  bar("B", rows.bulk);
  return std::move(t).finish(short_name(model.name) + "_w" + std::to_string(device.width) + "_l" +
                                 std::to_string(device.length) + "_nf" + std::to_string(fingers),
                             device.kind, outline);
}

}  // namespace ptah::sky130
