#include "netlist/device_line.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"

namespace ptah::spice {
namespace {

constexpr int kMaxCount = 1024;  // nf, m, stack
/// Layout-dependent parameters that schematic tools write beside the sizes: the layout decides
/// them anew, so they are dropped without a word.
constexpr std::array<std::string_view, 26> kLayoutDependent{
    "ad",   "as",    "pd",          "ps",    "nrd",  "nrs", "sa",    "sb",   "sd",
    "sca",  "scb",   "scc",         "geo",   "off",  "ic",  "dtemp", "temp", "topography",
    "area", "perim", "spiceprefix", "model", "mult", "mf",  "multi", "vm"};

bool is_free(const std::string& text) {
  return same_but_for_case(text, "ZZZ");
}

std::string size_text(Dbu width, Dbu length) {
  return shortest(to_um(width)) + " x " + shortest(to_um(length)) + " um";
}

}  // namespace

Error DeviceReader::fail(const Element& element, std::string message, std::string hint,
                         ErrorCode code) const {
  return make_error(code, std::move(message), deck_.where(element.place), std::move(hint));
}

Error DeviceReader::unknown_model(const Element& element, const std::string& path,
                                  const std::string& model) const {
  // Names of a process begin alike, which is said once.
  const std::vector<DeviceModel>& devices = technology_.devices();
  std::string common =
      devices.empty() ? "" : devices[0].name.substr(0, devices[0].name.rfind("__") + 2);
  if (common.size() < 3 || !std::all_of(devices.begin(), devices.end(), [&](const auto& device) {
        return device.name.starts_with(common);
      })) {
    common.clear();
  }
  std::string known;
  for (const DeviceModel& device : devices)
    known += (known.empty() ? "" : ", ") + device.name.substr(common.size());
  return fail(element,
              path + ": the model " + text::quoted(model) + " is neither a device of " +
                  technology_.name() + " nor a subcircuit of this netlist.",
              "include the .subckt of a cell, or hand over its layout: --cell " +
                  (text::is_plain_name(model) ? model : std::string("NAME")) +
                  "=FILE.gds. Devices are " + (common.empty() ? "" : common + " and ") + known,
              ErrorCode::kNotFound);
}

void DeviceReader::note(Note note) {
  if (notes_.notes.size() < kMaxNotes) notes_.notes.push_back(std::move(note));
}

Status DeviceReader::place_size(const Element& element, const std::string& path,
                                const std::string& what, double nm, Dbu& size) {
  auto placed = to_grid(path + ": " + what, nm, technology_.grid(), options_.off_grid);
  if (!placed) {
    Error error = placed.error();
    error.where = deck_.where(element.place);
    return error;
  }
  size = placed.value().size;
  if (placed.value().rounded) {
    // To a tenth of a picometre: what optimisers write has more digits than anybody reads.
    note({path, what, shortest(std::nearbyint(nm * 1e4) / 1e7) + " um",
          shortest(to_um(size)) + " um"});
  }
  return ok();
}

Result<bool> DeviceReader::is_total_width(const Element& element, const std::string& path,
                                          int fingers) const {
  if (options_.width != WidthMeaning::kAsk) return options_.width == WidthMeaning::kTotal;
  if (const auto stated = deck_.widths.find(element.place.file); stated != deck_.widths.end())
    return stated->second == WidthMeaning::kTotal;
  if (element.letter() == 'x') return true;
  if (fingers == 1 || deck_.templates.contains(element.place.file)) return false;
  return fail(element,
              path + ": w=" + text::quoted(element.parameters.at("w").text) +
                  " with nf=" + std::to_string(fingers) +
                  " can be the width of one finger or of all of them: tools differ, and the "
                  "netlist does not say which wrote it.",
              "say which: --width finger or --width total (field `width`), or in a comment of the "
              "netlist, \"* w is the width of one finger\" or \"... of all fingers\"",
              ErrorCode::kInvalidArgument);
}

Result<int> DeviceReader::count(const Element& element, const char* key, Scope& scope,
                                int largest) const {
  const auto it = element.parameters.find(key);
  if (it == element.parameters.end()) return 1;
  PTAH_TRY(const Quantity q, scope.evaluate(element, key));
  if (!(q.value >= 1 && q.value <= largest) || q.value != std::floor(q.value)) {
    return fail(element,
                element.name + ": " + key + "=" + shortest(q.value) + " is no whole number in 1.." +
                    std::to_string(largest) + ".",
                std::string(key) == "nf" ? "write nf=ZZZ to leave the finger count free" : "");
  }
  return static_cast<int>(q.value);
}

/// `m` multiplies. xschem writes `mult` (`MF`, `VM` for capacitors) beside it, which simulators use
/// for mismatch only: alone it would mean one thing to a designer and another to ngspice.
Result<int> DeviceReader::multiplier(const Element& element, Scope& scope) const {
  PTAH_TRY(const int m, count(element, "m", scope, kMaxCount));
  for (const char* other : {"mult", "mf", "multi", "vm"}) {
    if (element.parameters.count(other) == 0) continue;
    PTAH_TRY(const int also, count(element, other, scope, kMaxCount));
    if (also != 1 && also != m) {
      return fail(element,
                  element.name + ": " + other + "=" + std::to_string(also) +
                      " but m=" + std::to_string(m) + ": ngspice makes copies for m only.",
                  "write m=" + std::to_string(also) + " for " + std::to_string(also) +
                      " devices in parallel, or " + other + "=1");
    }
  }
  return m;
}

Status DeviceReader::check_parameters(const Element& element, const std::string& path, bool mos,
                                      const Scope&) {
  constexpr std::array<std::string_view, 5> kMos{"w", "l", "nf", "m", "stack"};
  constexpr std::array<std::string_view, 7> kPassive{"w", "l", "m", "r", "c", "value", "$sub"};
  for (const auto& [key, parameter] : element.parameters) {
    const auto known = [&key = key](const auto& list) {
      return std::find(list.begin(), list.end(), key) != list.end();
    };
    if (mos ? known(kMos) : known(kPassive)) continue;
    if (!mos && (key == "nf" || key == "stack")) {
      return fail(element, path + ": " + key + "= has no meaning for a capacitor or resistor.");
    }
    PTAH_TRY(check_parameter(element, path, key));
  }
  return ok();
}

Status DeviceReader::check_parameter(const Element& element, const std::string& path,
                                     const std::string& key) {
  if (std::find(kLayoutDependent.begin(), kLayoutDependent.end(), key) != kLayoutDependent.end())
    return ok();
  // One sentence a parameter name, at the first device that has it.
  if (ignored_.size() < 100 && ignored_.insert(key).second) {
    note({"",
          "Parameter " + text::quoted(key) + " ignored, first on " + path + " (" +
              deck_.where(element.place) + ").",
          "", ""});
  }
  return ok();
}

Status DeviceReader::set_sizes(const Element& element, const std::string& path, Scope& scope,
                               bool need_both, Lengths& lengths) {
  std::array<std::pair<const char*, double*>, 2> sizes{
      {{"w", &lengths.width_nm}, {"l", &lengths.length_nm}}};
  std::optional<SizeReading> bare;  // of the sizes without a unit
  std::string text_of_bare;
  bool has_microns = false;
  for (const auto& [key, target] : sizes) {
    const auto it = element.parameters.find(key);
    if (it == element.parameters.end()) {
      if (!need_both) continue;
      return fail(element, path + ": " + key + "= is missing.",
                  "give w and l, in metres (1.05u) or bare micrometres (1.05)");
    }
    PTAH_TRY(const Quantity q, scope.evaluate(element, key));
    auto size = read_size(key, q, deck_.scale);
    if (!size) {
      Error error = size.error();
      error.message = path + ": " + error.message;
      error.where = deck_.where(element.place);
      return error;
    }
    *target = size.value().nm;
    has_microns = has_microns || size.value().reading == SizeReading::kMicrons;
    if (size.value().reading != SizeReading::kMetres &&
        size.value().reading != SizeReading::kMicrons) {
      continue;
    }
    if (!q.has_unit) {
      if (bare && *bare != size.value().reading) {
        return fail(element,
                    path + ": of w=" + text::quoted(element.parameters.at("w").text) +
                        " and l=" + text::quoted(it->second.text) +
                        " one reads as metres, the other as micrometres.",
                    "write both in one unit, for example w=1.05u l=0.15u");
      }
      bare = size.value().reading;
    }
    if (text_of_bare.empty()) {
      text_of_bare = path + ": " + key + "=" + it->second.text.substr(0, 60) + " is " +
                     shortest(std::nearbyint(size.value().nm * 1e3) / 1e6) + " um";
    }
  }
  if (!text_of_bare.empty()) {
    SizeNotes::Reading& reading = has_microns ? notes_.microns : notes_.metres;
    if (reading.devices.empty()) reading.example = text_of_bare;
    reading.devices.push_back(path);
  }
  return ok();
}

Result<DeviceLine> DeviceReader::read_mos(const Element& element, const std::string& path,
                                          Scope& scope, const DeviceModel& model) {
  DeviceLine line;
  if (element.words.size() != 5) {
    return fail(element,
                path + ": a transistor has drain, gate, source, bulk and a model; this line has " +
                    std::to_string(element.words.size()) + " words after the name.");
  }
  PTAH_TRY(check_parameters(element, path, true, scope));
  line.nets.assign(element.words.begin(), element.words.begin() + 4);
  Lengths lengths;
  PTAH_TRY(set_sizes(element, path, scope, true, lengths));
  Device& device = line.device;
  device.kind = model.kind;
  device.model = model.name;
  PTAH_TRY(device.multiplier, multiplier(element, scope));
  PTAH_TRY(line.stack, count(element, "stack", scope, kMaxCount));
  const auto nf = element.parameters.find("nf");
  line.free_fingers =
      nf != element.parameters.end() && is_free(nf->second.text) && !scope.has("zzz");
  device.fingers = 0;
  if (!line.free_fingers) {
    PTAH_TRY(device.fingers, count(element, "nf", scope, kMaxCount));
  }
  if (options_.width == WidthMeaning::kTotal && line.free_fingers) {
    return fail(element,
                path + ": w= was asked to be the total width, but the finger count is free.",
                "give nf= a number, or read w= as the width of one finger");
  }
  bool total = false;
  if (!line.free_fingers) {
    PTAH_TRY(total, is_total_width(element, path, device.fingers));
  }
  if (device.fingers != 1) {
    SizeNotes::Reading& reading = total ? notes_.total : notes_.per_finger;
    reading.devices.push_back(path);
  }
  const int parts = total ? device.fingers : 1;
  PTAH_TRY(
      place_size(element, path, parts > 1 ? "w/nf" : "w", lengths.width_nm / parts, device.width));
  PTAH_TRY(place_size(element, path, "l", lengths.length_nm, device.length));
  return line;
}

Status DeviceReader::read_body(const Element& element, const std::string& path, Scope& scope,
                               const DeviceModel& model, const std::string& value_text, bool plain,
                               Device& device) {
  const bool resistor = model.kind == DeviceKind::kResistor;
  const bool has_w = element.parameters.count("w") != 0;
  const bool has_l = element.parameters.count("l") != 0;
  std::vector<std::string> values;
  if (!value_text.empty()) values.push_back(value_text);
  for (const char* key : {resistor ? "r" : "c", "value"}) {
    if (const auto it = element.parameters.find(key); it != element.parameters.end()) {
      values.push_back(it->second.text);
    }
  }
  if (element.parameters.count(resistor ? "c" : "r") != 0) {
    return fail(element, path + ": a " + std::string(to_string(model.kind)) + " takes no " +
                             (resistor ? "c=." : "r=."));
  }
  if (values.size() > 1) return fail(element, path + ": the value is given twice.");
  // KLayout writes of a device that it extracted both, and area and perimeter: what was drawn
  // counts.
  const bool extracted =
      has_w && has_l && element.parameters.count("a") != 0 && element.parameters.count("p") != 0;
  if (extracted && !values.empty()) {
    values.clear();
    note(
        {"", "Values that stand beside a drawn size are left out, first on " + path + ".", "", ""});
  }
  if (!values.empty() && has_l) {
    return fail(element, path + ": both a size and a value are given; they may contradict.",
                "give either w and l, or the value");
  }
  if (values.empty() && !has_l) {
    return fail(element, path + ": neither a size (w=, l=) nor a value is given.");
  }
  Lengths lengths;
  PTAH_TRY(set_sizes(element, path, scope, !resistor && values.empty(), lengths));
  if (has_w) {
    PTAH_TRY(place_size(element, path, "w", lengths.width_nm, device.width));
  } else {
    device.width = model.default_width;
  }
  if (has_l) {
    PTAH_TRY(place_size(element, path, "l", lengths.length_nm, device.length));
    if (!has_w && model.default_width == 0) {
      return fail(element, path + ": w= is missing.");
    }
    return ok();
  }
  PTAH_TRY(const Quantity q, scope.evaluate_text(element, values.front()));
  if (!(q.value > 0)) {
    return fail(element, path + ": the value " + shortest(q.value) + " is not positive.");
  }
  if (!resistor) return read_capacitance(element, path, model, q.value, has_w, plain, device);
  device.resistance_ohm = q.value;
  if (!plain) return ok();
  const Dbu length = model.length_for(q.value, device.width, technology_.grid());
  note({path, "no model given, drawn as " + model.name, rounded(q.value) + " ohm",
        size_text(device.width, length) + ", " + rounded(model.resistance(device.width, length)) +
            " ohm"});
  return ok();
}

Result<bool> DeviceReader::is_drawable(const Element& element, Scope& scope,
                                       const DeviceModel& model) const {
  if (model.kind != DeviceKind::kCapacitor) return true;
  std::string value = element.words.size() == 3 ? element.words.back() : "";
  for (const char* key : {"c", "value"}) {
    if (const auto it = element.parameters.find(key); it != element.parameters.end())
      value = it->second.text;
  }
  if (value.empty()) return true;
  PTAH_TRY(const Quantity farad, scope.evaluate_text(element, value));
  return farad.value <= 0 || farad.value >= capacitance(model, model.min_width, model.min_length);
}

/// A capacitor given by value becomes a square plate, or the missing side of one with w=.
Status DeviceReader::read_capacitance(const Element& element, const std::string& path,
                                      const DeviceModel& model, double farad, bool has_w,
                                      bool plain, Device& device) {
  if (model.area_cap_af_um2 <= 0) {
    return fail(element,
                path + ": " + technology_.name() + " does not say what area " + shortest(farad) +
                    " F of " + model.name + " take.",
                "give w= and l=, for example w=10u l=10u", ErrorCode::kUnsupported);
  }
  // area * x * y + edge * (x + y) = target, in aF and um, x and y the effective sides.
  const double area = model.area_cap_af_um2;
  const double edge = 2 * model.edge_cap_af_um;
  const double target = farad * 1e18;
  double side = (std::sqrt(edge * edge + area * target) - edge) / area;
  if (has_w) {
    const double other = to_um(device.width) - model.width_offset_um;
    side = (target - edge * other) / (area * other + edge);
  }
  const double um = side + model.width_offset_um;
  if (!(side > 0) || !(um < 1e5)) {
    return fail(element, path + ": no plate of " + model.name + " has " + shortest(farad) + " F" +
                             (has_w ? " at w=" + shortest(to_um(device.width)) + " um." : "."));
  }
  const double steps = std::nearbyint(um * 1e3 / technology_.grid());
  device.length = static_cast<Dbu>(steps) * technology_.grid();
  if (!has_w) device.width = device.length;
  note({path, (plain ? "no model given, drawn as " : "drawn as ") + model.name,
        shortest(farad) + " F",
        size_text(device.width, device.length) + ", " +
            rounded(capacitance(model, device.width, device.length)) + " F"});
  return ok();
}

Result<DeviceLine> DeviceReader::read_passive(const Element& element, const std::string& path,
                                              Scope& scope) {
  const char letter = element.letter();
  const std::vector<std::string>& words = element.words;
  if (words.size() < 2) {
    return fail(element, path + ": two nodes and a model or a value are needed.");
  }
  const DeviceModel* model = nullptr;
  std::size_t model_at = words.size();
  for (std::size_t i = words.size(); i-- > 2 && model == nullptr;) {
    // R and C lines may end in their value: R1 a b model 18k. Nodes come first in any case.
    const DeviceModel* candidate = technology_.find_device(words[i]);
    if (candidate != nullptr && i + 2 >= words.size()) {
      model = candidate;
      model_at = i;
    }
  }
  const std::string kind = letter == 'c' ? "capacitor" : "resistor";
  if (model == nullptr) {
    // By value alone: the technology says which of its devices a plain one is.
    const bool by_value = letter != 'x' && (words.size() == 2 || words.size() == 3);
    const bool number = by_value && (words.size() == 2 || parse_number(words.back()).has_value() ||
                                     words.back().front() == '\'' || words.back().front() == '{' ||
                                     scope.has(lower_case(words.back())));
    if (!number) {
      return unknown_model(element, path, words.back());
    }
    model = technology_.find_device(kind);
    if (model == nullptr) {
      return fail(element,
                  path + ": no model is given, and " + technology_.name() +
                      " names no device that a plain " + kind + " is.",
                  "write the model: NAME a b MODEL w= l=", ErrorCode::kUnsupported);
    }
    PTAH_TRY(const bool drawable, is_drawable(element, scope, *model));
    if (!drawable) {
      note({path, "capacitance below the smallest " + model->name + ", as wires have it", "",
            "left out"});
      DeviceLine none;
      none.left_out = true;
      return none;
    }
    if (element.parameters.count("l") != 0) note({path, "no model given", "", model->name});
  }
  const DeviceKind expected = letter == 'c' ? DeviceKind::kCapacitor : DeviceKind::kResistor;
  if (letter != 'x' && model->kind != expected) {
    return fail(element, path + ": a " + kind + " line cannot use " + model->name +
                             ", which is a " + std::string(to_string(model->kind)) + ".");
  }
  PTAH_TRY(check_parameters(element, path, false, scope));
  // What remains besides the model: the terminals, and perhaps one value.
  std::vector<std::string> rest;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != model_at) rest.push_back(words[i]);
  }
  std::string value_text;
  if (letter != 'x' && rest.size() == model->terminals + 1) {
    value_text = rest.back();
    rest.pop_back();
  }
  if (const auto it = element.parameters.find("$sub");
      it != element.parameters.end() && rest.size() + 1 == model->terminals) {
    rest.push_back(it->second.text);
  }
  if (rest.size() != model->terminals) {
    return fail(element,
                path + ": " + model->name + " has " + std::to_string(model->terminals) +
                    " terminals, this line " + std::to_string(rest.size()) + ".",
                model->terminals == 3 ? "the third is the substrate (ground) below it" : "");
  }
  DeviceLine line;
  line.nets = std::move(rest);
  line.device.kind = model->kind;
  line.device.model = model->name;
  const bool plain = model_at == words.size();
  PTAH_TRY(read_body(element, path, scope, *model, value_text, plain, line.device));
  PTAH_TRY(line.device.multiplier, multiplier(element, scope));
  return line;
}

