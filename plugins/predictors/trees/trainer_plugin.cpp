#include "ptah/plugin/plugin.hpp"
#include "training.hpp"

namespace {

class TreesTrainer final : public ptah::Trainer {
 public:
  explicit TreesTrainer(const ptah::Options& options)
      : given_(options.json()), options_(ptah::trees::training_options(options)) {}
  static ptah::OptionSchema options() { return ptah::trees::trainer_options(); }

  ptah::Result<ptah::TrainedModel> train(ptah::Dataset& dataset, ptah::Checkpoints& checkpoints,
                                         ptah::JobContext& job) override {
    PTAH_TRY(const auto trained, ptah::trees::train(dataset, options_, given_, checkpoints, job));
    PTAH_TRY(const auto files, ptah::trees::write_model(trained.model, job.scratch_dir()));
    return ptah::TrainedModel{files, trained.metrics};
  }

 private:
  ptah::Json given_;
  ptah::trees::TrainingOptions options_;
};

}  // namespace

PTAH_PLUGIN(ptah::Trainer, TreesTrainer, "trees", "1.0.0",
            "Boosted trees on where devices stand, one circuit a model; seconds.")
