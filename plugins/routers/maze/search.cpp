#include "search.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <utility>

namespace ptah::maze {
namespace {

constexpr int kColumnShift = 40;
/// Nodes of a block on either side, as a power of two.
constexpr int kBlockShift = 4;
constexpr int kFar = 1'000'000'000;
/// How a node was reached: the step that led to it.
enum From : std::uint8_t { kLeft, kRight, kBelow, kAbove, kDown, kUp, kSource };

std::string um(Dbu value) {
  const std::int64_t tenths = (value + (value < 0 ? -5 : 5)) / 10;  // two decimals
  std::string text = std::to_string(std::abs(tenths) / 100) + ".";
  text += std::to_string(std::abs(tenths) / 10 % 10) + std::to_string(std::abs(tenths) % 10);
  return (tenths < 0 ? "-" : "") + text;
}

}  // namespace

void Search::prepare() {
  stats_ = {};
  nets_.assign(grid_.scene().pins.size(), {});
  views_.clear();
  for (int layer = 0; layer < grid_.layers(); ++layer) {
    LayerView view{grid_.spots(grid_.wire(layer)),
                   grid_.spots(grid_.wide_wire(layer)),
                   nullptr,
                   {},
                   {},
                   grid_.scene().stack->layers[layer].horizontal};
    for (const bool horizontal : {false, true}) {
      if (layer + 1 < grid_.layers()) {
        view.above[horizontal] = grid_.spots(grid_.lower_pad(layer, horizontal));
      }
      if (layer > 0) {
        view.below[horizontal] = grid_.spots(grid_.upper_pad(layer - 1, horizontal));
      }
    }
    views_.push_back(view);
  }
  make_ways();
  outlook_.prepare();
  const auto obstacles = [&](const std::vector<Rect>& rects, int surcharge) {
    std::vector<Obstacle> found;
    for (const Rect& rect : rects) {
      if (const NodeBox box = grid_.covered(rect); !box.empty()) found.push_back({box, surcharge});
    }
    return found;
  };
  all_devices_ = obstacles(grid_.scene().tiles, Grid::kOverDevice);
  all_plates_ = obstacles(grid_.scene().plates, Grid::kOverPlate - Grid::kOverDevice);
  const auto columns = static_cast<std::size_t>(grid_.columns());
  per_column_ = (std::uint64_t{1} << kColumnShift) / columns + 1;
  blocks_ = (grid_.columns() >> kBlockShift) + 1;
  a_layer_ = ((grid_.plane() / columns >> kBlockShift) + 1) * static_cast<std::size_t>(blocks_);
  const std::size_t blocks = a_layer_ * static_cast<std::size_t>(grid_.layers());
  plane_ = grid_.plane();
  for (const std::size_t mark : cut_marks_) cut_near_[mark] = 0;
  cut_marks_.clear();
  // Stamps say what is of an earlier layout, whatever frame that had. One must not come round
  // again.
  constexpr std::uint32_t kLastStamp = 0xff00'0000;
  if (search_ >= kLastStamp) {
    search_ = 0;
    states_ = {};
    target_stamp_ = {};
    vicinities_ = {};
  }
  const auto hold = [](auto& map, std::size_t items) {
    make_room(map, items);
    if (map.size() < items) map.resize(items);
  };
  hold(states_, grid_.nodes());
  hold(target_stamp_, grid_.nodes());
  hold(vicinities_, blocks);
  hold(cut_near_, plane_ * grid_.scene().stack->cuts.size());
}

GridNode Search::node(Index index) const noexcept {
  // Planes are few, so that counting is faster than dividing; and in all of them, than foretelling
  // where to stop.
  int layer = 0;
  for (int above = 1; above < layers_; ++above) layer += index >= above * plane_;
  const std::size_t cell = index - layer * plane_;
  auto y = static_cast<int>(cell * per_column_ >> kColumnShift);
  auto x = static_cast<int>(cell) - y * grid_.columns();
  if (x < 0) {
    // The quotient is never too small, and too large by one at most.
    --y;
    x += grid_.columns();
  }
  return {layer, x, y};
}

void Search::make_ways() {
  layers_ = grid_.layers();
  ways_.assign(static_cast<std::size_t>(layers_) * layers_, {});
  const auto horizontal = [&](int layer) { return views_[layer].horizontal; };
  for (int a = 0; a < layers_; ++a) {
    for (int b = 0; b < layers_; ++b) {
      Way& way = ways_[a * layers_ + b];
      const auto [low, high] = std::minmax(a, b);
      way = {costs_.via * (high - low), costs_.wrong_way, costs_.wrong_way, kFar};
      for (int layer = low; layer <= high; ++layer) {
        (horizontal(layer) ? way.along_x : way.along_y) = 0;
      }
      // Of the layers that add the direction which the direct way lacks, the nearest counts.
      for (int layer = 0; layer < layers_; ++layer) {
        const bool turns =
            (way.along_x == 0 || horizontal(layer)) && (way.along_y == 0 || !horizontal(layer));
        const int cuts = std::abs(layer - a) + std::abs(layer - b);
        if (turns) way.turning = std::min(way.turning, costs_.via * cuts);
      }
    }
  }
}

/// Wires that start over a device, or come across one, leave it at a price: over each device alone,
/// as wires keep to the gaps between them. Devices with goals in them count from the goals' side.
void Search::find_obstacles(const std::vector<PinTarget>& pins,
                            const std::vector<bool>& connected) {
  const auto meet = [](const NodeBox& a, const NodeBox& b) {
    return a.x0 <= b.x1 && b.x0 <= a.x1 && a.y0 <= b.y1 && b.y0 <= a.y1;
  };
  const auto copy = [&](const std::vector<Obstacle>& all, std::vector<Obstacle>& to) {
    to.clear();
    for (const Obstacle& obstacle : all) {
      bool free = true;
      for (std::size_t p = 0; p < pins.size() && free; ++p) {
        if (connected[p]) continue;
        free = std::none_of(pins[p].own.begin(), pins[p].own.end(),
                            [&](const NodeBox& own) { return meet(own, obstacle.box); });
      }
      if (free) to.push_back(obstacle);
    }
  };
  copy(all_devices_, devices_);
  copy(all_plates_, plates_);
}

Search::Vicinity Search::vicinity(int layer, int block_x, int block_y) {
  const int x0 = block_x << kBlockShift, x1 = x0 + (1 << kBlockShift) - 1;
  const int y0 = block_y << kBlockShift, y1 = y0 + (1 << kBlockShift) - 1;
  Vicinity found;
  found.stamp = search_;
  // The farthest that the nearest goal can be from any node of the block.
  int limit = std::numeric_limits<int>::max();
  for (const Goal& goal : goals_) {
    const int dx = std::max({0, goal.box.x0 - x0, x1 - goal.box.x1});
    const int dy = std::max({0, goal.box.y0 - y0, y1 - goal.box.y1});
    limit = std::min(limit, bound(goal, layer, dx, dy));
  }
  found.goals = static_cast<std::uint32_t>(near_.size());
  for (const Goal& goal : goals_) {
    const int dx = std::max({0, goal.box.x0 - x1, x0 - goal.box.x1});
    const int dy = std::max({0, goal.box.y0 - y1, y0 - goal.box.y1});
    if (bound(goal, layer, dx, dy) <= limit) near_.push_back(goal);
  }
  found.goals_end = static_cast<std::uint32_t>(near_.size());
  const auto add = [&](const std::vector<Obstacle>& obstacles) {
    const auto begin = static_cast<std::uint32_t>(around_.size());
    for (const Obstacle& obstacle : obstacles) {
      const NodeBox& box = obstacle.box;
      if (box.x0 <= x1 && x0 <= box.x1 && box.y0 <= y1 && y0 <= box.y1) around_.push_back(obstacle);
    }
    return begin;
  };
  found.devices = add(devices_);
  found.plates = add(plates_);
  found.plates_end = static_cast<std::uint32_t>(around_.size());
  return found;
}

int Search::to_go(const GridNode& at) const noexcept {
  int best = std::numeric_limits<int>::max();
  for (const Target& target : targets_) {
    const int dx = std::max({0, target.box.x0 - at.x, at.x - target.box.x1});
    const int dy = std::max({0, target.box.y0 - at.y, at.y - target.box.y1});
    const int dz = std::max({0, target.layer_low - at.layer, at.layer - target.layer_high});
    best = std::min(best, kStepCost * (dx + dy) + costs_.via * dz);
  }
  return best;
}

int Search::bound(const GridNode& at) {
  Vicinity& around =
      vicinities_[at.layer * a_layer_ + static_cast<std::size_t>(at.y >> kBlockShift) * blocks_ +
                  (at.x >> kBlockShift)];
  if (around.stamp != search_) {
    around = vicinity(at.layer, at.x >> kBlockShift, at.y >> kBlockShift);
  }
  int best = std::numeric_limits<int>::max();
  for (std::uint32_t g = around.goals; g < around.goals_end; ++g) {
    const Goal& goal = near_[g];
    const int dx = std::max({0, goal.box.x0 - at.x, at.x - goal.box.x1});
    const int dy = std::max({0, goal.box.y0 - at.y, at.y - goal.box.y1});
    best = std::min(best, bound(goal, at.layer, dx, dy));
  }
  int device = 0, plate = 0;
  for (std::uint32_t o = around.devices; o < around.plates; ++o) {
    device = std::max(device, around_[o].to_leave(at));
  }
  for (std::uint32_t o = around.plates; o < around.plates_end; ++o) {
    plate = std::max(plate, around_[o].to_leave(at));
  }
  return best + device + plate;
}

int Search::bound(const Part& part) const noexcept {
  int best = std::numeric_limits<int>::max();
  for (const Goal& goal : goals_) {
    const int dx = std::max({0, goal.box.x0 - part.box.x1, part.box.x0 - goal.box.x1});
    const int dy = std::max({0, goal.box.y0 - part.box.y1, part.box.y0 - goal.box.y1});
    for (int layer = part.layer_low; layer <= part.layer_high; ++layer) {
      best = std::min(best, bound(goal, layer, dx, dy));
    }
  }
  return best;
}

int Search::turns(const GridNode& at) const noexcept {
  const int dx = across_x_[at.x], dy = across_y_[at.y];
  int least = kFar;
  for (const int layer : goal_layers_) {
    const Way& way = ways_[at.layer * layers_ + layer];
    least = std::min({least, way.direct + way.along_x * dx + way.along_y * dy, way.turning});
  }
  return least;
}

int Search::foresee(const GridNode& at) {
  const int near = bound(at);
  return looked_ ? std::max(near, outlook_.to_go(at.x, at.y) + turns(at)) : near;
}

void Search::look_ahead(const SearchRequest& request) {
  ++stats_.outlooks;
  std::vector<NodeBox> boxes;
  goal_layers_.clear();
  across_x_.assign(grid_.columns(), kFar);
  across_y_.assign(plane_ / grid_.columns(), kFar);
  const auto approach = [](std::vector<int>& across, int low, int high) {
    for (int k = 0; k < static_cast<int>(across.size()); ++k) {
      across[k] = std::min(across[k], std::max({0, low - k, k - high}));
    }
  };
  for (const Goal& goal : goals_) {
    boxes.push_back(goal.box);
    approach(across_x_, goal.box.x0, goal.box.x1);
    approach(across_y_, goal.box.y0, goal.box.y1);
    if (std::find(goal_layers_.begin(), goal_layers_.end(), goal.layer) == goal_layers_.end()) {
      goal_layers_.push_back(goal.layer);
    }
  }
  if (!priced_) {
    outlook_.set_prices({kStepCost, costs_.off_corridor, request.net, request.corridors});
    priced_ = true;
  }
  outlook_.look(boxes);
  looked_ = true;
  std::vector<Index> waiting;
  for (OpenList::Entry entry{}; queue_.pop(entry);) waiting.push_back(entry.node);
  queue_.clear();
  for (const Index at : waiting) {
    if (at >= grid_.nodes()) {
      queue_.push({parts_[at - grid_.nodes()].bound, at});
    } else if (State& state = states_[at]; !state.closed) {
      state.bound = foresee(node(at));
      queue_.push({state.cost + state.bound, at});
    }
  }
}

void Search::add_to_tree(const std::vector<Index>& nodes) {
  constexpr std::size_t kPart = 16;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const GridNode at = node(nodes[k]);
    tree_.push_back(nodes[k]);
    if (k % kPart == 0) {
      parts_.push_back({tree_.size() - 1, 0, at.layer, at.layer, {at.x, at.y, at.x, at.y}, 0});
    }
    Part& part = parts_.back();
    part.end = tree_.size();
    part.layer_low = std::min(part.layer_low, at.layer);
    part.layer_high = std::max(part.layer_high, at.layer);
    part.box = {std::min(part.box.x0, at.x), std::min(part.box.y0, at.y),
                std::max(part.box.x1, at.x), std::max(part.box.y1, at.y)};
  }
}

