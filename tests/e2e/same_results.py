"""Shipped flows give the layouts and figures that they gave before.

    python3 tests/e2e/same_results.py            compares (a case of the test run)
    python3 tests/e2e/same_results.py --write FOLDER    writes same_results.json anew from the datasets of `runs` below FOLDER: after a
                                                        change of results that is meant, and told

GDS files are compared by hash, figures to 1e-6 of their value: mathematical functions differ between processors in the last bits.
"""
import hashlib
import json
import pathlib
import sys
import unittest

from harness import OSIRIS_CIRCUITS, PtahCase

EXPECTED = pathlib.Path(__file__).with_name("same_results.json")
FIGURES = ["pscore_V", "hpwl_um", "wirelength_um", "device_area_um2"]


def runs():
    for circuit in OSIRIS_CIRCUITS:
        yield circuit, [circuit, "--flow", "native", "--judges", "none", "--assignments", "2", "--variants", "6", "--seed", "7"]
    yield "osiris", ["five_transistors_ota", "--assignments", "1", "--variants", "3", "--seed", "7"]


def results_of(folder):
    """Of a dataset: layout -> hash of its GDS file and figures of its record."""
    results = {}
    for metrics in sorted(folder.glob("data/*/metrics/*/v*.json")):
        record = json.loads(metrics.read_text())
        layout = pathlib.Path(str(metrics).replace("/metrics/", "/layouts/")).with_suffix(".gds")
        metadata = json.loads(pathlib.Path(str(metrics).replace("/metrics/", "/metadata/")).read_text())
        results[f"{metrics.parent.name}/{metrics.stem}"] = {
            "gds": hashlib.sha256(layout.read_bytes()).hexdigest(),
            "moves_um": metadata["moves_um"],
            **{name: record[name] for name in FIGURES if name in record},
        }
    return results


class SameResults(PtahCase):
    maxDiff = None

    def test_shipped_flows_give_what_they_gave(self):
        expected = json.loads(EXPECTED.read_text())
        for name, arguments in runs():
            out = self.folder / name
            self.ptah("run", *arguments, "--out", str(out))
            found = results_of(out)
            self.assertEqual(sorted(found), sorted(expected[name]), name)
            for layout, result in found.items():
                before = expected[name][layout]
                self.assertEqual((result["gds"], result["moves_um"]), (before["gds"], before["moves_um"]), f"{name} {layout}")
                for figure in FIGURES:
                    if figure in before:
                        self.assertAlmostEqual(result[figure], before[figure], delta=1e-6 * abs(before[figure]),
                                               msg=f"{name} {layout} {figure}")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] != "--write":
        unittest.main()
    folder = pathlib.Path(sys.argv[2])
    EXPECTED.write_text(json.dumps({name: results_of(folder / name) for name, _ in runs()}, indent=1) + "\n")
