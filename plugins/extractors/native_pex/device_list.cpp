#include "device_list.hpp"

#include <algorithm>
#include <tuple>

namespace ptah::native {
namespace {

/// The circuit's name for a resistor of the generic model `found`: "<found>_0p35", whose width is
/// part of the name. Empty where the circuit has none.
std::string fixed_width_name(const std::string& found, Dbu width, const Circuit& circuit,
                             const Technology& technology) {
  for (const Device& wanted : circuit.devices) {
    if (wanted.kind != DeviceKind::kResistor || wanted.model.size() <= found.size() + 1 ||
        !wanted.model.starts_with(found) || wanted.model[found.size()] != '_') {
      continue;
    }
    const DeviceModel* model = technology.find_device(wanted.model);
    if (model != nullptr && model->min_width == model->max_width && model->min_width == width) {
      return wanted.model;
    }
  }
  return {};
}

ExtractedDevice extracted(const FoundDevice& device, const NetNames& names, const Circuit& circuit,
                          const Technology& technology) {
  const DeviceModel& model = technology.devices()[device.model];
  ExtractedDevice out;
  out.model = model.name;
  for (const FoundTerminal& terminal : device.terminals) out.nets.push_back(names.of(terminal.net));
  out.parameters["w"] = to_um(device.width);
  out.parameters["l"] = to_um(device.length);
  if (model.kind == DeviceKind::kNmos || model.kind == DeviceKind::kPmos) {
    out.parameters["ad"] = device.drain_area_um2;
    out.parameters["pd"] = device.drain_perimeter_um;
    out.parameters["as"] = device.source_area_um2;
    out.parameters["ps"] = device.source_perimeter_um;
  } else if (model.kind == DeviceKind::kResistor) {
    const bool fixed = model.min_width == model.max_width;
    const std::string wanted =
        fixed ? std::string() : fixed_width_name(model.name, device.width, circuit, technology);
    if (!wanted.empty()) out.model = wanted;
    if (fixed || !wanted.empty()) out.parameters.erase("w");
  }
  return out;
}

/// Source and drain of a transistor are found left and right: the same fingers of a row alternate.
/// With the smaller net as drain, equal fingers are equal lists.
void order_terminals(ExtractedDevice& device) {
  auto& nets = device.nets;
  if (nets.size() < 3 || !(nets[terminal::kSource] < nets[terminal::kDrain])) return;
  std::swap(nets[terminal::kSource], nets[terminal::kDrain]);
  std::swap(device.parameters["ad"], device.parameters["as"]);
  std::swap(device.parameters["pd"], device.parameters["ps"]);
}

bool same_finger(const ExtractedDevice& a, const ExtractedDevice& b) {
  return a.model == b.model && a.nets == b.nets && a.parameters.at("w") == b.parameters.at("w") &&
         a.parameters.at("l") == b.parameters.at("l");
}

}  // namespace

std::vector<ExtractedDevice> device_list(const Connectivity& connectivity, const NetNames& names,
                                         const Circuit& circuit, const Technology& technology,
                                         bool merge) {
  std::vector<ExtractedDevice> list;
  list.reserve(connectivity.devices.size());
  for (const FoundDevice& device : connectivity.devices) {
    list.push_back(extracted(device, names, circuit, technology));
    const DeviceKind kind = technology.devices()[device.model].kind;
    if (kind == DeviceKind::kNmos || kind == DeviceKind::kPmos) order_terminals(list.back());
  }
  std::sort(list.begin(), list.end(), [](const ExtractedDevice& a, const ExtractedDevice& b) {
    return std::tie(a.model, a.nets, a.parameters) < std::tie(b.model, b.nets, b.parameters);
  });
  if (merge) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < list.size();) {
      std::size_t end = i + 1;
      const bool mos = list[i].parameters.count("ad") != 0;
      while (mos && end < list.size() && same_finger(list[i], list[end])) ++end;
      if (const std::size_t count = end - i; count > 1) {
        for (const char* key : {"ad", "pd", "as", "ps"}) {
          double sum = 0;
          for (std::size_t k = i; k < end; ++k) sum += list[k].parameters[key];
          list[i].parameters[key] = sum / static_cast<double>(count);
        }
        list[i].parameters["m"] = static_cast<double>(count);
      }
      if (kept != i) list[kept] = std::move(list[i]);
      ++kept;
      i = end;
    }
    list.resize(kept);
  }
  for (std::size_t i = 0; i < list.size(); ++i) list[i].name = "X" + std::to_string(i);
  return list;
}

}  // namespace ptah::native