void Search::reach(Index to, const GridNode& at, int cost, std::uint8_t from) {
  State& state = states_[to];
  if (state.stamp != search_) {
    state = {search_, cost, foresee(at), 0, kSource, false, false};
  } else if (state.cost <= cost) {
    if (state.cost == cost) state.parents |= 1u << from;
    return;
  }
  state.cost = cost;
  state.parents = 1u << from;
  queue_.push({cost + state.bound, to});
}

std::optional<bool> Search::orientation(const LayerView& view, const Pads& pads, std::size_t cell,
                                        NetId net) noexcept {
  const Grid::Spot& first = pads[view.horizontal][cell];
  // Most often so, and the other's map is not even looked at.
  if (first.possible(net) && first.crowd == 0) return view.horizontal;
  const Grid::Spot& second = pads[!view.horizontal][cell];
  if (first.possible(net) && (first.crowd <= second.crowd || !second.possible(net))) {
    return view.horizontal;
  }
  if (second.possible(net)) return !view.horizontal;
  return std::nullopt;
}

/// What lies one step beyond a step will be looked at when that is expanded; it has come from
/// memory by then.
void Search::fetch_ahead(const LayerView& view, Index from, std::size_t cell, std::ptrdiff_t by,
                         bool other_row) const noexcept {
  const std::ptrdiff_t to = static_cast<std::ptrdiff_t>(cell) + by;
  const State* states = states_.data() + from;
  __builtin_prefetch(states + 2 * by);
  __builtin_prefetch(view.wire + to + by);
  if (!other_row) return;  // Along a row it has come with the node before.
  const auto plane = static_cast<std::ptrdiff_t>(plane_);
  if (view.above[0] != nullptr) {
    __builtin_prefetch(view.above[view.horizontal] + to);
    __builtin_prefetch(states + by + plane);
  }
  if (view.below[0] != nullptr) {
    __builtin_prefetch(view.below[view.horizontal] + to);
    __builtin_prefetch(states + by - plane);
  }
}

