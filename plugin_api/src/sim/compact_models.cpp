#include "ptah/sim/compact_models.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <set>

#include "ptah/core/letter_case.hpp"
#include "ptah/core/quoting.hpp"
#include "ptah/core/yaml.hpp"
#include "sim_text.hpp"
#include "tech/yaml_fields.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxCardBytes = 1u << 20;

using quoting::for_message;

double number_of(const std::string& text) {
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// `number * factor + offset` with as many digits as a parameter can mean.
std::string shifted(const std::string& number, double factor, double offset) {
  const double value = number_of(number) * factor + offset;
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::general, 9)
                       .ptr;
  return {buffer.data(), end};
}

}  // namespace

/// Turns the YAML tree into CompactModels. Everything in it ends up in a deck, so every value is
/// checked to be a number or an expression of w and l before it is taken.
struct CompactModelReader {
  std::string name;

  Error error(const YAML::Node& node, std::string message) const {
    std::string where = name;
    if (node.IsDefined() && node.Mark().line >= 0) {
      where += ":" + std::to_string(node.Mark().line + 1);
    }
    return make_error(ErrorCode::kParse, std::move(message), where);
  }

  static bool is_name(const std::string& text) {
    return !text.empty() && text.size() <= 64 &&
           std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
           std::all_of(text.begin(), text.end(), [](unsigned char c) {
             return std::isdigit(c) != 0 || std::islower(c) != 0 || c == '_';
           });
  }

  Result<std::string> number(const YAML::Node& node, const std::string& field) const {
    const std::string text = node.IsScalar() ? node.Scalar() : std::string();
    double value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    // The bound keeps every product of two finite.
    if (code != std::errc() || end != text.data() + text.size() || !(std::abs(value) <= 1e100)) {
      return error(node, for_message(field) + " must be a number, such as 0.45 or 4.1e-9.");
    }
    return text;
  }

  Result<double> real(const YAML::Node& map, const char* field, double fallback) const {
    const YAML::Node node = map[field];
    if (!node.IsDefined()) return fallback;
    PTAH_TRY(const std::string text, number(node, field));
    return number_of(text);
  }

  Result<std::string> expression(const YAML::Node& map, const char* field, bool required) const {
    const YAML::Node node = map[field];
    if (!node.IsDefined() && !required) return std::string();
    const std::string text = node.IsDefined() && node.IsScalar() ? node.Scalar() : std::string();
    const bool clean = !text.empty() && text.size() < 400 &&
                       std::all_of(text.begin(), text.end(), [](unsigned char c) {
                         return std::isalnum(c) != 0 ||
                                std::string_view("+-*/(). ,_").find(static_cast<char>(c)) !=
                                    std::string_view::npos;
                       });
    if (!clean) {
      return error(
          node.IsDefined() ? node : map,
          std::string("\"") + field + "\" must be an expression of w and l, such as 588 + 5714*l.");
    }
    return text;
  }

  Status only_fields(const YAML::Node& map, const std::set<std::string>& allowed) const {
    if (!map.IsMap()) return error(map, "A mapping was expected here.");
    for (const auto& entry : map) {
      if (allowed.count(entry.first.Scalar()) != 0) continue;
      std::string list;
      for (const std::string& field : allowed) list += (list.empty() ? "" : ", ") + field;
      return error(entry.first,
                   for_message(entry.first.Scalar()) + " is not known here; one of: " + list + ".");
    }
    return ok();
  }

  Result<CompactModels::Parameters> parameters(const YAML::Node& map) const {
    CompactModels::Parameters result;
    if (!map.IsDefined()) return result;
    if (!map.IsMap()) return error(map, "A mapping of model parameters was expected here.");
    for (const auto& entry : map) {
      const std::string key = entry.first.Scalar();
      if (!is_name(key)) return error(entry.first, for_message(key) + " is no model parameter.");
      PTAH_TRY(result[key], number(entry.second, key));
    }
    return result;
  }

