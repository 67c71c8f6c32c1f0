#include <gmock/gmock.h>

#include <cmath>

#include "fake_dataset.hpp"
#include "placement_frame.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"
#include "scenes.hpp"
#include "training.hpp"

namespace ptah::trees {
namespace {

using predictors::test::SealedDataset;
using ::testing::HasSubstr;

Trained train_on(std::size_t layouts, const Json& given = Json::object(), std::uint64_t seed = 1,
                 ptah::test::FakeCheckpoints checkpoints = {}) {
  SealedDataset dataset(layouts);
  SimpleJobContext job(seed);
  const auto options = Options::check(trainer_options(), given);
  EXPECT_TRUE(options) << options.error().text();
  auto trained = train(dataset, training_options(options.value()), given, checkpoints, job);
  EXPECT_TRUE(trained) << trained.error().text();
  return std::move(trained.value());
}

class TreesFile : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = ScratchDir::create(std::filesystem::temp_directory_path(), "trees");
    ASSERT_TRUE(made);
    scratch_ = std::make_unique<ScratchDir>(std::move(made.value()));
    model_ = train_on(200).model;
    auto written = write_model(model_, scratch_->path());
    ASSERT_TRUE(written) << written.error().text();
    files_ = written.value();
    manifest_ = Json::parse(read_text_file(files_["manifest.json"]).value());
    weights_ = read_text_file(files_["weights.safetensors"]).value();
  }

  /// What reading says of these, or "read".
  std::string reading(const Json& manifest, const std::string& weights) {
    EXPECT_TRUE(write_text_file(files_["manifest.json"], manifest.dump(), Durability::kCached));
    EXPECT_TRUE(write_text_file(files_["weights.safetensors"], weights, Durability::kCached));
    const auto read = read_model(files_);
    return read ? "read" : read.error().text();
  }
  std::string with(const std::function<void(Json&)>& change) {
    Json json = manifest_;
    change(json);
    return reading(json, weights_);
  }

  std::unique_ptr<ScratchDir> scratch_;
  Model model_;
  ModelFiles files_;
  Json manifest_;
  std::string weights_;
};

TEST(Trees, FindWhichPlacementsAreBad) {
  const auto trained = train_on(1500);
  EXPECT_GT(trained.metrics.at("validation_auroc"), 0.95) << "wire length is one of the numbers";
  EXPECT_LT(trained.metrics.at("validation_ece"), 0.08);
  EXPECT_GT(trained.metrics.at("validation_accuracy"),
            trained.metrics.at("validation_majority") + 0.1);
}

TEST(Trees, RanksHelpOrderAllAndNotOnlyTheWorst) {
  SealedDataset dataset(600);
  const auto disorder = [&](const char* target) {
    const Model model = train_on(600, {{"target", target}}).model;
    const PlacementFrame frame(dataset.only().circuit);
    std::vector<double> row(frame.width());
    std::vector<std::pair<double, double>> seen;
    for (std::size_t i = 0; i < dataset.size(); ++i) {
      if (dataset.split(i) != Split::kValidation) continue;
      frame.write(dataset.only().tiles, dataset.read(i).value().placement, row);
      seen.emplace_back(dataset.label(i), model.predict(row).cost);
    }
    int wrong = 0;
    for (const auto& a : seen) {
      for (const auto& b : seen) wrong += a.first < b.first && a.second > b.second ? 1 : 0;
    }
    return wrong;
  };
  EXPECT_LT(disorder("rank"), disorder("worst"));
}

TEST(Trees, SameSeedSameModelOtherSeedAnother) {
  const auto a = train_on(200), b = train_on(200), c = train_on(200, Json::object(), 2);
  const auto odds = [](const Trained& trained) {
    return trained.model.odds(trained.model.reference);
  };
  EXPECT_EQ(odds(a), odds(b));
  EXPECT_NE(odds(a), odds(c));
}

TEST(Trees, AKilledTrainingEndsWithTheSameTrees) {
  SealedDataset dataset(200);
  SimpleJobContext job(1);
  ptah::test::FakeCheckpoints left;
  const auto whole = train(dataset, {}, Json::object(), left, job);
  ASSERT_TRUE(whole) << whole.error().text();
  ASSERT_EQ(left.left.size(), 3u);
  const auto odds = whole.value().model.odds(whole.value().model.reference);
  for (const std::string& from : left.left) {
    ptah::test::FakeCheckpoints on;
    on.from = from;
    const auto resumed = train(dataset, {}, Json::object(), on, job);
    ASSERT_TRUE(resumed) << resumed.error().text();
    EXPECT_EQ(resumed.value().model.odds(whole.value().model.reference), odds);
    EXPECT_EQ(resumed.value().metrics, whole.value().metrics);
    EXPECT_LT(on.left.size(), 3u);
  }
  // One of other layouts, or of anything else, is left alone.
  for (const std::string& from : {std::string("x"), left.left.front().substr(0, 40)}) {
    ptah::test::FakeCheckpoints on;
    on.from = from;
    const auto again = train(dataset, {}, Json::object(), on, job);
    ASSERT_TRUE(again);
    EXPECT_EQ(on.left.size(), 3u);
    EXPECT_EQ(again.value().model.odds(whole.value().model.reference), odds);
  }
}

