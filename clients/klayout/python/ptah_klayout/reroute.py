"""While live: a device that was moved, or turned over where it stands, takes its wires along. What that tore is routed anew by
the server, wires that are still right stay as they are drawn, and one undo takes back the device and the wires."""
import copy

import pya

from . import views
from .gds import Contents

TITLE = "Ptah: move and route"
GRID_UM = 0.1                    # of placements
# How the server's orientations mirror along x and y, and KLayout's rotation codes that keep gates vertical.
MIRRORS = {"R0": (0, 0), "MY": (1, 0), "MX": (0, 1), "R180": (1, 1)}
OF_CODE = {0: "R0", 6: "MY", 4: "MX", 2: "R180"}


def combined(first, second):
    """One orientation after another."""
    wanted = tuple(a ^ b for a, b in zip(MIRRORS[first], MIRRORS[second]))
    return next(name for name, mirrors in MIRRORS.items() if mirrors == wanted)


def trans(instance):
    """Of an entry of Contents.instances."""
    _, code, x, y = instance
    return pya.Trans(code & 3, code > 3, x, y)


class Base:
    """A clean layout whose devices are known: what a move is told apart from."""

    def __init__(self, layout, report):
        self.top = report.asked[1]
        self._read(report.asked[2])
        self.dbu = layout.dbu
        self.at = report.placement["at_um"]
        self.places = {place["device"]: place for place in report.placement["devices"]}
        self.outlines = report.placement["outlines_um"]
        self.fingers = report.fingers
        boxes = {d["device"]: pya.DBox(*d["box_um"]).to_itype(self.dbu) for d in report.devices or [] if d.get("box_um")}
        sizes = {}                           # cell -> its box
        self.instances = {}                  # device -> its entry of Contents.instances
        for instance in self.all or []:
            name = instance[0]
            if name not in sizes:
                sizes[name] = layout.cell(layout.cell_by_name(name)).bbox() if layout.has_cell(name) else pya.Box()
            there = sizes[name].transformed(trans(instance))
            inside = [device for device, box in boxes.items() if box.inside(there)]
            if len(inside) == 1:
                self.instances[inside[0]] = instance

    def _read(self, data):
        self.data, contents = data, Contents(data, self.top)
        self.drawn, self.all = contents.drawn, contents.instances

    @property
    def whole(self):
        return set(self.instances) == set(self.places)

    def after(self, moved, data):
        """The layout when moves and wires have been drawn."""
        then = copy.copy(self)
        then._read(data)
        then.places = {**self.places, **{device: move.place for device, move in moved.items()}}
        then.outlines = {**self.outlines, **{device: move.outline for device, move in moved.items()}}
        then.instances = {**self.instances, **{device: move.after for device, move in moved.items()}}
        return then


class Move:
    """Of one device, by entries of Contents.instances: from `before` it was put to `now`, and comes to lie at `after`, on the
    grid. `place` and `outline` are the same as the server says them."""

    def __init__(self, base, device, now):
        self.before, self.now, place = base.instances[device], now, base.places[device]
        by = trans(now) * trans(self.before).inverted()
        left, bottom, right, top = base.outlines[device]
        outline = pya.DBox(left, bottom, right, top).moved(*base.at).to_itype(base.dbu)
        corner = outline.transformed(by).p1 - outline.p1
        x, y = (self._on_grid(place[name] + shift * base.dbu) for name, shift in (("x_um", corner.x), ("y_um", corner.y)))
        shift = (x - place["x_um"], y - place["y_um"])
        self.outline = [left + shift[0], bottom + shift[1], right + shift[0], top + shift[1]]
        self.place = dict(place, x_um=x, y_um=y, orientation=combined(place.get("orientation", "R0"), OF_CODE[by.rot]))
        self.after = (*now[:2], now[2] + round(shift[0] / base.dbu) - corner.x, now[3] + round(shift[1] / base.dbu) - corner.y)

    @staticmethod
    def _on_grid(um):
        return round(round(um / GRID_UM) * GRID_UM, 4)


