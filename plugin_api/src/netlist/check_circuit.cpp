/// Whether a circuit can be laid out at all.
#include <algorithm>
#include <cmath>

#include "netlist/sizes.hpp"
#include "netlist/substrate.hpp"
#include "netlist/supplies.hpp"
#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"
#include "ptah/netlist/spice.hpp"

namespace ptah {
namespace {

std::string um(Dbu nm) {
  return spice::shortest(to_um(nm));
}

Status check_size(const Device& device, const DeviceModel& model, const char* what, Dbu size,
                  Dbu least, Dbu most, Dbu grid) {
  const std::string shown = device.name + ": " + what + " is " + um(size) + " um";
  if (size < least || (most > 0 && size > most)) {
    return make_error(
        ErrorCode::kUnsupported,
        shown + ", but " + model.name + " allows " + um(least) + " to " + um(most) + " um.",
        device.where);
  }
  if (size % grid != 0) {
    return make_error(ErrorCode::kUnsupported, shown + ", off the " + um(grid) + " um grid.",
                      device.where);
  }
  return ok();
}

Status check_device(const Device& device, const Circuit& circuit, const Technology& technology) {
  const DeviceModel* model = technology.find_device(device.model);
  if (device.kind == DeviceKind::kBlock) {
    // The terminals of a model are in its order, those of a cell by its labels.
    if (model == nullptr) return ok();
    return make_error(ErrorCode::kUnsupported,
                      device.name + ": " + model->name + " is a device that " + technology.name() +
                          " draws itself: no cell can be bound to it.",
                      device.where, "call the cell's subcircuit otherwise");
  }
  if (model == nullptr) {
    return make_error(ErrorCode::kNotFound,
                      device.name + ": " + technology.name() + " has no device " +
                          text::quoted(device.model) + ".",
                      device.where);
  }
  if (device.nets.size() != model->terminals) {
    return make_error(ErrorCode::kInvalidArgument,
                      device.name + " has " + std::to_string(device.nets.size()) +
                          " terminals, but " + model->name + " has " +
                          std::to_string(model->terminals) + ".",
                      device.where);
  }
  for (const NetId net : device.nets) {
    if (net < 0 || static_cast<std::size_t>(net) >= circuit.nets.size()) {
      return make_error(ErrorCode::kInvalidArgument, device.name + " has an unconnected terminal.",
                        device.where);
    }
  }
  if (device.fingers < 0 || device.multiplier < 1) {
    return make_error(ErrorCode::kInvalidArgument,
                      device.name + ": nf=" + std::to_string(device.fingers) +
                          " m=" + std::to_string(device.multiplier) + " is not possible.",
                      device.where);
  }
  const Dbu grid = technology.grid();
  const char* width = device.is_mos()         ? "the width of a finger"
                      : is_diode(device.kind) ? "the shorter side"
                                              : "the width";
  const char* long_side = is_diode(device.kind) ? "the longer side" : "the length";
  PTAH_TRY(
      check_size(device, *model, width, device.width, model->min_width, model->max_width, grid));
  if (device.resistance_ohm) {
    if (!(*device.resistance_ohm > 0)) {
      return make_error(ErrorCode::kInvalidArgument, device.name + ": its value is not positive.",
                        device.where);
    }
    const Dbu length = model->length_for(*device.resistance_ohm, device.width, grid);
    if (length < model->min_length || (model->max_length > 0 && length > model->max_length)) {
      return make_error(ErrorCode::kUnsupported,
                        device.name + ": " + spice::shortest(*device.resistance_ohm) +
                            " ohm would be " + um(length) + " um long at " + um(device.width) +
                            " um width, but " + model->name + " allows " + um(model->min_length) +
                            " to " + um(model->max_length) + " um.",
                        device.where, "choose a model with another sheet resistance, or give w=");
    }
    return ok();
  }
  return check_size(device, *model, long_side, device.length, model->min_length, model->max_length,
                    grid);
}

/// NMOS devices and n-diodes on other nets have wells of their own; resistors and capacitors have
/// none. (Magic sees an isolated p-well only where diffusion or a pin shape is, and makes a port of
/// the latter: resistors in one would be told to lie in the substrate.)
Status check_substrate(const Circuit& circuit) {
  const NetId substrate = substrate_net(circuit);
  for (const Device& device : circuit.devices) {
    const auto below = substrate_terminal(device);
    if (!below || device.isolated || device.nets[*below] == substrate) continue;
    const auto name = [&](NetId net) {
      return text::quoted(circuit.nets[static_cast<std::size_t>(net)].name);
    };
    return make_error(ErrorCode::kUnsupported,
                      device.name + ": its " + (device.is_mos() ? "bulk" : "substrate terminal") +
                          " is on net " + name(device.nets[*below]) +
                          ", but the p-substrate that it lies in is net " + name(substrate) + ".",
                      device.where, "tie it to " + name(substrate));
  }
  return ok();
}

}  // namespace

double capacitance(const DeviceModel& model, Dbu width, Dbu length) noexcept {
  const double w = to_um(width) - model.width_offset_um, l = to_um(length) - model.width_offset_um;
  return (model.area_cap_af_um2 * w * l + model.edge_cap_af_um * 2 * (w + l)) * 1e-18;
}

std::optional<std::pair<double, double>> rectangle_of(double area_um2,
                                                      double perimeter_um) noexcept {
  const double half = perimeter_um / 2, square = half * half - 4 * area_um2;
  if (!(area_um2 > 0) || !(half > 0) || square < -1e-3 * half * half) return std::nullopt;
  const double apart = std::sqrt(std::max(square, 0.0));
  // A square whose perimeter lost digits: its area is what counts.
  if (square <= 1e-9 * half * half) return std::pair(std::sqrt(area_um2), std::sqrt(area_um2));
  return std::pair((half - apart) / 2, (half + apart) / 2);
}

void leave_out_open_ports(SpiceCircuit& read) {
  Circuit& circuit = read.circuit;
  const std::vector<int> terminals = spice::terminal_counts(circuit);
  std::vector<bool> gone(circuit.nets.size(), false);
  for (const NetId port : circuit.ports) {
    const auto n = static_cast<std::size_t>(port);
    if (terminals[n] > 0) continue;
    gone[n] = true;
    const auto written = read.written.find(circuit.nets[n].name);
    const std::string& name =
        written == read.written.end() ? circuit.nets[n].name : written->second;
    read.open_ports.insert(lower_case(name));
    read.notes.push_back({name, "port that no device is on", "port", "left out"});
    std::erase(read.globals, circuit.nets[n].name);
    if (written != read.written.end()) read.written.erase(written);
  }
  spice::remove_nets(circuit, gone);
}

std::vector<Note> floating_nets(const Circuit& circuit) {
  const std::vector<int> terminals = spice::terminal_counts(circuit);
  std::vector<Note> notes;
  for (const Device& device : circuit.devices) {
    for (const NetId net : device.nets) {
      const auto n = static_cast<std::size_t>(net);
      if (terminals[n] != 1 || circuit.is_port(net)) continue;
      const bool dummy = spice::is_dummy(device, circuit, terminals);
      notes.push_back({circuit.nets[n].name, "net on " + device.name + (dummy ? ", a dummy" : ""),
                       "a single terminal", "left open"});
    }
  }
  return notes;
}

Status check_circuit(const Circuit& circuit, const Technology& technology, Floating floating) {
  if (circuit.devices.empty()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The circuit " + circuit.name + " has no devices.", circuit.name);
  }
  std::vector<const Device*> first(circuit.nets.size(), nullptr);
  for (const Device& device : circuit.devices) {
    PTAH_TRY(check_device(device, circuit, technology));
    for (const NetId net : device.nets) {
      const auto n = static_cast<std::size_t>(net);
      if (first[n] == nullptr) first[n] = &device;
    }
  }
  PTAH_TRY(check_substrate(circuit));
  const std::vector<int> terminals = spice::terminal_counts(circuit);
  for (std::size_t n = 0; n < terminals.size(); ++n) {
    const bool port = circuit.is_port(static_cast<NetId>(n));
    if (terminals[n] == 1 && !port && floating == Floating::kRefuse &&
        !spice::is_dummy(*first[n], circuit, terminals)) {
      return make_error(
          ErrorCode::kInvalidArgument,
          "The net " + text::quoted(circuit.nets[n].name) + " has a single terminal, on " +
              first[n]->name + ": it connects nothing.",
          first[n]->where,
          "is a net misspelt, or a port missing in the .subckt line? If it is meant: --floating "
          "allow");
    }
    if (terminals[n] == 0 && port) {
      return make_error(ErrorCode::kInvalidArgument,
                        "The port " + text::quoted(circuit.nets[n].name) + " of " + circuit.name +
                            " connects to no device.",
                        circuit.name,
                        "remove it from the .subckt line, or have it left out: --floating allow");
    }
  }
  return ok();
}

}  // namespace ptah
