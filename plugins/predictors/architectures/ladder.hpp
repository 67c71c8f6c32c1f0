/// A search for a network: many at a cheap fidelity, the best of them at dearer ones.
///
/// `graph_propagation` and `random` draw candidates and judge all at one fidelity, the proxy: the
/// mean of what was seen (propagation.hpp) means nothing over several. `halving` judges all after
/// an eighth of the proxy's epochs and halves them three times while it doubles the epochs
/// (successive halving: Jamieson and Talwalkar, AISTATS 2016). All three end on the same rungs, so
/// that they can be compared at equal cost.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "propagation.hpp"

namespace ptah::nets {

/// How well a network is trained before it is judged.
struct Fidelity {
  std::size_t layouts = 0;  ///< Of the training part; 0: all.
  int epochs = 1;
  int grid = 64;
  friend bool operator==(const Fidelity&, const Fidelity&) = default;
};

enum class Method : std::uint8_t { kGraphPropagation, kRandom, kHalving };

struct Rung {
  std::size_t candidates = 0;  ///< The best so many of the rung before.
  Fidelity fidelity;
};

struct SearchOptions {
  Method method = Method::kGraphPropagation;
  std::size_t candidates = 120;
  /// Of the proxy, 0: no limit. The last round that begins within it is finished. With a limit a
  /// search is no longer the same on another machine.
  double seconds = 0;
  std::size_t side_by_side = 1;  ///< Candidates of a round; part of what decides the result.
  double alpha = 20;
  double cost_per_ms = 0;  ///< Taken from eta for each estimated ms a placement.
  Architecture common;     ///< Kind, inputs, norm and filters of all candidates.
  Fidelity proxy;
  std::vector<Rung> rungs;
};

struct Trial {
  Architecture architecture;
  Fidelity fidelity;
  std::uint64_t stream = 0;  ///< Of the random numbers; another for each trial.
};

struct Outcome {
  double eta = 0;   ///< More is better; at most 1.
  double loss = 0;  ///< Mean over the last epoch; breaks ties.
};

/// One judged candidate.
struct Judged {
  Trial trial;
  Outcome outcome;
  double score = 0;      ///< eta less the cost.
  std::size_t rung = 0;  ///< 0: the proxy, or a halving's.
};

/// Judges trials side by side; outcomes in their order.
using Evaluate = std::function<Result<std::vector<Outcome>>(const std::vector<Trial>&)>;

/// What a search says while it goes on.
struct SearchWatch {
  std::function<void(const char* name, std::int64_t step, double value)> metric;
  std::function<Status(const Json& state)> checkpoint;  ///< After each round.
};

struct Found {
  Architecture best;
  std::vector<Judged> history;  ///< In order.
  double first_edge_entropy = 0, last_edge_entropy = 0;
};

/// Same seed, options and outcomes, same result. `state` is one that `watch.checkpoint` got.
Result<Found> search(const SearchOptions& options, std::uint64_t seed, const Evaluate& evaluate,
                     const SearchWatch& watch, const std::optional<Json>& state);

Json to_json(const std::vector<Judged>& history);

}  // namespace ptah::nets
