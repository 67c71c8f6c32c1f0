/// What a placement costs on its way to a prediction, on one core: its picture, the baseline
/// network, networks as a search draws them, and a step of training of each. The circuit is of the
/// size of the large amplifiers (45 devices); placements are strewn, which costs the same.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <cstdio>

#include "fake_dataset.hpp"
#include "fit.hpp"
#include "propagation.hpp"
#include "threads.hpp"

namespace {

using namespace ptah;

constexpr int kDevices = 45, kNets = 30, kBatch = 32;

Design design() {
  Rng rng(1);
  Design design;
  design.circuit.name = "bench";
  for (int i = 0; i < kNets; ++i) design.circuit.nets.push_back({"n" + std::to_string(i)});
  for (int i = 0; i < kDevices; ++i) {
    Device device;
    device.name = "M" + std::to_string(i);
    device.kind = i % 2 == 0 ? DeviceKind::kNmos : DeviceKind::kPmos;
    for (int k = 0; k < 4; ++k) device.nets.push_back(static_cast<NetId>(rng.below(kNets)));
    device.channels = {1 + i % 5};
    design.circuit.devices.push_back(device);
    Tile tile;
    tile.kind = device.kind;
    tile.outline = {0, 0, 2000 + static_cast<Dbu>(rng.below(80)) * 100, 4000};
    Dbu y = 400;
    for (const std::string_view name : terminal_names(device.kind, 4)) {
      TilePin pin{std::string(name), {}};
      for (int bar = 0; bar < 4; ++bar)
        pin.access.push_back({1, {600 + bar * 300, y, 700 + bar * 300, y + 200}});
      tile.pins.push_back(pin);
      y += 600;
    }
    design.tiles.push_back(tile);
  }
  return design;
}

struct Scene {
  nets::TrainingData data;

  Scene() {
    Design made = design();
    test::FakeDataset dataset(made.circuit, made.tiles, 400);
    SimpleJobContext job;
    data = predictors::read_training_data(dataset, job).value();
  }
};
const Scene& scene() {
  static const Scene scene;
  return scene;
}

nets::Architecture architecture(std::int64_t index) {
  nets::Architecture made;
  if (index < 0) return made;
  made = nets::plain_nas();
  if (index == 0) return made;
  Rng rng(static_cast<std::uint64_t>(index));
  made.dags = nets::Propagation().draw(rng);
  return made;
}

void picture(benchmark::State& state) {
  const auto pictures = nets::Pictures::create(scene().data, 64);
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(pictures.value().bytes(scene().data.train[i++ % 200]));
  }
}
BENCHMARK(picture)->Unit(benchmark::kMillisecond);

void expansion(benchmark::State& state) {
  const auto pictures = nets::Pictures::create(scene().data, 64);
  const auto bytes = pictures.value().bytes(scene().data.train[0]);
  for (auto _ : state) benchmark::DoNotOptimize(nets::to_batch(bytes, 64));
}
BENCHMARK(expansion)->Unit(benchmark::kMillisecond);

void answer(benchmark::State& state) {
  const auto made = architecture(state.range(0));
  const auto network = nets::make_network(made, 64, Rng(1));
  const auto pictures = nets::Pictures::create(scene().data, 64);
  std::vector<const nets::Sample*> samples;
  for (std::size_t i = 0; i < static_cast<std::size_t>(state.range(1)); ++i)
    samples.push_back(&scene().data.train[i]);
  const c10::InferenceMode inference;
  const at::Tensor batch = pictures.value().batch(samples);
  for (auto _ : state) benchmark::DoNotOptimize(network->forward(batch, false));
  const nets::Size size = nets::size_of(made, 64);
  state.counters["mmac"] = size.mmac;
  state.counters["estimated_ms"] = size.milliseconds;
  state.counters["a_placement"] = benchmark::Counter(
      static_cast<double>(state.range(1)),
      benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
// -1: the baseline; 0: the plain network; others: drawn with that seed.
BENCHMARK(answer)
    ->ArgsProduct({{-1, 0, 1, 2, 3, 4, 5, 6, 7, 8}, {kBatch}})
    ->Args({-1, 1})
    ->Args({0, 1})
    ->Unit(benchmark::kMillisecond);

void step(benchmark::State& state) {
  const auto grid = static_cast<int>(state.range(1));
  const auto pictures = nets::Pictures::create(scene().data, grid);
  nets::FitOptions options;
  options.grid = grid;
  options.epochs = 1'000'000;
  nets::Fit fit(scene().data, pictures.value(), architecture(state.range(0)), options, 1);
  for (auto _ : state) benchmark::DoNotOptimize(fit.step());
}
BENCHMARK(step)->ArgsProduct({{-1, 0, 1, 2, 3}, {32, 64}})->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
  nets::set_threads(1);
  std::printf("%s\n", nets::describe_blas().c_str());
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
