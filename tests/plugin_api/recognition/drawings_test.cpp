// What no generator draws: drawings by hand, odd and broken ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "ptah/core/random.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::native {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Drawing {
 public:
  Drawing& rect(const char* layer, Dbu x0, Dbu y0, Dbu x1, Dbu y1) {
    flat.shapes.push_back({technology.layer(layer), {x0, y0, x1, y1}});
    return *this;
  }
  Drawing& label(const char* layer, Dbu x, Dbu y, const char* text, bool pin = true) {
    flat.labels.push_back({technology.layer(layer), {x, y}, text, pin});
    return *this;
  }
  Connectivity find() const { return find_connectivity(flat, technology); }

  const Technology& technology = Technology::ptah130();
  gds::Flat flat;
};

/// One n-channel gate, 1 um wide and 0.2 um long, at the origin.
Drawing nfet() {
  Drawing d;
  d.rect("diff", -500, 0, 700, 1000).rect("poly", 0, -300, 200, 1300);
  d.rect("nsdm", -700, -200, 900, 1200);
  return d;
}

const std::string& name(const Connectivity& c, NetIndex net) {
  return c.nets[static_cast<std::size_t>(net)].name;
}

TEST(Drawings, NothingIsASubstrate) {
  const Connectivity found = Drawing().find();
  EXPECT_EQ(found.nets.size(), 1u);
  EXPECT_EQ(found.substrate, 0);
  EXPECT_TRUE(found.devices.empty());
}

TEST(Drawings, AGateHasItsSizesAndPlaces) {
  const Connectivity found = nfet().find();
  ASSERT_EQ(found.devices.size(), 1u);
  const FoundDevice& m = found.devices[0];
  EXPECT_EQ(m.width, 1000);
  EXPECT_EQ(m.length, 200);
  EXPECT_EQ(m.body, (Rect{0, 0, 200, 1000}));
  EXPECT_EQ(m.terminals[0].place, (Rect{-500, 0, 0, 1000}));
  EXPECT_EQ(m.terminals[2].place, (Rect{200, 0, 700, 1000}));
  EXPECT_EQ(m.terminals[3].net, found.substrate);
  EXPECT_NE(m.terminals[0].net, m.terminals[2].net);
  EXPECT_NEAR(m.drain_area_um2, 0.5, 1e-12);
  EXPECT_NEAR(m.drain_perimeter_um, 3.0, 1e-12);
}

TEST(Drawings, OfTwoFingersEachHasHalfOfWhatTheyShare) {
  Drawing d = nfet();
  d.rect("poly", 480, -300, 600, 1300);
  const Connectivity found = d.find();
  ASSERT_EQ(found.devices.size(), 2u);
  EXPECT_NEAR(found.devices[0].source_area_um2, 0.28 / 2, 1e-12);
  EXPECT_NEAR(found.devices[1].drain_area_um2, 0.28 / 2, 1e-12);
  EXPECT_EQ(found.devices[1].length, 120);
}

TEST(Drawings, ImplantsAndMarkersDecideTheModel) {
  const auto model = [](Drawing& d) {
    const Connectivity found = d.find();
    return found.devices.empty()
               ? "none: " + (found.oddities.empty() ? std::string() : found.oddities[0].text)
               : d.technology.devices()[found.devices[0].model].name;
  };
  Drawing plain = nfet();
  EXPECT_EQ(model(plain), "sky130_fd_pr__nfet_01v8");
  Drawing low = nfet();
  low.rect("lvtn", -100, -100, 300, 1100);
  EXPECT_EQ(model(low), "sky130_fd_pr__nfet_01v8_lvt");
  Drawing half = nfet();
  half.rect("lvtn", -100, -100, 100, 1100);
  EXPECT_THAT(model(half), HasSubstr("threshold implants"));
  Drawing both = nfet();
  both.rect("psdm", -100, -100, 300, 500);
  EXPECT_THAT(model(both), HasSubstr("without one source and drain implant"));
  Drawing well = nfet();
  well.rect("nwell", -900, -500, 1100, 1500);
  EXPECT_THAT(model(well), HasSubstr("lies in n-well"));
  Drawing thick = nfet();
  thick.rect("hvi", -900, -500, 1100, 1500);
  EXPECT_EQ(model(thick), "sky130_fd_pr__nfet_g5v0d10v5");
  Drawing half_thick = nfet();
  half_thick.rect("hvi", -900, -500, 100, 1500);
  EXPECT_THAT(model(half_thick), HasSubstr("oxide"));
  thick.rect("lvtn", -100, -100, 300, 1100);
  EXPECT_THAT(model(thick), HasSubstr("fit no transistor"));
}

TEST(Drawings, AGateAtTheEndOfItsDiffusionIsNoTransistor) {
  Drawing d;
  d.rect("diff", -500, 0, 200, 1000).rect("poly", 0, -300, 200, 1300);
  d.rect("nsdm", -700, -200, 900, 1200);
  const Connectivity found = d.find();
  EXPECT_TRUE(found.devices.empty());
  ASSERT_EQ(found.oddities.size(), 1u);
  EXPECT_THAT(found.oddities[0].text, HasSubstr("without a source and a drain"));
  EXPECT_EQ(found.oddities[0].place, (Rect{0, 0, 200, 1000}));
}

