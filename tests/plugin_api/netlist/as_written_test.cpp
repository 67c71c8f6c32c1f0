/// What people hand over is read as they mean it, and what is taken otherwise is told.
#include "netlist_test.hpp"

namespace ptah::test {
namespace {

std::vector<std::string> ports(const Circuit& circuit) {
  std::vector<std::string> names;
  for (const NetId port : circuit.ports)
    names.push_back(circuit.nets[static_cast<std::size_t>(port)].name);
  return names;
}

/// The change that was made of a device or net; fails where there is none.
Note change_of(const ReadCircuit& read, std::string_view device) {
  for (const Note& note : read.all.notes) {
    if (note.device == device && note.is_change()) return note;
  }
  ADD_FAILURE() << "nothing is told of " << device;
  return {};
}

constexpr std::string_view kTwo =
    "XM1 out in vss vss sky130_fd_pr__nfet_01v8 L=0.15 W=1 nf=1\n"
    "XM2 out in vdd vdd sky130_fd_pr__pfet_01v8 L=0.15 W=2 nf=1\n";

TEST(AsWritten, PortsOfACommentedTopGoOnWithStarPlus) {
  for (const char* between : {"", "* a comment\n", "\n*\n"}) {
    const auto read =
        read_ok("**.subckt inv in vdd\n" + std::string(between) +
                "*+ vss\n*+ out\n*.ipin in\n*+ pin\n" + std::string(kTwo) + "**.ends\n.end\n");
    EXPECT_THAT(ports(read.circuit), ElementsAre("in", "vdd", "vss", "out")) << between;
  }
}

TEST(AsWritten, WhatGoesOnWithPinInfoIsNoPort) {
  const auto commented = read_ok("**.subckt inv in vdd vss out\n*.PININFO in:I vdd:B\n*+ vss:B\n" +
                                 std::string(kTwo) + "**.ends\n");
  EXPECT_EQ(commented.circuit.ports.size(), 4u);
  const auto plain =
      read_ok(".subckt inv in vdd\n* a comment\n+ vss out\n*.PININFO in:I\n*+ x:B\n" +
              std::string(kTwo) + ".ends\n");
  EXPECT_THAT(ports(plain.circuit), ElementsAre("in", "vdd", "vss", "out"));
}

TEST(AsWritten, APortThatIsListedTwiceIsOne) {
  const auto read = read_ok(".subckt inv VDD in out vss vdd\n" + std::string(kTwo) + ".ends\n");
  EXPECT_THAT(ports(read.circuit), ElementsAre("VDD", "in", "out", "vss"));
  EXPECT_THAT(read.notes, testing::Contains(testing::HasSubstr("listed more than once")));
}

TEST(AsWritten, DevicesOutsideASubcircuitThatNothingDrivesMayBeTheCircuit) {
  const std::string inner = ".subckt inv out in vdd vss\n" + std::string(kTwo) + ".ends\n";
  const std::string calls = "a title\nx1 b a vdd vss inv\nx2 c b vdd vss inv\n";
  const Error error = read_error(calls + inner + ".end\n");
  EXPECT_THAT(error.message, testing::HasSubstr("\"x1\" stands outside every .subckt"));
  EXPECT_THAT(error.hint, testing::HasSubstr("--top"));
  // A testbench drives its DUT; and the subcircuit may be named.
  read_ok(calls + "V1 a 0 1\n" + inner + ".end\n");
  SpiceOptions options;
  options.top = "inv";
  EXPECT_EQ(read_ok(calls + inner, options).circuit.devices.size(), 2u);
}

TEST(AsWritten, TransistorsBesideASimulationAreNotPassedOver) {
  const std::string inner = ".subckt inv out in vdd vss\n" + std::string(kTwo) + ".ends\n";
  const std::string bench = "a title\nV1 a 0 1\nx1 b a vdd vss inv\n";
  const std::string load = "XC1 b 0 sky130_fd_pr__cap_mim_m3_1 W=4 L=4\n";
  read_ok(bench + load + inner + ".end\n");  // a load is the simulation's
  const std::string transistor = "xm1 c b 0 0 sky130_fd_pr__nfet_01v8 w=1 l=1\n";
  const Error error = read_error(bench + transistor + inner + ".end\n");
  EXPECT_THAT(error.message, testing::HasSubstr("\"xm1\" stands outside every .subckt"));
  SpiceOptions options;
  options.top = "inv";
  EXPECT_EQ(read_ok(bench + transistor + inner, options).circuit.devices.size(), 2u);
}

TEST(AsWritten, AnEndInTheMiddleEndsNothing) {
  const auto read = read_ok(
      "**.subckt top in out vdd vss\nx1 out in vdd vss inv\n.tran 1n 2n\n.end\n" +
      std::string("**.ends\n.subckt inv out in vdd vss\n") + std::string(kTwo) + ".ends\n.end\n");
  EXPECT_EQ(read.circuit.name, "top");
  EXPECT_EQ(read.circuit.devices.size(), 2u);
  EXPECT_THAT(read.notes, testing::Contains(testing::HasSubstr("after .end")));
}

TEST(AsWritten, CdlSaysInCommentsWhatAPassiveIs) {
  const auto read = read_ok(
      ".PARAM\n.subckt top a b vss\n*.PININFO a:I b:O vss:B\n"
      "RR0 a b 10K $[sky130_fd_pr__res_high_po_0p35] $SUB=vss $W=350n\n+ $L=5u M=2 $T=1 2 3\n"
      "RR1 a b sky130_fd_pr__res_high_po_0p69 $SUB=vss W=690n L=4u $ a comment\n"
      "CC0 a b 100f $[sky130_fd_pr__cap_mim_m3_1] $W=7u $L=6u $SUB=vss\n"
      "CC1 a b 100f $[sky130_fd_pr__cap_mim_m3_1] $X=1 $Y=2\n.ends\n");
  EXPECT_EQ(device(read.circuit, "RR0_2").model, "sky130_fd_pr__res_high_po_0p35");
  EXPECT_EQ(device(read.circuit, "RR0_2").length, 5000);
  EXPECT_EQ(device(read.circuit, "RR0_2").nets.back(), read.circuit.find_net("vss"));
  EXPECT_EQ(device(read.circuit, "RR1").model, "sky130_fd_pr__res_high_po_0p69");
  EXPECT_EQ(device(read.circuit, "RR1").nets.size(), 3u);
  EXPECT_EQ(device(read.circuit, "CC0").width, 7000);
  EXPECT_EQ(device(read.circuit, "CC0").length, 6000);
  EXPECT_EQ(device(read.circuit, "CC0").nets.size(), 2u);
  EXPECT_NEAR(static_cast<double>(device(read.circuit, "CC1").width), 6910, 10);
  EXPECT_THAT(read.notes, testing::Contains(testing::HasSubstr("2 values beside $W= and $L=")));
}

TEST(AsWritten, XschemWritesTheTotalWidthWhateverTheLetter) {
  const std::string line = "M1 a b c d sky130_fd_pr__nfet_01v8 L=1 W=8 nf=4";
  for (const std::string& mark : {std::string("** sch_path: /x/a.sch\n"),
                                  std::string("* expanding symbol: a.sym # of pins=2\n"),
                                  std::string("** sym_path: /x/a.sym\n")}) {
    EXPECT_EQ(read_ok(mark + one(line)).circuit.devices[0].width, 2000) << mark;
  }
  // Its symbols' expressions say it, too, for the whole file.
  const auto read = read_ok(one(line + "\nX2 a b c d sky130_fd_pr__nfet_01v8 L=1 W=8 nf=2 "
                                       "as='int((nf+2)/2) * W / nf * 0.29'"));
  EXPECT_EQ(device(read.circuit, "M1").width, 2000);
  EXPECT_EQ(device(read.circuit, "M1").fingers, 4);
  EXPECT_EQ(device(read.circuit, "X2").width, 4000);
}

TEST(AsWritten, AWidthThatCanBeEitherIsAskedFor) {
  const std::string netlist = one("M1 a b c d nfet w=8u l=1u nf=4");
  const Error error = read_error(netlist);
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("of one finger or of all"));
  EXPECT_THAT(error.hint, HasSubstr("--width"));
  EXPECT_EQ(read_ok(netlist, per_finger()).circuit.devices[0].width, 8000);
  // A comment says it, and so does a count left free elsewhere.
  EXPECT_EQ(read_ok("* w is the width of one finger.\n" + netlist).circuit.devices[0].width, 8000);
  EXPECT_EQ(read_ok("* W is the width of all fingers\n" + netlist).circuit.devices[0].width, 2000);
  EXPECT_EQ(read_ok(one("M1 a b c d nfet w=8u l=1u nf=4\nM2 a b c d nfet w=1u l=1u nf=ZZZ"))
                .circuit.devices[0]
                .width,
            8000);
  // Nothing to ask.
  EXPECT_EQ(read_ok(one("M1 a b c d nfet w=8u l=1u nf=1 m=3")).circuit.devices[0].width, 8000);
}

TEST(AsWritten, MagicsDevicesHaveTheirOwnWidth) {
  const auto read = read_ok(
      "* NGSPICE file created from p.ext - technology: sky130A\n"
      ".subckt p d g vss\n"
      "X0 d g vss vss sky130_fd_pr__nfet_01v8 ad=0p w=2.5e+06u l=150000u\n"
      "X1 d g vss vss sky130_fd_pr__nfet_01v8 ad=0p w=2.5e+06u l=150000u\n"
      "C0 d vss 5.87fF $ **FLOATING\n.ends\n");
  ASSERT_EQ(read.circuit.devices.size(), 2u);
  EXPECT_EQ(device(read.circuit, "X1").width, 2500);
  EXPECT_EQ(device(read.circuit, "X1").fingers, 1);
  const Note note = change_of(read, "C0");
  EXPECT_EQ(note.from, "5.87e-15 F");
  EXPECT_EQ(note.to, "left out");
}

TEST(AsWritten, CapacitancesOfWiresAreRecognisedWithoutTheHeader) {
  for (const char* line :
       {"X1 a b c d sky130_fd_pr__nfet_01v8 w=1 l=0.15\nC1 a b 40fF $ **FLOATING",
        "X1 a b c d sky130_fd_pr__nfet_01v8 w=1 l=0.15\nC1 a b 40fF **FLOATING",
        "X1 a b c d sky130_fd_pr__nfet_01v8 w=1e+06u l=150000u\nC1 a b 40fF",
        "X1 a b c d sky130_fd_pr__nfet_01v8 w=1 l=0.15\nC1 a b 0.8f",
        "X1 a b c d sky130_fd_pr__nfet_01v8 w=1 l=0.15\nC1 a b 'cw'\n.param cw=0.8f"}) {
    const auto read = read_ok(one(line));
    EXPECT_EQ(read.circuit.devices.size(), 1u) << line;
    EXPECT_EQ(change_of(read, "C1").to, "left out") << line;
  }
}

TEST(AsWritten, GroundIsOneNetByAllItsNames) {
  const auto port = read_ok(
      ".subckt top a y GND\nx1 a y inv\nM1 y a 0 gnd nfet w=1u l=1u\n.ends\n"
      ".subckt inv a y\nM1 y a gnd 0 nfet w=1u l=1u\n.ends\n");
  EXPECT_THAT(ports(port.circuit), ElementsAre("a", "y", "GND"));
  EXPECT_EQ(nets(port.circuit, "x1.M1"), "y a GND GND");
  EXPECT_EQ(nets(port.circuit, "M1"), "y a GND GND");
  // A pin cannot be called 0.
  const auto zero = read_ok(".subckt t a y\nM1 y a 0 0 nfet w=1u l=1u\n.ends\n");
  EXPECT_THAT(ports(zero.circuit), ElementsAre("a", "y", "GND"));
  EXPECT_EQ(zero.all.written.at("GND"), "0");
}

TEST(AsWritten, SuppliesThatAreNoPortsGetPins) {
  const auto named = read_ok(".subckt inv in out\n" + std::string(kTwo) + ".ends\n");
  EXPECT_THAT(ports(named.circuit), ElementsAre("in", "out", "vss", "vdd"));
  EXPECT_EQ(change_of(named, "vdd").to, "pin");
  // By what they do: bulks and sources, and nothing that drives them.
  const auto shaped = read_ok(
      ".subckt t in out\nM1 out in vp vp pfet w=1u l=1u\nM2 x out vp vp pfet w=1u l=1u\n"
      "M3 out in x x nfet w=1u l=1u\n.ends\n");
  EXPECT_THAT(ports(shaped.circuit), ElementsAre("in", "out", "vp"));
}

TEST(AsWritten, NamesThatToolsStumbleOverAreGivenBack) {
  const auto read = read_ok(
      ".subckt inv a/b# y vdd! gnd@\nM1 y a/b# gnd@ gnd@ nfet w=1u l=1u\n"
      "M2 y a/b# vdd! vdd! pfet w=1u l=1u\nM3 y n^ vdd! vdd! pfet w=1u l=1u\n"
      "M4 n^ n_ vdd! vdd! pfet w=1u l=1u\nM5 n_ y vdd! vdd! pfet w=1u l=1u\n.ends\n");
  EXPECT_THAT(ports(read.circuit), ElementsAre("a/b#", "y", "vdd_", "gnd_"));
  EXPECT_EQ(read.all.written.at("vdd_"), "vdd!");
  EXPECT_EQ(read.all.written.at("n_"), "n^");
  // The net that has the name is called otherwise.
  EXPECT_EQ(read.circuit.nets.size(), 6u);
  EXPECT_EQ(change_of(read, "vdd!").to, "vdd_");
}

TEST(AsWritten, NetsOfKicad) {
  const auto read = read_ok(
      ".subckt amp /OUT /IN d[1] e[1 x/VDD /VSS\nM1 /OUT /IN Net-(M1-S) /VSS nfet w=1u l=1u\n"
      "M2 Net-(M1-S) d[1] /VSS /VSS nfet w=1u l=1u\nM3 /OUT e[1 x/VDD x/VDD pfet w=1u "
      "l=1u\n.ends\n");
  EXPECT_THAT(ports(read.circuit), ElementsAre("_OUT", "_IN", "d[1]", "e_1", "x_VDD", "_VSS"));
  EXPECT_EQ(read.all.written.at("x_VDD"), "x/VDD");
  EXPECT_EQ(nets(read.circuit, "M1"), "_OUT _IN Net-_M1-S_ _VSS");
}

TEST(AsWritten, AnIdealSourceJoinsTheTestbench) {
  const auto read = read_ok(
      ".subckt bias out vdd vss\n"
      "M1 out vb vdd vdd pfet w=1u l=1u\nM2 vb vb vdd vdd pfet w=1u l=1u\n"
      "M3 out vc vss vss nfet w=1u l=1u\n"
      "I0 vb vss 'ib*2' AC 1\nVc vc 0 DC {vcm} sin(0 1m 1k)\n.ends\n"
      ".param ib=5u vcm=0.9\n");
  EXPECT_THAT(ports(read.circuit), ElementsAre("out", "vdd", "vss", "vb", "vc"));
  ASSERT_EQ(read.all.sources.size(), 2u);
  const IdealSource& current = read.all.sources[0];
  EXPECT_EQ(current.letter, 'i');
  EXPECT_THAT(current.nets, ElementsAre("vb", "vss"));
  EXPECT_EQ(current.value, "1e-05 ac 1");
  // Its ground is no net of the layout.
  const IdealSource& voltage = read.all.sources[1];
  EXPECT_EQ(read.circuit.find_net(voltage.nets[1]), kNoNet);
  EXPECT_EQ(voltage.value, "dc 0.9 sin( 0 0.001 1000)");
  EXPECT_EQ(change_of(read, "I0").to, "left out");
  // In whatever order ngspice takes them.
  const auto behind = read_ok(
      ".subckt s a b\nM1 a b b b nfet w=1u l=1u\nV1 a b ac 1 sin(0.671 1) dc 0.67\n.ends\n");
  ASSERT_EQ(behind.all.sources.size(), 1u);
  EXPECT_EQ(behind.all.sources[0].value, "ac 1 sin( 0.671 1) dc 0.67");
  EXPECT_THAT(read_error(one("M1 a b c d nfet w=1u l=1u\nV1 a b sin(0 1) pulse(0 1)")).message,
              HasSubstr("two waveforms"));
  EXPECT_TRUE(check_circuit(read.circuit, technology()).has_value());
  EXPECT_THAT(read_error(one("M1 a b c d nfet w=1u l=1u\nBx a b v=1")).message,
              HasSubstr("cannot be drawn"));
  EXPECT_THAT(read_error(one("M1 a b c d nfet w=1u l=1u\nV1 a b file=x")).message,
              HasSubstr("V1: this source"));
}

TEST(AsWritten, ValuesOfPlainDevicesMayBeParameters) {
  const auto read = read_ok(one("C1 a b cc\nR1 c d rr\n.param cc=1p rr=2k"));
  EXPECT_EQ(device(read.circuit, "C1").model, "sky130_fd_pr__cap_mim_m3_1");
  EXPECT_DOUBLE_EQ(*device(read.circuit, "R1").resistance_ohm, 2000);
  EXPECT_THAT(change_of(read, "C1").to, HasSubstr("22.195 x 22.195 um, "));
  EXPECT_THAT(change_of(read, "R1").to, HasSubstr(" ohm"));
}

TEST(CheckCircuit, AnOpenEndOfADummyIsAWarning) {
  const auto accepted = [](const std::string& line, Floating floating = Floating::kRefuse) {
    const auto read = read_ok(
        ".subckt t a b vss vdd\nM0 a b vss vss nfet w=1u l=1u\n"
        "M9 a b vdd vdd pfet w=1u l=1u\n" +
        line + "\n.ends\n");
    return check_circuit(read.circuit, technology(), floating).has_value();
  };
  EXPECT_TRUE(accepted("M1 open vss vss vss nfet w=1u l=1u")) << "off";
  EXPECT_TRUE(accepted("M1 open vdd vss vss nfet w=1u l=1u")) << "on supplies alone";
  EXPECT_TRUE(accepted("M1 open a a vss nfet w=1u l=1u")) << "gate on its source";
  EXPECT_TRUE(accepted("M1 one vss two vss nfet w=1u l=1u")) << "both ends open";
  EXPECT_FALSE(accepted("M1 open a b vss nfet w=1u l=1u"));
  EXPECT_FALSE(accepted("M1 a open vss vss nfet w=1u l=1u")) << "an open gate";
  EXPECT_TRUE(accepted("M1 a open vss vss nfet w=1u l=1u", Floating::kAllow));
  const auto notes = floating_nets(
      read_ok(".subckt t a vss\nM1 a a vss vss nfet w=1u l=1u\nM2 n vss vss vss nfet w=1u l=1u\n"
              ".ends\n")
          .circuit);
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].device, "n");
  EXPECT_THAT(notes[0].what, HasSubstr("M2, a dummy"));
}

