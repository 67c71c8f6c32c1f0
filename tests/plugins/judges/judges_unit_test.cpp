// What the judges make of the tools' outputs, without running a tool.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "comparison.hpp"
#include "diagnosis.hpp"
#include "extracted_spice.hpp"
#include "magic_session.hpp"

namespace ptah {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// --- Magic ---------------------------------------------------------------------------------------

TEST(RequiredVersion, ReadsTheLineMagicWouldCrashOn) {
  EXPECT_THAT(magic::required_version("version\n version 1\n requires magic-8.3.260\nend\n"),
              ElementsAre(8, 3, 260));
  EXPECT_THAT(magic::required_version("#  - \"requires\" lowered from magic-8.3.260\n"
                                      "  requires\tmagic-8.3.99\n"),
              ElementsAre(8, 3, 99));
  EXPECT_TRUE(magic::required_version("tech\n format 35\nend\n").empty());
}

constexpr std::string_view kGoodReport =
    "Magic 8.3 revision 105\nPTAH TECH ptah130\n"
    "PTAH STYLE drc(full)\nPTAH WHY Metal 1 spacing < 0.14um (m1.2)\nPTAH PLACE 10 20 30 40\n"
    "PTAH ERRORS 2\nPTAH DEVICES\nPTAH END\n";

std::string without(std::string text, const std::string& part, const std::string& by = {}) {
  const std::size_t at = text.find(part);
  EXPECT_NE(at, std::string::npos);
  return text.replace(at, part.size(), by);
}

TEST(MagicReport, HasRuleSentenceAndPlaceInNanometres) {
  magic::Session session;
  const Status status = magic::read_report(kGoodReport, "ptah130", session);
  ASSERT_TRUE(status) << status.error().text();
  EXPECT_EQ(session.drc_errors, 2);
  ASSERT_EQ(session.violations.size(), 1u);
  EXPECT_EQ(session.violations[0].rule, "m1.2");
  EXPECT_EQ(session.violations[0].text, "Metal 1 spacing < 0.14um (m1.2)");
  EXPECT_EQ(session.violations[0].place, (Rect{50, 100, 150, 200}));
}

TEST(MagicReport, IsBelievedOnlyWhenCompleteAndConsistent) {
  const std::string good(kGoodReport);
  const struct {
    std::string text;
    const char* expected;
  } cases[] = {
      {"", "did not start"},
      {without(good, "PTAH DEVICES\nPTAH END\n"), "stopped before it was done"},
      {without(good, "PTAH ERRORS 2\n"), "stopped before it was done"},
      {without(good, "ERRORS 2", "ERRORS some"), "stopped before it was done"},
      {without(good, "TECH ptah130", "TECH minimum"), "fell back to \"minimum\""},
      {without(good, "drc(full)", "drc(fast)"), "no full rule set"},
      {without(good, "PTAH STYLE", "PTAH NOTOP\nPTAH STYLE"), "did not find the top cell"},
      {without(good, "ERRORS 2", "ERRORS 0"), "disagree"},
      {without(without(good, "PTAH PLACE 10 20 30 40\n"), "PTAH WHY"), "disagree"},
  };
  for (const auto& each : cases) {
    magic::Session session;
    const Status status = magic::read_report(each.text, "ptah130", session);
    ASSERT_FALSE(status) << each.expected;
    EXPECT_THAT(status.error().text(), HasSubstr(each.expected));
  }
}

TEST(MagicReport, CapacitorsNeedTheEndMark) {
  magic::Session session;
  ASSERT_TRUE(magic::read_report(kGoodReport, "ptah130", session));
  EXPECT_TRUE(session.has_capacitors);
  session = {};
  ASSERT_TRUE(
      magic::read_report(without(std::string(kGoodReport), "PTAH END\n"), "ptah130", session));
  EXPECT_FALSE(session.has_capacitors);
}

TEST(MagicScript, TakesTheStepsThatMakeItsAnswersTrue) {
  const std::string text = magic::script("top$1");
  for (const char* step :
       {"set SUB VSUBS\nputs", "scalegrid 1 2\ndrc off\ngds read", "load \"top\\0441\"\n",
        "drc style drc(full)", "port makeall", "box grow c 400\ndrc style", "ext2spice scale off",
        "ext2spice cthresh 0", "hierarchy on\next2spice -o devices.spice",
        "hierarchy off\next2spice -o capacitors.spice"}) {
    EXPECT_THAT(text, HasSubstr(step));
  }
}

TEST(SpiceNumber, KnowsMagicsWayOfWriting) {
  EXPECT_DOUBLE_EQ(magic::spice_number("1.05e+06u").value(), 1.05);
  EXPECT_DOUBLE_EQ(magic::spice_number("150000u").value(), 0.15);
  EXPECT_DOUBLE_EQ(magic::spice_number("5.565e+11p").value(), 0.5565);
  EXPECT_DOUBLE_EQ(magic::spice_number("14.2fF").value(), 14.2e-15);
  EXPECT_DOUBLE_EQ(magic::spice_number("2meg").value(), 2e6);
  EXPECT_FALSE(magic::spice_number("u"));
  EXPECT_FALSE(magic::spice_number("1.5q"));
  EXPECT_FALSE(magic::spice_number("nan"));
}

const Technology& tech() {
  return Technology::ptah130();
}

TEST(ExtractedNetlist, TakesAreasFromOneAndCapacitorsFromTheOther) {
  const auto netlist = magic::read_extracted(
      "* NGSPICE file\n.subckt cell OUT IN VSS\n"
      "X0 OUT IN VSS VSS sky130_fd_pr__nfet_01v8 ad=2.782e+11p pd=2.63e+06u as=0p\n+ ps=0u "
      "w=1.05e+06u l=150000u\nR1 OUT a_1_2# sky130_fd_pr__res_generic_l1 w=290000u l=1e+07u\n"
      "C0 OUT IN 9fF $ **FLOATING\n.ends\n",
      "X0 OUT IN VSS VSS sky130_fd_pr__nfet_01v8 ad=-1p w=1.05e+06u l=150000u\n"
      "C0 OUT IN 0.25fF\nC1 OUT VSS 3.5fF $ **FLOATING\n",
      tech());
  ASSERT_TRUE(netlist) << netlist.error().text();
  EXPECT_THAT(netlist.value().ports, ElementsAre("OUT", "IN", "VSS"));
  ASSERT_EQ(netlist.value().devices.size(), 2u);
  EXPECT_NEAR(netlist.value().devices[0].parameters.at("ad"), 0.2782, 1e-9);
  EXPECT_NEAR(netlist.value().devices[0].parameters.at("pd"), 2.63, 1e-9);
  EXPECT_NEAR(netlist.value().devices[1].parameters.at("l"), 10, 1e-9);
  ASSERT_EQ(netlist.value().capacitors.size(), 2u);
  EXPECT_NEAR(netlist.value().capacitors[1].farad, 3.5e-15, 1e-24);
}

TEST(ExtractedNetlist, RefusesWhatItDoesNotUnderstand) {
  const auto text = [](const char* devices) {
    const auto netlist = magic::read_extracted(devices, "", tech());
    return netlist ? std::string("accepted") : netlist.error().text();
  };
  EXPECT_THAT(text(".option scale=5000u\n"), HasSubstr("scale=5000u"));
  EXPECT_THAT(text("X0 a b c d alien w=1u\n"), HasSubstr("\"alien\""));
  EXPECT_THAT(text("X0 a b sky130_fd_pr__nfet_01v8 w=1\n"), HasSubstr("not understood"));
  EXPECT_THAT(text("X0 a b c d sky130_fd_pr__nfet_01v8 w=wide\n"), HasSubstr("not understood"));
  EXPECT_THAT(text("Q0 a b c model\n"), HasSubstr("not understood"));
}

TEST(GenericModel, KnowsFixedWidthResistors) {
  EXPECT_EQ(magic::generic_model("sky130_fd_pr__res_high_po_0p35").name,
            "sky130_fd_pr__res_high_po");
  EXPECT_DOUBLE_EQ(magic::generic_model("sky130_fd_pr__res_xhigh_po_5p73").width_um, 5.73);
  EXPECT_EQ(magic::generic_model("sky130_fd_pr__res_high_po").width_um, 0);
  EXPECT_EQ(magic::generic_model("sky130_fd_pr__cap_mim_m3_1").width_um, 0);
}

// --- The comparison ------------------------------------------------------------------------------

/// A two-finger common-source stage with a load resistor.
Circuit stage(std::optional<double> ohm) {
  Circuit circuit;
  circuit.name = "stage";
  for (const char* name : {"VDD", "VSS", "IN", "OUT"}) circuit.nets.push_back({name});
  circuit.ports = {0, 1, 2, 3};
  Device m;
  m.name = "M1";
  m.model = "sky130_fd_pr__nfet_01v8";
  m.nets = {3, 2, 1, 1};
  m.width = 1050;
  m.length = 150;
  m.fingers = 2;
  circuit.devices.push_back(m);
  Device r;
  r.name = "R1";
  r.kind = DeviceKind::kResistor;
  r.model = "sky130_fd_pr__res_generic_l1";
  r.nets = {0, 3};
  r.width = 290;
  r.length = 10000;
  r.resistance_ohm = ohm;
  circuit.devices.push_back(r);
  return circuit;
}

ExtractedNetlist stage_layout() {
  ExtractedNetlist layout;
  layout.ports = {"out", "IN", "VSS", "VDD"};
  for (const char* name : {"X0", "X1"}) {
    layout.devices.push_back(
        {name, "sky130_fd_pr__nfet_01v8", {"VSS", "IN", "out", "VSS"}, {{"w", 1.05}, {"l", 0.15}}});
  }
  layout.devices.push_back(
      {"R2", "sky130_fd_pr__res_generic_l1", {"VDD", "out"}, {{"w", 0.29}, {"l", 10}}});
  return layout;
}

netgen::Comparison compared(const ExtractedNetlist& layout, const Circuit& circuit) {
  auto comparison = netgen::make_comparison(layout, circuit, tech());
  EXPECT_TRUE(comparison) << comparison.error().text();
  return comparison ? std::move(comparison).value() : netgen::Comparison{};
}

TEST(Comparison, ExpandsFingersAndMergesNothing) {
  const auto comparison = compared(stage_layout(), stage({}));
  EXPECT_EQ(comparison.schematic.instances.size(), 3u);
  const std::string spice = to_spice(comparison, false);
  EXPECT_THAT(spice, HasSubstr("xSCH0 p3 p2 p1 p1 sky130_fd_pr__nfet_01v8 w=1.05 l=0.15\n"));
  EXPECT_THAT(spice, HasSubstr("xSCH1 p3 p2 p1 p1 sky130_fd_pr__nfet_01v8 w=1.05 l=0.15\n"));
  EXPECT_THAT(spice, HasSubstr("xPORT2 p2 port_mark_2\n"));
  EXPECT_THAT(differences(comparison), ElementsAre());
}

TEST(Comparison, ResistorByValueComparesByValueOthersBySize) {
  EXPECT_THAT(to_spice(compared(stage_layout(), stage({})), true),
              HasSubstr("res_generic_l1 w=0.29 l=10\n"));
  const auto by_value = compared(stage_layout(), stage(397.0));
  EXPECT_THAT(to_spice(by_value, false), HasSubstr("res_generic_l1 r=397\n"));
  EXPECT_THAT(to_spice(by_value, true), HasSubstr("res_generic_l1 r=397.394\n"));
}

TEST(Comparison, FreeFingersAreAnError) {
  Circuit circuit = stage({});
  circuit.devices[0].fingers = 0;
  const auto comparison = netgen::make_comparison(stage_layout(), circuit, tech());
  ASSERT_FALSE(comparison);
  EXPECT_THAT(comparison.error().text(), HasSubstr("M1 has no finger count"));
}

TEST(Differences, AreInADesignersWords) {
  ExtractedNetlist layout = stage_layout();
  layout.ports.erase(layout.ports.begin() + 1);
  EXPECT_THAT(differences(compared(layout, stage({}))).front(), "the layout has no port IN");

  layout = stage_layout();
  layout.devices.pop_back();
  EXPECT_THAT(differences(compared(layout, stage({}))).front(),
              "the layout has no res_generic_l1 where the schematic has 1");

  layout = stage_layout();
  layout.devices[1].parameters["w"] = 1.055;
  EXPECT_THAT(
      differences(compared(layout, stage({}))),
      ::testing::Contains("nfet_01v8 of 1.05 x 0.15 um: 1 in the layout, 2 in the schematic (M1)"));

  layout = stage_layout();
  layout.devices[0].nets[1] = "out";
  EXPECT_THAT(differences(compared(layout, stage({}))),
              ::testing::Contains("net IN has 1 nfet_01v8 gate in the layout, 2 in the schematic"));

  layout = stage_layout();
  layout.ports.push_back("test");
  EXPECT_THAT(differences(compared(layout, stage({}))),
              ElementsAre("the layout has a port test that the schematic lacks"));
}

TEST(NetgenReport, IsBelievedOnlyToTheLetter) {
  EXPECT_FALSE(netgen::read_report("").complete);
  EXPECT_FALSE(netgen::read_report("LVS Done.\n").complete);
  const auto match =
      netgen::read_report("Cell pin lists are equivalent.\nCircuits match uniquely.\n");
  EXPECT_TRUE(match.complete && match.unique_match && !match.property_errors && !match.pin_errors);
  const auto sizes = netgen::read_report(
      "There were property errors.\nmLAY0 vs. mSCH2:\n w circuit1: 1.06 circuit2: 1.05\n"
      "Circuits match uniquely.\nProperty errors were found.\n");
  EXPECT_TRUE(sizes.unique_match && sizes.property_errors);
  EXPECT_EQ(sizes.property_lines.size(), 2u);
  EXPECT_TRUE(netgen::read_report("A |B **Mismatch**\nCircuits match uniquely.\n").pin_errors);
  EXPECT_FALSE(
      netgen::read_report("Circuits match uniquely.\nNetlists do not match.\n").unique_match);
}

TEST(NetgenReport, NamesAreTranslatedBack) {
  const auto comparison = compared(stage_layout(), stage({}));
  EXPECT_THAT(netgen::translated({"sky130_fd_pr__nfet_01v8LAY1 vs. sky130_fd_pr__nfet_01v8SCH1:",
                                  " w circuit1: 1.06   circuit2: 1.05"},
                                 comparison),
              ElementsAre("X1 vs. M1 finger 2:", "w layout 1.06   schematic 1.05"));
}

}  // namespace
}  // namespace ptah
