"""Probing: the net under the cursor, its parasitics and its blame, from the last score.

The cursor is looked at by a timer. A mouse mode of KLayout's own (pya.Plugin) would be the obvious way, but in 0.28
registering one makes every view of the program appear to Python as a `Dispatcher`, which breaks other macros.
"""
from . import qt, views

LOOK_MS = 60
CELL_UM = 2.0                # side of a bin


class NetIndex:
    """Finds a net by a point. Bins, since the mouse asks often; upper layers are drawn last and win."""

    HEIGHT = {name: index for index, name in enumerate(
        ("diff", "tap", "poly", "li1", "met1", "met2", "met3", "capm", "met4", "cap2m", "met5"))}

    def __init__(self, report):
        self.report, self._bins = report, {}
        for net in (report.nets or []) if report else []:
            for layer, x0, y0, x1, y1 in net.get("shapes") or []:
                entry = (self.HEIGHT.get(layer, -1), x0, y0, x1, y1, net)
                for i in range(int(x0 // CELL_UM), int(x1 // CELL_UM) + 1):
                    for j in range(int(y0 // CELL_UM), int(y1 // CELL_UM) + 1):
                        self._bins.setdefault((i, j), []).append(entry)

    def at(self, x, y):
        best = None
        for entry in self._bins.get((int(x // CELL_UM), int(y // CELL_UM)), []):
            if entry[1] <= x <= entry[3] and entry[2] <= y <= entry[4] and (best is None or entry[0] > best[0]):
                best = entry
        return best[5] if best else None


class Probe:
    """`found(net)` whenever another net, or none (None), comes under the cursor."""

    def __init__(self, app, parent, found):
        self._app, self._found, self._index, self._last = app, found, None, None
        self._timer = qt.QTimer(parent)
        self._timer.timeout = self._look

    @property
    def active(self):
        return self._timer.active

    def set_active(self, active):
        if active:
            self._timer.start(LOOK_MS)
        else:
            self.stop()
            self._tell(None)

    def stop(self):
        self._timer.stop()

    def at(self, x_um, y_um):
        report = self._app.scorer.report
        if report is None:
            return None
        if self._index is None or self._index.report is not report:
            self._index = NetIndex(report)
        return self._index.at(x_um, y_um)

    def _look(self):
        view = views.main_window().current_view()
        if view is None:
            return
        point = views.under_cursor(view)
        if point is not None:
            self._tell(self.at(point.x, point.y))

    def _tell(self, net):
        if net is not self._last:
            self._last = net
            self._found(net)
