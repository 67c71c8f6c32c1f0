#include "native_pex.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

using ptah::native::Calibration;

class NativePex : public ptah::Extractor {
 public:
  explicit NativePex(const ptah::Options& options)
      : engine_({.calibration = options.text("calibration") == "foundry" ? Calibration::kFoundry
                                                                         : Calibration::kMagic,
                 .resistance = options.text("resistance") == "network",
                 .merge_fingers = options.flag("merge_fingers")}) {}

  static ptah::OptionSchema options() {
    return {{.name = "calibration",
             .type = ptah::OptionType::kText,
             .default_value = "magic",
             .description = "magic: the formula and precision of Magic 8.3.105; foundry: the "
                            "technology's line tables.",
             .minimum = {},
             .maximum = {},
             .choices = {"magic", "foundry"}},
            {.name = "resistance",
             .type = ptah::OptionType::kText,
             .default_value = "none",
             .description = "none: nets are nodes; network: nets are resistor networks between "
                            "device terminals and ports.",
             .minimum = {},
             .maximum = {},
             .choices = {"none", "network"}},
            {.name = "merge_fingers",
             .type = ptah::OptionType::kBool,
             .default_value = true,
             .description = "Equal parallel fingers become one device with a multiplicity, which "
                            "simulates faster with the same result.",
             .minimum = {},
             .maximum = {},
             .choices = {}}};
  }

  bool reads_file() const noexcept override { return false; }

  ptah::Result<ptah::ExtractedNetlist> extract(const ptah::LayoutFile& layout,
                                               const ptah::Circuit& circuit,
                                               const ptah::Technology& technology,
                                               ptah::JobContext& job) override {
    if (job.cancelled()) return ptah::cancelled_error();
    PTAH_TRY(const ptah::gds::Flat* flat, ptah::flat_layout(layout, technology, storage_));
    return engine_.extract(*flat, circuit, technology, layout.top);
  }

 private:
  ptah::native::PexEngine engine_;
  ptah::gds::Flat storage_;
};

}  // namespace

PTAH_PLUGIN(ptah::Extractor, NativePex, "native_pex", "1.0.0",
            "Devices, capacitances and resistances of a layout, computed by Ptah itself.")