TEST(Drawings, ABentGateCountsTheMeanOfItsEdges) {
  Drawing d;
  d.rect("diff", 0, 0, 2000, 2000).rect("nsdm", -200, -200, 2200, 2200);
  d.rect("poly", 800, -200, 1000, 1200).rect("poly", 800, 1000, 2200, 1200);
  const Connectivity found = d.find();
  ASSERT_EQ(found.devices.size(), 1u);
  // Inside corner 1000 + 1000, outside 1200 + 1200.
  EXPECT_EQ(found.devices[0].width, 2200);
  EXPECT_EQ(found.devices[0].length, 200);
  EXPECT_EQ(found.oddities.size(), 1u);
}

TEST(Drawings, CutsJoinWhatTheyMeet) {
  Drawing d;
  d.rect("li1", 0, 0, 400, 400).rect("met1", 0, 0, 400, 400).rect("met1", 600, 0, 1000, 400);
  d.rect("mcon", 100, 100, 270, 270).label("li1", 10, 10, "A").label("met1", 700, 100, "B");
  const Connectivity found = d.find();
  ASSERT_EQ(found.nets.size(), 3u);
  ASSERT_EQ(found.contacts.size(), 1u);
  EXPECT_EQ(name(found, found.contacts[0].net), "A");
  EXPECT_EQ(found.contacts[0].lower, d.technology.layer("li1"));
  EXPECT_EQ(found.contacts[0].upper, d.technology.layer("met1"));
  EXPECT_EQ(name(found, found.conductors[d.technology.layer("met1")][1].net), "B");
}

TEST(Drawings, CornersDoNotConnectAndEdgesDo) {
  Drawing d;
  d.rect("met1", 0, 0, 100, 100).rect("met1", 100, 100, 200, 200);      // corner
  d.rect("met1", 1000, 0, 1100, 100).rect("met1", 1100, 0, 1200, 200);  // edge
  EXPECT_EQ(d.find().nets.size(), 1u + 2 + 1);
}

TEST(Drawings, ACutIntoNothingIsReported) {
  Drawing d;
  d.rect("met1", 0, 0, 400, 400).rect("via", 100, 100, 250, 250);
  const Connectivity found = d.find();
  ASSERT_EQ(found.oddities.size(), 1u);
  EXPECT_THAT(found.oddities[0].text, HasSubstr("nothing above"));
  EXPECT_TRUE(found.contacts.empty());
}

TEST(Drawings, TapsReachTheirWells) {
  Drawing d;
  d.rect("nwell", 0, 0, 3000, 3000);
  d.rect("tap", 500, 500, 1000, 1000).rect("nsdm", 300, 300, 1200, 1200);
  d.rect("tap", 5000, 500, 5500, 1000).rect("psdm", 4800, 300, 5700, 1200);
  const Connectivity found = d.find();
  const auto& taps = found.conductors[d.technology.layer("tap")];
  ASSERT_EQ(taps.size(), 2u);
  EXPECT_EQ(taps[0].net, found.conductors[d.technology.layer("nwell")][0].net);
  EXPECT_EQ(taps[1].net, found.substrate);
  EXPECT_TRUE(found.oddities.empty());
}

TEST(Drawings, TapsOfTheWrongKindReachNothing) {
  Drawing d;
  d.rect("nwell", 0, 0, 3000, 3000);
  d.rect("tap", 500, 500, 1000, 1000).rect("psdm", 300, 300, 1200, 1200);
  d.rect("tap", 5000, 500, 5500, 1000).rect("nsdm", 4800, 300, 5700, 1200);
  d.rect("tap", 8000, 500, 8500, 1000);
  const Connectivity found = d.find();
  for (const NetRect& tap : found.conductors[d.technology.layer("tap")]) {
    EXPECT_NE(tap.net, found.substrate);
    EXPECT_NE(tap.net, found.conductors[d.technology.layer("nwell")][0].net);
  }
  EXPECT_EQ(found.oddities.size(), 3u);
}

TEST(Drawings, AWellInDeepWellIsItsOwnOnlyInsideARing) {
  for (const bool closed : {true, false}) {
    Drawing d = nfet();
    d.rect("dnwell", -3000, -3000, 3000, 3000);
    d.rect("nwell", -3400, -3400, -2000, 3400).rect("nwell", 2000, -3400, 3400, 3400);
    d.rect("nwell", -3400, -3400, 3400, -2000);
    if (closed) d.rect("nwell", -3400, 2000, 3400, 3400);
    const Connectivity found = d.find();
    ASSERT_EQ(found.devices.size(), 1u);
    EXPECT_EQ(found.devices[0].terminals[3].net == found.substrate, !closed);
  }
}

