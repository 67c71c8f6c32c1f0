// Every device the generator draws comes back as that device.
#include "tiles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "ptah/core/random.hpp"
#include "ptah/geom/region.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::native {
namespace {

struct Case {
  const char* model;
  double w, l;
  int fingers;
};

class Tiles : public ::testing::TestWithParam<Case> {};
class Transistors : public Tiles {};

Device device_of(const Case& c, const Technology& technology) {
  const DeviceModel& model = *technology.find_device(c.model);
  Device device;
  device.name = "D";
  device.model = model.name;
  device.kind = model.kind;
  for (std::size_t i = 0; i < model.terminals; ++i) device.nets.push_back(static_cast<NetId>(i));
  device.width = from_um(c.w);
  device.length = from_um(c.l);
  device.fingers = c.fingers;
  return device;
}

gds::Flat flat_of(const Tile& tile) {
  gds::Flat flat;
  flat.shapes = tile.shapes;
  for (const TilePin& pin : tile.pins)
    flat.labels.push_back(
        {pin.access.front().layer, pin.access.front().rect.center(), pin.terminal, true});
  return flat;
}

TEST_P(Tiles, ComeBackAsDrawn) {
  const Technology& technology = Technology::ptah130();
  const Device device = device_of(GetParam(), technology);
  const auto tile = sky130::generate_tile(device, technology);
  ASSERT_TRUE(tile) << tile.error().text();
  const Connectivity found = find_connectivity(flat_of(tile.value()), technology);
  for (const Oddity& oddity : found.oddities) ADD_FAILURE() << oddity.text;
  ASSERT_EQ(found.devices.size(), static_cast<std::size_t>(GetParam().fingers));
  for (const FoundDevice& each : found.devices) {
    EXPECT_EQ(technology.devices()[each.model].name, device.model);
    EXPECT_EQ(std::min(each.width, each.length), std::min(device.width, device.length));
    EXPECT_EQ(std::max(each.width, each.length), std::max(device.width, device.length));
    if (device.kind != DeviceKind::kCapacitor) {
      EXPECT_EQ(each.width, device.width);
    }
    const auto names = terminal_names(device.kind, device.nets.size());
    ASSERT_EQ(each.terminals.size(), names.size());
    std::multiset<std::string> nets, expected;
    for (std::size_t t = 0; t < names.size(); ++t) {
      nets.insert(found.nets[static_cast<std::size_t>(each.terminals[t].net)].name);
      // The substrate of a resistor has no pin of its own where the tile has no tap.
      expected.insert(tile.value().find_pin(names[t]) != nullptr ? std::string(names[t])
                                                                 : "substrate");
    }
    EXPECT_EQ(nets, expected);
    if (device.is_mos()) {
      EXPECT_EQ(found.nets[static_cast<std::size_t>(each.terminals[terminal::kGate].net)].name,
                "G");
      EXPECT_EQ(found.nets[static_cast<std::size_t>(each.terminals[terminal::kBulk].net)].name,
                "B");
    }
    if (device.kind == DeviceKind::kCapacitor) {
      EXPECT_EQ(found.nets[static_cast<std::size_t>(each.terminals[terminal::kTop].net)].name,
                "TOP");
    }
  }
}

TEST_P(Transistors, GiveAwayAllOfTheirDiffusion) {
  const Technology& technology = Technology::ptah130();
  const Device device = device_of(GetParam(), technology);
  const auto tile = sky130::generate_tile(device, technology);
  ASSERT_TRUE(tile) << tile.error().text();
  const Connectivity found = find_connectivity(flat_of(tile.value()), technology);
  std::vector<Rect> diff, poly;
  for (const Shape& shape : tile.value().shapes) {
    if (shape.layer == technology.layer("diff")) diff.push_back(shape.rect);
    if (shape.layer == technology.layer("poly")) poly.push_back(shape.rect);
  }
  double sum = 0;
  for (const FoundDevice& each : found.devices) sum += each.drain_area_um2 + each.source_area_um2;
  EXPECT_NEAR(sum, to_um2(area(difference(diff, poly))), 1e-9);
  // A strip of diffusion loses nothing of its outline to gates: each adds two edges to it.
  double perimeter = 0;
  for (const FoundDevice& each : found.devices)
    perimeter += each.drain_perimeter_um + each.source_perimeter_um;
  const Rect box = bounding_box(diff);
  const double gates = static_cast<double>(found.devices.size());
  EXPECT_NEAR(perimeter,
              2 * (to_um(box.width()) + to_um(box.height())) +
                  gates * (2 * to_um(device.width) - 2 * to_um(device.length)),
              1e-9);
}

TEST_P(Tiles, LookTheSameInAnyOrderAndCutInAnyWay) {
  const Technology& technology = Technology::ptah130();
  const auto tile = sky130::generate_tile(device_of(GetParam(), technology), technology);
  ASSERT_TRUE(tile) << tile.error().text();
  const gds::Flat flat = flat_of(tile.value());
  const Connectivity whole = find_connectivity(flat, technology);
  Rng rng(8);
  for (int round = 0; round < 5; ++round) {
    gds::Flat cut;
    cut.labels = flat.labels;
    for (const Shape& shape : flat.shapes) {
      const Rect& r = shape.rect;
      const Dbu x =
          r.x0 + static_cast<Dbu>(rng.below(static_cast<std::uint64_t>(r.width()))) / 5 * 5;
      if (x <= r.x0 || rng.below(3) == 0) {
        cut.shapes.push_back(shape);
        continue;
      }
      cut.shapes.push_back({shape.layer, {r.x0, r.y0, x, r.y1}});
      cut.shapes.push_back({shape.layer, {x, r.y0, r.x1, r.y1}});
    }
    for (std::size_t i = cut.shapes.size(); i > 1; --i)
      std::swap(cut.shapes[i - 1], cut.shapes[rng.below(i)]);
    std::reverse(cut.labels.begin(), cut.labels.end());
    const Connectivity again = find_connectivity(cut, technology);
    ASSERT_EQ(again.nets.size(), whole.nets.size());
    for (std::size_t n = 0; n < whole.nets.size(); ++n)
      EXPECT_EQ(again.nets[n].name, whole.nets[n].name);
    EXPECT_EQ(again.conductors, whole.conductors);
    ASSERT_EQ(again.devices.size(), whole.devices.size());
    for (std::size_t d = 0; d < whole.devices.size(); ++d) {
      EXPECT_EQ(again.devices[d].body, whole.devices[d].body);
      EXPECT_EQ(again.devices[d].width, whole.devices[d].width);
      EXPECT_EQ(again.devices[d].length, whole.devices[d].length);
      for (std::size_t t = 0; t < whole.devices[d].terminals.size(); ++t)
        EXPECT_EQ(again.devices[d].terminals[t].net, whole.devices[d].terminals[t].net);
    }
  }
}

std::string case_name(const ::testing::TestParamInfo<Case>& each) {
  return std::string(each.param.model) + "_" + std::to_string(each.index);
}

INSTANTIATE_TEST_SUITE_P(
    Devices, Transistors,
    ::testing::Values(Case{"nfet_01v8", 1.05, 0.15, 1}, Case{"nfet_01v8", 1.05, 0.15, 2},
                      Case{"nfet_01v8", 0.42, 0.3, 7}, Case{"pfet_01v8", 2.1, 0.15, 4},
                      Case{"nfet_01v8_lvt", 0.42, 0.5, 1}, Case{"pfet_01v8_lvt", 2.0, 0.35, 3},
                      Case{"pfet_01v8_hvt", 0.84, 0.15, 2}),
    case_name);

INSTANTIATE_TEST_SUITE_P(
    Devices, Tiles,
    ::testing::Values(Case{"nfet_01v8", 1.05, 0.15, 1}, Case{"nfet_01v8", 1.05, 0.15, 2},
                      Case{"nfet_01v8", 0.42, 0.3, 7}, Case{"pfet_01v8", 2.1, 0.15, 4},
                      Case{"nfet_01v8_lvt", 0.42, 0.5, 1}, Case{"pfet_01v8_lvt", 2.0, 0.35, 3},
                      Case{"pfet_01v8_hvt", 0.84, 0.15, 2}, Case{"cap_mim_m3_1", 10, 8, 1},
                      Case{"cap_mim_m3_2", 9, 9, 1}, Case{"res_generic_l1", 0.29, 10, 1},
                      Case{"res_generic_l1", 0.29, 452.95, 1}, Case{"res_generic_po", 0.33, 3, 1},
                      Case{"res_generic_po", 0.33, 200, 1}, Case{"res_generic_m1", 0.2, 300, 1},
                      Case{"res_generic_m2", 0.14, 5, 1}, Case{"res_generic_m3", 0.3, 30, 1},
                      Case{"res_high_po", 0.35, 5, 1}, Case{"res_xhigh_po", 0.69, 5, 1},
                      Case{"diode_pw2nd_05v5", 0.63, 0.69, 1}, Case{"diode_pd2nw_05v5", 2, 9, 1},
                      Case{"cap_var_lvt", 5, 0.5, 1}, Case{"cap_var_hvt", 1, 3, 1},
                      Case{"diode_pw2nd_05v5", 16, 20, 1}, Case{"diode_pd2nw_05v5", 16, 20, 1}),
    case_name);

}  // namespace
}  // namespace ptah::native
