#include "ngspice_simulation.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class NgspiceSimulator final : public ptah::Simulator {
 public:
  explicit NgspiceSimulator(const ptah::Options& options) {
    limits_.wall_s = options.real("wall_limit_s");
    limits_.memory_bytes = static_cast<std::uint64_t>(options.integer("memory_limit_mib")) << 20;
  }

  static ptah::OptionSchema options() {
    return {
        {.name = "wall_limit_s",
         .type = ptah::OptionType::kReal,
         .default_value = 120.0,
         .description = "Longest time one simulation may take.",
         .minimum = 0.1,
         .maximum = 86400,
         .choices = {}},
        {.name = "memory_limit_mib",
         .type = ptah::OptionType::kInt,
         .default_value = 2048,
         .description = "Memory one simulation may use.",
         .minimum = 64,
         .maximum = 1048576,
         .choices = {}},
    };
  }

  ptah::Result<std::vector<ptah::Waveform>> simulate(const ptah::ExtractedNetlist& netlist,
                                                     const ptah::Testbench& testbench,
                                                     const ptah::Technology& technology,
                                                     ptah::JobContext& job) override {
    return ptah::simulate_with_ngspice(netlist, testbench, technology, limits_, job);
  }

 private:
  ptah::NgspiceLimits limits_;
};

}  // namespace

PTAH_PLUGIN(ptah::Simulator, NgspiceSimulator, "ngspice", "1.0.0",
            "AC, DC, transient, operating-point and noise analyses by the ngspice program.")
