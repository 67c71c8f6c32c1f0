"""A saved layout that is opened again has the technology's layers; where the keyboard is can be seen."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pya

from driver import FOLDER, WINDOW, connected, run, screenshot
from ptah_klayout import layers, views


def list_of(view):
    return [(node.name, node.fill_color, node.visible) for node in view.each_layer()]


def below(widget):
    """The widgets inside one."""
    for child in widget.children():
        if hasattr(child, "focusPolicy"):
            yield child
            yield from below(child)


def main(app, see):
    yield connected(app)
    window = app.variants()
    window.circuit.select("five_transistors_ota")
    window.assignments.value, window.moves.value = 1, 1
    window.start()
    yield lambda: window._job.finished and window.gallery._cards.count == 2 and not app.thumbnails._queue
    variant = next(iter(window._job.variants.values()))
    window.gallery.select([variant.key])

    app.show_panel()
    see["invisible"], see["kinds"] = [], set()
    for name, make in (("variants", app.variants), ("place", app.place), ("server", app.server), ("panel", app.show_panel)):
        made = make()
        made.activateWindow()
        if name == "panel":
            WINDOW.activateWindow()
        yield 0.5
        made.window().setAttribute(pya.Qt.WA_KeyboardFocusChange, True)      # as after a Tab
        for widget in list(below(made)):
            if not widget.visible or not widget.enabled or widget.focusPolicy in (pya.Qt.NoFocus, pya.Qt.ClickFocus) or widget.focusProxy is not None:
                continue
            # A dialog's default button is framed while nothing else has the keyboard.
            others = [w for w in below(made) if w != widget and hasattr(w, "autoDefault") and w.visible and w.enabled]
            others[0].setFocus(pya.Qt.TabFocusReason) if others else widget.clearFocus()
            yield 0.02
            without = widget.grab().toImage()
            widget.setFocus(pya.Qt.TabFocusReason)
            yield 0.02
            if not widget.hasFocus():
                see["invisible"].append([name, type(widget).__name__, "takes no focus"])
                continue
            see["kinds"].add(type(widget).__name__.replace("_Native", ""))
            if widget.grab().toImage() == without:
                see["invisible"].append([name, type(widget).__name__, getattr(widget, "text", "")])
        if name == "variants":
            window.start_button.setFocus(pya.Qt.TabFocusReason)
            yield 0.1
            screenshot("focus")
        if name != "panel":
            made.hide()
    see["kinds"] = sorted(see["kinds"])

    view, cellview = views.open_in_tab(variant.gds, variant.name)
    app.remember_circuit(cellview, dict(variant.spec, circuit="miller_ota"))     # what no name of a cell tells
    wanted = list_of(view)
    yield 0.5
    saved = os.path.join(FOLDER, "saved.gds")
    view.save_as(cellview.index(), saved, pya.SaveLayoutOptions())
    yield 1.0
    see["still_known"] = [cellview.filename() == saved, app.circuit_of(cellview)]
    app._circuits.clear()                                # as after a new start: settings are all that is left
    see["known_again"] = app.circuit_of(cellview)
    WINDOW.close_current_view()
    WINDOW.load_layout(saved, 1)
    yield lambda: list_of(WINDOW.current_view()) == wanted
    screenshot("saved")
    # Whoever names his layers keeps them, and another technology's layout is left alone.
    WINDOW.current_view().save_layer_props(os.path.join(FOLDER, "mine.lyp"))
    mine = open(os.path.join(FOLDER, "mine.lyp"), encoding="utf-8").read().replace("met1", "my metal")
    open(os.path.join(FOLDER, "mine.lyp"), "w", encoding="utf-8").write(mine)
    WINDOW.current_view().load_layer_props(os.path.join(FOLDER, "mine.lyp"))
    theirs = list_of(WINDOW.current_view())
    other = pya.Layout()
    other.create_cell("other").shapes(other.layer(1, 0)).insert(pya.Box(0, 0, 1000, 1000))
    other.cell("other").shapes(other.layer(*layers.GDS_OF["met1"])).insert(pya.Box(0, 0, 1000, 1000))
    other.write(os.path.join(FOLDER, "other.gds"))
    WINDOW.load_layout(os.path.join(FOLDER, "other.gds"), 1)
    yield 1.0
    see["other"] = [name for name, _, _ in list_of(WINDOW.current_view())]
    WINDOW.current_view_index = 0
    yield 1.0
    see["theirs_stay"] = list_of(WINDOW.current_view()) == theirs and any("my metal" in name for name, _, _ in theirs)


run(main)
