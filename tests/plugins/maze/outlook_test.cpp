#include "outlook.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <queue>

#include "ptah/core/random.hpp"
#include "rows.hpp"
#include "search.hpp"

namespace ptah::maze {
namespace {

constexpr int kStep = 10, kOff = 6;
/// Margin and width of supplies.
constexpr Dbu kMargin = 2000, kWide = 500;

/// Devices between random nets, and a capacitor in their midst.
Example devices_and_plate(Rng& rng) {
  std::vector<std::vector<std::string>> nets(8, std::vector<std::string>(4));
  for (auto& device : nets) {
    for (auto& net : device) net = "n" + std::to_string(rng.below(6));
  }
  Example example = rows_of_tiles(nets, {}, 2, 9000 + 100 * static_cast<Dbu>(rng.below(20)));
  Device capacitor;
  capacitor.name = "C0";
  capacitor.kind = DeviceKind::kCapacitor;
  for (const char* net : {"n0", "n1"}) {
    capacitor.nets.push_back(example.circuit.find_net(net));
    if (capacitor.nets.back() != kNoNet) continue;
    example.circuit.nets.push_back({net});
    capacitor.nets.back() = static_cast<NetId>(example.circuit.nets.size() - 1);
  }
  example.circuit.devices.push_back(capacitor);
  example.tiles.push_back(plate_tile());
  PlacedTile placed;
  placed.origin = {4000, 3000 + 100 * static_cast<Dbu>(rng.below(15))};
  placed.slot = example.tiles.back().outline.moved(placed.origin).bloated(300);
  example.placement.tiles.push_back(placed);
  return example;
}

/// An example on a grid.
struct Scenery {
  explicit Scenery(const Example& example)
      : stack(Stack::build(Technology::ptah130(), "met1", "met4").value()),
        scene(build_scene(example.circuit, example.tiles, example.placement, stack).value()) {
    grid.update(scene, false);
    for (std::size_t n = 0; n < scene.pins.size(); ++n) {
      if (scene.pins[n].size() > 1) nets.push_back(static_cast<NetId>(n));
    }
    corridors = route_globally(grid, nets);
  }
  Scenery(const Scenery&) = delete;
  Scenery& operator=(const Scenery&) = delete;

  Stack stack;
  Scene scene;
  Grid grid{kMargin, kWide};
  std::vector<NetId> nets;  ///< Those with wires.
  Corridors corridors;
};

class Costs {
 public:
  Costs(const Scenery& of, NetId net) : of_(of), net_(net) {}

  int onto(int x, int y) const {
    return kStep + of_.grid.surcharge(of_.grid.cell(x, y)) +
           (of_.corridors.inside(net_, x, y) ? 0 : kOff);
  }
  template <class Visit>
  void neighbours(int x, int y, const Visit& visit) const {
    const NodeBox& window = of_.grid.window();
    if (x > window.x0) visit(x - 1, y);
    if (x < window.x1) visit(x + 1, y);
    if (y > window.y0) visit(x, y - 1);
    if (y < window.y1) visit(x, y + 1);
  }
  /// From every cell of the window to the nearest goal, on one layer that nothing blocks.
  std::vector<int> to(const std::vector<NodeBox>& goals) const {
    const Grid& grid = of_.grid;
    std::vector<int> costs(grid.plane(), std::numeric_limits<int>::max());
    using Entry = std::tuple<int, int, int>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    const auto reach = [&](int cost, int x, int y) {
      int& known = costs[grid.cell(x, y)];
      if (cost >= known) return;
      known = cost;
      queue.emplace(cost, x, y);
    };
    for (const NodeBox& goal : goals) {
      for (int y = goal.y0; y <= goal.y1; ++y) {
        for (int x = goal.x0; x <= goal.x1; ++x) reach(0, x, y);
      }
    }
    while (!queue.empty()) {
      const auto [cost, x, y] = queue.top();
      queue.pop();
      if (cost > costs[grid.cell(x, y)]) continue;
      neighbours(x, y, [&, c = cost + onto(x, y)](int a, int b) { reach(c, a, b); });
    }
    return costs;
  }

