#include "finish.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

namespace ptah::maze {
namespace {

/// Lines of cells, a bit each.
class Lines {
 public:
  Lines(int lines, int length)
      : words_((static_cast<std::size_t>(length) + 63) / 64),
        bits_(words_ * static_cast<std::size_t>(lines), 0) {}

  std::size_t words() const { return words_; }
  const std::uint64_t* line(int line) const {
    return &bits_[static_cast<std::size_t>(line) * words_];
  }
  bool at(int line, int k) const { return this->line(line)[k / 64] >> k % 64 & 1; }
  void fill(int line, int begin, int end) {
    std::uint64_t* words = &bits_[static_cast<std::size_t>(line) * words_];
    for_each_word(begin, end, [&](int word, std::uint64_t mask) {
      words[word] |= mask;
      return true;
    });
  }
  bool any(int line, int begin, int end) const {
    const std::uint64_t* words = this->line(line);
    return !for_each_word(begin, end,
                          [&](int word, std::uint64_t mask) { return (words[word] & mask) == 0; });
  }
  bool all(int line, int begin, int end) const {
    const std::uint64_t* words = this->line(line);
    return for_each_word(
        begin, end, [&](int word, std::uint64_t mask) { return (words[word] & mask) == mask; });
  }
  /// Calls `change(k)` for every cell that is not as the one before it, which the first is not.
  template <class Change>
  void for_each_change(int line, const Change& change) const {
    const std::uint64_t* words = this->line(line);
    std::uint64_t before = 0;
    for (std::size_t w = 0; w < words_; ++w) {
      std::uint64_t changes = words[w] ^ (words[w] << 1 | before);
      before = words[w] >> 63;
      for (; changes != 0; changes &= changes - 1) {
        change(static_cast<int>(w * 64) + std::countr_zero(changes));
      }
    }
  }

 private:
  /// Until `visit` says no; whether it never did.
  template <class Visit>
  static bool for_each_word(int begin, int end, const Visit& visit) {
    for (int k = begin; k < end;) {
      const int word = k / 64, from = k % 64, to = std::min(64, from + end - k);
      const std::uint64_t upper = to == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << to) - 1;
      if (!visit(word, upper & ~std::uint64_t{0} << from)) return false;
      k += to - from;
    }
    return true;
  }

  std::size_t words_;
  std::vector<std::uint64_t> bits_;
};

/// The metal on the grid of all its coordinates: exact, whatever the coordinates are.
class Raster {
 public:
  Raster(const OwnMetal& own, const std::vector<Rect>& added)
      : xs_(axis(own, added, &Rect::x0, &Rect::x1)), ys_(axis(own, added, &Rect::y0, &Rect::y1)) {
    for (const Rect& rect : own.wires) paint(rect, true);
    for (const Rect& rect : added) paint(rect, true);
    for (const Rect& rect : own.fixed) paint(rect, false);
  }

  int columns() const { return static_cast<int>(xs_.size()) - 1; }
  int rows() const { return static_cast<int>(ys_.size()) - 1; }
  Dbu x(int i) const { return xs_[i]; }
  Dbu y(int j) const { return ys_[j]; }
  /// Row by row, or column by column.
  const Lines& filled(bool along_rows) const { return along_rows ? row_filled_ : column_filled_; }
  const Lines& wire(bool along_rows) const { return along_rows ? row_wire_ : column_wire_; }
  /// Cells [begin, end) of a row or a column.
  Rect run(bool along_rows, int line, int begin, int end) const {
    return along_rows ? Rect{xs_[begin], ys_[line], xs_[end], ys_[line + 1]}
                      : Rect{xs_[line], ys_[begin], xs_[line + 1], ys_[end]};
  }

 private:
  static constexpr Dbu kBorder = 100'000;

  static std::vector<Dbu> axis(const OwnMetal& own, const std::vector<Rect>& added, Dbu Rect::*low,
                               Dbu Rect::*high) {
    std::vector<Dbu> axis;
    for (const auto* list : {&own.wires, &own.fixed, &added}) {
      for (const Rect& rect : *list) axis.insert(axis.end(), {rect.*low, rect.*high});
    }
    std::sort(axis.begin(), axis.end());
    axis.erase(std::unique(axis.begin(), axis.end()), axis.end());
    // A margin of empty cells all around, so that no scan needs a special case at the border.
    axis.insert(axis.begin(), axis.front() - kBorder);
    axis.push_back(axis.back() + kBorder);
    return axis;
  }
  void paint(const Rect& rect, bool wire) {
    const auto index = [](const std::vector<Dbu>& axis, Dbu value) {
      return static_cast<int>(std::lower_bound(axis.begin(), axis.end(), value) - axis.begin());
    };
    const int i0 = index(xs_, rect.x0), i1 = index(xs_, rect.x1);
    const int j0 = index(ys_, rect.y0), j1 = index(ys_, rect.y1);
    for (int j = j0; j < j1; ++j) {
      row_filled_.fill(j, i0, i1);
      if (wire) row_wire_.fill(j, i0, i1);
    }
    for (int i = i0; i < i1; ++i) {
      column_filled_.fill(i, j0, j1);
      if (wire) column_wire_.fill(i, j0, j1);
    }
  }

