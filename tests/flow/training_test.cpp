// From the layouts of a run to a model, and from the model to predictions in another run.
#include "flow/training.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "flow/design_space.hpp"
#include "flow/resident_predictors.hpp"
#include "flow_fixture.hpp"
#include "store/stored_path.hpp"

namespace ptah {
namespace {

using ::testing::HasSubstr;

/// Stops the task at a checkpoint, as a kill would.
class StoppingSink final : public TaskSink {
 public:
  explicit StoppingSink(int checkpoints) : left_(checkpoints) {}
  void emit(const Json& event) override {
    if (event["event"] == "variant") variants.push_back(event);
    if (event["event"] != "checkpoint") return;
    const Json& file = event["file"];
    checkpoint = read_text_file(file["path"].get<std::string>())
                     .value()
                     .substr(file["offset"].get<std::size_t>(), file["size"].get<std::size_t>());
    stopped_ = --left_ == 0;
  }
  bool cancelled() const noexcept override { return stopped_; }

  std::vector<Json> variants;
  std::string checkpoint;

 private:
  int left_;
  bool stopped_ = false;
};

class TrainingTest : public FlowTest {
 protected:
  /// A store's folder with what `variants` random variants of a circuit left there.
  void run_layouts(const char* circuit, int variants) {
    const auto planned = plan({{"circuit", circuit},
                               {"variants", variants},
                               {"seed", 3},
                               {"flow", "native"},
                               {"judges", "none"}});
    ASSERT_TRUE(planned) << planned.error().text();
    common_ = planned.value()["common"];
    chain_ = planned.value()["chains"][0];
    const auto spec = chain_spec_from_json(chain_task(common_, chain_));
    ASSERT_TRUE(spec) << spec.error().text();
    CollectingSink sink;
    const auto done = run_chain(spec.value(), folder("run"), host_, sink);
    ASSERT_TRUE(done) << done.error().text();
    files_ = folder("store");
    task_.set.sources = {{"run-1", put(common_.dump())}};
    task_.files = files_.string();
    for (const Json& event : sink.variants) {
      task_.set.layouts.push_back({0, event["record"]["assignment"], event["variant"],
                                   put(file_bytes(event, "state")), event["record"]["hpwl_um"]});
    }
    task_.spec.model = "wires";
    task_.spec.jobs = {"run-1"};
    task_.spec.label = "hpwl";
    task_.dataset = "of this test";
  }

  std::string put(const std::string& bytes) {
    char hash[65];
    std::snprintf(hash, sizeof hash, "%064x", ++stored_);
    const auto path = stored_path(files_, hash);
    std::filesystem::create_directories(path.parent_path());
    EXPECT_TRUE(write_text_file(path, bytes, Durability::kCached));
    return hash;
  }

  Result<Json> train(TaskSink& sink, const char* name) {
    return train_model(task_, folder(name), host_, sink);
  }
  /// The files of a variant event, by name.
  static std::map<std::string, std::string> bytes_of(const Json& event) {
    std::map<std::string, std::string> bytes;
    for (const Json& file : event["files"])
      bytes[file["dataset"]] = read_text_file(file["path"].get<std::string>()).value();
    return bytes;
  }
  static ModelFiles files_of(const Json& event) {
    ModelFiles files;
    for (const Json& file : event["files"]) {
      const std::filesystem::path path = file["path"].get<std::string>();
      if (file["role"] == "model_file") files[path.filename().string()] = path;
    }
    return files;
  }

