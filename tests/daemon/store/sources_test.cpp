// The files that a request brings: the store keeps them once, by hash, as long as a job has them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "opened_store.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

class StoreSources : public test::OpenedStore {
 protected:
  JobRow create(const std::string& id, const Json& sources) {
    return commit([&] {
      NewJob job;
      job.id = id;
      job.kind = "run";
      job.spec = {{"sources", sources}, {"variants", 1}};
      return store().create_job(job).first;
    });
  }
  void remove(const std::string& id) {
    commit([&] { return store().finish_job(id, JobState::kDone, nullptr, nullptr); });
    const DeletionStep step = commit([&] { return store().delete_job(id); });
    store().remove_unreferenced(step.hashes);
  }
  static std::string hash_of(const JobRow& row) { return row.spec["sources"]["hash"]; }
  static Json sources(const std::string& text) {
    return {{"netlist", "a.sp"},
            {"files", {{"a.sp", text}}},
            {"links", Json::object()},
            {"left_out", Json::array()}};
  }
};

TEST_F(StoreSources, OfAJobAreNamedByHashAndGivenWholeToItsTask) {
  const JobRow row = create("job", sources("* one"));
  EXPECT_EQ(row.spec, (Json{{"sources", {{"hash", hash_of(row)}}}, {"variants", 1}}));
  EXPECT_EQ(store().whole_spec("job"), (Json{{"sources", sources("* one")}, {"variants", 1}}));
}

TEST_F(StoreSources, AreThereOnceHoweverManyJobsHaveThem) {
  const std::string hash = hash_of(create("one", sources("* same")));
  EXPECT_EQ(hash_of(create("two", sources("* same"))), hash);
  EXPECT_NE(hash_of(create("three", sources("* other"))), hash);
  EXPECT_EQ(store().referenced_files().size(), 2u);
  remove("one");
  EXPECT_EQ(store().sources(hash), sources("* same")) << "the second job has them, too";
  remove("two");
  EXPECT_THROW(store().sources(hash), Failure);
}

TEST_F(StoreSources, MayBeNamedByTheHashThatAJobKept) {
  const std::string hash = hash_of(create("one", sources("* same")));
  create("two", {{"hash", hash}});
  remove("one");
  EXPECT_EQ(store().whole_spec("two")["sources"], sources("* same"));
  try {
    create("three", {{"hash", std::string(64, '0')}});
    ADD_FAILURE() << "there are none";
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(failure.error().where, "sources.hash");
  }
}

TEST_F(StoreSources, TheSameRequestIsTheSameJob) {
  create("job", sources("* one"));
  EXPECT_FALSE(commit([&] {
    NewJob again;
    again.id = "job";
    again.kind = "run";
    again.spec = {{"sources", sources("* one")}, {"variants", 1}};
    return store().create_job(again).second;
  }));
  EXPECT_THROW(create("job", sources("* two")), Failure);
}

TEST_F(StoreSources, AChainDoesNotBeginWithDamagedOnes) {
  const JobRow row = create("job", sources("* one"));
  commit([&] {
    store().save_plan("job", "cell", Json::object(), {{{"name", "a"}}}, {});
    return 0;
  });
  const fs::path file = store().files().path(hash_of(row));
  EXPECT_NO_THROW(store().load_chain("job", 0));
  fs::permissions(file, fs::perms::owner_all);
  std::ofstream(file, std::ios::app) << "damage";
  EXPECT_THROW(store().load_chain("job", 0), Failure);
  EXPECT_THROW(store().whole_spec("job"), Failure);
}

TEST_F(StoreSources, AFileOfAnotherKindHoldsNone) {
  const std::string hash = commit([&] { return store().files().put_text("{}").hash; });
  EXPECT_THROW(store().sources(hash), Failure);
}

}  // namespace
}  // namespace ptah
