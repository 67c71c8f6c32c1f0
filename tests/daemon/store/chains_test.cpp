// What chains leave beside their variants, and chains that come while a job runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include "opened_store.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

class StoreChains : public test::OpenedStore {
 protected:
  void SetUp() override {
    OpenedStore::SetUp();
    store().database().exec("BEGIN");
    for (const std::string id : {"job", "other"}) {
      NewJob job;
      job.id = id;
      job.kind = "run";
      store().create_job(job);
      store().save_plan(id, "cell", Json::object(), {{{"name", "a"}}, {{"name", "b"}}}, {});
    }
    store().database().exec("COMMIT");
  }

  VariantCommit variant(std::int64_t chain, std::int64_t number, const ChainNotes& notes = {}) {
    return commit([&] {
      return store().commit_variant("job", chain, number, {{"cost", number}},
                                    {{"state", "", "state " + std::to_string(number), "", 0, -1}},
                                    notes);
    });
  }
  static NewFile blob(const std::string& text) { return {"", "", text, ""}; }
  static std::string text_of(const Json& path) {
    std::stringstream text;
    text << std::ifstream(path.get<std::string>()).rdbuf();
    return text.str();
  }

  template <class Work>
  ErrorCode code_of(Work work) {
    store().database().exec("BEGIN");
    ErrorCode code = ErrorCode::kInternal;
    try {
      work();
      ADD_FAILURE() << "it was taken";
    } catch (const Failure& failure) {
      code = failure.error().code;
    }
    store().database().exec("ROLLBACK");
    return code;
  }
};

TEST_F(StoreChains, MetricsThatAreSaidAgainAreThereOnce) {
  const std::vector<Metric> metrics{{"loss", 0, 3.5}, {"loss", 1, 2}, {"train/accuracy", 1, -0.0}};
  EXPECT_EQ(commit([&] { return store().add_metrics("job", 1, metrics); }).fresh, metrics);
  // A chain that is resumed says some of them again.
  const std::vector<Metric> again{{"loss", 1, 7}, {"loss", 2, 1.5}};
  const MetricsCommit second = commit([&] { return store().add_metrics("job", 1, again); });
  EXPECT_EQ(second.fresh, (std::vector<Metric>{{"loss", 2, 1.5}}));
  EXPECT_EQ(second.dropped, 0);
  EXPECT_EQ(store().existing_job("job").metrics, 4);
  EXPECT_EQ(store().existing_job("other").metrics, 0);
  const auto rows = store().metrics("job", std::nullopt, 100);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[1].value, 2) << "what is there stays";
}

TEST_F(StoreChains, PagesOfMetricsAreInOrderOfChainNameAndStep) {
  commit([&] {
    for (const std::int64_t chain : {std::int64_t{1}, kWholeJob, std::int64_t{0}}) {
      std::vector<Metric> metrics;
      for (const char* name : {"b", "a", "a/b"}) {
        for (const std::int64_t step : {10, 2, 0}) metrics.push_back({name, step, 1.0});
      }
      store().add_metrics("job", chain, metrics);
    }
    return 0;
  });
  for (const std::int64_t limit : {1, 4, 27, 100}) {
    std::vector<std::string> seen;
    std::optional<MetricKey> after;
    for (;;) {
      const auto page = store().metrics("job", after, limit);
      EXPECT_LE(static_cast<std::int64_t>(page.size()), limit);
      if (page.empty()) break;
      for (const MetricRow& row : page)
        seen.push_back(std::to_string(row.chain + 1) + " " + row.name + " " +
                       std::to_string(row.step + 10));
      after = page.back();
    }
    ASSERT_EQ(seen.size(), 27u);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  }
}

TEST_F(StoreChains, MetricsBeyondTheBoundAreDroppedAndCounted) {
  store().database().exec("UPDATE jobs SET metrics=999998 WHERE id='job'");
  const std::vector<Metric> metrics{{"a", 0, 0}, {"a", 1, 0}, {"a", 2, 0}, {"a", 3, 0}};
  const MetricsCommit kept = commit([&] { return store().add_metrics("job", 0, metrics); });
  EXPECT_EQ(kept.fresh.size(), 2u);
  EXPECT_EQ(kept.dropped, 2);
  EXPECT_EQ(store().existing_job("job").metrics, kMaxMetrics);
}

TEST_F(StoreChains, MetricsThatCannotBeAreRefused) {
  for (const Metric& metric : std::initializer_list<Metric>{{"", 0, 0},
                                                            {"a b", 0, 0},
                                                            {"../a", 0, 0},
                                                            {"a//b", 0, 0},
                                                            {"a/", 0, 0},
                                                            {std::string(65, 'a'), 0, 0},
                                                            {"a", -1, 0},
                                                            {"a", 0, std::nan("")},
                                                            {"a", 0, HUGE_VAL}}) {
    EXPECT_EQ(code_of([&] { store().add_metrics("job", 0, {metric}); }),
              ErrorCode::kInvalidArgument)
        << metric.name << metric.step << metric.value;
  }
  EXPECT_EQ(code_of([&] { store().add_metrics("none", 0, {{"a", 0, 0}}); }), ErrorCode::kNotFound);
}

