// Datasets: blocks of sampled layouts, one file of them, and what is learnt from it.
#include "flow/sampling.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <set>

#include "flow/sample_dataset.hpp"
#include "flow/sample_transfer.hpp"
#include "flow/training.hpp"
#include "flow_fixture.hpp"
#include "store/stored_path.hpp"

namespace ptah {
namespace {

using ::testing::HasSubstr;

class SamplingTest : public NativeFlowTest {
 protected:
  Result<Json> plan_dataset(Json spec) {
    if (!spec.contains("circuit")) spec["circuit"] = "five_transistors_ota";
    if (!spec.contains("name")) spec["name"] = "five";
    CollectingSink sink;
    return run_task("samples.plan", spec, folder("plan"), host_, sink);
  }
  /// The plan of `count` layouts with the offset as their label, which is all that these need.
  Json planned(int count, int seed = 1) {
    auto plan = plan_dataset({{"count", count}, {"seed", seed}, {"labels", {"offset"}}});
    EXPECT_TRUE(plan) << plan.error().text();
    return plan ? plan.value() : Json();
  }
  static Json task(const Json& plan, std::int64_t first, std::int64_t count) {
    Json whole = plan["common"];
    whole.update({{"first", first}, {"count", count}});
    return whole;
  }
  Result<Json> make(const Json& whole, const std::string& name, CollectingSink& sink) {
    return run_task("sample", whole, folder(name), host_, sink);
  }
  /// The block's file.
  std::filesystem::path block(const Json& whole, const std::string& name) {
    CollectingSink sink;
    const auto made = make(whole, name, sink);
    EXPECT_TRUE(made) << made.error().text();
    EXPECT_EQ(sink.variants.size(), 1u);
    if (sink.variants.size() != 1) return {};
    for (const Json& file : sink.variants[0]["files"]) {
      if (file["role"] == "samples") return file["path"].get<std::string>();
    }
    return {};
  }
  static std::string bytes(const std::filesystem::path& file) {
    return read_text_file(file, 64u << 20).value();
  }
};

TEST_F(SamplingTest, APlanHasBlocksOfAllLayoutsAndNoMore) {
  for (const int count : {1, 16, 17, 300, 5000}) {
    const Json plan = planned(count);
    std::int64_t next = 0;
    for (const Json& chain : plan["chains"]) {
      EXPECT_EQ(chain["first"], next);
      EXPECT_GE(chain["count"], 1);
      EXPECT_LE(chain["count"], 256);
      next += chain["count"].get<std::int64_t>();
    }
    EXPECT_EQ(next, count);
  }
}

TEST_F(SamplingTest, AnUnknownLabelIsToldWithThoseThatThereAre) {
  const auto plan = plan_dataset({{"count", 4}, {"labels", {"beauty"}}});
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().text(), HasSubstr("beauty"));
  EXPECT_THAT(plan.error().hint, HasSubstr("offset"));
}

TEST_F(SamplingTest, LayoutsAreCleanDifferentAndMeasured) {
  const auto read = Samples::read(block(task(planned(24), 0, 24), "clean"));
  ASSERT_TRUE(read) << read.error().text();
  const Samples& samples = read.value();
  ASSERT_EQ(samples.size(), 24u);
  EXPECT_EQ(samples.measures(), 1u);
  std::set<std::uint64_t> seeds;
  for (std::size_t row = 0; row < samples.size(); ++row) {
    EXPECT_TRUE(samples.clean(row)) << samples.reason(row);
    EXPECT_TRUE(std::isfinite(samples.label(row, 0)));
    EXPECT_EQ(samples.run(row), row);
    seeds.insert(samples.seed(row));
    for (std::size_t net = 0; net < samples.nets(); ++net) {
      EXPECT_GE(samples.weight(row, net), 0.0999);
      EXPECT_LE(samples.weight(row, net), 10.001);
    }
  }
  EXPECT_EQ(seeds.size(), 24u);
  EXPECT_GT(samples.distinct(), 5u);
}

TEST_F(SamplingTest, ALayoutDoesNotDependOnItsBlock) {
  const Json plan = planned(12);
  const auto whole = Samples::read(block(task(plan, 0, 12), "whole"));
  auto parts = Samples::read(block(task(plan, 0, 5), "first"));
  const auto rest = Samples::read(block(task(plan, 5, 7), "rest"));
  ASSERT_TRUE(whole && parts && rest);
  ASSERT_TRUE(parts.value().append(rest.value()));
  ASSERT_TRUE(whole.value().write(folder("a") / "a.h5"));
  ASSERT_TRUE(parts.value().write(folder("a") / "b.h5"));
  EXPECT_EQ(bytes(folder("a") / "a.h5"), bytes(folder("a") / "b.h5"));
}

TEST_F(SamplingTest, ABlockThatWasStoppedIsMadeAgainWithTheSameBytes) {
  const Json whole = task(planned(10, 4), 0, 10);
  class StopAtFour final : public TaskSink {
   public:
    void emit(const Json& event) override {
      if (event["event"] == "progress") ++seen_;
      variants += event["event"] == "variant";
    }
    bool cancelled() const noexcept override { return seen_ >= 4; }
    int variants = 0;

   private:
    int seen_ = 0;
  } stopping;
  const auto stopped = run_task("sample", whole, folder("stopped"), host_, stopping);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(stopping.variants, 0);
  EXPECT_EQ(bytes(block(whole, "again")), bytes(block(whole, "once")));
}

TEST_F(SamplingTest, ABlockThatIsThereIsNotMadeAgain) {
  Json whole = task(planned(10), 0, 10);
  whole["resume"] = {{"variant", 0}, {"record", {{"clean", 10}}}, {"files", Json::object()}};
  CollectingSink sink;
  const auto made = make(whole, "resumed", sink);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made.value()["clean"], 10);
  EXPECT_TRUE(sink.variants.empty());
}