Result<DeviceLine> DeviceReader::read(const Element& element, const std::string& path,
                                      Scope& scope) {
  auto line = [&]() -> Result<DeviceLine> {
    switch (element.letter()) {
      case 'r':
      case 'c':
        return read_passive(element, path, scope);
      case 'd':
        return read_diode(element, path, scope);
      case 'm':
      case 'x':
        break;
      default:
        return fail(
            element,
            path + ": " + text::quoted(element.name.substr(0, 1)) +
                " elements cannot be drawn: a netlist for layout has M, X, R, C and D lines.",
            "sources and analyses belong into the testbench", ErrorCode::kUnsupported);
    }
    if (element.words.empty()) return fail(element, path + ": nodes and model are missing.");
    const std::string& name = element.words.back();
    const DeviceModel* model = technology_.find_device(name);
    if (model == nullptr) return unknown_model(element, path, name);
    const bool mos = model->kind == DeviceKind::kNmos || model->kind == DeviceKind::kPmos;
    if (mos) return read_mos(element, path, scope, *model);
    if (is_diode(model->kind) && element.letter() == 'x') return read_diode(element, path, scope);
    if (element.letter() == 'x') return read_passive(element, path, scope);
    return fail(element, path + ": an M line cannot use " + model->name + ", which is a " +
                             std::string(to_string(model->kind)) + ".");
  }();
  if (!line) return line.error();
  line.value().device.name = path;
  line.value().device.where = deck_.where(element.place);
  return line;
}

std::vector<Note> DeviceReader::notes() const {
  std::vector<Note> notes = notes_.notes;
  const auto names = [](const std::vector<std::string>& devices) {
    constexpr std::size_t kShown = 8;
    std::string list;
    for (std::size_t i = 0; i < std::min(devices.size(), kShown); ++i) {
      list += (i == 0 ? "" : ", ") + devices[i];
    }
    if (devices.size() > kShown)
      list += " and " + std::to_string(devices.size() - kShown) + " more";
    return list;
  };
  const auto add = [&](const SizeNotes::Reading& reading, const std::string& what) {
    if (reading.devices.empty()) return;
    notes.push_back({"",
                     what + ": " + names(reading.devices) +
                         (reading.example.empty() ? "" : " (" + reading.example + ")") + ".",
                     "", ""});
  };
  add(notes_.metres, "Sizes without a unit read as metres");
  add(notes_.microns, "Sizes read as micrometres");
  add(notes_.per_finger, "w is the width of one finger");
  add(notes_.total, "w is the total width of all fingers");
  return notes;
}

}  // namespace ptah::spice
