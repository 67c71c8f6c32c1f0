#include "mos_arrangement.hpp"

#include <algorithm>
#include <cmath>

namespace ptah::sky130 {
namespace {

/// One row may be so wide; what is wider folds into rows that make it about as high as wide.
constexpr Dbu kWidestRow = 30'000;

/// From the edge of a tap's contact to the farthest point of diffusion; the rule counts from the
/// contact's centre.
Dbu reach(const TileBuilder& t, bool pmos) {
  return t.rule(pmos ? "LU.3" : "LU.2") - (t.rule("licon.1") + 1) / 2;
}

/// The most fingers whose diffusion is at most `width` wide.
int fingers_within(const TileBuilder& t, Dbu length, Dbu width) {
  const Dbu one = columns_of(t, length, 1).diffusion;
  const Dbu each = columns_of(t, length, 2).diffusion - one;
  return width < one ? 0 : 1 + (width - one) / each;
}

int number_of_rows(Dbu one_row, Dbu row_pitch, int fingers) {
  const double rows = std::sqrt(static_cast<double>(one_row) / row_pitch);
  return std::clamp(static_cast<int>(std::lround(rows)), 1, fingers);
}

}  // namespace

Margins margins_of(const TileBuilder& t, bool pmos, bool thick_oxide) {
  Margins m;
  m.pmos = pmos;
  const Dbu implants =
      pmos ? t.rule("psd.5a") + t.rule("psd.7") : t.rule("nsd.5a") + t.rule("nsd.7");
  if (thick_oxide) {
    m.to_tap = std::max(t.rule(pmos ? "difftap.3" : "difftap.15b"), implants);
    m.well_diffusion = t.rule("difftap.17");
    m.well_tap = t.rule("difftap.19");
    m.diffusion_well = t.rule("difftap.24");
    m.tap_well = t.rule("difftap.20");
    m.oxide = t.rule("difftap.22");
  } else {
    m.to_tap = std::max(t.rule("difftap.3"), implants);
    m.well_diffusion = t.rule("difftap.8");
    m.well_tap = t.rule("difftap.10");
    m.diffusion_well = t.rule("difftap.9");
    m.tap_well = t.rule("difftap.11");
  }
  m.past_tap = std::max(pmos ? m.well_tap : t.rule("psd.5b"), m.oxide);
  return m;
}

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

Rows Rows::moved(Dbu dy) const {
  Rows r = *this;
  for (Dbu* y : {&r.bulk, &r.source, &r.drain, &r.gate, &r.tap_low, &r.tap_high, &r.diffusion_low,
                 &r.diffusion_high})
    *y += dy;
  return r;
}

Rows rows_of(const TileBuilder& t, Dbu width, const Margins& margins) {
  Rows r;
  const Dbu cut = t.rule("licon.1"), grid = t.grid();
  // A via anywhere on a bar's centre line adds no metal, and vias on neighbouring bars are legal.
  r.half_bar = snap_up(t.rule("via.1a") / 2 + t.rule("via.4a"), 2 * kPlacementGrid / 10);
  const Dbu pad = std::max(2 * r.half_bar, t.rule("via.1a") + 2 * t.rule("m2.5"));
  r.bar_pitch = snap_up(pad + std::max(t.rule("m1.2"), t.rule("m2.2")), kPlacementGrid);

  const Dbu half_tap = snap_up(std::max(cut, t.rule("difftap.1")) / 2, grid);
  r.bulk = snap_up(std::max(half_tap + margins.past_tap, r.half_bar), kPlacementGrid);
  r.tap_low = r.bulk - half_tap;
  r.tap_high = r.bulk + half_tap;

  r.diffusion_low = r.tap_high + margins.to_tap;
  r.diffusion_high = r.diffusion_low + width;

  // The gate's contacts: their own distance, that of the nitride cut round them, and for p-channel
  // the one to the implant.
  Dbu contact = std::max(t.rule("licon.14"), t.rule("licon.15") + t.rule("npc.4"));
  if (margins.pmos) contact = std::max(contact, t.rule("psd.5a") + t.rule("licon.9"));
  const Dbu gate_low = r.diffusion_high + contact + cut / 2;
  r.source = r.bulk + r.bar_pitch;
  r.gate = snap_up(std::max(gate_low, r.source + 2 * r.bar_pitch), kPlacementGrid);
  r.drain = r.gate - r.bar_pitch;
  return r;
}

std::vector<Dbu> Arrangement::bulks() const {
  std::vector<Dbu> all;
  for (std::size_t i = 0; i < rows.size() + (top_tap ? 1 : 0); ++i) all.push_back(row(i).bulk);
  return all;
}

Result<Arrangement> arrange(const TileBuilder& t, const Device& device, const Margins& margins) {
  const bool pmos = margins.pmos;
  const int fingers = device.total_fingers();
  const Dbu farthest = reach(t, pmos);
  Arrangement a;
  a.first = rows_of(t, device.width, margins);
  const Dbu one_row = columns_of(t, device.length, fingers).diffusion;
  a.large = fingers > 1 && one_row > kWidestRow;
  const int rows = a.large ? number_of_rows(one_row, a.first.pitch(), fingers) : 1;

  // A tap below reaches so far up, one above as far down; what remains between them is reached from
  // the sides.
  const Dbu below = a.first.tap_high + farthest;
  const Dbu above = a.first.tap_low + a.first.pitch() - farthest;
  a.top_tap = below < a.first.diffusion_high;
  const bool tall = a.top_tap && below < above;
  // Columns of taps also join the tap rows where no straps do.
  const bool beside = tall || (a.top_tap && !a.large);
  const int most = (fingers + rows - 1) / rows;
  const Dbu tap = a.first.tap_high - a.first.tap_low;
  const Dbu to_tap = margins.to_tap;
  int segments = 1;
  if (tall) {
    const int within = fingers_within(t, device.length, 2 * (farthest - to_tap));
    if (within < 1)
      return make_error(
          ErrorCode::kInfeasible,
          "A finger of width " + um_text(device.width) + " and length " + um_text(device.length) +
              " has diffusion further than " + um_text(t.rule(pmos ? "LU.3" : "LU.2")) +
              " from every tap (rule " + (pmos ? "LU.3" : "LU.2") + ").",
          device_place(device),
          "Use narrower fingers, up to about " + um_text(2 * farthest) + ", or a shorter channel.");
    segments = (most + within - 1) / within;
  }
  if (beside) a.tap_columns.push_back(0);
  for (int r = 0; r < rows; ++r) {
    const int in_row = fingers / rows + (r < fingers % rows ? 1 : 0);
    Dbu x = beside ? tap + to_tap : 0;
    std::vector<Segment> row;
    for (int s = 0; s < segments; ++s) {
      // All rows have the places of the first, which has the most fingers.
      const int place = most / segments + (s < most % segments ? 1 : 0);
      const int count = s + 1 < segments ? place : place - (most - in_row);
      if (count > 0) row.push_back({x, count});
      x += columns_of(t, device.length, place).diffusion;
      if (!beside) continue;
      if (r == 0) a.tap_columns.push_back(x + to_tap);
      x += to_tap + tap + to_tap;
    }
    a.rows.push_back(std::move(row));
    a.width = std::max(a.width, beside ? x - to_tap : x);
  }
  return a;
}

}  // namespace ptah::sky130
