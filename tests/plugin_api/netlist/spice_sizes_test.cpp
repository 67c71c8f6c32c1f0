/// Metres or micrometres: never a guess in silence. And numbers, parameters, expressions.
#include "netlist_test.hpp"

namespace ptah::test {
namespace {

std::string sized(const std::string& w, const std::string& l = "0.15u",
                  const std::string& pre = "") {
  return pre + one("M1 a b c d nfet w=" + w + " l=" + l);
}
Dbu width(const std::string& w, const std::string& l = "0.15u", const std::string& pre = "") {
  return read_ok(sized(w, l, pre)).circuit.devices.at(0).width;
}

TEST(SpiceSizes, EveryWayToWriteOnePointZeroFiveMicrometres) {
  for (const char* w : {"1.05u", "1.05um", "1.05U", "1050n", "10.5e-7", "1.05e-6", "0.00105m",
                        "1.05e-3m", "1.05\xC2\xB5", "1.05\xCE\xBCm", "'1.05u'", "{1.05u}",
                        "\"1.05u\"", "'2*0.525u'", "1050000p"}) {
    EXPECT_EQ(width(w), 1050) << w;
  }
  for (const char* w : {"1.05", "10.5e-1", "'0.5+0.55'", "1.05e+06u"}) {
    EXPECT_EQ(width(w), 1050) << w;
  }
}

TEST(SpiceSizes, ReadingsWithoutAUnitAreTold) {
  EXPECT_THAT(
      read_ok(sized("1.05", "0.15")).notes,
      Contains(AllOf(HasSubstr("read as micrometres"), HasSubstr("M1: w=1.05 is 1.05 um"))));
  EXPECT_THAT(read_ok(sized("10.5e-7", "150e-9")).notes,
              Contains(AllOf(HasSubstr("read as metres"), HasSubstr("M1: w=10.5e-7 is 1.05 um"))));
  EXPECT_THAT(read_ok(sized("1.05u", "150n")).notes, IsEmpty());
}

TEST(SpiceSizes, BetweenMetresAndMicrometresIsAmbiguous) {
  for (const char* w : {"0.005", "2e-3", "9.9e-3"}) {
    const Error error = read_error(sized(w));
    EXPECT_THAT(error.message, HasSubstr("ambiguous")) << w;
    EXPECT_EQ(error.where, "t.sp:2");
    EXPECT_THAT(error.hint, HasSubstr("w=1.05u"));
  }
  // A unit settles it: 5 mm, which the technology refuses later.
  EXPECT_EQ(width("5m"), 5'000'000);
}

TEST(SpiceSizes, OneDeviceInTwoUnitsIsRefused) {
  EXPECT_THAT(read_error(sized("1.05", "150e-9")).message, HasSubstr("one reads as metres"));
  // With a written unit nothing contradicts.
  EXPECT_EQ(width("1.05", "150n"), 1050);
}

TEST(SpiceSizes, OptionScaleDecides) {
  EXPECT_EQ(width("1.05", "0.15", ".option scale=1u\n"), 1050);
  EXPECT_EQ(width("105", "15", ".options scale=1e-8\n"), 1050);
  EXPECT_EQ(width("0.005", "0.15", ".option scale=1u\n"), 5);
  // As Magic writes it.
  EXPECT_EQ(width("210", "30", ".option scale=5000u\n"), 1050);
  EXPECT_THAT(read_error(sized("1", "1", ".option scale=0\n")).message, HasSubstr("scale"));
}

TEST(SpiceSizes, OffGridSizesAreRounded) {
  const auto read = read_ok(sized("3.14159265u", "0.15"));
  EXPECT_EQ(read.circuit.devices[0].width, 3140);
  EXPECT_THAT(read.notes, Contains("M1: w: 3.1415926 um -> 3.14 um"));
  // What is drawn is a finger.
  const auto total = read_ok(one("X1 a b c d nfet w=1 l=0.15 nf=3"));
  EXPECT_EQ(total.circuit.devices[0].width, 335);
  EXPECT_THAT(total.notes, Contains("X1: w/nf: 0.3333333 um -> 0.335 um"));
  EXPECT_EQ(read_ok(one("C1 a b cap_mim w=5.0012u l=5u")).circuit.devices[0].width, 5000);
  // Decimal fractions that binary has not are on the grid.
  EXPECT_THAT(read_ok(sized("'3*0.35u'", "150n")).notes, IsEmpty());
}

TEST(SpiceSizes, OffGridAndSenselessSizesAreRefused) {
  SpiceOptions refuse;
  refuse.off_grid = OffGrid::kRefuse;
  const Error error = read_error(sized("1.052u"), refuse);
  EXPECT_THAT(error.message, AllOf(HasSubstr("M1: w is 1.052 um"), HasSubstr("5 nm grid")));
  EXPECT_THAT(error.hint, HasSubstr("--off-grid round"));
  for (const char* w : {"0", "-1u", "1e9", "1e-12", "1e-30"}) {
    EXPECT_EQ(read_error(sized(w)).where, "t.sp:2") << w;
  }
  // A total width that does not divide.
  EXPECT_THAT(read_error(one("X1 a b c d nfet w=1 l=0.15 nf=3"), refuse).message,
              HasSubstr("w/nf"));
}

TEST(SpiceSizes, ParametersFromEverywhere) {
  const std::string netlist =
      ".param k=3 wn=1.05u ln = 150n\n"
      "+ wp='2*wn'\n"
      ".subckt top a b c wx=0.5u\n"
      ".param lx={ln*2}\n"
      "M1 a b c c nfet w=wn l=ln nf=k\n"
      "M2 a b c c nfet w='wp' l=lx nf={k-1}\n"
      "M3 a b c c nfet w=wx l=ln nf='max(k, 4)'\n"
      ".ends\n";
  const Circuit c = read_ok(netlist, per_finger()).circuit;
  EXPECT_EQ(device(c, "M1").width, 1050);
  EXPECT_EQ(device(c, "M1").fingers, 3);
  EXPECT_EQ(device(c, "M2").width, 2100);
  EXPECT_EQ(device(c, "M2").length, 300);
  EXPECT_EQ(device(c, "M2").fingers, 2);
  EXPECT_EQ(device(c, "M3").width, 500);
  EXPECT_EQ(device(c, "M3").fingers, 4);
  SpiceOptions options = per_finger();
  options.parameters = {{"WN", "4*525n"}, {"wx", "2u"}};
  const Circuit changed = read_ok(netlist, options).circuit;
  EXPECT_EQ(device(changed, "M1").width, 2100);
  EXPECT_EQ(device(changed, "M2").width, 4200);  // wp follows wn
  EXPECT_EQ(device(changed, "M3").width, 2000);
}

TEST(SpiceSizes, GivenParametersNameEachOtherAndWhatTheNetlistHas) {
  SpiceOptions options;
  options.parameters = {{"w", "2*half"}, {"half", "0.3u+more"}};
  const std::string netlist = ".param more=0.2u\n" + one("M1 a b c d nfet w=w l=0.15u");
  EXPECT_EQ(device(read_ok(netlist, options).circuit, "M1").width, 1000);
  options.parameters = {{"w", "half"}, {"half", "w"}};
  EXPECT_THAT(read_error(netlist, options).message, HasSubstr("defined by itself"));
  options.parameters = {{"w", "2*missing"}};
  const Error error = read_error(netlist, options);
  EXPECT_EQ(error.where, "parameter \"w\"");
  EXPECT_THAT(error.hint, HasSubstr("--param"));
}

TEST(SpiceSizes, AGivenParameterThatNothingUsesIsRefused) {
  SpiceOptions options;
  options.parameters = {{"w1", "1u"}, {"wnn", "1u"}};
  const std::string netlist =
      ".param wn=1u idle=2\n.subckt t a b c d\nM1 a b c d nfet w=w1 l=0.15u\n"
      "M2 a b c d nfet w=wn l=0.15u\n.ends\n";
  const Error error = read_error(netlist, options);
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("\"wnn\""));
  EXPECT_EQ(error.hint, "it uses \"w1\", \"wn\"");
  // Declared, and of no use to a device: no typing error, but worth a word.
  options.parameters = {{"w1", "1u"}, {"idle", "3"}};
  EXPECT_THAT(read_ok(netlist, options).notes, Contains(HasSubstr("\"idle\", which is given")));
  options.parameters = {{"w", "1u"}};
  EXPECT_EQ(read_error(one("M1 a b c d nfet w=1u l=1u"), options).hint, "it uses no parameters");
}

TEST(SpiceSizes, GivenParametersReachTheTopAlone) {
  SpiceOptions options;
  options.parameters = {{"w", "2u"}};
  const std::string leaf = ".subckt leaf a b w=1u\nM1 a b a a nfet w=w l=1u\n.ends\n";
  // The leaf's default is its own business; nobody else uses the name.
  EXPECT_THAT(read_error(leaf + ".subckt top a b\nx a b leaf\n.ends\n", options).message,
              HasSubstr("Nothing in the netlist uses"));
  const std::string handing = leaf + ".subckt top a b w=3u\nx a b leaf w=w\n.ends\n";
  EXPECT_EQ(device(read_ok(handing).circuit, "x.M1").width, 3000);
  EXPECT_EQ(device(read_ok(handing, options).circuit, "x.M1").width, 2000);
}

TEST(SpiceSizes, Expressions) {
  // Each is a width in um.
  const std::pair<const char*, Dbu> cases[] = {
      {"1+2*3", 7000},       {"(1+2)*3", 9000},     {"2**3", 8000},        {"2^3", 8000},
      {"-2**2+6", 2000},     {"7%4", 3000},         {"8/2/2", 2000},       {"2-1-0.5", 500},
      {"1>2 ? 5 : 6", 6000}, {"!0", 1000},          {"1<2 && 2<3", 1000},  {"sqrt(16)", 4000},
      {"min(3, 2)", 2000},   {"int(2.7)", 2000},    {"ceil(1.2)", 2000},   {"abs(-3)", 3000},
      {"pow(2, 2)", 4000},   {"if(0, 3, 4)", 4000}, {"log10(1000)", 3000}, {"exp(0)", 1000},
      {"{1}+(1)", 2000},     {"1==1", 1000},        {"floor(pi)", 3000},   {"2*-1+4", 2000}};
  for (const auto& [text, nm] : cases) {
    EXPECT_EQ(width("'" + std::string(text) + "'", "0.15u"), nm) << text;
  }
}

TEST(SpiceSizes, UnitsInsideExpressionsMakeMetres) {
  EXPECT_EQ(width("'3*0.35u'"), 1050);
  EXPECT_EQ(width("{wn}u", "0.15u", ".param wn=2\n"), 2000);  // put in place of the braces
  EXPECT_EQ(width("{wn*2}n", "0.15u", ".param wn=1050\n"), 2100);
  EXPECT_EQ(width("wn", "0.15u", ".param wn='2*x' x=0.525u\n"), 1050);
}

TEST(SpiceSizes, WrongExpressionsSayWhere) {
  const auto message = [](const std::string& w) {
    const Error error = read_error(sized("'" + w + "'"));
    EXPECT_EQ(error.where, "t.sp:2") << w;
    return error.message;
  };
  EXPECT_THAT(message("1/0"), HasSubstr("divides by zero"));
  EXPECT_THAT(message("nowhere*2"), HasSubstr("\"nowhere\", which no .param defines"));
  EXPECT_THAT(message("foo(1)"), HasSubstr("\"foo\""));
  EXPECT_THAT(message("1+"), HasSubstr("ends where a value should stand"));
  EXPECT_THAT(message("1 2"), HasSubstr("left over"));
  EXPECT_THAT(message("sqrt(-1)"), HasSubstr("finite"));
  EXPECT_THAT(message("1e400"), HasSubstr("too large"));
  EXPECT_THAT(message("1e400*1"), HasSubstr("finite"));
  EXPECT_THAT(message(std::string(500, '(') + "1" + std::string(500, ')')),
              HasSubstr("nested too deeply"));
  EXPECT_THAT(message(std::string(2000, '-') + "1"), HasSubstr("nested too deeply"));
  EXPECT_THAT(message(std::string(10000, '1')), HasSubstr("longer than"));
}

TEST(SpiceSizes, ParametersThatDefineThemselvesAreRefused) {
  const Error error = read_error(".param a='b+1'\n.param b='a*2'\n" + sized("a"));
  EXPECT_THAT(error.message, HasSubstr("defined by itself"));
  EXPECT_EQ(error.where, "t.sp:1");
  // On the line itself a name means what stands outside.
  EXPECT_EQ(width("'w*2'", "0.15u", ".param w=0.525u\n"), 1050);
  EXPECT_THAT(read_error(sized("'w*2'")).message, HasSubstr("defined by itself"));
}

TEST(SpiceSizes, LongParameterChainsAreBounded) {
  std::string chain = ".param p0=1u\n";
  for (int i = 1; i < 5000; ++i) {
    chain += ".param p" + std::to_string(i) + "='p" + std::to_string(i - 1) + "'\n";
  }
  EXPECT_THAT(read_error(chain + one("M1 a b c d nfet w=p4999 l=1u")).message,
              HasSubstr("nested too deeply"));
}

TEST(SpiceSizes, ARedefinedParameterIsTold) {
  const auto read = read_ok(".param w1=1u\n.param w1=2u\n" + sized("w1"));
  EXPECT_EQ(read.circuit.devices[0].width, 2000);
  EXPECT_THAT(read.notes, Contains(HasSubstr("\"w1\" of t.sp:1 is replaced at t.sp:2")));
}

}  // namespace
}  // namespace ptah::test
