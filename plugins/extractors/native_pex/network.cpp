#include "network.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <tuple>

#include "partition.hpp"

namespace ptah::native {
namespace {

/// Squares from the edge of a rectangle, entered over a width of `w`, to its axis at depth `d`:
/// straight ahead at first, then the current widens by 45 degrees to either side.
double crossing_squares(double d, double w) {
  if (d <= w) return d / w;
  return 1 + 0.5 * std::log(1 + 2 * (d - w) / w);
}

/// Wires whose widths differ more than this do not turn into each other: one ends on the other.
constexpr Dbu kMostUnequal = 3;

bool is_wire(const Technology& technology, LayerId id) {
  const Layer& layer = technology.layer(id);
  return layer.type == LayerType::kPoly || layer.type == LayerType::kConductor ||
         layer.type == LayerType::kPlate || layer.name == "diff";
}

Point center_of(const Rect& a, const Rect& b) {
  return (a.touches(b) ? a.intersection(b) : b).center();
}

}  // namespace

double corner_squares(double a, double b) {
  const double r = std::max(a, b) / std::min(a, b), s = r * r;
  return 1 / r - 2 / std::numbers::pi * std::log(4 * r / (s + 1)) +
         (s - 1) / (std::numbers::pi * r) * std::acos((s - 1) / (s + 1));
}

ResistanceLaw resistance_law(const Technology& technology) {
  const Parasitics& parasitics = technology.parasitics();
  const auto typical = [](const auto& table, const std::string& key) {
    const auto found = table.find(key);
    return found == table.end() ? 0.0 : found->second.typical;
  };
  ResistanceLaw law;
  law.cut_area.assign(technology.layers().size(), 0);
  for (LayerId id = 0; id < technology.layers().size(); ++id) {
    const Layer& layer = technology.layer(id);
    const bool cut = layer.type == LayerType::kCut;
    law.sheet.push_back(cut || layer.name == "diff" ? 0
                                                    : typical(parasitics.sheet_ohm, layer.name));
    law.cut.push_back(cut ? typical(parasitics.contact_ohm, layer.name) : 0);
  }
  for (const Via& via : technology.vias()) {
    law.cut_area[via.cut] = static_cast<DbuArea>(via.size) * via.size;
  }
  law.on_n = typical(parasitics.contact_ohm, "ndiff");
  law.on_p = typical(parasitics.contact_ohm, "pdiff");
  law.on_poly = typical(parasitics.contact_ohm, "poly");
  return law;
}

void NetworkBuilder::find(const Connectivity& connectivity, const Technology& technology,
                          const ResistanceLaw& law, ResistorNetwork& into,
                          std::span<const std::optional<FoundLabel>> entries) {
  attachments_.clear();
  raw_.clear();
  wanted_.clear();
  edges_.clear();
  well_.assign(connectivity.nets.size(), kNone);
  port_.assign(connectivity.nets.size(), kNone);
  collect_wires(connectivity, technology, law);
  mark_heads(connectivity, technology);
  join_neighbours(law);
  join_cuts(connectivity, technology, law);
  attach_terminals(connectivity, technology);
  attach_ports(connectivity, entries);
  cut_wires();
  mend_torn_nets(connectivity.nets.size());
  reduce();
  finish(connectivity, into);
}

NetworkBuilder::Raw NetworkBuilder::new_node(NetIndex net, Point at) {
  raw_.push_back({net, at, 0});
  wanted_.push_back(false);
  return static_cast<Raw>(raw_.size() - 1);
}

NetworkBuilder::Raw NetworkBuilder::well(NetIndex net) {
  Raw& node = well_[static_cast<std::size_t>(net)];
  if (node == kNone) node = new_node(net, {});
  return node;
}

NetworkBuilder::Raw NetworkBuilder::attach(std::int32_t index, Point at, Dbu along) {
  const Wire& wire = wires_[static_cast<std::size_t>(index)];
  if (wire.one_node) {
    Raw& node = one_node_[static_cast<std::size_t>(index)];
    if (node == kNone) node = new_node(wire.net, wire.rect.center());
    return node;
  }
  const Raw node = new_node(wire.net, at);
  attachments_.push_back({index, std::clamp(along, wire.from(), wire.to()), node});
  return node;
}

NetworkBuilder::Raw NetworkBuilder::attach(std::int32_t index, Point at) {
  return attach(index, at, wires_[static_cast<std::size_t>(index)].horizontal ? at.x : at.y);
}

void NetworkBuilder::collect_wires(const Connectivity& connectivity, const Technology& technology,
                                   const ResistanceLaw& law) {
  wires_.clear();
  rects_.clear();
  layer_start_.clear();
  for (std::size_t id = 0; id < connectivity.conductors.size(); ++id) {
    layer_start_.push_back(wires_.size());
    const auto layer = static_cast<LayerId>(id);
    if (!is_wire(technology, layer)) {
      // A well has capacitances of its own; a tap and a deep well that lie in it do not add to
      // them.
      const bool counts = technology.layer(layer).name == "nwell";
      for (const NetRect& shape : connectivity.conductors[id]) {
        const auto node = static_cast<std::size_t>(well(shape.net));
        wanted_[node] = true;
        if (counts) raw_[node].area_um2 += to_um2(shape.rect.area());
      }
      continue;
    }
    std::vector<NetRect> shapes = connectivity.conductors[id];
    std::sort(shapes.begin(), shapes.end(), [](const NetRect& a, const NetRect& b) {
      return std::tie(a.rect.y0, a.rect.x0) < std::tie(b.rect.y0, b.rect.x0);
    });
    if (law.sheet[id] > 0) cut_into_plates(shapes);
    for (const NetRect& shape : shapes) {
      Wire wire;
      wire.rect = shape.rect;
      wire.net = shape.net;
      wire.layer = layer;
      wire.horizontal = shape.rect.width() > shape.rect.height();
      wire.sheet = law.sheet[id];
      wire.one_node = wire.sheet <= 0;
      wires_.push_back(wire);
    }
  }
  layer_start_.push_back(wires_.size());
  for (const Wire& wire : wires_) rects_.push_back(wire.rect);
  one_node_.assign(wires_.size(), kNone);
}

void NetworkBuilder::answer(LayerId layer, std::vector<Query>& queries) const {
  if (static_cast<std::size_t>(layer) + 1 >= layer_start_.size()) return;
  const std::size_t begin = layer_start_[layer], end = layer_start_[layer + 1u];
  const std::span<const Rect> rects(rects_.data() + begin, end - begin);
  std::vector<std::int32_t> order(queries.size());
  std::iota(order.begin(), order.end(), 0);
  const auto query = [&](std::int32_t i) -> Query& { return queries[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return query(a).rect.y0 < query(b).rect.y0;
  });
  std::vector<Rect> places;
  for (const std::int32_t i : order) places.push_back(query(i).rect);
  DbuArea best = -1;
  std::int32_t last = kNone;
  for (const RectPair& pair : touching_pairs(places, rects)) {
    if (pair.a != last) best = -1;
    last = pair.a;
    Query& asked = query(order[static_cast<std::size_t>(pair.a)]);
    const auto wire = static_cast<std::int32_t>(begin) + pair.b;
    if (wires_[static_cast<std::size_t>(wire)].net != asked.net) continue;
    const DbuArea area = asked.rect.intersection(rects[static_cast<std::size_t>(pair.b)]).area();
    if (area <= best) continue;
    best = area;
    asked.wire = wire;
  }
}

// Heads of precision resistors, contacts included, are part of their models.
void NetworkBuilder::mark_heads(const Connectivity& connectivity, const Technology& technology) {
  std::vector<Query> heads;
  LayerId layer = 0;
  for (const FoundDevice& device : connectivity.devices) {
    const DeviceModel& model = technology.devices()[device.model];
    if (model.kind != DeviceKind::kResistor || model.terminals < 3) continue;
    for (const std::size_t end : {terminal::kA, terminal::kB}) {
      const FoundTerminal& head = device.terminals[end];
      layer = head.layer;
      heads.push_back({head.place, head.net, kNone});
    }
  }
  answer(layer, heads);
  for (const Query& head : heads) {
    if (head.wire == kNone) continue;
    Wire& wire = wires_[static_cast<std::size_t>(head.wire)];
    wire.one_node = true;
    wire.sheet = 0;
  }
}

void NetworkBuilder::join_neighbours(const ResistanceLaw& law) {
  struct Joint {
    std::int32_t a, b;
    Rect common;  ///< A line.
  };
  const auto wire_at = [&](std::int32_t i) -> Wire& { return wires_[static_cast<std::size_t>(i)]; };
  std::vector<Joint> joints;
  for (std::size_t layer = 0; layer + 1 < layer_start_.size(); ++layer) {
    const std::size_t begin = layer_start_[layer], end = layer_start_[layer + 1];
    if (begin == end) continue;
    const std::span<const Rect> rects(rects_.data() + begin, end - begin);
    const auto first = static_cast<std::int32_t>(begin);
    for (const RectPair& pair : touching_pairs(rects, rects)) {
      if (pair.a >= pair.b) continue;
      const std::int32_t a = first + pair.a, b = first + pair.b;
      Wire &l = wire_at(a), &u = wire_at(b);
      const Rect common = l.rect.intersection(u.rect);
      if (l.net != u.net || common.width() + common.height() == 0) continue;
      if (law.sheet[layer] <= 0) {
        const Raw x = attach(a, common.center()), y = attach(b, common.center());
        edges_.push_back({x, y, 0});
        continue;
      }
      joints.push_back({a, b, common});
      for (Wire* wire : {&l, &u}) {
        const auto count = [](std::uint8_t& ends) { ends = ends < 2 ? ends + 1 : 2; };
        if ((wire->horizontal ? common.x0 : common.y0) == wire->from()) count(wire->ends[0]);
        if ((wire->horizontal ? common.x1 : common.y1) == wire->to()) count(wire->ends[1]);
      }
    }
  }
  for (const Joint& joint : joints) {
    const Rect& common = joint.common;
    double ohm = 0;
    const auto reach = [&](std::int32_t index, std::int32_t other) {
      const Wire& wire = wire_at(index);
      const bool across = wire.horizontal == (common.height() == 0);
      if (!across || wire.one_node) return attach(index, common.center());
      const Dbu lo = wire.horizontal ? common.x0 : common.y0,
                hi = wire.horizontal ? common.x1 : common.y1;
      const Dbu w = hi - lo, h = wire.across();
      const bool begin = lo == wire.from(), end = hi == wire.to();
      if (begin != end && wire.ends[begin ? 0 : 1] == 1 &&
          wire_at(other).horizontal != wire.horizontal && w <= kMostUnequal * h &&
          h <= kMostUnequal * w) {
        ohm += wire.sheet * corner_squares(w, h);
        return attach(index, common.center(), begin ? hi : lo);
      }
      ohm += wire.sheet * crossing_squares(h / 2.0, w);
      return attach(index, common.center());
    };
    const Raw a = reach(joint.a, joint.b);
    const Raw b = reach(joint.b, joint.a);
    edges_.push_back({a, b, ohm});
  }
}

void NetworkBuilder::join_cuts(const Connectivity& connectivity, const Technology& technology,
                               const ResistanceLaw& law) {
  const std::vector<Contact>& contacts = connectivity.contacts;
  std::vector<Query> below(contacts.size()), above(contacts.size());
  std::vector<bool> in_well(contacts.size(), false);
  std::vector<std::vector<std::size_t>> by_lower(layer_start_.size()), by_upper(by_lower);
  for (std::size_t i = 0; i < contacts.size(); ++i) {
    below[i] = above[i] = {contacts[i].rect, contacts[i].net, kNone};
    by_lower[contacts[i].lower].push_back(i);
    by_upper[contacts[i].upper].push_back(i);
  }
  const auto ask = [&](const std::vector<std::vector<std::size_t>>& lists,
                       std::vector<Query>& all) {
    std::vector<Query> some;
    for (std::size_t layer = 0; layer < lists.size(); ++layer) {
      if (lists[layer].empty()) continue;
      some.clear();
      for (const std::size_t i : lists[layer]) some.push_back(all[i]);
      answer(static_cast<LayerId>(layer), some);
      for (std::size_t k = 0; k < some.size(); ++k) all[lists[layer][k]].wire = some[k].wire;
    }
  };
  ask(by_lower, below);
  ask(by_upper, above);
  if (const auto nwell = technology.find_layer("nwell");
      nwell && *nwell < connectivity.conductors.size()) {
    std::vector<Rect> wells, places;
    for (const NetRect& shape : connectivity.conductors[*nwell]) wells.push_back(shape.rect);
    std::vector<std::size_t> order(contacts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return contacts[a].rect.y0 < contacts[b].rect.y0;
    });
    const auto by_y = [](const Rect& a, const Rect& b) { return a.y0 < b.y0; };
    std::stable_sort(wells.begin(), wells.end(), by_y);
    for (const std::size_t i : order) places.push_back(contacts[i].rect);
    for (const RectPair& pair : overlapping_pairs(places, wells)) {
      in_well[order[static_cast<std::size_t>(pair.a)]] = true;
    }
  }

