#include "netlist/sizes.hpp"

#include <charconv>
#include <cmath>
#include <optional>

namespace ptah::spice {
namespace {

constexpr double kLargestMetres = 1e-3;
constexpr double kSmallestMicrons = 1e-2;
constexpr double kLargestMicrons = 1e5;

}  // namespace

std::string shortest(double value) {
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return error == std::errc{} ? std::string(buffer, end) : std::string("?");
}

std::string rounded(double value, int digits) {
  char buffer[32];
  const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general, digits);
  return error == std::errc{} ? std::string(buffer, end) : shortest(value);
}

Result<Size> read_size(std::string_view parameter, Quantity q, double scale) {
  const auto shown = [&] { return std::string(parameter) + "=" + shortest(q.value); };
  if (!std::isfinite(q.value) || q.value <= 0) {
    return make_error(ErrorCode::kParse, shown() + " is no size: it has to be positive.");
  }
  if (scale > 0) {
    const double metres = q.value * scale;
    return Size{metres * (metres < kSmallestMicrons ? 1e9 : 1e3), SizeReading::kScaled};
  }
  // A hair of tolerance: 1000u is 0.001 in decimal, not quite so in binary.
  if (q.value <= kLargestMetres * (1 + 1e-9)) {
    return Size{q.value * 1e9, q.has_unit ? SizeReading::kUnit : SizeReading::kMetres};
  }
  if (q.value >= kSmallestMicrons * (1 - 1e-9)) {
    if (q.value > kLargestMicrons) {
      return make_error(ErrorCode::kParse,
                        shown() + " is no size of a device, be it metres or micrometres.");
    }
    return Size{q.value * 1e3, SizeReading::kMicrons};
  }
  if (q.has_unit) return Size{q.value * 1e9, SizeReading::kUnit};
  return make_error(ErrorCode::kParse,
                    shown() + " is ambiguous: too large for metres, too small for micrometres.", {},
                    "write the unit, for example " + std::string(parameter) + "=1.05u");
}

namespace {

/// `um`: how many of the unit an um is in metres, as such, and as models have it.
Result<double> read_junction(std::string_view parameter, Quantity q, double factor, double metres,
                             double models, std::string_view unit) {
  const double value = q.value * factor;
  const auto in = [&](double scale) -> std::optional<double> {
    // 10 nm to 10 mm, and what sides of that make.
    const double um = value / scale;
    const double least = unit == "um" ? 1e-2 : 1e-4, most = unit == "um" ? 1e4 : 1e8;
    return um >= least && um <= most ? std::optional(um) : std::nullopt;
  };
  for (const double scale : {metres, 1.0, models}) {
    if (std::isfinite(value) && value > 0) {
      if (const auto um = in(scale)) return *um;
    }
  }
  return make_error(ErrorCode::kParse,
                    std::string(parameter) + "=" + shortest(q.value) + " is no " +
                        (unit == "um" ? "perimeter" : "area") + " of a junction.",
                    {}, "write it in " + std::string(unit));
}

}  // namespace

Result<double> read_area(std::string_view parameter, Quantity q, double scale) {
  return read_junction(parameter, q, scale > 0 ? scale * scale : 1, 1e-12, 1e12, "um^2");
}

Result<double> read_perimeter(std::string_view parameter, Quantity q, double scale) {
  return read_junction(parameter, q, scale > 0 ? scale : 1, 1e-6, 1e6, "um");
}

std::string junction_text(double area_um2, double perimeter_um) {
  return " area=" + rounded(area_um2 * 1e12, 12) + " pj=" + rounded(perimeter_um * 1e6, 12);
}

Result<GridSize> to_grid(std::string_view what, double nm, Dbu grid, OffGrid off_grid) {
  if (!(nm < 1e9)) {
    return make_error(ErrorCode::kUnsupported, std::string(what) + " is " + shortest(nm / 1e3) +
                                                   " um: no device is that big.");
  }
  const double steps = nm / grid;
  const double whole = std::nearbyint(steps);
  // A millionth of a step and of the value: what decimal fractions lose in binary, and no more.
  const bool off = std::fabs(steps - whole) > 1e-6 * (1 + whole);
  if (whole < 1 || (off && off_grid == OffGrid::kRefuse)) {
    return make_error(ErrorCode::kUnsupported,
                      std::string(what) + " is " + shortest(std::nearbyint(nm * 1e4) / 1e7) +
                          " um, which is off the " + std::to_string(grid) +
                          " nm grid of the technology.",
                      {},
                      "round it to a multiple of " + shortest(grid / 1e3) +
                          " um, or let it be rounded (--off-grid round)");
  }
  return GridSize{static_cast<Dbu>(whole) * grid, off};
}

}  // namespace ptah::spice
