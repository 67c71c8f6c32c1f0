/// A cell of a GDS file as a fixed block: what wires may land on, and what they must stay away
/// from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/layout/block.hpp"
#include "ptah/netlist/spice.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah::native {

/// A file and which cell of it is meant; empty: the one that is called as the block, or else the
/// only one that no other one places.
struct CellFile {
  std::string name;  ///< For messages.
  std::vector<std::uint8_t> bytes;
  std::string cell;
};

/// Fills the file's half of `block`, whose ports are known. A port's terminals are the pieces of
/// metal below the labels of its name, in any case; wires come to those on routing layers, and on
/// local interconnect by a cut of ours. Fails, with
/// the file as the place, when a port has none, when a label on a pin purpose is no port, when one
/// piece of metal has the labels of two ports, when wires could not land, and when a shape on a
/// layer of the technology lies off its grid. Shapes on other layers stay in the file's cells, and
/// a note says so.
Status bind_cell(Block& block, const CellFile& file, const Technology& technology,
                 std::vector<Note>& notes);

}  // namespace ptah::native
