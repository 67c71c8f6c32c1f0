#include "device_list.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

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
  if (model.kind == DeviceKind::kBlock) return out;  // a pin
  if (is_diode(model.kind)) {
    out.parameters["area"] = to_um(device.width) * to_um(device.length);
    out.parameters["pj"] = 2 * (to_um(device.width) + to_um(device.length));
    return out;
  }
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

/// The ends of a resistor are found lower or left first.
bool order_ends(ExtractedDevice& device) {
  if (device.nets.size() < 2 || !(device.nets[terminal::kB] < device.nets[terminal::kA])) {
    return false;
  }
  std::swap(device.nets[terminal::kA], device.nets[terminal::kB]);
  return true;
}

/// Source and drain of a transistor are found left and right: the same fingers of a row alternate.
/// With the smaller net as drain, equal fingers are equal lists. True: they have changed places.
bool order_terminals(ExtractedDevice& device) {
  auto& nets = device.nets;
  if (nets.size() < 3 || !(nets[terminal::kSource] < nets[terminal::kDrain])) return false;
  std::swap(nets[terminal::kSource], nets[terminal::kDrain]);
  std::swap(device.parameters["ad"], device.parameters["as"]);
  std::swap(device.parameters["pd"], device.parameters["ps"]);
  return true;
}

bool is_mos(const ExtractedDevice& device) {
  return device.parameters.count("ad") != 0;
}

/// Magic gives all diffusion of a net, one polarity at a time, to one transistor and none to the
/// others; here the first of the list. BSIM4 takes the gate's width off each perimeter that is not
/// zero, so that the same sum spread over all fingers is another capacitance.
void give_diffusion_to_first(std::vector<ExtractedDevice>& list, const Technology& technology) {
  struct Diffusion {
    double area = 0, perimeter = 0;
    double* first_area = nullptr;
    double* first_perimeter = nullptr;
  };
  std::map<std::pair<DeviceKind, std::string>, Diffusion> diffusions;
  for (ExtractedDevice& device : list) {
    if (!is_mos(device)) continue;
    const DeviceKind kind = technology.find_device(device.model)->kind;
    const auto take = [&](std::size_t terminal, const char* area_key, const char* perimeter_key) {
      Diffusion& diffusion = diffusions[{kind, device.nets.at(terminal)}];
      double& area = device.parameters[area_key];
      double& perimeter = device.parameters[perimeter_key];
      diffusion.area += std::exchange(area, 0.0);
      diffusion.perimeter += std::exchange(perimeter, 0.0);
      if (diffusion.first_area != nullptr) return;
      diffusion.first_area = &area;
      diffusion.first_perimeter = &perimeter;
    };
    take(terminal::kDrain, "ad", "pd");
    take(terminal::kSource, "as", "ps");
  }
  for (auto& [key, diffusion] : diffusions) {
    *diffusion.first_area = diffusion.area;
    *diffusion.first_perimeter = diffusion.perimeter;
  }
}

}  // namespace

std::vector<ExtractedDevice> device_list(const Connectivity& connectivity, const NetNames& names,
                                         const Circuit& circuit, const Technology& technology,
                                         bool merge,
                                         const std::vector<std::vector<std::string>>* nodes,
                                         bool by_nodes) {
  std::vector<ExtractedDevice> list;
  list.reserve(connectivity.devices.size());
  std::vector<bool> turned(connectivity.devices.size(), false);
  for (std::size_t i = 0; i < connectivity.devices.size(); ++i) {
    const FoundDevice& device = connectivity.devices[i];
    list.push_back(extracted(device, names, circuit, technology));
    const DeviceKind kind = technology.devices()[device.model].kind;
    if (kind == DeviceKind::kNmos || kind == DeviceKind::kPmos) {
      turned[i] = order_terminals(list.back());
    } else if (by_nodes && kind == DeviceKind::kResistor) {
      turned[i] = order_ends(list.back());
    }
  }
  const auto before = [](const ExtractedDevice& a, const ExtractedDevice& b) {
    return std::tie(a.model, a.nets, a.parameters) < std::tie(b.model, b.nets, b.parameters);
  };
  if (nodes == nullptr) {
    std::sort(list.begin(), list.end(), before);
    give_diffusion_to_first(list, technology);
  } else {
    // The order, and with it the diffusion's owner, is that of the list without nodes.
    std::vector<std::vector<std::string>> ends = *nodes;
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (!turned[i]) continue;
      const bool mos = is_mos(list[i]);
      std::swap(ends[i][0], ends[i][mos ? terminal::kSource : terminal::kB]);
    }
    const std::vector<std::string> none;
    const auto first_nodes = [&](std::size_t i) -> const auto& {
      return by_nodes ? ends[i] : none;
    };
    std::vector<std::size_t> order(list.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      const auto key = [&](std::size_t i) {
        return std::tie(list[i].model, list[i].nets, first_nodes(i), list[i].parameters);
      };
      return key(a) < key(b);
    });
    std::vector<ExtractedDevice> sorted;
    sorted.reserve(list.size());
    for (const std::size_t i : order) sorted.push_back(std::move(list[i]));
    list = std::move(sorted);
    give_diffusion_to_first(list, technology);
    for (std::size_t k = 0; k < list.size(); ++k) list[k].nets = std::move(ends[order[k]]);
  }
  if (merge) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < list.size();) {
      std::size_t end = i + 1;
      while (is_mos(list[i]) && end < list.size() && list[i].model == list[end].model &&
             list[i].nets == list[end].nets && list[i].parameters == list[end].parameters) {
        ++end;
      }
      if (end - i > 1) list[i].parameters["m"] = static_cast<double>(end - i);
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
