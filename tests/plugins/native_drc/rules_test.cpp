// Every rule of the technology, broken by one step of the grid and just kept, on shapes made from
// the rule itself: a derived layer is drawn as all the layers that it is made of. Other rules may
// break as well; what counts is whether this one is reported.
#include <algorithm>
#include <functional>

#include "drc_testing.hpp"

namespace ptah {
namespace {

using test::technology;

void draw(const std::string& name, const Rect& rect, std::vector<Shape>& shapes) {
  for (const DerivedLayer& derived : technology().derived_layers()) {
    if (derived.name != name) continue;
    for (const LayerId layer : derived.all) shapes.push_back({layer, rect});
    return;
  }
  shapes.push_back({technology().layer(name), rect});
}

bool reports(const std::string& id, const std::vector<Shape>& shapes) {
  return test::rules_of(test::check(shapes)).count(id) == 1;
}

void expect(const Rule& rule, const std::vector<Shape>& broken, const std::vector<Shape>& kept) {
  const std::string name = rule.id + " " + rule.layers.front() + " " + rule.layers.back();
  EXPECT_TRUE(reports(rule.id, broken)) << name << " broken, not found";
  EXPECT_FALSE(reports(rule.id, kept))
      << name << " kept, but: " << test::text_of(test::check(kept));
}

/// The rules of one kind whose shapes need no surroundings.
int for_rules(RuleKind kind, const std::function<void(const Rule&)>& act) {
  int count = 0;
  for (const Rule& rule : technology().rules()) {
    if (rule.kind != kind || !rule.when.empty()) continue;
    act(rule);
    ++count;
  }
  return count;
}

constexpr Dbu kLong = 8000;

TEST(NativeDrcRules, Widths) {
  const int count = for_rules(RuleKind::kWidth, [](const Rule& rule) {
    const Dbu width = static_cast<Dbu>(rule.value);
    std::vector<Shape> broken, kept;
    draw(rule.layers.front(), {0, 0, width - 5, kLong}, broken);
    draw(rule.layers.front(), {0, 0, width, kLong}, kept);
    expect(rule, broken, kept);
    // A neck between two corners.
    std::vector<Shape> neck;
    const Dbu size = 2 * width;
    draw(rule.layers.front(), {0, 0, size, size}, neck);
    draw(rule.layers.front(), {size - width + 5, size - 5, 2 * size, 2 * size}, neck);
    EXPECT_TRUE(reports(rule.id, neck)) << rule.id << " at a neck";
  });
  EXPECT_GT(count, 15);
}

TEST(NativeDrcRules, Spacings) {
  const int count = for_rules(RuleKind::kSpacing, [](const Rule& rule) {
    // A gate's distance to a tap counts along its own diffusion: see the tests below.
    if (rule.id == "poly.6") return;
    const Dbu space = static_cast<Dbu>(rule.value);
    for (const Point by : {Point{1, 0}, Point{0, 1}, Point{1, 1}, Point{-1, 1}}) {
      const auto drawn = [&](Dbu gap) {
        std::vector<Shape> shapes;
        const Point step{by.x * (4000 + gap), by.y * (4000 + gap)};
        draw(rule.layers.front(), {0, 0, 4000, 4000}, shapes);
        draw(rule.layers.back(), Rect{0, 0, 4000, 4000}.moved(step), shapes);
        return shapes;
      };
      expect(rule, drawn(space - 5), drawn(space));
    }
  });
  EXPECT_GT(count, 60);
}

TEST(NativeDrcRules, Enclosures) {
  const int count = for_rules(RuleKind::kEnclosure, [](const Rule& rule) {
    const Rect inner{0, 0, 4000, 4000};
    const Dbu past = static_cast<Dbu>(rule.value);
    std::vector<Shape> kept;
    draw(rule.layers.back(), inner, kept);
    draw(rule.layers.front(), inner.bloated(past), kept);
    for (int side = 0; side < 4; ++side) {
      Rect outer = inner.bloated(past);
      (side == 0   ? outer.x0
       : side == 1 ? outer.y0
       : side == 2 ? outer.x1
                   : outer.y1) += side < 2 ? 5 : -5;
      std::vector<Shape> broken;
      draw(rule.layers.back(), inner, broken);
      draw(rule.layers.front(), outer, broken);
      expect(rule, broken, kept);
    }
  });
  EXPECT_GT(count, 30);
}

TEST(NativeDrcRules, EnclosuresInOneDirection) {
  const int count = for_rules(RuleKind::kEnclosureOneDirection, [](const Rule& rule) {
    const Rect inner{0, 0, 200, 200};
    const Dbu past = static_cast<Dbu>(rule.value);
    const auto drawn = [&](Dbu x, Dbu y) {
      std::vector<Shape> shapes;
      draw(rule.layers.back(), inner, shapes);
      draw(rule.layers.front(), inner.bloated(x, y), shapes);
      return shapes;
    };
    expect(rule, drawn(past - 5, past - 5), drawn(past, 0));
    expect(rule, drawn(past - 5, 0), drawn(0, past));
  });
  EXPECT_GT(count, 6);
}

TEST(NativeDrcRules, Areas) {
  const int count = for_rules(RuleKind::kArea, [](const Rule& rule) {
    const Dbu height = static_cast<Dbu>((rule.value + 999) / 1000 + 4) / 5 * 5;
    expect(rule, {{technology().layer(rule.layers.front()), {0, 0, 1000, height - 10}}},
           {{technology().layer(rule.layers.front()), {0, 0, 1000, height}}});
  });
  EXPECT_GT(count, 9);
}

TEST(NativeDrcRules, Holes) {
  const int count = for_rules(RuleKind::kHoleArea, [](const Rule& rule) {
    const LayerId layer = technology().layer(rule.layers.front());
    const auto ring = [&](Dbu hole) {
      return std::vector<Shape>{{layer, {0, 0, 3000, 1000}},
                                {layer, {0, 1000 + hole, 3000, 3000}},
                                {layer, {0, 1000, 1000, 1000 + hole}},
                                {layer, {2000, 1000, 3000, 1000 + hole}}};
    };
    const Dbu height = static_cast<Dbu>((rule.value + 999) / 1000 + 4) / 5 * 5;
    expect(rule, ring(height - 10), ring(height));
  });
  EXPECT_EQ(count, 4);
}

TEST(NativeDrcRules, CutsAreExactSquaresOneByOne) {
  const int count = for_rules(RuleKind::kCutSize, [](const Rule& rule) {
    const LayerId cut = technology().layer(rule.layers.front());
    const Dbu side = static_cast<Dbu>(rule.value);
    const std::vector<Shape> kept = {{cut, {0, 0, side, side}}};
    expect(rule, {{cut, {0, 0, side - 5, side}}}, kept);
    expect(rule, {{cut, {0, 0, side, side + 5}}}, kept);
    expect(rule, {{cut, {0, 0, side, side}}, {cut, {side, 0, 2 * side, side}}}, kept);
    expect(rule, {{cut, {0, 0, side, side}}, {cut, {side / 2, side / 2, 2 * side, 2 * side}}},
           {{cut, {0, 0, side, side}}, {cut, {0, 0, side, side}}});
  });
  EXPECT_EQ(count, 6);
}

TEST(NativeDrcRules, WideMetalAndWhatIsAttachedToIt) {
  int seen = 0;
  for_rules(RuleKind::kWideSpacing, [&](const Rule& rule) {
    const LayerId metal = technology().layer(rule.layers.front());
    const Dbu space = static_cast<Dbu>(rule.value), wide = rule.wider_than + 5;
    const bool attached = rule.text.find("attached") != std::string::npos;
    const auto drawn = [&](Dbu gap, Dbu width) {
      if (!attached) {
        return std::vector<Shape>{{metal, {0, 0, width, width}},
                                  {metal, {width + gap, 0, width + gap + 1000, 4000}}};
      }
      // Two narrow arms out of the wide shape.
      return std::vector<Shape>{{metal, {0, 0, width, width}},
                                {metal, {0, width, 500, width + 2000}},
                                {metal, {500 + gap, width, 1000 + gap, width + 2000}}};
    };
    expect(rule, drawn(space - 5, wide), drawn(space, wide));
    expect(rule, drawn(space - 5, wide), drawn(space - 5, rule.wider_than));
    if (attached) {
      // Two arms on the two sides of a corner, which stands between them.
      const auto around = [&](Dbu gap) {
        return std::vector<Shape>{{metal, {0, 0, wide, wide}},
                                  {metal, {-2000, gap, 0, gap + 500}},
                                  {metal, {200, -2000, 700, 0}}};
      };
      expect(rule, around(space - 5), around(space));
    }
    ++seen;
  });
  EXPECT_EQ(seen, 8);
}

TEST(NativeDrcRules, GatesAndTheirSurroundings) {
  const auto at = [](std::string_view name) { return technology().layer(name); };
  // A gate of length 0.15 and width 0.42 with all that it needs.
  struct Gate {
    Dbu width = 420, length = 350, drain = 250, endcap = 130, tap = 300;
  };
  const auto drawn = [&](const Gate& g) {
    const Rect diff{-g.drain, 0, g.length + 300, g.width};
    return std::vector<Shape>{
        {at("diff"), diff},
        {at("poly"), {0, -g.endcap, g.length, g.width + g.endcap}},
        {at("psdm"), {-1000, -1000, g.length + 300, g.width + 1000}},
        {at("nwell"), {-2000, -2000, 4000, 4000}},
        {at("lvtn"), {-1000, -1000, g.length + 2000, g.width + 1000}},
        {at("tap"), {diff.x1, 0, diff.x1 + g.tap, g.width}},
        {at("nsdm"), {diff.x1, -1000, diff.x1 + g.tap + 1000, g.width + 1000}}};
  };
  struct Case {
    const char* rule;
    Gate gate;
  };
  const Gate good;
  for (const Case& each :
       {Case{"difftap.2", {415, 350, 250, 130, 300}}, Case{"poly.1b", {420, 345, 250, 130, 300}},
        Case{"poly.7", {420, 350, 245, 130, 300}}, Case{"poly.8", {420, 350, 250, 125, 300}},
        Case{"difftap.4", {420, 350, 250, 130, 285}}}) {
    EXPECT_TRUE(reports(each.rule, drawn(each.gate))) << each.rule;
    EXPECT_FALSE(reports(each.rule, drawn(good)))
        << each.rule << ": " << test::text_of(test::check(drawn(good)));
  }
  // poly.6: the tap abuts the diffusion 0.295 from the gate.
  auto near_tap = drawn(good);
  near_tap[0].rect.x1 -= 5;
  near_tap[5].rect.x0 -= 5;
  EXPECT_TRUE(reports("poly.6", near_tap));
  EXPECT_FALSE(reports("poly.6", drawn(good)));
  // difftap.5: a second diffusion on the tap's other side.
  for (const Dbu length : {395, 400}) {
    auto between = drawn({420, 350, 250, 130, length});
    const Dbu x = between[5].rect.x1;
    between.push_back({at("diff"), {x, 0, x + 500, 420}});
    EXPECT_EQ(reports("difftap.5", between), length < 400);
  }
  // poly.11: a bend of the poly over diffusion.
  auto bent = drawn({2000, 350, 1000, 130, 300});
  bent.push_back({at("poly"), {0, 1000, 600, 2130}});
  EXPECT_TRUE(reports("poly.11", bent));
}

TEST(NativeDrcRules, ThickOxide) {
  const auto at = [](std::string_view name) { return technology().layer(name); };
  // A gate under thick oxide with a tap that abuts its diffusion.
  const auto drawn = [&](Dbu length, Dbu tap) {
    return std::vector<Shape>{{at("diff"), {-300, 0, length + 300, 1000}},
                              {at("poly"), {0, -130, length, 1130}},
                              {at("nsdm"), {-1000, -1000, length + 300, 2000}},
                              {at("tap"), {length + 300, 0, length + 300 + tap, 1000}},
                              {at("psdm"), {length + 300, -1000, length + 1000 + tap, 2000}},
                              {at("hvi"), {-2000, -2000, length + 4000, 3000}}};
  };
  EXPECT_TRUE(reports("poly.13", drawn(495, 700)));
  EXPECT_TRUE(reports("difftap.16", drawn(500, 695)));
  const auto kept = test::rules_of(test::check(drawn(500, 700)));
  for (const char* rule : {"poly.13", "difftap.15b", "difftap.16", "difftap.22", "difftap.23"})
    EXPECT_FALSE(kept.contains(rule)) << rule;
  // Diffusion and wells lie under it as a whole or not at all.
  auto across = drawn(500, 700);
  across.back().rect.x0 = 0;
  EXPECT_TRUE(reports("difftap.22", across));
  EXPECT_TRUE(reports("difftap.23", across));
  const Shape well{at("nwell"), {0, 0, 4000, 4000}};
  EXPECT_TRUE(reports("hvi.5", {well, {at("hvi"), {-1000, -1000, 2000, 5000}}}));
  EXPECT_FALSE(reports("hvi.5", {well, {at("hvi"), {0, 0, 4000, 4000}}}));
  EXPECT_FALSE(reports("nwell.8", {well, {at("nwell"), {5500, 0, 9000, 4000}}}));
  EXPECT_TRUE(reports(
      "nwell.8", {well, {at("hvi"), {0, 0, 4000, 4000}}, {at("nwell"), {5500, 0, 9000, 4000}}}));
}

TEST(NativeDrcRules, TapsWellsAndReach) {
  const auto at = [](std::string_view name) { return technology().layer(name); };
  const auto island = [&](const char* active, const char* implant, Dbu x, Dbu y) {
    return std::vector<Shape>{{at(active), {x, y, x + 600, y + 600}},
                              {at(implant), {x - 125, y - 125, x + 725, y + 725}},
                              {at("licon1"), {x + 215, y + 215, x + 385, y + 385}},
                              {at("li1"), {x + 135, y + 135, x + 465, y + 465}}};
  };
  const auto join = [](std::vector<Shape> a, const std::vector<Shape>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  // The way round a well is longer than straight through it.
  const auto far = join(island("diff", "nsdm", 0, 0), island("tap", "psdm", 10'000, 0));
  EXPECT_FALSE(reports("LU.2", far));
  const Shape wall{at("nwell"), {4000, -2000, 6000, 2000}};
  EXPECT_FALSE(reports("LU.2", join(far, {wall})));
  const Shape long_wall{at("nwell"), {4000, -30'000, 6000, 30'000}};
  EXPECT_TRUE(reports("LU.2", join(far, {long_wall})));
  // A tap without a contact is none.
  auto bare = far;
  bare.erase(bare.begin() + 6);
  EXPECT_TRUE(reports("LU.2", bare));
  EXPECT_TRUE(reports("licon.16", bare));
  // Another well's tap does not help.
  const auto wells =
      join({{at("nwell"), {-1000, -1000, 2000, 2000}}, {at("nwell"), {4000, -1000, 7000, 2000}}},
           join(island("diff", "psdm", 0, 0), island("tap", "nsdm", 5000, 0)));
  EXPECT_TRUE(reports("LU.3", wells));
  EXPECT_TRUE(reports("nwell.4", wells));
  EXPECT_FALSE(reports("LU.3", join(wells, {{at("nwell"), {1000, -1000, 5000, 2000}}})));
  // Diffusion of no type.
  EXPECT_TRUE(reports("nsd.5a", {{at("diff"), {0, 0, 1000, 1000}}}));
}

TEST(NativeDrcRules, ContactsOnWhatTheyLandOn) {
  const auto at = [](std::string_view name) { return technology().layer(name); };
  const Shape licon{at("licon1"), {0, 0, 170, 170}};
  const Shape li{at("li1"), {-200, -200, 400, 400}};
  EXPECT_TRUE(reports("licon.5a", {licon, li})) << "on nothing";
  EXPECT_FALSE(reports("licon.5a", {licon, li, {at("poly"), {-200, -200, 400, 400}}}));
  EXPECT_TRUE(reports(
      "licon.17",
      {licon, li, {at("poly"), {-200, -200, 100, 400}}, {at("diff"), {50, -200, 400, 400}}}));
  EXPECT_TRUE(reports("ct.4", {{at("mcon"), {0, 0, 170, 170}}, {at("li1"), {5, 0, 400, 400}}}));
}

TEST(NativeDrcRules, PrecisionResistors) {
  const auto tiles = test::clean_tiles(technology());
  const auto high = std::find_if(tiles.begin(), tiles.end(), [](const test::Sample& s) {
    return s.name.find("res_high_po") != std::string::npos;
  });
  ASSERT_NE(high, tiles.end());
  const auto with = [&](const char* layer, auto&& change) {
    std::vector<Shape> shapes = high->shapes;
    int changed = 0;
    for (Shape& shape : shapes) {
      // Slots are the only contacts as long as 2 um.
      const bool slot = std::max(shape.rect.width(), shape.rect.height()) == 2000;
      if (technology().layer(shape.layer).name != layer) continue;
      if (std::string_view(layer) == "licon1" && !slot) continue;
      change(shape.rect);
      ++changed;
    }
    EXPECT_GT(changed, 0) << layer;
    return shapes;
  };
  const auto wider = [](Rect& r) { r.x1 += 5; };
  const auto longer = [](Rect& r) { r.y1 += 5; };
  const auto upright = with("licon1", [](Rect& r) { EXPECT_GT(r.height(), r.width()); });
  EXPECT_TRUE(test::check(upright).clean);
  EXPECT_TRUE(reports("licon.1b", with("licon1", wider)));
  EXPECT_TRUE(reports("licon.1c", with("licon1", longer)));
  EXPECT_TRUE(reports("npc.5", with("npc", wider)));
  EXPECT_TRUE(reports("rpm.4", with("psdm", [](Rect& r) { r.x0 += 5; })));
  EXPECT_TRUE(reports("rpm.8", with("rpm", [](Rect& r) { r.y1 -= 400; })));
  auto odd = with("poly", wider);
  for (Shape& shape : odd) {
    if (technology().layer(shape.layer).name == "poly.res") shape.rect.x1 += 5;
  }
  EXPECT_TRUE(reports("rpm.1b", odd));
}

TEST(NativeDrcRules, Plates) {
  const auto at = [](std::string_view name) { return technology().layer(name); };
  const auto capacitor = [&](Dbu x, Dbu extra) {
    return std::vector<Shape>{{at("capm"), {x, 0, x + 4000, 4000}},
                              {at("met3"), {x - 140, -140, x + 4140 + extra, 4140}}};
  };
  auto shapes = capacitor(0, 0);
  shapes.push_back({at("met3"), {4495, 0, 6000, 4000}});
  EXPECT_TRUE(reports("capm.11", shapes));
  shapes.back().rect.x0 = 4500;
  EXPECT_FALSE(reports("capm.11", shapes));
  auto below = capacitor(0, 0);
  below.push_back({at("via2"), {2000, 2000, 2200, 2200}});
  EXPECT_TRUE(reports("capm.8", below));
  auto bent = capacitor(0, 3000);
  bent.push_back({at("capm"), {4000, 0, 5000, 2000}});
  EXPECT_TRUE(reports("capm.7", bent));
  auto beside = capacitor(0, 1000);
  beside.push_back({at("via3"), {4135, 2000, 4335, 2200}});
  EXPECT_TRUE(reports("capm.5", beside));
  beside.back().rect = beside.back().rect.moved({5, 0});
  EXPECT_FALSE(reports("capm.5", beside));
}

}  // namespace
}  // namespace ptah
