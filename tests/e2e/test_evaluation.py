"""What is said of a dataset before a training, and of models after it."""
import re
import unittest

from harness import SOURCE, PtahCase

PROBES = {"majority", "hpwl", "nets", "neighbours", "trees"}


class EvaluationTest(PtahCase):
    def checked(self, *words):
        """A check leaves with 1 where it says no go."""
        outcome = self.ptah("--json", "dataset", "check", *words)
        self.assertIn(outcome.status, (0, 1), outcome.err)
        report = outcome.lines[0]
        self.assertEqual(report["go"], outcome.status == 0)
        self.assertEqual(report["go"], not report["reasons"])
        return report

    def opened(self, dataset):
        return self.run_json("dataset", "get", dataset).lines[0]["test_opened"]

    def test_a_dataset_is_checked_and_models_of_it_are_evaluated_and_compared(self):
        made = self.run_json("dataset", "make", "five_transistors_ota", "--count", "400", "--seed", "1", "--name", "five",
                             "--measures", "buffer_bandwidth,offset").summary["result"]["dataset"]
        report = self.checked("five", "--label", "-buffer_bandwidth")
        self.assertEqual(report["label"], "-buffer_bandwidth")
        self.assertEqual((report["dataset"], report["count"]), ("five@1", made["clean"]))
        self.assertEqual(sum(report["parts"].values()), report["count"])
        self.assertAlmostEqual(report["clean"], made["clean"] / made["count"])
        self.assertAlmostEqual(report["majority"], 0.75, delta=0.2)
        self.assertTrue(0 <= report["ceiling"] <= 1)
        self.assertEqual(set(report["probes"]), PROBES)
        self.assertEqual(report["remade"], {"layouts": 5, "differ": 0, "largest": 0})
        self.assertEqual(self.checked("five", "--label", "-buffer_bandwidth"), report, "the same again")
        wide = self.checked("five", "--label", "-buffer_bandwidth", "--error", "1e12")
        self.assertEqual(wide["ceiling"], 0)
        self.assertIn("within their error", " ".join(wide["reasons"]))
        self.assertEqual(self.opened("five"), 0, "a check leaves the test part alone")

        for name in ("first", "second"):
            self.run_json("model", "train", "linear", "--dataset", "five", "--label", "-buffer_bandwidth", "--name", name, "--seed", "3")
        model = self.run_json("model", "evaluate", "first", "--dataset", "five").lines[0]
        self.assertEqual((model["model"], model["label"], model["cost"]), ("first@1", "-buffer_bandwidth", "label"))
        self.assertEqual(model["count"], report["parts"]["test"])
        self.assertEqual(model["threshold"], report["threshold"])
        self.assertEqual(set(model["probes"]), PROBES)
        for share in ("accuracy", "balanced_accuracy", "auroc", "average_precision", "brier", "ece", "majority"):
            self.assertTrue(0 <= model[share] <= 1, share)
        self.assertGreater(model["auroc"], 0.5)
        self.assertGreaterEqual(model["ms_per_placement"], 0)
        self.assertEqual(model["test_opened"], 1)
        self.assertEqual(self.opened("five"), 1)

        both = self.run_json("model", "compare", "first", "second", "--dataset", "five", "--no-probes").lines[0]
        self.assertEqual(both["test_opened"], 2)
        [comparison] = both["comparisons"]
        self.assertEqual((comparison["first"], comparison["second"]), ("first@1", "second@1"))
        self.assertEqual(comparison["auroc_difference"], [0, 0, 0], "they learnt the same")
        self.assertEqual(comparison["mcnemar"]["p"], 1)
        self.assertEqual(both["summary"]["auroc"][0], model["auroc"])

        # A ranking looks at the validation part, unless it is told otherwise.
        ranked = self.run_json("model", "predict", "first", "--dataset", "five", "--limit", "7").lines
        summary = ranked.pop()["summary"]
        self.assertEqual((summary["model"], summary["part"], summary["count"]), ("first@1", "validation", report["parts"]["validation"]))
        self.assertEqual(len(ranked), 7)
        self.assertEqual([row["cost"] for row in ranked], sorted(row["cost"] for row in ranked))
        self.assertEqual(set(ranked[0]), {"placement", "cost", "uncertainty", "far", "label"})
        self.assertEqual(self.opened("five"), 2)
        told = self.ptah("model", "predict", "first", "--dataset", "five")
        self.assertRegex(told.out, r"validation part of five@1: Spearman [0-9.]+, regret@10 of \d+ ", told.err)
        self.assertEqual(self.ptah("model", "predict", "first").status, 2)

        # Counted by what the data are: another name does not forget.
        self.run_json("dataset", "make", "five_transistors_ota", "--count", "400", "--seed", "1", "--name", "innocent",
                      "--measures", "buffer_bandwidth,offset")
        self.assertEqual(self.opened("innocent"), 2)

        for words, word in ((["model", "evaluate", "none", "--dataset", "five"], "none"),
                            (["model", "evaluate", "first", "--dataset", "none"], "none"),
                            (["dataset", "check", "none"], "none")):
            outcome = self.ptah(*words)
            self.assertEqual(outcome.status, 3, outcome.err)
            self.assertIn(word, outcome.err)
        beauty = self.ptah("model", "evaluate", "first", "--dataset", "five", "--label", "beauty")
        self.assertEqual(beauty.status, 2, beauty.err)
        self.assertIn("beauty", beauty.err)
        people = self.ptah("model", "evaluate", "first", "--dataset", "five")
        self.assertEqual(people.status, 0, people.err)
        self.assertIn("balanced_accuracy", people.out)
        self.assertIn("was opened 4 times", people.out, "what failed was counted")
        tested = self.run_json("model", "predict", "first", "--dataset", "five", "--part", "test").lines[-1]["summary"]
        self.assertEqual((tested["spearman"], tested["test_opened"]), (model["spearman"], 5))
        self.what_is_exported_can_be_shipped(model)

    def what_is_exported_can_be_shipped(self, told):
        """On a state that has nothing of its own."""
        shipped = self.folder / "shipped"
        (shipped / "datasets").mkdir(parents=True)
        self.run_json("model", "export", "first", str(shipped / "models/offers"))
        self.run_json("dataset", "export", "five@1", str(shipped / "datasets/sample.h5"))
        (shipped / "datasets/bad.h5").write_text("this is no HDF5 file")
        record = self.run_json("model", "get", "first").lines[0]["record"]
        taken = self.run_json("model", "import", str(shipped / "models/offers"), "--name", "again").lines[0]
        self.assertEqual({**taken["record"], **record}, {**taken["record"], "model": "first"})
        self.kill_daemon()

        self.env.update(XDG_STATE_HOME=str(self.folder / "fresh"), PTAH_SHIPPED_DATA=str(shipped))
        model = self.run_json("model", "evaluate", "offers", "--dataset", "sample", "--no-probes").lines[0]
        self.assertEqual({k: model[k] for k in ("auroc", "accuracy", "label", "count")}, {k: told[k] for k in ("auroc", "accuracy", "label", "count")})
        named = lambda view: [(v["name"], v["version"], v["shipped"]) for v in self.run_json(view, "list").lines]
        self.assertEqual((named("model"), named("dataset")), ([("offers", 1, True)], [("sample", 1, True)]))
        table = self.ptah("model", "list")
        self.assertEqual(table.status, 0)
        self.assertRegex(table.out, r"offers +1 +champion, candidate +linear \S+ \(comes with Ptah\)")
        self.assertEqual(self.run_json("jobs").lines, [], "nobody asked for any")
        [finding] = [f for f in self.ptah("--json", "doctor").lines[0]["findings"] if f["what"] == "shipped models"]
        self.assertFalse(finding["ok"])
        self.assertIn('"bad"', finding["found"])

        # Deleted, they stay away; mended, they come.
        self.run_json("dataset", "delete", "sample@1")
        (shipped / "datasets/bad.h5").write_bytes((shipped / "datasets/sample.h5").read_bytes())
        self.kill_daemon()
        self.assertEqual((named("model"), named("dataset")), ([("offers", 1, True)], [("bad", 1, True)]))
        self.assertTrue(next(f for f in self.ptah("--json", "doctor").lines[0]["findings"] if f["what"] == "shipped models")["ok"])

    def test_what_comes_with_ptah_keeps_its_word(self):
        """Each shipped model on its circuit's sample: within the interval that its note claims."""
        self.env["PTAH_SHIPPED_DATA"] = str(SOURCE / "configs")
        models = self.run_json("model", "list").lines
        self.assertEqual({model["name"] for model in models}, {folder.name for folder in (SOURCE / "configs/models").iterdir() if folder.is_dir()})
        for model in models:
            sample = model["name"].split("-")[-1] + "-sample"
            report = self.run_json("model", "evaluate", model["name"], "--dataset", sample, "--no-probes").lines[0]
            low, high = (float(number) for number in re.search(r"AUROC [0-9.]+ \(([0-9.]+) to ([0-9.]+)\)", model["record"]["note"]).groups())
            least, most = report["auroc_interval"][-2:]
            self.assertLess(least, high, model["name"])
            self.assertGreater(most, low, model["name"])

    def test_a_network_goes_on_from_that_of_another_circuit(self):
        self.env["PTAH_SHIPPED_DATA"] = str(SOURCE / "configs")
        train = ["model", "train", "nas", "--dataset", "ota3-sample", "--from", "nas-ota4"]
        self.run_json(*train, "--name", "moved", "--epochs", "0")
        given, moved = (self.run_json("model", "get", name).lines[0] for name in ("nas-ota4", "moved"))
        self.assertEqual(moved["record"]["from"], {"name": "nas-ota4", "version": 1, "hash": given["hash"]})
        self.assertEqual(moved["record"]["dataset"]["name"], "ota3-sample")
        # The one refuses the other's circuit, the other tells its own, however badly.
        refused = self.ptah("model", "evaluate", "nas-ota4", "--dataset", "ota3-sample")
        self.assertNotEqual(refused.status, 0)
        self.assertIn("another circuit", refused.err)
        report = self.run_json("model", "evaluate", "moved", "--dataset", "ota3-sample", "--no-probes").lines[0]
        self.assertTrue(0 < report["auroc"] < 1)
        for model, words in (("trees-ota3", "cannot go on from"), ("nobody", 'no model "nobody"')):
            wrong = self.ptah(*train[:-1], model, "--name", "wrong")
            self.assertNotEqual(wrong.status, 0)
            self.assertIn(words, wrong.err)


if __name__ == "__main__":
    unittest.main()
