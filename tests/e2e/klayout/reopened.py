"""First run: starts a job and is killed in the middle. Second run: the job and its variants are there again."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import FOLDER, connected, run, screenshot


def main(app, see):
    yield connected(app)
    window = app.variants()
    if os.environ["PTAH_TEST_PART"] == "first":
        window.circuit.select("five_transistors_ota")
        window.assignments.value, window.moves.value, window.seed.value = 2, 20, 4
        window.start()
        yield lambda: len(window._job.variants) >= 2
        with open(os.path.join(FOLDER, "job"), "w") as file:
            file.write(window._job.name)
        yield lambda: False                              # killed here
    yield lambda: window._job is not None
    see["job"] = window._job.name
    yield lambda: window._job.finished
    yield 0.5
    see["state"], see["variants"] = window._job.state, len(window._job.variants)
    see["cards"] = window.gallery._cards.count
    screenshot("reopened")


run(main)
