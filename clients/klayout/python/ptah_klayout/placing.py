"""A layout that is to be placed as a cell hangs on the mouse: a click says where, Escape cancels."""
import pya

from . import qt, ui, views

FOLLOW_MS = 30


class Placing(qt.QObject):
    """While it lasts it sees all events of the program first; most it lets pass. `ended(instance, or None)` is called once."""

    def __init__(self, source, title, ended, parent):
        super().__init__(parent)
        self._source, self._title, self._ended = source, title, ended
        self._view = views.active()[0]
        self._bounds = source.bounds
        self._marker = None
        self._pressed = False
        self._follow = qt.QTimer(self)
        self._follow.timeout = self._look
        self._follow.start(FOLLOW_MS)
        pya.QApplication.instance().installEventFilter(self)
        self._look()

    @property
    def active(self):
        return self._follow is not None

    def eventFilter(self, watched, event):
        kind = event.type()
        if kind in (pya.QEvent.ShortcutOverride, pya.QEvent.KeyPress):
            if event.key() != pya.Qt.Key_Escape.to_i():
                return False
            self.end(None)
            return True
        if kind not in (pya.QEvent.MouseButtonPress, pya.QEvent.MouseButtonRelease, pya.QEvent.MouseButtonDblClick):
            return False
        if not views.is_canvas(watched, self._view) or event.button() != pya.Qt.LeftButton:
            return False
        # The canvas sees neither the press nor what follows from it.
        if kind == pya.QEvent.MouseButtonRelease and self._pressed:
            self.put(views.point_of(self._view, event.x(), event.y()))
        self._pressed = kind != pya.QEvent.MouseButtonRelease
        return True

    def put(self, point):
        """As a click there does."""
        placed = None
        try:
            placed = views.place_as_cell(self._source, self._title, point)
        finally:
            self.end(placed)                     # the mouse is given back in any case

    def end(self, placed):
        if self.active:
            self.stop()
            self._ended(placed)

    def stop(self):
        """Without a word: the program leaves."""
        pya.QApplication.instance().removeEventFilter(self)
        self._follow.stop()
        self._follow = None
        self._drop_marker()

    def _look(self):
        """The outline goes with the cursor. Another tab ends it."""
        if self._view._destroyed() or views.main_window().current_view() != self._view:
            self.end(None)
            return
        point = views.under_cursor(self._view)
        self._drop_marker()
        if point is not None:
            self._marker = pya.Marker(self._view)
            self._marker.set(self._bounds.moved(views.corner_at(self._bounds, point)))
            self._marker.color = self._marker.frame_color = ui.ACCENT
            self._marker.line_width, self._marker.dither_pattern = 2, 3

    def _drop_marker(self):
        if self._marker is not None:
            try:
                self._marker._destroy()
            except RuntimeError:
                pass                                 # its view is closed
            self._marker = None