TEST_F(SamplingTest, WhatIsExportedIsImportedWithTheSameRows) {
  const Json plan = planned(8);
  rpc::DatasetExportSpec spec;
  spec.name = "five";
  spec.version = 1;
  spec.blocks = {block(task(plan, 0, 4), "one").string(), block(task(plan, 4, 4), "two").string()};
  const auto exported = export_samples(spec, folder("export"));
  ASSERT_TRUE(exported) << exported.error().text();
  EXPECT_EQ(exported.value()["count"], 8);
  const std::filesystem::path file = exported.value()["files"][0]["path"].get<std::string>();
  CollectingSink sink;
  const auto imported = run_task("samples.import", {{"name", "other"}, {"file", file.string()}},
                                 folder("import"), host_, sink);
  ASSERT_TRUE(imported) << imported.error().text();
  EXPECT_EQ(imported.value()["count"], 8);
  ASSERT_EQ(sink.variants.size(), 1u);
  EXPECT_EQ(file_bytes(sink.variants[0], "samples"), bytes(file));
}

TEST_F(SamplingTest, AFileOfOverlappingDevicesIsNotTakenIn) {
  const auto made = Samples::read(block(task(planned(2), 0, 2), "good"));
  ASSERT_TRUE(made);
  const Samples& good = made.value();
  Samples piled(good.about(), good.devices(), good.nets(), good.measures());
  Sample sample;
  sample.placement.tiles.resize(good.devices());
  sample.labels.assign(good.measures(), 1.0);
  piled.add(sample);
  const auto file = folder("piled") / "piled.h5";
  ASSERT_TRUE(piled.write(file));
  CollectingSink sink;
  const auto imported = run_task("samples.import", {{"name", "piled"}, {"file", file.string()}},
                                 folder("import"), host_, sink);
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().text(), HasSubstr("overlap"));
  EXPECT_TRUE(sink.variants.empty());
}