  Result<CompactModels::Mosfet> mosfet(const YAML::Node& map) const {
    PTAH_TRY(only_fields(map, {"type", "parameters", "bins"}));
    CompactModels::Mosfet device;
    const YAML::Node type = map["type"];
    device.type = type.IsDefined() && type.IsScalar() ? type.Scalar() : "";
    if (device.type != "nmos" && device.type != "pmos") {
      return error(type.IsDefined() ? type : map, "\"type\" must be nmos or pmos.");
    }
    PTAH_TRY(device.parameters, parameters(map["parameters"]));
    if (!map["bins"].IsDefined() || !map["bins"].IsSequence() || map["bins"].size() == 0) {
      return error(map, "\"bins\" must list at least one range of sizes.");
    }
    for (const auto& node : map["bins"]) {
      PTAH_TRY(only_fields(node, {"lmin_um", "lmax_um", "wmin_um", "wmax_um", "parameters"}));
      CompactModels::Bin bin;
      PTAH_TRY(bin.lmin, real(node, "lmin_um", 0));
      PTAH_TRY(bin.lmax, real(node, "lmax_um", 0));
      PTAH_TRY(bin.wmin, real(node, "wmin_um", 0.1));
      PTAH_TRY(bin.wmax, real(node, "wmax_um", 1000));
      if (!(bin.lmin < bin.lmax) || !(bin.wmin < bin.wmax)) {
        return error(node, "A bin needs lmin_um < lmax_um and wmin_um < wmax_um.");
      }
      for (const double size : {bin.lmin, bin.lmax, bin.wmin, bin.wmax}) {
        if (size == 0 || (size >= 1e-3 && size <= 1e4)) continue;
        return error(node, "The sizes of a bin are 0, or 0.001 to 10000 um.");
      }
      PTAH_TRY(bin.parameters, parameters(node["parameters"]));
      device.bins.push_back(std::move(bin));
    }
    return device;
  }

  Result<CompactModels::Resistor> resistor(const YAML::Node& map) const {
    PTAH_TRY(only_fields(map, {"terminals", "width_um", "ohm", "farad", "sheet_ohm",
                               "width_offset_um", "tc1", "tc2"}));
    CompactModels::Resistor device;
    PTAH_TRY(const double terminals, real(map, "terminals", 3));
    if (terminals != 2 && terminals != 3) return error(map, "\"terminals\" must be 2 or 3.");
    device.terminals = static_cast<int>(terminals);
    PTAH_TRY(device.ohm, expression(map, "ohm", device.terminals == 3));
    PTAH_TRY(device.farad, expression(map, "farad", false));
    PTAH_TRY(device.width_um, real(map, "width_um", 0));
    PTAH_TRY(device.sheet_ohm, real(map, "sheet_ohm", 0));
    PTAH_TRY(device.width_offset_um, real(map, "width_offset_um", 0));
    PTAH_TRY(device.tc1, real(map, "tc1", 0));
    PTAH_TRY(device.tc2, real(map, "tc2", 0));
    if (device.ohm.empty() && !(device.sheet_ohm > 0)) {
      return error(map, "A resistor needs \"ohm\" or a \"sheet_ohm\" above 0.");
    }
    return device;
  }

  Status corners(const YAML::Node& map, CompactModels& models) const {
    if (!map.IsMap() || !map["tt"].IsDefined()) return error(map, "\"corners\" must hold tt.");
    for (const auto& corner : map) {
      PTAH_TRY(only_fields(corner.second, {"nmos", "pmos"}));
      if (!quoting::is_word(corner.first.Scalar())) {
        return error(corner.first, for_message(corner.first.Scalar()) + " is no corner.");
      }
      auto& shifts = models.corners_[lower_case(corner.first.Scalar())];
      for (const char* type : {"nmos", "pmos"}) {
        const YAML::Node node = corner.second[type];
        if (!node.IsDefined()) continue;
        PTAH_TRY(only_fields(node, {"vth_v", "mobility"}));
        PTAH_TRY(shifts[type].vth_v, real(node, "vth_v", 0));
        PTAH_TRY(shifts[type].mobility, real(node, "mobility", 1));
      }
    }
    return ok();
  }

