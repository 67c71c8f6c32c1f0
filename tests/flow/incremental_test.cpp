// Engines that keep what they know of the last layout say the same as engines that see a layout for
// the first time, byte for byte, over random walks of the real circuits.
//
// PTAH_MOVES=1000 walks further than the few dozen steps of the default.
#include "flow/candidate.hpp"
#include "flow/circuit_input.hpp"
#include "flow/dataset.hpp"
#include "flow/stage_runner.hpp"
#include "flow_fixture.hpp"
#include "ptah/core/random.hpp"
#include "ptah/netlist/fingers.hpp"

namespace ptah {
namespace {

std::string text_of(const Verdict& verdict) {
  std::string text = std::to_string(verdict.errors) + " " + verdict.summary + "\n";
  for (const Violation& v : verdict.violations) {
    text += v.rule + "|" + v.text + "|" + v.layer + "|" + std::to_string(v.place.x0) + "," +
            std::to_string(v.place.y0) + "," + std::to_string(v.place.x1) + "," +
            std::to_string(v.place.y1) + "\n";
  }
  return text;
}

std::string text_of(const ExtractedNetlist& netlist) {
  std::string text;
  char number[40];
  const auto add = [&](double value) {
    std::snprintf(number, sizeof number, "%a ", value);
    text += number;
  };
  for (const ExtractedDevice& device : netlist.devices) {
    text += device.name + " " + device.model;
    for (const std::string& net : device.nets) text += " " + net;
    for (const auto& [name, value] : device.parameters) {
      text += " " + name + "=";
      add(value);
    }
    text += "\n";
  }
  for (const ExtractedCapacitor& c : netlist.capacitors) {
    text += c.a + " " + c.b + " ";
    add(c.farad);
    text += "\n";
  }
  return text;
}

std::string text_of(const std::vector<Waveform>& waveforms) {
  std::string text;
  for (const Waveform& waveform : waveforms) {
    for (const std::string& name : waveform.names) text += waveform_csv(waveform, name);
  }
  return text;
}

/// One instance of each stage; `kept` lives through the walk, `fresh` for one layout.
struct Engines {
  StagePtr<Router> router;
  StagePtr<Verifier> drc, lvs;
  StagePtr<Extractor> extractor;
  StagePtr<Simulator> simulator;
};

class IncrementalTest : public FlowTest, public ::testing::WithParamInterface<const char*> {
 protected:
  Engines engines() {
    const auto make = [&]<typename Stage>(StagePtr<Stage>& stage, const char* plugin) {
      auto made = host_.create<Stage>(plugin, Json::object());
      ASSERT_TRUE(made.has_value()) << made.error().text();
      stage = std::move(made.value());
    };
    Engines all;
    make(all.router, "maze");
    make(all.drc, "native_drc");
    make(all.lvs, "native_lvs");
    make(all.extractor, "native_pex");
    make(all.simulator, "ngspice_library");
    return all;
  }
};

TEST_P(IncrementalTest, SaysWhatAFreshEngineSays) {
  const char* wanted = std::getenv("PTAH_MOVES");
  const int moves = wanted != nullptr ? std::atoi(wanted) : 12;
  const Technology& technology = Technology::ptah130();
  auto input = read_circuit_input({.circuit = GetParam()});
  ASSERT_TRUE(input.has_value()) << input.error().text();
  auto loaded = load_circuit(input.value(), technology);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().text();
  auto space = FingerSpace::create(loaded.value().circuit, input.value().allowed_fingers);
  ASSERT_TRUE(space.has_value());
  CollectingSink sink;
  Rng rng(7);

  const int walks = std::max(1, moves / 100);
  for (int walk = 0; walk < walks; ++walk) {
    const auto assignment = space.value().at(
        static_cast<std::int64_t>(rng.below(static_cast<std::uint64_t>(space.value().count()))));
    auto assigned = with_fingers(loaded.value().circuit, assignment);
    ASSERT_TRUE(assigned.has_value());
    const Circuit& circuit = assigned.value();
    FlowJob job(sink, rng.next(), folder("scratch"));
    Tiles tiles;
    auto generator = host_.create<DeviceGenerator>("sky130_devices", Json::object());
    for (const Device& device : circuit.devices) {
      tiles.push_back(generator.value()->generate(device, technology, job).value());
    }
    auto placer = host_.create<Placer>("sequence_pair", Json::object());
    auto placement = placer.value()->place(circuit, tiles, technology, {}, job);
    ASSERT_TRUE(placement.has_value()) << placement.error().text();

    Engines kept = engines();
    auto routed = kept.router->route(circuit, tiles, placement.value(), technology, job);
    ASSERT_TRUE(routed.has_value()) << routed.error().text();
    Layout present = std::move(routed.value());
    int compared = 0;
    for (int step = 0; step < moves / walks; ++step) {
      // Shapes that break rules and nets now and then: what is wrong must be found again, too.
      Placement moved = present.placement;
      const auto device = static_cast<std::size_t>(rng.below(tiles.size()));
      const Point ways[] = {{0, 100}, {0, -100}, {100, 0}, {-100, 0}};
      moved.tiles[device].origin = moved.tiles[device].origin + ways[rng.below(4)];
      if (!moved.tiles[device].slot.contains(placed_outline(tiles[device], moved.tiles[device])))
        continue;
      auto next = kept.router->reroute(circuit, tiles, moved, present, technology, job);
      ASSERT_TRUE(next.has_value()) << next.error().text();
      Engines fresh = engines();
      auto again = fresh.router->reroute(circuit, tiles, moved, present, technology, job);
      ASSERT_TRUE(again.has_value());
      ASSERT_EQ(next.value(), again.value()) << "step " << step;

      const bool damaged = rng.below(4) == 0;
      Layout shown = next.value();
      if (damaged && !shown.wires.empty()) {
        auto& wire = shown.wires[rng.below(shown.wires.size())].rect;
        wire = rng.below(2) == 0 ? wire.moved({static_cast<Dbu>(rng.below(40)) * 5 - 100, 0})
                                 : wire.bloated(static_cast<Dbu>(rng.below(20)) * 5);
      }
      const auto library = gds::from_layout(circuit, tiles, shown, technology, "top");
      const auto flat = gds::flatten(library, "top", technology);
      ASSERT_TRUE(flat.has_value()) << flat.error().text();
      const LayoutFile file{"", "top", &flat.value()};
      const auto verdict = [&](Verifier& verifier) {
        auto found = verifier.verify(file, circuit, technology, job);
        return found.has_value() ? text_of(found.value()) : found.error().text();
      };
      ASSERT_EQ(verdict(*kept.drc), verdict(*fresh.drc)) << "step " << step;
      ASSERT_EQ(verdict(*kept.lvs), verdict(*fresh.lvs)) << "step " << step;
      auto extracted = kept.extractor->extract(file, circuit, technology, job);
      auto extracted_again = fresh.extractor->extract(file, circuit, technology, job);
      ASSERT_EQ(extracted.has_value(), extracted_again.has_value());
      if (extracted.has_value()) {
        ASSERT_EQ(text_of(extracted.value()), text_of(extracted_again.value())) << "step " << step;
      }
      // What is damaged need not have an operating point.
      if (!damaged && loaded.value().testbench) {
        auto waves =
            kept.simulator->simulate(extracted.value(), *loaded.value().testbench, technology, job);
        auto waves_again = fresh.simulator->simulate(extracted.value(), *loaded.value().testbench,
                                                     technology, job);
        ASSERT_TRUE(waves.has_value()) << waves.error().text();
        ASSERT_TRUE(waves_again.has_value());
        ASSERT_EQ(text_of(waves.value()), text_of(waves_again.value())) << "step " << step;
      }
      present = std::move(next.value());
      ++compared;
    }
    EXPECT_GT(compared, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Circuits, IncrementalTest,
                         ::testing::Values("five_transistors_ota", "miller_ota", "ahuja_ota",
                                           "ota_ff", "lpf", "ota4"),
                         [](const auto& circuit) { return std::string(circuit.param); });

}  // namespace
}  // namespace ptah
