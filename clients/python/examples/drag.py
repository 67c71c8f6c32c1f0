#!/usr/bin/env python3
"""What moving one device does to a circuit: every device of a placement shifted by 0.1 um each way, routed and scored at once.

usage: drag.py [CIRCUIT]      (needs `ptah` on the PATH, or a running ptahd)

The places are those of the flow's baseline.
"""
import asyncio
import json
import sys

import ptah


async def main(circuit: str) -> None:
    async with await ptah.connect_async() as server:
        job = await server.run(circuit=circuit, variants=0, seed=1, flow="native", judges="none")
        [layout] = [variant async for variant in job.variants()]
        fingers = layout["record"]["fingers"]
        with open(next(file["path"] for file in layout["files"] if file["role"] == "metadata"), encoding="utf-8") as file:
            places = {part["device"]: (*part["corners_um"][0], part["orientation"]) for part in json.load(file)["components"]}

        def score(moved="", dx=0.0, dy=0.0):
            placement = [{"device": device, "x_um": x + dx * (device == moved), "y_um": y + dy * (device == moved),
                          "orientation": orientation} for device, (x, y, orientation) in places.items()]
            return server.score_placement(placement, circuit=circuit, fingers=fingers)

        before = await score()
        print(f"{circuit}: pscore {1e3 * before['pscore_V']:.3f} mV, HPWL {before['hpwl_um']:.2f} um")
        moves = [(device, dx, dy) for device in places for dx, dy in ((-0.1, 0), (0.1, 0), (0, -0.1), (0, 0.1))]
        for (device, dx, dy), after in zip(moves, await asyncio.gather(*(score(*move) for move in moves))):
            what = (f"pscore {1e3 * (after['pscore_V'] - before['pscore_V']):+.3f} mV, HPWL {after['hpwl_um'] - before['hpwl_um']:+.2f} um"
                    if after["valid"] else f"not valid, {after['reason'].split('; ')[0]}")
            print(f"{device} by ({dx:+.1f}, {dy:+.1f}) um: {what}")


if __name__ == "__main__":
    try:
        asyncio.run(main(*sys.argv[1:2] or ["five_transistors_ota"]))
    except ptah.PtahError as error:
        sys.exit(f"drag.py: {error}")
