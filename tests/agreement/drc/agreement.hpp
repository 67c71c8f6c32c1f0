/// What three judges of design rules say of the same layouts, and why they differ where they do.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "layouts.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::agreement {

enum Judge : std::size_t { kNative, kMagic, kKlayout, kJudges };
constexpr const char* kJudgeNames[kJudges] = {"native", "magic", "klayout"};

/// Nothing where the judge gave no verdict on this layout.
using Opinion = std::optional<std::vector<Violation>>;
using Opinions = std::array<Opinion, kJudges>;

/// Runs the judges on every sample; layouts and reports go below the job's scratch folder.
Result<std::vector<Opinions>> judge_all(const std::vector<Sample>& samples,
                                        const Technology& technology, JobContext& job);

/// A rule as a class: "spacing met1/met1", "enclosure met1/via". Rules that say the same of the
/// same shapes (on all sides, in one direction) are one class. What is no rule of the technology is
/// a class of its own.
std::string rule_class(const std::string& rule, const Technology& technology);

/// One judge found something where the other did not.
struct Disagreement {
  std::size_t sample = 0;
  Judge found = kNative, silent = kMagic;
  bool verdict = false;  ///< The silent one calls the layout clean.
  std::string rule_class;
  std::vector<Violation> places;  ///< Of the judge that found something, in this class.
  std::string explanation;        ///< The name of the reason; empty: none known.
};

/// Every class that one judge reports on a sample and another does not, explained where possible.
std::vector<Disagreement> compare(const std::vector<Sample>& samples,
                                  const std::vector<Opinions>& opinions,
                                  const Technology& technology);

}  // namespace ptah::agreement
