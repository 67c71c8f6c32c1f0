/// The abstract stages of a flow, each implemented by plugins.
///
///   Circuit -> FingerAssignment -> Tile[] -> Placement -> Layout -> Verdicts
///           -> ExtractedNetlist -> Waveforms -> Score
///
/// Shared contract. One instance serves one job at a time and is called from one thread; arguments
/// outlive the call, results are values. Same arguments, options, plugin version and
/// `JobContext::seed()` give the same result. A stage polls `cancelled()` at least every 50 ms of
/// its own work. Failures are Errors; an exception that escapes is turned into kPluginFailed.
/// All coordinates are dbu (nm).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/core/json.hpp"
#include "ptah/layout/block.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/layout/layout.hpp"
#include "ptah/netlist/circuit.hpp"
#include "ptah/sim/testbench.hpp"
#include "ptah/sim/waveform.hpp"
#include "ptah/stages/design_space.hpp"
#include "ptah/stages/learning.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

/// device + fingers -> tile
class DeviceGenerator {
 public:
  virtual ~DeviceGenerator() = default;
  /// Fails with the device and the rule when the technology forbids the size.
  virtual Result<Tile> generate(const Device& device, const Technology& technology,
                                JobContext& job) = 0;
};

/// tiles + constraints -> placement
class Placer {
 public:
  virtual ~Placer() = default;
  /// Matched groups come out symmetric and equally oriented, slots legal (PlacedTile::slot).
  virtual Result<Placement> place(const Circuit& circuit, const Tiles& tiles,
                                  const Technology& technology, const NetWeights& weights,
                                  JobContext& job) = 0;
};

/// placement -> routed layout
class Router {
 public:
  virtual ~Router() = default;
  virtual Result<Layout> route(const Circuit& circuit, const Tiles& tiles,
                               const Placement& placement, const Technology& technology,
                               JobContext& job) = 0;
  /// As `route` for `placement`, keeping of `previous` every net that the moved tiles do not touch.
  /// `previous` is a layout of the same circuit and tiles. The result depends on the arguments
  /// alone, not on what this instance routed before.
  virtual Result<Layout> reroute(const Circuit& circuit, const Tiles& tiles,
                                 const Placement& placement, const Layout& previous,
                                 const Technology& technology, JobContext& job) = 0;
};

/// Where the judges find a layout: a file, and what it should be.
struct LayoutFile {
  std::filesystem::path gds;
  std::string top;
  /// The same shapes and labels, where the caller has them at hand; otherwise `flat_layout` reads
  /// them from the file. Outlives the call.
  const gds::Flat* flat = nullptr;
};

/// The shapes of `layout`: `layout.flat`, or the file's, kept in `storage`.
Result<const gds::Flat*> flat_layout(const LayoutFile& layout, const Technology& technology,
                                     gds::Flat& storage);

struct Violation {
  std::string rule;  ///< The rule's id or, from a tool that has none, its sentence.
  std::string text;
  std::string layer;  ///< May be empty.
  Rect place;         ///< Empty when the tool gives none.
};

struct Verdict {
  enum class Kind { kDrc, kLvs };
  Kind kind = Kind::kDrc;
  bool clean = false;
  std::int64_t errors = 0;  ///< DRC: as the judge counts. LVS: 0 or 1.
  std::string summary;      ///< DRC: "0 errors". LVS: "match" or the reason.
  std::vector<Violation> violations;
};

/// layout (+ circuit) -> verdict with places
class Verifier {
 public:
  virtual ~Verifier() = default;
  virtual Verdict::Kind kind() const noexcept = 0;
  /// Does it need `LayoutFile::gds` on disk, or do the shapes alone do?
  virtual bool reads_file() const noexcept { return true; }
  /// An unclean layout is a Verdict, not an Error. A verdict comes only from complete, fresh output
  /// of the judge. `circuit` has its fingers assigned; DRC ignores it.
  virtual Result<Verdict> verify(const LayoutFile& layout, const Circuit& circuit,
                                 const Technology& technology, JobContext& job) = 0;
};

