/// Magic redraws implants and nitride cuts from what it recognises and so checks none of them. Here
/// they are checked as drawn, from the technology's own rules.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "devices.hpp"
#include "tiles.hpp"

namespace ptah {
namespace {

using test::tech;

std::vector<Rect> rects_of(const Tile& tile, const std::string& layer) {
  std::vector<Rect> rects;
  const auto id = tech().find_layer(layer);
  for (const Shape& s : tile.shapes) {
    if (id && s.layer == *id) rects.push_back(s.rect);
  }
  return rects;
}

/// Shapes of a drawn or derived layer. Pieces of `none` layers are cut off where they cover whole.
std::vector<Rect> shapes_of(const Tile& tile, const std::string& name) {
  for (const DerivedLayer& derived : tech().derived_layers()) {
    if (derived.name != name) continue;
    std::vector<Rect> shapes = rects_of(tile, tech().layer(derived.all.at(0)).name);
    for (std::size_t i = 1; i < derived.all.size(); ++i) {
      std::vector<Rect> common;
      for (const Rect& a : shapes) {
        for (const Rect& b : rects_of(tile, tech().layer(derived.all[i]).name)) {
          if (a.overlaps(b)) common.push_back(a.intersection(b));
        }
      }
      shapes = common;
    }
    for (const LayerId none : derived.none) {
      for (const Rect& hole : rects_of(tile, tech().layer(none).name))
        std::erase_if(shapes, [&](const Rect& r) { return hole.contains(r); });
    }
    return shapes;
  }
  return rects_of(tile, name);
}

/// Euclidean distance of two boxes; 0 where they touch.
double distance(const Rect& a, const Rect& b) {
  const double dx = std::max({0, a.x0 - b.x1, b.x0 - a.x1});
  const double dy = std::max({0, a.y0 - b.y1, b.y0 - a.y1});
  return std::hypot(dx, dy);
}

const std::set<std::string> kUnseen = {"nsdm", "psdm", "npc", "lvtn", "hvtp", "hvi", "rpm", "urpm"};

void check(const Tile& tile) {
  int checked = 0;
  for (const Rule& rule : tech().rules()) {
    const bool concerns = std::any_of(rule.layers.begin(), rule.layers.end(),
                                      [](const std::string& l) { return kUnseen.contains(l); });
    if (!concerns) continue;
    const std::string id = tile.cell + " " + rule.id + " ";
    const std::vector<Rect> a = shapes_of(tile, rule.layers[0]);
    const std::vector<Rect> b =
        rule.layers.size() > 1 ? shapes_of(tile, rule.layers[1]) : std::vector<Rect>{};
    switch (rule.kind) {
      case RuleKind::kWidth:
        for (const Rect& r : a) {
          EXPECT_GE(std::min(r.width(), r.height()), rule.value) << id;
          ++checked;
        }
        break;
      case RuleKind::kArea:
        for (const Rect& r : a) {
          EXPECT_GE(r.area(), rule.value) << id;
          ++checked;
        }
        break;
      case RuleKind::kSpacing:
        for (const Rect& r : a) {
          for (const Rect& other : b) {
            // Shapes that overlap are one shape, or a device and its own implant.
            if (r.touches(other)) continue;
            EXPECT_GE(distance(r, other), static_cast<double>(rule.value))
                << id << rule.layers[0] << " " << rule.layers[1];
            ++checked;
          }
        }
        break;
      case RuleKind::kEnclosure:
        for (const Rect& inner : b) {
          const bool enclosed = std::any_of(a.begin(), a.end(), [&](const Rect& outer) {
            return outer.contains(inner.bloated(static_cast<Dbu>(rule.value)));
          });
          // lvtn.10 speaks of p-channel only.
          if (rule.layers[0] == "nwell" && a.empty()) continue;
          EXPECT_TRUE(enclosed) << id << rule.layers[0] << " " << rule.layers[1];
          ++checked;
        }
        break;
      default:
        break;
    }
  }
  EXPECT_GT(checked, 3) << tile.cell;
}

TEST(ImplantRules, HoldInEveryKindOfTile) {
  std::vector<Device> devices;
  for (const char* flavour :
       {"nfet_01v8", "nfet_01v8_lvt", "pfet_01v8", "pfet_01v8_lvt", "pfet_01v8_hvt"}) {
    for (const double w : {0.42, 0.525, 1.05, 2.1, 10.0}) {
      for (const double l : {0.35, 0.15, 2.0}) {
        if (std::string(flavour) == "pfet_01v8_lvt" && l < 0.35) continue;
        for (const int nf : {1, 2, 7}) devices.push_back(test::mos(flavour, w, l, nf));
      }
    }
    devices.push_back(test::mos(flavour, 0.42, 0.35, 50));
    devices.push_back(test::mos(flavour, 2.1, 12, 3));
    devices.push_back(test::mos(flavour, 40, 0.5, 2));
  }
  for (const char* flavour : {"nfet_g5v0d10v5", "pfet_g5v0d10v5"}) {
    for (const double w : {0.42, 0.525, 10.0}) {
      for (const double l : {0.5, 2.0}) {
        for (const int nf : {1, 2, 7}) devices.push_back(test::mos(flavour, w, l, nf));
      }
    }
    devices.push_back(test::mos(flavour, 0.42, 0.5, 50));
    devices.push_back(test::mos(flavour, 40, 0.5, 2));
  }
  for (const char* flavour : {"nfet_01v8", "nfet_g5v0d10v5"}) {
    for (const int nf : {1, 3}) {
      devices.push_back(test::mos(flavour, 1.05, 0.5, nf));
      devices.back().isolated = true;
    }
  }
  for (const double w : {0.35, 0.69, 1.41, 2.85, 5.73}) {
    devices.push_back(test::resistor("res_high_po", w, 3));
    devices.push_back(test::resistor("res_xhigh_po", w, 20));
  }
  devices.push_back(test::resistor("res_generic_po", 0.33, 3));
  devices.push_back(test::resistor("res_generic_po", 0.33, 200));
  devices.push_back(test::resistor("res_generic_po", 2, 50));
  for (const Device& device : devices) {
    const auto tile = sky130::generate_tile(device, tech());
    ASSERT_TRUE(tile) << tile.error().text();
    check(tile.value());
  }
}

}  // namespace
}  // namespace ptah
