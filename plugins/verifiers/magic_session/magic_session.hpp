/// Everything Magic has to say about one layout, from one process: rule errors of the top cell,
/// then the flattened cell's devices and capacitors.
///
/// The judges are separate plugins that know nothing of each other, so the outputs stay in the
/// job's scratch folder and the next judge that asks for the same bytes finds them there.
///
/// What Magic 8.3 needs to be trusted (each has a test):
///  - The tech file's `requires` line is read first: a newer one makes Magic crash.
///  - A technology that fails to load leaves Magic running with "minimum": the name is checked.
///  - `scalegrid 1 2` before reading: else 5 nm data is snapped and gives false errors. What lies
///    off 5 nm is snapped all the same, in silence: that is looked for in the file.
///  - `flatten` makes labels and pin shapes of cells below the top one ports of the top, with
///    -dotoplabels as well: Magic gets a file without them.
///  - A top cell that the file lacks would be created, empty and clean: it must exist and be drawn.
///  - `drc listall why` lists what lies in the box: it is grown past the cell's edges.
///  - `set SUB VSUBS` before extraction: an untapped bulk is literally "$SUB" otherwise.
///  - Magic 8.3.105 looks for the substrate's taps from the top left and gives up at the first that
///    lies in a deep n-well: what is in the substrate, resistors first, is then on no net. The
///    flattened cell is turned over until another tap comes first.
///  - `ext2spice scale off`: else the netlist carries a scale that no simulator model expects.
///  - `hierarchy on` has the right junction areas but loses capacitors to a named substrate,
///    `hierarchy off` has all capacitors but garbage areas: both are written.
///  - Magic 8.3.105 may crash while it writes the flat netlist of a layout whose bulk is not
///  tapped:
///    rule errors and devices are complete by then and count, capacitors are reported as missing.
///  - Its exit status says nothing: a result needs the end mark and fresh files.
///  - `.magicrc` and system start files can run code: -rcfile /dev/null in a private folder; cell
///    names that Tcl would read as code are refused.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/stages/stages.hpp"
#include "recognition/black_box.hpp"

namespace ptah::magic {

struct Limits {
  double wall_s = 120;
  std::uint64_t memory_bytes = 2ull << 30;
};

struct Session {
  std::string top;
  std::int64_t drc_errors = 0;        ///< Error tiles, as `drc list count total` counts.
  std::vector<Violation> violations;  ///< At most 1000 places; in nm.
  std::vector<Violation> off_grid;    ///< Not among those.
  std::string devices_spice;          ///< Hierarchical netlist: right areas, incomplete capacitors.
  std::string capacitors_spice;       ///< Flat netlist: all capacitors, areas not to be believed.
  bool has_capacitors = false;        ///< False where Magic crashed while it wrote them.
  bool reused = false;                ///< Came from an earlier judge of the same job.
  /// Of a circuit with fixed blocks: their pins, with the net that Magic finds each on. Devices and
  /// capacitors are those beside the blocks then.
  std::optional<native::BoxedCircuit> boxed;
  std::vector<native::BoxPin> pins;
  std::vector<std::string> pin_nets;  ///< Empty where a pin lies on nothing.
  std::vector<Violation> block_differences;
};

/// `session`'s devices and capacitors, those of blocks as their pins.
Result<ExtractedNetlist> netlist_of(const Session& session, const Technology& technology);

/// Runs Magic on the layout, or takes what an earlier call of this job left. Of `circuit` only its
/// blocks count. An empty `layout.top` means the file's only top cell. Fails with kToolMissing,
/// kToolFailed, kParse (not a GDS file), kNotFound (no such top cell), kLimit, kCancelled.
Result<Session> examine(const LayoutFile& layout, const Circuit& circuit,
                        const Technology& technology, const Limits& limits, JobContext& job);

/// The tech file to use and the name that Magic must report after loading it.
struct TechFile {
  std::filesystem::path file;
  std::string name;
};
/// From the PDK, the newest that the installed Magic can read; else generated into `folder`, and
/// relative to it.
Result<TechFile> tech_file(const Technology& technology, const std::filesystem::path& folder,
                           JobContext& job);
/// {8, 3, 105} of "magic-8.3.105" in a `requires` line, or empty when there is none.
std::vector<int> required_version(std::string_view tech_text);
/// What Magic was asked to do, as Tcl. With `pins`, devices are extracted of the cell kBoxedCell of
/// boxed.gds, and the nets at those places are told.
std::string script(std::string_view top, const std::vector<native::BoxPin>* pins = nullptr,
                   const Technology* technology = nullptr);
/// Reads the marked lines of Magic's output into `into`; fails naming the last line when the end
/// mark is missing or something was wrong.
Status read_report(std::string_view output, std::string_view technology_name, Session& into);

}  // namespace ptah::magic