void Search::expand(Index from, const SearchRequest& request) {
  const GridNode at = node(from);
  const std::size_t cell = from - at.layer * plane_;
  const int base = states_[from].cost;
  const NetId net = request.net;
  const NodeBox& window = grid_.window();
  const LayerView& view = views_[at.layer];

  // One node on along a row or a column, `by` cells away. In line, each direction knows what it
  // need not ask: a tenth of the time of a large circuit.
  const auto step = [&](int dx, int dy, std::ptrdiff_t by, std::uint8_t direction)
      __attribute__((always_inline)) {
    const GridNode next{at.layer, at.x + dx, at.y + dy};
    const Index to = from + static_cast<Index>(by);
    int cost = kStepCost + ((dy == 0) != view.horizontal ? costs_.wrong_way : 0);
    // The cheapest the step can be: most neighbours are reached already, from a nearer node.
    if (states_[to].stamp == search_ && states_[to].cost < base + cost) return;
    const std::size_t to_cell = cell + static_cast<std::size_t>(by);
    const Grid::Spot wire = view.wire[to_cell];
    if (!wire.possible(net)) return;
    cost += grid_.surcharge(to_cell);
    if (view.history != nullptr) cost += costs_.history * view.history[to_cell];
    if (wire.crowd > 0) cost += request.conflict;
    if (request.wide) {
      const Grid::Spot wide = view.wide[to_cell];
      if (!wide.possible(net) || wide.crowd > 0) cost += costs_.narrow;
    }
    if (request.corridors != nullptr && !request.corridors->inside(net, next.x, next.y)) {
      cost += costs_.off_corridor;
    }
    fetch_ahead(view, from, cell, by, dy != 0);
    reach(to, next, base + cost, direction);
  };
  const std::ptrdiff_t columns = grid_.columns();
  if (at.x > window.x0) step(-1, 0, -1, kLeft);
  if (at.x < window.x1) step(1, 0, 1, kRight);
  if (at.y > window.y0) step(0, -1, -columns, kBelow);
  if (at.y < window.y1) step(0, 1, columns, kAbove);

  const auto change_layer = [&](int cut, int to_layer, std::uint8_t by)
      __attribute__((always_inline)) {
    const Index to = index(to_layer, cell);
    if (states_[to].stamp == search_ && states_[to].cost < base + costs_.via) return;
    if (!grid_.cut_possible(cut, cell) || cut_near_[cut * plane_ + cell]) return;
    const LayerView &lower = views_[cut], &upper = views_[cut + 1];
    const auto low_pad = orientation(lower, lower.above, cell, net);
    if (!low_pad) return;
    const auto high_pad = orientation(upper, upper.below, cell, net);
    if (!high_pad) return;
    int cost = costs_.via;
    if (view.history != nullptr) cost += costs_.history * views_[to_layer].history[cell];
    if (lower.above[*low_pad][cell].crowd > 0) cost += request.conflict;
    if (upper.below[*high_pad][cell].crowd > 0) cost += request.conflict;
    reach(to, {to_layer, at.x, at.y}, base + cost, by);
  };
  if (at.layer > 0) change_layer(at.layer - 1, at.layer - 1, kDown);
  if (at.layer + 1 < grid_.layers()) change_layer(at.layer, at.layer + 1, kUp);
}

