#!/usr/bin/env python3
"""What a verified variant costs, by three chains on the same shifted layouts of the five circuits.

usage: chains.py BUILD_DIR [--json] [--quick] [--tech ptah130|sky130A]

  native   flow `native`: native_drc, native_lvs, native_pex and the ngspice library in the worker
  trusted  flow `osiris`: Magic (DRC, extraction), Netgen, the ngspice program with trimmed models
  OSIRIS   what the published loop runs on a layout: Magic extraction, Netgen, and the ngspice program
           twice (schematic and layout) with the whole model library of $PDK_ROOT; its own re-route
           process and its post-processing are left out

One worker, one layout after the other; times are medians of one run, nothing is asserted. Without
PDK_ROOT the technology is ptah130 and the OSIRIS chain is left out.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

CIRCUITS = ["five_transistors_ota", "ota_ff", "miller_ota", "ahuja_ota", "lpf"]
STAGES = ["router", "drc", "lvs", "extractor", "simulator"]


def fail(message):
    raise SystemExit(message)


class Server:
    """A daemon of its own with so many workers, its state in `folder`; `shipped`: with the models that come with Ptah."""

    def __init__(self, build, workers, folder, shipped=False):
        self.build = build
        self.env = dict(os.environ, PTAH_SOCKET=f"{folder}/run/ptahd.sock", XDG_STATE_HOME=f"{folder}/state")
        if not shipped:
            self.env["PTAH_SHIPPED_DATA"] = ""
        self.ptah("server", "start", "--workers", str(workers), "--bind-workers")

    def ptah(self, *words):
        done = subprocess.run([self.build / "bin/ptah", "--json", *words], env=self.env, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, check=False)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode != 0:
            fail(f"ptah {' '.join(words)}: {done.stderr.strip() or done.stdout[-500:]}")
        return lines

    def run(self, circuit, flow, judges, variants, tech, out, assignments=1):
        begin = time.monotonic()
        lines = self.ptah("run", circuit, "--flow", flow, "--judges", judges, "--variants", str(variants), "--seed", "1",
                          "--assignments", str(assignments), "--tech", tech, "--out", str(out))
        layouts = sorted((line for line in lines if "variant" in line), key=lambda line: (line["circuit"], line["assignment"], line["variant"]))
        return layouts, time.monotonic() - begin

    def worker_mib(self):
        status = self.ptah("server", "status")[0]
        return max((worker.get("rss_bytes", 0) for worker in status.get("workers", [])), default=0) / 2**20

    def close(self):
        subprocess.run([self.build / "bin/ptah", "server", "stop", "--now"], env=self.env, capture_output=True, check=False)


def shifted(layouts):
    return [layout for layout in layouts if layout["variant"] > 0]


def median_of(layouts, key):
    return statistics.median(layout["seconds"].get(key, 0.0) for layout in layouts)


class OsirisChain:
    """The outside programs as that loop calls them, timed one by one."""

    def __init__(self, pdk):
        self.pdk = pathlib.Path(pdk).resolve() / "sky130A"
        self.tech = self.pdk / "libs.tech/magic/sky130A.tech"
        self.library = self.pdk / "libs.tech/ngspice/sky130.lib.spice"
        self.setup = self.pdk / "libs.tech/netgen/sky130A_setup.tcl"

    def call(self, folder, *words):
        begin = time.monotonic()
        done = subprocess.run(words, cwd=folder, text=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False)
        return time.monotonic() - begin, done.stdout + done.stderr

    def extract(self, folder, gds, top):
        (folder / "extract.tcl").write_text(
            f"tech load {self.tech} -noprompt\nscalegrid 1 2\ndrc off\ngds read {gds}\nload {top}\nflatten px\nload px\n"
            "select top cell\nport makeall\nextract do local\nextract all\nset SUB VSUBS\next2spice scale off\n"
            "ext2spice format ngspice\next2spice cthresh 0\next2spice hierarchy on\next2spice -o devices.spice\n"
            "ext2spice hierarchy off\next2spice -o capacitors.spice\nputs EXTRACTED\nquit -noprompt\n")
        seconds, text = self.call(folder, "magic", "-dnull", "-noconsole", "-rcfile", "/dev/null", "-T", str(self.tech), "extract.tcl")
        if "EXTRACTED" not in text:
            fail(f"Magic did not extract {gds}: {text[-300:]}")
        return seconds

    @staticmethod
    def joined(file):
        return re.sub(r"\n\+", " ", file.read_text()).splitlines()

    def simulate(self, folder, name, testbench, body):
        deck = testbench.replace("XXX", "\n".join(body))
        deck = re.sub(r'\.lib\s+"[^"]*"', f'.lib "{self.library}"', deck)
        (folder / f"{name}.spice").write_text(deck)
        (folder / ".spiceinit").write_text("set num_threads=1\n")
        (folder / "simout.out").unlink(missing_ok=True)
        seconds, text = self.call(folder, "ngspice", "-b", f"{name}.spice")
        if not (folder / "simout.out").exists():
            fail(f"ngspice gave no output for {name}: {text[-300:]}")
        return seconds

    def layout(self, layout, testbench):
        schematic = [line for line in pathlib.Path(layout["netlist"]).read_text().splitlines() if line[:1] in "XRC"]
        with tempfile.TemporaryDirectory(prefix="ptah-osiris") as name:
            folder = pathlib.Path(name)
            parts = {"extraction": self.extract(folder, layout["gds"], layout["top"])}
            devices = [line for line in self.joined(folder / "devices.spice") if line[:1] in "XR"]
            capacitors = [line.split("$")[0] for line in self.joined(folder / "capacitors.spice") if line[:1] == "C"]
            setup = str(self.setup) if self.setup.exists() else "/dev/null"
            parts["lvs"] = self.call(folder, "netgen-lvs", "-batch", "lvs", "devices.spice px",
                                     f"{layout['netlist']} {layout['top']}", setup, "lvs.out")[0]
            parts["pre"] = self.simulate(folder, "pre", testbench, schematic)
            parts["post"] = self.simulate(folder, "post", testbench, devices + capacitors)
        return parts


def testbench_text(dataset, circuit):
    return (dataset / f"netlists/{circuit}/testbench.spice").read_text()


def measure(build, circuit, tech, quick, osiris, server, folder):
    variants = 10 if quick else 60
    few = 3 if quick else 8
    native, _ = server.run(circuit, "native", "none", variants, tech, folder / "native")
    trusted, _ = server.run(circuit, "osiris", "all", few, tech, folder / "trusted")
    same = sum(pathlib.Path(a["gds"]).read_bytes() == pathlib.Path(b["gds"]).read_bytes() for a, b in zip(native, trusted))
    mine, theirs = shifted(native), shifted(trusted)
    row = {
        "circuit": circuit,
        "tech": tech,
        "native_s": median_of(mine, "total"),
        "native_parts_s": {stage: median_of(mine, stage) for stage in STAGES},
        "trusted_s": median_of(theirs, "total"),
        "same_layouts": f"{same} of {len(trusted)}",
        "worker_MiB": server.worker_mib(),
    }
    row["native_parts_s"]["rest"] = row["native_s"] - sum(row["native_parts_s"].values())
    row["ratio_trusted"] = row["trusted_s"] / row["native_s"]
    if osiris:
        parts = [osiris.layout(layout, testbench_text(folder / "trusted", circuit)) for layout in theirs[:1 if quick else 2]]
        row["osiris_parts_s"] = {key: statistics.median(part[key] for part in parts) for key in parts[0]}
        row["osiris_s"] = sum(row["osiris_parts_s"].values())
        row["ratio_osiris"] = row["osiris_s"] / row["native_s"]
    return row


def throughput(build, workers, tech, quick, folder):
    """Layouts a second of a dataset of all five circuits with so many workers: baselines, the daemon and its disk included."""
    server = Server(build, workers, folder / "server")
    try:
        server.run("all", "native", "none", 0, tech, folder / "warm", workers)
        done, wall = server.run("all", "native", "none", 25 if quick else 100, tech, folder / "all", 4 if quick else 8)
        return len(done) / wall
    finally:
        server.close()


def growth(build):
    """Milliseconds of each native engine over 5..150 devices, and the order that fits."""
    table = {}
    for engine, name in (("DRC", "drc"), ("LVS", "lvs"), ("extraction", "pex")):
        done = subprocess.run([build / f"tests/{name}_bench", "--benchmark_filter=^array(_magic)?/", "--benchmark_format=json"],
                              text=True, capture_output=True, check=False)
        if done.returncode != 0:
            fail(f"{name}_bench: {done.stderr.strip()[-300:]}")
        rows = json.loads(done.stdout)["benchmarks"]
        table[engine] = {row["name"].split("/")[1]: row["cpu_time"] for row in rows if row["run_type"] == "iteration"}
        table[engine]["order"] = next(row["big_o"] for row in rows if "big_o" in row)
    return table


def milliseconds(seconds):
    return f"{seconds * 1000:.1f}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="fewer variants")
    parser.add_argument("--tech", default="sky130A" if os.environ.get("PDK_ROOT") else "ptah130")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    osiris = OsirisChain(os.environ["PDK_ROOT"]) if os.environ.get("PDK_ROOT") else None
    if not osiris:
        print("PDK_ROOT is not set: no OSIRIS chain.", file=sys.stderr)
    rows = []
    # Nothing is removed before the end: ext4 is slow to create files for minutes after many were removed.
    with tempfile.TemporaryDirectory(prefix="ptah-chains") as name:
        folder = pathlib.Path(name)
        one, two = (throughput(build, workers, arguments.tech, arguments.quick, folder / f"{workers}-workers") for workers in (1, 2))
        server = Server(build, 1, folder / "server")
        try:
            for circuit in CIRCUITS:
                rows.append(measure(build, circuit, arguments.tech, arguments.quick, osiris, server, folder / circuit))
                if arguments.json:
                    print(json.dumps({"bench": "chains", **rows[-1]}), flush=True)
        finally:
            server.close()
    total = {"bench": "throughput", "layouts_per_s_1_worker": one, "layouts_per_s_2_workers": two, "ratio_2_workers": two / one,
             "hours_87100_1_core": 87100 / one / 3600, "hours_87100_2_cores": 87100 / two / 3600}
    grown = growth(build)
    if arguments.json:
        print(json.dumps(total))
        print(json.dumps({"bench": "growth", "unit": "ms", **grown}))
        return
    print(f"One shifted variant, {arguments.tech}, one core, medians, ms\n")
    print(f"{'circuit':<22}{'native':>8}  " + "".join(f"{stage:>11}" for stage in [*STAGES, "rest"])
          + f"{'trusted':>10}{'OSIRIS':>10}{'x trusted':>11}{'x OSIRIS':>10}{'same':>9}{'worker MiB':>12}")
    for row in rows:
        print(f"{row['circuit']:<22}{milliseconds(row['native_s']):>8}  "
              + "".join(f"{milliseconds(row['native_parts_s'][stage]):>11}" for stage in [*STAGES, "rest"])
              + f"{milliseconds(row['trusted_s']):>10}{milliseconds(row['osiris_s']) if 'osiris_s' in row else '-':>10}"
              + f"{row['ratio_trusted']:>11.0f}{row.get('ratio_osiris', float('nan')):>10.0f}{row['same_layouts']:>9}{row['worker_MiB']:>12.0f}")
    print(f"\nWhole jobs, the daemon's disk included: {one:.1f} layouts/s with one worker, {two:.1f} with two (x {two / one:.2f})."
          f"\n87,100 layouts: {87100 / one / 3600:.1f} h on one core, {87100 / two / 3600:.1f} h on two.")
    print("\nGrowth with the number of devices, ms")
    sizes = [size for size in next(iter(grown.values())) if size != "order"]
    print(f"{'':<12}" + "".join(f"{size:>9}" for size in sizes) + "  order")
    for engine, row in grown.items():
        print(f"{engine:<12}" + "".join(f"{row[size]:>9.2f}" for size in sizes) + f"  {row['order']}")


if __name__ == "__main__":
    main()
