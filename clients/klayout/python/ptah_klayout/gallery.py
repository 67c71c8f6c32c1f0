"""The variants of a job to look at: cards with thumbnails or a table, a score/area plot, details of the selected."""
import time

import pya

from . import check, qt, ui
from .objectives import axis, cost_text
from .plots import Scatter

# name -> a number of the record; smaller ones come first, of equal ones the first by chain and variant. `cost` is by the
# objective of the run, as the server ranks its layouts; which is the best, it says itself.
PLACEMENT = "Placement"      # layouts of one placement of the tiles stand together, the placement with the best first
ORDERS = {"Best first": "cost", "Score": "pscore_V", "Area": "area_um2", "Wiring": "hpwl_um", "Number": None, PLACEMENT: "cost"}
COLUMNS = ["Layout", "Score, mV", "Area, µm²", "HPWL, µm", "Width × height, µm", "DRC", "LVS", "Fingers"]
CARDS = 200                  # the table shows all
BEYOND = 24                  # items filled above and below those in sight
PALETTE = [0x0f7c8a, 0xd97706, 0x7c3aed, 0xc5372c, 0x1a8a4b, 0x2563eb, 0xbe185d, 0x57534e]
BROKEN = 0xb4bcc5            # of layouts that break a spec
SLICE_SECONDS = 0.01         # of filling in one turn of the event loop
SLICE_PAUSE_MS = 15
FILL_MS, FILL_MS_EACH = 150, 0.25   # between two fillings while variants come in, the longer the more there are


def drc_text(record):
    errors = check.errors_of(record)
    return ("–" if not errors else "clean" if not any(errors.values()) else check.errors_text(errors)), not any(errors.values())


def lvs_text(record):
    lvs = record.get("lvs") or {}
    if not lvs:
        return "–", True
    good = all(v == "match" or v is True or (isinstance(v, dict) and v.get("clean")) for v in lvs.values())
    return ("match" if good else "mismatch"), good


def placement_of(variant):
    """Layouts of equal ones have their tiles from one placement, moved since."""
    return variant.chain, variant.record.get("placed", 0)


def mark_of(variant, best):
    """The best, or one that breaks a spec."""
    return "★ " if best is variant else "" if variant.record.get("feasible", True) else "✗ "


