"""Live: devices are moved, one after another; wires follow, one undo takes back both."""
import os
import random
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pya

from driver import WINDOW, connected, layout_state, run, screenshot, undo
from ptah_klayout import session, views


def main(app, see):
    yield connected(app)
    session.put("ptah-reroute", "true")
    rounds = int(os.environ.get("PTAH_TEST_ROUNDS", "5"))
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
    see["moves"], see["turns"], see["undone"] = [], [], []

    def found(entry):
        return next(i for i in cellview.cell.each_inst() if (i.cell.name, i.trans.rot, i.trans.disp.x, i.trans.disp.y) == entry)

    def select(instance):
        path = pya.ObjectInstPath()
        path.cv_index, path.top = cellview.index(), cellview.cell.cell_index()
        path.append_path(pya.InstElement(instance))
        view.object_selection = [path]

    def settled(report):
        yield lambda: app.scorer.report is not report and not app.scorer.busy and app.scorer._routing is None
        yield lambda: app.scorer.report.asked[2] == app.scorer._seen_bytes and not app.scorer.busy

    def taken_back(entry):
        undo()
        see["undone"].append(layout_state() == start)
        # The look that sees the undo comes by and by; until then the base is that of the moved device.
        yield lambda: app.scorer._base is not None and not app.scorer.busy and entry in app.scorer._base.instances.values()
        yield lambda: app.scorer.report.asked[2] == app.scorer._seen_bytes and not app.scorer.busy

    for number in range(rounds):
        device = rng.choice(sorted(app.scorer._base.instances))
        by = pya.DVector(rng.choice([-0.43, -0.2, 0.2, 0.43]), rng.choice([-0.2, 0, 0.2]))
        if number == 0:
            device, by = "M8", pya.DVector(0.43, -0.2)       # of which a strap once stayed behind, too near to the new one
        entry = app.scorer._base.instances[device]
        report, asked = app.scorer.report, time.monotonic()
        view.transaction("move")
        found(entry).transform(pya.DTrans(by))
        view.commit()
        torn = layout_state()
        yield from settled(report)
        now = app.scorer.report
        see["moves"].append({"device": device, "by": [by.x, by.y], "seconds": time.monotonic() - asked, "valid": now.valid, "reason": now.reason,
                             "rewired": layout_state() != torn, "selected": len(list(view.each_object_selected()))})
        if len(see["moves"]) == 1:
            screenshot("reroute")
        yield from taken_back(entry)

    # Turned over where it stands, by the editor's own commands.
    for device, commands in (("M4", ["flip_y"]), ("M8", ["flip_x", "flip_y"]), ("R0", ["flip_x"])):
        entry, report, place = app.scorer._base.instances[device], app.scorer.report, app.scorer._base.places[device]
        select(found(entry))
        for command in commands:
            WINDOW.menu().action(f"edit_menu.selection_menu.sel_{command}").trigger()
        torn = layout_state()
        yield from settled(report)
        now = app.scorer.report
        turned = app.scorer._base is not None and app.scorer._base.places[device]["orientation"] != place["orientation"]
        see["turns"].append({"device": device, "valid": now.valid, "reason": now.reason, "turned": turned, "rewired": layout_state() != torn})
        while layout_state() != start:
            undo()
        yield lambda: app.scorer._base is not None and not app.scorer.busy and entry in app.scorer._base.instances.values()
        yield lambda: app.scorer.report.asked[2] == app.scorer._seen_bytes and not app.scorer.busy

    # Arrow keys: three before the wires come.
    see["nudges"] = [[False] * 4, [action.enabled for action in app.nudge._actions]]
    entry, report = app.scorer._base.instances["M8"], app.scorer.report
    select(found(entry))
    for _ in range(3):
        app.nudge._actions[1].trigger()
    yield from settled(report)
    now = app.scorer._base.instances["M8"] if app.scorer._base is not None else entry
    see["nudged"] = [(now[2] - entry[2]) * cellview.layout().dbu, (now[3] - entry[3]) * cellview.layout().dbu,
                     len(list(view.each_object_selected())), app.scorer.report.valid]
    undo()
    see["nudge_undone"] = layout_state() == start
    view.clear_selection()
    box = view.box()
    app.nudge._actions[0].trigger()
    see["panned"] = view.box().left < box.left and layout_state() == start
    app.set_live(False)
    see["given_back"] = pya.Application.instance().get_config("edit-top-level-selection") == (top_level or "false")
    see["nudges"].append([action.enabled for action in app.nudge._actions])


run(main)
