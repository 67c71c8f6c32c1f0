// That the contract of predictors tells a good one from bad ones.
#include "predictor_contract.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace ptah::contract {
namespace {

using Answer = std::function<Result<std::vector<Prediction>>(const Circuit&, const Tiles&,
                                                             const std::vector<Placement>&)>;

class AnsweringPredictor final : public Predictor {
 public:
  explicit AnsweringPredictor(Answer answer) : answer_(std::move(answer)) {}
  Result<std::vector<Prediction>> predict(const Circuit& circuit, const Tiles& tiles,
                                          const Technology&,
                                          const std::vector<Placement>& placements,
                                          JobContext&) override {
    return answer_(circuit, tiles, placements);
  }

 private:
  Answer answer_;
};

std::vector<std::string> breaches_of(const Answer& answer) {
  AnsweringPredictor one(answer), another(answer);
  SimpleJobContext job;
  return predictor_breaches(one, another, job);
}

std::vector<Prediction> wire_lengths(const Circuit& circuit, const Tiles& tiles,
                                     const std::vector<Placement>& placements) {
  std::vector<Prediction> predictions;
  for (const Placement& placement : placements) {
    Prediction prediction;
    prediction.cost = static_cast<double>(hpwl(circuit, tiles, placement));
    predictions.push_back(prediction);
  }
  return predictions;
}

TEST(PredictorContract, IsKeptByOneThatAnswers) {
  EXPECT_THAT(breaches_of([](const auto& circuit, const auto& tiles, const auto& placements) {
                return wire_lengths(circuit, tiles, placements);
              }),
              ::testing::IsEmpty());
}

TEST(PredictorContract, IsBrokenByOneThatAlwaysFails) {
  EXPECT_THAT(breaches_of([](const auto&, const auto&, const auto&) {
                return make_error(ErrorCode::kUnsupported, "Ask somebody else.");
              }),
              ::testing::ElementsAre(::testing::HasSubstr("Ask somebody else.")));
}

TEST(PredictorContract, IsBrokenByOneThatAnswersOnlyOnce) {
  EXPECT_THAT(breaches_of([](const auto& circuit, const auto& tiles, const auto& placements) {
                return wire_lengths(circuit, tiles, {placements.begin(), placements.begin() + 1});
              }),
              ::testing::ElementsAre(::testing::HasSubstr("it gives 1")));
}

TEST(PredictorContract, IsBrokenByOneThatChangesItsMind) {
  int calls = 0;
  EXPECT_THAT(breaches_of([&](const auto& circuit, const auto& tiles, const auto& placements) {
                auto predictions = wire_lengths(circuit, tiles, placements);
                for (Prediction& prediction : predictions) prediction.cost += ++calls;
                return predictions;
              }),
              ::testing::Contains(::testing::HasSubstr("equal placements")));
}

}  // namespace
}  // namespace ptah::contract