  std::vector<CutGroup> groups;
  for (std::size_t i = 0; i < contacts.size(); ++i) {
    const Contact& contact = contacts[i];
    if (above[i].wire == kNone) continue;
    // P-diffusion is in n-well, a p-tap is not.
    const bool diffusion = technology.layer(contact.lower).name == "diff";
    const bool p_type =
        technology.layer(contact.lower).type == LayerType::kDiffusion && diffusion == in_well[i];
    const DbuArea area = contact.rect.area();
    const Point at = contact.rect.center();
    groups.push_back({below[i].wire, above[i].wire, contact.cut, p_type, contact.net, area,
                      static_cast<double>(area) * at.x, static_cast<double>(area) * at.y});
  }
  const auto key = [](const CutGroup& g) {
    return std::tie(g.net, g.lower, g.upper, g.cut, g.p_type);
  };
  std::stable_sort(groups.begin(), groups.end(),
                   [&](const CutGroup& a, const CutGroup& b) { return key(a) < key(b); });
  for (std::size_t i = 0; i < groups.size();) {
    CutGroup sum = groups[i];
    for (++i; i < groups.size() && key(groups[i]) == key(sum); ++i) {
      sum.area += groups[i].area;
      sum.x += groups[i].x;
      sum.y += groups[i].y;
    }
    const auto weight = static_cast<double>(std::max<DbuArea>(1, sum.area));
    const Point at{static_cast<Dbu>(std::lround(sum.x / weight)),
                   static_cast<Dbu>(std::lround(sum.y / weight))};
    double one = law.cut[sum.cut];
    if (sum.lower == kNone) {
      one = sum.p_type ? law.on_p : law.on_n;
    } else {
      const Wire& wire = wires_[static_cast<std::size_t>(sum.lower)];
      const Layer& layer = technology.layer(wire.layer);
      if (layer.type == LayerType::kPoly) one = wire.one_node ? 0 : law.on_poly;
      if (layer.type == LayerType::kDiffusion) one = sum.p_type ? law.on_p : law.on_n;
    }
    const DbuArea standard = law.cut_area[sum.cut];
    const double count = standard > 0 ? weight / static_cast<double>(standard) : 1;
    const Raw low = sum.lower == kNone ? well(sum.net) : attach(sum.lower, at);
    const Raw high = attach(sum.upper, at);
    wanted_[static_cast<std::size_t>(low)] = wanted_[static_cast<std::size_t>(high)] = true;
    edges_.push_back({low, high, one / count});
  }
}