void Search::keep_cuts_away(int cut, std::size_t cell, const std::vector<Metal>& plates) {
  const Stack& stack = *grid_.scene().stack;
  const Point at =
      grid_.at(static_cast<int>(cell % grid_.columns()), static_cast<int>(cell / grid_.columns()));
  const auto mark_all = [&](int which, const NodeBox& box) {
    for (int b = box.y0; b <= box.y1; ++b) {
      for (int a = box.x0; a <= box.x1; ++a) {
        const std::size_t mark = which * plane_ + grid_.cell(a, b);
        cut_near_[mark] = 1;
        cut_marks_.push_back(mark);
      }
    }
  };
  const CutRules& rules = stack.cuts[cut];
  mark_all(cut, grid_.inside(rules.rect(at).bloated(rules.half + rules.spacing)));
  // Where pads of a cut to the layer above and of one to the layer below overlap, Magic sees the
  // bottom metal of a capacitor in pieces, too near to each other (capm.2b).
  for (const Metal& plate : plates) {
    if (!plate.rect.contains(at) || (plate.layer != cut && plate.layer != cut + 1)) continue;
    const bool up = plate.layer == cut;
    const int other = up ? cut - 1 : cut + 1;
    if (other < 0 || other >= static_cast<int>(stack.cuts.size())) continue;
    const Pad& mine = up ? rules.lower : rules.upper;
    const Pad& its = up ? stack.cuts[other].upper : stack.cuts[other].lower;
    mark_all(other, grid_.inside(Rect{at.x, at.y, at.x, at.y}.bloated(mine.along + its.along)));
  }
}

