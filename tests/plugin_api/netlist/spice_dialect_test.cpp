/// What schematic tools write, and what is no SPICE at all.
#include "netlist_test.hpp"

namespace ptah::test {
namespace {

TEST(SpiceDialect, OsirisTemplateLeavesFingersFree) {
  const auto read = read_ok(
      ".subckt ota GND VDD OUT IN\n"
      "M1 OUT IN GND GND sky130_fd_pr__nfet_01v8 l=150e-9 w=10.5e-7 nf=ZZZ\n"
      "M2 OUT OUT VDD VDD sky130_fd_pr__pfet_01v8 l=150.0e-9 w=5.25e-7 nf=zzz\n"
      "C0 OUT GND sky130_fd_pr__cap_mim_m3_1 l=25.0e-6 w=24.0e-6\n"
      "R0 OUT GND resistor r=18k\n"
      ".ends ota");  // no newline at the end, as OSIRIS writes it
  const Circuit& c = read.circuit;
  EXPECT_EQ(c.name, "ota");
  EXPECT_EQ(c.ports.size(), 4u);
  EXPECT_EQ(device(c, "M1").fingers, 0);
  EXPECT_EQ(device(c, "M1").kind, DeviceKind::kNmos);
  EXPECT_EQ(device(c, "M1").width, 1050);
  EXPECT_EQ(device(c, "M1").length, 150);
  EXPECT_EQ(device(c, "M2").fingers, 0);
  EXPECT_EQ(device(c, "M2").width, 525);
  EXPECT_EQ(nets(c, "M2"), "OUT OUT VDD VDD");
  EXPECT_EQ(device(c, "C0").width, 24000);
  EXPECT_EQ(device(c, "C0").length, 25000);
  EXPECT_EQ(device(c, "R0").model, "sky130_fd_pr__res_generic_l1");
  ASSERT_TRUE(device(c, "R0").resistance_ohm.has_value());
  EXPECT_DOUBLE_EQ(*device(c, "R0").resistance_ohm, 18000);
  EXPECT_EQ(device(c, "M1").where, "t.sp:2");
}

TEST(SpiceDialect, WhatSimulatorsAddIsPassedOver) {
  const std::string body = one("M1 a b c d nfet w=w0 l=1u\n.unprotect\n.param w0=1u");
  const auto read = read_ok(
      body + ".step param x 1 2 1\n.data sizes w0\n1u 2u\n.enddata\n.alter\n.backanno\n.end\n");
  EXPECT_EQ(device(read.circuit, "M1").width, 1000);
}

TEST(SpiceDialect, CapacitancesOfAnExtractedNetlistAreNoDevices) {
  const std::string body =
      ".subckt sw out vdd vss\n"
      "X0 out vss sky130_fd_pr__cap_mim_m3_1 l=5e+06u w=5e+06u\n"
      "X1 out vdd vss vss sky130_fd_pr__nfet_01v8_lvt ad=0p pd=0u w=1e+06u l=400000u\n"
      "C0 out vss 14.61fF\n"
      "C1 vdd vss 0.57fF $ **FLOATING\n"
      "C2 out vss sky130_fd_pr__cap_mim_m3_1 l=4u w=4u\n"
      ".ends\n.end\n";
  const auto read = read_ok("* NGSPICE file created from TOP.ext - technology: sky130A\n\n" + body);
  EXPECT_EQ(read.circuit.devices.size(), 3u);
  EXPECT_THAT(read.notes,
              Contains(AllOf(HasSubstr("2 capacitances of wires left out"), HasSubstr("t.sp:6"))));
  EXPECT_EQ(read_ok("* Top level circuit sw\n" + body).circuit.devices.size(), 3u);
  // What a person wrote is meant.
  const std::string drawn = one("C0 a b 14.61fF\nC1 c d 20f\nM1 a b c d nfet w=1u l=1u");
  EXPECT_EQ(read_ok("* a switch\n" + drawn).circuit.devices.size(), 3u);
}

TEST(SpiceDialect, ResistancesOfExtractedWiresJoinTheirNets) {
  const std::string body =
      ".subckt mod gnd in out vd\n"
      "X1 vd a_68_12# gnd.t2 sky130_fd_pr__res_xhigh_po_0p35 l=5\n"
      "X4 gnd.t1 in.t0 out.t0 gnd.t0 sky130_fd_pr__nfet_01v8 w=2 l=0.15\n"
      "R0 out out.t0 9.21142\n"
      "R1 gnd.n20 gnd.t2 815.595\n"
      "R2 gnd.n20 gnd.t0 25.9602\n"
      "R3 gnd gnd.t1 8.7\n"
      "R4 gnd.n20 gnd 0.001\n"
      "R5 in.t0 in 396\n"
      ".ends\n";
  const auto read = read_ok("* NGSPICE file created from mod.ext - technology: sky130A\n" + body);
  ASSERT_EQ(read.circuit.devices.size(), 2u);
  EXPECT_EQ(read.circuit.nets.size(), 5u);
  const Device& mos = device(read.circuit, "X4");
  const auto net = [&](std::size_t k) {
    return read.circuit.nets[static_cast<std::size_t>(mos.nets[k])].name;
  };
  EXPECT_EQ(net(terminal::kDrain), "gnd");
  EXPECT_EQ(net(terminal::kGate), "in");
  EXPECT_EQ(net(terminal::kSource), "out");
  EXPECT_EQ(net(terminal::kBulk), "gnd");
  EXPECT_THAT(read.notes,
              Contains(AllOf(HasSubstr("6 resistances of wires left out"), HasSubstr("t.sp:5"))));
}

// A net that goes through several cells has a name in each.
TEST(SpiceDialect, ResistancesJoinTheNamesOfANetInSeveralCells) {
  const auto read = read_ok(
      "* PEX\n* NGSPICE file created from bias.ext - technology: sky130A\n"
      ".subckt bias in vss\n"
      "X0 x1.a.t3 in.t6 vss.t1 vss.t2 sky130_fd_pr__nfet_01v8 w=1.8 l=1\n"
      "X1 x2.b.t1 in.t4 vss.t4 vss.t2 sky130_fd_pr__nfet_01v8 w=1.8 l=1\n"
      "R0 in in.t6 5\nR1 in in.t4 5\nR2 vss vss.t1 1\nR3 vss vss.t2 1\nR4 vss.t4 vss 1\n"
      "R5 x1.a x1.a.t3 1\nR6 x1.a x2.b.n11 4.563\nR7 x2.b.n11 x2.b.t1 141\n.ends\n");
  EXPECT_EQ(read.circuit.devices.size(), 2u);
  EXPECT_EQ(read.circuit.nets.size(), 3u);
  EXPECT_EQ(device(read.circuit, "X0").nets[terminal::kDrain],
            device(read.circuit, "X1").nets[terminal::kDrain]);
}

// What lies below a cell is nobody's node where the cell above does not name it.
TEST(SpiceDialect, TheSubstratesOfExtractedCellsAreOne) {
  const std::string cell =
      ".subckt res a b VSUBS\nX0 a b VSUBS sky130_fd_pr__res_xhigh_po_1p41 l=5\n.ends\n";
  const std::string row = ".subckt row a b\nXr a b row_0/VSUBS res\n.ends\n";
  const auto joined = read_ok(cell + row +
                              ".subckt top a b c gnd\nX1 a b row\nX2 b c row\nX3 a c gnd res\n"
                              ".ends\n");
  ASSERT_EQ(joined.circuit.devices.size(), 3u);
  EXPECT_EQ(joined.circuit.nets.size(), 4u);
  for (const Device& device : joined.circuit.devices)
    EXPECT_EQ(joined.circuit.nets[static_cast<std::size_t>(device.nets[2])].name, "gnd");
  EXPECT_THAT(joined.notes, Contains(HasSubstr("X1.row_0/VSUBS: the substrate below a cell")));
  EXPECT_TRUE(check_circuit(joined.circuit, technology()).has_value());
  // Where nothing else names the substrate, the first does.
  const auto alone = read_ok(cell + row + ".subckt top a b c\nX1 a b row\nX2 b c row\n.ends\n");
  EXPECT_EQ(alone.circuit.nets.size(), 4u);
  EXPECT_EQ(alone.circuit.devices[0].nets[2], alone.circuit.devices[1].nets[2]);
  // Nor is there one to be joined where no device lies in a substrate.
  const auto none = read_ok(
      ".subckt well a b VSUBS\nXM a a b b sky130_fd_pr__pfet_01v8 w=1 l=1\n.ends\n"
      ".subckt top a b\nX1 a b w.VSUBS well\n.ends\n");
  EXPECT_EQ(none.circuit.devices.size(), 1u);
  // A net that does more than that is what it is.
  const auto used = read_ok(cell +
                            ".subckt top a b gnd\nXr a x.VSUBS x.VSUBS res\n"
                            "XM b a x.VSUBS gnd sky130_fd_pr__nfet_01v8 w=1 l=1\n.ends\n");
  EXPECT_EQ(used.circuit.nets.size(), 4u);
}

TEST(SpiceDialect, EscapedNamesOfVerilogAreNamesOfTheirOwn) {
  const auto read = read_ok(
      ".subckt cnt cnt[8] a vss\n"
      "X0 cnt\\[8\\] a vss vss sky130_fd_pr__nfet_01v8 w=1 l=1\n"
      "X1 cnt[8] cnt\\[8\\] vss vss sky130_fd_pr__nfet_01v8 w=1 l=1\n.ends\n");
  ASSERT_EQ(read.circuit.nets.size(), 4u);
  EXPECT_EQ(read.circuit.nets[3].name, "cnt[8]2");
  EXPECT_EQ(read.all.written.at("cnt[8]2"), "cnt\\[8\\]");
  EXPECT_THAT(read.notes, Contains(HasSubstr("cnt[8]2")));
}

TEST(SpiceDialect, ASourceOfZeroVoltsIsAWire) {
  const auto read = read_ok(
      "* t\n.subckt sa OUT IN VDD VSS\n"
      "xn tail_pre IN VSS VSS sky130_fd_pr__nfet_01v8 w='4.0' l='0.15' nf='4'\n"
      "vtail tail tail_pre dc '0'\n"
      "Vm out TAIL 0\n"
      "xp OUT IN VDD VDD sky130_fd_pr__pfet_01v8 w=2 l=0.15 nf=2\n"
      ".ends\n");
  ASSERT_EQ(read.circuit.devices.size(), 2u);
  EXPECT_EQ(read.circuit.nets.size(), 4u);
  EXPECT_EQ(device(read.circuit, "xn").nets[terminal::kDrain],
            device(read.circuit, "xp").nets[terminal::kDrain]);
  EXPECT_EQ(read.circuit.nets[0].name, "OUT");
  EXPECT_THAT(read.notes, Contains(AllOf(HasSubstr("2 sources of 0 V are read as a wire"),
                                         HasSubstr("t.sp:4"))));
}

TEST(SpiceDialect, XyceSaysParamsBeforeThoseOfAnInstance) {
  const auto read = read_ok(
      "; `xyce` Sim Input\n.SUBCKT mux\n+ S0 X0 Y VGND\n; No parameters\n\n"
      "xfet0\n+ Y S0 X0 VGND\n+ sky130_fd_pr__nfet_01v8\n+ PARAMS: w={480m} l={170m}\n.ENDS\n");
  EXPECT_EQ(device(read.circuit, "xfet0").width, 480);
  EXPECT_EQ(device(read.circuit, "xfet0").length, 170);
}

/// A shorter name must not take the place of one that other subcircuits know.
TEST(SpiceDialect, AGlobalNetKeepsItsNameBesideAnAmmeter) {
  const auto read = read_ok(
      "* t\n.subckt inv A Y\n"
      "XM1 Y A VGLOBAL VGLOBAL sky130_fd_pr__nfet_01v8 L=0.15 W=1 nf=1\n.ends\n"
      ".subckt top A Y\n"
      "x1 A Y inv\n"
      "XM2 Y A n n sky130_fd_pr__nfet_01v8 L=0.15 W=1 nf=1\n"
      "Vm n VGLOBAL 0\n"
      ".ends\n.global VGLOBAL\n");
  EXPECT_EQ(device(read.circuit, "XM2").nets[terminal::kSource],
            device(read.circuit, "x1.XM1").nets[terminal::kSource]);
  EXPECT_EQ(read.circuit.nets.size(), 3u);
}

/// Seconds where each would walk the whole chain.
TEST(SpiceDialect, AWireOfManyPartsIsOneNet) {
  std::string text = "* NGSPICE file created from t.ext\n.subckt w out a vss\n";
  constexpr int kParts = 20'000;
  for (int i = kParts; i > 1; --i) {
    text += "R" + std::to_string(i) + " out.n" + std::to_string(i) + " out.n" +
            std::to_string(i - 1) + " 1\n";
  }
  text += "Rl out.n1 out 1\nX1 out.n" + std::to_string(kParts) +
          " a vss vss sky130_fd_pr__nfet_01v8 l=0.15 w=1\n.ends\n";
  const auto read = read_ok(text);
  EXPECT_EQ(read.circuit.nets.size(), 3u);
  EXPECT_EQ(
      read.circuit.nets[static_cast<std::size_t>(device(read.circuit, "X1").nets[terminal::kDrain])]
          .name,
      "out");
}

TEST(SpiceDialect, ControlBlocksArePassedOver) {
  const auto read = read_ok(
      "** sch_path: /home/me/inv.sch\n"
      ".subckt inv A Y VDD VSS\n"
      "XM1 Y A VSS VSS sky130_fd_pr__nfet_01v8 L=0.15 W=1 nf=1\n"
      ".ends\n"
      ".control\nshell rm -rf x\nwrite \"unfinished\n.endc\n.end\n");
  EXPECT_EQ(read.circuit.devices.size(), 1u);
  EXPECT_THAT(read.notes,
              Contains(AllOf(HasSubstr("1 control block left out"), HasSubstr("t.sp:5"))));
}

// As xschem 3.4 netlists a schematic of sky130 symbols.
constexpr std::string_view kXschem = R"(** sch_path: /home/me/ota.sch
**.subckt ota VOUT INP INM VDD VSS
*.opin VOUT
*.ipin INP
*.iopin VDD
XM1 VOUT INP net1 VSS sky130_fd_pr__nfet_01v8 L=0.15 W=4.2 nf=4 ad='int((nf+1)/2) * W/nf * 0.29' as='int((nf+2)/2) * W/nf * 0.29'
+ pd='2*int((nf+1)/2) * (W/nf + 0.29)' ps='2*int((nf+2)/2) * (W/nf + 0.29)' nrd='0.29 / W' nrs='0.29 / W'
+ sa=0 sb=0 sd=0 mult=1 m=1
XM2 VOUT INM VDD VDD sky130_fd_pr__pfet_01v8 L=0.15 W=1 nf=1 mult=3 m=3
XC1 VOUT VSS sky130_fd_pr__cap_mim_m3_1 W=10 L=12 MF=2 m=2
XR1 INP INM VSS sky130_fd_pr__res_high_po W=0.35 L=3.5 mult=1 m=1
x1 net1 VSS tail
**** begin user architecture code
.lib /usr/share/pdk/sky130A/libs.tech/combined/sky130.lib.spice tt
**** end user architecture code
**.ends

* expanding symbol: tail.sym # of pins=2
** sym_path: /home/me/tail.sym
.subckt tail D S
XM3 D D S S sky130_fd_pr__nfet_01v8 L=0.5 W=2 nf=2 mult=1 m=1
.ends
.GLOBAL GND
.end
)";

TEST(SpiceDialect, XschemNetlistWithCommentedTop) {
  const auto read = read_ok(kXschem);
  const Circuit& c = read.circuit;
  EXPECT_EQ(c.name, "ota");
  EXPECT_EQ(c.ports.size(), 5u);  // GND is declared, but nothing uses it
  EXPECT_EQ(c.devices.size(), 6u);
  EXPECT_EQ(device(c, "XM1").fingers, 4);
  EXPECT_EQ(device(c, "XM1").width, 1050);  // W is the total of an X line
  EXPECT_EQ(device(c, "XM2").multiplier, 3);
  EXPECT_EQ(device(c, "x1.XM3").width, 1000);
  EXPECT_EQ(nets(c, "x1.XM3"), "net1 net1 VSS VSS");
  EXPECT_EQ(device(c, "XC1_1").width, 10000);
  EXPECT_EQ(device(c, "XC1_2").length, 12000);
  EXPECT_EQ(nets(c, "XR1"), "INP INM VSS");
  EXPECT_THAT(read.notes, Contains(HasSubstr("w is the total width of all fingers")));
  EXPECT_THAT(read.notes, Contains(HasSubstr(".lib ignored")));
  EXPECT_TRUE(check_circuit(read_ok(kXschem).circuit, technology()).has_error() == false);
}

TEST(SpiceDialect, CommentedHeaderOfAUserIsNoSubcircuit) {
  const auto read = read_ok(
      "**.subckt old a b\n"
      ".subckt new a b\nM1 a b a a nfet w=1u l=0.15u\n.ends\n");
  EXPECT_EQ(read.circuit.name, "new");
}

TEST(SpiceDialect, CommentedEndsWithinASubcircuitIsAComment) {
  // As xschem writes a netlist for LVS.
  const auto read = read_ok(
      ".subckt lvs a b\n*.ipin a\nM1 a b a a nfet w=1u l=0.15u\n"
      "**.ends\n** flattened .save nodes\n.ends\n");
  EXPECT_EQ(read.circuit.name, "lvs");
  EXPECT_EQ(read.circuit.devices.size(), 1u);
  const auto beside = read_ok(
      "**.subckt old a b\n"
      ".subckt new a b\nM1 a b a a nfet w=1u l=0.15u\n**.ends\n.ends\n");
  EXPECT_EQ(beside.circuit.name, "new");
}

// As KLayout writes what it extracted: nets and subcircuits that it named itself.
TEST(SpiceDialect, KLayoutNetlist) {
  const auto read = read_ok(
      ".SUBCKT buf X A VGND VPWR bulk\n"
      "X$1 VPWR \\$3 A cell$1\n"
      "M$2 VPWR \\$3 X VPWR sky130_fd_pr__pfet_01v8_hvt L=0.15 W=0.79 AS=0.11455\n"
      "+ AD=0.2054 PS=1.08 PD=2.1\n"
      "M$3 \\$3 A VGND bulk sky130_fd_pr__nfet_01v8 L=0.15 W=0.52 AS=0.1352\n"
      ".ENDS buf\n"
      ".SUBCKT cell$1 \\$1 \\$2 B\n"
      "M$1 \\$2 B \\$1 \\$1 sky130_fd_pr__pfet_01v8_hvt L=0.15 W=0.79\n"
      ".ENDS cell$1\n");
  EXPECT_EQ(read.circuit.name, "buf");
  EXPECT_EQ(read.circuit.devices.size(), 3u);
  EXPECT_EQ(nets(read.circuit, "M$2"), "VPWR net$3 X VPWR");
  EXPECT_EQ(nets(read.circuit, "X$1.M$1"), "net$3 A VPWR VPWR");
  EXPECT_EQ(device(read.circuit, "M$3").width, 520);
  // A resistor has its value, its size, area and perimeter: what was drawn counts.
  const std::string sized = "R$1 a b bulk sky130_fd_pr__res_high_po_0p35 R=566.5 L=0.62 W=0.35";
  const auto resistor = read_ok(one(sized + " A=0.217 P=1.94"));
  EXPECT_EQ(resistor.circuit.devices[0].length, 620);
  EXPECT_FALSE(resistor.circuit.devices[0].resistance_ohm);
  EXPECT_THAT(resistor.notes, Contains(HasSubstr("beside a drawn size")));
  EXPECT_THAT(read_error(one(sized)).message, HasSubstr("may contradict"));
}

TEST(SpiceDialect, WidthCanBeReadEitherWay) {
  const std::string x = one("XM1 a b c d sky130_fd_pr__nfet_01v8 w=4.2 l=0.15 nf=4");
  const std::string m = one("M1 a b c d sky130_fd_pr__nfet_01v8 w=4.2 l=0.15 nf=4");
  SpiceOptions finger, total;
  finger.width = WidthMeaning::kFinger;
  total.width = WidthMeaning::kTotal;
  EXPECT_EQ(read_ok(x).circuit.devices[0].width, 1050);
  EXPECT_EQ(read_ok(x, finger).circuit.devices[0].width, 4200);
  EXPECT_EQ(read_ok(m, total).circuit.devices[0].width, 1050);
  // The decision is told.
  EXPECT_THAT(read_ok(m, finger).notes, Contains(HasSubstr("w is the width of one finger: M1")));
}

TEST(SpiceDialect, TotalWidthOfFreeFingersIsRefused) {
  SpiceOptions total;
  total.width = WidthMeaning::kTotal;
  const Error error = read_error(one("M1 a b c d nfet w=4.2u l=0.15u nf=ZZZ"), total);
  EXPECT_THAT(error.message, HasSubstr("finger count is free"));
}

TEST(SpiceDialect, ContinuationsCommentsAndCaseDoNotMatter) {
  const auto read = read_ok(
      "a title\r\n"
      ".SUBCKT Top A B C $ ports\r\n"
      "* a comment\r\n"
      "m1 a B ; drain and gate\r\n"
      "\r\n"
      "* a comment between\r\n"
      "+ C c\r\n"
      "+ NFET W = 1.05u // width\r\n"
      "+ L=150n NF=2\r\n"
      ".ENDS top\r\n",
      per_finger());
  EXPECT_EQ(nets(read.circuit, "M1"), "A B C C");
  EXPECT_EQ(read.circuit.nets.size(), 3u);
  EXPECT_EQ(read.circuit.devices[0].where, "t.sp:4");
  EXPECT_EQ(read.circuit.devices[0].fingers, 2);
}

TEST(SpiceDialect, DollarInsideANetNameIsNoComment) {
  const auto read = read_ok(one("M1 a b n$1 d nfet w=1u l=1u\nM2 n$1 b c d nfet w=1u l=1u"));
  EXPECT_NE(read.circuit.find_net("n$1"), kNoNet);
}

TEST(SpiceDialect, CdlSlashBeforeTheSubcircuit) {
  const auto read = read_ok(
      ".subckt top a b\nXI0 a b / inv\n.ends\n"
      ".subckt inv i o\nM0 o i i i nfet w=1u l=0.15u\n.ends\n");
  EXPECT_EQ(nets(read.circuit, "XI0.M0"), "b a a a");
}

TEST(SpiceDialect, AliasesOfTheTechnology) {
  EXPECT_EQ(read_ok(one("M1 a b c d NFET w=1u l=0.15u")).circuit.devices[0].model,
            "sky130_fd_pr__nfet_01v8");
}

TEST(SpiceDialect, RAndCElements) {
  const Circuit c = read_ok(one("R1 a b 18k\n"
                                "R2 a b res_generic_po w=0.33u l=10u\n"
                                "R3 a b res_generic_po 4.8k\n"
                                "R4 a b 4.8k res_generic_po\n"
                                "R5 a b c res_high_po r='2*10k'\n"
                                "R6 a b c res_high_po l=3u\n"
                                "C1 c d cap_mim_m3_1 w=10u l=10u\n"
                                "C2 c d capacitor w=10u l=20u m=3"))
                        .circuit;
  EXPECT_DOUBLE_EQ(*device(c, "R1").resistance_ohm, 18000);
  EXPECT_EQ(device(c, "R1").model, "sky130_fd_pr__res_generic_l1");
  EXPECT_FALSE(device(c, "R2").resistance_ohm.has_value());
  EXPECT_EQ(device(c, "R2").length, 10000);
  EXPECT_DOUBLE_EQ(*device(c, "R3").resistance_ohm, 4800);
  EXPECT_DOUBLE_EQ(*device(c, "R4").resistance_ohm, 4800);
  EXPECT_DOUBLE_EQ(*device(c, "R5").resistance_ohm, 20000);
  EXPECT_EQ(nets(c, "R5"), "a b c");
  EXPECT_EQ(device(c, "R6").width, 350);  // the technology's default
  EXPECT_EQ(device(c, "C2_3").length, 20000);
  EXPECT_EQ(c.find_device("C2"), -1);
}

TEST(SpiceDialect, CapacitorByValueIsASquareOfThatValue) {
  const auto read =
      read_ok(one("C1 a b 1p\nC2 c d cap_mim c=1266.4825f\nC3 a b 500f cap_mim\n"
                  "C4 a b cap_mim c='1p/2' w=5u\nC5 a b cap_mim2 1p"));
  const Circuit& c = read.circuit;
  // 2 fF/um^2 and 0.19 fF/um on plates 25 nm smaller than drawn: 25 x 25 um hold 1266.5 fF.
  EXPECT_EQ(device(c, "C2").width, 25000);
  EXPECT_EQ(device(c, "C2").length, 25000);
  EXPECT_EQ(device(c, "C4").width, 5000);
  EXPECT_EQ(device(c, "C5").model, "sky130_fd_pr__cap_mim_m3_2");
  const auto value = [&](std::string_view name) {
    const double w = to_um(device(c, name).width) - 0.025;
    const double l = to_um(device(c, name).length) - 0.025;
    return 2.0 * w * l + 0.38 * (w + l);
  };
  EXPECT_NEAR(value("C1"), 1000, 0.3);  // half a step of the 5 nm grid on both sides
  EXPECT_NEAR(value("C3"), 500, 0.2);
  EXPECT_NEAR(value("C4"), 500, 0.05);
  EXPECT_THAT(read.notes,
              Contains(HasSubstr("C1: no model given, drawn as sky130_fd_pr__cap_mim_m3_1: 1e-12 F "
                                 "-> 22.195 x 22.195 um, ")));
  EXPECT_THAT(read_error(one("C1 a b cap_mim c=1f w=20u")).message, HasSubstr("no plate"));
  EXPECT_EQ(read_error(one("C1 a b 1")).where, "t.sp:2");
}

TEST(SpiceDialect, WithoutAModelTheChoiceIsTold) {
  EXPECT_THAT(
      read_ok(one("R1 a b 18k")).notes,
      Contains(HasSubstr("R1: no model given, drawn as sky130_fd_pr__res_generic_l1: 18000 ohm")));
}

struct Foreign {
  const char* name;
  std::string text;
  const char* what;
};

class ForeignFormat : public ::testing::TestWithParam<Foreign> {};

TEST_P(ForeignFormat, IsNamedInTheError) {
  const Error error = read_error(GetParam().text);
  EXPECT_THAT(error.message, HasSubstr(GetParam().what));
  EXPECT_THAT(error.where, ::testing::StartsWith("t.sp"));
  EXPECT_FALSE(error.hint.empty());
}

INSTANTIATE_TEST_SUITE_P(
    All, ForeignFormat,
    ::testing::Values(
        Foreign{"spectre_lang", "simulator lang=spectre\nsubckt a b c\nends a\n", "Spectre"},
        Foreign{"spectre_comment", "// Generated for: spectre\nM1 (a b c d) nfet l=120n w=16u\n",
                "Spectre"},
        Foreign{"spectre_nodes", "M1 (a b c d) nfet l=120.0n w=16.0u m=1 nf=8\n", "Spectre"},
        Foreign{"spectre_subckt", "// x\n\nsubckt ota INM INP\nM1 (a b c d) nfet\nends ota\n",
                "Spectre"},
        Foreign{"verilog", "// cells\n`timescale 1ns/1ps\nmodule inv(input a, output y);\n",
                "Verilog"},
        Foreign{"verilog_module", "module inv(a, y);\n  assign y = ~a;\nendmodule\n", "Verilog"},
        Foreign{"gds", std::string("\x00\x06\x00\x02\x02\x58", 6), "GDSII"},
        Foreign{"gzip", "\x1f\x8b\x08 abcdef", "gzip"},
        Foreign{"zeros", std::string("abc\0def\n", 8), "binary"},
        Foreign{"control", "\x01\x02\x03\x04\x05\x06 abc", "binary"},
        Foreign{"utf16", std::string("\xff\xfe.\0s\0", 6), "UTF-16"},
        Foreign{"xschem", "v {xschem version=3.4.4 file_version=1.2}\nG {}\n", "xschem schematic"},
        Foreign{"json", "{\"pairs\": []}\n", "JSON"},
        Foreign{"lef", "VERSION 5.8 ;\nMACRO inv\n", "layout"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(SpiceDialect, ATitleWithParenthesesIsNoSpectre) {
  EXPECT_EQ(read_ok("Amplifier (second version)\n" + one("M1 a b c d nfet w=1u l=1u")).circuit.name,
            "t");
}

TEST(SpiceDialect, ByteOrderMarkIsSkipped) {
  EXPECT_EQ(read_ok("\xEF\xBB\xBF" + one("M1 a b c d nfet w=1u l=1u")).circuit.name, "t");
}

}  // namespace
}  // namespace ptah::test
