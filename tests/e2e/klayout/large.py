"""A layout of 50 MB on screen: nothing freezes, and the sentences say what to do."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pya

from driver import FOLDER, Ticker, WINDOW, connected, run
from ptah_klayout import ui


def main(app, see):
    yield connected(app)
    path = os.path.join(FOLDER, "large.gds")
    layout = pya.Layout()
    shapes = layout.create_cell("miller_ota").shapes(layout.layer(68, 20))
    for i in range(900):
        for j in range(900):
            shapes.insert(pya.Box(j * 500, i * 500, j * 500 + 200, i * 500 + 200))
    layout.write(path)
    see["bytes"] = os.path.getsize(path)
    WINDOW.load_layout(path, 1)
    app.show_panel()
    yield 3.0                                    # KLayout draws it
    WINDOW.current_view().zoom_box(pya.DBox(0, 0, 20, 20))
    yield 1.0
    ticker = Ticker()
    ticker.start()
    app.score()
    yield lambda: app.panel.notice.text
    see["score"] = app.panel.notice.text
    app.set_live(True)
    yield 1.0
    app.set_live(False)
    app.check()
    yield lambda: ui.toast_text() and not ui.toast_text().startswith("Checking")   # a toast of progress goes after 9 s
    see["check"], see["late"] = ui.toast_text(), ticker.late


run(main)
