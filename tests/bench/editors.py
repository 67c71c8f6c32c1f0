#!/usr/bin/env python3
"""Editors that score while their designers drag: one real KLayout, and many clients on one daemon.

usage: editors.py BUILD_DIR [--edits 100] [--editors 50] [--rate 2] [--seconds 20] [--circuit miller_ota] [--json]

KLayout, under a virtual display: from an edit to its score on the panel, and the parts of that. Noticing: KLayout tells of no
edit, live scoring looks 25 times a second. Export: the cell as GDS. Evaluation: what the server says that it took. Transport: the
rest between sending and the parsed answer. Drawing: the panel and its marks on the layout. Wires: from a move to the wires that
follow it, drawn, and to their score.
Clients: each has a connection and a key of its own and sends the layout of its next variant `rate` times a second; a
request that is not answered when the next is due is superseded, as while dragging. Latency: from sending to the answer.
"""
import argparse
import asyncio
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "clients/python"))
import ptah  # noqa: E402

PARTS = ("noticing", "export", "transport", "evaluation", "drawing", "whole")
FOLLOWED = ("wires", "wires and score")


def at(values, share):
    """The value below which this share of them lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def measure_panel(arguments, folder):
    """The row of the real KLayout, or a sentence why there is none."""
    os.environ["PTAH_BUILD_DIR"] = str(arguments.build.resolve())
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
    import harness
    import test_klayout
    if test_klayout.MISSING:
        return test_klayout.MISSING.split(";")[0]

    class Panel(test_klayout.KLayoutCase):
        def runTest(self):
            self.start_daemon()
            self.seen = self.drive("edits", PTAH_TEST_CIRCUIT=arguments.circuit, PTAH_TEST_EDITS=arguments.edits)

    Panel.display, Panel.screenshots = harness.Display(), pathlib.Path(folder)
    panel = Panel()
    try:
        panel.setUp()
        try:
            panel.runTest()
        finally:
            panel.tearDown()
    finally:
        Panel.display.close()
    edits = panel.seen["edits"]
    row = {"bench": "panel", "circuit": arguments.circuit, "edits": len(edits), "scored": sum(edit["score"] is not None for edit in edits)}
    for part in PARTS:
        for share in (50, 95):
            row[f"{part}_p{share}_ms"] = at([edit[part] * 1e3 for edit in edits], share / 100)
    moves = panel.seen["wires"]
    row["moves"], row["moves_whole"] = len(moves), sum(move["valid"] for move in moves)
    for part in FOLLOWED:
        for share in (50, 95):
            row[f"{part}_p{share}_ms"] = at([move[part] * 1e3 for move in moves], share / 100)
    return row


async def editor(number, files, arguments, begin, latencies, superseded):
    async with await ptah.connect_async(start=False) as server:
        period = 1 / arguments.rate
        await asyncio.sleep(begin + number * period / arguments.editors - time.monotonic())
        pending = set()

        async def ask(index):
            sent = time.monotonic()
            try:
                await server.score(files[(number + index) % len(files)], circuit=arguments.circuit, key=f"editor-{number}")
                latencies.append(time.monotonic() - sent)
            except ptah.PtahError as error:
                if error.code != "cancelled":
                    raise
                superseded.append(1)

        for index in range(int(arguments.seconds * arguments.rate)):
            task = asyncio.ensure_future(ask(index))
            pending.add(task)
            task.add_done_callback(pending.discard)
            await asyncio.sleep(max(0, begin + (number / arguments.editors + index + 1) * period - time.monotonic()))
        await asyncio.gather(*pending)


async def measure(files, arguments, editors):
    latencies, superseded = [], []
    arguments.editors = editors
    begin = time.monotonic() + 1
    await asyncio.gather(*(editor(number, files, arguments, begin, latencies, superseded) for number in range(editors)))
    p50, p95, p99 = (at(latencies, share) * 1000 for share in (0.5, 0.95, 0.99))
    return {"bench": "editors", "circuit": arguments.circuit, "editors": editors, "rate_per_s": arguments.rate, "answers": len(latencies),
            "superseded": len(superseded), "p50_ms": p50, "p95_ms": p95, "p99_ms": p99}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--edits", type=int, default=100)
    parser.add_argument("--editors", type=int, default=50)
    parser.add_argument("--rate", type=float, default=2)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--circuit", default="miller_ota")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ptah-editors") as folder:
        panel = measure_panel(arguments, folder)
        os.environ.update(PTAH_SOCKET=f"{folder}/run/ptahd.sock", XDG_STATE_HOME=f"{folder}/state", PTAH_SHIPPED_DATA="")
        program = arguments.build.resolve() / "bin/ptah"
        try:
            with ptah.connect(program=program) as server:
                job = server.run(circuit=arguments.circuit, variants=10, seed=1, flow="native", judges="none", out=f"{folder}/out")
                files = [pathlib.Path(folder, "out", variant["record"]["gds"]) for variant in job.variants()]
                for file in files:  # workers that know the circuit
                    server.score(file, circuit=arguments.circuit, key="warm")
            rows = [asyncio.run(measure(files, arguments, editors)) for editors in sorted({1, arguments.editors})]
        finally:
            subprocess.run([program, "server", "stop", "--now"], capture_output=True, check=False)
    if isinstance(panel, str):
        print(f"edit to score on the panel: not measured, {panel}", file=sys.stderr)
    elif arguments.json:
        print(json.dumps(panel))
    else:
        print(f"edit to score on the panel of a real KLayout, {panel['circuit']}, {panel['edits']} edits, {panel['scored']} with a score:")
        print(f"  {'':<12}{'p50 ms':>8}{'p95 ms':>8}")
        for part in PARTS:
            print(f"  {part:<12}{panel[f'{part}_p50_ms']:>8.1f}{panel[f'{part}_p95_ms']:>8.1f}")
        print(f"a device moved and its wires, {panel['moves']} times, {panel['moves_whole']} clean:")
        for part in FOLLOWED:
            print(f"  {part:<16}{panel[f'{part}_p50_ms']:>8.1f}{panel[f'{part}_p95_ms']:>8.1f}")
    for row in rows:
        if arguments.json:
            print(json.dumps(row))
        else:
            print(f"{row['editors']:>3} editors, {row['rate_per_s']:g} scores a second each on {row['circuit']}: p50 {row['p50_ms']:.0f} ms, "
                  f"p95 {row['p95_ms']:.0f} ms, p99 {row['p99_ms']:.0f} ms ({row['answers']} answers, {row['superseded']} superseded)")


if __name__ == "__main__":
    main()
