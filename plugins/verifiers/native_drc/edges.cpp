#include <algorithm>

#include "checks.hpp"

namespace ptah::native::drc {
namespace {

std::pair<Dbu, Dbu> along(const Rect& r, Side side) noexcept {
  return is_vertical(side) ? std::pair{r.y0, r.y1} : std::pair{r.x0, r.x1};
}

/// The unit square just past an end of the edge, on its inner (depth < 0) or outer side.
Rect past_end(const Edge& edge, bool high, Dbu depth) noexcept {
  Edge end = edge;
  end.lo = high ? edge.hi : edge.lo - 1;
  end.hi = end.lo + 1;
  return strip(end, depth, 0, 0);
}

}  // namespace

Dbu distance_from(const Edge& edge, const Rect& found, Rect& gap) noexcept {
  const auto [lo, hi] = along(found, edge.side);
  const Dbu near = is_vertical(edge.side) ? (found.x0 >= edge.at ? found.x0 : found.x1)
                                          : (found.y0 >= edge.at ? found.y0 : found.y1);
  const Dbu depth = near >= edge.at ? near - edge.at : edge.at - near;
  const Dbu past = std::max({Dbu{0}, lo - edge.hi, edge.lo - hi});
  Dbu from = std::max(lo, edge.lo), to = std::min(hi, edge.hi);
  if (from > to) std::swap(from, to);  // Past an end: the box between the corners.
  const Dbu d0 = std::min(near, edge.at), d1 = std::max(near, edge.at);
  gap = is_vertical(edge.side) ? Rect{d0, from, d1, to} : Rect{from, d0, to, d1};
  return std::max(depth, past);
}

const std::vector<Edge>& Stretches::of(const Edge& edge, const Mask* only, const Mask* except) {
  found_.clear();
  found_.push_back(edge);
  const Rect outside = strip(edge, 1, 0, 0);
  const auto collect = [&](const Mask& mask) {
    spans_.clear();
    mask.bins().touching(outside, [&](std::size_t i) {
      const Rect& r = mask.rects()[i];
      if (r.overlaps(outside)) spans_.push_back(along(r, edge.side));
    });
    std::sort(spans_.begin(), spans_.end());
  };
  const auto cut = [&](const Edge& from, Dbu lo, Dbu hi) {
    lo = std::max(lo, from.lo);
    hi = std::min(hi, from.hi);
    if (lo >= hi) return;
    Edge piece = from;
    if (lo > piece.lo) {
      piece.lo = lo;
      piece.inside_lo = true;
      piece.outside_lo = false;
    }
    if (hi < piece.hi) {
      piece.hi = hi;
      piece.inside_hi = true;
      piece.outside_hi = false;
    }
    kept_.push_back(piece);
  };
  if (only != nullptr) {
    collect(*only);
    kept_.clear();
    for (std::size_t i = 0; i < spans_.size();) {
      auto [lo, hi] = spans_[i];
      for (++i; i < spans_.size() && spans_[i].first <= hi; ++i)
        hi = std::max(hi, spans_[i].second);
      cut(edge, lo, hi);
    }
    found_.swap(kept_);
  }
  if (except != nullptr && !except->empty()) {
    for (Edge& piece : found_) {
      if (!piece.inside_lo) piece.inside_lo = except->overlaps(past_end(piece, false, -1));
      if (!piece.inside_hi) piece.inside_hi = except->overlaps(past_end(piece, true, -1));
    }
    collect(*except);
    if (!spans_.empty()) {
      kept_.clear();
      for (const Edge& piece : found_) {
        Dbu from = piece.lo;
        for (const auto& [lo, hi] : spans_) {
          if (lo > from) cut(piece, from, lo);
          from = std::max(from, hi);
        }
        if (from < piece.hi) cut(piece, from, piece.hi);
      }
      found_.swap(kept_);
    }
  }
  return found_;
}

}  // namespace ptah::native::drc
