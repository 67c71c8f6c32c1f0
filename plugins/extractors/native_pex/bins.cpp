#include "bins.hpp"

#include <algorithm>
#include <limits>

namespace ptah::native {
namespace {

/// Towards minus infinity.
constexpr std::int32_t cell(Dbu value, Dbu side) noexcept {
  return value >= 0 ? value / side : -((-(value + 1)) / side) - 1;
}

/// Turns counts in start[1..] into the places where lists begin; filling then moves start[i + 1]
/// from the beginning of list i to its end.
void begin_lists(std::vector<std::uint32_t>& start) {
  std::uint32_t sum = 0;
  for (std::uint32_t& s : start) {
    const std::uint32_t count = s;
    s = sum;
    sum += count;
  }
}

}  // namespace

std::int64_t PlateBins::count(const Rect& box) {
  if (box.empty()) return 0;
  return (std::int64_t{box.width()} / kSide + 3) * (std::int64_t{box.height()} / kSide + 3);
}

void PlateBins::fill(const std::vector<Plate>& plates, const std::vector<Edge>& vertical,
                     const std::vector<Edge>& horizontal) {
  Rect box;
  for (const Plate& plate : plates) box = box.united(plate.rect);
  if (box.empty()) box = {0, 0, 0, 0};
  // One bin around: the outside of an edge may lie past the last plate.
  column0_ = cell(box.x0, kSide) - 1;
  row0_ = cell(box.y0, kSide) - 1;
  columns_ = cell(box.x1, kSide) + 2 - column0_;
  rows_ = cell(box.y1, kSide) + 2 - row0_;

  order_.clear();
  int top = 0;
  for (const Plate& plate : plates) top = std::max(top, level_of(plate.material));
  for (int level = top; level >= 0; --level) {
    for (std::uint32_t i = 0; i < plates.size(); ++i) {
      if (level_of(plates[i].material) == level) order_.push_back(i);
    }
  }
  const auto each = [&](const Rect& r, auto&& f) {
    const std::int32_t c0 = cell(r.x0, kSide), c1 = cell(r.x1 - 1, kSide);
    const std::int32_t r0 = cell(r.y0, kSide), r1 = cell(r.y1 - 1, kSide);
    for (std::int32_t row = r0; row <= r1; ++row) {
      for (std::int32_t column = c0; column <= c1; ++column) {
        f(static_cast<std::size_t>(row - row0_) * columns_ + (column - column0_),
          r.intersection(
              {column * kSide, row * kSide, column * kSide + kSide, row * kSide + kSide}));
      }
    }
  };
  plate_start_.assign(size() + 2, 0);
  for (const Plate& plate : plates) {
    each(plate.rect, [&](std::size_t bin, const Rect&) { ++plate_start_[bin + 1]; });
  }
  begin_lists(plate_start_);
  plates_.resize(plate_start_.back());
  for (const std::uint32_t i : order_) {
    const Plate& plate = plates[i];
    each(plate.rect, [&](std::size_t bin, const Rect& part) {
      plates_[plate_start_[bin + 1]++] = {part, plate.net, plate.material};
    });
  }

  for (const int axis : {0, 1}) {
    const std::vector<Edge>& edges = axis == 0 ? vertical : horizontal;
    const auto each_edge = [&](const Edge& edge, auto&& f) {
      const std::int32_t across = cell(edge.ascending ? edge.at : edge.at - 1, kSide);
      for (std::int32_t along = cell(edge.lo, kSide); along <= cell(edge.hi - 1, kSide); ++along) {
        const std::int32_t column = axis == 0 ? across : along, row = axis == 0 ? along : across;
        f(static_cast<std::size_t>(row - row0_) * columns_ + (column - column0_), along * kSide);
      }
    };
    std::vector<std::uint32_t>& start = edge_start_[axis];
    start.assign(size() + 2, 0);
    for (const Edge& edge : edges) {
      each_edge(edge, [&](std::size_t bin, Dbu) { ++start[bin + 1]; });
    }
    begin_lists(start);
    edges_[axis].resize(start.back());
    for (const Edge& edge : edges) {
      each_edge(edge, [&](std::size_t bin, Dbu from) {
        Edge& part = edges_[axis][start[bin + 1]++];
        part = edge;
        part.lo = std::max(edge.lo, from);
        part.hi = std::min(edge.hi, from + kSide);
      });
    }
  }
}

std::span<const Plate> PlateBins::plates(std::size_t bin) const {
  return {plates_.data() + plate_start_[bin], plates_.data() + plate_start_[bin + 1]};
}

std::span<const Edge> PlateBins::edges(std::size_t bin, bool vertical) const {
  const int axis = vertical ? 0 : 1;
  return {edges_[axis].data() + edge_start_[axis][bin],
          edges_[axis].data() + edge_start_[axis][bin + 1]};
}

void EdgeRows::fill(const std::vector<Edge>& edges, std::size_t materials) {
  Dbu lo = std::numeric_limits<Dbu>::max(), hi = std::numeric_limits<Dbu>::min();
  for (const Edge& edge : edges) {
    lo = std::min(lo, edge.lo);
    hi = std::max(hi, edge.hi);
  }
  materials_ = materials;
  const std::int32_t row0 = edges.empty() ? 0 : cell(lo, kHeight);
  rows_ = edges.empty() ? 0 : static_cast<std::size_t>(cell(hi - 1, kHeight) - row0 + 1);
  start_.assign(2 * size() + 2, 0);
  const auto each = [&](const Edge& edge, auto&& f) {
    for (std::int32_t row = cell(edge.lo, kHeight); row <= cell(edge.hi - 1, kHeight); ++row) {
      f(2 * (edge.material * rows_ + static_cast<std::size_t>(row - row0)) +
            (edge.ascending ? 0 : 1),
        row * kHeight);
    }
  };
  for (const Edge& edge : edges) {
    each(edge, [&](std::size_t list, Dbu) { ++start_[list + 1]; });
  }
  begin_lists(start_);
  edges_.resize(start_.back());
  for (const Edge& edge : edges) {
    each(edge, [&](std::size_t list, Dbu from) {
      Edge& part = edges_[start_[list + 1]++];
      part = edge;
      part.lo = std::max(edge.lo, from);
      part.hi = std::min(edge.hi, from + kHeight);
    });
  }
}

}  // namespace ptah::native
