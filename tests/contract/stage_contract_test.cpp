// What each stage owes its caller, on a small circuit: right results, equal ones for equal
// arguments, an answer to cancel, and an Error or an empty result, but no crash, for empty input.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

#include "every_plugin.hpp"
#include "fake_dataset.hpp"
#include "fake_exploration.hpp"
#include "fake_space.hpp"
#include "predictor_contract.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/netlist/extracted.hpp"
#include "shipped_circuit.hpp"
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
  bool check_exploration(bool must);
  void check_learnt();
  void check_predictor();
  void check_trainer();

  SimpleJobContext job(std::uint64_t seed = 7) const {
    return SimpleJobContext(seed, scratch_->path());
  }
  SimpleJobContext cancelled_job() const {
    SimpleJobContext context = job();
    context.cancel();
    return context;
  }

  /// A trainer keeps its promises in seconds as in hours: one pass over small pictures, where it
  /// has such options.
  Json quick(PluginKind kind, const std::string& name) const {
    Json options = Json::object();
    if (kind != PluginKind::kTrainer) return options;
    for (const OptionSpec& option : host_->find(kind, name)->options) {
      if (option.name == "epochs") options["epochs"] = 1;
      if (option.name == "grid") options["grid"] = 16;
    }
    return options;
  }
  StagePtr<Trainer> create_trainer() {
    auto stage =
        host_->create<Trainer>(plugin_->info.name, quick(PluginKind::kTrainer, plugin_->info.name));
    EXPECT_TRUE(stage) << stage.error().text();
    return stage ? std::move(stage.value()) : nullptr;
  }

  // A stage of another plugin of the build, where the one under test needs its results.
  template <typename Stage>
  StagePtr<Stage> other(const std::string& name) {
    if (host_->find(PluginKindOf<Stage>::value, name) == nullptr) {
      for (const PluginUnderTest& plugin : every_plugin()) {
        // "ptah_maze", or "ptah_linear_trainer" where one name is a plugin of several kinds.
        const std::string kind(to_string(PluginKindOf<Stage>::value));
        if (plugin.name == "ptah_" + name || plugin.name == "ptah_" + name + "_" + kind) {
          EXPECT_TRUE(host_->load(plugin.file));
        }
      }
    }
    if (host_->find(PluginKindOf<Stage>::value, name) == nullptr) return nullptr;
    auto stage = host_->create<Stage>(name, quick(PluginKindOf<Stage>::value, name));
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

  /// The shipped OTA, drawn by the plugins of the build.
  struct Drawn {
    Circuit circuit;
    Tiles tiles;
    Layout layout;
  };
  void draw_ota(Drawn& drawn) {
    auto circuit = shipped_ota(technology());
    ASSERT_TRUE(circuit) << circuit.error().text();
    drawn.circuit = std::move(circuit.value());
    drawn.tiles = real_tiles(drawn.circuit);
    ASSERT_EQ(drawn.tiles.size(), drawn.circuit.devices.size());
    const auto placer = other<Placer>("sequence_pair");
    const auto router = other<Router>("maze");
    ASSERT_TRUE(placer && router);
    SimpleJobContext context = job();
    const auto placed = placer->place(drawn.circuit, drawn.tiles, technology(), {}, context);
    ASSERT_TRUE(placed) << placed.error().text();
    auto layout = router->route(drawn.circuit, drawn.tiles, placed.value(), technology(), context);
    ASSERT_TRUE(layout) << layout.error().text();
    drawn.layout = std::move(layout.value());
  }
  /// `layout` of `drawn` as judges get it, on disk and in memory; good until the test's end.
  LayoutFile file_of(const Drawn& drawn, const Layout& layout, const std::string& name) {
    const gds::Library library =
        gds::from_layout(drawn.circuit, drawn.tiles, layout, technology(), name);
    LayoutFile file{scratch_->path() / (name + ".gds"), name};
    const auto written = gds::write_file(library, file.gds);
    EXPECT_TRUE(written) << written.error().text();
    auto flat = gds::flatten(library, name, technology());
    EXPECT_TRUE(flat) << flat.error().text();
    if (flat) file.flat = &flats_.emplace_back(std::move(flat.value()));
    return file;
  }

  std::unique_ptr<ScratchDir> scratch_;
  std::list<gds::Flat> flats_;
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

std::string text_of(const Verdict& verdict) {
  std::string text = std::to_string(verdict.clean) + " " + std::to_string(verdict.errors) + " " +
                     verdict.summary + "\n";
  for (const Violation& violation : verdict.violations) {
    text += violation.rule + " on " + violation.layer + ": " + violation.text + "\n";
  }
  return text;
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

  Drawn ota;
  ASSERT_NO_FATAL_FAILURE(draw_ota(ota));
  const LayoutFile good = file_of(ota, ota.layout, "good");
  const auto judged = one->verify(good, ota.circuit, technology(), context);
  if (!judged && judged.error().code == ErrorCode::kToolMissing) {
    GTEST_SKIP() << judged.error().text();
  }
  ASSERT_TRUE(judged) << judged.error().text();
  EXPECT_EQ(judged.value().kind, one->kind());
  EXPECT_TRUE(judged.value().clean) << text_of(judged.value());
  EXPECT_EQ(judged.value().errors, 0);

  const bool drc = one->kind() == Verdict::Kind::kDrc;
  const Layout broken =
      drc ? with_sliver(ota.layout, technology()) : without_a_net(ota.layout, ota.circuit);
  const LayoutFile bad = file_of(ota, broken, "bad");
  const auto refused = one->verify(bad, ota.circuit, technology(), context);
  ASSERT_TRUE(refused) << refused.error().text();
  EXPECT_FALSE(refused.value().clean);
  EXPECT_GT(refused.value().errors, 0);
  EXPECT_FALSE(refused.value().summary.empty());

  // What it saw before does not count.
  const auto again = one->verify(good, ota.circuit, technology(), context);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(text_of(again.value()), text_of(judged.value()));

  // Nor which technology lay where this one does.
  std::optional<Technology> place = technology();
  ASSERT_TRUE(one->verify(good, ota.circuit, *place, context));
  auto other_rules = other_technology(scratch_->path());
  ASSERT_TRUE(other_rules) << other_rules.error().text();
  place.emplace(std::move(other_rules.value()));
  const auto kept = one->verify(good, ota.circuit, *place, context);
  ASSERT_TRUE(kept) << kept.error().text();
  auto elsewhere = ScratchDir::create(scratch_->path(), "fresh");
  ASSERT_TRUE(elsewhere);
  SimpleJobContext fresh_job(7, elsewhere.value().path());
  const auto fresh = create<Verifier>()->verify(good, ota.circuit, *place, fresh_job);
  ASSERT_TRUE(fresh) << fresh.error().text();
  EXPECT_EQ(text_of(kept.value()), text_of(fresh.value()));
  EXPECT_EQ(fresh.value().clean, !drc) << "the other technology has a rule that the layout breaks";
}

/// Widths in um of all devices of a model together.
std::map<std::string, double> widths_by_model(const ExtractedNetlist& netlist) {
  std::map<std::string, double> widths;
  for (const ExtractedDevice& device : netlist.devices) {
    const auto of = [&](const char* name, double otherwise) {
      const auto found = device.parameters.find(name);
      return found == device.parameters.end() ? otherwise : found->second;
    };
    widths[device.model] += of("w", 0) * of("m", 1);
  }
  return widths;
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

  Drawn ota;
  ASSERT_NO_FATAL_FAILURE(draw_ota(ota));
  const LayoutFile good = file_of(ota, ota.layout, "good");
  const auto found = one->extract(good, ota.circuit, technology(), context);
  if (!found && found.error().code == ErrorCode::kToolMissing) {
    GTEST_SKIP() << found.error().text();
  }
  ASSERT_TRUE(found) << found.error().text();
  const ExtractedNetlist& netlist = found.value();
  for (const NetId port : ota.circuit.ports) {
    EXPECT_THAT(netlist.ports,
                ::testing::Contains(ota.circuit.nets[static_cast<std::size_t>(port)].name));
  }
  const auto widths = widths_by_model(netlist);
  const auto drawn = widths_by_model(schematic_netlist(ota.circuit, technology()));
  ASSERT_EQ(widths.size(), drawn.size());
  for (const auto& [model, width] : drawn) {
    ASSERT_TRUE(widths.contains(model)) << model;
    EXPECT_NEAR(widths.at(model), width, 1e-3 * width) << model;
  }
  EXPECT_FALSE(netlist.capacitors.empty());
  for (const ExtractedCapacitor& capacitor : netlist.capacitors) {
    EXPECT_TRUE(capacitor.farad > 0 && capacitor.farad < 1e-11)
        << capacitor.a << " " << capacitor.b << " " << capacitor.farad;
  }
  const auto text = [](const Result<ExtractedNetlist>& extracted, const Technology& with) {
    if (!extracted) return extracted.error().text();
    const auto spice = write_extracted_spice(extracted.value(), with);
    return spice ? spice.value() : spice.error().text();
  };
  EXPECT_EQ(
      text(create<Extractor>()->extract(good, ota.circuit, technology(), context), technology()),
      text(found, technology()));

  // Which technology lay where this one does does not count.
  std::optional<Technology> place = technology();
  ASSERT_TRUE(one->extract(good, ota.circuit, *place, context));
  auto other_coefficients = other_technology(scratch_->path());
  ASSERT_TRUE(other_coefficients) << other_coefficients.error().text();
  place.emplace(std::move(other_coefficients.value()));
  const std::string kept = text(one->extract(good, ota.circuit, *place, context), *place);
  auto elsewhere = ScratchDir::create(scratch_->path(), "fresh");
  ASSERT_TRUE(elsewhere);
  SimpleJobContext fresh_job(7, elsewhere.value().path());
  EXPECT_EQ(kept, text(create<Extractor>()->extract(good, ota.circuit, *place, fresh_job), *place));
  EXPECT_NE(kept, text(found, technology())) << "the other technology has other capacitances";
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

/// Over all assignments with a budget. False: it does not explore, which it has to if `must`.
bool StageContract::check_exploration(bool must) {
  using test::FakeExploration;
  Circuit circuit = small_amplifier();
  for (Device& device : circuit.devices) device.fingers = 0;
  const Tiles tiles = blank_tiles(circuit);
  const auto cost = [](const FingerAssignment& fingers) {
    double sum = 0.01;
    for (const auto& [device, count] : fingers) sum += 0.01 * std::abs(count - 4);
    if (fingers.at("M0") == 8 && fingers.at("M1") == 8)
      return std::numeric_limits<double>::infinity();
    return fingers.at("M3") == 8 ? -sum : sum;
  };
  constexpr std::int64_t kBudget = 60;
  SimpleJobContext context = job(), stopped = cancelled_job();
  FakeExploration whole(circuit, tiles, {2, 4, 8}, cost, kBudget);
  const auto explored = create<Explorer>()->explore(whole, context);
  if (!explored && explored.error().code == ErrorCode::kUnsupported && !must) return false;
  const auto well = [](const Status& status, const DesignSpace& space) {
    return status.has_value() || (status.error().code == ErrorCode::kLimit && exhausted(space));
  };
  EXPECT_TRUE(well(explored, whole)) << explored.error().text();
  EXPECT_GT(whole.evaluated.size(), 20u);
  EXPECT_LE(whole.evaluated.size(), static_cast<std::size_t>(kBudget));

  FakeExploration again(circuit, tiles, {2, 4, 8}, cost, kBudget);
  EXPECT_TRUE(well(create<Explorer>()->explore(again, context), again));
  EXPECT_EQ(again.evaluated, whole.evaluated);

  // Killed after any checkpoint, it goes on with the same layouts.
  EXPECT_FALSE(whole.left.empty());
  for (const auto& left : whole.left) {
    FakeExploration rest(circuit, tiles, {2, 4, 8}, cost, kBudget);
    rest.go_on_from(left);
    const auto resumed = create<Explorer>()->explore(rest, context);
    EXPECT_TRUE(well(resumed, rest)) << resumed.error().text();
    const std::vector<FakeExploration::Evaluated> expected(
        whole.evaluated.begin() + static_cast<std::ptrdiff_t>(left.evaluated),
        whole.evaluated.end());
    EXPECT_EQ(rest.evaluated, expected) << "after " << left.evaluated;
  }
  FakeExploration damaged(circuit, tiles, {2, 4, 8}, cost, kBudget);
  damaged.go_on_from({"no checkpoint", 3});
  EXPECT_FALSE(create<Explorer>()->explore(damaged, context));

  FakeExploration never(circuit, tiles, {2, 4, 8}, cost, kBudget);
  const auto cancelled = create<Explorer>()->explore(never, stopped);
  EXPECT_FALSE(cancelled);
  if (!cancelled) {
    EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);
  }

  // Of a part of the assignments it explores that alone, all of it where there is time.
  FakeExploration part(circuit, tiles, {2, 4, 8}, cost, kBudget);
  part.offer_the_rest();
  EXPECT_TRUE(well(create<Explorer>()->explore(part, context), part));
  EXPECT_GE(static_cast<std::int64_t>(part.evaluated.size()),
            std::min<std::int64_t>(5, part.assignments().offered()));
  for (const auto& one : part.evaluated) {
    const auto index = part.assignments().index_of(one.fingers).value();
    EXPECT_TRUE(part.assignments().offers(part.assignments().counts_at(index)));
  }

  // Nothing to choose, nothing that can be made, nothing feasible: an end, well or not.
  FakeExploration fixed(
      small_amplifier(), tiles, {2, 4, 8}, [](const FingerAssignment&) { return 1.0; }, kBudget);
  EXPECT_NO_THROW(std::ignore = create<Explorer>()->explore(fixed, context));
  EXPECT_GE(fixed.evaluated.size(), 1u);
  EXPECT_LE(fixed.evaluated.size(), static_cast<std::size_t>(kBudget));
  for (const double all : {std::numeric_limits<double>::infinity(), -1.0}) {
    FakeExploration none(
        circuit, tiles, {2, 4, 8}, [&](const FingerAssignment&) { return all; }, kBudget);
    EXPECT_NO_THROW(std::ignore = create<Explorer>()->explore(none, context));
    EXPECT_GE(none.evaluated.size(), 1u);
    EXPECT_LE(none.evaluated.size(), static_cast<std::size_t>(kBudget));
  }
  return true;
}

/// What an exploration learnt has the same bytes each time, and is what another begins with.
void StageContract::check_learnt() {
  using test::FakeExploration;
  Circuit circuit = small_amplifier();
  for (Device& device : circuit.devices) device.fingers = 0;
  const Tiles tiles = blank_tiles(circuit);
  const auto cost = [](const FingerAssignment& fingers) { return 0.01 * fingers.at("M0"); };
  const auto explore = [&](Explorer& explorer, FakeExploration& space, JobContext& in) {
    const Status status = explorer.explore(space, in);
    return status || status.error().code == ErrorCode::kLimit ||
           status.error().code == ErrorCode::kCancelled;
  };
  const auto learnt = [&](Explorer& explorer, JobContext& in) {
    std::map<std::string, std::string> bytes;
    const auto model = explorer.learnt(in);
    EXPECT_TRUE(model) << model.error().text();
    if (!model) return bytes;
    for (const auto& [name, path] : model.value().files) bytes[name] = read_text_file(path).value();
    EXPECT_GE(bytes.size(), 1u);
    return bytes;
  };
  constexpr std::int64_t kBudget = 60;
  SimpleJobContext context = job();
  FakeExploration whole(circuit, tiles, {2, 4, 8}, cost, kBudget);
  const auto explorer = create<Explorer>();
  if (!explorer->learns()) {
    const auto nothing = explorer->learnt(context);
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code, ErrorCode::kUnsupported);
    const Status refused = explorer->start_from({}, whole, context);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
    return;
  }
  ASSERT_TRUE(explore(*explorer, whole, context));
  const auto expected = learnt(*explorer, context);
  ASSERT_FALSE(expected.empty());
  for (const auto& left : whole.left) {
    FakeExploration rest(circuit, tiles, {2, 4, 8}, cost, kBudget);
    rest.go_on_from(left);
    const auto resumed = create<Explorer>();
    ASSERT_TRUE(explore(*resumed, rest, context));
    EXPECT_EQ(learnt(*resumed, context), expected) << "after " << left.evaluated;
  }
  // Of one that was stopped at once there is a model, too.
  SimpleJobContext stopped = cancelled_job();
  FakeExploration never(circuit, tiles, {2, 4, 8}, cost, kBudget);
  const auto cancelled = create<Explorer>();
  ASSERT_TRUE(explore(*cancelled, never, stopped));
  learnt(*cancelled, stopped);

  // Another begins with it, twice the same; what is damaged, or of another circuit, is refused.
  const auto folder = scratch_->path() / "model";
  std::filesystem::create_directories(folder);
  ModelFiles files;
  for (const auto& [name, bytes] : expected) {
    files[name] = folder / name;
    ASSERT_TRUE(write_text_file(files[name], bytes, Durability::kCached));
  }
  std::map<std::string, std::string> ends[2];
  for (auto& end : ends) {
    FakeExploration more(circuit, tiles, {2, 4, 8}, cost, kBudget);
    const auto other = create<Explorer>();
    const Status begun = other->start_from(files, more, context);
    ASSERT_TRUE(begun) << begun.error().text();
    EXPECT_TRUE(more.evaluated.empty()) << "nothing is placed by then";
    ASSERT_TRUE(explore(*other, more, context));
    end = learnt(*other, context);
  }
  EXPECT_EQ(ends[0], ends[1]);
  EXPECT_NE(ends[0], expected);
  Circuit another = circuit;
  another.devices.front().name = "MX";
  FakeExploration elsewhere(
      another, tiles, {2, 4, 8}, [](const FingerAssignment&) { return 1.0; }, kBudget);
  EXPECT_FALSE(create<Explorer>()->start_from(files, elsewhere, context));
  EXPECT_FALSE(create<Explorer>()->start_from({}, whole, context));
  for (const auto& [name, bytes] : expected) {
    if (name == "explanation.json") continue;  // For people.
    for (const std::string& bad :
         {std::string(), std::string("{}"), bytes.substr(0, bytes.size() / 2)}) {
      ASSERT_TRUE(write_text_file(files[name], bad, Durability::kCached));
      const Status refused = create<Explorer>()->start_from(files, whole, context);
      EXPECT_FALSE(refused) << name;
    }
    ASSERT_TRUE(write_text_file(files[name], bytes, Durability::kCached));
  }
}

