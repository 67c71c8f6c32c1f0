// Processor time of native_pex. Layouts are placed and routed here, so that nothing outside the
// tree is needed. An engine extracts one layout after the other and keeps nothing of them but
// memory, so that each iteration is an extraction from scratch, connectivity included:
//   magic/CIRCUIT, foundry/CIRCUIT     capacitances by either calibration
//   network/CIRCUIT                    calibration magic with resistor networks
//   reduced/CIRCUIT                    the same, reduced to the circuit's terminals
//   array_magic/N, array_network/N     N tiles side by side; the complexity is fitted
#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "bench_layouts.hpp"
#include "native_pex.hpp"

namespace {

using namespace ptah;
using bench::array, bench::Drawn, bench::layout, bench::technology;

void extract(benchmark::State& state, const Drawn& drawn, const native::PexOptions& options) {
  native::PexEngine engine(options);
  std::size_t parts = 0;
  for ([[maybe_unused]] auto _ : state) {
    const auto netlist = engine.extract(drawn.flat, drawn.circuit, technology(), "top");
    if (!netlist) {
      state.SkipWithError(netlist.error().message.c_str());
      break;
    }
    parts = netlist.value().capacitors.size() + netlist.value().resistors.size();
  }
  state.counters["shapes"] = static_cast<double>(drawn.flat.shapes.size());
  state.counters["parts"] = static_cast<double>(parts);
}

}  // namespace

int main(int argc, char** argv) {
  const native::PexOptions magic;
  const native::PexOptions foundry{.calibration = native::Calibration::kFoundry};
  const native::PexOptions network{.resistance = native::Resistance::kNetwork};
  const native::PexOptions reduced{.resistance = native::Resistance::kReduced};
  for (const char* name : {"five_transistors_ota", "miller_ota", "ahuja_ota"}) {
    const auto drawn = std::make_shared<Drawn>(layout(name));
    const auto add = [&](const std::string& kind, const native::PexOptions& options) {
      benchmark::RegisterBenchmark((kind + "/" + name).c_str(), [=](benchmark::State& state) {
        extract(state, *drawn, options);
      })->Unit(benchmark::kMillisecond);
    };
    add("magic", magic);
    add("foundry", foundry);
    add("network", network);
    add("reduced", reduced);
  }
  for (const auto& [kind, options] :
       {std::pair{"array_magic", magic}, std::pair{"array_network", network}}) {
    bench::register_growth(kind, [options = options](benchmark::State& state, int devices) {
      extract(state, array(devices), options);
    });
  }
  return bench::run_registered(argc, argv);
}
