#include "graph.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "ptah/core/letter_case.hpp"

namespace ptah::native::lvs {
namespace {

/// For each model the one it compares as: the first of the same kind, class and markers, so that a
/// fixed-width resistor is its generic model with that width.
std::vector<std::int32_t> generic_models(const Technology& technology) {
  const auto& models = technology.devices();
  std::vector<std::int32_t> generic(models.size());
  for (std::size_t m = 0; m < models.size(); ++m) {
    generic[m] = static_cast<std::int32_t>(m);
    for (std::size_t k = 0; k < m; ++k) {
      if (models[k].kind == models[m].kind &&
          models[k].generator_class == models[m].generator_class &&
          models[k].markers == models[m].markers) {
        generic[m] = static_cast<std::int32_t>(k);
        break;
      }
    }
  }
  return generic;
}

Dbu on_grid(Dbu value, Dbu grid) {
  return static_cast<Dbu>(std::lround(static_cast<double>(value) / grid)) * grid;
}

void set_sizes(Instance& instance, const DeviceModel& model, Dbu width, Dbu length, Dbu grid,
               bool by_value) {
  if (by_value) {
    instance.ohm = model.resistance(width, length);
    return;
  }
  const bool turnable = model.generator_class == "mim" || is_diode(model.kind);
  if (turnable && width > length) std::swap(width, length);
  instance.width = on_grid(width, grid);
  instance.length = on_grid(length, grid);
}

}  // namespace

std::int32_t terminal_class(DeviceKind kind, std::size_t terminal) noexcept {
  switch (kind) {
    case DeviceKind::kNmos:
    case DeviceKind::kPmos: {
      constexpr std::int32_t kClass[] = {0, 1, 0, 2};
      return kClass[terminal];
    }
    case DeviceKind::kResistor:
      return terminal == terminal::kSubstrate ? 1 : 0;
    case DeviceKind::kCapacitor:
    case DeviceKind::kNdiode:
    case DeviceKind::kPdiode:
    case DeviceKind::kBlock:
      break;
  }
  return static_cast<std::int32_t>(terminal);
}

Result<Problem> make_problem(const Connectivity& layout, const Circuit& circuit,
                             const Technology& technology) {
  Problem problem;
  const auto& models = technology.devices();
  const std::vector<std::int32_t> generic = generic_models(technology);
  std::vector<bool> by_value(models.size(), false);

  // The schematic.
  std::map<std::string, std::int32_t> port_numbers;
  std::vector<std::int32_t> net_of(circuit.nets.size(), -1);
  const auto schematic_net = [&](NetId net) {
    std::int32_t& number = net_of.at(static_cast<std::size_t>(net));
    if (number < 0) {
      number = static_cast<std::int32_t>(problem.schematic.nets.size());
      problem.schematic.nets.push_back({{}, net, 0});
    }
    return number;
  };
  for (std::size_t p = 0; p < circuit.ports.size(); ++p) {
    const auto net = static_cast<std::size_t>(schematic_net(circuit.ports[p]));
    problem.schematic.nets[net].ports.push_back(static_cast<std::int32_t>(p));
    port_numbers.emplace(
        lower_case(circuit.nets.at(static_cast<std::size_t>(circuit.ports[p])).name),
        static_cast<std::int32_t>(p));
  }
  std::vector<const DeviceModel*> model_of;
  for (const Device& device : circuit.devices) {
    const DeviceModel* model = technology.find_device(device.model);
    if (model == nullptr) {
      return make_error(
          ErrorCode::kUnsupported,
          "Technology " + technology.name() + " has no device \"" + device.model + "\".",
          device.where.empty() ? "device " + device.name : device.where);
    }
    if (device.nets.size() != model->terminals || device.nets.size() > kMostTerminals) {
      return make_error(ErrorCode::kInvalidArgument,
                        model->name + " has " + std::to_string(model->terminals) +
                            " terminals, not " + std::to_string(device.nets.size()) + ".",
                        device.where.empty() ? "device " + device.name : device.where);
    }
    model_of.push_back(model);
    if (device.resistance_ohm)
      by_value[static_cast<std::size_t>(generic[static_cast<std::size_t>(model - models.data())])] =
          true;
  }
  for (std::size_t d = 0; d < circuit.devices.size(); ++d) {
    const Device& device = circuit.devices[d];
    const DeviceModel& model = *model_of[d];
    const int copies = device.is_mos() ? device.total_fingers() : device.multiplier;
    if (copies < 1) {
      return make_error(ErrorCode::kInvalidArgument,
                        "Device " + device.name + " has no finger count yet.", device.where,
                        "Assign its fingers before the layout is compared.");
    }
    Instance instance;
    instance.type = generic[static_cast<std::size_t>(&model - models.data())];
    instance.origin = static_cast<std::int32_t>(d);
    instance.terminals = static_cast<std::int32_t>(device.nets.size());
    for (std::size_t t = 0; t < device.nets.size(); ++t)
      instance.nets[t] = schematic_net(device.nets[t]);
    if (device.resistance_ohm) {
      instance.ohm = *device.resistance_ohm;
    } else {
      const bool fixed = model.kind == DeviceKind::kResistor && model.min_width == model.max_width;
      set_sizes(instance, models[static_cast<std::size_t>(instance.type)],
                fixed ? model.min_width : device.width, device.length, technology.grid(),
                by_value[static_cast<std::size_t>(instance.type)]);
    }
    problem.schematic.instances.insert(problem.schematic.instances.end(),
                                       static_cast<std::size_t>(copies), instance);
  }

  // The layout.
  std::vector<std::int32_t> found_of(layout.nets.size(), -1);
  const auto layout_net = [&](NetIndex net) {
    std::int32_t& number = found_of.at(static_cast<std::size_t>(net));
    if (number < 0) {
      number = static_cast<std::int32_t>(problem.layout.nets.size());
      problem.layout.nets.push_back({{}, net, 0});
    }
    return number;
  };
  for (std::size_t n = 0; n < layout.nets.size(); ++n) {
    std::vector<std::int32_t> ports;
    bool stranger = false;
    for (const std::string& label : layout.nets[n].labels) {
      if (const auto port = port_numbers.find(lower_case(label)); port != port_numbers.end()) {
        ports.push_back(port->second);
      } else if (layout.nets[n].port) {
        problem.extra_ports.push_back(label);
        stranger = true;
      }
    }
    // A label on a label purpose may name an inner net; on a pin purpose it promises a port.
    if (stranger && ports.empty() == false) {
      const std::string& name = layout.nets[n].name;
      std::erase_if(problem.extra_ports, [&](const std::string& label) {
        return label != name && lower_case(label) == lower_case(name);
      });
    }
    if (ports.empty()) continue;
    std::sort(ports.begin(), ports.end());
    ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
    problem.layout.nets[static_cast<std::size_t>(layout_net(static_cast<NetIndex>(n)))].ports =
        std::move(ports);
  }
  for (std::size_t d = 0; d < layout.devices.size(); ++d) {
    const FoundDevice& device = layout.devices[d];
    Instance instance;
    instance.type = generic[device.model];
    instance.origin = static_cast<std::int32_t>(d);
    instance.terminals = static_cast<std::int32_t>(device.terminals.size());
    for (std::size_t t = 0; t < device.terminals.size(); ++t)
      instance.nets[t] = layout_net(device.terminals[t].net);
    set_sizes(instance, models[static_cast<std::size_t>(instance.type)], device.width,
              device.length, technology.grid(), by_value[static_cast<std::size_t>(instance.type)]);
    problem.layout.instances.push_back(instance);
  }
  for (Side* side : {&problem.layout, &problem.schematic}) {
    for (const Instance& instance : side->instances) {
      for (std::int32_t t = 0; t < instance.terminals; ++t)
        ++side->nets[static_cast<std::size_t>(instance.nets[static_cast<std::size_t>(t)])].degree;
    }
  }
  return problem;
}

bool same_size(const Instance& a, const Instance& b) noexcept {
  if (a.ohm > 0 || b.ohm > 0) {
    return std::fabs(a.ohm - b.ohm) <= kValueTolerance * (a.ohm + b.ohm) / 2;
  }
  return a.width == b.width && a.length == b.length;
}

std::vector<Bundle> make_bundles(const Side& side, const Technology& technology, bool by_size) {
  struct Key {
    std::int32_t type;
    std::array<std::int32_t, kMostTerminals> nets;
    Dbu width, length;
    double ohm;
    std::int32_t instance;
    bool operator<(const Key& o) const {
      return std::tie(type, nets, width, length, ohm, instance) <
             std::tie(o.type, o.nets, o.width, o.length, o.ohm, o.instance);
    }
  };
  std::vector<Key> keys;
  keys.reserve(side.instances.size());
  for (std::size_t i = 0; i < side.instances.size(); ++i) {
    const Instance& instance = side.instances[i];
    Key key{instance.type, instance.nets, 0, 0, 0, static_cast<std::int32_t>(i)};
    if (by_size) {
      key.width = instance.width;
      key.length = instance.length;
      key.ohm = instance.ohm;
    }
    // Exchangeable terminals in ascending order.
    const DeviceKind kind = technology.devices()[static_cast<std::size_t>(instance.type)].kind;
    if (kind == DeviceKind::kNmos || kind == DeviceKind::kPmos) {
      if (key.nets[0] > key.nets[2]) std::swap(key.nets[0], key.nets[2]);
    } else if (kind == DeviceKind::kResistor && key.nets[0] > key.nets[1]) {
      std::swap(key.nets[0], key.nets[1]);
    }
    keys.push_back(key);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<Bundle> bundles;
  for (std::size_t k = 0; k < keys.size(); ++k) {
    const Key& key = keys[k];
    const bool same = k > 0 && keys[k - 1].type == key.type && keys[k - 1].nets == key.nets &&
                      keys[k - 1].width == key.width && keys[k - 1].length == key.length &&
                      keys[k - 1].ohm == key.ohm;
    if (!same) {
      const Instance& instance = side.instances[static_cast<std::size_t>(key.instance)];
      bundles.push_back({key.type,
                         technology.devices()[static_cast<std::size_t>(key.type)].kind,
                         instance.terminals,
                         key.nets,
                         {}});
    }
    bundles.back().members.push_back(key.instance);
  }
  return bundles;
}

}  // namespace ptah::native::lvs
