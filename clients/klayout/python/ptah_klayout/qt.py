"""Qt's classes for what this package makes: `qt.QLabel` is pya.QLabel, of which Qt's own work leaves nothing behind.

KLayout's binding (0.28) calls Python for each virtual function of an object that Python made, overridden or not, and the
wrappers of such a call's arguments stay as long as the program runs: 0.6 KB a tick of a timer, 5 KB a new text of a label.
It leaves a function to Qt whose name in the object's class is a builtin. So the classes here have a builtin there; a
subclass that overrides one of them gets it, with a wrapper left behind for each call: for clicks, not for painting.
"""
import pya

# Beside those that end with "Event": functions that Qt calls with objects of its own, and nobody calls from Python.
CALLED_BY_QT = ("event", "eventFilter", "connectNotify", "disconnectNotify", "initPainter", "paintEngine", "redirected",
                "sharedPainter", "dataChanged", "isIndexHidden", "visualRect", "setData")
OF_LAYOUTS = ("addItem", "itemAt", "takeAt", "setGeometry")


def __getattr__(name):
    """Makes the class at its first use."""
    if not name.startswith("Q"):
        raise AttributeError(name)
    base = getattr(pya, name)
    names = CALLED_BY_QT + OF_LAYOUTS if name.endswith("Layout") else CALLED_BY_QT
    left = [own for own in dir(base) if own.endswith("Event") or own in names]
    made = globals()[name] = type(name, (base,), dict.fromkeys(left, len))
    return made
