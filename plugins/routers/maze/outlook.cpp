#include "outlook.hpp"

#include <bit>
#include <limits>

namespace ptah::maze {
namespace {

constexpr std::uint16_t kNoMesh = std::numeric_limits<std::uint16_t>::max();
constexpr int kNotReached = std::numeric_limits<int>::max();

}  // namespace

void Outlook::prepare() {
  const NodeBox& window = grid_.window();
  x0_ = window.x0;
  y0_ = window.y0;
  columns_ = ((window.width() - 1) >> kShift) + 2;
  rows_ = ((window.height() - 1) >> kShift) + 2;
  has_surcharges_ = false;
}

void Outlook::find_surcharges() {
  const NodeBox& window = grid_.window();
  surcharges_.assign(point(0, rows_), 0);
  std::vector<std::uint8_t> least(window.width());
  for (int j = 0; j + 1 < rows_; ++j) {
    std::fill(least.begin(), least.end(), std::numeric_limits<std::uint8_t>::max());
    const int last = std::min(y0_ + ((j + 1) << kShift), window.y1);
    for (int y = y0_ + (j << kShift); y <= last; ++y) {
      const std::uint8_t* row = grid_.surcharges() + grid_.cell(x0_, y);
      for (std::size_t x = 0; x < least.size(); ++x) least[x] = std::min(least[x], row[x]);
    }
    for (int i = 0; i + 1 < columns_; ++i) {
      const auto begin = least.begin() + (i << kShift);
      surcharges_[point(i, j)] = *std::min_element(begin, std::min(begin + kMesh + 1, least.end()));
    }
  }
  has_surcharges_ = true;
}

void Outlook::set_prices(const Prices& prices) {
  if (!has_surcharges_) find_surcharges();
  prices_.assign(surcharges_.size(), kNoMesh);
  highest_ = 0;
  for (int j = 0; j + 1 < rows_; ++j) {
    const std::size_t row = point(0, j);
    for (int i = 0; i + 1 < columns_; ++i) {
      const int price = prices.step + surcharges_[row + i];
      prices_[row + i] = static_cast<std::uint16_t>(price);
      highest_ = std::max(highest_, price);
    }
  }
  if (prices.corridors == nullptr) return;
  add_off_corridor(prices);
  highest_ += prices.off_corridor;
}

void Outlook::add_off_corridor(const Prices& prices) {
  const Corridors& corridors = *prices.corridors;
  const std::vector<std::uint8_t>& corridor = corridors.nets[prices.net];
  // The last mesh of a coarse cell borders on the next one.
  constexpr int kMeshes = kCellNodes >> kShift;
  static_assert(kCellNodes % kMesh == 0, "No mesh lies in two coarse cells.");
  std::vector<std::uint8_t> inside(corridors.nx + 1);
  for (int j = 0; j + 1 < rows_; ++j) {
    const int low = j / kMeshes, high = std::min((j + 1) / kMeshes, corridors.ny - 1);
    const auto row_of = [&](int row) {
      return &corridor[static_cast<std::size_t>(row) * corridors.nx];
    };
    for (int c = 0; c < corridors.nx; ++c) inside[c] = row_of(low)[c] | row_of(high)[c];
    for (int c = 0; c < corridors.nx; ++c) {
      if (inside[c]) continue;
      const int begin = c * kMeshes, end = std::min(begin + kMeshes, columns_ - 1);
      for (int i = begin; i < end - inside[c + 1]; ++i) {
        std::uint16_t& price = prices_[point(i, j)];
        price = static_cast<std::uint16_t>(price + prices.off_corridor);
      }
    }
  }
}

void Outlook::reach(std::size_t point, int cost) {
  if (cost >= costs_[point]) return;
  costs_[point] = cost;
  buckets_[cost & (buckets_.size() - 1)].push_back(static_cast<std::uint32_t>(point));
}

/// All points of the lowest cost that is not final yet.
void Outlook::settle() {
  ++settled_;
  std::vector<std::uint32_t>& bucket = buckets_[settled_ & (buckets_.size() - 1)];
  for (const std::size_t at : bucket) {
    if (costs_[at] != settled_) continue;
    const std::uint16_t* above = &prices_[at];
    const std::uint16_t* below = above - columns_;
    const auto step = [&](std::ptrdiff_t by, std::uint16_t a, std::uint16_t b) {
      const std::uint16_t price = std::min(a, b);
      if (price != kNoMesh) reach(at + by, settled_ + price);
    };
    step(-1, above[-1], below[-1]);
    step(1, above[0], below[0]);
    step(-columns_, below[-1], below[0]);
    step(columns_, above[-1], above[0]);
  }
  bucket.clear();
}

void Outlook::look(const std::vector<NodeBox>& goals) {
  for (auto& bucket : buckets_) bucket.clear();
  buckets_.resize(std::max(buckets_.size(), std::bit_ceil(static_cast<std::size_t>(highest_) + 1)));
  costs_.assign(prices_.size(), kNotReached);
  for (const NodeBox& goal : goals) {
    const auto before = [](int distance) { return distance >> kShift; };
    const auto after = [](int distance) { return (distance + kMesh - 1) >> kShift; };
    for (int j = before(goal.y0 - y0_); j <= after(goal.y1 - y0_); ++j) {
      for (int i = before(goal.x0 - x0_); i <= after(goal.x1 - x0_); ++i) reach(point(i, j), 0);
    }
  }
  settled_ = -1;
}

}  // namespace ptah::maze
