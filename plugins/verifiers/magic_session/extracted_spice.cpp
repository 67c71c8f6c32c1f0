#include "extracted_spice.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>

#include "ptah/core/letter_case.hpp"

namespace ptah::magic {
namespace {

/// Lines with their continuations joined, without comments and "$" notes.
std::vector<std::string> card_lines(std::string_view text) {
  std::vector<std::string> cards;
  std::size_t start = 0;
  while (start < text.size()) {
    std::size_t end = text.find('\n', start);
    if (end == std::string_view::npos) end = text.size();
    std::string_view line = text.substr(start, end - start);
    start = end + 1;
    if (const std::size_t note = line.find(" $ "); note != std::string_view::npos) {
      line = line.substr(0, note);
    }
    if (line.empty() || line.front() == '*') continue;
    if (line.front() == '+' && !cards.empty()) {
      cards.back() += ' ' + std::string(line.substr(1));
    } else {
      cards.emplace_back(line);
    }
  }
  return cards;
}

std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> list;
  std::size_t at = 0;
  while (true) {
    at = line.find_first_not_of(" \t\r", at);
    if (at == std::string::npos) return list;
    const std::size_t end = line.find_first_of(" \t\r", at);
    list.push_back(line.substr(at, end - at));
    if (end == std::string::npos) return list;
    at = end;
  }
}

Error strange(const std::string& line) {
  return make_error(
      ErrorCode::kToolFailed,
      "Magic's netlist holds a line that is not understood: \"" + line.substr(0, 160) + "\".",
      "magic");
}

Result<ExtractedDevice> read_device(const std::string& line, const Technology& technology) {
  ExtractedDevice device;
  std::vector<std::string> plain;
  for (const std::string& word : words(line)) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) {
      plain.push_back(word);
      continue;
    }
    auto value = spice_number(std::string_view(word).substr(equals + 1));
    if (!value) return strange(line);
    device.parameters[lower_case(word.substr(0, equals))] = value.value();
  }
  if (plain.size() < 3) return strange(line);
  device.name = plain.front();
  device.model = plain.back();
  device.nets.assign(plain.begin() + 1, plain.end() - 1);
  const DeviceModel* model = technology.find_device(device.model);
  if (model == nullptr) {
    return make_error(ErrorCode::kUnsupported,
                      "The layout holds a device \"" + device.model + "\", which technology " +
                          technology.name() + " does not describe.",
                      "device " + device.name);
  }
  device.model = model->name;
  if (device.nets.size() != model->terminals) return strange(line);
  if (is_diode(model->kind)) {
    // 1 um^2 is "1e+12p" for one Magic and "1e+12" for another: no diode is a square centimetre.
    const auto area = device.parameters.find("area"), perimeter = device.parameters.find("pj");
    if (area == device.parameters.end() || perimeter == device.parameters.end())
      return strange(line);
    if (area->second > 1e8) area->second *= 1e-12;
    if (perimeter->second > 1e4) perimeter->second *= 1e-6;
  }
  return device;
}

}  // namespace

Result<double> spice_number(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || !std::isfinite(value)) {
    return make_error(ErrorCode::kParse,
                      "\"" + std::string(text.substr(0, 40)) + "\" is no number.");
  }
  const std::string suffix =
      lower_case(std::string_view(rest, static_cast<std::size_t>(end - rest)));
  if (suffix.empty()) return value;
  if (suffix.starts_with("meg")) return value * 1e6;
  switch (suffix.front()) {
    case 't':
      return value * 1e12;
    case 'g':
      return value * 1e9;
    case 'k':
      return value * 1e3;
    case 'm':
      return value * 1e-3;
    case 'u':
      return value * 1e-6;
    case 'n':
      return value * 1e-9;
    case 'p':
      return value * 1e-12;
    case 'f':
      return value * 1e-15;
    case 'a':
      return value * 1e-18;
    default:
      return make_error(ErrorCode::kParse,
                        "\"" + std::string(text.substr(0, 40)) + "\" has an unknown unit.");
  }
}

