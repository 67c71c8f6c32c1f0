/// Real layouts: one engine over many is each time as good as new, merged fingers simulate alike,
/// ports that lack are refused.
#include "layouts.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>

#include "native_pex.hpp"
#include "ngspice_simulation.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/netlist/circuit_folder.hpp"

namespace ptah::native {
namespace {

const std::string kCircuits = std::string(PTAH_SOURCE_DIR) + "/configs/circuits/";

std::string text_of(const ExtractedNetlist& netlist) {
  std::string text = netlist.name;
  const auto number = [](double value) {
    char digits[40];
    std::snprintf(digits, sizeof digits, " %.17g", value);
    return std::string(digits);
  };
  for (const auto& port : netlist.ports) text += " " + port;
  for (const ExtractedDevice& d : netlist.devices) {
    text += "\n" + d.name + " " + d.model;
    for (const auto& net : d.nets) text += " " + net;
    for (const auto& [key, value] : d.parameters) text += " " + key + number(value);
  }
  for (const ExtractedCapacitor& c : netlist.capacitors) {
    text += "\n" + c.a + " " + c.b + number(c.farad);
  }
  for (const ExtractedResistor& r : netlist.resistors) {
    text += "\n" + r.a + " " + r.b + number(r.ohm);
  }
  return text;
}

TEST(NativePex, AnEngineForgetsTheLayoutBefore) {
  const Technology& technology = Technology::ptah130();
  const PexOptions options{.resistance = Resistance::kNetwork};
  PexEngine kept{options};
  int seen = 0;
  for (const char* circuit : {"five_transistors_ota", "miller_ota"}) {
    const Status done = agreement::each_layout(
        kCircuits + circuit, 8, 5, technology, [&](const agreement::Sample& sample) {
          const auto flat = gds::flatten(sample.library, sample.top, technology);
          if (!flat) return false;
          PexEngine fresh{options};
          const auto a = kept.extract(flat.value(), sample.circuit, technology, sample.top);
          const auto b = fresh.extract(flat.value(), sample.circuit, technology, sample.top);
          if (!a || !b) {
            ADD_FAILURE() << (a ? b.error().text() : a.error().text());
            return false;
          }
          EXPECT_EQ(text_of(a.value()), text_of(b.value())) << sample.name;
          EXPECT_FALSE(a.value().capacitors.empty());
          EXPECT_FALSE(a.value().resistors.empty());
          ++seen;
          return true;
        });
    ASSERT_TRUE(done) << done.error().text();
  }
  EXPECT_EQ(seen, 16);
}

TEST(NativePex, MergedFingersSimulateAlike) {
  if (!find_tool("ngspice", "ngspice")) GTEST_SKIP() << "ngspice is not installed";
  const Technology& technology = Technology::ptah130();
  const auto folder = read_circuit_folder(kCircuits + "miller_ota");
  ASSERT_TRUE(folder) << folder.error().text();
  const auto bench = read_testbench(folder.value().testbench, "testbench.spice");
  ASSERT_TRUE(bench) << bench.error().text();
  bool compared = false;
  const Status done = agreement::each_layout(
      kCircuits + "miller_ota", 1, 9, technology, [&](const agreement::Sample& sample) {
        const auto flat = gds::flatten(sample.library, sample.top, technology);
        if (!flat) return false;
        std::vector<std::vector<Waveform>> results;
        std::size_t devices[2] = {0, 0};
        for (const bool merge : {false, true}) {
          PexEngine engine{PexOptions{.merge_fingers = merge}};
          const auto netlist = engine.extract(flat.value(), sample.circuit, technology, sample.top);
          if (!netlist) {
            ADD_FAILURE() << netlist.error().text();
            return false;
          }
          devices[merge] = netlist.value().devices.size();
          SimpleJobContext job;
          const auto start = std::chrono::steady_clock::now();
          auto waves = simulate_with_ngspice(netlist.value(), bench.value(), technology, {}, job);
          std::printf(
              "%zu devices: %.1f ms\n", devices[merge],
              std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                  .count());
          if (!waves) {
            ADD_FAILURE() << waves.error().text();
            return false;
          }
          results.push_back(std::move(waves.value()));
        }
        EXPECT_LT(devices[1], devices[0]);
        for (std::size_t w = 0; w < results[0].size(); ++w) {
          for (std::size_t n = 0; n < results[0][w].y.size(); ++n) {
            for (std::size_t i = 0; i < results[0][w].y[n].size(); ++i) {
              const auto a = results[0][w].y[n][i], b = results[1][w].y[n][i];
              EXPECT_LE(std::abs(a - b), 1e-6 * std::abs(a) + 1e-12);
            }
          }
        }
        compared = true;
        return false;
      });
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_TRUE(compared);
}

/// Totals by net and by pair of nets; nodes are their nets.
std::map<std::pair<std::string, std::string>, double> by_net(const ExtractedNetlist& netlist) {
  const auto net = [](const std::string& node) { return node.substr(0, node.find(':')); };
  std::map<std::pair<std::string, std::string>, double> sums;
  for (const ExtractedCapacitor& c : netlist.capacitors) {
    sums[std::minmax(net(c.a), net(c.b))] += c.farad;
  }
  return sums;
}

TEST(NativePex, ANetworkSimulatesAndHasTheSameCapacitances) {
  const bool simulate = find_tool("ngspice", "ngspice").has_value();
  const Technology& technology = Technology::ptah130();
  const std::string circuit = kCircuits + "five_transistors_ota";
  const auto folder = read_circuit_folder(circuit);
  ASSERT_TRUE(folder) << folder.error().text();
  const auto bench = read_testbench(folder.value().testbench, "testbench.spice");
  ASSERT_TRUE(bench) << bench.error().text();
  int compared = 0;
  const Status done =
      agreement::each_layout(circuit, 3, 11, technology, [&](const agreement::Sample& sample) {
        const auto flat = gds::flatten(sample.library, sample.top, technology);
        if (!flat) return false;
        std::vector<double> gains;
        std::vector<std::map<std::pair<std::string, std::string>, double>> sums;
        for (const bool network : {false, true}) {
          PexEngine engine{
              PexOptions{.resistance = network ? Resistance::kNetwork : Resistance::kIgnored}};
          const auto netlist = engine.extract(flat.value(), sample.circuit, technology, sample.top);
          if (!netlist) {
            ADD_FAILURE() << netlist.error().text();
            return false;
          }
          sums.push_back(by_net(netlist.value()));
          if (network) {
            std::printf("%zu devices, %zu capacitors, %zu resistors\n",
                        netlist.value().devices.size(), netlist.value().capacitors.size(),
                        netlist.value().resistors.size());
            double largest = 0;
            for (const ExtractedResistor& r : netlist.value().resistors) {
              EXPECT_GT(r.ohm, 0);
              largest = std::max(largest, r.ohm);
            }
            EXPECT_GT(largest, 10);   // gates and contacts
            EXPECT_LT(largest, 5e3);  // no wire of the OTA is that long
          }
          if (!simulate) continue;
          SimpleJobContext job;
          const auto waves =
              simulate_with_ngspice(netlist.value(), bench.value(), technology, {}, job);
          if (!waves) {
            ADD_FAILURE() << waves.error().text();
            return false;
          }
          gains.push_back(std::abs(waves.value().front().y.front().front()));
        }
        EXPECT_EQ(sums[0].size(), sums[1].size());
        for (const auto& [pair, farad] : sums[0]) EXPECT_NEAR(sums[1][pair], farad, 1e-9 * farad);
        if (simulate) {
          std::printf("gain %.6g without, %.6g with resistances\n", gains[0], gains[1]);
          EXPECT_NEAR(gains[1], gains[0], 0.03 * gains[0]);
          EXPECT_NE(gains[1], gains[0]);
        }
        ++compared;
        return true;
      });
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(compared, 3);
}

TEST(NativePex, RefusesALayoutWithoutAPort) {
  const Technology& technology = Technology::ptah130();
  Circuit circuit;
  circuit.nets.push_back({"OUT"});
  circuit.ports.push_back(0);
  gds::Flat flat;
  flat.shapes.push_back({technology.layer("met1"), {0, 0, 1000, 1000}});
  PexEngine engine{PexOptions{}};
  const auto netlist = engine.extract(flat, circuit, technology, "cell");
  ASSERT_FALSE(netlist);
  EXPECT_NE(netlist.error().text().find("OUT"), std::string::npos);
  flat.labels.push_back({technology.layer("met1"), {500, 500}, "out", true});
  const auto again = engine.extract(flat, circuit, technology, "cell");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again.value().ports, std::vector<std::string>{"OUT"});
}

}  // namespace
}  // namespace ptah::native
