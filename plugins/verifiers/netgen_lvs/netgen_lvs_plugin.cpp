#include "netgen_lvs.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class NetgenLvs : public ptah::Verifier {
 public:
  explicit NetgenLvs(const ptah::Options& options) {
    limits_.wall_s = options.real("wall_limit_s");
  }

  static ptah::OptionSchema options() {
    return {{.name = "wall_limit_s",
             .type = ptah::OptionType::kReal,
             .default_value = 120.0,
             .description = "Longest time extraction or comparison may take.",
             .minimum = 1,
             .maximum = 86400,
             .choices = {}}};
  }

  ptah::Verdict::Kind kind() const noexcept override { return ptah::Verdict::Kind::kLvs; }

  ptah::Result<ptah::Verdict> verify(const ptah::LayoutFile& layout, const ptah::Circuit& circuit,
                                     const ptah::Technology& technology,
                                     ptah::JobContext& job) override {
    return ptah::netgen::compare(layout, circuit, technology, limits_, job);
  }

 private:
  ptah::magic::Limits limits_;
};

}  // namespace

PTAH_PLUGIN(ptah::Verifier, NetgenLvs, "netgen_lvs", "1.0.0",
            "Layout versus schematic: devices found by Magic, compared by Netgen.")