/// Files of people, where they are at hand.
class SharedInput : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* shared = std::getenv("PTAH_SHARED");
    if (shared == nullptr) GTEST_SKIP() << "PTAH_SHARED is not set: no inputs of people to read";
    folder_ = std::filesystem::path(shared) / "inputs";
    if (!std::filesystem::exists(folder_)) GTEST_SKIP() << folder_ << " is not there";
  }
  ReadCircuit read(const std::string& name, const SpiceOptions& options = {}) const {
    std::ifstream stream(folder_ / name);
    return read_ok(std::string(std::istreambuf_iterator<char>(stream), {}), options);
  }
  std::filesystem::path folder_;
};

TEST_F(SharedInput, StarPlusPorts) {
  EXPECT_THAT(ports(read("1_starplus_ports_lost.spice").circuit),
              ElementsAre("in", "VDD", "VSS", "out"));
}

TEST_F(SharedInput, XschemsMLines) {
  const Circuit c = read("2_xschem_M_prefix_width.spice").circuit;
  for (const char* name : {"M1", "XM2"}) {
    EXPECT_EQ(device(c, name).width, 1000) << name;
    EXPECT_EQ(device(c, name).fingers, 4) << name;
  }
  EXPECT_EQ(device(c, "M3").width, 4000);
}

