// The comparison alone: the layout is a netlist, too, so that graphs can be as hard as they like.
#include <gtest/gtest.h>

#include <algorithm>

#include "native_lvs.hpp"
#include "ptah/core/random.hpp"

namespace ptah::native {
namespace {

class Netlist {
 public:
  explicit Netlist(std::vector<std::string> ports) {
    for (const std::string& port : ports) circuit.ports.push_back(net(port));
  }
  NetId net(const std::string& name) {
    if (const NetId known = circuit.find_net(name); known != kNoNet) return known;
    circuit.nets.push_back({name});
    return static_cast<NetId>(circuit.nets.size() - 1);
  }
  Netlist& device(const std::string& model, const std::vector<std::string>& nets, double w,
                  double l, int fingers = 1) {
    const DeviceModel& found = *Technology::ptah130().find_device(model);
    Device device;
    device.name = "X" + std::to_string(circuit.devices.size());
    device.kind = found.kind;
    device.model = found.name;
    for (const std::string& name : nets) device.nets.push_back(net(name));
    device.width = from_um(w);
    device.length = from_um(l);
    device.fingers = fingers;
    circuit.devices.push_back(device);
    return *this;
  }
  Netlist& nmos(const std::string& d, const std::string& g, const std::string& s, double w = 1,
                int fingers = 1) {
    return device("nfet_01v8", {d, g, s, "gnd"}, w, 0.15, fingers);
  }
  Netlist& resistor(const std::string& a, const std::string& b, double l = 10) {
    return device("res_generic_m1", {a, b}, 1, l);
  }

