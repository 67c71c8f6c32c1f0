/// From a hierarchy of any origin to rectangles and labels on the technology's layers.
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "ptah/geom/region.hpp"
#include "ptah/layout/gds.hpp"

namespace ptah::gds {
namespace {

/// GDSII's transform with angles of 90 degrees: mirror y, rotate, scale, move.
struct Placed {
  int quarter_turns = 0;  ///< Counter-clockwise, 0..3.
  bool mirror = false;
  double mag = 1;
  double x = 0, y = 0;  ///< Exact: whole numbers far below 2^53.

  /// False beyond kFarthest.
  bool apply(Point p, Point& out) const {
    double px = p.x * mag, py = p.y * mag;
    if (mirror) py = -py;
    rotate(px, py);
    px = std::round(px + x);
    py = std::round(py + y);
    if (!(std::fabs(px) <= kFarthest && std::fabs(py) <= kFarthest)) return false;
    out = {static_cast<Dbu>(px), static_cast<Dbu>(py)};
    return true;
  }
  /// nullopt where a tile can not lie so.
  std::optional<Transform> transform() const {
    if (mag != 1 || quarter_turns % 2 != 0 || !(std::fabs(x) <= kFarthest) ||
        !(std::fabs(y) <= kFarthest)) {
      return std::nullopt;
    }
    const bool turned = quarter_turns == 2;
    const Orientation orientation = mirror ? (turned ? Orientation::kMY : Orientation::kMX)
                                           : (turned ? Orientation::kR180 : Orientation::kR0);
    return Transform{orientation,
                     {static_cast<Dbu>(std::lround(x)), static_cast<Dbu>(std::lround(y))}};
  }
  /// This one after `inner`.
  Placed after(const Placed& inner) const {
    Placed result;
    result.quarter_turns =
        (quarter_turns + (mirror ? 4 - inner.quarter_turns : inner.quarter_turns)) % 4;
    result.mirror = mirror != inner.mirror;
    result.mag = mag * inner.mag;
    double px = inner.x * mag, py = inner.y * mag;
    if (mirror) py = -py;
    rotate(px, py);
    result.x = px + x;
    result.y = py + y;
    return result;
  }

 private:
  void rotate(double& px, double& py) const {
    for (int i = 0; i < quarter_turns; ++i) {
      const double t = px;
      px = -py;
      py = t;
    }
  }
};

/// A polygon with edges along x and y only as disjoint rectangles (non-zero winding), one pass over
/// its vertical edges a slab. Returns the index of the first slanted edge, or -1.
int cut(const std::vector<Point>& points, std::vector<Rect>& out) {
  struct Edge {
    Dbu x, low, high;
    int winding;
  };
  std::vector<Edge> edges;
  std::vector<Dbu> ys;
  const std::size_t n = points.size();
  for (std::size_t i = 0; i < n; ++i) {
    const Point a = points[i], b = points[(i + 1) % n];
    if (a.x != b.x && a.y != b.y) return static_cast<int>(i);
    if (a.x == b.x && a.y != b.y) {
      edges.push_back({a.x, std::min(a.y, b.y), std::max(a.y, b.y), a.y < b.y ? 1 : -1});
      ys.push_back(a.y);
      ys.push_back(b.y);
    }
  }
  std::sort(ys.begin(), ys.end());
  ys.erase(std::unique(ys.begin(), ys.end()), ys.end());
  std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.x < b.x; });
  std::vector<Rect> all;
  for (std::size_t i = 0; i + 1 < ys.size(); ++i) {
    int winding = 0;
    Dbu begin = 0;
    for (const Edge& e : edges) {
      if (e.low > ys[i] || e.high < ys[i + 1]) continue;
      if (winding == 0) begin = e.x;
      winding += e.winding;
      if (winding == 0 && begin < e.x) all.push_back({begin, ys[i], e.x, ys[i + 1]});
    }
  }
  const Region joined = united(all);
  out.insert(out.end(), joined.begin(), joined.end());
  return -1;
}

const std::vector<Text> kNoTexts;

