// Owners, what their files take, what is seen of a library, and the account of who did what.
#include <gtest/gtest.h>

#include "old_states.hpp"
#include "opened_store.hpp"
#include "store/user_name.hpp"

namespace ptah {
namespace {

class StoredRights : public test::OpenedStore {
 protected:
  std::string job(const std::string& owner, const std::string& library = "work") {
    NewJob job;
    job.kind = "run";
    job.library = library;
    job.owner = owner;
    job.plan.emplace();
    job.plan->chains.push_back(Json::object());
    return commit([&] { return store().create_job(std::move(job)).first.id; });
  }
  void variant(const std::string& job, int number, const std::string& text,
               const std::string& checkpoint) {
    commit([&] {
      return store().commit_variant(job, 0, number, Json::object(), {{"gds", {}, text, "v.gds"}},
                                    {NewFile{"checkpoint", {}, checkpoint, {}}, {}});
    });
  }
  std::int64_t counted(const std::string& owner) {
    Query query(store().database(),
                "SELECT coalesce(sum(size), 0) FROM files WHERE job IN (SELECT id FROM jobs WHERE "
                "owner=?)");
    query << owner;
    query.next();
    return query.integer(0);
  }
  AuditRow deed(const std::string& who, std::int64_t time_ms) {
    AuditRow row;
    row.who = who;
    row.method = "job.delete";
    row.outcome = "ok";
    row.time_ms = time_ms;
    return row;
  }
};

TEST_F(StoredRights, WhatFilesTakeIsWhatThereIs) {
  const std::string first = job("ann"), second = job("ann");
  job("bob");
  EXPECT_EQ(store().usage("ann").jobs, 2);
  for (int i = 0; i < 4; ++i) variant(first, i, std::string(100, 'x'), std::string(10 + i, 'c'));
  variant(second, 0, std::string(100, 'x'), "");
  EXPECT_EQ(counted("ann"), 513) << "five layouts, and one checkpoint in place of another";
  EXPECT_EQ(store().usage("ann").bytes, 513);
  EXPECT_EQ(store().existing_job(first).bytes, 413);
  EXPECT_EQ(store().usage("bob").bytes, 0);
  // The same variant again: a chain that is done once more.
  variant(second, 0, std::string(100, 'x'), "");
  EXPECT_EQ(store().usage("ann").bytes, counted("ann"));
  commit([&] { return store().finish_job(first, JobState::kDone, nullptr, nullptr); });
  EXPECT_EQ(store().usage("ann").jobs, 1);
  commit([&] { return store().delete_job(first, 2); });
  EXPECT_GT(counted("ann"), 100) << "some of its rows are there";
  EXPECT_EQ(store().usage("ann").bytes, 100);
  while (commit([&] { return store().continue_deletion(2); }).more) {
  }
  EXPECT_EQ(counted("ann"), 100);
  EXPECT_EQ(store().usage("ann").bytes, 100);
}

TEST_F(StoredRights, JobsOfBeforeAreTheDaemonsUsers) {
  store_.reset();
  write_version2(scratch_->path() / "state");
  open();
  for (const char* id : {"finished", "interrupted"})
    EXPECT_EQ(store().existing_job(id).owner, own_user_name());
  EXPECT_GT(store().usage(own_user_name()).bytes, 0);
  EXPECT_EQ(store().usage(own_user_name()).bytes, counted(own_user_name()));
  EXPECT_EQ(store().versions("work", "", "", 1).at(0).owner, own_user_name());
}

TEST_F(StoredRights, AFileIsInTheLibrariesOfItsJobs) {
  const std::string mine = job("ann", "osc"), other = job("bob", "adc");
  variant(mine, 0, "shared", "");
  variant(other, 0, "shared", "");
  const std::string hash = store().variant(mine, 0, 0).files.at(0).hash;
  auto libraries = store().libraries_of(hash);
  std::sort(libraries.begin(), libraries.end());
  EXPECT_EQ(libraries, (std::vector<std::string>{"adc", "osc"}));
  commit([&] { return store().finish_job(mine, JobState::kDone, nullptr, nullptr); });
  commit([&] { return store().delete_job(mine, 1); });
  EXPECT_EQ(store().libraries_of(hash), (std::vector<std::string>{"adc"}));
  EXPECT_TRUE(store().libraries_of(std::string(64, 'a')).empty());
  EXPECT_EQ(store().jobs(std::nullopt, "", 9, {"adc", "none"}).size(), 1u);
}

TEST_F(StoredRights, AClockThatJumpsChangesNoOrder) {
  for (const std::int64_t time : {5000, 9000, 1000, 0, 6000})
    commit([&] { return store().add_audit({deed("ann", time)}), 0; });
  std::vector<std::int64_t> times;
  std::int64_t last = 0;
  for (const AuditRow& row : store().audit("", 0, 0, 100)) {
    EXPECT_GT(row.number, last);
    last = row.number;
    times.push_back(row.time_ms);
  }
  EXPECT_EQ(times, (std::vector<std::int64_t>{5000, 9000, 1000, 0, 6000}));
  const auto newest = store().audit("", 0, 0, 2);
  ASSERT_EQ(newest.size(), 2u);
  EXPECT_EQ(newest[1].time_ms, 6000);
  EXPECT_EQ(store().audit("", 5000, 0, 100).size(), 3u);
  EXPECT_EQ(store().audit("", 0, last - 1, 100).size(), 1u);
  EXPECT_TRUE(store().audit("bob", 0, 0, 100).empty());
}

TEST_F(StoredRights, TheAccountIsBounded) {
  std::vector<AuditRow> rows(static_cast<std::size_t>(kMaxAudit), deed("ann", 1));
  commit([&] { return store().add_audit(rows), 0; });
  commit([&] { return store().add_audit({deed("bob", 2), deed("bob", 3)}), 0; });
  Query query(store().database(), "SELECT count(*), min(number), max(number) FROM audit");
  ASSERT_TRUE(query.next());
  EXPECT_EQ(query.integer(0), kMaxAudit);
  EXPECT_EQ(query.integer(1), 3) << "the oldest went, and no number is given again";
  EXPECT_EQ(query.integer(2), kMaxAudit + 2);
}

}  // namespace
}  // namespace ptah
