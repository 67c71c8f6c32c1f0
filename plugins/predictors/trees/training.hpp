/// Training of `trees`: members of other seeds, each stopped where the validation part says so.
#pragma once

#include "ptah/plugin/options.hpp"
#include "trees_model.hpp"

namespace ptah::trees {

struct TrainingOptions {
  predictors::Target target = predictors::Target::kBoth;
  int members = 3;
  learning::TreeParams params;
};
OptionSchema trainer_options();
TrainingOptions training_options(const Options& options);

struct Trained {
  Model model;
  std::map<std::string, double> metrics;
};
/// Reads the training and the validation part once; the same input and options give the same model.
/// `given` are the options as they were asked for, for the model's `about`. A checkpoint holds the
/// members that are grown; seconds for 10,000 layouts.
Result<Trained> train(Dataset& dataset, const TrainingOptions& options, const Json& given,
                      Checkpoints& checkpoints, JobContext& job);

}  // namespace ptah::trees
