// Against scripts that share no code with Ptah (PTAH_SHARED/judge): the same count of rule errors,
// the same LVS verdict, the same pscore.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "magic_pex.hpp"
#include "netgen_lvs.hpp"
#include "ngspice_simulation.hpp"
#include "ptah/core/json.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/netlist/spice.hpp"
#include "ptah/sim/testbench.hpp"
#include "samples.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

struct Case {
  const char* gds;
  const char* netlist;
  const char* circuit;
};

class Independent : public ::testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    if (const std::string missing = test::missing_tools(); !missing.empty())
      GTEST_SKIP() << missing;
    const char* shared = std::getenv("PTAH_SHARED");
    if (shared == nullptr) GTEST_SKIP() << "PTAH_SHARED is not set: no independent judges.";
    shared_ = fs::absolute(shared);
    technology_ = test::real_technology();
    if (!technology_) GTEST_SKIP() << "PDK_ROOT names no sky130A.";
    layout_ = {shared_ / "layouts" / GetParam().gds, ""};
    netlist_ = shared_ / "layouts" / GetParam().netlist;
    SpiceOptions options;
    options.width = WidthMeaning::kFinger;
    auto circuit = read_spice_file(netlist_, *technology_, options);
    ASSERT_TRUE(circuit) << circuit.error().text();
    circuit_ = std::move(circuit).value().circuit;
  }

  std::string run(const char* program, std::vector<std::string> arguments) {
    const auto tool = find_tool(program, program);
    EXPECT_TRUE(tool) << tool.error().text();
    if (!tool) return {};
    ToolRun run;
    run.program = tool.value();
    run.arguments = std::move(arguments);
    // The scripts' ngspice puts its files into /tmp, and so may they.
    run.directory = fs::temp_directory_path();
    run.wall_limit_s = 300;
    run.cpu_limit_s = 300;
    SimpleJobContext job;
    const auto output = run_tool(run, job);
    EXPECT_TRUE(output) << output.error().text();
    return output ? output.value().out : std::string();
  }
  std::string judge(const char* script) const { return (shared_ / "judge" / script).string(); }

  test::Folder folder_;
  fs::path shared_, netlist_;
  LayoutFile layout_;
  std::optional<Technology> technology_;
  Circuit circuit_;
};

TEST_P(Independent, SameCountOfRuleErrors) {
  SimpleJobContext job(0, folder_.path());
  const auto session = magic::examine(layout_, circuit_, *technology_, {}, job);
  ASSERT_TRUE(session) << session.error().text();
  std::istringstream theirs(run("bash", {judge("magic_drc.sh"), layout_.gds.string()}));
  std::int64_t errors = -1;
  theirs >> errors;
  EXPECT_EQ(session.value().drc_errors, errors);
}

TEST_P(Independent, SameLvsVerdict) {
  const std::string theirs =
      run("python3", {judge("lvs.py"), layout_.gds.string(), netlist_.string()});
  SimpleJobContext job(0, folder_.path());
  const auto verdict = netgen::compare(layout_, circuit_, *technology_, {}, job);
  ASSERT_TRUE(verdict) << verdict.error().text();
  EXPECT_EQ(verdict.value().clean, theirs.starts_with("match"))
      << theirs << verdict.value().summary;
  circuit_.devices.front().fingers += 1;
  const auto wrong = netgen::compare(layout_, circuit_, *technology_, {}, job);
  ASSERT_TRUE(wrong) << wrong.error().text();
  EXPECT_FALSE(wrong.value().clean);
}

TEST_P(Independent, SamePscore) {
  if (const auto ngspice = find_tool("ngspice", "ngspice"); !ngspice) {
    GTEST_SKIP() << ngspice.error().text();
  }
  const fs::path bench = shared_ / "circuits/osiris" / GetParam().circuit / "testbench.spice";
  const std::string text =
      run("python3", {judge("pscore.py"), layout_.gds.string(), netlist_.string(), bench.string()});
  const Json theirs = Json::parse(text, nullptr, false);
  ASSERT_TRUE(theirs.is_object()) << text;

  SimpleJobContext job(0, folder_.path());
  const auto testbench = read_testbench_file(bench);
  ASSERT_TRUE(testbench) << testbench.error().text();
  const auto extracted = magic::extract(layout_, circuit_, *technology_, {}, job);
  ASSERT_TRUE(extracted) << extracted.error().text();
  const auto simulate = [&](const ExtractedNetlist& netlist) {
    auto waves = simulate_with_ngspice(netlist, testbench.value(), *technology_, {}, job);
    EXPECT_TRUE(waves) << waves.error().text();
    return waves ? std::move(waves).value() : std::vector<Waveform>{};
  };
  const auto pre = simulate(schematic_netlist(circuit_, *technology_));
  const auto post = simulate(extracted.value());
  ASSERT_FALSE(pre.empty() || post.empty());
  const auto* before = pre.front().find(testbench.value().outputs.front());
  const auto* after = post.front().find(testbench.value().outputs.front());
  ASSERT_TRUE(before != nullptr && after != nullptr);
  const auto score = pscore(*before, *after);
  ASSERT_TRUE(score) << score.error().text();
  RecordProperty("pscore_V", std::to_string(score.value()));
  EXPECT_NEAR(score.value(), theirs["pscore"].get<double>(), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(PeerLayouts, Independent,
                         ::testing::Values(Case{"five_transistors_ota_0.alignpdk.gds",
                                                "five_transistors_ota_0.sp",
                                                "five_transistors_ota"},
                                           Case{"ota_ff_0.osirispdk.gds", "ota_ff_0.sp", "ota_ff"}),
                         [](const auto& each) { return std::string(each.param.circuit); });

}  // namespace
}  // namespace ptah
