#!/usr/bin/env python3
"""What moving one device does to a circuit: scores of shifted placements, asked for all at once.

usage: drag.py LAYOUT.gds CIRCUIT DEVICE=FINGERS,...
"""
import asyncio
import sys

import ptah


async def main() -> None:
    layout, circuit, fingers_text = sys.argv[1:4]
    fingers = {device: int(count) for device, count in (item.split("=") for item in fingers_text.split(","))}
    async with await ptah.connect_async() as server:
        before = await server.score(layout, circuit=circuit, fingers=fingers)
        print(f"pscore {before['pscore_V']:.5f} V, DRC {'clean' if before['valid'] else before['reason']}")
        placement = [{"device": device["device"], "x_um": device["box_um"][0], "y_um": device["box_um"][1],
                      "orientation": device.get("orientation", "R0")} for device in before["devices"]]
        requests = []
        for item in placement:
            for step in (-0.1, 0.1):
                moved = [dict(other, x_um=other["x_um"] + step) if other is item else other for other in placement]
                requests.append((item["device"], step, server.score_placement(moved, circuit=circuit, fingers=fingers, route=False)))
        answers = await asyncio.gather(*(request for _, _, request in requests))
        for (device, step, _), answer in zip(requests, answers):
            print(f"{device} by {step:+.1f} um: HPWL {answer['hpwl_um']:.2f} um")


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except ptah.PtahError as error:
        sys.exit(f"drag.py: {error}")
