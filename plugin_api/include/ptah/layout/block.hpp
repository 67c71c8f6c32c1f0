/// Fixed blocks: cells of GDS files that subcircuits or models of a netlist are bound to, placed
/// and routed as they are.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ptah/layout/gds.hpp"
#include "ptah/layout/layout.hpp"
#include "ptah/netlist/circuit.hpp"

namespace ptah {

/// Geometry is in the coordinates of `tile`, nm. The netlist's half is filled by read_spice, the
/// cell's by native::bind_cell.
struct Block {
  // Of the netlist.
  std::string name;                ///< What it is called there.
  std::vector<std::string> ports;  ///< Of its .subckt, in the order of the lines that call it.
  bool empty = false;              ///< The .subckt says its ports and nothing else.
  /// The devices of its .subckt, flat; its ports are the circuit's. nullptr where it is empty, and
  /// where `not_simulated` says what can not be simulated of it.
  std::shared_ptr<const Circuit> content;
  std::optional<Error> not_simulated;
  /// Empty, and the PDK has a model of this name.
  bool foreign = false;

  // Of the file.
  std::string file, cell;
  gds::Library library;  ///< The cell and those below it, as the file has them.
  Point origin;          ///< Where the cell's (0, 0) lies.
  Tile tile;  ///< `shapes` are those of the cell on the technology's layers, and `landings`.
  /// A port's pieces of metal that nothing joins inside are terminals of their own, each of which
  /// is wired; "vdd", "vdd:2". `port_of` has the port of each.
  std::vector<std::string> terminals;
  std::vector<std::size_t> port_of;
  /// Metal and cuts for terminals that wires would not meet: off the routing grid, or on local
  /// interconnect alone. Drawn beside the cell.
  std::vector<Shape> landings;
  std::vector<Shape> own;  ///< `tile.shapes` without `landings`, sorted.
  /// What joins nets of a black box: wells, taps, metal and cuts without devices. Sorted.
  std::vector<Shape> wires;
  /// A rectangle of each net inside that is wired to no terminal; nothing outside may touch one.
  std::vector<Shape> inner;
};

/// Of a device that is a block: the net of each of its ports.
std::vector<NetId> port_nets(const Device& device);

}  // namespace ptah
