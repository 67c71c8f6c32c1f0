"""Score, live score, last change, blame overlay, probe, check and undo on a Miller OTA."""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pya

from driver import WINDOW, connected, drag_instance, layout_state, move_instance, point_at, run, screenshot, undo
from ptah_klayout import ui, views


def main(app, see):
    yield connected(app)
    app.trigger("score")
    yield 0.2
    see["nothing_open"] = app.panel.notice.text
    job = app.jobs.start({"circuit": "miller_ota", "assignments": 1, "variants": 0, "seed": 1, "flow": "native",
                          "judges": "none"})
    yield lambda: job.finished
    see["job"], see["job_error"] = job.state, job.error
    variant = next(iter(job.variants.values()))
    view, cellview = views.open_in_tab(variant.gds, variant.name)
    app.remember_circuit(cellview, variant.spec, variant)
    see["flow_score"] = variant.score
    predicted = []                                       # (when, what the model says)
    app.scorer.handlers.append(lambda what, value: predicted.append((time.monotonic(), value)) if what == "prediction" else None)

    app.trigger("score")
    yield lambda: app.scorer.report is not None
    report = app.scorer.report
    see["hpwl"] = [variant.record["hpwl_um"], report.hpwl_um]
    see["score"], see["valid"], see["reason"] = report.score, report.valid, report.reason
    see["parts"] = dict(report.parts, draw=app.panel.drawn_seconds, server=report.seconds.get("total"))
    see["nets"] = [[n["net"], n.get("blame"), len(n.get("shapes") or [])] for n in report.nets]
    see["markers"] = app.panel.overlay.count
    see["bode_points"] = len(app.panel.bode._points)
    see["bode_curves"] = [curve[0] for curve in app.panel.bode.curves]
    yield lambda: bool(predicted)
    see["prediction"], see["predicted"] = predicted[-1][1], app.panel.predicted.text
    yield 0.5
    screenshot("score")

    # The net under the cursor: the widest wire of the net that is blamed most, where no other net lies above or below.
    worst = max((n for n in report.nets if n.get("shapes")), key=lambda n: n.get("blame") or 0)
    others = [pya.DBox(*s[1:]) for n in report.nets if n is not worst for s in n.get("shapes") or []]
    alone = [s for s in worst["shapes"] if not any(pya.DBox(*s[1:]).overlaps(box) for box in others)]
    shape = max(alone, key=lambda s: (s[3] - s[1]) * (s[4] - s[2]))
    app.trigger("probe")
    middle = pya.DPoint((shape[1] + shape[3]) / 2, (shape[2] + shape[4]) / 2)
    yield 0.2
    point_at(view, middle)
    yield 0.5
    found = app.probe.at(middle.x, middle.y)
    see["probed"] = [worst["net"], found["net"] if found else None, app.panel.probed.text]
    screenshot("probe")
    app.set_probe(False)

    # Live: a device moves, the panel says what it did; an undo brings the old score back.
    app.set_live(True)
    yield lambda: app.scorer.report is not report and not app.scorer.busy
    yield 1.2                                            # the blame follows when nothing moves
    before = app.scorer.report
    state = layout_state()
    see["edits"] = []
    for step in range(6):
        asked = time.monotonic()
        now = app.scorer.report
        move_instance("cap_mim", 0.1 if step % 2 == 0 else -0.1, 0)
        known = len(predicted)
        yield lambda: app.scorer.report is not now and not app.scorer.busy
        scored = time.monotonic()
        yield lambda: len(predicted) > known
        see["edits"].append({"total": scored - asked, "prediction": predicted[-1][0] - asked, "export": app.scorer.report.parts["export"],
                             "answer": app.scorer.report.parts["answer"], "draw": app.panel.drawn_seconds,
                             "server": (app.scorer.report.seconds or {}).get("total"),
                             "valid": app.scorer.report.valid, "score": app.scorer.report.score})
        if step == 0:
            see["last_change"] = app.panel.changed.text
            yield 0.3
            screenshot("live")
    now = app.scorer.report
    yield from drag_instance("cap_mim", 0.5, 0)
    yield lambda: app.scorer.report is not now and not app.scorer.busy
    see["dragged"] = app.panel.changed.text
    for _ in range(7):
        undo()
    see["undone"] = layout_state() == state
    yield 0.5
    yield lambda: app.scorer.report.asked[2] == app.scorer._seen_bytes and not app.scorer.busy
    see["score_again"] = [before.score, app.scorer.report.score]
    app.set_live(False)
    yield 0.3

    # A broken rule: a sliver of metal 1 goes into the marker browser, and an undo takes it back.
    view.transaction("sliver")
    layer = cellview.layout().layer(68, 20)
    box = cellview.cell.dbbox()
    cellview.cell.shapes(layer).insert(pya.DBox(box.left, box.bottom - 3, box.left + 0.05, box.bottom - 2))
    view.commit()
    app.trigger("check")
    yield lambda: "DRC" in ui.toast_text() or "error" in ui.toast_text().lower()
    see["check"] = ui.toast_text()
    see["rdbs"] = [[view.rdb(i).name(), view.rdb(i).num_items()] for i in range(view.num_rdbs())]
    yield 1.0
    screenshot("check")
    undo()
    app.trigger("check")
    yield lambda: "is clean" in ui.toast_text()
    see["check_clean"] = ui.toast_text()
    see["rdbs_clean"] = view.num_rdbs()


run(main)
