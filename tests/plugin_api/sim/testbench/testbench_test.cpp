#include "ptah/sim/testbench.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ptah {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// As OSIRIS writes them: parentheses, trailing semicolons, no title, no newline at the end.
constexpr std::string_view kOsiris =
    ".lib \"/path/to/pdk/sky130A/libs.tech/ngspice/sky130.lib.spice\" ff\n"
    "\n"
    "* copy in your subckt definition, or .include it here\n"
    ".subckt ota GND VDD OUT IN\n"
    "XXX\n"
    ".ends\n"
    "xota (GND VDD OUT\n+ IN+) ota ;\n"
    "Vin IN+ GND  dc 0.9 ac 1     ;* 1 kHz \xE2\x86\x92 1 GHz\n"
    ".param load=1p\n"
    "C1 OUT GND {load}\n"
    ".ac dec 50 1000 1000MEG ;\n"
    ".control\n"
    "    run\n"
    "    set filetype=ascii\n"
    "    write ./simout_pre.out v(OUT)\n"
    "    quit\n"
    ".endc\n"
    ".end";

Testbench read_ok(std::string_view text) {
  auto read = read_testbench(text, "tb.spice");
  if (!read) {
    ADD_FAILURE() << read.error().text();
    return {};
  }
  return std::move(read.value());
}

Error read_error(std::string_view text) {
  auto read = read_testbench(text, "tb.spice");
  if (read) {
    ADD_FAILURE() << "accepted: " << text;
    return {};
  }
  return read.error();
}

/// A good bench around `lines`, which start at line 5.
std::string bench(const std::string& lines, const std::string& output = "write x v(o)") {
  return "* bench\n.subckt d o\nXXX\n.ends\n" + lines + "\nx1 o d\nV1 o 0 1\n.ac dec 10 1 1k\n" +
         (output.empty() ? "" : ".control\n" + output + "\n.endc\n");
}

TEST(Testbench, OfOsiris) {
  const Testbench tb = read_ok(kOsiris);
  EXPECT_EQ(tb.dut, "ota");
  EXPECT_THAT(tb.dut_ports, ElementsAre("GND", "VDD", "OUT", "IN"));
  EXPECT_THAT(tb.cards, ElementsAre("xota GND VDD OUT IN+ ota", "Vin IN+ GND  dc 0.9 ac 1",
                                    ".param load=1p", "C1 OUT GND {load}"));
  EXPECT_THAT(tb.analyses, ElementsAre(".ac dec 50 1000 1000e6"));
  EXPECT_THAT(tb.outputs, ElementsAre("v(OUT)"));
  EXPECT_EQ(tb.corner, "ff");
}

TEST(Testbench, FirstLineIsATitleUnlessItIsACard) {
  EXPECT_THAT(read_ok("Vx is a fine title\n" + bench("")).cards, ElementsAre("x1 o d", "V1 o 0 1"));
}

TEST(Testbench, WithoutALibLineTheCornerIsTypical) {
  EXPECT_EQ(read_ok(bench("")).corner, "tt");
}

TEST(Testbench, AnalysesFromCardsAndFromTheControlBlock) {
  const Testbench tb =
      read_ok(bench(".op\n.tran 1n 1u", "ac lin 10 1 2\nnoise v(o) V1 dec 10 1 1k\nprint v(o)"));
  EXPECT_THAT(tb.analyses, ElementsAre(".op", ".tran 1e-9 1e-6", ".ac dec 10 1 1e3",
                                       ".ac lin 10 1 2", ".noise v(o) V1 dec 10 1 1e3"));
}

TEST(Testbench, OutputsAreTheVectorsNamed) {
  EXPECT_THAT(
      read_ok(bench("", "write x v(o) i(V1) V(O)\nprint vdb(p) db(v(q)) v( a , b )")).outputs,
      ElementsAre("v(o)", "i(V1)", "v(p)", "v(q)", "v(a,b)"));
  EXPECT_THAT(read_ok(bench(".print ac v(z)", "write x v(o)")).outputs, ElementsAre("v(o)"));
  EXPECT_THAT(read_ok(bench(".print ac v(z)", "")).outputs, ElementsAre("v(z)"));
  EXPECT_THAT(read_ok(bench(".save all", "print v(o) > file.txt")).outputs, ElementsAre("v(o)"));
}

