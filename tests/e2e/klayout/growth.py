"""What edits leave behind in KLayout's memory: as many without live scoring, then with it."""
import ctypes
import gc
import os
import sys

import pya

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from driver import connected, move_instance, run
from ptah_klayout import views

C = ctypes.CDLL(None)
WARM_UP = 8                                              # edits: what is made once, and two reports to compare


class Mallinfo2(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks",
                                                     "uordblks", "fordblks", "keepcost")]


C.mallinfo2.restype = Mallinfo2


def kept():
    """(bytes, Python's objects) that the program holds now: bytes in use, Python's own too (PYTHONMALLOC=malloc), whatever
    the allocator keeps beside them. Without Qt's cache of pixmaps: KLayout draws a new icon for each layer of its list
    after each edit, and they stay there, 0.1 MB an edit with or without this package, until its 10 MB are full."""
    gc.collect()
    pya.QPixmapCache.clear()
    heap = C.mallinfo2()
    return heap.uordblks + heap.hblkhd, len(gc.get_objects())


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

    def still():
        """No look, request or blame is due."""
        if app.scorer.live:
            yield lambda: any(net.get("blame") is not None for net in app.scorer.report.nets or []) and not app.scorer.busy
        yield 1.0                                        # drawn

    for live in (True, False, True):                     # the first time around for what is made once
        app.set_live(live)
        yield from edit(WARM_UP)
        yield from still()
        before = kept()
        yield from edit(edits)
        yield from still()
        see["live" if live else "alone"] = [after - start for start, after in zip(before, kept())]


run(main)
