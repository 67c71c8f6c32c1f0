"""The blocking client. One thread at a time per connection."""
from __future__ import annotations

import collections
import contextlib
import os
import select
import socket as sockets
import time
from typing import Any, Deque, Generator, Iterator, List, Mapping, Optional, Union

from .protocol import (FINAL_STATES, MAX_LINE, Address, Disconnected, Event, Json, PathLike, PtahError, absolute,
                       check_folder, check_hello, check_peer, circuit_fields, event_of, hello_params, layout_param,
                       make_address, parse_line, put_steps, read_steps, request_line, result_of, run_params, start_daemon)


def connect(socket: Optional[PathLike] = None, *, host: str = "127.0.0.1", port: int = 0, token: str = "",
            start: bool = True, program: Optional[PathLike] = None, timeout: float = 120.0) -> "Server":
    """Connects to the daemon on a Unix socket (default: where the other clients look), or with `port` and `token` on
    loopback TCP. `start`: where nothing answers on the socket, one is started with `ptah server start`."""
    address = make_address(socket, host, port, token)
    try:
        return Server(address, timeout)
    except Disconnected:
        if not start or address.socket is None:
            raise
    start_daemon(address, program)
    return Server(address, timeout)


class Server:
    """A connection to ptahd. `hello` holds the daemon's versions and this client's role."""

    def __init__(self, address: Address, timeout: float = 120.0):
        self.address = address
        self.timeout = timeout  #: seconds that `call` waits for an answer
        self._buffer = b""
        self._next_id = 1
        self._events: Deque[Event] = collections.deque()
        if address.socket is not None:
            check_folder(address.socket)
        family = sockets.AF_INET if address.socket is None else sockets.AF_UNIX
        self._socket = sockets.socket(family, sockets.SOCK_STREAM)
        try:
            self._socket.connect((address.host, address.port) if address.socket is None else os.fspath(address.socket))
        except OSError as error:
            self._socket.close()
            raise Disconnected(f"No ptahd answers: {error.strerror or error}.", str(address)) from None
        if address.socket is not None:
            try:
                check_peer(self._socket, address)
            except PtahError:
                self._socket.close()
                raise
        self.hello: Json = check_hello(self.call("server.hello", **hello_params(address)))

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def call(self, method: str, **params: Any) -> Any:
        """One request and its answer; raises PtahError with the daemon's words."""
        number = self._send(method, params)
        deadline = time.monotonic() + self.timeout
        while True:
            message = self._message(deadline)
            if message is None:
                raise PtahError("limit", f"No answer to {method} within {self.timeout:g} s.", str(self.address))
            if message.get("id") == number:
                return result_of(message)
            if "method" in message:
                self._events.append(event_of(message))

    def _send(self, method: str, params: Mapping[str, Any]) -> int:
        number = self._next_id
        self._next_id += 1
        try:
            self._socket.sendall(request_line(number, method, params))
        except OSError as error:
            raise Disconnected(f"ptahd has gone: {error.strerror or error}.", str(self.address)) from None
        return number

    def _forget_events(self, job: str) -> None:
        self._events = collections.deque(event for event in self._events if event.params.get("job") != job)

    def next_event(self, timeout: Optional[float] = None) -> Optional[Event]:
        """The next event of any subscribed job; None after `timeout` seconds."""
        if self._events:
            return self._events.popleft()
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            message = self._message(deadline)
            if message is None:
                return None
            if "method" in message:
                return event_of(message)

    def _next_event_of(self, job: str) -> Event:
        for index, event in enumerate(self._events):
            if event.params.get("job") == job:
                del self._events[index]
                return event
        while True:
            message = self._message(None)
            if message is not None and "method" in message:
                event = event_of(message)
                if event.params.get("job") == job:
                    return event
                self._events.append(event)

    def _message(self, deadline: Optional[float]) -> Optional[Json]:
        while b"\n" not in self._buffer:
            if len(self._buffer) > MAX_LINE:
                raise Disconnected("A message is too long.", str(self.address))
            wait = None if deadline is None else max(0.0, deadline - time.monotonic())
            if not select.select([self._socket], [], [], wait)[0]:
                return None
            try:
                piece = self._socket.recv(1 << 16)
            except OSError as error:
                raise Disconnected(f"ptahd has gone: {error.strerror or error}.", str(self.address)) from None
            if not piece:
                raise Disconnected("ptahd has closed the connection.", str(self.address))
            self._buffer += piece
        line, self._buffer = self._buffer.split(b"\n", 1)
        return parse_line(line)

    # What scripts need most.

    def circuits(self) -> List[Json]:
        """The shipped circuits."""
        return self.call("library.circuits")["result"]["circuits"]

    def status(self) -> Json:
        return self.call("server.status")

    def plugins(self) -> List[Json]:
        return self.call("plugin.list")["plugins"]

    def run(self, *, out: Optional[PathLike] = None, job: Optional[str] = None, library: str = "work",
            **spec: Any) -> "Job":
        """Starts a job that makes layout variants: run(circuit="miller_ota", assignments=2, variants=3, seed=1,
        flow="native", judges="kept"), or netlist="my.sp", pairs=..., testbench=..., measures=..., params={"w1": "1.5u"},
        params_file="sizes.par". The job outlives this client."""
        return Job(self, self.call("flow.run", **run_params(spec, out, job, library))["job"])

    def job(self, name: str) -> "Job":
        return Job(self, name)

    def jobs(self) -> List[Json]:
        jobs: List[Json] = []
        after: Json = {}
        while True:
            page = self.call("job.list", limit=1000, **after)
            jobs += page["jobs"]
            if "next" not in page:
                return jobs
            after = {"after": page["next"]}

    def check(self, layout: PathLike, **spec: Any) -> Json:
        """DRC, LVS, extraction of a GDS file: check("a.gds", circuit="miller_ota", fingers={...}, lvs=True)."""
        return self.call("flow.check", spec={"gds": absolute(layout), **circuit_fields(spec)}, wait=True)["result"]

    def score(self, layout: Union[PathLike, bytes], *, circuit: str = "", **more: Any) -> Json:
        """Score, verdicts and blame of a layout (a GDS file's path, or its bytes): see score.layout."""
        if circuit:
            more["circuit"] = circuit
        return self.call("score.layout", layout=layout_param(layout), **circuit_fields(more))

    def score_placement(self, placement: List[Mapping[str, Any]], *, circuit: str, **more: Any) -> Json:
        """The same of bare placements: [{"device": "M0", "x_um": 0, "y_um": 0, "orientation": "R0"}, ...]."""
        return self.call("score.placement", placement=[dict(item) for item in placement], circuit=circuit,
                                **circuit_fields(more))


    def put_file(self, path: PathLike) -> str:
        """Sends a file, unless the daemon has it. Returns the name that requests take in place of its path, for a day and
        as long as a job refers to it: run(netlist=server.put_file("my.sp"))."""
        return self._steps("store.put", put_steps(path))

    def read_file(self, name: str, out: PathLike) -> None:
        """Writes a file of the daemon's store, such as a variant's, by its name or hash."""
        self._steps("store.read", read_steps(name, out))

    def _steps(self, method: str, steps: Generator[Json, Json, Any]) -> Any:
        with contextlib.closing(steps):
            try:
                params = next(steps)
                while True:
                    params = steps.send(self.call(method, **params))
            except StopIteration as end:
                return end.value


