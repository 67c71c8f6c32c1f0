// Reads the line that probe_trainer.cpp drew. The file is anybody's: what does not fit is an error.
#include <fstream>
#include <ptah/plugin/plugin.hpp>

namespace {

class ProbePredictor final : public ptah::Predictor {
 public:
  explicit ProbePredictor(const ptah::Options&) {}
  static ptah::OptionSchema options() { return {}; }

  bool needs_model() const noexcept override { return true; }

  ptah::Status load(const ptah::ModelFiles& files, ptah::JobContext&) override {
    const auto found = files.find("line.json");
    const ptah::Json json = found == files.end()
                                ? ptah::Json()
                                : ptah::Json::parse(std::ifstream(found->second), nullptr, false);
    if (!json.is_object() || !json.value("start", ptah::Json()).is_number() ||
        !json.value("slope", ptah::Json()).is_number()) {
      return ptah::make_error(ptah::ErrorCode::kParse, "This is no model of probe.", "line.json");
    }
    start_ = json["start"];
    slope_ = json["slope"];
    return ptah::ok();
  }

  ptah::Result<std::vector<ptah::Prediction>> predict(
      const ptah::Circuit& circuit, const ptah::Tiles& tiles, const ptah::Technology&,
      const std::vector<ptah::Placement>& placements, ptah::JobContext& job) override {
    std::vector<ptah::Prediction> predictions;
    for (const ptah::Placement& placement : placements) {
      if (job.cancelled()) return ptah::cancelled_error();
      const double length =
          static_cast<double>(ptah::hpwl(circuit, tiles, placement)) / 1000;  // um
      predictions.push_back({start_ + slope_ * length, std::nullopt, false});
    }
    return predictions;
  }

 private:
  double start_ = 0, slope_ = 0;
};

}  // namespace

PTAH_PLUGIN(ptah::Predictor, ProbePredictor, "probe", "1.0.0",
            "A line from wire length to the label.")
