"""Layouts in the editor: which one is meant, opening, placing as a cell, handing it to the server.

A layout of the user's is changed only inside one transaction (one undo), and its view (box, layers, cell) is
left as it was.
"""
import base64
import functools
import itertools
import os
import tempfile

import pya

from . import layers
from .errors import failure

INLINE_BYTES = 256 << 10     # handed over inside the request; the server takes up to 512 KiB
EXPORT_SHAPES = 100_000      # below the cell; more would make the window stutter (a Miller OTA has 1,100)
COUNT_VISITS = 60_000        # of cells, once a layer, for the same reason
PLACE_GRID_UM = 0.1
PLACE_GAP_UM = 2.0           # to what is drawn, where no place was said
_numbers = itertools.count(1)


class Problem(Exception):
    """Carries an error of errors.failure."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.error = error


@functools.lru_cache(maxsize=1)
def main_window():
    """Asked for once: of each answer KLayout 0.28 keeps an object."""
    return pya.MainWindow.instance()


@functools.lru_cache(maxsize=1)
def manager():
    """Of undo; kept for the same reason."""
    return main_window().manager()


def active():
    """The cell on screen, as (view, cellview, cell). Problem where there is none."""
    view = main_window().current_view()
    cellview = view.active_cellview() if view is not None else None
    if cellview is None or not cellview.is_valid() or cellview.cell is None:
        raise Problem(failure("invalid_argument", "No layout is open.",
                              "Open one, or make one with Ptah > Variants."))
    return view, cellview, cellview.cell


def drawn_shapes(layout, cell, limit):
    """Polygons, boxes and paths of the cell and of each instance below it; counting ends above `limit`. Not by Cell.shapes:
    of every call of it KLayout 0.28 keeps an object (its issue 2012)."""
    indexes = layout.layer_indexes()
    cells = [cell.cell_index()] + list(cell.called_cells())
    if len(cells) * len(indexes) > COUNT_VISITS:
        return limit + 1
    if sum(layout.cell(index).child_instances() for index in cells) > limit:
        return limit + 1
    count = 0
    for layer in indexes:
        count += pya.Region(cell.begin_shapes_rec(layer)).count()     # by cell, without looking at each
        if count > limit:
            break
    return count


class Export:
    """The cell's subtree as GDS. `bytes` without time stamps: equal layouts give equal bytes."""

    def __init__(self, cellview, cell):
        layout = cellview.layout()
        if drawn_shapes(layout, cell, EXPORT_SHAPES) > EXPORT_SHAPES:
            raise Problem(failure("limit", f"The cell {cell.name} holds more than {EXPORT_SHAPES:,} shapes, too many "
                                  "to score while you draw.", "Show the circuit's own cell as new top, or save the "
                                  "layout and press Check."))
        options = pya.SaveLayoutOptions()
        options.format = "GDS2"
        options.gds2_write_timestamps = False
        options.write_context_info = False
        options.clear_cells()
        options.add_cell(cell.cell_index())
        path = os.path.join(scratch(), f"{next(_numbers)}.gds")
        layout.write(path, options)
        with open(path, "rb") as file:
            self.bytes = file.read()
        self._path, self._users = path, 1
        if len(self.bytes) <= INLINE_BYTES:
            self.discard()
        self.top = cell.name

    def reference(self):
        """The field `layout` of a request. Call discard() after its answer."""
        if self._path is None:
            return {"data": base64.b64encode(self.bytes).decode()}
        return {"path": self._path}

    def share(self):
        """One more request has it, and calls discard()."""
        self._users += 1
        return self

    def discard(self):
        self._users -= 1
        if self._path is not None and self._users <= 0:
            os.unlink(self._path)
            self._path = None


def scratch():
    """A private folder in memory where there is one, removed with KLayout."""
    if not hasattr(scratch, "folder") or not os.path.isdir(scratch.folder.name):
        memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        scratch.folder = tempfile.TemporaryDirectory(prefix="ptah-klayout-", dir=memory)
    return scratch.folder.name


def reference_of(cellview, cell):
    """(field `layout`, top, discard): a saved layout by its path, any other as an export."""
    filename = cellview.filename()
    if filename and not cellview.is_dirty() and os.path.isfile(filename) and filename.endswith((".gds", ".GDS")):
        return {"path": os.path.abspath(filename)}, cell.name, lambda: None
    export = Export(cellview, cell)
    return export.reference(), export.top, export.discard


