/// What a flow's stages say of layouts of one circuit: verdicts and their reasons, parasitics, the
/// score, measures. Chains, scores and checks all ask here; what they make of the answers is
/// theirs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/drawn_layout.hpp"
#include "flow/floors.hpp"
#include "flow/measuring.hpp"
#include "flow/stage_runner.hpp"

namespace ptah {

/// Whose stages: the flow's own, which see every layout, or those that sign off.
enum class Side { kOwn, kJudges };

/// What one verifier says.
struct Finding {
  std::string verifier;  ///< "native_drc"
  Verdict verdict;       ///< Of the verifier's kind.
  /// It could make nothing of the drawing: not clean, the summary says why, nothing was counted.
  bool failed = false;

  /// "drc: magic_drc: 3 errors; met1 spacing ... at (1.200000, 3.400000) um"
  std::string reason() const;
};
/// {"errors", "clean", "summary", "violations": [{rule, text, layer, box_um}]}.
Json to_json(const Finding& finding);

/// Which verifiers look, and what becomes of their troubles.
struct Extent {
  bool drc = true, lvs = true;
  bool all = true;  ///< Otherwise up to the first complaint.
  /// A verifier that fails for the layout's sake is a finding; otherwise an Error.
  bool failures = false;
};

/// A simulated netlist.
struct Scored {
  std::vector<Waveform> post;    ///< By analysis; the first is scored. Empty: no convergence.
  std::optional<double> pscore;  ///< V; of AC sweeps.
  std::optional<double> pscore_relative;  ///< Over the same norm of the schematic's curve.
  std::string failure;                    ///< The simulator's words, where `post` is empty.

  /// Why there is no score; empty where there is one.
  std::string reason() const;
};

/// Not the layout's fault: nothing can be said of it, and the work cannot go on.
bool is_fatal(const Error& error);

class LayoutAssessment {
 public:
  /// What layouts are held against; all outlive the assessment.
  struct Subject {
    const Circuit& circuit;
    const std::optional<Testbench>& testbench;
    const Technology& technology;
  };

  explicit LayoutAssessment(const Subject& subject) : subject_(subject) {}

  /// Creates the stages of a side: `verifiers`, and of `stages` the extractor and, where there is a
  /// testbench, the simulator. In records and times their names begin with `prefix`.
  Status bind(PluginHost& host, Side side, const std::vector<StageChoice>& verifiers,
              const std::map<std::string, StageChoice>& stages, const std::string& prefix);

  const std::vector<Bound<Verifier>>& verifiers(Side side) const { return of(side).verifiers; }
  const Bound<Extractor>& extractor(Side side) const { return of(side).extractor; }
  bool can_score(Side side) const { return of(side).extractor && of(side).simulator; }

  /// In the verifiers' order. An unclean layout is no Error.
  Result<std::vector<Finding>> verify(Side side, DrawnLayout& layout, const Extent& extent,
                                      FlowJob& job, StageSeconds& seconds);
  /// Only of a side that has an extractor.
  Result<ExtractedNetlist> extract(Side side, DrawnLayout& layout, FlowJob& job,
                                   StageSeconds& seconds);
  /// What layouts are compared with; `score` sees to it where nobody has. Once a side. Counts as
  /// "pre". Like all below, only of a side that can score.
  Status simulate_schematic(Side side, FlowJob& job, StageSeconds& seconds);
  Result<Scored> score(Side side, const ExtractedNetlist& netlist, FlowJob& job,
                       StageSeconds& seconds);

  /// Volts of the testbench's outputs with its sources as they are, looked for anew: at the
  /// schematic's operating point and at that of `netlist`. Empty where there is none.
  struct OperatingPoints {
    std::map<std::string, double> schematic, layout;
  };
  Result<OperatingPoints> operating_points(Side side, const ExtractedNetlist& netlist, FlowJob& job,
                                           StageSeconds& seconds);

  /// By the own side; of a placement of `tiles` (floors.hpp). Nothing in it where a tile cannot be
  /// looked at alone.
  Result<Floors> floors(const Tiles& tiles, const Placement& placement, FlowJob& job,
                        StageSeconds& seconds);

  /// By the own side's simulator: of a scored layout, and of the schematic.
  Result<std::vector<Measure>> measure(const Measuring& measuring, const ExtractedNetlist& netlist,
                                       const std::vector<Waveform>& post, FlowJob& job,
                                       StageSeconds& seconds);
  Result<std::vector<Measure>> measure_schematic(const Measuring& measuring, FlowJob& job,
                                                 StageSeconds& seconds);

  /// The schematic's waveform of the testbench's first analysis; nullptr while it is not simulated.
  const Waveform* schematic() const noexcept {
    return own_.pre.empty() ? nullptr : &own_.pre.front();
  }
  void list_plugins(UsedPlugins& used) const;

 private:
  struct Stages {
    std::vector<Bound<Verifier>> verifiers;
    Bound<Extractor> extractor;
    Bound<Simulator> simulator;
    std::vector<Waveform> pre;  ///< The schematic's, by analysis.
  };

  Stages& of(Side side) { return side == Side::kOwn ? own_ : judges_; }
  const Stages& of(Side side) const { return side == Side::kOwn ? own_ : judges_; }
  Result<std::vector<Waveform>> simulate(Stages& stages, const ExtractedNetlist& netlist,
                                         const Testbench& testbench, FlowJob& job,
                                         StageSeconds& seconds);
  /// Nothing where the first analysis is no AC sweep.
  Result<std::optional<double>> pscore_of(const Stages& stages, const Waveform& post) const;
  ExtractedNetlist schematic_netlist() const {
    return ptah::schematic_netlist(subject_.circuit, subject_.technology);
  }

  Subject subject_;
  Stages own_, judges_;
};

}  // namespace ptah
