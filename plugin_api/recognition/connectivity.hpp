/// What a layout is, electrically, from its drawn shapes alone: nets, contacts and devices. No cell
/// name and no label decides anything but what a net is called. Used by native_lvs and native_pex.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah::native {

using NetIndex = std::int32_t;
constexpr NetIndex kNone = -1;

/// A rectangle of a conductor. Those of one layer are disjoint.
struct NetRect {
  Rect rect;
  NetIndex net = kNone;
  friend auto operator<=>(const NetRect&, const NetRect&) = default;
};

/// A cut that joins two conductors.
struct Contact {
  LayerId cut = 0;
  LayerId lower = 0;  ///< diff, tap, poly, li1, met1, ..., capm, cap2m
  LayerId upper = 0;
  Rect rect;
  NetIndex net = kNone;
};

/// Where a label names its net.
struct FoundLabel {
  std::string text;
  LayerId layer = 0;
  Point at;
};

struct FoundNet {
  std::string name;                 ///< Its label; else one made of the place of its first shape.
  bool port = false;                ///< Labelled on a pin purpose.
  std::vector<std::string> labels;  ///< All of them, sorted, without repetitions.
  std::vector<FoundLabel> label_places;  ///< By layer, then place.
  Rect box;                              ///< Around its shapes.
};

/// One terminal of a device and where it is on the layout.
struct FoundTerminal {
  NetIndex net = kNone;
  LayerId layer = 0;
  Rect place;  ///< Source, drain: the diffusion beside the gate. Gate: the gate. Plates, heads.
};

/// One finger of a transistor, one capacitor, one resistor body, one diode.
struct FoundDevice {
  std::size_t model = 0;  ///< Index in Technology::devices().
  Rect body;              ///< The gate, the plate, the resistor's body, the diode's diffusion.
  /// Diodes: the sides, the shorter first, of the rectangle of their area and perimeter.
  Dbu width = 0, length = 0;
  /// In the schematic's terminal order (`terminal_names`): MOS D G S B, source and drain as found
  /// (left or lower first); MIM top bottom; varactors top bottom substrate; resistors A B [SUB];
  /// diodes anode cathode.
  std::vector<FoundTerminal> terminals;
  double drain_area_um2 = 0,
         drain_perimeter_um = 0;  ///< MOS: this finger's share of the diffusion.
  double source_area_um2 = 0, source_perimeter_um = 0;
};

/// Something that is no device and no wire: a gate without a source, crossing labels.
struct Oddity {
  std::string text;  ///< A sentence.
  Rect place;
};

/// Deterministic: nets in the order of their lowest, leftmost shape on the lowest layer; devices by
/// place.
struct Connectivity {
  std::vector<FoundNet> nets;
  NetIndex substrate = kNone;  ///< The p-substrate; it exists in every layout.
  /// By LayerId. Conductors (diff without gates, tap, poly, li1, met1..), plates, nwell.
  std::vector<std::vector<NetRect>> conductors;
  std::vector<Contact> contacts;
  std::vector<FoundDevice> devices;
  std::vector<Oddity> oddities;
};

/// Bounded by the shapes of `flat`; never fails on odd drawings, which it reports as oddities.
Connectivity find_connectivity(const gds::Flat& flat, const Technology& technology);

}  // namespace ptah::native
