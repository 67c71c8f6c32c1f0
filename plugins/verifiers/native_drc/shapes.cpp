// Whole shapes: area, holes, exact sizes, what they hold, how far the next tap is.
#include <algorithm>

#include "checks.hpp"

namespace ptah::native::drc {

void check_area(const Work& work) {
  for (const Component& component : work.a().components()) {
    if (component.area < work.check.area && work.wants(component.box)) {
      work.mark(component.box, component.box, component.area);
    }
  }
}

void check_hole_area(const Work& work) {
  const Mask& a = work.a();
  for (const Component& component : a.components()) {
    // A ring has at least four slabs: below, left, right, above.
    if (component.rects.size() < 4 || !work.wants(component.box)) continue;
    std::vector<Rect> rects;
    for (const std::uint32_t i : component.rects) rects.push_back(a.rects()[i]);
    const Rect frame[] = {component.box.bloated(1)};
    const Mask outside(difference(frame, rects));
    for (const Component& hole : outside.components()) {
      if (hole.area < work.check.area && component.box.contains(hole.box)) {
        work.mark(component.box, hole.box, hole.area);
      }
    }
  }
}

void check_cut_size(const Work& work) {
  const Dbu size = work.check.distance;
  const Mask* others = work.check.b == kNoMask ? nullptr : &work.b();
  for (const Component& component : work.a().components()) {
    const Rect& box = component.box;
    if (!work.wants(box)) continue;
    if (component.rects.size() == 1 && box.width() == size && box.height() == size) continue;
    if (others != nullptr && others->overlaps(box)) continue;
    work.mark(box, box, box.width() != size ? box.width() : box.height());
  }
}

void check_allowed(const Work& work) {
  const Check& check = work.check;
  for (const Component& component : work.a().components()) {
    const Rect& box = component.box;
    if (!work.wants(box)) continue;
    Dbu size = check.kind == CheckKind::kAllowedLength ? std::max(box.width(), box.height())
                                                       : std::min(box.width(), box.height());
    if (check.b != kNoMask) {
      // Heads above or below: the width runs in x.
      const Rect above{box.x0, box.y1, box.x1, box.y1 + 1};
      const Rect below{box.x0, box.y0 - 1, box.x1, box.y0};
      const bool upright = work.b().overlaps(above) || work.b().overlaps(below);
      size = upright ? box.width() : box.height();
    }
    const bool known =
        std::find(check.allowed.begin(), check.allowed.end(), size) != check.allowed.end();
    if (component.rects.size() != 1 || !known) work.mark(box, box, size);
  }
}

void check_holds(const Work& work) {
  const Mask &a = work.a(), &b = work.b();
  for (const Component& component : a.components()) {
    if (!work.wants(component.box)) continue;
    const bool holds = std::any_of(component.rects.begin(), component.rects.end(),
                                   [&](std::uint32_t i) { return b.overlaps(a.rects()[i]); });
    if (!holds) work.mark(component.box, component.box, 0);
  }
}

void check_rectangular(const Work& work) {
  for (const Component& component : work.a().components()) {
    if (component.rects.size() > 1 && work.wants(component.box)) {
      work.mark(component.box, component.box, 0);
    }
  }
}

namespace {

/// What `seeds` reach within `distance` in steps that can jump no wall, inside `within` or outside
/// of `walls`, of which only the part in `window` is looked at.
Region reached(Region seeds, Dbu distance, Dbu step, const Mask* within, const Mask* walls,
               const Rect& window) {
  Region medium;
  const Mask* other = within != nullptr ? within : walls;
  if (other != nullptr) {
    other->bins().touching(window, [&](std::size_t i) { medium.push_back(other->rects()[i]); });
  }
  for (Dbu left = distance; left > 0; left -= step) {
    seeds = grown(seeds, std::min(left, step));
    if (within != nullptr) seeds = intersection(seeds, medium);
    if (walls != nullptr) seeds = difference(seeds, medium);
  }
  return seeds;
}

}  // namespace

// The distance counts along ways inside one well (or outside of all), in the square metric. Nearly
// always the box around a rectangle and one of its taps holds nothing else, which proves it at
// once; only what is left over is flooded.
void check_max_distance(const Work& work) {
  const Check& check = work.check;
  const Mask &from = work.a(), &to = work.b();
  const Mask* within = check.c == kNoMask ? nullptr : &work.mask(check.c);
  const Mask* walls = check.d == kNoMask ? nullptr : &work.mask(check.d);
  const auto open = [&](const Rect& box) {
    if (within != nullptr) return within->covers(box);
    return walls == nullptr || !walls->overlaps(box);
  };
  std::vector<Rect> left;
  for (const Rect& r : from.rects()) {
    if (!work.wants(r)) continue;
    bool near = false;
    to.bins().touching(r.bloated(check.distance), [&](std::size_t i) {
      if (near) return;
      const Rect& tap = to.rects()[i];
      near = tap.bloated(check.distance).contains(r) && open(r.united(tap));
    });
    if (!near) left.push_back(r);
  }
  if (left.empty()) return;
  // Steps below half the smallest well or gap, so that none is jumped.
  const Dbu step = std::max<Dbu>(check.distance_2, 1);
  for (const Rect& r : left) {
    const Rect window = r.bloated(check.distance);
    Region seeds;
    to.bins().touching(window,
                       [&](std::size_t i) { seeds.push_back(to.rects()[i].intersection(window)); });
    const Region near = reached(std::move(seeds), check.distance, step, within, walls, window);
    const Rect all[] = {r};
    for (const Rect& rest : difference(all, near)) work.mark(r, rest, 0);
  }
}

}  // namespace ptah::native::drc
