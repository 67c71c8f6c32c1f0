// States of older versions are opened, hold all that they held, and are gone on with.
#include <gtest/gtest.h>

#include <map>

#include "old_states.hpp"
#include "ptah/core/run_tool.hpp"
#include "store/checked_vfs.hpp"
#include "store/failure.hpp"
#include "store/schema.hpp"
#include "store/store.hpp"
#include "store/verification.hpp"
#include "store_contents.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

class Migration : public testing::Test {
 protected:
  void SetUp() override {
    auto scratch = ScratchDir::create(fs::temp_directory_path(), "ptah-migration");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
  }
  fs::path state() const { return scratch_->path() / "state"; }
  fs::path database() const { return state() / "ptah.sqlite"; }

  std::optional<ScratchDir> scratch_;
};

using Columns = std::map<std::string, std::string>;  ///< Of each table, with commas between them.

Columns columns_of(Database& database) {
  Columns columns;
  for (const std::string& table : database.tables()) {
    Query query(database, "SELECT name FROM pragma_table_info(?)");
    query << table;
    while (query.next()) {
      std::string& names = columns[table];
      names += (names.empty() ? "" : ",") + query.text(0);
    }
  }
  return columns;
}

/// Every row of these columns, by table.
std::map<std::string, std::vector<std::string>> rows_of(Database& database,
                                                        const Columns& columns) {
  std::map<std::string, std::vector<std::string>> rows;
  for (const auto& [table, names] : columns) {
    Query query(database, "SELECT json_array(" + names + ") FROM " + table + " ORDER BY 1");
    while (query.next()) rows[table].push_back(query.text(0));
  }
  return rows;
}

TEST_F(Migration, AStateOfANewerVersionIsRefusedAndLeftAsItIs) {
  { Store(state()).database().exec("PRAGMA user_version=99"); }
  try {
    Store store(state());
    FAIL() << "it was opened";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kUnsupported);
    EXPECT_NE(failure.error().message.find("newer Ptah: its database has version 99"),
              std::string::npos)
        << failure.error().text();
    EXPECT_NE(failure.error().hint.find("--state"), std::string::npos);
    EXPECT_EQ(failure.error().where, state().string());
  }
  EXPECT_EQ(read_head(database()).user_version, 99);
}

TEST_F(Migration, AStateOfVersionOneIsBroughtUpToDate) {
  write_version1(state());
  std::string once;
  std::int64_t version = 0;
  {
    Store store(state());
    version = schema_version(store.database());
    EXPECT_TRUE(store.after_crash()) << "version 1 may have left files without rows";
    const JobRow first = store.existing_job("first");
    EXPECT_EQ(first.state, JobState::kDone);
    EXPECT_EQ(first.variants, 5);
    EXPECT_EQ(first.spec["chains"].size(), 2u);
    EXPECT_EQ(store.variants("first", std::nullopt, 0, 100).size(), 5u);
    EXPECT_EQ(store.variants("second", std::nullopt, 0, 100).size(), 3u);
    EXPECT_EQ(store.versions("work", "fake", "layout", 100).size(), 8u);
    EXPECT_EQ(store.events("second", 0, 100).size(), 9u);
    once = contents_of(store);
    // Its one progress event makes room for the next, and a new job gets a new number.
    store.database().exec("BEGIN");
    store.add_event("second", "job.progress", Json::object());
    EXPECT_EQ(store.events("second", 0, 100).size(), 9u);
    EXPECT_EQ(store.create_job({"", "run", "", "work", Json::object(), {}, {}}).first.id, "run-3");
    store.database().exec("ROLLBACK");
  }
  EXPECT_EQ(read_head(database()).reserved, kPageChecksumBytes);
  EXPECT_EQ(read_head(database()).user_version, version);
  EXPECT_FALSE(fs::exists(database().string() + "-new"));
  Store again(state());
  EXPECT_EQ(contents_of(again), once);
  EXPECT_TRUE(again.database().problems(false).empty());
  EXPECT_TRUE(again.database().check_pages(1, 1000).damaged.empty());
}

