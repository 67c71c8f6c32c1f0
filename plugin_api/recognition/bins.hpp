/// Finds the rectangles near a place: a grid of bins over a list that stays where it is. Built in
/// linear time; a query costs the bins it meets plus what lies in them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "ptah/geom/geometry.hpp"

namespace ptah::native {

class Bins {
 public:
  Bins() = default;
  /// `rects` must outlive the bins and not change.
  explicit Bins(std::span<const Rect> rects);

  /// Calls `visit(index)` once for each rectangle that shares a point with `q`; in no useful order,
  /// but always the same one.
  template <typename Visit>
  void touching(const Rect& q, Visit&& visit) const {
    if (rects_.empty() || !q.touches(box_)) return;
    const std::int32_t c0 = column(q.x0), c1 = column(q.x1);
    const std::int32_t r0 = row(q.y0), r1 = row(q.y1);
    for (std::int32_t r = r0; r <= r1; ++r) {
      for (std::int32_t c = c0; c <= c1; ++c) {
        const std::size_t bin = static_cast<std::size_t>(r) * columns_ + c;
        for (std::uint32_t k = start_[bin]; k < start_[bin + 1]; ++k) {
          const Rect& rect = rects_[items_[k]];
          if (!rect.touches(q)) continue;
          // A rectangle stands in several bins: only the first common one counts.
          if (std::max(column(rect.x0), c0) == c && std::max(row(rect.y0), r0) == r) {
            visit(static_cast<std::size_t>(items_[k]));
          }
        }
      }
    }
  }

  /// True where `test(index)` holds for a rectangle that shares a point with `q`.
  template <typename Test>
  bool any_touching(const Rect& q, Test&& test) const {
    bool found = false;
    touching(q, [&](std::size_t i) { found = found || test(i); });
    return found;
  }

 private:
  std::int32_t column(Dbu x) const noexcept { return bin(x, box_.x0, columns_); }
  std::int32_t row(Dbu y) const noexcept { return bin(y, box_.y0, rows_); }
  std::int32_t bin(Dbu at, Dbu from, std::int32_t count) const noexcept {
    return static_cast<std::int32_t>(
        std::clamp<std::int64_t>((std::int64_t{at} - from) >> shift_, 0, count - 1));
  }

  std::span<const Rect> rects_;
  Rect box_;
  int shift_ = 0;  ///< A bin is 2^shift nm wide: a division each would cost more than the rest.
  std::int32_t columns_ = 0, rows_ = 0;
  std::vector<std::uint32_t> start_, items_;
};

}  // namespace ptah::native
