"""A 50 ms timer in KLayout's event loop while a job runs and its gallery fills."""
import gc
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import Ticker, connected, run


def main(app, see):
    yield connected(app)
    window = app.variants()
    window.circuit.select("miller_ota")
    seconds = float(os.environ["PTAH_TEST_SECONDS"])
    # More than can be made meanwhile: a worker takes 10 minutes and more for the 100,000 moves of an assignment.
    window.assignments.value = 2 + int(os.cpu_count() * seconds / 300)
    window.moves.value, window.seed.value = 100000, 3
    yield 1.0                                            # the window itself appears
    ticker = Ticker()
    ticker.start()
    window.start()
    yield seconds
    see["variants"] = len(window._job.variants)
    see["ticks"], see["late"] = ticker.ticks, ticker.late
    see["objects"] = len(gc.get_objects())
    window.cancel()
    yield lambda: window._job.finished
    see["state"], see["notice"] = window._job.state, window.notice.text


run(main)
