#include "capacitance.hpp"

#include <algorithm>
#include <cmath>

#include "bins.hpp"

namespace ptah::native {
namespace {

double entry(const Parasitics::Table& table, const std::string& row, const std::string& column) {
  const auto line = table.find(row);
  if (line == table.end()) return 0;
  const auto cell = line->second.find(column);
  return cell == line->second.end() ? 0 : cell->second;
}

constexpr double kScale = 1e6;  // of the fixed-point sums

std::int64_t fixed(double af) noexcept {
  return static_cast<std::int64_t>(af * kScale + (af < 0 ? -0.5 : 0.5));
}

Dbu common(Dbu a0, Dbu a1, Dbu b0, Dbu b1) noexcept {
  return std::min(a1, b1) - std::max(a0, b0);
}

constexpr Rect kEverywhere{-(1 << 30), -(1 << 30), 1 << 30, 1 << 30};

/// Negative extents are no area.
DbuArea area_of(const Rect& r) noexcept {
  return r.x0 >= r.x1 || r.y0 >= r.y1 ? 0 : r.area();
}

/// An edge on the border of `clip` counts.
Dbu length_in(const Edge& edge, bool vertical, const Rect& clip) noexcept {
  if (vertical) {
    return edge.at < clip.x0 || edge.at > clip.x1 ? 0 : common(edge.lo, edge.hi, clip.y0, clip.y1);
  }
  return edge.at < clip.y0 || edge.at > clip.y1 ? 0 : common(edge.lo, edge.hi, clip.x0, clip.x1);
}

}  // namespace

CapacitanceLaw magic_law(const Technology& technology, const Stack& stack) {
  const Parasitics& parasitics = technology.parasitics();
  CapacitanceLaw law;
  law.materials = std::min(stack.materials(), CapacitanceLaw::kMaterials);
  law.halo = from_um(parasitics.magic_halo_um);
  law.area[kWell] = entry(parasitics.area_af_um2, "nwell", "sub");
  const auto material = [](std::size_t wire) {
    return wire == 0 ? static_cast<std::size_t>(kPoly) : kFirstWire + wire - 1;
  };
  for (std::size_t u = 0; u < stack.names.size() && material(u) < law.materials; ++u) {
    const std::string& upper = stack.names[u];
    const std::size_t m = material(u);
    law.area[m] = entry(parasitics.area_af_um2, upper, "sub");
    law.perimeter[m] = entry(parasitics.fringe_down_af_um, upper, "sub");
    if (const auto side = parasitics.sidewall.find(upper); side != parasitics.sidewall.end()) {
      law.sidewall[m] = side->second.magic_k_af;
    }
    law.fringe[m][kWell] = law.perimeter[m];
    if (u == 0) continue;  // what lies under poly belongs to the transistor models
    law.overlap[m][kWell] = law.overlap[m][kDiffusion] = law.area[m];
    law.fringe[m][kDiffusion] = law.perimeter[m];
    for (std::size_t l = 0; l < u; ++l) {
      law.overlap[m][material(l)] = entry(parasitics.area_af_um2, upper, stack.names[l]);
      law.fringe[m][material(l)] = entry(parasitics.fringe_down_af_um, upper, stack.names[l]);
      law.fringe[material(l)][m] = entry(parasitics.fringe_up_af_um, stack.names[l], upper);
    }
  }
  return law;
}

void CapacitanceEngine::start(std::size_t nets) {
  nets_ = nets;
  ground_.assign(nets, 0);
  pairs_.assign(nets <= kMatrixNets ? nets * nets : 0, 0);
  list_.clear();
  summed_ = 0;
}

void CapacitanceEngine::couple(NetIndex a, NetIndex b, double af) {
  if (b < a) std::swap(a, b);
  if (!pairs_.empty()) {
    pairs_[static_cast<std::size_t>(a) * nets_ + static_cast<std::size_t>(b)] += fixed(af);
    return;
  }
  // What has been summed up may itself be long: the list grows by as much before the next time.
  if (list_.size() >= 2 * summed_ + kListLength) sum_up();
  list_.push_back({a, b, fixed(af)});
}

void CapacitanceEngine::add_ground(NetIndex net, double af) {
  ground_[static_cast<std::size_t>(net)] += fixed(af);
}

void CapacitanceEngine::sum_up() {
  std::sort(list_.begin(), list_.end(),
            [](const Entry& x, const Entry& y) { return x.a != y.a ? x.a < y.a : x.b < y.b; });
  std::size_t kept = 0;
  for (const Entry& entry : list_) {
    if (kept > 0 && list_[kept - 1].a == entry.a && list_[kept - 1].b == entry.b) {
      list_[kept - 1].af += entry.af;
    } else {
      list_[kept++] = entry;
    }
  }
  list_.resize(kept);
  summed_ = kept;
}

void CapacitanceEngine::finish(NetIndex substrate, Capacitances& into) {
  into.couplings.clear();
  into.ground.assign(nets_, 0);
  const auto add = [&](NetIndex a, NetIndex b, Fixed sum) {
    if (sum == 0) return;
    if (a == substrate) {
      ground_[static_cast<std::size_t>(b)] += sum;
    } else if (b == substrate) {
      ground_[static_cast<std::size_t>(a)] += sum;
    } else {
      into.couplings.push_back({a, b, static_cast<double>(sum) / kScale});
    }
  };
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    if (pairs_[i] == 0) continue;
    add(static_cast<NetIndex>(i / nets_), static_cast<NetIndex>(i % nets_), pairs_[i]);
  }
  sum_up();
  for (const Entry& entry : list_) add(entry.a, entry.b, entry.af);
  for (std::size_t i = 0; i < nets_; ++i) {
    into.ground[i] =
        static_cast<NetIndex>(i) == substrate ? 0 : static_cast<double>(ground_[i]) / kScale;
  }
}

