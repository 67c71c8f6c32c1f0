/// native_lvs against Netgen (over Magic's extraction) on pairs of layouts and schematics.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::agreement {

struct Row {
  int pairs = 0, both_match = 0, both_mismatch = 0;
  int explained = 0;  ///< Verdicts differ, and why is known (README.md of this folder).
  int unexplained = 0;
};

struct Disagreement {
  std::string kind, layout;
  std::string ours, theirs;  ///< Summaries.
  std::string explanation;   ///< Empty: none.
};

struct Table {
  std::vector<std::pair<std::string, Row>> rows;  ///< In the order of the mutations.
  std::vector<Disagreement> disagreements;
  std::map<std::string, int> explanations;
  int pairs = 0, mutated = 0;
  double native_seconds = 0;  ///< All comparisons, connectivity included.
};

struct Settings {
  int pairs = 2000;
  std::uint64_t seed = 1;
  std::filesystem::path scratch;  ///< An existing, private folder.
  std::filesystem::path keep;     ///< Where layouts of disagreements go; empty: nowhere.
};

Result<Table> compare_judges(const Settings& settings, const Technology& technology);
std::string to_text(const Table& table);

}  // namespace ptah::agreement