TEST(Trees, TooFewLayoutsAreSaidSo) {
  SealedDataset dataset(40);
  SimpleJobContext job;
  ptah::test::FakeCheckpoints checkpoints;
  const auto trained = train(dataset, {}, Json::object(), checkpoints, job);
  ASSERT_FALSE(trained);
  EXPECT_THAT(trained.error().text(), HasSubstr("layouts to train with"));
}

TEST_F(TreesFile, ComesBackAsItWas) {
  const auto read = read_model(files_);
  ASSERT_TRUE(read) << read.error().text();
  ASSERT_EQ(read.value().members.size(), model_.members.size());
  Rng rng(5);
  for (int i = 0; i < 200; ++i) {
    std::vector<double> row = model_.reference;
    for (double& number : row) number += 20 * rng.uniform() - 10;
    EXPECT_EQ(read.value().odds(row), model_.odds(row));
    const Prediction prediction = read.value().predict(row);
    EXPECT_GE(prediction.cost, 0);
    EXPECT_LE(prediction.cost, 1);
    EXPECT_TRUE(prediction.uncertainty);
  }
  EXPECT_EQ(read.value().near.sample, model_.near.sample);
}

TEST_F(TreesFile, WhatIsNoModelIsRefusedWithASentence) {
  EXPECT_THAT(with([](Json& j) { j = Json::array(); }), HasSubstr("format"));
  EXPECT_THAT(with([](Json& j) { j["plugin"] = "nas"; }), HasSubstr("not one of `trees`"));
  EXPECT_THAT(with([](Json& j) { j["temperature"] = 0; }), HasSubstr("temperature"));
  EXPECT_THAT(with([](Json& j) { j["offset"] = "x"; }), HasSubstr("offset"));
  EXPECT_THAT(with([](Json& j) { j["features"].erase(0); }), HasSubstr("reference"));
  EXPECT_THAT(with([](Json& j) { j["priors"] = Json::array(); }), HasSubstr("priors"));
  EXPECT_THAT(with([](Json& j) { j["priors"].push_back(0); }), HasSubstr("3.sizes"));
  EXPECT_THAT(with([](Json& j) { j["priors"][0] = 7; }), HasSubstr("something else"));
  EXPECT_THAT(with([](Json& j) { j["weights_sha256"] = "0"; }), HasSubstr("not those"));
  // Fewer names than nodes ask for.
  EXPECT_THAT(with([](Json& j) {
                j["features"] = {"one"};
                j["reference"] = {1.0};
              }),
              HasSubstr("a feature that there is not"));
  EXPECT_THAT(reading(manifest_, weights_.substr(0, weights_.size() / 2)), HasSubstr("not those"));
  EXPECT_EQ(reading(manifest_, weights_), "read");
  files_.erase("weights.safetensors");
  EXPECT_THAT(read_model(files_).error().text(), HasSubstr("weights.safetensors"));
}

/// Weights with the right hash but other bytes: read or refused, whatever they say.
TEST_F(TreesFile, DamagedWeightsAreReadOrRefused) {
  Rng rng(7);
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    std::string weights = weights_;
    for (int k = 0; k < 3; ++k) {
      // As often in the header as in the trees.
      const std::size_t most = rng.below(2) == 0 ? 600 : weights.size();
      weights[rng.below(most)] = static_cast<char>(rng.below(256));
    }
    Json json = manifest_;
    json["weights_sha256"] = sha256_hex(weights);
    refused += reading(json, weights) == "read" ? 0 : 1;
  }
  EXPECT_GT(refused, 100);
}

/// Nodes of anybody: no tree leads beyond itself or round in a circle.
TEST(TreesOf, ChecksEveryNode) {
  using learning::Trees;
  const auto what = [](Trees::Tree tree, double prior = 0) {
    const auto made = Trees::of(prior, {std::move(tree)}, 2);
    return made ? std::string("made") : made.error().text();
  };
  EXPECT_EQ(what({{1, 0.5, 1, 0}, {}, {}}), "made");
  EXPECT_THAT(what({}), HasSubstr("root"));
  EXPECT_THAT(what({{}}, NAN), HasSubstr("prior"));
  EXPECT_THAT(what({{2, 0.5, 1, 0}, {}, {}}), HasSubstr("feature"));
  EXPECT_THAT(what({{1, 0.5, 0, 0}, {}, {}}), HasSubstr("children"));
  EXPECT_THAT(what({{1, 0.5, 2, 0}, {}, {}}), HasSubstr("children"));
  EXPECT_THAT(what({{1, INFINITY, 1, 0}, {}, {}}), HasSubstr("no number"));
}

}  // namespace
}  // namespace ptah::trees
