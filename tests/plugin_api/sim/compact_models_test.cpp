#include "ptah/sim/compact_models.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kYaml[] = R"(corners:
  tt: {}
  ff: {nmos: {vth_v: -0.05, mobility: 1.1}}
mosfets:
  nfet:
    type: nmos
    parameters: {vth0: 0.5, u0: 0.03, toxe: 4e-9}
    bins:
      - {lmin_um: 0.15, lmax_um: 0.165, wmin_um: 0.4, wmax_um: 2, parameters: {vth0: 0.6}}
      - {lmin_um: 0.165, lmax_um: 100}
capacitors:
  mim: {farad: 2e-15*w*l, ohm: 0.05*l/w}
resistors:
  rm1: {terminals: 2, sheet_ohm: 0.125, width_offset_um: -0.03, tc1: 3e-3}
  rpoly: {terminals: 3, width_um: 0.35, ohm: 588 + 5714*l, farad: 1e-16*w*l}
)";

std::string deck_text(const ModelRequest& request) {
  const auto models = CompactModels::parse(kYaml, "models.yaml");
  EXPECT_TRUE(models) << models.error().text();
  const auto deck = models.value().deck(request);
  EXPECT_TRUE(deck) << deck.error().text();
  return deck.value();
}

TEST(CompactModels, WriteOnlyWhatIsUsed) {
  const std::string text = deck_text({{{"nfet", 1, 0.15}, {"cell", 0, 0}}, "tt"});
  EXPECT_THAT(text, HasSubstr(".subckt nfet d g s b"));
  EXPECT_THAT(text, HasSubstr(".model nfet__model.0 nmos level=54"));
  EXPECT_THAT(text, HasSubstr("+ vth0=0.6\n"));
  EXPECT_THAT(text, HasSubstr("+ vth0=0.5\n"));
  EXPECT_THAT(text, Not(HasSubstr("mim")));
}

TEST(CompactModels, CornersShiftThresholdAndMobility) {
  const std::string text = deck_text({{{"nfet", 1, 0.15}}, "FF"});
  EXPECT_THAT(text, HasSubstr("+ vth0=0.55\n"));
  EXPECT_THAT(text, HasSubstr("+ u0=0.033\n"));
  const auto models = CompactModels::parse(kYaml, "models.yaml");
  const auto unknown = models.value().deck({{{"nfet", 1, 0.15}}, "xx"});
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().hint, HasSubstr("ff, tt"));
}

TEST(CompactModels, CapacitorsAndResistorsFollowTheirLaws) {
  const std::string text = deck_text({{{"mim", 1, 1}, {"rm1", 1, 1}, {"rpoly", 0, 3}}, "tt"});
  EXPECT_THAT(text, HasSubstr("c1 c0 a {2e-15*w*l}\n"));
  EXPECT_THAT(text, HasSubstr(".model rm1 r rsh=0.125 dw=-1.5e-08 tc1=0.003"));
  EXPECT_THAT(text, HasSubstr(".subckt rpoly r0 r1 b w=0.35 l=1"));
  EXPECT_THAT(text, HasSubstr("rbody r0 r1 r={588 + 5714*l}"));
}

