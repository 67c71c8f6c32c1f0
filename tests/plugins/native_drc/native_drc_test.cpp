#include <algorithm>
#include <fstream>
#include <iterator>

#include "drc_testing.hpp"
#include "ptah/core/random.hpp"
#include "tiles.hpp"

namespace ptah {
namespace {

using test::check;
using test::rules_of;
using test::technology;

TEST(NativeDrc, TilesOfEveryDeviceAreClean) {
  const auto tiles = test::clean_tiles(technology());
  ASSERT_GE(tiles.size(), 12u);
  for (const auto& tile : tiles) {
    const Verdict verdict = check(tile.shapes);
    EXPECT_TRUE(verdict.clean) << tile.name << ": " << test::text_of(verdict);
  }
}

TEST(NativeDrc, TilesUnderThickOxideAreCleanInAllSizes) {
  int tiles = 0;
  for (const char* name : {"nfet_g5v0d10v5", "pfet_g5v0d10v5"}) {
    const DeviceModel& model = *technology().find_device(name);
    for (const double w : {0.42, 0.5, 0.525, 0.74, 1.0, 3.3, 10.0, 16.0, 40.0}) {
      for (const double l : {0.5, 0.505, 0.6, 1.0, 4.0, 12.0}) {
        for (const int fingers : {1, 2, 3, 7, 40}) {
          for (const bool isolated : {false, true}) {
            if (isolated && model.kind == DeviceKind::kPmos) continue;
            Device device;
            device.name = "M1";
            device.kind = model.kind;
            device.model = model.name;
            device.nets = {0, 1, 2, 3};
            device.width = from_um(w);
            device.length = from_um(l);
            device.fingers = fingers;
            device.isolated = isolated;
            const auto tile = sky130::generate_tile(device, technology());
            ASSERT_TRUE(tile) << tile.error().text();
            const Verdict verdict = check(tile.value().shapes);
            EXPECT_TRUE(verdict.clean) << tile.value().cell << ": " << test::text_of(verdict);
            ++tiles;
          }
        }
      }
    }
  }
  EXPECT_GT(tiles, 700);
}

TEST(NativeDrc, EachRuleIsFoundBrokenAndJustKept) {
  for (const auto& each : test::rule_samples(technology())) {
    const Verdict verdict = check(each.sample.shapes);
    if (each.rule.empty()) {
      EXPECT_TRUE(verdict.clean) << each.sample.name << ": " << test::text_of(verdict);
    } else {
      EXPECT_EQ(rules_of(verdict).count(each.rule), 1u)
          << each.sample.name << ": " << test::text_of(verdict);
    }
  }
}

TEST(NativeDrc, SaysRuleLayerPlaceAndMeasuredAgainstRequired) {
  const LayerId met1 = technology().layer("met1");
  const Verdict verdict = check({{met1, {0, 0, 1000, 1000}}, {met1, {1120, 0, 2000, 1000}}});
  ASSERT_EQ(verdict.errors, 1);
  const Violation& violation = verdict.violations.front();
  EXPECT_EQ(violation.rule, "m1.2");
  EXPECT_EQ(violation.layer, "met1");
  EXPECT_EQ(violation.text, "m1.2: Metal 1 spacing 0.12 um, 0.14 required");
  EXPECT_EQ(violation.place, (Rect{1000, 0, 1120, 1000}));
  EXPECT_FALSE(verdict.clean);
  EXPECT_EQ(verdict.summary, "1 error, first: " + violation.text);
}

TEST(NativeDrc, CountsAllButListsNoMoreThanTheLimit) {
  std::vector<Shape> shapes;
  const LayerId met1 = technology().layer("met1");
  for (Dbu i = 0; i < 50; ++i) shapes.push_back({met1, {i * 2000, 0, i * 2000 + 100, 5000}});
  native::drc::Engine engine = test::engine(7);
  const Verdict verdict = check(engine, shapes);
  EXPECT_EQ(verdict.errors, 50);
  EXPECT_EQ(verdict.violations.size(), 7u);
}

TEST(NativeDrc, ReportsShapesOffTheGrid) {
  const LayerId met2 = technology().layer("met2");
  const Verdict verdict = check({{met2, {0, 0, 1001, 1000}}});
  ASSERT_EQ(verdict.errors, 1) << test::text_of(verdict);
  EXPECT_EQ(verdict.violations.front().rule, "grid");
}

TEST(NativeDrc, AnEmptyLayoutIsClean) {
  EXPECT_TRUE(check(std::vector<Shape>{}).clean);
}

TEST(NativeDrc, RefusesCoordinatesThatWouldOverflow) {
  native::drc::Engine engine = test::engine();
  gds::Flat flat;
  flat.shapes = {{technology().layer("met1"), {0, 0, 2'000'000'000, 1000}}};
  SimpleJobContext job;
  const auto verdict = engine.check(flat, job);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, ErrorCode::kLimit);
}

TEST(NativeDrc, StopsWhenTheJobIsCancelledAndGoesOnCorrectly) {
  native::drc::Engine engine = test::engine();
  const auto tile = test::clean_tiles(technology()).front();
  gds::Flat flat;
  flat.shapes = tile.shapes;
  SimpleJobContext cancelled;
  cancelled.cancel();
  const auto verdict = engine.check(flat, cancelled);
  ASSERT_FALSE(verdict);
  EXPECT_EQ(verdict.error().code, ErrorCode::kCancelled);
  EXPECT_TRUE(check(engine, tile.shapes).clean);
}

TEST(NativeDrc, DependsNeitherOnTheOrderOfShapesNorOnHowTheyAreCut) {
  Rng rng(5);
  for (const auto& tile : test::damaged_tiles(technology(), 3, 17)) {
    std::vector<Shape> other;
    for (const Shape& shape : tile.shapes) {
      const Dbu x = (shape.rect.x0 + shape.rect.x1) / 2 / 5 * 5;
      if (x <= shape.rect.x0 || x >= shape.rect.x1) {
        other.push_back(shape);
        continue;
      }
      other.push_back({shape.layer, {shape.rect.x0, shape.rect.y0, x, shape.rect.y1}});
      other.push_back({shape.layer, {x, shape.rect.y0, shape.rect.x1, shape.rect.y1}});
    }
    for (std::size_t i = other.size(); i > 1; --i) std::swap(other[i - 1], other[rng.below(i)]);
    EXPECT_EQ(test::text_of(check(tile.shapes)), test::text_of(check(other))) << tile.name;
  }
}

TEST(NativeDrc, MovedLayoutsHaveTheSameViolations) {
  for (const auto& tile : test::damaged_tiles(technology(), 3, 23)) {
    std::vector<Shape> moved = tile.shapes;
    for (Shape& shape : moved) shape.rect = shape.rect.moved({-123'455, 98'765});
    Verdict there = check(moved);
    for (Violation& v : there.violations) v.place = v.place.moved({123'455, -98'765});
    EXPECT_EQ(test::text_of(check(tile.shapes)), test::text_of(there)) << tile.name;
  }
}

TEST(NativeDrc, MirroredLayoutsHaveTheSameRulesBroken) {
  for (const auto& tile : test::damaged_tiles(technology(), 3, 29)) {
    std::vector<Shape> mirrored = tile.shapes, turned = tile.shapes;
    for (Shape& s : mirrored) s.rect = Transform{Orientation::kR180, {}}(s.rect);
    for (Shape& s : turned) s.rect = {s.rect.y0, s.rect.x0, s.rect.y1, s.rect.x1};
    const Verdict here = check(tile.shapes);
    EXPECT_EQ(rules_of(here), rules_of(check(mirrored))) << tile.name;
    EXPECT_EQ(rules_of(here), rules_of(check(turned))) << tile.name;
  }
}

TEST(NativeDrc, SpacingOfSeparateShapesIsTheSquareDistance) {
  const LayerId met1 = technology().layer("met1");
  Rng rng(41);
  int broken = 0;
  for (int round = 0; round < 2000; ++round) {
    std::vector<Rect> rects;
    std::vector<Shape> shapes;
    Dbu nearest = 1 << 20;
    for (int i = 0; i < 4; ++i) {
      const Dbu x = 5 * static_cast<Dbu>(rng.below(500)), y = 5 * static_cast<Dbu>(rng.below(500));
      const Rect r{x, y, x + 300 + 5 * static_cast<Dbu>(rng.below(60)),
                   y + 300 + 5 * static_cast<Dbu>(rng.below(60))};
      bool apart = true;
      for (const Rect& o : rects) apart = apart && !o.touches(r);
      if (!apart) continue;
      for (const Rect& o : rects) {
        const Dbu dx = std::max({0, r.x0 - o.x1, o.x0 - r.x1});
        const Dbu dy = std::max({0, r.y0 - o.y1, o.y0 - r.y1});
        nearest = std::min(nearest, std::max(dx, dy));
      }
      rects.push_back(r);
      shapes.push_back({met1, r});
    }
    const bool too_near = nearest < technology().rule("m1.2");
    broken += too_near ? 1 : 0;
    EXPECT_EQ(rules_of(check(shapes)).count("m1.2") == 1, too_near) << round;
  }
  EXPECT_GT(broken, 100);
}

TEST(NativeDrc, RefusesAConditionThatItDoesNotKnow) {
  std::ifstream file(std::string(PTAH_SOURCE_DIR) + "/configs/technologies/ptah130.yaml");
  std::string yaml((std::istreambuf_iterator<char>(file)), {});
  const std::string known = "when: end to end";
  const std::size_t at = yaml.find(known);
  ASSERT_NE(at, std::string::npos);
  yaml.replace(at, known.size(), "when: on tuesdays");
  const std::size_t models = yaml.find("\nmodels:");
  if (models != std::string::npos) yaml.resize(models + 1);
  const auto strange = Technology::parse(yaml, "strange.yaml");
  ASSERT_TRUE(strange) << strange.error().text();
  const auto plan = native::drc::Plan::compile(strange.value());
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(plan.error().message.find("licon.2b"), std::string::npos) << plan.error().text();
  EXPECT_NE(plan.error().message.find("on tuesdays"), std::string::npos) << plan.error().text();
}

}  // namespace
}  // namespace ptah
