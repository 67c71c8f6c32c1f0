/// The layouts of one finger assignment, made and judged by the flow's stages.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "flow/candidate.hpp"
#include "flow/candidate_review.hpp"
#include "flow/dataset.hpp"
#include "flow/exploration.hpp"
#include "flow/moves.hpp"

namespace ptah {

class FlowLayoutSpace final : public LayoutSpace {
 public:
  /// With tiles, judges and the schematic's simulation, and no layout yet. `exploration` outlives
  /// it.
  static Result<std::unique_ptr<FlowLayoutSpace>> create(Exploration& exploration,
                                                         std::int64_t assignment,
                                                         const FingerAssignment& fingers);
  ~FlowLayoutSpace() override = default;

  /// Places and routes, as often as the flow says, until the checks (and of `signed_off`, the
  /// judges) accept. kInfeasible with the last reason where they never do.
  Status make_baseline(bool signed_off);

  std::int64_t assignment() const noexcept { return assignment_; }
  const DatasetPaths& paths() const noexcept { return paths_; }
  const Rng& rng() const noexcept { return rng_; }
  const Waveform* schematic() const noexcept { return review_->assessment().schematic(); }
  const std::optional<Testbench>& testbench() const noexcept {
    return exploration_.loaded.testbench;
  }
  UsedPlugins plugins() const;

  /// What a chain remembers of a space between two processes; `load` and `save` are its bytes.
  Json state() const;
  Status restore_state(const Json& state);

  const Circuit& circuit() const override { return circuit_; }
  const FingerAssignment& fingers() const override { return fingers_; }
  const Tiles& tiles() const override { return tiles_; }
  const Placement& placement() const override { return present_->placement; }
  const Evaluation& present() const override { return present_->evaluation; }
  const Evaluation& baseline() const override { return baseline_; }
  Result<Evaluation> step(const Moves& moves, Fidelity fidelity) override;
  Snapshot snapshot() const override { return present_; }
  Status restore(const Snapshot& snapshot) override;
  std::string save() const override { return state().dump(); }
  Status load(std::string_view bytes) override;
  Result<std::vector<Prediction>> predict(const std::vector<Placement>& placements) override;
  Result<Evaluation> record() override;
  Result<std::optional<std::string>> refusal(const Moves& moves) const override;

 private:
  struct Present {
    const FlowLayoutSpace* of = nullptr;
    Placement placement;
    /// The last routed layout on the way here; null: the next one is routed from nothing.
    std::shared_ptr<const Layout> routed;
    std::shared_ptr<Candidate> candidate;  ///< Of `placement`, once it is routed in this process.
    Evaluation evaluation;
    Moves made;                      ///< By the step that led here.
    Json moves_um = Json::object();  ///< Accumulated displacement of each tile that has moved.
    int placed = 0;  ///< Number of the variant whose tiles were placed; the rest was moves.
    bool wired() const { return routed && routed->placement == placement; }
  };

  FlowLayoutSpace(Exploration& exploration, std::int64_t assignment, FingerAssignment fingers,
                  Circuit circuit, DatasetPaths paths);

  Result<Placement> place(std::uint64_t seed, const NetWeights& weights, StageSeconds& seconds);
  Result<std::shared_ptr<Candidate>> new_candidate(Layout layout) const;
  /// The rest of the way from what `candidate` has seen to `fidelity`.
  Status assess(Candidate& candidate, Fidelity fidelity);
  /// Of a scored one: what its measures say of the run's specs, and of its cost where that is of
  /// measures.
  Status weigh(Candidate& candidate);
  /// Records the present layout where an exploration wants it. Where the judges reject it the
  /// answer is not valid.
  Result<Evaluation> keep_if_best();
  /// False: the judges reject it.
  Result<bool> sign_off(Candidate& candidate);
  /// Counts what judges and checks disagree about, and keeps the layout for the next record.
  Status note_disagreements(Candidate& candidate);
  Evaluation estimate(const Placement& placement) const;
  FlowJob job(Stream stream, const std::filesystem::path& folder) {
    return exploration_.job(stream, rng_, folder, paths_.name());
  }

  Exploration& exploration_;
  std::int64_t assignment_;
  FingerAssignment fingers_;
  Circuit circuit_;
  DatasetPaths paths_;
  Rng rng_;
  Tiles tiles_;
  std::optional<Mover> mover_;
  std::optional<CandidateReview> review_;
  std::optional<std::vector<Measure>> schematic_measures_;  ///< Once they were asked for.
  StageSeconds setup_seconds_;  ///< Tiles and the schematic's simulation: charged to the baseline.
  Evaluation baseline_;
  std::shared_ptr<const Present> present_ = std::make_shared<Present>();
};

}  // namespace ptah
