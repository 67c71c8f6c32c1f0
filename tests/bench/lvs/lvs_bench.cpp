// Processor time of native_lvs, connectivity and recognition of the devices included:
//   scratch/CIRCUIT   a placed and routed layout against its schematic
//   array/N           N devices: copies of a routed five-transistor OTA side by side, which share
//                     the substrate alone, against as many copies of its schematic. All copies are
//                     alike, which is the hard case of a comparison. The complexity is fitted.
#include <benchmark/benchmark.h>

#include <memory>

#include "bench_layouts.hpp"
#include "native_lvs.hpp"

namespace {

using namespace ptah;
using bench::Drawn, bench::layout, bench::need, bench::technology;

void compare(benchmark::State& state, const Drawn& drawn) {
  for ([[maybe_unused]] auto _ : state) {
    const auto verdict = native::compare(drawn.flat, drawn.circuit, technology());
    if (!verdict || verdict.value().errors != 0) {
      state.SkipWithError(verdict ? verdict.value().summary.c_str()
                                  : verdict.error().message.c_str());
      break;
    }
  }
  state.counters["shapes"] = static_cast<double>(drawn.flat.shapes.size());
}

/// Without labels and ports, which would be as many shorts by name. Bulks of n-channel transistors
/// are one net, the substrate.
Drawn copies(const Drawn& one, int count) {
  Drawn all;
  NetId substrate = kNoNet;
  Rect extent = one.flat.shapes.front().rect;
  for (const Shape& shape : one.flat.shapes) extent = extent.united(shape.rect);
  for (const Device& device : one.circuit.devices) {
    if (device.kind == DeviceKind::kNmos) substrate = device.nets[terminal::kBulk];
  }
  all.circuit.nets = {{"substrate"}};
  for (int i = 0; i < count; ++i) {
    const Point at{(i % 6) * (extent.width() + 20'000), (i / 6) * (extent.height() + 20'000)};
    for (const Shape& shape : one.flat.shapes)
      all.flat.shapes.push_back({shape.layer, shape.rect.moved(at)});
    std::vector<NetId> nets;
    for (std::size_t n = 0; n < one.circuit.nets.size(); ++n) {
      const bool shared = static_cast<NetId>(n) == substrate;
      nets.push_back(shared ? 0 : static_cast<NetId>(all.circuit.nets.size()));
      if (!shared) all.circuit.nets.push_back({one.circuit.nets[n].name + "_" + std::to_string(i)});
    }
    for (Device device : one.circuit.devices) {
      device.name += "_" + std::to_string(i);
      for (NetId& net : device.nets) net = nets[static_cast<std::size_t>(net)];
      all.circuit.devices.push_back(std::move(device));
    }
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  for (const char* name : {"five_transistors_ota", "miller_ota", "ahuja_ota"}) {
    const auto drawn = std::make_shared<Drawn>(layout(name));
    benchmark::RegisterBenchmark((std::string("scratch/") + name).c_str(),
                                 [drawn](benchmark::State& state) { compare(state, *drawn); })
        ->Unit(benchmark::kMillisecond);
  }
  const auto one = std::make_shared<Drawn>(layout("five_transistors_ota"));
  bench::register_growth("array", [one](benchmark::State& state, int devices) {
    compare(state, copies(*one, devices / 5));
  });
  return bench::run_registered(argc, argv);
}
