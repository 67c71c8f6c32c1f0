/// Tiles of the SKY130 devices, drawn from the technology's rules. Pure functions: equal arguments
/// give equal tiles.
#pragma once

#include <string>

#include "ptah/core/error.hpp"
#include "ptah/layout/layout.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah::sky130 {

/// The tile of `device`. Fails with the device and the rule when the technology forbids the size,
/// with kUnsupported for a class of device that this generator does not draw.
Result<Tile> generate_tile(const Device& device, const Technology& technology);

/// One row of fingers with vertical gates, its tap row below; terminals D, G, S and B are
/// horizontal met1 bars as wide as the tile. What is wider than 30 um folds into rows under straps
/// (mos_straps.hpp), tall fingers have further taps (mos_arrangement.hpp), and a device whose bulk
/// is not the substrate lies in a deep n-well (deep_well.hpp).
///
///      G  ==================   poly strap, licon, li1, mcon
///      D  ==================   over the diffusion's upper end
///         |  |  |  |  |  |     li1 on every source and drain column, met1 as far as the bars leave
///         it
///      S  ==================   over its lower end
///      B  ==================   tap
Result<Tile> mos_tile(const Device& device, const DeviceModel& model, const Technology& technology);

/// A plate over its bottom metal, which runs out below it: TOP is the metal above the plate, BOTTOM
/// the bar below it.
Result<Tile> mim_tile(const Device& device, const DeviceModel& model, const Technology& technology);

/// Body sizes in nm of a resistor given by size or by value.
struct ResistorBody {
  Dbu width = 0;
  Dbu length = 0;
};
Result<ResistorBody> resistor_body(const Device& device, const DeviceModel& model,
                                   const Technology& technology);

/// A straight poly body between two contacted heads; pads A and B on met1.
Result<Tile> poly_resistor_tile(const Device& device, const DeviceModel& model,
                                const Technology& technology);

/// A strip of a routing conductor, folded into a meander where it is long; pads A and B.
Result<Tile> metal_resistor_tile(const Device& device, const DeviceModel& model,
                                 const Technology& technology);

/// A rectangle of diffusion under contacts, the longer side lying, over its tap row; a tall one in
/// a ring of tap. ANODE and CATHODE are met1 bars as wide as the tile. An n-diode whose anode is
/// not the substrate lies in a deep n-well.
Result<Tile> diode_tile(const Device& device, const DeviceModel& model,
                        const Technology& technology);

/// Poly over n-tap in an n-well, between two columns of contacts, over a substrate tap: TOP is the
/// poly, BOTTOM the well, SUB the tap.
Result<Tile> varactor_tile(const Device& device, const DeviceModel& model,
                           const Technology& technology);

/// "device M3 (ota.sp:12)"
std::string device_place(const Device& device);
/// Ids of the rules behind a model's smallest sizes; empty where the range is the model's own.
struct SizeRules {
  std::string width;
  std::string length;
};
/// Fails when `width` or `length` is off the grid or outside the model's range.
Status check_size(const Device& device, const DeviceModel& model, Dbu width, Dbu length,
                  const Technology& technology, const SizeRules& rules);

}  // namespace ptah::sky130
