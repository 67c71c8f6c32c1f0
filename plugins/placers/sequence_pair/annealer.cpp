#include "annealer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace ptah::sequence_pair {
namespace {

/// Neighbours that polishing may try beyond the annealing's own steps.
constexpr int kPolish = 4000;

/// Moves the item at `from` to `to`, shifting those between.
void insert(std::vector<int>& order, int from, int to) {
  const auto begin = order.begin();
  if (from < to) {
    std::rotate(begin + from, begin + from + 1, begin + to + 1);
  } else {
    std::rotate(begin + to, begin + from, begin + from + 1);
  }
}

enum class Step { kOrder, kFlipX, kFlipY };

/// The place for tile i right before or after tile j.
int beside(const std::vector<int>& place, int i, int j, Rng& rng) {
  const int there = place[at(j)] - (place[at(i)] < place[at(j)] ? 1 : 0);
  return there + static_cast<int>(rng.below(2));
}

Step step_from(State& state, const Problem& problem, Rng& rng) {
  const int n = problem.tiles;
  const auto kind = rng.below(n < 2 ? 2 : 10);
  if (kind < 2) {
    Flips& flips = state.flips[rng.below(state.flips.size())];
    (kind == 0 ? flips.x : flips.y) ^= true;
    return kind == 0 ? Step::kFlipX : Step::kFlipY;
  }
  const int i = static_cast<int>(rng.below(at(n)));
  int j = static_cast<int>(rng.below(at(n - 1)));
  if (j >= i) ++j;
  SequencePair& pair = state.pair;
  switch (kind) {
    case 2:
      std::swap(pair.first[at(i)], pair.first[at(j)]);
      break;
    case 3:
      std::swap(pair.second[at(i)], pair.second[at(j)]);
      break;
    case 4:
    case 5:  // The tiles change places.
      std::swap(pair.first[at(pair.at_first[at(i)])], pair.first[at(pair.at_first[at(j)])]);
      std::swap(pair.second[at(pair.at_second[at(i)])], pair.second[at(pair.at_second[at(j)])]);
      break;
    case 6:
      insert(pair.first, i, j);
      break;
    case 7:
      insert(pair.second, i, j);
      break;
    default:  // A tile goes next to another, on a random side.
      insert(pair.first, pair.at_first[at(i)], beside(pair.at_first, i, j, rng));
      insert(pair.second, pair.at_second[at(i)], beside(pair.at_second, i, j, rng));
  }
  pair.index();
  make_symmetric_feasible(problem, pair);
  return Step::kOrder;
}

class Annealer {
 public:
  Annealer(const Problem& problem, const Params& params, Rng rng, JobContext& job,
           AnnealStats& stats)
      : problem_(problem),
        rng_(rng),
        job_(job),
        stats_(stats),
        evaluator_(problem, is_estimated(params, problem.tiles)),
        elites_wanted_(at(std::max(1, params.elites))),
        poll_every_(problem.tiles > 40 ? 4 : 64),
        iterations_(params.iterations > 0 ? params.iterations
                    : params.sampling     ? sampling_iterations(problem.tiles)
                                          : default_iterations(problem.tiles)),
        sampling_(is_estimated(params, problem.tiles)) {}

  std::vector<Candidate> run() {
    const int rounds = problem_.tiles > 6 && !sampling_ ? 2 : 1;
    for (int round = 0; round < rounds; ++round) {
      if (!cool(round, rounds)) return {};
    }
    if (!sampling_ && !polish()) return {};
    return std::move(elites_);
  }

 private:
  /// Nothing when infeasible or more than `bound`.
  std::optional<Cost> evaluate(const State& state, const Cost& before, Step step,
                               std::int64_t bound = Evaluator::kAnyCost) {
    ++stats_.evaluations;
    return step == Step::kOrder
               ? evaluator_.evaluate(state, bound)
               : evaluator_.evaluate_flip(state, before, step == Step::kFlipX, bound);
  }

  void remember(const State& state, const Cost& cost) {
    if (elites_.size() == elites_wanted_ && cost.total >= elites_.back().cost.total) return;
    // Equal cost in both dimensions: as good as the same packing.
    for (const Candidate& elite : elites_) {
      if (elite.cost.total == cost.total && elite.cost.x.cost == cost.x.cost) return;
    }
    const auto place = std::find_if(elites_.begin(), elites_.end(), [&](const Candidate& elite) {
      return elite.cost.total > cost.total;
    });
    elites_.insert(place, {state, cost});
    if (elites_.size() > elites_wanted_) elites_.pop_back();
  }

  bool cool(int round, int rounds) {
    State present = first_state(problem_, rng_);
    auto cost = evaluator_.evaluate(present);
    if (!cost) {
      // The runs of clusters are feasible side by side in any case.
      present.pair.second = present.pair.first;
      present.pair.index();
      make_symmetric_feasible(problem_, present.pair);
      cost = evaluator_.evaluate(present);
    }
    if (!cost) return false;
    remember(present, *cost);
    const int steps = std::max(1, iterations_ / rounds);
    // Temperatures: half the mean change of a random walk, down to a tenth of a micrometre.
    State trial = present;
    double change = 0;
    int changes = 0;
    Cost walk = *cost;
    const int warm_up = std::clamp(steps / 20, 10, 200);
    for (int i = 0; i < warm_up; ++i) {
      const State before = trial;
      const Step step = step_from(trial, problem_, rng_);
      if (const auto next = evaluate(trial, walk, step)) {
        change += std::abs(static_cast<double>(next->total - walk.total));
        ++changes;
        walk = *next;
        remember(trial, walk);
      } else {
        trial = before;
      }
      if (i % poll_every_ == 0 && job_.cancelled()) return false;
    }
    const double cold = 50.0 * 2 * kWeightUnit;
    const double hot = std::max(cold, changes > 0 ? 0.5 * change / changes : cold);
    present = trial;
    *cost = walk;
    double temperature = hot;
    const double factor = std::pow(cold / hot, 1.0 / steps);
    for (int i = 0; i < steps; ++i, temperature *= factor) {
      if (i % poll_every_ == 0) {
        if (job_.cancelled()) return false;
        job_.progress(0.9 * (round + static_cast<double>(i) / steps) / rounds, "annealing");
      }
      trial = present;
      const Step step = step_from(trial, problem_, rng_);
      // Metropolis, the coin thrown first: so the packing may stop where it can no longer win.
      const double luck = -temperature * std::log1p(-rng_.uniform());
      const auto next = evaluate(trial, *cost, step,
                                 cost->total + static_cast<std::int64_t>(std::min(luck, 1e15)));
      if (!next) continue;
      std::swap(present, trial);
      *cost = *next;
      ++stats_.accepted;
      remember(present, *cost);
    }
    return true;
  }

