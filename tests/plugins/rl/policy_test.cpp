// Policies as models: what was learnt goes on elsewhere, and says what it prefers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "ptah/core/run_tool.hpp"
#include "rl/explorer.hpp"
#include "safetensors.hpp"
#include "toy_space.hpp"

namespace ptah::rl {
namespace {

using test::ToySpace;
using ::testing::HasSubstr;

Params small_params(const Json& more = Json::object()) {
  Json given{{"rollout", 32}, {"redraw_explored", false}};
  given.update(more);
  Params params = params_from(Options::check(options(), given).value());
  params.checkpoint_seconds = 0;
  return params;
}

/// Explores the space to its end.
Policy policy_of(ToySpace& space, const Params& params, const Policy* begin = nullptr,
                 std::uint64_t seed = 7) {
  SimpleJobContext job(seed);
  Policy learnt;
  const Status ended = explore(space, params, job, begin, &learnt);
  EXPECT_TRUE(ended || ended.error().code == ErrorCode::kLimit) << ended.error().text();
  return learnt;
}

class RlPolicy : public ::testing::Test {
 protected:
  void SetUp() override {
    auto made = ScratchDir::create(std::filesystem::temp_directory_path(), "rl_policy");
    ASSERT_TRUE(made);
    scratch_.emplace(std::move(made.value()));
  }
  std::string refusal(const Policy& policy, const ToySpace& space, const Json& more = {}) {
    const Status checked =
        check_policy(policy, small_params(more.is_null() ? Json::object() : more), space);
    return checked ? "" : checked.error().text();
  }
  std::optional<ScratchDir> scratch_;
};

TEST_F(RlPolicy, ComesBackFromItsFilesAsItWas) {
  ToySpace space(150);
  const Policy policy = policy_of(space, small_params());
  EXPECT_EQ(policy.manifest["evaluations"], 150);
  EXPECT_EQ(policy.manifest["profile"], "tuned");
  EXPECT_GT(policy.metrics.at("updates"), 0);
  const auto model = write_policy(policy, scratch_->path());
  ASSERT_TRUE(model);
  EXPECT_EQ(model.value().files.size(), 3u);
  const auto read = read_policy(model.value().files);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read.value().weights, policy.weights);
  ToySpace other(10);
  EXPECT_EQ(refusal(read.value(), other), "");
  // Weights are there, optimizers are not.
  const auto contents = safetensors::parse(policy.weights, "weights");
  ASSERT_TRUE(contents);
  for (const auto& [name, tensor] : contents.value().tensors)
    EXPECT_TRUE(name.starts_with("outer.w.") || name.starts_with("inner.w.") ||
                name.starts_with("reference."))
        << name;
}

TEST_F(RlPolicy, GoesOnWithWhatItLearntAndTheSameEachTime) {
  ToySpace learning(1500);
  const Policy policy = policy_of(learning, small_params({{"inner_share", 0}}));
  const auto acting = [&](const Policy* begin, std::uint64_t seed) {
    ToySpace space(100);
    const Policy after =
        policy_of(space, small_params({{"inner_share", 0}, {"frozen", true}}), begin, seed);
    double sum = 0;
    for (const double cost : space.costs) sum += cost;
    return std::tuple(sum / static_cast<double>(space.costs.size()), space.log, after.weights);
  };
  const auto with = acting(&policy, 3), again = acting(&policy, 3), without = acting(nullptr, 3);
  EXPECT_EQ(with, again);
  EXPECT_LT(std::get<0>(with), std::get<0>(without) - 0.3)
      << "of 64 assignments the mean costs 1.5 more than the best";
  // Frozen, it is the policy that it began with.
  const auto weights = [](const std::string& bytes) {
    std::map<std::string, std::string> named;
    const auto contents = safetensors::parse(bytes, "weights");
    for (const auto& [name, tensor] : contents.value().tensors) {
      if (!name.starts_with("reference.")) named[name] = tensor.bytes;
    }
    return named;
  };
  EXPECT_EQ(weights(std::get<2>(with)), weights(policy.weights));
}

TEST_F(RlPolicy, AnInterruptionLearnsTheSame) {
  const Params params = small_params({{"inner_share", 0.8}});
  ToySpace first(80);
  const Policy begin = policy_of(first, params);
  ToySpace whole(200);
  const Policy expected = policy_of(whole, params, &begin);
  ASSERT_GT(whole.left.size(), 20u);
  for (const std::size_t at : {std::size_t{3}, whole.left.size() / 2, whole.left.size() - 2}) {
    ToySpace rest(200);
    rest.resume(whole.left[at]);
    const Policy learnt = policy_of(rest, params, &begin);
    EXPECT_EQ(learnt.weights, expected.weights) << "checkpoint " << at;
    EXPECT_EQ(learnt.manifest, expected.manifest);
    EXPECT_EQ(learnt.explanation, expected.explanation);
  }
}

TEST_F(RlPolicy, IsRefusedWhereItDoesNotFit) {
  ToySpace space(60);
  const Policy policy = policy_of(space, small_params());
  EXPECT_EQ(refusal(policy, space), "");
  Circuit other = test::toy_circuit();
  other.devices[2].width = 7000;
  EXPECT_THAT(refusal(policy, ToySpace(10, {2, 4, 6, 8}, other)), HasSubstr("another circuit"));
  EXPECT_THAT(refusal(policy, ToySpace(10, {2, 4})), HasSubstr("other finger counts"));
  EXPECT_THAT(refusal(policy, space, {{"inner_units", 32}}), HasSubstr("inner_units"));
  EXPECT_THAT(refusal(policy, space, {{"outer_units", 8}}), HasSubstr("outer_units"));
  EXPECT_THAT(refusal(policy, space, {{"profile", "paper"}}), HasSubstr("profile"));
  // A manifest that lies about its weights.
  Policy hostile = policy;
  for (const std::string& bytes : {std::string(), std::string(8, '\xff'),
                                   policy.weights.substr(0, policy.weights.size() / 2)}) {
    hostile.weights = bytes;
    EXPECT_NE(refusal(hostile, space), "");
  }
  auto contents = safetensors::parse(policy.weights, "weights").value();
  const std::string nan(contents.tensors.at("outer.w.head.bias").bytes.size(), '\xff');
  contents.tensors.at("outer.w.head.bias").bytes = nan;
  hostile.weights = safetensors::write(contents);
  EXPECT_THAT(refusal(hostile, space), HasSubstr("no number"));
  contents = safetensors::parse(policy.weights, "weights").value();
  contents.metadata["outer"] = R"({"input": [1, 2], "mean": 0, "square": 0, "rewarded": 0})";
  hostile.weights = safetensors::write(contents);
  EXPECT_THAT(refusal(hostile, space), HasSubstr("outer agent"));
}

TEST_F(RlPolicy, FilesThatAreNoneAreRefused) {
  ToySpace space(20);
  const auto model = write_policy(policy_of(space, small_params()), scratch_->path());
  ASSERT_TRUE(model);
  const auto refused = [&](const ModelFiles& files) {
    const auto read = read_policy(files);
    return read ? std::string() : read.error().text();
  };
  EXPECT_THAT(refused({}), HasSubstr("no file"));
  const auto weights = model.value().files.at("weights.safetensors");
  const std::string bytes = read_text_file(weights).value();
  std::ofstream(weights, std::ios::binary) << bytes << "x";
  EXPECT_THAT(refused(model.value().files), HasSubstr("damaged"));
  std::ofstream(model.value().files.at("manifest.json")) << R"({"format": "ptah network 1"})";
  EXPECT_THAT(refused(model.value().files), HasSubstr("format"));
  std::ofstream(model.value().files.at("manifest.json")) << "[[[";
  EXPECT_THAT(refused(model.value().files), HasSubstr("format"));
}

TEST_F(RlPolicy, SaysWhatItPrefers) {
  for (const char* profile : {"tuned", "paper"}) {
    ToySpace space(profile == std::string("paper") ? 100 : 1200);
    const Policy policy = policy_of(
        space, small_params({{"profile", profile}, {"inner_units", 16}, {"outer_units", 16}}));
    const Json& sections = policy.explanation["sections"];
    ASSERT_EQ(sections.size(), 2u) << profile;
    for (const Json& section : sections) {
      for (const Json& one : section["distributions"]) {
        double sum = 0, uniform = 0, before = 1;
        for (const Json& choice : one["choices"]) {
          EXPECT_LE(choice["probability"], before) << "likely ones first";
          before = choice["probability"];
          sum += before;
          uniform += choice["uniform"].get<double>();
        }
        EXPECT_NEAR(sum, 1, 1e-5) << one["name"];
        EXPECT_NEAR(uniform, 1, 1e-5) << one["name"];
        EXPECT_GE(one["entropy"], 0);
      }
    }
    if (profile == std::string("paper")) continue;
    // What is cheap in the toy: 6, 4 and 2 fingers.
    const Json& groups = sections[0]["distributions"];
    ASSERT_EQ(groups.size(), 3u);
    EXPECT_EQ(groups[0]["name"], "M0, M1");
    const std::vector<std::string> cheap{"6", "4", "2"};
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_EQ(groups[i]["choices"][0]["name"], cheap[i]) << groups[i].dump();
  }
}

TEST_F(RlPolicy, ExploresAPartAlone) {
  ToySpace space(60);
  space.offer(AssignmentPart::kRest, 1);
  policy_of(space, small_params({{"redraw_explored", true}}));
  std::set<std::string> opened;
  for (const std::string& line : space.log) {
    if (line.starts_with("open ")) opened.insert(line.substr(5));
  }
  EXPECT_EQ(static_cast<std::int64_t>(opened.size()), space.assignments().offered());
  for (const std::string& one : opened) {
    const auto index = space.assignments().index_of(parse_fingers(one).value()).value();
    EXPECT_TRUE(space.assignments().offers(space.assignments().counts_at(index)));
  }
}

}  // namespace
}  // namespace ptah::rl
