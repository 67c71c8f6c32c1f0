#include "ptah/core/run_tool.hpp"
#include "ptah/plugin/plugin.hpp"
#include "training.hpp"

namespace {

class LinearTrainer final : public ptah::Trainer {
 public:
  explicit LinearTrainer(const ptah::Options&) {}
  static ptah::OptionSchema options() { return {}; }

  ptah::Result<ptah::TrainedModel> train(ptah::Dataset& dataset, ptah::Checkpoints& checkpoints,
                                         ptah::JobContext& job) override {
    PTAH_TRY(const auto trained, ptah::linear::train(dataset, checkpoints, job));
    const auto file = job.scratch_dir() / "linear.json";
    PTAH_TRY(ptah::write_text_file(file, ptah::linear::to_text(trained.model),
                                   ptah::Durability::kCached));
    return ptah::TrainedModel{{{"linear.json", file}},
                              {{"validation_rmse", trained.validation_rmse},
                               {"label_deviation", trained.label_deviation},
                               {"ridge", trained.ridge}}};
  }
};

}  // namespace

PTAH_PLUGIN(ptah::Trainer, LinearTrainer, "linear", "1.0.0",
            "Bayesian linear regression on the nets' half-perimeters, one circuit a model.")