TEST_F(SharedInput, NetlistsThatAreFineAsTheyAre) {
  EXPECT_EQ(device(read("3_parallel_widths_netgen.spice").circuit, "XM10").width, 7000);
  const Circuit follower = read("4_nfet_body_on_source.spice").circuit;
  EXPECT_EQ(device(follower, "XM1").width, 1000);
  EXPECT_EQ(nets(follower, "XM1"), "vdd in out out");
  EXPECT_EQ(read("5_subcell_labels.spice").circuit.devices.size(), 2u);
  EXPECT_EQ(device(read("8_mim_m3_2.spice").circuit, "XC1").model, "sky130_fd_pr__cap_mim_m3_2");
  const Circuit wide = read("11_plan_hides_m_and_W40.spice").circuit;
  EXPECT_EQ(device(wide, "XM1").width, 40000);
  EXPECT_EQ(device(wide, "XM1").multiplier, 3);
}

TEST_F(SharedInput, ParasiticCapacitance) {
  const auto extracted = read("7_extracted_parasitic_C.spice");
  ASSERT_EQ(extracted.circuit.devices.size(), 1u);
  EXPECT_EQ(device(extracted.circuit, "X0").width, 2500);
  EXPECT_EQ(change_of(extracted, "C0").to, "left out");
}

