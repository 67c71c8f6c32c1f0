"""What edits leave behind in KLayout's memory: as many without live scoring, then with it."""
import ctypes
import gc
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import connected, move_instance, run
from ptah_klayout import views

C = ctypes.CDLL(None)


def kept():
    """(bytes, Python's objects) that the program holds now."""
    gc.collect()
    C.malloc_trim(0)
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"), len(gc.get_objects())


def main(app, see):
    yield connected(app)
    job = app.jobs.start({"circuit": "miller_ota", "assignments": 1, "variants": 0, "seed": 1, "flow": "native", "judges": "none"})
    yield lambda: job.finished
    variant = next(iter(job.variants.values()))
    _, cellview = views.open_in_tab(variant.gds, variant.name)
    app.remember_circuit(cellview, variant.spec, variant)
    edits = int(os.environ["PTAH_TEST_EDITS"])

    def edit(count):
        for number in range(count):
            asked = app.scorer.report
            move_instance("cap_mim", 0.1 if number % 2 == 0 else -0.1, 0)
            if app.scorer.live:
                yield lambda: app.scorer.report is not asked and not app.scorer.busy
            yield 0.1                                    # some looks at a layout that stays

    app.set_live(True)
    yield from edit(10)                                  # what is made once is there
    for live in (False, True):
        app.set_live(live)
        yield 1.5                                        # and the blame, which follows when nothing moves
        before = kept()
        yield from edit(edits)
        yield 1.5
        see["live" if live else "alone"] = [after - start for start, after in zip(before, kept())]


run(main)