void Search::draw(const std::vector<Index>& path, const SearchRequest& request, Wiring& wiring) {
  const Stack& stack = *grid_.scene().stack;
  const NetId net = request.net;
  const auto wide_at = [&](const GridNode& at) {
    if (!request.wide) return false;
    const Grid::Spot& spot = grid_.spot(grid_.wide_wire(at.layer), grid_.cell(at.x, at.y));
    return spot.possible(net) && spot.crowd == 0;
  };
  const auto place = [&](const GridNode& at) { return grid_.at(at.x, at.y); };
  // Straight runs of equal width become one rectangle each.
  struct Run {
    Point from, to;
    int layer;
    bool wide, horizontal;
  };
  Run run{};
  bool open = false;
  const auto flush = [&] {
    if (!open) return;
    const Rect line{std::min(run.from.x, run.to.x), std::min(run.from.y, run.to.y),
                    std::max(run.from.x, run.to.x), std::max(run.from.y, run.to.y)};
    wiring.metal.push_back({run.layer, line.bloated(grid_.half_width(run.layer, run.wide))});
    open = false;
  };
  for (std::size_t k = 0; k + 1 < path.size(); ++k) {
    const GridNode a = node(path[k]), b = node(path[k + 1]);
    if (a.layer == b.layer) {
      const bool horizontal = a.y == b.y, wide = wide_at(a) && wide_at(b);
      if (request.wide && !wide) wiring.narrowed_nm += kPlacementGrid;
      if (open && (run.layer != a.layer || run.wide != wide || run.horizontal != horizontal))
        flush();
      if (!open) run = Run{place(a), place(b), a.layer, wide, horizontal};
      open = true;
      run.to = place(b);
      continue;
    }
    flush();
    const int cut = std::min(a.layer, b.layer);
    const std::size_t cell = grid_.cell(a.x, a.y);
    wiring.cuts.push_back({cut, place(a)});
    const LayerView &lower = views_[cut], &upper = views_[cut + 1];
    const auto low = orientation(lower, lower.above, cell, net);
    const auto high = orientation(upper, upper.below, cell, net);
    wiring.metal.push_back({cut, stack.cuts[cut].lower.rect(place(a), low.value_or(true))});
    wiring.metal.push_back({cut + 1, stack.cuts[cut].upper.rect(place(a), high.value_or(true))});
  }
  flush();
}

