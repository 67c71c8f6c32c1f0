#include "placements.hpp"

#include <cmath>

#include "maze_router.hpp"
#include "placer.hpp"
#include "ptah/core/random.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"
#include "tiles.hpp"

namespace ptah::agreement {

Result<Circuit> circuit_of(const CircuitFolder& folder, std::uint64_t seed,
                           const Technology& technology) {
  PTAH_TRY(SpiceCircuit spice, read_spice(folder.netlist, folder.netlist_name, technology));
  if (!folder.pairs.empty()) {
    PTAH_TRY(read_pairs(folder.pairs, folder.name, spice.circuit));
  }
  const std::vector<int> allowed =
      folder.allowed_fingers.empty() ? std::vector<int>{2, 4, 6} : folder.allowed_fingers;
  PTAH_TRY(const FingerSpace space, FingerSpace::create(spice.circuit, allowed));
  return with_fingers(spice.circuit, space.at(space.sample(1, Rng(seed)).front()));
}

Status each_placement(const Circuit& circuit, int count, std::uint64_t seed,
                      const Technology& technology,
                      const std::function<void(const gds::Flat&)>& use) {
  Tiles tiles;
  for (const Device& device : circuit.devices) {
    PTAH_TRY(Tile tile, sky130::generate_tile(device, technology));
    tiles.push_back(std::move(tile));
  }
  const auto clearances = sequence_pair::clearances(tiles, technology);
  maze::MazeRouter router{maze::MazeOptions{}};
  for (int tries = 0, done = 0; done < count && tries < 2 * count + 10; ++tries) {
    Rng rng = Rng(seed).fork(static_cast<std::uint64_t>(tries));
    sequence_pair::Params params;
    params.elites = 1;
    params.max_nodes = 50;
    params.iterations = 3000;
    for (std::size_t net = 0; net < circuit.nets.size(); ++net) {
      params.weights[static_cast<NetId>(net)] = std::exp2(static_cast<double>(rng.below(7)) - 3);
    }
    SimpleJobContext job(seed + static_cast<std::uint64_t>(tries));
    sequence_pair::Stats stats;
    const auto placed = sequence_pair::place(circuit, tiles, clearances, params, job, stats);
    if (!placed && tries == 0) return placed.error();
    if (!placed) continue;
    const auto layout = router.route(circuit, tiles, placed.value(), technology, job, nullptr);
    if (!layout) continue;
    const gds::Library library =
        gds::from_layout(circuit, tiles, layout.value(), technology, circuit.name);
    PTAH_TRY(const gds::Flat flat, gds::flatten(library, circuit.name, technology));
    use(flat);
    ++done;
  }
  return ok();
}

}  // namespace ptah::agreement
