#include "flow/floors.hpp"

#include <algorithm>

#include "ptah/layout/gds.hpp"

namespace ptah {
namespace {

/// Of a wire of least width over field, aF/um, on the layer where that is least; 0 where the
/// technology does not say.
double least_capacitance(const Technology& technology) {
  const Parasitics& parasitics = technology.parasitics();
  double least = 0;
  for (const Rule& rule : technology.rules()) {
    if (rule.kind != RuleKind::kWidth || rule.layers.size() != 1) continue;
    const auto area = parasitics.area_af_um2.find(rule.layers[0]);
    const auto fringe = parasitics.fringe_down_af_um.find(rule.layers[0]);
    if (area == parasitics.area_af_um2.end() || fringe == parasitics.fringe_down_af_um.end())
      continue;
    const auto plate = area->second.find("sub"), edge = fringe->second.find("sub");
    if (plate == area->second.end() || edge == fringe->second.end()) continue;
    const double found = plate->second * to_um(static_cast<Dbu>(rule.value)) + 2 * edge->second;
    if (least == 0 || found < least) least = found;
  }
  return least;
}

/// What the bulks of NMOS transistors are on: the substrate.
std::string ground_of(const Circuit& circuit) {
  for (const Device& device : circuit.devices) {
    if (device.kind == DeviceKind::kNmos)
      return circuit.nets[static_cast<std::size_t>(device.nets.back())].name;
  }
  return "0";
}

/// The device alone, its terminals as ports.
Circuit alone(const Device& device, const Tile& tile) {
  Circuit circuit;
  circuit.name = tile.cell;
  Device only = device;
  only.nets.clear();
  for (const std::string_view terminal : terminal_names(device)) {
    circuit.ports.push_back(static_cast<NetId>(circuit.nets.size()));
    only.nets.push_back(static_cast<NetId>(circuit.nets.size()));
    circuit.nets.push_back({std::string(terminal)});
  }
  circuit.devices.push_back(std::move(only));
  return circuit;
}

}  // namespace

Result<ExtractedNetlist> unrouted_netlist(const Circuit& circuit, const Tiles& tiles,
                                          const Technology& technology, Bound<Extractor>& extractor,
                                          FlowJob& job, StageSeconds& seconds) {
  const std::string ground = ground_of(circuit);
  ExtractedNetlist whole;
  whole.name = circuit.name;
  for (const NetId port : circuit.ports)
    whole.ports.push_back(circuit.nets[static_cast<std::size_t>(port)].name);
  for (std::size_t i = 0; i < tiles.size(); ++i) {
    const Device& device = circuit.devices[i];
    if (device.block != nullptr) {
      std::vector<std::string> nets;
      for (const NetId id : port_nets(device))
        nets.push_back(circuit.nets[static_cast<std::size_t>(id)].name);
      add_block(*device.block, device.name, nets, technology, whole);
      continue;
    }
    const gds::Library library = gds::from_tile(tiles[i], technology);
    PTAH_TRY(const gds::Flat flat, gds::flatten(library, tiles[i].cell, technology));
    const LayoutFile file{{}, tiles[i].cell, &flat};
    const Circuit single = alone(device, tiles[i]);
    PTAH_TRY(const ExtractedNetlist found,
             run_stage(extractor, job, seconds, [&](Extractor& stage) {
               return stage.extract(file, single, technology, job);
             }));
    const auto net = [&](const std::string& name) -> std::optional<std::string> {
      const NetId terminal = single.find_net(name);
      if (terminal < 0) return std::nullopt;
      const NetId there = device.nets[static_cast<std::size_t>(terminal)];
      return circuit.nets[static_cast<std::size_t>(there)].name;
    };
    for (ExtractedDevice part : found.devices) {
      part.name = device.name + "_" + part.name;
      for (std::string& name : part.nets) {
        const auto there = net(name);
        if (!there) {
          return make_error(ErrorCode::kUnsupported,
                            "The tile of " + device.name + " has a net " + name +
                                " that is none of its terminals.",
                            circuit.name);
        }
        name = *there;
      }
      whole.devices.push_back(std::move(part));
    }
    for (const ExtractedCapacitor& one : found.capacitors) {
      // Of a tile without a contact to it, the substrate has a name of the extractor's.
      ExtractedCapacitor mapped{net(one.a).value_or(ground), net(one.b).value_or(ground),
                                one.farad};
      if (mapped.a != mapped.b) whole.capacitors.push_back(std::move(mapped));
    }
  }
  return whole;
}

void add_shortest_wires(const Circuit& circuit, const Tiles& tiles, const Placement& placement,
                        const Technology& technology, ExtractedNetlist& netlist) {
  const std::string ground = ground_of(circuit);
  const double farad_um = least_capacitance(technology) * 1e-18;
  const std::vector<std::int64_t> lengths = net_hpwl(circuit, tiles, placement);
  for (std::size_t net = 0; net < lengths.size(); ++net) {
    const std::string& name = circuit.nets[net].name;
    const double farad = farad_um * static_cast<double>(lengths[net]) / 1000;
    if (farad > 0 && name != ground) netlist.capacitors.push_back({name, ground, farad});
  }
}

}  // namespace ptah
