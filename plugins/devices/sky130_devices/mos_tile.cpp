/// MOS tiles. All distances follow from the technology's rules; what remains are the choices that
/// the header shows. The bars lie over the ends of the diffusion: for the sizes of analog cells
/// this takes half the area of bars beside it.
#include <algorithm>

#include "deep_well.hpp"
#include "mos_arrangement.hpp"
#include "mos_straps.hpp"

namespace ptah::sky130 {
namespace {

/// More are a mistake in the netlist, not a transistor.
constexpr std::int64_t kMostFingers = 20'000;
constexpr std::int64_t kLargestArea = 1'000'000'000'000;  ///< nm^2

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
    if (name == "hvi") continue;  // add_thick_oxide
    t.add(marker, gates.bloated(t.rule(name == "hvtp" ? "hvtp.3" : "lvtn.4b")));
  }
}

bool has_marker(const Technology& technology, const DeviceModel& model, std::string_view name) {
  return std::any_of(model.markers.begin(), model.markers.end(),
                     [&](LayerId marker) { return technology.layer(marker).name == name; });
}

/// One n-well round all diffusion, taps and low-Vt implants.
void add_well(TileBuilder& t, const DeviceModel& model, const Margins& margins) {
  Rect well;
  const auto hold = [&](const char* layer, Dbu past) {
    const Rect inside = t.bounds(layer);
    if (!inside.empty()) well = well.united(inside.bloated(past));
  };
  hold("diff", margins.well_diffusion);
  hold("tap", margins.well_tap);
  if (has_marker(t.technology(), model, "lvtn")) hold("lvtn", t.rule("lvtn.10"));
  t.add("nwell", well);
}

/// One shape over all diffusion and taps; it ends where the n-well does, or past it.
void add_thick_oxide(TileBuilder& t, Dbu past) {
  const Rect active = t.bounds("diff").united(t.bounds("tap"));
  t.add("hvi", active.bloated(past).united(t.bounds("nwell")));
}

Status check_mos(const Device& device, const DeviceModel& model, const Technology& technology) {
  const bool long_gate = has_marker(technology, model, "lvtn") && device.kind == DeviceKind::kPmos;
  const char* length_rule = has_marker(technology, model, "hvi") ? "poly.13"
                            : long_gate                          ? "poly.1b"
                                                                 : "poly.1a";
  PTAH_TRY(check_size(device, model, device.width, device.length, technology,
                      {"difftap.2", length_rule}));
  if (device.fingers < 1 || device.multiplier < 1)
    return make_error(ErrorCode::kInvalidArgument,
                      "The device has no finger count yet (nf=" + std::to_string(device.fingers) +
                          ", m=" + std::to_string(device.multiplier) + ").",
                      device_place(device), "Assign its fingers first.");
  const std::int64_t fingers = static_cast<std::int64_t>(device.fingers) * device.multiplier;
  if (fingers > kMostFingers ||
      fingers * (device.length + 300) > kLargestArea / (device.width + 1500))
    return make_error(ErrorCode::kLimit,
                      std::to_string(fingers) + " fingers of length " + um_text(device.length) +
                          " and width " + um_text(device.width) +
                          " are more than one tile holds: " + std::to_string(kMostFingers) +
                          " fingers, 1 mm^2.",
                      device_place(device), "Split it into several devices.");
  return ok();
}

/// Gates of one segment with the strap that joins them under the G bar, and its diffusion.
void add_segment(TileBuilder& t, const DeviceModel& model, const Rows& rows, const Segment& segment,
                 Dbu length, bool pmos) {
  const Columns columns = columns_of(t, length, segment.fingers);
  const Dbu cut = t.rule("licon.1"), half = cut / 2;
  const Rect diffusion{segment.x, rows.diffusion_low, segment.x + columns.diffusion,
                       rows.diffusion_high};
  t.add("diff", diffusion);
  t.add(pmos ? "psdm" : "nsdm", diffusion.bloated(t.rule(pmos ? "psd.5a" : "nsd.5a")));

  const Dbu strap_low = rows.gate - half - t.rule("licon.8");
  const Dbu strap_high = rows.gate - half + cut + t.rule("licon.8");
  const Rect gates{segment.x + columns.gates.front(), rows.diffusion_low,
                   segment.x + columns.gates.back() + length, rows.diffusion_high};
  for (const Dbu x : columns.gates) {
    const Dbu left = segment.x + x;
    t.add("poly", {left, rows.diffusion_low - t.rule("poly.8"), left + length, strap_high});
  }
  Rect strap{gates.x0, strap_low, gates.x1, strap_high};
  const Dbu pad = cut + 2 * t.rule("licon.8a");
  if (strap.width() < pad) {
    strap.x0 -= snap_up((pad - strap.width()) / 2, t.grid());
    strap.x1 = strap.x0 + pad;
  }
  t.add("poly", strap);
  add_markers(t, model, gates);

  const CutRow gate_cuts =
      contact_strip(t, strap.x0 + t.rule("licon.8a"), strap.x1 - t.rule("licon.8a"), rows.gate);
  t.add("npc",
        Rect{gate_cuts.first(), rows.gate - half, gate_cuts.last(), rows.gate - half + cut}.bloated(
            t.rule("licon.15")));
  for (std::size_t i = 0; i < columns.contacts.size(); ++i) {
    const bool source = i % 2 == 0;
    column(t, rows, segment.x + columns.contacts[i], source ? rows.source : rows.drain,
           source ? rows.drain : rows.source);
  }
}

