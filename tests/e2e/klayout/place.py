"""Place and route: the reader's own netlist to a layout in a new tab."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import WINDOW, connected, run, screenshot


def main(app, see):
    yield connected(app)
    app.trigger("place")
    window = app.place()
    window.use(os.environ["PTAH_TEST_NETLIST"])
    yield lambda: window.about.text or window.notice.text
    see["about"], see["problem"] = window.about.text, window.notice.text
    window.start()
    yield lambda: window._job.finished
    yield 0.5
    see["notice"], see["tab"] = window.notice.text, WINDOW.current_view().title if WINDOW.current_view() else ""
    screenshot("place")


run(main)
