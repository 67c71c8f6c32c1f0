// A predictor for tests: one probability for every placement, of which those that are wider than
// its model says are far.
#include "ptah/core/run_tool.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class ShyPredictor final : public ptah::Predictor {
 public:
  explicit ShyPredictor(const ptah::Options&) {}
  static ptah::OptionSchema options() { return {}; }

  bool needs_model() const noexcept override { return true; }

  ptah::Status load(const ptah::ModelFiles& files, ptah::JobContext&) override {
    PTAH_TRY(const std::string text, ptah::read_text_file(files.at("shy.json")));
    const ptah::Json model = ptah::Json::parse(text);
    prediction_ = {model.at("cost").get<double>(), model.at("uncertainty").get<double>()};
    widest_um_ = model.at("widest_um").get<double>();
    return ptah::ok();
  }

  ptah::Result<std::vector<ptah::Prediction>> predict(
      const ptah::Circuit&, const ptah::Tiles& tiles, const ptah::Technology&,
      const std::vector<ptah::Placement>& placements, ptah::JobContext&) override {
    std::vector<ptah::Prediction> predictions;
    for (const ptah::Placement& placement : placements) {
      predictions.push_back(prediction_);
      predictions.back().far =
          ptah::to_um(ptah::placement_outline(tiles, placement).width()) > widest_um_;
    }
    return predictions;
  }

 private:
  ptah::Prediction prediction_;
  double widest_um_ = 0;
};

}  // namespace

PTAH_PLUGIN(ptah::Predictor, ShyPredictor, "shy", "1.0.0", "Says what its model says.")
