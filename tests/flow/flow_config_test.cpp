#include "flow/flow_config.hpp"

#include <gtest/gtest.h>

namespace ptah {
namespace {

constexpr char kMinimal[] = R"(
name: small
stages:
  device_generator: {plugin: tiles}
  placer: {plugin: rows, options: {halo_um: 0.5, tries: 3, mirror: true, mode: "5"}}
  router: {plugin: maze}
  explorer: {plugin: random}
)";

TEST(FlowConfig, ReadsPluginsAndTypedOptions) {
  const auto flow = parse_flow(kMinimal, "small.yaml");
  ASSERT_TRUE(flow.has_value()) << flow.error().text();
  const StageChoice& placer = flow.value().stages.at("placer");
  EXPECT_EQ(placer.plugin, "rows");
  EXPECT_EQ(placer.options["halo_um"], 0.5);
  EXPECT_EQ(placer.options["tries"], 3);
  EXPECT_EQ(placer.options["mirror"], true);
  EXPECT_EQ(placer.options["mode"], "5") << "a quoted scalar is text";
}

constexpr char kSignOff[] = R"(
checks: [{plugin: a}, {plugin: b, options: {limit: 3}}]
judges: [{plugin: c}]
sign_off:
  stages: {extractor: {plugin: d}, simulator: {plugin: e}}
  share: 0.25
  pscore_tolerance: 0.01
  max_disagreements: 0
)";

TEST(FlowConfig, ReadsTheSignOffPolicy) {
  const auto flow = parse_flow(std::string(kMinimal) + kSignOff, "signed.yaml");
  ASSERT_TRUE(flow.has_value()) << flow.error().text();
  ASSERT_EQ(flow.value().checks.size(), 2u);
  EXPECT_EQ(flow.value().checks[1].options["limit"], 3);
  EXPECT_EQ(flow.value().sign_off.stages.at("extractor").plugin, "d");
  EXPECT_EQ(flow.value().sign_off.share, 0.25);
  EXPECT_EQ(flow.value().sign_off.pscore_tolerance, 0.01);
  EXPECT_EQ(flow.value().sign_off.max_disagreements, 0);
}

TEST(FlowConfig, MeasuresAreTheTestbenchsUnlessAllAreAskedFor) {
  EXPECT_EQ(parse_flow(kMinimal, "small.yaml").value().measures, MeasureScope::kTestbench);
  const auto flow = parse_flow(std::string(kMinimal) + "measures: all\n", "small.yaml");
  ASSERT_TRUE(flow.has_value()) << flow.error().text();
  EXPECT_EQ(flow.value().measures, MeasureScope::kAll);
  Json json = to_json(flow.value());
  EXPECT_EQ(flow_from_json(json).value().measures, MeasureScope::kAll);
  json.erase("measures");  // a job of before there was a choice
  EXPECT_EQ(flow_from_json(json).value().measures, MeasureScope::kTestbench);
}

TEST(FlowConfig, SurvivesJson) {
  const auto flow = parse_flow(std::string(kMinimal) + kSignOff, "small.yaml");
  ASSERT_TRUE(flow.has_value());
  const auto back = flow_from_json(to_json(flow.value()));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(to_json(back.value()), to_json(flow.value()));
}

TEST(FlowConfig, MistakesNameLineAndField) {
  const struct {
    const char* yaml;
    const char* where;
    const char* says;
  } cases[] = {
      {"name: x\nstage: {}\n", "f.yaml:2", "not a field of a flow"},
      {"name: x\nstages:\n  plaser: {plugin: a}\n", "f.yaml:3", "device_generator"},
      {"name: x\nstages:\n  placer: {plugins: a}\n", "f.yaml:3", "not a field of a stage"},
      {"name: x\nbaseline_attempts: 0\n", "f.yaml:2", "1 to 100"},
      {"name: x\nstages: {placer: {plugin: a}}\n", "f.yaml:1", "device_generator"},
      {"name: x\nsign_off: {share: 2}\n", "f.yaml:2", "0 to 1"},
      {"name: x\nsign_off: {stages: {placer: {plugin: a}}}\n", "f.yaml:2", "extractor, simulator"},
      {"name: x\nsign_off: {shares: 1}\n", "f.yaml:2", "not a field of `sign_off`"},
      {"name: x\nmeasures: some\n", "f.yaml:2", "testbench, all"},
      {"name: x\nmeasures: [all]\n", "f.yaml:2", "testbench, all"},
      {"name: [x\n", "f.yaml", ""},
      {"[]", "f.yaml:1", "map"},
  };
  for (const auto& wrong : cases) {
    const auto flow = parse_flow(wrong.yaml, "f.yaml");
    ASSERT_TRUE(flow.has_error()) << wrong.yaml;
    EXPECT_EQ(flow.error().code, ErrorCode::kParse);
    EXPECT_TRUE(flow.error().where.starts_with(wrong.where)) << flow.error().text();
    EXPECT_NE(flow.error().message.find(wrong.says), std::string::npos) << flow.error().text();
  }
}

TEST(FlowConfig, AliasesOfAliasesAreBounded) {
  std::string yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    yaml += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias;
    for (int k = 1; k < 10; ++k) yaml += ", " + alias;
    yaml += "]\n";
  }
  const auto flow = parse_flow(yaml, "f.yaml");
  ASSERT_TRUE(flow.has_error());
  EXPECT_EQ(flow.error().code, ErrorCode::kLimit) << flow.error().text();
}

TEST(FlowConfig, TheShippedFlowLoads) {
  const auto flow = load_flow(PTAH_SOURCE_DIR "/configs/flows/osiris.yaml");
  ASSERT_TRUE(flow.has_value()) << flow.error().text();
  EXPECT_EQ(flow.value().name, "osiris");
  EXPECT_EQ(flow.value().judges.size(), 2u);
}

TEST(FlowConfig, UnknownNameSaysWhereFlowsAre) {
  const auto flow = load_flow("no_such_flow");
  ASSERT_TRUE(flow.has_error());
  EXPECT_EQ(flow.error().code, ErrorCode::kNotFound);
  EXPECT_NE(flow.error().hint.find("flows"), std::string::npos);
}

}  // namespace
}  // namespace ptah