  template <typename Device, typename Read>
  Status devices(const YAML::Node& map, std::map<std::string, Device>& to, Read read) const {
    if (!map.IsDefined()) return ok();
    if (!map.IsMap()) return error(map, "A mapping of devices was expected here.");
    for (const auto& entry : map) {
      const std::string key = entry.first.Scalar();
      if (!is_name(key)) return error(entry.first, for_message(key) + " is no device name.");
      PTAH_TRY(to[key], read(entry.second));
    }
    return ok();
  }

  Result<CompactModels> read(const YAML::Node& root) const {
    PTAH_TRY(only_fields(root, {"corners", "mosfets", "capacitors", "resistors", "diodes"}));
    CompactModels models;
    PTAH_TRY(corners(root["corners"], models));
    PTAH_TRY(devices(root["mosfets"], models.mosfets_,
                     [&](const YAML::Node& node) { return mosfet(node); }));
    PTAH_TRY(devices(root["capacitors"], models.capacitors_,
                     [&](const YAML::Node& node) -> Result<CompactModels::Capacitor> {
                       PTAH_TRY(only_fields(node, {"farad", "ohm"}));
                       CompactModels::Capacitor device;
                       PTAH_TRY(device.farad, expression(node, "farad", true));
                       PTAH_TRY(device.ohm, expression(node, "ohm", true));
                       return device;
                     }));
    PTAH_TRY(devices(root["resistors"], models.resistors_,
                     [&](const YAML::Node& node) { return resistor(node); }));
    PTAH_TRY(devices(root["diodes"], models.diodes_,
                     [&](const YAML::Node& node) { return parameters(node); }));
    return models;
  }
};

Result<CompactModels> CompactModels::parse(std::string_view yaml, std::string_view name) {
  try {
    PTAH_TRY(const YAML::Node root, load_yaml(yaml, name, kMaxCardBytes));
    return CompactModelReader{std::string(name)}.read(root);
  } catch (const YAML::Exception& exception) {
    return make_error(ErrorCode::kParse, "A value has the wrong form.",
                      std::string(name) + ":" + std::to_string(exception.mark.line + 1));
  }
}

bool CompactModels::has(std::string_view model) const {
  const std::string key(model);
  return mosfets_.count(key) != 0 || capacitors_.count(key) != 0 || resistors_.count(key) != 0 ||
         diodes_.count(key) != 0;
}

