#include <optional>

#include "placement_frame.hpp"
#include "ptah/plugin/plugin.hpp"
#include "trees_model.hpp"

namespace {

class TreesPredictor final : public ptah::Predictor {
 public:
  explicit TreesPredictor(const ptah::Options&) {}
  static ptah::OptionSchema options() { return {}; }

  bool needs_model() const noexcept override { return true; }

  ptah::Status load(const ptah::ModelFiles& files, ptah::JobContext&) override {
    PTAH_TRY(model_, ptah::trees::read_model(files));
    return ptah::ok();
  }

  ptah::Result<std::vector<ptah::Prediction>> predict(
      const ptah::Circuit& circuit, const ptah::Tiles& tiles, const ptah::Technology&,
      const std::vector<ptah::Placement>& placements, ptah::JobContext& job) override {
    if (!model_) {
      return ptah::make_error(ptah::ErrorCode::kInvalidArgument, "This predictor has no model yet.",
                              "predictor trees");
    }
    PTAH_TRY(ptah::predictors::check_placements(model_->circuits,
                                                model_->about.value("circuit", std::string()),
                                                circuit, tiles, placements));
    const ptah::PlacementFrame frame(circuit);
    if (frame.names() != model_->features) {
      return ptah::make_error(ptah::ErrorCode::kInvalidArgument,
                              "The model was trained with other matched devices.",
                              "circuit " + circuit.name, "Train one with layouts of this circuit.");
    }
    std::vector<ptah::Prediction> predictions;
    predictions.reserve(placements.size());
    std::vector<double> row(frame.width());
    for (const ptah::Placement& placement : placements) {
      if (job.cancelled()) return ptah::cancelled_error();
      frame.write(tiles, placement, row);
      predictions.push_back(model_->predict(row));
      predictions.back().far = model_->near.far(ptah::predictors::centres(tiles, placement));
    }
    return predictions;
  }

 private:
  std::optional<ptah::trees::Model> model_;
};

}  // namespace

PTAH_PLUGIN(
    ptah::Predictor, TreesPredictor, "trees", "1.0.0",
    "Probability of being among the worst quarter, by boosted trees on where devices stand.")
