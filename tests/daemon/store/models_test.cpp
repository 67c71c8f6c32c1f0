// Versions of models: which one a name means, and what is left when one goes.
#include <gtest/gtest.h>

#include <functional>

#include "opened_store.hpp"

namespace ptah {
namespace {

class StoreModels : public test::OpenedStore {
 protected:
  /// A trained version; its job's id.
  std::string train(const std::string& name, const std::string& weights,
                    const std::string& library = "work", const std::string& shipped = {}) {
    return commit([&] {
      NewJob job{shipped, "train", {}, library, {{"of", weights}}, NewPlan{}, {}, !shipped.empty()};
      job.plan->circuit = name;
      job.plan->chains.push_back(Json::object());
      const auto [row, fresh] = store().create_job(job);
      EXPECT_TRUE(fresh && row.planned);
      EXPECT_EQ(row.chains, 1);
      EXPECT_EQ(store().pending_chains(row.id), std::vector<std::int64_t>{0});
      const Json record{{"model", name}, {"weights", weights}};
      const auto made = store().commit_variant(
          row.id, 0, 0, record,
          {{kModelRole, "", record.dump(), "models/" + name + "/model.json"},
           {kModelFileRole, "", weights, "models/" + name + "/files/weights.bin"}});
      EXPECT_TRUE(made.model);
      if (made.model) {
        EXPECT_EQ(made.model->cell, name);
      }
      return row.id;
    });
  }
  std::int64_t version(const std::string& reference) {
    return store().model("work", reference).version.version;
  }
  ErrorCode code_of(const std::string& reference) {
    try {
      store().model("work", reference);
    } catch (const Failure& failure) {
      return failure.error().code;
    }
    ADD_FAILURE() << reference << " is there";
    return ErrorCode::kInternal;
  }
  void remove(const std::string& job) {
    commit([&] {
      store().finish_job(job, JobState::kDone, nullptr, nullptr);
      return 0;
    });
    const auto step = commit([&] { return store().delete_job(job); });
    store().remove_unreferenced(step.hashes);
  }
};

TEST_F(StoreModels, ANameMeansTheNewestUnlessOneIsChosen) {
  train("wires", "a");
  train("wires", "b");
  EXPECT_EQ(version("wires"), 2);
  EXPECT_EQ(version("wires@1"), 1);
  commit([&] { return store().use_model("work", "wires@1"); });
  EXPECT_EQ(version("wires"), 1);
  train("wires", "c");
  EXPECT_EQ(version("wires"), 1) << "chosen stays chosen";
  EXPECT_TRUE(store().model("work", "wires").used);
  EXPECT_FALSE(store().model("work", "wires@3").used);
  commit([&] { return store().use_model("work", "wires"); });
  EXPECT_EQ(version("wires"), 3);
  EXPECT_EQ(store().model("work", "wires").record["weights"], "c");
}

TEST_F(StoreModels, AliasesMeanTheOneInUseAndTheNewest) {
  train("wires", "a");
  train("wires", "b");
  commit([&] { return store().use_model("work", "wires@1"); });
  EXPECT_EQ(version("wires@champion"), 1);
  EXPECT_EQ(version("wires@candidate"), 2);
  EXPECT_FALSE(store().model("work", "wires@champion").newest);
  EXPECT_TRUE(store().model("work", "wires@candidate").newest);
  commit([&] { return store().use_model("work", "wires@candidate"); });
  EXPECT_EQ(version("wires"), 2);
  train("wires", "c");
  commit([&] { return store().use_model("work", "wires@champion"); });
  EXPECT_EQ(version("wires"), 2) << "the one in use stays in use";
  EXPECT_EQ(code_of("paths@candidate"), ErrorCode::kNotFound);
  EXPECT_EQ(code_of("wires@best"), ErrorCode::kInvalidArgument);
  EXPECT_THROW(version_name("wires@champion", kDatasetView), Failure) << "datasets have none";
}

TEST_F(StoreModels, WhatCameWithPtahHidesNothingOfTheUsers) {
  const std::string shipped = train("wires", "a", "work", "shipped-1");
  EXPECT_EQ(version("wires"), 1);
  EXPECT_TRUE(store().model("work", "wires").version.shipped);
  EXPECT_EQ(train("wires", "b"), "train-1") << "it takes no number";
  EXPECT_EQ(version("wires"), 2);
  train("wires", "c", "work", "shipped-2");
  EXPECT_EQ(version("wires"), 2) << "the user's own stays in use";
  EXPECT_EQ(version("wires@candidate"), 3);
  EXPECT_FALSE(store().model("work", "wires").version.shipped);
  ASSERT_EQ(store().jobs(std::nullopt, "", 10).size(), 1u) << "nobody asked for the others";
  commit([&] { return store().use_model("work", "wires@3"); });
  EXPECT_EQ(version("wires"), 3);
  remove("train-1");
  remove("shipped-2");
  EXPECT_EQ(version("wires"), 1);
  EXPECT_EQ(train("wires", "d"), "train-2");
  open();
  EXPECT_EQ(train("wires", "e"), "train-3");
  EXPECT_EQ(shipped, "shipped-1");
}

TEST_F(StoreModels, WhatIsNotThereIsNotFoundAndWhatIsNoNameIsRefused) {
  train("wires", "a");
  train("others", "a", "another");
  EXPECT_EQ(code_of("paths"), ErrorCode::kNotFound);
  EXPECT_EQ(code_of("wires@2"), ErrorCode::kNotFound);
  EXPECT_EQ(code_of("others"), ErrorCode::kNotFound) << "of another library";
  for (const char* reference : {"", "@1", "wires@", "wires@0", "wires@-1", "wires@1x", "wi res",
                                "wires@1@2", "wires@99999999999999999999"})
    EXPECT_EQ(code_of(reference), ErrorCode::kInvalidArgument) << reference;
}

TEST_F(StoreModels, AChosenVersionThatGoesLeavesTheNewest) {
  const std::string first = train("wires", "a");
  train("wires", "b");
  commit([&] { return store().use_model("work", "wires@1"); });
  const std::string file = store().model("work", "wires").files.at(1).hash;
  ASSERT_FALSE(store().files().problem(file));
  remove(first);
  EXPECT_EQ(version("wires"), 2);
  EXPECT_EQ(code_of("wires@1"), ErrorCode::kNotFound);
  EXPECT_TRUE(store().files().problem(file)) << "its file stays without an owner";
}

TEST_F(StoreModels, AListGoesOnWhereItStopped) {
  for (const char* weights : {"a", "b", "c"}) train("wires", weights);
  train("area", "a");
  train("zeta", "a");
  std::vector<std::string> seen;
  std::optional<VersionName> after;
  for (;;) {
    const auto page = store().models("work", "", after, 2);
    if (page.empty()) break;
    for (const ModelRow& row : page)
      seen.push_back(row.version.cell + "@" + std::to_string(row.version.version));
    after = VersionName{page.back().version.cell, page.back().version.version};
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"area@1", "wires@3", "wires@2", "wires@1", "zeta@1"}));
  EXPECT_EQ(store().models("work", "wires", std::nullopt, 10).size(), 3u);
  EXPECT_TRUE(store().models("another", "", std::nullopt, 10).empty());
}

