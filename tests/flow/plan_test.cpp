#include <sys/resource.h>

#include <fstream>
#include <set>

#include "flow_fixture.hpp"

namespace ptah {
namespace {

TEST_F(FlowTest, CountsOfTheShippedCircuitsAreThePublishedOnes) {
  const std::pair<const char*, std::int64_t> counts[] = {
      {"five_transistors_ota", 512},
      {"miller_ota", 2187},
      {"ahuja_ota", 1024},
      {"ota_ff", 2048},
      {"ota1", 1},  // all finger counts are given
      {"ota2", 1},
      {"ota3", 1},
      {"ota4", 1}};
  for (const auto& [circuit, count] : counts) {
    const auto planned = plan({{"circuit", circuit}, {"assignments", 0}});
    ASSERT_TRUE(planned.has_value()) << planned.error().text();
    EXPECT_EQ(planned.value()["count"], count) << circuit;
    EXPECT_TRUE(planned.value()["chains"].empty());
  }
}

TEST_F(FlowTest, PlannedAssignmentsAreDifferentAndRepeatable) {
  const Json spec{{"circuit", "miller_ota"}, {"assignments", 30}, {"seed", 7}};
  const auto once = plan(spec);
  const auto twice = plan(spec);
  ASSERT_TRUE(once.has_value()) << once.error().text();
  EXPECT_EQ(once.value(), twice.value());
  std::set<std::int64_t> seen;
  for (const Json& chain : once.value()["chains"])
    seen.insert(chain["assignment"].get<std::int64_t>());
  EXPECT_EQ(seen.size(), 30u);
}

TEST_F(FlowTest, AskingForMoreAssignmentsThanThereAreGivesAll) {
  const auto planned = plan({{"circuit", "five_transistors_ota"}, {"assignments", 100000}});
  ASSERT_TRUE(planned.has_value()) << planned.error().text();
  EXPECT_EQ(planned.value()["chains"].size(), 512u);
}

TEST_F(FlowTest, WrongRequestsNameTheFieldAndItsValues) {
  const struct {
    Json spec;
    ErrorCode code;
    const char* says;
  } cases[] = {
      {{{"circuit", "nand"}}, ErrorCode::kNotFound, "five_transistors_ota"},
      {{{"circuit", "../circuits/ota_ff"}}, ErrorCode::kInvalidArgument, "circuit"},
      {Json::object(), ErrorCode::kInvalidArgument, "netlist"},
      {{{"circuit", "ota_ff"}, {"netlist", "/x.sp"}}, ErrorCode::kInvalidArgument, "one of"},
      {{{"circuit", "ota_ff"}, {"flow", "sampling"}, {"variants", 1}},
       ErrorCode::kInvalidArgument,
       "no explorer"},
      {{{"circuit", "ota_ff"}, {"variants", -1}}, ErrorCode::kInvalidArgument, "0 to 100000"},
      {{{"circuit", "ota_ff"}, {"variants", "3"}}, ErrorCode::kInvalidArgument, "variants"},
      {{{"circuit", "ota_ff"}, {"judges", "some"}},
       ErrorCode::kInvalidArgument,
       "all, kept, sample, none"},
      {{{"circuit", "ota_ff"}, {"objective", "size"}},
       ErrorCode::kInvalidArgument,
       "pscore, area, hpwl, balanced"},
      {{{"circuit", "ota_ff"}, {"flow", "fast"}}, ErrorCode::kNotFound, "fast"},
      {{{"circuit", "ota_ff"}, {"colour", 1}}, ErrorCode::kInvalidArgument, "colour"},
      {{{"circuit", "ota_ff"}, {"indices", {2048}}}, ErrorCode::kInvalidArgument, "2047"},
      {{{"circuit", "ota_ff"}, {"tech", "tsmc7"}}, ErrorCode::kNotFound, "tsmc7"},
      {{{"circuit", "ota_ff"}, {"allowed_fingers", {0}}}, ErrorCode::kInvalidArgument, "1 to 64"},
      {{{"netlist", "/no/such/file.sp"}}, ErrorCode::kNotFound, "/no/such/file.sp"},
  };
  for (const auto& wrong : cases) {
    const auto planned = plan(wrong.spec);
    ASSERT_TRUE(planned.has_error()) << wrong.spec;
    EXPECT_EQ(planned.error().code, wrong.code) << planned.error().text();
    EXPECT_NE((planned.error().text()).find(wrong.says), std::string::npos)
        << wrong.spec << " -> " << planned.error().text();
  }
}

TEST_F(FlowTest, SpecsAreThoseOfTheMeasuresFileUnlessTheRequestHasItsOwn) {
  const Json shipped{{"circuit", "miller_ota"}};
  EXPECT_EQ(plan(shipped).value()["specs"], Json::array({"buffer_gain >= -1 dB"}));
  Json own = shipped;
  own["specs"] = {"gain>=40", "phase_margin >= 55 deg"};
  const auto planned = plan(own);
  ASSERT_TRUE(planned) << planned.error().text();
  EXPECT_EQ(planned.value()["specs"], Json::array({"gain >= 40 dB", "phase_margin >= 55 deg"}));
  EXPECT_EQ(planned.value()["common"]["specs"], planned.value()["specs"]);
  own["specs"] = Json::array();
  EXPECT_TRUE(plan(own).value()["specs"].empty());
  EXPECT_FALSE(plan(own).value()["common"].contains("specs"));

  own["specs"] = {"speed >= 1"};
  const auto unknown = plan(own);
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().text().find("phase_margin"), std::string::npos);
  own["specs"] = std::vector<std::string>(65, "gain >= 1");
  EXPECT_FALSE(plan(own));