  Circuit circuit;
};

/// The circuit as if found in a drawing, devices and nets in random order, ends turned at random.
Connectivity drawn(const Circuit& circuit, std::uint64_t seed) {
  const Technology& technology = Technology::ptah130();
  Rng rng(seed);
  Connectivity found;
  std::vector<NetIndex> index(circuit.nets.size());
  for (std::size_t n = 0; n < index.size(); ++n) index[n] = static_cast<NetIndex>(n);
  for (std::size_t n = index.size(); n > 1; --n) std::swap(index[n - 1], index[rng.below(n)]);
  found.nets.resize(circuit.nets.size() + 1);  // and a substrate nobody uses
  found.substrate = static_cast<NetIndex>(circuit.nets.size());
  for (const NetId port : circuit.ports) {
    FoundNet& net = found.nets[static_cast<std::size_t>(index[static_cast<std::size_t>(port)])];
    net.name = circuit.nets[static_cast<std::size_t>(port)].name;
    net.labels = {net.name};
    net.port = true;
  }
  for (const Device& device : circuit.devices) {
    for (int finger = 0; finger < device.total_fingers(); ++finger) {
      FoundDevice one;
      one.model = static_cast<std::size_t>(technology.find_device(device.model) -
                                           technology.devices().data());
      one.width = device.width;
      one.length = device.length;
      one.body = {0, 0, 100, 100};
      for (const NetId net : device.nets)
        one.terminals.push_back({index[static_cast<std::size_t>(net)], 0, one.body});
      if (device.is_mos() && rng.below(2) == 0) std::swap(one.terminals[0], one.terminals[2]);
      if (device.kind == DeviceKind::kResistor && rng.below(2) == 0)
        std::swap(one.terminals[0], one.terminals[1]);
      found.devices.push_back(one);
    }
  }
  for (std::size_t n = found.devices.size(); n > 1; --n)
    std::swap(found.devices[n - 1], found.devices[rng.below(n)]);
  return found;
}

Verdict judged(const Circuit& layout, const Circuit& schematic, std::uint64_t seed = 1) {
  const auto verdict = compare(drawn(layout, seed), schematic, Technology::ptah130());
  EXPECT_TRUE(verdict) << verdict.error().text();
  return verdict ? verdict.value() : Verdict{};
}

Netlist ring(int size, int count) {
  Netlist n({"gnd"});
  for (int c = 0; c < count; ++c) {
    const auto node = [&](int k) {
      return "r" + std::to_string(c) + "_" + std::to_string(k % size);
    };
    for (int k = 0; k < size; ++k) n.resistor(node(k), node(k + 1));
  }
  return n;
}

TEST(Matching, RingsOfEqualResistorsAreToldApartByTheirLength) {
  // Every net looks like every other: refinement alone can not tell these.
  EXPECT_TRUE(judged(ring(8, 1).circuit, ring(8, 1).circuit).clean);
  EXPECT_TRUE(judged(ring(4, 2).circuit, ring(4, 2).circuit).clean);
  EXPECT_FALSE(judged(ring(8, 1).circuit, ring(4, 2).circuit).clean);
  EXPECT_FALSE(judged(ring(4, 2).circuit, ring(8, 1).circuit).clean);
  EXPECT_FALSE(judged(ring(5, 3).circuit, ring(3, 5).circuit).clean);
}

Netlist stacks(int count, double odd_width) {
  Netlist n({"out", "in", "bias", "gnd"});
  for (int k = 0; k < count; ++k) {
    const std::string inner = "s" + std::to_string(k);
    n.nmos("out", "in", inner, k == 0 ? odd_width : 1.0).nmos(inner, "bias", "gnd");
  }
  return n;
}

TEST(Matching, EqualStacksInParallelMatchInAnyOrder) {
  for (std::uint64_t seed = 1; seed < 20; ++seed)
    EXPECT_TRUE(judged(stacks(12, 1).circuit, stacks(12, 1).circuit, seed).clean) << seed;
}

TEST(Matching, OneOtherWidthAmongEqualStacksIsNamed) {
  const Verdict verdict = judged(stacks(12, 1.005).circuit, stacks(12, 1).circuit);
  EXPECT_FALSE(verdict.clean);
  EXPECT_NE(verdict.summary.find("W 1.005 against 1 um"), std::string::npos) << verdict.summary;
  EXPECT_TRUE(judged(stacks(12, 1.005).circuit, stacks(12, 1.005).circuit, 7).clean);
}

TEST(Matching, WidthsMayNotBeTradedAmongParallelFingers) {
  Netlist schematic({"d", "g", "gnd"}), layout({"d", "g", "gnd"});
  schematic.nmos("d", "g", "gnd", 1.05, 2);
  layout.nmos("d", "g", "gnd", 1.05).nmos("d", "g", "gnd", 2.0);
  EXPECT_FALSE(judged(layout.circuit, schematic.circuit).clean);
}

TEST(Matching, PlatesMayBeTurnedButNotExchanged) {
  Netlist a({"p", "q"}), turned({"p", "q"}), exchanged({"p", "q"});
  a.device("cap_mim_m3_1", {"p", "q"}, 10, 5);
  turned.device("cap_mim_m3_1", {"p", "q"}, 5, 10);
  exchanged.device("cap_mim_m3_1", {"q", "p"}, 10, 5);
  EXPECT_TRUE(judged(turned.circuit, a.circuit).clean);
  EXPECT_FALSE(judged(exchanged.circuit, a.circuit).clean);
}

TEST(Matching, GateAndDrainMayNotBeExchanged) {
  Netlist a({"p", "q", "gnd"}), b({"p", "q", "gnd"});
  a.nmos("p", "q", "gnd");
  b.nmos("q", "p", "gnd");
  EXPECT_FALSE(judged(b.circuit, a.circuit).clean);
}

TEST(Matching, ValuesAgreeWithinOnePercent) {
  Netlist drawn_one({"p", "q"});
  drawn_one.device("res_generic_l1", {"p", "q"}, 0.29, 100);
  const DeviceModel& model = *Technology::ptah130().find_device("res_generic_l1");
  const double ohm = model.resistance(from_um(0.29), from_um(100));
  for (const auto& [factor, same] :
       {std::pair{1.0, true}, {1.009, true}, {0.992, true}, {1.012, false}, {0.98, false}}) {
    Circuit schematic = drawn_one.circuit;
    schematic.devices[0].resistance_ohm = ohm * factor;
    schematic.devices[0].width = schematic.devices[0].length = 0;
    EXPECT_EQ(judged(drawn_one.circuit, schematic).clean, same) << factor;
  }
}

TEST(Matching, FixedWidthResistorsAreTheirGenericModel) {
  Netlist generic({"p", "q", "gnd"}), fixed({"p", "q", "gnd"}), wider({"p", "q", "gnd"});
  generic.device("res_xhigh_po", {"p", "q", "gnd"}, 0.35, 5);
  fixed.device("res_xhigh_po_0p35", {"p", "q", "gnd"}, 0.35, 5);
  wider.device("res_xhigh_po", {"p", "q", "gnd"}, 0.69, 5);
  EXPECT_TRUE(judged(generic.circuit, fixed.circuit).clean);
  EXPECT_FALSE(judged(wider.circuit, fixed.circuit).clean);
}

TEST(Matching, PortsMatchByNameInAnyCase) {
  Netlist a({"VDD", "in", "gnd"}), lower({"vdd", "IN", "gnd"}), other({"in", "VDD", "gnd"});
  a.nmos("VDD", "in", "gnd");
  lower.nmos("vdd", "IN", "gnd");
  other.nmos("in", "VDD", "gnd");
  EXPECT_TRUE(judged(lower.circuit, a.circuit).clean);
  EXPECT_FALSE(judged(other.circuit, a.circuit).clean);
}

TEST(Matching, RandomNetlistsMatchThemselvesAndNothingElse) {
  Rng rng(9);
  for (int round = 0; round < 200; ++round) {
    Netlist n({"a", "b", "c", "gnd"});
    const auto net = [&] {
      const auto k = rng.below(12);
      return k < 3 ? std::string(1, static_cast<char>('a' + k)) : "n" + std::to_string(k);
    };
    const int devices = 5 + static_cast<int>(rng.below(30));
    for (int k = 0; k < devices; ++k) {
      if (rng.below(4) == 0) {
        n.resistor(net(), net());
      } else {
        n.nmos(net(), net(), net(), 1, 1 + static_cast<int>(rng.below(3)));
      }
    }
    ASSERT_TRUE(judged(n.circuit, n.circuit, rng.below(1000)).clean) << "round " << round;
    Circuit changed = n.circuit;
    Device& device = changed.devices[rng.below(changed.devices.size())];
    if (rng.below(2) == 0) {
      device.width += 5;
    } else {
      ++device.multiplier;
      if (!device.is_mos()) ++device.fingers;
    }
    const Verdict verdict = judged(changed, n.circuit, rng.below(1000));
    ASSERT_FALSE(verdict.clean) << "round " << round;
    ASSERT_FALSE(verdict.summary.empty());
    ASSERT_EQ(verdict.errors, 1);
  }
}

TEST(Matching, ErrorsNameTheDevice) {
  Netlist n({"d", "g", "gnd"});
  n.nmos("d", "g", "gnd");
  const Connectivity layout = drawn(n.circuit, 1);
  Circuit free = n.circuit;
  free.devices[0].fingers = 0;
  const auto verdict = compare(layout, free, Technology::ptah130());
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(verdict.error().message.find("X0"), std::string::npos);
  Circuit unknown = n.circuit;
  unknown.devices[0].model = "triode";
  EXPECT_FALSE(compare(layout, unknown, Technology::ptah130()));
  EXPECT_FALSE(compare(layout, Circuit{}, Technology::ptah130()));
}

}  // namespace
}  // namespace ptah::native
