#include "learning/evaluate.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "planted_dataset.hpp"
#include "plugins/plugin_host.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah::learning {
namespace {

using test::PlantedDataset;
using ::testing::HasSubstr;

/// Says what `answer` makes of the true label, which it finds by the placement.
Predict seer(PlantedDataset& dataset,
             std::function<Prediction(double label, std::uint64_t)> answer) {
  auto known = std::make_shared<std::map<std::uint64_t, double>>();
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const Example example = dataset.read(i).value();
    (*known)[hash_of(example.placement)] = example.label;
  }
  return
      [known, answer](const Design&,
                      const std::vector<Placement>& placements) -> Result<std::vector<Prediction>> {
        std::vector<Prediction> predictions;
        for (const Placement& placement : placements)
          predictions.push_back(answer(known->at(hash_of(placement)), hash_of(placement)));
        return predictions;
      };
}

Evaluation evaluate(Dataset& dataset, const Predict& predict, EvaluateParams params = {}) {
  SimpleJobContext job;
  auto evaluation = evaluate_model(dataset, predict, params, job);
  EXPECT_TRUE(evaluation) << evaluation.error().text();
  return evaluation ? evaluation.value() : Evaluation{};
}

EvaluateParams without_probes() {
  EvaluateParams params;
  params.probes = false;
  return params;
}

TEST(Evaluate, OfOneWhoKnowsIsPerfect) {
  PlantedDataset dataset(1000, test::same_side);
  const Json report = evaluate(dataset,
                               seer(dataset,
                                    [](double label, auto) {
                                      return Prediction{label, 0.01};
                                    }),
                               without_probes())
                          .report;
  EXPECT_EQ(report["cost"], "label");
  EXPECT_EQ(report["count"], 200);
  EXPECT_EQ(report["auroc"], 1);
  EXPECT_NEAR(report["average_precision"].get<double>(), 1, 1e-9);
  EXPECT_GT(report["accuracy"], 0.99);
  EXPECT_LT(report["brier"], 0.01);
  EXPECT_NEAR(report["spearman"].get<double>(), 1, 1e-9);
  EXPECT_EQ(report["regret"]["mean"], 0);
  EXPECT_GE(report["regret"]["hpwl"], 0);
}

TEST(Evaluate, ReadsProbabilitiesAsSuch) {
  PlantedDataset dataset(4000, test::same_side);
  const double threshold = class_threshold(dataset).value();
  const auto predict = seer(dataset, [&](double label, std::uint64_t number) {
    const double noisy = std::log(label / threshold) + Rng(number).uniform() - 0.5;
    return Prediction{1 / (1 + std::exp(-12 * noisy)), {}};
  });
  const Json report = evaluate(dataset, predict, without_probes()).report;
  EXPECT_EQ(report["cost"], "probability");
  EXPECT_GT(report["auroc"], 0.9);
  EXPECT_GT(report["accuracy"].get<double>(), report["majority"].get<double>());
  EXPECT_GT(report["temperature"], 1.2) << "it is too sure of itself";
  EXPECT_LT(report["ece"].get<double>(), report["ece_before"].get<double>());
  EXPECT_LT(report["brier"].get<double>(), report["brier_before"].get<double>());
}

TEST(Evaluate, OfOneWhoKnowsNothingIsTheMajority) {
  PlantedDataset dataset(1000, test::same_side);
  const Json report = evaluate(dataset,
                               seer(dataset,
                                    [](double, auto) {
                                      return Prediction{0.2, {}};
                                    }),
                               without_probes())
                          .report;
  EXPECT_EQ(report["auroc"], 0.5);
  EXPECT_EQ(report["accuracy"], report["majority"]);
  EXPECT_EQ(report["balanced_accuracy"], 0.5);
  EXPECT_TRUE(report["spearman"].is_null());
}

