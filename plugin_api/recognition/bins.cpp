#include "recognition/bins.hpp"

#include <cmath>

#include "ptah/geom/region.hpp"

namespace ptah::native {

Bins::Bins(std::span<const Rect> rects) : rects_(rects) {
  if (rects.empty()) return;
  box_ = bounding_box(rects);
  if (box_.empty()) {
    rects_ = {};
    return;
  }
  // About one bin a rectangle; coarser where long shapes would fill too many bins.
  const double width = std::max<double>(1, static_cast<double>(std::int64_t{box_.x1} - box_.x0));
  const double height = std::max<double>(1, static_cast<double>(std::int64_t{box_.y1} - box_.y0));
  const auto count = static_cast<double>(rects.size());
  const double size =
      std::max(1.0, std::max(std::sqrt(width * height / count), (width + height) / (4 * count)));
  for (shift_ = static_cast<int>(std::lround(std::log2(size)));; ++shift_) {
    const double step = std::ldexp(1, shift_);
    columns_ = static_cast<std::int32_t>(width / step) + 1;
    rows_ = static_cast<std::int32_t>(height / step) + 1;
    std::uint64_t entries = 0;
    for (const Rect& r : rects) {
      entries += static_cast<std::uint64_t>(column(r.x1) - column(r.x0) + 1) *
                 static_cast<std::uint64_t>(row(r.y1) - row(r.y0) + 1);
    }
    if (entries <= 8 * rects.size() + 8 || (columns_ == 1 && rows_ == 1)) break;
  }
  start_.assign(static_cast<std::size_t>(columns_) * rows_ + 1, 0);
  const auto for_bins = [&](const Rect& r, auto&& act) {
    for (std::int32_t y = row(r.y0); y <= row(r.y1); ++y) {
      for (std::int32_t x = column(r.x0); x <= column(r.x1); ++x) {
        act(static_cast<std::size_t>(y) * columns_ + x);
      }
    }
  };
  for (const Rect& r : rects) {
    for_bins(r, [&](std::size_t bin) { ++start_[bin + 1]; });
  }
  for (std::size_t i = 1; i < start_.size(); ++i) start_[i] += start_[i - 1];
  items_.resize(start_.back());
  std::vector<std::uint32_t> next(start_.begin(), start_.end() - 1);
  for (std::size_t i = 0; i < rects.size(); ++i) {
    for_bins(rects[i],
             [&](std::size_t bin) { items_[next[bin]++] = static_cast<std::uint32_t>(i); });
  }
}

}  // namespace ptah::native