void NetworkBuilder::attach_terminals(const Connectivity& connectivity,
                                      const Technology& technology) {
  struct Asked {
    std::size_t device, terminal;
  };
  std::vector<std::vector<Query>> queries(layer_start_.size());
  std::vector<std::vector<Asked>> asked(layer_start_.size());
  terminals_.assign(connectivity.devices.size(), {});
  for (std::size_t d = 0; d < connectivity.devices.size(); ++d) {
    const FoundDevice& device = connectivity.devices[d];
    for (std::size_t t = 0; t < device.terminals.size(); ++t) {
      const FoundTerminal& end = device.terminals[t];
      if (!is_wire(technology, end.layer)) {
        terminals_[d].push_back(well(end.net));
        continue;
      }
      terminals_[d].push_back(kNone);
      queries[end.layer].push_back({end.place, end.net, kNone});
      asked[end.layer].push_back({d, t});
    }
  }
  for (std::size_t layer = 0; layer < queries.size(); ++layer) {
    if (queries[layer].empty()) continue;
    answer(static_cast<LayerId>(layer), queries[layer]);
    for (std::size_t k = 0; k < queries[layer].size(); ++k) {
      const Query& query = queries[layer][k];
      const Asked& of = asked[layer][k];
      const FoundDevice& device = connectivity.devices[of.device];
      Raw& node = terminals_[of.device][of.terminal];
      if (query.wire == kNone) {
        node = new_node(query.net, query.rect.center());
        continue;
      }
      const Rect& wire = rects_[static_cast<std::size_t>(query.wire)];
      Point at = center_of(query.rect, wire);
      if (technology.devices()[device.model].kind == DeviceKind::kResistor) {
        const Point body = device.body.center();
        at = {std::clamp(body.x, wire.x0, wire.x1), std::clamp(body.y, wire.y0, wire.y1)};
      }
      node = attach(query.wire, at);
    }
  }
  for (const auto& device : terminals_) {
    for (const Raw node : device) wanted_[static_cast<std::size_t>(node)] = true;
  }
}

