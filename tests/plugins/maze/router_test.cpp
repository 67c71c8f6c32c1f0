#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check.hpp"
#include "maze_router.hpp"
#include "ptah/core/random.hpp"
#include "ptah/plugin/options.hpp"
#include "rows.hpp"

namespace ptah::maze {
namespace {

using ::testing::HasSubstr;

const Technology& tech() {
  return Technology::ptah130();
}

Result<Layout> route(const Example& example, MazeStats* stats = nullptr,
                     const MazeOptions& options = {}) {
  SimpleJobContext job;
  return MazeRouter(options).route(example.circuit, example.tiles, example.placement, tech(), job,
                                   stats);
}

std::vector<std::string> violations(const Example& example, const Layout& layout) {
  const Stack stack = Stack::build(tech(), "met1", "met4").value();
  const Scene scene = build_scene(example.circuit, example.tiles, layout.placement, stack).value();
  std::vector<std::string> out;
  for (const auto& v : check_wiring(scene, wires_of(layout, example.circuit, stack))) {
    out.push_back(v.rule + " of net " + example.circuit.nets[v.net].name + " at " +
                  std::to_string(v.place.x0) + "," + std::to_string(v.place.y0));
  }
  return out;
}

/// All shapes of one net in the layout, tiles' pins included, joined where they touch: the number
/// of separate parts. Written apart from the router's own judge.
int parts_of(const Example& example, const Layout& layout, NetId net) {
  std::vector<Shape> shapes;
  for (std::size_t d = 0; d < example.circuit.devices.size(); ++d) {
    const Transform place = transform(example.tiles[d], layout.placement.tiles[d]);
    const auto& device = example.circuit.devices[d];
    const auto names = terminal_names(device.kind, device.nets.size());
    for (std::size_t t = 0; t < names.size(); ++t) {
      if (device.nets[t] != net) continue;
      for (const Shape& s : example.tiles[d].find_pin(names[t])->access) {
        shapes.push_back({s.layer, place(s.rect)});
      }
    }
  }
  for (const NetShape& wire : layout.wires) {
    if (wire.net == net) shapes.push_back({wire.layer, wire.rect});
  }
  const auto joined = [](const Shape& a, const Shape& b) {
    const Rect common = a.rect.intersection(b.rect);
    if (common.empty() || common.width() + common.height() == 0) return false;  // A corner only.
    if (a.layer == b.layer) return true;
    for (const Via& via : tech().vias()) {
      for (const auto& [cut, metal] : {std::pair{a.layer, b.layer}, std::pair{b.layer, a.layer}}) {
        if (cut == via.cut && (metal == via.lower || metal == via.upper)) return true;
      }
    }
    return false;
  };
  std::vector<bool> seen(shapes.size(), false);
  int parts = 0;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (seen[i]) continue;
    ++parts;
    std::vector<std::size_t> stack{i};
    seen[i] = true;
    while (!stack.empty()) {
      const std::size_t at = stack.back();
      stack.pop_back();
      for (std::size_t k = 0; k < shapes.size(); ++k) {
        if (seen[k] || !joined(shapes[at], shapes[k])) continue;
        seen[k] = true;
        stack.push_back(k);
      }
    }
  }
  return parts;
}

Example amplifier() {
  return rows_of_tiles({{"vbias", "tail", "vss", "vss"},
                        {"inn", "out", "tail", "vss"},
                        {"inp", "net8", "tail", "vss"},
                        {"net8", "out", "vdd", "vdd"},
                        {"net8", "net8", "vdd", "vdd"},
                        {"vbias", "vbias", "vss", "vss"}},
                       {"vss", "vdd", "out", "inn", "inp", "vbias"}, 3, 1200);
}

/// Random netlists of four-terminal devices over a few nets; every net has two terminals at least.
Example random_rows(std::uint64_t seed, int devices, Dbu gap) {
  Rng rng(seed);
  std::vector<std::vector<std::string>> nets(devices, std::vector<std::string>(4));
  std::vector<std::string> pool;
  for (int n = 0; n < devices + 2; ++n) {
    for (int k = 0; k < 2; ++k) pool.push_back("n" + std::to_string(n));
  }
  while (static_cast<int>(pool.size()) < 3 * devices) {
    pool.push_back("n" + std::to_string(rng.below(devices + 2)));
  }
  rng.shuffle(std::span<std::string>(pool));
  for (int d = 0; d < devices; ++d) {
    for (int t = 0; t < 3; ++t) nets[d][t] = pool[3 * d + t];
    nets[d][3] = d % 2 == 0 ? "vss" : "vdd";
  }
  return rows_of_tiles(nets, {"vss", "vdd"}, 3, gap);
}

void expect_sound(const Example& example, const Layout& layout) {
  EXPECT_THAT(violations(example, layout), ::testing::IsEmpty());
  for (NetId net = 0; net < static_cast<NetId>(example.circuit.nets.size()); ++net) {
    EXPECT_EQ(parts_of(example, layout, net), 1) << example.circuit.nets[net].name;
  }
}

TEST(MazeRouter, ConnectsEveryNetWithoutDefects) {
  const Example example = amplifier();
  const auto layout = route(example);
  ASSERT_TRUE(layout) << layout.error().text();
  expect_sound(example, layout.value());
}

TEST(MazeRouter, RandomNetlistsComeOutSound) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Example example = random_rows(seed, 9, seed % 2 == 0 ? 900 : 1500);
    const auto layout = route(example);
    ASSERT_TRUE(layout) << "seed " << seed << ": " << layout.error().text();
    SCOPED_TRACE(seed);
    expect_sound(example, layout.value());
  }
}

