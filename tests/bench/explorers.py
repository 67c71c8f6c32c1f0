#!/usr/bin/env python3
"""Strategies of `ptah explore` side by side: the best layout that each finds, at equal numbers of evaluations.

usage: explorers.py BUILD_DIR [--circuits A,B] [--explorers A,B] [--budget N|N%] [--seeds N] [--tech ptah130|sky130A] [--no-specs] [--truth]
                    [--judges kept|none] [--workers N] [--folder FOLDER] [--json] [--quick]
                    [--transfer [--train N] [--acting N,N]]

--budget 10% is a tenth of the assignments. An explorer is a plugin's name, with options after it: "annealing:over=moves". Its cost is pscore in volts, lower is better: the
interquartile mean over the seeds, with a bootstrap 95 % interval, and the median with its quartiles; `feasible` is the share of
evaluations that meet the specs. --truth enumerates every assignment first, so that the best one is known. With --folder what was
explored stays there and is not explored again. Nothing is asserted.

--transfer: `rl` explores four fifths of the assignments with --train evaluations, and what it has learnt acts on the others with each budget of
--acting, beside strategies that know nothing; each seed splits otherwise. "Of the best" is the cost over the least that any assignment of the rest
has as it is placed, so that splits compare.
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
# Who acts on the rest: its name in the table, the explorer, whether it begins with what was learnt.
ACTING = [("rl, trained", "rl", True), ("rl, trained, frozen", "rl:frozen=true", True), ("rl, untrained", "rl", False), ("annealing", "annealing", False),
          ("bayesian", "bayesian", False), ("random", "random", False)]
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

    def job(self, circuit, explorer, seed, budget, kind=""):
        word = explorer.replace(":", "-").replace("=", "-").replace(",", "-")
        return f"{circuit}-{word}-{budget}-{seed}{'-free' if self.args.no_specs else ''}{kind}"

    def start(self, circuit, explorer, seed, budget, kind="", more=()):
        name, _, options = explorer.partition(":")
        words = ["explore", circuit, "--explorer", name, "--budget", str(budget), "--seed", str(seed), "--tech", self.args.tech,
                 "--judges", self.args.judges, "--job", self.job(circuit, explorer, seed, budget, kind), "--detach", *more]
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


class Transfer:
    """What is learnt on four fifths of the assignments, on the others."""

    def __init__(self, bench, circuit, args):
        self.bench, self.circuit, self.train = bench, circuit, args.train
        self.budgets = [int(word) for word in args.acting.split(",")]
        self.seeds = range(1, args.seeds + 1)
        self.whole = 4 * bench.assignments(circuit)

    def policy(self, seed):
        return f"{self.circuit}-policy-{self.train}-{seed}{'-free' if self.bench.args.no_specs else ''}"

    @staticmethod
    def part(name, seed):
        return ["--part", name, "--split-seed", str(seed)]

    @staticmethod
    def kind(trained):
        return "-trained" if trained else "-rest"

    def start_training(self):
        for seed in self.seeds:
            self.bench.start(self.circuit, "rl", seed, self.train, "-train", [*self.part("train", seed), "--keep-model", self.policy(seed)])
            self.bench.start(self.circuit, "exhaustive", seed, self.whole, "-rest", self.part("rest", seed))

    def start_acting(self):
        for seed in self.seeds:
            self.bench.result(self.bench.job(self.circuit, "rl", seed, self.train, "-train"))
            for _, explorer, trained in ACTING:
                for budget in self.budgets:
                    begin = ["--model", f"{self.policy(seed)}@1"] if trained else []
                    self.bench.start(self.circuit, explorer, seed, budget, self.kind(trained), [*self.part("rest", seed), *begin])

    def rows(self):
        best = [self.bench.result(self.bench.job(self.circuit, "exhaustive", seed, self.whole, "-rest")) for seed in self.seeds]
        yield {"circuit": self.circuit, "name": "every assignment of the rest", "evaluations": statistics.mean(one["evaluations"] for one in best),
               "iqm": finite(interquartile_mean([one["cost"] for one in best]))}
        for budget in self.budgets:
            costs = {name: [self.bench.result(self.bench.job(self.circuit, explorer, seed, budget, self.kind(trained)))["cost"] for seed in self.seeds]
                     for name, explorer, trained in ACTING}
            for name, found in costs.items():
                relative = [cost / truth["cost"] for cost, truth in zip(found, best)]
                low, high = bootstrap(relative)
                yield {"circuit": self.circuit, "name": name, "evaluations": budget, "train": self.train, "seeds": len(found), "costs": [finite(cost) for cost in found],
                       "iqm": finite(interquartile_mean(found)), "relative": finite(interquartile_mean(relative)), "relative_low": finite(low),
                       "relative_high": finite(high), "beats_annealing": sum(mine < other for mine, other in zip(found, costs["annealing"]))}


def print_transfer(bench, args):
    transfers = [Transfer(bench, circuit, args) for circuit in args.circuits.split(",")]
    for transfer in transfers:
        transfer.start_training()
    for transfer in transfers:
        transfer.start_acting()
    for transfer in transfers:
        if not args.json:
            print(f"{transfer.circuit}, trained with {args.train} evaluations on four fifths of the assignments, {args.seeds} seeds", flush=True)
        for row in transfer.rows():
            if args.json:
                print(json.dumps(row), flush=True)
            elif "relative" not in row:
                print(f"  {row['evaluations']:5.0f}  {row['name']:30}{millivolts(row['iqm'])}", flush=True)
            else:
                interval = [f"{value:.3f}" if value is not None else "-" for value in (row["relative"], row["relative_low"], row["relative_high"])]
                print(f"  {row['evaluations']:5}  {row['name']:30}{millivolts(row['iqm'])}, of the best {interval[0]} ({interval[1]} to {interval[2]}), "
                      f"better than annealing in {row['beats_annealing']} of {row['seeds']}", flush=True)


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
    parser.add_argument("--transfer", action="store_true")
    parser.add_argument("--train", type=int, default=1500, help="With --transfer: evaluations on four fifths of the assignments")
    parser.add_argument("--acting", default="30,100,300", help="With --transfer: evaluations on the others")
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
            if args.transfer:
                print_transfer(bench, args)
                return
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
