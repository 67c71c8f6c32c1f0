/// Junction diodes and varactors: areas and perimeters as tools write them, and the rectangles that
/// have both.
#include <random>

#include "netlist_test.hpp"

namespace ptah::test {
namespace {

std::string sides(std::string_view line, const SpiceOptions& options = {}) {
  const Circuit circuit = read_ok(one(std::string(line)), options).circuit;
  if (circuit.devices.empty()) return "none";
  return std::to_string(circuit.devices[0].width) + " x " +
         std::to_string(circuit.devices[0].length);
}

TEST(SpiceDiodes, AreaAndPerimeterInWhateverUnit) {
  for (const char* size : {
           "area=0.4347 perim=2.64",          // um
           "area=4.347e-13 pj=2.64e-6",       // m
           "AREA=0.4347p P=2.64u",            // m
           "area=4.347e+11 pj=2.64e+06",      // xschem, newer Magic
           "area=4.347e+11p pj=2.64e+06u",    // Magic
           "a=0.4347 p=2.64",                 // CDL
           "area=4.347e11 perimeter=2.64e6",  // the process's subcircuit
           "w=0.63u l=0.69u",
           "w=0.69 l=0.63",
           "area=0.4347 perim=2.64 w=0.63 l=0.69",
           "0.4347 pj=2.64",
       }) {
    EXPECT_EQ(sides(std::string("D1 a b sky130_fd_pr__diode_pw2nd_05v5 ") + size), "630 x 690")
        << size;
  }
  EXPECT_EQ(sides("XD1 a b sky130_fd_pr__diode_pd2nw_05v5 area=1 perim=4"), "1000 x 1000");
  EXPECT_EQ(read_ok(".option scale=5000u\n" + one("D1 a b diode_pw2nd area=17388 pj=528"))
                .circuit.devices[0]
                .length,
            690);
}

TEST(SpiceDiodes, EveryRectangleOnTheGridComesBackFromItsAreaAndPerimeter) {
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    const auto side = [&](int most) { return static_cast<Dbu>(58 + random() % most) * 5; };
    Dbu w = side(2000), l = i % 7 == 0 ? w : side(9000);
    if (w > l) std::swap(w, l);
    const auto found = rectangle_of(to_um(w) * to_um(l), 2 * (to_um(w) + to_um(l)));
    ASSERT_TRUE(found) << w << " x " << l;
    EXPECT_NEAR(found->first, to_um(w), 1e-3) << w << " x " << l;
    EXPECT_NEAR(found->second, to_um(l), 1e-3) << w << " x " << l;
  }
}

TEST(SpiceDiodes, WithoutAPerimeterASquareWhichIsTold) {
  const auto read = read_ok(one("D1 a b diode_pd2nw area=1.21"));
  EXPECT_EQ(device(read.circuit, "D1").width, 1100);
  EXPECT_EQ(device(read.circuit, "D1").length, 1100);
  EXPECT_THAT(read.notes, Contains(AllOf(HasSubstr("D1"), HasSubstr("square"), HasSubstr("1.21"))));
  EXPECT_THAT(read_ok(one("D1 a b diode_pd2nw area=1.21 pj=4.4")).notes, IsEmpty());
}

TEST(SpiceDiodes, SidesOffTheGridAreRoundedOrRefused) {
  const std::string line = one("D1 a b diode_pw2nd area=2 pj=6.5");
  const auto read = read_ok(line);
  EXPECT_THAT(read.notes, Contains(AllOf(HasSubstr("2 um^2"), HasSubstr("perimeter 6.5 um"))));
  SpiceOptions strict;
  strict.off_grid = OffGrid::kRefuse;
  EXPECT_THAT(read_error(line, strict).message, HasSubstr("grid"));
}

TEST(SpiceDiodes, CopiesAreDevices) {
  const Circuit circuit = read_ok(one("D1 a b diode_pw2nd area=1 pj=4 m=3")).circuit;
  ASSERT_EQ(circuit.devices.size(), 3u);
  EXPECT_EQ(circuit.devices[2].kind, DeviceKind::kNdiode);
}

TEST(SpiceDiodes, WhatNoShapeHasIsRefusedWithBothNumbers) {
  const Error error = read_error(one("D1 a b diode_pw2nd area=4 pj=4"));
  EXPECT_THAT(error.message, AllOf(HasSubstr("D1"), HasSubstr("4 um^2"), HasSubstr("8 um")));
  EXPECT_EQ(error.where, "t.sp:2");
}

TEST(SpiceDiodes, UnreadableSizesAreRefused) {
  for (const char* line : {
           "D1 a b diode_pw2nd",                 // none
           "D1 a b diode_pw2nd area=0 pj=4",     // not positive
           "D1 a b diode_pw2nd area=-1 pj=4",    //
           "D1 a b diode_pw2nd area=1e30",       // in no unit
           "D1 a b diode_pw2nd area=1 a=2",      // twice
           "D1 a b diode_pw2nd area=5 w=1 l=1",  // contradiction
           "D1 a b diode_pw2nd w=1",             // half a size
           "D1 a diode_pw2nd area=1",            // one node
           "D1 a b c diode_pw2nd area=1",        // three
           "D1 a b nfet area=1",                 // no diode
           "D1 a b unknown_diode area=1",        //
           "M1 a b c d diode_pw2nd w=1u l=1u",   // no transistor
           "R1 a b diode_pw2nd",                 // no resistor
       }) {
    EXPECT_THAT(read_error(one(line)).message, HasSubstr("1")) << line;
  }
}

TEST(SpiceDiodes, TooSmallAndTooLargeOnesNameTheirSides) {
  const auto checked = [](const std::string& size) {
    const auto read = read_ok(one("D1 a b diode_pw2nd " + size + "\nM1 b c d a nfet w=1u l=1u"));
    return check_circuit(read.circuit, technology());
  };
  EXPECT_TRUE(checked("area=1 pj=4"));
  EXPECT_THAT(checked("area=0.04 pj=0.8").error().message, HasSubstr("shorter side"));
  EXPECT_THAT(checked("area=900 pj=120").error().message, HasSubstr("shorter side"));
}

TEST(SpiceDiodes, AnAnodeOffTheSubstrateGetsADeepWellWhichIsTold) {
  const auto read = read_ok(
      ".subckt t in vdd vss\nM1 in in vss vss nfet w=1u l=1u\nD1 vss in diode_pw2nd area=1 pj=4\n"
      "D2 in vdd diode_pw2nd area=1 pj=4\nD3 in vdd diode_pd2nw area=1 pj=4\n.ends\n");
  EXPECT_FALSE(device(read.circuit, "D1").isolated);
  EXPECT_TRUE(device(read.circuit, "D2").isolated);
  EXPECT_FALSE(device(read.circuit, "D3").isolated);
  EXPECT_THAT(read.notes, Contains(AllOf(HasSubstr("D2: its anode"), HasSubstr("deep n-well"))));
}

TEST(SpiceVaractors, HaveTheirWellAndTheSubstrate) {
  const auto read = read_ok(
      ".subckt t c0 c1 vss\nM1 c0 c0 vss vss nfet w=1u l=1u\n"
      "XC1 c0 c1 vss sky130_fd_pr__cap_var_lvt W=5 L=0.5 VM=1 m=2 spiceprefix=X\n"
      "XC2 c0 c1 c1 cap_var_hvt w=5e+06u l=500000u\n.ends\n");
  EXPECT_EQ(nets(read.circuit, "XC1_2"), "c0 c1 vss");
  EXPECT_EQ(device(read.circuit, "XC1_2").length, 500);
  EXPECT_EQ(nets(read.circuit, "XC2"), "c0 c1 vss");
  EXPECT_EQ(device(read.circuit, "XC2").width, 5000);
  EXPECT_THAT(read.notes, Contains(AllOf(HasSubstr("XC2"), HasSubstr("c1 -> vss"))));
}

TEST(SpiceVaractors, OffTheSubstrateOrWithAnUnknownCountAreRefused) {
  const auto off = read_ok(
      ".subckt t c0 c1 vdd vss\nM1 c0 c1 vss vss nfet w=1u l=1u\nM2 c0 c1 vdd vdd pfet w=1u l=1u\n"
      "XC1 c0 c1 vdd cap_var_lvt w=5 l=0.5\n.ends\n");
  EXPECT_THAT(check_circuit(off.circuit, technology()).error().message,
              AllOf(HasSubstr("XC1"), HasSubstr("\"vdd\""), HasSubstr("\"vss\"")));
  EXPECT_THAT(read_error(one("XC1 a b c cap_var_lvt w=5 l=0.5 vm=4")).message, HasSubstr("vm=4"));
}

TEST(SpiceDiodes, AreWrittenAsModelsHaveThem) {
  const Circuit circuit =
      read_ok(one("D1 a b diode_pw2nd area=0.4347 pj=2.64\nM1 b c d a nfet w=1u l=1u")).circuit;
  const std::string text = write_spice(circuit, technology());
  EXPECT_THAT(text,
              HasSubstr("DD1 a b sky130_fd_pr__diode_pw2nd_05v5 area=434700000000 pj=2640000\n"));
  EXPECT_EQ(device(read_ok(text).circuit, "DD1").width, 630);
}

}  // namespace
}  // namespace ptah::test