GenericModel generic_model(std::string_view model) {
  // sky130_fd_pr__res_high_po_0p35 .. 5p73: digits, p, digits after the last underscore.
  const std::size_t mark = model.rfind('_');
  if (mark == std::string_view::npos || model.find("res_") == std::string_view::npos) {
    return {std::string(model), 0};
  }
  std::string digits(model.substr(mark + 1));
  const std::size_t point = digits.find('p');
  const bool fixed = point != std::string::npos && point > 0 && point + 1 < digits.size() &&
                     std::all_of(digits.begin(), digits.end(),
                                 [](unsigned char c) { return std::isdigit(c) || c == 'p'; });
  if (!fixed) return {std::string(model), 0};
  digits[point] = '.';
  double width = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), width);
  return {std::string(model.substr(0, mark)), width};
}

Result<ExtractedNetlist> read_extracted(std::string_view devices_spice,
                                        std::string_view capacitors_spice,
                                        const Technology& technology) {
  ExtractedNetlist netlist;
  for (const std::string& line : card_lines(devices_spice)) {
    const char kind = static_cast<char>(std::toupper(static_cast<unsigned char>(line.front())));
    if (kind == '.') {
      const std::vector<std::string> parts = words(line);
      const std::string card = lower_case(parts.front());
      if (card == ".subckt" && parts.size() >= 2) {
        netlist.name = parts[1];
        netlist.ports.assign(parts.begin() + 2, parts.end());
      } else if (card == ".option" || card == ".options") {
        // `scale` would change the meaning of every size below it.
        return strange(line);
      }
      continue;
    }
    if (kind == 'C') continue;  // incomplete here, see below
    if (kind != 'X' && kind != 'R' && kind != 'D') return strange(line);
    PTAH_TRY(ExtractedDevice device, read_device(line, technology));
    netlist.devices.push_back(std::move(device));
  }
  for (const std::string& line : card_lines(capacitors_spice)) {
    if (line.front() != 'C' && line.front() != 'c') continue;
    const std::vector<std::string> parts = words(line);
    if (parts.size() < 4) return strange(line);
    auto value = spice_number(parts[3]);
    if (!value) return strange(line);
    netlist.capacitors.push_back({parts[1], parts[2], value.value()});
  }
  return netlist;
}

void adopt_names(const Circuit& circuit, const Technology& technology, ExtractedNetlist& netlist) {
  std::map<std::string, std::string> spelling;  // lower case -> the circuit's
  std::vector<std::string> ports;
  for (const NetId port : circuit.ports) {
    const std::string& name = circuit.nets.at(static_cast<std::size_t>(port)).name;
    const auto same = [&](const std::string& other) {
      return lower_case(other) == lower_case(name);
    };
    if (std::any_of(netlist.ports.begin(), netlist.ports.end(), same)) {
      spelling.emplace(lower_case(name), name);
      ports.push_back(name);
    }
  }
  for (const std::string& port : netlist.ports) {
    if (!spelling.count(lower_case(port))) ports.push_back(port);
  }
  netlist.ports = std::move(ports);
  const auto rename = [&](std::string& net) {
    const auto found = spelling.find(lower_case(net));
    if (found != spelling.end()) net = found->second;
  };
  for (ExtractedDevice& device : netlist.devices) {
    for (std::string& net : device.nets) rename(net);
    if (device.nets.size() > terminal::kSubstrate &&
        technology.find_device(device.model)->generator_class == "varactor") {
      // Magic names the well again; what lies below is the substrate.
      for (const Device& wanted : circuit.devices) {
        if (wanted.model != device.model) continue;
        device.nets[terminal::kSubstrate] =
            circuit.nets.at(static_cast<std::size_t>(wanted.nets.at(terminal::kSubstrate))).name;
      }
    }
    if (device.parameters.count("w") == 0) continue;
    for (const Device& wanted : circuit.devices) {
      const GenericModel generic = generic_model(wanted.model);
      if (generic.width_um > 0 && generic.name == device.model &&
          std::abs(device.parameters.at("w") - generic.width_um) < 0.0025 &&
          technology.find_device(wanted.model) != nullptr) {
        device.model = wanted.model;
        device.parameters.erase("w");  // part of the model's name
        break;
      }
    }
  }
  for (ExtractedCapacitor& capacitor : netlist.capacitors) {
    rename(capacitor.a);
    rename(capacitor.b);
  }
}

}  // namespace ptah::magic
