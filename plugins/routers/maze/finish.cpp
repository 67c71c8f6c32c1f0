#include "finish.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace ptah::maze {
namespace {

/// The metal on the grid of all its coordinates: exact, whatever the coordinates are.
class Raster {
 public:
  explicit Raster(const OwnMetal& own, const std::vector<Rect>& added) {
    const auto collect = [this](const Rect& r) {
      xs_.insert(xs_.end(), {r.x0, r.x1});
      ys_.insert(ys_.end(), {r.y0, r.y1});
    };
    for (const auto* list : {&own.wires, &own.fixed, &added}) {
      for (const Rect& rect : *list) collect(rect);
    }
    for (auto* axis : {&xs_, &ys_}) {
      std::sort(axis->begin(), axis->end());
      axis->erase(std::unique(axis->begin(), axis->end()), axis->end());
      // A margin of empty cells all around, so that no scan needs a special case at the border.
      axis->insert(axis->begin(), axis->front() - kBorder);
      axis->push_back(axis->back() + kBorder);
    }
    columns_ = static_cast<int>(xs_.size()) - 1;
    rows_ = static_cast<int>(ys_.size()) - 1;
    cells_.assign(static_cast<std::size_t>(columns_) * rows_, 0);
    for (const Rect& rect : own.wires) paint(rect, kWire);
    for (const Rect& rect : added) paint(rect, kWire);
    for (const Rect& rect : own.fixed) paint(rect, kFixed);
  }

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  Dbu x(int i) const { return xs_[i]; }
  Dbu y(int j) const { return ys_[j]; }
  bool filled(int i, int j) const { return at(i, j) != 0; }
  bool filled(int cell) const { return cells_[cell] != 0; }  ///< Row by row.
  bool wire(int i, int j) const { return (at(i, j) & kWire) != 0; }
  bool wire(int cell) const { return (cells_[cell] & kWire) != 0; }
  Rect rect(int i, int j) const { return {xs_[i], ys_[j], xs_[i + 1], ys_[j + 1]}; }

 private:
  static constexpr Dbu kBorder = 100'000;
  static constexpr std::uint8_t kWire = 1, kFixed = 2;

  std::uint8_t at(int i, int j) const { return cells_[static_cast<std::size_t>(j) * columns_ + i]; }
  void paint(const Rect& rect, std::uint8_t mark) {
    const auto index = [](const std::vector<Dbu>& axis, Dbu value) {
      return static_cast<int>(std::lower_bound(axis.begin(), axis.end(), value) - axis.begin());
    };
    const int i0 = index(xs_, rect.x0), i1 = index(xs_, rect.x1);
    const int j0 = index(ys_, rect.y0), j1 = index(ys_, rect.y1);
    for (int j = j0; j < j1; ++j) {
      for (int i = i0; i < i1; ++i) cells_[static_cast<std::size_t>(j) * columns_ + i] |= mark;
    }
  }

