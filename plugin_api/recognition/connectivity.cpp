/// The steps in order, then names and numbers for what they found.
#include "recognition/connectivity.hpp"

#include <algorithm>
#include <cstdio>

#include "recognition/builder.hpp"

namespace ptah::native {
namespace {

/// Most oddities reported; a drawing of anything else has as many as shapes.
constexpr std::size_t kMostOddities = 1000;

struct LabelledNet {
  std::int32_t node;
  std::size_t label;
};

/// Which node each label names; what names nothing is an oddity.
std::vector<LabelledNet> attach_labels(Builder& b) {
  std::vector<LabelledNet> attached;
  const auto& labels = b.flat.labels;
  std::vector<std::vector<std::size_t>> by_layer(b.technology.layers().size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i].layer < by_layer.size()) by_layer[labels[i].layer].push_back(i);
  }
  std::vector<Rect> points;
  for (std::size_t l = 0; l < by_layer.size(); ++l) {
    const auto layer = static_cast<LayerId>(l);
    auto& list = by_layer[l];
    if (list.empty()) continue;
    const bool substrate = b.names.pwell == layer;
    const LayerType type = b.technology.layer(layer).type;
    const bool names_nets = substrate || type == LayerType::kWell ||
                            type == LayerType::kDiffusion || type == LayerType::kPoly ||
                            type == LayerType::kConductor || type == LayerType::kPlate;
    if (!names_nets) continue;  // free text
    std::sort(list.begin(), list.end(), [&](std::size_t a, std::size_t c) {
      return std::tie(labels[a].at.y, labels[a].at.x, labels[a].text, a) <
             std::tie(labels[c].at.y, labels[c].at.x, labels[c].text, c);
    });
    points.clear();
    for (const std::size_t i : list) {
      points.push_back({labels[i].at.x, labels[i].at.y, labels[i].at.x, labels[i].at.y});
    }
    std::vector<bool> found(list.size(), false);
    for (const RectPair& pair : touching_pairs(points, b.wires[l])) {
      const auto at = static_cast<std::size_t>(pair.a);
      found[at] = true;
      attached.push_back({b.node(layer, pair.b), list[at]});
    }
    for (std::size_t k = 0; k < list.size(); ++k) {
      if (found[k]) continue;
      if (substrate) {
        attached.push_back({Builder::kSubstrateNode, list[k]});
      } else {
        b.odd("Label \"" + labels[list[k]].text + "\" on " + b.technology.layer(layer).name +
                  " lies on nothing of its layer.",
              points[k]);
      }
    }
  }
  return attached;
}

std::string place_name(const Technology& technology, LayerId layer, const Rect& rect) {
  char text[64];
  std::snprintf(text, sizeof text, "_%.3f_%.3f", to_um(rect.x0), to_um(rect.y0));
  return technology.layer(layer).name + text;
}

