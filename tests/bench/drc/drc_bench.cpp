// Processor time of native_drc. Layouts are placed and routed here, so that nothing outside the
// tree is needed:
//   scratch/CIRCUIT    a new engine on a layout (the rules are compiled before)
//   move/CIRCUIT       an engine that knows the layout gets it with one tile shifted and its wires
//                      routed again, and back
//   array/N            a new engine on N tiles side by side; the complexity is fitted
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "bench_tiles.hpp"
#include "engine.hpp"
#include "maze_router.hpp"
#include "placer.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/netlist/circuit_folder.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"
#include "tiles.hpp"

namespace {

using namespace ptah;
using bench::array, bench::need, bench::technology;

const native::drc::Plan& plan() {
  static const native::drc::Plan made = need(native::drc::Plan::compile(technology()));
  return made;
}

gds::Flat flat(const Circuit& circuit, const Tiles& tiles, const Layout& layout) {
  return need(gds::flatten(gds::from_layout(circuit, tiles, layout, technology(), "top"), "top",
                           technology()));
}

/// A routed layout, and the same with one tile shifted.
struct Pair {
  gds::Flat before, after;
};

Pair layouts(const std::string& name) {
  const std::string file =
      std::string(PTAH_SOURCE_DIR) + "/configs/circuits/" + name + "/" + name + ".sp";
  const Circuit plain = need(read_spice_file(file, technology())).circuit;
  const FingerSpace space = need(FingerSpace::create(plain, {2, 4, 6}));
  maze::MazeRouter router{maze::MazeOptions{}};
  SimpleJobContext job(1);
  for (const std::int64_t index : space.sample(10, Rng(1))) {
    const Circuit circuit = need(with_fingers(plain, space.at(index)));
    Tiles tiles;
    for (const Device& device : circuit.devices) {
      tiles.push_back(need(sky130::generate_tile(device, technology())));
    }
    sequence_pair::Stats stats;
    const Placement placement =
        need(sequence_pair::place(circuit, tiles, sequence_pair::clearances(tiles, technology()),
                                  sequence_pair::Params{}, job, stats));
    maze::MazeStats routing;
    const auto layout = router.route(circuit, tiles, placement, technology(), job, &routing);
    if (!layout) continue;
    for (std::size_t device = 0; device < tiles.size(); ++device) {
      for (const Point by : {Point{kPlacementGrid, 0}, Point{0, kPlacementGrid}}) {
        Placement moved = placement;
        moved.tiles[device].origin = moved.tiles[device].origin + by;
        if (!moved.tiles[device].slot.contains(placed_outline(tiles[device], moved.tiles[device])))
          continue;
        const auto next =
            router.reroute(circuit, tiles, moved, layout.value(), technology(), job, &routing);
        if (next) return {flat(circuit, tiles, layout.value()), flat(circuit, tiles, next.value())};
      }
    }
  }
  std::fprintf(stderr, "No assignment of %s could be routed.\n", name.c_str());
  std::exit(1);
}

void expect_clean(const Result<Verdict>& verdict, benchmark::State& state) {
  if (!verdict || !verdict.value().clean) {
    state.SkipWithError(verdict ? verdict.value().summary.c_str()
                                : verdict.error().message.c_str());
  }
}

void scratch(benchmark::State& state, const gds::Flat& layout) {
  SimpleJobContext job;
  for ([[maybe_unused]] auto _ : state) {
    native::drc::Engine engine(plan());
    expect_clean(engine.check(layout, job), state);
  }
  state.counters["shapes"] = static_cast<double>(layout.shapes.size());
}

void move(benchmark::State& state, const Pair& pair) {
  SimpleJobContext job;
  native::drc::Engine engine(plan());
  expect_clean(engine.check(pair.before, job), state);
  bool there = false;
  for ([[maybe_unused]] auto _ : state) {
    there = !there;
    expect_clean(engine.check(there ? pair.after : pair.before, job), state);
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (const char* name : {"five_transistors_ota", "miller_ota", "ahuja_ota"}) {
    const auto pair = std::make_shared<Pair>(layouts(name));
    benchmark::RegisterBenchmark((std::string("scratch/") + name).c_str(),
                                 [pair](benchmark::State& s) { scratch(s, pair->before); })
        ->Unit(benchmark::kMillisecond);
    benchmark::RegisterBenchmark((std::string("move/") + name).c_str(), [pair](
                                                                            benchmark::State& s) {
      move(s, *pair);
    })->Unit(benchmark::kMillisecond);
  }
  bench::register_growth(
      "array", [](benchmark::State& state, int devices) { scratch(state, array(devices).flat); });
  return bench::run_registered(argc, argv);
}
