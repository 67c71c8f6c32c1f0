#include "ptah/plugin/plugin.hpp"

namespace {
class SchemaPlacer final : public ptah::Placer {
 public:
  explicit SchemaPlacer(const ptah::Options&) {}
  static ptah::OptionSchema options() {
    return {{"effort", ptah::OptionType::kInt, 11, "How hard to try.", 1, 10, {}}};
  }
  ptah::Result<ptah::Placement> place(const ptah::Circuit&, const ptah::Tiles&,
                                      const ptah::Technology&, const ptah::NetWeights&,
                                      ptah::JobContext&) override {
    return ptah::Placement{};
  }
};
}  // namespace

PTAH_PLUGIN(ptah::Placer, SchemaPlacer, "bad_schema", "1.0.0",
            "Has an option whose default is out of its own range.")
