#include "evaluator.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

namespace ptah::sequence_pair {
namespace {

std::size_t at(int i) {
  return static_cast<std::size_t>(i);
}

constexpr std::int64_t kNone = -WirePacking::kInfinite;
/// An overflow of the outline counts this many times a net's length: feasible states win.
constexpr std::int64_t kOverflowWeight = 64 * kWeightUnit;

}  // namespace

Evaluator::Evaluator(const Problem& problem) : problem_(problem), clusters_(problem.clusters) {
  const auto n = at(problem.tiles);
  unit_x_.assign(n, -1);
  unit_y_ = problem.group_of;
  offset_.assign(n, 0);
  units_x_ = static_cast<int>(problem.clusters.size());
  for (std::size_t i = 0; i < n; ++i) {
    unit_x_[i] = problem.cluster_of[i] >= 0 ? problem.cluster_of[i] : units_x_++;
  }
}

std::optional<Cost> Evaluator::combine(const DimensionCost& x, const DimensionCost& y) const {
  Cost cost{x, y, x.cost + y.cost + kOverflowWeight * (x.overflow + y.overflow)};
  if (problem_.aspect > 0) {
    const double off =
        std::abs(static_cast<double>(x.extent) - problem_.aspect * static_cast<double>(y.extent));
    cost.total += std::llround(off * problem_.aspect_weight * kWeightUnit);
  }
  return cost;
}

std::optional<Cost> Evaluator::evaluate(const State& state) {
  const auto y = evaluate_y(state);
  if (!y) return std::nullopt;
  const auto x = evaluate_x(state);
  if (!x) return std::nullopt;
  return combine(*x, *y);
}

std::optional<Cost> Evaluator::evaluate_flip(const State& state, const Cost& before,
                                             bool x_changed) {
  const auto changed = x_changed ? evaluate_x(state) : evaluate_y(state);
  if (!changed) return std::nullopt;
  return x_changed ? combine(*changed, before.y) : combine(before.x, *changed);
}

std::optional<DimensionCost> Evaluator::evaluate_x(const State& state) {
  if (!spread_clusters(state.pair)) return std::nullopt;
  return pack(state, true);
}

std::optional<DimensionCost> Evaluator::evaluate_y(const State& state) {
  return pack(state, false);
}

bool Evaluator::spread_clusters(const SequencePair& pair) {
  for (const int g : problem_.symmetric_rows) {
    const auto& group = problem_.groups[at(g)];
    clusters_[at(problem_.cluster_of[at(group[0])])] = row_cluster(group, pair);
  }
  return std::all_of(clusters_.begin(), clusters_.end(),
                     [&](const AxisCluster& cluster) { return spread(cluster, pair); });
}

/// Sets the offsets of a cluster's tiles from its axis: the least that satisfy the longest ways
/// between its members.
bool Evaluator::spread(const AxisCluster& cluster, const SequencePair& pair) {
  struct Half {
    int left, right;
    std::int64_t spread;
  };
  const int n = problem_.tiles;
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
  // distance_[m * n + j]: centre of j minus centre of members[m], at least.
  distance_.assign(members.size() * at(n), kNone);
  for (std::size_t m = 0; m < members.size(); ++m) {
    std::int64_t* way = &distance_[m * at(n)];
    const int start = members[m];
    way[at(start)] = 0;
    for (int p = pair.at_first[at(start)] + 1; p < n; ++p) {
      const int j = pair.first[at(p)];
      if (pair.at_second[at(j)] < pair.at_second[at(start)]) continue;
      std::int64_t longest = kNone;
      for (int q = pair.at_first[at(start)]; q < p; ++q) {
        const int i = pair.first[at(q)];
        if (way[at(i)] == kNone || pair.at_second[at(i)] > pair.at_second[at(j)]) continue;
        const std::int64_t step =
            problem_.width[at(i)] + problem_.width[at(j)] + 2 * problem_.gap(i, j);
        longest = std::max(longest, way[at(i)] + step);
      }
      way[at(j)] = longest;
    }
  }
  const auto way = [&](std::size_t m, int to) { return distance_[m * at(n) + at(to)]; };
  bool changed = true;
  for (std::size_t round = 0; changed; ++round) {
    if (round > 4 * members.size() + 4) return false;
    changed = false;
    const auto raise = [&](Half& half, std::int64_t least) {
      if (half.spread >= least) return;
      half.spread = least;
      changed = true;
    };
    for (std::size_t k = 0; k < halves.size(); ++k) {
      Half& half = halves[k];
      raise(half, (way(2 * k, half.right) + 1) / 2);
      for (std::size_t l = 0; l < halves.size(); ++l) {
        if (l == k) continue;
        const Half& other = halves[l];
        if (way(2 * k + 1, other.left) != kNone) return false;
        raise(half, other.spread + way(2 * k, other.left));
        raise(half, other.spread + way(2 * l + 1, half.right));
        raise(half, way(2 * k, other.right) - other.spread);
        raise(half, way(2 * l, half.right) - other.spread);
      }
      for (std::size_t s = 0; s < cluster.on_axis.size(); ++s) {
        const int middle = cluster.on_axis[s];
        const std::size_t m = 2 * halves.size() + s;
        if (way(m, half.left) != kNone || way(2 * k + 1, middle) != kNone) return false;
        raise(half, way(2 * k, middle));
        raise(half, way(m, half.right));
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

std::optional<DimensionCost> Evaluator::pack(const State& state, bool horizontal) {
  const int n = problem_.tiles;
  const SequencePair& pair = state.pair;
  const auto& unit = horizontal ? unit_x_ : unit_y_;
  const auto& size = horizontal ? problem_.width : problem_.height;
  const auto offset = [&](int tile) { return horizontal ? offset_[at(tile)] : 0; };
  const int units = horizontal ? units_x_ : static_cast<int>(problem_.groups.size());
  const auto& order = horizontal ? pair.first : pair.second;

  packing_.reset(units);
  for (int p = 0; p < n; ++p) {
    const int i = order[at(p)];
    for (int q = p + 1; q < n; ++q) {
      const int j = order[at(q)];
      if (horizontal ? pair.at_second[at(i)] > pair.at_second[at(j)]
                     : pair.at_first[at(i)] < pair.at_first[at(j)]) {
        continue;
      }
      const std::int64_t length =
          offset(i) + 2 * (std::int64_t{size[at(i)]} + problem_.gap(i, j)) - offset(j);
      if (unit[at(i)] != unit[at(j)]) {
        packing_.add_arc(unit[at(i)], unit[at(j)], length);
      } else if (length > 0) {
        return std::nullopt;
      }
    }
  }

  DimensionCost result;
  const Dbu limit = horizontal ? problem_.outline_width : problem_.outline_height;
  bool limited = limit > 0;
  const auto box = [&] {
    std::pair<std::int64_t, std::int64_t> ends{WirePacking::kInfinite, kNone};
    for (int i = 0; i < n; ++i) {
      const std::int64_t x = packing_.position(unit[at(i)]) + offset(i);
      ends.first = std::min(ends.first, x);
      ends.second = std::max(ends.second, x + 2 * std::int64_t{size[at(i)]});
    }
    return ends;
  };
  std::int64_t box_low = 0, box_high = 0;
  if (limited) {
    if (!packing_.solve()) return std::nullopt;
    std::tie(box_low, box_high) = box();
    result.overflow = std::max<std::int64_t>(0, box_high - box_low - 2 * std::int64_t{limit});
    limited = result.overflow == 0;
  }
  // The box around all slots.
  packing_.begin_net(problem_.area_weight,
                     limited ? 2 * std::int64_t{limit} : WirePacking::kInfinite);
  for (int i = 0; i < n; ++i) {
    packing_.add_pin(unit[at(i)], offset(i), offset(i) + 2 * std::int64_t{size[at(i)]});
  }
  for (const WeightedNet& net : problem_.nets) {
    packing_.begin_net(net.weight);
    for (const Pin& pin : net.pins) {
      const Flips flips = state.flips[at(problem_.group_of[at(pin.tile)])];
      const bool flipped = horizontal ? flips.x : flips.y;
      int low = horizontal ? pin.x_low : pin.y_low;
      int high = horizontal ? pin.x_high : pin.y_high;
      if (flipped) {
        const int swapped = 2 * size[at(pin.tile)] - high;
        high = 2 * size[at(pin.tile)] - low;
        low = swapped;
      }
      packing_.add_pin(unit[at(pin.tile)], offset(pin.tile) + low, offset(pin.tile) + high);
    }
  }
  const auto add_centre = [&](int tile) {
    const std::int64_t centre = offset(tile) + size[at(tile)];
    packing_.add_pin(unit[at(tile)], centre, centre);
  };
  if (horizontal) {
    for (const auto& group : problem_.groups) {
      if (group.size() < 2) continue;
      packing_.begin_net(problem_.pair_weight);
      for (const int tile : group) add_centre(tile);
    }
    for (std::size_t c = 0; c < clusters_.size(); ++c) {
      for (const int tail : problem_.clusters[c].tails) {
        packing_.begin_net(problem_.tail_weight);
        packing_.add_pin(static_cast<int>(c), 0, 0);
        add_centre(tail);
      }
    }
  }
  if (!packing_.solve()) return std::nullopt;
  result.cost = packing_.objective();
  std::tie(box_low, box_high) = box();
  result.extent = box_high - box_low;
  return result;
}

}  // namespace ptah::sequence_pair
