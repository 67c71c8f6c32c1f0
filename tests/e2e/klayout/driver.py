"""Runs inside KLayout: drives the package step by step from its event loop, and writes down what it saw.

A program is a generator function `main(app, see)`: it yields seconds to wait, or a condition to wait for. `see` is
a dictionary that becomes the result file. The end, or the first mistake, writes the file and leaves; KLayout 0.28
does not survive its own exit() inside a macro, so leaving means os._exit.
"""
import json
import os
import sys
import time
import traceback

import pya

WINDOW = pya.MainWindow.instance()
FOLDER = os.environ["PTAH_TEST_FOLDER"]
PATIENCE_S = float(os.environ.get("PTAH_TEST_PATIENCE", "120"))
# KLayout's own greeting would lie over everything.
WINDOW.set_config("full-hierarchy-new-cell", "true")
WINDOW.resize(1500, 940)
WINDOW.show()


class Late(Exception):
    pass


def waited_for_a_processor():
    """Seconds that this thread was ready to run and did not get a processor, since it began; 0 where the kernel does not say."""
    try:
        with open("/proc/thread-self/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) * 1e-9
    except (OSError, IndexError, ValueError):
        return 0.0


class Timer(pya.QTimer):
    """One that leaves nothing behind: the package's qt.py says how, but it starts after the driver."""
    event = eventFilter = timerEvent = childEvent = customEvent = disconnectNotify = len


class Ticker:
    """A 50 ms timer. `late`: [(ms late, ms of that in which other programs had the processors)]."""

    def __init__(self):
        self.late, self.ticks, self._due, self._waited = [], 0, None, 0.0
        self._timer = Timer(WINDOW)
        self._timer.timeout = self._tick

    def start(self):
        self._due, self._waited = time.monotonic() + 0.05, waited_for_a_processor()
        self._timer.start(50)

    def _tick(self):
        now, waited = time.monotonic(), waited_for_a_processor()
        self.ticks += 1
        if now - self._due > 0.05:
            self.late.append(((now - self._due) * 1e3, (waited - self._waited) * 1e3))
        self._due, self._waited = now + 0.05, waited


def screenshot(name):
    """The whole screen, so that dialogs and panel are seen together."""
    screen = pya.QGuiApplication.primaryScreen()
    screen = screen() if callable(screen) else screen
    pya.QApplication.processEvents()
    screen.grabWindow(0).save(os.path.join(FOLDER, f"{name}.png"))


class Driver:
    def __init__(self, main):
        self.see, self._main, self._steps, self._condition = {}, main, None, None
        self._deadline = 0.0
        self._timer = Timer(WINDOW)
        self._timer.singleShot = True
        self._timer.timeout = self._tick
        self._timer.start(200)

    def _tick(self):
        try:
            if self._condition is not None and not self._condition():
                if time.monotonic() > self._deadline:
                    raise Late(f"waited {PATIENCE_S} s in vain")
                self._timer.start(20)
                return
            if self._steps is None:
                from ptah_klayout import app                # autorun macros run after -rm
                if app.instance() is None:
                    raise RuntimeError("the package has not started")
                self._steps = self._main(app.instance(), self.see)
            wanted = next(self._steps)
            self._condition = wanted if callable(wanted) else None
            self._deadline = time.monotonic() + PATIENCE_S
            self._timer.start(5 if self._condition else max(1, int(wanted * 1000)))
        except StopIteration:
            self._leave()
        except BaseException as error:                      # noqa: BLE001
            self.see["mistake"] = f"{type(error).__name__}: {error}\n{traceback.format_exc()}"
            frame = self._steps.gi_frame if self._steps is not None else None
            self.see["line"] = frame.f_lineno if frame is not None else None
            try:
                screenshot("mistake")
            except RuntimeError:
                pass
            self._leave()

    def _leave(self):
        try:
            from ptah_klayout import app
            self.see["log"] = app.instance().log.lines if app.instance() else []
        except ImportError as error:
            self.see["log"] = [str(error)]
        path = os.path.join(FOLDER, "result.json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.see, file, default=str)
        os.rename(path + ".new", path)
        sys.stdout.flush()
        os._exit(0)


def run(main):
    run.driver = Driver(main)        # kept: KLayout forgets the script's names


# ---- what several programs need

def connected(app):
    """On a machine that does much else the greeting may come after the 5 s that the package allows: then once more."""
    def there():
        if app.connection.state == "refused" and "did not greet" in app.connection.problem["message"]:
            app.connection.open()
        return app.connection.ready and app.library.circuits
    return there


def move_instance(cell_prefix, dx_um, dy_um, number=0):
    """Moves an instance as one transaction, as the mouse does. Returns its cell's name."""
    view = WINDOW.current_view()
    cellview = view.active_cellview()
    found = [i for i in cellview.cell.each_inst() if i.cell.name.startswith(cell_prefix)]
    view.transaction("move")
    found[number].transform(pya.DTrans(pya.DVector(dx_um, dy_um)))
    view.commit()
    return found[number].cell.name


def canvas_of(view):
    """The widget that shows the layout: the one of just the size of the view's port."""
    size = (view.viewport_width(), view.viewport_height())
    for x in range(0, WINDOW.width, 40):
        for y in range(0, WINDOW.height, 40):
            widget = WINDOW.childAt(x, y)
            if widget is not None and (widget.width, widget.height) == size:
                return widget
    raise RuntimeError("the canvas is not found")


def send_mouse(view, kind, at, button, buttons):
    """`at` in µm."""
    pixel = view.viewport_trans() * at
    point = pya.QPointF(pixel.x, view.viewport_height() - 1 - pixel.y)
    pya.QCoreApplication.sendEvent(canvas_of(view), pya.QMouseEvent(kind, point, button, buttons, pya.Qt.NoModifier))


def point_at(view, at):
    """The cursor over a point in µm."""
    pixel = view.viewport_trans() * at
    corner = canvas_of(view).mapToGlobal(pya.QPoint(0, 0))
    pya.QCursor.setPos(corner.x + int(pixel.x), corner.y + view.viewport_height() - 1 - int(pixel.y))


def click(view, at):
    for kind, buttons in ((pya.QEvent.MouseButtonPress, pya.Qt.LeftButton), (pya.QEvent.MouseButtonRelease, pya.Qt.NoButton)):
        send_mouse(view, kind, at, pya.Qt.LeftButton, buttons)


def press_escape(view):
    pya.QCoreApplication.sendEvent(canvas_of(view), pya.QKeyEvent(pya.QEvent.KeyPress, pya.Qt.Key_Escape.to_i(), pya.Qt.NoModifier))


def drag_instance(cell_prefix, dx_um, dy_um):
    """A device moved with the mouse, as a designer does: click, move, click. A generator of pauses."""
    view = WINDOW.current_view()
    cellview = view.active_cellview()
    instance = next(i for i in cellview.cell.each_inst() if i.cell.name.startswith(cell_prefix))
    view.clear_selection()
    path = pya.ObjectInstPath()
    path.cv_index, path.top = cellview.index(), cellview.cell.cell_index()
    path.append_path(pya.InstElement(instance))
    view.select_object(path)
    view.switch_mode("move")
    nothing, left = pya.Qt.NoButton, pya.Qt.LeftButton
    send = lambda *event: send_mouse(view, *event)
    start = instance.dbbox().center()
    end = start + pya.DVector(dx_um, dy_um)
    send(pya.QEvent.MouseMove, start, nothing, nothing)
    yield 0.1
    for at in (start, end):
        send(pya.QEvent.MouseMove, at, nothing, nothing)
        yield 0.1
        send(pya.QEvent.MouseButtonPress, at, left, left)
        yield 0.05
        send(pya.QEvent.MouseButtonRelease, at, left, nothing)
        yield 0.6                                        # no double click


def undo():
    WINDOW.cm_undo()


def layout_state():
    """Everything of the layout on screen that an undo must bring back."""
    cellview = WINDOW.current_view().active_cellview()
    layout = cellview.layout()
    cells = {}
    for cell in layout.each_cell():
        shapes = sum(cell.shapes(i).size() for i in layout.layer_indexes())
        cells[cell.name] = [shapes, sorted(f"{i.cell.name} {i.trans}" for i in cell.each_inst())]
    return cells


def view_state():
    view = WINDOW.current_view()
    shown = [(node.source, node.visible) for node in view.each_layer()]
    return [str(view.box()), view.active_cellview().cell.name, shown]
