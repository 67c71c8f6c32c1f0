#!/usr/bin/env python3
"""The tables of the work on architecture search, on datasets of ours: which predictor tells the worst quarter best.

usage: predictors.py BUILD_DIR FILE.h5 ... [--tables models,search,customisation,transfer] [--seeds N] [--layouts N] [--grid N]
                     [--epochs N] [--cnn-epochs N] [--candidates N] [--proxy-layouts N] [--proxy-epochs N] [--workers N] [--folder FOLDER] [--json]

FILE.h5 is what `ptah dataset export NAME NAME.h5` wrote; it is called by its first word (ota4-sample.h5: ota4).

  models         trees and CNN with one seed, the plain network of `nas` with N seeds
  search         graph propagation, random search and successive halving on each; the searched network with N seeds
  customisation  the network that was searched for one, trained on each
  transfer       CNN and plain `nas` of the first, trained further with a share of another's layouts, beside from scratch

AUROC and accuracy are those of the test part, which nothing else sees. With --folder what is trained stays there and is not trained
again. With --layouts networks learn from so many of the training part, and shares are shares of those. Nothing is asserted.
"""
import argparse
import json
import pathlib
import statistics
import tempfile

from chains import Server, fail

LABELS = {"ota4": "-cmrr"}  # Of others: a dataset's first measure.
COMMON = {"mirror": "true", "cosine": "true", "l2": "0.01", "target": "both"}
SHARES = [1, 0.1, 0.01, 0]
METHODS = ["graph_propagation", "random", "halving"]