TEST(MazeRouter, WiresAreSortedAndNoPortIsLeftOut) {
  const Example example = amplifier();
  const Layout layout = route(example).value();
  EXPECT_TRUE(std::is_sorted(layout.wires.begin(), layout.wires.end()));
  ASSERT_EQ(layout.ports.size(), example.circuit.ports.size());
  for (std::size_t p = 0; p < layout.ports.size(); ++p) {
    const PortLabel& port = layout.ports[p];
    EXPECT_EQ(port.net, example.circuit.ports[p]);
    bool on_metal = false;
    for (const NetShape& wire : layout.wires) {
      on_metal |= wire.net == port.net && wire.layer == port.layer && wire.rect.contains(port.at);
    }
    for (std::size_t d = 0; d < example.tiles.size(); ++d) {
      const Transform place = transform(example.tiles[d], layout.placement.tiles[d]);
      for (std::size_t t = 0; t < 4; ++t) {
        if (example.circuit.devices[d].nets[t] != port.net) continue;
        const auto names = terminal_names(DeviceKind::kNmos, 4);
        for (const Shape& s : example.tiles[d].find_pin(names[t])->access) {
          on_metal |= s.layer == port.layer && place(s.rect).contains(port.at);
        }
      }
    }
    EXPECT_TRUE(on_metal) << example.circuit.nets[port.net].name;
  }
}

TEST(MazeRouter, SameArgumentsSameLayout) {
  const Example example = random_rows(5, 9, 1200);
  MazeRouter used{MazeOptions{}};
  SimpleJobContext job;
  const Example other = amplifier();
  ASSERT_TRUE(used.route(other.circuit, other.tiles, other.placement, tech(), job));
  const auto again = used.route(example.circuit, example.tiles, example.placement, tech(), job);
  EXPECT_EQ(again.value(), route(example).value());
}

TEST(MazeRouter, SuppliesAreWideWhereTheyFit) {
  const Example example = amplifier();
  MazeOptions options;
  options.supply_width = 600;
  const Layout layout = route(example, nullptr, options).value();
  const NetId vdd = example.circuit.find_net("vdd"), out = example.circuit.find_net("out");
  bool wide = false;
  for (const NetShape& wire : layout.wires) {
    const Dbu side = std::min(wire.rect.width(), wire.rect.height());
    wide |= wire.net == vdd && side >= 600;
    if (wire.net == out) {
      EXPECT_LT(side, 600);
    }
  }
  EXPECT_TRUE(wide);
}

