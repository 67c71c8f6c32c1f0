#include "grid.hpp"

#include <algorithm>

namespace ptah::maze {
namespace {

constexpr Dbu kStep = kPlacementGrid;

int floor_div(Dbu a, Dbu b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}
int ceil_div(Dbu a, Dbu b) {
  return -floor_div(-a, b);
}

/// Tenths of a grid step: wires over devices and, more so, over capacitors couple into them.
constexpr int kOverDevice = 2;
constexpr int kOverPlate = 8;

}  // namespace

Grid::Grid(const Scene& scene, Dbu margin, Dbu wide_width) : scene_(&scene) {
  const Stack& stack = *scene.stack;
  const Rect area = scene.outline.bloated(margin);
  origin_ = {ceil_div(area.x0, kStep) * kStep, ceil_div(area.y0, kStep) * kStep};
  nx_ = floor_div(area.x1 - origin_.x, kStep) + 1;
  ny_ = floor_div(area.y1 - origin_.y, kStep) + 1;

  for (int i = 0; i < stack.size(); ++i) {
    const Dbu half = (stack.layers[i].width + 1) / 2;
    const Dbu wide = std::max(half, wide_width / 2);
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
  for (FigureMap& map : figures_) {
    map.owner.assign(plane(), kFree);
    map.crowd.assign(plane(), 0);
    const LayerRules& rules = stack.layers[map.layer];
    for (const Fixed& fixed : scene.fixed[map.layer]) {
      if (!fixed.bottom_plate) continue;
      // Its own net may be inside (a cut's pad), not beside.
      block(map, fixed.rect, 2 * rules.wide_spacing, kNoNet);
      if (fixed.net < 0) continue;
      const NodeBox box = covered(fixed.rect.bloated(-map.hx, -map.hy));
      for (int y = box.y0; y <= box.y1; ++y) {
        for (int x = box.x0; x <= box.x1; ++x) {
          map.owner[cell(x, y)] = static_cast<std::int16_t>(fixed.net);
        }
      }
    }
    for (const Fixed& fixed : scene.fixed[map.layer]) {
      if (fixed.bottom_plate) continue;
      // What hangs on a wide shape within the wide spacing counts as wide itself, so foreign wires
      // keep the wide spacing from that as well: twice the distance is always enough.
      block(map, fixed.rect, fixed.wide ? 2 * rules.wide_spacing : rules.spacing, fixed.net);
    }
  }
  cut_blocked_.assign(stack.cuts.size(), std::vector<std::uint8_t>(plane(), 0));
  for (std::size_t c = 0; c < stack.cuts.size(); ++c) {
    const CutRules& rules = stack.cuts[c];
    const auto forbid = [&](const Rect& rect, Dbu distance) {
      const NodeBox box = inside(rect.bloated(rules.half + distance));
      for (int y = box.y0; y <= box.y1; ++y) {
        std::fill_n(&cut_blocked_[c][cell(box.x0, y)], std::max(0, box.x1 - box.x0 + 1), 1);
      }
    };
    for (const Rect& cut : scene.cuts[c]) forbid(cut, rules.spacing);
    for (const Rect& plate : scene.plates) forbid(plate, rules.plate_distance);
  }
  surcharge_.assign(stack.layers.size(), std::vector<std::uint8_t>(plane(), 0));
  history_.assign(stack.layers.size(), std::vector<std::uint16_t>(plane(), 0));
  for (auto& layer : surcharge_) {
    const auto raise = [&](const Rect& rect, int cost) {
      const NodeBox box = covered(rect);
      for (int y = box.y0; y <= box.y1; ++y) {
        for (int x = box.x0; x <= box.x1; ++x) {
          std::uint8_t& value = layer[cell(x, y)];
          value = static_cast<std::uint8_t>(std::max<int>(value, cost));
        }
      }
    };
    for (const Rect& tile : scene.tiles) raise(tile, kOverDevice);
    for (const Rect& plate : scene.plates) raise(plate, kOverPlate);
  }
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
  figures_.push_back(std::move(map));
  return static_cast<Figure>(figures_.size() - 1);
}

NodeBox Grid::inside(const Rect& rect) const noexcept {
  return {std::max(0, floor_div(rect.x0 - origin_.x, kStep) + 1),
          std::max(0, floor_div(rect.y0 - origin_.y, kStep) + 1),
          std::min(nx_ - 1, ceil_div(rect.x1 - origin_.x, kStep) - 1),
          std::min(ny_ - 1, ceil_div(rect.y1 - origin_.y, kStep) - 1)};
}

NodeBox Grid::covered(const Rect& rect) const noexcept {
  return {std::max(0, ceil_div(rect.x0 - origin_.x, kStep)),
          std::max(0, ceil_div(rect.y0 - origin_.y, kStep)),
          std::min(nx_ - 1, floor_div(rect.x1 - origin_.x, kStep)),
          std::min(ny_ - 1, floor_div(rect.y1 - origin_.y, kStep))};
}

void Grid::block(FigureMap& map, const Rect& rect, Dbu distance, NetId net) {
  const NodeBox box = inside(rect.bloated(map.hx + distance, map.hy + distance));
  const auto owner = net < 0 ? kNobody : static_cast<std::int16_t>(net);
  for (int y = box.y0; y <= box.y1; ++y) {
    std::int16_t* row = &map.owner[cell(0, y)];
    for (int x = box.x0; x <= box.x1; ++x) {
      if (row[x] == kFree) {
        row[x] = owner;
      } else if (row[x] != owner) {
        row[x] = kNobody;
      }
    }
  }
}

void Grid::change(const std::vector<Metal>& metal, int by) {
  for (FigureMap& map : figures_) {
    const Dbu distance = scene_->stack->layers[map.layer].spacing;
    for (const Metal& shape : metal) {
      if (shape.layer != map.layer) continue;
      const NodeBox box = inside(shape.rect.bloated(map.hx + distance, map.hy + distance));
      for (int y = box.y0; y <= box.y1; ++y) {
        std::uint16_t* row = &map.crowd[cell(0, y)];
        for (int x = box.x0; x <= box.x1; ++x) row[x] = static_cast<std::uint16_t>(row[x] + by);
      }
    }
  }
}

void Grid::remember(int layer, const Rect& place, int amount) {
  const NodeBox box = covered(place);
  for (int y = box.y0; y <= box.y1; ++y) {
    for (int x = box.x0; x <= box.x1; ++x) {
      std::uint16_t& value = history_[layer][cell(x, y)];
      value = static_cast<std::uint16_t>(std::min(60000, value + amount));
    }
  }
}

}  // namespace ptah::maze