TEST_F(StoreChains, AChainGoesOnFromItsLastCheckpointAndTheVariantBeforeIt) {
  variant(0, 0);
  EXPECT_FALSE(store().load_chain("job", 0).spec.contains("checkpoint"));
  EXPECT_EQ(store().load_chain("job", 0).spec["resume"]["variant"], 0);
  variant(0, 1, {blob("after one"), {{"reward", 1, 0.5}}});
  const Json with_variant = store().load_chain("job", 0).spec;
  EXPECT_EQ(with_variant["resume"]["variant"], 1);
  EXPECT_EQ(text_of(with_variant["checkpoint"]), "after one");
  EXPECT_EQ(store().metrics("job", std::nullopt, 9).size(), 1u);
  EXPECT_EQ(store().files().problem(store().job_files("job").front().hash), std::nullopt);

  // One without a variant, and a variant without one, which is made again from there.
  commit([&] { return store().commit_notes("job", 0, 1, {blob("later"), {}}); });
  variant(0, 2);
  const ChainStart start = store().load_chain("job", 0);
  EXPECT_EQ(start.spec["resume"]["variant"], 1);
  EXPECT_EQ(start.spec["resume"]["record"]["cost"], 1);
  EXPECT_EQ(text_of(start.spec["checkpoint"]), "later");
  EXPECT_EQ(start.committed, 3);
  // The other chain has none of it.
  EXPECT_FALSE(store().load_chain("job", 1).spec.contains("resume"));
}

TEST_F(StoreChains, ACheckpointBeforeTheFirstVariantIsKept) {
  commit([&] { return store().commit_notes("job", 1, kWholeChain, {blob("early"), {}}); });
  const Json spec = store().load_chain("job", 1).spec;
  EXPECT_EQ(text_of(spec["checkpoint"]), "early");
  EXPECT_FALSE(spec.contains("resume"));
}

TEST_F(StoreChains, OnlyTheLastCheckpointKeepsItsFile) {
  const auto files = [this] {
    std::size_t count = 0;
    for (int folder = 0; folder < FileStore::kFolders; ++folder)
      count += store().files().hashes(folder).size();
    return count;
  };
  variant(0, 0, {blob("first"), {}});
  EXPECT_EQ(files(), 2u);
  for (const char* text : {"second", "third", "third"})
    commit([&] { return store().commit_notes("job", 0, 0, {blob(text), {}}); });
  EXPECT_EQ(files(), 2u);
  EXPECT_EQ(text_of(store().load_chain("job", 0).spec["checkpoint"]), "third");
}

TEST_F(StoreChains, AChainThatIsMadeAgainDoesNotReplaceALaterCheckpoint) {
  variant(0, 0, {blob("zero"), {}});
  variant(0, 1, {blob("one"), {}});
  variant(0, 0, {blob("zero"), {}});
  commit([&] { return store().commit_notes("job", 0, 0, {blob("between"), {}}); });
  const Json spec = store().load_chain("job", 0).spec;
  EXPECT_EQ(text_of(spec["checkpoint"]), "one");
  EXPECT_EQ(spec["resume"]["variant"], 1);
}

TEST_F(StoreChains, ADamagedCheckpointIsMadeAgainFromTheStartAndHealed) {
  variant(0, 0);
  variant(0, 1, {blob("one"), {}});
  const fs::path file = store().load_chain("job", 0).spec["checkpoint"].get<std::string>();
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream(file) << "0ne";
  const ChainStart start = store().load_chain("job", 0);
  EXPECT_NE(start.warning.find("checkpoint"), std::string::npos) << start.warning;
  EXPECT_FALSE(start.spec.contains("resume") || start.spec.contains("checkpoint"));
  variant(0, 1, {blob("one"), {}});
  EXPECT_EQ(text_of(store().load_chain("job", 0).spec["checkpoint"]), "one");
}

TEST_F(StoreChains, CheckpointsThatAreTooLargeOrFollowNothingAreRefused) {
  const fs::path large = scratch_->path() / "large";
  std::ofstream{large};
  fs::resize_file(large, (64 << 20) + 1);
  EXPECT_EQ(code_of([&] {
              store().commit_notes("job", 0, kWholeChain,
                                   {NewFile{"", large.string(), "", "", 0, -1}, {}});
            }),
            ErrorCode::kLimit);
  EXPECT_EQ(code_of([&] {
              store().commit_notes("job", 0, 3, {blob("x"), {}});
            }),
            ErrorCode::kInvalidArgument);
  EXPECT_FALSE(store().load_chain("job", 0).spec.contains("checkpoint"));
}

