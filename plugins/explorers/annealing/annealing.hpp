/// Simulated annealing on the simulated score (Kirkpatrick, Gelatt, Vecchi 1983), over assignments
/// and, at the user's choice, sequence pairs or moves of single tiles.
///
/// It starts at the best of some random assignments. A step changes one group's count, and keeps
/// the arrangement; or it changes the arrangement: a step in the sequence pair, whose packing is
/// exact (plugins/placers/sequence_pair), or a shift, swap or turn of tiles, matched pairs as
/// pairs. Relative differences of cost count; the temperature falls geometrically with the share of
/// the budget that is used. A large budget is spent in rounds: each begins anew, but for the last,
/// which goes on from the best there is, at a lower temperature.
#pragma once

#include "placer.hpp"
#include "ptah/plugin/options.hpp"
#include "strategy.hpp"

namespace ptah::search {

class Annealing final : public Strategy {
 public:
  explicit Annealing(const Options& options);
  static OptionSchema options();

  Result<std::optional<Trial>> ask(Arena& arena, Rng rng) override;
  Status tell(Arena& arena, const Trial& trial, const Found& found) override;
  Json state() const override;
  Status restore(const Json& state) override;

 private:
  /// Where it is, or may be next. Over moves the placement is kept, over sequence pairs the state
  /// that it is packed of.
  struct Place {
    Counts counts;
    sequence_pair::State arrangement;
    Placement placement;
    double cost = 0;
  };
  static Json to_json(const Place& place);
  static Place from_json(const Json& json);

  /// Nothing where the draw came to nothing.
  Result<std::optional<Place>> propose(Arena& arena, Rng& rng);
  Result<std::optional<Place>> propose_fingers(Arena& arena, Rng& rng);
  Result<std::optional<Place>> propose_moves(Arena& arena, Rng& rng);
  /// Packs `place.arrangement`; false where it has no packing.
  Result<bool> pack(Arena& arena, Place& place);
  /// An arrangement to begin with, short in wires, of `counts`.
  Result<std::optional<Place>> arrange(Arena& arena, const Counts& counts, Rng rng);

  /// Into the round that the share of the budget says.
  void begin_round(Arena& arena);

  bool over_moves_;
  int starts_, rounds_;
  double fingers_, hottest_, coldest_;

  enum class Phase { kStart, kAnneal };
  Phase phase_ = Phase::kStart;
  int started_ = 0;
  int round_ = 0;
  double began_ = 0;  ///< Share of the budget when the round's annealing began.
  Place best_start_, present_, next_, best_;
  std::uint64_t coin_ = 0;  ///< Of the point asked last.

  /// The problem of the counts that were packed last.
  Counts problem_counts_;
  std::optional<sequence_pair::Problem> problem_;
};

}  // namespace ptah::search
