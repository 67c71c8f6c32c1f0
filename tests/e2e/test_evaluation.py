"""What is said of a dataset before a training, and of models after it."""
import unittest

from harness import PtahCase

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


if __name__ == "__main__":
    unittest.main()