/// Taps: a row below each row of fingers, and what the arrangement asks for above and beside.
void add_taps(TileBuilder& t, const Arrangement& a, bool pmos) {
  const char* implant = pmos ? "nsdm" : "psdm";
  const Dbu around = t.rule(pmos ? "nsd.5b" : "psd.5b");
  const Dbu cut = t.rule("licon.1"), half = (a.first.tap_high - a.first.tap_low) / 2;
  const std::vector<Dbu> bulks = a.bulks();
  for (const Dbu y : bulks) {
    const Rect tap{0, y - half, a.width, y + half};
    t.add("tap", tap);
    t.add(implant, tap.bloated(around));
    contact_strip(t, tap.x0 + t.rule("licon.7"), tap.x1 - t.rule("licon.7"), y);
    if (!a.tap_columns.empty()) t.add("li1", {0, y - cut / 2, a.width, y - cut / 2 + cut});
  }
  for (const Dbu x : a.tap_columns) {
    const Rect whole{x, bulks.front() - half, x + 2 * half, bulks.back() + half};
    t.add("tap", whole);
    t.add(implant, whole.bloated(around));
    const Dbu left = x + half - cut / 2;
    t.add("li1", {left, whole.y0, left + cut, whole.y1});
    for (std::size_t i = 0; i + 1 < bulks.size(); ++i) {
      const Dbu clear = half + t.rule("licon.2");
      const CutRow contacts =
          cut_row(bulks[i] + clear, bulks[i + 1] - clear, cut, cut + t.rule("licon.2"), t.grid());
      for (const Dbu y : contacts.starts) t.add("licon1", {left, y, left + cut, y + cut});
    }
  }
}

}  // namespace

Result<Tile> mos_tile(const Device& device, const DeviceModel& model,
                      const Technology& technology) {
  PTAH_TRY(check_mos(device, model, technology));
  TileBuilder t(technology);
  const bool pmos = device.kind == DeviceKind::kPmos;
  const Margins margins = margins_of(t, pmos, has_marker(technology, model, "hvi"));
  PTAH_TRY(const Arrangement a, arrange(t, device, margins));
  add_taps(t, a, pmos);
  for (std::size_t r = 0; r < a.rows.size(); ++r) {
    for (const Segment& segment : a.rows[r])
      add_segment(t, model, a.row(r), segment, device.length, pmos);
  }
  if (pmos) add_well(t, model, margins);
  if (margins.oxide > 0) add_thick_oxide(t, margins.oxide);

  // The outline: everything, on the placement grid, with the surplus shared left and right.
  const Rect box = t.bounds();
  const Dbu half_bar = a.first.half_bar;
  const Dbu min_bar = t.rule("via.1a") + 2 * t.rule("via.5a");
  const Dbu tile_width = snap_up(std::max(box.width(), min_bar), kPlacementGrid);
  const Dbu left = box.x0 - snap_down((tile_width - box.width()) / 2, t.grid());
  const Rows top = a.row(a.rows.size() - 1);
  Rect outline{left, 0, left + tile_width,
               snap_up(std::max(box.y1, (a.top_tap ? a.bulks().back() : top.gate) + half_bar),
                       kPlacementGrid)};
  const auto bar = [core = outline, half_bar](Dbu y) {
    return Rect{core.x0, y - half_bar, core.x1, y + half_bar};
  };
  if (a.large) {
    add_straps(t, a, outline);
  } else {
    t.add_access("D", "met1", bar(top.drain));
    t.add_access("G", "met1", bar(top.gate));
    t.add_access("S", "met1", bar(top.source));
    for (const Dbu y : a.bulks()) t.add_access("B", "met1", bar(y));
  }
  std::string cell = short_name(model.name) + "_w" + std::to_string(device.width) + "_l" +
                     std::to_string(device.length) + "_nf" + std::to_string(device.total_fingers());
  if (device.isolated) {
    outline = add_deep_well(t, margins, outline, bar(a.first.bulk));
    cell += "_dnw";
  }
  return std::move(t).finish(std::move(cell), device.kind, outline);
}

}  // namespace ptah::sky130
