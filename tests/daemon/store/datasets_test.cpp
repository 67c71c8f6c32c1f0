// Versions of datasets: what a finished job leaves, which one a name means, what goes with one.
#include "opened_store.hpp"
#include "store/test_openings.hpp"

namespace ptah {
namespace {

class StoreDatasets : public test::OpenedStore {
 protected:
  /// A job with blocks of these bytes, committed in an order of their own.
  std::string make(const std::string& name, const std::vector<std::string>& blocks,
                   const std::string& library = "work") {
    return commit([&] {
      NewJob job{{}, "dataset", {}, library, {{"name", name}}, NewPlan{}, {}};
      job.plan->circuit = "ota";
      for (std::size_t i = 0; i < blocks.size(); ++i) job.plan->chains.push_back({{"first", i}});
      const std::string id = store().create_job(job).first.id;
      for (std::size_t i = blocks.size(); i-- > 0;) {
        const Json record{{"dataset", name}, {"circuit", "ota"}, {"first", i},
                          {"count", 10},     {"clean", 9},       {"failures", {{"drc", 1}}}};
        store().commit_variant(id, static_cast<std::int64_t>(i), 0, record,
                               {{kSamplesRole, "", blocks[i], "datasets/" + name + "/b"},
                                {"times", "", "{}", "datasets/" + name + "/t"}});
        store().finish_chain(id, static_cast<std::int64_t>(i), nullptr, nullptr);
      }
      const Json made = store().add_dataset(id);
      store().finish_job(id, JobState::kDone, nullptr, {{"dataset", made}});
      return id;
    });
  }
  std::int64_t version(const std::string& reference) {
    return store().dataset("work", reference).version.version;
  }
  ErrorCode code_of(const std::string& reference) {
    try {
      store().dataset("work", reference);
    } catch (const Failure& failure) {
      return failure.error().code;
    }
    ADD_FAILURE() << reference << " is there";
    return ErrorCode::kInternal;
  }
};

TEST_F(StoreDatasets, ItsRecordSumsUpItsBlocksAndItsFilesAreInTheirOrder) {
  const std::string job = make("d", {"one", "two", "three"});
  const DatasetRow row = store().dataset("work", "d");
  EXPECT_EQ(row.version.job, job);
  EXPECT_EQ(row.record["count"], 30);
  EXPECT_EQ(row.record["clean"], 27);
  EXPECT_EQ(row.record["failures"]["drc"], 3);
  EXPECT_EQ(row.record["bytes"], 11);
  ASSERT_EQ(row.blocks.size(), 3u);
  EXPECT_EQ(read_text_file(store().files().path(row.blocks[0].hash)).value(), "one");
  EXPECT_EQ(read_text_file(store().files().path(row.blocks[2].hash)).value(), "three");
}

TEST_F(StoreDatasets, TheSameBlocksAreTheSameHashWhoeverMadeThem) {
  make("d", {"one", "two"});
  make("d", {"one", "two"});
  make("d", {"two", "one"});
  const auto hash = [&](const char* reference) {
    return store().dataset("work", reference).version.hash;
  };
  EXPECT_EQ(hash("d@1"), hash("d@2"));
  EXPECT_NE(hash("d@1"), hash("d@3"));
  EXPECT_EQ(version("d"), 3);
}

TEST_F(StoreDatasets, WhatIsNotThereIsNotFound) {
  make("d", {"one"});
  make("e", {"one"}, "another");
  EXPECT_EQ(code_of("c"), ErrorCode::kNotFound);
  EXPECT_EQ(code_of("e"), ErrorCode::kNotFound) << "of another library";
  EXPECT_EQ(code_of("d@2"), ErrorCode::kNotFound);
  EXPECT_EQ(code_of("d@0"), ErrorCode::kInvalidArgument);
}

TEST_F(StoreDatasets, AListGoesOnWhereItStopped) {
  make("b", {"1"});
  make("b", {"2"});
  make("a", {"3"});
  make("c", {"4"});
  std::vector<std::string> seen;
  std::optional<VersionName> after;
  for (;;) {
    const auto page = store().datasets("work", "", after, 1);
    if (page.empty()) break;
    seen.push_back(page[0].version.cell + "@" + std::to_string(page[0].version.version));
    after = VersionName{page[0].version.cell, page[0].version.version};
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"a@1", "b@2", "b@1", "c@1"}));
  EXPECT_EQ(store().datasets("work", "b", std::nullopt, 10).size(), 2u);
}

TEST_F(StoreDatasets, WithItsJobItGoes) {
  const std::string first = make("d", {"one"});
  make("d", {"two"});
  const std::string file = store().dataset("work", "d@1").blocks.at(0).hash;
  const auto step = commit([&] { return store().delete_job(first); });
  store().remove_unreferenced(step.hashes);
  EXPECT_EQ(code_of("d@1"), ErrorCode::kNotFound);
  EXPECT_EQ(version("d"), 2);
  EXPECT_TRUE(store().files().problem(file)) << "its file stays without an owner";
}

TEST_F(StoreDatasets, TestPartsAreOpenedByWhatIsInThem) {
  make("d", {"one", "two"});
  make("e", {"one", "three"});
  const DatasetRow d = store().dataset("work", "d"), e = store().dataset("work", "e");
  EXPECT_EQ(test_openings(store(), d), 0);
  for (std::int64_t count = 1; count <= 3; ++count)
    EXPECT_EQ(commit([&] { return count_test_opening(store(), d); }), count);
  EXPECT_EQ(test_openings(store(), e), 0);
  store_.reset();
  store_.emplace(scratch_->path() / "state");
  EXPECT_EQ(test_openings(store(), d), 3) << "kept with the state";
  make("innocent", {"one", "two"});
  EXPECT_EQ(test_openings(store(), store().dataset("work", "innocent")), 3);
}

}  // namespace
}  // namespace ptah
