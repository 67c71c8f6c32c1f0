#include "wire_nodes.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <sstream>
#include <tuple>

#include "ptah/core/letter_case.hpp"
#include "ptah/core/quoting.hpp"

namespace ptah {
namespace {

/// Sets of nodes.
class Joints {
 public:
  std::size_t id(const std::string& name) {
    const auto [found, fresh] = ids_.emplace(lower_case(name), parent_.size());
    if (fresh) {
      parent_.push_back(parent_.size());
      names_.push_back(name);
    }
    return found->second;
  }
  std::size_t find(std::size_t at) {
    while (parent_[at] != at) at = parent_[at] = parent_[parent_[at]];
    return at;
  }
  void unite(std::size_t a, std::size_t b) { parent_[find(a)] = find(b); }
  std::size_t size() const { return parent_.size(); }
  const std::string& name(std::size_t at) const { return names_[at]; }

 private:
  std::map<std::string, std::size_t> ids_;
  std::vector<std::size_t> parent_;
  std::vector<std::string> names_;
};

/// An instance of the DUT.
struct Instance {
  std::string name;
  std::map<std::string, std::string> node_of;  ///< Port -> node of the testbench.
};

std::vector<Instance> instances_of(const Testbench& testbench) {
  std::vector<Instance> instances;
  int depth = 0;
  for (const std::string& card : testbench.cards) {
    std::string text = lower_case(card);
    if (text.rfind(".subckt", 0) == 0) ++depth;
    if (text.rfind(".ends", 0) == 0) --depth;
    if (depth > 0 || text.empty() || text[0] != 'x') continue;
    for (char& c : text) {
      if (c == '(' || c == ')') c = ' ';
    }
    std::istringstream stream(text);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) words.push_back(word);
    if (words.size() != testbench.dut_ports.size() + 2 ||
        words.back() != lower_case(testbench.dut)) {
      continue;
    }
    Instance instance{words[0], {}};
    for (std::size_t i = 0; i < testbench.dut_ports.size(); ++i) {
      instance.node_of[lower_case(testbench.dut_ports[i])] = words[i + 1];
    }
    instances.push_back(std::move(instance));
  }
  return instances;
}

}  // namespace

std::optional<JoinedWires> join_wires(const ExtractedNetlist& netlist) {
  if (netlist.devices.empty()) return std::nullopt;
  Joints joints;
  std::set<std::size_t> ports;
  for (const std::string& port : netlist.ports) ports.insert(joints.id(port));
  for (const ExtractedDevice& device : netlist.devices) {
    for (const std::string& net : device.nets) joints.id(net);
  }
  for (const ExtractedResistor& r : netlist.resistors) {
    joints.unite(joints.id(r.a), joints.id(r.b));
  }
  std::set<std::size_t> groups;
  for (const std::size_t port : ports) {
    if (!groups.insert(joints.find(port)).second) return std::nullopt;
  }
  // A port, else the shortest name: that of the net.
  std::map<std::size_t, std::size_t> chosen;
  const auto rank = [&](std::size_t at) {
    return std::tuple(ports.count(at) == 0, joints.name(at).size(), joints.name(at));
  };
  for (std::size_t i = 0; i < joints.size(); ++i) {
    const auto [at, fresh] = chosen.try_emplace(joints.find(i), i);
    if (!fresh && rank(i) < rank(at->second)) at->second = i;
  }
  const auto joined = [&](const std::string& node) {
    return joints.name(chosen.at(joints.find(joints.id(node))));
  };
  JoinedWires result;
  result.netlist = netlist;
  result.netlist.capacitors.clear();
  result.netlist.resistors.clear();
  for (ExtractedDevice& device : result.netlist.devices) {
    for (std::string& net : device.nets) net = joined(net);
    for (const char* size : {"ad", "as", "pd", "ps"}) {
      const auto found = device.parameters.find(size);
      if (found != device.parameters.end()) found->second = 0;
    }
  }
  for (std::size_t i = 0; i < joints.size(); ++i) {
    // Others get names of the deck's own.
    if (!quoting::is_spice_word(joints.name(i))) continue;
    result.node_of[lower_case(joints.name(i))] = lower_case(joined(joints.name(i)));
  }
  return result;
}

bool only_direct_current(const Testbench& testbench) {
  return std::all_of(testbench.analyses.begin(), testbench.analyses.end(),
                     [](const std::string& card) {
                       const std::string text = lower_case(card);
                       return text.starts_with(".op") || text.starts_with(".dc");
                     });
}

Testbench operating_point_bench(const Testbench& testbench) {
  Testbench bench = testbench;
  bench.analyses = {".op"};
  return bench;
}

std::vector<std::string> wire_nodesets(const JoinedWires& joined, const Testbench& testbench,
                                       const std::map<std::string, double>& voltages) {
  std::vector<std::string> lines;
  const auto set = [&](const std::string& node, double volt) {
    char value[40];
    std::snprintf(value, sizeof value, ")=%.9e", volt);
    lines.push_back(".nodeset v(" + node + value);
  };
  const std::vector<Instance> instances = instances_of(testbench);
  const auto within_dut = [&](const std::string& node) {
    return std::any_of(instances.begin(), instances.end(), [&](const Instance& instance) {
      return node.rfind(instance.name + ".", 0) == 0;
    });
  };
  for (const auto& [node, volt] : voltages) {
    // Inner nodes of devices have a # in their names.
    if (node.find('#') == std::string::npos && !within_dut(node) && std::isfinite(volt)) {
      set(node, volt);
    }
  }
  for (const Instance& instance : instances) {
    const auto outer = [&](const std::string& node) {
      const auto port = instance.node_of.find(node);
      return port == instance.node_of.end() ? instance.name + "." + node : port->second;
    };
    for (const auto& [node, net] : joined.node_of) {
      if (instance.node_of.count(node) != 0) continue;
      const std::string from = outer(net);
      const auto volt = voltages.find(from);
      if (volt != voltages.end() && std::isfinite(volt->second)) {
        set(outer(node), volt->second);
      } else if (from == "0" || from == "gnd") {
        set(outer(node), 0);
      }
    }
  }
  return lines;
}

}  // namespace ptah
