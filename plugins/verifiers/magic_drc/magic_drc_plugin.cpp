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
    verdict.errors = session.drc_errors;
    verdict.clean = session.drc_errors == 0;
    verdict.summary =
        std::to_string(session.drc_errors) + (session.drc_errors == 1 ? " error" : " errors");
    if (!session.violations.empty())
      verdict.summary += ", first: " + session.violations.front().text;
    verdict.violations = std::move(session.violations);
    return verdict;
  }

 private:
  ptah::magic::Limits limits_;
};

}  // namespace

PTAH_PLUGIN(ptah::Verifier, MagicDrc, "magic_drc", "1.0.0",
            "Full design rule check of the top cell by Magic.")