 private:
  const Scenery& of_;
  NetId net_;
};

NodeBox random_box(Rng& rng, const NodeBox& window) {
  NodeBox box;
  box.x0 = window.x0 + static_cast<int>(rng.below(window.width()));
  box.y0 = window.y0 + static_cast<int>(rng.below(window.height()));
  box.x1 = std::min(window.x1, box.x0 + static_cast<int>(rng.below(30)));
  box.y1 = std::min(window.y1, box.y0 + static_cast<int>(rng.below(6)));
  return box;
}

/// Never above the cost of the cheapest way, no step lowers it by more than the step costs, and it
/// sees most of what there is.
void expect_consistent(const Scenery& of, Outlook& outlook, NetId net,
                       const std::vector<NodeBox>& goals) {
  const Costs costs(of, net);
  const std::vector<int> exact = costs.to(goals);
  const NodeBox& window = of.grid.window();
  std::int64_t seen = 0, all = 0;
  for (int y = window.y0; y <= window.y1; ++y) {
    for (int x = window.x0; x <= window.x1; ++x) {
      const int here = outlook.to_go(x, y);
      const int cost = exact[of.grid.cell(x, y)];
      ASSERT_GE(here, 0);
      ASSERT_LE(here, cost) << x << " " << y;
      costs.neighbours(x, y, [&](int a, int b) {
        ASSERT_LE(here, costs.onto(a, b) + outlook.to_go(a, b)) << x << " " << y;
      });
      seen += here;
      all += cost;
    }
  }
  EXPECT_GT(seen, all * 8 / 10);
}

TEST(MazeOutlook, IsAConsistentLowerBound) {
  Rng rng(3);
  for (int scene = 0; scene < 6; ++scene) {
    const Scenery of(devices_and_plate(rng));
    Outlook outlook(of.grid);
    outlook.prepare();
    for (int look = 0; look < 4; ++look) {
      SCOPED_TRACE(std::to_string(scene) + "." + std::to_string(look));
      const NetId net = of.nets[rng.below(of.nets.size())];
      std::vector<NodeBox> goals;
      for (int k = 0; k <= look; ++k) goals.push_back(random_box(rng, of.grid.window()));
      outlook.set_prices({kStep, kOff, net, &of.corridors});
      outlook.look(goals);
      expect_consistent(of, outlook, net, goals);
    }
  }
}

TEST(MazeOutlook, SaysTheSameInWhateverOrderItIsAsked) {
  Rng rng(4);
  const Scenery of(devices_and_plate(rng));
  const NodeBox& window = of.grid.window();
  const std::vector<NodeBox> goals{random_box(rng, window), random_box(rng, window)};
  Outlook used(of.grid);
  used.prepare();
  const Outlook::Prices prices{kStep, kOff, of.nets.front(), &of.corridors};
  used.set_prices({kStep, 0, kNoNet, nullptr});
  used.look({random_box(rng, window)});
  used.set_prices(prices);
  used.look({random_box(rng, window)});
  used.look(goals);
  for (int k = 0; k < 200; ++k) {
    const int x = window.x0 + static_cast<int>(rng.below(window.width()));
    const int y = window.y0 + static_cast<int>(rng.below(window.height()));
    Outlook fresh(of.grid);
    fresh.prepare();
    fresh.set_prices(prices);
    fresh.look(goals);
    ASSERT_EQ(used.to_go(x, y), fresh.to_go(x, y));
  }
}

/// Wires all nets one after the other; each is in the way of the next.
struct Wires {
  std::vector<Wiring> nets;
  SearchStats stats;
};
Wires wire_all(const Example& example, int patience) {
  Scenery on(example);
  Search search(on.grid, {}, patience);
  search.prepare();
  SimpleJobContext job;
  Wires wires;
  for (const NetId net : on.nets) {
    SearchRequest request;
    request.net = net;
    request.wide = net % 3 == 0;
    request.corridors = &on.corridors;
    wires.nets.push_back(search.route(request, job).value());
    on.grid.commit(net, wires.nets.back().metal);
  }
  wires.stats = search.stats();
  return wires;
}

TEST(MazeSearch, DrawsTheSameHoweverSoonItLooksAtTheWholeGrid) {
  Rng rng(5);
  for (int scene = 0; scene < 12; ++scene) {
    SCOPED_TRACE(scene);
    const Example example = devices_and_plate(rng);
    const Wires never = wire_all(example, std::numeric_limits<int>::max());
    EXPECT_EQ(never.stats.outlooks, 0);
    for (const int patience : {1, 30, 500}) {
      const Wires wires = wire_all(example, patience);
      EXPECT_GT(wires.stats.outlooks, 0);
      EXPECT_LT(wires.stats.expansions, never.stats.expansions);
      ASSERT_EQ(wires.nets.size(), never.nets.size());
      for (std::size_t n = 0; n < wires.nets.size(); ++n) {
        EXPECT_EQ(wires.nets[n].metal, never.nets[n].metal);
        EXPECT_EQ(wires.nets[n].cuts, never.nets[n].cuts);
        EXPECT_EQ(wires.nets[n].narrowed_nm, never.nets[n].narrowed_nm);
      }
    }
  }
}

}  // namespace
}  // namespace ptah::maze
