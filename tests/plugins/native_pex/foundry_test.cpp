/// Calibration foundry: parallel lines of every metal against the technology's tables, shielding
/// and sight on drawings small enough to compute by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>

#include "drawing.hpp"

namespace ptah::native {
namespace {

constexpr Dbu kLong = 2'000'000;  // nm: the ends of a line count little

/// Three lines of `width` side by side; the middle one is "b".
Drawing three_lines(const std::string& layer, Dbu width, Dbu spacing) {
  Drawing d(Calibration::kFoundry);
  const Dbu pitch = width + spacing;
  d.wire(layer, "a", {0, 0, kLong, width})
      .wire(layer, "b", {0, pitch, kLong, pitch + width})
      .wire(layer, "c", {0, 2 * pitch, kLong, 2 * pitch + width});
  return d;
}

TEST(FoundryLines, EveryPointOfEveryTable) {
  const Parasitics& parasitics = Technology::ptah130().parasitics();
  ASSERT_EQ(parasitics.lines.size(), 7u);
  double worst = 0;
  for (const auto& [layer, table] : parasitics.lines) {
    for (const LineTable::Point& point : table.points) {
      Drawing d = three_lines(layer, from_um(table.width_um), from_um(point.spacing_um));
      const Capacitances found = d.extract();
      const double um = to_um(kLong);
      const double area = parasitics.area_af_um2.at(layer).at("sub") * table.width_um;
      const double ground = area + 2 * point.fringe_af_um;
      const double errors[] = {d.coupling(found, "a", "b") / um / point.coupling_af_um - 1,
                               d.coupling(found, "b", "c") / um / point.coupling_af_um - 1,
                               d.ground(found, "b") / um / ground - 1};
      for (const double error : errors) {
        EXPECT_LT(std::abs(error), 0.05) << layer << " " << point.spacing_um;
        worst = std::max(worst, std::abs(error));
      }
      EXPECT_EQ(d.coupling(found, "a", "c"), 0) << layer << " " << point.spacing_um;
    }
  }
  std::printf("largest deviation from the tables: %.2f %%\n", worst * 100);
}

TEST(FoundryLines, BetweenTwoPointsAndPastTheLastTheCurveIsSmooth) {
  double last_coupling = 1e9, last_ground = 0;
  for (Dbu spacing = 140; spacing <= 7'900; spacing += 35) {
    Drawing d = three_lines("met1", 140, spacing);
    const Capacitances found = d.extract();
    const double coupling = d.coupling(found, "a", "b"), ground = d.ground(found, "b");
    EXPECT_LT(coupling, last_coupling) << spacing;
    EXPECT_GT(ground, last_ground) << spacing;
    if (spacing > 140) {
      EXPECT_GT(coupling, 0.75 * last_coupling) << spacing;
      EXPECT_LT(ground, 1.25 * last_ground) << spacing;
    }
    last_coupling = coupling;
    last_ground = ground;
  }
  // Without a neighbour: both edges as the technology's fringe table has them.
  Drawing alone(Calibration::kFoundry);
  alone.wire("met1", "b", {0, 0, kLong, 140});
  const double single = alone.ground(alone.extract(), "b");
  EXPECT_NEAR(single, (25.78 * 0.14 + 2 * 40.57) * to_um(kLong), 0.001 * single);
  EXPECT_GT(single, last_ground);
  EXPECT_LT(single, 1.3 * last_ground);
}

TEST(FoundryLines, TheNearestLevelShields) {
  Drawing d(Calibration::kFoundry);
  d.wire("li1", "hidden", {-10'000, -10'000, 10'000, 10'000})
      .wire("met1", "below", {-10'000, -10'000, 10'000, 10'000})
      .wire("met2", "a", {0, 0, 5'000, 200})
      .wire("met3", "above", {-10'000, -10'000, 10'000, 10'000})
      .wire("met4", "far", {-10'000, -10'000, 10'000, 10'000});
  const Capacitances found = d.extract();
  EXPECT_NEAR(d.coupling(found, "a", "below"), 133.86 * 1 + 67.05 * 10.4, 1e-3);
  // The plate above has area over the line and is seen by its edges.
  EXPECT_NEAR(d.coupling(found, "a", "above"), 86.19 * 1 + 44.43 * 10.4, 1e-3);
  EXPECT_EQ(d.coupling(found, "a", "hidden"), 0);
  EXPECT_EQ(d.coupling(found, "a", "far"), 0);
  EXPECT_NEAR(d.ground(found, "a"), 0, 1e-3);
}

TEST(FoundryLines, ALevelShieldsOnlyWhereItIs) {
  Drawing d(Calibration::kFoundry);
  // Met1 below the left half of a line of met2.
  d.wire("met1", "below", {-10'000, -10'000, 5'000, 10'000}).wire("met2", "a", {0, 0, 10'000, 200});
  const Capacitances found = d.extract();
  // Lower and upper edge half each, the left end; the right end and the other halves to the field.
  EXPECT_NEAR(d.coupling(found, "a", "below") - 48.19 * 0.2 * 2, 133.86 * 1 + 67.05 * 10.2,
              48.19 * 0.5);
  EXPECT_NEAR(d.ground(found, "a"), 16.94 * 1 + 37.76 * 10.2, 1e-3);
}

TEST(FoundryLines, WhatStandsBetweenHides) {
  Drawing d(Calibration::kFoundry);
  d.wire("met1", "a", {0, 0, 10'000, 200})
      .wire("met1", "b", {0, 600, 4'000, 800})
      .wire("met1", "c", {0, 1'200, 10'000, 1'400});
  const Capacitances found = d.extract();
  Drawing near = three_lines("met1", 140, 400), far = three_lines("met1", 140, 1'000);
  const double at_400 = near.coupling(near.extract(), "a", "b") / to_um(kLong);
  const double at_1000 = far.coupling(far.extract(), "a", "b") / to_um(kLong);
  EXPECT_NEAR(d.coupling(found, "a", "b"), at_400 * 4, 1e-3);
  EXPECT_NEAR(d.coupling(found, "b", "c"), at_400 * 4, 1e-3);
  EXPECT_NEAR(d.coupling(found, "a", "c"), at_1000 * 6, 1e-3);
}

TEST(FoundryLines, PiecesAndPlaceDoNotMatter) {
  Drawing whole(Calibration::kFoundry), cut(Calibration::kFoundry);
  whole.wire("met2", "a", {0, 0, 30'000, 200}).wire("met2", "b", {0, 500, 30'000, 700});
  cut.wire("met2", "a", {0, 0, 7'000, 200})
      .wire("met2", "a", {7'000, 0, 30'000, 200})
      .wire("met2", "b", {0, 500, 21'000, 700})
      .wire("met2", "b", {21'000, 500, 30'000, 700});
  const Capacitances x = whole.extract(), y = cut.extract();
  EXPECT_NEAR(whole.ground(x, "a"), cut.ground(y, "a"), 1e-3);
  EXPECT_NEAR(whole.coupling(x, "a", "b"), cut.coupling(y, "a", "b"), 1e-3);
  for (const Point p : {Point{-4'000, 4'000}, Point{3'995, -12'005}}) {
    Drawing d(Calibration::kFoundry);
    d.wire("met2", "a", Rect{0, 0, 30'000, 200}.moved(p))
        .wire("met2", "b", Rect{0, 500, 30'000, 700}.moved(p));
    const Capacitances z = d.extract();
    EXPECT_NEAR(whole.ground(x, "a"), d.ground(z, "a"), 1e-3);
    EXPECT_NEAR(whole.coupling(x, "a", "b"), d.coupling(z, "a", "b"), 1e-3);
  }
}

/// The foundry's own file knows lines over plates of every layer, which the technology's tables do
/// not: how far what one line has in all is from it.
TEST(FoundryLines, OverPlatesAgainstTheFoundrysOwnFigures) {
  const char* root = std::getenv("PDK_ROOT");
  const std::string file = std::string(root == nullptr ? "" : root) +
                           "/sky130A/libs.tech/ngspice/parameters/typical.spice";
  std::ifstream stream(file);
  if (root == nullptr || !stream) GTEST_SKIP() << "PDK_ROOT holds no " << file;
  const std::map<std::string, std::string> layers = {{"l1", "li1"},  {"m1", "met1"}, {"m2", "met2"},
                                                     {"m3", "met3"}, {"m4", "met4"}, {"m5", "met5"},
                                                     {"p1", "poly"}, {"f", "sub"}};
  struct Line {
    std::string layer, below;
    double width = 0, spacing = 0;              // um
    double area = 0, coupling = 0, fringe = 0;  // aF per um^2, um, um
  };
  std::map<std::string, Line> lines;
  const std::regex entry(
      "mc([lmp][0-9])([lmp][0-9]|f)_c([acf])_w_(\\d+)_(\\d+)_s_(\\d+)_(\\d+) *= *(\\S+)");
  for (std::string text; std::getline(stream, text);) {
    for (std::sregex_iterator i(text.begin(), text.end(), entry), end; i != end; ++i) {
      const std::smatch& m = *i;
      Line& line = lines[m.str(1) + m.str(2) + " " + m.str(4) + "." + m.str(5) + " " + m.str(6) +
                         "." + m.str(7)];
      line.layer = layers.at(m.str(1));
      line.below = layers.at(m.str(2));
      line.width = std::stod(m.str(4) + "." + m.str(5));
      line.spacing = std::stod(m.str(6) + "." + m.str(7));
      const double value = std::stod(m.str(8));
      if (m.str(3) == "a") line.area = value * 1e6;
      if (m.str(3) == "c") line.coupling = value * 1e12;
      if (m.str(3) == "f") line.fringe = value * 1e12;
    }
  }
  ASSERT_GT(lines.size(), 100u);
  const Parasitics& parasitics = Technology::ptah130().parasitics();
  std::vector<double> errors, over_field;
  for (const auto& [name, line] : lines) {
    const Dbu width = from_um(line.width), spacing = from_um(line.spacing);
    if (parasitics.lines.at(line.layer).width_um != line.width || line.coupling <= 0) continue;
    Drawing d = three_lines(line.layer, width, spacing);
    if (line.below != "sub") {
      d.wire(line.below, "plate", {-20'000, -20'000, kLong + 20'000, 40'000 + 2 * spacing});
    }
    const Capacitances found = d.extract();
    const double all = d.ground(found, "b") + d.coupling(found, "b", "plate") +
                       d.coupling(found, "a", "b") + d.coupling(found, "b", "c");
    const double wanted = line.area * line.width + 2 * (line.fringe + line.coupling);
    errors.push_back(std::abs(all / to_um(kLong) / wanted - 1));
    if (line.below == "sub") over_field.push_back(errors.back());
  }
  for (auto* list : {&over_field, &errors}) {
    ASSERT_FALSE(list->empty());
    std::sort(list->begin(), list->end());
    std::printf("%zu lines %s: median %.1f %%, 95th percentile %.1f %%, worst %.1f %%\n",
                list->size(), list == &errors ? "over all plates" : "over field",
                100 * (*list)[list->size() / 2], 100 * (*list)[list->size() * 95 / 100],
                100 * list->back());
  }
  EXPECT_LT(over_field.back(), 0.05);
  EXPECT_LT(errors[errors.size() / 2], 0.03);
  EXPECT_LT(errors[errors.size() * 95 / 100], 0.15);
}

TEST(FoundryLines, ATechnologyWithoutTablesIsRefused) {
  const Technology& full = Technology::ptah130();
  EXPECT_TRUE(LineLaw::of(full, conductor_stack(full)));
  Stack stack = conductor_stack(full);
  stack.names[2] = "metal of no table";
  const auto law = LineLaw::of(full, stack);
  ASSERT_FALSE(law);
  EXPECT_NE(law.error().text().find("metal of no table"), std::string::npos);
}

}  // namespace
}  // namespace ptah::native
