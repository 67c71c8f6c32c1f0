"""Live scoring: sees that the layout on screen has changed, asks the server, keeps the last two reports.

KLayout 0.28 has no signal for an edit, so the cell is written out to memory at short intervals (0.3 ms for a Miller
OTA) and compared with what was asked about last; the interval grows with the cost, to stay below a twentieth of
the time. A newer request supersedes the older one in the server (same `key`).
"""
import os
import re
import time

from . import check, qt, reroute, session, views
from .errors import OLD_SERVER, failure, method_missing

WATCH_MS = 40                # between looks at the layout, at least
SETTLE_S = 0.03              # an edit supersedes a request under way when the layout has been still for so long
EDITED_MS = 400              # the same, while not live: whether the score is still about what is drawn
BLAME_IDLE_MS = 700          # the blame follows when no edit came for so long
COST_SHARE = 20


class Report:
    """An answer of score.layout, and what it was asked about."""

    def __init__(self, reply, asked, parts):
        self.reply, self.asked, self.parts = reply, asked, parts

    def __getattr__(self, name):
        return self.reply.get(name)

    @property
    def score(self):
        return self.reply.get("pscore_V")

    @property
    def why(self):
        """Why there is no score, as a designer would say it: the first finding, without the names of our plugins."""
        reason = str(self.reply.get("score_reason") or self.reply.get("reason") or "it is not valid").split("; ")[0]
        kind, _, rest = reason.partition(": ")
        if kind in ("drc", "lvs", "simulation") and rest:
            rest = re.sub(r"^[a-z0-9_]+: ", "", rest)
            return {"drc": "design rules", "lvs": "not as the schematic", "simulation": "simulation"}[kind] + ": " + rest
        return reason

    @property
    def drc_errors(self):
        """By judge."""
        return check.errors_of(self.reply)

    @property
    def lvs_clean(self):
        """True, False, or None where it was not asked."""
        verdicts = list((self.reply.get("lvs") or {}).values())
        return all(v.get("clean") for v in verdicts) if verdicts else None


