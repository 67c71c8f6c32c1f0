"""Models: trained from runs, versions in a library, used by the runs that name them."""
import json
import pathlib
import unittest

from harness import SOURCE, PtahCase


class ModelTest(PtahCase):
    def layouts(self, job, seed, variants=120):
        self.run_json("run", "five_transistors_ota", "--flow", "native", "--judges", "none", "--variants", str(variants),
                      "--seed", str(seed), "--job", job)

    def models(self):
        return [(m["name"], m["version"], m["used"]) for m in self.run_json("model", "list").lines]

    def test_a_model_is_trained_listed_chosen_used_and_forgotten(self):
        self.layouts("learnt", 1)  # By its name its layouts are for training, so that they tell what the worst quarter is.
        outcome = self.run_json("train", "wires", "learnt", "--label", "hpwl", "--job", "training")
        summary = outcome.summary
        self.assertEqual(summary["state"], "done")
        self.assertEqual(summary["result"]["variants"], 1)
        curve = [m["value"] for m in self.run_json("jobs", "metrics", "training").lines if m["name"] == "validation_rmse"]
        self.assertEqual(len(curve), 17)
        model = self.run_json("model", "get", "wires").lines[0]
        self.assertEqual((model["version"], model["job"]), (1, "training"))
        record = model["record"]
        self.assertEqual(record["dataset"]["jobs"], ["learnt"])
        self.assertEqual(record["dataset"]["layouts"], 121)
        self.assertAlmostEqual(record["metrics"]["validation_rmse"], min(curve))
        self.assertEqual([f["name"] for f in model["files"]], ["linear.json"])
        weights = pathlib.Path(model["files"][0]["path"])
        self.assertEqual(len(json.loads(weights.read_text())["weights"]), len(json.loads(weights.read_text())["features"]))

        # The same again is the same bytes, as the next version; from elsewhere a third.
        self.run_json("train", "wires", "learnt", "--label", "hpwl")
        again = self.run_json("model", "get", "wires").lines[0]
        self.assertEqual((again["version"], again["files"][0]["hash"]), (2, model["files"][0]["hash"]))
        copy = self.netlist(weights.read_text(), "linear.json")
        self.run_json("model", "put", "wires", copy, "--predictor", "linear", "--note", "from a colleague")
        self.assertEqual(self.models(), [("wires", 3, True), ("wires", 2, False), ("wires", 1, False)])
        self.run_json("model", "use", "wires@1")
        self.assertEqual(self.models(), [("wires", 3, False), ("wires", 2, False), ("wires", 1, True)])

        # It says what it thinks of a layout, beside the score; so does a flow's.
        layout = self.run_json("variants", "learnt").lines[0]
        scored = ["score", layout["gds"], "--circuit", "five_transistors_ota"]
        plain = self.run_json(*scored).lines[0]
        beside = self.run_json(*scored, "--model", "wires").lines[0]
        prediction = beside.pop("prediction")
        self.assertAlmostEqual(prediction["cost"], layout["hpwl_um"], delta=0.1)
        self.assertEqual((prediction["model"], prediction["label"], prediction["far"]), ("wires@1", "hpwl", False))
        self.assertIn(prediction["verdict"], ("good", "poor", "unsure"))
        self.assertTrue(0 <= prediction["probability"] <= 1)
        self.assertEqual({k: v for k, v in beside.items() if k != "seconds"}, {k: v for k, v in plain.items() if k != "seconds"})
        placed = self.netlist(json.dumps(dict(prediction, fingers=plain["fingers"])), "placed.json")
        own = self.run_json("model", "predict", "wires", "five_transistors_ota", "--placement", placed).lines[0]
        self.assertEqual(own["cost"], prediction["cost"])
        self.assertIn("worst quarter by hpwl", self.ptah(*scored, "--model", "wires").out)
        missing = self.ptah(*scored, "--model", "nobody")
        self.assertEqual(missing.status, 3, missing.err)
        self.assertIn('no model "nobody"', missing.err)

        # A run names it, keeps its files, and goes on when the model is gone.
        flow = (SOURCE / "configs/flows/native.yaml").read_text()
        flow = self.netlist(flow.replace("  explorer:", "  predictor: {plugin: linear, model: wires}\n  explorer:"), "wires.yaml")
        self.run_json("run", "five_transistors_ota", "--flow", flow, "--judges", "none", "--variants", "3", "--job", "with")
        of_flow = self.run_json(*scored, "--flow", flow).lines[0]["prediction"]
        self.assertEqual(of_flow, prediction)
        record = self.run_json("show", "with", "0", "3").lines[0]["record"]
        self.assertEqual((record["model"]["name"], record["model"]["version"], record["model"]["hash"]), ("wires", 1, model["hash"]))
        self.assertEqual(sorted(record["plugin_hashes"]), sorted(record["plugins"]))
        self.assertEqual(record["plugins"]["predictor"], "linear 1.0.0")
        self.assertTrue(all(len(digest) == 64 for digest in record["plugin_hashes"].values()), record["plugin_hashes"])
        self.run_json("model", "delete", "wires@1")
        self.assertEqual(self.models(), [("wires", 3, True), ("wires", 2, False)])
        self.run_json("run", "five_transistors_ota", "--flow", flow, "--judges", "none", "--variants", "3")

        # What a model does not fit says so, with its name.
        bad = self.netlist("{}", "linear.json")
        self.run_json("model", "put", "wires", bad, "--predictor", "linear")
        outcome = self.ptah("--json", "run", "five_transistors_ota", "--flow", flow, "--judges", "none", "--variants", "1")
        self.assertNotEqual(outcome.status, 0)
        self.assertIn("wires@4", outcome.err + outcome.out)

    def test_mistakes_are_answered_at_once(self):
        self.layouts("few", 1, variants=2)
        cases = [(["train", "wires", "none"], 3, "none"),
                 (["train", "wires", "few", "--label", "beauty"], 2, "beauty"),
                 (["train", "wires", "few", "--label", "hpwl", "--option", "depth=3"], 2, "depth"),
                 (["train", "wires", "few", "--label", "hpwl"], 2, "3 layouts"),
                 (["train", "../wires", "few"], 2, "model"),
                 (["model", "get", "wires"], 3, "wires"),
                 (["model", "delete", "wires"], 2, "which version"),
                 (["model", "use", "wires@7"], 3, "wires@7")]
        for words, status, text in cases:
            outcome = self.ptah(*words)
            self.assertEqual(outcome.status, status, f"{words}\n{outcome.out}\n{outcome.err}")
            self.assertIn(text, outcome.err, words)

    def test_every_client_hears_of_changes(self):
        self.layouts("first", 1)
        with self.raw_connection() as connection:
            with connection.makefile("rw") as stream:
                stream.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "model.list", "params": {}}) + "\n")
                stream.flush()
                self.assertEqual(json.loads(stream.readline())["result"]["models"], [])
                self.run_json("train", "wires", "first", "--label", "hpwl")
                self.run_json("model", "use", "wires@1")
                self.run_json("model", "delete", "wires@1")
                heard = [json.loads(stream.readline()) for _ in range(3)]
        self.assertEqual([h["method"] for h in heard], ["model.changed"] * 3)
        self.assertEqual([h["params"]["change"] for h in heard], ["ready", "used", "deleted"])
        self.assertEqual({(h["params"]["name"], h["params"]["version"]) for h in heard}, {("wires", 1)})


if __name__ == "__main__":
    unittest.main()
