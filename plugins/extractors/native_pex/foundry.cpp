/// Capacitances by the foundry's line tables.
#include <algorithm>
#include <cmath>

#include "capacitance.hpp"

namespace ptah::native {
namespace {

constexpr double kUm = 1000;  // nm

}  // namespace

Result<LineLaw> LineLaw::of(const Technology& technology, const Stack& stack) {
  const Parasitics& parasitics = technology.parasitics();
  LineLaw law;
  for (std::size_t i = 0; i < stack.layers.size(); ++i) {
    const Material material = stack.of_layer[stack.layers[i]];
    const std::string& name = stack.names[i];
    if (material >= CapacitanceLaw::kMaterials) break;
    const auto table = parasitics.lines.find(name);
    if (table == parasitics.lines.end() || table->second.points.size() < 2) {
      return make_error(ErrorCode::kUnsupported,
                        "The technology " + technology.name() + " has no line table of " + name +
                            ", which calibration foundry needs.",
                        "parasitics.lines", "Add the table, or extract with calibration magic.");
    }
    Line& line = law.lines_[material];
    for (const LineTable::Point& point : table->second.points) {
      line.points.push_back({std::log(point.spacing_um * kUm), std::log(point.coupling_af_um),
                             std::log(point.fringe_af_um)});
    }
    const auto down = parasitics.fringe_down_af_um.find(name);
    if (down != parasitics.fringe_down_af_um.end()) {
      const auto field = down->second.find("sub");
      if (field != down->second.end()) line.alone = field->second;
    }
    double reach = table->second.points.back().spacing_um;
    const auto side = parasitics.sidewall.find(name);
    if (side != parasitics.sidewall.end()) reach = std::max(reach, side->second.halo_um);
    line.reach = from_um(reach);
  }
  return law;
}

// Past the ends of the table its first and last segments go on.
double LineLaw::at(const Line& line, Dbu spacing, double Point::*value) {
  const double s = std::log(static_cast<double>(std::max<Dbu>(1, spacing)));
  std::size_t i = 1;
  while (i + 1 < line.points.size() && line.points[i].spacing < s) ++i;
  const Point &a = line.points[i - 1], &b = line.points[i];
  const double t = (s - a.spacing) / (b.spacing - a.spacing);
  return std::exp(a.*value + t * (b.*value - a.*value));
}

double LineLaw::coupling(Material material, Dbu spacing) const {
  return at(lines_[material], spacing, &Point::coupling);
}

double LineLaw::fringe_factor(Material material, Dbu spacing) const {
  const Line& line = lines_[material];
  if (spacing <= 0 || line.alone <= 0) return 1;
  const Point& last = line.points.back();
  if (std::log(static_cast<double>(spacing)) <= last.spacing) {
    return std::min(1.0, at(line, spacing, &Point::fringe) / line.alone);
  }
  // Past the table what is missing falls with the distance.
  const double missing = std::max(0.0, line.alone - std::exp(last.fringe));
  return 1 - missing * std::exp(last.spacing) / spacing / line.alone;
}

void CapacitanceEngine::foundry(const Planes& planes, const CapacitanceLaw& law,
                                const LineLaw& lines, NetIndex substrate, Capacitances& into) {
  start(planes.nets);
  see_neighbours(planes, lines, law.materials);
  bins_.fill(planes.plates, spaced_[0], spaced_[1]);
  areas(planes, law, {-(1 << 30), -(1 << 30), 1 << 30, 1 << 30});
  overlaps(law, {-(1 << 30), -(1 << 30), 1 << 30, 1 << 30});
  shielded_fringes(law, lines);
  finish(substrate, into);
}

// Every edge looks straight out for the nearest edge of its material that faces it. Sight is
// mutual, so that couplings are counted from one side.
void CapacitanceEngine::see_neighbours(const Planes& planes, const LineLaw& lines,
                                       std::size_t materials) {
  for (const bool vertical : {true, false}) {
    std::vector<Edge>& pieces = spaced_[vertical ? 0 : 1];
    pieces.clear();
    rows_.fill(vertical ? planes.vertical : planes.horizontal, materials);
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      const std::span<const Edge> up = rows_.ascending(row), down = rows_.descending(row);
      std::size_t first = 0;
      for (const Edge& edge : up) {
        while (first < down.size() && down[first].at <= edge.at) ++first;
        look_out(edge, down.subspan(first), true, lines, pieces);
      }
      std::size_t last = 0;
      for (const Edge& edge : down) {
        while (last < up.size() && up[last].at < edge.at) ++last;
        look_out(edge, up.first(last), false, lines, pieces);
      }
    }
  }
}