def moves(base, data):
    """{device: Move} where instances of devices have been moved or turned over since, and nothing else has changed in the cell
    (an undo takes wires back as well); None otherwise."""
    now = Contents(data, base.top)
    if now.instances is None or now.drawn != base.drawn:
        return None
    left, strange = list(base.all), []
    for instance in now.instances:
        left.remove(instance) if instance in left else strange.append(instance)
    gone = [device for device, instance in base.instances.items() if instance in left]
    if not gone or len(gone) != len(strange) or len(left) != len(gone):
        return None
    moved = {}
    for device in gone:
        name, code, x, y = base.instances[device]
        same = [i for i in strange if i[0] == name and (trans(i) * trans((name, code, x, y)).inverted()).rot in OF_CODE]
        if not same:
            return None
        nearest = min(same, key=lambda i: (i[1] != code, (i[2] - x) ** 2 + (i[3] - y) ** 2))
        strange.remove(nearest)
        moved[device] = Move(base, device, nearest)
    return moved


def placement_of(base, moved):
    return [moved[device].place if device in moved else place for device, place in base.places.items()]


def apply(view, cellview, base, moved, wires):
    """The moves and the wires as one step of undo, in place of the user's own."""
    manager = views.manager()
    manager.undo()
    cell = cellview.cell
    export = views.Export(cellview, cell)
    export.discard()
    there = Contents(export.bytes, cell.name)
    if there.instances != base.all or there.drawn != base.drawn:
        manager.redo()                       # The last step was not the move: the wires become a step of their own.
        _edit(view, cellview, cell, {move.now: move.after for move in moved.values()}, wires)
    else:
        _edit(view, cellview, cell, {move.before: move.after for move in moved.values()}, wires)


def _edit(view, cellview, cell, instances, wires):
    layout = cellview.layout()
    view.transaction(TITLE)
    try:
        chosen = []
        for instance in list(cell.each_inst()):
            at = instance.trans
            after = instances.get((instance.cell.name, at.rot, at.disp.x, at.disp.y))
            if after is not None:
                instance.transform(trans(after) * at.inverted())
                chosen.append(instance)
        for kind, shapes in (("polygon", wires["remove"]), ("text", wires["remove_texts"])):
            for item in shapes:
                _remove(cell, layout, kind, item)
        for item in wires["add"]:
            layout.insert(cell.cell_index(), layout.layer(item["layer"], item["datatype"]), pya.Region(polygon_of(item, layout.dbu)))
        for item in wires["add_texts"]:
            text = pya.DText(item["text"], *item["at_um"]).to_itype(layout.dbu)
            layout.insert(cell.cell_index(), layout.layer(item["layer"], item["datatype"]), pya.Texts(text))
    finally:
        view.commit()
    select(view, cellview, cell, chosen)


def polygon_of(item, dbu):
    return pya.DPolygon([pya.DPoint(x, y) for x, y in item["points_um"]]).to_itype(dbu)


def _remove(cell, layout, kind, item):
    index = layout.find_layer(item["layer"], item["datatype"])
    if index is None:
        return
    wanted = polygon_of(item, layout.dbu) if kind == "polygon" else pya.DText(item["text"], *item["at_um"]).to_itype(layout.dbu)
    # Not by Cell.shapes: see views.drawn_shapes.
    there = pya.RecursiveShapeIterator(layout, cell, index, wanted.bbox(), False)
    there.max_depth = 0
    there.shape_flags = pya.Shapes.STexts if kind == "text" else pya.Shapes.SBoxes | pya.Shapes.SPolygons | pya.Shapes.SPaths
    while not there.at_end():
        shape = there.shape()
        if (shape.polygon == wanted if kind == "polygon" else
                shape.text_string == item["text"] and shape.text_trans.disp == wanted.trans.disp):
            shape.delete()
            return
        there.next()


def select(view, cellview, cell, instances):
    """What was dragged stays selected, to be dragged on."""
    paths = []
    for instance in instances:
        path = pya.ObjectInstPath()
        path.cv_index, path.top = cellview.index(), cell.cell_index()
        path.append_path(pya.InstElement.new(instance))
        paths.append(path)
    if paths:
        view.object_selection = paths


class WholeDevices:
    """While it lasts a click takes a device, not a shape within one: the editor's own setting, given back at the end."""

    KEY = "edit-top-level-selection"

    def __init__(self):
        self._before = None

    def set(self, on):
        application = pya.Application.instance()
        if on and self._before is None:
            self._before = application.get_config(self.KEY) or "false"
            application.set_config(self.KEY, "true")
        elif not on and self._before is not None:
            application.set_config(self.KEY, self._before)
            self._before = None
