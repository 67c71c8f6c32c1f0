"""Ptah > Place and route…: from a SPICE file to a layout in a new tab."""
import os

import pya

from . import qt, session, ui, views
from .circuits import spec_of_netlist
from .errors import failure, sentence


class PlaceWindow(qt.QDialog):
    def __init__(self, app, parent):
        super().__init__(parent)
        self._app, self._job, self._plan = app, None, None
        self.windowTitle = "Ptah – Place and route"
        self.objectName = "ptah_place"
        self.resize(560, 330)
        self.netlist, netlist_row = self._file("SPICE netlist", "SPICE netlists (*.sp *.spice *.cir *.ckt *.net);;All (*)")
        self.pairs, pairs_row = self._file("Matched devices (optional, JSON)", "JSON (*.json);;All (*)")
        self.bench, bench_row = self._file("Testbench (optional)", "SPICE (*.spice *.sp *.cir);;All (*)")
        self.about = ui.label("", rgb=ui.MUTED, wrap=True)
        self.notice = ui.Notice()
        self.seed = qt.QSpinBox()
        self.seed.setRange(0, 2000000000)
        self.progress = qt.QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.textVisible = False
        self.progress.setFixedHeight(8)
        self.message = ui.label("", rgb=ui.MUTED)
        self.go = ui.button("Place and route", self.start, primary=True)
        self.stop = ui.button("Cancel", self.cancel)
        self.stop.enabled = False
        ui.column(ui.label("SPICE netlist"), netlist_row, self.about, ui.label("Matched devices (JSON, optional)"),
                  pairs_row, ui.label("Testbench (optional; without one there is no score)"), bench_row,
                  ui.row(ui.label("Seed"), self.seed, None), self.notice, None, self.message, self.progress,
                  ui.row(None, self.stop, self.go), margin=12, parent=self)
        self.netlist.text = session.get("ptah-netlist")
        self._netlist_changed()

    def _file(self, title, pattern):
        line = qt.QLineEdit()
        line.editingFinished = self._netlist_changed

        def browse():
            path = pya.FileDialog.ask_open_file_name(title, os.path.dirname(line.text), pattern)
            if path:
                line.text = path
                self._netlist_changed()
        return line, ui.row(line, ui.button("…", browse))

    def use(self, path):
        self.netlist.text = path
        self._netlist_changed()

    def _spec(self):
        spec = {"netlist": os.path.abspath(self.netlist.text)}
        for field, line in (("pairs", self.pairs), ("testbench", self.bench)):
            if line.text:
                spec[field] = os.path.abspath(line.text)
        return spec

    def _netlist_changed(self):
        """Reads it in the server at once: an error shows before anything is started."""
        path = self.netlist.text
        self.about.text = ""
        if not path or (self._job is not None and not self._job.finished):
            return
        if not os.path.isfile(path):
            self.notice.fail(failure("not_found", f"There is no file {path}.", "Choose the netlist with the … button."))
            return
        beside = spec_of_netlist(path)
        for field, line in (("pairs", self.pairs), ("testbench", self.bench)):
            if not line.text and field in beside:
                line.text = beside[field]
        session.put("ptah-netlist", os.path.abspath(path))
        spec = self._spec()

        def planned(result, error):
            if spec != self._spec():
                return
            if error:
                self.notice.fail(error)
                return
            plan = result.get("result") or {}
            if self._job is None:                    # otherwise the notice is about the job
                self.notice.say("")
            self.about.text = (f"{plan.get('circuit')}: {len(plan.get('devices', []))} devices, {plan.get('nets', 0)} nets; "
                               f"ports {', '.join(plan.get('ports', []))}")
        self._app.connection.request("flow.plan", {"spec": dict(spec, assignments=0)}, planned)

    def start(self):
        if not os.path.isfile(self.netlist.text):
            self.notice.fail(failure("not_found", f"There is no file {self.netlist.text or 'chosen'}.",
                                     "Choose the netlist with the … button."))
            return
        if self._app.connection.state == "refused":
            self.notice.fail(self._app.connection.problem)
            return
        self.notice.say("")
        self._job = self._app.jobs.start(dict(self._spec(), assignments=1, variants=0, seed=self.seed.value, judges="none",
                                              flow=session.get("ptah-flow"), tech=session.get("ptah-tech")))
        self._job.handlers.append(self._on_job)
        self.go.enabled, self.stop.enabled = False, True
        self.message.text = "asking the server…" if self._app.connection.ready else "waiting for the server…"

    def cancel(self):
        if self._job is not None:
            self._app.jobs.cancel(self._job)

    def _on_job(self, job, what, variant):
        if job is not self._job:
            return
        self.progress.value = int(1000 * job.fraction)
        self.message.text = job.message
        if what == "variant" and not job.finished:
            try:
                view, cellview = views.open_in_tab(variant.gds, variant.name)
                self._app.remember_circuit(cellview, variant.spec, variant)
                self.notice.say(f"{variant.name} is open in a new tab: {variant.area or 0:.0f} µm², score "
                                f"{ui.millivolts(variant.score)}.", "good")
            except (views.Problem, RuntimeError) as error:
                self.notice.fail(error.error if isinstance(error, views.Problem) else failure("io", str(error)))
        elif what == "finished":
            self.go.enabled, self.stop.enabled = True, False
            self.message.text = "" if job.state == "done" else job.state
            if job.error and not job.variants:
                self.notice.say(sentence(job.error), "error")
            elif job.state == "cancelled":
                self.notice.say("Cancelled; nothing was opened.")
