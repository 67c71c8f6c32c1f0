/// SPICE netlists in: OSIRIS templates (`nf=ZZZ`), `M` and `X` devices as xschem writes them,
/// hierarchy, parameters, arrays. The result is flat, with every size resolved to nanometres.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/netlist/source_bundle.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

/// What `w=` of a device with several fingers means.
enum class WidthMeaning {
  /// As the netlist says: in a comment ("w is the width of one finger", "... of all fingers"), or
  /// because xschem wrote it, which means all. Otherwise `X` lines mean all, as the subcircuits of
  /// the process that they call, and `M` lines beside free counts (nf=ZZZ, OSIRIS) one. Other `M`
  /// lines with nf > 1 are an error: tools differ.
  kAsk,
  kFinger,
  kTotal,
};

/// What becomes of a size off the technology's grid, as optimisers leave them.
enum class OffGrid { kRound, kRefuse };

/// What becomes of a net with a single terminal that is no port, and of a port with none.
enum class Floating {
  kRefuse,  ///< An error, unless the device is a dummy: an off transistor, or one on supplies
            ///< alone.
  kAllow,   ///< The net stays open, the port is left out (`leave_out_open_ports`).
};

struct SpiceOptions {
  std::string top;  ///< The subcircuit to flatten; empty: the only one, or the one nobody calls.
  WidthMeaning width = WidthMeaning::kAsk;
  OffGrid off_grid = OffGrid::kRound;
  /// Of the top level, handed over by the user: they win over `.param` of the netlist and over the
  /// top's own. Expressions, as after `.param`; they may name each other. One on which nothing
  /// depends is an error.
  std::map<std::string, std::string> parameters;
  /// Where `.include` and `.lib` find their files, and nowhere else; outlives the call. nullptr: in
  /// a folder.
  const SourceBundle* bundle = nullptr;
  /// Subcircuits, in lower case, that are not opened: each X line that calls one is a device of
  /// kind kBlock, with a net for each of its ports, and `Block` says no more than what the netlist
  /// does.
  std::set<std::string> blocks;
  std::size_t max_line_bytes = 1 << 20;
  std::size_t max_file_bytes = 64u << 20;
  std::size_t max_devices = 100'000;
};

/// A decision that a designer should know of.
struct Note {
  std::string device;    ///< Or a net; empty: of the netlist as a whole.
  std::string what;      ///< A sentence; before `from` and `to` what they are: "w of a finger".
  std::string from, to;  ///< What is taken otherwise than written, and as what.

  bool is_change() const noexcept { return !to.empty(); }
  std::string text() const;  ///< One sentence.
};

/// A source within the cell, which no layout holds.
struct IdealSource {
  std::string name;   ///< Path within the top cell: "x1.I0".
  char letter = 'i';  ///< v, i, e or g.
  /// Two, or four of those that a voltage controls. A net that is no port of the circuit is one
  /// between sources alone.
  std::vector<std::string> nets;
  std::string value;  ///< What follows the nets, numbers alone: "dc 1e-05".
};

struct SpiceCircuit {
  Circuit circuit;
  std::vector<Note> notes;
  /// Nets by their names in `circuit` whose names in the netlist tools would stumble over: "vdd_"
  /// for "vdd!".
  std::map<std::string, std::string> written;
  /// What a simulation of the layout puts beside it.
  std::vector<IdealSource> sources;
  /// Ports that the top of the netlist does not list, for they are `.global`.
  std::vector<std::string> globals;
  /// Ports, as written and in lower case, that were left out.
  std::set<std::string> open_ports;
  /// Those of `SpiceOptions::blocks` that the circuit has, by lower-case name; devices share them.
  std::map<std::string, std::shared_ptr<Block>> blocks;
};

/// `name` stands for the text in messages ("ota.sp"), and is its name in `options.bundle`. Pure:
/// touches no file unless there is no bundle and the text holds `.include` or `.lib`: those are
/// looked for beside the file that holds them, and below `base` alone (empty: nowhere). A `.lib`
/// that is not found is noted and ignored: the technology brings the models of its devices.
/// Thread-safe.
Result<SpiceCircuit> read_spice(std::string_view text, std::string_view name,
                                const Technology& technology, const SpiceOptions& options = {},
                                const std::filesystem::path& base = {});
Result<SpiceCircuit> read_spice_file(const std::filesystem::path& file,
                                     const Technology& technology,
                                     const SpiceOptions& options = {});

/// A parameter file, as optimisers write them: `.param` lines, or lines NAME=VALUE. By lower-case
/// name; of a name that is given twice the later one counts. Fails with name:line.
Result<std::map<std::string, std::string>> read_parameters(std::string_view text,
                                                           std::string_view name);

/// OSIRIS pairs file: {"pairs": [["M1","M2"], ...]}; sets `circuit.matched`. Pairs that share a
/// device are merged into one group. Fails naming the unknown or unmatched device.
Status read_pairs(std::string_view json_text, std::string_view name, Circuit& circuit);
Status read_pairs_file(const std::filesystem::path& file, Circuit& circuit);

/// Which part of the circuit each device is in: {"M0": [1], "C1": [3], ...}, numbers as of
/// `Device::channels`. Devices that are not named keep none. Fails naming the device.
Status read_channels(std::string_view json_text, std::string_view name, Circuit& circuit);

/// Fails with the device or net and its place when a circuit can not be laid out: a net with a
/// single terminal that is no port, no devices, a size the technology forbids.
Status check_circuit(const Circuit& circuit, const Technology& technology,
                     Floating floating = Floating::kRefuse);

/// Takes ports that no device is on out of the circuit, with a note each.
void leave_out_open_ports(SpiceCircuit& read);

/// A warning for each net that `check_circuit` lets pass though it has a single terminal.
std::vector<Note> floating_nets(const Circuit& circuit);

/// Capacitors: what one of this size has, in farad; 0 where the technology does not say.
double capacitance(const DeviceModel& model, Dbu width, Dbu length) noexcept;

/// Sides in um, the shorter first, of the rectangle with this area and perimeter. None where there
/// is none, by more than what printed digits lose: no shape has less perimeter than a square.
std::optional<std::pair<double, double>> rectangle_of(double area_um2,
                                                      double perimeter_um) noexcept;

/// The flat `.subckt` that LVS compares with and the pre-layout simulation runs: one line a finger
/// ("XM0_1 d g s b model w=1.05 l=0.15"), sizes in bare micrometres. A device whose count is still
/// free stays a template line with nf=ZZZ.
std::string write_spice(const Circuit& circuit, const Technology& technology);

}  // namespace ptah