def open_in_tab(path, title):
    """A new tab. The layout has no file name: results in the store are not to be saved over."""
    if not path or not os.path.isfile(path):
        raise Problem(failure("not_found", f"The layout {title} is not in the store any more.",
                              "Make it again with Ptah > Variants."))
    window = main_window()
    cellview = window.create_layout(1)
    view = window.current_view()
    layout = cellview.layout()
    layout.read(path)
    tops = layout.top_cells()
    if tops:
        cellview.cell = tops[0]
    cellview.name = title
    layers.apply(view)
    view.max_hier()
    view.zoom_fit()
    return view, cellview


def is_canvas(widget, view):
    """KLayout does not tell: the view's canvas is the widget of just the size of its port."""
    size = (getattr(widget, "width", None), getattr(widget, "height", None))
    return size == (view.viewport_width(), view.viewport_height())


def point_of(view, x, y):
    """Of a pixel of the canvas, in µm."""
    return view.viewport_trans().inverted() * pya.DPoint(x, view.viewport_height() - 1 - y)


def under_cursor(view):
    """In µm; None where the cursor is not over the view."""
    cursor = pya.QCursor.pos
    canvas = pya.QApplication.widgetAt(cursor)
    if canvas is None or not is_canvas(canvas, view):
        return None
    inside = canvas.mapFromGlobal(cursor)
    return point_of(view, inside.x, inside.y)


class Source:
    """A layout's top cell, to be placed."""

    def __init__(self, path):
        self.layout = pya.Layout()
        self.layout.read(path)
        self.top = self.layout.top_cell()
        self.bounds = self.top.dbbox()


def corner_at(bounds, point):
    """What moves the middle of `bounds` to the point, on the grid of placements."""
    on_grid = lambda um: round(um / PLACE_GRID_UM) * PLACE_GRID_UM
    return pya.DVector(on_grid(point.x - bounds.center().x), on_grid(point.y - bounds.center().y))


def _free_place(view, cell, bounds):
    """The middle of the window where nothing is drawn, else to the right of all that is."""
    layout, there = cell.layout(), cell.dbbox()
    middle = view.box().center()
    wanted = bounds.moved(corner_at(bounds, middle)).enlarged(PLACE_GAP_UM, PLACE_GAP_UM)
    if all(cell.begin_shapes_rec_touching(layer, wanted).at_end() for layer in layout.layer_indexes()):
        return middle
    return pya.DPoint(there.right + PLACE_GAP_UM + PLACE_GRID_UM + bounds.width() / 2, there.center().y)


def place_as_cell(source, title, point=None):
    """The layout's top as a new cell in the open layout, one instance with its middle at the point; without one, where nothing
    is drawn. Returns (instance, cell).

    Cells keep their names where those are free, and get new ones otherwise: nothing of the user's is overwritten.
    """
    view, cellview, cell = active()
    layout = cellview.layout()
    top, bounds = source.top, source.bounds
    corner = corner_at(bounds, point or _free_place(view, cell, bounds))
    scale = pya.ICplxTrans(source.layout.dbu / layout.dbu)
    box, hierarchy = view.box(), (view.min_hier_levels, view.max_hier_levels)
    view.transaction(f"Ptah: place {title}")
    try:
        new = layout.create_cell(top.name)
        new.copy_tree(top) if abs(scale.mag - 1.0) < 1e-9 else _copy_scaled(new, top, scale)
        instance = cell.insert(pya.DCellInstArray(new.cell_index(), pya.DTrans(corner)))
    finally:
        view.commit()
    view.add_missing_layers()
    if view.box() != box:
        view.zoom_box(box)
    view.min_hier_levels = hierarchy[0]
    view.max_hier_levels = max(hierarchy[1], layout.cell(new.cell_index()).hierarchy_levels() + 2)
    return instance, new


def _copy_scaled(target, source, scale):
    """Another database unit: flattened, since an instance can not be scaled on the grid."""
    layout, origin = target.layout(), source.layout()
    for index in origin.layer_indexes():
        layer = layout.layer(origin.get_info(index))
        layout.insert(target.cell_index(), layer, pya.Region(source.begin_shapes_rec(index)).transformed(scale))
        layout.insert(target.cell_index(), layer, pya.Texts(source.begin_shapes_rec(index)).transformed(scale))
