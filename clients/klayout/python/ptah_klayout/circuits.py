"""Choosing a circuit: one of the library, or a netlist file (with pairs, testbench and measures beside it where they are)."""
import os

import pya

from . import qt, session, ui

FILE_ENTRY = "Netlist file…"


def spec_of_netlist(path):
    """The fields of flow.run for a netlist; files of the usual names beside it are taken along."""
    folder, name = os.path.split(os.path.abspath(path))
    stem = name.rsplit(".", 1)[0]
    spec = {"netlist": os.path.abspath(path)}
    for field, names in (("pairs", (f"{stem}.pairs.json", "pairs.json")),
                         ("testbench", (f"{stem}.testbench.spice", f"{stem}_tb.spice", "testbench.spice")),
                         ("measures", (f"{stem}.measures.yaml", "measures.yaml"))):
        for candidate in names:
            beside = os.path.join(folder, candidate)
            if os.path.isfile(beside):
                spec[field] = beside
                break
    return spec


class Library:
    """The shipped circuits, asked for once a connection."""

    def __init__(self, connection):
        self._connection, self.circuits, self.handlers = connection, [], []
        connection.state_handlers.append(self._on_state)

    def _on_state(self, state):
        if state == "ready":
            self._connection.request("library.circuits", {}, self._on_circuits)

    def _on_circuits(self, result, error):
        if error:
            return
        self.circuits = (result.get("result") or {}).get("circuits") or []
        for handler in list(self.handlers):
            handler()

    def guess(self, cell_name):
        """The circuit that a cell of the flow is named after, or None."""
        names = sorted((c["name"] for c in self.circuits), key=len, reverse=True)
        return next((n for n in names if cell_name == n or cell_name.startswith(n + "_")), None)


class Chooser(qt.QWidget):
    """A combo box of circuits; `changed()` after each change by the user or the library."""

    def __init__(self, library, changed=None, parent=None):
        super().__init__(parent)
        self._library, self._changed, self._filling = library, changed or (lambda: None), False
        self._netlist = session.get("ptah-netlist")
        self._box = qt.QComboBox()
        self._box.setSizePolicy(pya.QSizePolicy.Expanding, pya.QSizePolicy.Fixed)
        self._box.setMinimumWidth(120)
        self._box.activated = lambda index: self._on_activated(index)
        ui.row(self._box, parent=self)
        library.handlers.append(self.refill)
        self.refill()

    def refill(self):
        wanted = self.name() or session.get("ptah-circuit")
        self._filling = True
        self._box.clear()
        for circuit in self._library.circuits:
            self._box.addItem(f"{circuit['title']}  ({circuit['name']})", circuit["name"])
        if self._netlist:
            self._box.addItem(os.path.basename(self._netlist), "file:" + self._netlist)
        self._box.addItem(FILE_ENTRY, "choose")
        self._filling = False
        self.select(wanted)

    def _data(self):
        index = self._box.currentIndex
        return str(self._box.itemData(index) or "") if index >= 0 else ""

    def name(self):
        """A library circuit's name, `file:PATH`, or an empty text."""
        data = self._data()
        return "" if data == "choose" else data

    def select(self, name):
        for index in range(self._box.count):
            if self._box.itemData(index) == name:
                if self._box.currentIndex != index:
                    self._box.currentIndex = index
                return True
        return False

    def use_netlist(self, path):
        self._netlist = os.path.abspath(path)
        session.put("ptah-netlist", self._netlist)
        self.refill()
        self.select("file:" + self._netlist)
        self._changed()

    def _on_activated(self, index):
        if self._filling:
            return
        if self._data() == "choose":
            path = pya.FileDialog.ask_open_file_name("Netlist", os.path.dirname(self._netlist or ""),
                                                     "SPICE netlists (*.sp *.spice *.cir *.ckt *.net);;All files (*)")
            if path:
                self.use_netlist(path)
            else:
                self._box.currentIndex = 0
            return
        if not self.name().startswith("file:"):
            session.put("ptah-circuit", self.name())
        self._changed()

    def spec(self):
        """The fields that name the circuit, or None."""
        name = self.name()
        if name.startswith("file:"):
            return spec_of_netlist(name[5:])
        return {"circuit": name} if name else None
