"""The looks that all windows share, and small helpers around KLayout's Qt binding."""
import pya

from . import qt
from .errors import sentence

INK = 0x1f2933
MUTED = 0x6b7785
LINE = 0xd5dbe1
PAPER = 0xffffff
CARD = 0xf6f8fa
ACCENT = 0x0f7c8a
GOOD = 0x1a8a4b
BAD = 0xc5372c
WARN = 0xb7791f
CANVAS = 0x12171c           # behind thumbnails, like a layout view
TOAST_MS = 9000
NOTICE_CHARS = 320
# The binding's classes do not inherit as Qt's do: a QGridLayout is no pya.QLayout.
LAYOUTS = (pya.QHBoxLayout, pya.QVBoxLayout, pya.QGridLayout)


def colour(rgb, alpha=255):
    return pya.QColor((rgb >> 16) & 255, (rgb >> 8) & 255, rgb & 255, alpha)


def hexa(rgb):
    return f"#{rgb:06x}"


def pen(rgb, width=1.0, style=None, alpha=255):
    made = pya.QPen(colour(rgb, alpha))
    made.setWidthF(width)
    if style is not None:
        made.setStyle(style)
    return made


def brush(rgb, alpha=255):
    return pya.QBrush(colour(rgb, alpha))


def font(widget, scale=1.0, bold=False):
    made = pya.QFont(widget.font)
    made.pointSizeF = max(6.0, widget.font.pointSizeF * scale)
    made.setBold(bold)
    return made


def label(text="", scale=1.0, bold=False, rgb=None, wrap=False, parent=None):
    made = qt.QLabel(parent)
    made.text = text
    made.wordWrap = wrap
    style = []
    if scale != 1.0:
        style.append(f"font-size: {round(10 * scale)}pt")
    if bold:
        style.append("font-weight: 600")
    if rgb is not None:
        style.append(f"color: {hexa(rgb)}")
    if style:
        made.styleSheet = "; ".join(style)
    return made


def heading(text):
    return label(text, bold=True, rgb=INK)


def button(text, clicked, tip="", primary=False):
    made = qt.QPushButton()
    made.text = text
    made.toolTip = tip
    made.clicked = lambda *_: clicked()
    if primary:
        made.styleSheet = (f"QPushButton {{ background: {hexa(ACCENT)}; color: white; border: 2px solid {hexa(ACCENT)}; border-radius: 4px; "
                           f"padding: 4px 12px; font-weight: 600 }} QPushButton:focus {{ border-color: {hexa(INK)} }} "
                           "QPushButton:disabled { border-color: #a9bdc2 }"
                           "QPushButton:hover { background: #0c6874 } QPushButton:disabled { background: #a9bdc2 }")
    return made


def frame(kind):
    """A border that shows where the keyboard is. Who styles a border takes the system's own mark away."""
    return f"{kind} {{ border: 2px solid {hexa(LINE)} }} {kind}:focus {{ border-color: {hexa(ACCENT)} }}"


def margins(layout, all_sides=0, spacing=None):
    layout.setContentsMargins(all_sides, all_sides, all_sides, all_sides)
    if spacing is not None:
        layout.setSpacing(spacing)
    return layout


def column(*parts, margin=0, spacing=6, parent=None):
    box = margins(qt.QVBoxLayout(parent) if parent is not None else qt.QVBoxLayout(), margin, spacing)
    fill(box, parts)
    return box


def row(*parts, margin=0, spacing=6, parent=None):
    box = margins(qt.QHBoxLayout(parent) if parent is not None else qt.QHBoxLayout(), margin, spacing)
    fill(box, parts)
    return box


def fill(box, parts):
    """Widgets, layouts, None for a stretch, numbers for space."""
    for part in parts:
        if part is None:
            box.addStretch(1)
        elif isinstance(part, int):
            box.addSpacing(part)
        elif isinstance(part, LAYOUTS):
            box.addLayout(part)
            part._unmanage()
        else:
            box.addWidget(part)
            part._unmanage()


def given(part):
    """`part` has got a Qt parent, which owns it from now on; otherwise it would die with the Python name."""
    part._unmanage()
    return part


def fit(window, width, height):
    """So large, or as the screen allows with a title bar and a panel."""
    screen = pya.QApplication.desktop().availableGeometry(-1)
    window.resize(min(width, screen.width - 16), min(height, screen.height - 48))


def scrolled(part, width):
    """`part`, so wide, with a scroll bar where it is higher than its place."""
    area = qt.QScrollArea()
    area.frameShape = pya.QFrame.NoFrame
    area.widgetResizable = True
    area.focusPolicy = pya.Qt.NoFocus            # its widgets have it
    area.horizontalScrollBarPolicy = pya.Qt.ScrollBarAlwaysOff
    area.setWidget(given(part))
    area.setFixedWidth(width)
    return area


def table(columns, parent=None):
    """A read-only table of rows."""
    made = qt.QTableWidget(parent)
    made.columnCount = len(columns)
    made.setHorizontalHeaderLabels(columns)
    made.verticalHeader.hide()
    made.verticalHeader.setDefaultSectionSize(22)
    made.selectionBehavior = pya.QAbstractItemView.SelectRows
    made.setEditTriggers(pya.QAbstractItemView.NoEditTriggers)
    made.showGrid = False
    made.alternatingRowColors = True
    made.horizontalHeader.setStretchLastSection(True)
    made.styleSheet = frame("QTableWidget") + " QHeaderView::section { padding: 3px }"
    return made


