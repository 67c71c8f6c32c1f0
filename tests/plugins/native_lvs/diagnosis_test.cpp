// What is said about a mismatch: the nets, the devices, the place, the cause.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "native_lvs.hpp"
#include "real_layouts.hpp"

namespace ptah::native {
namespace {

using test::technology;
using ::testing::AnyOf;
using ::testing::HasSubstr;

class Diagnosis : public ::testing::Test {
 protected:
  Circuit circuit = test::real_layout("five_transistors_ota").circuit;
  gds::Flat flat = test::real_layout("five_transistors_ota").flat;
  const Connectivity& found = test::real_layout("five_transistors_ota").found;

  Verdict judged() {
    const auto verdict = compare(flat, circuit, technology());
    EXPECT_TRUE(verdict) << verdict.error().text();
    EXPECT_FALSE(verdict.value().clean);
    EXPECT_EQ(verdict.value().summary, verdict.value().violations.front().text);
    return verdict.value();
  }
  Device& device(const char* name) {
    return circuit.devices[static_cast<std::size_t>(circuit.find_device(name))];
  }
  NetIndex net(const std::string& label) const {
    for (std::size_t n = 0; n < found.nets.size(); ++n) {
      if (found.nets[n].name == label) return static_cast<NetIndex>(n);
    }
    return kNone;
  }
  static const Violation* of_rule(const Verdict& verdict, const std::string& rule) {
    for (const Violation& violation : verdict.violations) {
      if (violation.rule == rule) return &violation;
    }
    return nullptr;
  }
};

TEST_F(Diagnosis, SizesAreNamedWithTheirPlace) {
  device("M1").width = from_um(1.055);
  const Verdict verdict = judged();
  EXPECT_THAT(verdict.summary, HasSubstr("M1: W 1.05 against 1.055 um"));
  EXPECT_THAT(verdict.summary, HasSubstr(" fingers) in the schematic, at ("));
  EXPECT_EQ(verdict.violations.front().rule, "lvs.size");
  EXPECT_FALSE(verdict.violations.front().place.empty());
}

TEST_F(Diagnosis, MissingFingersAreCounted) {
  const int drawn = device("M3").fingers;
  device("M3").fingers += 1;
  EXPECT_THAT(judged().summary, HasSubstr("M3 (pfet_01v8) has " + std::to_string(drawn) + " of " +
                                          std::to_string(drawn + 1) + " fingers"));
}

TEST_F(Diagnosis, DevicesTooManyHaveAPlace) {
  device("M3").fingers -= 1;
  const Verdict verdict = judged();
  EXPECT_THAT(verdict.summary, HasSubstr("one pfet_01v8 (1.05 x 0.15 um) too many at ("));
  EXPECT_FALSE(verdict.violations.front().place.empty());
}

TEST_F(Diagnosis, AMissingDeviceIsNamed) {
  Device extra = device("M0");
  extra.name = "M9";
  extra.nets[terminal::kGate] = circuit.find_net("VINP");
  circuit.devices.push_back(extra);
  EXPECT_THAT(judged().summary, HasSubstr("M9 (nfet_01v8) is missing in the layout"));
}

TEST_F(Diagnosis, ExchangedGatesAreNamedAsOne) {
  std::swap(device("M1").nets[terminal::kGate], device("M0").nets[terminal::kGate]);
  const Verdict verdict = judged();
  EXPECT_THAT(verdict.summary, AnyOf(HasSubstr("M0 gate and M1 gate are exchanged"),
                                     HasSubstr("M1 gate and M0 gate are exchanged")));
  EXPECT_THAT(verdict.summary, HasSubstr("VINN"));
  EXPECT_THAT(verdict.summary, HasSubstr("VBIAS"));
}

TEST_F(Diagnosis, AWrongBulkIsNamed) {
  device("M1").nets[terminal::kBulk] = circuit.find_net("VINP");
  const Verdict verdict = judged();
  const Violation* bulk = of_rule(verdict, "lvs.bulk");
  ASSERT_NE(bulk, nullptr) << verdict.summary;
  EXPECT_THAT(bulk->text, HasSubstr("M1 bulk is on net GND"));
  EXPECT_THAT(bulk->text, HasSubstr("in the schematic on VINP"));
}

TEST_F(Diagnosis, AnotherModelIsNamed) {
  device("M1").model = "sky130_fd_pr__nfet_01v8_lvt";
  const Verdict verdict = judged();
  EXPECT_THAT(verdict.summary, HasSubstr("M1 is a nfet_01v8 in the layout"));
  EXPECT_THAT(verdict.summary, HasSubstr("in the schematic a nfet_01v8_lvt"));
}

TEST_F(Diagnosis, PortsAreNamed) {
  std::erase_if(flat.labels, [](const gds::Flat::Label& label) { return label.text == "VOUT"; });
  EXPECT_EQ(judged().summary, "the layout has no port VOUT");
  flat = test::real_layout("five_transistors_ota").flat;
  flat.labels.push_back(flat.labels.front());
  flat.labels.back().text = "stranger";
  const Verdict verdict = judged();
  EXPECT_EQ(verdict.summary, "the layout has a port stranger that the schematic lacks");
  EXPECT_FALSE(verdict.violations.front().place.empty());
}

TEST_F(Diagnosis, ExchangedLabelsAreNoMatch) {
  for (gds::Flat::Label& label : flat.labels) {
    if (label.text == "VINN") {
      label.text = "VINP";
    } else if (label.text == "VINP") {
      label.text = "VINN";
    }
  }
  EXPECT_FALSE(judged().violations.empty());
}

/// A short of two wires that run side by side, at a place that is known.
TEST_F(Diagnosis, AShortIsFoundWhereItIs) {
  int tried = 0, hit = 0, near = 0;
  for (const char* name : {"li1", "met1", "met2"}) {
    const LayerId layer = technology().layer(name);
    const auto& rects = found.conductors[layer];
    for (std::size_t i = 0; i < rects.size(); ++i) {
      for (std::size_t j = 0; j < rects.size(); ++j) {
        const Rect &a = rects[i].rect, &b = rects[j].rect;
        if (rects[i].net == rects[j].net || a.x1 >= b.x0 || b.x0 - a.x1 > 1000) continue;
        const Rect bridge{a.x1, std::max(a.y0, b.y0), b.x0, std::min(a.y1, b.y1)};
        if (bridge.height() <= 0) continue;
        flat.shapes.push_back({layer, bridge});
        const auto verdict = compare(flat, circuit, technology());
        flat.shapes.pop_back();
        ASSERT_TRUE(verdict) << verdict.error().text();
        const Violation* shorted = of_rule(verdict.value(), "lvs.short");
        ASSERT_NE(shorted, nullptr) << verdict.value().summary;
        EXPECT_THAT(shorted->text, HasSubstr(" and "));
        ASSERT_FALSE(shorted->place.empty()) << shorted->text;
        // Wires that carry nothing else are as likely as the bridge to be the one too many.
        hit += shorted->place.touches(bridge);
        near += shorted->place.bloated(2000).touches(bridge);
        ++tried;
      }
    }
  }
  EXPECT_GT(tried, 10);
  EXPECT_GE(hit * 5, tried * 2) << hit << " of " << tried;
  EXPECT_GE(near * 10, tried * 7) << near << " of " << tried;
  RecordProperty("hit", hit);
}

/// Every wire or via whose removal parts a net: the net is named as open.
TEST_F(Diagnosis, AnOpenNamesItsNet) {
  int opens = 0;
  for (std::size_t i = 0; i < flat.shapes.size(); ++i) {
    const Shape shape = flat.shapes[i];
    const std::string& layer = technology().layer(shape.layer).name;
    if (layer != "met2" && layer != "via") continue;
    flat.shapes.erase(flat.shapes.begin() + static_cast<std::ptrdiff_t>(i));
    const auto verdict = compare(flat, circuit, technology());
    flat.shapes.insert(flat.shapes.begin() + static_cast<std::ptrdiff_t>(i), shape);
    ASSERT_TRUE(verdict) << verdict.error().text();
    if (verdict.value().clean) continue;  // another way round is left
    ++opens;
    const Violation* open = of_rule(verdict.value(), "lvs.open");
    if (open == nullptr) open = of_rule(verdict.value(), "lvs.port");
    ASSERT_NE(open, nullptr) << layer << ": " << verdict.value().summary;
    EXPECT_THAT(open->text, AnyOf(HasSubstr("is in 2 pieces"), HasSubstr("is in 3 pieces"),
                                  HasSubstr("has no port")));
  }
  EXPECT_GT(opens, 5);
}

TEST_F(Diagnosis, TwoPiecesWithOneLabelAreTwoPieces) {
  const Rect box = found.nets[static_cast<std::size_t>(net("VOUT"))].box;
  const LayerId met1 = technology().layer("met1");
  const Rect lone{box.x0 - 90'000, box.y0, box.x0 - 89'000, box.y0 + 1000};
  flat.shapes.push_back({met1, lone});
  flat.labels.push_back({met1, lone.center(), "VOUT", true});
  const Verdict verdict = judged();
  EXPECT_THAT(verdict.summary, HasSubstr("net VOUT is in 2 pieces"));
  EXPECT_EQ(verdict.violations.front().rule, "lvs.open");
}

TEST_F(Diagnosis, AnEmptyDrawingHasNoDevices) {
  flat = {};
  EXPECT_EQ(judged().summary, "the layout has no devices");
}

TEST_F(Diagnosis, WhatTheDrawingHasOfOdditiesIsTold) {
  const LayerId nsdm = technology().layer("nsdm");
  std::erase_if(flat.shapes, [&](const Shape& shape) { return shape.layer == nsdm; });
  const Verdict verdict = judged();
  const Violation* odd = of_rule(verdict, "lvs.drawing");
  ASSERT_NE(odd, nullptr);
  EXPECT_FALSE(odd->place.empty());
}

}  // namespace
}  // namespace ptah::native
