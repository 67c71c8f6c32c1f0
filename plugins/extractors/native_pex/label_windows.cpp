#include "label_windows.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "ptah/geom/region.hpp"

namespace ptah::native {
namespace {

constexpr Dbu kSquare = 7000;  ///< `step 7` of the extraction styles.
constexpr Dbu kUnit = 5;       ///< Magic's grid after `scalegrid 1 2`.
/// How the extraction styles draw a p-well around what is not in an n-well.
constexpr Dbu kPwellBorder = 130, kPwellGap = 420;

bool touches_anything(const Rect& a, const Rect& b) {
  return a.x0 <= b.x1 && b.x0 <= a.x1 && a.y0 <= b.y1 && b.y0 <= a.y1;
}

/// The box of the label as Magic has it: the pin shape drawn for it, else a point.
Rect label_box(const gds::Flat& flat, const gds::Flat::Label& label, const Technology& technology) {
  const Rect point{label.at.x, label.at.y, label.at.x, label.at.y};
  if (!label.is_pin) return point;
  const Dbu half = std::max<Dbu>(technology.min_width(label.layer) / 2, technology.grid());
  const Rect largest = point.bloated(half);
  for (const Shape& shape : flat.shapes) {
    if (shape.layer == label.layer && largest.contains(shape.rect) &&
        shape.rect.contains(label.at)) {
      return shape.rect;
    }
  }
  return point;
}

/// What is not in an n-well, as the p-well that it makes; within `box`.
Region p_well(const Planes& planes, const Rect& box) {
  const Rect around = box.bloated(kPwellBorder + 2 * kPwellGap);
  std::vector<Rect> active, wells;
  for (const Plate& plate : planes.plates) {
    const Rect part = plate.rect.intersection(around);
    if (part.x0 >= part.x1 || part.y0 >= part.y1) continue;
    if (plate.material == kDiffusion) active.push_back(part);
    if (plate.material == kWell) wells.push_back(part);
  }
  for (const Rect& gate : planes.gates) {
    const Rect part = gate.intersection(around);
    if (part.x0 < part.x1 && part.y0 < part.y1) active.push_back(part);
  }
  Region well = grown(difference(active, wells), kPwellBorder + kPwellGap);
  well = difference(shrunk(well, kPwellGap), wells);
  const Rect boxes[] = {box};
  return intersection(well, boxes);
}

/// Ids of the pieces of one net that hang together within the box, by touching and by contacts.
class Pieces {
 public:
  explicit Pieces(std::size_t count) : parent_(count) {
    for (std::size_t i = 0; i < count; ++i) parent_[i] = i;
  }
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { parent_[root(a)] = root(b); }

