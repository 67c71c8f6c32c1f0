#include "agreement.hpp"

#include <gtest/gtest.h>

#include "ptah/core/run_tool.hpp"

namespace ptah::agreement {
namespace {

TEST(AgreementLvs, NoVerdictDiffersFromNetgensUnexplained) {
  for (const char* tool : {"magic", "netgen-lvs"}) {
    if (const auto found = find_tool(tool, tool); !found) GTEST_SKIP() << found.error().text();
  }
  const auto scratch = ScratchDir::create(std::filesystem::temp_directory_path(), "agreement_lvs");
  ASSERT_TRUE(scratch) << scratch.error().text();
  Settings settings;
  settings.pairs = 120;
  settings.seed = 11;
  settings.scratch = scratch.value().path();
  const auto table = compare_judges(settings, Technology::ptah130());
  ASSERT_TRUE(table) << table.error().text();
  EXPECT_GE(table.value().pairs, 120);
  EXPECT_GE(table.value().mutated, 50);
  int match = 0, mismatch = 0;
  for (const auto& [name, row] : table.value().rows) {
    match += row.both_match;
    mismatch += row.both_mismatch;
    EXPECT_EQ(row.unexplained, 0) << name << "\n" << to_text(table.value());
  }
  EXPECT_GE(match, 50);
  EXPECT_GE(mismatch, 40);
}

}  // namespace
}  // namespace ptah::agreement
