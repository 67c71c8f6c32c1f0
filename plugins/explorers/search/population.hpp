/// A steady-state genetic algorithm over assignments and how they are placed.
#pragma once

#include "strategy.hpp"

namespace ptah::search {

class Population {
 public:
  struct Params {
    int size = 40;
    int tournament = 3;
    /// Share of children that are placed with net weights of their own; 0: baselines alone.
    double placings = 0.5;
  };
  struct Member {
    Counts counts;
    std::vector<double> weights;  ///< log2, one a net; empty: the baseline.
    Found found;
  };

  explicit Population(const Params& params) : params_(params) {}

  /// Random assignments until it is full, then children: parents by tournament, each group's count
  /// of one or the other, some counts and weights changed. Known baselines are asked again only
  /// where nothing else is left.
  Trial ask(Arena& arena, Rng& rng);
  /// Of the point asked last: a member now, in place of the worst.
  void tell(const Found& found);
  /// The best first.
  std::vector<Member> ranked() const;

  Json state() const;
  Status restore(const Json& state);

 private:
  const Member& select(Rng& rng) const;
  Member child(Arena& arena, Rng& rng) const;
  static Trial trial_of(const Member& member, Rng& rng);

  Params params_;
  std::vector<Member> members_;
  Member asked_;
};

}  // namespace ptah::search
