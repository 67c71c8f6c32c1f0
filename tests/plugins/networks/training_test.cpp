#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cmath>

#include "fit.hpp"
#include "options.hpp"
#include "predictor.hpp"
#include "ptah/core/run_tool.hpp"
#include "scenes.hpp"
#include "threads.hpp"
#include "trainer.hpp"

namespace ptah::nets {
namespace {

using ::testing::HasSubstr;

Json with_defaults(const OptionSchema& schema, const Json& given) {
  return Options::check(schema, given).value().json();
}
Json nas(Json given) {
  given["grid"] = 16;
  return with_defaults(nas_trainer_options(), given);
}

class TrainingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    set_threads(1);
    auto made = ScratchDir::create(std::filesystem::temp_directory_path(), "training");
    ASSERT_TRUE(made);
    scratch_ = std::make_unique<ScratchDir>(std::move(made.value()));
  }

  SimpleJobContext job(std::uint64_t seed = 7) const {
    return SimpleJobContext(seed, scratch_->path());
  }
  Result<TrainedModel> train(const std::string& plugin, const Json& options, std::uint64_t seed = 7,
                             std::size_t layouts = 200) {
    predictors::test::SealedDataset dataset(layouts);
    SimpleJobContext context = job(seed);
    const auto trainer = make_trainer(plugin, options, "core");
    if (!from_.empty()) {
      PTAH_TRY(trainer->start_from(from_, context));
    }
    return trainer->train(dataset, checkpoints_, context);
  }
  /// The next trainings go on from it.
  void go_on_from(const TrainedModel& model) {
    auto made = ScratchDir::create(std::filesystem::temp_directory_path(), "model");
    ASSERT_TRUE(made);
    kept_ = std::make_unique<ScratchDir>(std::move(made.value()));
    from_.clear();
    for (const auto& [name, file] : model.files) {
      from_[name] = kept_->path() / name;
      std::filesystem::copy_file(file, from_[name]);
    }
  }
  static std::map<std::string, std::string> bytes_of(const Result<TrainedModel>& model) {
    std::map<std::string, std::string> bytes;
    if (!model) {
      ADD_FAILURE() << model.error().text();
      return bytes;
    }
    for (const auto& [name, file] : model.value().files) bytes[name] = read_text_file(file).value();
    return bytes;
  }
  /// Interrupted at every checkpoint and taken up again, it must end the same.
  void expect_resumable(const std::string& plugin, const Json& options) {
    checkpoints_.left.clear();
    const auto whole = bytes_of(train(plugin, options));
    const std::vector<std::string> left = std::move(checkpoints_.left);
    ASSERT_GE(left.size(), 2u);
    for (std::size_t i = 0; i < left.size(); i += std::max<std::size_t>(1, left.size() / 4)) {
      checkpoints_.from = left[i];
      EXPECT_EQ(bytes_of(train(plugin, options)), whole) << "from checkpoint " << i;
    }
    checkpoints_.from = "no checkpoint";
    EXPECT_EQ(bytes_of(train(plugin, options)), whole);
    checkpoints_.from.reset();
  }

  std::unique_ptr<ScratchDir> scratch_, kept_;
  ModelFiles from_;
  ptah::test::FakeCheckpoints checkpoints_;
};

TEST_F(TrainingTest, ThirtyStepsLowerTheLossAndAreTheSameTwice) {
  predictors::test::SealedDataset dataset(200);
  SimpleJobContext context = job();
  const auto data = predictors::read_training_data(dataset, context);
  ASSERT_TRUE(data);
  const auto pictures = Pictures::create(data.value(), 16);
  ASSERT_TRUE(pictures);
  FitOptions options;
  options.grid = 16;
  options.epochs = 10;
  options.learning_rate = 3e-3;
  std::vector<std::vector<double>> losses(2);
  std::vector<std::string> bytes;
  for (std::vector<double>& of_run : losses) {
    Fit fit(data.value(), pictures.value(), plain_nas(), options, 11);
    ASSERT_EQ(fit.steps(), 30);
    while (!fit.finished()) of_run.push_back(fit.step());
    bytes.push_back(fit.save());
  }
  EXPECT_EQ(losses[0], losses[1]);
  EXPECT_EQ(bytes[0], bytes[1]);
  double first = 0, last = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    first += losses[0][i];
    last += losses[0][24 + i];
  }
  EXPECT_LT(last, 0.9 * first);
}