class Scorer:
    """`handlers`: called with (what, value): asked, report (Report), error (dict), prediction (dict, or None), wires (of how
    many devices followed), edited (whether the layout is not as it was scored, while not live), forgotten: all that was said is not about what is on screen now."""

    def __init__(self, app, parent):
        self._app = app
        self.handlers = []
        self.live = False
        self.report = self.before = None
        self._request = None             # (id, discard)
        self._asked_bytes = None         # the layout that the last request was about
        self._seen_bytes, self._seen_at = None, 0.0
        self._serial = 0
        self._predicted_for = None       # what the last prediction was asked about
        self._base = None                # the last clean layout, to see moves by (reroute.Base)
        self._routing = None             # the layout whose wires are asked for
        self._unroutable = None          # the last one that got none
        self._whole_devices = reroute.WholeDevices()
        self.edited = False              # not live: the layout is not as it was scored
        self._watch = self._timer(parent, self._look)
        self._edits = self._timer(parent, self._look_for_edits)
        self._blame = self._timer(parent, self._ask_blame)
        self.key = f"klayout-{os.getpid()}"
        app.connection.state_handlers.append(self._on_state)
        app.screen.handlers.append(lambda before, now: self._forget())

    @staticmethod
    def _timer(parent, handler):
        timer = qt.QTimer(parent)
        timer.singleShot = True
        timer.timeout = handler
        return timer

    def set_live(self, live):
        self.live = live
        self._asked_bytes = self._base = self._routing = None
        self._whole_devices.set(live)
        if live:
            self._look()
        else:
            self._watch.stop()
            self._blame.stop()
            self._edits.start(0)

    @property
    def busy(self):
        return self._request is not None

    def ask(self, blame=True):
        """Scores what is on screen now."""
        self._app.screen.look()
        try:
            view, cellview, cell = views.active()
            start = time.monotonic()
            export = views.Export(cellview, cell)
        except (views.Problem, RuntimeError) as error:
            self._tell("error", error.error if isinstance(error, views.Problem) else
                       failure("io", f"The layout can not be written: {error}", "Save it and try again."))
            return
        self._send(cellview, export, start, blame)

    def _look(self):
        """One look of live scoring."""
        if not self.live:
            return
        self._app.screen.look()
        start, began = time.monotonic(), time.process_time()
        try:
            view, cellview, cell = views.active()
            export = views.Export(cellview, cell)
        except views.Problem as problem:
            if self._seen_bytes != problem.error["message"]:
                self._seen_bytes = problem.error["message"]
                self._tell("error", problem.error)
            self._watch.start(500)
            return
        except RuntimeError:                         # half-made edits: look again
            self._watch.start(200)
            return
        now = time.monotonic()
        cost = time.process_time() - began           # not what others took of the processor meanwhile
        sent = False
        if export.bytes != self._seen_bytes:
            self._seen_bytes, self._seen_at = export.bytes, now
        # The first edit is asked about at once; a drag, which changes with every look, when an answer has come.
        settled = not self.busy or now - self._seen_at >= SETTLE_S
        if export.bytes != self._asked_bytes and settled and self._app.connection.ready:
            if not self._route(view, cellview, export):
                self._send(cellview, export, start, blame=False)
            sent = True
        if not sent:
            export.discard()
        self._watch.start(int(max(WATCH_MS, 1000 * cost * COST_SHARE)))

    def _look_for_edits(self):
        """While not live: says when the layout is no longer, or again, as it was scored."""
        if self.live or self.report is None:
            return
        began = time.process_time()
        try:
            _, cellview, cell = views.active()
            export = views.Export(cellview, cell)
        except (views.Problem, RuntimeError):            # too large by now, or half-made
            self._edits.start(2000)
            return
        export.discard()
        self._say_edited(export.bytes != self.report.asked[2])
        self._edits.start(int(max(EDITED_MS, 1000 * (time.process_time() - began) * COST_SHARE)))

    def _say_edited(self, edited):
        if edited != self.edited:
            self.edited = edited
            self._tell("edited", edited)

    def _route(self, view, cellview, export):
        """Where all that has changed is that devices were moved or turned over: asks for their wires, and draws them. Whether it does."""
        base = self._base
        if base is None or export.bytes == self._unroutable or session.get("ptah-reroute") != "true":
            return False
        moved = reroute.moves(base, export.bytes)
        spec = self._app.circuit_of(cellview)
        # What can be done again was undone just now: an undo is not to be answered by an edit.
        if not moved or spec is None or views.manager().has_redo():
            return False
        self._forget_request()
        self._asked_bytes = self._routing = export.bytes
        params = dict(spec, placement=reroute.placement_of(base, moved), placement_before=list(base.places.values()),
                      fingers=base.fingers, wires_of=export.reference(), top=export.top, at_x_um=base.at[0], at_y_um=base.at[1],
                      flow=session.get("ptah-flow"), drc=False, lvs=False, score=False, key=f"{self.key}-wires")
        params.setdefault("tech", session.get("ptah-tech"))

        def answered(result, error):
            export.discard()
            if self._routing != export.bytes or not self.live:
                return                               # The next edit has come.
            self._routing = None
            wires = (result or {}).get("wires")
            if error or wires is None or view._destroyed():
                self._unroutable = export.bytes      # the score says why
            else:
                self._draw(view, cellview, base, moved, wires, export)
            self._asked_bytes = None
            self._watch.start(0)
        self._app.connection.request("score.placement", params, answered)
        self._tell("asked", False)
        return True

    def _draw(self, view, cellview, base, moved, wires, export):
        now = views.Export(cellview, cellview.cell)
        now.discard()
        if now.bytes != export.bytes:
            return                                   # The next edit has come.
        reroute.apply(view, cellview, base, moved, wires)
        drawn = views.Export(cellview, cellview.cell)
        drawn.discard()
        self._base = base.after(moved, drawn.bytes)  # The next move may come before the score.
        self._tell("wires", len(moved))

    def _send(self, cellview, export, start, blame):
        self._app.screen.look()
        spec = self._app.circuit_of(cellview)
        if spec is None:
            export.discard()
            self._tell("error", failure("invalid_argument", "Which circuit this layout is has not been chosen.",
                                        "Choose it at the top of the Ptah panel."))
            self._asked_bytes = export.bytes
            return
        self._forget_request()
        self._asked_bytes = export.bytes
        exported = time.monotonic()
        params = dict(spec, layout=export.reference(), top=export.top,
                      flow=session.get("ptah-flow"), blame=blame, waveform=True, places=self.live, key=self.key)
        params.setdefault("tech", session.get("ptah-tech"))
        self._predict(spec, export, params)
        self._serial += 1
        serial = self._serial

        def answered(result, error):
            self._app.screen.look()
            if serial != self._serial:
                export.discard()
                return                               # superseded, or about what is not on screen any more
            fingers = self._app.fingers_of(cellview)
            if error and error.get("where") == "fingers" and "fingers" not in params and fingers:
                # Half-drawn: with the counts it had, the checks can still say what is missing.
                params["fingers"] = fingers
                self._request = (self._app.connection.request("score.layout", params, answered), export)
                return
            export.discard()
            self._request = None
            if error:
                self._tell("error", OLD_SERVER if method_missing(error) else error)
                return
            parts = {"export": exported - start, "answer": time.monotonic() - exported}
            report = Report(result, (spec, export.top, export.bytes), parts)
            self._know(cellview, report)
            self._take(report)
        request_id = self._app.connection.request("score.layout", params, answered)
        if serial == self._serial and request_id is not None:
            self._request = (request_id, export)
            self._tell("asked", blame)

    def _know(self, cellview, report):
        """Where the devices of a clean layout are, for the moves that come."""
        if report.asked[2] != self._seen_bytes or not self.live:
            return                                   # Of a layout before: the next answer is about the one on screen.
        if report.valid and (report.placement or {}).get("devices"):
            base = reroute.Base(cellview.layout(), report)
            self._base = base if base.whole else None
        elif self._base is not None and self._base.data == report.asked[2]:
            self._base = None                        # It was not clean after all.

    def _predict(self, spec, export, params):
        """What a model says of the placement, where there is one: long before the layout is checked and simulated. Asked
        for apart from the score, which it must not keep back, nor fail."""
        model = self._app.models.of(spec)
        asked = (spec, export.bytes, model)
        if asked == self._predicted_for:
            return
        self._predicted_for = asked
        if model is None:
            self._tell("prediction", None)
            return
        export.share()

        def answered(result, error):
            export.discard()
            if asked != self._predicted_for:
                return
            if error:
                self._predicted_for = None
            # What is wrong with the layout, the score's own error says.
            refusal = {"model": model, "refused": error["message"]} if error and error.get("where") in (model, "model") else None
            self._tell("prediction", refusal if error else result.get("prediction"))
        self._app.connection.request("score.layout", dict(params, model=model, drc=False, lvs=False, score=False, blame=False,
                                                          waveform=False, key=f"{self.key}-prediction"), answered)

    def _forget(self):
        """Nothing that is known, or asked for, is about what is on screen now."""
        self._forget_request()
        self._serial += 1
        self.report = self.before = self._base = self._routing = None
        self.edited = False
        self._asked_bytes = self._seen_bytes = self._predicted_for = None
        self._tell("forgotten", None)

    def _take(self, report):
        previous = self.report
        if previous is not None and previous.asked[2] == report.asked[2]:
            # The same layout with more to say, such as its blame: the last change stays the last change.
            self.report = report
        else:
            self.before, self.report = previous, report
        self.edited = False
        self._tell("report", report)
        if not self.live:
            self._edits.start(EDITED_MS)
        has_blame = any("blame" in net and net.get("blame") is not None for net in report.nets or [])
        if self.live and not (has_blame and self._has_shapes(report)):
            self._blame.start(BLAME_IDLE_MS)

    @staticmethod
    def _has_shapes(report):
        return any(net.get("shapes") for net in report.nets or [])

    def _ask_blame(self):
        if self.live and self.report is not None and self._seen_bytes == self.report.asked[2] and not self.busy:
            self.ask(blame=True)

    def _forget_request(self):
        """The server supersedes it by the key; its answer, the error `cancelled`, is not shown."""
        self._blame.stop()
        if self._request is not None:
            self._request[1].discard()
            self._request = None

    def cancel(self):
        if self._request is not None:
            self._app.connection.cancel(self._request[0])

    def _on_state(self, state):
        if state == "ready" and self.live:
            self._asked_bytes = None                 # ask again: the server is new
        elif state in ("waiting", "refused") and self.live and self._app.connection.problem:
            self._tell("error", self._app.connection.problem)

    def _tell(self, what, value):
        for handler in list(self.handlers):
            handler(what, value)


