"""What both clients share: addresses, messages, errors, and the shapes of requests."""
from __future__ import annotations

import base64
import hashlib
import json
import os
import pathlib
import shutil
import socket as sockets
import stat
import struct
import subprocess
from dataclasses import dataclass
from typing import Any, Dict, Generator, Mapping, Optional, Union

from .inputs import InputError, gather_params, gather_sources

Json = Dict[str, Any]
PathLike = Union[str, "os.PathLike[str]"]

PROTOCOL = 1
MAX_LINE = 64 << 20  # of an answer, bytes
FINAL_STATES = ("done", "failed", "cancelled")


class PtahError(Exception):
    """The daemon's answer to a request it could not fulfil."""

    def __init__(self, code: str, message: str, where: str = "", hint: str = ""):
        self.code = code        #: "invalid_argument", "not_found", "cancelled", ... (docs/protocol.md)
        self.message = message  #: what is wrong
        self.where = where      #: file:line, field, device, net or place
        self.hint = hint        #: what to do next
        super().__init__(": ".join(part for part in (where, message) if part) + (f" ({hint})" if hint else ""))


class Disconnected(PtahError):
    """The connection is gone: the daemon ended, or never ran. Jobs it had accepted go on at its next start."""

    def __init__(self, message: str, where: str = ""):
        super().__init__("io", message, where, "start one with `ptah server start`")


@dataclass(frozen=True)
class Event:
    """A notification of a job."""

    name: str     #: "job.progress", "job.log", "variant.ready", "chain.finished", "job.finished"
    number: int   #: grows; subscribe again after the last one seen
    params: Json


@dataclass(frozen=True)
class Address:
    """Where a daemon listens: a Unix socket, or loopback TCP with a token."""

    socket: Optional[pathlib.Path] = None
    host: str = "127.0.0.1"
    port: int = 0
    token: str = ""

    def __str__(self) -> str:
        return str(self.socket) if self.socket else f"{self.host}:{self.port}"


def default_socket() -> pathlib.Path:
    """As the other clients find it: $PTAH_SOCKET, $XDG_RUNTIME_DIR/ptah, /tmp/ptah-<uid>."""
    if os.environ.get("PTAH_SOCKET"):
        return pathlib.Path(os.environ["PTAH_SOCKET"])
    if os.environ.get("XDG_RUNTIME_DIR"):
        return pathlib.Path(os.environ["XDG_RUNTIME_DIR"]) / "ptah" / "ptahd.sock"
    return pathlib.Path(f"/tmp/ptah-{os.getuid()}") / "ptahd.sock"


def trusted_users(socket: pathlib.Path) -> "set[int]":
    """Who may listen there: this user, root, and the owner of a folder that nobody else but root can have put there."""
    trusted = {os.geteuid(), 0}
    try:
        folder = socket.parent.resolve()
        owner = folder.stat().st_uid
        above = [directory.stat() for directory in folder.parents]
    except OSError:
        return trusted
    if all(info.st_uid in (0, owner) and not info.st_mode & (stat.S_IWGRP | stat.S_IWOTH) for info in above):
        trusted.add(owner)
    return trusted


def check_folder(socket: pathlib.Path) -> None:
    """Another user who may put a socket there may pose as ptahd. A folder that is missing is not at fault."""
    try:
        info = os.stat(socket.parent)
    except OSError:
        return
    if info.st_uid not in trusted_users(socket):
        raise PtahError("denied", f"The socket's folder belongs to another user (uid {info.st_uid}), who may pose as "
                        "ptahd.", str(socket.parent), "choose another socket, such as with PTAH_SOCKET")
    if info.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PtahError("denied", "Other users may write into the socket's folder, and pose as ptahd.",
                        str(socket.parent), f"chmod go-w {socket.parent}")


def check_peer(connection: Any, address: Address) -> None:
    """Who listens, as the kernel knows it."""
    assert address.socket is not None
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", connection.getsockopt(sockets.SOL_SOCKET, sockets.SO_PEERCRED, size))
    if uid not in trusted_users(address.socket):
        raise PtahError("denied", f"What listens there belongs to another user (uid {uid}), who may pose as ptahd.",
                        str(address), "choose another socket, such as with PTAH_SOCKET")


def make_address(socket: Optional[PathLike], host: str, port: int, token: str) -> Address:
    if port:
        return Address(None, host, port, token)
    return Address(pathlib.Path(socket) if socket else default_socket())


