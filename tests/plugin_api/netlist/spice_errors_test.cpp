/// Bad netlists get a sentence with file and line, and cost little.
#include "netlist_test.hpp"

namespace ptah::test {
namespace {

struct Bad {
  const char* name;
  std::string text;
  const char* message;
  const char* where;
};

class BadNetlist : public ::testing::TestWithParam<Bad> {};

TEST_P(BadNetlist, IsRefusedWithItsPlace) {
  const Error error = read_error(GetParam().text);
  EXPECT_THAT(error.message, HasSubstr(GetParam().message));
  EXPECT_EQ(error.where, GetParam().where);
}

INSTANTIATE_TEST_SUITE_P(
    All, BadNetlist,
    ::testing::Values(
        Bad{"unknown_model", one("M1 a b c d nfoo w=1u l=1u"), "M1: the model \"nfoo\"", "t.sp:2"},
        Bad{"unknown_subcircuit", one("x1 a b foo"), "x1: the model \"foo\"", "t.sp:2"},
        Bad{"empty_subcircuit", ".subckt e a b\n* nothing\n.ends\n", "\"e\" is empty", "t.sp:1"},
        Bad{"nothing", "* only a comment\n", "defines no .subckt", "t.sp"},
        Bad{"empty_file", "", "defines no .subckt", "t.sp"},
        Bad{"no_ends", ".subckt e a b\nM1 a b a a nfet w=1u l=1u\n", "has no .ends", "t.sp:1"},
        Bad{"ends_alone", ".ends\n", "closes no .subckt", "t.sp:1"},
        Bad{"ends_of_another", ".subckt e a\nM1 a a a a nfet w=1u l=1u\n.ends f\n", "names \"f\"",
            "t.sp:3"},
        Bad{"twice", one("M1 a b c d nfet w=1u l=1u") + one("M1 a b c d nfet w=1u l=1u"),
            "defined twice, first at t.sp:1", "t.sp:4"},
        Bad{"nested", ".subckt e a\nM1 a a a a nfet w=1u l=1u\n.subckt f b\n",
            "starts inside the subcircuit \"e\"", "t.sp:3"},
        Bad{"endc", "* t\n.endc\n", "closes no .control", "t.sp:2"},
        Bad{"ports_joined", "* t\n.subckt a P Q\nVm P x 0\nVn x Q DC 0\n.ends\n",
            "one net of the ports", "t.sp:4"},
        Bad{"global_joined", "* t\n.subckt a P Q\nVm P 0 0\n.ends\n", "\"P\" and \"0\"", "t.sp:3"},
        Bad{"nodes_missing", one("M1 a b c nfet w=1u l=1u"), "drain, gate, source, bulk", "t.sp:2"},
        Bad{"size_missing", one("M1 a b c d nfet w=1u"), "M1: l= is missing", "t.sp:2"},
        Bad{"source", one("L1 a b 1n"), "\"L\" elements cannot be drawn", "t.sp:2"},
        Bad{"half_finger", one("M1 a b c d nfet w=1u l=1u nf=1.5"), "nf=1.5", "t.sp:2"},
        Bad{"no_finger", one("M1 a b c d nfet w=1u l=1u nf=0"), "nf=0", "t.sp:2"},
        Bad{"mult_alone", one("M1 a b c d nfet w=1u l=1u mult=2"), "mult=2 but m=1", "t.sp:2"},
        Bad{"parameter_twice", one("M1 a b c d nfet w=1u w=2u l=1u"), "\"w\" is given twice",
            "t.sp:2"},
        Bad{"no_value", one("M1 a b c d nfet w= l=1u"), "has no value", "t.sp:2"},
        Bad{"open_quote", one("M1 a b c d nfet w='1u l=1u"), "is missing at the end", "t.sp:2"},
        Bad{"plus_first", "+ a b\n", "continues nothing", "t.sp:1"},
        Bad{"func", ".func f(x) {x}\n", ".func is not supported", "t.sp:1"},
        Bad{"unknown_card", ".sbckt a b\n", "\".sbckt\" is unknown", "t.sp:1"},
        Bad{"resistor_terminals", one("R1 a b res_high_po r=10k"), "has 3 terminals, this line 2",
            "t.sp:2"},
        Bad{"net_name", one("M1 a b c d\xB5 nfet w=1u l=1u"), "The net name \"d?\"", "t.sp:2"},
        Bad{"net_quoted", one("M1 a b c 'd' nfet w=1u l=1u"), "The net name \"'d'\"", "t.sp:2"},
        Bad{"device_name", one("M\x01 a b c d nfet w=1u l=1u"), "The device name", "t.sp:2"},
        Bad{"port_name", ".subckt t a{b}\n", "The port name", "t.sp:1"},
        Bad{"resistor_alone", one("R1"), "R1: two nodes", "t.sp:2"},
        Bad{"resistor_no_value", one("R1 a b resistor"), "neither a size", "t.sp:2"},
        Bad{"resistor_both", one("R1 a b resistor r=1k w=1u l=1u"), "both a size and a value",
            "t.sp:2"},
        Bad{"resistor_negative", one("R1 a b resistor r=-1k"), "not positive", "t.sp:2"},
        Bad{"capacitor_as_resistor", one("R1 a b cap_mim w=1u l=1u"), "cannot use", "t.sp:2"},
        Bad{"nmos_as_resistor", one("R1 a b nfet r=1k"), "cannot use", "t.sp:2"},
        Bad{"stacked_capacitor", one("C1 a b cap_mim w=5u l=5u stack=2"), "no meaning", "t.sp:2"}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(SpiceErrors, AHugeLineIsRefused) {
  std::string text = ".subckt t a b c d\nM1 a b c d nfet w=1u l=";
  text.append(60u << 20, '1');
  const Error error = read_error(text);
  EXPECT_EQ(error.code, ErrorCode::kLimit);
  EXPECT_EQ(error.where, "t.sp:2");
  EXPECT_LT(error.text().size(), 500u);
}

TEST(SpiceErrors, AHundredMegabytesAreTooLargeForANetlist) {
  const Error error = read_error(std::string(100u << 20, 'x'));
  EXPECT_EQ(error.code, ErrorCode::kLimit);
  const TemporaryFolder folder;
  const auto file = folder.write("big.sp", "");
  std::filesystem::resize_file(file, 100u << 20);
  const auto read = read_spice_file(file, technology());
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kLimit);
}

TEST(SpiceErrors, ALineJoinedFromManyIsBoundedAsWell) {
  std::string text = ".subckt t a b c d\nM1 a b c d nfet\n";
  for (int i = 0; i < 3000; ++i) text += "+ " + std::string(1000, ' ') + "x\n";
  SpiceOptions options;
  options.max_line_bytes = 1100;
  EXPECT_EQ(read_error(text, options).code, ErrorCode::kLimit);
}

TEST(SpiceErrors, IncludesStayInsideTheirFolder) {
  const TemporaryFolder folder;
  folder.write("outside.sp", ".param w1=1u\n");
  folder.write("in/sizes.inc", ".param w1=1u\n");
  folder.write("in/sub/leaf.sp", ".subckt leaf a b\nM1 a b a a nfet w=w1 l=1u\n.ends\n");
  std::filesystem::create_symlink(folder.path() / "outside.sp", folder.path() / "in/link.sp");
  const std::filesystem::path base = folder.path() / "in";
  const std::string rest = ".subckt t a b\nx1 a b leaf\n.ends\n";
  const auto good = read_ok(".include sizes.inc\n.include \"sub/leaf.sp\"\n" + rest, {}, base);
  EXPECT_EQ(good.circuit.devices.at(0).where, "sub/leaf.sp:2");
  for (const std::string file :
       {"../outside.sp", "/etc/passwd", "link.sp", "sub/../../outside.sp"}) {
    const Error error = read_error(".include " + file + "\n" + rest, {}, base);
    EXPECT_EQ(error.code, ErrorCode::kDenied) << file;
    EXPECT_EQ(error.where, "t.sp:1");
  }
  EXPECT_EQ(read_error(".include none.sp\n" + rest, {}, base).code, ErrorCode::kNotFound);
  EXPECT_EQ(read_error(".include sizes.inc\n" + rest).code, ErrorCode::kDenied);  // no folder
}

// A netlist of a stranger may include whatever lies in the designer's folder.
TEST(SpiceErrors, AnIncludedFileIsNamedAndNotQuoted) {
  const std::string lines[] = {"geheim",
                               "geheim=geheim",
                               "=geheim",
                               ".geheim geheim",
                               "+ geheim",
                               "geheim a=",
                               "'geheim",
                               "geheim {geheim",
                               "M\x01geheim a b",
                               "Mgeheim a b c d geheim",
                               "Mgeheim a b nfet w=1u l=1u",
                               "Mgeheim geheim b a d nfet w=geheim l=1u",
                               "Mgeheim a b c d nfet w={geheim + 4711} l=1u",
                               "Mgeheim a b c d nfet w=4711 l={ 1e-7 + 0 * 4711 }",
                               "Mgeheim a b c d nfet w=1 l={1e-7}",
                               "Mgeheim a b c d nfet w=1u l=1u nf=47.11",
                               "Mgeheim a b c d nfet w=1u l=1u mult=4711",
                               "Mgeheim a b c d nfet w=geheim(4711) l=1u",
                               "Mgeheim a b c d nfet w=1u w=geheim l=1u",
                               "Mgeheim a b c d nfet w=0.0000711u l=1u",
                               "Mgeheim a b c d nfet w=-4711 l=1u",
                               "Mgeheim a b c 'geheim d' nfet w=1u l=1u",
                               "Rgeheim a",
                               "Rgeheim a b geheim",
                               "Rgeheim a b -4711",
                               "Rgeheim a b resistor r=1k geheim=2 r={geheim}",
                               "Rgeheim a b nfet r=1k",
                               "Lgeheim a b 4711",
                               "Rgeheim a b resistor r=1k w=4711 l=4711",
                               "Cgeheim a b cap_mim c=4711",
                               "xgeheim a b geheim",
                               "xgeheim a leaf",
                               ".ends geheim",
                               ".ends\n.ends geheim",
                               ".subckt geheim geheim geheim",
                               ".subckt leaf geheim",
                               ".subckt 'geheim",
                               ".param geheim",
                               ".param geheim=geheim=",
                               ".param geheim(x)=4711",
                               ".option scale=4711geheim",
                               ".include geheim",
                               ".include /geheim",
                               ".include geheim geheim",
                               ".ends\n.subckt geheim a\nx1 a geheim\n.ends\n"
                               ".subckt other a\nx1 a geheim"};
  for (const std::string& line : lines) {
    const TemporaryFolder folder;
    folder.write("private.txt", line + "\n");
    const Error error = read_error(
        ".subckt leaf a b\nR1 a b resistor r=1k\n.ends\n"
        ".subckt t a b c d\nM0 a b c d nfet w=1u l=1u\n.include private.txt\n.ends\n",
        {}, folder.path());
    EXPECT_THAT(error.text(), Not(HasSubstr("geheim"))) << line;
    EXPECT_THAT(error.text(), Not(HasSubstr("4711"))) << line;
    EXPECT_THAT(error.text(), Not(HasSubstr("47.11"))) << line;
    EXPECT_GE(error.message.size(), 15u) << line;
  }
  const TemporaryFolder folder;
  folder.write("sizes.inc", "* sizes\n.param w1=1u geheim\n");
  const Error error =
      read_error(".include sizes.inc\n" + one("M1 a b c d nfet w=w1 l=1u"), {}, folder.path());
  EXPECT_EQ(error.where, "sizes.inc:2");
  EXPECT_THAT(error.message, HasSubstr("left over"));
}

TEST(SpiceErrors, AnIncludeOfItselfEnds) {
  const TemporaryFolder folder;
  folder.write("self.sp", ".include self.sp\n.include self.sp\n");
  EXPECT_EQ(read_error(".include self.sp\n", {}, folder.path()).code, ErrorCode::kDenied);
}

TEST(SpiceErrors, MissingFileIsSaid) {
  const auto read = read_spice_file("/nonexistent/x.sp", technology());
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code, ErrorCode::kNotFound);
}

Error check_error(const std::string& text) {
  const auto status = check_circuit(read_ok(text).circuit, technology());
  if (status) {
    ADD_FAILURE() << "accepted";
    return {};
  }
  return status.error();
}

TEST(CheckCircuit, NetWithASingleTerminal) {
  const Error error = check_error(".subckt t a b\nM1 a b a lost nfet w=1u l=1u\n.ends\n");
  EXPECT_THAT(error.message, AllOf(HasSubstr("\"lost\""), HasSubstr("M1")));
  EXPECT_EQ(error.where, "t.sp:2");
}

TEST(CheckCircuit, PortThatConnectsNothing) {
  EXPECT_THAT(check_error(".subckt t a b\nM1 a a a a nfet w=1u l=1u\n.ends\n").message,
              HasSubstr("port \"b\""));
}

TEST(CheckCircuit, PortsThatConnectNothingCanBeLeftOut) {
  auto read = read_ok(".subckt t a b! c\nM1 a a c c nfet w=1u l=1u\n.ends\n").all;
  leave_out_open_ports(read);
  EXPECT_TRUE(check_circuit(read.circuit, technology()).has_value());
  EXPECT_EQ(read.circuit.nets.size(), 2u);
  EXPECT_EQ(read.circuit.ports, (std::vector<NetId>{0, 1}));
  EXPECT_EQ(read.open_ports, (std::set<std::string>{"b!"}));
  EXPECT_EQ(read.notes.back().text(), "b!: port that no device is on: port -> left out");
  EXPECT_TRUE(read.written.empty());
}

TEST(CheckCircuit, AModelThatIsNoneSaysWhatCanBeDone) {
  const Error error = read_error(".subckt t a b\nX1 a b sky130_fd_sc_hd__inv_2\n.ends\n");
  EXPECT_THAT(error.hint, AllOf(HasSubstr("--cell sky130_fd_sc_hd__inv_2=FILE.gds"),
                                HasSubstr("sky130_fd_pr__ and nfet_01v8, ")));
}

TEST(CheckCircuit, SizesTheTechnologyForbids) {
  const auto mos = [](const std::string& sizes) {
    return check_error(".subckt t a\nM1 a a a a " + sizes + "\n.ends\n");
  };
  EXPECT_THAT(mos("nfet w=0.3u l=0.15u").message,
              AllOf(HasSubstr("M1: the width of a finger is 0.3 um"), HasSubstr("0.42 to 100 um")));
  EXPECT_THAT(mos("nfet w=1u l=0.1u").message, HasSubstr("the length is 0.1 um"));
  EXPECT_THAT(mos("pfet_lvt w=1u l=0.15u").message, HasSubstr("0.35"));
  EXPECT_EQ(mos("nfet w=0.3u l=0.15u").where, "t.sp:2");
  EXPECT_THAT(
      check_error(".subckt t a\nR1 a a resistor r=1meg\nR2 a a resistor r=0.001\n.ends\n").message,
      HasSubstr("ohm"));
}

// The p-substrate is one net of the layout. Transistors can have a p-well of their own in it.
TEST(CheckCircuit, BulksOffTheSubstrateAreIsolated) {
  const ReadCircuit read = read_ok(
      ".subckt t vdd in out bias vss\nM1 vdd in out out nfet w=1u l=1u\n"
      "M2 out bias vss vss nfet w=1u l=1u\nM3 out bias vdd out pfet w=1u l=1u\n.ends\n");
  std::vector<bool> isolated;
  for (const Device& device : read.circuit.devices) isolated.push_back(device.isolated);
  EXPECT_EQ(isolated, (std::vector<bool>{true, false, false}));
  EXPECT_TRUE(check_circuit(read.circuit, technology()).has_value());
  EXPECT_THAT(read.notes, Contains(AllOf(HasSubstr("M1"), HasSubstr("\"out\""))));
}

TEST(CheckCircuit, TheSubstrateIsAGroundThenAPortThenWhatMostAreOn) {
  const auto second = [](const std::string& ports, const std::string& bulks) {
    std::string text = ".subckt t a b " + ports + "\n";
    for (std::size_t i = 0; i < bulks.size(); ++i) {
      const std::string bulk = bulks[i] == 'g' ? "agnd" : std::string(1, bulks[i]);
      text += "M" + std::to_string(i) + " a b " + bulk + " " + bulk + " nfet w=1u l=1u\n";
    }
    return read_ok(text + ".ends\n").circuit.devices.at(1).isolated;
  };
  EXPECT_FALSE(second("c agnd", "cgcc"));  // By its name, against three others.
  EXPECT_TRUE(second("c", "cdc"));         // An inner net against a port.
  EXPECT_FALSE(second("c d", "cdd"));
}

TEST(CheckCircuit, ResistorsLieInTheSubstrate) {
  const Error error = check_error(
      ".subckt t a b vss\nM1 a b vss vss nfet w=1u l=1u\nXR a b b res_high_po l=5\n.ends\n");
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_THAT(error.message,
              AllOf(HasSubstr("its substrate terminal"), HasSubstr("\"b\""), HasSubstr("\"vss\"")));
  EXPECT_EQ(error.where, "t.sp:3");
}

TEST(CheckCircuit, NoDevices) {
  Circuit circuit;
  circuit.name = "t";
  const auto status = check_circuit(circuit, technology());
  ASSERT_FALSE(status.has_value());
  EXPECT_THAT(status.error().message, HasSubstr("no devices"));
}

TEST(CheckCircuit, FreeFingersAreFine) {
  EXPECT_TRUE(
      check_circuit(read_ok(".subckt t a b\nM1 a b a a nfet w=1u l=1u nf=ZZZ\n.ends\n").circuit,
                    technology())
          .has_value());
}

}  // namespace
}  // namespace ptah::test