void StageContract::check_explorer() {
  using test::FakeSpace;
  FakeSpace run(small_amplifier(), blank_tiles(small_amplifier()),
                one_row(blank_tiles(small_amplifier())), 1, 2);
  SimpleJobContext asked = job();
  const auto in_a_run = create<Explorer>()->explore(run, asked);
  const bool runs = in_a_run.has_value();
  const bool explores = check_exploration(!runs);
  check_learnt();
  if (!runs) {
    // It spends budgets, of which a run has none, and has done nothing.
    EXPECT_EQ(in_a_run.error().code, ErrorCode::kUnsupported) << in_a_run.error().text();
    EXPECT_THAT(in_a_run.error().text(), ::testing::HasSubstr("ptah explore"));
    EXPECT_TRUE(run.evaluated.empty() && run.scored.empty());
    EXPECT_TRUE(explores) << "neither a run nor an exploration";
    return;
  }
  const Circuit circuit = small_amplifier();
  const Tiles tiles = blank_tiles(circuit);
  const Placement start = one_row(tiles);
  FakeSpace whole(circuit, tiles, start, 1, 6), again(circuit, tiles, start, 1, 6);
  SimpleJobContext context = job(), other_seed = job(8), stopped = cancelled_job();
  ASSERT_TRUE(create<Explorer>()->explore(whole, context));
  EXPECT_EQ(whole.placements.size(), 6u);
  EXPECT_EQ(whole.next_variant(), 7);
  ASSERT_TRUE(create<Explorer>()->explore(again, context));
  EXPECT_EQ(again.placements, whole.placements);

  // Interrupted after variant 3, an exploration goes on with the same variants.
  FakeSpace rest(circuit, tiles, whole.placements[2], 4, 6);
  if (const auto left = whole.checkpoints.find(4); left != whole.checkpoints.end())
    rest.resumed_ = left->second;
  ASSERT_TRUE(create<Explorer>()->explore(rest, context));
  ASSERT_EQ(rest.placements.size(), 3u);
  EXPECT_EQ(rest.placements.back(), whole.placements.back());

  FakeSpace otherwise(circuit, tiles, start, 1, 6);
  ASSERT_TRUE(create<Explorer>()->explore(otherwise, other_seed));
  EXPECT_NE(otherwise.placements, whole.placements);

  FakeSpace never(circuit, tiles, start, 1, 6);
  const auto cancelled = create<Explorer>()->explore(never, stopped);
  ASSERT_FALSE(cancelled);
  EXPECT_EQ(cancelled.error().code, ErrorCode::kCancelled);

  FakeSpace empty(empty_circuit(), {}, {}, 1, 2);
  EXPECT_FALSE(create<Explorer>()->explore(empty, context)) << "there is nothing to move";
}