TEST_F(TrainingTest, AKilledTrainingEndsWithTheSameBytes) {
  expect_resumable("nas", nas({{"epochs", 3}, {"members", 2}, {"batch", 16}}));
  expect_resumable("nas", nas({{"epochs", 2}, {"batch_norm", true}, {"cosine", true}}));
  expect_resumable("cnn", with_defaults(cnn_trainer_options(), {{"epochs", 2}, {"grid", 16}}));
}

TEST_F(TrainingTest, AKilledSearchEndsWithTheSameBytes) {
  const Json options = nas({{"epochs", 1},
                            {"search", "graph_propagation"},
                            {"candidates", 6},
                            {"side_by_side", 2},
                            {"proxy_layouts", 64},
                            {"proxy_epochs", 1},
                            {"proxy_grid", 16},
                            {"second", 2},
                            {"third", 1},
                            {"third_epochs", 1}});
  expect_resumable("nas", options);
  const auto found = bytes_of(train("nas", options));
  const Json history = Json::parse(found.at("search.json"));
  EXPECT_EQ(history.size(), 9u) << "six candidates, two of them again, one a third time";
  EXPECT_THAT(found.at("architecture.svg"), HasSubstr("<svg"));
  const Json about = Json::parse(found.at("manifest.json"))["about"];
  for (const auto& [metric, ends] : about.at("intervals").items()) {
    EXPECT_LE(ends[0], about["metrics"][metric]) << metric;
    EXPECT_GE(ends[1], about["metrics"][metric]) << metric;
  }
  EXPECT_TRUE(about["intervals"].contains("validation_accuracy"));
}

/// Cancelled when it was asked so many times; remembers a curve.
class ImpatientJob final : public JobContext {
 public:
  ImpatientJob(const std::filesystem::path& scratch, int asked) : scratch_(scratch), left_(asked) {}
  bool cancelled() const noexcept override { return left_-- <= 0; }
  void progress(double fraction, std::string_view message) override {
    EXPECT_GE(fraction, 0);
    EXPECT_LE(fraction, 1);
    if (message.find("% trained") != std::string_view::npos) ++signs;
  }
  void log(LogLevel, std::string_view) override {}
  void metric(std::string_view name, std::int64_t, double value) override {
    if (name == "validation_loss") losses.push_back(value);
  }
  std::uint64_t seed() const noexcept override { return 7; }
  const std::filesystem::path& scratch_dir() const noexcept override { return scratch_; }

  std::vector<double> losses;
  int signs = 0;  ///< Of life, while a candidate is trained.

 private:
  std::filesystem::path scratch_;
  mutable int left_;
};

TEST_F(TrainingTest, TheBestEpochIsKept) {
  const auto weights = [&](int epochs, const char* keep, std::vector<double>* losses) {
    predictors::test::SealedDataset dataset(200);
    ImpatientJob job(scratch_->path(), 1 << 30);
    const Json options = nas({{"epochs", epochs}, {"keep", keep}, {"learning_rate", 2e-2}});
    auto model = make_trainer("nas", options, "core")->train(dataset, checkpoints_, job);
    if (losses != nullptr) *losses = job.losses;
    return bytes_of(model)["weights.safetensors"];
  };
  std::vector<double> losses;
  const std::string best = weights(8, "best", &losses);
  ASSERT_EQ(losses.size(), 8u);
  const auto at = std::min_element(losses.begin(), losses.end()) - losses.begin();
  ASSERT_LT(at, 7) << "or the test shows nothing";
  EXPECT_EQ(weights(static_cast<int>(at) + 1, "last", nullptr), best);
  EXPECT_NE(weights(8, "last", nullptr), best);
}

