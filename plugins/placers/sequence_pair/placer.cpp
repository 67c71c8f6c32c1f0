#include "placer.hpp"

#include <algorithm>
#include <sstream>

namespace ptah::sequence_pair {
namespace {

std::string um_text(double nm) {
  std::ostringstream out;
  out << nm / 1000.0;
  return out.str();
}

std::string outline_text(const Problem& problem) {
  const auto side = [](Dbu limit) { return limit > 0 ? um_text(limit) : std::string("free"); };
  return side(problem.outline_width) + " x " + side(problem.outline_height) + " um";
}

constexpr char kOutlineHint[] = "raise outline_width_um or outline_height_um, or lower halo_um";

/// What no arrangement can mend: a tile or the sum of the tiles larger than the outline.
Status check_outline(const Circuit& circuit, const Problem& problem) {
  const auto width = problem.outline_width, height = problem.outline_height;
  DbuArea area = 0;
  for (std::size_t i = 0; i < problem.width.size(); ++i) {
    area += static_cast<DbuArea>(problem.width[i]) * problem.height[i];
    if ((width > 0 && problem.width[i] > width) || (height > 0 && problem.height[i] > height)) {
      return make_error(ErrorCode::kInfeasible,
                        "The tile with its halo is " + um_text(problem.width[i]) + " x " +
                            um_text(problem.height[i]) + " um; the outline is " +
                            outline_text(problem) + ".",
                        "device " + circuit.devices[i].name, kOutlineHint);
    }
  }
  if (width > 0 && height > 0 && area > static_cast<DbuArea>(width) * height) {
    return make_error(ErrorCode::kInfeasible,
                      "The tiles with their halos cover " + um_text(area / 1000.0) +
                          " um2, more than the outline of " + outline_text(problem) + ".",
                      circuit.name, kOutlineHint);
  }
  return ok();
}

Error no_fit(const Circuit& circuit, const Problem& problem, const Candidate& best) {
  return make_error(ErrorCode::kInfeasible,
                    "No packing within the outline of " + outline_text(problem) +
                        " was found; the nearest is " +
                        um_text(static_cast<double>(best.cost.x.extent) / 2) + " x " +
                        um_text(static_cast<double>(best.cost.y.extent) / 2) + " um.",
                    circuit.name, kOutlineHint);
}

bool fits(const Problem& problem, const std::vector<Point>& corners) {
  for (std::size_t i = 0; i < corners.size(); ++i) {
    if (problem.outline_width > 0 && corners[i].x + problem.width[i] > problem.outline_width)
      return false;
    if (problem.outline_height > 0 && corners[i].y + problem.height[i] > problem.outline_height)
      return false;
  }
  return true;
}

/// The packing of the best candidate that fits, on the grid.
Result<Placement> pack_on_grid(const Circuit& circuit, const Problem& problem,
                               const std::vector<Candidate>& candidates, Stats& stats) {
  Evaluator evaluator(problem, true);
  for (const Candidate& candidate : candidates) {
    const auto corners = evaluator.corners(candidate.state);
    if (!corners || !fits(problem, *corners)) continue;
    stats.proven = false;
    stats.anneal_cost =
        static_cast<double>(candidate.cost.x.cost + candidate.cost.y.cost) / (2.0 * kWeightUnit);
    return to_placement(problem, candidate.state, *corners);
  }
  const Cost& nearest = candidates.front().cost;
  if (nearest.x.overflow > 0 || nearest.y.overflow > 0)
    return no_fit(circuit, problem, candidates.front());
  return make_error(ErrorCode::kInfeasible,
                    "None of " + std::to_string(candidates.size()) +
                        " arrangements can be packed on the placement grid.",
                    circuit.name, "raise elites or iterations");
}

/// In all that clearances depend on.
bool same_drawing(const Tile& a, const Tile& b) {
  return a.outline == b.outline && a.shapes == b.shapes;
}

}  // namespace

std::vector<Dbu> clearances(const Tiles& tiles, const Technology& technology) {
  const std::size_t n = tiles.size();
  // Matched devices, and many others, are drawn alike: the first of them speaks for all.
  std::vector<std::size_t> first(n);
  for (std::size_t i = 0; i < n; ++i) {
    while (!same_drawing(tiles[first[i]], tiles[i])) ++first[i];
  }
  constexpr Dbu kUnknown = -1;
  std::vector<Dbu> of_first(n * n, kUnknown), matrix(n * n, 0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = i + 1; j < n; ++j) {
      const auto [a, b] = std::minmax(first[i], first[j]);
      Dbu& clearance = of_first[a * n + b];
      if (clearance == kUnknown) clearance = tile_clearance(tiles[a], tiles[b], technology);
      matrix[i * n + j] = matrix[j * n + i] = clearance;
    }
  }
  return matrix;
}

const std::vector<Dbu>& KeptClearances::of(const Tiles& tiles, const Technology& technology) {
  const bool known =
      technology_ == technology.identity() &&
      std::equal(tiles.begin(), tiles.end(), tiles_.begin(), tiles_.end(), same_drawing);
  if (!known) {
    matrix_ = clearances(tiles, technology);
    tiles_ = tiles;
    technology_ = technology.identity();
  }
  return matrix_;
}

Result<Placement> place(const Circuit& circuit, const Tiles& tiles,
                        const std::vector<Dbu>& clearance, const Params& params, JobContext& job,
                        Stats& stats) {
  stats = {};
  PTAH_TRY(const Problem problem, make_problem(circuit, tiles, clearance, params));
  if (problem.tiles == 0) return Placement{};
  PTAH_TRY(check_outline(circuit, problem));
  const auto candidates = anneal(problem, params, Rng(job.seed()), job, stats.anneal);
  if (job.cancelled()) return cancelled_error();
  if (candidates.empty()) {
    return make_error(ErrorCode::kInternal, "The first arrangement has no packing.", circuit.name);
  }
  if (is_estimated(params, problem.tiles)) return pack_on_grid(circuit, problem, candidates, stats);
  std::optional<ExactPacking> best;
  const State* chosen = nullptr;
  std::optional<Error> failure;
  for (const Candidate& candidate : candidates) {
    if (job.cancelled()) return cancelled_error();
    ++stats.exact_solves;
    auto packing = pack_exactly(problem, candidate.state, params.max_nodes, job);
    job.progress(0.9 + 0.1 * stats.exact_solves / static_cast<double>(candidates.size()),
                 "exact packing");
    if (!packing) {
      if (packing.error().code == ErrorCode::kCancelled) return packing.error();
      if (!failure) failure = packing.error();
      continue;
    }
    if (!best || packing.value().cost < best->cost) {
      best = std::move(packing).value();
      chosen = &candidate.state;
      stats.anneal_cost =
          static_cast<double>(candidate.cost.x.cost + candidate.cost.y.cost) / (2.0 * kWeightUnit);
    }
  }
  if (!best) {
    const Cost& nearest = candidates.front().cost;
    if (nearest.x.overflow > 0 || nearest.y.overflow > 0) {
      return no_fit(circuit, problem, candidates.front());
    }
    return *failure;
  }
  stats.proven = best->proven;
  stats.exact_cost = best->cost / kWeightUnit;
  if (!best->proven) {
    job.log(LogLevel::kWarning,
            "The packing is legal but not proven shortest: option max_nodes was reached.");
  }
  return to_placement(problem, *chosen, best->corner);
}

}  // namespace ptah::sequence_pair
