#include "grid.hpp"

#include <algorithm>
#include <limits>

namespace ptah::maze {
namespace {

constexpr Dbu kStep = kPlacementGrid;
/// Nodes of the frame beyond the first window, so that tiles that move outwards do not cost a new
/// frame: their slots reach less far.
constexpr int kSlack = 16;

int floor_div(Dbu a, Dbu b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}
int ceil_div(Dbu a, Dbu b) {
  return -floor_div(-a, b);
}

NodeBox common(const NodeBox& a, const NodeBox& b) {
  return {std::max(a.x0, b.x0), std::max(a.y0, b.y0), std::min(a.x1, b.x1), std::min(a.y1, b.y1)};
}

/// Boxes around what has changed: one for each run of items that differ, which a tile's are when it
/// moves; what lies between two tiles that moved is not in any.
template <class Item, class Reach>
std::vector<Rect> changed(const std::vector<Item>& before, const std::vector<Item>& after,
                          const Reach& reach) {
  std::vector<Rect> boxes;
  bool in_run = false;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const bool differs = !(before[i] == after[i]);
    if (differs && !in_run) boxes.emplace_back();
    if (differs) boxes.back() = boxes.back().united(reach(before[i])).united(reach(after[i]));
    in_run = differs;
  }
  return boxes;
}

}  // namespace

void Grid::update(const Scene& scene, bool same_tiles) {
  scene_ = &scene;
  const Rect area = scene.outline.bloated(margin_);
  if (same_tiles) {
    for (const auto& [layer, box] : remembered_) {
      for (int y = box.y0; y <= box.y1; ++y) {
        std::fill_n(&history_[layer][cell(box.x0, y)], box.width(), std::uint16_t{0});
      }
    }
    constexpr int kAny = std::numeric_limits<int>::max();
    window_ = covered(area, {-kAny, -kAny, kAny, kAny});
    if (window_.x0 < 0 || window_.y0 < 0 || window_.x1 >= columns_ || window_.y1 >= rows_) {
      make_frame(area);
    } else {
      repaint_changes();
    }
  } else {
    make_figures();
    plane_ = 0;
    make_frame(area);
  }
  remembered_.clear();
  painted_fixed_ = scene.fixed;
  painted_cuts_ = scene.cuts;
  painted_plates_ = scene.plates;
  painted_tiles_ = scene.tiles;
}

void Grid::make_figures() {
  const Stack& stack = *scene_->stack;
  figures_.clear();
  wire_.clear();
  wide_.clear();
  lower_.clear();
  upper_.clear();
  for (int i = 0; i < stack.size(); ++i) {
    const Dbu half = (stack.layers[i].width + 1) / 2;
    const Dbu wide = std::max(half, wide_width_ / 2);
    wire_.push_back(figure(i, half, half));
    wide_.push_back(figure(i, wide, wide));
  }
  for (std::size_t c = 0; c < stack.cuts.size(); ++c) {
    const Pad& low = stack.cuts[c].lower;
    const Pad& high = stack.cuts[c].upper;
    const int i = static_cast<int>(c);
    lower_.push_back({figure(i, low.across, low.along), figure(i, low.along, low.across)});
    upper_.push_back(
        {figure(i + 1, high.across, high.along), figure(i + 1, high.along, high.across)});
  }
}

void Grid::make_frame(const Rect& area) {
  origin_ = {(ceil_div(area.x0, kStep) - kSlack) * kStep,
             (ceil_div(area.y0, kStep) - kSlack) * kStep};
  columns_ = floor_div(area.x1 - origin_.x, kStep) + 1 + kSlack;
  rows_ = floor_div(area.y1 - origin_.y, kStep) + 1 + kSlack;
  window_ = covered(area, frame_box());
  const std::size_t nodes = static_cast<std::size_t>(columns_) * rows_;
  if (nodes > plane_) make_room(nodes);
  for (std::size_t f = 0; f < figures_.size(); ++f) {
    std::fill_n(spots_[f].begin(), nodes, Spot{});
    block_owners(static_cast<Figure>(f), frame_box());
  }
  count_open(frame_box());
  for (std::size_t c = 0; c < cut_blocked_.size(); ++c) {
    paint_cuts(static_cast<int>(c), frame_box());
  }
  paint_surcharge(frame_box());
  committed_.assign(scene_->pins.size(), {});
}

/// What the maps show is painted anew then; but there is no history yet.
void Grid::make_room(std::size_t plane) {
  const Stack& stack = *scene_->stack;
  plane_ = plane;
  const auto hold = [plane](auto& map) {
    maze::make_room(map, plane);
    map.resize(plane);
  };
  if (spots_.size() < figures_.size()) spots_.resize(figures_.size());
  for (std::size_t f = 0; f < figures_.size(); ++f) hold(spots_[f]);
  hold(open_);
  cut_blocked_.resize(stack.cuts.size());
  for (auto& cut : cut_blocked_) hold(cut);
  hold(surcharge_);
  history_.resize(stack.layers.size());
  for (auto& layer : history_) {
    maze::make_room(layer, plane);
    layer.assign(plane, 0);
  }
}