Search::Index Search::beyond(Index at, std::uint8_t step) const noexcept {
  const auto row = static_cast<Index>(grid_.columns()), plane = static_cast<Index>(plane_);
  switch (step) {
    case kLeft:
      return at - 1;
    case kRight:
      return at + 1;
    case kBelow:
      return at - row;
    case kAbove:
      return at + row;
    case kDown:
      return at - plane;
    case kUp:
      return at + plane;
    default:
      return at;
  }
}

Status Search::find_ways(const SearchRequest& request, std::vector<Index>& ends, JobContext& job) {
  ends.clear();
  queue_.clear();
  // In the open list, parts of the tree come after the nodes.
  const auto nodes = static_cast<Index>(grid_.nodes());
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    queue_.push({parts_[p].bound, nodes + static_cast<Index>(p)});
  }
  looked_ = false;
  int cheapest = std::numeric_limits<int>::max(), expanded = 0;
  OpenList::Entry top{};
  while (queue_.pop(top) && top.estimate <= cheapest) {
    if (top.node >= nodes) {
      Part& part = parts_[top.node - nodes];
      // Most parts lie too far away for what is known of an earlier search not to do.
      if (const int now = bound(part); now > part.bound) {
        part.bound = now;
        queue_.push({now, top.node});
        continue;
      }
      for (std::size_t k = part.begin; k < part.end; ++k) {
        reach(tree_[k], node(tree_[k]), 0, kSource);
      }
      continue;
    }
    State& state = states_[top.node];
    if (state.closed) continue;
    state.closed = true;
    // Nothing is left to go at a target.
    if (state.bound == 0 && target_stamp_[top.node] == targets_stamp_) {
      cheapest = top.estimate;
      ends.push_back(top.node);
      continue;
    }
    if ((++stats_.expansions & 0x7ff) == 0 && job.cancelled()) return cancelled_error();
    expand(top.node, request);
    if (!looked_ && ++expanded == patience_) look_ahead(request);
  }
  return ok();
}

