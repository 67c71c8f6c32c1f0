"""Netlists as people hand them over: `plan` says what `run` draws, and refuses what it would refuse."""
import os
import pathlib
import subprocess
import unittest

from harness import BUILD, Outcome, PtahCase

INVERTER = """\
XM1 out in vss vss sky130_fd_pr__nfet_01v8 L=0.15 W={n} nf=1
XM2 out in vdd vdd sky130_fd_pr__pfet_01v8 L=0.15 W=2 nf=1
"""
SHARED = os.environ.get("PTAH_SHARED")
INPUTS = pathlib.Path(SHARED) / "inputs" if SHARED else None


class InputCase(PtahCase):
    def write(self, name, text):
        file = self.folder / name
        file.write_text(text)
        return str(file)

    def with_input(self, text, *words):
        process = subprocess.run([BUILD / "bin/ptah", *words], env=self.env, text=True, input=text, capture_output=True, timeout=300)
        return Outcome(process.returncode, process.stdout, process.stderr)

    def plan(self, *words):
        return self.run_json("plan", *map(str, words)).lines[0]

    def devices(self, plan):
        return {device["name"]: device for device in plan["devices"]}


class PlanTest(InputCase):
    def test_it_shows_all_that_decides_the_layout(self):
        plan = self.plan(self.write("a.sp", ".subckt a in out vdd vss\n" + INVERTER.format(n=10).replace("nf=1", "nf=1 m=3", 1) +
                                    "XM3 out in vss vss sky130_fd_pr__nfet_01v8 L=1 W=4 nf=4\n"
                                    "M4 out in vss vss sky130_fd_pr__nfet_01v8 L=1 W=1 nf=ZZZ\n"
                                    "C1 out vss 1p\nR1 out in 2k\n.ends\n"))
        devices = self.devices(plan)
        wide, split, free = devices["XM1"], devices["XM3"], devices["M4"]
        self.assertEqual([wide[key] for key in ("w_um", "w_total_um", "l_um", "nf", "m")], [10, 30, 0.15, 1, 3])
        self.assertEqual(wide["nets"], ["out", "in", "vss", "vss"])
        self.assertEqual([split[key] for key in ("w_um", "w_total_um", "nf")], [1, 4, 4])
        self.assertEqual([free["nf"], free["w_total_um"]], [None, None])
        self.assertAlmostEqual(devices["C1"]["farad"], 1e-12, delta=1e-15)
        self.assertEqual(devices["R1"]["ohm"], 2000)
        self.assertGreater(devices["R1"]["l_um"], 10)
        self.assertEqual(plan["ports"], ["in", "out", "vdd", "vss"])
        self.assertEqual(plan["groups"], [["M4"]])
        notes = {note["device"]: note for note in plan["notes"] if note["to"]}
        self.assertEqual(notes["C1"]["from"], "1e-12 F")
        text = self.ptah("plan", str(self.folder / "a.sp")).out
        for words in ("W total um", "30", "no model given, drawn as", "2 kohm", "free"):
            self.assertIn(words, text)

    @unittest.skipUnless(os.environ.get("PDK_ROOT"), "PDK_ROOT is not set: the real sky130A is not here")
    def test_the_pdk_is_that_of_who_asks(self):
        root = self.env.pop("PDK_ROOT")
        self.run_json("server", "start")
        refused = self.ptah("run", "five_transistors_ota", "--tech", "sky130A", "--variants", "1")
        self.assertIn("PDK_ROOT is not set", refused.out + refused.err)
        self.env["PDK_ROOT"] = os.path.relpath(root)
        made = self.run_json("run", "five_transistors_ota", "--tech", "sky130A", "--variants", "1", "--judges", "none", "--seed", "1")
        self.assertEqual(made.summary["clean"], 2)
        self.assertEqual(self.plan("five_transistors_ota", "--tech", "sky130A")["tech"], "sky130A")
        self.env["PDK_ROOT"] = "/nowhere"
        self.assertIn("folder /nowhere/sky130A is missing", self.ptah("plan", "five_transistors_ota", "--tech", "sky130A").err)

    def test_a_netlist_on_standard_input(self):
        netlist = ".subckt inv in out vdd vss\n" + INVERTER.format(n=1) + ".ends\n"
        planned = self.with_input(netlist, "--json", "plan", "-")
        self.assertEqual(planned.status, 0, planned.err)
        self.assertEqual(planned.lines[0]["circuit"], "inv")
        ran = self.with_input(netlist, "--json", "run", "-", "--judges", "none", "--out", str(self.folder / "out"))
        self.assertEqual(ran.status, 0, ran.err)
        self.assertEqual(len(ran.layouts), 1)
        refused = self.with_input(".subckt inv in\nXM1 lost in in in nofet W=1 L=1\n.ends\n", "plan", "-")
        self.assertEqual(refused.status, 2)
        self.assertIn("stdin:2", refused.err)

    def test_what_is_refused_leaves_no_job_behind(self):
        unclear = self.write("m.sp", ".subckt a d g s\nM1 d g s s sky130_fd_pr__nfet_01v8 w=4u l=1u nf=4\n.ends\n")
        open_end = self.write("f.sp", ".subckt a d g s\nXM1 lost g d s sky130_fd_pr__nfet_01v8 w=4 l=1\nXM2 d g s s nfet w=1 l=1\n.ends\n")
        off = self.write("o.sp", ".subckt a d g s\nXM1 d g s s sky130_fd_pr__nfet_01v8 w=1.0012 l=1\n.ends\n")
        unknown = self.write("u.sp", ".subckt a d g s\nXM1 d g s s other_fet w=1 l=1\n.ends\n")
        for netlist, words, says in ((unclear, [], "--width"), (open_end, [], "--floating"), (unknown, [], "other_fet"),
                                     (off, ["--off-grid", "refuse"], "grid")):
            for command in ("plan", "run", "explore"):
                outcome = self.ptah(command, netlist, *words)
                self.assertEqual(outcome.status, 2, f"{command} {netlist}: {outcome.out}{outcome.err}")
                self.assertIn(says, outcome.err)
        self.assertEqual(self.run_json("jobs").lines, [])
        for netlist, words, name, width in ((unclear, ["--width", "total"], "M1", 1), (unclear, ["--width", "finger"], "M1", 4),
                                            (open_end, ["--floating", "allow"], "XM1", 4), (off, [], "XM1", 1)):
            self.assertEqual(self.devices(self.plan(netlist, *words))[name]["w_um"], width)

    def test_changes_are_in_the_record_and_the_report(self):
        netlist = self.write("n.sp", ".subckt inv in out vdd! vss!\n" + INVERTER.format(n="1.0012").replace("vdd", "vdd!").replace("vss", "vss!") + ".ends\n")
        out = self.folder / "out"
        run = self.run_json("run", netlist, "--flow", "native", "--judges", "none", "--out", str(out))
        record = run.layouts[0]
        self.assertEqual({(note["device"], note["from"], note["to"]) for note in record["notes"]},
                         {("XM1", "1.0012 um", "1 um"), ("vdd!", "vdd!", "vdd_"), ("vss!", "vss!", "vss_")})
        self.assertEqual((record["drc"], record["lvs"]), ({"native_drc": 0}, {"native_lvs": "match"}))
        self.assertEqual(self.plan(netlist)["ports"], ["in", "out", "vdd!", "vss!"])
        report = self.ptah("report", str(out)).out
        self.assertIn("1.0012 um", report)