TEST_F(StoreChains, ChainsThatAreAddedGetTheNextNumbersOnce) {
  const auto add = [&](const std::vector<Json>& chains) {
    return commit([&] { return store().append_chains("job", chains); });
  };
  using Numbers = std::vector<std::int64_t>;
  EXPECT_EQ(add({{{"name", "c"}}, {{"name", "d"}}}), (Numbers{2, 3}));
  // Who is resumed asks again.
  EXPECT_EQ(add({{{"name", "d"}}, {{"name", "e"}}, {{"name", "e"}}}), (Numbers{3, 4, 4}));
  EXPECT_EQ(store().existing_job("job").chains, 5);
  EXPECT_EQ(store().pending_chains("job"), (Numbers{0, 1, 2, 3, 4}));
  EXPECT_EQ(store().load_chain("job", 4).spec["name"], "e");
  EXPECT_EQ(store().existing_job("other").chains, 2);

  store().database().exec("UPDATE jobs SET chains=99999 WHERE id='job'");
  EXPECT_EQ(code_of([&] {
              store().append_chains("job", {{{"n", 1}}, {{"n", 2}}});
            }),
            ErrorCode::kLimit);
  commit([&] {
    store().finish_job("job", JobState::kDone, nullptr, nullptr);
    return 0;
  });
  EXPECT_EQ(code_of([&] { store().append_chains("job", {{{"n", 1}}}); }), ErrorCode::kConflict);
}

TEST_F(StoreChains, ViewsComeInPagesWithTheirNewestVersion) {
  commit([&] {
    for (const std::string id : {"one", "two", "three"}) {
      NewJob job;
      job.id = id;
      job.kind = "run";
      store().create_job(job);
      store().save_plan(id, "cell " + id, Json::object(), {{{"name", id}}},
                        {{"netlist", "", "* " + id, "n.sp"}, {"pairs", "", id, "p.json"}});
      for (int number = 0; number < 4; ++number)
        store().commit_variant(id, 0, number, Json::object(),
                               {{"gds", "", id + std::to_string(number), "l.gds"}});
    }
    return 0;
  });
  using Names = std::vector<std::string>;
  const auto names = [](const std::vector<ViewRow>& rows) {
    Names texts;
    for (const ViewRow& row : rows)
      texts.push_back(row.cell + " " + row.view + " " + std::to_string(row.versions));
    return texts;
  };
  const Names all{"cell one layout 4",   "cell one netlist 1",   "cell one pairs 1",
                  "cell three layout 4", "cell three netlist 1", "cell three pairs 1",
                  "cell two layout 4",   "cell two netlist 1",   "cell two pairs 1"};
  for (const std::int64_t limit : {1, 2, 9, 100}) {
    Names seen;
    ViewKey after;
    for (;;) {
      const auto page = store().views("work", "", "", after, limit);
      EXPECT_LE(static_cast<std::int64_t>(page.size()), limit);
      if (page.empty()) break;
      after = {page.back().cell, page.back().view};
      const Names more = names(page);
      seen.insert(seen.end(), more.begin(), more.end());
    }
    EXPECT_EQ(seen, all);
  }
  EXPECT_EQ(names(store().views("work", "cell two", "", {}, 9)), (Names{all.end() - 3, all.end()}));
  EXPECT_EQ(names(store().views("work", "cell two", "pairs", {}, 9)), (Names{all.back()}));
  EXPECT_EQ(names(store().views("work", "", "layout", {}, 9)), (Names{all[0], all[3], all[6]}));
  EXPECT_TRUE(store().views("work", "none", "", {}, 9).empty());
  EXPECT_TRUE(store().views("other", "", "", {}, 9).empty());
  const auto versions = store().versions("work", "", "", 6);
  ASSERT_EQ(versions.size(), 6u);
  EXPECT_EQ(versions.front().version, 4);
  EXPECT_EQ(versions[4].view, "netlist");
  EXPECT_EQ(store().versions("work", "", "layout", 100).size(), 12u);
}

TEST_F(StoreChains, MetricsAndCheckpointsGoWithTheirJob) {
  variant(0, 0, {blob("state"), {{"a", 0, 1}, {"a", 1, 2}, {"b", 0, 1}}});
  commit([&] {
    store().finish_job("job", JobState::kDone, nullptr, nullptr);
    return 0;
  });
  DeletionStep step = commit([&] { return store().delete_job("job", 1); });
  std::vector<std::string> hashes = step.hashes;
  while (step.more) {
    step = commit([&] { return store().continue_deletion(1); });
    hashes.insert(hashes.end(), step.hashes.begin(), step.hashes.end());
  }
  store().remove_unreferenced(hashes);
  EXPECT_TRUE(store().metrics("job", std::nullopt, 10).empty());
  for (int folder = 0; folder < FileStore::kFolders; ++folder)
    EXPECT_TRUE(store().files().hashes(folder).empty());
  commit([&] {
    NewJob job;
    job.id = "job";
    job.kind = "run";
    return store().create_job(job);
  });
  EXPECT_EQ(store().existing_job("job").metrics, 0);
}

}  // namespace
}  // namespace ptah
