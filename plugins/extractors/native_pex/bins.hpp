/// The plates and edges of a layout, cut into squares and rows of a fixed grid. A piece is in one
/// bin only, so that sums over bins count nothing twice; what is compared lies in the same bin.
#pragma once

#include <span>
#include <vector>

#include "planes.hpp"

namespace ptah::native {

/// Squares of plates and edges. Memory is kept from one layout to the next.
class PlateBins {
 public:
  static constexpr Dbu kSide = 4000;

  /// How many bins a layout of this box fills, full or empty.
  static std::int64_t count(const Rect& box);

  void fill(const Planes& planes) { fill(planes.plates, planes.vertical, planes.horizontal); }
  void fill(const std::vector<Plate>& plates, const std::vector<Edge>& vertical,
            const std::vector<Edge>& horizontal);
  std::size_t size() const noexcept { return static_cast<std::size_t>(columns_) * rows_; }
  /// By level, highest first; in the order of `Planes::plates` within one.
  std::span<const Plate> plates(std::size_t bin) const;
  /// The edges whose outside is in the bin.
  std::span<const Edge> edges(std::size_t bin, bool vertical) const;

 private:
  std::int32_t column0_ = 0, row0_ = 0, columns_ = 0, rows_ = 0;
  std::vector<std::uint32_t> plate_start_, edge_start_[2];
  std::vector<Plate> plates_;
  std::vector<Edge> edges_[2];
  std::vector<std::uint32_t> order_;
};

/// Edges of one axis by material and row of the other, ascending and descending ones apart.
class EdgeRows {
 public:
  static constexpr Dbu kHeight = 4000;

  /// `edges` by material, then by `at`.
  void fill(const std::vector<Edge>& edges, std::size_t materials);
  std::size_t size() const noexcept { return rows_ * materials_; }
  /// By `at`, of one material.
  std::span<const Edge> ascending(std::size_t row) const { return of(2 * row); }
  std::span<const Edge> descending(std::size_t row) const { return of(2 * row + 1); }

 private:
  std::span<const Edge> of(std::size_t list) const {
    return {edges_.data() + start_[list], edges_.data() + start_[list + 1]};
  }
  std::size_t rows_ = 0, materials_ = 0;
  std::vector<std::uint32_t> start_;
  std::vector<Edge> edges_;
};

}  // namespace ptah::native
