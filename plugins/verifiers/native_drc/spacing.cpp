// Distances. Corners count in the square metric that Magic uses: two corners are as far apart as
// the larger of their distances in x and y. A strip outside each edge, longer by the distance at
// convex corners, must hold nothing.
#include <algorithm>
#include <tuple>

#include "checks.hpp"

namespace ptah::native::drc {
namespace {

/// Marks what of `b` lies in the strips of `edges` (of the rectangle `driver` of mask a).
template <typename Skip>
void strips(const Work& work, const Rect& driver, std::span<const Edge> edges, const Mask& b,
            Dbu distance, bool round_corners, const Skip& skip) {
  for (const Edge& edge : edges) {
    const Dbu past_lo = round_corners && !edge.inside_lo ? distance : 0;
    const Dbu past_hi = round_corners && !edge.inside_hi ? distance : 0;
    const Rect box = strip(edge, distance, past_lo, past_hi);
    b.bins().touching(box, [&](std::size_t i) {
      const Rect& other = b.rects()[i];
      if (!other.overlaps(box) || skip(i)) return;
      Rect gap;
      const Dbu measured = distance_from(edge, other.intersection(box), gap);
      work.mark(driver, gap, measured);
    });
  }
}

/// Nothing but the rectangle itself lies within `distance`.
bool is_alone(const Mask& mask, std::size_t index, const Mask& b, Dbu distance) {
  const Rect reach = mask.rects()[index].bloated(distance);
  const bool same = &mask == &b;
  return !b.bins().any_touching(
      reach, [&](std::size_t i) { return (!same || i != index) && b.rects()[i].overlaps(reach); });
}

constexpr auto kSkipNothing = [](std::size_t) { return false; };

/// Boundary of `part`, a part of `whole`, where it is the boundary of `whole`, too.
void part_spacing(const Work& work, const Mask& part, const Mask& whole, Dbu distance) {
  Stretches stretches;
  for (std::size_t i = 0; i < part.rects().size(); ++i) {
    const Rect& r = part.rects()[i];
    if (!work.wants(r)) continue;
    for (const Edge& edge : part.edges(i)) {
      strips(work, r, stretches.of(edge, nullptr, &whole), whole, distance, true, kSkipNothing);
    }
  }
}

/// The components of `mask` that overlap `other`.
Region components_over(const Mask& mask, const Mask& other) {
  std::vector<char> over(mask.components().size(), 0);
  for (std::size_t i = 0; i < mask.rects().size(); ++i) {
    if (other.overlaps(mask.rects()[i])) over[mask.component_of(i)] = 1;
  }
  Region region;
  for (std::size_t i = 0; i < mask.rects().size(); ++i) {
    if (over[mask.component_of(i)]) region.push_back(mask.rects()[i]);
  }
  return region;
}

/// Where a square with sides of more than `limit` fits into the mask.
Region wide_parts(const Mask& mask, Dbu limit) {
  Region wide;
  std::vector<Rect> rects;
  for (const Component& component : mask.components()) {
    if (component.box.width() <= limit || component.box.height() <= limit) continue;
    rects.clear();
    for (const std::uint32_t i : component.rects) rects.push_back(mask.rects()[i]);
    // Whole shapes of exactly the limit vanish; sizes between limit and limit + 2 nm do not exist
    // on a grid.
    for (const Rect& r : grown(shrunk(rects, limit / 2), limit / 2)) wide.push_back(r);
  }
  std::sort(wide.begin(), wide.end(), [](const Rect& l, const Rect& r) {
    return std::tie(l.y0, l.x0) < std::tie(r.y0, r.x0);
  });
  return wide;
}

}  // namespace

void check_spacing(const Work& work) {
  const Check& check = work.check;
  const Mask &a = work.a(), &b = work.b();
  if (a.empty() || b.empty()) return;
  const Mask* only = check.only == kNoMask ? nullptr : &work.mask(check.only);
  const Mask* except = check.except == kNoMask ? nullptr : &work.mask(check.except);
  const Mask* base = check.same_component == kNoMask ? nullptr : &work.mask(check.same_component);
  const Mask* butting = check.butting == kNoMask ? nullptr : &work.mask(check.butting);
  const bool round_corners = only == nullptr;
  const auto component_at = [&](const Rect& r) {
    std::int64_t found = -1;
    base->bins().touching(r, [&](std::size_t i) {
      if (base->rects()[i].overlaps(r)) found = base->component_of(i);
    });
    return found;
  };
  std::vector<char> meets;
  if (check.apart_only) {
    meets.assign(a.components().size(), 0);
    for (std::size_t i = 0; i < a.rects().size(); ++i) {
      if (b.bins().any_touching(a.rects()[i], [](std::size_t) { return true; }))
        meets[a.component_of(i)] = 1;
    }
  }
  Stretches stretches;
  for (std::size_t i = 0; i < a.rects().size(); ++i) {
    const Rect& r = a.rects()[i];
    if (!work.wants(r) || is_alone(a, i, b, check.distance)) continue;
    if (check.apart_only && meets[a.component_of(i)]) continue;
    if (check.overlap_is_wrong) {
      b.bins().touching(r, [&](std::size_t k) {
        if (b.rects()[k].overlaps(r)) work.mark(r, b.rects()[k].intersection(r), 0);
      });
    }
    const std::int64_t own = base == nullptr ? -1 : component_at(r);
    const auto skip = [&](std::size_t k) { return own >= 0 && component_at(b.rects()[k]) == own; };
    for (const Edge& edge : a.edges(i)) {
      strips(work, r, stretches.of(edge, only, except), b, check.distance, round_corners, skip);
      if (butting == nullptr) continue;
      // Where they touch, a must hold the other diffusion of the junction.
      for (const Edge& touching : stretches.of(edge, &b, nullptr)) {
        const Rect inner = strip(touching, -1, 0, 0);
        if (!butting->covers(inner)) work.mark(r, strip(touching, 0, 0, 0), 0);
      }
    }
  }
}

void check_end_to_end(const Work& work) {
  const Mask& a = work.a();
  const bool ends = work.check.distance_2 > 0;
  for (std::size_t i = 0; i < a.rects().size(); ++i) {
    const Rect& r = a.rects()[i];
    if (!work.wants(r) || is_alone(a, i, a, work.check.distance)) continue;
    const bool upright = r.height() > r.width();
    for (const Edge& edge : a.edges(i)) {
      const bool is_end = r.height() != r.width() && is_vertical(edge.side) != upright;
      if (is_end != ends) continue;
      const Edge edges[] = {edge};
      strips(work, r, edges, a, work.check.distance, !ends, kSkipNothing);
    }
  }
}

void check_wide_spacing(const Work& work) {
  const Mask& metal = work.a();
  Region wide_region = wide_parts(metal, work.check.distance_2);
  if (wide_region.empty()) return;
  const Dbu distance = work.check.distance;
  if (work.check.kind == CheckKind::kWideSpacing) {
    const Mask wide(std::move(wide_region));
    part_spacing(work, wide, metal, distance);
    return;
  }
  const Region halo = difference(grown(wide_region, distance), wide_region);
  const Mask attached(intersection(halo, metal.rects()));
  part_spacing(work, attached, metal, distance);
  // Around a corner of the wide shape two attached pieces are as far apart as anywhere else, though
  // the corner stands between them: the judges take the pieces without it.
  Stretches stretches;
  for (std::size_t i = 0; i < attached.rects().size(); ++i) {
    const Rect& r = attached.rects()[i];
    if (!work.wants(r)) continue;
    const auto skip = [&](std::size_t k) {
      return attached.component_of(k) == attached.component_of(i);
    };
    for (const Edge& edge : attached.edges(i)) {
      if (stretches.of(edge, nullptr, &metal).empty()) continue;  // where its metal goes on
      const Edge edges[] = {edge};
      strips(work, r, edges, attached, distance, true, skip);
    }
  }
}

void check_bottom_plate(const Work& work) {
  if (work.a().empty()) return;
  const Mask plates(components_over(work.b(), work.a()));
  for (std::size_t i = 0; i < plates.rects().size(); ++i) {
    const Rect& r = plates.rects()[i];
    if (!work.wants(r) || is_alone(plates, i, plates, work.check.distance)) continue;
    strips(work, r, plates.edges(i), plates, work.check.distance, true, kSkipNothing);
  }
}

void check_plate_to_metal(const Work& work) {
  const Mask &plate = work.a(), &metal = work.b();
  for (std::size_t i = 0; i < plate.rects().size(); ++i) {
    const Rect& r = plate.rects()[i];
    if (!work.wants(r)) continue;
    std::vector<std::uint32_t> own;
    metal.bins().touching(r, [&](std::size_t k) {
      if (metal.rects()[k].overlaps(r)) own.push_back(metal.component_of(k));
    });
    const auto skip = [&](std::size_t k) {
      return std::find(own.begin(), own.end(), metal.component_of(k)) != own.end();
    };
    strips(work, r, plate.edges(i), metal, work.check.distance, true, skip);
  }
}

}  // namespace ptah::native::drc
