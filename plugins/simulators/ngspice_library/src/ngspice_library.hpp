/// libngspice, the shared library, as one object. The library keeps everything in global variables:
/// there is one circuit at a time in a process, and every call is made from one thread.
#pragma once

#include <complex>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/sim/waveform.hpp"

namespace ptah {

/// One analysis as ngspice's command line has it, and what to keep of it.
struct LibraryAnalysis {
  std::string kind;                  ///< "ac", "dc", "tran", "op", "noise"
  std::string command;               ///< "ac dec 50 1k 1g", lower case
  std::vector<std::string> outputs;  ///< "v(out)", "v(a,b)", "i(vin)"; ignored by noise.
};

/// A value of a loaded circuit that layouts differ in.
struct LibraryValue {
  std::string element;  ///< "c.xdut.c12", lower case
  std::string name;     ///< "ad"; empty: the element's own value
  double value = 0;
};

/// A circuit to be kept loaded: reading a deck takes longer than simulating it.
struct LibraryCircuit {
  std::vector<std::string> deck;  ///< No element of `values` has a value of a layout's.
  std::vector<LibraryValue> values;
  /// The deck has `.nodeset` lines of its operating point; else one is looked for.
  bool settled = false;
};

/// What a deck left behind.
struct LibraryRun {
  /// One an analysis, in order, as far as they came; `names` lacks outputs that do not exist.
  std::vector<Waveform> waveforms;
  std::vector<std::string> said;  ///< ngspice's own last lines.
  bool interrupted = false;       ///< A part of the last waveform may be missing.
};

class NgspiceLibrary {
 public:
  /// The one of this process, started on first use; it lives as long as somebody holds it. Reads
  /// the system's spinit (code models), but no `.spiceinit` of the working folder or the user.
  static Result<std::shared_ptr<NgspiceLibrary>> acquire();
  ~NgspiceLibrary();
  NgspiceLibrary(const NgspiceLibrary&) = delete;
  NgspiceLibrary& operator=(const NgspiceLibrary&) = delete;

  /// Loads `deck`, runs the analyses and forgets the circuit. Callers wait for each other. What
  /// ngspice refuses is no Error here: see `said`. Fails with kCancelled within 100 ms or with
  /// kLimit after `wall_s`. ngspice does not look up from the search for an operating point: one
  /// that was given up goes on, and the next call waits for its end, at most `wall_s`.
  Result<LibraryRun> run(const std::vector<std::string>& deck,
                         const std::vector<LibraryAnalysis>& analyses, double wall_s,
                         JobContext& job);

  /// The same of a circuit that stays loaded for the next call with this owner and the same deck;
  /// that call only sets its values. The result does not depend on whether it was loaded. `owner`
  /// is new_owner()'s. At most kMostKept circuits stay, the ones used last.
  Result<LibraryRun> run(std::uint64_t owner, const LibraryCircuit& circuit,
                         const std::vector<LibraryAnalysis>& analyses, double wall_s,
                         JobContext& job);
  static std::uint64_t new_owner();
  static constexpr std::size_t kMostKept = 16;

  /// Voltages of all nodes of `deck` (in lower case, without "v()") at its operating point, on a
  /// fresh load of it; none where it does not converge.
  Result<std::map<std::string, double>> operating_point(const std::vector<std::string>& deck,
                                                        double wall_s, JobContext& job);

  /// `deck` with its parameters evaluated and its subcircuits expanded, as ngspice sees it. Lines
  /// of more than 4,000 characters come cut off.
  Result<std::vector<std::string>> expanded(const std::vector<std::string>& deck, double wall_s,
                                            JobContext& job);

 private:
  NgspiceLibrary();
  class Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace ptah
