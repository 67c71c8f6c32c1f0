#include "native_lvs.hpp"
#include "ptah/plugin/plugin.hpp"
#include "recognition/black_box.hpp"

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
    if (!ptah::native::has_blocks(circuit))
      return ptah::native::compare(*flat, circuit, technology);
    const auto boxed = boxes_.of(circuit, technology);
    const auto opened = boxed.open(*flat);
    auto different = boxed.differences(opened);
    if (!different.empty()) {
      ptah::Verdict verdict;
      verdict.kind = kind();
      verdict.errors = 1;
      verdict.summary = different.front().text;
      verdict.violations = std::move(different);
      return verdict;
    }
    auto connectivity = ptah::native::find_connectivity(opened.flat, boxed.technology);
    boxed.add_pins(opened, connectivity);
    return ptah::native::compare(connectivity, boxed.circuit, boxed.technology);
  }

 private:
  ptah::native::BlackBoxes boxes_;
};

}  // namespace

PTAH_PLUGIN(ptah::Verifier, NativeLvs, "native_lvs", "1.0.0",
            "Layout versus schematic from the drawn shapes, in about a millisecond.")
