/// Real layouts: one engine over many is each time as good as new, merged fingers simulate alike,
/// ports that lack are refused.
#include "layouts.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdio>

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
  return text;
}

TEST(NativePex, AnEngineForgetsTheLayoutBefore) {
  const Technology& technology = Technology::ptah130();
  PexEngine kept{PexOptions{}};
  int seen = 0;
  for (const char* circuit : {"five_transistors_ota", "miller_ota"}) {
    const Status done = agreement::each_layout(
        kCircuits + circuit, 8, 5, technology, [&](const agreement::Sample& sample) {
          const auto flat = gds::flatten(sample.library, sample.top, technology);
          if (!flat) return false;
          PexEngine fresh{PexOptions{}};
          const auto a = kept.extract(flat.value(), sample.circuit, technology, sample.top);
          const auto b = fresh.extract(flat.value(), sample.circuit, technology, sample.top);
          if (!a || !b) {
            ADD_FAILURE() << (a ? b.error().text() : a.error().text());
            return false;
          }
          EXPECT_EQ(text_of(a.value()), text_of(b.value())) << sample.name;
          EXPECT_FALSE(a.value().capacitors.empty());
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
