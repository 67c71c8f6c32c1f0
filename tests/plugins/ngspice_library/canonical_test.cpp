/// Netlists of one circuit become one netlist, whatever an extractor called and ordered things.
#include "canonical.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <set>
#include <string>

#include "circuit_fixture.hpp"
#include "ptah/core/random.hpp"
#include "ptah/netlist/extracted.hpp"

namespace ptah {
namespace {

std::string text_of(const ExtractedNetlist& netlist) {
  std::string text;
  char number[40];
  for (const ExtractedDevice& device : netlist.devices) {
    text += device.model;
    for (const std::string& net : device.nets) text += " " + net;
    for (const auto& [name, value] : device.parameters) {
      std::snprintf(number, sizeof number, "=%.9g", value);
      text += " " + name + number;
    }
    text += "\n";
  }
  for (const ExtractedCapacitor& capacitor : netlist.capacitors) {
    std::snprintf(number, sizeof number, " %.9g\n", capacitor.farad);
    text += capacitor.a + " " + capacitor.b + number;
  }
  return text;
}

ExtractedDevice transistor(std::vector<std::string> nets, std::map<std::string, double> sizes) {
  sizes.merge(std::map<std::string, double>{{"w", 1}, {"l", 0.15}});
  return {"m", "sky130_fd_pr__nfet_01v8", std::move(nets), std::move(sizes)};
}

std::set<std::string> nets_of(const ExtractedNetlist& netlist) {
  std::set<std::string> nets(netlist.ports.begin(), netlist.ports.end());
  for (const ExtractedDevice& device : netlist.devices)
    nets.insert(device.nets.begin(), device.nets.end());
  return nets;
}

template <typename T>
void shuffle(std::vector<T>& all, Rng& rng) {
  for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[rng.below(i)]);
}

/// The same circuit as another layout of it would be extracted.
ExtractedNetlist disguised(ExtractedNetlist netlist, Rng& rng) {
  std::vector<std::string> inner;
  for (const std::string& net : nets_of(netlist)) {
    if (std::find(netlist.ports.begin(), netlist.ports.end(), net) == netlist.ports.end())
      inner.push_back(net);
  }
  shuffle(inner, rng);
  std::map<std::string, std::string> names;
  for (const std::string& net : inner)
    names[net] = "a_" + std::to_string(names.size()) + "_" + std::to_string(rng.below(5000)) + "#";
  const auto rename = [&](std::string& net) {
    if (const auto found = names.find(net); found != names.end()) net = found->second;
  };
  for (ExtractedDevice& device : netlist.devices) {
    for (std::string& net : device.nets) rename(net);
    if (device.nets.size() != 4 || rng.below(2) == 0) continue;
    std::swap(device.nets[0], device.nets[2]);
    std::swap(device.parameters["ad"], device.parameters["as"]);
    std::swap(device.parameters["pd"], device.parameters["ps"]);
  }
  for (ExtractedCapacitor& capacitor : netlist.capacitors) {
    rename(capacitor.a);
    rename(capacitor.b);
    if (rng.below(2) == 0) std::swap(capacitor.a, capacitor.b);
  }
  shuffle(netlist.devices, rng);
  shuffle(netlist.capacitors, rng);
  return netlist;
}

class CanonicalTest : public testing::TestWithParam<const char*> {
 protected:
  const Technology& technology_ = Technology::ptah130();
};

TEST_P(CanonicalTest, IsOneForEveryOrderAndName) {
  auto loaded = test::load_circuit(GetParam(), 4, technology_);
  ASSERT_TRUE(loaded) << loaded.error().text();
  ExtractedNetlist netlist = schematic_netlist(loaded.value().circuit, technology_);
  Rng rng(3);
  for (ExtractedDevice& device : netlist.devices) {
    if (device.nets.size() != 4) continue;
    for (const char* name : {"ad", "as", "pd", "ps"})
      device.parameters[name] = rng.below(3) == 0 ? 0.1 * static_cast<double>(rng.below(9)) : 0;
  }
  for (const std::string& a : nets_of(netlist)) {
    for (const std::string& b : nets_of(netlist)) {
      if (a < b && rng.below(2) == 0)
        netlist.capacitors.push_back({a, b, 1e-17 * static_cast<double>(1 + rng.below(900))});
    }
  }
  const auto expected = canonical(netlist, technology_);
  ASSERT_TRUE(expected);
  const std::size_t nets = nets_of(netlist).size();
  EXPECT_EQ(nets_of(*expected).size(), nets);
  EXPECT_EQ(expected->capacitors.size(), nets * (nets - 1) / 2);
  EXPECT_EQ(text_of(*canonical(*expected, technology_)), text_of(*expected));
  for (int i = 0; i < 30; ++i) {
    const auto found = canonical(disguised(netlist, rng), technology_);
    ASSERT_TRUE(found);
    ASSERT_EQ(text_of(*found), text_of(*expected)) << "disguise " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Circuits, CanonicalTest,
                         testing::Values("five_transistors_ota", "miller_ota", "ahuja_ota",
                                         "ota_ff", "lpf", "ota1", "ota2", "ota3", "ota4"),
                         [](const auto& circuit) { return std::string(circuit.param); });

TEST(Canonical, ParallelTransistorsKeepTheirJunctions) {
  ExtractedNetlist netlist;
  netlist.ports = {"a", "b", "g", "0"};
  netlist.devices = {
      transistor({"a", "g", "b", "0"}, {{"ad", 0}, {"pd", 0}, {"as", 0.3}, {"ps", 3}}),
      transistor({"b", "g", "a", "0"}, {{"as", 0.2}, {"ps", 2}, {"ad", 0}, {"pd", 0}}),
      transistor({"a", "g", "b", "0"}, {{"ad", 0}, {"pd", 0}, {"as", 0}, {"ps", 0}, {"m", 3}})};
  const auto found = canonical(netlist, Technology::ptah130());
  ASSERT_TRUE(found);
  // Five fingers: one has both junctions, four have none.
  ASSERT_EQ(found->devices.size(), 2u);
  const bool as_drawn = found->devices[0].nets[0] == "a";
  const auto& both = found->devices[0].parameters;
  EXPECT_EQ(both.at(as_drawn ? "ad" : "as"), 0.2);
  EXPECT_EQ(both.at(as_drawn ? "pd" : "ps"), 2);
  EXPECT_EQ(both.at(as_drawn ? "as" : "ad"), 0.3);
  EXPECT_EQ(both.at(as_drawn ? "ps" : "pd"), 3);
  EXPECT_EQ(both.count("m"), 0u);
  EXPECT_EQ(found->devices[1].parameters.at("m"), 4);
  EXPECT_EQ(found->devices[1].parameters.at("ad"), 0);
}

TEST(Canonical, TellsNetsApartThatAreAlike) {
  ExtractedNetlist netlist;
  netlist.ports = {"a", "0"};
  for (const char* net : {"x", "y", "z"}) {
    netlist.devices.push_back(transistor({"a", "a", net, "0"}, {}));
    netlist.devices.push_back(transistor({net, net, "0", "0"}, {}));
  }
  netlist.capacitors = {{"x", "0", 1e-15}, {"floating", "y", 2e-15}, {"other", "y", 3e-15}};
  const auto found = canonical(netlist, Technology::ptah130());
  ASSERT_TRUE(found);
  EXPECT_EQ(nets_of(*found).size(), 5u);
  EXPECT_EQ(found->devices.size(), 6u);
  EXPECT_EQ(found->capacitors.size(), 7u * 6 / 2);
}

TEST(Canonical, LeavesNetworksOfWiresAlone) {
  ExtractedNetlist netlist;
  netlist.ports = {"a", "0"};
  netlist.resistors = {{"a", "a:1", 3}, {"a:1", "a:2", 3}};
  EXPECT_FALSE(canonical(netlist, Technology::ptah130()));
  // What joins two ports is no wire.
  netlist.resistors = {{"a", "0", 3}};
  EXPECT_FALSE(canonical(netlist, Technology::ptah130()));
}

TEST(Canonical, ReducedNetworksKeepTheirNodes) {
  ExtractedNetlist netlist;
  netlist.ports = {"a", "0"};
  netlist.devices = {transistor({"a:m1:d", "a", "x", "0:bulk"}, {{"ad", 0.1}, {"as", 0.2}}),
                     transistor({"x:m2:d", "a", "0:m2:s", "0:bulk"}, {{"ad", 0.3}, {"as", 0}})};
  netlist.resistors = {{"a", "a:m1:d", 3},
                       {"x", "x:m2:d", 2},
                       {"0", "0:bulk", 1},
                       {"0:bulk", "0:m2:s", 1e15},
                       {"0", "0:m2:s", 4}};
  netlist.capacitors = {{"a", "x", 1e-15}, {"a:m1:d", "0:bulk", 2e-15}};
  const auto expected = canonical(netlist, Technology::ptah130());
  ASSERT_TRUE(expected);
  EXPECT_EQ(nets_of(*expected), nets_of(netlist));
  EXPECT_EQ(expected->resistors.size(), 5u);
  EXPECT_EQ(expected->capacitors.size(), 2u);
  Rng rng(4);
  const auto list_of = [](const ExtractedNetlist& of) {
    std::string text = text_of(of);
    for (const auto& r : of.resistors) text += r.a + " " + r.b + " " + std::to_string(r.ohm) + "\n";
    return text;
  };
  for (int i = 0; i < 10; ++i) {
    shuffle(netlist.devices, rng);
    shuffle(netlist.resistors, rng);
    shuffle(netlist.capacitors, rng);
    for (auto& r : netlist.resistors) {
      if (rng.below(2) == 0) std::swap(r.a, r.b);
    }
    const auto found = canonical(netlist, Technology::ptah130());
    ASSERT_TRUE(found);
    EXPECT_EQ(list_of(*found), list_of(*expected));
  }
}

}  // namespace
}  // namespace ptah
