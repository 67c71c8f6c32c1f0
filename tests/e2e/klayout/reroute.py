"""Live: devices are moved, one after another; wires follow, one undo takes back both."""
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pya

from driver import connected, layout_state, run, screenshot, undo
from ptah_klayout import session, views


def main(app, see):
    yield connected(app)
    session.put("ptah-reroute", "true")
    rounds = int(os.environ.get("PTAH_TEST_ROUNDS", "6"))
    job = app.jobs.start({"circuit": "miller_ota", "assignments": 1, "variants": 0, "seed": 1, "flow": "native", "judges": "none"})
    yield lambda: job.finished
    variant = next(iter(job.variants.values()))
    view, cellview = views.open_in_tab(variant.gds, variant.name)
    app.remember_circuit(cellview, variant.spec, variant)
    top_level = pya.Application.instance().get_config("edit-top-level-selection")
    app.set_live(True)
    yield lambda: app.scorer.report is not None and app.scorer._base is not None
    see["takes_devices"] = pya.Application.instance().get_config("edit-top-level-selection")
    start = layout_state()
    rng = random.Random(7)
    see["moves"], see["undone"] = [], []
    for _ in range(rounds):
        device = rng.choice(sorted(app.scorer._base.instances))
        entry = app.scorer._base.instances[device]
        by = pya.DVector(rng.choice([-0.43, -0.2, 0.2, 0.43]), rng.choice([-0.2, 0, 0.2]))
        report, asked = app.scorer.report, time.monotonic()
        instance = next(i for i in cellview.cell.each_inst()
                        if (i.cell.name, i.trans.rot, i.trans.disp.x, i.trans.disp.y) == entry)
        view.transaction("move")
        instance.transform(pya.DTrans(by))
        view.commit()
        torn = layout_state()
        yield lambda: app.scorer.report is not report and not app.scorer.busy and app.scorer._routing is None
        yield lambda: app.scorer.report.asked[2] == app.scorer._seen_bytes and not app.scorer.busy
        now = app.scorer.report
        see["moves"].append({"device": device, "by": [by.x, by.y], "seconds": time.monotonic() - asked, "valid": now.valid, "reason": now.reason,
                             "rewired": layout_state() != torn, "selected": len(list(view.each_object_selected()))})
        if len(see["moves"]) == 1:
            screenshot("reroute")
        undo()
        see["undone"].append(layout_state() == start)
        # The look that sees the undo comes by and by; until then the base is that of the moved device.
        yield lambda: app.scorer._base is not None and not app.scorer.busy and entry in app.scorer._base.instances.values()
    app.set_live(False)
    see["given_back"] = pya.Application.instance().get_config("edit-top-level-selection") == (top_level or "false")


run(main)
