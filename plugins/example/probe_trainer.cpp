// The plainest thing that can be learnt: a straight line from wire length to the label. Its model
// is one JSON file, for the predictor of the same name (probe_predictor.cpp).
#include <fstream>
#include <ptah/plugin/plugin.hpp>

namespace {

class ProbeTrainer final : public ptah::Trainer {
 public:
  explicit ProbeTrainer(const ptah::Options&) {}
  static ptah::OptionSchema options() { return {}; }

  ptah::Result<ptah::TrainedModel> train(ptah::Dataset& dataset, ptah::Checkpoints&,
                                         ptah::JobContext& job) override {
    double count = 0, x = 0, y = 0, xx = 0, xy = 0;
    for (std::size_t i = 0; i < dataset.size(); ++i) {
      if (job.cancelled()) return ptah::cancelled_error();
      if (dataset.split(i) != ptah::Split::kTrain) continue;  // the rest judges us
      PTAH_TRY(const ptah::Example example, dataset.read(i));
      const double length =
          static_cast<double>(
              ptah::hpwl(example.design->circuit, example.design->tiles, example.placement)) /
          1000;  // um
      ++count, x += length, y += example.label, xx += length * length, xy += length * example.label;
      job.progress(double(i + 1) / double(dataset.size()), "reading");
    }
    const double spread = count * xx - x * x;
    if (!(spread > 0)) {
      return ptah::make_error(ptah::ErrorCode::kInvalidArgument,
                              "A line needs layouts of two different wire lengths.",
                              "trainer probe", "Train with more layouts.");
    }
    const double slope = (count * xy - x * y) / spread, start = (y - slope * x) / count;
    const auto file = job.scratch_dir() / "line.json";
    std::ofstream(file) << ptah::Json{{"start", start}, {"slope", slope}};
    return ptah::TrainedModel{{{"line.json", file}}, {{"slope", slope}}};
  }
};

}  // namespace

PTAH_PLUGIN(ptah::Trainer, ProbeTrainer, "probe", "1.0.0", "A line from wire length to the label.")
