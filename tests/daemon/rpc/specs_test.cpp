// What is wrong in a spec is said when it is read; what jobs hold that are stored today stays
// readable.
#include "rpc/specs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rpc/job_types.hpp"

namespace ptah::rpc {
namespace {

using ::testing::HasSubstr;

/// The error of `spec` in a request.
template <class Params>
Error error_of(const Json& spec) {
  const auto read = read_struct<Params>({{"spec", spec}}, 4096);
  EXPECT_FALSE(read) << spec;
  return read ? Error{} : read.error();
}

TEST(Specs, WhatIsWrongInARunIsNamedWithItsFieldAndWhatItMayBe) {
  const struct {
    Json spec;
    const char* field;
    const char* says;
  } cases[] = {
      {{{"circuit", "a"}, {"colour", 1}}, "spec.colour", "Unknown field"},
      {{{"circuit", "a"}, {"variants", "3"}}, "spec.variants", "an integer"},
      {{{"circuit", "a"}, {"variants", 100'001}}, "spec.variants", "0 to 100000"},
      {{{"circuit", "a"}, {"seed", -1}}, "spec.seed", "0 to"},
      {{{"circuit", "a"}, {"judges", "some"}}, "spec.judges", "all, kept, sample, none"},
      {{{"circuit", "a"}, {"judges", true}}, "spec.judges", "a string"},
      {{{"circuit", "a"}, {"objective", "size"}}, "spec.objective", "pscore, area, hpwl, balanced"},
      {{{"circuit", "a"}, {"measuring", "some"}}, "spec.measuring", "testbench, all"},
      {{{"circuit", "a"}, {"pictures", 1}}, "spec.pictures", "true or false"},
      {{{"circuit", "a"}, {"flow", "my flow"}}, "spec.flow", "a name, or the absolute path"},
      {{{"circuit", "a"}, {"flow", "./mine.yaml"}}, "spec.flow", "absolute path"},
      {{{"circuit", "a"}, {"flow", "mine.yaml"}}, "spec.flow", "absolute path"},
      {{{"circuit", "a"}, {"tech", "-rf"}}, "spec.tech", "a name"},
      {{{"circuit", "../ota"}}, "spec.circuit", "a name"},
      {{{"netlist", "ota.sp"}}, "spec.netlist", "absolute path"},
      {{{"netlist", "/a.sp"}, {"pairs", "pairs.json"}}, "spec.pairs", "absolute path"},
      {{{"netlist", "/a.sp"}, {"measures", "m.yaml"}}, "spec.measures", "absolute path"},
      {Json::object(), "spec.circuit", "netlist"},
      {{{"circuit", "a"}, {"netlist", "/a.sp"}}, "spec.circuit", "one of"},
      {{{"circuit", "a"}, {"allowed_fingers", {0}}}, "spec.allowed_fingers[0]", "1 to 64"},
      {{{"circuit", "a"}, {"allowed_fingers", Json::array()}}, "spec.allowed_fingers", "no finger"},
      {{{"circuit", "a"}, {"fingers", {{"M0", 65}}}}, "spec.fingers.M0", "1 to 64"},
      {{{"circuit", "a"}, {"fingers", {{"M0", 1.5}}}}, "spec.fingers.M0", "an integer"},
      {{{"circuit", "a"}, {"indices", {-1}}}, "spec.indices[0]", "0 to"},
      {{{"circuit", "a"}, {"indices", {1}}, {"assignments", 2}}, "spec.fingers", "one of"},
  };
  for (const auto& wrong : cases) {
    const Error error = error_of<RunParams>(wrong.spec);
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument) << wrong.spec;
    EXPECT_EQ(error.where, wrong.field) << error.text();
    EXPECT_THAT(error.message, HasSubstr(wrong.says));
  }
}

TEST(Specs, ChecksAndPicturesAreReadAsStrictly) {
  EXPECT_EQ(error_of<CheckParams>(Json::object()).where, "spec.gds");
  EXPECT_EQ(error_of<CheckParams>({{"gds", "a.gds"}}).where, "spec.gds");
  EXPECT_EQ(error_of<CheckParams>({{"gds", "/a.gds"}, {"spice", "file"}}).where, "spec.spice");
  EXPECT_EQ(error_of<CheckParams>({{"gds", "/a.gds"}, {"lvs", true}}).where, "spec.circuit");
  EXPECT_EQ(error_of<CheckParams>({{"gds", "/a.gds"}, {"seed", 1}}).where, "spec.seed");
  EXPECT_EQ(error_of<RenderParams>({{"gds", "/a.gds"}, {"format", "../x"}}).where, "spec.format");
  EXPECT_EQ(error_of<RenderParams>({{"gds", "/a.gds"}, {"width_px", 9000}}).where, "spec.width_px");
}

TEST(Specs, AScoreHasOneLayoutAndOneCircuit) {
  const auto where = [](const Json& params) {
    const auto read = read_struct<ScoreLayoutParams>(params);
    return read ? "" : read.error().where;
  };
  EXPECT_EQ(where({{"circuit", "a"}, {"layout", Json::object()}}), "layout");
  EXPECT_EQ(where({{"circuit", "a"}, {"layout", {{"path", "/a"}, {"hash", "f"}}}}), "layout");
  EXPECT_EQ(where({{"circuit", "a"}, {"layout", {{"path", "a.gds"}}}}), "layout.path");
  EXPECT_EQ(where({{"layout", {{"path", "/a.gds"}}}}), "circuit");
  EXPECT_EQ(where({{"circuit", "a"}, {"layout", {{"path", "/a.gds"}}}}), "");
  const auto turned = read_struct<ScorePlacementParams>(
      {{"circuit", "a"},
       {"placement",
        Json::array({{{"device", "M0"}, {"x_um", 0}, {"y_um", 1.5}, {"orientation", "R90"}}})}});
  ASSERT_FALSE(turned);
  EXPECT_EQ(turned.error().where, "placement[0].orientation");
}

TEST(Specs, AFieldOfManyBytesIsNamedShortly) {
  const auto read = read_struct<RunParams>({{"spec", {{std::string(1 << 20, 'x'), 1}}}}, 4096);
  ASSERT_FALSE(read);
  EXPECT_LT(read.error().text().size(), 2'000u);
}

// As `ptah run` and the KLayout plugin wrote them when jobs were stored for the first time.
TEST(Specs, WhatStoredJobsHoldIsReadAsItWasMeant) {
  const Json stored = Json::parse(R"({"assignments":2,"circuit":"five_transistors_ota",
    "flow":"osiris","judges":"kept","pictures":true,"seed":7,"tech":"ptah130","variants":3})");
  const auto run = read_struct<RunSpec>(stored);
  ASSERT_TRUE(run) << run.error().text();
  EXPECT_EQ(run.value().circuit, "five_transistors_ota");
  EXPECT_EQ(run.value().assignments, 2);
  EXPECT_EQ(run.value().judges, SignOff::kKept);
  EXPECT_EQ(run.value().objective, Objective::kPscore);
  EXPECT_TRUE(run.value().pictures);
  EXPECT_EQ(run.value().seed, 7);
  EXPECT_EQ(run.value().variants, 3);
  EXPECT_FALSE(run.value().measuring);

  const Json own = Json::parse(R"({"allowed_fingers":[2,4],"fingers":{"M0":4},
    "flow":"/home/me/flow.yaml","judges":"none","measures":"/home/me/measures.yaml",
    "measuring":"all","netlist":"/home/me/ota.sp","objective":"area","pairs":"/home/me/pairs.json",
    "seed":0,"tech":"/home/me/tech.yaml","testbench":null,"top":"ota","variants":0})");
  const auto netlist = read_struct<RunSpec>(own);
  ASSERT_TRUE(netlist) << netlist.error().text();
  EXPECT_EQ(netlist.value().netlist, "/home/me/ota.sp");
  EXPECT_EQ(netlist.value().subcircuit, "ota");
  EXPECT_FALSE(netlist.value().testbench);
  EXPECT_EQ(netlist.value().fingers, (FingerCounts{{"M0", 4}}));
  EXPECT_EQ(netlist.value().measuring, MeasureScope::kAll);
  EXPECT_EQ(netlist.value().objective, Objective::kArea);

  const auto check = read_struct<CheckSpec>(Json::parse(R"({"circuit":"ota_ff",
    "extractor_options":{"mode":"rc"},"fingers":{"M0":2},"flow":"osiris","gds":"/a.gds","pex":true,
    "spef":true,"tech":"ptah130","top":"a"})"));
  ASSERT_TRUE(check) << check.error().text();
  EXPECT_EQ(check.value().top, "a");
  EXPECT_EQ(check.value().extractor_options.value["mode"], "rc");
}

TEST(Specs, AJobKeepsItsSpecAsItWasGiven) {
  const Json spec{{"circuit", "ota_ff"}, {"variants", 0}, {"testbench", nullptr}};
  auto read = read_struct<RunParams>({{"spec", spec}}, 4096);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read.value().spec.json, spec);
  EXPECT_EQ(write_value(read.value())["spec"], spec);
}

TEST(Specs, WhatIsWrittenForAWorkerIsReadBackTheSame) {
  ScoreLayoutParams score;
  score.circuit = "ota_ff";
  score.layout.path = "/a.gds";
  score.fingers = FingerCounts{{"M0", 2}};
  score.measuring = MeasureScope::kAll;
  const Json written = write_value(score);
  auto read = read_struct<ScoreLayoutParams>(written);
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(write_value(read.value()), written);
}

TEST(Specs, SourcesAreReadAtTheRequest) {
  const std::string hash(64, 'a');
  const Json files{{"a.sp", "* a"}, {"lib/b.sp", "* b"}};
  const Json good[] = {{{"netlist", "a.sp"}, {"files", files}},
                       {{"netlist", "lib/b.sp"},
                        {"pairs", "a.sp"},
                        {"files", files},
                        {"links", {{"/x/b.sp", "lib/b.sp"}}},
                        {"left_out", {"/pdk/models"}}},
                       {{"hash", hash}}};
  for (const Json& sources : good) {
    const auto read = read_struct<RunSpec>({{"sources", sources}}, kMaxText);
    EXPECT_TRUE(read) << sources << ": " << read.error().text();
  }
  const struct {
    Json sources;
    const char* field;
  } bad[] = {
      {Json::object(), "sources.netlist"},
      {{{"netlist", "a.sp"}}, "sources.netlist"},
      {{{"netlist", "/a.sp"}, {"files", {{"/a.sp", ""}}}}, "sources.files"},
      {{{"netlist", "a.sp"}, {"files", {{"a.sp", ""}, {"../b.sp", ""}}}}, "sources.files"},
      {{{"netlist", "a.sp"}, {"files", {{"a.sp", 1}}}}, "sources.files.a.sp"},
      {{{"netlist", "a.sp"}, {"testbench", "t"}, {"files", files}}, "sources.testbench"},
      {{{"netlist", "a.sp"}, {"links", {{"/b", "/etc/passwd"}}}, {"files", files}},
       "sources.links"},
      {{{"hash", "a"}}, "sources.hash"},
      {{{"hash", hash}, {"files", files}}, "sources.hash"},
      {{{"hash", hash}, {"path", "/etc/passwd"}}, "sources.path"},
  };
  for (const auto& [sources, field] : bad) {
    const auto read = read_struct<RunSpec>({{"sources", sources}}, kMaxText);
    ASSERT_FALSE(read) << sources;
    EXPECT_EQ(read.error().where, field) << sources;
  }
  Json many = files;
  for (int i = 0; i < 300; ++i) many["f" + std::to_string(i)] = "";
  const Json request{{"sources", {{"netlist", "a.sp"}, {"files", many}}}};
  EXPECT_EQ(read_struct<RunSpec>(request, kMaxText).error().code, ErrorCode::kLimit);
}

TEST(Specs, ACircuitComesFromOnePlace) {
  const Json sources{{"netlist", "a.sp"}, {"files", {{"a.sp", ""}}}};
  for (const Json& spec : {Json{{"sources", sources}, {"netlist", "/a.sp"}},
                           Json{{"sources", sources}, {"circuit", "ota_ff"}}}) {
    EXPECT_EQ(read_struct<RunSpec>(spec).error().where, "circuit") << spec;
  }
  const Json outside{{"sources", sources}, {"pairs", "/home/me/pairs.json"}};
  EXPECT_EQ(read_struct<RunSpec>(outside).error().where, "sources");
}

}  // namespace
}  // namespace ptah::rpc
