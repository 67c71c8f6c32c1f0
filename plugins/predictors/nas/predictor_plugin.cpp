#include "adapters.hpp"
#include "options.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class NasPredictor final : public ptah::nets::PredictorAdapter {
 public:
  explicit NasPredictor(const ptah::Options& options) : PredictorAdapter("nas", options) {}
  static ptah::OptionSchema options() { return ptah::nets::predictor_options(); }
};

}  // namespace

PTAH_PLUGIN(ptah::Predictor, NasPredictor, "nas", "1.0.0",
            "Probability of being among the worst quarter, by a searched network.")
