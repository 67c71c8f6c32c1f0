/// Decides whether a size is in metres or in bare micrometres.
#pragma once

#include <string>
#include <string_view>

#include "netlist/expression.hpp"
#include "ptah/core/error.hpp"
#include "ptah/geom/geometry.hpp"
#include "ptah/netlist/spice.hpp"

namespace ptah::spice {

/// How a number came to be a length.
enum class SizeReading {
  kScaled,  ///< `.option scale` says it.
  kUnit,    ///< A unit suffix makes it metres: "1.05u".
  kMetres,  ///< No unit, and at most 1e-3: only metres make a size of an integrated device.
  kMicrons  ///< At least 1e-2: only micrometres do.
};

struct Size {
  double nm = 0;
  SizeReading reading = SizeReading::kUnit;
};

/// The rule. With `.option scale` (`scale` > 0), value * scale is metres. Else: up to 1e-3 is
/// metres (1e-3 m = 1 mm), from 1e-2 is micrometres (10 nm), whether a unit is written or not, for
/// Magic writes "1.05e+06u" and means 1.05 um; a written unit settles what lies between.
/// What `scale` makes is read by the same two, for Magic writes "scale=5000u" and means 5 nm.
/// Fails where neither reading makes a size: not positive, between 1e-3 and 1e-2, above 1e5.
/// Errors carry no place.
Result<Size> read_size(std::string_view parameter, Quantity value, double scale);

/// Area in um^2 and perimeter in um of a junction. As lengths, they are in metres (1.2e-12 m^2), in
/// micrometres (1.2), or as the process's models take them beside `.option scale=1u`: a millionth
/// of a micrometre and its square (1.2e12), which is what xschem and Magic write. The three lie so
/// far apart that the number says which it is. Errors carry no place.
Result<double> read_area(std::string_view parameter, Quantity value, double scale);
Result<double> read_perimeter(std::string_view parameter, Quantity value, double scale);
/// The two as a netlist for the process's models has them: " area=1.2e+12 pj=4.4e+06".
std::string junction_text(double area_um2, double perimeter_um);

/// A size on the grid of the technology.
struct GridSize {
  Dbu size = 0;
  bool rounded = false;  ///< By more than what decimal fractions lose in binary.
};

/// `nm` as whole dbu on `grid`, the nearest, but never 0. Fails where it is out of range, and
/// where it is off the grid and that is refused.
Result<GridSize> to_grid(std::string_view what, double nm, Dbu grid, OffGrid off_grid);

/// "1.05": shortest decimal that reads back as `value`.
std::string shortest(double value);
/// The same of a computed value, with the digits that count.
std::string rounded(double value, int digits = 6);

}  // namespace ptah::spice
