"""Ptah in KLayout: variants, scores and checks of analog layouts from a daemon on this machine.

The modules, from the wire up: `protocol` (one connection, JSON lines), `session` (where the daemon is, settings),
`jobs` (what the daemon works on), then one module a window or panel. Everything runs in KLayout's event loop on
Qt signals; there are no threads and nothing ever waits.
"""

VERSION = "0.1.0"
PROTOCOL = 1