Dbu Grid::keep_off(int layer, const Fixed& fixed) const noexcept {
  // What hangs on a wide shape within the wide spacing counts as wide itself, so foreign wires
  // keep the wide spacing from that as well: twice the distance is always enough.
  const LayerRules& rules = scene_->stack->layers[layer];
  return fixed.wide || fixed.bottom_plate ? 2 * rules.wide_spacing : rules.spacing;
}

void Grid::paint_owners(Figure figure, const NodeBox& clip) {
  if (clip.empty()) return;
  for (int y = clip.y0; y <= clip.y1; ++y) {
    Spot* row = &spots_[figure][cell(0, y)];
    for (int x = clip.x0; x <= clip.x1; ++x) row[x].owner = kFree;
  }
  block_owners(figure, clip);
}

/// In a clip that fixed metal does not block yet.
void Grid::block_owners(Figure figure, const NodeBox& clip) {
  const FigureMap& map = figures_[figure];
  Map<Spot>& spots = spots_[figure];
  const auto for_each = [&](const NodeBox& box, const auto& change) {
    for (int y = box.y0; y <= box.y1; ++y) {
      Spot* row = &spots[cell(0, y)];
      for (int x = box.x0; x <= box.x1; ++x) change(row[x]);
    }
  };
  const auto block = [&](const Fixed& fixed, NetId net) {
    const Dbu distance = keep_off(map.layer, fixed);
    const NodeBox box = inside(fixed.rect.bloated(map.hx + distance, map.hy + distance), clip);
    const auto owner = net < 0 ? kNobody : static_cast<std::int16_t>(net);
    for_each(box, [owner](Spot& spot) {
      if (spot.owner != owner) spot.owner = spot.owner == kFree ? owner : kNobody;
    });
  };
  const std::vector<Fixed>& all = scene_->fixed[map.layer];
  for (const Fixed& fixed : all) {
    if (!fixed.bottom_plate) continue;
    // Its own net may be inside (a cut's pad), not beside.
    block(fixed, kNoNet);
    if (fixed.net < 0) continue;
    const NodeBox box = covered(fixed.rect.bloated(-map.hx, -map.hy), clip);
    const auto owner = static_cast<std::int16_t>(fixed.net);
    for_each(box, [owner](Spot& spot) { spot.owner = owner; });
  }
  for (const Fixed& fixed : all) {
    if (!fixed.bottom_plate) block(fixed, fixed.net);
  }
}

void Grid::count_open(const NodeBox& clip) {
  for (int y = clip.y0; y <= clip.y1; ++y) {
    std::uint8_t* row = &open_[cell(0, y)];
    for (int x = clip.x0; x <= clip.x1; ++x) row[x] = 0;
    for (const Figure wire : wire_) {
      const Spot* wires = spots(wire) + cell(0, y);
      for (int x = clip.x0; x <= clip.x1; ++x) row[x] += wires[x].owner == kFree;
    }
  }
}

void Grid::paint_cuts(int cut, const NodeBox& clip) {
  const CutRules& rules = scene_->stack->cuts[cut];
  Map<std::uint8_t>& blocked = cut_blocked_[cut];
  const auto fill = [&](const NodeBox& box, std::uint8_t value) {
    if (box.empty()) return;
    for (int y = box.y0; y <= box.y1; ++y) {
      std::fill_n(&blocked[cell(box.x0, y)], box.width(), value);
    }
  };
  fill(clip, 0);
  for (const Rect& fixed : scene_->cuts[cut]) {
    fill(inside(fixed.bloated(rules.half + rules.spacing), clip), 1);
  }
  for (const Rect& plate : scene_->plates) {
    fill(inside(plate.bloated(rules.half + rules.plate_distance), clip), 1);
  }
}

void Grid::paint_surcharge(const NodeBox& clip) {
  const auto raise = [&](const NodeBox& box, int cost) {
    for (int y = box.y0; y <= box.y1; ++y) {
      for (int x = box.x0; x <= box.x1; ++x) {
        std::uint8_t& value = surcharge_[cell(x, y)];
        value = static_cast<std::uint8_t>(std::max<int>(value, cost));
      }
    }
  };
  for (int y = clip.y0; y <= clip.y1; ++y) {
    for (int x = clip.x0; x <= clip.x1; ++x) surcharge_[cell(x, y)] = 0;
  }
  for (const Rect& tile : scene_->tiles) raise(covered(tile, clip), kOverDevice);
  for (const Rect& plate : scene_->plates) raise(covered(plate, clip), kOverPlate);
}

