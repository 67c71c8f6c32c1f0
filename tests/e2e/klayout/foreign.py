"""A layout of another generator, opened from a file: the circuit is chosen in the panel, devices are recognised."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import WINDOW, connected, run, screenshot


def main(app, see):
    yield connected(app)
    WINDOW.load_layout(os.environ["PTAH_TEST_LAYOUT"], 1)
    app.show_panel()
    app.panel.circuit.select(os.environ["PTAH_TEST_CIRCUIT"])
    heard = []
    app.scorer.handlers.append(lambda what, value: heard.append(what))
    app.panel._circuit_chosen()
    yield lambda: "report" in heard or "error" in heard
    report = app.scorer.report
    see["notice"] = app.panel.notice.text
    see["score"], see["fingers"] = (report.score, report.fingers) if report else (None, None)
    see["nets"] = [[n["net"], n.get("blame"), len(n.get("shapes") or [])] for n in report.nets] if report else []
    yield 0.5
    screenshot("foreign")


run(main)
