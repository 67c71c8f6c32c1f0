// One mask past another: enclosures, extensions, and what may not lie over what.
#include <algorithm>
#include <limits>

#include "checks.hpp"

namespace ptah::native::drc {
namespace {

/// How far `mask` fills the strip beside `edge` without a gap, at most `depth`.
Dbu reach(const Mask& mask, const Edge& edge, Dbu depth, Dbu past_lo, Dbu past_hi, Rect& place) {
  const Rect box = strip(edge, depth, past_lo, past_hi);
  place = box;
  if (mask.covers(box)) return depth;
  Dbu least = std::numeric_limits<Dbu>::max();
  for (const Rect& hole : mask.uncovered(box)) {
    Rect gap;
    const Dbu measured = distance_from(edge, hole, gap);
    if (measured < least) {
      least = measured;
      place = gap;
    } else if (measured == least) {
      place = place.united(gap);
    }
  }
  return least;
}

bool within_one(const Mask& mask, const Rect& box) {
  return mask.bins().any_touching(box,
                                  [&](std::size_t i) { return mask.rects()[i].contains(box); });
}

}  // namespace

void check_enclosure(const Work& work) {
  const Check& check = work.check;
  const Mask &a = work.a(), &b = work.b();
  const Mask* except = check.except == kNoMask ? nullptr : &work.mask(check.except);
  Stretches stretches;
  for (std::size_t i = 0; i < a.rects().size(); ++i) {
    const Rect& r = a.rects()[i];
    if (!work.wants(r) || within_one(b, r.bloated(check.distance))) continue;
    if (check.where_overlapping && !b.overlaps(r)) continue;
    if (!check.ring && !b.covers(r)) {
      work.mark(r, r, 0);
      continue;
    }
    for (const Edge& edge : a.edges(i)) {
      for (const Edge& piece : stretches.of(edge, nullptr, except)) {
        Rect place;
        const Dbu measured = reach(b, piece, check.distance, piece.inside_lo ? 0 : check.distance,
                                   piece.inside_hi ? 0 : check.distance, place);
        if (measured < check.distance) work.mark(r, place, measured);
      }
    }
  }
}

void check_enclosure_one_way(const Work& work) {
  const Check& check = work.check;
  const Mask &a = work.a(), &b = work.b();
  for (std::size_t i = 0; i < a.rects().size(); ++i) {
    const Rect& r = a.rects()[i];
    if (!work.wants(r)) continue;
    if (within_one(b, r.bloated(check.distance, 0)) || within_one(b, r.bloated(0, check.distance)))
      continue;
    if (check.where_overlapping && !b.overlaps(r)) continue;
    if (!b.covers(r)) {
      work.mark(r, r, 0);
      continue;
    }
    // A corner is safe where one of its two sides is: so says the process ("one of two adjacent
    // sides"), and so does Magic.
    const auto at_corner = [&](Side side, bool high) {
      const bool vertical = is_vertical(side);
      const Dbu at = side == Side::kLeft     ? r.x0
                     : side == Side::kRight  ? r.x1
                     : side == Side::kBottom ? r.y0
                                             : r.y1;
      const Dbu end = vertical ? (high ? r.y1 - 1 : r.y0) : (high ? r.x1 - 1 : r.x0);
      Rect place;
      return reach(b, Edge{at, end, end + 1, side}, check.distance, 0, 0, place);
    };
    Dbu least = check.distance;
    for (const bool right : {false, true}) {
      for (const bool top : {false, true}) {
        const Dbu across = at_corner(right ? Side::kRight : Side::kLeft, top);
        const Dbu upright = at_corner(top ? Side::kTop : Side::kBottom, right);
        least = std::min(least, std::max(across, upright));
      }
    }
    if (least < check.distance) work.mark(r, r, least);
  }
}

void check_landing(const Work& work) {
  for (const Rect& r : work.a().rects()) {
    if (work.wants(r) && !work.b().overlaps(r)) work.mark(r, r, 0);
  }
}

void check_covered(const Work& work) {
  for (const Rect& r : work.a().rects()) {
    if (!work.wants(r) || work.b().covers(r)) continue;
    for (const Rect& bare : work.b().uncovered(r)) work.mark(r, bare, 0);
  }
}

void check_extension(const Work& work) {
  const Check& check = work.check;
  const Mask &a = work.a(), &b = work.b();
  Stretches stretches;
  for (std::size_t i = 0; i < a.rects().size(); ++i) {
    const Rect& r = a.rects()[i];
    if (!work.wants(r)) continue;
    for (const Edge& edge : a.edges(i)) {
      for (const Edge& piece : stretches.of(edge, &b, nullptr)) {
        Rect place;
        const Dbu measured = reach(b, piece, check.distance, 0, 0, place);
        if (measured < check.distance) work.mark(r, place, measured);
      }
      if (check.except == kNoMask) continue;
      for (const Edge& piece : stretches.of(edge, nullptr, &work.mask(check.except))) {
        work.mark(r, strip(piece, 0, 0, 0), 0);
      }
    }
  }
}

void check_max_extension(const Work& work) {
  const Check& check = work.check;
  const Mask &slots = work.a(), &cover = work.b(), &body = work.mask(check.c);
  if (slots.empty() || cover.empty()) return;
  for (const Component& component : cover.components()) {
    if (!work.wants(component.box)) continue;
    Region shape;
    bool has_slot = false;
    for (const std::uint32_t i : component.rects) {
      shape.push_back(cover.rects()[i]);
      has_slot = has_slot || slots.overlaps(cover.rects()[i]);
    }
    if (!has_slot) continue;
    Region near;
    body.bins().touching(component.box, [&](std::size_t i) { near.push_back(body.rects()[i]); });
    // Covers of neighbours that are too close to stay apart are merged: what lies between two
    // bodies is no extension.
    const Region reached = grown(near, check.distance);
    const Region closed = shrunk(grown(reached, check.distance_2), check.distance_2);
    for (const Rect& rest : difference(shape, closed)) {
      Dbu past = 0;
      for (const Rect& r : near) {
        const Dbu dx = std::max({Dbu{0}, r.x0 - rest.x0, rest.x1 - r.x1});
        const Dbu dy = std::max({Dbu{0}, r.y0 - rest.y0, rest.y1 - r.y1});
        past = past == 0 ? std::max(dx, dy) : std::min(past, std::max(dx, dy));
      }
      work.mark(component.box, rest, past);
    }
  }
}

void check_exclusive(const Work& work) {
  const Mask& b = work.b();
  for (const Rect& r : work.a().rects()) {
    if (!work.wants(r)) continue;
    b.bins().touching(r, [&](std::size_t i) {
      if (b.rects()[i].overlaps(r)) work.mark(r, b.rects()[i].intersection(r), 0);
    });
  }
}

void check_no_crossing(const Work& work) {
  const Mask& a = work.a();
  if (a.empty()) return;
  for (const Component& component : work.b().components()) {
    if (!work.wants(component.box) || !a.overlaps(component.box)) continue;
    bool inside = false, outside = false;
    for (const std::uint32_t i : component.rects) {
      inside = inside || a.overlaps(work.b().rects()[i]);
      outside = outside || !a.covers(work.b().rects()[i]);
    }
    if (inside && outside) work.mark(component.box, component.box, 0);
  }
}

}  // namespace ptah::native::drc
