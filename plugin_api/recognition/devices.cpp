/// Capacitors and resistors.
#include <algorithm>
#include <cmath>

#include "recognition/builder.hpp"

namespace ptah::native {
namespace {

/// The head of a precision resistor counts this far into the drawn body (the process's recognition
/// grows heads by 60 nm; the body that models know is 0.12 um shorter than the marker).
constexpr Dbu kHeadIntoBody = 60;

Rect box_of(std::span<const Rect> rects) {
  return bounding_box(rects);
}

/// Rectangles of each group, in the order of groups.
std::vector<std::vector<std::int32_t>> members_of(std::span<const Rect> region) {
  std::size_t count = 0;
  const std::vector<std::int32_t> group = groups_of(region, count);
  std::vector<std::vector<std::int32_t>> members(count);
  for (std::size_t i = 0; i < group.size(); ++i) {
    members[static_cast<std::size_t>(group[i])].push_back(static_cast<std::int32_t>(i));
  }
  return members;
}

/// A straight piece of a body's outline where wire continues.
struct Mouth {
  bool vertical;  ///< The edge runs along y.
  Dbu at;
  Dbu low, high;
  std::int32_t rect;  ///< Of the wires.
  std::int32_t body;
};

void find_bodies(Builder& b, LayerId layer, const Region& region, bool shorted) {
  const Region& wires = b.wires[layer];
  const bool is_poly = b.technology.layer(layer).type == LayerType::kPoly;
  const auto marker = b.technology.find_layer(b.technology.layer(layer).name + ".res");

  std::vector<Mouth> mouths;
  for (const RectPair& pair : touching_pairs(region, wires)) {
    const Rect& body = region[static_cast<std::size_t>(pair.a)];
    const Rect& wire = wires[static_cast<std::size_t>(pair.b)];
    const Rect common = body.intersection(wire);
    if (common.height() > 0) {
      mouths.push_back({true, common.x0, common.y0, common.y1, pair.b, pair.a});
    } else if (common.width() > 0) {
      mouths.push_back({false, common.y0, common.x0, common.x1, pair.b, pair.a});
    }
  }
  std::vector<std::int32_t> corners(region.size(), 0);
  for (const RectPair& pair : abutting_pairs(region)) {
    const Rect& l = region[static_cast<std::size_t>(pair.a)];
    const Rect& u = region[static_cast<std::size_t>(pair.b)];
    corners[static_cast<std::size_t>(pair.a)] += (l.x0 != u.x0) + (l.x1 != u.x1);
  }
  // Implants that tell the poly resistors apart.
  std::vector<LayerId> flavours;
  for (const DeviceModel& model : b.technology.devices()) {
    if (model.kind != DeviceKind::kResistor || !is_poly) continue;
    for (const LayerId m : model.markers) {
      if (m != marker && std::find(flavours.begin(), flavours.end(), m) == flavours.end())
        flavours.push_back(m);
    }
  }
  std::vector<std::vector<DbuArea>> covers;
  for (const LayerId flavour : flavours) covers.push_back(covered_areas(region, b.region(flavour)));
  const std::vector<DbuArea> psdm =
      flavours.empty() ? std::vector<DbuArea>() : covered_areas(region, b.region(b.names.psdm));
  const std::vector<DbuArea> npc =
      flavours.empty() ? std::vector<DbuArea>() : covered_areas(region, b.region(b.names.npc));
  const std::vector<std::int32_t> bulks = bulks_of(b, region);

  const auto groups = members_of(region);
  std::vector<std::int32_t> group_of(region.size(), 0);
  for (std::size_t g = 0; g < groups.size(); ++g) {
    for (const std::int32_t rect : groups[g])
      group_of[static_cast<std::size_t>(rect)] = static_cast<std::int32_t>(g);
  }
  std::sort(mouths.begin(), mouths.end(), [&](const Mouth& l, const Mouth& r) {
    return std::tuple(group_of[static_cast<std::size_t>(l.body)], l.vertical, l.at, l.low) <
           std::tuple(group_of[static_cast<std::size_t>(r.body)], r.vertical, r.at, r.low);
  });

  std::size_t next = 0;
  std::vector<Mouth> ends;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    ends.clear();
    for (; next < mouths.size() &&
           group_of[static_cast<std::size_t>(mouths[next].body)] == static_cast<std::int32_t>(g);
         ++next) {
      const Mouth& mouth = mouths[next];
      if (!ends.empty() && ends.back().vertical == mouth.vertical && ends.back().at == mouth.at &&
          ends.back().high == mouth.low) {
        ends.back().high = mouth.high;
      } else {
        ends.push_back(mouth);
      }
    }
    Rect box;
    DbuArea area = 0;
    std::int32_t bends = 0;
    for (const std::int32_t rect : groups[g]) {
      box = box.united(region[static_cast<std::size_t>(rect)]);
      area += region[static_cast<std::size_t>(rect)].area();
      bends += corners[static_cast<std::size_t>(rect)];
    }
    if (ends.size() != 2) {
      b.odd("A resistor body with " + std::to_string(ends.size()) + " ends.", box);
      continue;
    }
    const auto sum = [&](const std::vector<DbuArea>& areas) {
      DbuArea total = 0;
      for (const std::int32_t rect : groups[g]) total += areas[static_cast<std::size_t>(rect)];
      return total;
    };
    std::optional<std::size_t> model;
    const auto& models = b.technology.devices();
    for (std::size_t m = 0; m < models.size() && !model; ++m) {
      const auto& markers = models[m].markers;
      if (models[m].kind != DeviceKind::kResistor || !marker ||
          std::find(markers.begin(), markers.end(), *marker) == markers.end()) {
        continue;
      }
      bool fits = true;
      for (std::size_t k = 0; k < flavours.size() && fits; ++k) {
        const bool wanted =
            !shorted && std::find(markers.begin(), markers.end(), flavours[k]) != markers.end();
        fits = sum(covers[k]) == (wanted ? area : 0);
      }
      if (shorted) fits = fits && markers.size() == 1;
      if (fits) model = m;
    }
    if (!model) {
      b.odd("A resistor body whose implants fit no resistor of the technology.", box);
      continue;
    }
    const bool precision = models[*model].terminals == 3;
    if (precision && (sum(psdm) != area || sum(npc) != area)) {
      b.odd("A precision resistor's body is not all under p+ implant and nitride cut.", box);
      continue;
    }
    // By area, so that a fold counts what extraction counts: a corner one square, in poly half.
    const double width = (ends[0].high - ends[0].low + ends[1].high - ends[1].low) / 2.0;
    double length = static_cast<double>(area) / width;
    if (is_poly) length -= 0.5 * width * bends;
    if (precision) length -= 2 * kHeadIntoBody;
    FoundDevice device;
    device.model = *model;
    device.body = box;
    device.width = static_cast<Dbu>(std::llround(width));
    device.length = static_cast<Dbu>(std::llround(length));
    std::sort(ends.begin(), ends.end(), [&](const Mouth& l, const Mouth& r) {
      const Rect &a = b.wire(layer, l.rect), &c = b.wire(layer, r.rect);
      return std::tuple(a.x0, a.y0, l.at, l.low) < std::tuple(c.x0, c.y0, r.at, r.low);
    });
    for (const Mouth& end : ends) {
      device.terminals.push_back({b.node(layer, end.rect), layer, b.wire(layer, end.rect)});
    }
    if (precision) {
      device.terminals.push_back(
          {bulks[static_cast<std::size_t>(groups[g].front())], b.names.nwell.value_or(0), box});
    }
    b.devices.push_back(std::move(device));
  }
}

}  // namespace

