// A simulator for tests: of a circuit with two DC solutions it always finds the one at `volts`, and
// wires cost its gain a tenth of that.
#include "ptah/core/letter_case.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class LatchedSimulator final : public ptah::Simulator {
 public:
  explicit LatchedSimulator(const ptah::Options& options) : volts_(options.real("volts")) {}

  static ptah::OptionSchema options() {
    return {{"volts", ptah::OptionType::kReal, 1.0, "Where all outputs are.", 0.0, 2.0, {}}};
  }

  ptah::Result<std::vector<ptah::Waveform>> simulate(const ptah::ExtractedNetlist& netlist,
                                                     const ptah::Testbench& testbench,
                                                     const ptah::Technology&,
                                                     ptah::JobContext&) override {
    std::vector<ptah::Waveform> waveforms;
    for (const std::string& analysis : testbench.analyses) {
      const bool point = analysis == ".op";
      ptah::Waveform waveform;
      waveform.analysis = point ? "op" : "ac";
      if (!point) waveform.x_name = "frequency";
      const double value = point ? volts_ : 1 - (netlist.capacitors.empty() ? 0 : 0.1 * volts_);
      for (int i = 0; i < (point ? 1 : 9); ++i) waveform.x.push_back(i + 1);
      for (const std::string& output : testbench.outputs) {
        waveform.names.push_back(ptah::lower_case(output));
        waveform.y.emplace_back(waveform.x.size(), value);
      }
      waveforms.push_back(std::move(waveform));
    }
    return waveforms;
  }

 private:
  double volts_;
};

}  // namespace

PTAH_PLUGIN(ptah::Simulator, LatchedSimulator, "latched", "1.0.0", "Finds one of two states.")
