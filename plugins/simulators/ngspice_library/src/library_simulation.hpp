/// Simulation by libngspice, in this process.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "flat_models.hpp"
#include "ngspice_library.hpp"
#include "ptah/core/error.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/sim/models.hpp"
#include "ptah/sim/testbench.hpp"
#include "ptah/sim/waveform.hpp"
#include "ptah/stages/stages.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah {

struct LibraryOptions {
  double wall_s = 120;
  /// Give ngspice transistors instead of subcircuits around them (see flat_models.hpp). Without it
  /// the deck is, line by line, the one of the ngspice program.
  bool flatten = true;
};

/// Keeps, from one call to the next, what does not depend on the layout: the models, and circuits
/// that differ from the next layout's in values alone. What it answers does not depend on it.
class LibrarySimulation {
 public:
  explicit LibrarySimulation(LibraryOptions options) : options_(options) {}

  /// As Simulator::simulate.
  Result<std::vector<Waveform>> simulate(const ExtractedNetlist& netlist,
                                         const Testbench& testbench, const Technology& technology,
                                         JobContext& job);

  /// Nothing before the first simulation.
  const std::shared_ptr<NgspiceLibrary>& library() const noexcept { return library_; }

 private:
  /// The models of one set of uses. Of an installed PDK they are read once a simulator: a chain
  /// does not mix two states of its library.
  struct Models {
    Technology::Identity technology;
    ModelRequest request;
    std::string text;
    FlatModels flat;
    /// Decks of reduced networks and their wire_start(), most recent last. It is the same whenever
    /// it is found.
    std::vector<std::pair<std::vector<std::string>, std::vector<std::string>>> starts;
  };
  /// Of a circuit whose netlist has wire resistors: `.nodeset` lines, from the circuit without
  /// them.
  Result<std::vector<std::string>> wire_start(const ExtractedNetlist& netlist,
                                              const Testbench& testbench,
                                              const Technology& technology, Models& models,
                                              JobContext& job);
  /// The same of a reduced network's `deck`, found once.
  Result<const std::vector<std::string>*> kept_start(const std::vector<std::string>& deck,
                                                     const ExtractedNetlist& netlist,
                                                     const Testbench& testbench,
                                                     const Technology& technology, Models& models,
                                                     JobContext& job);
  Result<Models*> models(const ExtractedNetlist& netlist, const Testbench& testbench,
                         const Technology& technology);

  LibraryOptions options_;
  std::uint64_t owner_ = NgspiceLibrary::new_owner();
  std::shared_ptr<NgspiceLibrary> library_;
  std::vector<std::unique_ptr<Models>> models_;  ///< Most recent last; a few testbenches at most.
};

}  // namespace ptah
