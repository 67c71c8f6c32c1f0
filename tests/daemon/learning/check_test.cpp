#include "learning/check.hpp"

#include <gmock/gmock.h>

#include "planted_dataset.hpp"

namespace ptah::learning {
namespace {

using test::PlantedDataset;
using ::testing::Contains;
using ::testing::HasSubstr;

Json check(Dataset& dataset, const CheckParams& params = {}) {
  SimpleJobContext job;
  auto report = check_dataset(dataset, params, job);
  EXPECT_TRUE(report) << report.error().text();
  return report ? report.value() : Json::object();
}

std::vector<std::string> reasons(const Json& report) {
  return report["reasons"].get<std::vector<std::string>>();
}

TEST(Check, LetsADatasetPassThatTreesLearn) {
  PlantedDataset dataset(3000, test::same_side);
  CheckParams params;
  params.attempted = 3010;
  params.relative_error = 0.01;
  const Json report = check(dataset, params);
  EXPECT_TRUE(report["go"]) << report.dump(1);
  EXPECT_EQ(report["count"], 3000);
  EXPECT_NEAR(report["clean"].get<double>(), 3000.0 / 3010, 1e-12);
  EXPECT_NEAR(report["majority"].get<double>(), 0.75, 0.05);
  const Json& probes = report["probes"];
  EXPECT_GT(probes["trees"]["auroc"][0], 0.8);
  EXPECT_GT(probes["trees"]["auroc"][0].get<double>(), probes["hpwl"]["auroc"][0].get<double>());
  EXPECT_EQ(probes["majority"]["accuracy"], report["majority"]);
  EXPECT_EQ(probes["majority"]["auroc"][0], 0.5);
  EXPECT_NEAR(report["shuffled"][0].get<double>(), 0.5, 0.06);
  const Json& curve = report["curve"];
  EXPECT_EQ(curve.front()["layouts"], 80);
  EXPECT_EQ(curve.back()["layouts"], report["parts"]["train"]);
  EXPECT_GT(curve.back()["auroc"].get<double>(), curve.front()["auroc"].get<double>());
}

TEST(Check, NeverReadsTheTestPart) {
  PlantedDataset dataset(400, test::same_side);
  check(dataset);
  EXPECT_EQ(dataset.read_parts, (std::set{Split::kTrain, Split::kValidation}));
}

TEST(Check, TakesTheThresholdFromTheTrainingPart) {
  PlantedDataset dataset(500, [&](const auto&, std::size_t index) {
    return static_cast<double>(index) + (index % 5 >= 3 ? 1e6 : 0);  // As FakeDataset splits.
  });
  EXPECT_LT(class_threshold(dataset).value(), 1e6);
  std::vector<double> labels;
  for (const std::size_t i : indices_of(dataset, Split::kTrain)) labels.push_back(dataset.label(i));
  const auto above = std::count_if(labels.begin(), labels.end(), [&](double label) {
    return label > class_threshold(dataset).value();
  });
  EXPECT_EQ(above, static_cast<std::ptrdiff_t>(labels.size() / 4));
}

TEST(Check, IsTheSameForTheSameSeed) {
  PlantedDataset dataset(400, test::same_side);
  EXPECT_EQ(check(dataset), check(dataset));
}

TEST(Check, WarnsOfLabelsThatAreWireLength) {
  ptah::test::FakeDataset dataset(contract::small_amplifier(),
                                  contract::blank_tiles(contract::small_amplifier()), 1500);
  const Json report = check(dataset);
  EXPECT_FALSE(report["go"]);
  EXPECT_THAT(reasons(report), Contains(HasSubstr("Wire length and outline alone")));
  EXPECT_GT(report["probes"]["hpwl"]["auroc"][0], 0.99);
}

TEST(Check, WarnsOfNoise) {
  PlantedDataset dataset(
      1500, [](const auto&, std::size_t index) { return std::exp(3 * Rng(index).uniform()); });
  const Json report = check(dataset);
  EXPECT_FALSE(report["go"]);
  EXPECT_THAT(reasons(report), Contains(HasSubstr("noise")));
}

TEST(Check, WarnsOfLabelsThatHardlyDiffer) {
  PlantedDataset dataset(600, [](const auto& centres, std::size_t index) {
    return 1 + 0.1 * test::same_side(centres, index);
  });
  const Json report = check(dataset);
  EXPECT_THAT(reasons(report), Contains(HasSubstr("hardly differ")));
  EXPECT_LT(report["spread"]["ratio"], 2);
}

TEST(Check, CountsLabelsThatTheirErrorCouldTurn) {
  // Labels 0 ... 999 in some order: the threshold is near 750, 10 on either side are undecided.
  PlantedDataset dataset(1000, [](const auto&, std::size_t index) {
    return static_cast<double>((index * 7919) % 1000);
  });
  CheckParams params;
  params.relative_error = 0;
  params.label_error = 10;
  const Json report = check(dataset, params);
  EXPECT_NEAR(report["undecided"].get<double>(), 0.02, 0.006);
  EXPECT_DOUBLE_EQ(report["ceiling"].get<double>(), 1 - report["undecided"].get<double>());
  params.label_error = 200;
  EXPECT_THAT(reasons(check(dataset, params)), Contains(HasSubstr("within their error")));
}

TEST(Check, NeedsNoRatioOfLabelsThatAreNegative) {
  PlantedDataset dataset(600, [](const auto& centres, std::size_t index) {
    return -20 * std::log10(1e4 / test::same_side(centres, index));
  });
  const Json report = check(dataset);
  EXPECT_TRUE(report["spread"]["ratio"].is_null());
  EXPECT_EQ(report["error"], 0) << "a share of decibels means nothing";
}

TEST(Check, FindsPlacementsOnBothSidesOfTheSplit) {
  PlantedDataset dataset(500, test::same_side);
  dataset.copies = {{3, 0}, {8, 1}, {10, 5}};  // Two of the validation part, one of training.
  const Json report = check(dataset);
  EXPECT_EQ(report["duplicates"]["placements"], 3);
  EXPECT_EQ(report["duplicates"]["across_parts"], 2);
  EXPECT_EQ(report["duplicates"]["labels_differ"], 3) << "each kept its own label";
  EXPECT_THAT(reasons(report), Contains(HasSubstr("in the training part as well")));
}

TEST(Check, RefusesWhatIsTooSmall) {
  SimpleJobContext job;
  PlantedDataset few(30, test::same_side);
  const auto small = check_dataset(few, {}, job);
  ASSERT_FALSE(small);
  EXPECT_EQ(small.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(small.error().message, HasSubstr("too small"));
  PlantedDataset none(0, test::same_side);
  EXPECT_FALSE(check_dataset(none, {}, job));
  PlantedDataset equal(300, [](const auto&, std::size_t) { return 1.0; });
  const auto flat = check_dataset(equal, {}, job);
  ASSERT_FALSE(flat);
  EXPECT_THAT(flat.error().message, HasSubstr("75th percentile"));
}

TEST(Check, StopsWhenCancelled) {
  PlantedDataset dataset(400, test::same_side);
  SimpleJobContext job;
  job.cancel();
  const auto report = check_dataset(dataset, {}, job);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kCancelled);
}

TEST(Check, SaysWhichLayoutCannotBeRead) {
  ptah::test::FakeDataset dataset(contract::small_amplifier(),
                                  contract::blank_tiles(contract::small_amplifier()), 300);
  dataset.fail_at = 17;
  SimpleJobContext job;
  const auto report = check_dataset(dataset, {}, job);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, ErrorCode::kIo);
}

}  // namespace
}  // namespace ptah::learning
