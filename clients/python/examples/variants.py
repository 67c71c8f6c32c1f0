#!/usr/bin/env python3
"""Variants of a circuit, the best first.

usage: variants.py [CIRCUIT] [ASSIGNMENTS] [VARIANTS]      (needs `ptah` on the PATH, or a running ptahd)
"""
import sys

import ptah


def main() -> None:
    circuit = sys.argv[1] if len(sys.argv) > 1 else "five_transistors_ota"
    assignments = int(sys.argv[2]) if len(sys.argv) > 2 else 2
    variants = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with ptah.connect() as server:
        job = server.run(circuit=circuit, assignments=assignments, variants=variants, seed=1)
        layouts = []
        for variant in job.variants():
            layouts.append(variant)
            print(f"{len(layouts)} layouts", end="\r", file=sys.stderr)
        # As the server ranks them: by the run's objective, here the score; of equal ones the first by chain and variant.
        layouts.sort(key=lambda v: (v["record"]["cost"] is None, v["record"]["cost"], v["chain"], v["variant"]))
        for record in (variant["record"] for variant in layouts):
            fingers = " ".join(f"{device}={count}" for device, count in record["fingers"].items())
            score = "-" if record["pscore_V"] is None else f"{record['pscore_V'] * 1000:.2f} mV"
            print(f"{record['top']} v{record['variant']}  {score:>10}  {record['area_um2']:.1f} um2  {fingers}")


if __name__ == "__main__":
    try:
        main()
    except ptah.PtahError as error:
        sys.exit(f"variants.py: {error}")
