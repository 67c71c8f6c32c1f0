#include "ptah/tech/technology.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "technology_text.hpp"

namespace ptah {
namespace {

using test::replaced;
using test::shipped_yaml;
using ::testing::HasSubstr;

std::string first_problem(const std::string& yaml) {
  const auto parsed = Technology::parse(yaml, "t.yaml");
  return parsed ? "no problem" : parsed.error().text();
}

class Ptah130 : public ::testing::Test {
 protected:
  const Technology& tech = Technology::ptah130();
  LayerId id(std::string_view name) const { return tech.layer(name); }
};

TEST_F(Ptah130, HasLayersByNameAndGdsNumber) {
  EXPECT_EQ(tech.name(), "ptah130");
  EXPECT_EQ(tech.grid(), 5);
  EXPECT_FALSE(tech.pdk().has_value());
  EXPECT_EQ(tech.layer(id("met1")).drawing, (GdsLayer{68, 20}));
  EXPECT_EQ(tech.layer(id("met1")).pin, (GdsLayer{68, 16}));
  EXPECT_EQ(tech.find_gds({66, 44}), id("licon1"));
  EXPECT_EQ(tech.find_gds({1, 1}), std::nullopt);
  EXPECT_EQ(tech.layer(id("via4")).pin.layer, -1);
  EXPECT_THROW(tech.layer("met9"), std::out_of_range);
}

TEST_F(Ptah130, AnswersRulesByTheirIds) {
  EXPECT_EQ(tech.rule("difftap.3"), 270);
  EXPECT_EQ(tech.rule("licon.11"), 55);
  EXPECT_EQ(tech.rule("m1.2"), 140);
  EXPECT_EQ(tech.rule("capm.11"), 500);
  EXPECT_EQ(tech.rule("li.6"), 56100);
  EXPECT_EQ(tech.rule("poly.8"), 130);
  EXPECT_EQ(tech.rule("LU.2"), 15000);
  EXPECT_THROW(tech.rule("m9.9"), std::out_of_range);
}

TEST_F(Ptah130, DerivesPairwiseTables) {
  EXPECT_EQ(tech.spacing(id("met3"), id("met3")), 300);
  EXPECT_EQ(tech.spacing(id("diff"), id("nwell")), 340);
  EXPECT_EQ(tech.spacing(id("nwell"), id("diff")), 340);
  EXPECT_EQ(tech.spacing(id("met1"), id("met2")), 0);
  EXPECT_EQ(tech.min_width(id("met5")), 1600);
  EXPECT_EQ(tech.enclosure(id("met1"), id("mcon")).all, 30);
  EXPECT_EQ(tech.enclosure(id("met1"), id("mcon")).one_direction, 60);
  EXPECT_EQ(tech.enclosure(id("nwell"), id("diff")).all, 180);
  EXPECT_EQ(tech.enclosure(id("met3"), id("capm")).all, 140);
  // A condition ("over n-well", "of different nets") keeps a rule out of the tables.
  EXPECT_EQ(tech.enclosure(id("nwell"), id("lvtn")).all, 0);
}

TEST_F(Ptah130, ViasTakeTheirSizesFromTheRules) {
  const Via* via = tech.via_between(id("met3"), id("met4"));
  ASSERT_NE(via, nullptr);
  EXPECT_EQ(via->cut, id("via3"));
  EXPECT_EQ(via->size, 200);
  EXPECT_EQ(via->spacing, 200);
  EXPECT_EQ(via->lower_enclosure.all, 60);
  EXPECT_EQ(via->lower_enclosure.one_direction, 90);
  EXPECT_EQ(via->upper_enclosure.all, 65);
  EXPECT_EQ(via->upper_enclosure.one_direction, 65);
  EXPECT_EQ(tech.via_between(id("met1"), id("met3")), nullptr);
  ASSERT_NE(tech.via_between(id("poly"), id("li1")), nullptr);
  EXPECT_EQ(tech.via_between(id("poly"), id("li1"))->lower_enclosure.one_direction, 80);
}

TEST_F(Ptah130, RoutingLayersTakeTheirSizesFromTheRules) {
  ASSERT_EQ(tech.routing_layers().size(), 5u);
  const RoutingLayer& met1 = tech.routing_layers().front();
  EXPECT_EQ(met1.layer, id("met1"));
  EXPECT_TRUE(met1.horizontal);
  EXPECT_EQ(met1.min_width, 140);
  EXPECT_EQ(met1.wide_width, 3000);
  EXPECT_EQ(met1.wide_spacing, 280);
  EXPECT_EQ(met1.min_area, 83000);
  EXPECT_EQ(met1.min_hole_area, 140000);
  EXPECT_DOUBLE_EQ(met1.sheet_ohm, 0.125);
}

TEST_F(Ptah130, FindsDevicesByAliasWithoutCase) {
  for (const char* alias : {"nfet", "NMOS", "nch", "nfet_01v8", "sky130_fd_pr__nfet_01v8"}) {
    ASSERT_NE(tech.find_device(alias), nullptr) << alias;
    EXPECT_EQ(tech.find_device(alias)->name, "sky130_fd_pr__nfet_01v8");
  }
  ASSERT_NE(tech.find_device("resistor"), nullptr);
  EXPECT_EQ(tech.find_device("resistor")->name, "sky130_fd_pr__res_generic_l1");
  EXPECT_EQ(tech.find_device("cap_mim_m3_1")->kind, DeviceKind::kCapacitor);
  EXPECT_EQ(tech.find_device("pfet_01v8_lvt")->min_length, 350);
  EXPECT_EQ(tech.find_device("bsim9"), nullptr);
}

// The PDK's own models at 27 C: a 1 x 10 um body of li1 has 119.7 ohm, of met1 1.29 ohm, of poly
// 510.6 ohm (nominal temperature 30 C, so up to 1 % of it is the temperature).
TEST_F(Ptah130, ResistorLawAgreesWithTheModelsOfThePdk) {
  const auto ohm = [&](const char* model, Dbu width, Dbu length) {
    return tech.find_device(model)->resistance(width, length);
  };
  EXPECT_NEAR(ohm("res_generic_l1", 1000, 10000), 119.7, 1.2);
  EXPECT_NEAR(ohm("res_generic_m1", 1000, 10000), 1.29, 0.013);
  EXPECT_NEAR(ohm("res_generic_po", 1000, 10000), 510.6, 5.1);
  EXPECT_NEAR(ohm("res_high_po_0p35", 350, 10000), 11846, 150);
  EXPECT_NEAR(ohm("res_xhigh_po_0p35", 350, 10000), 57727, 600);
  // Of the other widths at a voltage that bends the models little.
  EXPECT_NEAR(ohm("res_high_po_0p69", 690, 20000), 10217, 100);
  EXPECT_NEAR(ohm("res_high_po_1p41", 1410, 10000), 2567, 30);
  EXPECT_NEAR(ohm("res_high_po_2p85", 2850, 10000), 1275, 15);
  EXPECT_NEAR(ohm("res_high_po_5p73", 5730, 10000), 633, 7);
  EXPECT_NEAR(ohm("res_xhigh_po_0p69", 690, 10000), 29386, 300);
  EXPECT_NEAR(ohm("res_xhigh_po_1p41", 1410, 10000), 14415, 150);
  EXPECT_NEAR(ohm("res_xhigh_po_2p85", 2850, 10000), 7148, 72);
  EXPECT_NEAR(ohm("res_xhigh_po_5p73", 5730, 10000), 3567, 36);
  EXPECT_NEAR(ohm("res_high_po", 350, 10000), 10675, 110);
  EXPECT_NEAR(ohm("res_xhigh_po", 350, 3050), 22300, 250);
}

TEST_F(Ptah130, LengthOfAResistorByValueGivesTheValueBack) {
  const DeviceModel& model = *tech.find_device("resistor");
  const Dbu length = model.length_for(18000, model.default_width, tech.grid());
  EXPECT_EQ(length % tech.grid(), 0);
  EXPECT_NEAR(model.resistance(model.default_width, length), 18000, 1.0);
  EXPECT_EQ(model.length_for(-5, model.default_width, tech.grid()), 0);
}

TEST_F(Ptah130, HoldsEveryParasiticOfTheStack) {
  const Parasitics& p = tech.parasitics();
  EXPECT_DOUBLE_EQ(p.area_af_um2.at("met5").at("met4"), 68.33);
  EXPECT_DOUBLE_EQ(p.fringe_down_af_um.at("met1").at("sub"), 40.57);
  EXPECT_DOUBLE_EQ(p.fringe_up_af_um.at("met1").at("met2"), 48.19);
  EXPECT_DOUBLE_EQ(p.sidewall.at("met1").magic_k_af, 44.74);
  EXPECT_DOUBLE_EQ(p.contact_ohm.at("via").high, 15);
}

TEST_F(Ptah130, HoldsTheLineModelOfEveryWire) {
  const Parasitics& p = tech.parasitics();
  EXPECT_EQ(p.lines.size(), 7u);
  EXPECT_DOUBLE_EQ(p.lines.at("met1").width_um, 0.14);
  EXPECT_DOUBLE_EQ(p.lines.at("met5").points.back().spacing_um, 12);
  EXPECT_DOUBLE_EQ(p.lines.at("met3").points[3].coupling_af_um, 56.2);
  EXPECT_DOUBLE_EQ(p.lines.at("li1").points[0].fringe_af_um, 3.3);
  for (const auto& [layer, table] : p.lines) {
    for (std::size_t i = 1; i < table.points.size(); ++i) {
      EXPECT_LT(table.points[i].coupling_af_um, table.points[i - 1].coupling_af_um) << layer;
      EXPECT_GT(table.points[i].fringe_af_um, table.points[i - 1].fringe_af_um) << layer;
    }
  }
}

TEST(TechnologyFile, ShippedFileHasNoProblem) {
  for (const Error& problem : Technology::lint(shipped_yaml(), "ptah130.yaml")) {
    ADD_FAILURE() << problem.text();
  }
}

TEST(TechnologyFile, WrongKindNamesLineFieldAndChoices) {
  const std::string text = first_problem(
      replaced(shipped_yaml(), "{id: nwell.1,   kind: width,", "{id: nwell.1,   kind: widht,"));
  EXPECT_THAT(text, HasSubstr("t.yaml:"));
  EXPECT_THAT(text, HasSubstr("\"kind\" of rule nwell.1"));
  EXPECT_THAT(text, HasSubstr("Did you mean \"width\"?"));
  EXPECT_THAT(text, HasSubstr("enclosure_one_direction"));
}

TEST(TechnologyFile, NamesTheLineOfTheProblem) {
  const std::string yaml = shipped_yaml();
  const std::string broken = replaced(yaml, "{id: m1.2,  kind: spacing, layers: [met1, met1]",
                                      "{id: m1.2,  kind: spacing, layers: [met1, met11]");
  const std::size_t at = broken.find("met11");
  const auto line = std::count(broken.begin(), broken.begin() + static_cast<long>(at), '\n') + 1;
  EXPECT_THAT(first_problem(broken), HasSubstr("t.yaml:" + std::to_string(line) + ":"));
  EXPECT_THAT(first_problem(broken), HasSubstr("Did you mean \"met1\"?"));
}

TEST(TechnologyFile, EveryKindOfMistakeIsASentence) {
  const struct {
    const char *from, *to, *expected;
  } cases[] = {
      {"um: 0.84, text: N-well width", "um: 0.843, text: N-well width", "off the grid"},
      {"um: 0.84, text: N-well width", "um: wide, text: N-well width", "not a number"},
      {"um: 0.84, text: N-well width", "um: -1, text: N-well width", "It may be 0 to"},
      {"um: 0.84, text: N-well width", "text: N-well width", "\"um\" of rule nwell.1 is missing"},
      {"um: 0.84, text: N-well width", "um: 0.84, color: red, text: x", "Unknown field \"color\""},
      {"layer: nwell, um: 0.84", "layers: [nwell, nwell], um: 0.84", "does not belong"},
      {"gds: 64/20", "gds: 64-20", "GDS layer/datatype"},
      {"gds: 64/20", "gds: 64/18", "is taken by layer dnwell"},
      {"name: tap, ", "name: diff, ", "stands twice"},
      {"type: well,      gds: 64/18", "type: wall,      gds: 64/18", "Did you mean \"well\"?"},
      {"grid_um: 0.005", "grid_um: 7", "It may be 0.001 to 1"},
      {"format: 1", "format: 2", "It may be 1"},
      {"id: difftap.11, kind: spacing", "id: difftap.9, kind: spacing", "different values"},
      {"direction: horizontal}", "direction: up}", "horizontal, vertical"},
      {"{cut: mcon, ", "{cut: met1, ", "not of type cut"},
      {"width_um: [0.42, 100]", "width_um: [4.2, 1]", "not a range"},
      {"class: mos", "class: mim", "does not fit the kind"},
      {"pmos, pch,", "nmos, pch,", "already means sky130_fd_pr__nfet_01v8"},
      {"{sub: 120}", "{sub: lots}", "not a number"},
      {"[4400, 4400, 4400]", "[4400, 4500, 4400]", "[typical, low, high]"},
      {"[0.14, 105, 1.8]", "[0.14, 105]", "not three positive numbers"},
      {"[0.14, 105, 1.8]", "[0.14, 105, -1.8]", "not three positive numbers"},
      {"[0.14, 105, 1.8]", "[0.24, 105, 1.8]", "ascending order"},
      {"{width_um: 0.14, points: [", "{width_um: 0.14, point: [", "Unknown field \"point\""},
      {"models: ptah130_models.yaml", "models: ../secret.yaml", "no YAML file beside"},
      {"models: ptah130_models.yaml", "models: id_rsa", "no YAML file beside"},
      {"description:", "description: [", "no valid YAML"},
  };
  for (const auto& each : cases) {
    const std::string text = first_problem(replaced(shipped_yaml(), each.from, each.to));
    EXPECT_THAT(text, HasSubstr(each.expected)) << each.to;
    EXPECT_THAT(text, HasSubstr("t.yaml:")) << each.to;
  }
}

// They go into scripts of Tcl, Ruby, SPICE and Magic.
TEST(TechnologyFile, NamesAreWords) {
  // The first place of each kind of name; what stands for %s is put in the name's place.
  const struct {
    const char *from, *to, *field;
  } places[] = {
      {"name: ptah130\n", "name: %s\n", "\"name\" of the technology file"},
      {"{name: dnwell, ", "{name: %s, ", "\"name\" of a layer"},
      {"{name: gate, ", "{name: %s, ", "\"name\" of a derived layer"},
      {"{id: nwell.1, ", "{id: %s, ", "\"id\" of a rule"},
      {"layer: nwell, um: 0.84", "layer: %s, um: 0.84", "\"layer\" of rule nwell.1"},
      {"- name: sky130_fd_pr__nfet_01v8\n", "- name: %s\n", "\"name\" of a device"},
      {"aliases: [nfet_01v8, ", "aliases: [%s, ", "\"aliases\" of device sky130_fd_pr__nfet_01v8"},
      {"magic: nfet\n", "magic: %s\n", "\"magic\" of device sky130_fd_pr__nfet_01v8"},
      {"markers: [lvtn]", "markers: [%s]", "\"markers\" of device sky130_fd_pr__nfet_01v8_lvt"},
      {"    pwell:  [4400", "    %s:  [4400", "of parasitics.sheet_ohm"},
      {"poly: {sub: 106.13}", "%s: {sub: 106.13}", "of parasitics.area_af_um2"},
      {"poly: {sub: 106.13}", "poly: {%s: 106.13}", "of parasitics.area_af_um2.poly"},
  };
  const char* const hostile[] = {"'x[exec touch /tmp/pwned]'",
                                 "\"a' + %x{touch /tmp/pwned} + '\"",
                                 "'#{`touch /tmp/pwned`}'",
                                 "\"a\\nb\"",
                                 "\"a\\0b\"",
                                 "'a b'",
                                 "'$x'",
                                 "'-x'",
                                 "'a*2'",
                                 "\"\\xe9\""};
  for (const auto& place : places) {
    for (const char* name : hostile) {
      const std::string yaml =
          replaced(shipped_yaml(), place.from, replaced(place.to, "%s", name).c_str());
      const std::size_t at = shipped_yaml().find(place.from);
      const std::string before = shipped_yaml().substr(0, at);
      const auto line = 1 + std::count(before.begin(), before.end(), '\n');
      const std::string problem = first_problem(yaml);
      EXPECT_THAT(problem, HasSubstr(place.field)) << place.to << " " << name;
      // A long entry is named by the line of the field itself, or by that of its list.
      EXPECT_THAT(problem, HasSubstr("t.yaml:" + std::to_string(line))) << place.to << " " << name;
      EXPECT_EQ(problem.find('\n'), std::string::npos);
    }
  }
}

TEST(TechnologyFile, SentencesAreOneLineThatEveryToolCanShow) {
  const std::string from = "text: N-well width";
  for (const char* text : {"'He said \"no\" \\ #{x} [y] {z}'", "\xc3\xa9 is fine"}) {
    const auto parsed =
        Technology::parse(replaced(shipped_yaml(), from, std::string("text: ") + text), "t.yaml");
    EXPECT_TRUE(parsed) << parsed.error().text();
  }
  for (const std::string& text :
       {std::string("\"a\\nb\""), std::string("\"\\e[31m\""), std::string("50 %d"),
        std::string("\"\\x9b\""), std::string(201, 'a')}) {
    EXPECT_THAT(first_problem(replaced(shipped_yaml(), from, "text: " + text)),
                HasSubstr("\"text\" of rule nwell.1"))
        << text;
  }
}

TEST(TechnologyFile, AliasesDoNotGrowIt) {
  std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char name = 'a'; name < 'i'; ++name) {
    const std::string one = std::string("*") + name, next(1, static_cast<char>(name + 1));
    laughs += next + ": &" + next + " [";
    for (int i = 0; i < 9; ++i) laughs += one + ", ";
    laughs += one + "]\n";
  }
  EXPECT_THAT(first_problem(laughs), HasSubstr("too large once its aliases are written out"));
  EXPECT_THAT(first_problem("layers: &l [*l, *l]\n"), HasSubstr("too large once its aliases"));
  // One that repeats a value is as good as the value.
  const std::string yaml =
      replaced(replaced(shipped_yaml(), "{name: dnwell,     type: well,",
                        "{name: dnwell,     type: &well well,"),
               "{name: nwell,      type: well,", "{name: nwell,      type: *well,");
  EXPECT_TRUE(Technology::parse(yaml, "t.yaml"));
}

TEST(TechnologyFile, LintFindsEveryProblemAndParseCountsThem) {
  std::string yaml = replaced(shipped_yaml(), "gds: 64/18", "gds: x");
  yaml = replaced(yaml, "layer: met5, um: 1.60", "layer: met6, um: 1.60");
  EXPECT_EQ(Technology::lint(yaml, "t.yaml").size(), 2u);
  EXPECT_THAT(first_problem(yaml), HasSubstr("1 more problem in this file"));
}

TEST(TechnologyFile, RefusesWhatIsNoTechnology) {
  EXPECT_THAT(first_problem(""), HasSubstr("not a mapping"));
  EXPECT_THAT(first_problem("[1, 2]"), HasSubstr("not a mapping"));
  EXPECT_THAT(first_problem("format: 1\nname: x\n"), HasSubstr("\"layers\""));
  EXPECT_THAT(first_problem(std::string(2 << 20, ' ')), HasSubstr("At most"));
  std::string deep = "a: ";
  for (int i = 0; i < 5000; ++i) deep += "[";
  EXPECT_THAT(first_problem(deep), HasSubstr("t.yaml"));
}

TEST(TechnologyFile, ModelsMayStandInTheFile) {
  const auto parsed = Technology::parse(
      replaced(shipped_yaml(), "models: ptah130_models.yaml", "models: {nfet: {vth0: 0.5}}"), "t");
  ASSERT_TRUE(parsed) << parsed.error().text();
  EXPECT_THAT(parsed.value().models_text(), HasSubstr("vth0: 0.5"));
}

class PdkRoot : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const char* present = std::getenv("PDK_ROOT")) saved_ = present;
    root_ = std::filesystem::temp_directory_path() /
            ("ptah-pdk-" + std::to_string(::testing::UnitTest::GetInstance()->random_seed()) + "-" +
             ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_);
    ::setenv("PDK_ROOT", root_.c_str(), 1);
  }
  void TearDown() override {
    std::filesystem::remove_all(root_);
    if (saved_) {
      ::setenv("PDK_ROOT", saved_->c_str(), 1);
    } else {
      ::unsetenv("PDK_ROOT");
    }
  }
  void touch(const std::string& relative) const {
    std::filesystem::create_directories((root_ / relative).parent_path());
    std::ofstream(root_ / relative) << "x";
  }
  std::filesystem::path root_;
  std::optional<std::string> saved_;
};

