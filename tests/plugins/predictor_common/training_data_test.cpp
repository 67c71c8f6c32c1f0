#include "training_data.hpp"

#include <gmock/gmock.h>

#include "scenes.hpp"

namespace ptah::predictors {
namespace {

using ::testing::HasSubstr;

TEST(TrainingData, IsTrainingAndValidationAndTheThresholdIsOfTraining) {
  test::SealedDataset dataset(200);
  SimpleJobContext job;
  const auto read = read_training_data(dataset, job);
  ASSERT_TRUE(read) << read.error().text();
  const TrainingData& data = read.value();
  EXPECT_EQ(data.train.size(), 120u);
  EXPECT_EQ(data.validation.size(), 40u);
  int bad = 0;
  for (const Sample& sample : data.train) bad += data.bad(sample) ? 1 : 0;
  EXPECT_LE(bad, 30);
  EXPECT_GE(bad, 26) << "a quarter, but for equal labels at the threshold";
  EXPECT_EQ(data.circuits.size(), 1u);
}

TEST(TrainingData, HasAHashOfItsLayoutsAndLabels) {
  const auto hash_of = [](std::size_t size, std::uint64_t seed) {
    test::SealedDataset dataset(size, seed);
    SimpleJobContext job;
    return read_training_data(dataset, job).value().hash;
  };
  const std::string hash = hash_of(200, 1);
  EXPECT_EQ(hash.size(), 64u);
  EXPECT_EQ(hash_of(200, 1), hash);
  EXPECT_NE(hash_of(200, 2), hash);
  EXPECT_NE(hash_of(203, 1), hash);
}

TEST(TrainingData, TooLittleIsRefusedWithItsNumbers) {
  test::SealedDataset dataset(50);
  SimpleJobContext job;
  const auto read = read_training_data(dataset, job);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(read.error().message, HasSubstr("30 layouts"));
}

TEST(TrainingData, TargetsAreTheQuarterTheRankOrTheirMean) {
  test::SealedDataset dataset(400);
  SimpleJobContext job;
  const auto read = read_training_data(dataset, job);
  ASSERT_TRUE(read) << read.error().text();
  const TrainingData& data = read.value();
  double sum = 0;
  for (const Sample& sample : data.train) {
    const double rank = data.target(sample, Target::kRank);
    const double worst = data.target(sample, Target::kWorst);
    sum += rank;
    EXPECT_EQ(worst, data.bad(sample) ? 1 : 0);
    EXPECT_GE(rank, worst == 1 ? 0.74 : 0);
    EXPECT_LE(rank, worst == 1 ? 1 : 0.76);
    EXPECT_DOUBLE_EQ(data.target(sample, Target::kBoth), (rank + worst) / 2);
    for (const Sample& other : data.train)
      EXPECT_EQ(data.target(other, Target::kRank) < rank, other.label < sample.label);
  }
  EXPECT_NEAR(sum / static_cast<double>(data.train.size()), 0.5, 1e-12);
  Sample beyond = data.train.front();
  beyond.label = 1e9;
  EXPECT_EQ(data.target(beyond, Target::kRank), 1);
}

TEST(TrainingData, AHashTellsCircuitsApart) {
  const Circuit circuit = test::parted_circuit();
  const std::string hash = circuit_hash(circuit);
  const auto changed = [&](const auto& change) {
    Circuit other = circuit;
    change(other);
    return circuit_hash(other) != hash;
  };
  EXPECT_TRUE(changed([](Circuit& c) { c.nets[0].name = "VCC"; }));
  EXPECT_TRUE(changed([](Circuit& c) { c.devices[0].width += 5; }));
  EXPECT_TRUE(changed([](Circuit& c) { c.devices[0].fingers = 2; }));
  EXPECT_TRUE(changed([](Circuit& c) { c.devices[0].channels = {1, 3}; }));
  EXPECT_TRUE(changed([](Circuit& c) { c.devices[0].nets[0] = 4; }));
  EXPECT_TRUE(changed([](Circuit& c) { c.devices.pop_back(); }));
  EXPECT_FALSE(changed([](Circuit& c) { c.name = "other"; }));
}

TEST(TrainingData, PlacementsOfAnotherKindAreFar) {
  test::SealedDataset dataset(400);
  SimpleJobContext job;
  const auto data = read_training_data(dataset, job);
  ASSERT_TRUE(data);
  const Neighbourhood near = neighbourhood(data.value());
  int far = 0;
  for (const Sample& sample : data.value().validation)
    far += near.far(centres(dataset.only().tiles, sample.placement)) ? 1 : 0;
  EXPECT_LT(far, 12) << "of 80 drawn as the training part was";
  Placement apart = data.value().validation[0].placement;
  apart.tiles[0].origin.x += 100'000;
  EXPECT_TRUE(near.far(centres(dataset.only().tiles, apart)));
  // Where a layout lies says nothing.
  Placement moved = data.value().validation[0].placement;
  for (PlacedTile& tile : moved.tiles) tile.origin = tile.origin + Point{50'000, -30'000};
  EXPECT_NEAR(near.distance(centres(dataset.only().tiles, moved)),
              near.distance(centres(dataset.only().tiles, data.value().validation[0].placement)),
              1e-3);
}

}  // namespace
}  // namespace ptah::predictors
