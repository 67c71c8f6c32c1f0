#!/usr/bin/env python3
"""What a model is good for: the best layout that a run finds in so many seconds, with and without it.

usage: guided.py BUILD_DIR CIRCUIT [--model NAME|FOLDER] [--seconds S] [--seeds N] [--samples N] [--json]

  guided    placements are drawn 60 at a time, the model ranks them, the best ten are routed, checked and simulated
  wires     the same, ranked by wire length
  unguided  every placement that is drawn is routed, checked and simulated

The three take turns, seed by seed, in one daemon with one worker; what is compared is the measure that the model learnt, of the
layouts that were recorded within the time. NAME is a model that comes with Ptah (default: trees-CIRCUIT), FOLDER one that `ptah
model export` wrote. Nothing is asserted.
"""
import argparse
import json
import math
import os
import pathlib
import signal
import statistics
import subprocess
import tempfile
import time

from chains import Server, fail

FLOW = """name: {name}
description: A benchmark's.
stages:
  device_generator: {{plugin: sky130_devices}}
  placer: {{plugin: sequence_pair, options: {{sampling: true, elites: 3}}}}
  router: {{plugin: maze}}
  extractor: {{plugin: native_pex, options: {{resistance: reduced, supply_entry: edge}}}}
  simulator: {{plugin: ngspice_library}}
  explorer: {{plugin: guided, options: {{samples: {samples}, keep: 10, ranking: {ranking}}}}}
{predictor}checks:
  - {{plugin: native_drc}}
  - {{plugin: native_lvs}}
"""


class Way:
    def __init__(self, name, ranking, samples, predictor=""):
        self.name = name
        self.text = FLOW.format(name=name, ranking=ranking, samples=samples, predictor=predictor)


def worth(measures, label):
    """The label of a layout: less is better."""
    if label.startswith("-"):
        return -measures[label[1:]]["value"]
    if label.startswith("|"):
        return abs(measures[label.strip("|")]["value"])
    return measures[label]["value"]


def explore(server, circuit, flow, seed, seconds, label):
    """The labels of what a run records within so many seconds."""
    command = [server.build / "bin/ptah", "--json", "run", circuit, "--flow", str(flow), "--measures", "all", "--judges", "none",
               "-n", "100000", "--seed", str(seed)]
    begin = time.monotonic()
    run = subprocess.Popen(command, env=server.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    os.set_blocking(run.stdout.fileno(), False)
    text = b""
    while time.monotonic() < begin + seconds and run.poll() is None:
        text += run.stdout.read() or b""
        time.sleep(0.02)
    if run.poll() is not None:
        fail(f"the run ended after {time.monotonic() - begin:.1f} s: {run.stderr.read().decode().strip()[-400:]}")
    # The daemon ends the run when its client says so.
    run.send_signal(signal.SIGINT)
    run.communicate()
    found = []
    for line in text.splitlines():
        layout = json.loads(line) if line.startswith(b"{") and line.endswith(b"}") else {}
        if layout.get("variant", 0) > 0:
            found.append(worth(layout["measures"], label))
    return found


def model_of(server, wanted):
    """Name, predictor and label of the model."""
    if pathlib.Path(wanted).is_dir():
        folder, wanted = wanted, "measured"
        server.ptah("model", "import", folder, "--name", wanted)
    for model in server.ptah("model", "list"):
        if model["name"] == wanted:
            return wanted, model["record"]["predictor"], model["record"]["label"]
    fail(f"no model {wanted}")


def difference(ours, theirs):
    """Mean difference with its 95 % interval by Student's t, and who was better how often."""
    gains = [b - a for a, b in zip(ours, theirs)]
    mean = statistics.mean(gains)
    # The 97.5 % points of t for 1, 2, ... degrees of freedom.
    points = [12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11, 2.10, 2.09]
    half = points[min(len(gains) - 2, len(points) - 1)] * statistics.stdev(gains) / math.sqrt(len(gains)) if len(gains) > 1 else math.inf
    return {"mean": mean, "low": mean - half, "high": mean + half, "better": sum(gain > 0 for gain in gains), "seeds": len(gains)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("circuit")
    parser.add_argument("--model")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--samples", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ptah-bench") as folder:
        server = Server(pathlib.Path(args.build).resolve(), 1, folder, shipped=True)
        try:
            name, predictor, label = model_of(server, args.model or f"trees-{args.circuit}")
            ways = [Way("guided", "predictor", args.samples, f"  predictor: {{plugin: {predictor}, model: {name}}}\n"),
                    Way("wires", "wires", args.samples), Way("unguided", "chance", 10)]
            best = {way.name: [] for way in ways}
            layouts = {way.name: 0 for way in ways}
            for way in ways:
                (pathlib.Path(folder) / f"{way.name}.yaml").write_text(way.text)
            for seed in range(1, args.seeds + 1):
                for way in ways[seed % 3:] + ways[:seed % 3]:
                    found = explore(server, args.circuit, f"{folder}/{way.name}.yaml", seed, args.seconds, label)
                    if not found:
                        fail(f"{way.name} recorded nothing in {args.seconds} s")
                    best[way.name].append(min(found))
                    layouts[way.name] += len(found)
                if not args.json:
                    print(f"seed {seed}: " + ", ".join(f"{way.name} {best[way.name][-1]:.4g}" for way in ways), flush=True)
            result = {"circuit": args.circuit, "model": name, "label": label, "seconds": args.seconds, "best": best, "layouts": layouts,
                      "unguided_less_guided": difference(best["guided"], best["unguided"]),
                      "wires_less_guided": difference(best["guided"], best["wires"])}
        finally:
            server.close()
    if args.json:
        print(json.dumps(result))
        return
    print(f"{args.circuit}, {label} (less is better), best of {args.seconds:g} s, model {name}:")
    for way in ways:
        print(f"  {way.name:9} median {statistics.median(best[way.name]):.4g}, {layouts[way.name] / args.seeds:.0f} layouts a run")
    for other in ("unguided", "wires"):
        gain = result[f"{other}_less_guided"]
        print(f"  guided is better than {other} by {gain['mean']:.3g} (95 % {gain['low']:.3g} to {gain['high']:.3g}), with {gain['better']} of {gain['seeds']} seeds")


if __name__ == "__main__":
    main()
