// A verifier for tests of the sign-off policy: it rejects every `every`-th layout it sees (0:
// none); and one that ends its process at some layouts, always the same.
#include <cstdlib>

#include "ptah/core/random.hpp"
#include "ptah/plugin/plugin.hpp"

namespace {

class PickyVerifier final : public ptah::Verifier {
 public:
  explicit PickyVerifier(const ptah::Options& options)
      : every_(options.integer("every")),
        fails_(options.flag("fails")),
        aborts_(options.integer("aborts")) {}

  static ptah::OptionSchema options() {
    return {
        {"every",
         ptah::OptionType::kInt,
         0,
         "Rejects every so-manieth layout; 0: none.",
         0,
         1000,
         {}},
        {"fails", ptah::OptionType::kBool, false, "Can make nothing of any layout.", {}, {}, {}},
        {"aborts",
         ptah::OptionType::kInt,
         0,
         "Ends the process at one layout of so many, by its shapes; 0: at none.",
         0,
         1000,
         {}}};
  }

  ptah::Verdict::Kind kind() const noexcept override { return ptah::Verdict::Kind::kDrc; }
  bool reads_file() const noexcept override { return false; }

  ptah::Result<ptah::Verdict> verify(const ptah::LayoutFile& layout, const ptah::Circuit&,
                                     const ptah::Technology&, ptah::JobContext&) override {
    if (fails_) return ptah::make_error(ptah::ErrorCode::kParse, "A polygon without an end.");
    if (aborts_ > 0 && layout.flat != nullptr &&
        number_of(*layout.flat) % static_cast<std::uint64_t>(aborts_) == 0)
      std::abort();
    ++seen_;
    ptah::Verdict verdict;
    verdict.clean = layout.flat != nullptr && (every_ == 0 || seen_ % every_ != 0);
    verdict.errors = verdict.clean ? 0 : 1;
    verdict.summary = verdict.clean ? "0 errors" : "1 error";
    return verdict;
  }

 private:
  static std::uint64_t number_of(const ptah::gds::Flat& layout) {
    std::uint64_t number = 0;
    for (const auto& shape : layout.shapes) {
      for (const ptah::Dbu at : {shape.rect.x0, shape.rect.y0})
        number = ptah::mix64(number ^ static_cast<std::uint64_t>(std::int64_t{at}));
    }
    return number;
  }

  std::int64_t every_;
  bool fails_;
  std::int64_t aborts_;
  std::int64_t seen_ = 0;
};

}  // namespace

PTAH_PLUGIN(ptah::Verifier, PickyVerifier, STUB_NAME, "1.0.0", "Rejects layouts by their number.")
