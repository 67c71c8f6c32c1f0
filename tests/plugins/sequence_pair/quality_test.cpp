/// Quality on the cases of tests/bench/placement, with real tiles: wires shorter than the peer's.
#include <gtest/gtest.h>

#include <cmath>

#include "../../bench/placement/peers.hpp"
#include "placer.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"
#include "tiles.hpp"

namespace ptah {
namespace {

class PlacementQuality : public testing::TestWithParam<bench::PlacementCase> {};

TEST_P(PlacementQuality, WiresAreShorterThanTheBetterPeers) {
  const bench::PlacementCase& which = GetParam();
  const Technology& technology = Technology::ptah130();
  const auto folder = std::filesystem::path(PTAH_SOURCE_DIR) / "configs/circuits" / which.circuit;
  auto read = read_spice_file(folder / (std::string(which.circuit) + ".sp"), technology);
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_TRUE(read_pairs_file(folder / "pairs.json", read.value().circuit));
  auto fingers = parse_fingers(which.fingers).value();
  for (const Device& device : read.value().circuit.devices) {
    if (device.is_mos() && device.fingers == 0) fingers.emplace(device.name, which.others);
  }
  const auto circuit = with_fingers(read.value().circuit, fingers);
  ASSERT_TRUE(circuit) << circuit.error().text();
  Tiles tiles;
  for (const Device& device : circuit.value().devices) {
    auto tile = sky130::generate_tile(device, technology);
    ASSERT_TRUE(tile) << tile.error().text();
    tiles.push_back(std::move(tile).value());
  }
  SimpleJobContext job(0);
  sequence_pair::Stats stats;
  const auto clearance = sequence_pair::clearances(tiles, technology);
  const auto placement = sequence_pair::place(circuit.value(), tiles, clearance, {}, job, stats);
  ASSERT_TRUE(placement) << placement.error().text();
  const double peer = std::fmin(which.osiris.hpwl_um, which.own.hpwl_um);
  EXPECT_LT(static_cast<double>(hpwl(circuit.value(), tiles, placement.value())) / 1000.0, peer);
  EXPECT_TRUE(stats.proven);
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const Dbu keep = clearance[i * tiles.size() + j];
      const Rect& a = placement.value().tiles[i].slot;
      const Rect& b = placement.value().tiles[j].slot;
      EXPECT_GE(std::max({a.x0 - b.x1, b.x0 - a.x1, a.y0 - b.y1, b.y0 - a.y1}), keep);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Peers, PlacementQuality, testing::ValuesIn(bench::kPlacementCases),
                         [](const auto& which) { return std::string(which.param.name); });

}  // namespace
}  // namespace ptah
