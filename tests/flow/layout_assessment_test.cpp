// What verifiers say of a layout, as chains, scores and checks hear it.
#include "flow/layout_assessment.hpp"

#include "flow_fixture.hpp"

namespace ptah {
namespace {

class LayoutAssessmentTest : public FlowTest {
 protected:
  void SetUp() override {
    FlowTest::SetUp();
    const std::vector<std::filesystem::path> files{PTAH_STUB_DIR "/ptah_picky_check.so",
                                                   PTAH_STUB_DIR "/ptah_picky_judge.so"};
    for (const PluginRefusal& refusal : host_.load_all(files)) {
      ADD_FAILURE() << refusal.reason.text();
    }
    layout_.flat.emplace();
  }

  /// By two verifiers with these options.
  Result<std::vector<Finding>> verify(const Json& first, const Json& second, const Extent& extent) {
    LayoutAssessment assessment({circuit_, no_testbench_, Technology::ptah130()});
    PTAH_TRY(assessment.bind(host_, Side::kOwn, {{"picky_check", first}, {"picky_judge", second}},
                             {}, ""));
    FlowJob job(sink_, 0, folder("verify"));
    StageSeconds seconds;
    return assessment.verify(Side::kOwn, layout_, extent, job, seconds);
  }

  Circuit circuit_;
  std::optional<Testbench> no_testbench_;
  DrawnLayout layout_;
  CollectingSink sink_;
};

TEST_F(LayoutAssessmentTest, VerifiersStopAtTheFirstComplaintOrAreAllHeard) {
  const Json rejects{{"every", 1}}, accepts = Json::object();
  Extent extent;
  const auto all = verify(rejects, accepts, extent);
  ASSERT_TRUE(all.has_value()) << all.error().text();
  ASSERT_EQ(all.value().size(), 2u);
  EXPECT_FALSE(all.value()[0].verdict.clean);
  EXPECT_TRUE(all.value()[1].verdict.clean);
  extent.all = false;
  EXPECT_EQ(verify(rejects, accepts, extent).value().size(), 1u);
  EXPECT_EQ(verify(accepts, rejects, extent).value().size(), 2u);
  extent.drc = false;
  EXPECT_TRUE(verify(rejects, rejects, extent).value().empty()) << "both check design rules";
}

TEST_F(LayoutAssessmentTest, AVerifierThatFailsIsAFindingOnlyWhereOneIsAskedFor) {
  const Json fails{{"fails", true}}, accepts = Json::object();
  Extent extent;
  const auto error = verify(fails, accepts, extent);
  ASSERT_TRUE(error.has_error());
  EXPECT_EQ(error.error().code, ErrorCode::kParse);
  extent.failures = true;
  const auto findings = verify(fails, accepts, extent);
  ASSERT_TRUE(findings.has_value()) << findings.error().text();
  ASSERT_EQ(findings.value().size(), 2u);
  const Finding& failed = findings.value()[0];
  EXPECT_TRUE(failed.failed);
  EXPECT_EQ(failed.reason(), "drc: picky_check: A polygon without an end.");
  EXPECT_EQ(to_json(failed), Json({{"clean", false},
                                   {"errors", nullptr},
                                   {"summary", "A polygon without an end."},
                                   {"violations", Json::array()}}));
  EXPECT_EQ(to_json(findings.value()[1])["errors"], 0);
}

TEST(FindingReason, SaysEachViolationOnceAndNoMoreThanThree) {
  Finding finding{"some_drc", {}, false};
  finding.verdict.summary = "4 errors, first: met1 is too narrow";
  for (const char* text : {"met1 is too narrow", "m2.1 met2 is too narrow", "met3 is too narrow",
                           "met4 is too narrow"}) {
    finding.verdict.violations.push_back({"m2.1", text, "", {}});
  }
  finding.verdict.violations[0].place = {1000, 2500, 1100, 2600};
  EXPECT_EQ(finding.reason(),
            "drc: some_drc: 4 errors, first: met1 is too narrow at (1.000000, 2.500000) um; m2.1 "
            "met2 is too narrow; m2.1 met3 is too narrow");
  finding.verdict.kind = Verdict::Kind::kLvs;
  EXPECT_EQ(finding.reason().rfind("lvs: some_drc: ", 0), 0u);
}

TEST(ScoredReason, TellsFailureFromASweepThatHasNoScore) {
  Scored scored;
  scored.failure = "no convergence";
  EXPECT_EQ(scored.reason(), "simulation: no convergence");
  scored = {};
  scored.post.emplace_back();
  EXPECT_NE(scored.reason().find("AC sweeps"), std::string::npos);
  scored.pscore = 0.01;
  EXPECT_EQ(scored.reason(), "");
}

}  // namespace
}  // namespace ptah