TEST_F(SamplingTest, AFileOfAnotherKindIsTold) {
  const auto file = folder("kinds") / "text.h5";
  ASSERT_TRUE(write_text_file(file, "no HDF5 at all", Durability::kCached));
  CollectingSink sink;
  const auto imported = run_task("samples.import", {{"name", "text"}, {"file", file.string()}},
                                 folder("import"), host_, sink);
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().text(), HasSubstr("HDF5"));
}

TEST_F(SamplingTest, LabelsAreLessIsBetter) {
  const Json about{
      {"measures",
       {{{"name", "offset"}, {"better", "magnitude"}}, {{"name", "cmrr"}, {"better", "more"}}}}};
  Samples samples(about, 1, 0, 2);
  Sample sample;
  sample.labels = {-0.25, 80};
  samples.add(sample);
  const auto value = [&](const char* label) {
    const auto rule = SampleLabel::parse(label, about);
    EXPECT_TRUE(rule) << label;
    return rule ? rule.value().of(samples, 0) : 0;
  };
  EXPECT_EQ(value("offset"), 0.25);
  EXPECT_EQ(value("|offset|"), 0.25);
  EXPECT_EQ(value(""), 0.25);
  EXPECT_EQ(value("-offset"), 0.25) << "its negative";
  EXPECT_EQ(value("-cmrr"), -80);
  EXPECT_EQ(value("cmrr"), 80);
  EXPECT_FALSE(SampleLabel::parse("beauty", about));
  const Json first{{"measures", {{{"name", "cmrr"}, {"better", "more"}}}}};
  EXPECT_EQ(SampleLabel::parse("", first).value().text(), "-cmrr");
}

TEST_F(SamplingTest, AModelLearnsFromADatasetAndNeverFromOneRunOnBothSides) {
  const Json plan = planned(40);
  const auto store = folder("store");
  std::vector<std::string> hashes;
  for (const int first : {0, 20}) {
    const std::string hash(64, first == 0 ? 'a' : 'b');
    const auto path = stored_path(store, hash);
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::copy_file(block(task(plan, first, 20), "block" + std::to_string(first)), path);
    hashes.push_back(hash);
  }
  rpc::TrainTask train;
  train.spec.model = "m";
  train.spec.dataset = "five";
  train.spec.trainer = "linear";
  train.set.dataset = rpc::SourceDataset{"five", std::string(64, 'c'), 1, hashes};
  train.dataset = "of this test";
  train.files = store.string();
  CollectingSink sink;
  const auto trained = train_model(train, folder("training"), host_, sink);
  ASSERT_TRUE(trained) << trained.error().text();
  ASSERT_EQ(sink.variants.size(), 1u);
  const Json& record = sink.variants[0]["record"];
  EXPECT_EQ(record["label"], "|offset|");
  EXPECT_EQ(record["dataset"]["name"], "five");
  EXPECT_EQ(record["dataset"]["layouts"], 40);

  auto samples = Samples::read(stored_path(store, hashes[0]));
  ASSERT_TRUE(samples);
  FlowJob job(sink, 0, folder("dataset"));
  auto dataset = SampleDataset::open(std::move(samples.value()), "", "", host_, job);
  ASSERT_TRUE(dataset) << dataset.error().text();
  std::map<std::string, Split> split_of_placement;
  for (std::size_t i = 0; i < dataset.value()->size(); ++i) {
    const auto example = dataset.value()->read(i);
    ASSERT_TRUE(example);
    EXPECT_EQ(example.value().label, dataset.value()->label(i));
    EXPECT_EQ(example.value().placement.tiles.size(), example.value().design->tiles.size());
    const auto [at, fresh] = split_of_placement.try_emplace(
        placement_key(example.value().placement), dataset.value()->split(i));
    EXPECT_EQ(at->second, dataset.value()->split(i));
  }
}

}  // namespace
}  // namespace ptah
