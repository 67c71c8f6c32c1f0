#include "search.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>
#include <queue>
#include <tuple>

namespace ptah::maze {
namespace {

constexpr int kColumnShift = 40;
/// Nodes of a block on either side, as a power of two, and the number of goals from which on it
/// pays to know which of them matter there.
constexpr int kBlockShift = 4;
constexpr std::size_t kFewGoals = 4;
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
  views_.clear();
  for (int layer = 0; layer < grid_.layers(); ++layer) {
    LayerView view{grid_.spots(grid_.wire(layer)),
                   grid_.spots(grid_.wide_wire(layer)),
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
  // A stamp of an earlier layout must not come round again.
  constexpr std::uint32_t kLastStamp = 0xff00'0000;
  if (frame_ == grid_.frame() && search_ < kLastStamp) return;
  frame_ = grid_.frame();
  plane_ = grid_.plane();
  per_column_ =
      (std::uint64_t{1} << kColumnShift) / static_cast<std::uint64_t>(grid_.columns()) + 1;
  search_ = 0;
  states_.assign(grid_.nodes(), {});
  target_stamp_.assign(grid_.nodes(), 0);
  cut_near_.assign(plane_ * grid_.scene().stack->cuts.size(), 0);
  cut_marks_.clear();
  blocks_ = (grid_.columns() >> kBlockShift) + 1;
  const auto block_rows = (plane_ / static_cast<std::size_t>(grid_.columns()) >> kBlockShift) + 1;
  candidates_.assign(block_rows * static_cast<std::size_t>(blocks_), {});
}

GridNode Search::node(Index index) const noexcept {
  // Planes are few, so that counting is faster than dividing.
  int layer = 0;
  std::size_t cell = index;
  for (; cell >= plane_; cell -= plane_) ++layer;
  auto y = static_cast<int>(cell * per_column_ >> kColumnShift);
  auto x = static_cast<int>(cell) - y * grid_.columns();
  if (x < 0) {
    // The quotient is never too small, and too large by one at most.
    --y;
    x += grid_.columns();
  }
  return {layer, x, y};
}

std::vector<Search::Index> Search::nodes_of(const Pin& pin) const {
  // Inside a large plate only a rim serves: any way from outside meets it first.
  constexpr Dbu kRim = 500;
  std::vector<Index> nodes;
  for (const Metal& access : pin.access) {
    const Dbu half = grid_.half_width(access.layer, false);
    const NodeBox box = grid_.covered(access.rect.bloated(-half));
    for (int y = box.y0; y <= box.y1; ++y) {
      for (int x = box.x0; x <= box.x1; ++x) {
        if (access.rect.bloated(-half - kRim).contains(grid_.at(x, y))) continue;
        nodes.push_back(index(access.layer, grid_.cell(x, y)));
      }
    }
  }
  std::sort(nodes.begin(), nodes.end());
  nodes.erase(std::unique(nodes.begin(), nodes.end()), nodes.end());
  return nodes;
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

std::uint64_t Search::candidates(int block_x, int block_y) const noexcept {
  const int x0 = block_x << kBlockShift, x1 = x0 + (1 << kBlockShift) - 1;
  const int y0 = block_y << kBlockShift, y1 = y0 + (1 << kBlockShift) - 1;
  // The farthest that the nearest goal can be from any node of the block.
  int limit = std::numeric_limits<int>::max();
  for (const Goal& goal : goals_) {
    const int dx = std::max({0, goal.box.x0 - x0, x1 - goal.box.x1});
    const int dy = std::max({0, goal.box.y0 - y0, y1 - goal.box.y1});
    int farthest = 0;
    for (int layer = 0; layer < layers_; ++layer) {
      farthest = std::max(farthest, bound(goal, layer, dx, dy));
    }
    limit = std::min(limit, farthest);
  }
  std::uint64_t found = 0;
  for (std::size_t g = 0; g < goals_.size(); ++g) {
    const NodeBox& box = goals_[g].box;
    const int dx = std::max({0, box.x0 - x1, x0 - box.x1});
    const int dy = std::max({0, box.y0 - y1, y0 - box.y1});
    if (kStepCost * (dx + dy) <= limit) found |= std::uint64_t{1} << g;
  }
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

int Search::bound(const GridNode& at) noexcept {
  int best = std::numeric_limits<int>::max();
  const auto consider = [&](const Goal& goal) {
    const int dx = std::max({0, goal.box.x0 - at.x, at.x - goal.box.x1});
    const int dy = std::max({0, goal.box.y0 - at.y, at.y - goal.box.y1});
    best = std::min(best, bound(goal, at.layer, dx, dy));
  };
  if (goals_.size() < kFewGoals || goals_.size() > 64) {
    for (const Goal& goal : goals_) consider(goal);
    return best;
  }
  const int block_x = at.x >> kBlockShift, block_y = at.y >> kBlockShift;
  Candidates& near = candidates_[static_cast<std::size_t>(block_y) * blocks_ + block_x];
  if (near.stamp != search_) near = {candidates(block_x, block_y), search_};
  for (std::uint64_t left = near.goals; left != 0; left &= left - 1) {
    consider(goals_[std::countr_zero(left)]);
  }
  return best;
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

void Search::add_to_tree(const std::vector<Index>& nodes) {
  constexpr std::size_t kPart = 16;
  for (std::size_t k = 0; k < nodes.size(); ++k) {
    const GridNode at = node(nodes[k]);
    tree_.push_back(nodes[k]);
    if (k % kPart == 0) {
      parts_.push_back({tree_.size() - 1, 0, at.layer, at.layer, {at.x, at.y, at.x, at.y}});
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
    state = {search_, cost, bound(at), 0, kSource, false, false};
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
  const Grid::Spot& second = pads[!view.horizontal][cell];
  if (first.possible(net) && (first.crowd <= second.crowd || !second.possible(net))) {
    return view.horizontal;
  }
  if (second.possible(net)) return !view.horizontal;
  return std::nullopt;
}

void Search::expand(Index from, const SearchRequest& request) {
  const GridNode at = node(from);
  const std::size_t cell = grid_.cell(at.x, at.y);
  const int base = states_[from].cost;
  const NetId net = request.net;
  const NodeBox& window = grid_.window();
  const LayerView& view = views_[at.layer];
  const std::uint16_t* history = grid_.has_history() ? grid_.history(at.layer) : nullptr;

  struct Direction {
    int dx, dy;
    std::uint8_t by;
  };
  static constexpr Direction kDirections[] = {
      {-1, 0, kLeft}, {1, 0, kRight}, {0, -1, kBelow}, {0, 1, kAbove}};
  for (const Direction& direction : kDirections) {
    const GridNode next{at.layer, at.x + direction.dx, at.y + direction.dy};
    if (next.x < window.x0 || next.x > window.x1 || next.y < window.y0 || next.y > window.y1) {
      continue;
    }
    const std::size_t to_cell = grid_.cell(next.x, next.y);
    const Index to = index(at.layer, to_cell);
    // The cheapest a step can be: most neighbours are reached already, from a nearer node.
    if (states_[to].stamp == search_ && states_[to].cost < base + kStepCost) continue;
    const Grid::Spot& wire = view.wire[to_cell];
    if (!wire.possible(net)) continue;
    int cost = kStepCost + grid_.surcharge(to_cell);
    if (history != nullptr) cost += costs_.history * history[to_cell];
    if ((direction.dy == 0) != view.horizontal) cost += costs_.wrong_way;
    if (wire.crowd > 0) cost += request.conflict;
    if (request.wide) {
      const Grid::Spot& wide = view.wide[to_cell];
      if (!wide.possible(net) || wide.crowd > 0) cost += costs_.narrow;
    }
    if (request.corridors != nullptr && !request.corridors->inside(net, next.x, next.y)) {
      cost += costs_.off_corridor;
    }
    reach(to, next, base + cost, direction.by);
  }

  const auto change_layer = [&](int cut, int to_layer, std::uint8_t by) {
    const Index to = index(to_layer, cell);
    if (states_[to].stamp == search_ && states_[to].cost < base + costs_.via) return;
    if (!grid_.cut_possible(cut, cell) || cut_near_[cut * plane_ + cell]) return;
    const LayerView &lower = views_[cut], &upper = views_[cut + 1];
    const auto low_pad = orientation(lower, lower.above, cell, net);
    if (!low_pad) return;
    const auto high_pad = orientation(upper, upper.below, cell, net);
    if (!high_pad) return;
    int cost = costs_.via;
    if (history != nullptr) cost += costs_.history * grid_.history(to_layer)[cell];
    if (lower.above[*low_pad][cell].crowd > 0) cost += request.conflict;
    if (upper.below[*high_pad][cell].crowd > 0) cost += request.conflict;
    reach(to, {to_layer, at.x, at.y}, base + cost, by);
  };
  if (at.layer > 0) change_layer(at.layer - 1, at.layer - 1, kDown);
  if (at.layer + 1 < grid_.layers()) change_layer(at.layer, at.layer + 1, kUp);
}

void Search::keep_cuts_away(int cut, std::size_t cell) {
  const CutRules& rules = grid_.scene().stack->cuts[cut];
  const int x = static_cast<int>(cell % grid_.columns());
  const int y = static_cast<int>(cell / grid_.columns());
  const NodeBox box = grid_.inside(rules.rect(grid_.at(x, y)).bloated(rules.half + rules.spacing));
  for (int b = box.y0; b <= box.y1; ++b) {
    for (int a = box.x0; a <= box.x1; ++a) {
      const std::size_t mark = cut * plane_ + grid_.cell(a, b);
      cut_near_[mark] = 1;
      cut_marks_.push_back(mark);
    }
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
    queue_.push({bound(parts_[p]), nodes + static_cast<Index>(p)});
  }
  int cheapest = std::numeric_limits<int>::max();
  OpenList::Entry top{};
  while (queue_.pop(top) && top.estimate <= cheapest) {
    if (top.node >= nodes) {
      const Part& part = parts_[top.node - nodes];
      for (std::size_t k = part.begin; k < part.end; ++k) {
        reach(tree_[k], node(tree_[k]), 0, kSource);
      }
      continue;
    }
    State& state = states_[top.node];
    if (state.closed) continue;
    state.closed = true;
    // Nothing is left to go at a target.
    if (state.bound == 0 && target_stamp_[top.node] == search_) {
      cheapest = top.estimate;
      ends.push_back(top.node);
      continue;
    }
    if ((++stats_.expansions & 0x7ff) == 0 && job.cancelled()) return cancelled_error();
    expand(top.node, request);
  }
  return ok();
}

Search::Index Search::choose(const std::vector<Index>& ends) {
  // Estimate, cost, node.
  using Key = std::tuple<int, int, Index>;
  std::priority_queue<Key, std::vector<Key>, std::greater<>> queue;
  const auto enter = [&](Index at) {
    const int cost = states_[at].cost;
    queue.emplace(cost + to_go(node(at)), -cost, at);
  };
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
    const Index at = std::get<2>(queue.top());
    queue.pop();
    if (target_stamp_[at] == search_) return at;
    for (std::uint8_t step = kLeft; step <= kUp; ++step) {
      const Index next = beyond(at, step);
      if (next >= grid_.nodes()) continue;
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
  Wiring wiring;
  for (const std::size_t mark : cut_marks_) cut_near_[mark] = 0;
  cut_marks_.clear();

  std::vector<std::vector<Index>> access;
  for (const Pin& pin : pins) {
    access.push_back(nodes_of(pin));
    if (access.back().empty()) {
      return make_error(ErrorCode::kInfeasible,
                        "No wire of net " + scene.net_name(request.net) + " can reach terminal " +
                            pin.name + ": its metal is too small or off the routing grid.",
                        "net " + scene.net_name(request.net) + " at (" + um(pin.box.center().x) +
                            ", " + um(pin.box.center().y) + ") um");
    }
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
  connected[start] = true;
  add_to_tree(access[start]);
  std::vector<Index> ends;

  int retries = 0;
  for (std::size_t done = 1; done < pins.size();) {
    ++search_;
    ++stats_.searches;
    targets_.clear();
    goals_.clear();
    for (std::size_t p = 0; p < pins.size(); ++p) {
      if (connected[p]) continue;
      Target target{std::numeric_limits<int>::max(), -1, grid_.covered(pins[p].box)};
      for (const Metal& metal : pins[p].access) {
        target.layer_low = std::min(target.layer_low, metal.layer);
        target.layer_high = std::max(target.layer_high, metal.layer);
        const Dbu half = grid_.half_width(metal.layer, false);
        const NodeBox nodes = grid_.covered(metal.rect.bloated(-half));
        if (!nodes.empty()) goals_.push_back({metal.layer, nodes});
      }
      targets_.push_back(target);
      for (const Index at : access[p]) target_stamp_[at] = search_;
    }
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
    for (const auto& [cut, cell] : cuts) keep_cuts_away(cut, cell);
    add_to_tree(path);
    for (std::size_t p = 0; p < pins.size(); ++p) {
      if (!connected[p] && std::binary_search(access[p].begin(), access[p].end(), path.front())) {
        connected[p] = true;
        add_to_tree(access[p]);
        ++done;
      }
    }
  }
  return wiring;
}

}  // namespace ptah::maze