  std::vector<Dbu> xs_, ys_;
  int columns_ = 0, rows_ = 0;
  std::vector<std::uint8_t> cells_;
};

/// Adds a slab, or grows the last one of the same width that it continues.
void append_slab(std::vector<Defect>& defects, std::size_t first, DefectKind kind, const Rect& slab,
                 bool along_rows) {
  for (std::size_t k = defects.size(); k-- > first;) {
    Rect& other = defects[k].place;
    if (defects[k].kind != kind) continue;
    if (along_rows && other.x0 == slab.x0 && other.x1 == slab.x1 && other.y1 == slab.y0) {
      other.y1 = slab.y1;
      return;
    }
    if (!along_rows && other.y0 == slab.y0 && other.y1 == slab.y1 && other.x1 == slab.x0) {
      other.x1 = slab.x1;
      return;
    }
  }
  defects.push_back({kind, slab, true});
}

/// Runs of empty (gap) or filled (neck) cells between two changes that are too short, along rows or
/// along columns.
void scan_runs(const Raster& raster, bool along_rows, DefectKind kind, Dbu limit,
               std::vector<Defect>& defects) {
  const bool want_filled = kind == DefectKind::kNeck;
  const int lines = along_rows ? raster.rows() : raster.columns();
  const int length = along_rows ? raster.columns() : raster.rows();
  const std::size_t first = defects.size();
  for (int line = 0; line < lines; ++line) {
    const auto filled = [&](int k) {
      return along_rows ? raster.filled(k, line) : raster.filled(line, k);
    };
    const auto wire = [&](int k) {
      return along_rows ? raster.wire(k, line) : raster.wire(line, k);
    };
    const auto cell = [&](int k) {
      return along_rows ? raster.rect(k, line) : raster.rect(line, k);
    };
    for (int begin = 1; begin < length - 1;) {
      if (filled(begin) != want_filled || filled(begin - 1) == want_filled) {
        ++begin;
        continue;
      }
      int end = begin;
      bool involved = false;
      while (end < length && filled(end) == want_filled) involved |= wire(end++);
      if (!want_filled) involved = end < length && (wire(begin - 1) || wire(end));
      const Rect run = cell(begin).united(cell(std::min(end, length) - 1));
      if (involved && end < length && (along_rows ? run.width() : run.height()) < limit) {
        append_slab(defects, first, kind, run, along_rows);
      }
      begin = end;
    }
  }
}

struct Corner {
  Point at;
  bool wire;  ///< A wire's metal is at the corner.
};

/// Pairs of corners that face each other across a diagonal nearer than `limit` in both directions.
/// `filled` false: outer corners (three empty cells around one filled); true: inner corners.
void scan_corners(const Raster& raster, bool inner, Dbu limit, std::vector<Defect>& defects) {
  // By the quadrant of the odd cell: 0 lower left, 1 lower right, 2 upper left, 3 upper right.
  std::vector<Corner> corners[4];
  const DefectKind kind = inner ? DefectKind::kDiagonalNeck : DefectKind::kDiagonalGap;
  for (int j = 1; j < raster.rows(); ++j) {
    for (int i = 1; i < raster.columns(); ++i) {
      const bool cells[4] = {raster.filled(i - 1, j - 1), raster.filled(i, j - 1),
                             raster.filled(i - 1, j), raster.filled(i, j)};
      const int count = cells[0] + cells[1] + cells[2] + cells[3];
      if (count == 0 || count == 4) continue;
      const bool wire = raster.wire(i - 1, j - 1) || raster.wire(i, j - 1) ||
                        raster.wire(i - 1, j) || raster.wire(i, j);
      const Point at{raster.x(i), raster.y(j)};
      if (!inner && count == 2 && cells[0] == cells[3]) {
        if (wire) defects.push_back({kind, {at.x, at.y, at.x, at.y}, cells[0]});
      } else if (count == (inner ? 3 : 1)) {
        for (int q = 0; q < 4; ++q) {
          if (cells[q] != inner) corners[q].push_back({at, wire});
        }
      }
    }
  }
  // For outer corners the metal lies in the named quadrant and the gap opposite; for inner ones the
  // opening lies in it and the metal opposite. Either way p's odd cell and q's point apart.
  const auto pair_up = [&](const std::vector<Corner>& p, const std::vector<Corner>& q, int sign) {
    for (const Corner& a : p) {
      for (const Corner& b : q) {
        const Dbu dx = b.at.x - a.at.x, dy = sign * (b.at.y - a.at.y);
        if (dx < 0 || dy < 0 || dx >= limit || dy >= limit || !(a.wire || b.wire)) continue;
        defects.push_back(
            {kind, {a.at.x, std::min(a.at.y, b.at.y), b.at.x, std::max(a.at.y, b.at.y)}, sign > 0});
      }
    }
  };
  pair_up(corners[0], corners[3], 1);
  pair_up(corners[2], corners[1], -1);
}

/// Connected parts of filled (area) or of enclosed empty cells (holes) that are too small.
void scan_areas(const Raster& raster, bool holes, DbuArea limit, std::vector<Defect>& defects) {
  if (limit <= 0) return;
  const int columns = raster.columns(), rows = raster.rows();
  const int count = columns * rows;
  std::vector<std::uint8_t> open(static_cast<std::size_t>(count));  // Of the kind, not yet seen.
  for (int cell = 0; cell < count; ++cell) open[cell] = raster.filled(cell) != holes;
  std::vector<int> part;  // The cells of a part; those from `done` on wait for their neighbours.
  part.reserve(static_cast<std::size_t>(count));
  // The border is empty: metal never lies on it, and what is connected to it is not a hole.
  const auto flood = [&](int from) {
    part.assign(1, from);
    open[from] = 0;
    for (std::size_t done = 0; done < part.size(); ++done) {
      const int cell = part[done];
      const auto enter = [&](int next) {
        if (!open[next]) return;
        open[next] = 0;
        part.push_back(next);
      };
      // From one end of a row to the next row it goes along the border, which is one part anyway.
      if (cell > 0) enter(cell - 1);
      if (cell + 1 < count) enter(cell + 1);
      if (cell >= columns) enter(cell - columns);
      if (cell + columns < count) enter(cell + columns);
    }
  };
  if (holes) flood(0);
  for (int cell = 0; cell < count; ++cell) {
    if (!open[cell]) continue;
    flood(cell);
    // Metal of a tile has its area by itself.
    const auto of_wire = [&](int k) { return raster.wire(k); };
    if (!holes && !std::all_of(part.begin(), part.end(), of_wire)) continue;
    DbuArea area = 0;
    for (std::size_t k = 0; k < part.size() && area < limit; ++k) {
      area += raster.rect(part[k] % columns, part[k] / columns).area();
    }
    if (area >= limit) continue;
    if (holes) {
      // By columns, as slabs along the rows grow best.
      std::sort(part.begin(), part.end(), [&](int a, int b) {
        return std::pair{a % columns, a / columns} < std::pair{b % columns, b / columns};
      });
      const std::size_t first = defects.size();
      for (const int k : part) {
        append_slab(defects, first, DefectKind::kHole, raster.rect(k % columns, k / columns), true);
      }
    } else {
      Rect box;
      for (const int k : part) box = box.united(raster.rect(k % columns, k / columns));
      defects.push_back({DefectKind::kArea, box, true});
    }
  }
}

/// The first kind of defect that occurs, in the order in which repairs make sense.
std::vector<Defect> next_defects(const OwnMetal& own, const std::vector<Rect>& added) {
  const Raster raster(own, added);
  std::vector<Defect> defects;
  scan_runs(raster, true, DefectKind::kGap, own.spacing, defects);
  scan_runs(raster, false, DefectKind::kGap, own.spacing, defects);
  if (defects.empty()) scan_areas(raster, true, own.min_hole, defects);
  if (defects.empty()) {
    scan_runs(raster, true, DefectKind::kNeck, own.width, defects);
    scan_runs(raster, false, DefectKind::kNeck, own.width, defects);
  }
  if (defects.empty()) scan_corners(raster, true, own.width, defects);
  if (defects.empty()) scan_corners(raster, false, own.spacing, defects);
  if (defects.empty()) scan_areas(raster, false, own.min_area, defects);
  return defects;
}

/// Rectangles that would repair the defect, best first.
std::vector<Rect> patches(const Defect& defect, const OwnMetal& own) {
  const Rect& at = defect.place;
  const Dbu w = own.width;
  std::vector<Rect> out;
  switch (defect.kind) {
    case DefectKind::kGap:
    case DefectKind::kHole:
      return {at};
    case DefectKind::kNeck: {
      const Dbu dx = std::max(0, w - at.width()), dy = std::max(0, w - at.height());
      // A neck is too narrow along one axis; along the other it may be any length.
      const bool narrow_x = dx > 0, narrow_y = dy > 0;
      if (narrow_x) {
        out.push_back({at.x0 - dx, at.y0, at.x1, at.y1});
        out.push_back({at.x0, at.y0, at.x1 + dx, at.y1});
      }
      if (narrow_y) {
        out.push_back({at.x0, at.y0 - dy, at.x1, at.y1});
        out.push_back({at.x0, at.y0, at.x1, at.y1 + dy});
      }
      return out;
    }
    case DefectKind::kDiagonalNeck: {
      // Fill one of the two inner corners: sideways up to the minimum width and on from there by as
      // much, or the other way round.
      const Dbu dx = w - at.width(), dy = w - at.height();
      if (defect.rising) {
        return {{at.x0 - dx, at.y0 - w, at.x1, at.y1},
                {at.x0, at.y0, at.x1 + dx, at.y1 + w},
                {at.x0 - w, at.y0 - dy, at.x1, at.y1},
                {at.x0, at.y0, at.x1 + w, at.y1 + dy}};
      }
      return {{at.x0 - dx, at.y0, at.x1, at.y1 + w},
              {at.x0, at.y0 - w, at.x1 + dx, at.y1},
              {at.x0 - w, at.y0, at.x1, at.y1 + dy},
              {at.x0, at.y0 - dy, at.x1 + w, at.y1}};
    }
    case DefectKind::kDiagonalGap:
      // Grown over both corners by the minimum width; or only past one of them, which leaves a gap
      // along an axis that the next round closes.
      return {at.bloated(w),
              {at.x0 - w, at.y0 - w, at.x1 + w, at.y0},
              {at.x0 - w, at.y1, at.x1 + w, at.y1 + w},
              {at.x0 - w, at.y0 - w, at.x0, at.y1 + w},
              {at.x1, at.y0 - w, at.x1 + w, at.y1 + w}};
    case DefectKind::kArea: {
      // Grow the part's box to the missing area, in steps of 5 nm, along either axis.
      const auto grown = [](Dbu side, DbuArea area) {
        const auto length = static_cast<Dbu>((area + side - 1) / std::max<Dbu>(side, 1));
        return (length + 9) / 10 * 10;
      };
      const Dbu nx = std::max(at.width(), grown(std::max(at.height(), w), own.min_area));
      const Dbu ny = std::max(at.height(), grown(std::max(at.width(), w), own.min_area));
      const Dbu ex = nx - at.width(), ey = ny - at.height();
      const Dbu hx = ex / 10 * 5, hy = ey / 10 * 5;
      std::vector<Rect> in_x, in_y;
      in_x = {{at.x0 - hx, at.y0, at.x1 + (ex - hx), at.y1},
              {at.x0, at.y0, at.x1 + ex, at.y1},
              {at.x0 - ex, at.y0, at.x1, at.y1}};
      in_y = {{at.x0, at.y0 - hy, at.x1, at.y1 + (ey - hy)},
              {at.x0, at.y0, at.x1, at.y1 + ey},
              {at.x0, at.y0 - ey, at.x1, at.y1}};
      out = own.grow_horizontal ? in_x : in_y;
      const auto& others = own.grow_horizontal ? in_y : in_x;
      out.insert(out.end(), others.begin(), others.end());
      // A square about the middle, for a place where neither direction is free for long.
      for (Dbu side = 5; side <= std::max(ex, ey); side += 5) {
        const Rect square = at.bloated(side);
        if (square.area() >= own.min_area) {
          out.push_back(square);
          break;
        }
      }
      return out;
    }
  }
  return out;
}

enum class Severity { kLegal, kConflict, kIllegal };

Severity severity(const Rect& rect, const std::vector<Neighbour>& neighbours) {
  Severity worst = Severity::kLegal;
  for (const Neighbour& neighbour : neighbours) {
    if (!neighbour.rect.bloated(neighbour.distance).overlaps(rect)) continue;
    if (neighbour.fixed) return Severity::kIllegal;
    worst = Severity::kConflict;
  }
  return worst;
}

}  // namespace