TEST(Testbench, RedirectionsOfItsOwnPrintsAreDropped) {
  EXPECT_THAT(read_ok(bench("", "print v(o)>file.txt")).outputs, ElementsAre("v(o)"));
  EXPECT_THAT(read_ok(bench(".print ac v(o) > file.txt", "")).outputs, ElementsAre("v(o)"));
  EXPECT_THAT(read_ok(bench(".meas ac x max v(o) > f\n.csparam a=1")).cards,
              ElementsAre("x1 o d", "V1 o 0 1"));
}

TEST(Testbench, HelperSubcircuitsStay) {
  const Testbench tb = read_ok(bench(".subckt load a b\nR1 a b 1k\n.ends\nx2 o 0 load"));
  EXPECT_THAT(tb.cards, ElementsAre(".subckt load a b", "R1 a b 1k", ".ends", "x2 o 0 load",
                                    "x1 o d", "V1 o 0 1"));
}

TEST(Testbench, FunctionsOfSourcesKeepTheirParentheses) {
  EXPECT_THAT(read_ok(bench("V2 a 0 PULSE(0 1.8 0 1n 1n 10n 20n)")).cards[0],
              "V2 a 0 PULSE(0 1.8 0 1n 1n 10n 20n)");
}

struct Bad {
  const char* name;
  std::string text;
  const char* message;
  const char* where;
};

class BadTestbench : public ::testing::TestWithParam<Bad> {};

