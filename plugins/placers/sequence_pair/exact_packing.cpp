#include "exact_packing.hpp"

#include <algorithm>
#include <cmath>
#include <exception>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <coin/CbcEventHandler.hpp>
#include <coin/CbcModel.hpp>
#include <coin/CglGomory.hpp>
#include <coin/ClpEventHandler.hpp>
#include <coin/ClpSimplex.hpp>
#include <coin/CoinPackedMatrix.hpp>
#include <coin/OsiClpSolverInterface.hpp>
#pragma GCC diagnostic pop

namespace ptah::sequence_pair {
namespace {

/// A linear program under construction, row by row.
class Program {
 public:
  int add_column(double low, double high, double cost, bool integer) {
    lower_.push_back(low);
    upper_.push_back(high);
    cost_.push_back(cost);
    integer_.push_back(integer);
    return static_cast<int>(cost_.size()) - 1;
  }
  struct Term {
    int column;
    double factor;
  };
  void add_row(std::initializer_list<Term> terms, double low, double high) {
    for (const Term& term : terms) {
      rows_.push_back(static_cast<int>(row_lower_.size()));
      columns_.push_back(term.column);
      factors_.push_back(term.factor);
    }
    row_lower_.push_back(low);
    row_upper_.push_back(high);
  }
  void load(OsiClpSolverInterface& solver) const {
    CoinPackedMatrix matrix(false, rows_.data(), columns_.data(), factors_.data(),
                            static_cast<int>(factors_.size()));
    matrix.setDimensions(static_cast<int>(row_lower_.size()), static_cast<int>(cost_.size()));
    solver.loadProblem(matrix, lower_.data(), upper_.data(), cost_.data(), row_lower_.data(),
                       row_upper_.data());
    for (std::size_t c = 0; c < integer_.size(); ++c) {
      if (integer_[c]) solver.setInteger(static_cast<int>(c));
    }
  }

 private:
  std::vector<double> lower_, upper_, cost_, row_lower_, row_upper_, factors_;
  std::vector<int> rows_, columns_;
  std::vector<bool> integer_;
};

class StopWhenCancelled final : public CbcEventHandler {
 public:
  explicit StopWhenCancelled(const JobContext& job) : job_(job) {}
  CbcAction event(CbcEvent) override { return job_.cancelled() ? stop : noAction; }
  CbcEventHandler* clone() const override { return new StopWhenCancelled(*this); }

 private:
  const JobContext& job_;
};

/// The same during the first relaxation, which for a hundred tiles takes longer than a poll may.
class StopRelaxation final : public ClpEventHandler {
 public:
  explicit StopRelaxation(const JobContext& job) : job_(job) {}
  int event(Event event) override {
    constexpr int kGoOn = -1, kStop = 5;
    return event == endOfIteration && ++iterations_ % 32 == 0 && job_.cancelled() ? kStop : kGoOn;
  }
  ClpEventHandler* clone() const override { return new StopRelaxation(*this); }

