"""Ptah > Variants…: ask for layouts of a circuit, watch them come, look through them, open or place them."""
import re

import pya

from . import compare, exploration, gallery, objectives, qt, session, ui, views
from .circuits import Chooser
from .errors import failure, sentence
from .explorers import words_of

RUN = "Some variants of random assignments"
FLOWS = [("Own checks in the loop, quick", "native"), ("Magic, Netgen and ngspice judge all, slow", "osiris")]
JUDGES = [("Sign off a sample", "sample"), ("Sign off every layout", "all"), ("Only those kept", "kept"),
          ("No sign-off", "none")]
KEEP = [("Width of a finger", "finger"), ("Width of the device", "width")]


class VariantsWindow(qt.QDialog):
    def __init__(self, app, parent):
        super().__init__(parent)
        self._app, self._job, self._plan_id = app, None, None
        self._searches = None        # whether the form is that of a strategy
        self.windowTitle = "Ptah – Variants"
        self.objectName = "ptah_variants"
        self.windowFlags = pya.Qt.Window
        ui.fit(self, 1240, 760)
        self._build()
        app.connection.state_handlers.append(self._on_state)
        self._refresh()

    def _on_state(self, state):
        self._refresh()
        if state == "ready":
            self._refresh_jobs()

    # ---- looks

    def _build(self):
        self.circuit = Chooser(self._app.library, self._circuit_changed)
        self._about = ui.label("", rgb=ui.MUTED, wrap=True)
        self.search = qt.QComboBox()
        self.search.toolTip = "Variants of given assignments, or the strategy that looks for the best layout of all assignments"
        self.search.activated = lambda *_: self._search_chosen()
        self.budget = self._spin(1, 100000000, 500, "How many layouts are routed and scored; each new best is kept")
        self.assignments = self._spin(1, 10000, 2, "How many finger assignments, drawn at random by the seed")
        self.placements = self._spin(1, 1000, 1, "How often the devices of an assignment are placed: other floorplans")
        self.moves = self._spin(0, 100000, 8, "Layouts made from each placement by moving devices")
        self.seed = self._spin(0, 2000000000, 1, "The same seed gives the same layouts")
        self.flow = self._combo(FLOWS, session.get("ptah-flow"), "Who checks the layouts while they are made")
        self.judges = self._combo(JUDGES, "none", "What the trusted tools look at in the end")
        self.objective = self._combo(objectives.CHOICES, "pscore", "What the best layout has least of")
        self.specs = qt.QPlainTextEdit()
        self.specs.toolTip = "A measure, >= or <=, and a value, such as gain >= 40 dB: one a line, or separated by semicolons"
        self.specs.setFixedHeight(54)
        self.specs.tabChangesFocus = True
        self.no_specs = qt.QCheckBox("None: anything will do")
        self.no_specs.toggled = lambda on: setattr(self.specs, "enabled", not on)
        self.keep = self._combo(KEEP, "finger", "What stays while finger counts vary")
        self.order = qt.QComboBox()
        self.order.addItems(list(gallery.ORDERS))
        self.order.toolTip = "In which order layouts are shown; the best: by the objective of their run"
        self.order.activated = lambda *_: self.gallery.rank_by(self.order.currentText)
        self.start_button = ui.button("Make variants", self.start, primary=True)
        self.cancel_button = ui.button("Cancel", self.cancel, "Stops the job; the layouts made so far stay")
        self.jobs = qt.QComboBox()
        self.jobs.toolTip = "Jobs of this server, the newest first: also those of other windows and editors"
        self.jobs.activated = lambda index: self._show_job(self.jobs.itemData(index))

        form = qt.QWidget()
        form.setFixedWidth(290)
        grid = ui.margins(qt.QGridLayout(), 0, 6)
        self._of_runs, self._of_searches = [self.flow], []
        for index, (name, widget, mode) in enumerate((
                ("Finger assignments", self.assignments, self._of_runs),
                ("Placements of each", self.placements, self._of_runs), ("Moves of each", self.moves, self._of_runs),
                ("Layouts", self.budget, self._of_searches), ("Seed", self.seed, []))):
            label = ui.label(name)
            grid.addWidget(ui.given(label), index, 0)
            grid.addWidget(ui.given(widget), index, 1)
            mode += [label, widget]
        ui.column(ui.heading("Circuit"), self.circuit, self._about, 8, ui.heading("Search"), self.search, grid, 8,
                  ui.heading("Checks"), self.flow, self.judges, 8, ui.heading("Objective"), self.objective, 8,
                  ui.heading("Specs"), self.specs, self.no_specs, 8, ui.row(ui.label("Keep"), self.keep),
                  None, margin=2, parent=form)
        left = qt.QWidget()
        left.setFixedWidth(310)
        ui.column(ui.scrolled(form, 310), ui.row(self.start_button, self.cancel_button), 6, ui.heading("Earlier jobs"), self.jobs,
                  parent=left).setStretch(0, 1)

        self.notice = ui.Notice()
        self.progress = qt.QProgressBar()
        self.progress.setRange(0, 1000)
        self.progress.textVisible = False
        self.progress.setFixedHeight(8)
        self.message = ui.label("", rgb=ui.MUTED)
        self.exploration = exploration.ExplorationPanel()
        self.gallery = gallery.Gallery(self._app.thumbnails, self.open_variant, self._refresh)
        self.open_button = ui.button("Open", self.open_selected, "In a new tab", primary=True)
        self.compare_button = ui.button("Compare two", self.compare_selected, "Side by side, differences marked")
        self.place_button = ui.button("Place in layout", self.place_selected,
                                      "As a new cell in the layout on screen, where you click; one undo takes it back")
        right = qt.QWidget()
        ui.column(self.notice, ui.row(self.message, None, self.order), self.progress, self.exploration,
                  self.gallery, ui.row(self.open_button, self.compare_button, self.place_button, None),
                  parent=right).setStretch(4, 1)
        ui.row(left, right, margin=12, spacing=14, parent=self)
        self._app.explorers.handlers.append(self._fill_searches)
        self._fill_searches()

    @staticmethod
    def _spin(low, high, value, tip):
        spin = qt.QSpinBox()
        spin.setRange(low, high)
        spin.value, spin.toolTip = value, tip
        return spin

    @staticmethod
    def _combo(entries, chosen, tip):
        box = qt.QComboBox()
        for text, data in entries:
            box.addItem(text, data)
        box.currentIndex = next((i for i, (_, data) in enumerate(entries) if data == chosen), 0)
        box.toolTip = tip
        return box

    # ---- a strategy

    def strategy(self):
        """The explorer's name; empty: variants of given assignments."""
        return str(self.search.itemData(self.search.currentIndex) or "")

    def choose_strategy(self, name):
        """Whether there is one of that name."""
        there = [self.search.itemData(index) for index in range(self.search.count)]
        if name in there:
            self.search.currentIndex = there.index(name)
            self._search_chosen()
        return name in there

    def _fill_searches(self):
        """The server's strategies have come, or others."""
        wanted = self.strategy() or session.get("ptah-search")
        self.search.clear()
        self.search.addItem(RUN, "")
        for name, description in self._app.explorers.found:
            self.search.addItem(words_of(name), name)
            self.search.setItemData(self.search.count - 1, description, pya.Qt.ToolTipRole.to_i())
        if not self.choose_strategy(wanted):
            self._search_mode("")

    def _search_chosen(self):
        session.put("ptah-search", self.strategy())
        self._search_mode(self.strategy())

    def _search_mode(self, strategy):
        searches = bool(strategy)
        if searches != self._searches:
            self._searches = searches
            self._choose(self.judges, "kept" if searches else "none")
            for widget in self._of_runs:
                widget.visible = not searches
            for widget in self._of_searches:
                widget.visible = searches
            self.start_button.text = "Explore" if searches else "Make variants"
            self.gallery.say_start(self.start_button.text)

    @staticmethod
    def _choose(box, data):
        box.currentIndex = next(i for i in range(box.count) if box.itemData(i) == data)

    def _wanted_specs(self):
        """None: those of the circuit."""
        given = [one.strip() for one in re.split(r"[;\n]", self.specs.toPlainText())]
        given = [one for one in given if one]
        return [] if self.no_specs.checked else given or None

    # ---- a job

    def _circuit_changed(self):
        """A plan costs nothing and finds every error of a netlist before anything runs."""
        spec = self.circuit.spec()
        self._about.text = ""
        if spec is None:
            return

        def planned(result, error):
            if self.circuit.spec() != spec:
                return
            if error:
                self.notice.fail(error) if error["code"] != "cancelled" else None
                return
            self.notice.say("")
            plan = result.get("result") or {}
            self._about.text = (f"{len(plan.get('devices', []))} devices, {plan.get('nets', 0)} nets, "
                                f"{plan.get('count', 0):,} finger assignments")
            self.specs.placeholderText = "; ".join(plan.get("specs") or []) or "none of the circuit"
            notes = [n["what"] for n in plan.get("notes", []) if n["what"].startswith("No testbench")]
            if notes:
                self.notice.say(notes[0] + " Put `testbench.spice` beside the netlist to have scores.", "warning")
        self._app.connection.request("flow.plan", {"spec": dict(spec, assignments=0)}, planned)

    def start(self):
        spec, connection = self.circuit.spec(), self._app.connection
        if connection.problem and (connection.state == "refused" or spec is None):
            self.notice.fail(connection.problem)
            return
        if spec is None:
            self.notice.fail(failure("invalid_argument", "No circuit is chosen.", "Choose one, or a netlist file."))
            return
        chosen = lambda box: box.itemData(box.currentIndex)
        spec = dict(spec, seed=self.seed.value, judges=chosen(self.judges), tech=session.get("ptah-tech"),
                    objective=chosen(self.objective))
        if self.strategy():
            spec.update(explore={"explorer": self.strategy(), "evaluations": self.budget.value}, flow="explore")
        else:
            session.put("ptah-flow", chosen(self.flow))
            spec.update(assignments=self.assignments.value, variants=self.moves.value, flow=chosen(self.flow))
            if self.placements.value > 1:
                spec["placements"] = self.placements.value
        specs = self._wanted_specs()
        if specs is not None:
            spec["specs"] = specs
        if chosen(self.keep) != "finger":
            spec["keep"] = chosen(self.keep)
        self._follow(self._app.jobs.start(spec))

    def cancel(self):
        if self._job is not None:
            self._app.jobs.cancel(self._job)

    def _follow(self, job):
        if self._job is not None and self._on_job in self._job.handlers:
            self._job.handlers.remove(self._on_job)
        self._job = job
        self.gallery.clear()
        self.notice.say("")
        for variant in job.variants.values():
            self.gallery.add(variant)
        job.handlers.append(self._on_job)
        if job.finished:
            self._on_job(job, "finished", None)
        self._refresh()

    def _on_job(self, job, what, variant):
        if job is not self._job:
            return
        if what == "variant":
            self.gallery.add(variant)
        elif what == "dropped":
            self.gallery.remove(variant)
        elif what in ("finished", "outcome"):
            self._say_end(job, what)
            self._refresh_jobs()
        self._refresh()

    def _say_end(self, job, what):
        if job.explore:
            if job.error and job.state != "cancelled":
                found = "" if exploration.best_of(job) is None else " The best layout so far stays."
                self.notice.say(sentence(job.error) + found, "error")
            elif job.state == "cancelled" or what == "outcome" or job.outcome:
                self.notice.say(*exploration.end_text(job))
            return
        wanted = (job.spec.get("variants", 0) + 1) * job.spec.get("placements", 1)
        asked = job.spec.get("assignments", 1)
        there = ((job.result or {}).get("chains") or {}).get("total") or asked
        wanted *= there
        made = len(job.variants) + job.left_out
        shown = f" The best {len(job.variants)} are shown here; all are in the server." if job.left_out else ""
        if job.state == "cancelled":
            self.notice.say(f"Cancelled; {made} layouts were made and stay.{shown}", "info")
        elif job.error and not made:
            self.notice.fail(job.error)
        elif job.error:
            self.notice.say(f"{made} of {wanted} layouts were made.{shown} {sentence(job.error)}", "warning")
        elif job.best is None and any(not v.record.get("feasible", True) for v in job.variants.values()):
            self.notice.say(f"No layout meets the specs: there is no best.{shown}", "warning")
        elif made == wanted and there < asked:
            self.notice.say(f"The circuit has {there} finger assignment{'' if there == 1 else 's'}; {asked} were asked for.{shown}", "info")
        elif made < wanted:
            self.notice.say(f"{made} of {wanted} layouts: the other moves broke a rule or could not be routed. Ask for "
                            f"more moves or another seed.{shown}", "info")
        elif job.left_out:
            self.notice.say(f"{made} layouts were made.{shown}", "warning")

    def _refresh(self):
        job, chosen = self._job, self.gallery.selected()
        running = job is not None and not job.finished
        self.cancel_button.enabled = running
        self.open_button.enabled = len(chosen) >= 1
        self.compare_button.enabled = len(chosen) == 2
        self.place_button.enabled = len(chosen) == 1
        self.exploration.show_job(job)
        if job is None:
            self.message.text = ""
            self.progress.value = 0
            return
        self.progress.value = int(1000 * job.fraction)
        made = len(job.variants) + job.left_out
        count = f"{made} layout{'' if made == 1 else 's'}{' kept' if job.explore else ''}"
        if not self._app.connection.ready and not job.finished:
            self.message.text = f"{count} – the server does not answer; trying again. The job is safe there."
        elif job.finished:
            self.message.text = f"{count} – {job.state}"
        else:
            self.message.text = f"{count} – {job.message or 'waiting for a worker'}"

    # ---- earlier jobs

    def showEvent(self, event):
        self._circuit_changed()
        self._refresh_jobs()
        if self._app.connection.ready:
            self._app.explorers.ask()

    def _refresh_jobs(self):
        if self.visible and self._app.connection.ready:
            self._app.connection.request("job.list", {"limit": 1000}, self._on_jobs)

    def _on_jobs(self, result, error):
        if error:
            return
        jobs = [j for j in result["jobs"] if j["kind"] == "run"][::-1][:100]
        self.jobs.clear()
        self.jobs.addItem(f"{len(jobs)} jobs…" if jobs else "none yet", "")
        for job in jobs:
            self.jobs.addItem(f"{job['circuit'] or job['job']} · {job['variants']} layouts · {job['state']}", job["job"])
        if self._job is not None:
            for index in range(self.jobs.count):
                if self.jobs.itemData(index) == self._job.name:
                    self.jobs.currentIndex = index
        elif jobs and jobs[0]["job"].startswith("klayout-"):
            self._show_job(jobs[0]["job"])           # what the window was about before it was closed
            self.jobs.currentIndex = 1

    def _show_job(self, name):
        if name:
            self._follow(self._app.jobs.attach(name))

    # ---- layouts

    def open_variant(self, variant):
        try:
            view, cellview = views.open_in_tab(variant.gds, variant.name)
            self._app.remember_circuit(cellview, variant.spec, variant)
        except (views.Problem, RuntimeError) as error:
            self._failed(error)

    def open_selected(self):
        for variant in self.gallery.selected()[:4]:
            self.open_variant(variant)

    def place_selected(self):
        for variant in self.gallery.selected()[:1]:
            try:
                self._app.place_cell(variant, lambda placed: None if placed else self.show())
                self.hide()                          # it lies over the layout
            except (views.Problem, RuntimeError) as error:
                self._failed(error)

    def compare_selected(self):
        pair = self.gallery.selected()[:2]
        if len(pair) == 2:
            try:
                self._app.show_window(compare.CompareWindow(self._app, pair[0], pair[1], pya.MainWindow.instance()))
            except (views.Problem, RuntimeError) as error:
                self._failed(error)

    def _failed(self, error):
        self.notice.fail(error.error if isinstance(error, views.Problem) else
                         failure("io", f"The layout can not be read: {error}.", "Make it again."))
