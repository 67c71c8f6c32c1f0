"""Datasets: made in blocks, exported, taken in again, learnt from."""
import unittest

from harness import PtahCase


class DatasetTest(PtahCase):
    def test_a_dataset_is_made_listed_exported_imported_and_learnt_from(self):
        outcome = self.run_json("dataset", "make", "five_transistors_ota", "--count", "40", "--seed", "1", "--name", "five",
                                "--measures", "offset")
        made = outcome.summary["result"]["dataset"]
        self.assertEqual((made["dataset"], made["version"], made["count"]), ("five", 1, 40))
        self.assertEqual(made["clean"], 40)
        self.assertEqual((outcome.summary["layouts"], outcome.summary["clean"]), (40, 40), "not blocks")
        listed = self.run_json("dataset", "list").lines
        self.assertEqual([(d["name"], d["version"], d["record"]["count"]) for d in listed], [("five", 1, 40)])
        whole = self.run_json("dataset", "get", "five").lines[0]
        self.assertEqual(sum(f["size"] for f in whole["files"]), made["bytes"])

        # The same again is the same data.
        self.run_json("dataset", "make", "five_transistors_ota", "--count", "40", "--seed", "1", "--name", "five", "--measures", "offset")
        again = self.run_json("dataset", "get", "five@2").lines[0]
        self.assertEqual(again["hash"], whole["hash"])

        file = self.netlist("", "out.h5")
        exported = self.run_json("dataset", "export", "five", file).lines[0]
        self.assertEqual((exported["count"], exported["clean"]), (40, 40))
        self.run_json("dataset", "import", file, "--name", "copy")
        other = self.netlist("", "again.h5")
        self.run_json("dataset", "export", "copy", other)
        with open(file, "rb") as a, open(other, "rb") as b:
            self.assertEqual(a.read(), b.read())

        # Pictures of what was made.
        drawn = self.run_json("dataset", "render", "five@1", "--count", "2", "-o", self.folder / "pictures").lines[0]
        self.assertEqual((drawn["label"], len(drawn["layouts"]), len(drawn["files"])), ("|offset|", 4, 5))
        labels = [layout["label"] for layout in drawn["layouts"]]
        self.assertLess(max(labels[0::2]), min(labels[1::2]), "best and worst in turn")
        self.assertTrue(all(open(file, "rb").read(4) == b"\x89PNG" for file in drawn["files"]))
        one = self.run_json("dataset", "render", "five", "--index", "7", "-o", self.folder / "one.svg").lines[0]
        self.assertEqual((one["layouts"][0]["index"], one["files"]), (7, [str(self.folder / "one.svg")]))

        lines = self.run_json("model", "train", "linear", "--dataset", "copy", "--name", "m", "--seed", "3").lines
        self.assertTrue(all("metric" in line for line in lines[:-1]), lines)
        model = lines[-1]["summary"]["model"]
        self.assertEqual((model["label"], model["dataset"]["name"], model["dataset"]["layouts"]), ("|offset|", "copy", 40))

        self.run_json("dataset", "delete", "five@2")
        self.assertEqual([d["version"] for d in self.run_json("dataset", "list", "five").lines], [1])

    def test_a_killed_daemon_goes_on_to_the_same_data(self):
        words = ["dataset", "make", "five_transistors_ota", "--count", "96", "--seed", "5", "--name", "five", "--measures", "offset"]
        process = self.start("--json", *words, "--job", "killed")
        blocks = lambda: self.run_json("jobs", "get", "killed").lines[0]["variants"]
        self.assertIn("dataset", process.stdout.readline())  # The first block is on disk.
        self.kill_daemon()
        process.communicate()
        self.assertLess(blocks(), 6)
        self.run_json(*words, "--job", "killed")
        self.run_json(*words)
        first, second = (self.run_json("dataset", "get", f"five@{version}").lines[0] for version in (1, 2))
        self.assertEqual((first["job"], first["record"]["count"]), ("killed", 96))
        self.assertEqual(first["hash"], second["hash"])

    def test_what_does_not_fit_is_told(self):
        bad = self.netlist("this is no HDF5 file", "bad.h5")
        cases = [(["dataset", "make", "five_transistors_ota", "--count", "4", "--name", "x", "--measures", "beauty"], 2, "beauty"),
                 (["dataset", "export", "none", bad], 3, "none"),
                 (["dataset", "import", bad, "--name", "bad"], 2, "HDF5"),
                 (["dataset", "render", "none", "-o", "x.png"], 3, "none"),
                 (["dataset", "export", "none", bad, "--balanced"], 2, "public"),
                 (["model", "train", "linear", "--dataset", "none", "--name", "m"], 3, "none")]
        for arguments, status, word in cases:
            outcome = self.ptah(*arguments)
            self.assertEqual(outcome.status, status, (arguments, outcome.err))
            self.assertIn(word, outcome.err)


if __name__ == "__main__":
    unittest.main()