Search::Index Search::choose(const std::vector<Index>& ends) {
  // The lower estimate, then the higher cost, then the lower node.
  using Key = std::pair<std::uint64_t, Index>;
  std::priority_queue<Key, std::vector<Key>, std::greater<>> queue;
  const auto enter = [&](Index at) {
    const auto cost = static_cast<std::uint32_t>(states_[at].cost);
    const std::uint64_t estimate = cost + static_cast<std::uint32_t>(to_go(node(at)));
    queue.emplace(estimate << 32 | ~cost, at);
  };
  const auto nodes = static_cast<Index>(grid_.nodes());
  std::vector<Index> waiting = ends;
  for (const Index at : ends) states_[at].cheapest = true;
  while (!waiting.empty()) {
    const Index at = waiting.back();
    waiting.pop_back();
    for (std::uint8_t step = kLeft; step <= kUp; ++step) {
      if ((states_[at].parents >> step & 1) == 0) continue;
      const Index parent = beyond(at, step ^ 1);
      if (states_[parent].cheapest) continue;
      states_[parent].cheapest = true;
      waiting.push_back(parent);
    }
    if (states_[at].parents >> kSource & 1) enter(at);
  }
  while (true) {
    const Index at = queue.top().second;
    queue.pop();
    if (target_stamp_[at] == targets_stamp_) return at;
    for (std::uint8_t step = kLeft; step <= kUp; ++step) {
      const Index next = beyond(at, step);
      if (next >= nodes) continue;
      State& state = states_[next];
      if (state.stamp != search_ || !state.cheapest || state.from != kSource ||
          (state.parents >> step & 1) == 0) {
        continue;
      }
      state.from = step;
      enter(next);
    }
  }
}

