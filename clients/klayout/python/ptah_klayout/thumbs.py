"""Thumbnails of layouts, drawn by KLayout itself: one per turn of the event loop, so that the window stays quick."""
import os

import pya

from . import layers, qt

SIZE = (176, 132)
MAX_BYTES = 8 << 20          # a larger file would make the window stutter
CACHE = 600


class Thumbnails:
    def __init__(self, parent):
        self._view = None
        self._queue = []                 # (path, done)
        self._cache = {}
        self._timer = qt.QTimer(parent)
        self._timer.singleShot = True
        self._timer.timeout = self._next

    def request(self, path, done):
        """Calls `done(pixmap)`, at once where it is known."""
        if path in self._cache:
            done(self._cache[path])
            return
        self._queue.append((path, done))
        if not self._timer.active:
            self._timer.start(0)

    def forget(self):
        """Those that nobody waits for any more."""
        self._queue = []

    def _next(self):
        if not self._queue:
            return
        path, done = self._queue.pop(0)
        if path not in self._cache:
            if len(self._cache) >= CACHE:
                self._cache.pop(next(iter(self._cache)))
            self._cache[path] = self.draw(path)
        try:
            done(self._cache[path])
        finally:
            if self._queue:
                self._timer.start(5)

    def draw(self, path, size=SIZE):
        """None where the file can not be drawn."""
        try:
            if not path or os.path.getsize(path) > MAX_BYTES:
                return None
            view = self._viewer()
            while view.cellviews() > 0:
                view.erase_cellview(0)
            view.clear_layers()
            view.load_layout(path, False)
            layers.apply(view)
            view.max_hier()
            view.zoom_fit()
            view.update_content()
            return pya.QPixmap.fromImage(view.get_image(*size))
        except RuntimeError:
            return None

    def _viewer(self):
        if self._view is None:
            self._view = pya.LayoutView(False, None, 0)
            for key, value in (("background-color", "#12171c"), ("grid-visible", "false"), ("text-visible", "false"),
                               ("absolute-units", "false"), ("cell-box-visible", "false")):
                self._view.set_config(key, value)
        return self._view
