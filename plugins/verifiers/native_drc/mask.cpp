#include "mask.hpp"

#include <algorithm>
#include <numeric>

namespace ptah::native::drc {
namespace {

/// The unit square diagonally beside `corner` towards (sx, sy).
Rect beside(Point corner, int sx, int sy) noexcept {
  const Dbu x = sx < 0 ? corner.x - 1 : corner.x, y = sy < 0 ? corner.y - 1 : corner.y;
  return {x, y, x + 1, y + 1};
}

std::uint32_t root(std::vector<std::uint32_t>& parent, std::uint32_t i) {
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

}  // namespace

Rect strip(const Edge& edge, Dbu depth, Dbu past_lo, Dbu past_hi) noexcept {
  const Dbu lo = edge.lo - past_lo, hi = edge.hi + past_hi;
  const bool towards_lower = edge.side == Side::kLeft || edge.side == Side::kBottom;
  const Dbu other = towards_lower ? edge.at - depth : edge.at + depth;
  const Dbu from = std::min(edge.at, other), to = std::max(edge.at, other);
  return is_vertical(edge.side) ? Rect{from, lo, to, hi} : Rect{lo, from, hi, to};
}

const Bins& Mask::bins() const {
  if (!has_bins_) {
    bins_ = Bins(rects_);
    has_bins_ = true;
  }
  return bins_;
}

std::span<const Edge> Mask::edges(std::size_t index) const {
  if (!has_edges_) make_edges();
  return {edges_.data() + edge_start_[index], edges_.data() + edge_start_[index + 1]};
}

// A canonical region has no two rectangles side by side, so left and right sides are boundary as a
// whole; tops and bottoms are where no neighbour stands.
void Mask::make_edges() const {
  has_edges_ = true;
  edges_.clear();
  edges_.reserve(4 * rects_.size());
  edge_start_.assign(rects_.size() + 1, 0);
  const Bins& near = bins();
  std::vector<Rect> neighbours, on_side;
  const auto within = [&](const Rect& unit) {
    return std::any_of(neighbours.begin(), neighbours.end(),
                       [&](const Rect& n) { return n.contains(unit); });
  };
  const auto add = [&](Side side, Dbu at, Dbu lo, Dbu hi) {
    Edge edge{at, lo, hi, side};
    if (!neighbours.empty()) {
      const bool vertical = is_vertical(side);
      const int out = side == Side::kLeft || side == Side::kBottom ? -1 : 1;
      const auto beyond = [&](Dbu end, int along, int across) {
        return vertical ? within(beside({at, end}, across, along))
                        : within(beside({end, at}, along, across));
      };
      edge.inside_lo = beyond(lo, -1, -out);
      edge.outside_lo = beyond(lo, -1, out);
      edge.inside_hi = beyond(hi, 1, -out);
      edge.outside_hi = beyond(hi, 1, out);
    }
    edges_.push_back(edge);
  };
  const auto add_horizontal = [&](Side side, const Rect& r) {
    const Dbu at = side == Side::kTop ? r.y1 : r.y0;
    on_side.clear();
    for (const Rect& n : neighbours) {
      const bool faces = side == Side::kTop ? n.y0 == at : n.y1 == at;
      if (faces && n.x0 < r.x1 && r.x0 < n.x1) on_side.push_back(n);
    }
    std::sort(on_side.begin(), on_side.end());
    Dbu from = r.x0;
    for (const Rect& n : on_side) {
      if (n.x0 > from) add(side, at, from, n.x0);
      from = std::max(from, n.x1);
    }
    if (from < r.x1) add(side, at, from, r.x1);
  };
  for (std::size_t i = 0; i < rects_.size(); ++i) {
    edge_start_[i] = static_cast<std::uint32_t>(edges_.size());
    const Rect& r = rects_[i];
    neighbours.clear();
    near.touching(r, [&](std::size_t k) {
      if (k != i) neighbours.push_back(rects_[k]);
    });
    // The rectangle itself lies beyond the ends of edges that a neighbour cuts short.
    if (!neighbours.empty()) neighbours.push_back(r);
    add(Side::kLeft, r.x0, r.y0, r.y1);
    add(Side::kRight, r.x1, r.y0, r.y1);
    add_horizontal(Side::kBottom, r);
    add_horizontal(Side::kTop, r);
  }
  edge_start_.back() = static_cast<std::uint32_t>(edges_.size());
}

void Mask::make_components() const {
  has_components_ = true;
  const auto count = static_cast<std::uint32_t>(rects_.size());
  std::vector<std::uint32_t> parent(count);
  std::iota(parent.begin(), parent.end(), 0u);
  const Bins& near = bins();
  for (std::uint32_t i = 0; i < count; ++i) {
    const Rect& r = rects_[i];
    near.touching(r, [&](std::size_t k) {
      if (k <= i) return;
      const Rect common = r.intersection(rects_[k]);
      if (common.width() > 0 || common.height() > 0) {
        const std::uint32_t a = root(parent, i), b = root(parent, static_cast<std::uint32_t>(k));
        parent[std::max(a, b)] = std::min(a, b);
      }
    });
  }
  components_.clear();
  component_.assign(count, 0);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t top = root(parent, i);
    if (top == i) {
      component_[i] = static_cast<std::uint32_t>(components_.size());
      components_.emplace_back();
    } else {
      component_[i] = component_[top];
    }
    Component& component = components_[component_[i]];
    component.box = component.box.united(rects_[i]);
    component.area += rects_[i].area();
    component.rects.push_back(i);
  }
}

const std::vector<Component>& Mask::components() const {
  if (!has_components_) make_components();
  return components_;
}

std::uint32_t Mask::component_of(std::size_t index) const {
  if (!has_components_) make_components();
  return component_[index];
}

bool Mask::overlaps(const Rect& box) const {
  return bins().any_touching(box, [&](std::size_t i) { return rects_[i].overlaps(box); });
}

bool Mask::covers(const Rect& box) const {
  DbuArea covered = 0;
  bins().touching(box, [&](std::size_t i) {
    const Rect common = rects_[i].intersection(box);
    covered += common.area();
  });
  return covered == box.area();
}

Region Mask::uncovered(const Rect& box) const {
  std::vector<Rect> inside;
  bins().touching(box, [&](std::size_t i) { inside.push_back(rects_[i].intersection(box)); });
  const Rect all[] = {box};
  return difference(all, inside);
}

}  // namespace ptah::native::drc
