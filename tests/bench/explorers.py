#!/usr/bin/env python3
"""Strategies of `ptah explore` side by side: the best layout that each finds, at equal numbers of evaluations.

usage: explorers.py BUILD_DIR [--circuits A,B] [--explorers A,B] [--budget N|N%] [--seeds N] [--tech ptah130|sky130A] [--no-specs] [--truth]
                    [--judges kept|none] [--workers N] [--folder FOLDER] [--json] [--quick]

--budget 10% is a tenth of the assignments. An explorer is a plugin's name, with options after it: "annealing:over=moves". Its cost is pscore in volts, lower is better: the
interquartile mean over the seeds, with a bootstrap 95 % interval, and the median with its quartiles; `feasible` is the share of
evaluations that meet the specs. --truth enumerates every assignment first, so that the best one is known. With --folder what was
explored stays there and is not explored again. Nothing is asserted.
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import tempfile

from chains import CIRCUITS, Server

EXPLORERS = ["random", "walk", "greedy", "annealing", "annealing:over=moves", "genetic", "bayesian", "cmaes", "halving", "rl"]
# Of the generators that make one layout of a circuit, the better of two assignments; and what the paper prints, of another chain
# (OSIRIS, table 3: its random exploration, its agents).
SINGLE_PASS = {"five_transistors_ota": 0.0770, "miller_ota": 0.0578, "ahuja_ota": 0.1500, "ota_ff": 0.0853}
PRINTED = {"five_transistors_ota": (0.050, 0.047), "miller_ota": (0.0012, 0.00069), "ahuja_ota": (0.120, 0.120), "ota_ff": (0.037, 0.024),
           "lpf": (0.102, 0.064)}
INFINITE = float("inf")


def interquartile_mean(values):
    """Of the middle half; where it has an infinite one, infinite."""
    ordered = sorted(values)
    cut = len(ordered) // 4
    middle = ordered[cut:len(ordered) - cut]
    return sum(middle) / len(middle)


def bootstrap(values, draws=2000):
    chance = random.Random(1)
    means = sorted(interquartile_mean([chance.choice(values) for _ in values]) for _ in range(draws))
    return means[int(0.025 * draws)], means[int(0.975 * draws) - 1]


def finite(value):
    return value if value is not None and value < INFINITE else None


class Bench:
    def __init__(self, server, args):
        self.server = server
        self.args = args
        self.done = {line["job"]: line for line in server.ptah("jobs") if line.get("state") == "done"}

    def job(self, circuit, explorer, seed, budget):
        word = explorer.replace(":", "-").replace("=", "-").replace(",", "-")
        return f"{circuit}-{word}-{budget}-{seed}{'-free' if self.args.no_specs else ''}"

    def start(self, circuit, explorer, seed, budget):
        name, _, options = explorer.partition(":")
        words = ["explore", circuit, "--explorer", name, "--budget", str(budget), "--seed", str(seed), "--tech", self.args.tech,
                 "--judges", self.args.judges, "--job", self.job(circuit, explorer, seed, budget), "--detach"]
        for option in filter(None, options.split(",")):
            words += ["--option", option]
        if self.args.no_specs:
            words.append("--no-specs")
        self.server.ptah(*words)

    def result(self, job):
        """The cost (infinite where nothing is feasible), what was evaluated, the share feasible, and the time."""
        self.server.ptah("jobs", "wait", job)
        chain = self.server.ptah("jobs", "chains", job)[0]["result"]
        best = [line for line in self.server.ptah("jobs", "metrics", job) if line["name"] == "best_cost"]
        evaluated = chain["evaluated"]
        return {"cost": best[-1]["value"] if best else INFINITE, "evaluations": evaluated, "seconds": chain["seconds"],
                "feasible": chain.get("feasible", evaluated) / evaluated, "at": best[-1]["step"] if best else None}

    def assignments(self, circuit):
        return self.server.ptah("plan", circuit, "--tech", self.args.tech)[0]["count"]

    def budget(self, circuit):
        text = self.args.budget
        return -(-self.assignments(circuit) * int(text[:-1]) // 100) if text.endswith("%") else int(text)

    def start_truth(self, circuit):
        self.start(circuit, "exhaustive", 0, 4 * self.assignments(circuit))

    def truth(self, circuit):
        count = self.assignments(circuit)
        return dict(self.result(self.job(circuit, "exhaustive", 0, 4 * count)), assignments=count)

    def compare(self, circuit, explorer):
        seeds = range(1, self.args.seeds + 1)
        budget = self.budget(circuit)
        results = [self.result(self.job(circuit, explorer, seed, budget)) for seed in seeds]
        costs = [result["cost"] for result in results]
        low, high = bootstrap(costs)
        quartiles = statistics.quantiles(costs, n=4, method="inclusive") if len(costs) > 1 else costs * 3
        return {"circuit": circuit, "explorer": explorer, "budget": budget, "seeds": len(costs),
                "cost_median": finite(quartiles[1]), "cost_low": finite(quartiles[0]), "cost_high": finite(quartiles[2]),
                "cost_best": finite(min(costs)), "iqm": finite(interquartile_mean(costs)), "iqm_low": finite(low), "iqm_high": finite(high),
                "feasible": statistics.mean(result["feasible"] for result in results),
                "evaluations": statistics.mean(result["evaluations"] for result in results),
                "seconds": statistics.mean(result["seconds"] for result in results), "costs": [finite(cost) for cost in costs]}


def millivolts(value):
    return f"{1000 * value:8.3f}" if value is not None else "       -"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--circuits", default=",".join(CIRCUITS))
    parser.add_argument("--explorers")
    parser.add_argument("--budget", default="1000")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--tech", default="sky130A" if os.environ.get("PDK_ROOT") else "ptah130")
    parser.add_argument("--no-specs", action="store_true")
    parser.add_argument("--truth", action="store_true")
    parser.add_argument("--judges", default="kept")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="Two circuits, 100 evaluations, three seeds, no judges")
    args = parser.parse_args()
    if args.quick:
        args.circuits, args.budget, args.seeds, args.judges = "five_transistors_ota,ota_ff", "100", 3, "none"
    circuits = args.circuits.split(",")
    with tempfile.TemporaryDirectory(prefix="ptah-bench") as scratch:
        folder = pathlib.Path(args.folder or scratch).resolve()
        (folder / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
        server = Server(pathlib.Path(args.build).resolve(), args.workers, folder)
        try:
            bench = Bench(server, args)
            there = {line["name"] for line in server.ptah("plugins") if line.get("kind") == "explorer"}
            explorers = args.explorers.split(";") if args.explorers else [name for name in EXPLORERS if name.partition(":")[0] in there]
            for circuit in circuits:
                if args.truth:
                    bench.start_truth(circuit)
                for explorer in explorers:
                    for seed in range(1, args.seeds + 1):
                        bench.start(circuit, explorer, seed, bench.budget(circuit))
            for circuit in circuits:
                if not args.json:
                    print(f"{circuit}, pscore in mV, {bench.budget(circuit)} evaluations, {args.seeds} seeds", flush=True)
                    if circuit in SINGLE_PASS:
                        print(f"  {'a single-pass generator':28}{millivolts(SINGLE_PASS[circuit])}")
                    if circuit in PRINTED:
                        print(f"  {'printed, another chain':28}{millivolts(PRINTED[circuit][0])} random,{millivolts(PRINTED[circuit][1])} agents")
                if args.truth:
                    truth = bench.truth(circuit)
                    row = {"circuit": circuit, "explorer": "exhaustive", "budget": truth["assignments"], "seeds": 1, "cost_median": finite(truth["cost"]),
                           "cost_low": finite(truth["cost"]), "cost_high": finite(truth["cost"]), "feasible": truth["feasible"],
                           "evaluations": truth["evaluations"], "seconds": truth["seconds"]}
                    print(json.dumps(row) if args.json else
                          f"  {'every assignment':28}{millivolts(finite(truth['cost']))}, {truth['assignments']} of them, "
                          f"{100 * truth['feasible']:.0f} % feasible, {truth['seconds']:.0f} s", flush=True)
                for explorer in explorers:
                    row = bench.compare(circuit, explorer)
                    if args.json:
                        print(json.dumps(row), flush=True)
                        continue
                    print(f"  {explorer:28}{millivolts(row['iqm'])} ({millivolts(row['iqm_low']).strip()} to {millivolts(row['iqm_high']).strip()}), "
                          f"median {millivolts(row['cost_median']).strip()}, best {millivolts(row['cost_best']).strip()}, "
                          f"{100 * row['feasible']:.0f} % feasible, {row['seconds']:.0f} s", flush=True)
        finally:
            server.close()


if __name__ == "__main__":
    main()