TEST_F(TrainingTest, ASearchGivesSignsOfLifeWhileACandidateIsTrained) {
  predictors::test::SealedDataset dataset(200);
  ImpatientJob job(scratch_->path(), 1 << 30);
  const Json options = nas({{"epochs", 1},
                            {"search", "random"},
                            {"candidates", 1},
                            {"proxy_epochs", 60},
                            {"proxy_grid", 16},
                            {"second", 1},
                            {"third", 1},
                            {"third_epochs", 1}});
  ASSERT_TRUE(make_trainer("nas", options, "core")->train(dataset, checkpoints_, job));
  EXPECT_GT(job.signs, 0);
}

TEST_F(TrainingTest, AMirroredPictureIsThatOfAMirroredPlacement) {
  predictors::test::SealedDataset dataset(200);
  SimpleJobContext context = job();
  const auto data = predictors::read_training_data(dataset, context);
  ASSERT_TRUE(data);
  const auto pictures = Pictures::create(data.value(), 16);
  ASSERT_TRUE(pictures);
  const std::vector<const Sample*> samples{&data.value().train[0], &data.value().train[1]};
  const at::Tensor plain = pictures.value().batch(samples),
                   turned = pictures.value().batch(samples, {true, false});
  EXPECT_TRUE(at::equal(plain[1], turned[1]));
  // Values are mirrored; coordinates are those of the pixel where a value comes to lie.
  const auto painted = [](const at::Tensor& batch) { return batch[0].slice(0, 0, 1 << 20, 3); };
  EXPECT_TRUE(at::equal(painted(plain).flip({2}), painted(turned)));
  EXPECT_FALSE(at::equal(painted(plain), painted(turned)));
}

TEST_F(TrainingTest, AnotherSeedIsAnotherModel) {
  const Json options = nas({{"epochs", 1}});
  EXPECT_NE(bytes_of(train("nas", options, 1)), bytes_of(train("nas", options, 2)));
}

TEST_F(TrainingTest, CancelEndsItWhereverItIs) {
  // Reading asks 200 times; then a training asks each step, a search while candidates run.
  for (const char* search : {"none", "random"}) {
    for (const int asked : {0, 100, 205}) {
      predictors::test::SealedDataset dataset(200);
      ImpatientJob context(scratch_->path(), asked);
      const auto model = make_trainer("nas", nas({{"search", search}, {"proxy_grid", 16}}), "core")
                             ->train(dataset, checkpoints_, context);
      ASSERT_FALSE(model) << search << " " << asked;
      EXPECT_EQ(model.error().code, ErrorCode::kCancelled);
    }
  }
}

TEST_F(TrainingTest, WhatGoesOnFromAModelBeginsWithItsWeights) {
  for (const bool norm : {false, true}) {
    from_.clear();
    const auto first = train("nas", nas({{"epochs", 2}, {"batch_norm", norm}, {"members", 2}}));
    ASSERT_TRUE(first) << first.error().text();
    const auto bytes = bytes_of(first);
    go_on_from(first.value());
    // Another seed, no step: the same network, and it is said where it comes from.
    const auto same = bytes_of(train("nas", nas({{"epochs", 0}, {"members", 2}}), 8));
    EXPECT_EQ(same.at("weights.safetensors"), bytes.at("weights.safetensors"));
    const Json manifest = Json::parse(same.at("manifest.json"));
    EXPECT_EQ(manifest["about"]["from"]["weights_sha256"],
              Json::parse(bytes.at("manifest.json"))["weights_sha256"]);
    EXPECT_EQ(manifest["architecture"], Json::parse(bytes.at("manifest.json"))["architecture"]);
    // A few layouts teach it something else than all of them do.
    const auto few = bytes_of(train("nas", nas({{"epochs", 1}, {"layouts", 20}}), 8)),
               all = bytes_of(train("nas", nas({{"epochs", 1}}), 8));
    EXPECT_NE(few.at("weights.safetensors"), all.at("weights.safetensors"));
    EXPECT_NE(few.at("weights.safetensors"), bytes.at("weights.safetensors"));
  }
  expect_resumable("nas", nas({{"epochs", 2}, {"batch", 16}}));
}

