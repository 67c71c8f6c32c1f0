"""Which model says something of a circuit's placements: that of the settings, or the one named after the circuit."""
import os

from . import session

LIBRARY = "work"
PREFIXES = ("", "nas-", "cnn-")  # the user's own first, then as shipped models are called


class Models:
    """Names of the library's models, asked for once a connection and again whenever one comes or goes."""

    def __init__(self, connection):
        self._connection, self.names = connection, frozenset()
        connection.state_handlers.append(self._on_state)
        connection.note_handlers.append(self._on_note)

    def _on_state(self, state):
        if state == "ready":
            self._ask(frozenset())

    def _on_note(self, method, note):
        if method == "model.changed" and note.get("library") == LIBRARY:
            self._ask(frozenset())

    def _ask(self, found, after=None):
        params = {"library": LIBRARY, "limit": 1000}
        if after:
            params["after"] = after

        def answered(result, error):
            if error:
                return
            names = found | {model["name"] for model in result.get("models") or []}
            if result.get("next"):
                self._ask(names, result["next"])
            else:
                self.names = names
        self._connection.request("model.list", params, answered)

    def of(self, spec):
        """The model for what `spec` names, or None."""
        chosen = session.get("ptah-model")
        if chosen:
            return chosen
        netlist = os.path.basename(spec.get("netlist") or "").rsplit(".", 1)[0]
        circuit = spec.get("circuit") or netlist
        return next((prefix + circuit for prefix in PREFIXES if circuit and prefix + circuit in self.names), None)