class Bench:
    def __init__(self, server, args):
        self.server = server
        self.args = args
        self.datasets = {}
        self.rows = []
        known = {line["name"] for line in server.ptah("dataset", "list")}
        for file in args.files:
            path = pathlib.Path(file).resolve()
            name = path.stem.split("-")[0]
            if name not in known:
                server.ptah("dataset", "import", str(path), "--name", name)
            self.datasets[name] = None
        for line in server.ptah("dataset", "list"):
            if line["name"] in self.datasets:
                self.datasets[line["name"]] = line["record"]["clean"]
        self.waiting = []

    def names(self):
        return {line["name"] for line in self.server.ptah("model", "list")}

    def train(self, name, plugin, dataset, seed=1, start=None, **options):
        """Queued; `wait` ends them all."""
        if name in self.names() or name in self.waiting:
            return name
        words = ["model", "train", plugin, "--dataset", dataset, "--name", name, "--seed", str(seed), "--job", name.replace(".", "_"), "--detach"]
        if dataset in LABELS:
            words += ["--label", LABELS[dataset]]
        if start:
            words += ["--from", start]
        for option, value in options.items():
            words += ["--option", f"{option}={value}"]
        self.server.ptah(*words)
        self.waiting.append(name)
        return name

    def wait(self):
        for name in self.waiting:
            self.server.ptah("jobs", "wait", name.replace(".", "_"))
        self.waiting = []

    def network(self, name, plugin, dataset, seed=1, start=None, **more):
        options = dict(COMMON, grid=self.args.grid, epochs=self.args.cnn_epochs if plugin == "cnn" else self.args.epochs)
        if self.args.layouts:
            options["layouts"] = self.args.layouts
        if plugin == "nas" and "architecture" not in more:
            options["batch_norm"] = "true"
        return self.train(name, plugin, dataset, seed, start, **dict(options, **more))

    def judged(self, table, dataset, what, models):
        """A row: means over the models, which differ by their seed."""
        reports = [self.server.ptah("model", "evaluate", model, "--dataset", dataset, "--no-probes")[0] for model in models]
        aurocs = [report["auroc"] for report in reports]
        row = {"table": table, "dataset": dataset, "what": what, "seeds": len(models), "count": reports[0]["count"],
               "auroc": statistics.mean(aurocs), "accuracy": statistics.mean(report["accuracy"] for report in reports),
               "majority": reports[0]["majority"], "ms_per_placement": statistics.mean(report["ms_per_placement"] for report in reports)}
        if len(models) > 1:
            half = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}.get(len(models), 2.57) * statistics.stdev(aurocs) / len(models) ** 0.5
            row["interval"] = [row["auroc"] - half, row["auroc"] + half]
        else:
            row["interval"] = reports[0]["auroc_interval"][-2:]
        self.rows.append(row)
        if not self.args.json:
            low, high = row["interval"]
            print(f"{table:14}{dataset:6}{what:40}{row['auroc']:.3f} ({low:.3f} to {high:.3f}), accuracy {row['accuracy']:.3f} "
                  f"(majority {row['majority']:.3f}), {row['ms_per_placement']:.2f} ms a placement", flush=True)

    def seeds(self):
        return range(1, self.args.seeds + 1)

    def models(self):
        for dataset in self.datasets:
            self.train(f"trees-{dataset}-1", "trees", dataset)
            for seed in self.seeds():
                self.network(f"nas-{dataset}-{seed}", "nas", dataset, seed)
            self.network(f"cnn-{dataset}-1", "cnn", dataset)
        self.wait()
        for dataset in self.datasets:
            self.judged("models", dataset, "trees", [f"trees-{dataset}-1"])
            self.judged("models", dataset, "nas, plain", [f"nas-{dataset}-{seed}" for seed in self.seeds()])
            self.judged("models", dataset, "cnn", [f"cnn-{dataset}-1"])

    def architecture(self, model):
        files = self.server.ptah("model", "get", model)[0]["files"]
        manifest = next(file["path"] for file in files if file["name"] == "manifest.json")
        return json.dumps(json.loads(pathlib.Path(manifest).read_text())["architecture"])

    def search(self):
        args = self.args
        for dataset in self.datasets:
            for method in METHODS:
                self.network(f"{method}-{dataset}", "nas", dataset, search=method, candidates=args.candidates, eta="auroc",
                             proxy_layouts=args.proxy_layouts, proxy_epochs=args.proxy_epochs, proxy_grid=min(32, args.grid))
        self.wait()
        for dataset in self.datasets:
            for seed in self.seeds():
                self.network(f"searched-{dataset}-{seed}", "nas", dataset, seed, architecture=self.architecture(f"graph_propagation-{dataset}"))
        self.wait()
        for dataset in self.datasets:
            for method in METHODS:
                self.judged("search", dataset, method, [f"{method}-{dataset}"])
                self.curve(f"{method}-{dataset}")
            self.judged("search", dataset, "searched", [f"searched-{dataset}-{seed}" for seed in self.seeds()])

    def curve(self, model):
        """What a search did."""
        values = {}
        for line in self.server.ptah("jobs", "metrics", model.replace(".", "_")):
            if line.get("name", "").startswith("search_"):
                values.setdefault(line["name"], []).append(line["value"])
        etas, rungs = values.get("search_eta", []), values.get("search_rung", [])
        proxy = [eta for eta, rung in zip(etas, rungs) if rung == 0]
        dags = json.loads(self.architecture(model))["dags"]
        sizes = [f"{len({v for edge in dag['edges'] for v in edge} - {0})}/{len(dag['edges'])}" for dag in dags]
        row = {"table": "curve", "model": model, "candidates": len(proxy), "best": max(proxy), "mean_first_quarter": statistics.mean(proxy[:max(1, len(proxy) // 4)]),
               "mean_last_quarter": statistics.mean(proxy[-max(1, len(proxy) // 4):]), "edge_entropy": [values["search_edge_entropy"][0], min(values["search_edge_entropy"])],
               "proxy_tau": values.get("search_proxy_tau", []), "vertices_edges": sizes}
        self.rows.append(row)
        if not self.args.json:
            print("  " + json.dumps(row), flush=True)

    def customisation(self):
        for dataset in self.datasets:
            for other in self.datasets:
                self.network(f"custom-{other}-on-{dataset}", "nas", dataset, architecture=self.architecture(f"graph_propagation-{other}"))
        self.wait()
        for dataset in self.datasets:
            for other in self.datasets:
                self.judged("customisation", dataset, f"network of {other}", [f"custom-{other}-on-{dataset}"])

    def transfer(self):
        first, *others = self.datasets
        cases = []
        for plugin in ("nas", "cnn"):
            start = self.network(f"{plugin}-{first}-1", plugin, first)
            self.wait()
            for dataset in others:
                for share in SHARES:
                    more = {}
                    if share == 0:
                        more["epochs"] = 0
                    elif share < 1:  # As many steps as a quarter of the passes over all.
                        full = self.datasets[dataset] * 0.64
                        more = {"layouts": max(1, round(share * min(full, self.args.layouts or full))), "epochs": round(self.args.epochs / share / 4)}
                    for way, given in (("from " + first, start), ("scratch", None)):
                        if share > 0 or given:
                            name = f"{way.replace(' ', '-')}-{plugin}-{dataset}-{share}"
                            cases.append((dataset, f"{plugin}, share {share}, {way}", self.network(name, plugin, dataset, 1, given, **more)))
            self.wait()
        for dataset, what, model in cases:
            self.judged("transfer", dataset, what, [model])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--tables", default="models,search,customisation,transfer")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--layouts", type=int)
    parser.add_argument("--grid", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--cnn-epochs", type=int, default=12)
    parser.add_argument("--candidates", type=int, default=120)
    parser.add_argument("--proxy-layouts", type=int, default=2000)
    parser.add_argument("--proxy-epochs", type=int, default=16)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ptah-bench") as scratch:
        folder = pathlib.Path(args.folder or scratch).resolve()
        (folder / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
        server = Server(pathlib.Path(args.build).resolve(), args.workers, folder)
        try:
            bench = Bench(server, args)
            for table in args.tables.split(","):
                if table not in ("models", "search", "customisation", "transfer"):
                    fail(f"no table {table}")
                getattr(bench, table)()
        finally:
            server.close()
    if args.json:
        for row in bench.rows:
            print(json.dumps(row))


if __name__ == "__main__":
    main()
