#include "canonical.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "ptah/core/letter_case.hpp"
#include "ptah/core/random.hpp"
#include "spice_text.hpp"

namespace ptah {
namespace {

using Colour = std::uint64_t;

/// Equal colours for equal surroundings, on every machine.
Colour mix(Colour a, Colour b) {
  return mix64(a * 0x9e3779b97f4a7c15ull + b + 0x632be59bd9b4e019ull);
}

Colour mix(Colour a, const std::string& text) {
  for (const char c : text) a = mix(a, static_cast<unsigned char>(c));
  return a;
}

bool is_diffusion(const std::string& name) {
  return std::find(std::begin(kDiffusion), std::end(kDiffusion), name) != std::end(kDiffusion);
}

struct Part {
  ExtractedDevice device;
  std::vector<std::size_t> nets;
  std::size_t alike = 0;  ///< The terminals before this one are interchangeable.
  bool transistor = false;
  Colour kind = 0;    ///< Of the model and its sizes.
  Colour copies = 0;  ///< In thousandths: so many of it look like one with that multiplier.
};

class Canon {
 public:
  explicit Canon(const ExtractedNetlist& netlist, const Technology& technology)
      : netlist_(netlist) {
    for (const std::string& port : netlist.ports) colour_[net(port)] = mix(1, lower_case(port));
    for (const ExtractedDevice& device : netlist.devices) add(device, technology);
    for (const ExtractedCapacitor& capacitor : netlist.capacitors) {
      net(capacitor.a);
      net(capacitor.b);
    }
    for (const ExtractedResistor& resistor : netlist.resistors) {
      net(resistor.a);
      net(resistor.b);
    }
    if (named()) {
      for (std::size_t i = 0; i < names_.size(); ++i) colour_[i] = mix(1, lower_case(names_[i]));
    }
    // Ground needs no port.
    for (const auto& [name, id] : ids_) {
      if (name == "0" || name == "gnd") colour_[id] = mix(2, 0);
    }
  }

  ExtractedNetlist result() {
    tell_apart();
    std::vector<std::size_t> order(colour_.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return colour_[a] < colour_[b]; });
    std::vector<std::size_t> rank(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) rank[order[i]] = i;
    const std::vector<std::string> names = new_names(order);

    ExtractedNetlist canonical;
    canonical.name = netlist_.name;
    canonical.ports = netlist_.ports;
    put_devices(rank, names, canonical);
    put_capacitors(rank, order, names, canonical);
    put_resistors(rank, order, names, canonical);
    return canonical;
  }

 private:
  /// Nodes have the schematic's names.
  bool named() const { return !netlist_.resistors.empty(); }

  std::size_t net(const std::string& name) {
    const auto [found, fresh] = ids_.emplace(lower_case(name), colour_.size());
    if (fresh) {
      colour_.push_back(0);
      names_.push_back(name);
    }
    return found->second;
  }

  void add(const ExtractedDevice& device, const Technology& technology) {
    Part part;
    part.device = device;
    const DeviceModel* model = technology.find_device(device.model);
    if (model != nullptr) {
      part.transistor = model->kind == DeviceKind::kNmos || model->kind == DeviceKind::kPmos;
      const bool resistor = model->kind == DeviceKind::kResistor;
      if (resistor && device.nets.size() >= 2) part.alike = 2;
      if (part.transistor && device.nets.size() == 4) part.alike = 3;
    }
    const auto copies = device.parameters.find("m");
    const double count = copies == device.parameters.end() ? 1 : copies->second;
    part.copies = static_cast<Colour>(std::llround(1e3 * count));
    part.kind = mix(3, lower_case(device.model));
    for (const auto& [name, value] : device.parameters) {
      if (name == "m") continue;
      part.kind = mix(part.kind, name);
      if (is_diffusion(name)) continue;
      part.kind = mix(part.kind, static_cast<Colour>(std::llround(value * 1e9)));
    }
    for (const std::string& name : device.nets) part.nets.push_back(net(name));
    parts_.push_back(std::move(part));
  }

  /// 0 for terminals that may change places, others for the rest: of a transistor 0 and 2.
  static Colour role(const Part& part, std::size_t terminal) {
    if (part.transistor) return part.alike == 3 && terminal == 2 ? 0 : terminal;
    return terminal < part.alike ? 0 : terminal;
  }

