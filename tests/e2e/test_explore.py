"""The best layout of all assignments, found by strategies at equal budgets and signed off."""
import json
import pathlib
import signal
import subprocess
import time
import unittest

from harness import BUILD, SOURCE, PtahCase


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
        self.assertIn("more than 100001 layouts", said.err)

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

    def test_a_policy_is_a_model(self):
        if not (BUILD / "plugins/ptah_rl.so").exists():
            self.skipTest("there is no explorer rl: the build lacks LibTorch")
        words = ["explore", "five_transistors_ota", "--explorer", "rl", "--budget", "300", "--seed", "5", "--judges", "none", "--option", "rollout=32",
                 "--part", "train"]
        whole = self.run_json(*words, "--keep-model", "whole", "--job", "whole")
        self.assertEqual(whole.summary["model"], {"name": "whole", "version": 1})
        # Killed twice on the way: one version, of the same bytes.
        self.ptah(*words, "--keep-model", "killed", "--job", "killed", "--detach")
        for _ in range(2):
            time.sleep(1)
            self.kill_daemon()
        self.ptah("jobs", "wait", "killed")
        models = {line["name"]: line for line in self.run_json("model", "list").lines}
        self.assertEqual({name: line["version"] for name, line in models.items()}, {"whole": 1, "killed": 1})
        files = {name: {file["name"]: file["hash"] for file in self.run_json("model", "get", name).lines[0]["files"]} for name in models}
        self.assertEqual(files["whole"], files["killed"])
        self.assertEqual(set(files["whole"]), {"weights.safetensors", "manifest.json", "explanation.json"})
        record = self.run_json("model", "get", "whole").lines[0]["record"]
        self.assertEqual((record["explorer"], record["circuit"], record["evaluations"], record["part"]["part"]),
                         ("rl", "five_transistors_ota", 300, "train"))
        # What it prefers.
        explained = self.run_json("model", "explain", "whole").lines[0]
        groups = explained["sections"][0]["distributions"]
        self.assertEqual(len(groups), 3)
        for group in groups:
            self.assertAlmostEqual(sum(choice["probability"] for choice in group["choices"]), 1, places=5)
        text = self.ptah("model", "explain", "whole").out
        self.assertIn("Finger counts", text)
        self.assertIn("place anew", text)
        # Out and in again; an exploration of the rest begins with it, twice with the same end.
        self.run_json("model", "export", "whole", str(self.folder / "policy"))
        self.run_json("model", "import", str(self.folder / "policy"), "--name", "copy")
        act = ["explore", "five_transistors_ota", "--explorer", "rl", "--budget", "60", "--seed", "6", "--judges", "none", "--part", "rest"]
        ends = [self.run_json(*act, "--model", name, "--keep-model", "after").summary for name in ("whole", "copy@1")]
        self.assertEqual(ends[0]["best"]["cost"], ends[1]["best"]["cost"])
        self.assertEqual([end["model"]["version"] for end in ends], [1, 2])
        after = [self.run_json("model", "get", f"after@{version}").lines[0]["files"] for version in (1, 2)]
        self.assertEqual(*[{file["name"]: file["hash"] for file in files} for files in after])
        # The exploration goes, the model stays.
        self.run_json("jobs", "delete", "whole")
        self.assertEqual(self.run_json("model", "get", "whole").lines[0]["version"], 1)
        # Cancelled, what was learnt until then is kept.
        command = [BUILD / "bin/ptah", "--json", "explore", "five_transistors_ota", "--explorer", "rl", "--budget", "3600s", "--judges", "none",
                   "--keep-model", "cut"]
        with subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as client:
            client.stdout.readline()
            client.send_signal(signal.SIGINT)
            rest = client.stdout.read().splitlines()
        summary = json.loads(rest[-1])["summary"]
        self.assertEqual((summary["state"], summary["model"]), ("cancelled", {"name": "cut", "version": 1}))
        # What does not fit is said before anything runs.
        self.run_json("model", "put", "wires", str(self.folder / "policy/manifest.json"), "--predictor", "linear")
        flow = self.folder / "predicting.yaml"
        source = (SOURCE / "configs/flows/native.yaml").read_text()
        flow.write_text(source.replace("stages:", "stages:\n  predictor: {plugin: linear, model: whole}", 1))
        for words, said in ((["explore", "miller_ota", "--explorer", "rl", "--budget", "5", "--model", "whole"], "another circuit"),
                            (["explore", "five_transistors_ota", "--explorer", "annealing", "--budget", "5", "--model", "whole"], "policy of explorer `rl`"),
                            (["explore", "five_transistors_ota", "--explorer", "annealing", "--budget", "5", "--keep-model", "x"], "learns nothing"),
                            (["explore", "five_transistors_ota", "--explorer", "rl", "--budget", "5", "--model", "wires"], "predictor `linear`"),
                            (["explore", "five_transistors_ota", "--explorer", "rl", "--budget", "5", "--model", "nobody"], "nobody"),
                            (["explore", "five_transistors_ota", "--explorer", "rl", "--budget", "5", "--model", "whole", "--option", "inner_units=32"],
                             "inner_units"),
                            (["run", "five_transistors_ota", "--flow", str(flow)], "predicts nothing"),
                            (["model", "explain", "wires"], "says nothing of what it prefers")):
            outcome = self.ptah(*words, *(["--judges", "none"] if words[0] != "model" else []))
            self.assertNotEqual(outcome.status, 0, words)
            self.assertIn(said, outcome.out + outcome.err, words)


if __name__ == "__main__":
    unittest.main()