void StageContract::check_predictor() {
  SimpleJobContext context = job();
  auto one = create<Predictor>(), another = create<Predictor>();
  if (one->needs_model()) {
    const Circuit circuit = small_amplifier();
    const Tiles tiles = blank_tiles(circuit);
    const auto wrong = scratch_->path() / "wrong.json";
    ASSERT_TRUE(write_text_file(wrong, "no model", Durability::kCached));
    test::FakeDataset dataset(circuit, tiles, 200);
    test::FakeCheckpoints checkpoints;
    const auto trainer = other<Trainer>(plugin_->info.name);
    ASSERT_TRUE(trainer) << "a trainer's models are for the predictor of its name";
    const auto model = trainer->train(dataset, checkpoints, context);
    ASSERT_TRUE(model) << model.error().text();
    EXPECT_FALSE(one->predict(circuit, tiles, technology(), {one_row(tiles)}, context));
    EXPECT_FALSE(one->load({}, context)) << "a model without files";
    ModelFiles damaged = model.value().files;
    for (auto& [name, file] : damaged) file = wrong;
    EXPECT_FALSE(create<Predictor>()->load(damaged, context));
    ASSERT_TRUE(one->load(model.value().files, context));
    ASSERT_TRUE(another->load(model.value().files, context));
  }
  EXPECT_THAT(predictor_breaches(*one, *another, context), ::testing::IsEmpty());
}

