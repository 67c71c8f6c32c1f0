/// Junction diodes: a rectangle of diffusion under contacts, its tap beside it.
#include <algorithm>

#include "deep_well.hpp"
#include "tile_builder.hpp"
#include "tiles.hpp"

namespace ptah::sky130 {
namespace {

/// A junction of any size needs no more contacts than this a side: more only make larger files.
constexpr Dbu kContactsPerSide = 64;

/// Where things lie; the diffusion's lower left corner has the x of `x0`.
struct DiodePlan {
  Dbu half_bar = 0, half_tap = 0;
  Dbu bulk = 0;      ///< Centre of the tap row below the diffusion.
  Dbu top_bulk = 0;  ///< Of the one above a tall diffusion; 0: none.
  Dbu bar = 0;       ///< Centre of the diffusion's bar.
  Dbu x0 = 0;        ///< Past the tap column of a ring.
  Dbu row = 0;       ///< Length of the tap rows.
  Rect diffusion;
};

DiodePlan plan_diode(const TileBuilder& t, const Device& device) {
  const bool p = device.kind == DeviceKind::kPdiode;
  const Dbu cut = t.rule("licon.1"), grid = t.grid();
  DiodePlan plan;
  // As in transistors, a via anywhere on a bar's centre line adds no metal.
  plan.half_bar = snap_up(t.rule("via.1a") / 2 + t.rule("via.4a"), 2 * kPlacementGrid / 10);
  const Dbu pad = std::max(2 * plan.half_bar, t.rule("via.1a") + 2 * t.rule("m2.5"));
  const Dbu pitch = snap_up(pad + std::max(t.rule("m1.3a"), t.rule("m2.2")), kPlacementGrid);
  plan.half_tap = snap_up(std::max(cut, t.rule("difftap.1")) / 2, grid);
  const Dbu past_tap = p ? t.rule("difftap.10") : t.rule("psd.5b");
  plan.bulk = snap_up(std::max(plan.half_tap + past_tap, plan.half_bar), kPlacementGrid);
  // Metal over a large junction is wide, and keeps its distance from the tap's bar.
  const Dbu implants = p ? t.rule("psd.5a") + t.rule("psd.7") : t.rule("nsd.5a") + t.rule("nsd.7");
  const Dbu apart = std::max({t.rule("difftap.3"), implants,
                              plan.half_bar - plan.half_tap + t.rule("m1.3a") + t.rule("m1.5")});
  // The shorter side stands.
  const Dbu height = device.width, half_height = snap_up(height / 2, grid);
  plan.bar = snap_up(std::max(plan.bulk + plan.half_tap + apart + half_height, plan.bulk + pitch),
                     kPlacementGrid);
  const Dbu low = plan.bar - half_height;
  // From the centre of a tap's contact to the corners that it serves, with a little for the way
  // along the row.
  const Dbu reach = t.rule(p ? "LU.3" : "LU.2") - cut;
  plan.row = std::max(device.length, cut + 2 * (t.rule("licon.7") + t.grid()));
  if (p) plan.row = std::max(plan.row, snap_up(t.rule("nwell.1") - 2 * t.rule("difftap.10"), 10));
  if (low + height - plan.bulk > reach) {
    plan.top_bulk =
        snap_up(std::max(low + height + apart + plan.half_tap, plan.bar + pitch), kPlacementGrid);
    plan.x0 = 2 * plan.half_tap + std::max(t.rule("difftap.3"), implants);
    plan.row = device.length + 2 * plan.x0;
  }
  plan.diffusion = {plan.x0, low, plan.x0 + device.length, low + height};
  return plan;
}

Status check_diode(const Device& device, const DeviceModel& model, const Technology& technology) {
  if (model.markers.empty())
    return make_error(ErrorCode::kUnsupported,
                      "Technology " + technology.name() + " names no marker of " + model.name +
                          ", without which its diffusion is no diode.",
                      device_place(device), "Add the layer to the device's markers.");
  return check_size(device, model, device.width, device.length, technology,
                    {"licon.5c", "licon.5c"});
}

/// Contacts up to met1, as many rows and columns as fit into `inside`.
Rect contact_field(TileBuilder& t, const Rect& inside) {
  const Dbu cut = t.rule("licon.1");
  const Dbu least = std::max(cut + t.rule("licon.2"), t.rule("ct.1") + t.rule("ct.2"));
  const auto cuts = [&](Dbu low, Dbu high) {
    const Dbu pitch =
        std::max(least, snap_up((high - low - cut) / (kContactsPerSide - 1) + 1, t.grid()));
    return cut_row(low, high, cut, pitch, t.grid());
  };
  const CutRow columns = cuts(inside.x0, inside.x1), rows = cuts(inside.y0, inside.y1);
  for (const Dbu y : rows.starts) {
    for (const Dbu x : columns.starts) {
      t.add("licon1", {x, y, x + cut, y + cut});
      t.add("mcon", {x, y, x + cut, y + cut});
    }
  }
  return {columns.first(), rows.first(), columns.last(), rows.last()};
}

void add_tap_rows(TileBuilder& t, const DiodePlan& plan, bool p) {
  const char* implant = p ? "nsdm" : "psdm";
  const Dbu around = t.rule(p ? "nsd.5b" : "psd.5b");
  const Dbu cut = t.rule("licon.1");
  const auto row = [&](Dbu y) {
    const Rect tap{0, y - plan.half_tap, plan.row, y + plan.half_tap};
    t.add("tap", tap);
    t.add(implant, tap.bloated(around));
    const Rect at{tap.x0 + t.rule("licon.7"), y - cut / 2, tap.x1 - t.rule("licon.7"),
                  y - cut / 2 + cut};
    t.add("li1", contact_field(t, at).bloated(t.rule("li.5"), 0));
  };
  row(plan.bulk);
  if (plan.top_bulk == 0) return;
  row(plan.top_bulk);
  // Columns that close the ring.
  const Dbu low = plan.bulk - plan.half_tap, high = plan.top_bulk + plan.half_tap;
  for (const Dbu y : {plan.bulk, plan.top_bulk})
    t.add("li1", {0, y - cut / 2, plan.row, y - cut / 2 + cut});
  for (const Dbu x : {Dbu{0}, plan.row - 2 * plan.half_tap}) {
    const Rect tap{x, low, x + 2 * plan.half_tap, high};
    t.add("tap", tap);
    t.add(implant, tap.bloated(around));
    const Dbu left = x + plan.half_tap - cut / 2;
    t.add("li1", {left, low, left + cut, high});
    const Dbu clear = plan.half_tap + t.rule("licon.2");
    const CutRow contacts =
        cut_row(plan.bulk + clear, plan.top_bulk - clear, cut, cut + t.rule("licon.2"), t.grid());
    for (const Dbu y : contacts.starts) t.add("licon1", {left, y, left + cut, y + cut});
  }
}

}  // namespace

Result<Tile> diode_tile(const Device& device, const DeviceModel& model,
                        const Technology& technology) {
  PTAH_TRY(check_diode(device, model, technology));
  TileBuilder t(technology);
  const bool p = device.kind == DeviceKind::kPdiode;
  const DiodePlan plan = plan_diode(t, device);
  add_tap_rows(t, plan, p);

  const Rect& junction = plan.diffusion;
  t.add("diff", junction);
  t.add(p ? "psdm" : "nsdm", junction.bloated(t.rule(p ? "psd.5a" : "nsd.5a")));
  t.add(model.markers.front(), junction);
  const Rect contacts =
      contact_field(t, junction.bloated(-t.rule("licon.5c"), -t.rule("licon.5a")));
  t.add("li1", contacts.bloated(t.rule("li.5"), 0));
  t.add("met1", contacts.bloated(t.rule("m1.5")));
  if (p) {
    t.add("nwell", t.bounds("diff")
                       .bloated(t.rule("difftap.8"))
                       .united(t.bounds("tap").bloated(t.rule("difftap.10"))));
  }

  // The outline: everything, on the placement grid, with the surplus shared left and right.
  const Rect box = t.bounds();
  const Dbu tile_width = snap_up(box.width(), kPlacementGrid);
  const Dbu left = box.x0 - snap_down((tile_width - box.width()) / 2, t.grid());
  const Dbu top = (plan.top_bulk == 0 ? plan.bar : plan.top_bulk) + plan.half_bar;
  Rect outline{left, 0, left + tile_width, snap_up(std::max(box.y1, top), kPlacementGrid)};
  const auto bar = [core = outline, &plan](Dbu y) {
    return Rect{core.x0, y - plan.half_bar, core.x1, y + plan.half_bar};
  };
  const char* own = p ? "ANODE" : "CATHODE";
  const char* well = p ? "CATHODE" : "ANODE";
  t.add_access(own, "met1", bar(plan.bar));
  t.add_access(well, "met1", bar(plan.bulk));
  if (plan.top_bulk != 0) t.add_access(well, "met1", bar(plan.top_bulk));
  std::string cell = short_name(model.name) + "_w" + std::to_string(device.width) + "_l" +
                     std::to_string(device.length);
  if (device.isolated) {
    outline = add_deep_well(t, margins_of(t, false, false), outline, bar(plan.bulk));
    cell += "_dnw";
  }
  return std::move(t).finish(std::move(cell), device.kind, outline);
}

}  // namespace ptah::sky130
