#include "ptah/plugin/plugin.hpp"

#include "guided_sampling.hpp"

namespace {

using ptah::OptionType;
using ptah::guided::Params;
using ptah::guided::Ranking;

class GuidedExplorer final : public ptah::Explorer {
 public:
  explicit GuidedExplorer(const ptah::Options& options) {
    params_.samples = static_cast<int>(options.integer("samples"));
    params_.keep = static_cast<int>(options.integer("keep"));
    params_.most_weight = options.real("most_weight");
    const std::string& ranking = options.text("ranking");
    params_.ranking = ranking == "wires"    ? Ranking::kWires
                      : ranking == "chance" ? Ranking::kChance
                                            : Ranking::kPredictor;
  }

  static ptah::OptionSchema options() {
    const Params d;
    return {
        {"samples",
         OptionType::kInt,
         d.samples,
         "Placements drawn before the best are taken.",
         1,
         100000,
         {}},
        {"keep",
         OptionType::kInt,
         d.keep,
         "The best of them, which are routed and simulated.",
         1,
         100000,
         {}},
        {"most_weight",
         OptionType::kReal,
         d.most_weight,
         "Net weights of a placement lie between one over this and this.",
         1,
         1000,
         {}},
        {"ranking",
         OptionType::kText,
         "predictor",
         "What says which are best: the flow's predictor, wires (half-perimeter wire length) or "
         "chance.",
         {},
         {},
         {"predictor", "wires", "chance"}}};
  }

  ptah::Status explore(ptah::DesignSpace& space, ptah::JobContext& job) override {
    ptah::guided::Stats stats;
    return ptah::guided::explore(space, params_, job, stats);
  }

 private:
  Params params_;
};

}  // namespace

PTAH_PLUGIN(ptah::Explorer, GuidedExplorer, "guided", "1.0.0",
            "Draws placements by the hundred, and routes and simulates those a predictor prefers.")
