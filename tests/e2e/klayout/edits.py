"""Edits under live scoring, one after another: seconds from each edit to its score on the panel, part by part; then moves of which
the wires follow: seconds from each to its wires, and to the score of what is then drawn."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pya

from driver import WINDOW, connected, layout_state, move_instance, run, undo
from ptah_klayout import session, views

STEP_UM = 0.005
WIRES_UM = 0.2               # of placements' grid


def main(app, see):
    yield connected(app)
    job = app.jobs.start({"circuit": os.environ["PTAH_TEST_CIRCUIT"], "assignments": 1, "variants": 0, "seed": 1, "flow": "native",
                          "judges": "none"})
    yield lambda: job.finished
    variant = next(iter(job.variants.values()))
    view, cellview = views.open_in_tab(variant.gds, variant.name)
    app.remember_circuit(cellview, variant.spec, variant)
    app.trigger("score")
    yield lambda: app.scorer.report is not None
    seen = []

    def told(what, report):
        """Called after the panel's own handler, which has painted the score; what it left for later is painted here."""
        if what == "report":
            drawn = time.monotonic()
            app.panel.repaint()
            seen.append((report, time.monotonic(), app.panel.drawn_seconds + time.monotonic() - drawn))
    app.scorer.handlers.append(told)
    session.put("ptah-reroute", "false")                 # steps below the grid of placements
    app.set_live(True)
    yield lambda: seen
    yield 1.0                                            # the blame that follows when nothing moves

    def move(name, um):
        entry = app.scorer._base.instances[name]
        instance = next(i for i in cellview.cell.each_inst() if (i.cell.name, i.trans.rot, i.trans.disp.x, i.trans.disp.y) == entry)
        view.transaction("move")
        instance.transform(pya.DTrans(um, 0.0))
        view.commit()

    start = layout_state()
    # A device and a way in which the layout stays whole for ten steps; then back and forth there, each time elsewhere.
    device, way = None, None
    count = len(list(cellview.cell.each_inst()))
    for number, (dx, dy) in [(n, d) for n in range(count) for d in ((1, 0), (-1, 0), (0, 1), (0, -1))]:
        seen.clear()
        move_instance("", 10 * STEP_UM * dx, 10 * STEP_UM * dy, number)
        yield lambda: seen
        whole = seen[-1][0].valid
        seen.clear()
        undo()
        yield lambda: seen
        if whole:
            device, way = number, (dx, dy)
            break
    if device is None:
        raise RuntimeError("every device is fixed: no layout near this one is whole")
    see["edits"] = []
    at, step = 0, 1
    for number in range(int(os.environ["PTAH_TEST_EDITS"])):
        step = 1 if at == 0 else -1 if at == 10 else step
        at += step
        # Anywhere between two looks of live scoring; a blame that nobody waits for does not come in between.
        yield 0.12 + 0.007 * (number % 7)
        seen.clear()
        move_instance("", step * STEP_UM * way[0], step * STEP_UM * way[1], device)
        edited = time.monotonic()
        yield lambda: seen
        report, at_end, drawing = seen[0]
        whole, server = at_end - edited, report.seconds["total"]
        export, answer = report.parts["export"], report.parts["answer"]
        see["edits"].append({"noticing": whole - export - answer - drawing, "export": export, "transport": answer - server,
                             "evaluation": server, "drawing": drawing, "whole": whole, "valid": report.valid, "score": report.score})
    see["instances"], see["moved"] = count, [device, *way]
    while layout_state() != start:
        undo()

    # Back and forth, as often: each move tears a device off its wires, and they follow.
    session.put("ptah-reroute", "true")
    drawn = []
    app.scorer.handlers.append(lambda what, _: drawn.append(time.monotonic()) if what == "wires" else None)
    yield lambda: app.scorer._base is not None and not app.scorer.busy and layout_state() == start
    yield lambda: app.scorer.report.asked[2] == app.scorer._seen_bytes and app.scorer.report.valid
    moving, see["wires"] = None, []
    for name in sorted(app.scorer._base.instances):
        before = app.scorer._base.instances[name]
        drawn.clear()
        move(name, WIRES_UM)
        yield 0.5
        yield lambda: not app.scorer.busy and app.scorer._routing is None
        whole = drawn and app.scorer.report.valid
        undo()
        yield 0.3
        yield lambda: app.scorer._base is not None and app.scorer._base.instances[name] == before and not app.scorer.busy
        if whole:
            moving = name
            break
    if moving is None:
        raise RuntimeError("of no device the wires follow")
    for number in range(int(os.environ["PTAH_TEST_EDITS"])):
        yield 0.12 + 0.007 * (number % 7)
        drawn.clear(), seen.clear()
        move(moving, WIRES_UM if number % 2 == 0 else -WIRES_UM)
        edited = time.monotonic()
        yield lambda: bool(drawn) and any(at > drawn[0] for _, at, _ in seen)
        report, at_end, _ = next(each for each in seen if each[1] > drawn[0])
        see["wires"].append({"wires": drawn[0] - edited, "wires and score": at_end - edited, "valid": report.valid})
        yield lambda: app.scorer._base is not None and not app.scorer.busy


run(main)
