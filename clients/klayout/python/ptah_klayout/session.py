"""Where the daemon is and what the user chose. Settings live in KLayout's own configuration (keys `ptah-*`)."""
import json
import os
import shutil
import time

import pya

SETTINGS = {
    "ptah-socket": "",           # path of the Unix socket; empty: the daemon's default
    "ptah-host": "",             # HOST:PORT; where set, TCP is used
    "ptah-token-file": "",       # empty: `token` beside the default socket
    "ptah-program": "",          # the program `ptah`; empty: the one that installed this package, or on PATH
    "ptah-search": "",           # strategy of explorations; empty: variants of random assignments
    "ptah-flow": "native",
    "ptah-tech": "ptah130",
    "ptah-circuit": "miller_ota",
    "ptah-netlist": "",
    "ptah-model": "",            # which predicts; empty: the one that is named after the circuit
    "ptah-live": "false",
    "ptah-reroute": "true",      # while live: wires follow a device that is moved
    "ptah-layouts": "[]",        # circuits of saved layouts: [path, top cell, fields] each, the newest last
}
LOG_LINES = 500
KEPT_LAYOUTS = 50


def get(key):
    value = pya.Application.instance().get_config(key)
    return value if value else SETTINGS[key]


def put(key, value):
    assert key in SETTINGS, key
    pya.Application.instance().set_config(key, str(value))


def kept_circuits():
    """What was said of saved layouts: (path, top cell) -> fields. A netlist that is gone says nothing any more."""
    try:
        kept = {(path, cell): dict(spec) for path, cell, spec in json.loads(get("ptah-layouts"))}
    except (TypeError, ValueError):
        return {}
    return {key: spec for key, spec in kept.items() if os.path.isfile(spec.get("netlist", __file__))}


def keep_circuit(path, cell, spec):
    if not os.path.isabs(path):
        return
    kept = kept_circuits()
    kept.pop((path, cell), None)
    kept[path, cell] = spec
    put("ptah-layouts", json.dumps([[*key, value] for key, value in list(kept.items())[-KEPT_LAYOUTS:]]))


def default_socket():
    """The daemon's own rule: $PTAH_SOCKET, then the runtime folder, then /tmp."""
    if os.environ.get("PTAH_SOCKET"):
        return os.environ["PTAH_SOCKET"]
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return f"{runtime}/ptah/ptahd.sock" if runtime else f"/tmp/ptah-{os.getuid()}/ptahd.sock"


def socket_path():
    return get("ptah-socket") or default_socket()


def token_path():
    return get("ptah-token-file") or os.path.join(os.path.dirname(socket_path()), "token")


def locate():
    """For Connection. An OSError where the token can not be read, a ValueError never."""
    host = get("ptah-host")
    if not host:
        return ("local", socket_path())
    name, _, port = host.rpartition(":")
    if not name or not port.isdigit() or not 0 < int(port) < 65536:
        raise OSError(f"`{host}` is not HOST:PORT")
    with open(token_path(), encoding="utf-8", errors="replace") as file:
        return ("tcp", name, int(port), file.read(4096).strip())


def program():
    """The program `ptah`, or None."""
    given = get("ptah-program")
    if given:
        return given if os.access(given, os.X_OK) else None
    return installed_by() or shutil.which("ptah")


def installed_by():
    """The `ptah` that installed this package, as it wrote down: a program started from a desktop has no shell's PATH."""
    try:
        with open(os.path.join(os.path.dirname(__file__), "../../program"), encoding="utf-8") as file:
            path = file.read().strip()
    except OSError:
        return None
    return path if os.access(path, os.X_OK) else None


class Log:
    """The last lines, for Ptah > Server > Log."""

    def __init__(self):
        self.lines, self.handlers = [], []

    def __call__(self, level, text):
        line = f"{time.strftime('%H:%M:%S')}  {level:<7}  {text}"
        self.lines = self.lines[-(LOG_LINES - 1):] + [line]
        for handler in list(self.handlers):
            handler(line)
