/// A flat analog circuit: what every stage after reading works on. Immutable once a job starts.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/geom/geometry.hpp"

namespace ptah {

enum class DeviceKind {
  kNmos,
  kPmos,
  kCapacitor,
  kResistor,
  kNdiode,  ///< N-diffusion in the p-substrate, or in a p-well of its own.
  kPdiode,  ///< P-diffusion in an n-well.
  kBlock
};
std::string_view to_string(DeviceKind kind) noexcept;

/// A cell of a file that is placed and routed as it is: ptah/layout/block.hpp.
struct Block;

constexpr bool is_mos(DeviceKind kind) noexcept {
  return kind == DeviceKind::kNmos || kind == DeviceKind::kPmos;
}
constexpr bool is_diode(DeviceKind kind) noexcept {
  return kind == DeviceKind::kNdiode || kind == DeviceKind::kPdiode;
}

/// Index of a device in its Circuit.
using DeviceId = std::int32_t;

/// Positions of a device's terminals in `Device::nets`.
namespace terminal {
constexpr std::size_t kDrain = 0, kGate = 1, kSource = 2, kBulk = 3;  // kNmos, kPmos
constexpr std::size_t kTop = 0, kBottom = 1;                          // kCapacitor
constexpr std::size_t kA = 0, kB = 1;                                 // kResistor
constexpr std::size_t kSubstrate = 2;            // kCapacitor, kResistor; only where modelled
constexpr std::size_t kAnode = 0, kCathode = 1;  // kNdiode, kPdiode
}  // namespace terminal

/// The names tiles use for their pins: D G S B; TOP BOTTOM SUB; A B SUB; ANODE CATHODE. A block as
/// such has none.
std::vector<std::string_view> terminal_names(DeviceKind kind, std::size_t count);

/// The terminal that is the substrate or the well that a device of `count` terminals lies in: the
/// bulk of a transistor, the substrate below a resistor, the p-side of an n-diode.
std::optional<std::size_t> bulk_terminal(DeviceKind kind, std::size_t count) noexcept;

/// One device of the schematic after hierarchy, parameters and arrays are resolved.
struct Device {
  std::string name;  ///< Path within the top cell: "M0", "x1.M3".
  DeviceKind kind = DeviceKind::kNmos;
  /// NMOS, n-diode: its bulk is on another net than the p-substrate, so that it needs a well of its
  /// own.
  bool isolated = false;
  std::string model;        ///< The technology's device name: "sky130_fd_pr__nfet_01v8".
  std::vector<NetId> nets;  ///< One a terminal, in the order of namespace `terminal`.
  Dbu width = 0;            ///< MOS: width of ONE finger. Others: width of the body, the plate. nm.
  /// MOS with a free finger count: what all its fingers are wide together, whatever their count;
  /// 0: every finger has `width`.
  Dbu total_width = 0;
  Dbu length = 0;      ///< MOS: channel length. Resistor: body length. Others: the other side. nm.
  int fingers = 1;     ///< Parallel fingers (MOS). 0 while free (`nf=ZZZ`).
  int multiplier = 1;  ///< `m=`: copies in parallel; the tile draws fingers * multiplier.
  std::optional<double> resistance_ohm;  ///< Resistors given by value instead of size.
  /// Parts of the circuit that it belongs to, 1 to 5, ascending: first stage, other stages,
  /// feedback and compensation, common-mode feedback, bias. Empty: not said.
  std::vector<int> channels;
  std::string where;  ///< "file.sp:12", for messages.
  /// kBlock: what lies there; `model` is its name and `nets` are those of its terminals.
  std::shared_ptr<const Block> block;

  bool is_mos() const noexcept { return ptah::is_mos(kind); }
  /// Gates drawn for a MOS device.
  int total_fingers() const noexcept { return fingers * multiplier; }
};

/// The same of a device; those of a block are the labels of its ports. They live as long as it.
std::vector<std::string_view> terminal_names(const Device& device);

struct Net {
  std::string name;
};

/// Devices that must match: equal finger counts, equal orientation, placed symmetrically.
using MatchedGroup = std::vector<DeviceId>;

struct Circuit {
  std::string name;          ///< The top `.subckt`.
  std::vector<NetId> ports;  ///< In schematic order.
  std::vector<Net> nets;
  std::vector<Device> devices;
  std::vector<MatchedGroup> matched;

  /// kNoNet / -1 when absent. Names compare case-insensitively, as SPICE does.
  NetId find_net(std::string_view net_name) const noexcept;
  DeviceId find_device(std::string_view device_name) const noexcept;
  bool is_port(NetId net) const noexcept;
  /// The group that `device` is in, or nullptr.
  const MatchedGroup* group_of(DeviceId device) const noexcept;
};

}  // namespace ptah
