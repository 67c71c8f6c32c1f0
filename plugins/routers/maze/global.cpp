#include "global.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>

namespace ptah::maze {
namespace {

/// Nodes from one wire to the next of the finest layer, rounded up.
constexpr int kTrackNodes = 3;
constexpr int kLengthCost = 100;

class CoarseGraph {
 public:
  CoarseGraph(const Grid& grid, Corridors& corridors) : corridors_(corridors) {
    const int nx = corridors.nx, ny = corridors.ny;
    for (auto& edges : {&right_, &up_}) edges->assign(static_cast<std::size_t>(nx) * ny, {});
    for (int b = 0; b < ny; ++b) {
      for (int a = 0; a < nx; ++a) {
        if (a + 1 < nx) right_[index(a, b)].capacity = capacity(grid, a, b, true);
        if (b + 1 < ny) up_[index(a, b)].capacity = capacity(grid, a, b, false);
      }
    }
  }

  std::size_t index(int a, int b) const { return static_cast<std::size_t>(b) * corridors_.nx + a; }

  /// Grows `tree` to the nearest cell of `targets`; returns the pin reached.
  int grow(std::vector<std::uint8_t>& tree, const std::vector<std::vector<std::size_t>>& pins,
           const std::vector<bool>& connected) {
    const std::size_t n = tree.size();
    constexpr int kFar = std::numeric_limits<int>::max();
    std::vector<int> cost(n, kFar), target(n, -1);
    std::vector<std::size_t> from(n, n);
    for (std::size_t p = 0; p < pins.size(); ++p) {
      if (connected[p]) continue;
      for (const std::size_t cell : pins[p]) {
        if (target[cell] < 0) target[cell] = static_cast<int>(p);
      }
    }
    using Entry = std::pair<int, std::size_t>;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    for (std::size_t cell = 0; cell < n; ++cell) {
      if (!tree[cell]) continue;
      cost[cell] = 0;
      queue.emplace(0, cell);
    }
    while (!queue.empty()) {
      const auto [at_cost, cell] = queue.top();
      queue.pop();
      if (at_cost > cost[cell]) continue;
      if (target[cell] >= 0) {
        for (std::size_t step = cell; step < n; step = from[step]) {
          if (from[step] < n) edge(step, from[step]).used++;
          tree[step] = 1;
        }
        return target[cell];
      }
      const int a = static_cast<int>(cell) % corridors_.nx,
                b = static_cast<int>(cell) / corridors_.nx;
      const auto visit = [&](int c, int d) {
        if (c < 0 || d < 0 || c >= corridors_.nx || d >= corridors_.ny) return;
        const std::size_t next = index(c, d);
        const Edge& way = edge(cell, next);
        // Free up to half the capacity, then steeply dearer; never impossible.
        const int over = std::max(0, 2 * (way.used + 1) - way.capacity);
        const int next_cost =
            at_cost + kLengthCost + kLengthCost * over / std::max(1, way.capacity);
        if (next_cost >= cost[next]) return;
        cost[next] = next_cost;
        from[next] = cell;
        queue.emplace(next_cost, next);
      };
      visit(a + 1, b);
      visit(a - 1, b);
      visit(a, b + 1);
      visit(a, b - 1);
    }
    return -1;
  }

 private:
  struct Edge {
    int capacity = 1;
    int used = 0;
  };

  Edge& edge(std::size_t a, std::size_t b) {
    const std::size_t low = std::min(a, b);
    return std::max(a, b) == low + 1 ? right_[low] : up_[low];
  }

  /// Tracks that cross the border between two cells, over all layers.
  static int capacity(const Grid& grid, int a, int b, bool right) {
    const NodeBox& window = grid.window();
    const int x = window.x0 + (right ? a + 1 : a) * kCellNodes;
    const int y = window.y0 + (right ? b : b + 1) * kCellNodes;
    if (x > window.x1 || y > window.y1) return 1;
    const int free = right ? grid.open_up(x, y, std::min(kCellNodes, window.y1 - y + 1))
                           : grid.open_right(x, y, std::min(kCellNodes, window.x1 - x + 1));
    return std::max(1, free / kTrackNodes);
  }

  Corridors& corridors_;
  std::vector<Edge> right_, up_;
};

}  // namespace

Corridors route_globally(const Grid& grid, const std::vector<NetId>& order) {
  Corridors corridors;
  const NodeBox& window = grid.window();
  corridors.x0 = window.x0;
  corridors.y0 = window.y0;
  corridors.nx = (window.width() + kCellNodes - 1) / kCellNodes;
  corridors.ny = (window.height() + kCellNodes - 1) / kCellNodes;
  const auto& pins_of = grid.scene().pins;
  corridors.nets.resize(pins_of.size());
  corridors.length.assign(pins_of.size(), 0);
  CoarseGraph graph(grid, corridors);
  for (const NetId net : order) {
    const auto& pins = pins_of[net];
    std::vector<std::vector<std::size_t>> cells(pins.size());
    for (std::size_t p = 0; p < pins.size(); ++p) {
      for (const Metal& access : pins[p].access) {
        NodeBox box = grid.covered(access.rect);
        box = {box.x0 - window.x0, box.y0 - window.y0, box.x1 - window.x0, box.y1 - window.y0};
        for (int b = box.y0 / kCellNodes; b <= box.y1 / kCellNodes; ++b) {
          for (int a = box.x0 / kCellNodes; a <= box.x1 / kCellNodes; ++a) {
            cells[p].push_back(graph.index(a, b));
          }
        }
      }
    }
    std::vector<std::uint8_t> tree(static_cast<std::size_t>(corridors.nx) * corridors.ny, 0);
    std::vector<bool> connected(pins.size(), false);
    const auto connect = [&](int pin) {
      connected[pin] = true;
      for (const std::size_t cell : cells[pin]) tree[cell] = 1;
    };
    connect(0);
    for (std::size_t k = 1; k < pins.size(); ++k) {
      const int reached = graph.grow(tree, cells, connected);
      if (reached < 0) break;
      connect(reached);
    }
    std::int64_t used = 0;
    // One cell of play on every side.
    std::vector<std::uint8_t> corridor(tree.size(), 0);
    for (int b = 0; b < corridors.ny; ++b) {
      for (int a = 0; a < corridors.nx; ++a) {
        if (!tree[graph.index(a, b)]) continue;
        ++used;
        for (int d = std::max(0, b - 1); d <= std::min(corridors.ny - 1, b + 1); ++d) {
          for (int c = std::max(0, a - 1); c <= std::min(corridors.nx - 1, a + 1); ++c) {
            corridor[graph.index(c, d)] = 1;
          }
        }
      }
    }
    corridors.length[net] = used * kCellNodes * kPlacementGrid;
    corridors.nets[net] = std::move(corridor);
  }
  return corridors;
}

}  // namespace ptah::maze