void StageContract::check_trainer() {
  const Circuit circuit = small_amplifier();
  const Tiles tiles = blank_tiles(circuit);
  const auto train = [&](SimpleJobContext& context, const std::optional<std::string>& from,
                         std::vector<std::string>& left) {
    test::FakeDataset dataset(circuit, tiles, 200);
    test::FakeCheckpoints checkpoints;
    checkpoints.from = from;
    auto model = create_trainer()->train(dataset, checkpoints, context);
    left = std::move(checkpoints.left);
    std::map<std::string, std::string> bytes;
    if (!model) {
      ADD_FAILURE() << model.error().text();
      return bytes;
    }
    EXPECT_FALSE(model.value().files.empty());
    for (const auto& [name, file] : model.value().files) {
      EXPECT_EQ(std::filesystem::relative(file, scratch_->path()).string().substr(0, 2) == "..",
                false)
          << "a file of the model lies elsewhere: " << file;
      bytes[name] = read_text_file(file).value();
    }
    for (const auto& [name, value] : model.value().metrics)
      EXPECT_TRUE(std::isfinite(value)) << name;
    return bytes;
  };
  SimpleJobContext context = job(), stopped = cancelled_job();
  std::vector<std::string> checkpoints, ignored;
  const auto whole = train(context, std::nullopt, checkpoints);
  EXPECT_EQ(train(context, std::nullopt, ignored), whole) << "the same seed, another model";
  ASSERT_FALSE(checkpoints.empty()) << "nothing to go on from";
  for (const std::string& checkpoint : {checkpoints.front(), checkpoints.back()})
    EXPECT_EQ(train(context, checkpoint, ignored), whole) << "resumed, it is another model";

  test::FakeDataset dataset(circuit, tiles, 200), none(circuit, tiles, 0),
      gone(circuit, tiles, 200);
  test::FakeCheckpoints unused;
  EXPECT_FALSE(create_trainer()->start_from({}, context)) << "a model without files";
  const auto further = create_trainer();
  ModelFiles files;
  for (const auto& [name, bytes] : whole) {
    files[name] = scratch_->path() / ("from_" + name);
    ASSERT_TRUE(write_text_file(files[name], bytes, Durability::kCached));
  }
  if (const Status started = further->start_from(files, context); started) {
    for (const auto& [name, file] : files) std::filesystem::remove(file);
    EXPECT_TRUE(further->train(dataset, unused, context));
    for (const auto& [name, file] : files)
      ASSERT_TRUE(write_text_file(file, "no model", Durability::kCached));
    EXPECT_FALSE(create_trainer()->start_from(files, context)) << "a damaged model";
  } else {
    EXPECT_EQ(started.error().code, ErrorCode::kUnsupported) << started.error().text();
  }
  unused = {};
  const auto cancelled = create_trainer()->train(dataset, unused, stopped);
  ASSERT_FALSE(cancelled);
  expect_cancelled(cancelled.error());
  const auto empty = create_trainer()->train(none, unused, context);
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, ErrorCode::kInvalidArgument) << empty.error().text();
  gone.fail_at = 100;
  const auto failed = create_trainer()->train(gone, unused, context);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().message, "The layout is gone.");
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
    case PluginKind::kTrainer:
      return check_trainer();
  }
  FAIL() << "a kind this test does not know";
}

INSTANTIATE_TEST_SUITE_P(Contract, StageContract, ::testing::ValuesIn(every_plugin()), name_of);

}  // namespace
}  // namespace ptah::contract
