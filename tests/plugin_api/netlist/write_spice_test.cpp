#include "netlist_test.hpp"

namespace ptah::test {
namespace {

TEST(WriteSpice, OneLineAFingerInMicrometres) {
  const Circuit circuit = read_ok(one("M0 a b c d nfet w=1.05u l=0.15u nf=2 m=2\n"
                                      "C0 a b cap_mim w=24u l=10u\n"
                                      "R0 a b resistor r=18k\n"
                                      "R1 a b c res_high_po w=0.35u l=3.5u"),
                                  per_finger())
                              .circuit;
  const std::string nfet = " a b c d sky130_fd_pr__nfet_01v8 w=1.05 l=0.15\n";
  EXPECT_EQ(write_spice(circuit, technology()),
            "* t, flat, one line a finger, sizes in um\n"
            ".subckt t a b c d\n"
            "XM0_1" +
                nfet + "XM0_2" + nfet + "XM0_3" + nfet + "XM0_4" + nfet +
                "XC0 a b sky130_fd_pr__cap_mim_m3_1 w=24 l=10\n"
                "RR0 a b sky130_fd_pr__res_generic_l1 r=18000\n"
                "XR1 a b c sky130_fd_pr__res_high_po w=0.35 l=3.5\n"
                ".ends t\n");
}

TEST(WriteSpice, FreeDevicesStayTemplates) {
  const Circuit circuit = read_ok(one("M0 a b c d nfet w=1.05u l=0.15u nf=ZZZ m=2")).circuit;
  const Circuit back = read_ok(write_spice(circuit, technology())).circuit;
  EXPECT_EQ(device(back, "XM0").fingers, 0);
  EXPECT_EQ(device(back, "XM0").multiplier, 2);
  EXPECT_EQ(device(back, "XM0").width, 1050);
}

TEST(WriteSpice, ReadsBackAsTheSameDevices) {
  const Circuit circuit = read_ok(
                              ".subckt top a b\nx1 a b leaf m=2\n.ends\n"
                              ".subckt leaf a b\nM1 a n b b nfet w=525n l=150n nf=3 stack=2\n"
                              "C1 n a cap_mim w=17.5u l=5u m=2\n.ends\n",
                              per_finger())
                              .circuit;
  const Circuit back = read_ok(write_spice(circuit, technology())).circuit;
  std::size_t expected = 0;
  for (const Device& d : circuit.devices) {
    expected += d.is_mos() ? static_cast<std::size_t>(d.total_fingers()) : 1;
  }
  EXPECT_EQ(back.devices.size(), expected);
  EXPECT_EQ(back.nets.size(), circuit.nets.size());
  EXPECT_EQ(device(back, "Xx1.M1_2_6").width, 525);
  EXPECT_EQ(nets(back, "Xx1.M1_1_1"), nets(circuit, "x1.M1_1"));
  EXPECT_EQ(device(back, "Xx1.C1_4").width, 17500);
}

}  // namespace
}  // namespace ptah::test
