#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "netlist/sizes.hpp"
#include "netlist/text.hpp"
#include "ptah/netlist/extracted.hpp"

namespace ptah {
namespace {

/// SPEF reads anything but letters, digits and underscores with a backslash before it.
std::string escaped(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && c != '_') out += '\\';
    out += c;
  }
  return out;
}

/// Nodes in the order of their first appearance, and the nets that resistors make of them.
class Nets {
 public:
  explicit Nets(const ExtractedNetlist& netlist) {
    for (const std::string& port : netlist.ports) node(port);
    for (const ExtractedDevice& device : netlist.devices) {
      for (const std::string& net : device.nets) node(net);
    }
    for (const ExtractedCapacitor& c : netlist.capacitors) node(c.a), node(c.b);
    for (const ExtractedResistor& r : netlist.resistors) node(r.a), node(r.b);
    for (const ExtractedResistor& r : netlist.resistors) {
      const std::size_t a = root(index_.at(r.a)), b = root(index_.at(r.b));
      parent_[std::max(a, b)] = std::min(a, b);
    }
    // A net has the name that its other nodes begin with, which is the shortest.
    std::map<std::size_t, std::size_t> best;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const auto [found, fresh] = best.emplace(root(i), i);
      if (!fresh && names_[i].size() < names_[found->second].size()) found->second = i;
    }
    for (const auto& [first, named] : best) {
      number_of_root_[first] = nets_.size();
      nets_.push_back(named);
    }
    give_numbers();
  }

  const std::vector<std::size_t>& nets() const { return nets_; }  ///< A node each.
  const std::string& name(std::size_t node) const { return names_[node]; }
  std::size_t size() const { return names_.size(); }
  std::size_t net_of(const std::string& node) { return number_of_root_.at(root(index_.at(node))); }
  /// "*7" for the node that has its net's name, "*7:3" for others.
  std::string text(const std::string& node) {
    const std::size_t i = index_.at(node), net = net_of(node);
    const std::string id = "*" + std::to_string(net + 1);
    return i == nets_[net] ? id : id + ":" + std::to_string(number_[i]);
  }

 private:
  void node(const std::string& name) {
    if (index_.emplace(name, names_.size()).second) {
      parent_.push_back(names_.size());
      names_.push_back(name);
    }
  }
  std::size_t root(std::size_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  /// "out:3" keeps its 3; a node of another name gets a number that no other has.
  void give_numbers() {
    number_.assign(names_.size(), 0);
    std::vector<std::set<std::size_t>> taken(nets_.size());
    for (const bool keep : {true, false}) {
      for (std::size_t i = 0; i < names_.size(); ++i) {
        const std::size_t net = number_of_root_.at(root(i));
        const std::string& whole = names_[nets_[net]];
        if (i == nets_[net] || number_[i] != 0) continue;
        std::size_t number = taken[net].empty() ? 1 : *taken[net].rbegin() + 1;
        if (keep) {
          const std::string& name = names_[i];
          if (!name.starts_with(whole + ":") || name.size() > whole.size() + 10) continue;
          const char *from = name.data() + whole.size() + 1, *to = name.data() + name.size();
          if (std::from_chars(from, to, number).ptr != to || number == 0) continue;
        }
        if (taken[net].insert(number).second) number_[i] = number;
      }
    }
  }

  std::map<std::string, std::size_t> index_;
  std::vector<std::string> names_;
  std::vector<std::size_t> parent_, number_, nets_;
  std::map<std::size_t, std::size_t> number_of_root_;
};

std::string terminal_name(const ExtractedDevice& device, std::size_t terminal,
                          const Technology& technology) {
  const DeviceModel* model = technology.find_device(device.model);
  if (model != nullptr) {
    const auto names = terminal_names(model->kind, device.nets.size());
    if (terminal < names.size()) return std::string(names[terminal]);
  }
  return "T" + std::to_string(terminal + 1);
}

}  // namespace

