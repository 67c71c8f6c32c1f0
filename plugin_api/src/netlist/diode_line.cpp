/// Junction diodes: area and perimeter, and the rectangle that has both.
#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "netlist/device_line.hpp"
#include "netlist/text.hpp"

namespace ptah::spice {
namespace {

constexpr std::array<const char*, 2> kAreas{"area", "a"};
constexpr std::array<const char*, 5> kPerimeters{"pj", "perim", "perimeter", "p", "peri"};

std::string diode_text(double width_um, double length_um) {
  return rounded(width_um) + " x " + rounded(length_um) + " um, " + rounded(width_um * length_um) +
         " um^2, perimeter " + rounded(2 * (width_um + length_um)) + " um";
}

}  // namespace

Result<std::optional<double>> DeviceReader::junction(const Element& element,
                                                     const std::string& path, Scope& scope,
                                                     std::span<const char* const> keys,
                                                     bool area) const {
  std::optional<double> found;
  for (const char* key : keys) {
    if (element.parameters.count(key) == 0) continue;
    PTAH_TRY(const Quantity q, scope.evaluate(element, key));
    auto value = area ? read_area(key, q, deck_.scale) : read_perimeter(key, q, deck_.scale);
    if (!value) {
      Error error = value.error();
      error.message = path + ": " + error.message;
      error.where = deck_.where(element.place);
      return error;
    }
    if (found)
      return fail(element, path + ": " + key + "= says again what another parameter says.");
    found = value.value();
  }
  return found;
}

Result<DeviceLine> DeviceReader::read_diode(const Element& element, const std::string& path,
                                            Scope& scope) {
  const std::vector<std::string>& words = element.words;
  const DeviceModel* model = words.size() < 3 ? nullptr : technology_.find_device(words[2]);
  if (words.size() < 3 || (model == nullptr && words.size() != 3)) {
    return fail(element, path + ": a diode has anode, cathode and a model; this line has " +
                             std::to_string(words.size()) + " words after the name.");
  }
  if (model == nullptr) return unknown_model(element, path, words[2]);
  if (!is_diode(model->kind)) {
    return fail(element, path + ": a D line cannot use " + model->name + ", which is a " +
                             std::string(to_string(model->kind)) + ".");
  }
  for (const auto& [key, parameter] : element.parameters) {
    if (key == "l" || key == "w" || key == "m") continue;
    if (std::find(kAreas.begin(), kAreas.end(), key) != kAreas.end()) continue;
    if (std::find(kPerimeters.begin(), kPerimeters.end(), key) != kPerimeters.end()) continue;
    PTAH_TRY(check_parameter(element, path, key));
  }
  DeviceLine line;
  line.nets.assign(words.begin(), words.begin() + 2);
  Device& device = line.device;
  device.kind = model->kind;
  device.model = model->name;
  PTAH_TRY(device.multiplier, multiplier(element, scope));

  PTAH_TRY(std::optional<double> area, junction(element, path, scope, kAreas, true));
  PTAH_TRY(const std::optional<double> perimeter,
           junction(element, path, scope, kPerimeters, false));
  if (words.size() == 4) {
    PTAH_TRY(const Quantity q, scope.evaluate_text(element, words[3]));
    auto value = read_area("area", q, deck_.scale);
    if (!value || area) {
      return fail(element, path + ": " + text::quoted(words[3]) +
                               (area ? " says again what area= says." : " is no area."));
    }
    area = value.value();
  } else if (words.size() > 4) {
    return fail(element, path + ": what follows the model is no parameter.");
  }
  const bool sized = element.parameters.count("w") != 0 || element.parameters.count("l") != 0;
  double width = 0, length = 0;  // um
  if (sized) {
    Lengths lengths;
    PTAH_TRY(set_sizes(element, path, scope, true, lengths));
    width = lengths.width_nm / 1e3;
    length = lengths.length_nm / 1e3;
    if (area && std::fabs(*area - width * length) > 1e-3 * *area) {
      return fail(element, path + ": w= and l= make " + rounded(width * length) +
                               " um^2, but the area is " + rounded(*area) + " um^2.");
    }
  } else if (!area) {
    return fail(element, path + ": neither an area nor w= and l= are given.",
                "give area= and pj= (perimeter), in um^2 and um, or w= and l=");
  } else if (!perimeter) {
    width = length = std::sqrt(*area);
  } else if (const auto sides = rectangle_of(*area, *perimeter)) {
    std::tie(width, length) = *sides;
  } else {
    return fail(element,
                path + ": no shape has an area of " + rounded(*area) +
                    " um^2 and a perimeter of only " + rounded(*perimeter) + " um: a square has " +
                    rounded(4 * std::sqrt(*area)) + " um.",
                "correct one of them, or leave the perimeter out for a square");
  }
  if (length < width) std::swap(width, length);
  bool moved = false;
  for (const auto& [what, um, side] : {std::tuple{"shorter side", width, &device.width},
                                       {"longer side", length, &device.length}}) {
    auto placed = to_grid(path + ": its " + what, um * 1e3, technology_.grid(), options_.off_grid);
    if (!placed) {
      Error error = placed.error();
      error.where = deck_.where(element.place);
      return error;
    }
    *side = placed.value().size;
    // A side from area and perimeter has the digits of a root.
    moved = moved || std::fabs(to_um(*side) - um) > 1e-5;
  }
  if (moved || (!sized && !perimeter)) {
    const std::string from =
        sized ? rounded(width) + " x " + rounded(length) + " um"
              : rounded(*area) + " um^2" +
                    (perimeter ? ", perimeter " + rounded(*perimeter) + " um" : "");
    note({path,
          !sized && !perimeter ? "no perimeter given, drawn as a square" : "sides on the grid",
          from, diode_text(to_um(device.width), to_um(device.length))});
  }
  return line;
}

}  // namespace ptah::spice
