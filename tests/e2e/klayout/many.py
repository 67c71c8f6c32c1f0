"""A job of more layouts than the editor keeps: the window holds the best of them, also when it is opened again."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import connected, run, screenshot
from ptah_klayout import jobs


def shown(window):
    return sorted([list(v.key), v.record["cost"]] for v in window.gallery.variants)


def main(app, see):
    yield connected(app)
    jobs.MAX_VARIANTS = 6
    window = app.variants()
    window.circuit.select("five_transistors_ota")
    window.assignments.value, window.moves.value, window.seed.value = 3, 8, 4
    window.start()
    yield lambda: window._job.finished
    yield 1.0
    see["job"], see["notice"], see["message"] = window._job.name, window.notice.text, window.message.text
    see["kept"], see["cards"] = shown(window), window.gallery._cards.count
    screenshot("many")
    del app.jobs.by_name[window._job.name]              # as after a restart of the editor
    window._show_job(see["job"])
    yield lambda: window._job.finished
    yield 1.0
    see["again"] = shown(window)


run(main)
