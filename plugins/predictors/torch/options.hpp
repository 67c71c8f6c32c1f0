/// Options of the plugins that LibTorch serves, and what they mean.
#pragma once

#include "fit_options.hpp"
#include "ladder.hpp"
#include "ptah/plugin/options.hpp"

namespace ptah::nets {

OptionSchema cnn_trainer_options();
OptionSchema nas_trainer_options();
OptionSchema predictor_options();

struct TrainerOptions {
  FitOptions fit;
  int threads = 1;
  int members = 1;
  bool keeps_best = true;  ///< The epoch of least loss on the validation part, not the last.
  Architecture architecture;
  bool architecture_given = false;  ///< It is of the options, not one that is taken otherwise.
  bool searches = false;
  SearchOptions search;
  std::string eta;  ///< "accuracy", "auroc", "loss"
};
/// Of options that the plugin's schema has checked. Fails with kInvalidArgument or kParse for an
/// architecture that is none.
Result<TrainerOptions> trainer_options(const std::string& plugin, const Json& options);

}  // namespace ptah::nets
