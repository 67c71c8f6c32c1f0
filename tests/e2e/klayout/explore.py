"""Explorations: a strategy is chosen, its curve grows, the best is opened; specs that nothing meets; a run with specs; looked at again."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import WINDOW, connected, run, screenshot


def ended(window):
    """With what its chain says, where it is an exploration."""
    job = window._job
    return lambda: job.finished and (bool(job.outcome) or not job.explore)


def main(app, see):
    yield connected(app)
    window = app.variants()
    window.circuit.select("miller_ota")
    window._circuit_changed()
    yield lambda: app.explorers.found and "devices" in window._about.text
    see["strategies"] = [[window.search.itemData(i), window.search.itemText(i)] for i in range(window.search.count)]
    see["before"] = [window.assignments.visible, window.budget.visible, window.start_button.text]
    see["chosen"] = window.choose_strategy("annealing")
    see["after"] = [window.assignments.visible, window.budget.visible, window.start_button.text]
    see["judges"], see["default_budget"] = window.judges.currentText, window.budget.value
    see["specs_hint"] = window.specs.placeholderText
    window.budget.value, window.seed.value = 20, 3
    window.start()
    job = window._job
    yield lambda: job.variants
    yield lambda: window.exploration.curve.points or job.finished
    screenshot("explore-running")
    yield ended(window)
    see["job"], see["spec"] = job.name, job.spec
    see["state"], see["notice"], see["message"] = job.state, window.notice.text, window.message.text
    see["shown"], see["points"], see["last"] = (window.exploration.visible, window.exploration.curve.points,
                                                window.exploration.curve.last)
    see["text"] = window.exploration.text.text
    yield lambda: window.gallery._cards.count == len(job.variants) and not app.thumbnails._queue
    best = window.gallery.best()
    see["best"] = [*best.key, best.record["cost"]]
    window.gallery.select([best.key])
    see["details"] = window.gallery._details.toHtml()
    yield 0.3
    screenshot("explore")
    window.open_selected()
    yield lambda: WINDOW.current_view() is not None
    see["tab"], see["best_name"] = WINDOW.current_view().title, best.name

    # Nothing meets it.
    window.specs.setPlainText("buffer_gain >= -1 dB; gain >= 200 dB\n")
    window.budget.value = 6
    window.judges.currentIndex = next(i for i in range(window.judges.count) if window.judges.itemData(i) == "none")
    window.choose_strategy("random")
    window.start()
    yield ended(window)
    see["hopeless"] = [window._job.spec["specs"], window.notice.text, window.exploration.text.text, window.gallery.best()]

    # What was found stays.
    window.specs.setPlainText("")
    window.budget.value = 100000
    window.start()
    yield lambda: len(window._job.variants) > 1
    window.cancel()
    yield lambda: window._job.finished
    see["cancelled"] = [window._job.state, window.notice.text]

    # A run with specs; and without any, with the width of devices kept.
    window.choose_strategy("")
    window.specs.setPlainText("buffer_gain >= -1 dB\n\ngain >= 200 dB")
    see["run_form"] = [window.assignments.visible, window.budget.visible, window.judges.itemData(window.judges.currentIndex)]
    window.assignments.value, window.moves.value = 1, 1
    window.start()
    yield ended(window)
    see["run"] = [window._job.spec["specs"], window.notice.text, window.exploration.visible]
    window.no_specs.checked = True
    window.keep.currentIndex = 1
    window.objective.currentIndex = next(i for i in range(window.objective.count) if window.objective.itemData(i) == "area")
    window.start()
    yield ended(window)
    best = window.gallery.best()
    see["free"] = [window._job.spec["specs"], window._job.spec["keep"], window._job.error, best is not None and best.spec["keep"],
                   best is not None and best.record["objective"]]

    # As after a restart of the editor.
    del app.jobs.by_name[job.name]
    window._show_job(job.name)
    yield ended(window)
    see["again"] = [window.exploration.visible, window.exploration.curve.points, window.exploration.curve.last]
    yield 0.3
    screenshot("explore-again")

    # The user's own circuit, with measures and specs beside it.
    window.circuit.use_netlist(os.environ["PTAH_TEST_NETLIST"])
    yield lambda: "5 devices" in window._about.text
    see["own"] = window.specs.placeholderText


run(main)
