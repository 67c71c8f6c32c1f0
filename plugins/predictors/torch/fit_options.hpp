#pragma once

#include <cstddef>

#include "training_data.hpp"

namespace ptah::nets {

/// How one network is trained: Adam (Kingma and Ba, ICLR 2015) with the usual 0.9, 0.999, 1e-8, on
/// the mean loss of a batch plus l2 * sum(w^2) / 2 over weights.
struct FitOptions {
  predictors::Target target = predictors::Target::kWorst;
  int epochs = 45;
  int batch = 48;
  double learning_rate = 5e-4;
  double decay = 1;     ///< Of the learning rate, each `decay_steps` steps.
  int decay_steps = 0;  ///< 0: none.
  /// It falls to nothing along half a cosine, too (Loshchilov and Hutter, ICLR 2017).
  bool cosine = false;
  double l2 = 1e-3;
  int grid = 64;
  /// A placement is shown mirrored, left for right, as often as not: twice as much to learn from,
  /// where a mirrored layout is worth the same.
  bool mirror = false;
  std::size_t layouts = 0;  ///< The first so many of a shuffle of the training part; 0: all.
};

}  // namespace ptah::nets