def moved_devices(before, after):
    """[(device, dx_um, dy_um)] of boxes that are elsewhere with the same size."""
    places = {d["device"]: d["box_um"] for d in before.devices or [] if d.get("box_um")}
    moved = []
    for device in after.devices or []:
        old, new = places.get(device["device"]), device.get("box_um")
        if old and new and (abs(old[0] - new[0]) > 1e-4 or abs(old[1] - new[1]) > 1e-4):
            moved.append((device["device"], new[0] - old[0], new[1] - old[1]))
    return moved


def changes(before, after):
    """What the last change did, as short sentences; the most telling first. Empty where there is nothing to tell."""
    if before is None:
        return []
    told = []
    moved = moved_devices(before, after)
    for name, dx, dy in moved[:2]:
        told.append(f"{name} moved by {dx:+.2f}, {dy:+.2f} µm")
    if len(moved) > 2:
        told[-1] += f" and {len(moved) - 2} more"
    if before.score is not None and after.score is not None:
        delta = (after.score - before.score) * 1e3
        told.append("the score stays" if abs(delta) < 5e-4 else f"score {delta:+.3f} mV "
                    f"({'better' if delta < 0 else 'worse'})")
    elif before.score is None and after.score is not None:
        told.append("the layout has a score again")
    elif before.score is not None:
        told.append(f"no score any more – {after.why}")
    for judge, count in after.drc_errors.items():
        old = before.drc_errors.get(judge, count)
        if old != count:
            told.append(f"DRC errors {old} → {count}" + (f" by {judge}" if len(after.drc_errors) > 1 else ""))
    if before.hpwl_um and after.hpwl_um and abs(after.hpwl_um - before.hpwl_um) >= 0.005:
        told.append(f"HPWL {after.hpwl_um - before.hpwl_um:+.2f} µm")
    if before.area_um2 and after.area_um2 and abs(after.area_um2 - before.area_um2) >= 0.005:
        told.append(f"area {after.area_um2 - before.area_um2:+.2f} µm²")
    old = {n["net"]: n.get("total_fF") for n in before.nets or []}
    nets = [(n["net"], n["total_fF"] - old[n["net"]]) for n in after.nets or []
            if n.get("total_fF") is not None and old.get(n["net"]) is not None]
    nets = [n for n in sorted(nets, key=lambda n: (-abs(n[1]), n[0])) if abs(n[1]) >= 0.05]
    told += [f"net {name} {delta:+.2f} fF" for name, delta in nets[:2]]
    return told
