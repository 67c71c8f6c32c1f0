#include "magic_pex.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class MagicPex : public ptah::Extractor {
 public:
  explicit MagicPex(const ptah::Options& options) { limits_.wall_s = options.real("wall_limit_s"); }

  static ptah::OptionSchema options() {
    return {{.name = "wall_limit_s",
             .type = ptah::OptionType::kReal,
             .default_value = 120.0,
             .description = "Longest time one layout may take.",
             .minimum = 1,
             .maximum = 86400,
             .choices = {}}};
  }

  ptah::Result<ptah::ExtractedNetlist> extract(const ptah::LayoutFile& layout,
                                               const ptah::Circuit& circuit,
                                               const ptah::Technology& technology,
                                               ptah::JobContext& job) override {
    return ptah::magic::extract(layout, circuit, technology, limits_, job);
  }

 private:
  ptah::magic::Limits limits_;
};

}  // namespace

PTAH_PLUGIN(ptah::Extractor, MagicPex, "magic_pex", "1.0.0",
            "Devices and parasitic capacitances of a layout by Magic.")