TEST_P(BadTestbench, IsRefusedWithItsPlace) {
  const Error error = read_error(GetParam().text);
  EXPECT_THAT(error.message, HasSubstr(GetParam().message));
  EXPECT_EQ(error.where, GetParam().where);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadTestbench,
    ::testing::Values(
        Bad{"no_dut", ".ac dec 1 1 2\n.print ac v(o)\n", "no circuit under test", "tb.spice"},
        Bad{"empty", "", "no circuit under test", "tb.spice"},
        Bad{"dut_unused", ".subckt d o\nXXX\n.ends\n.op\n.print op v(o)\n", "does not use",
            "tb.spice"},
        Bad{"no_analysis", ".subckt d o\nXXX\n.ends\nx1 o d\n.print op v(o)\n", "no analysis",
            "tb.spice"},
        Bad{"no_output", bench("", ""), "names no output", "tb.spice"},
        Bad{"wrong_ports", bench("x2 o o d"), "connects 2 nets", "tb.spice:5"},
        Bad{"two_duts", bench(".subckt e o\nXXX\n.ends"), "second .subckt", "tb.spice:7"},
        Bad{"dut_name", ".subckt d\xB5 o\nXXX\n.ends\n", "The name \"d?\"", "tb.spice:1"},
        Bad{"nested", bench(".subckt e o\n.subckt f o"), "inside another", "tb.spice:6"},
        Bad{"ends", bench(".ends"), "closes no .subckt", "tb.spice:5"},
        Bad{"no_ends", ".subckt d o\nXXX\n", "has no .ends", "tb.spice:1"},
        Bad{"no_endc", bench("") + ".control\nrun\n", "has no .endc", "tb.spice:12"},
        Bad{"shell", bench("", "shell rm -rf x"), "\"shell\" runs a program", "tb.spice:10"},
        Bad{"system", bench("", "SYSTEM ls"), "\"system\" runs a program", "tb.spice:10"},
        Bad{"source", bench("", "source other.cir"), "\"source\"", "tb.spice:10"},
        Bad{"backquote_command", bench("", "set x=`ls`"), "backquote", "tb.spice:10"},
        Bad{"backquote_card", bench("V2 a 0 `ls`"), "backquote", "tb.spice:5"},
        Bad{"let", bench("", "let a = 1"), "\"let\" is not supported", "tb.spice:10"},
        Bad{"foreach", bench("", "foreach x 1 2"), "\"foreach\" is not supported", "tb.spice:10"},
        Bad{"unknown_card", bench(".foo"), "\".foo\" is not supported", "tb.spice:5"},
        Bad{"pole_zero", bench(".pz a b c d vol pz"), "not supported", "tb.spice:5"},
        Bad{"file_source", bench(".model m filesource(file=\"/etc/passwd\")"), "read a file",
            "tb.spice:5"},
        Bad{"pwl_file", bench("V2 a 0 pwl file=\"x.txt\""), "read a file", "tb.spice:5"},
        Bad{"code_model", bench("a1 [x] m"), "no element of a testbench", "tb.spice:5"},
        Bad{"code_model_inside", bench(".subckt h a\na1 [x] m\n.ends"), "no element", "tb.spice:6"},
        Bad{"pwl_file_word", bench("V2 a 0 PWL file x.txt"), "read a file", "tb.spice:5"},
        Bad{"quoted_name", bench("V2 a 0 pwl \"x.txt\""), "names a file", "tb.spice:5"},
        Bad{"file_model", bench(".model m d_source (x=1)"), "\"d_source\"", "tb.spice:5"},
        Bad{"option", bench(".options reltol=1e-4 unixcom"), "\"unixcom\"", "tb.spice:5"},
        Bad{"redirected_device", bench("V2>f a 0 1"), "The name \"V2>f\"", "tb.spice:5"},
        Bad{"redirected_instance", bench("x2>f o d"), "The name \"x2>f\"", "tb.spice:5"},
        Bad{"letters", bench("V2 a 0 1\xC2\xB5"), "no visible ASCII", "tb.spice:5"},
        Bad{"redirected_ac", bench(".ac dec 50 1k 10g > f"), "ends before \">\"", "tb.spice:5"},
        Bad{"appended_ac", bench(".ac dec 50 1k 10g >> f"), "ends before \">>\"", "tb.spice:5"},
        Bad{"redirected_number", bench(".ac dec 50 1k 10g>f"), "\"10g>f\"", "tb.spice:5"},
        Bad{"redirected_op", bench(".op > f"), "ends before \">\"", "tb.spice:5"},
        Bad{"redirected_dc", bench(".dc V1 0 1 .1 > f"), "no name of a source", "tb.spice:5"},
        Bad{"redirected_source", bench(".dc V1>f 0 1 .1"), "no name of a source", "tb.spice:5"},
        Bad{"redirected_noise", bench(".noise v(o) V1 dec 5 1 10 > f"), "no number", "tb.spice:5"},
        Bad{"redirected_noise_output", bench(".noise v(o>f) V1 dec 5 1 10"), "\"v(o>f)\"",
            "tb.spice:5"},
        Bad{"redirected_tran", bench(".tran 1n 1u > f"), "no number", "tb.spice:5"},
        Bad{"redirected_command", bench("", "ac dec 5 1 10 > f"), "ends before", "tb.spice:10"},
        Bad{"redirected_output", bench("", "write x v(o>f)"), "names no net", "tb.spice:10"},
        Bad{"redirected_reference", bench("", "print v(o,p>>f)"), "names no net", "tb.spice:10"},
        Bad{"redirected_card_output", bench(".print ac v(o>f)"), "names no net", "tb.spice:5"},
        Bad{"two_commands", bench(".ac dec 5 1 10g|shell"), "\"10g|shell\"", "tb.spice:5"},
        Bad{"variable", bench(".ac dec 5 1 $x"), "lacks the last frequency", "tb.spice:5"},
        Bad{"infinite", bench(".ac dec 5 1 1e999"), "no number", "tb.spice:5"},
        Bad{"many_points", bench(".dc V1 0 1 1e-12"), "too many points", "tb.spice:5"},
        Bad{"two_corners", bench(".lib x tt\n.lib x ff"), "second .lib", "tb.spice:6"},
        Bad{"output", bench("", "write x out"), "neither v(net) nor i(source)", "tb.spice:10"},
        Bad{"output_name", bench("", "write x v(a&b)"), "names no net or source", "tb.spice:10"},
        Bad{"binary", std::string("\x7f\x45LF\x02", 5), "program or library", "tb.spice"},
        Bad{"spectre", "simulator lang=spectre\n", "Spectre", "tb.spice:1"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(Testbench, IncludesAreDroppedAndFilesNeverOpened) {
  const Testbench tb = read_ok(bench(".include /etc/passwd\n.inc x.sp"));
  for (const std::string& card : tb.cards) EXPECT_THAT(card, Not(HasSubstr("inc")));
}

TEST(Testbench, SizesAreBounded) {
  EXPECT_EQ(read_error(std::string(100u << 20, ' ')).code, ErrorCode::kLimit);
  EXPECT_EQ(read_error(bench("* " + std::string(1 << 20, 'x'))).code, ErrorCode::kLimit);
  std::string outputs = "print";
  for (int i = 0; i < 300; ++i) outputs += " v(n" + std::to_string(i) + ")";
  EXPECT_EQ(read_error(bench("", outputs)).code, ErrorCode::kLimit);
}

TEST(Testbench, MissingFileIsSaid) {
  EXPECT_EQ(read_testbench_file("/nonexistent/tb.spice").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace ptah