void find_capacitors(Builder& b) {
  const auto& models = b.technology.devices();
  for (std::size_t m = 0; m < models.size(); ++m) {
    if (models[m].generator_class != "mim" || models[m].markers.empty()) continue;
    const LayerId plate = models[m].markers.front();
    const Region& plates = b.wires[plate];
    if (plates.empty()) continue;
    std::optional<LayerId> bottom;
    for (const Via& via : b.technology.vias()) {
      if (via.lower != plate) continue;
      for (const Via& same : b.technology.vias()) {
        if (same.cut == via.cut && same.upper == via.upper && same.lower != plate)
          bottom = same.lower;
      }
    }
    if (!bottom) continue;
    std::vector<std::int32_t> below(plates.size(), -1);
    const std::vector<RectPair> pairs = overlapping_pairs(plates, b.wires[*bottom]);
    for (auto pair = pairs.rbegin(); pair != pairs.rend(); ++pair) {
      below[static_cast<std::size_t>(pair->a)] = pair->b;
    }
    for (const auto& group : members_of(plates)) {
      FoundDevice device;
      device.model = m;
      DbuArea area = 0;
      for (const std::int32_t rect : group) {
        device.body = device.body.united(plates[static_cast<std::size_t>(rect)]);
        area += plates[static_cast<std::size_t>(rect)].area();
      }
      if (group.size() > 1) b.odd("A MIM plate that is no rectangle.", device.body);
      device.width = device.body.width();
      device.length = static_cast<Dbu>(
          std::llround(static_cast<double>(area) / std::max<Dbu>(1, device.width)));
      const auto first = static_cast<std::size_t>(group.front());
      device.terminals = {{b.node(plate, group.front()), plate, device.body},
                          {b.node(*bottom, below[first]), *bottom, device.body}};
      b.devices.push_back(std::move(device));
    }
  }
}

void find_resistors(Builder& b) {
  for (const Bodies& bodies : b.bodies) {
    const Layer& layer = b.technology.layer(bodies.layer);
    if (layer.type == LayerType::kDiffusion || layer.type == LayerType::kWell) {
      if (!bodies.drawn.empty())
        b.odd("A resistor of " + layer.name + ", which the technology does not have.",
              box_of(bodies.drawn));
      continue;
    }
    find_bodies(b, bodies.layer, bodies.drawn, false);
    find_bodies(b, bodies.layer, bodies.shorts, true);
  }
}

}  // namespace ptah::native
