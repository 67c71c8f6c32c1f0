// What each stage owes its caller, on a small circuit: equal results for equal seeds, an answer to
// cancel, and an Error or an empty result, but no crash, for empty input.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "every_plugin.hpp"
#include "fake_space.hpp"
#include "ptah/core/run_tool.hpp"
#include "small_circuit.hpp"

namespace ptah::contract {
namespace {

const Technology& technology() {
  return Technology::ptah130();
}

/// Of this process.
[[maybe_unused]] long resident_kib() {
  std::ifstream file("/proc/self/statm");
  long size = 0, resident = 0;
  file >> size >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

class StageContract : public EveryPlugin {
 protected:
  void SetUp() override {
    EveryPlugin::SetUp();
    if (HasFatalFailure()) return;
    auto made = ScratchDir::create(PTAH_BUILD_DIR "/tests", "stage_contract");
    ASSERT_TRUE(made) << made.error().text();
    scratch_ = std::make_unique<ScratchDir>(std::move(made.value()));
  }

  void check_device_generator();
  void check_placer();
  void check_router();
  void check_verifier();
  void check_extractor();
  void check_simulator();
  void check_explorer();
  void check_predictor();

  SimpleJobContext job(std::uint64_t seed = 7) const {
    return SimpleJobContext(seed, scratch_->path());
  }
  SimpleJobContext cancelled_job() const {
    SimpleJobContext context = job();
    context.cancel();
    return context;
  }

  // A stage of another plugin of the build, where the one under test needs its results.
  template <typename Stage>
  StagePtr<Stage> other(const std::string& name) {
    if (host_->find(PluginKindOf<Stage>::value, name) == nullptr) {
      for (const PluginUnderTest& plugin : every_plugin()) {
        if (plugin.name == "ptah_" + name) {
          EXPECT_TRUE(host_->load(plugin.file));
        }
      }
    }
    auto stage = host_->create<Stage>(name);
    EXPECT_TRUE(stage) << stage.error().text();
    return stage ? std::move(stage.value()) : nullptr;
  }

  Tiles real_tiles(const Circuit& circuit) {
    Tiles tiles;
    const auto generator = other<DeviceGenerator>("sky130_devices");
    if (!generator) return tiles;
    SimpleJobContext context = job();
    for (const Device& device : circuit.devices) {
      auto tile = generator->generate(device, technology(), context);
      EXPECT_TRUE(tile) << tile.error().text();
      if (tile) tiles.push_back(std::move(tile.value()));
    }
    return tiles;
  }

  std::unique_ptr<ScratchDir> scratch_;
};

// A cancelled call says so; where the outside program is missing, it may say that first.
void expect_cancelled(const Error& error) {
  EXPECT_TRUE(error.code == ErrorCode::kCancelled || error.code == ErrorCode::kToolMissing)
      << error.text();
}

void StageContract::check_device_generator() {
  const Circuit circuit = small_amplifier();
  auto one = create<DeviceGenerator>(), two = create<DeviceGenerator>();
  SimpleJobContext context = job();
  for (const Device& device : circuit.devices) {
    const auto tile = one->generate(device, technology(), context);
    const auto again = two->generate(device, technology(), context);
    ASSERT_TRUE(tile) << tile.error().text();
    ASSERT_TRUE(again);
    EXPECT_EQ(tile.value().cell, again.value().cell);
    EXPECT_EQ(tile.value().shapes, again.value().shapes);
    const Rect outline = tile.value().outline;
    EXPECT_EQ(outline.x0, 0);
    EXPECT_EQ(outline.y0, 0);
    EXPECT_EQ(outline.x1 % kPlacementGrid, 0);
    EXPECT_EQ(outline.y1 % kPlacementGrid, 0);
    for (const Shape& shape : tile.value().shapes) EXPECT_TRUE(outline.contains(shape.rect));
    for (const std::string_view terminal : terminal_names(device.kind, device.nets.size())) {
      EXPECT_NE(tile.value().find_pin(terminal), nullptr) << terminal;
    }
  }
  Device wrong = circuit.devices[0];
  wrong.width = 5;
  EXPECT_FALSE(one->generate(wrong, technology(), context)) << "5 nm wide";
  wrong = circuit.devices[0];
  wrong.model = "no_such_model";
  EXPECT_FALSE(one->generate(wrong, technology(), context));
  wrong = circuit.devices[0];
  wrong.fingers = 0;
  EXPECT_FALSE(one->generate(wrong, technology(), context)) << "free finger count";
}

void expect_legal(const Circuit& circuit, const Tiles& tiles, const Placement& placement) {
  ASSERT_EQ(placement.tiles.size(), tiles.size());
  for (std::size_t a = 0; a < tiles.size(); ++a) {
    const PlacedTile& placed = placement.tiles[a];
    EXPECT_EQ(placed.origin.x % kPlacementGrid, 0);
    EXPECT_EQ(placed.origin.y % kPlacementGrid, 0);
    EXPECT_TRUE(placed.slot.contains(placed_outline(tiles[a], placed))) << circuit.devices[a].name;
    for (std::size_t b = a + 1; b < tiles.size(); ++b) {
      const Dbu clearance = tile_clearance(tiles[a], tiles[b], technology());
      const Rect grown = placed.slot.bloated(clearance);
      EXPECT_FALSE(grown.overlaps(placement.tiles[b].slot))
          << circuit.devices[a].name << " and " << circuit.devices[b].name;
    }
  }
  for (const MatchedGroup& group : circuit.matched) {
    for (const DeviceId device : group) {
      EXPECT_EQ(placement.tiles[device].orientation, placement.tiles[group[0]].orientation);
    }
    // Equal tiles of a pair mirror each other about an axis, so they share a row or a column.
    const Point a = placement.tiles[group[0]].origin, b = placement.tiles[group[1]].origin;
    EXPECT_TRUE(a.x == b.x || a.y == b.y) << circuit.devices[group[0]].name;
  }
}

void StageContract::check_placer() {
  const Circuit circuit = small_amplifier();
  for (const Tiles& tiles : {blank_tiles(circuit), real_tiles(circuit)}) {
    ASSERT_EQ(tiles.size(), circuit.devices.size());
    SimpleJobContext first = job(), second = job();
    auto one = create<Placer>();
    const auto placement = one->place(circuit, tiles, technology(), {}, first);
    ASSERT_TRUE(placement) << placement.error().text();
    expect_legal(circuit, tiles, placement.value());
    const auto again = create<Placer>()->place(circuit, tiles, technology(), {}, second);
    EXPECT_EQ(placement.value(), again.value()) << "another instance, the same seed";
    const auto third = one->place(circuit, tiles, technology(), {}, second);
    EXPECT_EQ(placement.value(), third.value()) << "the same instance";
  }
  SimpleJobContext stopped = cancelled_job();
  const auto cancelled =
      create<Placer>()->place(circuit, blank_tiles(circuit), technology(), {}, stopped);
  ASSERT_FALSE(cancelled);
  expect_cancelled(cancelled.error());
  SimpleJobContext context = job();
  const auto empty = create<Placer>()->place(empty_circuit(), {}, technology(), {}, context);
  EXPECT_TRUE(!empty || empty.value().tiles.empty());
}

void StageContract::check_router() {
  const Circuit circuit = small_amplifier();
  const Tiles tiles = real_tiles(circuit);
  ASSERT_EQ(tiles.size(), circuit.devices.size());
  const Placement placement = one_row(tiles);
  SimpleJobContext context = job();
  auto one = create<Router>();
  const auto layout = one->route(circuit, tiles, placement, technology(), context);
  ASSERT_TRUE(layout) << layout.error().text();
  EXPECT_EQ(layout.value().placement, placement);
  EXPECT_FALSE(layout.value().wires.empty());
  EXPECT_EQ(layout.value().ports.size(), circuit.ports.size());
  EXPECT_EQ(create<Router>()->route(circuit, tiles, placement, technology(), context).value(),
            layout.value());

  // The result depends on the arguments alone: `one` has routed before, the other has not.
  Placement moved = placement;
  moved.tiles[2].origin.x += kPlacementGrid;
  const auto after = one->reroute(circuit, tiles, moved, layout.value(), technology(), context);
  ASSERT_TRUE(after) << after.error().text();
  EXPECT_EQ(after.value().placement, moved);
  EXPECT_EQ(create<Router>()
                ->reroute(circuit, tiles, moved, layout.value(), technology(), context)
                .value(),
            after.value());

  SimpleJobContext stopped = cancelled_job();
  const auto cancelled = one->route(circuit, tiles, placement, technology(), stopped);
  ASSERT_FALSE(cancelled);
  expect_cancelled(cancelled.error());
  const auto empty = one->route(empty_circuit(), {}, {}, technology(), context);
  EXPECT_TRUE(!empty || empty.value().wires.empty());
}

void StageContract::check_verifier() {
  auto one = create<Verifier>();
  SimpleJobContext context = job(), stopped = cancelled_job();
  const Circuit circuit = small_amplifier();
  EXPECT_FALSE(one->verify({scratch_->path() / "absent.gds", "x"}, circuit, technology(), context));
  const auto cancelled =
      one->verify(single_device_file(scratch_->path()), circuit, technology(), stopped);
  ASSERT_FALSE(cancelled);
  expect_cancelled(cancelled.error());
}

void StageContract::check_extractor() {
  auto one = create<Extractor>();
  SimpleJobContext context = job(), stopped = cancelled_job();
  const Circuit circuit = small_amplifier();
  EXPECT_FALSE(
      one->extract({scratch_->path() / "absent.gds", "x"}, circuit, technology(), context));
  const auto cancelled =
      one->extract(single_device_file(scratch_->path()), circuit, technology(), stopped);
  ASSERT_FALSE(cancelled);
  expect_cancelled(cancelled.error());
}

void StageContract::check_simulator() {
  auto one = create<Simulator>();
  SimpleJobContext context = job(), stopped = cancelled_job();
  EXPECT_FALSE(one->simulate({}, {}, technology(), context)) << "no DUT, no analysis";
  const auto cancelled = one->simulate(divider(), divider_testbench(), technology(), stopped);
  ASSERT_FALSE(cancelled);
  expect_cancelled(cancelled.error());
  if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
  const auto waves = one->simulate(divider(), divider_testbench(), technology(), context);
  ASSERT_TRUE(waves) << waves.error().text();
  ASSERT_EQ(waves.value().size(), 1u);
  const auto* out = waves.value()[0].find("v(out)");
  ASSERT_NE(out, nullptr);
  EXPECT_NEAR(out->back().real(), 0.5, 1e-6);
  one.reset();

#ifndef __SANITIZE_ADDRESS__  // It holds back what is freed.
  // A worker has one for each chain, thousands in its life.
  const auto another = [&] {
    return create<Simulator>()->simulate(divider(), divider_testbench(), technology(), context);
  };
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(another());
  const long before = resident_kib();
  for (int i = 0; i < 25; ++i) ASSERT_TRUE(another());
  EXPECT_LT(resident_kib() - before, 1024) << "KiB more after 25 simulators";
#endif
}

void StageContract::check_explorer() {
  using test::FakeSpace;
  const Circuit circuit = small_amplifier();
  const Tiles tiles = blank_tiles(circuit);
  const Placement start = one_row(tiles);
  FakeSpace whole(circuit, tiles, start, 1, 6), again(circuit, tiles, start, 1, 6);
  SimpleJobContext context = job(), other_seed = job(8), stopped = cancelled_job();
  ASSERT_TRUE(create<Explorer>()->explore(whole, context));
  EXPECT_EQ(whole.accepted.size(), 6u);
  EXPECT_EQ(whole.next_variant(), 7);
  ASSERT_TRUE(create<Explorer>()->explore(again, context));
  EXPECT_EQ(again.accepted, whole.accepted);

  // Interrupted after variant 3, an exploration goes on with the same variants.
  FakeSpace rest(circuit, tiles, whole.placements[2], 4, 6);
  ASSERT_TRUE(create<Explorer>()->explore(rest, context));
  ASSERT_EQ(rest.accepted.size(), 3u);
  EXPECT_EQ(rest.placements.back(), whole.placements.back());

  FakeSpace otherwise(circuit, tiles, start, 1, 6);
  ASSERT_TRUE(create<Explorer>()->explore(otherwise, other_seed));
  EXPECT_NE(otherwise.accepted, whole.accepted);

  FakeSpace never(circuit, tiles, start, 1, 6);
  const auto cancelled = create<Explorer>()->explore(never, stopped);
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);

  FakeSpace empty(empty_circuit(), {}, {}, 1, 2);
  EXPECT_FALSE(create<Explorer>()->explore(empty, context)) << "there is nothing to move";
}

void StageContract::check_predictor() {
  auto one = create<Predictor>();
  SimpleJobContext context = job();
  const Circuit circuit = small_amplifier();
  const Tiles tiles = blank_tiles(circuit);
  const std::vector<Placement> placements(2, one_row(tiles));
  const auto predictions = one->predict(circuit, tiles, technology(), placements, context);
  ASSERT_TRUE(predictions) << predictions.error().text();
  ASSERT_EQ(predictions.value().size(), 2u);
  EXPECT_EQ(predictions.value()[0].cost, predictions.value()[1].cost) << "equal placements";
  const auto none = one->predict(circuit, tiles, technology(), {}, context);
  EXPECT_TRUE(!none || none.value().empty());
}

TEST_P(StageContract, IsKept) {
  switch (plugin_->info.kind) {
    case PluginKind::kDeviceGenerator:
      return check_device_generator();
    case PluginKind::kPlacer:
      return check_placer();
    case PluginKind::kRouter:
      return check_router();
    case PluginKind::kVerifier:
      return check_verifier();
    case PluginKind::kExtractor:
      return check_extractor();
    case PluginKind::kSimulator:
      return check_simulator();
    case PluginKind::kExplorer:
      return check_explorer();
    case PluginKind::kPredictor:
      return check_predictor();
  }
  FAIL() << "a kind this test does not know";
}

INSTANTIATE_TEST_SUITE_P(Contract, StageContract, ::testing::ValuesIn(every_plugin()), name_of);

}  // namespace
}  // namespace ptah::contract