void CapacitanceEngine::magic(const Planes& planes, const CapacitanceLaw& law, NetIndex substrate,
                              Capacitances& into) {
  start(planes.nets);
  bins_.fill(planes);
  areas(planes, law, kEverywhere);
  edges(planes, law, kEverywhere);
  for (const auto& [net, af] : planes.extra_ground) {
    if (net != kNone) ground_[static_cast<std::size_t>(net)] += fixed(af);
  }
  overlaps(law, kEverywhere);
  fringes(law, kEverywhere);
  side_walls(planes, law);
  finish(substrate, into);
}

void CapacitanceEngine::magic_ground(const Planes& planes, const CapacitanceLaw& law,
                                     const Rect& clip, std::vector<double>& ground) {
  start(planes.nets);
  bins_.fill(planes);
  areas(planes, law, clip);
  edges(planes, law, clip);
  overlaps(law, clip);
  fringes(law, clip);
  ground.clear();
  for (const Fixed sum : ground_) ground.push_back(static_cast<double>(sum) / kScale);
}

// To the substrate, as if nothing were in between.
void CapacitanceEngine::areas(const Planes& planes, const CapacitanceLaw& law, const Rect& clip) {
  const auto add = [&](NetIndex net, double af) {
    if (net != kNone) ground_[static_cast<std::size_t>(net)] += fixed(af);
  };
  for (const Plate& plate : planes.plates) {
    const double k = law.area[plate.material] * 1e-6;
    if (k > 0) add(plate.net, k * static_cast<double>(area_of(plate.rect.intersection(clip))));
  }
  for (std::size_t i = 0; i < planes.gates.size(); ++i) {
    add(planes.gate_nets[i],
        -law.area[kPoly] * 1e-6 * static_cast<double>(area_of(planes.gates[i].intersection(clip))));
  }
}

// To the substrate, as if nothing were in between.
void CapacitanceEngine::edges(const Planes& planes, const CapacitanceLaw& law, const Rect& clip) {
  for (const bool vertical : {true, false}) {
    for (const Edge& edge : vertical ? planes.vertical : planes.horizontal) {
      const Dbu length = length_in(edge, vertical, clip);
      if (length <= 0 || edge.net == kNone) continue;
      ground_[static_cast<std::size_t>(edge.net)] +=
          fixed(law.perimeter[edge.material] * 1e-3 * length);
    }
  }
}

