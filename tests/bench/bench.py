#!/usr/bin/env python3
"""The benchmarks: speed of the flow, of the daemon, and placement quality beside the alternatives.

usage: bench.py BUILD_DIR [--json] [--quick]

Times are medians of one run on this machine; nothing here is asserted. The OSIRIS chain's and ALIGN's
figures were measured on a 2-core EPYC virtual machine (see docs/benchmarks.md).
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile

CIRCUITS = ["five_transistors_ota", "ota_ff", "miller_ota", "ahuja_ota", "lpf"]


class Bench:
    def __init__(self, build, folder):
        self.build = pathlib.Path(build).resolve()
        self.env = dict(os.environ, PTAH_SOCKET=f"{folder}/ptahd.sock", XDG_STATE_HOME=f"{folder}/state", PTAH_SHIPPED_DATA="")
        self.folder = folder

    def ptah(self, *words):
        done = subprocess.run([self.build / "bin/ptah", "--json", *words], env=self.env, text=True,
                              capture_output=True, check=False)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        if not lines:
            raise SystemExit(f"ptah {' '.join(words)}: {done.stderr}")
        return lines

    def flow(self, circuit, assignments, variants, judges):
        """Median seconds of a baseline's place and route, of a shifted variant, and of its parts."""
        lines = self.ptah("run", circuit, "--assignments", str(assignments), "--variants", str(variants),
                          "--judges", judges, "--seed", "1")
        layouts = [line for line in lines if "variant" in line]
        baselines = [line["seconds"] for line in layouts if line["variant"] == 0]
        shifted = [line["seconds"] for line in layouts if line["variant"] > 0]
        median = lambda values: statistics.median(values) if values else None
        return {
            "circuit": circuit,
            "layouts": len(layouts),
            "place_route_s": median([s["placer"] + s["router"] for s in baselines]),
            "reroute_s": median([s["router"] for s in shifted]),
            "variant_s": median([s["total"] for s in shifted]),
        }

    def clean(self, circuit, assignments):
        """Baselines of random assignments before Magic and Netgen."""
        layouts = [line for line in self.ptah("run", circuit, "--assignments", str(assignments), "--seed", "2")
                   if "variant" in line]
        return {
            "circuit": circuit,
            "assignments": assignments,
            "drc_clean": sum(set(line["drc"].values()) == {0} for line in layouts),
            "lvs_match": sum(set(line["lvs"].values()) == {"match"} for line in layouts),
        }


def table(title, headers, rows):
    widths = [max(len(str(row[i])) for row in [headers, *rows]) for i in range(len(headers))]
    print(f"\n{title}\n")
    for row in [headers, ["-" * width for width in widths], *rows]:
        print("  ".join(str(cell).rjust(width) if i else str(cell).ljust(width)
                        for i, (cell, width) in enumerate(zip(row, widths))).rstrip())


def milliseconds(seconds):
    return "-" if seconds is None else f"{seconds * 1000:.1f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="one assignment, few variants")
    arguments = parser.parse_args()
    assignments, variants = (1, 3) if arguments.quick else (5, 10)
    with tempfile.TemporaryDirectory(prefix="ptah-bench") as folder:
        bench = Bench(arguments.build, folder)
        ping = bench.ptah("server", "ping", "--count", "2000")[0]
        status = bench.ptah("server", "status")[0]
        alone = [bench.flow(circuit, assignments, variants, "none") for circuit in CIRCUITS]
        judged = [bench.flow(circuit, 1, variants, "all") for circuit in CIRCUITS]
        clean = [bench.clean(circuit, 2 if arguments.quick else 50) for circuit in CIRCUITS]
        subprocess.run([bench.build / "bin/ptah", "server", "stop", "--now"], env=bench.env, check=False)
    placement = subprocess.run([bench.build / "tests/placement_bench"] + (["--json"] if arguments.json else []),
                               text=True, capture_output=True, check=False).stdout
    if arguments.json:
        for line in placement.splitlines():
            if line.startswith("{"):
                print(line)
        for name, rows in (("place_route", alone), ("judged", judged), ("clean", clean)):
            for row in rows:
                print(json.dumps({"bench": name, **row}))
        print(json.dumps({"bench": "daemon", "ping_p50_us": ping["p50_us"], "ping_p99_us": ping["p99_us"],
                          "idle_rss_MiB": status["rss_bytes"] / 2**20}))
        return
    print(placement)
    table("Random assignments before the judges", ["circuit", "assignments", "DRC clean", "LVS match"],
          [[row["circuit"], row["assignments"], row["drc_clean"], row["lvs_match"]] for row in clean])
    table("Speed of the flow, ms (medians)",
          ["circuit", "place+route", "re-route a shift", "variant, no judges", "variant, Magic+Netgen+ngspice"],
          [[row["circuit"], milliseconds(row["place_route_s"]), milliseconds(row["reroute_s"]),
            milliseconds(row["variant_s"]), milliseconds(all_row["variant_s"])]
           for row, all_row in zip(alone, judged)])
    table("Daemon", ["what", "measured"],
          [["server.ping p50, us", f"{ping['p50_us']:.0f}"], ["server.ping p99, us", f"{ping['p99_us']:.0f}"],
           ["resident memory when idle, MiB", f"{status['rss_bytes'] / 2**20:.1f}"]])


if __name__ == "__main__":
    main()