TEST(CompactModels, NameTheSizeOutsideAllBins) {
  const auto models = CompactModels::parse(kYaml, "models.yaml");
  const auto deck = models.value().deck({{{"nfet", 3, 0.15}}, "tt"});
  ASSERT_FALSE(deck);
  EXPECT_EQ(deck.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(deck.error().message, HasSubstr("w=3 l=0.15"));
}

struct Mistake {
  const char* what;
  const char* with;
  const char* message;
  int line;
};

class MistakenModels : public testing::TestWithParam<Mistake> {};

TEST_P(MistakenModels, AreRefusedAtTheirLine) {
  const Mistake& mistake = GetParam();
  std::string yaml = kYaml;
  const std::size_t at = yaml.find(mistake.what);
  ASSERT_NE(at, std::string::npos);
  yaml.replace(at, std::string(mistake.what).size(), mistake.with);
  const auto models = CompactModels::parse(yaml, "models.yaml");
  ASSERT_FALSE(models);
  EXPECT_EQ(models.error().code, ErrorCode::kParse);
  EXPECT_THAT(models.error().message, HasSubstr(mistake.message));
  EXPECT_EQ(models.error().where, "models.yaml:" + std::to_string(mistake.line));
}

INSTANTIATE_TEST_SUITE_P(
    All, MistakenModels,
    testing::Values(Mistake{"type: nmos", "type: jfet", "nmos or pmos", 6},
                    Mistake{"vth0: 0.5", "vth0: half", "must be a number", 7},
                    Mistake{"vth0: 0.5", "vth0: nan", "must be a number", 7},
                    Mistake{"vth0: 0.5", "\"vth0=1 .control\": 1", "no model parameter", 7},
                    Mistake{"588 + 5714*l", "\"588\\n.control\"", "expression of w and l", 15},
                    Mistake{"588 + 5714*l", "v(r0)`id`", "expression of w and l", 15},
                    Mistake{"lmax_um: 0.165", "lmax_um: 0.1", "lmin_um < lmax_um", 9},
                    Mistake{"lmax_um: 0.165", "lmaximum: 0.1", "is not known here", 9},
                    Mistake{"sheet_ohm: 0.125", "sheet_ohm: 0", "above 0", 14},
                    Mistake{"terminals: 3", "terminals: 4", "must be 2 or 3", 15},
                    Mistake{"  nfet:", "  \"nfet .end\":", "no device name", 5},
                    Mistake{"tt: {}", "typical: {}", "must hold tt", 2}));

TEST(CompactModels, RefuseWhatIsNoYaml) {
  const auto models = CompactModels::parse("a: [1,", "models.yaml");
  ASSERT_FALSE(models);
  EXPECT_EQ(models.error().where.rfind("models.yaml:", 0), 0u);
}

TEST(CompactModels, HoldNumbersThatStayFinite) {
  std::string yaml = kYaml;
  const std::string mobility = "mobility: 1.1";
  yaml.replace(yaml.find(mobility), mobility.size(), "mobility: 1e200");
  const auto models = CompactModels::parse(yaml, "models.yaml");
  ASSERT_FALSE(models);
  EXPECT_EQ(models.error().where, "models.yaml:3");
  // Below what a double holds in full: 0, and no exception.
  yaml.replace(yaml.find("1e200"), 5, "1e-320");
  EXPECT_TRUE(CompactModels::parse(yaml, "models.yaml"));
}

// The models may be a file that nobody but the technology named.
TEST(SpiceModels, AreNotQuoted) {
  const auto file = std::filesystem::path(PTAH_SOURCE_DIR) / "configs/technologies/ptah130.yaml";
  std::string yaml = read_text_file(file).value();
  const std::string models = "models: ptah130_models.yaml";
  yaml.replace(yaml.find(models), models.size(), "models: {geheim: geheim}");
  const auto technology = Technology::parse(yaml, "t.yaml");
  ASSERT_TRUE(technology) << technology.error().text();
  const auto deck = spice_models(technology.value(), {{{"nfet", 1, 0.15}}, "tt"});
  ASSERT_FALSE(deck);
  EXPECT_THAT(deck.error().text(), Not(HasSubstr("geheim")));
  EXPECT_THAT(deck.error().message, HasSubstr("is not known here"));
}

TEST(SpiceModels, KnowEveryDeviceOfPtah130ButThoseThatTheySay) {
  const Technology& technology = Technology::ptah130();
  std::set<std::string> without;
  for (const DeviceModel& device : technology.devices()) {
    const auto text = spice_models(technology, {{{device.name, 1, 1}}, "tt"});
    if (text) {
      EXPECT_THAT(text.value(), HasSubstr(device.name)) << device.name;
      continue;
    }
    EXPECT_THAT(text.error().message, HasSubstr("no simulation model for " + device.name));
    without.insert(device.name.substr(std::string("sky130_fd_pr__").size()));
  }
  const std::set<std::string> expected{"cap_var_hvt", "cap_var_lvt", "nfet_g5v0d10v5",
                                       "pfet_g5v0d10v5"};
  EXPECT_EQ(without, expected);
}

}  // namespace
}  // namespace ptah
