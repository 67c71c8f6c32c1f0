"""What goes wrong, one after the other, and the sentence that the user reads."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pya

from driver import FOLDER, WINDOW, connected, run, screenshot
from ptah_klayout import ui, views


def scored(app):
    """Asks for a score and waits for the report or the error."""
    heard = []
    app.scorer.handlers.append(lambda what, value: heard.append(what))
    app.scorer.ask(blame=False)
    return lambda: any(what in ("report", "error") for what in heard)


def new_layout(name):
    cellview = WINDOW.create_layout(1)
    layout = cellview.layout()
    layout.dbu = 0.001
    cellview.cell = layout.create_cell(name)
    return cellview


def main(app, see):
    yield connected(app)
    app.trigger("check")
    yield 0.2
    see["no layout"] = ui.toast_text()
    app.show_panel()

    cellview = new_layout("miller_ota")
    yield scored(app)
    see["empty cell"] = app.panel.notice.text
    cellview.cell.shapes(cellview.layout().layer(68, 20)).insert(pya.Box(0, 0, 5000, 5000))
    yield scored(app)
    see["no devices"] = app.panel.notice.text

    job = app.jobs.start({"circuit": "five_transistors_ota", "assignments": 1, "variants": 0, "seed": 1, "flow": "native",
                          "judges": "none"})
    yield lambda: job.finished
    variant = next(iter(job.variants.values()))
    view, cellview = views.open_in_tab(variant.gds, variant.name)
    app.remember_circuit(cellview, {"circuit": "miller_ota"})
    yield scored(app)
    see["another circuit"] = app.panel.notice.text
    app.remember_circuit(cellview, {"circuit": "five_transistors_ota"})
    cell = cellview.cell
    first = next(iter(cell.each_inst()))
    view.transaction("half")
    first.delete()
    view.commit()
    yield scored(app)
    see["half-drawn"] = app.panel.notice.text
    see["fingers asked"] = app.panel.fingers.visible
    app.remember_circuit(cellview, variant.spec, variant)
    yield scored(app)
    see["half-drawn of ours"] = app.panel.notice.text
    see["errors button"] = app.panel.check_button.visible
    app.check()
    yield lambda: "differs" in ui.toast_text() or "matches" in ui.toast_text()
    see["check"] = ui.toast_text()
    see["rdbs"] = [[view.rdb(i).name(), view.rdb(i).num_items()] for i in range(view.num_rdbs())]
    screenshot("half-drawn")

    cellview = new_layout("unknown_thing")
    app.panel.circuit._box.currentIndex = -1
    yield scored(app)
    see["no circuit"] = app.panel.notice.text

    cellview = new_layout("miller_ota_big")
    shapes = cellview.cell.shapes(cellview.layout().layer(68, 20))
    for i in range(views.EXPORT_SHAPES + 1):
        shapes.insert(pya.Box(0, i * 500, 200, i * 500 + 200))
    yield scored(app)
    see["too large"] = app.panel.notice.text
    WINDOW.close_current_view()
    view, cellview = views.open_in_tab(variant.gds, variant.name)
    two = cellview.layout().create_cell("two")
    for dx in (0, 100):
        two.insert(pya.DCellInstArray(cellview.cell.cell_index(), pya.DTrans(dx, 0)))
    cellview.cell = two
    app.remember_circuit(cellview, {"circuit": "five_transistors_ota"})
    yield scored(app)
    see["two candidates"] = app.panel.notice.text or f"valid {app.scorer.report.valid}, {app.scorer.report.fingers}."

    place = app.place()
    bad = os.path.join(FOLDER, "bad.sp")
    with open(bad, "w", encoding="utf-8") as file:
        file.write("* broken\n.subckt bad in out\nM1 out in\n.ends\n")
    place.use(bad)
    yield lambda: place.notice.text
    see["bad netlist"] = place.notice.text
    place.use(os.path.join(FOLDER, "missing.sp"))
    see["no netlist"] = place.notice.text
    screenshot("bad-netlist")
    place.hide()

    failing = app.jobs.start({"circuit": "five_transistors_ota", "fingers": {"M99": 2}, "flow": "native"})
    yield lambda: failing.finished
    see["failing job"] = ui.sentence(failing.error)


run(main)