TEST(Drawings, ResistorMarkersSplitNetsAndShortMarkersDo) {
  for (const char* marker : {"met1.res", "met1.short"}) {
    Drawing d;
    d.rect("met1", 0, 0, 3000, 200).rect(marker, 1000, -100, 2000, 300);
    d.label("met1", 10, 10, "A").label("met1", 2900, 10, "B");
    const Connectivity found = d.find();
    ASSERT_EQ(found.devices.size(), 1u) << marker;
    const FoundDevice& r = found.devices[0];
    EXPECT_EQ(d.technology.devices()[r.model].name, "sky130_fd_pr__res_generic_m1");
    EXPECT_EQ(r.width, 200);
    EXPECT_EQ(r.length, 1000);
    EXPECT_EQ(name(found, r.terminals[0].net), "A");
    EXPECT_EQ(name(found, r.terminals[1].net), "B");
  }
}

TEST(Drawings, ABodyWithThreeEndsIsNoResistor) {
  Drawing d;
  d.rect("met1", 0, 0, 3000, 200).rect("met1", 1400, 0, 1600, 2000);
  d.rect("met1.res", 1000, -100, 2000, 1000);
  const Connectivity found = d.find();
  EXPECT_TRUE(found.devices.empty());
  ASSERT_EQ(found.oddities.size(), 1u);
  EXPECT_THAT(found.oddities[0].text, HasSubstr("3 ends"));
}

TEST(Drawings, AViaOnAPlateStaysOnIt) {
  Drawing d;
  d.rect("met3", 0, 0, 5000, 5000).rect("capm", 1000, 1000, 4000, 3000);
  d.rect("via3", 2000, 2000, 2200, 2200).rect("met4", 1800, 1800, 2400, 2400);
  d.label("met4", 2000, 2000, "TOP").label("met3", 10, 10, "BOTTOM");
  Connectivity found = d.find();
  ASSERT_EQ(found.devices.size(), 1u);
  EXPECT_EQ(name(found, found.devices[0].terminals[0].net), "TOP");
  EXPECT_EQ(name(found, found.devices[0].terminals[1].net), "BOTTOM");
  EXPECT_EQ(found.devices[0].width, 3000);
  EXPECT_EQ(found.devices[0].length, 2000);
  // Half beside the plate it shorts the capacitor.
  d.rect("via3", 3900, 2900, 4100, 3100).rect("met4", 1800, 1800, 4200, 3200);
  found = d.find();
  ASSERT_EQ(found.devices.size(), 1u);
  EXPECT_EQ(found.devices[0].terminals[0].net, found.devices[0].terminals[1].net);
  EXPECT_FALSE(found.oddities.empty());
}

TEST(Drawings, LabelsNameWhatTheyLieOn) {
  Drawing d;
  d.rect("met1", 0, 0, 100, 100).rect("met1", 500, 0, 600, 100);
  d.label("met1", 50, 50, "b").label("met1", 0, 0, "a").label("met1", 50, 60, "inner", false);
  d.label("met1", 550, 50, "a").label("met1", 300, 50, "lost").label("met2", 50, 50, "other");
  const Connectivity found = d.find();
  ASSERT_EQ(found.nets.size(), 3u);
  EXPECT_THAT(found.nets[1].labels, ElementsAre("a", "b", "inner"));
  EXPECT_EQ(found.nets[1].name, "a");
  EXPECT_TRUE(found.nets[1].port);
  EXPECT_EQ(found.nets[2].name, "a#2") << "two nets with one label are two nets";
  EXPECT_EQ(found.oddities.size(), 2u);
}

TEST(Drawings, DiffusionOfTwoKindsDoesNotConnect) {
  Drawing d;
  d.rect("diff", 0, 0, 2000, 500).rect("nsdm", -100, -100, 1000, 600);
  d.rect("psdm", 1000, -100, 2100, 600);
  EXPECT_EQ(d.find().nets.size(), 3u);
}

TEST(Drawings, RandomRectanglesOnAllLayersAreSurvived) {
  Rng rng(17);
  const Technology& technology = Technology::ptah130();
  for (int round = 0; round < 200; ++round) {
    Drawing d;
    for (std::size_t i = 0; i < 150; ++i) {
      const auto layer = static_cast<LayerId>(rng.below(technology.layers().size()));
      const auto some = [&](std::uint64_t below) { return static_cast<Dbu>(rng.below(below)) * 5; };
      const Dbu x = some(400), y = some(400);
      d.flat.shapes.push_back({layer, {x, y, x + some(200), y + some(200)}});
    }
    const Connectivity found = d.find();
    for (const auto& layer : found.conductors) {
      for (const NetRect& rect : layer)
        ASSERT_TRUE(rect.net >= 0 && static_cast<std::size_t>(rect.net) < found.nets.size());
    }
    for (const FoundDevice& device : found.devices) {
      ASSERT_EQ(device.terminals.size(), technology.devices()[device.model].terminals);
      for (const FoundTerminal& t : device.terminals)
        ASSERT_TRUE(t.net >= 0 && static_cast<std::size_t>(t.net) < found.nets.size());
    }
  }
}

}  // namespace
}  // namespace ptah::native
