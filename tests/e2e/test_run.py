"""The main job: netlist in, verified variants out."""
import json
import pathlib
import subprocess
import unittest

from harness import BUILD, CIRCUITS, SOURCE, PtahCase, files_below

FIELDS = ["circuit", "fingers", "variant", "gds", "top", "netlist", "drc", "lvs", "pscore_V", "area_um2",
          "outline_um", "hpwl_um", "wirelength_um", "seconds", "seed", "plugins"]


class RunTest(PtahCase):
    def test_a_netlist_becomes_verified_variants_and_a_dataset(self):
        out = self.folder / "out"
        outcome = self.run_json("run", "five_transistors_ota", "--assignments", "2", "--variants", "2", "--seed", "1",
                                "--pictures", "--out", str(out))
        self.assertEqual(len(outcome.layouts), 6)
        for layout in outcome.layouts:
            for field in FIELDS:
                self.assertIn(field, layout)
            self.assertEqual(layout["drc"], {"magic_drc": 0})
            self.assertEqual(layout["lvs"], {"netgen_lvs": "match"})
            self.assertGreater(layout["pscore_V"], 0)
            self.assertLess(layout["pscore_V"], 0.5)
            self.assertTrue(pathlib.Path(layout["gds"]).is_file())
            self.assertTrue(pathlib.Path(layout["netlist"]).is_file())
        self.assertEqual(outcome.summary["state"], "done")
        self.assertEqual(sorted(layout["variant"] for layout in outcome.layouts), [0, 0, 1, 1, 2, 2])

        names = list(files_below(out))
        for kind, count in (("layouts", 6), ("metrics", 6), ("metadata", 6)):
            found = [name for name in names if name.startswith(f"data/five_transistors_ota/{kind}/")
                     and name.endswith((".gds", ".json")) and "/tiles/" not in name]
            self.assertEqual(len(found), count, found)
        for name in ("template.sp", "pairs.json", "testbench.spice"):
            self.assertIn(f"netlists/five_transistors_ota/{name}", names)
        self.assertEqual(len([name for name in names if "/tiles/" in name]), 10)
        self.assertEqual(len([name for name in names if name.endswith("pre.csv")]), 2)

        report = self.run_json("report", str(out)).lines[0]
        self.assertEqual((report["layouts"], report["drc_clean"], report["lvs_match"]), (6, 6, 6))
        # Two assignments are circuits of other total widths: nothing is summed up over both.
        scores = sorted(layout["pscore_V"] for layout in outcome.layouts)
        self.assertEqual([size["layouts"] for size in report["sizes"]], [3, 3])
        self.assertEqual({size["assignment"] for size in report["sizes"]}, {layout["assignment"] for layout in outcome.layouts})
        self.assertEqual((report["sizes"][0]["pscore_min_V"], report["measures"]), (scores[0], None))
        self.assertIn("by size", self.ptah("report", str(out)).out)

        # The finished layout before the judges again, from outside the run.
        last = outcome.layouts[-1]
        fingers = ",".join(f"{device}={count}" for device, count in last["fingers"].items())
        checked = self.run_json("check", last["gds"], "--circuit", "five_transistors_ota", "--fingers", fingers,
                                "--drc", "--lvs", "--pex", "--spice", str(self.folder / "extracted.sp"),
                                "--spef", str(self.folder / "run" / "mine.spef")).lines[0]
        self.assertTrue(checked["clean"])
        self.assertIn(".subckt", (self.folder / "extracted.sp").read_text().lower())
        self.assertIn("SPEF", (self.folder / "run" / "mine.spef").read_text())       # The user's own folders, all of them.
        self.assertTrue(any(net["net"].lower() == "vout" and net["total_fF"] > 0 for net in checked["pex"]["nets"]))
        wrong = ",".join(f"{device}={count % 16 + 2}" for device, count in last["fingers"].items())
        self.run_json("check", last["gds"], "--circuit", "five_transistors_ota", "--fingers", wrong, "--lvs", status=1)

        picture = self.folder / "layout.svg"
        self.run_json("render", last["gds"], "-o", str(picture))
        self.assertIn("<svg", picture.read_text()[:500])

    def test_the_best_layout_is_the_one_of_least_cost(self):
        out = self.folder / "out"
        for objective, field in (("pscore", "pscore_V"), ("hpwl", "hpwl_um")):
            run = self.run_json("run", "five_transistors_ota", "--flow", "native", "--judges", "none", "--assignments", "3",
                                "--variants", "3", "--objective", objective, "--job", objective, "--out", str(out / objective))
            best = min(run.layouts, key=lambda layout: (layout[field], layout["assignment"], layout["variant"]))
            said = run.summary["best"]
            self.assertEqual((said["objective"], said["cost"], said["gds"]), (objective, best[field], best["gds"]))
            self.assertEqual((said["assignment"], said["variant"]), (best["assignment"], best["variant"]))
            reported = self.run_json("report", str(out / objective)).lines[0]["best"]
            self.assertEqual({**said, "gds": None}, {**reported, "gds": None})
            self.assertEqual(self.run_json("variants", objective, "--sort", "cost").lines[0]["cost"], best[field])
            name = f"{best['circuit']}_{best['assignment']} variant {best['variant']}"
            self.assertIn(name, self.ptah("report", str(out / objective)).out)
        # Runs that were for something else do not compare.
        mixed = self.run_json("run", "five_transistors_ota", "--flow", "native", "--judges", "none", "--out", str(out / "pscore"),
                              "--objective", "area", "--fingers", "M0=8,M1=8,M3=8")
        self.assertEqual(mixed.summary["best"]["objective"], "area")
        self.assertIsNone(self.run_json("report", str(out / "pscore")).lines[0]["best"])

    def test_a_layout_that_breaks_a_spec_is_never_the_best(self):
        out = str(self.folder / "specs")
        run = ["run", "five_transistors_ota", "--flow", "native", "--judges", "none", "--assignments", "4", "--seed", "1", "--out", out]
        free = self.run_json(*run, "--no-specs", "--job", "free")
        gains = {line["assignment"]: line["measures"]["buffer_gain"]["value"] for line in free.layouts}
        limit = sorted(gains.values())[2]  # The upper two of four meet it.
        gated = self.run_json(*run[:-2], "--spec", f"buffer_gain >= {limit}", "--job", "gated", "--out", out + "2")
        lines = gated.layouts
        self.assertEqual(sum(line["feasible"] for line in lines), 2)
        for line in lines:
            self.assertEqual(line["feasible"], gains[line["assignment"]] >= limit)
            self.assertEqual(line["cost"] is None, not line["feasible"])
        costs = {line["assignment"]: line["cost"] for line in lines if line["feasible"]}
        self.assertEqual(gated.summary["best"]["assignment"], min(costs, key=costs.get))
        report = self.run_json("report", out + "2").lines[0]
        self.assertEqual(report["feasible"], 2)
        self.assertEqual([(spec["met"], spec["broken"]) for spec in report["specs"].values()], [(2, 2)])
        self.assertIn("broken", self.ptah("report", out + "2").out)
        nothing = self.ptah(*run[:-2], "--spec", "buffer_gain >= 200 dB")
        self.assertIn("no layout meets the specs", nothing.out)
        self.assertIn("breaks buffer_gain >= 200 dB", nothing.out)
        wrong = self.ptah(*run[:-2], "--spec", "speed >= 3")
        self.assertEqual(wrong.status, 2, wrong.err)
        self.assertIn("There are: buffer_gain", wrong.err)

    def test_measures_of_every_testbench(self):
        out = self.folder / "out"
        layouts = self.run_json("run", "miller_ota", "--flow", "native", "--judges", "none", "--measures", "all", "--variants", "1",
                                "--job", "measured", "--out", str(out)).layouts
        self.assertEqual([len(layout["measures"]) for layout in layouts], [13, 13])
        shown = self.run_json("show", "measured", "0", "1").lines[0]["record"]
        self.assertEqual(shown["measures"], layouts[1]["measures"])
        self.assertEqual(shown["measures_schematic"], layouts[0]["measures_schematic"])
        text = self.ptah("show", "measured", "0", "1").out
        self.assertRegex(text, r"\ncmrr +[0-9.]+ dB +[0-9.]+ dB\n")
        self.assertRegex(text, r"\ngain_margin +- +- +The phase never lags by 180 degrees")
        summed = self.run_json("report", str(out)).lines[0]["measures"]
        self.assertEqual(summed["cmrr"]["count"], 2)
        self.assertEqual(summed["cmrr"]["median"], max(layout["measures"]["cmrr"]["value"] for layout in layouts))
        self.assertEqual(summed["cmrr"]["schematic_median"], shown["measures_schematic"]["cmrr"]["value"])
        self.assertEqual(sum(summed["gain_margin"]["absent"].values()), 2)
        self.assertRegex(self.ptah("report", str(out)).out, r"\nMeasures\n")
        scored = self.run_json("score", layouts[1]["gds"], "--circuit", "miller_ota", "--measures", "all").lines[0]
        self.assertEqual(scored["measures"].keys(), layouts[1]["measures"].keys())

    def test_the_demo_of_the_readme(self):
        out = self.folder / "demo"
        done = subprocess.run([SOURCE / "dev", "demo", out], env=dict(self.env, PTAH_BUILD_DIR=str(BUILD), TMPDIR=str(self.folder)),
                              text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=600, check=False)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        self.assertIn("8 layouts, 8 clean", done.stdout)
        self.assertEqual(len(list(out.rglob("v*.png"))), 8)
        self.assertEqual([entry.name for entry in self.folder.iterdir() if entry.name.startswith("tmp.")], [],
                         "the demo leaves its daemon's folder behind")

    def made_with(self, workers, flow):
        """One spec under a daemon of its own, all its folders elsewhere: the dataset's files, and what the protocol says."""
        home = self.folder / f"{flow}-{workers}"
        self.env |= {"XDG_STATE_HOME": str(home / "state"), "XDG_CACHE_HOME": str(home / "cache")}
        self.run_json("server", "start", "--workers", str(workers))
        connection = self.raw_connection()
        file = connection.makefile("rw")

        def ask(method, **params):
            print(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}), file=file, flush=True)
            return json.loads(file.readline())["result"]
        with connection, file:
            ask("server.hello", client="test", protocol=1)
            self.run_json("run", "five_transistors_ota", "--assignments", "4", "--variants", "2", "--seed", "5", "--flow", flow,
                          "--measures", "all", "--pictures", "--job", "same", "--out", str(home / "out"))
            said = sorted((v["chain"], v["variant"], v["record"], [(f["role"], f.get("dataset"), f["role"] == "times" or f["hash"])
                                                                   for f in v["files"]])
                          for v in ask("variant.list", job="same")["variants"])
            said += [ask("job.chains", job="same"), ask("job.get", job="same").get("result")]
        self.kill_daemon()
        return files_below(home / "out"), json.dumps(said, indent=1)

    def test_same_seed_same_bytes_but_for_times(self):
        for flow in ("native", "osiris"):
            (first, first_said), (second, second_said) = self.made_with(1, flow), self.made_with(2, flow)
            self.assertEqual(list(first), list(second))
            times = [name for name in first if "/times/" in name]
            self.assertEqual(len(times), 12)
            for name in times:
                self.assertGreater(json.loads(first[name])["total"], json.loads(first[name])["router"])
            self.assertEqual([name for name in first if first[name] != second[name] and name not in times], [])
            self.assertEqual(first_said, second_said)

    def test_published_counts_of_assignments(self):
        for circuit, count in (("five_transistors_ota", 512), ("miller_ota", 2187), ("ahuja_ota", 1024), ("ota_ff", 2048)):
            self.assertEqual(self.ptah("permutations", circuit, "--count").out.strip(), str(count))

    def test_a_netlist_of_the_users_own(self):
        netlist = self.netlist("* a mirror\n.subckt mirror in out vss\n"
                               "XM1 in in vss vss sky130_fd_pr__nfet_01v8 L=0.15 W=1 nf=1\n"
                               "XM2 out in vss vss sky130_fd_pr__nfet_01v8 L=0.15 W=1 nf=1\n.ends\n")
        outcome = self.run_json("run", netlist, "--variants", "1", "--out", str(self.folder / "out"))
        self.assertEqual(len(outcome.layouts), 2)
        for layout in outcome.layouts:
            self.assertEqual(layout["drc"], {"magic_drc": 0})
            self.assertEqual(layout["lvs"], {"netgen_lvs": "match"})
            self.assertIsNone(layout["pscore_V"])

    def test_bad_input_gets_a_sentence_with_its_place(self):
        cases = [
            (".subckt a p v\nM1 p p v v mystery_fet w=1u l=0.15u\n.ends\n", "own.sp:2", 2),
            (".subckt a p v\n.ends\n", "own.sp", 2),
            (".subckt a p v\nX1 p v a\n.ends\n", "own.sp", 2),
            (".subckt a p v\nM1 p q v v sky130_fd_pr__nfet_01v8 w=1u l=0.15u\n.ends\n", "q", 2),
            (".subckt a p v\nM1 p p v v sky130_fd_pr__nfet_01v8 w=0.1u l=0.15u\n.ends\n", "own.sp:2", 2),
            ("simulator lang=spectre\nM1 (a b c d) nfet l=1u w=1u\n", "own.sp", 2),
        ]
        for text, place, status in cases:
            outcome = self.ptah("run", self.netlist(text))
            self.assertEqual(outcome.status, status, f"{text}\n{outcome.out}{outcome.err}")
            self.assertIn(place, outcome.err, text)
        fingers = self.ptah("run", "five_transistors_ota", "--fingers", "M0=2,M1=2,M2=4,M3=2,M4=2")
        self.assertEqual(fingers.status, 2)
        self.assertIn("M2", fingers.err)
        self.assertEqual(self.ptah("run", "no_such_circuit").status, 3)
        self.assertEqual(self.ptah("run", "five_transistors_ota", "--variants", "-1").status, 2)
        truncated = self.folder / "cut.gds"
        truncated.write_bytes(bytes([0, 6, 0, 2, 2, 88, 0, 28]))
        self.assertEqual(self.ptah("check", str(truncated)).status, 2)
        # And the daemon serves on.
        self.assertEqual(self.ptah("permutations", "ota_ff", "--count").out.strip(), "2048")

    def test_a_testbench_that_does_not_converge_says_so(self):
        bench = self.netlist(".subckt mirror in out vss\nXXX\n.ends\nxm (in out vss) mirror\nV1 in 0 1\nV2 in 0 2\n"
                             "V3 vss 0 0\n.ac dec 10 1k 1meg\n.control\nrun\nwrite x.out v(out)\n.endc\n.end\n", "tb.spice")
        netlist = self.netlist(".subckt mirror in out vss\nM1 in in vss vss sky130_fd_pr__nfet_01v8 w=1u l=0.15u\n"
                               "M2 out in vss vss sky130_fd_pr__nfet_01v8 w=1u l=0.15u\n.ends\n")
        outcome = self.ptah("run", netlist, "--testbench", bench)
        self.assertEqual(outcome.status, 1, outcome.out + outcome.err)
        self.assertRegex(outcome.err.lower(), "singular|converge|ngspice")

    def test_doctor_finds_the_tools(self):
        report = self.ptah("--json", "doctor").lines[0]
        self.assertTrue(report["healthy"], report)


class MatrixTest(PtahCase):
    """Every circuit on every technology that is here: clean, matching, scored."""

    def matrix(self, tech):
        outcome = self.run_json("run", "all", "--assignments", "1", "--variants", "1", "--seed", "11", "--tech", tech,
                                "--out", str(self.folder / tech), timeout=900)
        self.assertEqual(len(outcome.layouts), 2 * len(CIRCUITS))
        for layout in outcome.layouts:
            self.assertEqual(set(layout["drc"].values()), {0}, layout)
            self.assertEqual(set(layout["lvs"].values()), {"match"}, layout)
            self.assertIsInstance(layout["pscore_V"], float, layout)
        print(self.ptah("report", str(self.folder / tech)).out)

    def test_ptah130(self):
        self.matrix("ptah130")

    def test_sky130A(self):
        if not self.env.get("PDK_ROOT"):
            self.skipTest("PDK_ROOT is not set: the real sky130A is not here")
        self.matrix("sky130A")


if __name__ == "__main__":
    unittest.main(verbosity=2)
