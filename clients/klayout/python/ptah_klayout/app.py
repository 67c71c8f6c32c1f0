"""The package as a whole: connection, menu, toolbar, and the windows behind them. Started once by pymacros/ptah.lym."""
import gc
import os

import pya

from . import check, layers, probe, session, ui, views
from .circuits import Library
from .errors import OLD_SERVER, failure, method_missing
from .explorers import Explorers
from .jobs import Jobs
from .models import Models
from .nudge import Nudge
from .placing import Placing
from .protocol import Connection
from .score import Scorer
from .screen import Screen
from .thumbs import Thumbnails

ICONS = os.path.join(os.path.dirname(__file__), "icons")


class Ptah:
    def __init__(self):
        window = self.window = pya.MainWindow.instance()
        self.log = session.Log()
        self.connection = Connection(window, session.locate, self.log)
        self.library = Library(self.connection)
        self.explorers = Explorers(self.connection)
        self.models = Models(self.connection)
        self.jobs = Jobs(self.connection, self.log)
        self.panel = None
        self._windows = {}
        self._extra = []                 # windows of which there may be several
        self._circuits = {}              # (file or title, top cell) -> spec
        self._fingers = {}               # the same -> {device: count}
        self._actions = {}
        self.placing = None              # what hangs on the mouse
        self._verdict = None             # the toast of the last check
        self.screen = Screen(self, window)
        self.screen.handlers += [self._forget_checks, self._greet]
        self.scorer = Scorer(self, window)
        self.thumbnails = Thumbnails(window)
        self.probe = probe.Probe(self, window, self._probed)
        self._build_menu()
        # The socket must not speak to objects that are gone when the window is taken apart.
        pya.QCoreApplication.instance().aboutToQuit = self._leave
        self.connection.open()
        # KLayout's own classes, a hundred thousand objects, need not be looked through by every full collection.
        gc.collect()
        gc.freeze()

    def _leave(self):
        self.scorer.set_live(False)
        self.probe.stop()
        self.screen.stop()
        if self.placing is not None:
            self.placing.stop()
        if self.panel is not None:
            self.panel.overlay.clear()
        self.connection.leave()

    # ---- menu and toolbar

    def _build_menu(self):
        menu = self.window.menu()
        menu.insert_menu("help_menu", "ptah_menu", "&Ptah")
        menu.insert_separator("@toolbar.end", "ptah_separator")
        entries = [
            ("variants", "&Variants…", self.variants, "Make layouts of a circuit and choose among them", "Variants"),
            ("place", "&Place and route…", self.place, "From a SPICE file to a layout in a new tab", None),
            (None, None, None, None, None),
            ("score", "&Score", self.score, "Score the cell on screen and show which nets cost how much", "Score"),
            ("live", "&Live score", None, "Score again after each edit", "Live"),
            ("check", "&Check", self.check, "DRC and LVS into the marker browser", "Check"),
            ("judge", "Check with the &trusted tools", self.check_trusted, "Magic and Netgen as well", None),
            ("probe", "Parasitics &under the cursor", None, "Point at a wire: its net, what it carries and what it costs",
             "Probe"),
            (None, None, None, None, None),
            ("server", "Se&rver…", self.server, "Status, jobs, plugins, settings, log", None),
        ]
        for index, (name, title, handler, tip, tool) in enumerate(entries):
            if name is None:
                menu.insert_separator("ptah_menu.end", f"separator{index}")
                continue
            action = pya.Action()
            action.title, action.tool_tip = title, tip
            if name in ("live", "probe"):
                action.checkable = True
                switch = self.set_live if name == "live" else self.set_probe
                handler = lambda a=action, s=switch: s(a.checked)
            action.on_triggered = handler
            icon = os.path.join(ICONS, f"{name}.png")
            if os.path.isfile(icon):
                action.icon = icon
            if tool:
                action.icon_text = tool
                menu.insert_item("@toolbar.end", f"ptah_{name}", action)
            menu.insert_item("ptah_menu.end", f"ptah_{name}", action)
            self._actions[name] = action
            if name == "live":
                self.nudge = Nudge(menu, "ptah_menu")

    def trigger(self, name):
        """As if the user had clicked on the entry; for tests."""
        self._actions[name].trigger()

    # ---- windows

    def show_window(self, window, key=None):
        if key is not None:
            self._windows[key] = window
        else:
            self._extra = [w for w in self._extra if not w._destroyed() and w.visible] + [window]
        if not window.visible:
            # Over the middle of the main window; window managers keep to it or know better.
            main = self.window.geometry
            window.move(max(0, main.x + (main.width - window.width) // 2),
                        max(0, main.y + (main.height - window.height) // 2))
        window.show()
        window.qt_raise()
        window.activateWindow()
        return window

    def _single(self, key, make):
        window = self._windows.get(key)
        if window is None or window._destroyed():
            window = make(self, self.window)
        return self.show_window(window, key)

    def variants(self, job=None):
        from .variants import VariantsWindow
        window = self._single("variants", VariantsWindow)
        if job:
            window._show_job(job)
        return window

    def place(self):
        from .place_route import PlaceWindow
        return self._single("place", PlaceWindow)

    def server(self):
        from .server_panel import ServerWindow
        return self._single("server", ServerWindow)

    def show_panel(self):
        if self.panel is None:
            from .score_panel import ScorePanel
            self.panel = ScorePanel(self, self.window)
            # A column of its own beside the layer list: below it there is too little room.
            self.window.addDockWidget(pya.Qt.RightDockWidgetArea, self.panel, pya.Qt.Horizontal)
        self.panel.show()
        return self.panel

    # ---- a layout as a cell

    def place_cell(self, variant, ended=lambda placed: None):
        """Hangs the layout on the mouse, over the one on screen. Problem where it can not be."""
        if self.placing is not None:
            self.placing.end(None)
        views.active()
        source = views.Source(variant.gds)

        def done(placed):
            self.placing = None
            ui.toast(f"{variant.name} is placed; Edit > Undo takes it back." if placed else f"{variant.name} was not placed.",
                     "good" if placed else "info")
            ended(placed)
        self.placing = Placing(source, variant.name, done, self.window)
        ui.toast(f"Click where the middle of {variant.name} is to be. Escape cancels.")
        self.window.qt_raise()
        self.window.activateWindow()

    # ---- score

    def score(self):
        self.show_panel()
        self.preset_circuit()
        self.scorer.ask(blame=True)

    def set_live(self, live):
        self.show_panel()
        self.preset_circuit()
        self._actions["live"].checked = live
        if self.panel.live.checked != live:
            self.panel.live.checked = live           # comes back here
            return
        self.nudge.set(live)
        self.scorer.set_live(live)

    def preset_circuit(self):
        try:
            _, cellview, _ = views.active()
        except views.Problem:
            return
        spec = self.circuit_of(cellview)
        if spec is not None:
            self.panel.circuit.select(spec.get("circuit") or "file:" + spec.get("netlist", ""))

    def remember_circuit(self, cellview, spec, variant=None):
        """Which circuit a layout is: known from where it came from, or chosen by the user."""
        spec = {k: v for k, v in spec.items() if v not in (None, "", [])}
        # The counts of a layout being edited are read off the layout itself, while it is whole.
        fingers = spec.pop("fingers", None)
        self._circuits[self._key(cellview)] = spec
        session.keep_circuit(*self._key(cellview), spec)
        self.remember_fingers(cellview, fingers)

    def remember_fingers(self, cellview, fingers):
        self._fingers[self._key(cellview)] = fingers

    def fingers_of(self, cellview):
        """Finger counts to fall back on where the layout does not tell them, or None."""
        return self._fingers.get(self._key(cellview))

    @staticmethod
    def _key(cellview):
        return (cellview.filename() or cellview.name, cellview.cell.name if cellview.cell else "")

    def circuit_of(self, cellview):
        """The fields that name the circuit, or None: remembered, also since before KLayout was closed, or guessed by the cell's name."""
        key = self._key(cellview)
        known = self._circuits.get(key) or os.path.isabs(key[0]) and session.kept_circuits().get(key)
        if known:
            return dict(known)
        guess = self.library.guess(cellview.cell.name) if cellview.cell else None
        if guess:
            return {"circuit": guess}
        return self.panel.circuit.spec() if self.panel is not None and self.panel.circuit.name() else None

    # ---- check

    def check(self, judges=False):
        self._check(judges is True)

    def check_trusted(self):
        self._check(True)

    def _check(self, judges):
        self.screen.look()
        try:
            view, cellview, cell = views.active()
            layout, top, discard = views.reference_of(cellview, cell)
        except (views.Problem, RuntimeError) as error:
            ui.fail(error.error if isinstance(error, views.Problem) else
                    failure("io", f"The layout can not be written: {error}", "Save it and try again."))
            return
        spec = self.circuit_of(cellview)
        flow = "osiris" if judges and spec is None else session.get("ptah-flow")
        ui.toast(f"Checking {top}…")
        params = {}

        def answered(reply, error):
            if error and error.get("where") == "fingers" and "fingers" not in params and self.fingers_of(cellview):
                params["fingers"] = self.fingers_of(cellview)
                self.connection.request("score.layout", params, answered)
                return
            discard()
            if error:
                ui.fail(OLD_SERVER if method_missing(error) else error)
                return
            if view._destroyed() or self.circuit_of(cellview) != spec:
                return                               # closed, or said to be another circuit
            errors, clean = check.show(view, cellview, top, reply)
            good = not any(errors.values()) and clean is not False
            hint = "" if good else " The marker browser shows where."
            if spec is None:
                hint += " Choose the circuit in the Ptah panel to compare with its schematic too."
            self._verdict = ui.toast(f"{top}: " + check.summary(errors, clean, spec is not None) + hint, "good" if good else "warning")
        if spec is None and "path" in layout:
            self.connection.request("flow.check", {"spec": {"gds": layout["path"], "top": top, "drc": True, "flow": flow},
                                                   "wait": True},
                                    lambda r, e: answered((r or {}).get("result") or {}, e))
            return
        if spec is None:
            discard()
            self.show_panel()
            ui.fail(failure("invalid_argument", "Which circuit this layout is has not been chosen.",
                            "Choose it at the top of the Ptah panel, or save the layout to check its design rules only."))
            return
        params.update(spec, layout=layout, top=top, flow=flow, judges=judges, drc=True, lvs=True, score=False, blame=False,
                      key=f"{self.scorer.key}-check")
        params.setdefault("tech", session.get("ptah-tech"))
        self.connection.request("score.layout", params, answered)

    def _forget_checks(self, before, now):
        """The reports of another layout, cell or circuit in this view. Those of another view stay there."""
        ui.hide_toast(self._verdict)
        if before is not None and now is not None and before.view == now.view:
            check.forget(now.view)

    def _greet(self, before, now):
        """A layout that has come on screen, or has been saved as a file."""
        if now is None or before is not None and before[:3] == now[:3]:
            return
        if before is not None and (before.view, before.index, before.cell) == (now.view, now.index, now.cell):
            known = self._circuits.get((before.layout, before.cell))
            if known is not None and not os.path.isabs(before.layout):
                self._circuits.setdefault((now.layout, now.cell), known)
                session.keep_circuit(now.layout, now.cell, known)
                self._fingers.setdefault((now.layout, now.cell), self._fingers.get((before.layout, before.cell)))
        layers.adopt(now.view)

    # ---- the net under the cursor

    def set_probe(self, active):
        self.show_panel()
        self._actions["probe"].checked = active
        self.probe.set_active(active)
        report = self.scorer.report
        if active and (report is None or not any(net.get("shapes") for net in report.nets or [])):
            self.score()                             # shapes come with the blame

    def _probed(self, net):
        self.panel.show_net(net)


_instance = None


def start():
    """Once a program run; a second package copy must not add a second menu."""
    global _instance
    if _instance is None and pya.MainWindow.instance() is not None:
        _instance = Ptah()
    return _instance


def instance():
    return _instance