  // Where nothing is simulated there is nothing to hold against a spec.
  const auto netlist = std::filesystem::path(PTAH_SOURCE_DIR) / "configs/circuits/ota4/ota4.sp";
  const Json bare{{"netlist", netlist.string()}, {"specs", {"gain >= 1"}}};
  const auto refused = plan(bare);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("no testbench"), std::string::npos)
      << refused.error().text();
}

TEST_F(FlowTest, ExplorersRankByWireLengthWhereADeviceHasNoModel) {
  const auto netlist = folder("own") / "high.sp", bench = folder("own") / "bench.spice";
  ASSERT_TRUE(write_text_file(netlist,
                              ".subckt high a y v s\nX1 y a s s nfet_g5v0d10v5 w=1 l=0.5\n"
                              "X2 y a v v pfet_g5v0d10v5 w=1 l=0.5\n.ends\n"));
  ASSERT_TRUE(write_text_file(bench,
                              "* b\n.subckt high a y v s\nXXX\n.ends\nxdut (a y v 0) high\n"
                              "V1 v 0 5\nV2 a 0 dc 2 ac 1\n.ac dec 10 1k 1g\n.print ac v(y)\n"));
  Json spec{{"netlist", netlist.string()}, {"testbench", bench.string()}};
  spec["explore"] = {{"explorer", "annealing"}, {"evaluations", 10}};
  for (const auto& [asked, given] : {std::pair{"pscore", "hpwl"}, {"area", "area"}}) {
    spec["objective"] = asked;
    const auto planned = plan(spec);
    ASSERT_TRUE(planned) << planned.error().text();
    EXPECT_EQ(planned.value()["common"]["objective"], given);
    EXPECT_NE(planned.value()["notes"].dump().find("has no model of sky130_fd_pr__nfet_g5v0d10v5"),
              std::string::npos);
  }
  spec["specs"] = {"gain >= 1"};
  const auto refused = plan(spec);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("has no model"), std::string::npos)
      << refused.error().text();
}

TEST_F(FlowTest, TwoCountsForAMatchedGroupAreRefused) {
  const auto planned = plan({{"circuit", "five_transistors_ota"},
                             {"fingers", {{"M0", 2}, {"M1", 2}, {"M2", 4}, {"M3", 2}, {"M4", 2}}}});
  ASSERT_TRUE(planned.has_error());
  EXPECT_NE(planned.error().text().find("M2"), std::string::npos) << planned.error().text();
}

