/// The two netlists that Netgen compares, in one dialect.
///
/// Both sides are written by us, with nets and instances under names of our own, so that no
/// character of a user's name reaches a parser and every answer can be translated back:
///  - one device a finger and copy, never merged: Netgen compares only sums of merged devices, and
///    lets 1.05 + 2.0 um pass for 1.05 + 1.05 um;
///  - sizes in bare um with six digits, diodes by area and perimeter; the sides of a MIM plate in
///    ascending order, because a plate may be drawn turned;
///  - a resistor that the schematic gives by value has no size to compare. When a circuit has one,
///    resistors of its model compare by their value within 1 %, computed from the drawn size by the
///    technology's law; all others compare by size;
///  - Magic says of a varactor's third terminal only that it is the well, which the second is, too:
///    it is not compared;
///  - every port carries a mark of its own: Netgen matches by connections alone and calls a layout
///    with two ports exchanged a unique match;
///  - fixed-width resistor models compare as their generic model with that width.
///
/// Of devices that only their sizes tell apart, such as dummies of two widths between the same
/// nets, Netgen pairs any two, and complains of their sizes. Then each size is given a model of its
/// own.
#pragma once

#include <string>
#include <vector>

#include "ptah/netlist/circuit.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::netgen {

struct Side {
  struct Instance {
    std::string label;  ///< For people: "M3 finger 2", "X5".
    std::string model;
    std::vector<int> nets;  ///< Indices into `nets`.
    double width_um = 0, length_um = 0;
    double area_um2 = 0, perimeter_um = 0;  ///< Diodes.
    double ohm = 0;                         ///< Resistors compared by value.
  };
  std::vector<std::string> nets;  ///< For people.
  std::vector<int> ports;         ///< Nets.
  std::vector<Instance> instances;
};

struct Comparison {
  Side layout, schematic;
  std::vector<std::string> missing_ports;  ///< Of the schematic, not in the layout.
  std::vector<std::string> extra_ports;    ///< Labelled in the layout, no port of the schematic.
};

/// Fails when the circuit names a device that the technology lacks or has free finger counts.
Result<Comparison> make_comparison(const ExtractedNetlist& layout, const Circuit& circuit,
                                   const Technology& technology);

/// Netgen calls instance "xLAY3" of model m "mLAY3".
constexpr const char* kLayoutMark = "LAY";
constexpr const char* kSchematicMark = "SCH";

/// "p0 p1 .. " for ports (the same number on both sides), "n7" for inner nets; instances "xLAY3",
/// "xSCH3" by their index. `layout_side` tells which.
std::string to_spice(const Comparison& comparison, bool layout_side);

/// Each size of a model as a model of its own, which has no size left to compare.
struct SizedModels {
  Comparison comparison;
  std::string setup;  ///< What Netgen is told of them: which terminals are exchangeable.
};
SizedModels with_sized_models(const Comparison& comparison, const Technology& technology);

}  // namespace ptah::netgen