  Json common_, chain_;
  std::filesystem::path files_;
  rpc::TrainTask task_;
  int stored_ = 0;
};

TEST_F(TrainingTest, AModelOfARunPredictsThePlacementsOfAnother) {
  run_layouts("five_transistors_ota", 150);
  CollectingSink sink;
  const auto trained = train(sink, "training");
  ASSERT_TRUE(trained) << trained.error().text();
  ASSERT_EQ(sink.variants.size(), 1u);
  const Json& record = sink.variants[0]["record"];
  EXPECT_EQ(record["trainer"], "linear 1.0.0");
  EXPECT_EQ(record["dataset"]["layouts"], 151);
  EXPECT_EQ(record["dataset"]["designs"], 1);
  EXPECT_EQ(record["plugin_hashes"]["trainer"].get<std::string>().size(), 64u);
  EXPECT_LT(record["metrics"]["validation_rmse"].get<double>(), 1e-3) << "um: it is a sum of nets";
  EXPECT_TRUE(std::any_of(sink.events.begin(), sink.events.end(), [](const Json& event) {
    return event["event"] == "metric" && event["name"] == "validation_rmse";
  }));

  ChainSpec spec = chain_spec_from_json(chain_task(common_, chain_)).value();
  spec.flow.stages["predictor"] = {"linear", Json::object(), "wires"};
  spec.model = ChosenModel{"wires", "hash", 1, files_of(sink.variants[0])};
  CollectingSink chain_sink;
  const auto scratch = folder("chain");
  auto exploration = Exploration::create(spec, scratch, host_, chain_sink);
  ASSERT_TRUE(exploration) << exploration.error().text();
  auto home = FlowLayoutSpace::create(*exploration.value(), spec.assignment,
                                      exploration.value()->assignments.at(spec.assignment));
  ASSERT_TRUE(home) << home.error().text();
  ASSERT_TRUE(home.value()->make_baseline(false));
  std::vector<Placement> placements{home.value()->placement()};
  std::vector<double> lengths{static_cast<double>(home.value()->baseline().hpwl) / 1000};
  for (std::uint64_t seed = 1; seed < 6; ++seed) {
    const auto found = home.value()->step({Replace{seed, {}}}, Fidelity::kPlaced);
    ASSERT_TRUE(found && found.value().valid);
    placements.push_back(home.value()->placement());
    lengths.push_back(static_cast<double>(found.value().hpwl) / 1000);
  }
  const auto predictions = home.value()->predict(placements);
  ASSERT_TRUE(predictions) << predictions.error().text();
  ASSERT_EQ(predictions.value().size(), placements.size());
  EXPECT_NEAR(predictions.value()[0].cost, lengths[0], 0.5);
  for (std::size_t i = 0; i < placements.size(); ++i) {
    ASSERT_TRUE(predictions.value()[i].uncertainty);
    EXPECT_NEAR(predictions.value()[i].cost, lengths[i], std::max(1.0, lengths[i] * 0.2)) << i;
  }
}

TEST_F(TrainingTest, AnInterruptedTrainingEndsWithTheSameBytes) {
  run_layouts("five_transistors_ota", 150);
  CollectingSink whole;
  ASSERT_TRUE(train(whole, "whole"));
  StoppingSink first(1);
  const auto stopped = train(first, "first");
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  ASSERT_FALSE(first.checkpoint.empty());
  const auto file = folder("checkpoint") / "file";
  ASSERT_TRUE(write_text_file(file, first.checkpoint, Durability::kCached));
  task_.checkpoint = file.string();
  CollectingSink rest;
  const auto resumed = train(rest, "rest");
  ASSERT_TRUE(resumed) << resumed.error().text();
  EXPECT_EQ(bytes_of(rest.variants.at(0)), bytes_of(whole.variants.at(0)));

  // A model that is on disk already is not made again.
  task_.resume = {{"variant", 0}, {"record", whole.variants[0]["record"]}};
  CollectingSink again;
  ASSERT_TRUE(train(again, "again"));
  EXPECT_TRUE(again.variants.empty());
}

TEST_F(TrainingTest, WhatCannotBeLearntFromSaysWhy) {
  run_layouts("five_transistors_ota", 2);
  CollectingSink sink;
  const auto few = train(sink, "few");
  ASSERT_FALSE(few);
  EXPECT_THAT(few.error().message, HasSubstr("3 layouts"));
  std::filesystem::remove(stored_path(files_, task_.set.layouts[1].state));
  const auto gone = train(sink, "gone");
  ASSERT_FALSE(gone);
  task_.spec.flow = "osiris";
  const auto none = train(sink, "none");
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("names no trainer"));
  task_.spec.flow = "native";
  task_.spec.options.value = {{"batch", 3}};
  const auto option = train(sink, "option");
  ASSERT_FALSE(option);
  EXPECT_THAT(option.error().text(), HasSubstr("batch"));
}

TEST_F(TrainingTest, PredictorsStayAndTheirModelsAreChecked) {
  run_layouts("five_transistors_ota", 150);
  CollectingSink sink;
  ASSERT_TRUE(train(sink, "training"));
  FlowJob job(sink, 1, folder("job"));
  ResidentPredictors resident;
  const StageChoice choice{"linear", Json::object(), "wires"};
  ChosenModel model{"wires", "one", 1, files_of(sink.variants[0])};
  const auto first = resident.get(host_, choice, &model, job);
  ASSERT_TRUE(first) << first.error().text();
  Predictor* const loaded = first.value()->instance.get();
  model.files.clear();  // Resident: not read again.
  EXPECT_EQ(resident.get(host_, choice, &model, job).value()->instance.get(), loaded);
  model.hash = "another";
  const auto empty = resident.get(host_, choice, &model, job);
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().where, HasSubstr("wires@1"));
  const auto none = resident.get(host_, choice, nullptr, job);
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("needs a model"));

  // Trained with the nets of one circuit, it says nothing of another's.
  const Circuit other;
  const auto foreign = resident.get(
      host_, choice,
      [&] {
        model.hash = "one";
        return &model;
      }(),
      job);
  ASSERT_TRUE(foreign);
  const auto predicted =
      foreign.value()->instance->predict(other, {}, Technology::ptah130(), {Placement{}}, job);
  ASSERT_FALSE(predicted);
  EXPECT_THAT(predicted.error().message, HasSubstr("other nets"));
}

}  // namespace
}  // namespace ptah