/// Nets by number, names, boxes; nodes everywhere become nets.
Connectivity number_nets(Builder& b, const std::vector<LabelledNet>& labels) {
  Connectivity result;
  std::vector<NetIndex> net_of(b.nodes.size(), kNone);
  const auto net = [&](std::int32_t node) -> NetIndex& {
    return net_of[static_cast<std::size_t>(b.nodes.find(node))];
  };
  net(Builder::kSubstrateNode) = 0;
  result.substrate = 0;
  result.nets.emplace_back();
  struct First {
    LayerId layer;
    Rect rect;
  };
  std::vector<First> first(1, First{0, {}});
  result.conductors.resize(b.wires.size());
  for (std::size_t l = 0; l < b.wires.size(); ++l) {
    const auto layer = static_cast<LayerId>(l);
    auto& conductors = result.conductors[l];
    conductors.reserve(b.wires[l].size());
    for (std::size_t i = 0; i < b.wires[l].size(); ++i) {
      const Rect& rect = b.wires[l][i];
      NetIndex& index = net(b.node(layer, static_cast<std::int32_t>(i)));
      if (index == kNone) {
        index = static_cast<NetIndex>(result.nets.size());
        result.nets.emplace_back();
        first.push_back({layer, rect});
      }
      FoundNet& found = result.nets[static_cast<std::size_t>(index)];
      found.box = found.box.united(rect);
      conductors.push_back({rect, index});
    }
  }

  std::vector<std::string> pin_names(result.nets.size());
  for (const LabelledNet& labelled : labels) {
    const auto index = static_cast<std::size_t>(net(labelled.node));
    const gds::Flat::Label& label = b.flat.labels[labelled.label];
    FoundNet& found = result.nets[index];
    found.labels.push_back(label.text);
    found.label_places.push_back({label.text, label.layer, label.at});
    if (label.is_pin) {
      found.port = true;
      if (pin_names[index].empty() || label.text < pin_names[index]) pin_names[index] = label.text;
    }
  }
  std::vector<std::pair<std::string, std::size_t>> used;
  for (std::size_t i = 0; i < result.nets.size(); ++i) {
    FoundNet& found = result.nets[i];
    std::sort(found.labels.begin(), found.labels.end());
    found.labels.erase(std::unique(found.labels.begin(), found.labels.end()), found.labels.end());
    if (!found.labels.empty()) {
      found.name = found.port ? pin_names[i] : found.labels.front();
      used.emplace_back(found.name, i);
    } else if (i == static_cast<std::size_t>(result.substrate)) {
      found.name = "substrate";
    } else {
      found.name = place_name(b.technology, first[i].layer, first[i].rect);
    }
  }
  // Two nets with one label stay two nets, the second under a name of its own.
  std::sort(used.begin(), used.end());
  for (std::size_t k = 1, copy = 2; k < used.size(); ++k) {
    copy = used[k].first == used[k - 1].first ? copy : 2;
    if (used[k].first == used[k - 1].first)
      result.nets[used[k].second].name += "#" + std::to_string(copy++);
  }

  for (Contact& contact : b.contacts) contact.net = net(contact.net);
  for (FoundDevice& device : b.devices) {
    for (FoundTerminal& terminal : device.terminals) terminal.net = net(terminal.net);
  }
  std::sort(b.devices.begin(), b.devices.end(), [](const FoundDevice& l, const FoundDevice& r) {
    return std::tie(l.body.y0, l.body.x0, l.model, l.body) <
           std::tie(r.body.y0, r.body.x0, r.model, r.body);
  });
  std::sort(b.oddities.begin(), b.oddities.end(), [](const Oddity& l, const Oddity& r) {
    return std::tie(l.place, l.text) < std::tie(r.place, r.text);
  });
  if (b.oddities.size() > kMostOddities) b.oddities.resize(kMostOddities);
  result.contacts = std::move(b.contacts);
  result.devices = std::move(b.devices);
  result.oddities = std::move(b.oddities);
  return result;
}

}  // namespace

NamedLayers::NamedLayers(const Technology& technology)
    : nwell(technology.find_layer("nwell")),
      dnwell(technology.find_layer("dnwell")),
      pwell(technology.find_layer("pwell")),
      diff(technology.find_layer("diff")),
      tap(technology.find_layer("tap")),
      poly(technology.find_layer("poly")),
      nsdm(technology.find_layer("nsdm")),
      psdm(technology.find_layer("psdm")),
      npc(technology.find_layer("npc")),
      hvi(technology.find_layer("hvi")) {}

Builder::Builder(const gds::Flat& layout, const Technology& description)
    : flat(layout), technology(description), names(description) {
  const std::size_t layers = technology.layers().size();
  drawn.resize(layers);
  std::vector<std::size_t> counts(layers, 0);
  for (const Shape& shape : flat.shapes) {
    if (shape.layer < layers) ++counts[shape.layer];
  }
  for (std::size_t i = 0; i < layers; ++i) drawn[i].reserve(counts[i]);
  for (const Shape& shape : flat.shapes) {
    if (shape.layer < layers) drawn[shape.layer].push_back(shape.rect);
  }
  regions_.resize(layers);
}

const Region& Builder::region(std::optional<LayerId> layer) {
  static const Region kEmpty;
  if (!layer) return kEmpty;
  auto& region = regions_[*layer];
  if (!region) region = united(drawn[*layer]);
  return *region;
}

Connectivity find_connectivity(const gds::Flat& flat, const Technology& technology) {
  Builder builder(flat, technology);
  make_conductors(builder);
  join_wells(builder);
  join_cuts(builder);
  find_transistors(builder);
  find_capacitors(builder);
  find_diodes(builder);
  find_varactors(builder);
  find_resistors(builder);
  return number_nets(builder, attach_labels(builder));
}

}  // namespace ptah::native
