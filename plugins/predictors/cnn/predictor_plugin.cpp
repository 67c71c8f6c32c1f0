#include "adapters.hpp"
#include "options.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class CnnPredictor final : public ptah::nets::PredictorAdapter {
 public:
  explicit CnnPredictor(const ptah::Options& options) : PredictorAdapter("cnn", options) {}
  static ptah::OptionSchema options() { return ptah::nets::predictor_options(); }
};

}  // namespace

PTAH_PLUGIN(ptah::Predictor, CnnPredictor, "cnn", "1.0.0",
            "Probability of being among the worst quarter, by a convolutional network.")