TEST_F(TrainingTest, WhatCannotBeGoneOnFromIsAnErrorInWords) {
  const auto idle = train("nas", nas({{"epochs", 0}}));
  ASSERT_FALSE(idle);
  EXPECT_THAT(idle.error().text(), HasSubstr("Without epochs"));
  const auto cnn =
      train("cnn", with_defaults(cnn_trainer_options(), {{"epochs", 1}, {"grid", 16}}));
  ASSERT_TRUE(cnn);
  go_on_from(cnn.value());
  const auto other = train("nas", nas({{"epochs", 1}}));
  ASSERT_FALSE(other);
  const auto smaller = train("cnn", with_defaults(cnn_trainer_options(), {{"epochs", 1}}));
  ASSERT_TRUE(smaller) << "the grid is the model's: " << smaller.error().text();
  from_.erase("weights.safetensors");
  const auto cut = train("cnn", with_defaults(cnn_trainer_options(), {{"epochs", 1}}));
  ASSERT_FALSE(cut);
  EXPECT_THAT(cut.error().text(), HasSubstr("weights.safetensors"));
  from_.clear();
  go_on_from(train("nas", nas({{"epochs", 1}})).value());
  for (const Json& own :
       {Json{{"search", "random"}}, Json{{"architecture", to_json(plain_nas()).dump()}}}) {
    const auto own_network = train("nas", nas(own));
    ASSERT_FALSE(own_network);
    EXPECT_THAT(own_network.error().text(), HasSubstr("has its network"));
  }
}

TEST_F(TrainingTest, WhatCannotBeLearntIsAnErrorInWords) {
  const auto wrong = train("nas", nas({{"architecture", R"({"kind":"nas"})"}}));
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().code, ErrorCode::kParse);
  const auto cnn = train("nas", nas({{"architecture", R"({"kind":"cnn2d","inputs":"raw"})"}}));
  ASSERT_FALSE(cnn);
  EXPECT_EQ(cnn.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(TrainingTest, PredictionsTellBadPlacementsFromGoodOnes) {
  const auto model =
      train("nas", nas({{"epochs", 12}, {"members", 2}, {"learning_rate", 3e-3}}), 7, 600);
  ASSERT_TRUE(model) << model.error().text();
  // Pictures lose the scale, and with it a part of the wire length.
  EXPECT_GT(model.value().metrics.at("validation_auroc"), 0.65);
  SimpleJobContext context = job();
  const auto predictor = make_predictor("nas", 1);
  ASSERT_TRUE(predictor->load(model.value().files, context));
  predictors::test::SealedDataset dataset(600);
  std::vector<Placement> placements;
  double bad = 0, good = 0;
  int bads = 0, goods = 0;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    if (dataset.split(i) == Split::kTrain) placements.push_back(dataset.read(i).value().placement);
  }
  const Design& design = dataset.only();
  const auto predictions =
      predictor->predict(design.circuit, design.tiles, Technology::ptah130(), placements, context);
  ASSERT_TRUE(predictions) << predictions.error().text();
  std::vector<double> lengths;
  for (const Placement& placement : placements)
    lengths.push_back(static_cast<double>(hpwl(design.circuit, design.tiles, placement)));
  const double threshold = learning::quantile(lengths, 0.75);
  for (std::size_t i = 0; i < placements.size(); ++i) {
    const Prediction& prediction = predictions.value()[i];
    EXPECT_GE(prediction.cost, 0);
    EXPECT_LE(prediction.cost, 1);
    EXPECT_TRUE(prediction.uncertainty);
    (lengths[i] > threshold ? bad : good) += prediction.cost;
    ++(lengths[i] > threshold ? bads : goods);
  }
  EXPECT_GT(bad / bads, good / goods + 0.1);

  Circuit other = design.circuit;
  other.devices[0].width += 100;
  const auto refused =
      predictor->predict(other, design.tiles, Technology::ptah130(), placements, context);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("another circuit"));
  Placement apart = placements[0];
  apart.tiles[1].origin.x += 200'000;
  const auto far =
      predictor->predict(design.circuit, design.tiles, Technology::ptah130(), {apart}, context);
  ASSERT_TRUE(far);
  EXPECT_TRUE(far.value()[0].far);
  EXPECT_FALSE(predictor->predict(design.circuit, design.tiles, Technology::ptah130(),
                                  {Placement{}}, context));
}

}  // namespace
}  // namespace ptah::nets
