// Which device is which: the shipped circuits against themselves, renamed, reshuffled and damaged.
#include "flow/score_match.hpp"

#include <gtest/gtest.h>

#include "flow/circuit_input.hpp"
#include "flow/score_copies.hpp"
#include "ptah/core/random.hpp"

namespace ptah {
namespace {

Circuit load(const std::string& name, std::vector<int>& allowed) {
  ::setenv("PTAH_CONFIGS", PTAH_SOURCE_DIR "/configs", 1);
  auto input = read_circuit_input({.circuit = name});
  EXPECT_TRUE(input.has_value()) << input.error().text();
  allowed = input.value().allowed_fingers;
  auto loaded = load_circuit(input.value(), Technology::ptah130());
  EXPECT_TRUE(loaded.has_value()) << loaded.error().text();
  return loaded.value().circuit;
}

/// One part a finger, in random order, sources and drains exchanged at random, inner nets renamed.
struct Drawn {
  FoundParts found;
  std::vector<DeviceId> truth;  ///< Of each part.
};

Drawn draw(const Circuit& circuit, Rng rng) {
  Drawn drawn;
  for (std::size_t n = 0; n < circuit.nets.size(); ++n) {
    const bool port = circuit.is_port(static_cast<NetId>(n));
    drawn.found.nets.push_back(port ? circuit.nets[n].name : "wire_" + std::to_string(n));
  }
  std::vector<std::pair<FoundPart, DeviceId>> parts;
  for (std::size_t d = 0; d < circuit.devices.size(); ++d) {
    const Device& device = circuit.devices[d];
    const int copies = device.is_mos() ? device.total_fingers() : device.multiplier;
    for (int copy = 0; copy < copies; ++copy) {
      FoundPart part{device.model, device.width, device.length, 1, {}};
      part.nets.assign(device.nets.begin(), device.nets.end());
      if (device.is_mos() && rng.below(2) == 1) std::swap(part.nets[0], part.nets[2]);
      parts.emplace_back(std::move(part), static_cast<DeviceId>(d));
    }
  }
  for (std::size_t i = parts.size(); i > 1; --i) {
    std::swap(parts[i - 1], parts[static_cast<std::size_t>(rng.below(i))]);
  }
  for (auto& [part, device] : parts) {
    drawn.found.parts.push_back(std::move(part));
    drawn.truth.push_back(device);
  }
  return drawn;
}

class ScoreMatch : public ::testing::TestWithParam<const char*> {};

TEST_P(ScoreMatch, FindsEveryDeviceNetAndFingerCountAgain) {
  std::vector<int> allowed;
  const Circuit circuit = load(GetParam(), allowed);
  auto space = FingerSpace::create(circuit, allowed);
  ASSERT_TRUE(space.has_value());
  Rng rng(7);
  for (const std::int64_t index : space.value().sample(20, Rng(1))) {
    const FingerAssignment fingers = space.value().at(index);
    const Circuit counted = with_fingers(circuit, fingers).value();
    const Drawn drawn = draw(counted, rng.fork(static_cast<std::uint64_t>(index)));
    const auto match = correspond(drawn.found, circuit, Technology::ptah130());
    ASSERT_TRUE(match.exact);
    EXPECT_EQ(match.device_of, drawn.truth);
    for (std::size_t n = 0; n < counted.nets.size(); ++n) {
      EXPECT_EQ(match.net_of[n], static_cast<NetId>(n)) << counted.nets[n].name;
    }
    const auto read = fingers_of(drawn.found, match, circuit, allowed);
    ASSERT_TRUE(read.has_value()) << read.error().text();
    EXPECT_EQ(read.value(), fingers);
  }
}

TEST_P(ScoreMatch, AnOpenLosesNoDevice) {
  std::vector<int> allowed;
  const Circuit circuit = load(GetParam(), allowed);
  auto space = FingerSpace::create(circuit, allowed);
  Rng rng(11);
  for (const std::int64_t index : space.value().sample(20, Rng(2))) {
    const Circuit counted = with_fingers(circuit, space.value().at(index)).value();
    Drawn drawn = draw(counted, rng.fork(static_cast<std::uint64_t>(index)));
    // One terminal of one finger hangs in the air.
    FoundPart& broken =
        drawn.found.parts[static_cast<std::size_t>(rng.below(drawn.found.parts.size()))];
    broken.nets[static_cast<std::size_t>(rng.below(2))] = static_cast<int>(drawn.found.nets.size());
    drawn.found.nets.push_back("loose_end");
    const auto match = correspond(drawn.found, counted, Technology::ptah130());
    EXPECT_FALSE(match.exact);
    EXPECT_LT(copies_of(drawn.found, circuit, Technology::ptah130()).size(), 2u);
    std::size_t right = 0;
    for (std::size_t i = 0; i < drawn.truth.size(); ++i) {
      right += match.device_of[i] == drawn.truth[i];
    }
    EXPECT_GE(right + 1, drawn.truth.size()) << GetParam() << " " << index;
  }
}

/// `found` and itself again, with nets of its own but for the `shared` ones.
FoundParts twice(const FoundParts& found, const std::vector<bool>& shared, bool labels) {
  FoundParts both = found;
  std::vector<int> twin(found.nets.size());
  for (std::size_t n = 0; n < twin.size(); ++n) {
    twin[n] = static_cast<int>(shared[n] ? n : both.nets.size());
    if (!shared[n]) both.nets.push_back(labels ? found.nets[n] : "twin_" + std::to_string(n));
  }
  for (FoundPart part : found.parts) {
    for (int& net : part.nets) net = twin[static_cast<std::size_t>(net)];
    both.parts.push_back(std::move(part));
  }
  return both;
}

TEST_P(ScoreMatch, CopiesAreToldFromFingersAndFromOpens) {
  const Technology& technology = Technology::ptah130();
  std::vector<int> allowed;
  const Circuit circuit = load(GetParam(), allowed);
  const auto space = FingerSpace::create(circuit, allowed);
  const Circuit counted = with_fingers(circuit, space.value().at(0)).value();
  const FoundParts once = draw(counted, Rng(5)).found;
  const auto copies = [&](const FoundParts& found) {
    return copies_of(found, circuit, technology);
  };
  EXPECT_LT(copies(once).size(), 2u);

  // Side by side on one substrate; on common rails; and wired together but for one port.
  std::vector<bool> substrate(circuit.nets.size(), false), rails = substrate, ports = substrate;
  for (const Device& device : circuit.devices) {
    if (!device.is_mos()) continue;
    const auto bulk = static_cast<std::size_t>(device.nets[terminal::kBulk]);
    rails[bulk] = true;
    if (device.kind == DeviceKind::kNmos) substrate[bulk] = true;
  }
  NetId lone = kNoNet;
  for (const NetId port : circuit.ports) {
    ports[static_cast<std::size_t>(port)] = true;
    if (!rails[static_cast<std::size_t>(port)]) lone = port;
  }
  std::vector<bool> but_one = ports;
  but_one[static_cast<std::size_t>(lone)] = false;
  for (const bool labels : {true, false}) {
    EXPECT_EQ(copies(twice(once, substrate, labels)).size(), 2u) << labels;
    const auto on_rails = copies(twice(once, rails, labels));
    ASSERT_EQ(on_rails.size(), 2u) << labels;
    for (const int part : on_rails[0]) EXPECT_LT(part, static_cast<int>(once.parts.size()));
    for (const int part : on_rails[1]) EXPECT_GE(part, static_cast<int>(once.parts.size()));
  }
  EXPECT_EQ(copies(twice(once, but_one, true)).size(), 2u) << "but for " << lone;
  FoundParts quadruple = twice(twice(once, rails, true), std::vector<bool>(64, false), true);
  EXPECT_EQ(copies(quadruple).size(), 4u);

  // Twice the fingers; and halves that are not joined inside yet.
  const std::vector<bool> all(circuit.nets.size(), true);
  const FoundParts doubled = twice(once, all, true);
  EXPECT_TRUE(correspond(doubled, circuit, technology).exact);
  EXPECT_LT(copies(doubled).size(), 2u);
  EXPECT_LT(copies(twice(once, ports, true)).size(), 2u);

  // One net in two pieces, anywhere, in either.
  for (const FoundParts& whole : {once, doubled}) {
    for (std::size_t n = 0; n < circuit.nets.size(); ++n) {
      FoundParts open = whole;
      for (std::size_t part = whole.parts.size() / 2; part < whole.parts.size(); ++part) {
        for (int& net : open.parts[part].nets) {
          if (net == static_cast<int>(n)) net = static_cast<int>(whole.nets.size());
        }
      }
      open.nets.push_back(whole.nets[n]);
      EXPECT_LT(copies(open).size(), 2u) << circuit.nets[n].name;
    }
  }
  // A copy that lacks a device is none.
  FoundParts unfinished = twice(once, rails, true);
  const auto match = correspond(once, circuit, technology);
  const DeviceId last = match.device_of.back();
  for (std::size_t part = unfinished.parts.size(); part-- > once.parts.size();) {
    if (match.device_of[part - once.parts.size()] == last) {
      unfinished.parts.erase(unfinished.parts.begin() + static_cast<std::ptrdiff_t>(part));
    }
  }
  EXPECT_LT(copies(unfinished).size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Circuits, ScoreMatch,
                         ::testing::Values("five_transistors_ota", "miller_ota", "ahuja_ota",
                                           "ota_ff", "lpf", "ota4"),
                         [](const auto& circuit) { return std::string(circuit.param); });

/// Two transistors in parallel, `total` fingers drawn.
struct Parallel {
  Circuit circuit;
  FoundParts found;
};
Parallel parallel(int total) {
  Parallel made;
  made.circuit.name = "twins";
  for (const char* net : {"d", "g", "s"}) made.circuit.nets.push_back({net});
  made.circuit.ports = {0, 1, 2};
  for (const char* name : {"M5", "M6"}) {
    Device device;
    device.name = name;
    device.model = "sky130_fd_pr__nfet_01v8";
    device.nets = {0, 1, 2, 2};
    device.width = 1050;
    device.length = 150;
    device.fingers = 0;
    made.circuit.devices.push_back(device);
  }
  made.found.nets = {"d", "g", "s"};
  for (int i = 0; i < total; ++i) {
    made.found.parts.push_back({"sky130_fd_pr__nfet_01v8", 1050, 150, 1, {0, 1, 2, 2}});
  }
  return made;
}

TEST(ScoreFingers, ParallelDevicesThatCouldShareInSeveralWaysAreNamed) {
  const Parallel made = parallel(6);
  const auto match = correspond(made.found, made.circuit, Technology::ptah130());
  const auto fingers = fingers_of(made.found, match, made.circuit, {2, 4});
  ASSERT_TRUE(fingers.has_error());
  EXPECT_EQ(fingers.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(fingers.error().hint.find("M5=2,M6=4; or M5=4,M6=2"), std::string::npos)
      << fingers.error().text();
}

TEST(ScoreFingers, OneWayToShareIsTaken) {
  const Parallel made = parallel(8);
  const auto match = correspond(made.found, made.circuit, Technology::ptah130());
  const auto fingers = fingers_of(made.found, match, made.circuit, {2, 4});
  ASSERT_TRUE(fingers.has_value()) << fingers.error().text();
  EXPECT_EQ(fingers.value(), (FingerAssignment{{"M5", 4}, {"M6", 4}}));
}

TEST(ScoreFingers, ALayoutWithoutTheDevicesSaysSo) {
  Parallel made = parallel(0);
  const auto match = correspond(made.found, made.circuit, Technology::ptah130());
  const auto fingers = fingers_of(made.found, match, made.circuit, {2, 4});
  ASSERT_TRUE(fingers.has_error());
  EXPECT_NE(fingers.error().message.find("none that could be M5; of its 2 devices 0 are there."),
            std::string::npos)
      << fingers.error().message;
}

TEST(ScoreFingers, CountsThatNobodyMayHaveAreSaid) {
  const Parallel made = parallel(7);
  const auto match = correspond(made.found, made.circuit, Technology::ptah130());
  const auto fingers = fingers_of(made.found, match, made.circuit, {2, 4});
  ASSERT_TRUE(fingers.has_error());
  EXPECT_EQ(fingers.error().text(),
            "fingers: The layout draws 7 fingers for M5, M6, which their allowed counts and copies "
            "can not make up. (Say the finger counts of this layout: `fingers`.)");
}

TEST(ScoreNetlist, NodesThatResistorsJoinAreOneNet) {
  ExtractedNetlist netlist;
  netlist.ports = {"out"};
  netlist.devices.push_back({"X0",
                             "sky130_fd_pr__nfet_01v8",
                             {"out:1", "g", "s", "s"},
                             {{"w", 1.05}, {"l", 0.15}, {"m", 4}}});
  netlist.resistors = {{"out", "out:1", 12}};
  netlist.capacitors = {{"out:1", "s", 1e-15}};
  std::map<std::string, int> nodes;
  const FoundParts found = parts_of(netlist, nodes);
  EXPECT_EQ(nodes.at("out"), nodes.at("out:1"));
  EXPECT_NE(nodes.at("out"), nodes.at("s"));
  ASSERT_EQ(found.parts.size(), 1u);
  EXPECT_EQ(found.parts[0].count, 4);
  EXPECT_EQ(found.parts[0].width, 1050);
  EXPECT_EQ(found.nets[static_cast<std::size_t>(found.parts[0].nets[0])], "out");
}

}  // namespace
}  // namespace ptah
