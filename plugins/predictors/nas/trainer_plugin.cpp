#include "adapters.hpp"
#include "options.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class NasTrainer final : public ptah::nets::TrainerAdapter {
 public:
  explicit NasTrainer(const ptah::Options& options) : TrainerAdapter("nas", options) {}
  static ptah::OptionSchema options() { return ptah::nets::nas_trainer_options(); }
};

}  // namespace

PTAH_PLUGIN(ptah::Trainer, NasTrainer, "nas", "1.0.0",
            "A network out of six guide-DAGs on pictures of placements, searched for each circuit.")