TEST_F(SharedInput, ExclamationMark) {
  EXPECT_THAT(ports(read("9_exclamation_port.spice").circuit),
              ElementsAre("a", "y", "vdd_", "gnd_"));
}

TEST_F(SharedInput, SizesOfAnOptimiser) {
  std::ifstream stream(folder_ / "12_offgrid_params.par");
  SpiceOptions options;
  options.parameters =
      read_parameters(std::string(std::istreambuf_iterator<char>(stream), {}), "p").value();
  const auto latch = read("12_offgrid_params.spice", options);
  EXPECT_EQ(device(latch.circuit, "XM1").width, 3140);
  EXPECT_EQ(device(latch.circuit, "XM3").width, 3140);
  EXPECT_EQ(device(latch.circuit, "XM3").fingers, 2);
  EXPECT_EQ(device(latch.circuit, "XM3").length, 305);
  EXPECT_EQ(device(latch.circuit, "XM4").width, 540);
  EXPECT_EQ(change_of(latch, "XM4").from, "0.5376651 um");
  EXPECT_EQ(change_of(latch, "XM4").to, "0.54 um");
}

TEST_F(SharedInput, SourceInside) {
  const auto ota = read("13_ideal_source_inside.spice");
  EXPECT_THAT(ports(ota.circuit), ElementsAre("inp", "inn", "out", "vdda", "gnda", "vb"));
  ASSERT_EQ(ota.all.sources.size(), 1u);
  EXPECT_EQ(ota.all.sources[0].value, "1e-05");
  EXPECT_EQ(device(ota.circuit, "XM1").multiplier, 8);
  EXPECT_EQ(device(ota.circuit, "C0").width, 24330);
}

TEST_F(SharedInput, Dummies) {
  const Circuit pass = read("14_large_devices.spice").circuit;
  EXPECT_TRUE(check_circuit(pass, technology()).has_value());
  EXPECT_EQ(floating_nets(pass).size(), 2u);
  EXPECT_EQ(device(pass, "XMP").multiplier, 640);
}

}  // namespace
}  // namespace ptah::test