Result<Wiring> Search::route(const SearchRequest& request, JobContext& job) {
  const Scene& scene = grid_.scene();
  const std::vector<Pin>& pins = scene.pins.at(request.net);
  for (std::size_t layer = 0; layer < views_.size(); ++layer) {
    views_[layer].history = grid_.has_history() ? grid_.history(static_cast<int>(layer)) : nullptr;
  }
  priced_ = false;
  Wiring wiring;
  for (const std::size_t mark : cut_marks_) cut_near_[mark] = 0;
  cut_marks_.clear();

  const auto& [access, pin_targets, plates] = pins_of(request.net);
  if (access.back().empty()) {
    const Pin& pin = pins[access.size() - 1];
    return make_error(ErrorCode::kInfeasible,
                      "No wire of net " + scene.net_name(request.net) + " can reach terminal " +
                          pin.name + ": its metal is too small or off the routing grid.",
                      "net " + scene.net_name(request.net) + " at (" + um(pin.box.center().x) +
                          ", " + um(pin.box.center().y) + ") um");
  }
  std::vector<bool> connected(pins.size(), false);
  tree_.clear();
  parts_.clear();
  // The pin nearest to the middle of all pins starts the tree.
  Rect box;
  for (const Pin& pin : pins) box = box.united(pin.box);
  std::size_t start = 0;
  std::int64_t nearest = std::numeric_limits<std::int64_t>::max();
  for (std::size_t p = 0; p < pins.size(); ++p) {
    const Point away = pins[p].box.center() - box.center();
    const std::int64_t distance = std::abs(away.x) + std::abs(away.y);
    if (distance < nearest) {
      nearest = distance;
      start = p;
    }
  }
  // A pin that is connected is no target any more; where another one has nodes with it, those stay.
  targets_stamp_ = ++search_;
  const auto set_stamps = [&](std::size_t pin, std::uint32_t stamp) {
    for (const Index at : access[pin]) target_stamp_[at] = stamp;
  };
  for (std::size_t p = 0; p < pins.size(); ++p) set_stamps(p, targets_stamp_);
  const auto connect = [&](std::size_t pin) {
    connected[pin] = true;
    add_to_tree(access[pin]);
    set_stamps(pin, 0);
    for (std::size_t p = 0; p < pins.size(); ++p) {
      if (!connected[p] && pins[p].box.overlaps(pins[pin].box)) set_stamps(p, targets_stamp_);
    }
  };
  connect(start);
  std::vector<Index> ends;

  int retries = 0;
  for (std::size_t done = 1; done < pins.size();) {
    ++search_;
    ++stats_.searches;
    targets_.clear();
    goals_.clear();
    near_.clear();
    around_.clear();
    for (std::size_t p = 0; p < pins.size(); ++p) {
      if (connected[p]) continue;
      const PinTarget& own = pin_targets[p];
      targets_.push_back(own.target);
      goals_.insert(goals_.end(), own.goals.begin(), own.goals.end());
    }
    find_obstacles(pin_targets, connected);
    PTAH_TRY(find_ways(request, ends, job));
    if (ends.empty()) {
      std::size_t lost = 0;
      while (connected[lost]) ++lost;
      return make_error(
          ErrorCode::kInfeasible,
          "Net " + scene.net_name(request.net) + " finds no legal way between terminals " +
              pins[start].name + " and " + pins[lost].name +
              ": fixed metal of the tiles is in the way on every "
              "routing layer.",
          "net " + scene.net_name(request.net) + ", from (" + um(pins[start].box.center().x) +
              ", " + um(pins[start].box.center().y) + ") um to (" + um(pins[lost].box.center().x) +
              ", " + um(pins[lost].box.center().y) + ") um",
          "Place the tiles farther apart (a larger halo), or "
          "allow a higher top_layer.");
    }
    std::vector<Index> path{choose(ends)};
    while (states_[path.back()].from != kSource) {
      path.push_back(beyond(path.back(), states_[path.back()].from ^ 1));
    }
    // Cuts of one path may stand too near each other, which the search cannot see: forbid the place
    // of the second and look again.
    std::vector<std::pair<int, std::size_t>> cuts;
    bool clash = false;
    for (std::size_t k = 0; k + 1 < path.size() && !clash; ++k) {
      const GridNode a = node(path[k]), b = node(path[k + 1]);
      if (a.layer == b.layer) continue;
      const int cut = std::min(a.layer, b.layer);
      const std::size_t cell = grid_.cell(a.x, a.y);
      const CutRules& rules = scene.stack->cuts[cut];
      for (const auto& [other_cut, other_cell] : cuts) {
        if (other_cut != cut) continue;
        const Point other = grid_.at(static_cast<int>(other_cell % grid_.columns()),
                                     static_cast<int>(other_cell / grid_.columns()));
        if (rules.rect(other).bloated(rules.spacing).overlaps(rules.rect(grid_.at(a.x, a.y)))) {
          const std::size_t mark = cut * plane_ + cell;
          cut_near_[mark] = 1;
          cut_marks_.push_back(mark);
          clash = true;
          break;
        }
      }
      cuts.emplace_back(cut, cell);
    }
    constexpr int kMaxRetries = 200;
    if (clash && ++retries < kMaxRetries) continue;
    draw(path, request, wiring);
    for (const auto& [cut, cell] : cuts) keep_cuts_away(cut, cell, plates);
    add_to_tree(path);
    for (std::size_t p = 0; p < pins.size(); ++p) {
      if (!connected[p] && std::binary_search(access[p].begin(), access[p].end(), path.front())) {
        connect(p);
        ++done;
      }
    }
  }
  return wiring;
}

}  // namespace ptah::maze
