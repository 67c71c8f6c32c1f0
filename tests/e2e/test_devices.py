"""Devices as designers hand them over, each from its netlist to a layout that the trusted tools accept."""
import unittest

from harness import PtahCase

NFET, PFET = "sky130_fd_pr__nfet_01v8", "sky130_fd_pr__pfet_01v8"
NFET5, PFET5 = "sky130_fd_pr__nfet_g5v0d10v5", "sky130_fd_pr__pfet_g5v0d10v5"


class DevicesTest(PtahCase):
    def technologies(self):
        return ["ptah130"] + (["sky130A"] if self.env.get("PDK_ROOT") else [])

    def clean(self, text, name, variants=0):
        """The netlist's layout satisfies Ptah's own checks, Magic and Netgen."""
        for tech in self.technologies():
            outcome = self.run_json("run", self.netlist(text, f"{name}.sp"), "--tech", tech, "--flow", "native", "--judges", "all",
                                    "--variants", str(variants), "--out", str(self.folder / f"{name}-{tech}"), timeout=600)
            self.assertEqual(len(outcome.layouts), 1 + variants, tech)
            for layout in outcome.layouts:
                self.assertEqual(layout["drc"], {"native_drc": 0, "magic_drc": 0}, tech)
                self.assertEqual(layout["lvs"], {"native_lvs": "match", "netgen_lvs": "match"}, tech)

    def test_precision_resistors_of_every_width(self):
        widths = ["0p35", "0p69", "1p41", "2p85", "5p73"]
        for kind in ("high", "xhigh"):
            lines = [f"XR{i} n{i} n{i + 1} s sky130_fd_pr__res_{kind}_po_{width} L={0.37 if i == 1 else 20} mult=1 m=1"
                     for i, width in enumerate(widths)]
            self.clean("\n".join([".subckt r n0 n5 s", *lines, ".ends\n"]), kind)

    def test_the_upper_capacitor(self):
        self.clean(".subckt c a b\nXC1 a b sky130_fd_pr__cap_mim_m3_2 W=10 L=10 m=1\n"
                   "XC2 b a sky130_fd_pr__cap_mim_m3_1 W=4 L=5\n.ends\n", "mim")

    def test_large_transistors_fold(self):
        self.clean(".subckt pass vin vout g nb vss\n"
                   f"XMP vout g vin vin {PFET} L=0.15 W=9 m=640\nXMB nb nb vss vss {NFET} L=12 W=4 m=60\n"
                   f"XMD vss vss vss vss {NFET} L=12 W=4 m=4\n.ends\n", "pass")

    def test_many_and_tall_fingers(self):
        self.clean(".subckt k a g y vdd vss\n"
                   f"XM1 y g vss vss {NFET} W=1 L=0.15 m=1000\nXM2 y a vdd vdd {PFET} W=15 L=0.15 m=100\n"
                   f"XM3 a g vss vss {NFET} W=40 L=1 nf=1 m=3\nXM4 a g vdd vdd {PFET} W=20 L=1\n.ends\n", "many")

    def test_a_bulk_that_is_not_the_substrate_has_a_deep_well(self):
        self.clean(".subckt sf in out out2 vdd vss bias\n"
                   f"XM1 vdd in out out {NFET} L=0.5 W=2 nf=2\nXM2 out bias vss vss {NFET} L=0.5 W=2 nf=2\n"
                   f"XM3 vdd out out2 out2 {NFET}_lvt L=0.5 W=2 m=40\nXM4 out2 bias vss vss {NFET} L=0.5 W=2 m=4\n"
                   f"XM5 out2 out vdd vdd {PFET} L=0.5 W=2 m=4\nXM6 vdd out2 out out {NFET} L=1 W=20 m=2\n.ends\n", "sf")

    SHIFTER = (".subckt shifter in out outb vdd vddh vss\n"
               f"XM1 inb in vss vss {NFET} L=0.15 W=1\nXM2 inb in vdd vdd {PFET} L=0.15 W=2\n"
               f"XM3 outb in vss vss {NFET5} L=0.5 W=4 nf=2\nXM4 out inb vss vss {NFET5} L=0.5 W=4 nf=2\n"
               f"XM5 outb out vddh vddh {PFET5} L=0.5 W=1\nXM6 out outb vddh vddh {PFET5} L=0.5 W=1\n.ends\n")

    def test_two_supplies(self):
        self.clean(self.SHIFTER, "shifter", variants=1)
        self.clean(".subckt high in out vddh vss bias\n"
                   f"XM1 vddh in out out {NFET5} L=0.6 W=4 nf=2\nXM2 out bias vss vss {NFET5} L=10 W=1 m=2\n"
                   f"XM3 out in vddh vddh {PFET5} L=1 W=40 nf=2\nXM4 out bias vss vss {NFET5} L=0.5 W=120 nf=60\n"
                   f"XM5 bias bias vss vss {NFET} L=1 W=2\n.ends\n", "high")

    def test_what_has_no_model_is_laid_out_and_says_so(self):
        bench = self.netlist("* b\n.subckt shifter in out outb vdd vddh vss\nXXX\n.ends\nxdut (in out outb vdd vddh 0) shifter\n"
                             "V1 vddh 0 5\nV2 vdd 0 1.8\nV3 in 0 dc 0.9 ac 1\n.ac dec 10 1k 1g\n.print ac v(out)\n.end\n", "bench.spice")
        netlist = self.netlist(self.SHIFTER, "shifter.sp")
        planned = self.ptah("plan", netlist, "--testbench", bench)
        self.assertIn("has no model of sky130_fd_pr__nfet_g5v0d10v5 (device XM3)", planned.out)
        outcome = self.run_json("explore", netlist, "--testbench", bench, "--explorer", "annealing", "--budget", "10")
        for layout in outcome.layouts:
            self.assertEqual((layout["objective"], layout["pscore_V"]), ("hpwl", None))
            self.assertIn("has no model of sky130_fd_pr__nfet_g5v0d10v5", layout["score_reason"])
        self.assertEqual(outcome.summary["best"]["objective"], "hpwl")
        best = outcome.summary["best"]["gds"]
        scored = self.run_json("score", best, "--circuit", netlist, "--testbench", bench).lines[0]
        self.assertTrue(scored["valid"])
        self.assertIn("has no model of sky130_fd_pr__nfet_g5v0d10v5", scored["score_reason"])

    def test_an_input_is_protected_by_diodes(self):
        self.clean(".subckt esd pad vdd vss out\n"
                   "D1 vss pad sky130_fd_pr__diode_pw2nd_05v5 area=20e12 pj=24e6\nD2 pad vdd sky130_fd_pr__diode_pd2nw_05v5 area=20 perim=24 m=2\n"
                   "XR1 pad in vss sky130_fd_pr__res_high_po_0p69 L=4\nXD3 vss in sky130_fd_pr__diode_pw2nd_05v5 area=0.4347 perim=2.64\n"
                   f"XM1 out in vss vss {NFET} L=0.15 W=1\nXM2 out in vdd vdd {PFET} L=0.15 W=2\n.ends\n", "esd")

    def test_an_anode_off_the_substrate_has_a_deep_well(self):
        self.clean(".subckt stack a b vss\nD1 a b sky130_fd_pr__diode_pw2nd_05v5 area=4 pj=8\n"
                   "D2 b vss sky130_fd_pr__diode_pd2nw_05v5 area=320 pj=72\nD3 vss a sky130_fd_pr__diode_pw2nd_05v5 area=400 pj=80\n.ends\n", "stack")

    def test_varactors_load_an_oscillator(self):
        self.clean(".subckt vco qp qn vtune vdd vss\n"
                   f"XM1 qp qn vss vss {NFET} L=0.15 W=4 nf=2\nXM2 qn qp vss vss {NFET} L=0.15 W=4 nf=2\nXM3 qp qn vdd vdd {PFET} L=0.15 W=8 nf=2\n"
                   "XC1 qp vtune vss sky130_fd_pr__cap_var_lvt W=5 L=0.5 VM=1 m=2\nXC2 qn vtune vss sky130_fd_pr__cap_var_hvt W=2 L=1\n"
                   "XC3 vtune vss vss sky130_fd_pr__cap_var_lvt W=1 L=0.18\n.ends\n", "vco")

    def test_a_diode_that_no_shape_is_is_refused_with_its_line(self):
        netlist = self.netlist(".subckt t a b\nD1 a b sky130_fd_pr__diode_pw2nd_05v5 area=4 pj=4\n.ends\n", "bad.sp")
        outcome = self.ptah("plan", netlist)
        self.assertEqual(outcome.status, 2, outcome.out + outcome.err)
        for word in ("D1", "4 um^2", "bad.sp:2"):
            self.assertIn(word, outcome.err)

    def test_a_resistor_off_the_substrate_is_refused_with_both_nets(self):
        netlist = self.netlist(f".subckt t a b vss\nXM1 a b vss vss {NFET} L=0.5 W=2\nXR1 a b b sky130_fd_pr__res_high_po_0p69 L=5\n"
                               ".ends\n")
        outcome = self.ptah("plan", netlist)
        self.assertEqual(outcome.status, 2, outcome.out + outcome.err)
        for word in ("XR1", '"b"', '"vss"'):
            self.assertIn(word, outcome.err)


if __name__ == "__main__":
    unittest.main(verbosity=2)