TEST_F(FlowTest, ANetlistOfTheReadersOwnNeedsNothingElse) {
  const auto file = folder("own") / "mirror.sp";
  ASSERT_TRUE(write_text_file(file,
                              ".subckt mirror in out vss\n"
                              "M1 in in vss vss sky130_fd_pr__nfet_01v8 w=1u l=0.15u nf=ZZZ\n"
                              "M2 out in vss vss sky130_fd_pr__nfet_01v8 w=1u l=0.15u nf=ZZZ\n"
                              ".ends\n")
                  .has_value());
  const auto planned = plan({{"netlist", file.string()}, {"allowed_fingers", {2, 4, 6}}});
  ASSERT_TRUE(planned.has_value()) << planned.error().text();
  EXPECT_EQ(planned.value()["count"], 9);
  EXPECT_EQ(planned.value()["circuit"], "mirror");
}

TEST_F(FlowTest, GivenParametersWinOverTheNetlistAndAreListed) {
  const auto file = folder("own") / "one.sp";
  ASSERT_TRUE(write_text_file(file,
                              "* w is the width of one finger\n"
                              ".param w1=1u\n.subckt one d g s b\n"
                              "M1 d g s b sky130_fd_pr__nfet_01v8 w=w1 l=l1 nf=2\n.ends\n")
                  .has_value());
  const auto lacking = plan({{"netlist", file.string()}});
  ASSERT_TRUE(lacking.has_error());
  EXPECT_NE(lacking.error().hint.find("--param"), std::string::npos) << lacking.error().text();
  const Json params{{"w1", "2u"}, {"l1", "0.15u"}};
  const auto planned = plan({{"netlist", file.string()}, {"params", params}});
  ASSERT_TRUE(planned.has_value()) << planned.error().text();
  EXPECT_EQ(planned.value()["devices"][0]["w_um"], 2);
  EXPECT_EQ(planned.value()["devices"][0]["l_um"], 0.15);
  EXPECT_EQ(planned.value()["params"]["w1"], "2u");
  const std::pair<Json, const char*> wrong[] = {{{{"w1", "2u"}, {"l1", "1u"}, {"l2", "1u"}}, "l2"},
                                                {{{"w 1", "2u"}}, "w 1"},
                                                {{{"w1", ""}}, "params.w1"},
                                                {{{"w1", true}}, "params.w1"},
                                                {{{"w1", "2u +"}, {"l1", "1u"}}, "w1"},
                                                {"w1=2u", "params"}};
  for (const auto& [given, says] : wrong) {
    const auto refused = plan({{"netlist", file.string()}, {"params", given}});
    ASSERT_TRUE(refused.has_error()) << given;
    EXPECT_NE(refused.error().text().find(says), std::string::npos) << refused.error().text();
  }
}

/// A circuit of so many devices with free fingers.
std::string free_devices(int count) {
  std::string text = ".subckt many a vss\n";
  for (int i = 0; i < count; ++i) {
    text += "M" + std::to_string(i) + " a a vss vss sky130_fd_pr__nfet_01v8 w=1u l=0.15u nf=ZZZ\n";
  }
  return text + ".ends\n";
}

std::int64_t peak_memory_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return std::int64_t{usage.ru_maxrss} << 10;
}

TEST_F(FlowTest, PlanSaysHowManyCopiesOfADeviceAreParallel) {
  const auto file = folder("copies") / "pair.sp";
  std::ofstream(file) << ".subckt pair a b vss\n"
                         "XM1 a b vss vss sky130_fd_pr__nfet_01v8 L=0.15 W=1.00 nf=1 m=8\n"
                         "XM2 b a vss vss sky130_fd_pr__nfet_01v8 L=0.15 W=1.00 nf=1\n"
                         ".ends\n";
  const auto planned = plan({{"netlist", file.string()}, {"assignments", 0}});
  ASSERT_TRUE(planned.has_value()) << planned.error().text();
  EXPECT_EQ(planned.value()["devices"][0]["m"], 8);
  EXPECT_EQ(planned.value()["devices"][1]["m"], 1);
}