 private:
  const JobContext& job_;
  int iterations_ = 0;
};

struct Dimension {
  std::vector<Dbu> corner;
  double cost = 0;
  bool proven = true;
};

/// One dimension of `state` as an integer program: columns 0..n-1 are the slots' corners.
Program formulate(const Problem& problem, const State& state,
                  const std::vector<AxisCluster>& clusters, bool horizontal, double infinity) {
  constexpr double kGrid = kPlacementGrid;
  const int n = problem.tiles;
  const auto& size = horizontal ? problem.width : problem.height;
  Program program;
  double room = 0;
  for (int i = 0; i < n; ++i) room += size[at(i)];
  for (const Dbu gap : problem.separation) room += gap;
  // One slot stays at zero. Were the whole free to slide, branching on a corner would only slide
  // the half steps that symmetric clusters make on to the next tile.
  int anchor = 0;
  for (const AxisCluster& cluster : clusters) {
    if (anchor == 0 && !cluster.pairs.empty()) anchor = cluster.pairs.front().a;
  }
  // Mirror images may double the width a cluster needs, and that of another one around it.
  const double reach = std::ceil(room / kGrid) * (n + 1);
  for (int i = 0; i < n; ++i) {
    program.add_column(i == anchor ? 0 : -reach, i == anchor ? 0 : reach, 0, true);
  }
  const auto precedes = [&](int i, int j) {
    return horizontal ? state.pair.left_of(i, j) : state.pair.below(i, j);
  };
  const auto step = [&](int i, int j) { return size[at(i)] + problem.gap(i, j); };
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      if (!precedes(i, j)) continue;
      bool implied = false;
      for (int k = 0; k < n && !implied; ++k) {
        implied = precedes(i, k) && precedes(k, j) && step(i, k) + step(k, j) >= step(i, j);
      }
      if (!implied) program.add_row({{j, 1}, {i, -1}}, step(i, j) / kGrid, infinity);
    }
  }
  const auto add_extent = [&](double weight) {
    const int low = program.add_column(-infinity, infinity, -weight, false);
    const int high = program.add_column(-infinity, infinity, weight, false);
    return std::pair{low, high};
  };
  const auto add_pin = [&](std::pair<int, int> ends, int tile, double low, double high) {
    program.add_row({{tile, kGrid}, {ends.first, -1}}, -low, infinity);
    program.add_row({{ends.second, 1}, {tile, -kGrid}}, high, infinity);
  };
  const auto box = add_extent(problem.area_weight);
  for (int i = 0; i < n; ++i) add_pin(box, i, 0, size[at(i)]);
  const Dbu limit = horizontal ? problem.outline_width : problem.outline_height;
  if (limit > 0) program.add_row({{box.second, 1}, {box.first, -1}}, -infinity, limit);
  for (const WeightedNet& net : problem.nets) {
    const auto ends = add_extent(net.weight);
    for (const Pin& pin : net.pins) {
      const Flips flips = state.flips[at(problem.group_of[at(pin.tile)])];
      const bool flipped = horizontal ? flips.x : flips.y;
      const int a = pin_at(horizontal ? pin.x_low : pin.y_low, size[at(pin.tile)], flipped);
      const int b = pin_at(horizontal ? pin.x_high : pin.y_high, size[at(pin.tile)], flipped);
      add_pin(ends, pin.tile, std::min(a, b) / 2.0, std::max(a, b) / 2.0);
    }
  }
  for (const auto& group : problem.groups) {
    if (group.size() < 2) continue;
    if (!horizontal) {
      for (std::size_t m = 1; m < group.size(); ++m) {
        program.add_row({{group[m], 1}, {group[0], -1}}, 0, 0);
      }
    } else if (problem.pair_weight > 0) {
      const auto ends = add_extent(problem.pair_weight);
      for (const int tile : group) add_pin(ends, tile, size[at(tile)] / 2.0, size[at(tile)] / 2.0);
    }
  }
  if (!horizontal) return program;
  for (const AxisCluster& cluster : clusters) {
    // Twice the axis, in grid steps: the sum of the centres of every pair.
    const int axis = program.add_column(-infinity, infinity, 0, false);
    for (const Pair& pair : cluster.pairs) {
      const double both = (size[at(pair.a)] + size[at(pair.b)]) / (2 * kGrid);
      program.add_row({{pair.a, 1}, {pair.b, 1}, {axis, -1}}, -both, -both);
    }
    for (const int tile : cluster.on_axis) {
      const double width = size[at(tile)] / kGrid;
      program.add_row({{tile, 2}, {axis, -1}}, -width, -width);
    }
    for (const int tail : cluster.tails) {
      if (problem.tail_weight == 0) continue;
      const int off = program.add_column(0, infinity, problem.tail_weight, false);
      const double middle = size[at(tail)] / 2.0;
      program.add_row({{off, 1}, {tail, -kGrid}, {axis, kGrid / 2}}, middle, infinity);
      program.add_row({{off, 1}, {tail, kGrid}, {axis, -kGrid / 2}}, -middle, infinity);
    }
  }
  return program;
}

