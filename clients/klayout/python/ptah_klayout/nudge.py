"""While live: the arrow keys move the selected devices by a step of the grid of placements, and their wires follow. Where nothing
is selected they pan the view, as ever."""
import pya

from . import reroute, views

TITLE = "Ptah: nudge"
WAYS = (("left", "Left", -1, 0), ("right", "Right", 1, 0), ("up", "Up", 0, 1), ("down", "Down", 0, -1))


class Nudge:
    def __init__(self, menu, path):
        self._actions, self._last = [], None
        menu.insert_menu(f"{path}.end", "ptah_nudge", "&Move the selected devices")
        for name, key, x, y in WAYS:
            action = pya.Action()
            action.title, action.shortcut = name.capitalize(), key
            action.tool_tip = f"By {reroute.GRID_UM} µm, while live"
            action.on_triggered = lambda name=name, x=x, y=y: self._key(name, x, y)
            action.enabled = False                   # so that the key goes where it always goes
            menu.insert_item(f"{path}.ptah_nudge.end", f"ptah_nudge_{name}", action)
            self._actions.append(action)

    def set(self, on):
        for action in self._actions:
            action.enabled = on

    def _key(self, name, x, y):
        view = views.main_window().current_view()
        focus = pya.QApplication.focusWidget()
        if view is None:
            return
        if focus is not None and not views.is_canvas(focus, view) and focus != views.main_window():
            # A list or a field has the keyboard: the key is its.
            key = getattr(pya.Qt, f"Key_{name.capitalize()}")
            pya.QCoreApplication.sendEvent(focus, pya.QKeyEvent(pya.QEvent.KeyPress, key.to_i(), pya.Qt.NoModifier))
        elif not self.move(view, x, y):
            getattr(view, f"pan_{name}")()

    def move(self, view, x, y):
        """Whether something is selected that can be moved: instances of the cell on screen."""
        cellview = view.active_cellview()
        if not cellview.is_valid():
            return False
        chosen = [path.inst() for path in view.each_object_selected()
                  if path.is_cell_inst() and path.path_length() == 1 and path.cv_index == cellview.index()]
        if not chosen:
            return False
        manager = views.manager()
        # Several in a row are one step, until wires have followed.
        joined = self._last is not None and manager.has_undo() and manager.transaction_for_undo() == TITLE
        self._last = manager.transaction(TITLE, self._last) if joined else manager.transaction(TITLE)
        try:
            by = pya.DTrans(x * reroute.GRID_UM, y * reroute.GRID_UM)
            for instance in chosen:
                instance.transform(by)
        finally:
            manager.commit()
        reroute.select(view, cellview, cellview.cell, chosen)
        return True