TEST(MazeRouter, RerouteIsSoundAndKeepsWhatIsNotTouched) {
  const Example example = random_rows(3, 9, 1500);
  Layout layout = route(example).value();
  Rng rng(9);
  MazeRouter router{MazeOptions{}};
  SimpleJobContext job;
  int kept_nets = 0;
  for (int shift = 0; shift < 30; ++shift) {
    const auto device = rng.below(example.tiles.size());
    static constexpr Point kMoves[] = {{0, 100}, {0, -100}, {-100, 0}, {100, 0}};
    Placement moved = layout.placement;
    moved.tiles[device].origin = moved.tiles[device].origin + kMoves[rng.below(4)];
    if (!moved.tiles[device].slot.contains(
            placed_outline(example.tiles[device], moved.tiles[device]))) {
      continue;
    }
    MazeStats stats;
    const auto next =
        router.reroute(example.circuit, example.tiles, moved, layout, tech(), job, &stats);
    ASSERT_TRUE(next) << next.error().text();
    expect_sound(example, next.value());
    EXPECT_EQ(next.value(), MazeRouter(MazeOptions{})
                                .reroute(example.circuit, example.tiles, moved, layout, tech(), job)
                                .value());
    // A net without terminal on the moved tile that the router says it kept is unchanged; with one
    // round of negotiation nothing else was touched.
    const auto wires = [&](const Layout& of, NetId net) {
      std::vector<NetShape> out;
      for (const NetShape& wire : of.wires) {
        if (wire.net == net) out.push_back(wire);
      }
      return out;
    };
    int same = 0;
    for (NetId net = 0; net < static_cast<NetId>(example.circuit.nets.size()); ++net) {
      const auto& nets = example.circuit.devices[device].nets;
      if (std::find(nets.begin(), nets.end(), net) != nets.end()) continue;
      same += wires(layout, net) == wires(next.value(), net);
    }
    if (stats.rounds == 1) {
      EXPECT_GE(same, stats.nets_kept);
    }
    kept_nets += stats.nets_kept;
    layout = next.value();
  }
  EXPECT_GT(kept_nets, 30);
}

/// One instance sees layouts that differ in little, is sent back, told of several moves at once, of
/// layouts that it has not made, and of another circuit; a fresh one sees each for the first time.
TEST(MazeRouter, AnInstanceDependsOnNothingItHasSeenBefore) {
  const Example example = random_rows(3, 9, 1500), other = amplifier();
  SimpleJobContext job;
  const auto fresh = [&](const Example& of, const Placement& placement, const Layout& previous) {
    return MazeRouter(MazeOptions{})
        .reroute(of.circuit, of.tiles, placement, previous, tech(), job)
        .value();
  };
  Layout layout = route(example).value();
  const Layout first = layout;
  MazeRouter used{MazeOptions{}};
  Rng rng(4);
  int changed = 0, broken_at = 0;
  for (int step = 0; step < 150; ++step) {
    SCOPED_TRACE(step);
    Placement moved = layout.placement;
    for (auto moves = 1 + rng.below(step % 10 == 0 ? 5 : 1); moves > 0; --moves) {
      static constexpr Point kMoves[] = {{0, 100}, {0, -100}, {-100, 0}, {100, 0}};
      const auto device = rng.below(example.tiles.size());
      PlacedTile tile = moved.tiles[device];
      tile.origin = tile.origin + kMoves[rng.below(4)];
      if (tile.slot.contains(placed_outline(example.tiles[device], tile))) {
        moved.tiles[device] = tile;
      }
    }
    Layout previous = layout;
    if (step % 13 == 12) {
      // Not one that the instance has made.
      previous.wires.erase(previous.wires.begin() +
                           static_cast<long>(rng.below(previous.wires.size())));
      ++broken_at;
    }
    if (step % 17 == 16) {
      const Layout routed =
          used.route(other.circuit, other.tiles, other.placement, tech(), job).value();
      EXPECT_EQ(
          used.reroute(other.circuit, other.tiles, other.placement, routed, tech(), job).value(),
          routed);
    }
    const auto next = used.reroute(example.circuit, example.tiles, moved, previous, tech(), job);
    ASSERT_TRUE(next) << next.error().text();
    ASSERT_EQ(next.value(), fresh(example, moved, previous));
    changed += next.value().wires != layout.wires;
    if (step % 40 == 39) {
      layout = first;
    } else if (rng.below(3) > 0) {
      layout = next.value();
    }
  }
  EXPECT_GT(changed, 50);
  EXPECT_GT(broken_at, 5);
}