Result<Dimension> solve(const Problem& problem, const State& state,
                        const std::vector<AxisCluster>& clusters, bool horizontal, int max_nodes,
                        JobContext& job) {
  OsiClpSolverInterface solver;
  solver.messageHandler()->setLogLevel(0);
  solver.getModelPtr()->setLogLevel(0);
  const Program program = formulate(problem, state, clusters, horizontal, solver.getInfinity());
  program.load(solver);
  // Small programs gain nothing from a presolve, and that of CoinUtils 2.11 leaks.
  solver.setHintParam(OsiDoPresolveInInitial, false, OsiHintDo);
  solver.setHintParam(OsiDoPresolveInResolve, false, OsiHintDo);
  const StopRelaxation stop_relaxation(job);
  solver.getModelPtr()->passInEventHandler(&stop_relaxation);
  solver.initialSolve();
  if (job.cancelled()) return cancelled_error();
  if (!solver.isProvenOptimal()) {
    return make_error(ErrorCode::kInfeasible,
                      std::string("No packing follows this sequence pair ") +
                          (horizontal ? "from left to right." : "from bottom to top."));
  }
  const int n = problem.tiles;
  const auto is_integral = [&](const double* values) {
    for (int i = 0; i < n; ++i) {
      if (std::abs(values[i] - std::round(values[i])) > 1e-6) return false;
    }
    return true;
  };
  Dimension result;
  const auto take = [&](const double* values, double cost) {
    for (int i = 0; i < n; ++i) {
      result.corner.push_back(static_cast<Dbu>(std::llround(values[i])) * kPlacementGrid);
    }
    result.cost = cost;
  };
  // Mostly the relaxation is integral: differences of corners make a totally unimodular matrix.
  if (is_integral(solver.getColSolution())) {
    take(solver.getColSolution(), solver.getObjValue());
    return result;
  }
  CbcModel model(solver);
  model.setLogLevel(0);
  model.messageHandler()->setLogLevel(0);
  model.solver()->messageHandler()->setLogLevel(0);
  model.setMaximumNodes(max_nodes);
  model.setAllowableGap(1e-6);
  // What is fractional is half a step, of whole chains of tiles against an axis: cuts of Gomory
  // close that at the root, where plain branching takes thousands of nodes.
  CglGomory gomory;
  model.addCutGenerator(&gomory, 1, "gomory");
  const StopWhenCancelled stop(job);
  model.passInEventHandler(&stop);
  model.branchAndBound();
  if (job.cancelled()) return cancelled_error();
  if (model.bestSolution() == nullptr) {
    if (model.isProvenInfeasible()) {
      return make_error(ErrorCode::kInfeasible,
                        "No packing on the grid follows this sequence pair.");
    }
    return make_error(ErrorCode::kLimit,
                      "The packing was not solved within " + std::to_string(max_nodes) + " nodes.",
                      "option max_nodes", "raise it");
  }
  take(model.bestSolution(), model.getObjValue());
  result.proven = model.isProvenOptimal();
  return result;
}

}  // namespace

Result<ExactPacking> pack_exactly(const Problem& problem, const State& state, int max_nodes,
                                  JobContext& job) {
  ExactPacking packing;
  if (problem.tiles == 0) return packing;
  try {
    const auto clusters = clusters_of(problem, state.pair);
    PTAH_TRY(Dimension x, solve(problem, state, clusters, true, max_nodes, job));
    PTAH_TRY(Dimension y, solve(problem, state, clusters, false, max_nodes, job));
    const Dbu left = *std::min_element(x.corner.begin(), x.corner.end());
    const Dbu bottom = *std::min_element(y.corner.begin(), y.corner.end());
    for (int i = 0; i < problem.tiles; ++i) {
      packing.corner.push_back({x.corner[at(i)] - left, y.corner[at(i)] - bottom});
    }
    packing.cost = x.cost + y.cost;
    packing.proven = x.proven && y.proven;
    return packing;
  } catch (const CoinError& error) {
    return make_error(ErrorCode::kInternal, "COIN-OR failed: " + error.message(),
                      error.className() + "::" + error.methodName());
  }
}

}  // namespace ptah::sequence_pair