// What lies below takes an area over from the substrate; the nearest shields the rest.
void CapacitanceEngine::overlaps(const CapacitanceLaw& law, const Rect& clip) {
  for (std::size_t b = 0; b < bins_.size(); ++b) {
    const std::span<const Plate> plates = bins_.plates(b);
    for (std::size_t i = 0; i < plates.size(); ++i) {
      const Plate& upper = plates[i];
      if (upper.material < kFirstWire) break;  // by level, highest first
      const Rect whole = upper.rect.intersection(clip);
      if (area_of(whole) == 0) continue;
      left_.assign(1, whole);
      const int level = level_of(upper.material);
      for (std::size_t j = i + 1; j < plates.size() && !left_.empty(); ++j) {
        const Plate& lower = plates[j];
        if (level_of(lower.material) == level || !lower.rect.overlaps(whole)) continue;
        next_.clear();
        DbuArea area = 0;
        for (const Rect& piece : left_) {
          const Rect cut = piece.intersection(lower.rect);
          if (cut.x0 >= cut.x1 || cut.y0 >= cut.y1) {
            next_.push_back(piece);
            continue;
          }
          area += cut.area();
          if (piece.y0 < cut.y0) next_.push_back({piece.x0, piece.y0, piece.x1, cut.y0});
          if (piece.x0 < cut.x0) next_.push_back({piece.x0, cut.y0, cut.x0, cut.y1});
          if (cut.x1 < piece.x1) next_.push_back({cut.x1, cut.y0, piece.x1, cut.y1});
          if (cut.y1 < piece.y1) next_.push_back({piece.x0, cut.y1, piece.x1, piece.y1});
        }
        left_.swap(next_);
        const double k = law.overlap[upper.material][lower.material] * 1e-6;
        if (area == 0 || k == 0 || lower.net == kNone) continue;
        ground_[static_cast<std::size_t>(upper.net)] -=
            fixed(law.area[upper.material] * 1e-6 * static_cast<double>(area));
        if (upper.net != lower.net) couple(upper.net, lower.net, k * static_cast<double>(area));
      }
    }
  }
}

// An edge sees every plate below and above it, whatever lies between.
void CapacitanceEngine::fringes(const CapacitanceLaw& law, const Rect& clip) {
  for (std::size_t b = 0; b < bins_.size(); ++b) {
    const std::span<const Plate> plates = bins_.plates(b);
    for (const bool vertical : {true, false}) {
      for (const Edge& whole : bins_.edges(b, vertical)) {
        if (length_in(whole, vertical, clip) <= 0) continue;
        const Dbu lo = std::max(whole.lo, vertical ? clip.y0 : clip.x0);
        const Dbu hi = std::min(whole.hi, vertical ? clip.y1 : clip.x1);
        const double* fringe = law.fringe[whole.material];
        const double perimeter = law.perimeter[whole.material] * 1e-3;
        const int level = level_of(whole.material);
        // Just outside of the edge: coordinates are multiples of more than this.
        const Dbu outside = whole.ascending ? whole.at + 1 : whole.at - 1;
        for (const Plate& plate : plates) {
          const Rect& r = plate.rect;
          if (vertical ? (r.x0 > outside || r.x1 < outside) : (r.y0 > outside || r.y1 < outside)) {
            continue;
          }
          const Dbu length = vertical ? common(lo, hi, r.y0, r.y1) : common(lo, hi, r.x0, r.x1);
          const double k = fringe[plate.material] * 1e-3;
          if (length <= 0 || k == 0 || plate.net == kNone) continue;
          if (level_of(plate.material) < level) {
            ground_[static_cast<std::size_t>(whole.net)] -= fixed(perimeter * length);
          }
          if (plate.net != whole.net) couple(whole.net, plate.net, k * length);
        }
      }
    }
  }
}

// Every pair of facing edges within the halo, whatever stands between them.
void CapacitanceEngine::side_walls(const Planes& planes, const CapacitanceLaw& law) {
  for (const bool vertical : {true, false}) {
    rows_.fill(vertical ? planes.vertical : planes.horizontal, law.materials);
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      const std::span<const Edge> up = rows_.ascending(row), down = rows_.descending(row);
      std::size_t first = 0;
      for (const Edge& e : up) {
        const double k = law.sidewall[e.material];
        while (first < down.size() && down[first].at <= e.at) ++first;
        for (std::size_t i = first; i < down.size() && down[i].at < e.at + law.halo; ++i) {
          const Edge& f = down[i];
          const Dbu length = common(e.lo, e.hi, f.lo, f.hi);
          if (length <= 0 || f.net == e.net) continue;
          couple(e.net, f.net, k * length / (f.at - e.at));
        }
      }
    }
  }
}

}  // namespace ptah::native