void Grid::repaint_changes() {
  const Stack& stack = *scene_->stack;
  std::vector<Rect> dirty;
  std::vector<NodeBox> recount;
  for (int layer = 0; layer < stack.size(); ++layer) {
    dirty = changed(painted_fixed_[layer], scene_->fixed[layer],
                    [&](const Fixed& fixed) { return fixed.rect.bloated(keep_off(layer, fixed)); });
    for (std::size_t f = 0; f < figures_.size(); ++f) {
      const FigureMap& map = figures_[f];
      if (map.layer != layer) continue;
      for (const Rect& rect : dirty) {
        const NodeBox box = inside(rect.bloated(map.hx, map.hy), frame_box());
        paint_owners(static_cast<Figure>(f), box);
        if (static_cast<Figure>(f) != wire_[layer] || box.empty()) continue;
        // A tile's boxes on the layers lie over each other.
        const auto over = std::find_if(recount.begin(), recount.end(), [&](const NodeBox& other) {
          return !common(other, box).empty();
        });
        if (over == recount.end()) {
          recount.push_back(box);
        } else {
          *over = {std::min(over->x0, box.x0), std::min(over->y0, box.y0),
                   std::max(over->x1, box.x1), std::max(over->y1, box.y1)};
        }
      }
    }
  }
  for (const NodeBox& box : recount) count_open(box);
  const auto itself = [](const Rect& rect) { return rect; };
  const std::vector<Rect> plates = changed(painted_plates_, scene_->plates, itself);
  for (std::size_t c = 0; c < stack.cuts.size(); ++c) {
    const CutRules& rules = stack.cuts[c];
    const auto repaint = [&](const std::vector<Rect>& rects, Dbu distance) {
      for (const Rect& rect : rects) {
        paint_cuts(static_cast<int>(c), inside(rect.bloated(rules.half + distance), frame_box()));
      }
    };
    repaint(changed(painted_cuts_[c], scene_->cuts[c], itself), rules.spacing);
    repaint(plates, rules.plate_distance);
  }
  dirty = changed(painted_tiles_, scene_->tiles, itself);
  dirty.insert(dirty.end(), plates.begin(), plates.end());
  for (const Rect& rect : dirty) paint_surcharge(covered(rect, frame_box()));
}

Figure Grid::figure(int layer, Dbu hx, Dbu hy) {
  for (std::size_t i = 0; i < figures_.size(); ++i) {
    if (figures_[i].layer == layer && figures_[i].hx == hx && figures_[i].hy == hy) {
      return static_cast<Figure>(i);
    }
  }
  FigureMap map;
  map.layer = layer;
  map.hx = hx;
  map.hy = hy;
  figures_.push_back(map);
  return static_cast<Figure>(figures_.size() - 1);
}

NodeBox Grid::inside(const Rect& rect, const NodeBox& clip) const noexcept {
  return common(
      clip, {floor_div(rect.x0 - origin_.x, kStep) + 1, floor_div(rect.y0 - origin_.y, kStep) + 1,
             ceil_div(rect.x1 - origin_.x, kStep) - 1, ceil_div(rect.y1 - origin_.y, kStep) - 1});
}

NodeBox Grid::covered(const Rect& rect, const NodeBox& clip) const noexcept {
  return common(clip,
                {ceil_div(rect.x0 - origin_.x, kStep), ceil_div(rect.y0 - origin_.y, kStep),
                 floor_div(rect.x1 - origin_.x, kStep), floor_div(rect.y1 - origin_.y, kStep)});
}

void Grid::commit(NetId net, const std::vector<Metal>& metal) {
  std::vector<Metal>& present = committed_[net];
  if (present == metal) return;
  change(present, -1);
  present = metal;
  change(present, 1);
}

void Grid::change(const std::vector<Metal>& metal, int by) {
  for (std::size_t f = 0; f < figures_.size(); ++f) {
    const FigureMap& map = figures_[f];
    const Dbu distance = scene_->stack->layers[map.layer].spacing;
    for (const Metal& shape : metal) {
      if (shape.layer != map.layer) continue;
      // In the whole frame: the window may be another one when the wires are removed.
      const NodeBox box =
          inside(shape.rect.bloated(map.hx + distance, map.hy + distance), frame_box());
      for (int y = box.y0; y <= box.y1; ++y) {
        Spot* row = &spots_[f][cell(0, y)];
        for (int x = box.x0; x <= box.x1; ++x) {
          row[x].crowd = static_cast<std::uint16_t>(row[x].crowd + by);
        }
      }
    }
  }
}

void Grid::remember(int layer, const Rect& place, int amount) {
  const NodeBox box = covered(place);
  if (box.empty()) return;
  remembered_.emplace_back(layer, box);
  for (int y = box.y0; y <= box.y1; ++y) {
    for (int x = box.x0; x <= box.x1; ++x) {
      std::uint16_t& value = history_[layer][cell(x, y)];
      value = static_cast<std::uint16_t>(std::min(60000, value + amount));
    }
  }
}

std::size_t Grid::bytes() const noexcept {
  const std::size_t a_node = sizeof(Spot) * figures_.size() + cut_blocked_.size() + 2 +
                             sizeof(std::uint16_t) * history_.size();
  return plane() * a_node;
}

}  // namespace ptah::maze
