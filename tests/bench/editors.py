#!/usr/bin/env python3
"""Editors that score while their designers drag: latency of score.layout with many of them on one daemon.

usage: editors.py BUILD_DIR [--editors 50] [--rate 2] [--seconds 20] [--circuit miller_ota] [--json]

Each editor has a connection and a key of its own and sends the layout of its next variant `rate` times a second; a
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
    latencies.sort()
    at = lambda q: latencies[min(len(latencies) - 1, int(q * len(latencies)))] * 1000
    return {"bench": "editors", "circuit": arguments.circuit, "editors": editors, "rate_per_s": arguments.rate, "answers": len(latencies),
            "superseded": len(superseded), "p50_ms": at(0.5), "p95_ms": at(0.95), "p99_ms": at(0.99)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--editors", type=int, default=50)
    parser.add_argument("--rate", type=float, default=2)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--circuit", default="miller_ota")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ptah-editors") as folder:
        os.environ.update(PTAH_SOCKET=f"{folder}/run/ptahd.sock", XDG_STATE_HOME=f"{folder}/state")
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
    for row in rows:
        if arguments.json:
            print(json.dumps(row))
        else:
            print(f"{row['editors']:>3} editors, {row['rate_per_s']:g} scores a second each on {row['circuit']}: p50 {row['p50_ms']:.0f} ms, "
                  f"p95 {row['p95_ms']:.0f} ms, p99 {row['p99_ms']:.0f} ms ({row['answers']} answers, {row['superseded']} superseded)")


if __name__ == "__main__":
    main()
