// Depths behind edges: widths, channels, lengths of taps. A strip inside each edge, longer by the
// width at concave corners (so that necks between two corners count), must lie in the mask.
#include <algorithm>
#include <limits>

#include "checks.hpp"

namespace ptah::native::drc {
namespace {

/// Marks the strip `depth` deep behind `edge` where `mask` does not fill it.
void behind(const Work& work, const Rect& driver, const Edge& edge, const Mask& mask, Dbu depth,
            bool round_corners) {
  const Rect box = strip(edge, -depth, round_corners && edge.outside_lo ? depth : 0,
                         round_corners && edge.outside_hi ? depth : 0);
  if (mask.covers(box)) return;
  Dbu least = std::numeric_limits<Dbu>::max();
  Rect place;
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
  work.mark(driver, place, least);
}

}  // namespace

void check_width(const Work& work) {
  const Mask& a = work.a();
  const Dbu width = work.check.distance;
  for (std::size_t i = 0; i < a.rects().size(); ++i) {
    const Rect& r = a.rects()[i];
    if (!work.wants(r)) continue;
    const auto edges = a.edges(i);
    const bool plain = std::none_of(edges.begin(), edges.end(), [](const Edge& e) {
      return e.outside_lo || e.outside_hi || e.inside_lo || e.inside_hi;
    });
    if (plain && edges.size() == 4) {
      const Dbu least = std::min(r.width(), r.height());
      if (least < width) work.mark(r, r, least);
      continue;
    }
    for (const Edge& edge : edges) behind(work, r, edge, a, width, true);
  }
}

void check_channel(const Work& work) {
  const Mask& a = work.a();
  const Mask& only = work.mask(work.check.only);
  Stretches stretches;
  for (std::size_t i = 0; i < a.rects().size(); ++i) {
    const Rect& r = a.rects()[i];
    if (!work.wants(r)) continue;
    for (const Edge& edge : a.edges(i)) {
      for (const Edge& piece : stretches.of(edge, &only, nullptr)) {
        behind(work, r, piece, a, work.check.distance, false);
      }
    }
  }
}

void check_abutting(const Work& work) {
  const Mask &a = work.a(), &b = work.b();
  const Dbu length = work.check.distance;
  Stretches stretches;
  for (std::size_t i = 0; i < a.rects().size(); ++i) {
    const Rect& r = a.rects()[i];
    if (!work.wants(r)) continue;
    for (const Edge& edge : a.edges(i)) {
      for (const Edge& piece : stretches.of(edge, &b, nullptr)) {
        if (!work.check.sandwiched) {
          behind(work, r, piece, a, length, false);
          continue;
        }
        const Rect box = strip(piece, -length, 0, 0);
        b.bins().touching(box, [&](std::size_t k) {
          if (!b.rects()[k].overlaps(box)) return;
          Rect gap;
          const Dbu measured = distance_from(piece, b.rects()[k].intersection(box), gap);
          work.mark(r, gap, measured);
        });
      }
    }
  }
}

void check_inside(const Work& work) {
  const Mask& a = work.a();
  for (std::size_t i = 0; i < a.rects().size(); ++i) {
    const Rect& r = a.rects()[i];
    if (!work.wants(r)) continue;
    for (const Edge& edge : a.edges(i)) {
      behind(work, r, edge, work.b(), work.check.distance, true);
    }
  }
}

}  // namespace ptah::native::drc
