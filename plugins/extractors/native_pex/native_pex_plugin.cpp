#include "native_pex.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class NativePex : public ptah::Extractor {
 public:
  explicit NativePex(const ptah::Options& options)
      : engine_({.merge_fingers = options.flag("merge_fingers"),
                 .network = options.text("resistance") == "network",
                 .calibration = options.text("calibration") == "foundry"
                                    ? ptah::native::Calibration::kFoundry
                                    : ptah::native::Calibration::kMagic}) {}

  static ptah::OptionSchema options() {
    return {{.name = "merge_fingers",
             .type = ptah::OptionType::kBool,
             .default_value = true,
             .description = "Equal parallel fingers become one device with a multiplicity, which "
                            "simulates faster with the same result.",
             .minimum = {},
             .maximum = {},
             .choices = {}},
            {.name = "resistance",
             .type = ptah::OptionType::kText,
             .default_value = "none",
             .description = "Resistances of wires, cuts and contacts: none, or per net a network "
                            "whose nodes are device terminals, ports, cuts and branch points.",
             .minimum = {},
             .maximum = {},
             .choices = {"none", "network"}},
            {.name = "calibration",
             .type = ptah::OptionType::kText,
             .default_value = "magic",
             .description = "Capacitances: magic (the formula of Magic 8.3.105, for comparable "
                            "scores) or foundry (the technology's line tables).",
             .minimum = {},
             .maximum = {},
             .choices = {"magic", "foundry"}}};
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
            "Devices, capacitances and resistances of a layout computed by Ptah itself.")
