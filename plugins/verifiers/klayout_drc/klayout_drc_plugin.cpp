// Design rules as KLayout sees them, from the deck generated from the technology.
#include "klayout_session.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class KlayoutDrc : public ptah::Verifier {
 public:
  explicit KlayoutDrc(const ptah::Options& options) {
    limits_.wall_s = options.real("wall_limit_s");
  }

  static ptah::OptionSchema options() {
    return {{.name = "wall_limit_s",
             .type = ptah::OptionType::kReal,
             .default_value = 120.0,
             .description = "Longest time one layout may take.",
             .minimum = 1,
             .maximum = 86400,
             .choices = {}}};
  }

  ptah::Verdict::Kind kind() const noexcept override { return ptah::Verdict::Kind::kDrc; }

  ptah::Result<ptah::Verdict> verify(const ptah::LayoutFile& layout, const ptah::Circuit&,
                                     const ptah::Technology& technology,
                                     ptah::JobContext& job) override {
    PTAH_TRY(auto reports, ptah::klayout::examine({&layout, 1}, technology, limits_, job));
    PTAH_TRY(ptah::klayout::Report report, std::move(reports.front()));
    ptah::Verdict verdict;
    verdict.kind = kind();
    verdict.errors = report.errors;
    verdict.clean = report.errors == 0;
    verdict.summary = std::to_string(report.errors) + (report.errors == 1 ? " error" : " errors");
    if (!report.violations.empty()) verdict.summary += ", first: " + report.violations.front().text;
    verdict.violations = std::move(report.violations);
    return verdict;
  }

 private:
  ptah::klayout::Limits limits_;
};

}  // namespace

PTAH_PLUGIN(ptah::Verifier, KlayoutDrc, "klayout_drc", "1.0.0",
            "Design rule check by KLayout, with a deck generated from the technology.")