TEST(Evaluate, LearnsNothingFromTheTestPart) {
  // The same costs on the validation part, others on the test part: temperature and reading stay.
  PlantedDataset dataset(1000, test::same_side);
  std::set<std::uint64_t> tested;
  for (const std::size_t i : indices_of(dataset, Split::kTest))
    tested.insert(hash_of(dataset.read(i).value().placement));
  const auto with = [&](double in_test) {
    const double threshold = class_threshold(dataset).value();
    return evaluate(dataset,
                    seer(dataset,
                         [&, threshold, in_test](double label, std::uint64_t number) {
                           const double odds = std::log(label / threshold) + Rng(number).uniform();
                           const double p = 1 / (1 + std::exp(-4 * odds));
                           return Prediction{tested.contains(number) ? in_test * p : p, {}};
                         }),
                    without_probes())
        .report;
  };
  const Json honest = with(1), spoilt = with(0.1);
  EXPECT_EQ(honest["temperature"], spoilt["temperature"]);
  EXPECT_EQ(honest["cost"], spoilt["cost"]);
  EXPECT_EQ(honest["auroc"], spoilt["auroc"]) << "the order is the same";
  EXPECT_NE(honest["brier"], spoilt["brier"]);
}

TEST(Evaluate, PutsTheProbesBeside) {
  PlantedDataset dataset(2000, test::same_side);
  const Json report = evaluate(dataset, seer(dataset,
                                             [](double label, auto) {
                                               return Prediction{label, {}};
                                             }))
                          .report;
  const Json& probes = report["probes"];
  for (const char* probe : {"majority", "hpwl", "nets", "neighbours", "trees"})
    EXPECT_TRUE(probes.contains(probe)) << probe;
  EXPECT_EQ(probes["majority"]["accuracy"], report["majority"]);
  EXPECT_GT(report["auroc"].get<double>(), probes["trees"]["auroc"][0].get<double>());
}

TEST(Evaluate, CountsWhatIsFar) {
  PlantedDataset dataset(500, test::same_side);
  const Json report = evaluate(dataset,
                               seer(dataset,
                                    [](double label, auto) {
                                      return Prediction{label, 0.1, true};
                                    }),
                               without_probes())
                          .report;
  EXPECT_EQ(report["far"], 1);
}

TEST(Rank, PutsTheLeastCostFirstAndJudgesAsAnEvaluation) {
  PlantedDataset dataset(1000, test::same_side);
  const auto predict = seer(dataset, [](double label, std::uint64_t number) {
    return Prediction{label + 0.3 * Rng(number).uniform(), {}, number % 4 == 0};
  });
  const Json report = evaluate(dataset, predict, without_probes()).report;
  SimpleJobContext job;
  const auto ranking = rank_part(dataset, Split::kTest, predict, {}, job);
  ASSERT_TRUE(ranking) << ranking.error().text();
  for (const char* field : {"count", "spearman", "regret", "far"})
    EXPECT_EQ(ranking.value().report[field], report[field]) << field;
  const auto& layouts = ranking.value().layouts;
  ASSERT_EQ(layouts.size(), 200u);
  for (std::size_t i = 0; i < layouts.size(); ++i) {
    EXPECT_EQ(dataset.split(layouts[i].index), Split::kTest);
    EXPECT_EQ(dataset.label(layouts[i].index), layouts[i].label);
    if (i > 0) {
      EXPECT_GE(layouts[i].prediction.cost, layouts[i - 1].prediction.cost);
    }
  }
}

TEST(Evaluate, RefusesPredictionsThatAreNone) {
  PlantedDataset dataset(300, test::same_side);
  SimpleJobContext job;
  const auto nan = evaluate_model(dataset,
                                  seer(dataset,
                                       [](double, auto) {
                                         return Prediction{std::nan(""), {}};
                                       }),
                                  {}, job);
  ASSERT_FALSE(nan);
  EXPECT_EQ(nan.error().code, ErrorCode::kPluginFailed);
  const Predict short_of = [](const Design&,
                              const std::vector<Placement>&) -> Result<std::vector<Prediction>> {
    return std::vector<Prediction>(1);
  };
  const auto few = evaluate_model(dataset, short_of, {}, job);
  ASSERT_FALSE(few);
  EXPECT_THAT(few.error().message, HasSubstr("predictions of"));
  dataset.splits.assign(300, Split::kTrain);
  dataset.splits[1] = Split::kValidation;
  const auto untested = evaluate_model(dataset, short_of, {}, job);
  ASSERT_FALSE(untested);
  EXPECT_THAT(untested.error().message, HasSubstr("no test part"));
}