  std::size_t refine_once() {
    std::vector<Colour> sums(colour_.size(), 0);
    for (const Part& part : parts_) {
      Colour whole = 0;
      for (std::size_t i = 0; i < part.nets.size(); ++i)
        whole += mix(role(part, i) + 17, colour_[part.nets[i]]);
      whole = mix(part.kind, whole);
      for (std::size_t i = 0; i < part.nets.size(); ++i)
        sums[part.nets[i]] += part.copies * mix(whole, role(part, i) + 31);
    }
    std::set<Colour> different;
    for (std::size_t i = 0; i < colour_.size(); ++i) {
      colour_[i] = mix(colour_[i], sums[i]);
      different.insert(colour_[i]);
    }
    return different.size();
  }

  /// Gives every net a colour of its own.
  void tell_apart() {
    std::size_t known = 0;
    while (true) {
      for (std::size_t now = refine_once(); now > known; now = refine_once()) known = now;
      if (known >= colour_.size()) return;
      // Of those alike, the one whose name comes first is told from the others.
      std::map<Colour, std::vector<std::size_t>> groups;
      for (std::size_t i = 0; i < colour_.size(); ++i) groups[colour_[i]].push_back(i);
      for (const auto& [colour, members] : groups) {
        if (members.size() < 2) continue;
        const auto first =
            *std::min_element(members.begin(), members.end(),
                              [&](std::size_t a, std::size_t b) { return names_[a] < names_[b]; });
        colour_[first] = mix(colour, 5);
        break;
      }
      known = groups.size();
    }
  }

  /// Of each net, ports keep theirs.
  std::vector<std::string> new_names(const std::vector<std::size_t>& order) const {
    std::set<std::string> kept{"0", "gnd"};
    for (const std::string& port : netlist_.ports) kept.insert(lower_case(port));
    std::vector<std::string> names(order.size());
    std::size_t serial = 0;
    for (const std::size_t id : order) {
      if (named() || kept.count(lower_case(names_[id])) != 0) {
        names[id] = names_[id];
        continue;
      }
      do {
        names[id] = "n" + std::to_string(++serial);
      } while (kept.count(names[id]) != 0);
    }
    return names;
  }

  void put_devices(const std::vector<std::size_t>& rank, const std::vector<std::string>& names,
                   ExtractedNetlist& out) {
    for (Part& part : parts_) {
      const std::size_t other = part.transistor ? 2 : 1;
      if (part.alike == 0 || rank[part.nets[0]] <= rank[part.nets[other]]) continue;
      std::swap(part.nets[0], part.nets[other]);
      auto& values = part.device.parameters;
      if (!part.transistor) continue;
      std::map<std::string, double> swapped;
      for (const auto& [name, value] : values) {
        const std::string to = name == "ad"   ? "as"
                               : name == "as" ? "ad"
                               : name == "pd" ? "ps"
                               : name == "ps" ? "pd"
                                              : name;
        swapped[to] = value;
      }
      values = std::move(swapped);
    }
    std::map<std::tuple<std::string, std::vector<std::size_t>, Colour>, std::vector<const Part*>>
        groups;
    for (const Part& part : parts_) {
      std::vector<std::size_t> ranks;
      for (const std::size_t id : part.nets) ranks.push_back(rank[id]);
      groups[{part.device.model, std::move(ranks), part.kind}].push_back(&part);
    }
    for (const auto& [key, members] : groups) {
      std::vector<ExtractedDevice> devices;
      if (members.front()->transistor) {
        devices = in_parallel(members);
      } else {
        for (const Part* part : members) devices.push_back(part->device);
      }
      for (ExtractedDevice& device : devices) {
        device.name = "d";
        device.nets.clear();
        for (const std::size_t id : members.front()->nets) device.nets.push_back(names[id]);
        out.devices.push_back(std::move(device));
      }
    }
  }

