/// Parasitic netlist of a layout, from its shapes: devices with their junctions, capacitances and,
/// where asked for, resistances.
#pragma once

#include "capacitance.hpp"
#include "device_list.hpp"
#include "label_windows.hpp"
#include "network.hpp"
#include "ptah/stages/stages.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::native {

enum class Calibration {
  kMagic,    ///< The formula and precision of Magic 8.3.105: scores comparable with magic_pex.
  kFoundry,  ///< The foundry's line tables.
};

enum class Resistance {
  kIgnored,
  kNetwork,  ///< Per net a network of resistors, its capacitances shared over the network's nodes.
  kReduced,  ///< The same seen from the terminals of the circuit's devices and the ports.
};

enum class SupplyEntry {
  kLabel,  ///< Where the label of the port is.
  kEdge,   ///< At the upper or lower edge of the layout (supply_entry.hpp).
};

struct PexOptions {
  bool merge_fingers = true;  ///< Equal parallel fingers as one device with `m`.
  Resistance resistance = Resistance::kIgnored;
  Calibration calibration = Calibration::kMagic;
  SupplyEntry supply_entry = SupplyEntry::kLabel;
};

/// One layout after the other; results depend on the arguments alone.
class PexEngine {
 public:
  explicit PexEngine(PexOptions options) : options_(options) {}

  /// Fails when the layout lacks a port of the circuit: its netlist could not stand for the
  /// circuit. Fails with kLimit when the box around its shapes is beyond 67 mm^2. With kFoundry,
  /// fails when the technology lacks a line table.
  Result<ExtractedNetlist> extract(const gds::Flat& flat, const Circuit& circuit,
                                   const Technology& technology, const std::string& top);
  /// The same of what is known of the layout's nets.
  Result<ExtractedNetlist> extract(const gds::Flat& flat, const Connectivity& connectivity,
                                   const Circuit& circuit, const Technology& technology,
                                   const std::string& top);

 private:
  /// Of the technology that was asked for last.
  struct Laws {
    Stack stack;
    CapacitanceLaw magic;
    ResistanceLaw resistance;
    LineLaw lines;  ///< Calibration::kFoundry
  };
  Status read_laws(const Technology& technology);
  /// Finds the network and fills the devices and resistors of `netlist`, then its capacitors of
  /// what was found.
  void put_network(const Connectivity& connectivity, const Circuit& circuit,
                   const Technology& technology, const NetNames& names,
                   ExtractedNetlist& netlist) const;
  void put_reduced(const Connectivity& connectivity, const Circuit& circuit,
                   const Technology& technology, NetNames names, ExtractedNetlist& netlist) const;
  void find_capacitances(const gds::Flat& flat, const Connectivity& connectivity,
                         const Technology& technology);
  double farad(double af) const;

  PexOptions options_;
  Technology::Identity technology_;  ///< Whose `laws_` are; none at first.
  Laws laws_;
  Planes planes_;
  CapacitanceEngine capacitance_;
  LabelWindows windows_;
  Capacitances found_;
  NetworkBuilder builder_;
  ResistorNetwork network_;
};

}  // namespace ptah::native
