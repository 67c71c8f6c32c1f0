#include "shipped_circuit.hpp"

#include <algorithm>
#include <string>

#include "ptah/core/run_tool.hpp"
#include "ptah/netlist/circuit_folder.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"

namespace ptah::contract {

namespace fs = std::filesystem;

Result<Circuit> shipped_ota(const Technology& technology) {
  PTAH_TRY(
      const CircuitFolder folder,
      read_circuit_folder(fs::path(PTAH_SOURCE_DIR) / "configs/circuits/five_transistors_ota"));
  PTAH_TRY(SpiceCircuit read, read_spice(folder.netlist, folder.netlist_name, technology));
  if (!folder.pairs.empty()) {
    PTAH_TRY(read_pairs(folder.pairs, folder.name, read.circuit));
  }
  PTAH_TRY(const FingerSpace space, FingerSpace::create(read.circuit, {2}));
  return with_fingers(read.circuit, space.at(0));
}

Layout with_sliver(Layout layout, const Technology& technology) {
  Rect box;
  for (const NetShape& wire : layout.wires) box = box.united(wire.rect);
  const Dbu x = box.x1 + 100 * kPlacementGrid, y = box.y0;
  layout.wires.push_back({layout.ports.front().net,
                          technology.layer("met1"),
                          {x, y, x + technology.grid(), y + 100 * kPlacementGrid}});
  std::sort(layout.wires.begin(), layout.wires.end());
  return layout;
}

Layout without_a_net(Layout layout, const Circuit& circuit) {
  const auto is_port = [&](NetId net) {
    return std::find(circuit.ports.begin(), circuit.ports.end(), net) != circuit.ports.end();
  };
  const auto inner = std::find_if(layout.wires.begin(), layout.wires.end(),
                                  [&](const NetShape& wire) { return !is_port(wire.net); });
  if (inner == layout.wires.end()) return layout;
  const NetId net = inner->net;
  std::erase_if(layout.wires, [&](const NetShape& wire) { return wire.net == net; });
  return layout;
}

Result<Technology> other_technology(const fs::path& folder) {
  const fs::path shipped = fs::path(PTAH_SOURCE_DIR) / "configs/technologies";
  PTAH_TRY(std::string yaml, read_text_file(shipped / "ptah130.yaml", 1u << 20));
  const auto replace = [&](const std::string& from, const std::string& to) -> Status {
    const std::size_t at = yaml.find(from);
    if (at == std::string::npos) return make_error(ErrorCode::kNotFound, from, "ptah130.yaml");
    yaml.replace(at, from.size(), to);
    return ok();
  };
  PTAH_TRY(
      replace("kind: area,    layer: met1, um2: 0.083", "kind: area,    layer: met1, um2: 83"));
  PTAH_TRY(replace("met1: {sub: 25.78", "met1: {sub: 95.78"));
  const fs::path file = folder / "ptah130.yaml";
  PTAH_TRY(write_text_file(file, yaml, Durability::kCached));
  PTAH_TRY(const std::string models, read_text_file(shipped / "ptah130_models.yaml", 1u << 20));
  PTAH_TRY(write_text_file(folder / "ptah130_models.yaml", models, Durability::kCached));
  return Technology::load(file);
}

}  // namespace ptah::contract
