#include "predictor.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "model_file.hpp"
#include "quality.hpp"
#include "threads.hpp"

namespace ptah::nets {
namespace {

class NetPredictor final : public Predictor {
 public:
  NetPredictor(std::string plugin, int threads) : plugin_(std::move(plugin)), threads_(threads) {}

  bool needs_model() const noexcept override { return true; }

  Status load(const ModelFiles& files, JobContext&) override {
    return guarded([&]() -> Status {
      set_threads(threads_);
      PTAH_TRY(model_, read_model(files, plugin_));
      return ok();
    });
  }

  Result<std::vector<Prediction>> predict(const Circuit& circuit, const Tiles& tiles,
                                          const Technology&,
                                          const std::vector<Placement>& placements,
                                          JobContext& job) override {
    PTAH_TRY(check(circuit, tiles, placements));
    std::vector<Prediction> predictions;
    predictions.reserve(placements.size());
    PTAH_TRY(guarded([&]() -> Status {
      set_threads(threads_);
      PTAH_TRY(const auto painter, images::Painter::create(circuit, tiles, model_->grid));
      for (const Placement& placement : placements) {
        if (job.cancelled()) return cancelled_error();
        predictions.push_back(predict_one(painter, tiles, placement));
      }
      return ok();
    }));
    return predictions;
  }

 private:
  template <typename Work>
  Status guarded(const Work& work) const {
    try {
      return work();
    } catch (const std::exception& exception) {
      const std::string what = exception.what();
      return make_error(ErrorCode::kPluginFailed,
                        "LibTorch failed: " + what.substr(0, what.find('\n')) + ".",
                        "predictor " + plugin_);
    }
  }

  Status check(const Circuit& circuit, const Tiles& tiles,
               const std::vector<Placement>& placements) const {
    if (!model_) {
      return make_error(ErrorCode::kInvalidArgument, "This predictor has no model yet.",
                        "predictor " + plugin_);
    }
    return predictors::check_placements(model_->circuits,
                                        model_->about.value("circuit", std::string()), circuit,
                                        tiles, placements);
  }

  /// Alone: within a batch the last bits depend on the place in it, by the kernels that LibTorch
  /// chooses for a processor. A batch of 32 would save a fifth with small networks.
  Prediction predict_one(const images::Painter& painter, const Tiles& tiles,
                         const Placement& placement) const {
    std::vector<std::uint8_t> bytes(painter.bytes());
    painter.paint(placement, bytes);
    const auto odds = member_odds(*model_, to_batch(bytes, model_->grid));
    const auto members = static_cast<double>(odds.size());
    double sum = 0, squares = 0;
    for (const auto& member : odds) sum += model_->calibration.probability(member.front());
    Prediction prediction;
    prediction.cost = sum / members;
    if (odds.size() > 1) {
      for (const auto& member : odds) {
        const double off = model_->calibration.probability(member.front()) - prediction.cost;
        squares += off * off;
      }
      prediction.uncertainty = std::sqrt(squares / (members - 1));
    }
    prediction.far = model_->near.far(predictors::centres(tiles, placement));
    if (!std::isfinite(prediction.cost)) {  // Numbers ran over: nothing is known of it.
      prediction.cost = 1;
      prediction.uncertainty.reset();
      prediction.far = true;
    }
    return prediction;
  }

  std::string plugin_;
  int threads_;
  std::optional<Model> model_;
};

}  // namespace

std::unique_ptr<Predictor> make_predictor(std::string plugin, int threads) {
  return std::make_unique<NetPredictor>(std::move(plugin), threads);
}

}  // namespace ptah::nets
