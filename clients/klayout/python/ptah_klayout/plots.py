"""The plots: score against area of many variants, the Bode plot of one, and how an exploration goes. Drawn with QPainter only."""
import math

import pya

from . import ui

POINT = 5
CENTRE, LEFT, RIGHT = 0x84, 0x81, 0x82


def nice_ticks(low, high, count=5):
    """Round numbers that cover low..high."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return [low]
    raw = (high - low) / count
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [k * step for k in range(first, int(math.floor(high / step + 1e-9)) + 1)]


class Plot(ui.Canvas):
    """Axes, ticks and a frame; the subclasses plot inside it."""

    left, right, top, bottom = 52, 12, 10, 34

    def __init__(self, parent=None):
        super().__init__(parent)
        self.setMinimumSize(220, 150)

    def frame(self):
        return (self.left, self.top, max(10, self.width - self.left - self.right),
                max(10, self.height - self.top - self.bottom))

    def draw(self, painter):
        painter.fillRect(pya.QRect(0, 0, self.width, self.height), ui.brush(ui.PAPER))
        painter.setFont(ui.font(self, 0.82))
        self.plot(painter)

    def text(self, painter, x, y, w, h, flags, text, rgb=ui.MUTED):
        painter.setPen(ui.pen(rgb))
        painter.drawText(pya.QRect(int(x), int(y), int(w), int(h)), flags, text)

    def axes(self, painter, x_ticks, y_ticks, x_of, y_of, x_title, y_title, x_text="{:g}".format,
             y_text="{:g}".format, title_side=LEFT):
        x, y, w, h = self.frame()
        painter.setPen(ui.pen(ui.LINE))
        for tick in x_ticks:
            painter.drawLine(int(x_of(tick)), y, int(x_of(tick)), y + h)
        for tick in y_ticks:
            painter.drawLine(x, int(y_of(tick)), x + w, int(y_of(tick)))
        painter.drawRect(x, y, w, h)
        last = -1e9
        for tick in x_ticks:
            if x_of(tick) - last > 44:
                last = x_of(tick)
                self.text(painter, last - 40, y + h + 3, 80, 14, CENTRE, x_text(tick))
        for tick in y_ticks:
            self.text(painter, 2, y_of(tick) - 8, x - 7, 16, RIGHT, y_text(tick))
        self.text(painter, x, y + h + 17, w, 16, CENTRE, x_title)
        self.text(painter, x + 6, y + 2, w - 12, 16, title_side, y_title)


class Scatter(Plot):
    """Score over area, a point a variant. `points`: [(key, area_um2, score_V, colour)]; a click calls `picked(key)`."""

    left = 58

    def __init__(self, picked, parent=None):
        super().__init__(parent)
        self.points, self.selected, self.best, self._picked = [], set(), None, picked
        self.setMouseTracking(True)

    def show_points(self, points, best):
        self.points = [p for p in points if p[1] is not None and p[2] is not None]
        self.best = best
        self.redraw()

    def _scales(self):
        x, y, w, h = self.frame()
        areas, scores = [p[1] for p in self.points], [p[2] * 1e3 for p in self.points]
        spread = lambda values: max((max(values) - min(values)) * 0.08, abs(max(values)) * 0.002, 1e-9)
        x0, x1 = min(areas) - spread(areas), max(areas) + spread(areas)
        y0, y1 = min(scores) - spread(scores), max(scores) + spread(scores)
        return (lambda v: x + (v - x0) / (x1 - x0) * w, lambda v: y + h - (v - y0) / (y1 - y0) * h, x0, x1, y0, y1)

    def plot(self, painter):
        x, y, w, h = self.frame()
        if not self.points:
            painter.setPen(ui.pen(ui.LINE))
            painter.drawRect(x, y, w, h)
            self.text(painter, x, y, w, h, CENTRE, "Score and area appear here, a point a layout")
            return
        x_of, y_of, x0, x1, y0, y1 = self._scales()
        self.axes(painter, nice_ticks(x0, x1), nice_ticks(y0, y1), x_of, y_of, "area, µm²", "score, mV (less is better)")
        # A call for all points of a colour, and one for the light rings round them: there may be thousands.
        colours = {}
        for _, area, score, rgb in self.points:
            colours.setdefault(rgb, []).append(pya.QPointF(x_of(area), y_of(score * 1e3)))
        for rgb, points in colours.items():
            points = pya.QPolygonF(points)
            for colour, width in ((ui.PAPER, 2 * POINT + 2), (rgb, 2 * POINT)):
                pen = ui.pen(colour, width)
                pen.setCapStyle(pya.Qt.RoundCap)
                painter.setPen(pen)
                painter.drawPoints(points)
        for key, area, score, rgb in self.points:
            if key in self.selected or key == self.best:
                painter.setBrush(pya.QBrush())
                painter.setPen(ui.pen(ui.INK if key in self.selected else ui.GOOD, 2))
                self._dot(painter, x_of(area), y_of(score * 1e3), POINT + 3)

    @staticmethod
    def _dot(painter, x, y, radius):
        painter.drawEllipse(pya.QRectF(x - radius, y - radius, 2 * radius, 2 * radius))

    def at(self, x, y):
        if not self.points:
            return None
        x_of, y_of, *_ = self._scales()
        distance, key = min(((x_of(a) - x) ** 2 + (y_of(s * 1e3) - y) ** 2, k) for k, a, s, _ in self.points)
        return key if distance < 14 ** 2 else None

    def mousePressEvent(self, event):
        key = self.at(event.x(), event.y())
        if key is not None:
            self._picked(key)

    def mouseMoveEvent(self, event):
        key = self.at(event.x(), event.y())
        for k, area, score, _ in self.points:
            if k == key:
                self.toolTip = f"{area:.1f} µm², {score * 1e3:.3f} mV"
                return
        self.toolTip = ""


class Curve(Plot):
    """The best cost so far by evaluations, a step at each new best. `points`: [(evaluations, cost)], both growing better."""

    left, right = 66, 16
    widest = 8                       # a larger ratio of costs gets a logarithmic axis

    def __init__(self, parent=None):
        super().__init__(parent)
        self.points, self.last, self.title = [], 1, ""
        self.setMinimumSize(260, 120)

    def show_points(self, points, last, title):
        """`last`: how many evaluations there were so far."""
        if (points, last, title) != (self.points, self.last, self.title):
            self.points, self.last, self.title = points, last, title
            self.redraw()

    def steps(self):
        """The corners of the line."""
        corners = []
        for step, cost in self.points:
            if corners:
                corners.append((step, corners[-1][1]))
            corners.append((step, cost))
        if corners and self.last > corners[-1][0]:
            corners.append((self.last, corners[-1][1]))
        return corners

    def plot(self, painter):
        x, y, w, h = self.frame()
        if not self.points:
            painter.setPen(ui.pen(ui.LINE))
            painter.drawRect(x, y, w, h)
            self.text(painter, x, y, w, h, CENTRE, "The best cost by evaluations appears here")
            return
        decades = math.log10(max(self.last, self.points[-1][0], 10))
        low, high = self.points[-1][1], self.points[0][1]
        logarithmic = low > 0 and high / low > self.widest
        scale = math.log10 if logarithmic else lambda v: v
        pad = max((scale(high) - scale(low)) * 0.08, 0.02 if logarithmic else abs(high) * 0.01, 1e-12)
        y0, y1 = scale(low) - pad, scale(high) + pad
        x_of = lambda v: x + math.log10(max(v, 1)) / decades * w
        y_of = lambda v: y + h - (scale(v) - y0) / (y1 - y0) * h
        if logarithmic:
            ticks = [m * 10.0 ** power for power in range(math.floor(y0), math.ceil(y1)) for m in (1, 2, 5)
                     if y0 <= math.log10(m * 10.0 ** power) <= y1]
        else:
            ticks = nice_ticks(y0, y1, 4)
        counts = [m * 10 ** k for k in range(int(decades) + 1) for m in ((1, 2, 5) if decades < 3 else (1,))]
        self.axes(painter, [count for count in counts if math.log10(count) <= decades], ticks, x_of, y_of,
                  "layouts evaluated", self.title, x_text="{:,}".format, title_side=RIGHT)
        painter.setBrush(pya.QBrush())
        painter.setPen(ui.pen(ui.ACCENT, 2))
        painter.drawPolyline(pya.QPolygonF([pya.QPointF(x_of(a), y_of(b)) for a, b in self.steps()]))
        pen = ui.pen(ui.ACCENT, 6)
        pen.setCapStyle(pya.Qt.RoundCap)
        painter.setPen(pen)
        painter.drawPoints(pya.QPolygonF([pya.QPointF(x_of(a), y_of(b)) for a, b in self.points]))


class Bode(Plot):
    """Gain and phase over frequency: the schematic dashed, the layout solid."""

    top, bottom, left = 22, 34, 44

    def __init__(self, parent=None):
        super().__init__(parent)
        self.curves, self._points, self.hint = [], [], "The frequency response appears here"
        self.setMinimumSize(220, 190)

    def show_waveform(self, waveform):
        """`waveform` as in score.layout; None clears."""
        self.curves, self._points = [], []
        points = (waveform or {}).get("x") or []
        keep = [i for i, f in enumerate(points) if isinstance(f, (int, float)) and f > 0]
        if keep:
            self._points = [math.log10(points[i]) for i in keep]
            for name in ("pre", "post"):
                values = waveform.get(name) or []
                if len(values) == len(points):
                    self.curves.append((name, *gain_phase([values[i] for i in keep])))
        self.redraw()

    def plot(self, painter):
        x, y, w, h = self.frame()
        if len(self._points) < 2 or not self.curves:
            painter.setPen(ui.pen(ui.LINE))
            painter.drawRect(x, y, w, h)
            self.text(painter, x, y, w, h, CENTRE, self.hint)
            return
        half = (h - 8) // 2
        x0, x1 = self._points[0], self._points[-1]
        x_of = lambda v: x + (v - x0) / (x1 - x0) * w
        decades = range(math.ceil(x0), math.floor(x1) + 1)
        for index, (title, rgb) in enumerate((("gain, dB", ui.ACCENT), ("phase, °", 0x9a5b13))):
            top = y + index * (half + 8)
            values = [v for curve in self.curves for v in curve[1 + index]]
            low, high = min(values), max(values)
            pad = max((high - low) * 0.06, 0.5)
            low, high = low - pad, high + pad
            y_of = lambda v: top + half - (v - low) / (high - low) * half
            painter.setPen(ui.pen(ui.LINE))
            painter.setBrush(pya.QBrush())
            for decade in decades:
                painter.drawLine(int(x_of(decade)), top, int(x_of(decade)), top + half)
            for tick in nice_ticks(low, high, 3):
                painter.drawLine(x, int(y_of(tick)), x + w, int(y_of(tick)))
                self.text(painter, 0, y_of(tick) - 8, x - 5, 16, RIGHT, f"{tick:g}")
            painter.drawRect(x, top, w, half)
            for curve in self.curves:
                pre = curve[0] == "pre"
                painter.setPen(ui.pen(ui.MUTED if pre else rgb, 1.4 if pre else 2.0,
                                      pya.Qt.DashLine if pre else pya.Qt.SolidLine))
                points = [pya.QPointF(x_of(a), y_of(b)) for a, b in zip(self._points, curve[1 + index])]
                painter.drawPolyline(pya.QPolygonF(points))
            self.text(painter, x + 5, top + half - 18, w, 16, LEFT, title, rgb)
        step = max(1, -(-len(decades) // max(1, w // 34)))
        for decade in list(decades)[::step]:
            self.text(painter, x_of(decade) - 24, y + h + 2, 48, 14, CENTRE, frequency(decade))
        self.text(painter, x, y + h + 16, w, 16, CENTRE, "frequency, Hz")
        painter.setPen(ui.pen(ui.MUTED, 1.4, pya.Qt.DashLine))
        painter.drawLine(x, 11, x + 22, 11)
        self.text(painter, x + 27, 3, 80, 16, LEFT, "schematic")
        painter.setPen(ui.pen(ui.ACCENT, 2.0))
        painter.drawLine(x + 100, 11, x + 122, 11)
        self.text(painter, x + 127, 3, 80, 16, LEFT, "layout")


def frequency(decade):
    value = decade % 3
    suffix = {-2: "µ", -1: "m", 0: "", 1: "k", 2: "M", 3: "G", 4: "T"}.get(decade // 3, f"e{decade - value}")
    return f"{10 ** value}{suffix}"


def gain_phase(values):
    """dB and unwrapped degrees of [[re, im], ...]."""
    gains, phases, turn, before = [], [], 0.0, None
    for real, imaginary in values:
        magnitude = math.hypot(real, imaginary)
        gains.append(20 * math.log10(max(magnitude, 1e-15)))
        phase = math.degrees(math.atan2(imaginary, real))
        if before is not None:
            if phase - before > 180:
                turn -= 360
            elif phase - before < -180:
                turn += 360
        before = phase
        phases.append(phase + turn)
    return gains, phases
