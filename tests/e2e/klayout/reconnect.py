"""The daemon dies in the middle of a job and comes back: the job goes on, nothing is lost, nothing comes twice."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import FOLDER, connected, run, screenshot


def main(app, see):
    yield connected(app)
    window = app.variants()
    window.circuit.select("five_transistors_ota")
    window.assignments.value, window.moves.value, window.seed.value = 3, 12, 2
    window.start()
    job = window._job
    yield lambda: len(job.variants) >= 3
    open(os.path.join(FOLDER, "kill"), "w").close()     # the test kills the daemon now
    yield lambda: not app.connection.ready
    # Between two attempts; during one it is "connecting".
    yield lambda: app.connection.state == "waiting" or app.connection.ready
    see["message"], see["state_text"] = window.message.text, app.connection.state
    screenshot("lost")
    yield lambda: app.connection.ready
    yield lambda: job.finished
    see["state"], see["job"] = job.state, job.name
    see["keys"] = sorted(job.variants)
    see["notice"] = window.notice.text


run(main)