class Flattener {
 public:
  Flattener(const Library& library, const Technology& technology, const ReadLimits& limits)
      : technology_(technology), limits_(limits) {
    for (const Cell& cell : library.cells) cells_.try_emplace(cell.name, &cell);
    for (std::size_t i = 0; i < technology.layers().size(); ++i) {
      const Layer& layer = technology.layers()[i];
      const auto id = static_cast<LayerId>(i);
      // A shape on the pin purpose counts as metal, as Magic reads it.
      if (layer.drawing.layer >= 0) shape_layers_.try_emplace(layer.drawing, id);
      if (layer.pin.layer >= 0) shape_layers_.try_emplace(layer.pin, id);
      if (layer.pin.layer >= 0) text_layers_.try_emplace(layer.pin, std::pair{id, true});
      if (layer.label.layer >= 0) text_layers_.try_emplace(layer.label, std::pair{id, false});
      if (layer.drawing.layer >= 0) text_layers_.try_emplace(layer.drawing, std::pair{id, false});
    }
  }

  Result<Flat> run(std::string_view top) {
    const auto it = cells_.find(top);
    if (it == cells_.end())
      return make_error(ErrorCode::kNotFound, "The file has no cell '" + std::string(top) + "'.",
                        std::string(top));
    labelled_ = labelled(*it->second);
    PTAH_TRY(visit(*it->second, Placed{}, 1));
    return std::move(flat_);
  }

 private:
  /// The cell whose labels are the layout's: those of cells below name nets of theirs. A cell that
  /// does no more than hold another one has its labels.
  const Cell* labelled(const Cell& top) const {
    const Cell* cell = &top;
    for (int depth = 0; depth < limits_.max_depth; ++depth) {
      if (!cell->texts.empty() || !cell->polygons.empty() || cell->references.size() != 1) break;
      const Reference& only = cell->references.front();
      const auto child = cells_.find(only.cell);
      if (only.rows != 1 || only.columns != 1 || child == cells_.end()) break;
      cell = child->second;
    }
    return cell;
  }

  Status count(std::size_t more) {
    used_ += more;
    if (used_ <= limits_.max_elements) return ok();
    return make_error(ErrorCode::kLimit, "The flattened layout has more than " +
                                             std::to_string(limits_.max_elements) + " shapes.");
  }

  Error too_far(const Cell& cell, const std::string& what, LayerId layer, Point at) const {
    return make_error(
        ErrorCode::kLimit,
        what + " lies more than " + std::to_string(static_cast<int>(to_um(kFarthest) / 1000)) +
            " mm from the origin of the layout.",
        "cell " + cell.name + ", layer " + technology_.layer(layer).name + ", at (" +
            std::to_string(to_um(at.x)) + ", " + std::to_string(to_um(at.y)) + ") um of the cell",
        "Move the layout nearer to the origin.");
  }

  /// The shapes of the cell itself, cut once however often it is placed.
  Result<const std::vector<Shape>*> shapes_of(const Cell& cell) {
    const auto [it, fresh] = own_shapes_.try_emplace(&cell);
    if (!fresh) return &it->second;
    std::vector<Rect> rects;
    for (const Polygon& polygon : cell.polygons) {
      const auto layer = shape_layers_.find(polygon.layer);
      if (layer == shape_layers_.end()) continue;
      rects.clear();
      const int slanted = cut(polygon.points, rects);
      if (slanted >= 0) {
        const Point p = polygon.points[static_cast<std::size_t>(slanted)];
        return make_error(
            ErrorCode::kUnsupported,
            "A shape has an edge that runs neither along x nor along y; Ptah takes 90 degree "
            "corners only.",
            "cell " + cell.name + ", layer " + technology_.layer(layer->second).name + " at (" +
                std::to_string(to_um(p.x)) + ", " + std::to_string(to_um(p.y)) + ") um",
            "Draw the shape with steps.");
      }
      PTAH_TRY(count(rects.size()));
      for (const Rect& r : rects) it->second.push_back({layer->second, r});
    }
    return &it->second;
  }

