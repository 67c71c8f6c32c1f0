"""One connection to ptahd: JSON-RPC 2.0, an object a line, over a local socket or loopback TCP.

Everything is a Qt signal: no call here waits. The connection comes back by itself; requests marked `keep` are
asked again then (the daemon knows a job by the id its client chose, so a repeated flow.run is the same job).
"""
import collections
import json
import time

import pya

from . import PROTOCOL, VERSION, peer, qt
from .errors import failure
from .inputs import InputError, gather_sources

MAX_LINE = 64 << 20          # what we take; the daemon's own limit for what it takes comes with its hello
TURN_SECONDS = 0.015         # of work with incoming lines in one turn of the event loop
RETRY_MS = (250, 500, 1000, 2000, 4000)
HELLO_MS = 5000


def with_files(params):
    """The parameters of a request with its circuit's files; they are those of a spec, or have one."""
    spec = params.get("spec")
    return dict(params, spec=gather_sources(spec)) if isinstance(spec, dict) else gather_sources(params)


class Pending:
    def __init__(self, method, params, done, keep):
        self.method, self.params, self.done, self.keep = method, params, done, keep


class Connection:
    """States: off, connecting, waiting (tries again by itself), refused (the user must do something), ready."""

    def __init__(self, parent, locate, log):
        """`locate()` says where: ("local", path) or ("tcp", host, port, token); it is asked at every attempt."""
        self._parent, self._locate, self._log = parent, locate, log
        self.state, self.problem, self.server = "off", None, {}
        self.state_handlers, self.note_handlers = [], []
        self._pending = collections.OrderedDict()
        self._queue = []                 # kept requests that wait for the connection
        self._lines = collections.deque()
        self._next_id = 1
        self._attempt = 0
        self._socket = None
        self._retry = self._timer(self._connect)
        self._hello_limit = self._timer(self._hello_late)
        self._turn = self._timer(self._work)
        self._gone = self._timer(self._lost)
        self._impostor = self._timer(lambda: self._refuse(self._imposture))

    def _timer(self, handler):
        timer = qt.QTimer(self._parent)
        timer.singleShot = True
        timer.timeout = handler
        return timer

    # ---- for clients

    @property
    def ready(self):
        return self.state == "ready"

    def open(self):
        """Connects, or starts again from nothing where there is a connection."""
        self._drop()
        self._attempt = 0
        self._connect()

    def close(self):
        self._drop()
        self._set_state("off")
        self._fail_all(failure("cancelled", "The connection to the server was closed."), kept=True)

    def leave(self):
        """The program ends: nothing is called any more."""
        self.state_handlers.clear()
        self.note_handlers.clear()
        self._pending.clear()
        self._queue.clear()
        self._drop()
        self._turn.stop()

    def request(self, method, params=None, done=None, keep=False):
        """Calls `done(result, error)` once; returns the request's id (for cancel), None where it was not sent. The files
        of a netlist that `params` names by path are read now, and sent in place of it."""
        pending = Pending(method, params or {}, done, keep)
        try:
            pending.params = with_files(pending.params)
        except InputError as problem:
            self._answer(pending, None, failure(problem.code, problem.message, problem.hint, problem.where))
            return None
        if self.ready:
            return self._send(pending)
        if keep and self.state != "refused":
            self._queue.append(pending)
            return None
        error = self.problem or failure("io", "The Ptah server does not answer.",
                                        "Open Ptah > Server and press Start, or run `ptah server start`.")
        self._answer(pending, None, error)
        return None

    def cancel(self, request_id):
        """The cancelled request still gets its answer: the error `cancelled`."""
        if request_id in self._pending and self.ready:
            self.request("server.cancel", {"id": request_id})

    # ---- the socket

    def _connect(self):
        self._retry.stop()
        try:
            where = self._locate()
        except OSError as error:
            self._refuse(failure("io", f"The token of the Ptah server can not be read: {error}.",
                                 "Correct its path in Ptah > Server > Settings."))
            return
        self._set_state("connecting")
        self._lines.clear()
        if where[0] == "local":
            problem = peer.folder_problem(where[1])
            if problem:
                self._refuse(problem)
                return
            socket = qt.QLocalSocket(self._parent)
            socket.stateChanged = lambda state: self._on_state(socket, state == pya.QLocalSocket.UnconnectedState)
            socket.connected = lambda: self._on_connected(socket, None)
        else:
            socket = qt.QTcpSocket(self._parent)
            socket.stateChanged = lambda state: self._on_state(socket, state == pya.QAbstractSocket.UnconnectedState)
            socket.connected = lambda: self._on_connected(socket, where[3])
        socket.readyRead = lambda: self._on_readable(socket)
        self._socket, self._where = socket, where
        if where[0] == "local":
            socket.connectToServer(where[1], pya.QIODevice.ReadWrite)
        else:
            socket.connectToHost(where[1], where[2], pya.QIODevice.ReadWrite)

    @property
    def address(self):
        where = getattr(self, "_where", None) or self._locate()
        return where[1] if where[0] == "local" else f"{where[1]}:{where[2]}"

    def _on_state(self, socket, unconnected):
        # The socket is in the middle of its own work here: what follows waits for the event loop.
        if socket is self._socket and unconnected:
            self._gone.start(0)

    def _lost(self):
        if self._socket is None or self.state == "refused":
            return
        was_ready = self.ready
        self._work(everything=True)
        self._drop()
        self.problem = failure("io", f"The Ptah server at {self.address} does not answer.",
                               "Open Ptah > Server and press Start, or run `ptah server start`.")
        delay = RETRY_MS[min(self._attempt, len(RETRY_MS) - 1)]
        self._attempt += 1
        self._retry.start(delay)
        if was_ready:
            self._log("warning", "The connection to the server is lost; trying again.")
        self._set_state("waiting")
        kept = [p for p in self._pending.values() if p.keep]
        self._queue = kept + self._queue
        for key in [k for k, p in self._pending.items() if p.keep]:
            del self._pending[key]
        self._fail_all(failure("io", "The connection to the Ptah server broke before it answered.",
                               "It is being restored; try again in a moment."))

    def _drop(self):
        for timer in (self._retry, self._hello_limit, self._gone, self._impostor):
            timer.stop()
        socket, self._socket = self._socket, None
        if socket is not None:
            nothing = lambda *_: None
            socket.stateChanged = socket.connected = socket.readyRead = nothing
            socket.abort()
            socket.deleteLater()

    def _on_connected(self, socket, token):
        if socket is not self._socket:
            return
        if self._where[0] == "local":
            self._imposture = peer.peer_problem(socket.socketDescriptor(), self._where[1])
            if self._imposture:
                self._impostor.start(0)          # as for a lost one: the socket is in the middle of its own work
                return
        hello = {"client": "klayout", "version": VERSION, "protocol": PROTOCOL}
        if token:
            hello["token"] = token
        self._hello_limit.start(HELLO_MS)
        self._send(Pending("server.hello", hello, self._on_hello, False))

    def _on_hello(self, result, error):
        self._hello_limit.stop()
        if error:
            if error["code"] == "io":
                return
            self._refuse(error)
            return
        if result.get("protocol") != PROTOCOL:
            self._refuse(failure("unsupported", f"The server {result.get('version')} speaks protocol "
                                 f"{result.get('protocol')}, this package {VERSION} speaks {PROTOCOL}.",
                                 "Run `ptah install klayout` of the server's version, then restart KLayout."))
            return
        if result.get("role") not in ("user", "admin"):
            self._refuse(failure("denied", "The server did not accept the token.",
                                 "Choose its file `token` (it lies beside the server's socket) in Ptah > Server > "
                                 "Settings."))
            return
        self.server, self.problem, self._attempt = result, None, 0
        self._log("info", f"Connected to ptahd {result.get('version')} at {self.address}.")
        self._set_state("ready")
        queue, self._queue = self._queue, []
        for pending in queue:
            self._send(pending)

    def _hello_late(self):
        self._refuse(failure("io", f"What answers at {self.address} is no Ptah server: it did not greet within 5 s.",
                             "Correct the address in Ptah > Server > Settings."))

    def _refuse(self, error):
        self._drop()
        self.problem = error
        self._log("error", error["message"])
        self._set_state("refused")
        self._fail_all(error, kept=True)

    def _set_state(self, state):
        if state == self.state:
            return
        self.state = state
        for handler in list(self.state_handlers):
            self._guard(handler, state)

    def _fail_all(self, error, kept=False):
        pending = list(self._pending.values())
        self._pending.clear()
        if kept:
            pending += self._queue
            self._queue = []
        for one in pending:
            self._answer(one, None, error)

    # ---- lines

    def _send(self, pending):
        request_id = self._next_id
        line = json.dumps({"jsonrpc": "2.0", "id": request_id, "method": pending.method, "params": pending.params})
        limit = self.server.get("max_line", 1 << 20)
        if len(line) >= limit:
            self._answer(pending, None, failure("limit", f"The request has {len(line) >> 10} KiB; the server takes "
                                                f"{limit >> 10}.", "Save the layout to a file first."))
            return None
        self._next_id += 1
        self._pending[request_id] = pending
        self._socket.write((line + "\n").encode())
        return request_id

    def _on_readable(self, socket):
        if socket is not self._socket:
            return
        while socket.canReadLine():
            self._lines.append(bytes(socket.readLine(MAX_LINE)))
        if not self._turn.active:
            self._work()

    def _work(self, everything=False):
        """Handles lines for a moment, then lets the window live."""
        end = time.monotonic() + TURN_SECONDS
        while self._lines and (everything or time.monotonic() < end):
            self._handle(self._lines.popleft())
        if self._lines:
            self._turn.start(0)

    def _handle(self, line):
        try:
            message = json.loads(line)
        except ValueError:
            self._log("warning", "The server sent a line that is no JSON; it was ignored.")
            return
        if not isinstance(message, dict):
            return
        if "method" in message:
            for handler in list(self.note_handlers):
                self._guard(handler, message["method"], message.get("params") or {})
            return
        pending = self._pending.pop(message.get("id"), None)
        if pending is None:
            return
        error = message.get("error")
        if error is None:
            self._answer(pending, message.get("result") or {}, None)
            return
        data = error.get("data") if isinstance(error.get("data"), dict) else {}
        self._answer(pending, None, dict(failure(data.get("code", "internal"), data.get("message",
                                                 error.get("message", "The request failed.")),
                                                 data.get("hint", ""), data.get("where", "")),
                                         number=error.get("code"), data=data))

    def _answer(self, pending, result, error):
        if pending.done is not None:
            self._guard(pending.done, result, error)

    def _guard(self, handler, *arguments):
        """A mistake in one handler is logged and must not stop the others."""
        try:
            handler(*arguments)
        except Exception as error:                                  # noqa: BLE001
            import traceback
            self._log("error", f"{type(error).__name__}: {error}\n{traceback.format_exc()}")
