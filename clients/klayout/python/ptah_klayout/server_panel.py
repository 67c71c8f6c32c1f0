"""Ptah > Server…: is it there, what does it do, what can it do, and what was said."""
import time

import pya

from . import VERSION, qt, session, ui
from .errors import failure

POLL_MS = 1500
STATES = {"off": ("not connected", ui.MUTED), "connecting": ("connecting…", ui.WARN),
          "waiting": ("does not answer; trying again", ui.WARN), "refused": ("refused", ui.BAD),
          "ready": ("connected", ui.GOOD)}


class ServerWindow(qt.QDialog):
    def __init__(self, app, parent):
        super().__init__(parent)
        self._app, self._process = app, None
        self.windowTitle = "Ptah – Server"
        self.objectName = "ptah_server"
        self.windowFlags = pya.Qt.Window
        self.resize(860, 520)
        self._state = ui.label("", scale=1.2, bold=True)
        self.notice = ui.Notice()
        self.reconnect = ui.button("Reconnect", app.connection.open)
        self.start_button = ui.button("Start", self.start_server, "Starts ptahd in the background", primary=True)
        self.restart_button = ui.button("Restart", self.restart_server, "Running jobs go on after it")
        self._tabs = qt.QTabWidget()
        self.status = ui.table(["", ""])
        self.jobs = ui.table(["Job", "Circuit", "State", "Layouts", "Chains", "Started"])
        self.plugins = ui.table(["Stage", "Plugin", "Version", "State", "What it does"])
        self.log = qt.QPlainTextEdit()
        self.log.readOnly = True
        self.log.maximumBlockCount = session.LOG_LINES
        for line in app.log.lines:
            self.log.appendPlainText(line)
        app.log.handlers.append(self.log.appendPlainText)
        jobs_page = qt.QWidget()
        ui.column(self.jobs, ui.row(ui.button("Show layouts", self._show_job), ui.button("Cancel", self._cancel_job),
                                    ui.button("Resume", self._resume_job, "Goes on where a failed job stopped"),
                                    ui.button("Delete", self._delete_job, "Forgets a finished job and its layouts"), None),
                  margin=4, parent=jobs_page)
        for title, widget in (("Status", self.status), ("Jobs", jobs_page), ("Plugins", self.plugins),
                              ("Settings", self._settings()), ("Log", self.log)):
            self._tabs.addTab(widget, title)
            ui.given(widget)
        ui.column(ui.row(self._state, None, self.reconnect, self.restart_button, self.start_button), self.notice,
                  self._tabs, margin=12, spacing=8, parent=self)
        self._poll = qt.QTimer(self)
        self._poll.timeout = self._ask
        app.connection.state_handlers.append(lambda state: self._show_state())
        self._show_state()

    def _settings(self):
        page = qt.QWidget()
        grid = ui.margins(qt.QGridLayout(), 0, 6)
        self._fields = {}
        for index, (key, name, hint) in enumerate((
                ("ptah-socket", "Socket", session.default_socket()),
                ("ptah-host", "or HOST:PORT (TCP)", "empty: the socket is used"),
                ("ptah-token-file", "Token file (TCP)", "token beside the socket"),
                ("ptah-program", "Program ptah", "the one that installed this package"),
                ("ptah-tech", "Technology", "ptah130"),
                ("ptah-model", "Model that predicts", "the one named after the circuit"))):
            line = qt.QLineEdit()
            line.text = "" if session.get(key) == session.SETTINGS[key] else session.get(key)
            line.placeholderText = hint
            grid.addWidget(ui.given(ui.label(name)), index, 0)
            grid.addWidget(ui.given(line), index, 1)
            self._fields[key] = line
        ui.column(grid, ui.row(None, ui.button("Apply and reconnect", self.apply_settings, primary=True)), None,
                  margin=10, parent=page)
        return page

    def apply_settings(self):
        for key, line in self._fields.items():
            session.put(key, line.text.strip())
        self._app.connection.open()

    def set_field(self, key, text):
        self._fields[key].text = text

    def showEvent(self, event):
        self._poll.start(POLL_MS)
        self._ask()

    def hideEvent(self, event):
        self._poll.stop()

    def _show_state(self):
        connection = self._app.connection
        text, rgb = STATES[connection.state]
        version = f"  ·  ptahd {connection.server.get('version')}, KLayout package {VERSION}" if connection.ready else ""
        self._state.text = f"<span style='color:{ui.hexa(rgb)}'>●</span> {text}{version}"
        self.start_button.visible = not connection.ready
        self.restart_button.visible = connection.ready and connection.server.get("role") == "admin"
        if connection.ready:
            if connection.server.get("version") != VERSION:
                self.notice.say(f"The server is version {connection.server.get('version')}, this package {VERSION}; they "
                                "understand each other. `ptah install klayout` brings the same version.", "info")
            else:
                self.notice.say("")
            self._ask()
        elif connection.problem and self._process is None:
            self.notice.fail(connection.problem)

    # ---- the tables

    def _ask(self):
        connection = self._app.connection
        if not connection.ready or not self.visible:
            return
        connection.request("server.status", {}, lambda r, e: self._fill_status(r) if r else None)
        if self._tabs.currentIndex == 1 or self.jobs.rowCount == 0:
            connection.request("job.list", {"limit": 1000}, lambda r, e: self._fill_jobs(r["jobs"]) if r else None)
        if self._tabs.currentIndex == 2 or self.plugins.rowCount == 0:
            connection.request("plugin.list", {}, lambda r, e: self._fill_plugins(r["plugins"]) if r else None)

    def _fill_status(self, status):
        rows = [("Address", self._app.connection.address), ("Version", status["version"]),
                ("Up for", duration(status["uptime_s"])), ("Process", str(status["pid"])),
                ("Memory", f"{status['rss_bytes'] / 2**20:.0f} MiB"), ("Clients", str(status["sessions"])),
                ("Jobs", f"{status['jobs_running']} running, {status['jobs_queued']} waiting"),
                ("Results in", status["state_dir"]), ("Free there", f"{status['store_bytes_free'] / 2**30:.1f} GiB")]
        for index, worker in enumerate(status.get("workers") or []):
            doing = " ".join(str(worker.get(k) or "") for k in ("stage", "plugin")).strip()
            rows.append((f"Worker {index + 1}", f"{worker.get('state')}{'  ' + doing if doing else ''}, "
                         f"{worker.get('rss_bytes', 0) / 2**20:.0f} MiB"))
        if status.get("problem"):
            rows.insert(0, ("Problem", status["problem"]))
        self.status.rowCount = len(rows)
        for index, (name, text) in enumerate(rows):
            ui.cell(self.status, index, 0, name, rgb=ui.BAD if name == "Problem" else ui.MUTED)
            ui.cell(self.status, index, 1, text)
        self.status.setColumnWidth(0, 140)

    def _fill_jobs(self, jobs):
        jobs = jobs[::-1][:300]
        self.jobs.rowCount = len(jobs)
        for index, job in enumerate(jobs):
            chains = job["chains"]
            texts = [job["job"], job["circuit"], job["state"], str(job["variants"]),
                     f"{chains['done']}/{chains['total']}" + (f", {chains['failed']} failed" if chains["failed"] else ""),
                     time.strftime("%Y-%m-%d %H:%M", time.localtime(job["created_ms"] / 1000))]
            error = (job.get("error") or {}).get("message", "")
            for column, text in enumerate(texts):
                rgb = {"failed": ui.BAD, "done": ui.GOOD, "running": ui.ACCENT}.get(text, ui.INK) if column == 2 else None
                ui.cell(self.jobs, index, column, text, rgb=rgb, tip=error)
        self.jobs.setColumnWidth(0, 230)

    def _fill_plugins(self, plugins):
        self.plugins.rowCount = len(plugins)
        for index, plugin in enumerate(sorted(plugins, key=lambda p: (p["kind"], p["name"]))):
            texts = [plugin["kind"], plugin["name"], plugin["version"], plugin["state"],
                     plugin.get("reason") or plugin["description"]]
            for column, text in enumerate(texts):
                rgb = (ui.GOOD if text == "ready" else ui.WARN) if column == 3 else None
                ui.cell(self.plugins, index, column, text, rgb=rgb, tip=text if column == 4 else "")

    # ---- jobs

    def _chosen_job(self):
        item = self.jobs.item(self.jobs.currentRow(), 0) if self.jobs.currentRow() >= 0 else None
        if item is None:
            self.notice.fail(failure("invalid_argument", "No job is selected.", "Click on one first."))
            return None
        return item.text

    def _on_jobs_method(self, method):
        name = self._chosen_job()
        if name:
            def answered(result, error):
                self.notice.fail(error) if error else self.notice.say("")
                self._ask()
            self._app.connection.request(method, {"job": name}, answered)

    def _cancel_job(self):
        self._on_jobs_method("job.cancel")

    def _resume_job(self):
        self._on_jobs_method("job.resume")

    def _delete_job(self):
        self._on_jobs_method("job.delete")

    def _show_job(self):
        name = self._chosen_job()
        if name:
            self._app.variants(name)

    # ---- starting

    def start_server(self):
        self._run([["server", "start"]], "Starting the server…")

    def restart_server(self):
        """`server stop` comes back when the old daemon has let go of its folder; only then can a new one take it."""
        self._run([["server", "stop"], ["server", "start"]], "Restarting the server; jobs go on after it…")

    def _run(self, commands, saying):
        """Runs `ptah` with each list of words in turn, then connects."""
        program = session.program()
        if program is None:
            self.notice.fail(failure("tool_missing", "The program `ptah` is not found.",
                                     "Run `ptah install klayout` again, or give the program's path in Settings."))
            return
        if self._process is not None:
            return
        self.notice.say(saying)
        self._process = process = qt.QProcess(self)
        process.processChannelMode = pya.QProcess.MergedChannels
        process.finished = lambda *_: self._ended(process, commands[1:], saying)
        environment = pya.QProcessEnvironment.systemEnvironment()
        environment.insert("PTAH_SOCKET", session.socket_path())
        process.setProcessEnvironment(environment)
        process.start(program, commands[0], pya.QIODevice.ReadOnly)

    def _ended(self, process, commands, saying):
        output = bytes(process.readAllStandardOutput()).decode(errors="replace").strip()
        self._process = None
        if process.exitCode() != 0:
            self.notice.fail(failure("io", f"The server did not do so: {output.splitlines()[0] if output else 'no word'}.",
                                     "Run `ptah doctor` in a terminal."))
            return
        if commands:
            self._run(commands, saying)
        else:
            self._app.connection.open()


def duration(seconds):
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'s' if count != 1 else ''}"
    return f"{int(seconds)} s"
