/// Extracted netlists as SPICE and SPEF; the SPEF is read back by a small reader of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>

#include "ptah/netlist/extracted.hpp"

namespace ptah {
namespace {

using testing::HasSubstr;

ExtractedNetlist sample() {
  ExtractedNetlist n;
  n.name = "cell";
  n.ports = {"OUT", "VSS"};
  n.devices.push_back({"X0",
                       "sky130_fd_pr__nfet_01v8",
                       {"OUT:2", "in[0]", "VSS:1", "VSS"},
                       {{"w", 1.05}, {"l", 0.15}}});
  n.devices.push_back(
      {"X1", "sky130_fd_pr__res_generic_l1", {"in[0]", "OUT"}, {{"w", 0.29}, {"l", 1}}});
  n.capacitors = {{"OUT", "VSS", 1e-15},
                  {"OUT:2", "VSS:1", 2.5e-16},
                  {"VSS", "in[0]", 5e-16},
                  {"OUT:1", "OUT:2", 1e-17}};
  n.resistors = {{"OUT", "OUT:1", 12.5}, {"OUT:1", "OUT:2", 152}, {"VSS", "VSS:1", 0.25}};
  return n;
}

/// What a SPEF file says, names resolved. Fails the test on anything that its own sections do not
/// declare.
struct Spef {
  std::map<std::string, std::string> names;  // "*3": name
  std::vector<std::string> ports;
  struct Net {
    double total = 0;
    std::set<std::string> pins;
    std::map<std::pair<std::string, std::string>, double> capacitors, resistors;
  };
  std::map<std::string, Net> nets;