TEST_F(StoreModels, AModelMadeAgainAfterAnInterruptionIsTheSameVersion) {
  const std::string job = train("wires", "a");
  const auto again = commit([&] {
    return store().commit_variant(job, 0, 0, {{"model", "wires"}, {"weights", "a"}},
                                  {{kModelRole, "", "{}", "models/wires/model.json"}});
  });
  EXPECT_FALSE(again.fresh);
  EXPECT_FALSE(again.model);
  EXPECT_EQ(version("wires"), 1);
}

class StoreLearnt : public StoreModels {
 protected:
  std::string explore(const std::string& id, const Json& explore) {
    return commit([&] {
      NewJob job;
      job.id = id;
      job.kind = "run";
      job.spec = {{"explore", explore}};
      return store().create_job(job).first.id;
    });
  }
  void learn(const std::string& job, const std::string& weights) {
    commit([&] {
      store().put_learnt(job, {{"explorer", "rl"}, {"weights", weights}},
                         {{kModelFileRole, "", weights, "weights.bin"}});
      return 0;
    });
  }
  std::int64_t keep(const std::string& job) {
    const auto kept = commit([&] { return store().keep_learnt(job); });
    return kept ? kept->version : 0;
  }
  static std::string words_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Failure& failure) {
      return failure.error().text();
    }
    return {};
  }
};

TEST_F(StoreLearnt, TheLastThatWasLearntIsAVersionOnce) {
  const std::string job = explore("e", {{"explorer", "rl"}, {"keep_model", "policy"}});
  EXPECT_EQ(keep(job), 0) << "nothing was learnt";
  learn(job, "a");
  learn(job, "b");
  EXPECT_EQ(keep(job), 1);
  EXPECT_EQ(keep(job), 0) << "that is kept already";
  learn(job, "c");  // It was cancelled, and resumed.
  EXPECT_EQ(keep(job), 2);
  const ModelRow first = store().model("work", "policy@1");
  EXPECT_EQ(first.record["weights"], "b");
  ASSERT_EQ(first.files.size(), 2u);
  EXPECT_EQ(first.files[1].dataset, "models/policy/files/weights.bin");
  EXPECT_EQ(first.record["files"]["weights.bin"], first.files[1].hash);
  // Exploration and model go one by one.
  remove(job);
  EXPECT_EQ(store().model("work", "policy").version.version, 2);
  EXPECT_FALSE(store().files().problem(first.files[1].hash));
}

TEST_F(StoreLearnt, NobodyLeavesAModelThatWasNotAskedFor) {
  const auto refused = [&](const std::string& job, const char* name) {
    return words_of([&] {
      store().put_learnt(job, Json::object(), {{kModelFileRole, "", "x", name}});
    });
  };
  EXPECT_NE(refused(explore("e", {{"explorer", "rl"}}), "weights"), "");
  const std::string asked = explore("f", {{"explorer", "rl"}, {"keep_model", "policy"}});
  for (const char* name : {"../weights", "", "a/b"}) EXPECT_NE(refused(asked, name), "") << name;
  EXPECT_EQ(keep(asked), 0);
}

TEST_F(StoreLearnt, PredictorsAndExplorersKnowTheirOwn) {
  const std::string job = explore("e", {{"explorer", "rl"}, {"keep_model", "policy"}});
  learn(job, "a");
  keep(job);
  const ModelRow policy = store().model("work", "policy");
  EXPECT_EQ(words_of([&] { check_explorer(policy, "rl"); }), "");
  EXPECT_NE(words_of([&] { check_explorer(policy, "other"); }).find("of explorer `rl`"),
            std::string::npos);
  EXPECT_NE(words_of([&] { predictor_of(policy); }).find("predicts nothing"), std::string::npos);
  ModelRow wires;
  wires.version.cell = "wires";
  wires.record = {{"predictor", "linear"}};
  EXPECT_EQ(predictor_of(wires), "linear");
  EXPECT_NE(words_of([&] { check_explorer(wires, "rl"); }).find("predictor `linear`"),
            std::string::npos);
}

}  // namespace
}  // namespace ptah
