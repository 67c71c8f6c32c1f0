#include "layouts.hpp"

#include <algorithm>

#include "maze_router.hpp"
#include "placer.hpp"
#include "ptah/core/random.hpp"
#include "ptah/netlist/circuit_folder.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"
#include "tiles.hpp"

namespace ptah::agreement {

Status each_layout(const std::string& folder, int count, std::uint64_t seed,
                   const Technology& technology, const std::function<bool(const Sample&)>& use) {
  PTAH_TRY(const CircuitFolder files, read_circuit_folder(folder));
  PTAH_TRY(SpiceCircuit spice, read_spice(files.netlist, files.netlist_name, technology));
  if (!files.pairs.empty()) {
    PTAH_TRY(read_pairs(files.pairs, files.name, spice.circuit));
  }
  const std::vector<int> allowed =
      files.allowed_fingers.empty() ? std::vector<int>{2, 4, 6} : files.allowed_fingers;
  PTAH_TRY(const FingerSpace space, FingerSpace::create(spice.circuit, allowed));
  constexpr int kShifts = 3;
  const int assignments = (count + kShifts) / (kShifts + 1);
  int left = count;
  maze::MazeRouter router{maze::MazeOptions{}};
  for (const std::int64_t index : space.sample(assignments, Rng(seed))) {
    Sample sample;
    PTAH_TRY(sample.circuit, with_fingers(spice.circuit, space.at(index)));
    sample.top = files.name + "_" + std::to_string(index);
    Tiles tiles;
    for (const Device& device : sample.circuit.devices) {
      PTAH_TRY(Tile tile, sky130::generate_tile(device, technology));
      tiles.push_back(std::move(tile));
    }
    SimpleJobContext job(seed);
    sequence_pair::Stats stats;
    PTAH_TRY(
        const Placement placed,
        sequence_pair::place(sample.circuit, tiles, sequence_pair::clearances(tiles, technology),
                             sequence_pair::Params{}, job, stats));
    auto layout = router.route(sample.circuit, tiles, placed, technology, job, nullptr);
    if (!layout) continue;
    const auto show = [&](const std::string& name) {
      sample.name = name;
      sample.library =
          gds::from_layout(sample.circuit, tiles, layout.value(), technology, sample.top);
      --left;
      return use(sample);
    };
    if (left == 0 || !show(sample.top)) return ok();
    Rng rng = Rng(seed).fork(static_cast<std::uint64_t>(index));
    for (int done = 0, tries = 0; done < kShifts && tries < 1000 && left > 0; ++tries) {
      const auto device = rng.below(tiles.size());
      static constexpr Point kMoves[] = {{0, 100}, {0, -100}, {-100, 0}, {100, 0}};
      Placement moved = layout.value().placement;
      PlacedTile& tile = moved.tiles[device];
      tile.origin = tile.origin + kMoves[rng.below(4)];
      if (!tile.slot.contains(placed_outline(tiles[device], tile))) continue;
      auto next =
          router.reroute(sample.circuit, tiles, moved, layout.value(), technology, job, nullptr);
      if (!next) continue;
      layout = std::move(next.value());
      ++done;
      if (!show(sample.top + " shift " + std::to_string(done))) return ok();
    }
  }
  return ok();
}

}  // namespace ptah::agreement