  std::string resolved(const std::string& word) const {
    const auto colon = word.find(':');
    const auto found = names.find(word.substr(0, colon));
    EXPECT_NE(found, names.end()) << word;
    if (found == names.end()) return word;
    return found->second + (colon == std::string::npos ? "" : word.substr(colon));
  }
  explicit Spef(const std::string& text) { read(text); }
  void read(const std::string& text) {
    std::istringstream lines(text);
    std::string line, section;
    Net* net = nullptr;
    double farad = 0, ohm = 0;
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::vector<std::string> w;
      for (std::string word; words >> word;) w.push_back(word);
      if (w.empty()) continue;
      if (w[0] == "*C_UNIT") farad = std::stod(w[1]) * (w[2] == "FF" ? 1e-15 : 0);
      if (w[0] == "*R_UNIT") ohm = std::stod(w[1]) * (w[2] == "OHM" ? 1 : 0);
      if (w[0] == "*NAME_MAP" || w[0] == "*PORTS" || w[0] == "*CONN" || w[0] == "*CAP" ||
          w[0] == "*RES" || w[0] == "*END") {
        section = w[0];
        if (section == "*END") net = nullptr;
      } else if (w[0] == "*D_NET") {
        ASSERT_EQ(w.size(), 3u) << line;
        ASSERT_EQ(nets.count(resolved(w[1])), 0u) << line;
        net = &nets[resolved(w[1])];
        net->total = std::stod(w[2]) * farad;
      } else if (section == "*NAME_MAP") {
        ASSERT_EQ(w.size(), 2u) << line;
        std::string plain;
        for (std::size_t i = 0; i < w[1].size(); ++i) {
          if (w[1][i] == '\\') ++i;
          plain += w[1][i];
        }
        EXPECT_TRUE(names.emplace(w[0], plain).second) << line;
      } else if (section == "*PORTS") {
        ports.push_back(resolved(w[0]));
      } else if (section == "*CONN") {
        ASSERT_NE(net, nullptr) << line;
        net->pins.insert(resolved(w[1]));
      } else if (section == "*CAP" || section == "*RES") {
        ASSERT_NE(net, nullptr) << line;
        ASSERT_EQ(w.size(), 4u) << line;
        auto& list = section == "*CAP" ? net->capacitors : net->resistors;
        EXPECT_EQ(w[0], std::to_string(list.size() + 1)) << line;
        list[{resolved(w[1]), resolved(w[2])}] =
            std::stod(w[3]) * (section == "*CAP" ? farad : ohm);
      }
    }
  }
};

TEST(WriteSpef, ReadsBackAsTheNetlist) {
  const ExtractedNetlist n = sample();
  const auto text = write_spef(n, Technology::ptah130());
  ASSERT_TRUE(text) << text.error().text();
  Spef spef(text.value());
  EXPECT_EQ(spef.ports, n.ports);
  ASSERT_EQ(spef.nets.size(), 3u);
  const Spef::Net &out = spef.nets["OUT"], &in = spef.nets["in[0]"], &vss = spef.nets["VSS"];
  EXPECT_EQ(out.pins, (std::set<std::string>{"OUT", "X0:D", "X1:B"}));
  EXPECT_EQ(in.pins, (std::set<std::string>{"X0:G", "X1:A"}));
  EXPECT_EQ(vss.pins, (std::set<std::string>{"VSS", "X0:S", "X0:B"}));
  EXPECT_NEAR(out.total, 1.26e-15, 1e-24);
  EXPECT_NEAR(in.total, 0.5e-15, 1e-24);
  EXPECT_NEAR(vss.total, 1.75e-15, 1e-24);
  // Each net lists its couplings, from its own side.
  EXPECT_DOUBLE_EQ(out.capacitors.at({"OUT:2", "VSS:1"}), 2.5e-16);
  EXPECT_DOUBLE_EQ(vss.capacitors.at({"VSS:1", "OUT:2"}), 2.5e-16);
  EXPECT_DOUBLE_EQ(out.capacitors.at({"OUT:1", "OUT:2"}), 1e-17);
  EXPECT_EQ(out.capacitors.size(), 3u);
  EXPECT_DOUBLE_EQ(out.resistors.at({"OUT:1", "OUT:2"}), 152);
  EXPECT_DOUBLE_EQ(out.resistors.at({"X0:D", "OUT:2"}), 0);
  EXPECT_EQ(out.resistors.size(), 4u);
  EXPECT_DOUBLE_EQ(vss.resistors.at({"VSS", "VSS:1"}), 0.25);
}

TEST(WriteSpef, NodesOfOtherNamesGetNumbersOfTheirOwn) {
  ExtractedNetlist n;
  n.name = "cell";
  n.ports = {"a"};
  n.capacitors = {{"a", "b", 1e-15}};
  n.resistors = {{"a", "a:2", 1}, {"a:2", "other", 2}};
  const auto text = write_spef(n, Technology::ptah130());
  ASSERT_TRUE(text) << text.error().text();
  Spef spef(text.value());
  EXPECT_DOUBLE_EQ(spef.nets["a"].resistors.at({"a:2", "a:3"}), 2);
}

TEST(NetsOfNodes, AreWhatResistorsJoin) {
  const auto nets = nets_of_nodes(sample());
  EXPECT_EQ(nets.at("OUT:2"), "OUT");
  EXPECT_EQ(nets.at("VSS:1"), "VSS");
  EXPECT_EQ(nets.at("in[0]"), "in[0]");
  EXPECT_EQ(nets.size(), 6u);
}

TEST(WriteSpef, RefusesNamesThatAreNone) {
  ExtractedNetlist n = sample();
  n.ports[0] = "a b";
  const auto text = write_spef(n, Technology::ptah130());
  ASSERT_FALSE(text);
  EXPECT_THAT(text.error().text(), HasSubstr("a b"));
}

TEST(WriteExtractedSpice, HasDevicesCapacitorsAndResistors) {
  const auto text = write_extracted_spice(sample(), Technology::ptah130());
  ASSERT_TRUE(text) << text.error().text();
  EXPECT_THAT(text.value(), HasSubstr(".subckt cell OUT VSS\n"));
  EXPECT_THAT(text.value(),
              HasSubstr("X0 OUT:2 in[0] VSS:1 VSS sky130_fd_pr__nfet_01v8 l=0.15 w=1.05\n"));
  EXPECT_THAT(text.value(), HasSubstr("RX1 in[0] OUT sky130_fd_pr__res_generic_l1 l=1 w=0.29\n"));
  EXPECT_THAT(text.value(), HasSubstr("\nC3 VSS in[0] 5e-16\n"));
  EXPECT_THAT(text.value(), HasSubstr("\nRw2 OUT:1 OUT:2 152\n"));
  EXPECT_THAT(text.value(), HasSubstr(".ends cell\n"));
  ExtractedNetlist bad = sample();
  bad.devices[0].name = "X0\n.include /etc/passwd";
  EXPECT_FALSE(write_extracted_spice(bad, Technology::ptah130()));
}

}  // namespace
}  // namespace ptah
