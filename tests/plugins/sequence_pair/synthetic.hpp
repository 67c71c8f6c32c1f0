/// Circuits and tiles for placement tests: sizes and pins like real ones, no shapes.
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "ptah/core/random.hpp"
#include "ptah/layout/layout.hpp"
#include "ptah/netlist/circuit.hpp"

namespace ptah::synthetic {

/// A circuit with a tile and a well flavour a device, and the clearances between them.
struct Case {
  Circuit circuit;
  Tiles tiles;

  /// Terminals as "d g s b" of a MOS, "top bottom" of a capacitor.
  Case& device(const std::string& name, DeviceKind kind, const std::vector<std::string>& nets,
               Dbu width, Dbu height) {
    Device device;
    device.name = name;
    device.kind = kind;
    for (const std::string& net : nets) device.nets.push_back(net_id(net));
    const auto names = terminal_names(kind, nets.size());
    Tile tile;
    tile.kind = kind;
    tile.outline = {0, 0, width, height};
    // Gate low, source and drain in the middle on either side, bulk on top; plates of a capacitor
    // at opposite corners.
    const Point spots[4] = {{width * 2 / 3, height / 2},
                            {width / 2, height / 6},
                            {width / 3, height / 2},
                            {width / 2, height - 300}};
    for (std::size_t t = 0; t < nets.size(); ++t) {
      const Point p = kind == DeviceKind::kCapacitor || kind == DeviceKind::kResistor
                          ? Point{t == 0 ? width / 2 : 500, t == 0 ? height / 2 : 500}
                          : spots[t];
      const Point c{p.x / kPlacementGrid * kPlacementGrid, p.y / kPlacementGrid * kPlacementGrid};
      tile.pins.push_back({std::string(names[t]), {{0, Rect{c.x, c.y, c.x, c.y}.bloated(115)}}});
    }
    circuit.devices.push_back(std::move(device));
    tiles.push_back(std::move(tile));
    return *this;
  }
  Case& nmos(const std::string& name, const std::vector<std::string>& nets, Dbu width = 2300,
             Dbu height = 4000) {
    return device(name, DeviceKind::kNmos, nets, width, height);
  }
  Case& pmos(const std::string& name, const std::vector<std::string>& nets, Dbu width = 2700,
             Dbu height = 4400) {
    return device(name, DeviceKind::kPmos, nets, width, height);
  }
  Case& match(std::initializer_list<const char*> names) {
    MatchedGroup group;
    for (const char* name : names) group.push_back(find(name));
    circuit.matched.push_back(std::move(group));
    return *this;
  }
  DeviceId find(const std::string& name) const {
    for (std::size_t i = 0; i < circuit.devices.size(); ++i) {
      if (circuit.devices[i].name == name) return static_cast<DeviceId>(i);
    }
    return -1;
  }
  NetId net_id(const std::string& name) {
    for (std::size_t i = 0; i < circuit.nets.size(); ++i) {
      if (circuit.nets[i].name == name) return static_cast<NetId>(i);
    }
    circuit.nets.push_back({name});
    return static_cast<NetId>(circuit.nets.size()) - 1;
  }
  /// Wells of p devices keep 1 um, everything else 0.3 um.
  std::vector<Dbu> clearance() const {
    const std::size_t n = tiles.size();
    std::vector<Dbu> matrix(n * n, 0);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        const bool wells = tiles[i].kind == DeviceKind::kPmos && tiles[j].kind == DeviceKind::kPmos;
        matrix[i * n + j] = i == j ? 0 : wells ? 1000 : 300;
      }
    }
    return matrix;
  }
};

inline Case five_transistors() {
  Case c;
  c.nmos("M0", {"source", "VBIAS", "GND", "GND"})
      .nmos("M1", {"VOUT", "VINN", "source", "GND"})
      .nmos("M2", {"net8", "VINP", "source", "GND"})
      .pmos("M3", {"VOUT", "net8", "VDD", "VDD"})
      .pmos("M4", {"net8", "net8", "VDD", "VDD"})
      .match({"M1", "M2"})
      .match({"M3", "M4"});
  c.circuit.name = "five";
  return c;
}

inline Case ahuja() {
  Case c;
  c.nmos("M7", {"VDD", "out1", "net1", "GND"}, 2300, 3600)
      .nmos("M10", {"vbias", "vbias", "GND", "GND"}, 2300, 3600)
      .nmos("M11", {"vcas", "vcas", "vbias", "GND"}, 2300, 4100)
      .nmos("M9", {"net1", "vbias", "GND", "GND"}, 2300, 4600)
      .nmos("M6", {"OUT", "net1", "GND", "GND"}, 2300, 3600)
      .nmos("M13", {"out1", "vcas", "net7", "GND"}, 2300, 4100)
      .nmos("M12", {"net18", "vcas", "net16", "GND"}, 2300, 4100)
      .nmos("M0", {"net16", "INM", "net11", "GND"}, 2300, 5100)
      .nmos("M2", {"net7", "INP", "net11", "GND"}, 2300, 5100)
      .nmos("M1", {"net11", "vbias", "GND", "GND"}, 2300, 3600)
      .device("C0", DeviceKind::kCapacitor, {"net7", "OUT"}, 26600, 25800)
      .pmos("M8", {"vcas", "vcas", "VDD", "VDD"}, 2700, 4500)
      .pmos("M5", {"OUT", "out1", "VDD", "VDD"}, 2700, 5000)
      .pmos("M3", {"out1", "net18", "VDD", "VDD"}, 2700, 5500)
      .pmos("M4", {"net18", "net18", "VDD", "VDD"}, 2700, 5500)
      .match({"M3", "M4"})
      .match({"M0", "M2"})
      .match({"M12", "M13"})
      .match({"M1", "M10"});
  c.circuit.name = "ahuja";
  return c;
}

/// A random problem of 1..max_tiles devices: nets, sizes, matched groups of two and three.
inline Case random_case(Rng& rng, int max_tiles) {
  Case c;
  const int n = 1 + static_cast<int>(rng.below(static_cast<std::uint64_t>(max_tiles)));
  const int nets = 2 + static_cast<int>(rng.below(8));
  const auto net = [&] {
    return "n" + std::to_string(rng.below(static_cast<std::uint64_t>(nets)));
  };
  while (static_cast<int>(c.tiles.size()) < n) {
    const auto left = static_cast<std::uint64_t>(n) - c.tiles.size();
    const auto group = std::min<std::uint64_t>(left, 1 + rng.below(4) * rng.below(2));
    const bool p = rng.below(2) == 1;
    const Dbu width = 1500 + 100 * static_cast<Dbu>(rng.below(40));
    const Dbu height = 3000 + 100 * static_cast<Dbu>(rng.below(30));
    MatchedGroup members;
    for (std::uint64_t m = 0; m < group; ++m) {
      members.push_back(static_cast<DeviceId>(c.tiles.size()));
      const std::string name = "M" + std::to_string(c.tiles.size());
      c.device(name, p ? DeviceKind::kPmos : DeviceKind::kNmos, {net(), net(), net(), net()}, width,
               height);
    }
    if (group > 1) c.circuit.matched.push_back(std::move(members));
  }
  c.circuit.name = "random";
  return c;
}

}  // namespace ptah::synthetic
