#include <mutex>

#include "library_simulation.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

/// Holds ngspice as long as the plugin is loaded. A worker has a simulator for each chain, and
/// every start of ngspice takes time and leaves some 0.2 MB behind.
class Keeper {
 public:
  void keep(const std::shared_ptr<ptah::NgspiceLibrary>& library) {
    if (!library) return;  // A simulation that failed before it needed one.
    const std::lock_guard lock(mutex_);
    kept_ = library;
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<ptah::NgspiceLibrary> kept_;
};
Keeper keeper;

class NgspiceLibrarySimulator final : public ptah::Simulator {
 public:
  explicit NgspiceLibrarySimulator(const ptah::Options& options)
      : simulation_({options.real("wall_limit_s"), options.flag("flatten")}) {}

  static ptah::OptionSchema options() {
    return {
        {.name = "wall_limit_s",
         .type = ptah::OptionType::kReal,
         .default_value = 120.0,
         .description = "Longest time one simulation may take.",
         .minimum = 0.1,
         .maximum = 86400,
         .choices = {}},
        {.name = "flatten",
         .type = ptah::OptionType::kBool,
         .default_value = true,
         .description = "Expand model subcircuits once and not in every simulation.",
         .minimum = {},
         .maximum = {},
         .choices = {}},
    };
  }

  ptah::Result<std::vector<ptah::Waveform>> simulate(const ptah::ExtractedNetlist& netlist,
                                                     const ptah::Testbench& testbench,
                                                     const ptah::Technology& technology,
                                                     ptah::JobContext& job) override {
    auto waveforms = simulation_.simulate(netlist, testbench, technology, job);
    keeper.keep(simulation_.library());
    return waveforms;
  }

 private:
  ptah::LibrarySimulation simulation_;
};

}  // namespace

PTAH_PLUGIN(ptah::Simulator, NgspiceLibrarySimulator, "ngspice_library", "1.0.0",
            "AC, DC, transient, operating-point and noise analyses by ngspice's shared library.")
