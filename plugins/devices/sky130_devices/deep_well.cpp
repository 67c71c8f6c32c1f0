#include "deep_well.hpp"

#include <algorithm>

namespace ptah::sky130 {

Rect add_deep_well(TileBuilder& t, const Margins& margins, const Rect& core, const Rect& bulk) {
  const Dbu cut = t.rule("licon.1"), around = t.rule("nsd.5b");
  // Diffusion lies its implant's margin inside the core, or further.
  const Dbu to_ring = std::max(
      {margins.diffusion_well - t.rule("nsd.5a"), margins.tap_well - t.rule("psd.5b"), Dbu{0}});
  const Dbu ring = snap_up(to_ring, 10);
  // The ring's sides are apart like any n-wells.
  const auto wide_enough = [&](Dbu size) {
    return std::max(ring, snap_up(std::max<Dbu>(t.rule("nwell.2a") - size + 1, 0) / 2, 10));
  };
  const Rect inner = core.bloated(wide_enough(core.width()), wide_enough(core.height()));
  const Rect deep = inner.bloated(
      std::max(t.rule("nwell.6"), snap_up((t.rule("dnwell.2") - inner.width() + 1) / 2, 10)));
  const Rect outer = deep.bloated(t.rule("nwell.5"));
  t.add("dnwell", deep);
  if (margins.oxide > 0) t.add("hvi", outer);
  t.add("nwell", {outer.x0, outer.y0, inner.x0, outer.y1});
  t.add("nwell", {inner.x1, outer.y0, outer.x1, outer.y1});
  t.add("nwell", {inner.x0, outer.y0, inner.x1, inner.y0});
  t.add("nwell", {inner.x0, inner.y1, inner.x1, outer.y1});

  // The ring's tap, below the bulk's bar.
  const Dbu y = snap_down(inner.y0 - outer.y0, 10) / 2 / 10 * 10 + outer.y0;
  const Rect tap{core.x0, y - cut / 2, core.x1, y - cut / 2 + cut};
  t.add("tap", tap);
  t.add("nsdm", tap.bloated(around));
  const Dbu inset = std::max(t.rule("licon.7"), t.rule("li.5"));
  const CutRow row =
      cut_row(tap.x0 + inset, tap.x1 - inset, cut,
              std::max(cut + t.rule("licon.2"), t.rule("ct.1") + t.rule("ct.2")), t.grid());
  for (const Dbu x : row.starts) {
    t.add("licon1", {x, tap.y0, x + cut, tap.y1});
    t.add("mcon", {x, tap.y0, x + cut, tap.y1});
  }
  t.add("li1", Rect{row.first(), tap.y0, row.last(), tap.y1}.bloated(t.rule("li.5"), 0));
  t.add("met1", {bulk.x0, tap.y0 - t.rule("m1.5"), bulk.x1, bulk.y1});

  const Dbu past = snap_up(core.x0 - outer.x0, kPlacementGrid);
  return core.bloated(past);
}

}  // namespace ptah::sky130
