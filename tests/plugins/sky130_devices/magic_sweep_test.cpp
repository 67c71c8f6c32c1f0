/// Every kind and size of tile, alone, under real Magic: no DRC error, and exactly the devices
/// asked for.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "devices.hpp"
#include "magic_check.hpp"
#include "ptah/core/random.hpp"
#include "tiles.hpp"

namespace ptah {
namespace {

using test::MagicCell;
using test::MagicDevice;

bool full_sweep() {
  return std::getenv("PTAH_FULL_SWEEP") != nullptr;
}

/// Keeps all in the full sweep, else a fixed random sample.
template <typename T>
std::vector<T> sample(std::vector<T> all, std::size_t count) {
  if (full_sweep() || all.size() <= count) return all;
  Rng rng(1);
  rng.shuffle(std::span<T>(all));
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(count), all.end());
  return all;
}

class MagicSweep : public test::MagicTest {
 protected:
  /// Checks the tiles of `devices`, `kBatch` in one run; `check` looks at what was extracted.
  template <typename Check>
  void sweep(const std::vector<Device>& devices, const Technology& technology, Check check) {
    constexpr std::size_t kBatch = 250;
    std::size_t tiles = 0;
    int wrong = 0;
    for (std::size_t from = 0; from < devices.size(); from += kBatch) {
      gds::Library library;
      std::vector<std::string> cells;
      std::map<std::string, std::pair<Device, Tile>> by_cell;
      for (std::size_t i = from; i < std::min(from + kBatch, devices.size()); ++i) {
        auto tile = sky130::generate_tile(devices[i], technology);
        ASSERT_TRUE(tile) << tile.error().text();
        const std::string cell = tile.value().cell;
        if (by_cell.contains(cell)) continue;
        for (auto& c : gds::from_tile(tile.value(), technology).cells)
          library.cells.push_back(std::move(c));
        cells.push_back(cell);
        by_cell.emplace(cell, std::pair{devices[i], std::move(tile).value()});
      }
      const auto result = test::magic_check(library, cells, tech_file());
      ASSERT_TRUE(result) << result.error().text();
      ASSERT_EQ(result.value().size(), cells.size());
      tiles += cells.size();
      for (const auto& [cell, found] : result.value()) {
        const auto& [device, tile] = by_cell.at(cell);
        if (found.errors != 0 && ++wrong < 20)
          ADD_FAILURE() << cell << ": " << found.errors << " DRC errors: " << found.why;
        std::vector<std::string> ports;
        for (const TilePin& pin : tile.pins) ports.push_back(pin.terminal);
        std::vector<std::string> got = found.ports;
        std::sort(ports.begin(), ports.end());
        std::sort(got.begin(), got.end());
        EXPECT_EQ(got, ports) << cell;
        check(device, cell, found);
      }
      if (devices.size() > kBatch)
        std::cout << tiles << " of " << devices.size() << " tiles, " << wrong << " wrong"
                  << std::endl;
    }
    std::cout << "checked " << tiles << " tiles, " << wrong << " with DRC errors" << std::endl;
  }
};

TEST_P(MagicSweep, MosTilesAreCleanAndExtractFingerByFinger) {
  std::vector<Device> all;
  static constexpr const char* kLongFlavour = "pfet_01v8_lvt";
  static constexpr const char* kFlavours[] = {"nfet_01v8", "nfet_01v8_lvt", "pfet_01v8",
                                              kLongFlavour, "pfet_01v8_hvt"};
  // Under thick oxide, of any size on the grid: 40 more.
  static constexpr const char* kThick[] = {"nfet_g5v0d10v5", "pfet_g5v0d10v5"};
  for (const char* flavour : kFlavours) {
    for (const double w :
         {0.42, 0.5, 0.525, 0.6, 0.74, 0.84, 1.0, 1.05, 1.26, 1.575, 2.1, 3.3, 5.0, 10.0}) {
      for (const double l : {0.15, 0.16, 0.18, 0.25, 0.35, 0.5, 1.0, 2.0}) {
        if (flavour == kLongFlavour && l < 0.35) continue;
        for (const int nf : {1, 2, 3, 4, 5, 6, 8, 12, 33, 128}) {
          // The largest are slow, and no different.
          if (nf > 33 && w > 2.1) continue;
          all.push_back(test::mos(flavour, w, l, nf));
        }
      }
    }
  }
  all = sample(std::move(all), 100);
  // Any size on the grid.
  Rng rng(2);
  const auto between = [&](int low, int high) {
    return (low +
            static_cast<int>(rng.below(static_cast<std::uint64_t>((high - low) / 5 + 1))) * 5) /
           1000.0;
  };
  for (int i = 0; i < (full_sweep() ? 1000 : 60); ++i) {
    const char* flavour = kFlavours[rng.below(std::size(kFlavours))];
    const double w = between(420, rng.below(4) == 0 ? 10'000 : 2500);
    const double l = between(350, 2000) -
                     (flavour == kLongFlavour ? 0 : 0.2 * static_cast<double>(rng.below(2)));
    all.push_back(test::mos(flavour, w, l, 1 + static_cast<int>(rng.below(9))));
  }
  for (int i = 0; i < (full_sweep() ? 400 : 40); ++i) {
    all.push_back(test::mos(kThick[i % 2], between(420, i % 8 < 2 ? 10'000 : 2500),
                            i % 3 == 0 ? 0.5 : between(500, 3000),
                            1 + static_cast<int>(rng.below(9))));
  }
  sweep(all, Technology::ptah130(),
        [](const Device& device, const std::string& cell, const MagicCell& found) {
          EXPECT_EQ(static_cast<int>(found.devices.size()), device.total_fingers()) << cell;
          for (const MagicDevice& d : found.devices) {
            EXPECT_EQ("sky130_fd_pr__" + d.model, device.model) << cell;
            EXPECT_NEAR(d.w_um, to_um(device.width), 1e-4) << cell;
            EXPECT_NEAR(d.l_um, to_um(device.length), 1e-4) << cell;
            ASSERT_EQ(d.nets.size(), 4u) << cell;
            EXPECT_TRUE((d.nets[0] == "D" && d.nets[2] == "S") ||
                        (d.nets[0] == "S" && d.nets[2] == "D"))
                << cell << " " << d.nets[0] << " " << d.nets[2];
            EXPECT_EQ(d.nets[1], "G") << cell;
            EXPECT_EQ(d.nets[3], "B") << cell;
          }
        });
}

TEST_P(MagicSweep, LargeTallAndIsolatedMosTilesAreCleanAndExtractFingerByFinger) {
  std::vector<Device> all;
  for (const char* flavour :
       {"nfet_01v8", "nfet_01v8_lvt", "pfet_01v8", "pfet_01v8_lvt", "pfet_01v8_hvt"}) {
    for (const double l : {0.35, 1.0, 12.0}) {
      for (const double w : {0.42, 2.1, 9.0}) {
        all.push_back(test::mos(flavour, w, l, static_cast<int>(31 / (l + 0.28)) + 3));
      }
      for (const double w : {14.65, 20.0, 28.85, 40.0, 77.0})
        all.push_back(test::mos(flavour, w, l, l > 1 ? 3 : 5));
    }
    all.push_back(test::mos(flavour, 15, 0.35, 60));
    all.push_back(test::mos(flavour, 35, 0.56, 36));
  }
  all = sample(std::move(all), 20);
  for (const char* flavour : {"nfet_g5v0d10v5", "pfet_g5v0d10v5"}) {
    for (const double w : {2.1, 14.65, 28.85, 40.0, 77.0})
      all.push_back(test::mos(flavour, w, 1, 5));
    all.push_back(test::mos(flavour, 15, 0.5, 60));
    all.push_back(test::mos(flavour, 2, 12, 7));
  }
  for (const double w : {0.42, 2.0, 16.0, 40.0}) {
    for (const int nf : {1, 2, 50}) {
      if (w > 10 && nf > 2) continue;
      for (const char* flavour : {"nfet_01v8", "nfet_01v8_lvt", "nfet_g5v0d10v5"}) {
        all.push_back(test::mos(flavour, w, 0.5, nf));
        all.back().isolated = true;
      }
    }
  }
  sweep(all, Technology::ptah130(),
        [](const Device& device, const std::string& cell, const MagicCell& found) {
          EXPECT_EQ(static_cast<int>(found.devices.size()), device.total_fingers()) << cell;
          for (const MagicDevice& d : found.devices) {
            EXPECT_EQ("sky130_fd_pr__" + d.model, device.model) << cell;
            EXPECT_NEAR(d.w_um, to_um(device.width), 1e-4) << cell;
            ASSERT_EQ(d.nets.size(), 4u) << cell;
            EXPECT_EQ(d.nets[0] + d.nets[2], d.nets[0] == "D" ? "DS" : "SD") << cell;
            EXPECT_EQ(d.nets[1], "G") << cell;
            EXPECT_EQ(d.nets[3], "B") << cell;
          }
        });
}

TEST_P(MagicSweep, MimTilesAreCleanAndExtractOnce) {
  std::vector<Device> all;
  for (const double w : {1.0, 1.4, 2.0, 2.5, 3.0, 3.5, 5.0, 10.0, 24.0, 25.0, 40.0}) {
    for (const double l : {1.0, 1.7, 2.0, 3.0, 4.0, 10.0, 24.0, 25.0, 40.0}) {
      all.push_back(test::mim("cap_mim_m3_1", w, l));
      if (w >= 1.2 && l >= 1.2) all.push_back(test::mim("cap_mim_m3_2", w, l));
    }
  }
  sweep(sample(std::move(all), 40), Technology::ptah130(),
        [](const Device& device, const std::string& cell, const MagicCell& found) {
          ASSERT_EQ(found.devices.size(), 1u) << cell;
          const MagicDevice& d = found.devices[0];
          EXPECT_EQ("sky130_fd_pr__" + d.model, device.model) << cell;
          EXPECT_EQ(d.nets, (std::vector<std::string>{"TOP", "BOTTOM"})) << cell;
          EXPECT_NEAR(std::min(d.w_um, d.l_um), to_um(std::min(device.width, device.length)), 1e-4);
          EXPECT_NEAR(std::max(d.w_um, d.l_um), to_um(std::max(device.width, device.length)), 1e-4);
        });
}

TEST_P(MagicSweep, VaractorTilesAreCleanAndExtractOnce) {
  std::vector<Device> all;
  for (const char* kind : {"cap_var_lvt", "cap_var_hvt"}) {
    for (const double w : {1.0, 1.005, 1.3, 2.0, 5.0, 12.5, 25.0, 40.0}) {
      for (const double l : {0.18, 0.25, 0.5, 1.0, 3.0, 25.0})
        all.push_back(test::varactor(kind, w, l));
    }
  }
  sweep(sample(std::move(all), 30), Technology::ptah130(),
        [](const Device& device, const std::string& cell, const MagicCell& found) {
          ASSERT_EQ(found.devices.size(), 1u) << cell;
          const MagicDevice& d = found.devices[0];
          EXPECT_EQ("sky130_fd_pr__" + d.model, device.model) << cell;
          // Magic names the well, which BOTTOM is, once more.
          EXPECT_EQ(d.nets, (std::vector<std::string>{"TOP", "BOTTOM", "BOTTOM"})) << cell;
          EXPECT_NEAR(d.w_um, to_um(device.width), 1e-4) << cell;
          EXPECT_NEAR(d.l_um, to_um(device.length), 1e-4) << cell;
        });
}

TEST_P(MagicSweep, DiodeTilesAreCleanAndExtractAreaAndPerimeter) {
  std::vector<Device> all;
  for (const char* kind : {"diode_pw2nd_05v5", "diode_pd2nw_05v5"}) {
    for (const double w :
         {0.29, 0.3, 0.455, 0.63, 1.0, 2.5, 3.0, 3.005, 3.4, 9.0, 14.0, 14.3, 14.7, 15.0, 28.0}) {
      for (const double l : {0.0, 0.005, 0.4, 2.0, 30.0}) {
        all.push_back(test::diode(kind, w, w + l));
        if (all.back().kind == DeviceKind::kNdiode)
          all.push_back(test::diode(kind, w, w + l, true));
      }
    }
  }
  sweep(sample(std::move(all), 40), Technology::ptah130(),
        [](const Device& device, const std::string& cell, const MagicCell& found) {
          ASSERT_EQ(found.devices.size(), 1u) << cell;
          const MagicDevice& d = found.devices[0];
          const double w = to_um(device.width), l = to_um(device.length);
          EXPECT_EQ("sky130_fd_pr__" + d.model, device.model) << cell;
          EXPECT_EQ(d.nets, (std::vector<std::string>{"ANODE", "CATHODE"})) << cell;
          EXPECT_NEAR(d.area_um2, w * l, 1e-5 * w * l) << cell;
          EXPECT_NEAR(d.perimeter_um, 2 * (w + l), 1e-5 * (w + l)) << cell;
        });
}

TEST_P(MagicSweep, ResistorTilesAreCleanAndExtractTheirSize) {
  std::vector<Device> all;
  for (const double ohm : {50.0, 200.0, 1e3, 5e3, 18e3, 47e3, 100e3, 200e3}) {
    all.push_back(test::resistor("res_generic_l1", 0, 0, ohm));
    all.push_back(test::resistor("res_generic_l1", 0.5, 0, ohm));
    if (ohm > 100 && ohm < 150e3) all.push_back(test::resistor("res_generic_po", 0, 0, ohm));
    if (ohm < 50e3) all.push_back(test::resistor("res_generic_po", 1, 0, ohm));
  }
  for (const double ohm : {1e3, 5e3, 18e3, 33e3, 100e3}) {
    if (ohm > 1000) all.push_back(test::resistor("res_high_po", 0, 0, ohm));
    if (ohm > 1000) all.push_back(test::resistor("res_high_po_0p35", 0, 0, ohm));
    if (ohm > 5000) all.push_back(test::resistor("res_xhigh_po", 0, 0, ohm));
    if (ohm > 5000) all.push_back(test::resistor("res_xhigh_po_0p35", 0, 0, ohm));
  }
  for (const double w : {0.35, 0.69, 1.41, 2.85, 5.73}) {
    for (const double l : {0.35, 0.37, 3.05, 15.65}) {
      all.push_back(test::resistor("res_high_po", w, l));
      all.push_back(test::resistor("res_xhigh_po", w, l));
    }
  }
  // Names that hold a width draw the same tiles.
  for (const char* width : {"0p35", "0p69", "1p41", "2p85", "5p73"}) {
    for (const char* kind : {"res_high_po_", "res_xhigh_po_"}) {
      all.push_back(test::resistor(kind + std::string(width), 0, 0.4));
      all.push_back(test::resistor(kind + std::string(width), 0, 20));
    }
  }
  for (const double l : {0.3, 1.0, 2.0, 3.7, 11.0, 100.0}) {
    for (const double w : {0.29, 0.4, 1.0, 3.0})
      all.push_back(test::resistor("res_generic_l1", w, l));
    for (const double w : {0.33, 0.5, 2.0})
      all.push_back(test::resistor("res_generic_po", w, std::max(l, 0.33)));
    for (const double w : {0.14, 0.3, 1.0, 3.5})
      all.push_back(test::resistor("res_generic_m1", w, l));
    for (const double w : {0.14, 0.5}) all.push_back(test::resistor("res_generic_m2", w, l));
    for (const double w : {0.3, 2.0}) all.push_back(test::resistor("res_generic_m3", w, l));
    for (const double w : {0.3, 2.0}) all.push_back(test::resistor("res_generic_m4", w, l));
    all.push_back(test::resistor("res_generic_m5", 1.6, std::max(l, 1.6)));
  }
  const Technology& technology = Technology::ptah130();
  sweep(
      all, technology, [&](const Device& device, const std::string& cell, const MagicCell& found) {
        ASSERT_EQ(found.devices.size(), 1u) << cell;
        const MagicDevice& d = found.devices[0];
        // This Magic gives fixed-width models their generic name.
        EXPECT_TRUE(device.model.starts_with("sky130_fd_pr__" + d.model)) << cell << " " << d.model;
        const auto body =
            sky130::resistor_body(device, *technology.find_device(device.model), technology);
        EXPECT_NEAR(d.w_um, to_um(body.value().width), 1e-4) << cell;
        EXPECT_NEAR(d.l_um, to_um(body.value().length), 6e-3) << cell;
        std::vector<std::string> nets = d.nets;
        std::sort(nets.begin(), nets.begin() + 2);
        EXPECT_EQ(nets[0], "A") << cell;
        EXPECT_EQ(nets[1], "B") << cell;
        if (nets.size() > 2) {
          EXPECT_EQ(nets[2], "SUB") << cell;
        }
      });
}

INSTANTIATE_TEST_SUITE_P(TechFile, MagicSweep, ::testing::ValuesIn(test::kTechFiles),
                         test::tech_file_name);

}  // namespace
}  // namespace ptah
