/// What the benchmarks of the native engines share.
#pragma once

#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "ptah/layout/gds.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"
#include "tiles.hpp"

namespace ptah::bench {

inline const Technology& technology() {
  return Technology::ptah130();
}

/// A benchmark without its layout has nothing to measure: says why and exits.
template <typename T>
T need(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().text().c_str());
  std::exit(1);
}

struct Drawn {
  Circuit circuit;
  gds::Flat flat;
};

/// Tiles of the five-transistor OTA side by side in rows, again and again. No ports: nothing is
/// wired, and the circuit stays empty.
inline Drawn array(int devices) {
  const std::string file = std::string(PTAH_SOURCE_DIR) +
                           "/configs/circuits/five_transistors_ota/five_transistors_ota.sp";
  const Circuit plain = need(read_spice_file(file, technology())).circuit;
  const FingerSpace space = need(FingerSpace::create(plain, {4}));
  const Circuit circuit = need(with_fingers(plain, space.at(0)));
  Drawn drawn;
  constexpr Dbu kPitch = 20'000;
  for (int i = 0; i < devices; ++i) {
    const Device& device = circuit.devices[static_cast<std::size_t>(i) % circuit.devices.size()];
    const Tile tile = need(sky130::generate_tile(device, technology()));
    const Point at{(i % 12) * kPitch, (i / 12) * kPitch};
    for (const Shape& shape : tile.shapes)
      drawn.flat.shapes.push_back({shape.layer, shape.rect.moved(at)});
  }
  return drawn;
}

/// `name`/N for 5 to 150 devices, with the order of growth fitted. `run(state, devices)`.
template <typename Run>
void register_growth(const char* name, Run run) {
  benchmark::RegisterBenchmark(name,
                               [run](benchmark::State& state) {
                                 run(state, static_cast<int>(state.range(0)));
                                 state.SetComplexityN(state.range(0));
                               })
      ->Arg(5)
      ->Arg(15)
      ->Arg(50)
      ->Arg(150)
      ->Unit(benchmark::kMillisecond)
      ->Complexity();
}

/// What `main` returns.
inline int run_registered(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace ptah::bench