void CapacitanceEngine::look_out(const Edge& edge, std::span<const Edge> facing, bool up,
                                 const LineLaw& lines, std::vector<Edge>& pieces) {
  const Dbu reach = lines.reach(edge.material);
  free_.assign(1, {edge.lo, edge.hi});
  for (std::size_t i = 0; i < facing.size() && !free_.empty(); ++i) {
    const Edge& other = up ? facing[i] : facing[facing.size() - 1 - i];
    const Dbu spacing = up ? other.at - edge.at : edge.at - other.at;
    if (spacing > reach) break;
    if (other.hi <= edge.lo || other.lo >= edge.hi) continue;
    still_free_.clear();
    for (const Interval& free : free_) {
      const Dbu lo = std::max(free.lo, other.lo), hi = std::min(free.hi, other.hi);
      if (lo >= hi) {
        still_free_.push_back(free);
        continue;
      }
      if (free.lo < lo) still_free_.push_back({free.lo, lo});
      if (hi < free.hi) still_free_.push_back({hi, free.hi});
      Edge& piece = pieces.emplace_back(edge);
      piece.lo = lo;
      piece.hi = hi;
      piece.spacing = spacing;
      if (up && other.net != edge.net && edge.net != kNone && other.net != kNone) {
        couple(edge.net, other.net,
               lines.coupling(edge.material, spacing) * 1e-3 * static_cast<double>(hi - lo));
      }
    }
    free_.swap(still_free_);
  }
  for (const Interval& free : free_) {
    Edge& piece = pieces.emplace_back(edge);
    piece.lo = free.lo;
    piece.hi = free.hi;
    piece.spacing = 0;
  }
}

// Down to the nearest plate below, what is left to the substrate; up to the nearest plate above.
void CapacitanceEngine::shielded_fringes(const CapacitanceLaw& law, const LineLaw& lines) {
  for (std::size_t b = 0; b < bins_.size(); ++b) {
    const std::span<const Plate> plates = bins_.plates(b);  // highest first
    for (const bool vertical : {true, false}) {
      for (const Edge& edge : bins_.edges(b, vertical)) {
        if (edge.net == kNone) continue;
        const int level = level_of(edge.material);
        const double factor = lines.fringe_factor(edge.material, edge.spacing) * 1e-3;
        // Just outside of the edge: coordinates are multiples of more than this.
        const Dbu outside = edge.ascending ? edge.at + 1 : edge.at - 1;
        const auto take = [&](const Plate& plate) {
          const Rect& r = plate.rect;
          if (vertical ? (r.x0 > outside || r.x1 < outside) : (r.y0 > outside || r.y1 < outside)) {
            return;
          }
          const Dbu from = vertical ? r.y0 : r.x0, to = vertical ? r.y1 : r.x1;
          still_free_.clear();
          for (const Interval& free : free_) {
            const Dbu lo = std::max(free.lo, from), hi = std::min(free.hi, to);
            if (lo >= hi) {
              still_free_.push_back(free);
              continue;
            }
            if (free.lo < lo) still_free_.push_back({free.lo, lo});
            if (hi < free.hi) still_free_.push_back({hi, free.hi});
            const double k = law.fringe[edge.material][plate.material] * factor;
            if (plate.net != kNone && plate.net != edge.net && k > 0) {
              couple(edge.net, plate.net, k * static_cast<double>(hi - lo));
            }
          }
          free_.swap(still_free_);
        };
        free_.assign(1, {edge.lo, edge.hi});
        for (const Plate& plate : plates) {
          if (free_.empty()) break;
          if (level_of(plate.material) < level) take(plate);
        }
        Dbu length = 0;
        for (const Interval& free : free_) length += free.hi - free.lo;
        add_ground(edge.net, law.perimeter[edge.material] * factor * length);
        free_.assign(1, {edge.lo, edge.hi});
        for (std::size_t i = plates.size(); i-- > 0 && !free_.empty();) {
          if (level_of(plates[i].material) > level) take(plates[i]);
        }
      }
    }
  }
}

}  // namespace ptah::native