/// Windows grow in one direction and shrink in the other, as those of sampled placements do.
TEST(MazeRouter, AnInstanceRoutesPlacementsOfAnyExtentAsAFreshOneDoes) {
  const Example example = random_rows(5, 9, 1500);
  SimpleJobContext job;
  MazeRouter used{MazeOptions{}};
  Rng rng(6);
  for (int step = 0; step < 12; ++step) {
    SCOPED_TRACE(step);
    const auto wide = static_cast<Dbu>(1 + rng.below(3)), high = static_cast<Dbu>(1 + rng.below(3));
    Placement placement = example.placement;
    for (PlacedTile& tile : placement.tiles) {
      const Point away{tile.origin.x * (wide - 1), tile.origin.y * (high - 1)};
      tile.origin = tile.origin + away;
      tile.slot = tile.slot.moved(away);
    }
    const auto layout = used.route(example.circuit, example.tiles, placement, tech(), job);
    ASSERT_TRUE(layout) << layout.error().text();
    const auto fresh =
        MazeRouter(MazeOptions{}).route(example.circuit, example.tiles, placement, tech(), job);
    ASSERT_EQ(layout.value(), fresh.value());
  }
}

/// Of maps so large only one instance of a process keeps its own.
TEST(MazeRouter, InstancesWithLargeMapsDoNotDisturbEachOther) {
  const Example example = random_rows(5, 9, 1500);
  SimpleJobContext job;
  std::vector<Placement> placements;
  for (const Dbu stretch : {13, 11}) {
    Placement placement = example.placement;
    for (PlacedTile& tile : placement.tiles) {
      const Point away{tile.origin.x * (stretch - 1), tile.origin.y * (stretch - 1)};
      tile.origin = tile.origin + away;
      tile.slot = tile.slot.moved(away);
    }
    placements.push_back(placement);
  }
  const auto route_with = [&](MazeRouter& router, std::size_t which) {
    return router.route(example.circuit, example.tiles, placements[which], tech(), job).value();
  };
  MazeRouter a{MazeOptions{}};
  const Layout first = route_with(a, 0);
  {
    MazeRouter b{MazeOptions{}};
    const Layout second = route_with(b, 1);
    EXPECT_EQ(route_with(b, 0), first);
    EXPECT_EQ(route_with(a, 1), second);
    EXPECT_EQ(route_with(b, 1), second);
    MazeRouter moved = std::move(b);
    EXPECT_EQ(route_with(moved, 0), first);
  }
  EXPECT_EQ(route_with(a, 0), first);
}

TEST(MazeRouter, AFailureLeavesNothingBehind) {
  const Example example = amplifier();
  const Layout layout = route(example).value();
  MazeRouter used{MazeOptions{}};
  SimpleJobContext job;
  Example walled = amplifier();
  walled.tiles[1].shapes.push_back({tech().layer("met2"), {0, 0, 3000, 2400}});
  for (const Rect& wall : {Rect{0, 0, 55, 2400}, Rect{2945, 0, 3000, 2400}}) {
    walled.tiles[1].shapes.push_back({tech().layer("met1"), wall});
  }
  Example off_grid = amplifier();
  off_grid.placement.tiles[2].origin.x += 50;
  for (const Example* bad : {&walled, &off_grid}) {
    EXPECT_FALSE(used.route(bad->circuit, bad->tiles, bad->placement, tech(), job));
    EXPECT_EQ(used.route(example.circuit, example.tiles, example.placement, tech(), job).value(),
              layout);
  }
}

TEST(MazeRouter, RerouteToTheSamePlacementChangesNothing) {
  const Example example = amplifier();
  const Layout layout = route(example).value();
  SimpleJobContext job;
  MazeStats stats;
  const auto again =
      MazeRouter(MazeOptions{})
          .reroute(example.circuit, example.tiles, example.placement, layout, tech(), job, &stats);
  EXPECT_EQ(again.value(), layout);
  EXPECT_EQ(stats.nets_routed, 0);
}

TEST(MazeRouter, RerouteRepairsAPreviousLayoutThatIsBroken) {
  const Example example = amplifier();
  const Layout layout = route(example).value();
  Layout broken = layout;
  broken.wires.erase(broken.wires.begin() + static_cast<long>(broken.wires.size() / 2));
  SimpleJobContext job;
  const auto again =
      MazeRouter(MazeOptions{})
          .reroute(example.circuit, example.tiles, example.placement, broken, tech(), job);
  ASSERT_TRUE(again) << again.error().text();
  expect_sound(example, again.value());
}