def start_daemon(address: Address, program: Optional[PathLike]) -> None:
    """Runs `ptah server start`, which returns when the daemon answers."""
    ptah = str(program) if program else os.environ.get("PTAH_PROGRAM") or shutil.which("ptah")
    if not ptah:
        raise Disconnected("No ptahd answers, and there is no program `ptah` on the PATH to start one.", str(address))
    done = subprocess.run([ptah, "--socket", str(address.socket), "server", "start"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Disconnected(done.stderr.strip() or "ptahd could not be started.", str(address))


def request_line(number: int, method: str, params: Mapping[str, Any]) -> bytes:
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    return json.dumps(message, separators=(",", ":")).encode() + b"\n"


def parse_line(line: bytes) -> Json:
    try:
        message = json.loads(line)
    except ValueError as error:
        raise Disconnected(f"What answers is no ptahd: {error}.") from None
    if not isinstance(message, dict):
        raise Disconnected("What answers is no ptahd.")
    return message


def result_of(answer: Json) -> Any:
    """The result of an answer, or its error raised."""
    if "error" in answer:
        error = answer["error"]
        data = error.get("data") or {}
        raise PtahError(data.get("code", "internal"), data.get("message", error.get("message", "")),
                        data.get("where", ""), data.get("hint", ""))
    return answer.get("result")


def event_of(message: Json) -> Event:
    params = message.get("params") or {}
    return Event(message["method"], params.get("event", 0), params)


def hello_params(address: Address) -> Json:
    params: Json = {"client": "python", "version": "0.1.0", "protocol": PROTOCOL}
    if address.token:
        params["token"] = address.token
    return params


def check_hello(reply: Json) -> Json:
    if reply.get("protocol") != PROTOCOL:
        raise PtahError("unsupported", f"ptahd {reply.get('version')} speaks protocol {reply.get('protocol')}, this "
                        f"client speaks {PROTOCOL}.", hint="install the client of the same version")
    return reply


STORED = "sha256:"  # and a hash: a file of the daemon's store, wherever a request takes a file
PIECE = 512 << 10   # of a file, in one request


def absolute(path: PathLike) -> str:
    text = os.fspath(path)
    return text if text.startswith(STORED) else os.path.abspath(text)


def put_steps(path: PathLike) -> Generator[Json, Json, str]:
    """A file on its way into the store: yields the parameters of each store.put, is sent its answer, and returns the name
    that stands for the file in requests. What the store has is not sent."""
    with open(path, "rb") as file:
        digest = hashlib.sha256()
        while piece := file.read(PIECE):
            digest.update(piece)
        params: Json = {"hash": digest.hexdigest(), "size": file.tell()}
        answer = yield params
        while not answer["file"]:
            file.seek(answer["received"])
            piece = file.read(PIECE)
            if not piece and params["size"]:
                raise PtahError("io", "The file has become shorter while it was sent.", os.fspath(path))
            answer = yield {**params, "offset": answer["received"], "data": base64.b64encode(piece).decode()}
    return answer["file"]


def read_steps(name: str, out: PathLike) -> Generator[Json, Json, None]:
    """A file of the store on its way to `out`: yields the parameters of each store.read and is sent its answer. The file
    is whole and has the right bytes, or is not there."""
    wanted = name[len(STORED):] if name.startswith(STORED) else name
    part = pathlib.Path(f"{os.fspath(out)}.part")
    try:
        with open(part, "wb") as file:
            digest = hashlib.sha256()
            while True:
                answer = yield {"hash": wanted, "offset": file.tell()}
                piece = base64.b64decode(answer["data"])
                digest.update(piece)
                file.write(piece)
                if file.tell() >= answer["size"]:
                    break
                if not piece:
                    raise PtahError("io", "ptahd sent no more of the file.", wanted)
        if digest.hexdigest() != wanted:
            raise PtahError("io", "The file in the daemon's store is damaged.", wanted, "`ptah server verify` lists all that is")
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)


def circuit_fields(given: Mapping[str, Any]) -> Json:
    """The fields of a request that name a circuit, with the user's files read: `params_file` (`.param` lines, or
    NAME=VALUE) joins `params`; the files of a netlist become `sources`."""
    whole = dict(given)
    try:
        params = gather_params(whole.pop("params", None), whole.pop("params_file", None))
        whole = gather_sources(whole)
    except InputError as error:
        raise PtahError(error.code, error.message, error.where, error.hint) from None
    if params:
        whole["params"] = params
    return whole


def run_params(spec: Mapping[str, Any], out: Optional[PathLike], job: Optional[str], library: str) -> Json:
    """Of flow.run."""
    params: Json = {"spec": circuit_fields(spec), "library": library}
    if out is not None:
        params["out"] = absolute(out)
    if job:
        params["job"] = job
    return params


def layout_param(layout: Union[PathLike, bytes]) -> Json:
    """Of score.layout: a file's path, or a GDS file's bytes."""
    if isinstance(layout, (bytes, bytearray)):
        return {"data": base64.b64encode(bytes(layout)).decode()}
    return {"path": absolute(layout)}