  Status visit(const Cell& cell, const Placed& placed, int depth) {
    if (depth > limits_.max_depth)
      return make_error(ErrorCode::kLimit,
                        "The hierarchy is deeper than " + std::to_string(limits_.max_depth) +
                            " cells, or a cell contains itself.",
                        "cell " + cell.name);
    // The cell counts as well: a tree of empty arrays must end, too.
    PTAH_TRY(count(1));
    PTAH_TRY(const std::vector<Shape>* shapes, shapes_of(cell));
    PTAH_TRY(count(shapes->size()));
    for (const Shape& shape : *shapes) {
      Point a, b;
      if (!placed.apply({shape.rect.x0, shape.rect.y0}, a) ||
          !placed.apply({shape.rect.x1, shape.rect.y1}, b))
        return too_far(cell, "A shape", shape.layer, {shape.rect.x0, shape.rect.y0});
      flat_.shapes.push_back(
          {shape.layer,
           {std::min(a.x, b.x), std::min(a.y, b.y), std::max(a.x, b.x), std::max(a.y, b.y)}});
    }
    for (const Polygon& polygon : cell.polygons) {
      if (!shape_layers_.contains(polygon.layer)) ++flat_.dropped;
    }
    for (const Text& text : &cell == labelled_ ? cell.texts : kNoTexts) {
      const auto layer = text_layers_.find(text.layer);
      if (layer == text_layers_.end()) {
        ++flat_.dropped;
        continue;
      }
      PTAH_TRY(count(1));
      Point at;
      if (!placed.apply(text.at, at)) {
        return too_far(cell, "A label", layer->second.first, text.at);
      }
      flat_.labels.push_back({layer->second.first, at, text.text, layer->second.second});
    }
    for (const Reference& reference : cell.references) {
      PTAH_TRY(place(cell, reference, placed, depth));
    }
    return ok();
  }

  Status place(const Cell& parent, const Reference& r, const Placed& placed, int depth) {
    const auto child = cells_.find(r.cell);
    if (child == cells_.end())
      return make_error(
          ErrorCode::kNotFound,
          "Cell '" + parent.name + "' places cell '" + r.cell + "', which the file does not hold.",
          "cell " + parent.name, "Write the file with all its cells.");
    const double turns = r.angle_deg / 90;
    if (!(std::fabs(turns) < 1e6) || std::fabs(turns - std::round(turns)) > 1e-6)
      return make_error(ErrorCode::kUnsupported,
                        "Cell '" + r.cell + "' is rotated by " + std::to_string(r.angle_deg) +
                            " degrees; Ptah takes multiples of 90.",
                        "cell " + parent.name + " at (" + std::to_string(to_um(r.at.x)) + ", " +
                            std::to_string(to_um(r.at.y)) + ") um");
    Placed local;
    local.quarter_turns = ((static_cast<int>(std::lround(turns)) % 4) + 4) % 4;
    local.mirror = r.mirror_x;
    local.mag = r.magnification;
    for (int row = 0; row < r.rows; ++row) {
      for (int column = 0; column < r.columns; ++column) {
        local.x = static_cast<double>(r.at.x) + static_cast<double>(r.column_step.x) * column +
                  static_cast<double>(r.row_step.x) * row;
        local.y = static_cast<double>(r.at.y) + static_cast<double>(r.column_step.y) * column +
                  static_cast<double>(r.row_step.y) * row;
        const Placed to_top = placed.after(local);
        if (const auto at = to_top.transform()) flat_.cells.push_back({r.cell, *at});
        PTAH_TRY(visit(*child->second, to_top, depth + 1));
      }
    }
    return ok();
  }

  const Technology& technology_;
  ReadLimits limits_;
  std::map<std::string_view, const Cell*> cells_;
  std::map<GdsLayer, LayerId> shape_layers_;
  std::map<GdsLayer, std::pair<LayerId, bool>> text_layers_;
  std::map<const Cell*, std::vector<Shape>> own_shapes_;
  const Cell* labelled_ = nullptr;
  Flat flat_;
  std::size_t used_ = 0;
};

}  // namespace

Result<Flat> flatten(const Library& library, std::string_view cell, const Technology& technology,
                     const ReadLimits& limits) {
  return Flattener(library, technology, limits).run(cell);
}

}  // namespace ptah::gds
