/// What a model says of a placement before it is routed, for those who look at the placement.
#pragma once

#include <optional>

#include "flow/flow_config.hpp"
#include "flow/stage_runner.hpp"
#include "ptah/layout/layout.hpp"
#include "rpc/learning_types.hpp"

namespace ptah {

class ScorePredictor {
 public:
  /// `model`: what the request or the flow names, with its files. All outlive this.
  ScorePredictor(const FlowConfig& flow, const std::optional<rpc::PredictingModel>& model);

  /// The model that the flow names and nobody has found yet; empty: none.
  const std::string& missing_model() const noexcept;
  /// Whether anything predicts.
  explicit operator bool() const noexcept { return !choice_.plugin.empty(); }

  /// `prediction` of an answer (docs/protocol.md). What the predictor refuses is a sentence in it;
  /// only a cancelled task is an Error.
  Result<Json> predict(PluginHost& host, const Circuit& circuit, const Tiles& tiles,
                       const Technology& technology, const Placement& placement, FlowJob& job,
                       StageSeconds& seconds) const;
  /// The same, where there is nothing to ask it about.
  Json refuse(const std::string& why) const;

 private:
  Json described() const;

  StageChoice choice_;
  const std::optional<rpc::PredictingModel>& model_;
};

}  // namespace ptah