  /// Descends from the best state by the best of all single moves until none is better, or as many
  /// neighbours were tried as the annealing took steps.
  bool polish() {
    const int n = problem_.tiles;
    const int allowed = iterations_ + kPolish;
    for (int tried = 0; tried < allowed;) {
      const Candidate best = elites_.front();
      State trial = best.state;
      const auto consider = [&](Step step) {
        if (step == Step::kOrder) {
          trial.pair.index();
          make_symmetric_feasible(problem_, trial.pair);
        }
        const std::int64_t bound =
            elites_.size() < elites_wanted_ ? Evaluator::kAnyCost : elites_.back().cost.total - 1;
        if (const auto cost = evaluate(trial, best.cost, step, bound)) remember(trial, *cost);
        trial = best.state;
        return ++tried % poll_every_ != 0 || !job_.cancelled();
      };
      for (std::size_t g = 0; g < trial.flips.size(); ++g) {
        trial.flips[g].x ^= true;
        if (!consider(Step::kFlipX)) return false;
        trial.flips[g].y ^= true;
        if (!consider(Step::kFlipY)) return false;
      }
      for (int i = 0; i < n && tried < allowed; ++i) {
        for (int j = 0; j < n; ++j) {
          if (i == j) continue;
          insert(trial.pair.first, i, j);
          if (!consider(Step::kOrder)) return false;
          insert(trial.pair.second, i, j);
          if (!consider(Step::kOrder)) return false;
          if (i > j) continue;
          std::swap(trial.pair.first[at(trial.pair.at_first[at(i)])],
                    trial.pair.first[at(trial.pair.at_first[at(j)])]);
          std::swap(trial.pair.second[at(trial.pair.at_second[at(i)])],
                    trial.pair.second[at(trial.pair.at_second[at(j)])]);
          if (!consider(Step::kOrder)) return false;
        }
      }
      job_.progress(0.9, "refining");
      if (elites_.front().cost.total >= best.cost.total) break;
    }
    return true;
  }

  const Problem& problem_;
  Rng rng_;
  JobContext& job_;
  AnnealStats& stats_;
  Evaluator evaluator_;
  std::size_t elites_wanted_;
  int poll_every_;  ///< Evaluations: at most some ten milliseconds.
  int iterations_;
  bool sampling_;
  std::vector<Candidate> elites_;
};

}  // namespace

State first_state(const Problem& problem, Rng& rng) {
  std::vector<std::vector<int>> blocks;
  std::vector<char> taken(at(problem.tiles), 0);
  for (const AxisCluster& cluster : problem.clusters) {
    if (cluster.pairs.empty()) continue;  // A row, a block of its own below.
    blocks.emplace_back();
    for (const Pair& pair : cluster.pairs) {
      for (const int tile : {pair.a, pair.b}) {
        blocks.back().push_back(tile);
        taken[at(tile)] = 1;
      }
    }
  }
  for (const auto& group : problem.groups) {
    if (taken[at(group[0])] == 0) blocks.push_back(group);
  }
  rng.shuffle(std::span(blocks));
  State state;
  for (const auto& block : blocks) {
    state.pair.first.insert(state.pair.first.end(), block.begin(), block.end());
  }
  rng.shuffle(std::span(blocks));
  for (const auto& block : blocks) {
    state.pair.second.insert(state.pair.second.end(), block.begin(), block.end());
  }
  state.pair.index();
  make_symmetric_feasible(problem, state.pair);
  state.flips.resize(problem.groups.size());
  for (Flips& flips : state.flips) flips = {rng.below(2) == 1, rng.below(2) == 1};
  return state;
}

void mutate(State& state, const Problem& problem, Rng& rng) {
  step_from(state, problem, rng);
}

int default_iterations(int tiles) {
  // The neighbourhood grows with the square of the tiles, and so does the time of an evaluation:
  // the whole stays below a second for a dozen tiles, and below a minute for hundreds.
  const int square = std::max(1, tiles * tiles);
  if (tiles > kExactTiles) return 4'000'000 / tiles * 1000 / tiles;
  return std::clamp(std::min(100 * square, 40'000'000 / square), 200, 40'000);
}

int sampling_iterations(int tiles) {
  // Where a layout of ota1 (45 tiles) costs least in all: with fewer the router takes longer over
  // longer wires than the placer has saved.
  return std::clamp(50 * tiles, 300, 1500);
}

std::vector<Candidate> anneal(const Problem& problem, const Params& params, Rng rng,
                              JobContext& job, AnnealStats& stats) {
  if (problem.tiles == 0) return {};
  return Annealer(problem, params, rng, job, stats).run();
}

}  // namespace ptah::sequence_pair
