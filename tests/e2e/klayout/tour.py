"""The pictures of docs/klayout.md, in the order of the tour."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pya

from driver import WINDOW, connected, move_instance, run, screenshot, undo
from ptah_klayout import ui


def main(app, see):
    yield connected(app)
    window = app.variants()
    window.circuit.select("miller_ota")
    window._circuit_changed()
    window.assignments.value, window.moves.value, window.seed.value = 3, 5, 7
    window.start()
    yield lambda: window._job.finished
    yield lambda: not app.thumbnails._queue
    yield 0.5
    best = window.gallery.best()
    window.gallery.select([best.key])
    yield 0.5
    screenshot("klayout-variants")
    other = next(v for v in window.gallery.variants if v.chain == best.chain and v.key != best.key)
    window.gallery.select([best.key, other.key])
    window.compare_selected()
    yield 1.0
    screenshot("klayout-compare")
    app._extra[-1].close()
    first = window._job
    window.choose_strategy("cmaes")
    window.budget.value = 400
    window.start()
    yield lambda: window._job.outcome
    yield lambda: window.gallery._cards.count == len(window._job.variants) and not app.thumbnails._queue
    window.gallery.select([window.gallery.best().key])
    yield 0.5
    screenshot("klayout-explore")
    window._follow(first)
    yield lambda: window.gallery.best() is not None
    yield 0.5
    window.gallery.select([best.key])
    window.open_selected()
    window.hide()
    yield 0.5
    app.trigger("score")
    yield lambda: app.scorer.report is not None
    yield 0.5
    screenshot("klayout-score")
    app.set_live(True)
    report = app.scorer.report
    yield lambda: app.scorer.report is not report
    yield 1.5
    # The first small move that leaves the layout whole.
    for dx, dy in ((-0.1, 0), (0.1, 0), (0, -0.1), (0, 0.1), (-0.05, 0), (0.05, 0), (0, -0.05), (0, 0.05)):
        report = app.scorer.report
        move_instance("cap_mim", dx, dy)
        yield lambda: app.scorer.report is not report and not app.scorer.busy
        if app.scorer.report.valid:
            break
        report = app.scorer.report
        undo()
        yield lambda: app.scorer.report is not report and not app.scorer.busy
    see["whole"] = app.scorer.report.valid
    yield 2.0
    screenshot("klayout-live")
    undo()
    app.set_live(False)
    view = WINDOW.current_view()
    cellview = view.active_cellview()
    box = cellview.cell.dbbox()
    view.transaction("slivers")
    for step in range(3):
        cellview.cell.shapes(cellview.layout().layer(68, 20)).insert(
            pya.DBox(box.left + 2 * step, box.bottom + 3, box.left + 2 * step + 0.06, box.bottom + 4))
    view.commit()
    app.trigger("check")
    yield lambda: "DRC" in ui.toast_text()
    yield 1.0
    for widget in pya.QApplication.topLevelWidgets():
        if widget.visible and widget.objectName == "MarkerBrowserDialog":
            widget.move(230, 130)
            tree = widget.findChild("directory_tree")
            if tree is not None:
                tree.expandAll()
    yield 0.5
    screenshot("klayout-check")
    for widget in pya.QApplication.topLevelWidgets():
        if widget.visible and widget.objectName == "MarkerBrowserDialog":
            widget.hide()
    ui.Toast._shown.hide()
    undo()
    app.panel.hide()
    app.panel.overlay.clear()
    place = app.place()
    place.use(os.environ["PTAH_TEST_NETLIST"])
    yield lambda: place.about.text
    place.start()
    yield lambda: place._job.finished
    yield 0.5
    screenshot("klayout-place")
    place.hide()
    server = app.server()
    yield 2.0
    server._tabs.setCurrentIndex(1)
    yield 2.0
    screenshot("klayout-server")


run(main)