@unittest.skipUnless(INPUTS and INPUTS.is_dir(), "PTAH_SHARED is not set: no inputs of people to plan")
class SharedInputTest(InputCase):
    def test_each_is_planned(self):
        expect = {
            "1_starplus_ports_lost.spice": {"ports": ["in", "VDD", "VSS", "out"]},
            "2_xschem_M_prefix_width.spice": {"M1": (1, 4), "XM2": (1, 4), "M3": (4, 4)},
            "3_parallel_widths_netgen.spice": {"XM1": (3, 3), "XM10": (7, 7)},
            "4_nfet_body_on_source.spice": {"XM1": (1, 2)},
            "5_subcell_labels.spice": {"XM1": (1, 1)},
            "7_extracted_parasitic_C.spice": {"X0": (2.5, 2.5)},
            "9_exclamation_port.spice": {"ports": ["a", "y", "vdd!", "gnd!"]},
            "13_ideal_source_inside.spice": {"ports": ["inp", "inn", "out", "vdda", "gnda", "vb"], "XM1": (2, 16)},
        }
        for name, values in expect.items():
            with self.subTest(name):
                plan = self.plan(INPUTS / name)
                devices = self.devices(plan)
                for what, value in values.items():
                    if what == "ports":
                        self.assertEqual(plan["ports"], value)
                    else:
                        self.assertEqual((devices[what]["w_um"], devices[what]["w_total_um"]), value)
        latch = self.plan(INPUTS / "12_offgrid_params.spice", "--params", INPUTS / "12_offgrid_params.par")
        self.assertEqual(self.devices(latch)["XM4"]["w_um"], 0.54)
        self.assertIn(("XM4", "0.5376651 um", "0.54 um"), [(note["device"], note["from"], note["to"]) for note in latch["notes"]])


    def test_a_finger_of_40_um_is_planned_only_where_it_can_be_drawn(self):
        wide = str(INPUTS / "11_plan_hides_m_and_W40.spice")
        planned, ran = self.ptah("--json", "plan", wide), self.ptah("--json", "run", wide, "--judges", "none")
        self.assertEqual(planned.status, ran.status, planned.err + ran.err)
        if planned.status == 0:
            self.assertEqual(self.devices(planned.lines[0])["XM1"]["w_total_um"], 120)
        else:
            self.assertEqual(planned.status, 2)
            self.assertIn("40 um", planned.err)
            self.assertEqual(self.run_json("jobs").lines, [])


if __name__ == "__main__":
    unittest.main()