TEST(MazeRouter, CapacitorsAreReachedByBothPlates) {
  Example example = rows_of_tiles({{"a", "b", "vss", "vss"}, {"b", "a", "vss", "vss"}},
                                  {"a", "b", "vss"}, 1, 9000);
  Device capacitor;
  capacitor.name = "C0";
  capacitor.kind = DeviceKind::kCapacitor;
  capacitor.nets = {example.circuit.find_net("a"), example.circuit.find_net("b")};
  example.circuit.devices.push_back(capacitor);
  example.tiles.push_back(plate_tile());
  PlacedTile placed;
  placed.origin = {4000, 2600};
  placed.slot = example.tiles.back().outline.moved(placed.origin).bloated(300);
  example.placement.tiles.push_back(placed);
  const auto layout = route(example);
  ASSERT_TRUE(layout) << layout.error().text();
  expect_sound(example, layout.value());
  // capm.2b: all metal 3 on the bottom plate counts as bottom plate, so wires stay off it.
  const LayerId met3 = tech().layer("met3");
  const Rect plate =
      transform(example.tiles[2], layout.value().placement.tiles[2])(Rect{100, 135, 5900, 6500});
  for (const NetShape& wire : layout.value().wires) {
    if (wire.layer != met3 || !wire.rect.bloated(800).overlaps(plate)) continue;
    EXPECT_TRUE(plate.contains(wire.rect));
  }
}

// Magic would see the plate in pieces where pads of cuts to both sides overlap.
TEST(MazeRouter, NoCutsAboveAndBelowMeetOnABottomPlate) {
  Rng rng(11);
  int above = 0, below = 0;
  for (int k = 0; k < 12; ++k) {
    Example example = rows_of_tiles({{"a", "b", "vss", "vss"}, {"b", "a", "vss", "vss"}},
                                    {"a", "b", "vss"}, 1, 30000);
    for (int c = 0; c < 6; ++c) {
      Device capacitor;
      capacitor.name = "C" + std::to_string(c);
      capacitor.kind = DeviceKind::kCapacitor;
      const bool shorted = c % 3 == 2;
      capacitor.nets = {example.circuit.find_net(shorted ? "b" : "a"),
                        example.circuit.find_net("b")};
      example.circuit.devices.push_back(capacitor);
      example.tiles.push_back(plate_tile());
      PlacedTile placed;
      placed.origin = {c % 3 * 9000 + 100 * static_cast<Dbu>(rng.below(15)),
                       6000 + c / 3 * 9000 + 100 * static_cast<Dbu>(rng.below(15))};
      placed.slot = example.tiles.back().outline.moved(placed.origin).bloated(300);
      example.placement.tiles.push_back(placed);
    }
    const auto layout = route(example);
    ASSERT_TRUE(layout) << layout.error().text();
    const LayerId via2 = tech().layer("via2"), via3 = tech().layer("via3");
    for (std::size_t d = 2; d < example.tiles.size(); ++d) {
      const Rect plate = transform(example.tiles[d],
                                   layout.value().placement.tiles[d])(Rect{100, 135, 5900, 6500});
      for (const NetShape& low : layout.value().wires) {
        if (low.layer != via2 || !low.rect.overlaps(plate)) continue;
        ++below;
        for (const NetShape& high : layout.value().wires) {
          if (high.layer != via3 || !high.rect.overlaps(plate)) continue;
          ++above;
          EXPECT_FALSE(low.rect.bloated(60).overlaps(high.rect.bloated(60)))
              << "layout " << k << ", C" << d - 2;
        }
      }
    }
  }
  EXPECT_GT(below, 0);
  EXPECT_GT(above, 0);
}

TEST(MazeRouter, WalledInTerminalIsAnErrorWithNetAndPlace) {
  Example example = amplifier();
  // Foreign metal over everything leaves no way up, and the bars no way out.
  for (const char* name : {"met1", "met2"}) {
    const LayerId layer = tech().layer(name);
    if (layer == tech().layer("met2")) {
      example.tiles[1].shapes.push_back({layer, {0, 0, 3000, 2400}});
    } else {
      for (const Rect& wall : {Rect{0, 0, 55, 2400}, Rect{2945, 0, 3000, 2400}}) {
        example.tiles[1].shapes.push_back({layer, wall});
      }
    }
  }
  const auto layout = route(example);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, ErrorCode::kInfeasible);
  EXPECT_THAT(layout.error().text(), HasSubstr("M1."));
  EXPECT_THAT(layout.error().where, HasSubstr("net "));
  EXPECT_THAT(layout.error().where, HasSubstr("um"));
}

