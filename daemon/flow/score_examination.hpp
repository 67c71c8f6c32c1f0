/// One layout under examination: everything that a reply of score.layout and score.placement says
/// of it. Lives for one request.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "flow/score_input.hpp"
#include "flow/score_nets.hpp"
#include "flow/score_session.hpp"

namespace ptah {

class Examination {
 public:
  /// All but `drawing` outlive it.
  Examination(ScoreSession& session, const rpc::ScoreSubject& wishes, ScoreLayout& layout,
              Drawing drawing, const std::filesystem::path& scratch, TaskSink& sink)
      : session_(session),
        wishes_(wishes),
        layout_(layout),
        drawing_(std::move(drawing)),
        scratch_(scratch),
        job_(sink, 0, scratch) {}

  /// Where every device lies, for placements; otherwise it is found.
  std::vector<Rect> placed;
  StageSeconds seconds;

  /// The reply, without `seconds`. A layout that is not clean is no Error.
  Result<Json> run();

 private:
  /// As far as a side's score got; `reason` says why no further.
  struct Outcome {
    std::optional<ExtractedNetlist> netlist;
    Scored scored;
    std::string reason;
  };

  const Circuit& circuit() const { return session_.circuit; }
  const Technology& technology() const { return session_.technology(); }
  LayoutAssessment& assessment() { return *session_.assessment; }
  void object(const std::string& reason) {
    if (reason_.empty()) reason_ = reason;
  }

  Status verify(Side side);
  Result<Outcome> score(Side side, bool simulate);
  /// Adds the measures to `reply`, and those of the schematic.
  Status measure(const Outcome& outcome, Json& reply);
  Status blame(const Outcome& outcome, NetLoads& loads);
  Json waveforms(const Scored& scored) const;
  /// What lies where, how large, and who is to blame.
  Status describe(const Outcome& outcome, Json& reply);
  DbuArea component_area_of(std::size_t device, const Rect& drawn) const;

  ScoreSession& session_;
  const rpc::ScoreSubject& wishes_;
  ScoreLayout& layout_;
  Drawing drawing_;
  std::optional<ScoreLayout> labelled_;  ///< With the ports that `layout_` leaves unnamed.
  const std::filesystem::path& scratch_;
  FlowJob job_;
  Json drc_ = Json::object(), lvs_ = Json::object();
  std::string reason_;    ///< The first objection.
  std::string mismatch_;  ///< The first of LVS, without which there is no score.
};

}  // namespace ptah
