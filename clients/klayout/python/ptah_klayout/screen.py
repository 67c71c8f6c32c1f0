"""What is on screen. Verdicts, marks and a prediction are about it, and go when it changes: another tab, layout or cell, or
another circuit that it is said to be.

KLayout tells of other tabs only, so it is looked at a few times a second.
"""
import collections

from . import qt, views

LOOK_MS = 300

# `layout`: a file's path, or the title of a layout without one; `circuit`: the fields that name it, or None.
Subject = collections.namedtuple("Subject", "view index layout cell circuit")


class Screen:
    """`handlers`: called with (before, now) after each change, Subjects or None where no layout is shown."""

    def __init__(self, app, parent):
        self._app = app
        self.handlers = []
        self.subject = None
        self._timer = qt.QTimer(parent)
        self._timer.timeout = self.look
        self._timer.start(LOOK_MS)

    def stop(self):
        self._timer.stop()

    def look(self):
        """The Subject now."""
        now = self._now()
        if now != self.subject:
            before, self.subject = self.subject, now
            for handler in list(self.handlers):
                handler(before, now)
        return self.subject

    def _now(self):
        try:
            view, cellview, cell = views.active()
        except (views.Problem, RuntimeError):        # none, or one that is being closed
            return None
        return Subject(view, cellview.index(), cellview.filename() or cellview.name, cell.name, self._app.circuit_of(cellview))
