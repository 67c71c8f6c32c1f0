#include "native_lvs.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class NativeLvs : public ptah::Verifier {
 public:
  explicit NativeLvs(const ptah::Options&) {}

  static ptah::OptionSchema options() { return {}; }

  ptah::Verdict::Kind kind() const noexcept override { return ptah::Verdict::Kind::kLvs; }
  bool reads_file() const noexcept override { return false; }

  ptah::Result<ptah::Verdict> verify(const ptah::LayoutFile& layout, const ptah::Circuit& circuit,
                                     const ptah::Technology& technology,
                                     ptah::JobContext& job) override {
    ptah::gds::Flat storage;
    PTAH_TRY(const ptah::gds::Flat* flat, ptah::flat_layout(layout, technology, storage));
    if (job.cancelled()) return ptah::cancelled_error();
    return ptah::native::compare(*flat, circuit, technology);
  }
};

}  // namespace

PTAH_PLUGIN(ptah::Verifier, NativeLvs, "native_lvs", "1.0.0",
            "Layout versus schematic from the drawn shapes, in about a millisecond.")
