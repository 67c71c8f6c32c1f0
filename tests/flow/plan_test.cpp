#include "flow_fixture.hpp"

namespace ptah {
namespace {

TEST_F(FlowTest, CountsOfTheShippedCircuitsAreThePublishedOnes) {
  const std::pair<const char*, std::int64_t> counts[] = {
      {"five_transistors_ota", 512}, {"miller_ota", 2187}, {"ahuja_ota", 1024}, {"ota_ff", 2048}};
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
      {{{"circuit", "../circuits/ota_ff"}}, ErrorCode::kNotFound, "no circuit"},
      {Json::object(), ErrorCode::kInvalidArgument, "netlist"},
      {{{"circuit", "ota_ff"}, {"netlist", "/x.sp"}}, ErrorCode::kInvalidArgument, "either"},
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

TEST_F(FlowTest, UnknownTaskIsAnError) {
  CollectingSink sink;
  const auto result = run_task("dance", Json::object(), folder("x"), host_, sink);
  ASSERT_TRUE(result.has_error());
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace ptah
