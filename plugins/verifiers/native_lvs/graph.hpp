/// Layout and schematic as graphs of nets and devices, in one vocabulary.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ptah/netlist/circuit.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::native::lvs {

constexpr std::size_t kMostTerminals = 4;

/// One finger, plate or body.
struct Instance {
  std::int32_t type = 0;  ///< Index of a model; fixed-width resistors count as their generic model.
  Dbu width = 0, length = 0;  ///< The sides of a plate in ascending order: it may be drawn turned.
  double ohm = 0;             ///< Resistors that the schematic gives by value; then no sizes.
  std::int32_t terminals = 0;
  std::array<std::int32_t, kMostTerminals> nets{};
  std::int32_t origin = 0;  ///< Schematic: the device. Layout: the found device.
};

struct NetNode {
  std::vector<std::int32_t> ports;  ///< Of the schematic, by index; sorted.
  std::int32_t origin = 0;          ///< NetId or NetIndex.
  std::int32_t degree = 0;          ///< Terminals on it.
};

struct Side {
  std::vector<NetNode> nets;  ///< Those with terminals or ports.
  std::vector<Instance> instances;
};

struct Problem {
  Side layout, schematic;
  std::vector<std::string>
      extra_ports;  ///< On pin purposes of the layout, no port of the schematic.
};

/// Terminals of one class may be exchanged: source and drain, ends of a resistor.
std::int32_t terminal_class(DeviceKind kind, std::size_t terminal) noexcept;

/// Fails when the circuit names a device that the technology lacks, or has free finger counts.
Result<Problem> make_problem(const Connectivity& layout, const Circuit& circuit,
                             const Technology& technology);

/// Instances with equal nets (and sizes, if asked for) in one.
struct Bundle {
  std::int32_t type = 0;
  DeviceKind kind = DeviceKind::kNmos;
  std::int32_t terminals = 0;
  std::array<std::int32_t, kMostTerminals> nets{};
  std::vector<std::int32_t> members;  ///< Instances, ascending.
};
std::vector<Bundle> make_bundles(const Side& side, const Technology& technology, bool by_size);

/// Values of resistors differ by no more than this, relative to their mean.
constexpr double kValueTolerance = 0.01;
bool same_size(const Instance& a, const Instance& b) noexcept;

}  // namespace ptah::native::lvs
