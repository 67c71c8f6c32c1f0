#include "gds_path.hpp"

#include <cmath>
#include <limits>

namespace ptah::gds::detail {
namespace {

struct Vector {
  double x = 0, y = 0;
};

Vector unit(const Point& from, const Point& to) {
  const double dx = static_cast<double>(to.x) - from.x, dy = static_cast<double>(to.y) - from.y;
  const double length = std::hypot(dx, dy);
  return {dx / length, dy / length};
}

/// `at` + `by`, rounded; false when out of range.
bool append(std::vector<Point>& outline, Vector at) {
  constexpr double kMost = std::numeric_limits<Dbu>::max();
  if (std::fabs(at.x) > kMost || std::fabs(at.y) > kMost) return false;
  outline.push_back({static_cast<Dbu>(std::llround(at.x)), static_cast<Dbu>(std::llround(at.y))});
  return true;
}

/// One polygon around points whose turns are at most 90 degrees.
bool outline_of(const std::vector<Point>& points, const std::vector<Vector>& directions,
                double half_width, double begin, double end, std::vector<Point>& outline) {
  std::vector<Vector> offsets;  // From each (extended) point to the left edge.
  std::vector<Vector> centers;
  const std::size_t n = points.size();
  for (std::size_t i = 0; i < n; ++i) {
    Vector c{static_cast<double>(points[i].x), static_cast<double>(points[i].y)};
    const Vector in = directions[i == 0 ? 0 : i - 1];
    const Vector out = directions[i + 1 == n ? n - 2 : i];
    if (i == 0) c = {c.x - out.x * begin, c.y - out.y * begin};
    if (i + 1 == n) c = {c.x + in.x * end, c.y + in.y * end};
    const double mitre = half_width / (1 + in.x * out.x + in.y * out.y);
    offsets.push_back({-(in.y + out.y) * mitre, (in.x + out.x) * mitre});
    centers.push_back(c);
  }
  for (std::size_t i = 0; i < n; ++i) {
    if (!append(outline, {centers[i].x + offsets[i].x, centers[i].y + offsets[i].y})) return false;
  }
  for (std::size_t i = n; i-- > 0;) {
    if (!append(outline, {centers[i].x - offsets[i].x, centers[i].y - offsets[i].y})) return false;
  }
  return true;
}

}  // namespace

std::optional<std::vector<std::vector<Point>>> path_outlines(const std::vector<Point>& points,
                                                             const PathEnds& ends) {
  std::vector<std::vector<Point>> result;
  if (ends.half_width <= 0) return result;
  std::vector<Point> distinct;
  for (const Point& p : points) {
    if (distinct.empty() || distinct.back() != p) distinct.push_back(p);
  }
  if (distinct.size() == 1) {
    // A dot: its ends alone, along x.
    const Dbu x = distinct[0].x, y = distinct[0].y;
    std::vector<Point> square;
    const bool fits = append(square, {x - ends.begin, y - ends.half_width}) &&
                      append(square, {x + ends.end, y - ends.half_width}) &&
                      append(square, {x + ends.end, y + ends.half_width}) &&
                      append(square, {x - ends.begin, y + ends.half_width});
    if (!fits) return std::nullopt;
    if (ends.begin + ends.end > 0) result.push_back(std::move(square));
    return result;
  }

  std::vector<Point> part = {distinct[0]};
  std::vector<Vector> directions;
  double begin = ends.begin;
  const auto flush = [&](double end) {
    std::vector<Point> outline;
    if (!outline_of(part, directions, ends.half_width, begin, end, outline)) return false;
    result.push_back(std::move(outline));
    return true;
  };
  for (std::size_t i = 1; i < distinct.size(); ++i) {
    const Vector direction = unit(distinct[i - 1], distinct[i]);
    if (!directions.empty()) {
      const Vector& last = directions.back();
      if (last.x * direction.x + last.y * direction.y < -1e-9) {
        if (!flush(ends.half_width)) return std::nullopt;
        part = {distinct[i - 1]};
        directions.clear();
        begin = ends.half_width;
      }
    }
    directions.push_back(direction);
    part.push_back(distinct[i]);
  }
  if (!flush(ends.end)) return std::nullopt;
  return result;
}

}  // namespace ptah::gds::detail
