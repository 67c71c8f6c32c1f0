#include "sequence_pair.hpp"

#include <algorithm>
#include <numeric>

namespace ptah::sequence_pair {
namespace {

/// Gives the places that `members` hold in the second order to them in the order of `wanted`.
void deal(const std::vector<int>& wanted, SequencePair& pair) {
  std::vector<int> places;
  places.reserve(wanted.size());
  for (const int tile : wanted) places.push_back(pair.at_second[at(tile)]);
  std::sort(places.begin(), places.end());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    pair.second[at(places[i])] = wanted[i];
    pair.at_second[at(wanted[i])] = places[i];
  }
}

std::vector<int> by_first(std::vector<int> members, const SequencePair& pair) {
  std::sort(members.begin(), members.end(),
            [&](int a, int b) { return pair.at_first[at(a)] < pair.at_first[at(b)]; });
  return members;
}

}  // namespace

SequencePair SequencePair::identity(int tiles) {
  SequencePair pair;
  pair.first.resize(at(tiles));
  std::iota(pair.first.begin(), pair.first.end(), 0);
  pair.second = pair.first;
  pair.index();
  return pair;
}

void SequencePair::index() {
  at_first.resize(first.size());
  at_second.resize(second.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    at_first[at(first[i])] = static_cast<int>(i);
    at_second[at(second[i])] = static_cast<int>(i);
  }
}

AxisCluster row_cluster(const std::vector<int>& group, const SequencePair& pair) {
  const std::vector<int> row = by_first(group, pair);
  AxisCluster cluster;
  for (std::size_t i = 0, j = row.size() - 1; i < j; ++i, --j) {
    cluster.pairs.push_back({row[i], row[j]});
  }
  if (row.size() % 2 == 1) cluster.on_axis.push_back(row[row.size() / 2]);
  return cluster;
}

std::vector<AxisCluster> clusters_of(const Problem& problem, const SequencePair& pair) {
  std::vector<AxisCluster> clusters = problem.clusters;
  for (const int g : problem.symmetric_rows) {
    const auto& group = problem.groups[at(g)];
    clusters[at(problem.cluster_of[at(group[0])])] = row_cluster(group, pair);
  }
  return clusters;
}

void make_symmetric_feasible(const Problem& problem, SequencePair& pair) {
  std::vector<int> members;
  for (const AxisCluster& cluster : problem.clusters) {
    if (cluster.pairs.empty()) continue;  // A row: its order in both is the same, see below.
    members.clear();
    for (const Pair& p : cluster.pairs) {
      members.push_back(p.a);
      members.push_back(p.b);
    }
    std::sort(members.begin(), members.end(),
              [&](int a, int b) { return pair.at_first[at(a)] > pair.at_first[at(b)]; });
    for (int& tile : members) tile = problem.image_of[at(tile)];
    deal(members, pair);
  }
  for (const auto& group : problem.groups) {
    if (group.size() > 1 && (problem.cluster_of[at(group[0])] < 0 || group.size() > 2)) {
      deal(by_first(group, pair), pair);
    }
  }
}

Placement to_placement(const Problem& problem, const State& state,
                       const std::vector<Point>& corners) {
  Placement placement;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Flips flips = state.flips[static_cast<std::size_t>(problem.group_of[i])];
    const Point corner = corners[i];
    PlacedTile tile;
    tile.origin = corner + Point{problem.halo, problem.halo};
    tile.orientation = flips.x ? (flips.y ? Orientation::kR180 : Orientation::kMY)
                               : (flips.y ? Orientation::kMX : Orientation::kR0);
    tile.slot = {corner.x, corner.y, corner.x + problem.width[i], corner.y + problem.height[i]};
    placement.tiles.push_back(tile);
  }
  return placement;
}

}  // namespace ptah::sequence_pair
