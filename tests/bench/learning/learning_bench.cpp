// Processor time of what comes before and after a training, on strewn placements of 31 devices in
// memory, with labels that two pairs of devices decide and a little noise:
//   check/N      all of check_dataset: features, probes, learning curve, shuffled labels
//   evaluate/N   all of evaluate_model with the probes beside, for a predictor that takes no time
#include <benchmark/benchmark.h>

#include <cmath>

#include "fake_dataset.hpp"
#include "learning/check.hpp"
#include "learning/evaluate.hpp"
#include "small_circuit.hpp"

namespace {

using namespace ptah;

constexpr std::size_t kDevices = 31;

Circuit many_devices() {
  Circuit circuit = contract::small_amplifier();
  const std::vector<Device> devices = circuit.devices;
  Rng rng(1);
  while (circuit.nets.size() < 24)
    circuit.nets.push_back({"n" + std::to_string(circuit.nets.size())});
  while (circuit.devices.size() < kDevices) {
    Device device = devices[circuit.devices.size() % devices.size()];
    device.name = "X" + std::to_string(circuit.devices.size());
    for (NetId& net : device.nets) net = static_cast<NetId>(rng.below(circuit.nets.size()));
    circuit.devices.push_back(std::move(device));
  }
  return circuit;
}

class Planted final : public Dataset {
 public:
  explicit Planted(std::size_t size)
      : strewn_(many_devices(), contract::blank_tiles(many_devices()), size) {
    for (std::size_t i = 0; i < size; ++i) {
      const learning::Features features = learning::features_of({strewn_.read(i).value()});
      const auto row = features.centres.row(0);
      labels_.push_back(std::exp(6 * (row[2] - 0.5) * (row[7] - 0.5) +
                                 4 * (row[21] - 0.5) * (row[40] - 0.5) + Rng(i).uniform()));
    }
  }
  const Technology& technology() const override { return strewn_.technology(); }
  std::size_t size() const override { return labels_.size(); }
  double label(std::size_t index) const override { return labels_[index]; }
  std::size_t design(std::size_t) const override { return 0; }
  std::size_t designs() const override { return 1; }
  Split split(std::size_t index) const override { return split_of(std::to_string(index)); }
  Result<Example> read(std::size_t index) override {
    PTAH_TRY(Example example, strewn_.read(index));
    example.label = labels_[index];
    return example;
  }

 private:
  ptah::test::FakeDataset strewn_;
  std::vector<double> labels_;
};

void check(benchmark::State& state) {
  Planted dataset(static_cast<std::size_t>(state.range(0)));
  SimpleJobContext job;
  double trees = 0;
  for ([[maybe_unused]] auto _ : state) {
    const auto report = learning::check_dataset(dataset, {}, job);
    if (!report) {
      state.SkipWithError(report.error().message.c_str());
      return;
    }
    trees = report.value()["probes"]["trees"]["auroc"][0];
  }
  state.counters["auroc_trees"] = trees;
}

void evaluate(benchmark::State& state) {
  Planted dataset(static_cast<std::size_t>(state.range(0)));
  SimpleJobContext job;
  const learning::Predict predict =
      [](const Design&,
         const std::vector<Placement>& placements) -> Result<std::vector<Prediction>> {
    std::vector<Prediction> predictions(placements.size());
    for (std::size_t i = 0; i < placements.size(); ++i)
      predictions[i].cost = placements[i].tiles.front().origin.x;
    return predictions;
  };
  for ([[maybe_unused]] auto _ : state) {
    const auto evaluation = learning::evaluate_model(dataset, predict, {}, job);
    if (!evaluation) {
      state.SkipWithError(evaluation.error().message.c_str());
      return;
    }
  }
}

BENCHMARK(check)->Arg(2048)->Arg(16384)->Unit(benchmark::kMillisecond)->Iterations(1);
BENCHMARK(evaluate)->Arg(2048)->Arg(16384)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace

BENCHMARK_MAIN();
