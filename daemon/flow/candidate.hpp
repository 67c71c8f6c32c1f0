/// A layout and all that was found out about it.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/stage_runner.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

/// The flow's own checks and the judges that sign off say different things of one layout.
struct Disagreement {
  std::string about;  ///< "drc", "lvs", "pscore"
  Json checks;        ///< What the flow's own stages found, by plugin.
  Json judges;        ///< What the judges found, by plugin.
};
Json to_json(const Disagreement& disagreement);

struct Candidate {
  Layout layout;
  gds::Library library;  ///< What `layout` draws,
  gds::Flat flat;        ///< and the same without hierarchy.
  std::string top;
  std::filesystem::path folder;  ///< Its files and the judges' work; removed with it.
  std::filesystem::path gds;     ///< In `folder`; see `put_on_disk`.
  bool on_disk = false;

  Evaluation evaluation;
  std::map<std::string, std::int64_t> drc;  ///< Errors, by plugin.
  std::map<std::string, std::string> lvs;   ///< "match" or the reason, by plugin.
  std::optional<ExtractedNetlist> netlist;  ///< What was simulated,
  std::vector<Waveform>
      post;             ///< and by which analysis; the first is scored. Empty: not simulated.
  bool judged = false;  ///< By the judges that sign off.
  std::optional<double> judged_pscore;
  std::vector<Disagreement> disagreements;

  StageSeconds seconds;
  std::chrono::steady_clock::time_point begin;  ///< Work on it started: `seconds["total"]`.
};

/// Writes the layout where `gds` says, once: stages that run outside programs read it there.
Status put_on_disk(Candidate& candidate);
/// Removes its folder.
void discard(Candidate& candidate) noexcept;

}  // namespace ptah