Result<std::string> CompactModels::deck(const ModelRequest& request) const {
  const auto corner = corners_.find(lower_case(request.corner));
  if (corner == corners_.end()) {
    std::string known;
    for (const auto& [name, shifts] : corners_) known += (known.empty() ? "" : ", ") + name;
    return make_error(ErrorCode::kNotFound, "The models have no corner \"" + request.corner + "\".",
                      "models", "one of: " + known);
  }
  std::set<std::string> names;
  for (const ModelUse& use : request.uses) names.insert(use.model);

  // Sizes are bare micrometres, as in the models of the real process.
  std::string out = ".option scale=1.0u\n";
  for (const std::string& name : names) {
    if (const auto found = mosfets_.find(name); found != mosfets_.end()) {
      const Mosfet& device = found->second;
      for (const ModelUse& use : request.uses) {
        if (use.model != name || use.length_um <= 0 || use.width_um <= 0) continue;
        const bool covered =
            std::any_of(device.bins.begin(), device.bins.end(), [&](const Bin& bin) {
              const auto in = [](double size, double low, double high) {
                return size >= low * (1 - 1e-9) && size < high;
              };
              return in(use.length_um, bin.lmin, bin.lmax) && in(use.width_um, bin.wmin, bin.wmax);
            });
        if (covered) continue;
        return make_error(ErrorCode::kUnsupported,
                          name + " has no model for w=" + number_text(use.width_um) +
                              " l=" + number_text(use.length_um) + " um.",
                          "models", "change the device's size or its finger count");
      }
      out += ".subckt " + name +
             " d g s b l=1 w=1 nf=1 ad=0 as=0 pd=0 ps=0 nrd=0 nrs=0 sa=0 sb=0 sd=0 mult=1\n";
      out += "m1 d g s b " + name +
             "__model l={l} w={w} nf={nf} ad={ad} as={as} pd={pd} ps={ps} nrd={nrd} nrs={nrs}\n";
      const auto shift = corner->second.find(device.type);
      for (std::size_t i = 0; i < device.bins.size(); ++i) {
        const Bin& bin = device.bins[i];
        Parameters all = device.parameters;
        for (const auto& [key, value] : bin.parameters) all[key] = value;
        if (shift != corner->second.end()) {
          const double sign = device.type == "pmos" ? -1 : 1;
          if (all.count("vth0") != 0) {
            all["vth0"] = shifted(all["vth0"], 1, sign * shift->second.vth_v);
          }
          if (all.count("u0") != 0) {
            all["u0"] = shifted(all["u0"], shift->second.mobility, 0);
          }
        }
        out += ".model " + name + "__model." + std::to_string(i) + " " + device.type +
               " level=54 version=4.5\n+ lmin=" + number_text(bin.lmin) + "e-6" +
               " lmax=" + number_text(bin.lmax) + "e-6" + " wmin=" + number_text(bin.wmin) + "e-6" +
               " wmax=" + number_text(bin.wmax) + "e-6" + "\n";
        for (const auto& [key, value] : all) out += "+ " + key + "=" + value + "\n";
      }
      out += ".ends " + name + "\n";
    } else if (const auto capacitor = capacitors_.find(name); capacitor != capacitors_.end()) {
      out += ".subckt " + name + " c0 c1 w=1 l=1 mf=1\n";
      out += "c1 c0 a {" + capacitor->second.farad + "}\n";
      out += "r1 a c1 {" + capacitor->second.ohm + "}\n";
      out += ".ends " + name + "\n";
    } else if (const auto found_resistor = resistors_.find(name);
               found_resistor != resistors_.end()) {
      const Resistor& device = found_resistor->second;
      const std::string temperature =
          " tc1=" + number_text(device.tc1) + " tc2=" + number_text(device.tc2);
      if (device.ohm.empty()) {
        // `dw` is one side's, in metres.
        out += ".model " + name + " r rsh=" + number_text(device.sheet_ohm) +
               " dw=" + number_text(device.width_offset_um / 2 * 1e-6) + temperature + " tnom=30\n";
      } else {
        const bool substrate = device.terminals == 3;
        out += ".subckt " + name + (substrate ? " r0 r1 b w=" : " r0 r1 w=") +
               (device.width_um > 0 ? number_text(device.width_um) : "1") + " l=1 mult=1\n";
        out += "rbody r0 r1 r={" + device.ohm + "}" + temperature + "\n";
        if (substrate && !device.farad.empty()) {
          out += "c0 r0 b c={(" + device.farad + ")/2}\n";
          out += "c1 r1 b c={(" + device.farad + ")/2}\n";
        }
        out += ".ends " + name + "\n";
      }
    } else if (const auto diode = diodes_.find(name); diode != diodes_.end()) {
      // `.option scale` counts in areas and perimeters of this level, as in the real models.
      out += ".model " + name + " d level=3 area=1e12\n";
      for (const auto& [key, value] : diode->second) out += "+ " + key + "=" + value + "\n";
    }
  }
  return out;
}

Result<std::string> spice_models(const Technology& technology, const ModelRequest& request) {
  if (technology.pdk()) {
    return trimmed_model_library(technology.pdk()->model_library, request, model_cache_directory());
  }
  if (technology.models_text().empty()) {
    return make_error(ErrorCode::kUnsupported,
                      "The technology " + technology.name() + " has no simulation models.",
                      technology.name(), "give its file a section `models`");
  }
  const auto parsed = CompactModels::parse(technology.models_text(), technology.name() + " models");
  // The text may be that of a file which nobody but the technology named.
  if (!parsed) return quoting::without_text(parsed.error());
  const CompactModels& models = parsed.value();
  for (const ModelUse& use : request.uses) {
    if (!models.has(use.model) && technology.find_device(use.model) != nullptr) {
      return make_error(ErrorCode::kUnsupported,
                        "There is no simulation model for " + use.model + ".", technology.name(),
                        "add it to the technology's models");
    }
  }
  return models.deck(request);
}

}  // namespace ptah
