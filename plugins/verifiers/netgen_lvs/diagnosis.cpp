#include "diagnosis.hpp"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>

#include "ptah/core/letter_case.hpp"

namespace ptah::netgen {
namespace {

constexpr std::size_t kMostDifferences = 20;

std::string short_model(std::string_view model) {
  const std::size_t prefix = model.find("__");
  return std::string(prefix == std::string_view::npos ? model : model.substr(prefix + 2));
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string sizes(const Side::Instance& instance) {
  if (instance.ohm > 0) return number(instance.ohm) + " ohm";
  return number(instance.width_um) + " x " + number(instance.length_um) + " um";
}

using Counts = std::map<std::string, int>;

Counts count_models(const Side& side) {
  Counts counts;
  for (const Side::Instance& instance : side.instances) ++counts[instance.model];
  return counts;
}

Counts count_sizes(const Side& side, const std::string& model) {
  Counts counts;
  for (const Side::Instance& instance : side.instances) {
    // Values of resistors differ within the tolerance: Netgen compares those.
    if (instance.model == model && !(instance.ohm > 0)) ++counts[sizes(instance)];
  }
  return counts;
}

/// " (M0, M3)": the devices of that size, at most three.
std::string owners(const Side& side, const std::string& model, const std::string& size) {
  std::string list;
  std::set<std::string> seen;
  for (const Side::Instance& instance : side.instances) {
    if (instance.model != model || instance.ohm > 0 || sizes(instance) != size) continue;
    const std::string name = instance.label.substr(0, instance.label.find(' '));
    if (!seen.insert(name).second) continue;
    if (seen.size() > 3) return list + ", ...)";
    list += (list.empty() ? " (" : ", ") + name;
  }
  return list.empty() ? list : list + ")";
}

/// Terminals of a model that may be exchanged share a name.
const char* terminal_name(const std::string& model, std::size_t terminals, std::size_t index) {
  if (terminals == 4) {
    constexpr const char* kMos[] = {"drain/source", "gate", "drain/source", "bulk"};
    return kMos[index];
  }
  if (model.find("cap_") != std::string::npos) return index == 0 ? "top plate" : "bottom plate";
  return index == 2 ? "substrate" : "end";
}

/// What hangs on a net; `far` adds the ports that the device's other terminals go to.
Counts connections(const Side& side, int net, bool far) {
  std::map<int, std::string> port_names;
  for (const int port : side.ports) {
    if (port >= 0) port_names[port] = side.nets[static_cast<std::size_t>(port)];
  }
  Counts counts;
  for (const Side::Instance& instance : side.instances) {
    for (std::size_t i = 0; i < instance.nets.size(); ++i) {
      // Bulks say little: they all lie on the supplies.
      if (instance.nets[i] == net && !(far && i == 3)) {
        std::string what = short_model(instance.model) + " " +
                           terminal_name(instance.model, instance.nets.size(), i);
        if (far) {
          std::set<std::string> others;
          for (const int other : instance.nets) {
            const auto port = port_names.find(other);
            if (other != net && port != port_names.end()) others.insert(port->second);
          }
          what += others.empty() ? " (of a device on no other port)" : " (of a device on";
          for (const std::string& other : others) what += " " + other;
          if (!others.empty()) what += ")";
        }
        ++counts[what];
      }
    }
  }
  return counts;
}

/// Calls `report(key, layout count, schematic count)` for every key whose counts differ.
template <typename Report>
void compare(const Counts& layout, const Counts& schematic, Report report) {
  Counts all = layout;
  all.insert(schematic.begin(), schematic.end());
  for (const auto& [key, unused] : all) {
    const auto in = [&](const Counts& counts) {
      const auto found = counts.find(key);
      return found == counts.end() ? 0 : found->second;
    };
    if (in(layout) != in(schematic)) report(key, in(layout), in(schematic));
  }
}

std::string quantity(int count, const std::string& thing) {
  return (count == 0 ? std::string("no") : std::to_string(count)) + " " + thing;
}

}  // namespace

Report read_report(std::string_view text) {
  Report report;
  std::istringstream lines{std::string(text)};
  std::string line;
  while (std::getline(lines, line)) {
    const std::string lower = lower_case(line);
    const auto says = [&](const char* words) { return lower.find(words) != std::string::npos; };
    // The result of the top cell is the last of its kind in the file.
    if (says("circuits match uniquely")) report.complete = report.unique_match = true;
    if (says("netlists do not match")) {
      report.complete = true;
      report.unique_match = false;
    }
    if (says("failed pin matching") || says("port errors")) report.pin_errors = true;
    if (says("**mismatch**")) report.pin_errors = true;
    if (says("property errors were found") || says("there were property errors")) {
      report.property_errors = true;
    }
    if (says("circuit1:") && says("circuit2:")) report.property_lines.push_back(line);
    if (says(" vs. ")) report.property_lines.push_back(line);
  }
  return report;
}

std::vector<std::string> differences(const Comparison& comparison) {
  std::vector<std::string> list;
  const auto add = [&](std::string text) {
    if (list.size() < kMostDifferences) list.push_back(std::move(text));
  };
  for (const std::string& port : comparison.missing_ports) {
    add("the layout has no port " + port);
  }
  const Counts layout_models = count_models(comparison.layout);
  const Counts schematic_models = count_models(comparison.schematic);
  compare(layout_models, schematic_models, [&](const std::string& model, int here, int there) {
    add("the layout has " + quantity(here, short_model(model)) + " where the schematic has " +
        std::to_string(there));
  });
  for (const auto& [model, unused] : schematic_models) {
    // First what is asked for and missing, then what is there instead.
    for (const bool missing : {true, false}) {
      compare(count_sizes(comparison.layout, model), count_sizes(comparison.schematic, model),
              [&, name = short_model(model), key = model](const std::string& size, int here,
                                                          int there) {
                if ((there > here) != missing) return;
                add(name + " of " + size + ": " + std::to_string(here) + " in the layout, " +
                    std::to_string(there) + " in the schematic" +
                    owners(comparison.schematic, key, size));
              });
    }
  }
  for (const bool far : {false, true}) {
    if (far && !list.empty()) break;
    for (std::size_t port = 0; port < comparison.schematic.ports.size(); ++port) {
      const int layout_net = comparison.layout.ports[port];
      const int schematic_net = comparison.schematic.ports[port];
      if (layout_net < 0) continue;
      const std::string& name = comparison.schematic.nets[static_cast<std::size_t>(schematic_net)];
      compare(connections(comparison.layout, layout_net, far),
              connections(comparison.schematic, schematic_net, far),
              [&](const std::string& terminal, int here, int there) {
                add("net " + name + " has " + quantity(here, terminal) + " in the layout, " +
                    std::to_string(there) + " in the schematic");
              });
    }
  }
  for (const std::string& port : comparison.extra_ports) {
    add("the layout has a port " + port + " that the schematic lacks");
  }
  return list;
}

std::vector<std::string> translated(const std::vector<std::string>& lines,
                                    const Comparison& comparison) {
  std::vector<std::string> list;
  for (std::string line : lines) {
    for (const bool layout_side : {true, false}) {
      const std::string mark = layout_side ? kLayoutMark : kSchematicMark;
      const Side& side = layout_side ? comparison.layout : comparison.schematic;
      const std::size_t at = line.find(mark);
      if (at == std::string::npos) continue;
      std::size_t index = 0;
      const char* digits = line.data() + at + mark.size();
      const auto [end, error] = std::from_chars(digits, line.data() + line.size(), index);
      if (error != std::errc() || index >= side.instances.size()) continue;
      const std::size_t space = line.rfind(' ', at);
      const std::size_t start = space == std::string::npos ? 0 : space + 1;
      const std::size_t stop = static_cast<std::size_t>(end - line.data());
      line.replace(start, stop - start, side.instances[index].label);
    }
    for (const auto& [from, to] :
         {std::pair{"circuit1:", "layout"}, std::pair{"circuit2:", "schematic"}}) {
      if (const std::size_t at = line.find(from); at != std::string::npos) {
        line.replace(at, std::string_view(from).size(), to);
      }
    }
    const std::size_t start = line.find_first_not_of(" \t");
    if (start != std::string::npos) list.push_back(line.substr(start));
  }
  return list;
}

}  // namespace ptah::netgen
