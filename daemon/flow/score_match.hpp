/// Which device of the schematic is which device of a layout, and which net is which: for layouts
/// of any origin, finished or half drawn, and for extracted netlists. No verdict: that is LVS's.
#pragma once

#include <string>
#include <vector>

#include "ptah/netlist/circuit.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/stages/stages.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

/// One finger of a transistor, one capacitor, one resistor body, as found.
struct FoundPart {
  std::string model;  ///< The technology's name or an alias.
  Dbu width = 0, length = 0;
  int count = 1;          ///< Equal ones that it stands for.
  std::vector<int> nets;  ///< Indices into `FoundParts::nets`, in the schematic's terminal order.
};

struct FoundParts {
  std::vector<std::string> nets;  ///< Names; only those of ports and of the circuit's nets count.
  std::vector<FoundPart> parts;
};

struct Correspondence {
  std::vector<DeviceId> device_of;  ///< Of each part; -1: none.
  std::vector<NetId> net_of;        ///< Of each found net; kNoNet: none.
  /// The two graphs are the same but for bulks, names and finger counts. Otherwise this is the
  /// likeliest assignment, with gaps.
  bool exact = false;
};

/// Deterministic. Colour refinement with ports as seeds (Gemini), ties broken by finger counts and
/// names; where the graphs differ, a greedy assignment by shared nets. Bulks are passed over: a
/// wrong one must not lose its device. Finger counts of `circuit` may be free.
Correspondence correspond(const FoundParts& found, const Circuit& circuit,
                          const Technology& technology);

/// The parts of an extracted netlist; nodes joined by resistors are one net. `net_of_node` gets a
/// net for each node that a device, a capacitor or a resistor names.
FoundParts parts_of(const ExtractedNetlist& netlist, std::map<std::string, int>& net_of_node);

/// The finger counts of `circuit`'s free devices as `found` draws them. Fails with what to do: when
/// a free device is not there, or when parallel devices could share their fingers in several ways
/// (the candidates are named).
Result<FingerAssignment> fingers_of(const FoundParts& found, const Correspondence& match,
                                    const Circuit& circuit, const std::vector<int>& allowed);

}  // namespace ptah
