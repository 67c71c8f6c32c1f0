// Design rules of the technology description, checked by Ptah itself.
#include <optional>

#include "engine.hpp"
#include "ptah/plugin/plugin.hpp"
#include "recognition/black_box.hpp"

namespace {

class NativeDrc : public ptah::Verifier {
 public:
  explicit NativeDrc(const ptah::Options& options) {
    limits_.max_violations = static_cast<std::size_t>(options.integer("max_violations"));
  }

  static ptah::OptionSchema options() {
    return {{.name = "max_violations",
             .type = ptah::OptionType::kInt,
             .default_value = 1000,
             .description = "Violations listed at most; all are counted.",
             .minimum = 0,
             .maximum = 1'000'000,
             .choices = {}}};
  }

  ptah::Verdict::Kind kind() const noexcept override { return ptah::Verdict::Kind::kDrc; }
  bool reads_file() const noexcept override { return false; }

  ptah::Result<ptah::Verdict> verify(const ptah::LayoutFile& layout, const ptah::Circuit& circuit,
                                     const ptah::Technology& technology,
                                     ptah::JobContext& job) override {
    if (!engine_ || technology_ != technology.identity()) {
      PTAH_TRY(ptah::native::drc::Plan plan, ptah::native::drc::Plan::compile(technology));
      engine_.emplace(std::move(plan), limits_);
      technology_ = technology.identity();
    }
    ptah::gds::Flat storage;
    PTAH_TRY(const ptah::gds::Flat* flat, ptah::flat_layout(layout, technology, storage));
    PTAH_TRY(ptah::Verdict verdict, engine_->check(*flat, job));
    const auto judge = [&](const ptah::gds::Library&, const std::string&,
                           const ptah::gds::Flat& alone) -> ptah::Result<ptah::Verdict> {
      PTAH_TRY(ptah::native::drc::Plan plan, ptah::native::drc::Plan::compile(technology));
      return ptah::native::drc::Engine(std::move(plan), limits_).check(alone, job);
    };
    PTAH_TRY(
        of_blocks_.tell_apart({layout.gds, layout.top, flat}, circuit, technology, judge, verdict));
    return verdict;
  }

 private:
  ptah::native::drc::Limits limits_;
  std::optional<ptah::native::drc::Engine> engine_;
  ptah::native::BlockErrors of_blocks_;
  ptah::Technology::Identity technology_;  // Whose rules the engine holds.
};

}  // namespace

PTAH_PLUGIN(ptah::Verifier, NativeDrc, "native_drc", "1.0.0",
            "Design rules of the technology description, checked in milliseconds by Ptah itself.")
