"""Everything open, live scoring on: KLayout is closed with File > Exit and ends without a word."""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pya

from driver import FOLDER, WINDOW, connected, run
from ptah_klayout import ui, views


def main(app, see):
    yield connected(app)
    job = app.jobs.start({"circuit": "five_transistors_ota", "assignments": 1, "variants": 200, "seed": 1, "flow": "native",
                          "judges": "none"})
    yield lambda: job.variants
    variant = next(iter(job.variants.values()))
    path = os.path.join(FOLDER, "saved.gds")
    view, cellview = views.open_in_tab(variant.gds, variant.name)
    cellview.layout().write(path)
    WINDOW.close_current_view()
    WINDOW.load_layout(path, 1)                  # nothing unsaved, so that KLayout does not ask
    app.server(), app.place(), app.variants(job.name)
    app.set_live(True)
    app.set_probe(True)
    ui.toast("until the end", "error")
    yield lambda: app.scorer.report is not None
    app.place_cell(variant)
    with open(os.path.join(FOLDER, "result.json"), "w", encoding="utf-8") as file:
        json.dump({"log": app.log.lines, "scored": app.scorer.report is not None}, file)
    leave = main.timer = pya.QTimer(WINDOW)
    leave.singleShot = True
    leave.timeout = lambda: WINDOW.call_menu("cm_exit")
    leave.start(50)
    yield lambda: False


run(main)