void NetworkBuilder::attach_ports(const Connectivity& connectivity,
                                  std::span<const std::optional<FoundLabel>> entries) {
  for (std::size_t net = 0; net < connectivity.nets.size(); ++net) {
    const FoundNet& found = connectivity.nets[net];
    if (!found.port || found.label_places.empty()) continue;
    const FoundLabel* label = &found.label_places.front();
    for (const FoundLabel& other : found.label_places) {
      if (other.text == found.name) {
        label = &other;
        break;
      }
    }
    if (net < entries.size() && entries[net]) label = &*entries[net];
    const auto index = static_cast<NetIndex>(net);
    std::vector<Query> place{{{label->at.x, label->at.y, label->at.x, label->at.y}, index, kNone}};
    answer(label->layer, place);
    Raw& port = port_[net];
    if (place[0].wire != kNone) {
      port = attach(place[0].wire, label->at);
    } else {
      port = well_[net];  // a label of the substrate, or none
    }
    if (port != kNone) wanted_[static_cast<std::size_t>(port)] = true;
  }
}

// Every wire becomes the resistors between its attachments.
void NetworkBuilder::cut_wires() {
  std::sort(attachments_.begin(), attachments_.end(), [](const Attachment& a, const Attachment& b) {
    return std::tie(a.wire, a.at, a.node) < std::tie(b.wire, b.at, b.node);
  });
  std::size_t next = 0;
  for (std::size_t w = 0; w < wires_.size(); ++w) {
    const Wire& wire = wires_[w];
    const double um2 = to_um2(wire.rect.area());
    const std::size_t begin = next;
    while (next < attachments_.size() && attachments_[next].wire == static_cast<std::int32_t>(w)) {
      ++next;
    }
    if (wire.one_node || begin == next) {
      if (one_node_[w] == kNone) one_node_[w] = new_node(wire.net, wire.rect.center());
      // Diffusion has its capacitance in the transistors.
      if (wire.sheet > 0) raw_[static_cast<std::size_t>(one_node_[w])].area_um2 += um2;
      continue;
    }
    const double um2_per_nm = um2 / (wire.to() - wire.from());
    const auto give = [&](const Attachment& to, double nm) {
      raw_[static_cast<std::size_t>(to.node)].area_um2 += um2_per_nm * nm;
    };
    give(attachments_[begin], attachments_[begin].at - wire.from());
    give(attachments_[next - 1], wire.to() - attachments_[next - 1].at);
    for (std::size_t i = begin + 1; i < next; ++i) {
      const Attachment &a = attachments_[i - 1], &b = attachments_[i];
      const double nm = b.at - a.at;
      edges_.push_back({a.node, b.node, wire.sheet * nm / wire.across()});
      give(a, nm / 2);
      give(b, nm / 2);
    }
  }
}

}  // namespace ptah::native