  /// Junctions of drain and source do not know of each other, so that parallel transistors may swap
  /// theirs: the largest drain and the largest source go to the first, and so on; equal ones become
  /// one with a multiplier. (Their mean would not do: a perimeter less than the gate's counts as
  /// 0.)
  static std::vector<ExtractedDevice> in_parallel(const std::vector<const Part*>& members) {
    using Junctions = std::map<std::pair<double, double>, double, std::greater<>>;  // -> how many
    const auto junctions = [&](const char* area, const char* perimeter) {
      Junctions all;
      for (const Part* part : members) {
        const auto value = [&](const char* name, double otherwise) {
          const auto found = part->device.parameters.find(name);
          return found == part->device.parameters.end() ? otherwise : found->second;
        };
        all[{value(area, 0), value(perimeter, 0)}] += value("m", 1);
      }
      return all;
    };
    Junctions drains = junctions("ad", "pd"), sources = junctions("as", "ps");
    std::vector<ExtractedDevice> devices;
    while (!drains.empty() && !sources.empty()) {
      const auto drain = drains.begin(), source = sources.begin();
      const double copies = std::min(drain->second, source->second);
      ExtractedDevice device = members.front()->device;
      for (auto& [name, value] : device.parameters) {
        if (name == "ad") value = drain->first.first;
        if (name == "pd") value = drain->first.second;
        if (name == "as") value = source->first.first;
        if (name == "ps") value = source->first.second;
      }
      device.parameters["m"] = copies;
      if (copies == 1) device.parameters.erase("m");
      devices.push_back(std::move(device));
      const auto take = [&](Junctions& from) {
        auto& left = from.begin()->second;
        left -= copies;
        if (left <= 0) from.erase(from.begin());
      };
      take(drains);
      take(sources);
    }
    return devices;
  }

  void put_capacitors(const std::vector<std::size_t>& rank, const std::vector<std::size_t>& order,
                      const std::vector<std::string>& names, ExtractedNetlist& out) {
    std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> pairs;
    for (const ExtractedCapacitor& capacitor : netlist_.capacitors) {
      const std::size_t a = rank[net(capacitor.a)], b = rank[net(capacitor.b)];
      if (a == b || !std::isfinite(capacitor.farad)) continue;
      pairs[std::minmax(a, b)].push_back(capacitor.farad);
    }
    if (order.size() <= kPairedNets && !named()) {
      for (std::size_t b = 1; b < order.size(); ++b)
        for (std::size_t a = 0; a < b; ++a) pairs.try_emplace({a, b});
    }
    for (auto& [pair, values] : pairs) {
      std::sort(values.begin(), values.end());
      double sum = 0;
      for (const double value : values) sum += value;
      out.capacitors.push_back({names[order[pair.first]], names[order[pair.second]], sum});
    }
  }

  void put_resistors(const std::vector<std::size_t>& rank, const std::vector<std::size_t>& order,
                     const std::vector<std::string>& names, ExtractedNetlist& out) {
    std::map<std::pair<std::size_t, std::size_t>, double> pairs;
    for (const ExtractedResistor& resistor : netlist_.resistors) {
      pairs[std::minmax(rank[net(resistor.a)], rank[net(resistor.b)])] = resistor.ohm;
    }
    for (const auto& [pair, ohm] : pairs) {
      out.resistors.push_back({names[order[pair.first]], names[order[pair.second]], ohm});
    }
  }

  const ExtractedNetlist& netlist_;
  std::map<std::string, std::size_t> ids_;  ///< By lower-case name: SPICE folds case.
  std::vector<std::string> names_;
  std::vector<Colour> colour_;
  std::vector<Part> parts_;
};

/// One resistor for every pair of nodes that they join, and no two ports joined: none is a wire
/// then.
bool complete(const ExtractedNetlist& netlist) {
  std::map<std::string, std::size_t> ids;
  std::vector<std::size_t> group;  // by node; a group's number is its first node
  const auto node = [&](const std::string& name) {
    const auto [found, fresh] = ids.emplace(lower_case(name), group.size());
    if (fresh) group.push_back(group.size());
    return found->second;
  };
  const auto find = [&](std::size_t at) {
    while (group[at] != at) at = group[at] = group[group[at]];
    return at;
  };
  std::set<std::pair<std::size_t, std::size_t>> pairs;
  for (const ExtractedResistor& resistor : netlist.resistors) {
    const std::size_t a = node(resistor.a), b = node(resistor.b);
    if (a == b || !pairs.insert(std::minmax(a, b)).second) return false;
    const std::size_t x = find(a), y = find(b);
    group[std::max(x, y)] = std::min(x, y);
  }
  std::map<std::size_t, std::size_t> nodes;
  for (std::size_t i = 0; i < group.size(); ++i) ++nodes[find(i)];
  std::size_t wanted = 0;
  for (const auto& [first, count] : nodes) wanted += count * (count - 1) / 2;
  if (pairs.size() != wanted) return false;
  std::set<std::size_t> with_port;
  for (const std::string& port : netlist.ports) {
    if (!with_port.insert(find(node(port))).second) return false;
  }
  return true;
}

}  // namespace

std::optional<ExtractedNetlist> canonical(const ExtractedNetlist& netlist,
                                          const Technology& technology) {
  if (!complete(netlist)) return std::nullopt;
  return Canon(netlist, technology).result();
}

}  // namespace ptah
