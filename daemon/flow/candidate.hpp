/// A layout and all that was found out about it.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/drawn_layout.hpp"
#include "flow/stage_runner.hpp"
#include "ptah/sim/measures.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

/// The flow's own checks and the judges that sign off say different things of one layout.
struct Disagreement {
  std::string about;  ///< "drc", "lvs", "pscore"
  Json checks;        ///< What the flow's own stages found, by plugin.
  Json judges;        ///< What the judges found, by plugin.
};
Json to_json(const Disagreement& disagreement);

struct Candidate : DrawnLayout {
  Layout layout;                 ///< What is drawn.
  std::filesystem::path folder;  ///< Its file and the judges' work; removed with it.

  Evaluation evaluation;
  std::vector<SpecVerdict> specs;           ///< One a spec of the run, once it is scored.
  std::map<std::string, std::int64_t> drc;  ///< Errors, by plugin.
  std::map<std::string, std::string> lvs;   ///< "match" or the reason, by plugin.
  std::optional<ExtractedNetlist> netlist;  ///< What was simulated,
  std::vector<Waveform>
      post;               ///< and by which analysis; the first is scored. Empty: not simulated.
  bool judged = false;    ///< By the judges that sign off.
  bool recorded = false;  ///< As a variant.
  std::optional<double> judged_pscore;
  std::vector<Disagreement> disagreements;
  /// Where the two sides' scores differ since they found other DC solutions: output -> whose ->
  /// volts (CandidateReview); null where they found the same, or nobody asked.
  Json operating_point;

  StageSeconds seconds;
  std::chrono::steady_clock::time_point begin;  ///< Work on it started: `seconds["total"]`.
};

/// Removes its folder.
void discard(Candidate& candidate) noexcept;

}  // namespace ptah
