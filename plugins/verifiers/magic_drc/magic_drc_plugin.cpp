// Design rules as Magic sees them: drc(full) of the top cell.
#include "magic_session.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class MagicDrc : public ptah::Verifier {
 public:
  explicit MagicDrc(const ptah::Options& options) { limits_.wall_s = options.real("wall_limit_s"); }

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
    PTAH_TRY(ptah::magic::Session session, ptah::magic::examine(layout, technology, limits_, job));
    ptah::Verdict verdict;
    verdict.kind = kind();
    verdict.violations = std::move(session.violations);
    verdict.violations.insert(verdict.violations.end(), session.off_grid.begin(),
                              session.off_grid.end());
    verdict.errors = session.drc_errors + static_cast<std::int64_t>(session.off_grid.size());
    verdict.clean = verdict.errors == 0;
    verdict.summary = std::to_string(verdict.errors) + (verdict.errors == 1 ? " error" : " errors");
    if (!verdict.violations.empty())
      verdict.summary += ", first: " + verdict.violations.front().text;
    return verdict;
  }

 private:
  ptah::magic::Limits limits_;
};

}  // namespace

PTAH_PLUGIN(ptah::Verifier, MagicDrc, "magic_drc", "1.0.0",
            "Full design rule check of the top cell by Magic.")
