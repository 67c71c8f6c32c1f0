"""The dock panel: score, state, what the last change did, measures, Bode plot, and who is to blame."""
import re
import time

import pya

from . import qt, score, session, ui, views
from .circuits import Chooser
from .overlay import Overlay, shade
from .plots import Bode

NETS_SHOWN = 8


class Big(ui.Canvas):
    """The score in large digits, the change beside it, and chips for DRC and LVS."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.report = self.before = None
        self.stale = False               # a newer answer is awaited
        self.edited = False              # the layout is not as it was scored
        self.setFixedHeight(74)

    def draw(self, painter):
        painter.setBrush(ui.brush(ui.CARD))
        painter.setPen(ui.pen(ui.LINE))
        painter.drawRoundedRect(pya.QRectF(0.5, 0.5, self.width - 1, self.height - 1), 6, 6)
        value = self.report.score if self.report else None
        text = "–" if value is None else f"{value * 1e3:.3f}"
        painter.setFont(ui.font(self, 2.1, True))
        painter.setPen(ui.pen(ui.MUTED if self.stale or self.edited or value is None else ui.INK))
        wide = painter.fontMetrics().width(text)
        painter.drawText(pya.QRect(12, 4, wide + 8, 40), 0x81, text)
        painter.setFont(ui.font(self, 0.9))
        painter.setPen(ui.pen(ui.MUTED))
        painter.drawText(pya.QRect(wide + 22, 14, 40, 24), 0x81, "mV" if value is not None else "")
        self._delta(painter, value, wide + 54)
        self._chips(painter)

    def _delta(self, painter, value, x):
        old = self.before.score if self.before else None
        if value is None or old is None or self.edited:
            return
        delta = (value - old) * 1e3
        rgb = ui.MUTED if abs(delta) < 5e-4 else ui.GOOD if delta < 0 else ui.BAD
        painter.setPen(ui.pen(rgb))
        painter.setFont(ui.font(self, 1.05, True))
        arrow = "" if rgb == ui.MUTED else "▼ " if delta < 0 else "▲ "
        painter.drawText(pya.QRect(x, 8, max(60, self.width - x - 8), 34), 0x82, f"{arrow}{delta:+.3f}")

    def _chips(self, painter):
        if not self.report:
            return
        errors, clean = self.report.drc_errors, self.report.lvs_clean
        bad = any(errors.values())
        chips = [(f"DRC {' / '.join(map(str, errors.values()))}" if bad else "DRC clean", ui.BAD if bad else ui.GOOD)]
        if clean is not None:
            chips.append(("LVS match" if clean else "LVS differs", ui.GOOD if clean else ui.BAD))
        if self.report.area_um2:
            chips.append((f"{self.report.area_um2:.1f} µm²", ui.MUTED))
        if self.report.hpwl_um:
            chips.append((f"HPWL {self.report.hpwl_um:.1f} µm", ui.MUTED))
        painter.setFont(ui.font(self, 0.85))
        x = 10
        for text, rgb in [(text, ui.MUTED) for text, _ in chips] if self.edited else chips:
            wide = painter.fontMetrics().width(text) + 14
            if x + wide > self.width - 6:
                break
            painter.setPen(ui.pen(rgb))
            painter.setBrush(ui.brush(rgb, 26))
            painter.drawRoundedRect(pya.QRectF(x, 46, wide, 20), 10, 10)
            painter.drawText(pya.QRect(x, 46, wide, 20), 0x84, text)
            x += wide + 4


class Blame(ui.Canvas):
    """A bar a net, the longest first. A click calls `picked(net)`."""

    line = 20

    def __init__(self, picked, parent=None):
        super().__init__(parent)
        self.nets, self.chosen, self._picked, self.faded = [], None, picked, False
        self.setFixedHeight(self.line)
        self.toolTip = "Each net's share of the degradation; a click shows the net"

    def show_nets(self, nets):
        self.nets = sorted(nets, key=lambda n: (-(n.get("blame") or 0), -(n.get("total_fF") or 0), n["net"]))[:NETS_SHOWN]
        self.setFixedHeight(max(1, len(self.nets)) * self.line + 2)
        self.redraw()

    def draw(self, painter):
        painter.setFont(ui.font(self, 0.9))
        if not self.nets:
            painter.setPen(ui.pen(ui.MUTED))
            painter.drawText(pya.QRect(0, 0, self.width, self.line), 0x81, "press Score to see which nets cost how much")
            return
        bar = max(20, self.width - 92 - 118)
        for index, net in enumerate(self.nets):
            y = index * self.line
            share = net.get("blame")
            if net["net"] == self.chosen:
                painter.fillRect(pya.QRect(0, y, self.width, self.line), ui.brush(0xcfe8ec))
            painter.setPen(ui.pen(ui.INK))
            painter.drawText(pya.QRect(4, y, 84, self.line), 0x81, net["net"])
            painter.fillRect(pya.QRect(92, y + 5, bar, self.line - 10), ui.brush(ui.LINE))
            if share:
                painter.fillRect(pya.QRect(92, y + 5, max(2, int(bar * min(1, share))), self.line - 10),
                                 ui.brush(shade(share), 90 if self.faded else 255))
            painter.setPen(ui.pen(ui.MUTED))
            text = f"{net.get('total_fF') or 0:.2f} fF" + ("" if share is None else f"  {share * 100:.0f} %")
            painter.drawText(pya.QRect(self.width - 116, y, 112, self.line), 0x82, text)

    def mousePressEvent(self, event):
        index = event.y() // self.line
        if 0 <= index < len(self.nets):
            self._picked(self.nets[index])


class ScorePanel(qt.QDockWidget):
    def __init__(self, app, parent):
        super().__init__("Ptah score", parent)
        self._app = app
        self.objectName = "ptah_score_panel"
        self.overlay = Overlay()
        self.drawn_seconds = 0.0                     # of the last report, for the benchmark
        self._last_blame = {}
        self._build()
        app.scorer.handlers.append(self._on_scorer)
        parent.on_current_view_changed += ui.guarded(app.screen.look)

    def _build(self):
        self.circuit = Chooser(self._app.library, self._circuit_chosen)
        self.score_button = ui.button("Score", self.score_now, "Scores the cell on screen, with the blame", primary=True)
        self.live = qt.QCheckBox("Live")
        self.live.toolTip = "Scores again after each edit"
        self.live.toggled = lambda on: self._app.set_live(on)
        self.follow = qt.QCheckBox("Wires follow")
        self.follow.toolTip = "While live: what a moved device tears is routed anew; one undo takes back both"
        self.follow.checked = session.get("ptah-reroute") == "true"
        self.follow.toggled = lambda on: session.put("ptah-reroute", "true" if on else "false")
        self.show_blame = qt.QCheckBox("Show blame on the layout")
        self.show_blame.checked = True
        self.show_blame.toggled = lambda on: self._draw_overlay()
        self.check_button = ui.button("Show errors", self._app.check, "DRC and LVS in the marker browser")
        self.notice = ui.Notice()
        self.fingers = qt.QLineEdit()
        self.fingers.placeholderText = "finger counts, such as M0=4 M1=2; then Enter"
        self.fingers.returnPressed = self._fingers_given
        self.fingers.visible = False
        self.big = Big()
        self.predicted = ui.label("", wrap=True)
        self.predicted.visible = False
        self.changed = ui.label("", wrap=True)
        self.changed.styleSheet = (f"border-left: 3px solid {ui.hexa(ui.ACCENT)}; padding: 3px 8px; "
                                   f"color: {ui.hexa(ui.INK)}")
        self.changed.visible = False
        self.measures = qt.QLabel()
        self.measures.textFormat = pya.Qt.RichText
        self.measures.wordWrap = True
        self.bode = Bode()
        self.bode.setFixedHeight(230)
        self.blame = Blame(self._net_picked)
        self.probed = ui.label("", rgb=ui.INK, wrap=True)
        self.timing = ui.label("", scale=0.85, rgb=ui.MUTED, wrap=True)
        inside = qt.QWidget()
        ui.column(self.circuit, ui.row(self.score_button, self.live, self.follow, None), self.notice, self.fingers, self.big, self.predicted,
                  self.changed,
                  self.measures, self.bode, ui.heading("Who costs how much"), self.blame, self.show_blame,
                  self.probed, self.check_button, self.timing, None, margin=10, spacing=7, parent=inside)
        scroll = qt.QScrollArea()
        scroll.widgetResizable = True
        scroll.focusPolicy = pya.Qt.NoFocus          # its widgets have it
        scroll.horizontalScrollBarPolicy = pya.Qt.ScrollBarAlwaysOff
        scroll.setWidget(ui.given(inside))
        scroll.setMinimumWidth(370)
        self.setWidget(ui.given(scroll))
        self.check_button.visible = False

    # ---- what the user does

    def score_now(self):
        self._app.scorer.ask(blame=True)

    def _circuit_chosen(self):
        spec = self.circuit.spec()
        view = views.main_window().current_view()
        if spec is not None and view is not None and view.active_cellview().is_valid():
            self._app.remember_circuit(view.active_cellview(), spec)
            self._app.screen.look()
            self._app.scorer.ask(blame=True)

    def _fingers_given(self):
        """Where devices can not be told apart, the user says the counts."""
        counts = dict(re.findall(r"(\w+)\s*=\s*(\d+)", self.fingers.text))
        view = views.main_window().current_view()
        if counts and view is not None and view.active_cellview().is_valid():
            self._app.remember_fingers(view.active_cellview(), {name: int(count) for name, count in counts.items()})
            self._app.scorer.ask(blame=True)

    def _net_picked(self, net):
        self.blame.chosen = None if self.blame.chosen == net["net"] else net["net"]
        self.blame.redraw()
        self.show_net(net if self.blame.chosen else None)

    def show_net(self, net):
        """Outlines a net and says what it carries; None ends that."""
        view = views.main_window().current_view()
        if view is not None:
            self.overlay.highlight(view, net)
        self.probed.text = describe_net(net) if net else ""

    # ---- what the scorer says

    def _on_scorer(self, what, value):
        if what == "asked":
            self.big.stale = True
            self.big.redraw()
            self.timing.text = "scoring…"
        elif what == "error":
            self.big.stale = True
            self.big.redraw()
            self.timing.text = ""
            self.fingers.visible = value.get("where") == "fingers"
            self.notice.fail(dict(value, hint="Is it a layout of this circuit, and whole? Then say its finger counts below.")
                             if self.fingers.visible else value)
        elif what == "prediction":
            self._show_prediction(value)
        elif what == "edited":
            self._show_edited(value)
        elif what == "forgotten":
            self._clear()
        elif what == "report":
            self.fingers.visible = False
            self._show(value)

    def _show(self, report):
        start = time.monotonic()
        before = self._app.scorer.before
        self.big.report, self.big.before, self.big.stale, self.big.edited = report, before, False, False
        self.big.redraw()
        self.big.repaint()                           # before all the rest
        told = score.changes(before, report)
        self.changed.text = "Last change: " + "; ".join(told).rstrip(".") + "." if told else ""
        self.changed.visible = bool(told)
        if report.valid is False and report.score is None:
            self.notice.say(f"This layout has no score – {report.why.rstrip('.')}.", "warning")
        else:
            self.notice.say("")
        self.check_button.visible = any(report.drc_errors.values()) or report.lvs_clean is False
        self._show_measures(report, before)
        self.bode.show_waveform(report.waveform)
        self._show_blame(report.nets or [])
        seconds = report.seconds or {}
        self._draw_overlay()
        self.drawn_seconds = time.monotonic() - start
        self.timing.text = (f"export {report.parts['export'] * 1e3:.1f} ms, server {seconds.get('total', 0) * 1e3:.0f} ms, "
                            f"round trip {report.parts['answer'] * 1e3:.0f} ms, drawing {self.drawn_seconds * 1e3:.0f} ms")

    def _show_prediction(self, prediction):
        if not prediction and not self.predicted.visible:
            return                                   # with every edit, where there is no model
        text, rgb, tip = describe_prediction(prediction) if prediction else ("", ui.MUTED, "")
        self.predicted.text = text
        self.predicted.toolTip = tip
        self.predicted.styleSheet = f"border-left: 3px solid {ui.hexa(rgb)}; padding: 3px 8px; color: {ui.hexa(rgb)}"
        self.predicted.visible = bool(text)

    def _show_blame(self, nets):
        """While the layout is edited the blame comes later; until then the last one known is shown, faded."""
        known = any(net.get("blame") is not None for net in nets)
        if known:
            self._last_blame = {net["net"]: net.get("blame") for net in nets}
        else:
            nets = [dict(net, blame=self._last_blame.get(net["net"])) for net in nets]
        self.blame.faded = not known
        self.blame.show_nets(nets)

    def _show_measures(self, report, before):
        old = (before.measures or {}) if before else {}
        lines = []
        for name, measure in sorted((report.measures or {}).items()):
            text, reason = ui.quantity(measure)
            change = ""
            if isinstance(measure, dict) and isinstance(old.get(name), dict):
                a, b = old[name].get("value"), measure.get("value")
                if a is not None and b is not None and abs(b - a) > 1e-6 * max(abs(a), 1e-30):
                    change = f"{'+' if b > a else '−'}{ui.engineering(abs(b - a), measure.get('unit', ''))}"
            shown = f"<span style='color:{ui.hexa(ui.MUTED)}'>absent: {reason}</span>" if reason else text
            lines.append(f"<tr><td style='color:{ui.hexa(ui.MUTED)}; padding-right:14px'>{name.replace('_', ' ')}</td>"
                         f"<td style='padding-right:14px'>{shown}</td>"
                         f"<td style='color:{ui.hexa(ui.MUTED)}'>{change}</td></tr>")
        self.measures.text = f"<table cellspacing=0>{''.join(lines)}</table>" if lines else ""
        self.measures.visible = bool(lines)

    def _draw_overlay(self):
        report = self._app.scorer.report
        view = views.main_window().current_view()
        if report is None or view is None or not self.show_blame.checked or not any(
                net.get("shapes") for net in report.nets or []):
            self.overlay.clear()
            return
        self.overlay.show(view, report)

    def _show_edited(self, edited):
        """The verdict is not about what is drawn now; an undo makes it so again."""
        self.big.edited = edited
        self.big.redraw()
        self.timing.text = "edited since: press Score" if edited else ""
        if edited:
            self.overlay.clear()
        else:
            self._draw_overlay()

    def _clear(self):
        """As before the first score."""
        self.overlay.clear()
        self.big.report = self.big.before = None
        self.big.stale = self.big.edited = False
        self.big.redraw()
        self._last_blame, self.blame.chosen, self.blame.faded = {}, None, False
        self.blame.show_nets([])
        self.bode.show_waveform(None)
        for line in (self.changed, self.measures, self.probed, self.timing):
            line.text = ""
        for part in (self.changed, self.measures, self.check_button, self.fingers):
            part.visible = False
        self.notice.say("")
        self._show_prediction(None)
        self._app.preset_circuit()


def describe_prediction(prediction):
    """(text, colour, tool tip): what a model says, with how sure it is."""
    model = prediction.get("model") or prediction.get("predictor", "")
    if "refused" in prediction:
        return f"No prediction: {prediction['refused']}", ui.MUTED, model
    probability, uncertainty, cost = (prediction.get(key) for key in ("probability", "uncertainty", "cost"))
    if probability is None:
        sure = f"{cost:.4g}" + ("" if uncertainty is None else f" ± {uncertainty:.2g}")
    else:
        sure = f"{probability * 100:.0f} %" + (f" ± {uncertainty * 100:.0f} %" if uncertainty is not None and cost == probability
                                               else "") + " to be among the worst quarter"
    label = f" by {prediction['label']}" if prediction.get("label") else ""
    rgb = {"good": ui.GOOD, "poor": ui.BAD}.get(prediction.get("verdict"), ui.WARN)
    advice = "" if prediction.get("verdict") in ("good", "poor") else f" – {prediction.get('text', '')}"
    return f"Predicted: {sure}{label}{advice}", rgb, f"{model}: {prediction.get('text', '')}"


def describe_net(net):
    text = f"Net {net['net']}: {net.get('total_fF') or 0:.3f} fF in all"
    if net.get("ground_fF") is not None:
        text += f", {net['ground_fF']:.3f} to the substrate and {net.get('coupled_fF') or 0:.3f} to other nets"
    if net.get("blame_V") is not None:
        text += f". Half of it would lower the score by {net['blame_V'] * 1e3:.4f} mV"
    return text + "."