std::string_view to_string(DefectKind kind) noexcept {
  switch (kind) {
    case DefectKind::kGap:
      return "spacing";
    case DefectKind::kHole:
      return "hole area";
    case DefectKind::kNeck:
      return "width";
    case DefectKind::kDiagonalNeck:
      return "width between corners";
    case DefectKind::kDiagonalGap:
      return "spacing between corners";
    case DefectKind::kArea:
      return "area";
  }
  return "";
}

std::vector<Defect> find_defects(const OwnMetal& own) {
  if (own.wires.empty()) return {};
  const Raster raster(own, {});
  std::vector<Defect> defects;
  for (const bool rows : {true, false}) {
    scan_runs(raster, rows, DefectKind::kGap, own.spacing, defects);
    scan_runs(raster, rows, DefectKind::kNeck, own.width, defects);
  }
  scan_areas(raster, true, own.min_hole, defects);
  scan_corners(raster, true, own.width, defects);
  scan_corners(raster, false, own.spacing, defects);
  scan_areas(raster, false, own.min_area, defects);
  return defects;
}

Finish finish(const OwnMetal& own, const std::vector<Neighbour>& neighbours) {
  Finish result;
  if (own.wires.empty()) return result;
  // Each round repairs all defects of one kind; a few suffice, the bound only ends what oscillates.
  constexpr int kMaxRounds = 24;
  for (int round = 0; round < kMaxRounds; ++round) {
    const std::vector<Defect> defects = next_defects(own, result.added);
    if (defects.empty()) {
      result.left.clear();  // A later repair helped what an earlier round had to leave.
      return result;
    }
    std::size_t repaired = 0;
    result.left.clear();
    for (const Defect& defect : defects) {
      const std::vector<Rect> options = patches(defect, own);
      const Rect* best = nullptr;
      Severity best_severity = Severity::kIllegal;
      for (const Rect& patch : options) {
        const Severity now = severity(patch, neighbours);
        const auto covers = [&](const Rect& done) { return done.contains(patch); };
        if (std::any_of(result.added.begin(), result.added.end(), covers)) continue;  // In vain.
        if (now < best_severity) {
          best_severity = now;
          best = &patch;
        }
        if (now == Severity::kLegal) break;
      }
      if (best == nullptr) {
        result.left.push_back(defect);
      } else {
        result.added.push_back(*best);
        ++repaired;
      }
    }
    if (repaired == 0) return result;
  }
  result.left = next_defects(own, result.added);
  return result;
}

}  // namespace ptah::maze