def cell(table_widget, row_index, column_index, text, right=False, rgb=None, tip=""):
    """Sets a cell's text; an item that is there already is kept, with its selection."""
    item = table_widget.item(row_index, column_index)
    if item is None:
        item = qt.QTableWidgetItem("")
        table_widget.setItem(row_index, column_index, given(item))
    if item.text != text:
        item.text = text
    if right:
        item.setTextAlignment(0x0002 | 0x0080)
    if rgb is not None:
        item.setForeground(brush(rgb))
    if tip:
        item.toolTip = tip
    return item


class Canvas(qt.QLabel):
    """A picture that `draw(painter)` of the subclass makes, at redraw() and when it becomes visible or gets another size.
    Qt shows it: a paintEvent of ours would leave an object behind whenever the screen asks."""

    def sizeHint(self):
        return pya.QSize(-1, -1)                     # none, whatever size the last picture has

    minimumSizeHint = sizeHint

    def redraw(self):
        if not self.visible:
            return
        dots = pya.QGuiApplication.primaryScreen().devicePixelRatio
        picture = qt.QPixmap(max(1, round(self.width * dots)), max(1, round(self.height * dots)))
        picture.setDevicePixelRatio(dots)
        picture.fill(colour(PAPER, 0))
        painter = pya.QPainter(picture)
        try:
            painter.setRenderHint(pya.QPainter.Antialiasing, True)
            self.draw(painter)
        finally:
            painter.end()
        self.setPixmap(picture)

    def resizeEvent(self, event):
        self.redraw()

    def showEvent(self, event):
        self.redraw()


def guarded(handler):
    """For KLayout's own events: they also come while the program closes, when half of it is gone, and an exception that
    leaves a handler then ends the program with an abort."""
    def call(*arguments):
        if pya.MainWindow.instance() is None:
            return
        try:
            handler(*arguments)
        except (RuntimeError, AttributeError):
            pass                                     # objects of a closed view
    return call


class Notice(qt.QLabel):
    """A line inside a window that says what went wrong, or what is going on; hidden when empty."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.wordWrap = True
        self.say("")

    def say(self, text, level="info"):
        back, ink = {"info": ("#e6f3f5", hexa(ACCENT)), "good": ("#e5f4ea", hexa(GOOD)),
                     "warning": ("#fdf4e0", hexa(WARN)), "error": ("#fdeae8", hexa(BAD))}[level]
        self.styleSheet = (f"background: {back}; color: {ink}; border-radius: 4px; padding: 6px 8px")
        self.text = text if len(text) <= NOTICE_CHARS else text[:NOTICE_CHARS] + "…"
        self.toolTip = text if len(text) > NOTICE_CHARS else ""
        self.visible = bool(text)
        # Dialogs do not make room for wrapped text by themselves.
        self.setMinimumHeight(self.heightForWidth(max(self.width, 200)) if text else 0)

    def fail(self, error):
        self.say(sentence(error), "error")


class Toast(qt.QLabel):
    """A message over the main window's lower edge: for commands that have no window of their own. A click closes it."""

    _shown = None

    def __init__(self, parent, text, level):
        super().__init__(parent)
        self.text = text
        self.wordWrap = True
        back = {"info": INK, "good": GOOD, "warning": WARN, "error": BAD}[level]
        self.styleSheet = f"background: {hexa(back)}; color: white; border-radius: 6px; padding: 10px 14px"
        width = min(640, max(240, parent.width - 80))
        self.setFixedWidth(width)
        self.adjustSize()
        self.move((parent.width - width) // 2, parent.height - self.height - 48)
        self.show()
        self.qt_raise() if hasattr(self, "qt_raise") else None
        self._timer = qt.QTimer(self)
        self._timer.singleShot = True
        self._timer.timeout = self.hide
        if level != "error":
            self._timer.start(TOAST_MS)

    def mousePressEvent(self, event):
        self.hide()


def toast(text, level="info"):
    window = pya.MainWindow.instance()
    if Toast._shown is not None:
        Toast._shown.hide()
        Toast._shown.deleteLater()
    Toast._shown = Toast(window, text, level)
    window.message(text.replace("\n", " ")[:200], 6000)
    return Toast._shown


def hide_toast(shown):
    """Where it is still the one on screen."""
    if shown is not None and shown is Toast._shown:
        shown.hide()


def toast_text():
    """What the visible toast says, or an empty text."""
    shown = Toast._shown
    return shown.text if shown is not None and shown.visible else ""


def fail(error):
    toast(sentence(error), "error")


def escaped(text):
    """For rich text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def millivolts(volts):
    return "–" if volts is None else f"{volts * 1e3:.3f} mV"


def quantity(measure):
    """A measure as text: its value with unit, or why there is none."""
    if isinstance(measure, dict):
        if measure.get("value") is None:
            return "–", measure.get("reason", "")
        return engineering(measure["value"], measure.get("unit", "")), ""
    return (engineering(measure), "") if isinstance(measure, (int, float)) else (str(measure), "")


def engineering(value, unit=""):
    """Four digits and a prefix, where the unit takes one (nobody says mdB)."""
    if unit in ("", "Hz", "V", "A", "W", "s", "F", "Ohm", "Ω", "V/s", "V^2", "V/sqrt(Hz)") and value and value == value:
        for limit, factor, prefix in ((1e9, 1e-9, "G"), (1e6, 1e-6, "M"), (1e4, 1e-3, "k"), (1e-2, 1, ""), (1e-5, 1e3, "m"),
                                      (1e-8, 1e6, "µ"), (1e-11, 1e9, "n"), (0, 1e12, "p")):
            if abs(value) >= limit:
                return f"{value * factor:.4g} {prefix}{unit}".strip()
    return f"{value:.4g} {unit}".strip()