TEST_F(FlowTest, PlanNamesTheNetlistOnceForAllItsChains) {
  const auto file = folder("big") / "big.sp";
  std::string text = free_devices(12);
  while (text.size() < (20u << 10)) text += "* a comment that is as good as a device\n";
  ASSERT_TRUE(write_text_file(file, text).has_value());
  const auto planned = plan({{"netlist", file.string()}, {"assignments", 4000}});
  ASSERT_TRUE(planned.has_value()) << planned.error().text();
  EXPECT_EQ(planned.value()["chains"].size(), 4000u);
  EXPECT_LT(planned.value().dump().size(), 1u << 20);
}

TEST_F(FlowTest, AssignmentsOfAHugeSpaceAreDrawnAndNotEnumerated) {
  const auto file = folder("huge") / "huge.sp";
  ASSERT_TRUE(write_text_file(file, free_devices(60)).has_value());
  const std::int64_t before = peak_memory_bytes();
  const auto planned = plan({{"netlist", file.string()},
                             {"allowed_fingers", {2, 4, 6}},
                             {"assignments", 20'000},
                             {"seed", 5}});
  ASSERT_TRUE(planned.has_value()) << planned.error().text();
  EXPECT_LT(peak_memory_bytes() - before, 256 << 20);
  EXPECT_LT(planned.value().dump().size(), 8u << 20);
  std::set<Json> drawn;
  std::set<int> last;  // Beyond the groups that 2^63 numbers can tell apart.
  for (const Json& chain : planned.value()["chains"]) {
    drawn.insert(chain["fingers"]);
    last.insert(chain["fingers"][59].get<int>());
  }
  EXPECT_EQ(drawn.size(), 20'000u);
  EXPECT_EQ(last, (std::set<int>{2, 4, 6}));
}

TEST_F(FlowTest, MoreChainsThanAJobHasAreRefusedWithTheLimit) {
  const auto file = folder("limit") / "huge.sp";
  ASSERT_TRUE(write_text_file(file, free_devices(60)).has_value());
  for (const std::int64_t wanted : {100'001ll, 10'000'000ll}) {
    const auto planned = plan({{"netlist", file.string()}, {"assignments", wanted}});
    ASSERT_TRUE(planned.has_error());
    EXPECT_EQ(planned.error().code, ErrorCode::kLimit);
    EXPECT_NE(planned.error().message.find("100000"), std::string::npos) << planned.error().text();
  }
}

TEST_F(FlowTest, ACircuitsNameIsAWord) {
  const auto file = folder("netlists") / "odd.sp";
  for (const char* name : {".bashrc", "-rf", "a/b", "a$b"}) {
    ASSERT_TRUE(
        write_text_file(file, ".subckt " + std::string(name) + " in out\nR1 in out 1k\n.ends\n")
            .has_value());
    const auto planned = plan({{"netlist", file.string()}});
    ASSERT_TRUE(planned.has_error()) << name;
    EXPECT_NE(planned.error().text().find("name"), std::string::npos) << planned.error().text();
  }
}

TEST_F(FlowTest, ClientsNameNoFilesOfAResult) {
  CollectingSink sink;
  for (const char* field : {"spice", "spef"}) {
    const auto checked = run_task("check", {{"gds", "/none.gds"}, {field, "admin-token"}},
                                  folder("check"), host_, sink);
    ASSERT_TRUE(checked.has_error());
    EXPECT_EQ(checked.error().where, field);
  }
  const auto drawn = run_task("render", {{"gds", "/none.gds"}, {"format", "../token.png"}},
                              folder("render"), host_, sink);
  ASSERT_TRUE(drawn.has_error());
  EXPECT_EQ(drawn.error().where, "format");
}

TEST_F(FlowTest, UnknownTaskIsAnError) {
  CollectingSink sink;
  const auto result = run_task("dance", Json::object(), folder("x"), host_, sink);
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace ptah
