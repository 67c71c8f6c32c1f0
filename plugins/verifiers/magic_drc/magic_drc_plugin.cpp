// Design rules as Magic sees them: drc(full) of the top cell.
#include "magic_session.hpp"
#include "ptah/core/run_tool.hpp"
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

  ptah::Result<ptah::Verdict> verify(const ptah::LayoutFile& layout, const ptah::Circuit& circuit,
                                     const ptah::Technology& technology,
                                     ptah::JobContext& job) override {
    PTAH_TRY(ptah::Verdict verdict, judge(layout, circuit, technology, job));
    const auto alone = [&](const ptah::gds::Library& library, const std::string& top,
                           const ptah::gds::Flat&) -> ptah::Result<ptah::Verdict> {
      PTAH_TRY(const ptah::ScratchDir folder, ptah::ScratchDir::create(job.scratch_dir(), "block"));
      const auto gds = folder.path() / "block.gds";
      PTAH_TRY(ptah::gds::write_file(library, gds));
      return judge({gds, top, nullptr}, {}, technology, job);
    };
    PTAH_TRY(of_blocks_.tell_apart(layout, circuit, technology, alone, verdict));
    return verdict;
  }

 private:
  ptah::Result<ptah::Verdict> judge(const ptah::LayoutFile& layout, const ptah::Circuit& circuit,
                                    const ptah::Technology& technology,
                                    ptah::JobContext& job) const {
    PTAH_TRY(ptah::magic::Session session,
             ptah::magic::examine(layout, circuit, technology, limits_, job));
    ptah::Verdict verdict;
    verdict.kind = ptah::Verdict::Kind::kDrc;
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

  ptah::native::BlockErrors of_blocks_;
  ptah::magic::Limits limits_;
};

}  // namespace

PTAH_PLUGIN(ptah::Verifier, MagicDrc, "magic_drc", "1.0.0",
            "Full design rule check of the top cell by Magic.")