 private:
  std::vector<std::size_t> parent_;
};

bool share_edge(const Rect& a, const Rect& b) {
  return touches_anything(a, b) && (std::min(a.x1, b.x1) > std::max(a.x0, b.x0) ||
                                    std::min(a.y1, b.y1) > std::max(a.y0, b.y0));
}

}  // namespace

void LabelWindows::clip(const Planes& planes, const Connectivity& connectivity, const Rect& box,
                        const std::vector<NetIndex>& inside, const std::vector<Plate>& corners,
                        const Technology& technology, const Stack& stack) {
  part_.plates.clear();
  part_.gates.clear();
  part_.gate_nets.clear();
  const auto in_box = [&](const Rect& r, Rect& part) {
    part = r.intersection(box);
    return part.x0 < part.x1 && part.y0 < part.y1;
  };
  Rect part;
  for (const Plate& plate : planes.plates) {
    if (in_box(plate.rect, part)) part_.plates.push_back({part, plate.net, plate.material});
  }
  // Pieces that do not hang together with the net's corner in the box are another net there.
  const auto elsewhere = static_cast<NetIndex>(planes.nets);
  std::vector<std::size_t> own;
  for (const NetIndex net : inside) {
    own.clear();
    for (std::size_t i = 0; i < part_.plates.size(); ++i) {
      if (part_.plates[i].net == net) own.push_back(i);
    }
    Pieces pieces(own.size());
    for (std::size_t a = 0; a < own.size(); ++a) {
      const Plate& p = part_.plates[own[a]];
      for (std::size_t b = a + 1; b < own.size(); ++b) {
        const Plate& q = part_.plates[own[b]];
        const bool tap = (p.material == kWell && q.material == kDiffusion) ||
                         (q.material == kWell && p.material == kDiffusion);
        if (tap ? p.rect.overlaps(q.rect)
                : p.material == q.material && share_edge(p.rect, q.rect)) {
          pieces.join(a, b);
        }
      }
    }
    for (const Contact& contact : connectivity.contacts) {
      if (contact.net != net) continue;
      const Material lower = stack.of_layer[contact.lower], upper = stack.of_layer[contact.upper];
      if (lower == Stack::kNoMaterial || upper == Stack::kNoMaterial) continue;
      const Via* via = technology.via_between(contact.lower, contact.upper);
      const Dbu border = via != nullptr && lower >= kFirstWire ? via->lower_enclosure.all : 0;
      if (!in_box(contact.rect.bloated(border), part)) continue;
      std::size_t first = own.size();
      for (std::size_t a = 0; a < own.size(); ++a) {
        const Plate& p = part_.plates[own[a]];
        if ((p.material != lower && p.material != upper) || !p.rect.overlaps(part)) continue;
        if (first == own.size()) first = a;
        pieces.join(first, a);
      }
    }
    const Plate& corner = corners[static_cast<std::size_t>(net)];
    const Rect unit{corner.rect.x0, corner.rect.y0, corner.rect.x0 + kUnit, corner.rect.y0 + kUnit};
    std::size_t home = own.size();
    for (std::size_t a = 0; a < own.size() && home == own.size(); ++a) {
      const Plate& p = part_.plates[own[a]];
      if (p.material == corner.material && p.rect.overlaps(unit)) home = a;
    }
    for (std::size_t a = 0; a < own.size(); ++a) {
      if (home == own.size() || pieces.root(a) != pieces.root(home)) {
        part_.plates[own[a]].net = elsewhere;
      }
    }
  }
  for (const Rect& gate : planes.gates) {
    if (!in_box(gate, part)) continue;
    NetIndex net = kNone;
    for (const Plate& plate : part_.plates) {
      if (plate.material == kPoly && plate.rect.overlaps(part)) net = plate.net;
    }
    part_.gates.push_back(part);
    part_.gate_nets.push_back(net);
  }
  for (const Rect& r : p_well(planes, box)) {
    part_.plates.push_back({r, static_cast<NetIndex>(planes.nets + 1), kWell});
  }
  part_.nets = planes.nets + 2;
  find_edges_of(part_, stack);
}

void LabelWindows::adjust(const gds::Flat& flat, const Connectivity& connectivity,
                          const Planes& planes, const Technology& technology, const Stack& stack,
                          const CapacitanceLaw& law, std::vector<double>& ground) {
  if (planes.plates.empty() || flat.labels.empty()) return;
  Rect cell;
  for (const Plate& plate : planes.plates) cell = cell.united(plate.rect);
  const Region well = p_well(planes, cell);
  cell = cell.united(bounding_box(well));

  // Where a net is: its label; else its lower left corner, on its lowest level the leftmost, then
  // the lowest.
  std::vector<Plate> corners(planes.nets);
  for (Plate& corner : corners) corner.net = kNone;
  for (const Plate& plate : planes.plates) {
    if (plate.net == kNone || plate.material == kResistorBody) continue;
    Plate& corner = corners[static_cast<std::size_t>(plate.net)];
    const auto key = [](const Plate& p) {
      return std::tuple(level_of(p.material), p.rect.x0, p.rect.y0);
    };
    if (corner.net == kNone || key(plate) < key(corner)) corner = plate;
  }

  std::map<std::pair<Dbu, Dbu>, Rect> boxes;  // by square; around its labels
  for (auto label = flat.labels.rbegin(); label != flat.labels.rend(); ++label) {
    const Rect box = label_box(flat, *label, technology);
    const Material material =
        label->layer < stack.of_layer.size() ? stack.of_layer[label->layer] : Stack::kNoMaterial;
    for (const Plate& plate : planes.plates) {
      if (plate.material != material || plate.net == kNone || !plate.rect.contains(label->at)) {
        continue;
      }
      corners[static_cast<std::size_t>(plate.net)] = {box, plate.net, material};
      break;
    }
    // A label on the border of squares belongs to all of them.
    for (Dbu y = (box.y0 - cell.y0 - 1) / kSquare; y * kSquare + cell.y0 <= box.y1; ++y) {
      for (Dbu x = (box.x0 - cell.x0 - 1) / kSquare; x * kSquare + cell.x0 <= box.x1; ++x) {
        const Rect square{cell.x0 + x * kSquare, cell.y0 + y * kSquare, cell.x0 + (x + 1) * kSquare,
                          cell.y0 + (y + 1) * kSquare};
        if (x < 0 || y < 0 || square.x0 >= cell.x1 || square.y0 >= cell.y1 ||
            !touches_anything(box, square)) {
          continue;
        }
        Rect& all = boxes[{y, x}];
        all = all.united(box.intersection(square.bloated(law.halo + kUnit)));
      }
    }
  }

  const std::vector<double> whole = ground;
  std::vector<NetIndex> inside;
  for (const auto& [at, box] : boxes) {
    const Rect square{cell.x0 + at.second * kSquare, cell.y0 + at.first * kSquare,
                      cell.x0 + (at.second + 1) * kSquare, cell.y0 + (at.first + 1) * kSquare};
    if (box.x0 >= box.x1 || box.y0 >= box.y1) continue;
    inside.clear();
    for (std::size_t i = 0; i < corners.size(); ++i) {
      const Rect& r = corners[i].rect;
      const auto net = static_cast<NetIndex>(i);
      if (corners[i].net != kNone && net != connectivity.substrate &&
          Rect{r.x0, r.y0, r.x0 + kUnit, r.y0 + kUnit}.overlaps(box)) {
        inside.push_back(net);
      }
    }
    if (inside.empty()) continue;
    clip(planes, connectivity, box, inside, corners, technology, stack);
    engine_.magic_ground(part_, law, box.intersection(square), part_ground_);
    for (const NetIndex net : inside) {
      const auto i = static_cast<std::size_t>(net);
      ground[i] += std::min(0.0, part_ground_[i] - whole[i]);
    }
  }
}

}  // namespace ptah::native
