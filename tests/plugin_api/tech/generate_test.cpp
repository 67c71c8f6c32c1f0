#include "ptah/tech/generate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "technology_text.hpp"

namespace ptah {
namespace {

using test::replaced;
using test::shipped_yaml;
using ::testing::HasSubstr;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

TEST(MagicTech, ValuesComeFromTheRules) {
  const Technology& technology = Technology::ptah130();
  const std::string text = magic_tech(technology).value();
  EXPECT_THAT(text,
              HasSubstr(" spacing allm1 allm1 140 touching_ok \"Metal 1 spacing < %d (m1.2)\""));
  // A via's tile is its cut and the surround below: 150 + 2 * 55.
  EXPECT_THAT(text, HasSubstr(" width v1/m1 260 "));
  EXPECT_THAT(text, HasSubstr(" calma MET1PIN 68 16\n"));
  EXPECT_THAT(text, HasSubstr(" defaultsidewall allm1 metal1 44.74\n"));
  EXPECT_THAT(text, HasSubstr(" device msubcircuit sky130_fd_pr__pfet_01v8_hvt pfethvt "));
  EXPECT_EQ(text.find('{'), std::string::npos) << "a placeholder was left";
}

// Rules that Magic sees: of every layer it keeps. Implants it derives when it writes, antennas are
// a check of its own.
TEST(MagicTech, EveryRuleOfAWireCutPlateOrDeviceIsThere) {
  const Technology& technology = Technology::ptah130();
  const std::string text = magic_tech(technology).value();
  // Not visible to Magic (it redraws npc and implants), the same check under another id, or a value
  // that only says what others follow from.
  const std::set<std::string> elsewhere{
      "licon.1c", "licon.2b", "licon.2c", "licon.2d", "licon.9",    "licon.13", "licon.15",
      "licon.17", "npc.1",    "npc.2",    "npc.4",    "npc.5",      "ct.4",     "lvtn.1a",
      "lvtn.2",   "lvtn.4b",  "lvtn.10",  "lvtn.13",  "hvtp.1",     "hvtp.2",   "hvtp.3",
      "hvtp.5",   "rpm.1a",   "rpm.1c",   "rpm.1d",   "rpm.1e",     "rpm.1f",   "rpm.2",
      "rpm.3",    "rpm.4",    "rpm.5",    "rpm.6",    "rpm.7",      "rpm.8",    "nsd.1",
      "nsd.2",    "nsd.7",    "nsd.11",   "psd.1",    "psd.2",      "psd.7",    "psd.10b",
      "psd.11",   "nwell.5",  "m1.3b",    "m2.3b",    "m3.3d",      "m4.5b",    "via.4a",
      "via2.4",   "via3.4",   "via4.4",   "m2.4",     "difftap.16", "poly.5p"};
  std::set<std::string> missing;
  for (const Rule& rule : technology.rules()) {
    if (rule.kind == RuleKind::kAntenna || elsewhere.count(rule.id)) continue;
    if (text.find("(" + rule.id + ")") == std::string::npos) missing.insert(rule.id);
  }
  EXPECT_TRUE(missing.empty()) << ::testing::PrintToString(missing);
}

TEST(MagicTech, LoadsInMagicWithoutAComplaint) {
  const auto magic = find_tool("magic", "magic");
  if (!magic) GTEST_SKIP() << magic.error().text();
  auto folder = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-tech");
  ASSERT_TRUE(folder);
  const auto path = folder.value().path();
  ASSERT_TRUE(write_text_file(path / "ptah130.tech", magic_tech(Technology::ptah130()).value()));
  ASSERT_TRUE(write_text_file(path / "run.tcl",
                              "puts \"NAME [tech name]\"\nputs \"DRC [drc listall style]\"\n"
                              "puts \"IN [cif listall istyle]\"\nputs END\nquit -noprompt\n"));
  ToolRun run;
  run.program = magic.value();
  run.arguments = {"-dnull", "-noconsole", "-rcfile", "/dev/null", "-T", "ptah130.tech", "run.tcl"};
  run.directory = path;
  SimpleJobContext job;
  const auto output = run_tool(run, job);
  ASSERT_TRUE(output) << output.error().text();
  const std::string text = output.value().out + output.value().err;
  EXPECT_THAT(text, HasSubstr("NAME ptah130"));
  EXPECT_THAT(text, HasSubstr("drc(full)"));
  EXPECT_THAT(text, HasSubstr("ptah130(vendor)"));
  EXPECT_THAT(text, HasSubstr("END"));
  // Complaints read "file.tech: line N: section drc: ...".
  EXPECT_EQ(text.find("line "), std::string::npos) << text;
  EXPECT_EQ(text.find("rror"), std::string::npos) << text;
}

TEST(NetgenSetup, ComparesEveryDeviceAndMergesNone) {
  const Technology& technology = Technology::ptah130();
  const std::string text = netgen_setup(technology);
  for (const DeviceModel& device : technology.devices()) {
    for (const char* circuit : {"-circuit1", "-circuit2"}) {
      const std::string cell = "[list " + std::string(circuit) + " \"" + device.name + "\"]";
      EXPECT_THAT(text, HasSubstr("property " + cell + " parallel none"));
      EXPECT_THAT(text, HasSubstr("property " + cell + " tolerance"));
      EXPECT_EQ(text.find("permute " + cell) != std::string::npos,
                is_mos(device.kind) || device.kind == DeviceKind::kResistor);
    }
  }
}

TEST(KlayoutLayerProperties, HasEveryLayerOnceAndBalancedTags) {
  const Technology& technology = Technology::ptah130();
  const std::string text = klayout_layer_properties(technology);
  EXPECT_EQ(count(text, "<properties>"), count(text, "</properties>"));
  for (const Layer& layer : technology.layers()) {
    EXPECT_EQ(count(text, "<source>" + std::to_string(layer.drawing.layer) + "/" +
                              std::to_string(layer.drawing.datatype) + "@1</source>"),
              1u)
        << layer.name;
  }
}

TEST(MagicTech, SaysWhatATechnologyLacks) {
  const struct {
    const char *from, *to, *says;
  } cases[] = {
      {"  - {cut: licon1, lower: poly, upper: li1}\n", "", "no via from poly to li1"},
      {"layer: nwell, um: 0.84", "layer: nwell, um: 0", "in steps of 0 nm"},
      {"{id: capm.1,", "{id: capm.one,", "no rule \"capm.1\""},
  };
  for (const auto& each : cases) {
    const auto technology =
        Technology::parse(replaced(shipped_yaml(), each.from, each.to), "t.yaml");
    ASSERT_TRUE(technology) << technology.error().text();
    const auto made = magic_tech(technology.value());
    ASSERT_FALSE(made) << each.from;
    EXPECT_EQ(made.error().code, ErrorCode::kUnsupported);
    EXPECT_THAT(made.error().message, HasSubstr(each.says));
  }
}

TEST(MagicTech, ARuleMayBeCalledLikeANumber) {
  std::string yaml = shipped_yaml();
  for (std::size_t at = yaml.find("{id: m1.1,"); at != std::string::npos;
       at = yaml.find("{id: m1.1,", at)) {
    yaml.replace(at, 10, "{id: 77,");
  }
  const auto technology = Technology::parse(yaml, "t.yaml");
  ASSERT_TRUE(technology) << technology.error().text();
  EXPECT_THAT(magic_tech(technology.value()).value(), HasSubstr(" width allm1 140 "));
}

TEST(KlayoutDeck, HoldsTextsAsStrings) {
  const auto technology = Technology::parse(
      replaced(shipped_yaml(), "text: N-well width", "text: 'It is #{x} \"y\" \\'"), "t.yaml");
  ASSERT_TRUE(technology) << technology.error().text();
  EXPECT_THAT(klayout_drc(technology.value()).value(),
              HasSubstr(R"("It is \#{x} \"y\" \\, 0.84 um required")"));
}

TEST(Generated, IsTheSameEveryTime) {
  EXPECT_EQ(magic_tech(Technology::ptah130()).value(), magic_tech(Technology::ptah130()).value());
}

}  // namespace
}  // namespace ptah
