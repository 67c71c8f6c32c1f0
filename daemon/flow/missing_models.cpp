#include "flow/missing_models.hpp"

#include <map>
#include <sstream>

#include "ptah/core/letter_case.hpp"
#include "ptah/layout/block.hpp"
#include "ptah/sim/models.hpp"

namespace ptah {
namespace {

/// The names of all subcircuits and models, of bins the common one. Lower case.
std::set<std::string> defined_names(const std::string& models) {
  std::set<std::string> names;
  std::istringstream lines(lower_case(models));
  std::string line, card, name;
  while (std::getline(lines, line)) {
    if (line.empty() || line.front() != '.') continue;
    std::istringstream words(line);
    if (!(words >> card >> name) || (card != ".subckt" && card != ".model")) continue;
    names.insert(name);
    names.insert(name.substr(0, name.find('.')));
  }
  return names;
}

void collect_models(const Circuit& circuit, const Technology& technology,
                    std::map<std::string, std::string>& device_by_model) {
  for (const Device& device : circuit.devices) {
    if (device.block != nullptr) {
      if (device.block->content != nullptr)
        collect_models(*device.block->content, technology, device_by_model);
      continue;
    }
    const DeviceModel* model = technology.find_device(device.model);
    if (model != nullptr && device.kind != DeviceKind::kResistor)
      device_by_model.emplace(model->name, device.name);
  }
}

}  // namespace

std::set<std::string> missing_models(const std::set<std::string>& names,
                                     const Technology& technology) {
  ModelRequest request;
  for (const std::string& name : names) request.uses.push_back({lower_case(name), 0, 0});
  std::set<std::string> missing;
  if (const auto models = spice_models(technology, request)) {
    const std::set<std::string> defined = defined_names(models.value());
    for (const std::string& name : names) {
      if (!defined.contains(lower_case(name))) missing.insert(name);
    }
  } else if (!technology.pdk()) {
    // Of the technology's own models a missing one is an error.
    if (names.size() == 1) return names;
    for (const std::string& name : names) missing.merge(missing_models({name}, technology));
  }
  return missing;
}

std::string why_not_simulated(const Circuit& circuit, const Technology& technology) {
  std::map<std::string, std::string> device_by_model;
  collect_models(circuit, technology, device_by_model);
  std::set<std::string> names;
  for (const auto& [model, device] : device_by_model) names.insert(model);
  if (names.empty()) return "";
  std::string list;
  for (const std::string& name : missing_models(names, technology)) {
    list += (list.empty() ? "" : ", ") + name + " (device " + device_by_model.at(name) + ")";
  }
  if (list.empty()) return "";
  const bool pdk = technology.pdk().has_value();
  return std::string("Not simulated: ") + (pdk ? "the PDK of " : "technology ") +
         technology.name() + " has no model of " + list + "; " +
         (pdk ? "one that open_pdks installed has it."
              : "--tech sky130A takes those of an installed PDK.");
}

}  // namespace ptah
