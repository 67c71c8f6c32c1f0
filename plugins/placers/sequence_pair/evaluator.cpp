#include "evaluator.hpp"

#include <algorithm>
#include <cmath>

namespace ptah::sequence_pair {
namespace {

constexpr std::int64_t kNone = -WirePacking::kInfinite;
/// An overflow of the outline counts this many times a net's length: feasible states win.
constexpr std::int64_t kOverflowWeight = 64 * kWeightUnit;
/// A step of the placement grid, half nm.
constexpr std::int64_t kStep = 2 * kPlacementGrid;

constexpr std::int64_t floor_to_step(std::int64_t value) {
  const std::int64_t rest = value % kStep;
  return value - (rest < 0 ? rest + kStep : rest);
}
/// The least value from `value` on that leaves the rest of `residue`.
constexpr std::int64_t up_to_residue(std::int64_t value, std::int64_t residue) {
  return residue - floor_to_step(residue - value);
}

}  // namespace

Evaluator::Evaluator(const Problem& problem, bool sampling)
    : problem_(problem), clusters_(problem.clusters), sampling_(sampling), estimating_(sampling) {
  const auto n = at(problem.tiles);
  unit_x_.assign(n, -1);
  unit_y_ = problem.group_of;
  offset_.assign(n, 0);
  units_x_ = static_cast<int>(problem.clusters.size());
  for (std::size_t i = 0; i < n; ++i) {
    unit_x_[i] = problem.cluster_of[i] >= 0 ? problem.cluster_of[i] : units_x_++;
  }
}

std::optional<Cost> Evaluator::combine(const DimensionCost& x, const DimensionCost& y,
                                       std::int64_t bound) const {
  Cost cost{x, y, x.cost + y.cost + kOverflowWeight * (x.overflow + y.overflow)};
  if (problem_.aspect > 0) {
    const double off =
        std::abs(static_cast<double>(x.extent) - problem_.aspect * static_cast<double>(y.extent));
    cost.total += std::llround(off * problem_.aspect_weight * kWeightUnit);
  }
  if (cost.total > bound) return std::nullopt;
  return cost;
}

std::optional<Cost> Evaluator::evaluate(const State& state, std::int64_t bound) {
  const auto y = evaluate_y(state, bound);
  if (!y) return std::nullopt;
  const std::int64_t rest = bound - y->cost - kOverflowWeight * y->overflow;
  if (rest < 0) return std::nullopt;  // No cost is below zero.
  const auto x = evaluate_x(state, rest);
  if (!x) return std::nullopt;
  return combine(*x, *y, bound);
}

std::optional<Cost> Evaluator::evaluate_flip(const State& state, const Cost& before, bool x_changed,
                                             std::int64_t bound) {
  const DimensionCost& kept = x_changed ? before.y : before.x;
  const std::int64_t rest = bound - kept.cost - kOverflowWeight * kept.overflow;
  const auto changed = x_changed ? evaluate_x(state, rest) : evaluate_y(state, rest);
  if (!changed) return std::nullopt;
  return x_changed ? combine(*changed, kept, bound) : combine(kept, *changed, bound);
}

std::optional<DimensionCost> Evaluator::evaluate_x(const State& state, std::int64_t bound) {
  if (!spread_clusters(state.pair)) return std::nullopt;
  return pack(state, true, bound);
}

std::optional<DimensionCost> Evaluator::evaluate_y(const State& state, std::int64_t bound) {
  return pack(state, false, bound);
}

bool Evaluator::spread_clusters(const SequencePair& pair) {
  for (const int g : problem_.symmetric_rows) {
    const auto& group = problem_.groups[at(g)];
    clusters_[at(problem_.cluster_of[at(group[0])])] = row_cluster(group, pair);
  }
  axis_.clear();
  return std::all_of(clusters_.begin(), clusters_.end(),
                     [&](const AxisCluster& cluster) { return spread(cluster, pair); });
}

/// Where an axis lies, modulo steps, when all of the cluster's edges are on the grid: centres are
/// half the sum of a pair's edges. Nothing where the pairs' widths want different axes.
std::optional<std::int64_t> Evaluator::axis_on_grid(const AxisCluster& cluster) const {
  const auto width_of = [&](const Pair& pair) {
    return std::int64_t{problem_.width[at(pair.a)]} + problem_.width[at(pair.b)];
  };
  if (cluster.pairs.empty()) return 0;
  std::int64_t axis = width_of(cluster.pairs.front()) / 2;
  if (!cluster.on_axis.empty()) axis = problem_.width[at(cluster.on_axis.front())];
  for (const Pair& pair : cluster.pairs) {
    if ((width_of(pair) - 2 * axis) % kStep != 0) return std::nullopt;
  }
  for (const int tile : cluster.on_axis) {
    if ((problem_.width[at(tile)] - axis) % kStep != 0) return std::nullopt;
  }
  return axis;
}

/// Only tiles that lie between members in both orders can be on a way from one to another.
void Evaluator::find_ways(const std::vector<int>& members, const SequencePair& pair) {
  constexpr std::int32_t kNoWay = -1'500'000'000;  // Below zero with any way added to it.
  const std::size_t columns = members.size();
  int first_low = problem_.tiles, first_high = -1, second_low = problem_.tiles, second_high = -1;
  for (const int tile : members) {
    first_low = std::min(first_low, pair.at_first[at(tile)]);
    first_high = std::max(first_high, pair.at_first[at(tile)]);
    second_low = std::min(second_low, pair.at_second[at(tile)]);
    second_high = std::max(second_high, pair.at_second[at(tile)]);
  }
  between_.clear();
  for (int p = first_low; p <= first_high; ++p) {
    const int tile = pair.first[at(p)];
    const int second = pair.at_second[at(tile)];
    if (second_low <= second && second <= second_high) between_.push_back(tile);
  }
  ways_.assign(between_.size() * columns, kNoWay);
  way_rows_.assign(columns, 0);
  for (std::size_t row = 0; row < between_.size(); ++row) {
    const int j = between_[row];
    std::int32_t* to = &ways_[row * columns];
    for (std::size_t before = 0; before < row; ++before) {
      const int i = between_[before];
      if (pair.at_second[at(i)] > pair.at_second[at(j)]) continue;
      const std::int32_t step =
          problem_.width[at(i)] + problem_.width[at(j)] + 2 * problem_.gap(i, j);
      const std::int32_t* from = &ways_[before * columns];
      for (std::size_t m = 0; m < columns; ++m) to[m] = std::max(to[m], from[m] + step);
    }
    for (std::size_t m = 0; m < columns; ++m) {
      if (members[m] != j) continue;
      to[m] = 0;
      way_rows_[m] = row;
    }
  }
}

/// Sets the offsets of a cluster's tiles from its axis: the least that satisfy the longest ways
/// between its members.
bool Evaluator::spread(const AxisCluster& cluster, const SequencePair& pair) {
  struct Half {
    int left, right;
    std::int64_t spread;
  };
  std::vector<Half> halves;
  for (const Pair& p : cluster.pairs) {
    const bool in_order = pair.left_of(p.a, p.b);
    if (!in_order && !pair.left_of(p.b, p.a)) return false;
    halves.push_back({in_order ? p.a : p.b, in_order ? p.b : p.a, 0});
  }
  std::vector<int> members;
  for (const Half& half : halves) {
    members.push_back(half.left);
    members.push_back(half.right);
  }
  members.insert(members.end(), cluster.on_axis.begin(), cluster.on_axis.end());
  find_ways(members, pair);
  // The centre of member `to` minus that of member `from`, at least.
  const auto way = [&](std::size_t from, std::size_t to) -> std::int64_t {
    const std::int32_t least = ways_[way_rows_[to] * members.size() + from];
    return least < 0 ? kNone : least;
  };
  std::int64_t axis = 0;
  if (sampling_) {
    const auto found = axis_on_grid(cluster);
    if (!found) return false;
    axis = *found;
    axis_.push_back(axis);
  }
  bool changed = true;
  for (std::size_t round = 0; changed; ++round) {
    if (round > 4 * members.size() + 4) return false;
    changed = false;
    const auto raise = [&](Half& half, std::int64_t least) {
      if (half.spread >= least) return;
      if (sampling_) least = up_to_residue(least, axis - problem_.width[at(half.left)]);
      half.spread = least;
      changed = true;
    };
    for (std::size_t k = 0; k < halves.size(); ++k) {
      Half& half = halves[k];
      raise(half, (way(2 * k, 2 * k + 1) + 1) / 2);
      for (std::size_t l = 0; l < halves.size(); ++l) {
        if (l == k) continue;
        const Half& other = halves[l];
        if (way(2 * k + 1, 2 * l) != kNone) return false;
        raise(half, other.spread + way(2 * k, 2 * l));
        raise(half, other.spread + way(2 * l + 1, 2 * k + 1));
        raise(half, way(2 * k, 2 * l + 1) - other.spread);
        raise(half, way(2 * l, 2 * k + 1) - other.spread);
      }
      for (std::size_t s = 0; s < cluster.on_axis.size(); ++s) {
        const std::size_t m = 2 * halves.size() + s;
        if (way(m, 2 * k) != kNone || way(2 * k + 1, m) != kNone) return false;
        raise(half, way(2 * k, m));
        raise(half, way(m, 2 * k + 1));
      }
    }
  }
  for (const Half& half : halves) {
    offset_[at(half.left)] = -half.spread - problem_.width[at(half.left)];
    offset_[at(half.right)] = half.spread - problem_.width[at(half.right)];
  }
  for (const int middle : cluster.on_axis) offset_[at(middle)] = -problem_.width[at(middle)];
  return true;
}

/// The distances of the sequence pair, less those that others imply.
bool Evaluator::add_distances(const SequencePair& pair, bool horizontal) {
  const int n = problem_.tiles;
  const auto& unit = horizontal ? unit_x_ : unit_y_;
  const auto& size = horizontal ? problem_.width : problem_.height;
  const auto& order = horizontal ? pair.first : pair.second;
  const auto cell = [n](int i, int j) { return at(i) * at(n) + at(j); };
  precedes_.assign(at(n) * at(n), 0);
  step_.resize(at(n) * at(n));
  first_.assign(at(n), 1);
  last_.assign(at(n), 1);
  for (int p = 0; p < n; ++p) {
    const int i = order[at(p)];
    for (int q = p + 1; q < n; ++q) {
      const int j = order[at(q)];
      if (horizontal ? pair.at_second[at(i)] > pair.at_second[at(j)]
                     : pair.at_first[at(i)] < pair.at_first[at(j)]) {
        continue;
      }
      precedes_[cell(i, j)] = 1;
      step_[cell(i, j)] = 2 * (std::int64_t{size[at(i)]} + problem_.gap(i, j));
      last_[at(i)] = first_[at(j)] = 0;
    }
  }
  for (int p = 0; p < n; ++p) {
    const int i = order[at(p)];
    for (int q = p + 1; q < n; ++q) {
      const int j = order[at(q)];
      if (!precedes(i, j)) continue;
      bool implied = false;
      for (int r = p + 1; r < q && !implied; ++r) {
        const int k = order[at(r)];
        implied = precedes(i, k) && precedes(k, j) &&
                  step_[cell(i, k)] + step_[cell(k, j)] >= step_[cell(i, j)];
      }
      if (implied) continue;
      const std::int64_t length = offset(i, horizontal) + step_[cell(i, j)] - offset(j, horizontal);
      if (unit[at(i)] != unit[at(j)]) {
        packing_.add_arc(unit[at(i)], unit[at(j)], length);
      } else if (length > 0) {
        return false;
      }
    }
  }
  return true;
}

/// Nets, those that weigh most first. Pins lie inside their tiles, so that a tile which precedes
/// another of the net implies the other's low pin, and one that follows its high pin.
void Evaluator::add_nets(const State& state, bool horizontal, bool limited) {
  const auto& unit = horizontal ? unit_x_ : unit_y_;
  const auto& size = horizontal ? problem_.width : problem_.height;
  for (const WeightedNet& net : problem_.nets) {
    packing_.begin_net(net.weight);
    for (const Pin& pin : net.pins) {
      const Flips flips = state.flips[at(problem_.group_of[at(pin.tile)])];
      const bool flipped = horizontal ? flips.x : flips.y;
      const int a = pin_at(horizontal ? pin.x_low : pin.y_low, size[at(pin.tile)], flipped);
      const int b = pin_at(horizontal ? pin.x_high : pin.y_high, size[at(pin.tile)], flipped);
      bool is_first = true, is_last = true;
      for (const Pin& other : net.pins) {
        is_first = is_first && !precedes(other.tile, pin.tile);
        is_last = is_last && !precedes(pin.tile, other.tile);
      }
      const std::int64_t base = offset(pin.tile, horizontal);
      if (is_first) packing_.add_low_pin(unit[at(pin.tile)], base + std::min(a, b));
      if (is_last) packing_.add_high_pin(unit[at(pin.tile)], base + std::max(a, b));
    }
  }
  // The box around all slots.
  const Dbu limit = horizontal ? problem_.outline_width : problem_.outline_height;
  packing_.begin_net(problem_.area_weight,
                     limited ? 2 * std::int64_t{limit} : WirePacking::kInfinite);
  for (int i = 0; i < problem_.tiles; ++i) {
    const std::int64_t base = offset(i, horizontal);
    if (first_[at(i)] != 0) packing_.add_low_pin(unit[at(i)], base);
    if (last_[at(i)] != 0) packing_.add_high_pin(unit[at(i)], base + 2 * std::int64_t{size[at(i)]});
  }
  if (!horizontal) return;
  const auto add_centre = [&](int tile) {
    const std::int64_t centre = offset(tile, horizontal) + size[at(tile)];
    packing_.add_low_pin(unit[at(tile)], centre);
    packing_.add_high_pin(unit[at(tile)], centre);
  };
  for (const auto& group : problem_.groups) {
    if (group.size() < 2) continue;
    packing_.begin_net(problem_.pair_weight);
    for (const int tile : group) add_centre(tile);
  }
  for (std::size_t c = 0; c < clusters_.size(); ++c) {
    for (const int tail : problem_.clusters[c].tails) {
      packing_.begin_net(problem_.tail_weight);
      packing_.add_low_pin(static_cast<int>(c), 0);
      packing_.add_high_pin(static_cast<int>(c), 0);
      add_centre(tail);
    }
  }
}

std::int64_t Evaluator::extent(bool horizontal) const {
  const auto& unit = horizontal ? unit_x_ : unit_y_;
  const auto& size = horizontal ? problem_.width : problem_.height;
  std::int64_t low = WirePacking::kInfinite, high = kNone;
  for (int i = 0; i < problem_.tiles; ++i) {
    const std::int64_t x = packing_.position(unit[at(i)]) + offset(i, horizontal);
    low = std::min(low, x);
    high = std::max(high, x + 2 * std::int64_t{size[at(i)]});
  }
  return high - low;
}

/// All distances of the sequence pair: to find which of them others imply takes longer than to keep
/// them in a packing to the left.
bool Evaluator::add_all_distances(const SequencePair& pair, bool horizontal) {
  const int n = problem_.tiles;
  const auto& unit = horizontal ? unit_x_ : unit_y_;
  const auto& size = horizontal ? problem_.width : problem_.height;
  const auto& order = horizontal ? pair.first : pair.second;
  const auto& rank = horizontal ? pair.at_second : pair.at_first;
  for (int p = 0; p < n; ++p) {
    const int i = order[at(p)];
    const std::int64_t edge = offset(i, horizontal) + 2 * std::int64_t{size[at(i)]};
    for (int q = p + 1; q < n; ++q) {
      const int j = order[at(q)];
      if ((rank[at(i)] < rank[at(j)]) != horizontal) continue;
      const std::int64_t length =
          edge + 2 * std::int64_t{problem_.gap(i, j)} - offset(j, horizontal);
      if (unit[at(i)] != unit[at(j)]) {
        packing_.add_arc(unit[at(i)], unit[at(j)], length);
      } else if (length > 0) {
        return false;
      }
    }
  }
  return true;
}

/// What `add_nets` would have the packing minimise, where it has put the units.
std::int64_t Evaluator::left_packed_cost(const State& state, bool horizontal) const {
  const auto& unit = horizontal ? unit_x_ : unit_y_;
  const auto& size = horizontal ? problem_.width : problem_.height;
  const auto place = [&](int tile) {
    return packing_.position(unit[at(tile)]) + offset(tile, horizontal);
  };
  std::int64_t sum = problem_.area_weight * extent(horizontal);
  for (const WeightedNet& net : problem_.nets) {
    std::int64_t low = WirePacking::kInfinite, high = kNone;
    for (const Pin& pin : net.pins) {
      const Flips flips = state.flips[at(problem_.group_of[at(pin.tile)])];
      const bool flipped = horizontal ? flips.x : flips.y;
      const int a = pin_at(horizontal ? pin.x_low : pin.y_low, size[at(pin.tile)], flipped);
      const int b = pin_at(horizontal ? pin.x_high : pin.y_high, size[at(pin.tile)], flipped);
      const std::int64_t x = place(pin.tile);
      low = std::min(low, x + std::min(a, b));
      high = std::max(high, x + std::max(a, b));
    }
    sum += net.weight * (high - low);
  }
  if (!horizontal) return sum;
  const auto centre = [&](int tile) { return place(tile) + size[at(tile)]; };
  for (const auto& group : problem_.groups) {
    if (group.size() < 2) continue;
    std::int64_t low = WirePacking::kInfinite, high = kNone;
    for (const int tile : group) {
      low = std::min(low, centre(tile));
      high = std::max(high, centre(tile));
    }
    sum += problem_.pair_weight * (high - low);
  }
  for (std::size_t c = 0; c < clusters_.size(); ++c) {
    const std::int64_t axis = packing_.position(static_cast<int>(c));
    for (const int tail : problem_.clusters[c].tails) {
      sum += problem_.tail_weight * std::abs(centre(tail) - axis);
    }
  }
  return sum;
}

std::optional<DimensionCost> Evaluator::pack_left(const State& state, bool horizontal,
                                                  std::int64_t bound) {
  packing_.reset(horizontal ? units_x_ : static_cast<int>(problem_.groups.size()));
  if (!add_all_distances(state.pair, horizontal)) return std::nullopt;
  if (packing_.pack_left() != WirePacking::Outcome::kOptimal) return std::nullopt;
  DimensionCost result;
  result.cost = left_packed_cost(state, horizontal);
  if (result.cost > bound) return std::nullopt;
  result.extent = extent(horizontal);
  return result;
}

std::optional<DimensionCost> Evaluator::pack(const State& state, bool horizontal,
                                             std::int64_t bound) {
  const std::int64_t limit =
      2 * std::int64_t{horizontal ? problem_.outline_width : problem_.outline_height};
  if (estimating_ && limit == 0) return pack_left(state, horizontal, bound);
  packing_.reset(horizontal ? units_x_ : static_cast<int>(problem_.groups.size()));
  if (!add_distances(state.pair, horizontal)) return std::nullopt;
  DimensionCost result;
  if (limit > 0) {
    // Without nets: packed to the left, as narrow as the orders allow.
    if (packing_.solve() != WirePacking::Outcome::kOptimal) return std::nullopt;
    result.overflow = std::max<std::int64_t>(0, extent(horizontal) - limit);
    bound -= kOverflowWeight * result.overflow;
  }
  add_nets(state, horizontal, limit > 0 && result.overflow == 0);
  const auto outcome = estimating_ ? packing_.pack_left() : packing_.solve(bound);
  if (outcome != WirePacking::Outcome::kOptimal) return std::nullopt;
  result.cost = packing_.objective();
  if (result.cost > bound) return std::nullopt;
  result.extent = extent(horizontal);
  return result;
}

std::optional<std::vector<Point>> Evaluator::corners(const State& state) {
  std::vector<Point> corners(at(problem_.tiles));
  const auto take = [&](bool horizontal) {
    const auto& unit = horizontal ? unit_x_ : unit_y_;
    std::int64_t least = WirePacking::kInfinite;
    std::vector<std::int64_t> edges;
    for (int i = 0; i < problem_.tiles; ++i) {
      const bool clustered = horizontal && at(unit[at(i)]) < axis_.size();
      const std::int64_t axis = clustered ? axis_[at(unit[at(i)])] : 0;
      const std::int64_t place = floor_to_step(packing_.position(unit[at(i)]) - axis) + axis;
      edges.push_back(place + offset(i, horizontal));
      least = std::min(least, edges.back());
    }
    for (std::size_t i = 0; i < corners.size(); ++i)
      (horizontal ? corners[i].x : corners[i].y) = static_cast<Dbu>((edges[i] - least) / 2);
  };
  estimating_ = false;
  const bool wide = sampling_ && evaluate_x(state, kAnyCost).has_value();
  if (wide) take(true);
  const bool high = wide && evaluate_y(state, kAnyCost).has_value();
  if (high) take(false);
  estimating_ = sampling_;
  return high ? std::optional(std::move(corners)) : std::nullopt;
}

}  // namespace ptah::sequence_pair