TEST_F(Migration, AStateOfVersionTwoKeepsEveryRowAndEveryFile) {
  write_version2(state());
  Columns columns;
  std::map<std::string, std::vector<std::string>> before;
  {
    Database old(database());
    ASSERT_EQ(schema_version(old), 2);
    columns = columns_of(old);
    before = rows_of(old, columns);
  }
  ASSERT_EQ(before["jobs"].size(), 2u);
  ASSERT_EQ(before["variants"].size(), 6u);
  ASSERT_EQ(before["files"].size(), 65u);
  ASSERT_EQ(before["versions"].size(), 9u);
  ASSERT_EQ(before["events"].size(), 19u);
  Store store(state());
  EXPECT_EQ(rows_of(store.database(), columns), before);
  Verification verification;
  while (verification.check(store, std::chrono::milliseconds(1000))) {
  }
  for (const Damage& damage : verification.damaged()) ADD_FAILURE() << damage.problem;
  EXPECT_EQ(verification.files(), 56);

  EXPECT_EQ(store.existing_job("finished").state, JobState::kDone);
  EXPECT_FALSE(store.job("deleted"));
  EXPECT_EQ(store.views("work", "five_transistors_ota", "layout", {}, 9).at(0).versions, 6);
  const auto variants = store.variants("finished", std::nullopt, 0, 100);
  ASSERT_EQ(variants.size(), 4u);
  std::optional<BestVariant> best;
  for (const VariantRow& variant : variants) {
    const BestVariant here{variant.record.at("cost"), variant.chain, variant.variant};
    if (!best || here < *best) best = here;
  }
  EXPECT_EQ(store.existing_job("finished").best, best);
}

TEST_F(Migration, AnInterruptedJobOfVersionTwoIsGoneOnWith) {
  write_version2(state());
  Store store(state());
  EXPECT_TRUE(store.after_crash());
  ASSERT_EQ(store.unfinished_jobs(), (std::vector<std::string>{"interrupted"}));
  ASSERT_EQ(store.pending_chains("interrupted"), (std::vector<std::int64_t>{0}));
  const ChainStart start = store.load_chain("interrupted", 0);
  EXPECT_EQ(start.warning, "");
  EXPECT_EQ(start.committed, 2);
  ASSERT_TRUE(start.spec.contains("resume"));
  EXPECT_EQ(start.spec["resume"]["variant"], 1);
  EXPECT_TRUE(fs::exists(start.spec["resume"]["files"]["state"].get<std::string>()));
  EXPECT_TRUE(fs::exists(start.spec["common"].get<std::string>()));

  const std::int64_t last_event = store.existing_job("interrupted").last_event;
  store.database().exec("BEGIN");
  const VariantCommit commit =
      store.commit_variant("interrupted", 0, 2, {{"cost", 1}}, {{"gds", "", "layout", "v002.gds"}});
  store.finish_chain("interrupted", 0, nullptr, Json::object());
  store.finish_job("interrupted", JobState::kDone, nullptr, Json::object());
  store.files().sync();
  store.database().exec("COMMIT");
  EXPECT_TRUE(commit.fresh);
  EXPECT_EQ(commit.event.number, last_event + 1);
  EXPECT_EQ(store.existing_job("interrupted").variants, 3);
  EXPECT_EQ(store.views("work", "five_transistors_ota", "layout", {}, 9).at(0).versions, 7);
  // Ids that were given are not given again.
  store.database().exec("BEGIN");
  EXPECT_EQ(store.create_job({"", "run", "", "work", Json::object(), {}, {}}).first.id, "run-4");
  store.delete_job("finished");
  store.database().exec("COMMIT");
  EXPECT_FALSE(store.job("finished"));
}

TEST_F(Migration, OldAndNewStatesHaveTheSameTables) {
  const auto tables = [](const fs::path& state) {
    Store store(state);
    return columns_of(store.database());
  };
  write_version1(scratch_->path() / "one");
  write_version2(scratch_->path() / "two");
  const Columns fresh = tables(state());
  EXPECT_EQ(tables(scratch_->path() / "one"), fresh);
  EXPECT_EQ(tables(scratch_->path() / "two"), fresh);
}

}  // namespace
}  // namespace ptah
