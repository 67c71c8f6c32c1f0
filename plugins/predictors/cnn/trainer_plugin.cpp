#include "adapters.hpp"
#include "options.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class CnnTrainer final : public ptah::nets::TrainerAdapter {
 public:
  explicit CnnTrainer(const ptah::Options& options) : TrainerAdapter("cnn", options) {}
  static ptah::OptionSchema options() { return ptah::nets::cnn_trainer_options(); }
};

}  // namespace

PTAH_PLUGIN(ptah::Trainer, CnnTrainer, "cnn", "1.0.0",
            "A convolutional network on pictures of placements, 2-D or 3-D.")