/// One device as found in a layout.
struct ExtractedDevice {
  std::string name;
  std::string model;
  std::vector<std::string> nets;  ///< In the schematic's terminal order.
  std::map<std::string, double>
      parameters;  ///< um and um^2: w l ad as pd ps; area pj (diodes); of one of m copies; r: ohm.
  /// A subcircuit of the PDK's model library that the technology does not describe.
  bool foreign = false;
};
struct ExtractedCapacitor {
  std::string a, b;
  double farad = 0;
};
struct ExtractedResistor {
  std::string a, b;
  double ohm = 0;
};

/// Devices and parasitics of a layout; nets are ports by their names, the rest as the extractor
/// names them.
struct ExtractedNetlist {
  std::string name;
  std::vector<std::string> ports;
  std::vector<ExtractedDevice> devices;
  std::vector<ExtractedCapacitor> capacitors;
  std::vector<ExtractedResistor> resistors;
};

/// layout -> parasitic netlist
class Extractor {
 public:
  virtual ~Extractor() = default;
  /// As for Verifier.
  virtual bool reads_file() const noexcept { return true; }
  virtual Result<ExtractedNetlist> extract(const LayoutFile& layout, const Circuit& circuit,
                                           const Technology& technology, JobContext& job) = 0;
};

/// netlist + testbench -> waveforms
class Simulator {
 public:
  virtual ~Simulator() = default;
  /// `netlist` becomes the body of the testbench's DUT. Waveforms in the order of
  /// `testbench.analyses`. Fails with the simulator's own words when it does not converge.
  virtual Result<std::vector<Waveform>> simulate(const ExtractedNetlist& netlist,
                                                 const Testbench& testbench,
                                                 const Technology& technology, JobContext& job) = 0;
};

/// The schematic, fingers expanded, as a netlist to simulate: the pre-layout circuit.
ExtractedNetlist schematic_netlist(const Circuit& circuit, const Technology& technology);

/// What a simulation has in place of a block between `nets`, one a port: the devices of its
/// .subckt, or the PDK's model.
void add_block(const Block& block, const std::string& name, const std::vector<std::string>& nets,
               const Technology& technology, ExtractedNetlist& netlist);

/// design space + evaluator + budget -> variants
class Explorer {
 public:
  virtual ~Explorer() = default;
  /// Records up to variant `space.last_variant()` and returns. Seed, last checkpoint and the spaces
  /// it works on decide what follows, so that an interrupted exploration ends with the same
  /// variants: one without checkpoints goes by `next_variant()` and the home's present layout.
  virtual Status explore(DesignSpace& space, JobContext& job) = 0;

  /// Whether it learns something that `learnt` gives.
  virtual bool learns() const noexcept { return false; }
  /// Takes in a model that `explore` begins with, once and before it, in a resumed exploration as
  /// well: one that `learnt` of an explorer of this name gave. Of `space` it asks what is to be
  /// explored; nothing is placed yet. The files are anybody's: what does not fit, for another
  /// circuit or with other options, is an Error. They may be gone when this returns.
  virtual Status start_from(const ModelFiles& /*files*/, const DesignSpace& /*space*/,
                            JobContext& /*job*/) {
    return make_error(ErrorCode::kUnsupported, "This explorer begins with no model.");
  }
  /// What `explore` has learnt, once, after it has returned well, by kLimit or by kCancelled; the
  /// space is gone by then, and `job` may be cancelled. What an exploration that was interrupted
  /// has learnt has the same bytes. A file `explanation.json` is what `ptah model explain` shows.
  virtual Result<TrainedModel> learnt(JobContext& /*job*/) {
    return make_error(ErrorCode::kUnsupported, "This explorer learns nothing that could be kept.");
  }
};

}  // namespace ptah
