"""The best layout of all assignments, found by strategies at equal budgets and signed off."""
import json
import pathlib
import signal
import subprocess
import time
import unittest

from harness import BUILD, PtahCase


class ExploreTest(PtahCase):
    def test_a_strategy_finds_a_signed_off_layout_and_says_how(self):
        out = self.folder / "out"
        found = self.run_json("explore", "five_transistors_ota", "--explorer", "annealing", "--budget", "60", "--seed", "2", "--out", str(out),
                              "--job", "first")
        curve = [line for line in found.lines if "summary" not in line]
        self.assertGreater(len(curve), 1)
        for line in curve:
            self.assertEqual(sorted(line), ["cost", "evaluations", "feasible", "seconds"])
        costs = [line["cost"] for line in curve if line["cost"] is not None]
        self.assertEqual(costs, sorted(costs, reverse=True))
        summary = found.summary
        self.assertEqual((summary["state"], summary["evaluations"]), ("done", 60))
        best = summary["best"]
        self.assertEqual(best["cost"], costs[-1])
        self.assertEqual(best["judges"]["drc"], {"native_drc": 0, "magic_drc": 0})
        self.assertTrue(best["judges"]["signed_off"])
        self.assertEqual(set(best["judges"]["lvs"].values()), {"match"})
        self.assertTrue(all(spec["met"] for spec in best["specs"]))
        # From outside: Magic and Netgen on the file that is named.
        fingers = ",".join(f"{device}={count}" for device, count in best["fingers"].items())
        checked = self.run_json("check", best["gds"], "--circuit", "five_transistors_ota", "--fingers", fingers, "--drc", "--lvs").lines[0]
        self.assertTrue(checked["clean"])
        # Again, with the same seed, and beside another strategy.
        again = self.run_json("explore", "five_transistors_ota", "--explorer", "annealing", "--budget", "60", "--seed", "2", "--judges", "none",
                              "--job", "second")
        self.assertEqual(again.summary["best"]["cost"], best["cost"])
        self.run_json("explore", "five_transistors_ota", "--explorer", "random", "--budget", "30", "--judges", "none", "--job", "third")
        picture = self.folder / "curves.svg"
        rows = self.run_json("explore", "compare", "first", "second", "third", "--out", str(picture)).lines
        self.assertEqual({row["explorer"]: len(row["jobs"]) for row in rows}, {"annealing": 2, "random": 1})
        self.assertEqual(rows[0]["median"], best["cost"])
        self.assertIn("<svg", picture.read_text())
        words = self.ptah("explore", "five_transistors_ota", "--explorer", "greedy", "--budget", "20", "--judges", "none").out
        self.assertIn("20 evaluations", words)

    def test_explorations_side_by_side_share_the_evaluations(self):
        command = ["explore", "five_transistors_ota", "--starts", "3", "--budget", "60", "--judges", "none"]
        found = self.run_json(*command, "--job", "three")
        costs = [line["cost"] for line in found.lines if line.get("cost") is not None]
        self.assertEqual(costs, sorted(costs, reverse=True))
        self.assertEqual((found.summary["evaluations"], found.summary["best"]["cost"]), (60, costs[-1]))
        chains = self.run_json("jobs", "chains", "three").lines
        self.assertEqual([chain["result"]["evaluated"] for chain in chains], [20, 20, 20])
        self.assertEqual(len({chain["result"]["assignment"] for chain in chains}), 3)
        self.assertEqual(self.run_json(*command).summary["best"]["cost"], costs[-1])
        rows = self.run_json("explore", "compare", "three").lines
        self.assertEqual((rows[0]["explorer"], rows[0]["median"]), ("annealing starts=3", costs[-1]))

    def test_a_run_makes_several_floorplans_of_an_assignment(self):
        out = self.folder / "floorplans"
        lines = self.run_json("run", "five_transistors_ota", "--flow", "native", "--judges", "none", "--placements", "3", "--variants", "1",
                              "--out", str(out)).lines
        self.assertEqual([line.get("placed", 0) for line in lines if "variant" in line], [0, 0, 2, 2, 4, 4])
        said = self.ptah("run", "five_transistors_ota", "--placements", "1000", "--variants", "1000")
        self.assertIn("more than 100000 layouts", said.err)

    def test_what_cannot_be_done_is_said(self):
        for words, said in ((["--budget", "0"], "no budget"), (["--budget", "12x"], "no budget"), (["--explorer", "clairvoyant"], "clairvoyant"),
                            (["--option", "over"], "NAME=VALUE"), (["--spec", "beauty >= 3"], "beauty"), (["--explorer", "annealing", "--option", "over=it"], "over")):
            budget = [] if "--budget" in words else ["--budget", "5"]
            outcome = self.ptah("explore", "five_transistors_ota", *budget, *words)
            self.assertNotEqual(outcome.status, 0, words)
            self.assertIn(said, outcome.out + outcome.err, words)
        self.assertIn("No circuit is named", self.ptah("explore").err)

    def test_what_was_found_stays_when_it_is_cancelled_or_killed(self):
        command = [BUILD / "bin/ptah", "--json", "explore", "miller_ota", "--explorer", "random", "--budget", "3600s", "--judges", "none", "--job", "long"]
        with subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as client:
            first = json.loads(client.stdout.readline())
            self.assertIn("evaluations", first)
            self.assertIn("explores all assignments", self.ptah("jobs", "append", "long", "-k", "2").err)
            client.send_signal(signal.SIGINT)
            rest = client.stdout.read().splitlines()
        summary = json.loads(rest[-1])["summary"]
        self.assertEqual(summary["state"], "cancelled")
        self.assertGreaterEqual(summary["evaluations"], first["evaluations"])
        # The daemon killed in the middle of another: it goes on, and ends as one that was not.
        whole = self.run_json("explore", "five_transistors_ota", "--explorer", "genetic", "--budget", "150", "--judges", "none", "--job", "whole")
        self.ptah("explore", "five_transistors_ota", "--explorer", "genetic", "--budget", "150", "--judges", "none", "--job", "killed", "--detach")
        time.sleep(0.7)
        self.kill_daemon()
        self.ptah("jobs", "wait", "killed")
        curve = [(line["step"], line["value"]) for line in self.run_json("jobs", "metrics", "killed").lines if line["name"] == "best_cost"]
        expected = [(line["step"], line["value"]) for line in self.run_json("jobs", "metrics", "whole").lines if line["name"] == "best_cost"]
        self.assertEqual(curve, expected)
        self.assertEqual(curve[-1][1], whole.summary["best"]["cost"])


if __name__ == "__main__":
    unittest.main()