class Gallery(qt.QWidget):
    """`opened(variant)` on a double click, `selection_changed()` when the selection changes."""

    def __init__(self, thumbnails, opened, selection_changed, parent=None):
        super().__init__(parent)
        self._thumbnails, self._opened, self._selection_changed = thumbnails, opened, selection_changed
        self._variants, self._order = {}, []
        self._rank, self._grouped = self._by("cost"), False
        self._shown_cards, self._shown_rows = {}, {}         # index -> what the item there says
        self._quiet = False
        self._descending = {}
        self._start_words = "Make variants"
        self._build()
        # Variants come in bursts, and the views hold thousands: they are filled a slice a turn of the event loop.
        self._filling, self._stale = None, False
        self._timer = qt.QTimer(self)
        self._timer.singleShot = True
        self._timer.timeout = self._fill
        self._slice_timer = qt.QTimer(self)
        self._slice_timer.singleShot = True
        self._slice_timer.timeout = self._slice

    def _build(self):
        self._cards = qt.QListWidget()
        self._cards.viewMode = pya.QListView.IconMode
        self._cards.iconSize = pya.QSize(176, 132)
        self._cards.gridSize = pya.QSize(196, 184)
        self._cards.uniformItemSizes = True
        self._cards.resizeMode = pya.QListView.Adjust
        self._cards.movement = pya.QListView.Static
        self._cards.wordWrap = True
        self._cards.selectionMode = pya.QAbstractItemView.ExtendedSelection
        self._cards.itemSelectionChanged = lambda: self._picked_in(self._cards)
        self._cards.itemActivated = lambda item: self._open(self._cards.row(item))
        self._cards.styleSheet = (ui.frame("QListWidget") + f" QListWidget {{ background: {ui.hexa(ui.CARD)} }}"
                                  f"QListWidget::item {{ color: {ui.hexa(ui.INK)}; padding: 4px; border-radius: 6px }}"
                                  "QListWidget::item:selected { background: #cfe8ec; color: #12343b }")
        self._table = ui.table(COLUMNS)
        self._table.selectionMode = pya.QAbstractItemView.ExtendedSelection
        self._table.itemSelectionChanged = lambda: self._picked_in(self._table)
        self._table.itemActivated = lambda item: self._open(item.row())
        self._table.horizontalHeader.sectionClicked = self._sort_by_column
        self._tabs = qt.QTabWidget()
        self._tabs.addTab(self._cards, "Cards")
        self._tabs.addTab(self._table, "Table")
        ui.given(self._cards)
        ui.given(self._table)
        for view in (self._cards, self._table):
            # Scrolled, or of another size.
            view.verticalScrollBar.valueChanged = lambda *_: self._fill_in_sight()
            view.verticalScrollBar.rangeChanged = lambda *_: self._fill_in_sight()
        self._tabs.currentChanged = lambda *_: self._fill_in_sight()
        self._plot = Scatter(self._picked_in_plot)
        self._details = qt.QTextBrowser()
        self._details.styleSheet = ui.frame("QTextBrowser") + f" QTextBrowser {{ background: {ui.hexa(ui.CARD)} }}"
        side = qt.QWidget()
        ui.column(self._plot, self._details, parent=side).setStretch(0, 1)
        side.setMinimumWidth(280)
        self._splitter = qt.QSplitter()
        self._splitter.addWidget(self._tabs)
        self._splitter.addWidget(side)
        ui.given(self._tabs)
        ui.given(side)
        self._splitter.setStretchFactor(0, 3)
        self._splitter.setStretchFactor(1, 2)
        ui.column(self._splitter, parent=self)
        self._show_details()

    # ---- content

    def say_start(self, words):
        """What the button says that makes layouts appear here."""
        if words != self._start_words:
            self._start_words = words
            self._show_details()

    def clear(self):
        self._thumbnails.forget()
        self._variants, self._order, self._filling, self._stale = {}, [], None, False
        self._quiet = True
        self._cards.clear()
        self._table.rowCount = 0
        self._shown_cards, self._shown_rows = {}, {}
        self._quiet = False
        self._plot.selected = set()
        self._fill()
        self._show_details()

    def add(self, variant):
        self._variants[variant.key] = variant
        if len(self._variants) == 1:
            self._show_details()
        if not self._timer.active and self._filling is None:
            self._timer.start(self._pause_ms())
        elif self._filling is not None:
            self._stale = True

    def _pause_ms(self):
        return int(FILL_MS + FILL_MS_EACH * len(self._variants))

    def remove(self, variant):
        """Gone from the views with the next filling."""
        self._variants.pop(variant.key, None)

    def rank_by(self, order):
        self._rank, self._grouped = self._by(ORDERS[order]), order == PLACEMENT
        self._fill()

    @staticmethod
    def _by(field):
        return lambda v: v.record.get(field) if field else 0

    @property
    def variants(self):
        """In the order shown."""
        return [self._variants[key] for key in self._order if key in self._variants]

    def best(self):
        """The job's best layout; None while none has a cost."""
        job = next((v.job for v in self._variants.values()), None)
        return job and self._variants.get(job.best)

    def selected(self):
        return [v for v in self.variants if v.key in self._plot.selected] if self._plot.selected else []

    def select(self, keys):
        self._select(set(keys))

    def _fill(self):
        """Order and plot at once, cards and table by and by; items stay where their variant has not moved."""
        rank = lambda v: (self._rank(v) is None, self._rank(v) or 0, v.key)
        ranked = sorted(self._variants.values(), key=rank)
        if self._grouped:
            groups = {}
            for variant in ranked:
                groups.setdefault(placement_of(variant), []).append(variant)
            ranked = [variant for group in groups.values() for variant in group]
        self._order = [v.key for v in ranked]
        best = self.best()
        colours = {}
        colour = lambda v: PALETTE[colours.setdefault(placement_of(v), len(colours)) % len(PALETTE)]
        points = [(v.key, v.area, v.score, colour(v) if v.record.get("feasible", True) else BROKEN)
                  for v in self._variants.values()]
        self._plot.show_points(points, best.key if best else None)
        self._filling = self._steps(best)
        self._slice()

    def _steps(self, best):
        """Yields after each item. Only items in sight are filled: thousands would take seconds, and each change of an
        item leaves Python objects behind in KLayout's Qt binding."""
        count = min(CARDS, len(self._order))
        while self._cards.count > count:
            self._cards.takeItem(self._cards.count - 1)
            self._shown_cards.pop(self._cards.count, None)
        while self._cards.count < count:
            item = qt.QListWidgetItem("")
            item.sizeHint = pya.QSize(190, 178)
            self._cards.addItem(ui.given(item))
            yield
        self._shown_rows = {index: row for index, row in self._shown_rows.items() if index < len(self._order)}
        self._table.rowCount = len(self._order)
        for fill, indices in ((self._fill_card, self._cards_in_sight()), (self._fill_row, self._rows_in_sight())):
            for index in indices:
                if index < len(self._order) and self._order[index] in self._variants:
                    fill(index, self._variants[self._order[index]], best)
                yield
        self._select(self._plot.selected & set(self._variants))

    def _cards_in_sight(self):
        grid, port = self._cards.gridSize, self._cards.viewport
        across = max(1, port.width // grid.width)
        first = self._cards.verticalScrollBar.value // grid.height * across
        last = first + (port.height // grid.height + 2) * across
        return range(max(0, first - BEYOND), min(self._cards.count, last + BEYOND))

    def _rows_in_sight(self):
        height = self._table.verticalHeader.defaultSectionSize
        first = self._table.verticalScrollBar.value          # in rows
        last = first + self._table.viewport.height // height + 2
        return range(max(0, first - BEYOND), min(self._table.rowCount, last + BEYOND))

    def _fill_in_sight(self):
        if self._filling is None:
            self._filling = self._steps(self.best())
            self._slice()
        else:
            self._stale = True

    def _slice(self):
        if self._filling is None:
            return
        end = time.monotonic() + SLICE_SECONDS
        self._quiet = True
        try:
            for _ in self._filling:
                if time.monotonic() > end:
                    self._slice_timer.start(SLICE_PAUSE_MS)
                    return
            self._filling = None
            if self._stale:
                self._stale = False
                self._timer.start(self._pause_ms())
        finally:
            self._quiet = False

    def _fill_row(self, index, variant, best):
        record = variant.record
        drc, drc_good = drc_text(record)
        lvs, lvs_good = lvs_text(record)
        number = lambda value, digits: "–" if value is None else f"{value:.{digits}f}"
        outline = record.get("outline_um") or []
        texts = [mark_of(variant, best) + variant.name, number(variant.score and variant.score * 1e3, 3),
                 number(variant.area, 1), number(record.get("hpwl_um"), 1), " × ".join(f"{v:.2f}" for v in outline),
                 drc, lvs, " ".join(f"{d}={n}" for d, n in sorted((record.get("fingers") or {}).items()))]
        shown = (texts, drc_good, lvs_good)
        before = self._shown_rows.get(index, ([], True, True))
        if shown == before:
            return
        self._shown_rows[index] = shown
        for column, text in enumerate(texts):
            item = ui.cell(self._table, index, column, text, right=1 <= column <= 3)
            good = {5: drc_good, 6: lvs_good}.get(column, True)
            if good != {5: before[1], 6: before[2]}.get(column, True):
                item.setForeground(ui.brush(ui.INK if good else ui.BAD))

    def _fill_card(self, index, variant, best):
        score = "not scored" if variant.score is None else ui.millivolts(variant.score)
        text = f"{mark_of(variant, best)}{score}\n{variant.area or 0:.0f} µm²   #{variant.chain}.{variant.number}"
        shown, before = (variant.key, text), self._shown_cards.get(index)
        if shown == before:
            return
        self._shown_cards[index] = shown
        item = self._cards.item(index)
        other = before is None or before[0] != variant.key
        item.text = text
        if other:
            item.icon = pya.QIcon()
            item.toolTip = variant.name + ("" if variant.record.get("feasible", True) else ": breaks a spec")
            self._thumbnails.request(variant.gds, lambda pixmap: self._set_icon(index, variant.key, pixmap))

    def _set_icon(self, index, key, pixmap):
        if pixmap is not None and self._shown_cards.get(index, (None,))[0] == key:
            self._cards.item(index).icon = pya.QIcon(pixmap)

    def _sort_by_column(self, column):
        """A click on a header orders by that column; a second one the other way round."""
        down = self._descending[column] = not self._descending.get(column, True)
        sign = -1 if down else 1
        numbers = {1: lambda v: v.score, 2: lambda v: v.area, 3: lambda v: v.record.get("hpwl_um")}
        if column in numbers:
            self._rank = lambda v: None if numbers[column](v) is None else sign * numbers[column](v)
        else:
            texts = sorted({self._text_key(v, column) for v in self._variants.values()})
            place = {text: index for index, text in enumerate(texts)}
            self._rank = lambda v: sign * place.get(self._text_key(v, column), 0)
        self._grouped = False
        self._fill()

    @staticmethod
    def _text_key(variant, column):
        record = variant.record
        return (variant.name, "", "", "", str(record.get("outline_um")), drc_text(record)[0], lvs_text(record)[0],
                str(sorted((record.get("fingers") or {}).items())))[column]

    # ---- selection: one set of keys, shown in three places

    def _keys_in(self, widget):
        if widget is self._cards:
            indices = [i for i in range(self._cards.count) if self._cards.item(i).selected]
        else:
            indices = [row for chosen in self._table.selectedRanges()
                       for row in range(chosen.topRow(), chosen.bottomRow() + 1)]
        return {self._order[i] for i in indices if i < len(self._order) and self._order[i] in self._variants}

    def _picked_in(self, widget):
        if not self._quiet:
            self._select(self._keys_in(widget), widget)

    def _picked_in_plot(self, key):
        self._select({key})

    def _select(self, keys, source=None):
        changed = keys != self._plot.selected
        if not changed and not keys:
            return
        self._plot.selected = set(keys)
        self._quiet = True
        try:
            if source is not self._cards:
                for index in range(self._cards.count):
                    wanted = index < len(self._order) and self._order[index] in keys
                    if self._cards.item(index).selected != wanted:
                        self._cards.item(index).selected = wanted
            if source is not self._table:
                self._table.clearSelection()
                for index, key in enumerate(self._order):
                    if key in keys:
                        self._table.setRangeSelected(pya.QTableWidgetSelectionRange(index, 0, index, len(COLUMNS) - 1),
                                                     True)
        finally:
            self._quiet = False
        self._plot.redraw()
        self._show_details()
        if changed:
            self._selection_changed()

    def _open(self, index):
        if index < len(self._order) and self._order[index] in self._variants:
            self._opened(self._variants[self._order[index]])

    def _show_details(self):
        chosen = self.selected()
        if not chosen:
            count = len(self._variants)
            self._details.setHtml(f"<p style='color:{ui.hexa(ui.MUTED)}'>"
                                  + ("Select a layout for its details, two to compare them." if count else
                                     f"Choose a circuit, then press <b>{self._start_words}</b>.") + "</p>")
            return
        self._details.setHtml(details_html(chosen[0]) if len(chosen) == 1 else comparison_html(chosen[:2]))


def rows_of(variant):
    """(name, text, number or None) of everything a variant says about itself."""
    record = variant.record
    rows = [("score", ui.millivolts(variant.score), variant.score and variant.score * 1e3),
            ("area", "–" if variant.area is None else f"{variant.area:.2f} µm²", variant.area),
            ("HPWL", f"{record['hpwl_um']:.2f} µm" if "hpwl_um" in record else "–", record.get("hpwl_um")),
            ("DRC", drc_text(record)[0], None), ("LVS", lvs_text(record)[0], None)]
    if record.get("cost") is not None and record.get("objective") not in ("pscore", "area", "hpwl", None):
        rows.append((axis(record["objective"])[0], cost_text(record["objective"], record["cost"]), record["cost"]))
    rows += [(ui.escaped(spec["spec"]), spec_text(spec), None) for spec in record.get("specs") or []]
    for name, measure in sorted(variant.measures.items()):
        text, reason = ui.quantity(measure)
        value = measure.get("value") if isinstance(measure, dict) else measure
        rows.append((name.replace("_", " "), f"absent: {reason}" if reason else text,
                     value if isinstance(value, (int, float)) else None))
    return rows


def spec_text(spec):
    """Of a record: `met` or what the layout has in place of it."""
    value = spec.get("value")
    return "met" if spec.get("met") else f"broken: {'no value' if value is None else f'{value:.4g}'}"


def details_html(variant):
    rows = "".join(f"<tr><td style='color:{ui.hexa(ui.MUTED)}; padding-right:12px'>{name}</td><td>{text}</td></tr>"
                   for name, text, _ in rows_of(variant))
    fingers = ", ".join(f"{d}={n}" for d, n in sorted((variant.record.get("fingers") or {}).items()))
    return (f"<h4 style='margin:2px 0'>{variant.name}</h4><table cellspacing=0>{rows}</table>"
            f"<p style='color:{ui.hexa(ui.MUTED)}'>fingers {fingers}</p>")


def comparison_html(pair):
    first, second = pair
    right = {name: (text, value) for name, text, value in rows_of(second)}
    lines = []
    for name, text, value in rows_of(first):
        other, other_value = right.get(name, ("–", None))
        change = ""
        if value is not None and other_value is not None and value:
            change = f"{(other_value - value) / abs(value) * 100:+.1f} %"
        strong = " style='font-weight:600'" if text != other else ""
        lines.append(f"<tr><td style='color:{ui.hexa(ui.MUTED)}; padding-right:10px'>{name}</td>"
                     f"<td style='padding-right:10px'>{text}</td><td{strong}>{other}</td>"
                     f"<td style='padding-left:10px; color:{ui.hexa(ui.MUTED)}'>{change}</td></tr>")
    return (f"<h4 style='margin:2px 0'>{first.name} and {second.name}</h4><table cellspacing=0>{''.join(lines)}</table>")
