/// Training of `linear`: sums over the examples, a fold of them held back in turn, and the ridge
/// that predicts the held back ones best.
#pragma once

#include <array>
#include <vector>

#include "linear_model.hpp"

namespace ptah::linear {

/// Folds of the cross validation; example i is in fold i mod kFolds.
constexpr std::size_t kFolds = 5;
/// Ridges that are tried, from 1e-4 to 1e4.
constexpr int kRidges = 17;

struct Trained {
  Model model;
  double ridge = 0;
  double validation_rmse = 0;  ///< Of examples that were held back.
  double label_deviation = 0;  ///< What a constant would err by.
};

/// Reads every example once. Checkpoints hold the sums, so that reading goes on where it stopped.
Result<Trained> train(Dataset& dataset, Checkpoints& checkpoints, JobContext& job);

}  // namespace ptah::linear