TEST(MazeRouter, HopelessCrowdingEndsInAnErrorNotInABadLayout) {
  // One layer for everything: crossing nets cannot be wired.
  MazeOptions options;
  options.top_layer = "met1";
  options.max_rounds = 12;
  const auto layout = route(random_rows(4, 9, 1200), nullptr, options);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, ErrorCode::kInfeasible);
  EXPECT_FALSE(layout.error().where.empty());
}

TEST(MazeRouter, StopsWhenCancelled) {
  const Example example = amplifier();
  SimpleJobContext job;
  job.cancel();
  const auto layout = MazeRouter(MazeOptions{})
                          .route(example.circuit, example.tiles, example.placement, tech(), job);
  ASSERT_FALSE(layout);
  EXPECT_EQ(layout.error().code, ErrorCode::kCancelled);
}

TEST(MazeRouter, BadArgumentsAreNamed) {
  const Example example = amplifier();
  MazeOptions options;
  options.top_layer = "met9";
  const auto layer = route(example, nullptr, options);
  ASSERT_FALSE(layer);
  EXPECT_THAT(layer.error().text(), HasSubstr("met9"));

  Example off_grid = amplifier();
  off_grid.placement.tiles[2].origin.x += 50;
  EXPECT_THAT(route(off_grid).error().text(), HasSubstr("M2"));

  Example no_pin = amplifier();
  no_pin.tiles[3].pins.erase(no_pin.tiles[3].pins.begin());
  EXPECT_THAT(route(no_pin).error().text(), HasSubstr("M3"));

  Example unconnected = amplifier();
  unconnected.circuit.nets.push_back({"nc"});
  unconnected.circuit.ports.push_back(static_cast<NetId>(unconnected.circuit.nets.size() - 1));
  EXPECT_THAT(route(unconnected).error().text(), HasSubstr("nc"));

  Example far = amplifier();
  far.placement.tiles[2].origin.x += 900'000'000;
  far.placement.tiles[2].origin.y += 900'000'000;
  const auto too_large = route(far);
  ASSERT_FALSE(too_large);
  EXPECT_EQ(too_large.error().code, ErrorCode::kLimit);

  Example empty;
  empty.circuit.name = "nothing";
  EXPECT_FALSE(route(empty));
}

TEST(MazeRouter, OptionsGoThroughTheSchema) {
  const Json given = {{"supply_width_um", 0.8}, {"top_layer", "met3"}};
  const auto checked = Options::check(MazeOptions::schema(), given);
  ASSERT_TRUE(checked) << checked.error().text();
  const MazeOptions options = MazeOptions::from(checked.value());
  EXPECT_EQ(options.supply_width, 800);
  EXPECT_EQ(options.top_layer, "met3");
  EXPECT_EQ(options.margin, MazeOptions{}.margin);
  EXPECT_FALSE(Options::check(MazeOptions::schema(), Json{{"supply_width_um", 50}}));
}

TEST(MazeRouter, SuppliesAreRecognised) {
  Example example = amplifier();
  const auto supplies = supply_nets(example.circuit);
  EXPECT_TRUE(supplies[example.circuit.find_net("vdd")]);
  EXPECT_TRUE(supplies[example.circuit.find_net("vss")]);
  EXPECT_FALSE(supplies[example.circuit.find_net("out")]);
  // A bulk tied to an inner source is a signal.
  example.circuit.devices[1].nets[terminal::kBulk] = example.circuit.find_net("tail");
  EXPECT_FALSE(supply_nets(example.circuit)[example.circuit.find_net("tail")]);
}

/// The judge itself: seeded mistakes are found.
TEST(MazeCheck, FindsOpensShortsAndMissingMetal) {
  const Example example = amplifier();
  const Layout layout = route(example).value();
  const LayerId met2 = tech().layer("met2"), via = tech().layer("via");
  Layout open = layout;
  std::erase_if(open.wires, [&](const NetShape& w) { return w.layer == via; });
  EXPECT_FALSE(violations(example, open).empty());

  Layout thin = layout;
  for (NetShape& wire : thin.wires) {
    if (wire.layer != met2) continue;
    wire.rect.x1 = wire.rect.x0 + 100;
    break;
  }
  EXPECT_FALSE(violations(example, thin).empty());

  Layout shorted = layout;
  const Rect box = placement_outline(example.tiles, layout.placement);
  shorted.wires.push_back({example.circuit.find_net("out"), tech().layer("met1"), box});
  EXPECT_FALSE(violations(example, shorted).empty());
}

}  // namespace
}  // namespace ptah::maze