  std::vector<Dbu> xs_, ys_;
  Lines row_filled_{rows(), columns()}, row_wire_{rows(), columns()};
  Lines column_filled_{columns(), rows()}, column_wire_{columns(), rows()};
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
  const Lines& wire = raster.wire(along_rows);
  const std::size_t first = defects.size();
  for (int line = 0; line < lines; ++line) {
    int begin = 0;
    bool filled = false;
    raster.filled(along_rows).for_each_change(line, [&](int end) {
      // The cells from `begin` on are a run; that at the border is none.
      if (filled == want_filled && begin > 0) {
        const Rect run = raster.run(along_rows, line, begin, end);
        const bool involved = want_filled ? wire.any(line, begin, end)
                                          : wire.at(line, begin - 1) || wire.at(line, end);
        if ((along_rows ? run.width() : run.height()) < limit && involved) {
          append_slab(defects, first, kind, run, along_rows);
        }
      }
      begin = end;
      filled = !filled;
    });
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
  const Lines &filled = raster.filled(true), &wires = raster.wire(true);
  const auto visit = [&](int i, int j) {
    const bool cells[4] = {filled.at(j - 1, i - 1), filled.at(j - 1, i), filled.at(j, i - 1),
                           filled.at(j, i)};
    const int count = cells[0] + cells[1] + cells[2] + cells[3];
    const bool wire = wires.any(j - 1, i - 1, i + 1) || wires.any(j, i - 1, i + 1);
    const Point at{raster.x(i), raster.y(j)};
    if (!inner && count == 2 && cells[0] == cells[3]) {
      if (wire) defects.push_back({kind, {at.x, at.y, at.x, at.y}, cells[0]});
    } else if (count == (inner ? 3 : 1)) {
      for (int q = 0; q < 4; ++q) {
        if (cells[q] != inner) corners[q].push_back({at, wire});
      }
    }
  };
  for (int j = 1; j < raster.rows(); ++j) {
    const std::uint64_t *below = filled.line(j - 1), *above = filled.line(j);
    std::uint64_t below_left = 0, above_left = 0;
    for (std::size_t w = 0; w < filled.words(); ++w) {
      const std::uint64_t a = below[w] << 1 | below_left, b = above[w] << 1 | above_left;
      below_left = below[w] >> 63;
      above_left = above[w] >> 63;
      // Neither a side nor a middle: the cells differ along the row and along the column.
      std::uint64_t places = ((a ^ below[w]) | (b ^ above[w])) & ((a ^ b) | (below[w] ^ above[w]));
      for (; places != 0; places &= places - 1) {
        visit(static_cast<int>(w * 64) + std::countr_zero(places), j);
      }
    }
  }
  // For outer corners the metal lies in the named quadrant and the gap opposite; for inner ones the
  // opening lies in it and the metal opposite. Either way p's odd cell and q's point apart.
  const auto pair_up = [&](const std::vector<Corner>& p, const std::vector<Corner>& q, int sign) {
    for (const Corner& a : p) {
      // Corners come row by row.
      const Dbu low = sign > 0 ? a.at.y : a.at.y - limit + 1;
      const auto from = std::lower_bound(q.begin(), q.end(), low,
                                         [](const Corner& b, Dbu y) { return b.at.y < y; });
      for (auto b = from; b != q.end() && b->at.y < low + limit; ++b) {
        const Dbu dx = b->at.x - a.at.x;
        if (dx < 0 || dx >= limit || !(a.wire || b->wire)) continue;
        defects.push_back({kind,
                           {a.at.x, std::min(a.at.y, b->at.y), b->at.x, std::max(a.at.y, b->at.y)},
                           sign > 0});
      }
    }
  };
  pair_up(corners[0], corners[3], 1);
  pair_up(corners[2], corners[1], -1);
}

/// Connected parts of filled (area) or of enclosed empty cells (holes) that are too small.
void scan_areas(const Raster& raster, bool holes, DbuArea limit, std::vector<Defect>& defects) {
  if (limit <= 0) return;
  struct Run {
    int row, begin, end;
    std::size_t part;  ///< The first run that is known to hang together with this one.
  };
  std::vector<Run> runs;
  const auto find = [&](std::size_t run) {
    while (runs[run].part != run) run = runs[run].part = runs[runs[run].part].part;
    return run;
  };
  const auto add = [&](int row, int begin, int end, std::size_t& below) {
    if (begin == end) return;
    runs.push_back({row, begin, end, runs.size()});
    const std::size_t added = runs.size() - 1;
    // Of the row below, those that end before this one begins have no more neighbours.
    while (runs[below].row < row && runs[below].end <= begin) ++below;
    for (std::size_t k = below; runs[k].row < row && runs[k].begin < end; ++k) {
      const std::size_t a = find(k), b = find(added);
      runs[std::max(a, b)].part = std::min(a, b);
    }
  };
  std::size_t row_below = 0;
  for (int row = 0; row < raster.rows(); ++row) {
    const std::size_t row_begin = runs.size();
    std::size_t below = row_below;
    int begin = 0;
    bool filled = false;
    raster.filled(true).for_each_change(row, [&](int end) {
      if (filled != holes) add(row, begin, end, below);
      begin = end;
      filled = !filled;
    });
    if (holes) add(row, begin, raster.columns(), below);
    row_below = row_begin;
  }
  for (std::size_t first_run = 0; first_run < runs.size(); ++first_run) {
    // The border is empty: metal never lies on it, and what is connected to it is not a hole.
    if (find(first_run) != first_run || (holes && first_run == 0)) continue;
    DbuArea area = 0;
    bool of_wire = true;
    std::vector<Run> part;
    for (std::size_t k = first_run; k < runs.size() && area < limit; ++k) {
      if (find(k) != first_run) continue;
      part.push_back(runs[k]);
      area += raster.run(true, runs[k].row, runs[k].begin, runs[k].end).area();
      of_wire = of_wire && raster.wire(true).all(runs[k].row, runs[k].begin, runs[k].end);
    }
    // Metal of a tile has its area by itself.
    if (area >= limit || (!holes && !of_wire)) continue;
    if (holes) {
      std::vector<std::pair<int, int>> cells;
      for (const Run& run : part) {
        for (int column = run.begin; column < run.end; ++column)
          cells.emplace_back(column, run.row);
      }
      // By columns, as slabs along the rows grow best.
      std::sort(cells.begin(), cells.end());
      const std::size_t first = defects.size();
      for (const auto& [column, row] : cells) {
        append_slab(defects, first, DefectKind::kHole, raster.run(true, row, column, column + 1),
                    true);
      }
    } else {
      Rect box;
      for (const Run& run : part) {
        box = box.united(raster.run(true, run.row, run.begin, run.end));
      }
      defects.push_back({DefectKind::kArea, box, true});
    }
  }
}

/// Metal within the spacing of a plate and not on it, in two parts around a corner of the plate.
void scan_plates(const OwnMetal& own, const std::vector<Rect>& added,
                 std::vector<Defect>& defects) {
  struct Piece {
    Rect rect;
    bool wire;
    std::size_t part;
  };
  for (const Rect& plate : own.plates) {
    const Rect halo = plate.bloated(own.spacing);
    const Rect sides[] = {{halo.x0, halo.y0, halo.x1, plate.y0},
                          {halo.x0, plate.y1, halo.x1, halo.y1},
                          {halo.x0, plate.y0, plate.x0, plate.y1},
                          {plate.x1, plate.y0, halo.x1, plate.y1}};
    std::vector<Piece> pieces;
    const auto cut = [&](const std::vector<Rect>& rects, bool wire) {
      for (const Rect& rect : rects) {
        for (const Rect& side : sides) {
          if (rect.overlaps(side)) pieces.push_back({rect.intersection(side), wire, pieces.size()});
        }
      }
    };
    cut(own.wires, true);
    cut(added, true);
    cut(own.fixed, false);
    const auto find = [&](std::size_t i) {
      while (pieces[i].part != i) i = pieces[i].part = pieces[pieces[i].part].part;
      return i;
    };
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (pieces[i].rect.touches(pieces[k].rect)) {
          const std::size_t a = find(i), b = find(k);
          pieces[std::max(a, b)].part = std::min(a, b);
        }
      }
    }
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k) {
        if (!(pieces[i].wire || pieces[k].wire) || find(i) == find(k)) continue;
        const Rect &a = pieces[i].rect, &b = pieces[k].rect;
        const Rect gap{std::min(a.x1, b.x1), std::min(a.y1, b.y1), std::max(a.x0, b.x0),
                       std::max(a.y0, b.y0)};
        const Dbu dx = gap.x1 - gap.x0, dy = gap.y1 - gap.y0;
        if (dx < 0 || dy < 0) continue;  // They face each other: a gap as any other.
        if (DbuArea{dx} * dx + DbuArea{dy} * dy >= DbuArea{own.spacing} * own.spacing) continue;
        defects.push_back({DefectKind::kAroundPlate, gap, true});
      }
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
  if (defects.empty()) scan_plates(own, added, defects);
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
    case DefectKind::kAroundPlate:
      return {at.bloated(w)};  // Around the corner: the two become one part.
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
    case DefectKind::kAroundPlate:
      return "wide spacing around a corner";
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
  scan_plates(own, {}, defects);
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
