#include <optional>

#include "linear_model.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

constexpr std::size_t kMostBytes = 512u << 20;

class LinearPredictor final : public ptah::Predictor {
 public:
  explicit LinearPredictor(const ptah::Options&) {}
  static ptah::OptionSchema options() { return {}; }

  bool needs_model() const noexcept override { return true; }

  ptah::Status load(const ptah::ModelFiles& files, ptah::JobContext&) override {
    const auto found = files.find("linear.json");
    if (found == files.end()) {
      return ptah::make_error(ptah::ErrorCode::kInvalidArgument,
                              "The model has no file `linear.json`.", "linear");
    }
    PTAH_TRY(const std::string text, ptah::read_text_file(found->second, kMostBytes));
    PTAH_TRY(model_, ptah::linear::from_text(text));
    return ptah::ok();
  }

  ptah::Result<std::vector<ptah::Prediction>> predict(
      const ptah::Circuit& circuit, const ptah::Tiles& tiles, const ptah::Technology&,
      const std::vector<ptah::Placement>& placements, ptah::JobContext& job) override {
    if (!model_ || ptah::linear::feature_names(circuit) != model_->features) {
      return ptah::make_error(ptah::ErrorCode::kInvalidArgument,
                              "The model was trained with a circuit of other nets.",
                              "circuit " + circuit.name);
    }
    std::vector<ptah::Prediction> predictions;
    predictions.reserve(placements.size());
    for (const ptah::Placement& placement : placements) {
      if (job.cancelled()) return ptah::cancelled_error();
      predictions.push_back(model_->predict(ptah::linear::features(circuit, tiles, placement)));
    }
    return predictions;
  }

 private:
  std::optional<ptah::linear::Model> model_;
};

}  // namespace

PTAH_PLUGIN(ptah::Predictor, LinearPredictor, "linear", "1.0.0",
            "A line through the nets' half-perimeters, with its uncertainty.")
