"""Whose verdicts are shown: other tabs, cells, layouts and circuits, and views that are closed."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pya

from driver import WINDOW, connected, move_instance, run, screenshot
from ptah_klayout import ui, views


def main(app, see):
    yield connected(app)
    shown = {}
    for circuit in ("miller_ota", "five_transistors_ota"):
        job = app.jobs.start({"circuit": circuit, "assignments": 1, "variants": 0, "seed": 1, "flow": "native", "judges": "none"})
        yield lambda: job.finished
        shown[circuit] = next(iter(job.variants.values()))

    def opened(circuit):
        view, cellview = views.open_in_tab(shown[circuit].gds, shown[circuit].name)
        app.remember_circuit(cellview, shown[circuit].spec, shown[circuit])
        return view, cellview

    def panel():
        """What of a verdict is to be seen."""
        it = app.panel
        return {"score": it.big.report is not None, "stale": it.big.stale, "before": it.big.before is not None,
                "chips": it.check_button.visible, "nets": len(it.blame.nets), "points": len(it.bode._points), "marks": it.overlay.count,
                "words": [line.text for line in (it.notice, it.changed, it.measures, it.probed, it.timing) if line.visible and line.text]}

    def reports(view):
        return sorted(view.rdb(i).name() for i in range(view.num_rdbs()))

    def scored():
        report = app.scorer.report
        app.trigger("score")
        yield lambda: app.scorer.report is not report and not app.scorer.busy

    def sliver(view, cellview):
        box = cellview.cell.dbbox()
        view.transaction("sliver")
        cellview.cell.shapes(cellview.layout().layer(68, 20)).insert(pya.DBox(box.left, box.bottom - 3, box.left + 0.05, box.bottom - 2))
        view.commit()

    def checked():
        ui.toast("")
        app.trigger("check")
        yield lambda: "DRC" in ui.toast_text()

    def nothing_said():
        yield lambda: app.scorer.report is None
        yield 0.5                                    # two looks at the screen

    app.trigger("score")
    yield 0.2
    one, first = opened("miller_ota")
    yield from scored()
    sliver(one, first)
    yield 1.5
    see["edited"] = [app.panel.big.edited, app.panel.overlay.count, app.panel.timing.text]
    WINDOW.cm_undo()
    yield 1.5
    see["as_scored"] = [app.panel.big.edited, app.panel.overlay.count > 0, app.panel.timing.text]
    sliver(one, first)
    yield from scored()                              # a change to tell of
    yield from checked()
    see["first"], see["first_reports"], see["toast"] = panel(), reports(one), ui.toast_text()
    screenshot("first")

    two, second = opened("five_transistors_ota")
    yield from nothing_said()
    see["other_tab"], see["other_circuit"], see["other_toast"] = panel(), app.panel.circuit.name(), ui.toast_text()
    screenshot("other-tab")
    yield from scored()
    see["other_scored"], see["other_reports"] = panel(), reports(two)

    WINDOW.current_view_index = 0
    yield from nothing_said()
    see["back"], see["back_reports"], see["back_circuit"] = panel(), reports(one), app.panel.circuit.name()

    # An answer that comes when another tab is shown is about neither.
    app.trigger("score")
    WINDOW.current_view_index = 1
    yield 1.5
    see["late"] = panel()

    # Another circuit: its error, and nothing of what was said of the first one.
    yield from scored()
    sliver(two, second)
    yield from checked()
    see["before_choice"] = reports(two)
    app.panel.circuit.select("miller_ota")
    app.panel._circuit_chosen()
    yield lambda: app.panel.notice.text
    see["other_choice"], see["choice_reports"] = panel(), reports(two)
    screenshot("other-choice")
    app.panel.circuit.select("five_transistors_ota")
    app.panel._circuit_chosen()
    yield lambda: app.scorer.report is not None
    see["chosen_back"] = panel()

    # No score because of LVS: design rules are broken as well, and found first.
    move_instance("", 5, 0)
    yield from scored()
    see["cause"] = [app.scorer.report.reason, app.panel.notice.text, app.panel.changed.text]
    screenshot("cause")

    # Another cell of the same layout.
    yield from checked()
    see["cell_before"] = reports(two)
    top = second.cell
    second.cell = next(second.layout().cell(i) for i in top.called_cells())
    yield from nothing_said()
    see["cell"], see["cell_reports"] = panel(), reports(two)
    second.cell = top

    # Another layout beside it in the same view.
    yield from scored()
    WINDOW.load_layout(shown["miller_ota"].gds, 2)
    yield from nothing_said()
    see["beside"] = panel()

    # Another layout in its place.
    yield from scored()
    view = WINDOW.current_view()
    yield from checked()
    WINDOW.load_layout(shown["five_transistors_ota"].gds, 0)
    yield from nothing_said()
    see["replaced"] = [panel(), reports(WINDOW.current_view())]

    # The last view is closed.
    yield from scored()
    while WINDOW.views():
        WINDOW.close_current_view()
    yield from nothing_said()
    see["closed"] = panel()


run(main)
