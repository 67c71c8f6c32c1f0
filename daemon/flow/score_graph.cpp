#include "flow/score_graph.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "ptah/core/letter_case.hpp"
#include "ptah/core/random.hpp"

namespace ptah::score_graph {

Colour mix(Colour a, Colour b) {
  return mix64(a * 0x9e3779b97f4a7c15ull + b + 0x7f4a7c159e3779b9ull);
}

Colour hash_text(std::string_view text) {
  Colour hash = 14695981039346656037ull;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ull;
  return hash;
}

namespace {

/// "..._res_xhigh_po_0p35" and "..._res_xhigh_po": the width is part of some names only.
std::string without_width(std::string name) {
  const std::size_t underscore = name.rfind('_');
  if (underscore == std::string::npos) return name;
  const std::string tail = name.substr(underscore + 1);
  const std::size_t p = tail.find('p');
  const auto digits = [](const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  };
  if (p == std::string::npos || !digits(tail.substr(0, p)) || !digits(tail.substr(p + 1))) {
    return name;
  }
  return name.substr(0, underscore);
}

/// Terminals that one may exchange have one role; 0: passed over.
int role(DeviceKind kind, std::size_t position) {
  switch (kind) {
    case DeviceKind::kNmos:
    case DeviceKind::kPmos:
      return std::array{1, 2, 1, 0}[std::min<std::size_t>(position, 3)];
    case DeviceKind::kCapacitor:
      return position == 0 ? 3 : position == 1 ? 4 : 0;
    case DeviceKind::kResistor:
      return position < 2 ? 5 : 0;
    case DeviceKind::kNdiode:
    case DeviceKind::kPdiode:
      return position == 0 ? 6 : 7;
    case DeviceKind::kBlock:
      break;
  }
  return 0;
}

Type type_of(const std::string& model, Dbu width, Dbu length, const Technology& technology,
             DeviceKind& kind) {
  const DeviceModel* known = technology.find_device(model);
  if (known != nullptr) kind = known->kind;
  const std::string name = known != nullptr ? known->name : model;
  Type type;
  if (kind == DeviceKind::kResistor) {
    // Given by value or by size, with the width in the name or beside it: the topology tells.
    type.kind = hash_text(lower_case(without_width(name)));
    return type;
  }
  type.kind = hash_text(lower_case(name));
  const bool turnable = kind == DeviceKind::kCapacitor || is_diode(kind);
  if (turnable && width > length) std::swap(width, length);
  type.size = mix(static_cast<Colour>(width), static_cast<Colour>(length));
  return type;
}

void add(Graph& graph, std::map<std::vector<Colour>, std::size_t>& known, Item item) {
  std::sort(item.ends.begin(), item.ends.end());
  std::vector<Colour> key{item.type.kind, item.type.size};
  for (const auto& [end_role, net] : item.ends) {
    key.push_back(static_cast<Colour>(end_role));
    key.push_back(static_cast<Colour>(net));
  }
  const auto [found, fresh] = known.emplace(std::move(key), graph.items.size());
  if (fresh) {
    graph.items.push_back(std::move(item));
    return;
  }
  Item& present = graph.items[found->second];
  present.members.push_back(item.members.front());
  present.count = present.count == 0 || item.count == 0 ? 0 : present.count + item.count;
}

}  // namespace

void Graph::index(std::size_t nets) {
  uses.assign(nets, {});
  for (std::size_t i = 0; i < items.size(); ++i) {
    for (const auto& [end_role, net] : items[i].ends) {
      uses[static_cast<std::size_t>(net)].emplace_back(static_cast<int>(i), end_role);
    }
  }
}

Graph graph_of(const FoundParts& found, const Technology& technology) {
  Graph graph;
  std::map<std::vector<Colour>, std::size_t> known;
  for (std::size_t i = 0; i < found.parts.size(); ++i) {
    const FoundPart& part = found.parts[i];
    DeviceKind kind = part.nets.size() >= 4 ? DeviceKind::kNmos : DeviceKind::kResistor;
    Item item;
    item.type = type_of(part.model, part.width, part.length, technology, kind);
    for (std::size_t t = 0; t < part.nets.size(); ++t) {
      if (part.nets[t] >= 0 && role(kind, t) != 0)
        item.ends.emplace_back(role(kind, t), part.nets[t]);
    }
    item.members = {static_cast<int>(i)};
    item.count = part.count;
    add(graph, known, std::move(item));
  }
  graph.seed.assign(found.nets.size(), 0);
  graph.index(found.nets.size());
  return graph;
}

Graph graph_of(const Circuit& circuit, const Technology& technology) {
  Graph graph;
  std::map<std::vector<Colour>, std::size_t> known;
  for (std::size_t i = 0; i < circuit.devices.size(); ++i) {
    const Device& device = circuit.devices[i];
    DeviceKind kind = device.kind;
    Item item;
    item.type = type_of(device.model, device.width, device.length, technology, kind);
    for (std::size_t t = 0; t < device.nets.size(); ++t) {
      if (role(kind, t) != 0) item.ends.emplace_back(role(kind, t), device.nets[t]);
    }
    item.members = {static_cast<int>(i)};
    item.count = device.is_mos() ? device.total_fingers() : device.multiplier;
    add(graph, known, std::move(item));
  }
  graph.seed.assign(circuit.nets.size(), 0);
  graph.index(circuit.nets.size());
  return graph;
}

Colours initial(const Graph& graph) {
  Colours colours{{}, graph.seed};
  for (const Item& item : graph.items) colours.items.push_back(mix(item.type.kind, item.type.size));
  return colours;
}

void refine_once(const Graph& graph, Colours& colours) {
  for (std::size_t i = 0; i < graph.items.size(); ++i) {
    Colour sum = 0;
    for (const auto& [end_role, net] : graph.items[i].ends) {
      sum += mix(static_cast<Colour>(end_role), colours.nets[static_cast<std::size_t>(net)]);
    }
    colours.items[i] = mix(colours.items[i], sum);
  }
  for (std::size_t n = 0; n < graph.uses.size(); ++n) {
    Colour sum = 0;
    for (const auto& [item, end_role] : graph.uses[n]) {
      sum += mix(colours.items[static_cast<std::size_t>(item)], static_cast<Colour>(end_role));
    }
    colours.nets[n] = mix(colours.nets[n], sum);
  }
}

}  // namespace ptah::score_graph
