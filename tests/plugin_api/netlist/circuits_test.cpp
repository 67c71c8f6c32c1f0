/// The shipped circuits.
#include <cstdlib>

#include "netlist_test.hpp"
#include "ptah/netlist/circuit_folder.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/sim/testbench.hpp"

namespace ptah::test {
namespace {

const std::filesystem::path kCircuits = std::filesystem::path(PTAH_SOURCE_DIR) / "configs/circuits";

struct Shipped {
  const char* name;
  std::size_t transistors, capacitors, resistors, groups;
  std::int64_t assignments;
};

class ShippedCircuit : public ::testing::TestWithParam<Shipped> {
 protected:
  CircuitFolder folder() const { return read_circuit_folder(kCircuits / GetParam().name).value(); }
  /// Where no count is free, none is offered.
  std::vector<int> allowed() const {
    const std::vector<int> own = folder().allowed_fingers;
    return own.empty() ? std::vector<int>{2, 4} : own;
  }
  Circuit circuit() const {
    const CircuitFolder f = folder();
    Circuit c = read_spice(f.netlist, f.netlist_name, technology()).value().circuit;
    EXPECT_TRUE(read_pairs(f.pairs, "pairs.json", c).has_value());
    return c;
  }
};

TEST_P(ShippedCircuit, HasItsDevicesAndAssignments) {
  const Circuit c = circuit();
  EXPECT_EQ(c.name, GetParam().name);
  std::size_t mos = 0, capacitors = 0, resistors = 0;
  for (const Device& d : c.devices) {
    mos += d.is_mos();
    capacitors += d.kind == DeviceKind::kCapacitor;
    resistors += d.kind == DeviceKind::kResistor;
  }
  EXPECT_EQ(mos, GetParam().transistors);
  EXPECT_EQ(capacitors, GetParam().capacitors);
  EXPECT_EQ(resistors, GetParam().resistors);
  const auto created = FingerSpace::create(c, allowed());
  ASSERT_TRUE(created.has_value()) << created.error().text();
  EXPECT_EQ(created.value().group_count(), GetParam().groups);
  EXPECT_EQ(created.value().count(), GetParam().assignments);
  std::set<std::string> different;
  for (std::int64_t i = 0; i < created.value().count(); ++i) {
    different.insert(to_string(created.value().at(i)));
  }
  EXPECT_EQ(static_cast<std::int64_t>(different.size()), GetParam().assignments);
}

TEST_P(ShippedCircuit, CanBeLaidOut) {
  const auto status = check_circuit(circuit(), technology());
  EXPECT_TRUE(status.has_value()) << status.error().text();
}

// A predictor sees a device in the images of its channels: one without would be invisible.
TEST_P(ShippedCircuit, HasChannelsForAllDevicesOrNone) {
  if (folder().channels.empty()) return;
  Circuit c = circuit();
  ASSERT_TRUE(read_channels(folder().channels, "channels.json", c).has_value());
  for (const Device& d : c.devices) EXPECT_FALSE(d.channels.empty()) << d.name;
}

TEST_P(ShippedCircuit, FitsItsTestbench) {
  const auto bench = read_testbench(folder().testbench, "testbench.spice");
  ASSERT_TRUE(bench.has_value()) << bench.error().text();
  const Circuit c = circuit();
  EXPECT_EQ(bench.value().dut, c.name);
  std::vector<std::string> ports;
  for (const NetId port : c.ports) ports.push_back(c.nets[static_cast<std::size_t>(port)].name);
  EXPECT_EQ(bench.value().dut_ports, ports);
  EXPECT_EQ(bench.value().analyses.size(), 1u);
  EXPECT_EQ(bench.value().outputs.size(), 1u);
  EXPECT_EQ(bench.value().corner, "tt");
}

// Ours against OSIRIS's own files: same topology, names, sizes, port order, bench.
TEST_P(ShippedCircuit, IsTheCircuitOfOsiris) {
  const char* shared = std::getenv("PTAH_SHARED");
  if (shared == nullptr) GTEST_SKIP() << "PTAH_SHARED is not set: no OSIRIS files to compare with";
  const std::filesystem::path folder_of_osiris =
      std::filesystem::path(shared) / "circuits/osiris" / GetParam().name;
  if (!std::filesystem::exists(folder_of_osiris)) {
    GTEST_SKIP() << "OSIRIS has no circuit " << GetParam().name;
  }
  const auto read =
      read_spice_file(folder_of_osiris / (std::string(GetParam().name) + ".sp"), technology());
  ASSERT_TRUE(read.has_value()) << read.error().text();
  Circuit theirs = read.value().circuit;
  ASSERT_TRUE(read_pairs_file(folder_of_osiris / "pairs.json", theirs).has_value());
  const Circuit ours = circuit();
  ASSERT_EQ(ours.devices.size(), theirs.devices.size());
  ASSERT_EQ(ours.ports.size(), theirs.ports.size());
  const auto net_name = [](const Circuit& c, NetId n) {
    return c.nets[static_cast<std::size_t>(n)].name;
  };
  for (std::size_t i = 0; i < ours.ports.size(); ++i) {
    EXPECT_EQ(net_name(ours, ours.ports[i]), net_name(theirs, theirs.ports[i]));
  }
  for (const Device& d : theirs.devices) {
    const Device& mine = device(ours, d.name);
    EXPECT_EQ(mine.model, d.model) << d.name;
    EXPECT_EQ(mine.width, d.width) << d.name;
    EXPECT_EQ(mine.length, d.length) << d.name;
    EXPECT_EQ(mine.fingers, d.fingers) << d.name;
    EXPECT_EQ(mine.resistance_ohm, d.resistance_ohm) << d.name;
    EXPECT_EQ(nets(ours, d.name), nets(theirs, d.name)) << d.name;
  }
  const auto groups = [](const Circuit& c) {
    std::set<std::set<std::string>> result;
    for (const MatchedGroup& group : c.matched) {
      std::set<std::string> names;
      for (const DeviceId id : group) names.insert(c.devices[static_cast<std::size_t>(id)].name);
      result.insert(names);
    }
    return result;
  };
  EXPECT_EQ(groups(ours), groups(theirs));
  const auto bench = read_testbench_file(folder_of_osiris / "testbench.spice");
  ASSERT_TRUE(bench.has_value()) << bench.error().text();
  const Testbench mine = read_testbench(folder().testbench, "testbench.spice").value();
  EXPECT_EQ(mine.dut, bench.value().dut);
  EXPECT_EQ(mine.dut_ports, bench.value().dut_ports);
  EXPECT_EQ(mine.outputs, bench.value().outputs);
  EXPECT_EQ(mine.corner, bench.value().corner);
  EXPECT_EQ(mine.analyses.size(), bench.value().analyses.size());
}

INSTANTIATE_TEST_SUITE_P(
    All, ShippedCircuit,
    ::testing::Values(Shipped{"five_transistors_ota", 5, 0, 0, 3, 512},
                      Shipped{"miller_ota", 9, 1, 1, 7, 2187},
                      Shipped{"ahuja_ota", 14, 1, 0, 10, 1024},
                      Shipped{"ota_ff", 13, 0, 0, 11, 2048}, Shipped{"lpf", 12, 2, 3, 7, 128},
                      Shipped{"ota1", 31, 4, 10, 0, 1}, Shipped{"ota2", 31, 4, 10, 0, 1},
                      Shipped{"ota3", 23, 2, 0, 0, 1}, Shipped{"ota4", 22, 0, 0, 0, 1}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(SharedCircuits, SpectreNetlistsAreRecognised) {
  const char* shared = std::getenv("PTAH_SHARED");
  if (shared == nullptr) GTEST_SKIP() << "PTAH_SHARED is not set: no Spectre netlists to try";
  int tried = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(shared) / "circuits/ut-anlay")) {
    if (entry.path().extension() != ".sp") continue;
    const auto read = read_spice_file(entry.path(), technology());
    ASSERT_FALSE(read.has_value()) << entry.path();
    EXPECT_THAT(read.error().message, HasSubstr("Spectre")) << entry.path();
    ++tried;
  }
  EXPECT_GT(tried, 0);
}

TEST(CircuitFolder, ErrorsNameFileAndField) {
  const TemporaryFolder folder;
  const auto error = [&](const std::string& yaml) {
    folder.write("circuit.yaml", yaml);
    const auto read = read_circuit_folder(folder.path());
    if (read) ADD_FAILURE() << "accepted " << yaml;
    return read ? std::string() : read.error().text();
  };
  EXPECT_THAT(read_circuit_folder(folder.path()).error().message, HasSubstr("circuit.yaml"));
  const std::string good = "name: t\ntitle: T\ndescription: D\nnetlist: t.sp\n";
  EXPECT_THAT(error(good), HasSubstr("\"t.sp\" is missing"));
  folder.write("t.sp", "* t\n");
  EXPECT_THAT(error("name: t\n"), HasSubstr("title"));
  EXPECT_THAT(error(good + "nestlist: x\n"), HasSubstr("circuit.yaml:5"));
  EXPECT_THAT(error(good + "fingers: [4, 2]\n"), HasSubstr("1..64"));
  EXPECT_THAT(error(good + "fingers: [two]\n"), HasSubstr("\"two\""));
  EXPECT_THAT(error(good + "pairs: ../p.json\n"), HasSubstr("not the name of a file"));
  EXPECT_THAT(error("a: [\n"), HasSubstr("no valid YAML"));
  folder.write("circuit.yaml", good + "fingers: [1, 3]\n");
  const CircuitFolder read = read_circuit_folder(folder.path()).value();
  EXPECT_EQ(read.netlist, "* t\n");
  EXPECT_EQ(read.netlist_name, "t.sp");
  EXPECT_THAT(read.allowed_fingers, ElementsAre(1, 3));
  EXPECT_TRUE(read.pairs.empty());
}

}  // namespace
}  // namespace ptah::test
