/// Candidates of a search, trained side by side.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "fit.hpp"
#include "ladder.hpp"

namespace ptah::nets {

class Trials {
 public:
  /// `fit` gives what a fidelity does not. `data` outlives it.
  Trials(const TrainingData& data, const FitOptions& fit, std::string eta, std::uint64_t seed)
      : data_(data), fit_(fit), eta_(std::move(eta)), seed_(seed) {}

  /// Each on a thread of its own, which runs operations on one thread. [calling thread, which asks
  /// `job` every 20 ms, and tells `trained` now and then which share of all steps is done]
  Result<std::vector<Outcome>> judge(const std::vector<Trial>& trials, JobContext& job,
                                     const std::function<void(double)>& trained = {});

 private:
  Result<const Pictures*> pictures_of(int grid);

  const TrainingData& data_;
  FitOptions fit_;
  std::string eta_;
  std::uint64_t seed_;
  std::map<int, Pictures> pictures_;
};

}  // namespace ptah::nets