TEST_F(PdkRoot, SaysWhatIsMissing) {
  ::unsetenv("PDK_ROOT");
  EXPECT_THAT(Technology::resolve("sky130A").error().text(), HasSubstr("PDK_ROOT is not set"));
  ::setenv("PDK_ROOT", root_.c_str(), 1);
  EXPECT_THAT(Technology::resolve("sky130A").error().text(), HasSubstr("sky130A is missing"));
  std::filesystem::create_directories(root_ / "sky130A");
  EXPECT_THAT(Technology::resolve("sky130A").error().text(), HasSubstr("sky130A.tech is missing"));
  touch("sky130A/libs.tech/magic/sky130A.tech");
  EXPECT_THAT(Technology::resolve("sky130A").error().text(), HasSubstr("sky130.lib.spice"));
}

TEST_F(PdkRoot, CompletePdkStandsBehindTheSameLayersAndRules) {
  touch("sky130A/libs.tech/magic/sky130A.tech");
  touch("sky130A/libs.tech/ngspice/sky130.lib.spice");
  const auto technology = Technology::resolve("sky130A");
  ASSERT_TRUE(technology) << technology.error().text();
  EXPECT_EQ(technology.value().name(), "sky130A");
  ASSERT_TRUE(technology.value().pdk().has_value());
  EXPECT_EQ(technology.value().pdk()->magic_tech, root_ / "sky130A/libs.tech/magic");
  // The folder itself, whatever PDK_ROOT says here.
  ::unsetenv("PDK_ROOT");
  const auto named = Technology::resolve((root_ / "sky130A").string());
  ASSERT_TRUE(named) << named.error().text();
  EXPECT_EQ(named.value().name(), "sky130A");
  EXPECT_EQ(named.value().pdk()->root, technology.value().pdk()->root);
  EXPECT_THAT(Technology::resolve((root_ / "no/sky130A").string()).error().text(),
              HasSubstr("sky130A is missing"));
  EXPECT_EQ(technology.value().rule("m1.2"), 140);
}

TEST(TechnologyResolve, UnknownNameSaysWhatItMayBe) {
  EXPECT_THAT(Technology::resolve("tsmc65").error().text(), HasSubstr("ptah130, sky130A"));
  EXPECT_FALSE(Technology::resolve("/no/such/file.yaml"));
  const auto shipped = Technology::resolve(PTAH_SOURCE_DIR "/configs/technologies/ptah130.yaml");
  // The models file beside it may be edited independently; the layers come from this one.
  ASSERT_TRUE(shipped) << shipped.error().text();
  EXPECT_EQ(shipped.value().layers().size(), Technology::ptah130().layers().size());
}

}  // namespace
}  // namespace ptah
