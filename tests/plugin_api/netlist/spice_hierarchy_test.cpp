/// Subcircuits, arrays and stacks in one flat circuit.
#include "netlist_test.hpp"

namespace ptah::test {
namespace {

TEST(SpiceHierarchy, FlattensWithPathsAndSharedNets) {
  const Circuit c = read_ok(
                        ".subckt top in out vdd vss\n"
                        "x1 in mid vdd vss inv wn=1u\n"
                        "X2 mid out vdd vss inv\n"
                        ".ends\n"
                        ".subckt inv a y p n wn=0.5u k=2\n"
                        "M1 y a n n nfet w=wn l=0.15u\n"
                        "M2 y a i n nfet w='wn*k' l=0.15u\n"
                        "M3 i a p p pfet w='wn*k' l=0.15u\n"
                        ".ends\n")
                        .circuit;
  EXPECT_EQ(c.name, "top");
  EXPECT_EQ(c.devices.size(), 6u);
  EXPECT_EQ(nets(c, "x1.M1"), "mid in vss vss");
  EXPECT_EQ(nets(c, "X2.M3"), "X2.i mid vdd vdd");
  EXPECT_EQ(device(c, "x1.M2").width, 2000);
  EXPECT_EQ(device(c, "x2.m2").width, 1000);
  EXPECT_EQ(c.nets.size(), 4u + 1 + 2);
}

TEST(SpiceHierarchy, ParametersDoNotLeakIntoInstances) {
  const Error error = read_error(
      ".subckt top a b q=1u\nx1 a b leaf\n.ends\n"
      ".subckt leaf a b\nM1 a b a a nfet w=q l=0.15u\n.ends\n");
  EXPECT_THAT(error.message, HasSubstr("\"q\""));
  EXPECT_EQ(error.where, "t.sp:5");
}

TEST(SpiceHierarchy, MultipliersMultiplyDownTheHierarchy) {
  const Circuit c = read_ok(
                        ".subckt top a b\nx1 a b leaf m=3\n.ends\n"
                        ".subckt leaf a b\nM1 a b a a nfet w=1u l=0.15u m=2 nf=2\n"
                        "C1 a b cap_mim w=5u l=5u m=2\n.ends\n",
                        per_finger())
                        .circuit;
  EXPECT_EQ(device(c, "x1.M1").multiplier, 6);
  EXPECT_EQ(device(c, "x1.M1").total_fingers(), 12);
  EXPECT_NE(c.find_device("x1.C1_6"), -1);
  EXPECT_EQ(c.devices.size(), 7u);
}

TEST(SpiceHierarchy, StackBecomesSeriesDevices) {
  const Circuit c = read_ok(one("M1 a b c d nfet w=1u l=0.15u nf=2 stack=3"), per_finger()).circuit;
  EXPECT_EQ(c.devices.size(), 3u);
  EXPECT_EQ(nets(c, "M1_1"), "a b M1_n1 d");
  EXPECT_EQ(nets(c, "M1_2"), "M1_n1 b M1_n2 d");
  EXPECT_EQ(nets(c, "M1_3"), "M1_n2 b c d");
  EXPECT_EQ(device(c, "M1_2").fingers, 2);
  EXPECT_THAT(c.matched, IsEmpty());
}

TEST(SpiceHierarchy, FreeStackHasOneFingerCount) {
  const Circuit c = read_ok(one("M1 a b c d nfet w=1u l=0.15u nf=ZZZ stack=2")).circuit;
  EXPECT_THAT(c.matched, ElementsAre(ElementsAre(0, 1)));
}

TEST(SpiceHierarchy, RecursionIsRefusedWithTheCycle) {
  const Error error = read_error(
      ".subckt top a\nx1 a one\n.ends\n"
      ".subckt one a\nx1 a two\n.ends\n"
      ".subckt two a\nM1 a a a a nfet w=1u l=1u\nx1 a one\n.ends\n");
  EXPECT_THAT(error.message, HasSubstr(R"("one" -> "two" -> "one")"));
  EXPECT_EQ(error.where, "t.sp:9");
  EXPECT_THAT(read_error(".subckt a x\nx1 x a\n.ends\n").message, HasSubstr(R"("a" -> "a")"));
}

TEST(SpiceHierarchy, TheTopIsTheOneNobodyCalls) {
  const std::string leaf = ".subckt leaf a b\nM1 a b a a nfet w=1u l=1u\n.ends\n";
  const std::string two =
      leaf + ".subckt u a b\nx a b leaf\n.ends\n.subckt v a b\nx a b leaf\n.ends\n";
  const Error error = read_error(two);
  EXPECT_THAT(error.message, AllOf(HasSubstr(R"("u", "v")"), Not(HasSubstr("leaf"))));
  SpiceOptions options;
  options.top = "V";
  EXPECT_EQ(read_ok(two, options).circuit.name, "v");
  options.top = "leaf";
  EXPECT_EQ(read_ok(two, options).circuit.devices.size(), 1u);
  options.top = "w";
  EXPECT_EQ(read_error(two, options).code, ErrorCode::kNotFound);
}

TEST(SpiceHierarchy, TestbenchAroundTheCircuitIsIgnoredAndTold) {
  const auto read =
      read_ok("V1 a 0 1.8\nx1 a b c d t\n.ac dec 10 1 1g\n" + one("M1 a b c d nfet w=1u l=1u"));
  EXPECT_EQ(read.circuit.name, "t");
  EXPECT_THAT(read.notes, Contains(HasSubstr("2 lines outside every .subckt ignored")));
}

TEST(SpiceHierarchy, GlobalNetsBecomePorts) {
  const auto read = read_ok(
      ".global VDD GND\n"
      ".subckt top a b\nx1 a b leaf\n.ends\n"
      ".subckt leaf a b\nM1 a b gnd 0 nfet w=1u l=1u\nM2 a b VDD VDD pfet w=1u l=1u\n.ends\n");
  const Circuit& c = read.circuit;
  // ngspice's ground has two names.
  EXPECT_EQ(c.ports.size(), 4u);
  EXPECT_EQ(nets(c, "x1.M1"), "a b gnd gnd");
  EXPECT_TRUE(c.is_port(c.find_net("VDD")));
  EXPECT_THAT(read.notes, Contains(HasSubstr("VDD: became a port of top")));
}

TEST(SpiceHierarchy, FlatNamesMustStayUnique) {
  EXPECT_THAT(read_error(".subckt top a b\nx1 a b leaf\nM1 x1.n a b b nfet w=1u l=1u\n.ends\n"
                         ".subckt leaf a b\nM1 a b n n nfet w=1u l=1u\n.ends\n")
                  .message,
              HasSubstr("Two nets would be called"));
  EXPECT_THAT(read_error(one("M1 a b c d nfet w=1u l=1u\nm1 a b c d nfet w=1u l=1u")).message,
              HasSubstr("Two devices are called \"m1\""));
}

TEST(SpiceHierarchy, PortCountsMustAgree) {
  const Error error = read_error(
      ".subckt top a b\nx1 a leaf\n.ends\n.subckt leaf a b\nM1 a b a a nfet w=1u l=1u\n.ends\n");
  EXPECT_THAT(error.message, AllOf(HasSubstr("connects 1 nets"), HasSubstr("2 ports")));
  EXPECT_EQ(error.where, "t.sp:2");
}

TEST(SpiceHierarchy, ExplodingHierarchyIsStopped) {
  // 10^12 transistors, and the same without any.
  for (const char* leaf : {"M1 a a a a nfet w=1u l=1u\n", ""}) {
    std::string text;
    for (int level = 0; level < 12; ++level) {
      text += ".subckt s" + std::to_string(level) + " a\n";
      for (int i = 0; i < 10; ++i) {
        text += "x" + std::to_string(i) + " a s" + std::to_string(level + 1) + "\n";
      }
      text += ".ends\n";
    }
    text += std::string(".subckt s12 a\n") + leaf + ".ends\n";
    const Error error = read_error(text);
    EXPECT_EQ(error.code, *leaf != '\0' ? ErrorCode::kLimit : ErrorCode::kInvalidArgument);
  }
}

TEST(SpiceHierarchy, UnknownInstanceParameterIsTold) {
  const auto read = read_ok(
      ".subckt top a b\nx1 a b leaf wm=2u\n.ends\n"
      ".subckt leaf a b wn=1u\nM1 a b a a nfet w=wn l=1u\n.ends\n");
  EXPECT_THAT(read.notes, Contains(HasSubstr("parameter \"wm\" ignored")));
}

}  // namespace
}  // namespace ptah::test
