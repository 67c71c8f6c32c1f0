/// The shipped circuits through tiles, placement and routing, sound by the router's own judge.
#include <gtest/gtest.h>

#include "check.hpp"
#include "maze_router.hpp"
#include "placer.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"
#include "tiles.hpp"

namespace ptah::maze {
namespace {

class MazeCircuits : public ::testing::TestWithParam<const char*> {};

TEST_P(MazeCircuits, BaselineAndShiftsAreSound) {
  const Technology& tech = Technology::ptah130();
  const std::filesystem::path folder =
      std::filesystem::path(PTAH_SOURCE_DIR) / "configs" / "circuits" / GetParam();
  auto spice = read_spice_file(folder / (std::string(GetParam()) + ".sp"), tech);
  ASSERT_TRUE(spice) << spice.error().text();
  Circuit circuit = spice.value().circuit;
  ASSERT_TRUE(read_pairs_file(folder / "pairs.json", circuit));
  const auto space = FingerSpace::create(circuit, {2, 4}).value();
  const Stack stack = Stack::build(tech, "met1", "met4").value();
  for (const std::int64_t index : space.sample(2, Rng(42))) {
    const Circuit fingered = with_fingers(circuit, space.at(index)).value();
    Tiles tiles;
    for (const Device& device : fingered.devices) {
      tiles.push_back(sky130::generate_tile(device, tech).value());
    }
    SimpleJobContext job(1);
    sequence_pair::Stats place_stats;
    sequence_pair::Params params;
    params.iterations = 300;  // Any legal placement serves.
    const auto placed = sequence_pair::place(
        fingered, tiles, sequence_pair::clearances(tiles, tech), params, job, place_stats);
    ASSERT_TRUE(placed) << placed.error().text();
    MazeRouter router{MazeOptions{}};
    auto layout = router.route(fingered, tiles, placed.value(), tech, job);
    ASSERT_TRUE(layout) << layout.error().text();
    const auto expect_sound = [&](const Layout& of) {
      const Scene scene = build_scene(fingered, tiles, of.placement, stack).value();
      for (const auto& v : check_wiring(scene, wires_of(of, fingered, stack))) {
        ADD_FAILURE() << v.rule << " of net " << scene.net_name(v.net) << " at " << v.place.x0
                      << ", " << v.place.y0;
      }
    };
    expect_sound(layout.value());
    Rng rng(7);
    for (int shift = 0; shift < 6; ++shift) {
      Placement moved = layout.value().placement;
      const auto device = rng.below(tiles.size());
      moved.tiles[device].origin.x += shift % 2 == 0 ? 100 : -100;
      if (!moved.tiles[device].slot.contains(placed_outline(tiles[device], moved.tiles[device]))) {
        continue;
      }
      auto next = router.reroute(fingered, tiles, moved, layout.value(), tech, job);
      ASSERT_TRUE(next) << next.error().text();
      expect_sound(next.value());
      layout = std::move(next.value());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shipped, MazeCircuits,
                         ::testing::Values("five_transistors_ota", "miller_ota", "ahuja_ota",
                                           "ota_ff", "lpf", "ota4"));

}  // namespace
}  // namespace ptah::maze
