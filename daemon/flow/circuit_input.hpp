/// From a request to the texts of a circuit, and from the texts to the circuit. The texts travel
/// with the job, so that a run does not change when a file does.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/source_bundle.hpp"
#include "ptah/netlist/spice.hpp"
#include "ptah/sim/measures.hpp"
#include "ptah/sim/testbench.hpp"
#include "ptah/tech/technology.hpp"
#include "rpc/specs.hpp"

namespace ptah {

struct NamedText {
  std::string name;  ///< For messages: the file's name.
  std::string text;
};

struct CircuitInput {
  std::string title;  ///< What people call it.
  NamedText netlist;
  /// Includes are resolved in the client's files, or in a folder; in neither for shipped circuits.
  std::shared_ptr<const SourceBundle> bundle;
  std::string bundle_hash;  ///< SHA-256 of what `bundle` was read from; empty without one.
  std::string netlist_folder;
  std::optional<NamedText> pairs;
  std::optional<NamedText> channels;  ///< Of shipped circuits.
  std::optional<NamedText> testbench;
  std::string top;  ///< Subcircuit to take; empty: the obvious one.
  std::vector<int> allowed_fingers;
  Keep keep = Keep::kFinger;
  WidthMeaning width = WidthMeaning::kAsk;
  OffGrid off_grid = OffGrid::kRound;
  Floating floating = Floating::kRefuse;
  std::optional<NamedText> measures;  ///< measures.yaml
  std::vector<NamedText> benches;     ///< The testbenches that measures name, beside `testbench`.
  /// Subcircuits that are bound to cells, whose files are in `bundle`.
  std::map<std::string, rpc::SourceCell> cells;
  /// Parameters of the netlist's top level, as the user hands them over.
  std::map<std::string, std::string> params;
};

/// The texts of a shipped circuit, or of a netlist and the files beside it. Testbenches that
/// measures name lie beside them. Errors name the field or the file.
Result<CircuitInput> read_circuit_input(const rpc::CircuitSource& source);
FingerAssignment assignment_of(const rpc::FingerCounts& counts);

/// [{"name", "bytes", "sha256"}] of the files that the client sent; null without any.
Result<Json> list_sources(const CircuitInput& input);

/// Without the texts of a bundle, which the store keeps once by its hash; `files` is the store's
/// folder.
Json to_json(const CircuitInput& input);
Result<CircuitInput> circuit_input_from_json(const Json& json, const std::string& files = {});

struct LoadedCircuit {
  Circuit circuit;  ///< With matched groups; fingers may be free.
  std::optional<Testbench> testbench;
  /// Why nothing is simulated though there is a testbench, which then is left out; else empty.
  std::string not_simulated;
  std::vector<Note> notes;
  std::map<std::string, std::string> written;  ///< As of SpiceCircuit.
  std::vector<MeasureSpec> measures;
  std::vector<Spec> specs;                   ///< That the measures file has.
  std::map<std::string, Testbench> benches;  ///< By the name that measures use.
};

/// [{"device", "what", "from", "to"}]; the last two are empty where nothing was changed.
Json to_json(const std::vector<Note>& notes);

/// Whether a part of the circuit is a cell of the user's.
bool has_fixed_blocks(const Circuit& circuit);
/// An error where it has any: `what` takes no such circuit.
Status refuse_fixed_blocks(const Circuit& circuit, const std::string& what);

/// Of a circuit that is laid out as one.
inline constexpr std::size_t kMostDevices = 800;

/// Parses and checks; fixed blocks are read from their cells. Fails with file:line.
Result<LoadedCircuit> load_circuit(const CircuitInput& input, const Technology& technology);

/// Names of the shipped circuits with title and description.
Result<Json> list_circuits();

}  // namespace ptah
