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
  pairs_.assign(nets * nets, 0);
}

void CapacitanceEngine::couple(NetIndex a, NetIndex b, double af) {
  if (b < a) std::swap(a, b);
  pairs_[static_cast<std::size_t>(a) * nets_ + static_cast<std::size_t>(b)] += fixed(af);
}

void CapacitanceEngine::finish(NetIndex substrate, Capacitances& into) {
  into.couplings.clear();
  into.ground.assign(nets_, 0);
  for (std::size_t a = 0; a < nets_; ++a) {
    for (std::size_t b = a + 1; b < nets_; ++b) {
      const Fixed sum = pairs_[a * nets_ + b];
      if (sum == 0) continue;
      const auto na = static_cast<NetIndex>(a), nb = static_cast<NetIndex>(b);
      if (na == substrate) {
        ground_[b] += sum;
      } else if (nb == substrate) {
        ground_[a] += sum;
      } else {
        into.couplings.push_back({na, nb, static_cast<double>(sum) / kScale});
      }
    }
  }
  for (std::size_t i = 0; i < nets_; ++i) {
    into.ground[i] =
        static_cast<NetIndex>(i) == substrate ? 0 : static_cast<double>(ground_[i]) / kScale;
  }
}

void CapacitanceEngine::magic(const Planes& planes, const CapacitanceLaw& law, NetIndex substrate,
                              Capacitances& into) {
  start(planes.nets);
  const auto ground = [&](NetIndex net) -> Fixed& {
    return ground_[static_cast<std::size_t>(net)];
  };

  // 1. Areas and perimeters to the substrate, as if nothing were in between.
  for (const Plate& plate : planes.plates) {
    const double k = law.area[plate.material];
    if (k > 0 && plate.net != kNone) {
      ground(plate.net) += fixed(k * 1e-6 * static_cast<double>(plate.rect.area()));
    }
  }
  for (std::size_t i = 0; i < planes.gates.size(); ++i) {
    if (planes.gate_nets[i] == kNone) continue;
    ground(planes.gate_nets[i]) -=
        fixed(law.area[kPoly] * 1e-6 * static_cast<double>(planes.gates[i].area()));
  }
  for (const auto* edges : {&planes.vertical, &planes.horizontal}) {
    for (const Edge& edge : *edges) {
      ground(edge.net) += fixed(law.perimeter[edge.material] * 1e-3 * (edge.hi - edge.lo));
    }
  }

  // 2. What lies below takes an area over from the substrate; the nearest shields the rest.
  bins_.fill(planes);
  std::vector<Rect> left, next;
  for (std::size_t b = 0; b < bins_.size(); ++b) {
    const std::span<const Plate> plates = bins_.plates(b);
    for (const Plate& upper : plates) {
      if (upper.material < kFirstWire) continue;
      left.assign(1, upper.rect);
      // Plates of a bin stand by level, highest first.
      const Plate* at = &upper;
      const int level = level_of(upper.material);
      for (++at; at != plates.data() + plates.size() && !left.empty(); ++at) {
        if (level_of(at->material) == level || !at->rect.overlaps(upper.rect)) continue;
        next.clear();
        DbuArea area = 0;
        for (const Rect& piece : left) {
          const Rect cut = piece.intersection(at->rect);
          if (cut.x0 >= cut.x1 || cut.y0 >= cut.y1) {
            next.push_back(piece);
            continue;
          }
          area += cut.area();
          if (piece.y0 < cut.y0) next.push_back({piece.x0, piece.y0, piece.x1, cut.y0});
          if (piece.x0 < cut.x0) next.push_back({piece.x0, cut.y0, cut.x0, cut.y1});
          if (cut.x1 < piece.x1) next.push_back({cut.x1, cut.y0, piece.x1, cut.y1});
          if (cut.y1 < piece.y1) next.push_back({piece.x0, cut.y1, piece.x1, piece.y1});
        }
        left.swap(next);
        const double k = law.overlap[upper.material][at->material];
        if (area == 0 || k == 0 || at->net == kNone) continue;
        ground(upper.net) -= fixed(law.area[upper.material] * 1e-6 * static_cast<double>(area));
        if (upper.net != at->net) couple(upper.net, at->net, k * 1e-6 * static_cast<double>(area));
      }
    }
  }

  // 3. Fringes: an edge sees every plate below and above it, whatever lies between.
  for (std::size_t b = 0; b < bins_.size(); ++b) {
    const std::span<const Plate> plates = bins_.plates(b);
    for (const bool vertical : {true, false}) {
      for (const Edge& edge : bins_.edges(b, vertical)) {
        if (!edge.seen) continue;
        const double* fringe = law.fringe[edge.material];
        // Just outside of the edge: coordinates are multiples of more than this.
        const Dbu outside = edge.ascending ? edge.at + 1 : edge.at - 1;
        for (const Plate& plate : plates) {
          const double k = fringe[plate.material];
          const Rect& r = plate.rect;
          if (vertical ? (r.x0 > outside || r.x1 < outside) : (r.y0 > outside || r.y1 < outside)) {
            continue;
          }
          const Dbu length = vertical ? common(edge.lo, edge.hi, r.y0, r.y1)
                                      : common(edge.lo, edge.hi, r.x0, r.x1);
          if (length <= 0 || k == 0 || plate.net == kNone) continue;
          if (level_of(plate.material) < level_of(edge.material)) {
            ground(edge.net) -= fixed(law.perimeter[edge.material] * 1e-3 * length);
          }
          if (plate.net != edge.net) couple(edge.net, plate.net, k * 1e-3 * length);
        }
      }
    }
  }

  // 4. Side walls: every pair of facing edges within the halo, whatever stands between them.
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
          const int weight = (e.seen ? 1 : 0) + (f.seen ? 1 : 0);
          couple(e.net, f.net, weight * k * length / (f.at - e.at));
        }
      }
    }
  }
  finish(substrate, into);
}

}  // namespace ptah::native