Result<std::string> write_spef(const ExtractedNetlist& netlist, const Technology& technology) {
  const auto check_name = [](const std::string& name) -> Status {
    if (text::is_plain_name(name)) return ok();
    return make_error(ErrorCode::kInvalidArgument,
                      text::quoted(name) + " can not be a name in a SPEF file.", "netlist",
                      "Rename the label in the layout.");
  };
  PTAH_TRY(check_name(netlist.name));
  Nets nets(netlist);
  for (std::size_t i = 0; i < nets.size(); ++i) {
    PTAH_TRY(check_name(nets.name(i)));
  }
  for (const ExtractedDevice& device : netlist.devices) {
    PTAH_TRY(check_name(device.name));
  }

  std::string out =
      "*SPEF \"IEEE 1481-1998\"\n*DESIGN \"" + netlist.name +
      "\"\n*DATE \"\"\n*VENDOR \"Ptah\"\n*PROGRAM \"ptah\"\n*VERSION \"1.0\"\n"
      "*DESIGN_FLOW \"NETLIST_TYPE_SPICE\"\n*DIVIDER /\n*DELIMITER :\n*BUS_DELIMITER [ ]\n"
      "*T_UNIT 1 NS\n*C_UNIT 1 FF\n*R_UNIT 1 OHM\n*L_UNIT 1 HENRY\n\n*NAME_MAP\n";
  const std::size_t count = nets.nets().size();
  for (std::size_t net = 0; net < count; ++net) {
    out += "*" + std::to_string(net + 1) + " " + escaped(nets.name(nets.nets()[net])) + "\n";
  }
  const auto instance = [&](std::size_t device) {
    return "*" + std::to_string(count + device + 1);
  };
  for (std::size_t d = 0; d < netlist.devices.size(); ++d) {
    out += instance(d) + " " + escaped(netlist.devices[d].name) + "\n";
  }
  out += "\n*PORTS\n";
  for (const std::string& port : netlist.ports) out += nets.text(port) + " B\n";

  struct Section {
    double total = 0;
    std::string connections, capacitors, resistors;
    std::size_t capacitor_count = 0, resistor_count = 0;
  };
  std::vector<Section> sections(count);
  for (const std::string& port : netlist.ports) {
    sections[nets.net_of(port)].connections += "*P " + nets.text(port) + " B\n";
  }
  const auto number = [](double value) { return spice::shortest(value); };
  const auto resistor = [&](Section& section, const std::string& a, const std::string& b,
                            double ohm) {
    section.resistors += std::to_string(++section.resistor_count);
    section.resistors += " " + a + " " + b + " " + number(ohm) + "\n";
  };
  for (const ExtractedResistor& r : netlist.resistors) {
    resistor(sections[nets.net_of(r.a)], nets.text(r.a), nets.text(r.b), r.ohm);
  }
  for (std::size_t d = 0; d < netlist.devices.size(); ++d) {
    const ExtractedDevice& device = netlist.devices[d];
    for (std::size_t t = 0; t < device.nets.size(); ++t) {
      Section& section = sections[nets.net_of(device.nets[t])];
      const std::string pin = instance(d) + ":" + terminal_name(device, t, technology);
      section.connections += "*I " + pin + " B\n";
      resistor(section, pin, nets.text(device.nets[t]), 0);
    }
  }
  for (const ExtractedCapacitor& c : netlist.capacitors) {
    const double ff = c.farad * 1e15;
    const std::size_t a = nets.net_of(c.a), b = nets.net_of(c.b);
    const auto list = [&](Section& section, const std::string& from, const std::string& to) {
      section.total += ff;
      section.capacitors += std::to_string(++section.capacitor_count);
      section.capacitors += " " + nets.text(from) + " " + nets.text(to) + " " + number(ff) + "\n";
    };
    list(sections[a], c.a, c.b);
    if (a != b) list(sections[b], c.b, c.a);
  }
  for (std::size_t net = 0; net < count; ++net) {
    const Section& section = sections[net];
    out += "\n*D_NET *" + std::to_string(net + 1) + " " + number(section.total) + "\n*CONN\n" +
           section.connections;
    if (!section.capacitors.empty()) out += "*CAP\n" + section.capacitors;
    if (!section.resistors.empty()) out += "*RES\n" + section.resistors;
    out += "*END\n";
  }
  return out;
}

std::map<std::string, std::string> nets_of_nodes(const ExtractedNetlist& netlist) {
  Nets nets(netlist);
  std::map<std::string, std::string> result;
  for (std::size_t i = 0; i < nets.size(); ++i) {
    result[nets.name(i)] = nets.name(nets.nets()[nets.net_of(nets.name(i))]);
  }
  return result;
}

}  // namespace ptah