class Job:
    """A job of the daemon. It goes on whether or not anybody looks."""

    def __init__(self, server: Server, name: str):
        self.server = server
        self.name = name

    def get(self) -> Json:
        return self.server.call("job.get", job=self.name)

    def cancel(self) -> str:
        """Stops it; its variants stay. Returns the state."""
        return self.server.call("job.cancel", job=self.name)["state"]

    def wait(self, timeout: int = 0) -> Json:
        """The job when it has finished (or after `timeout` seconds, 0: no limit). A failed job raises its error."""
        deadline = time.monotonic() + timeout if timeout else None
        while True:
            left = 60 if deadline is None else max(1, min(60, round(deadline - time.monotonic())))
            job = self.server.call("job.wait", job=self.name, timeout_s=left)
            if job["state"] == "failed":
                result_of({"error": {"data": job.get("error") or {}}})
            if job["state"] in FINAL_STATES or (deadline is not None and time.monotonic() >= deadline):
                return job

    def events(self, after: int = 0) -> Iterator[Event]:
        """Its events after number `after`, as they come; ends with "job.finished". Who stops before gets no more of them."""
        self.server.call("job.subscribe", job=self.name, after=after)
        self.server._forget_events(self.name)  # those before the answer are an earlier iterator's
        finished = False
        try:
            while not finished:
                event = self.server._next_event_of(self.name)
                finished = event.name == "job.finished"
                yield event
        finally:
            if not finished:
                # Its answer is not waited for: this may run within another call, when an iterator is collected.
                with contextlib.suppress(Disconnected):
                    self.server._send("job.unsubscribe", {"job": self.name})
            self.server._forget_events(self.name)

    def variants(self) -> Iterator[Json]:
        """Its layouts as they are finished: {"variant", "chain", "record", "files"}. A failed job raises its error at
        the end, after the variants it made."""
        for event in self.events():
            if event.name == "variant.ready":
                variant = event.params
                if variant.get("cut"):
                    variant = self.server.call("variant.get", job=self.name, chain=variant["chain"],
                                               variant=variant["variant"])
                yield variant
            elif event.name == "job.finished" and event.params.get("error"):
                result_of({"error": {"data": event.params["error"]}})
