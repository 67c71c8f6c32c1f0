/// Predictors with their models, kept in a worker from one task to the next: loading one can take
/// longer than thousands of predictions.
#pragma once

#include <list>
#include <string>

#include "flow/chain.hpp"
#include "flow/stage_runner.hpp"

namespace ptah {

class ResidentPredictors {
 public:
  /// So many; the one that was used longest ago goes.
  static constexpr std::size_t kMost = 4;

  /// The predictor of this plugin's present code, these options and this model (nullptr: none).
  /// Good until the next call. Fails where the model is missing or does not fit.
  Result<Bound<Predictor>*> get(PluginHost& host, const StageChoice& choice,
                                const ChosenModel* model, FlowJob& job);

 private:
  struct Resident {
    std::string key;
    Bound<Predictor> predictor;
  };
  std::list<Resident> resident_;  ///< The last used first.
};

}  // namespace ptah