TEST(Compare, SaysWhichOfTwoIsBetter) {
  PlantedDataset dataset(3000, test::same_side);
  const auto noisy = [&](double share) {
    return evaluate(
        dataset,
        seer(dataset,
             [share](double label, std::uint64_t number) {
               return Prediction{std::log(label) + share * (Rng(number).uniform() - 0.5), {}};
             }),
        without_probes());
  };
  // The label of these costs is the logarithm: read by order alone.
  const Evaluation good = noisy(0.2), bad = noisy(4);
  const Json better = compare(good.test, bad.test, 1);
  EXPECT_GT(better["auroc_difference"][1], 0);
  EXPECT_EQ(better["count"], 600);
  const Json same = compare(good.test, good.test, 1);
  EXPECT_EQ(same["auroc_difference"], Json::parse("[0.0, 0.0, 0.0]"));
  EXPECT_EQ(same["mcnemar"]["p"], 1);
}

TEST(Compare, SumsUpSeeds) {
  const Json found = summary({{{"auroc", 0.90}, {"cost", "label"}, {"ece", nullptr}},
                              {{"auroc", 0.92}, {"cost", "label"}, {"ece", 0.1}},
                              {{"auroc", 0.94}, {"cost", "label"}, {"ece", 0.1}}});
  EXPECT_EQ(found["models"], 3);
  EXPECT_NEAR(found["auroc"][0].get<double>(), 0.92, 1e-12);
  EXPECT_NEAR(found["auroc"][2].get<double>(), 0.92 + 4.302653 * 0.02 / std::sqrt(3.0), 1e-6);
  EXPECT_FALSE(found.contains("cost"));
  EXPECT_FALSE(found.contains("ece")) << "one of them does not define it";
}

/// The plugins of this build, trained and loaded as a worker does.
TEST(Evaluate, TellsHowGoodThePluginLinearIs) {
  PluginHost host;
  for (const char* plugin : {"ptah_linear_predictor.so", "ptah_linear_trainer.so"}) {
    const auto loaded = host.load(std::filesystem::path(PTAH_BUILD_DIR) / "plugins" / plugin);
    ASSERT_TRUE(loaded) << loaded.error().text();
  }
  const auto scratch =
      std::filesystem::temp_directory_path() / ("ptah_evaluate_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(scratch);
  SimpleJobContext job(1, scratch);
  ptah::test::FakeDataset dataset(contract::small_amplifier(),
                                  contract::blank_tiles(contract::small_amplifier()), 1000);
  auto trainer = host.create<Trainer>("linear");
  ASSERT_TRUE(trainer) << trainer.error().text();
  ptah::test::FakeCheckpoints checkpoints;
  const auto model = trainer.value()->train(dataset, checkpoints, job);
  ASSERT_TRUE(model) << model.error().text();
  auto predictor = host.create<Predictor>("linear");
  ASSERT_TRUE(predictor) << predictor.error().text();
  const auto loaded = predictor.value()->load(model.value().files, job);
  ASSERT_TRUE(loaded) << loaded.error().text();
  const auto evaluation = evaluate_model(dataset, *predictor.value(), {}, job);
  ASSERT_TRUE(evaluation) << evaluation.error().text();
  const Json& report = evaluation.value().report;
  EXPECT_EQ(report["cost"], "label");
  EXPECT_GT(report["auroc"], 0.999) << "the label is linear in what it sees";
  EXPECT_GT(report["accuracy"], 0.97);
  EXPECT_GE(report["ms_per_placement"], 0);
  std::filesystem::remove_all(scratch);
}

}  // namespace
}  // namespace ptah::learning
