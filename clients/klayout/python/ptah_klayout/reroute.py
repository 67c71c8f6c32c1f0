"""While live: a device that was moved takes its wires along. What the move tore is routed anew by the server, wires that are
still right stay as they are drawn, and one undo takes back the device and the wires."""
import struct

import pya

from . import views

TITLE = "Ptah: move and route"
GRID_UM = 0.1                    # of placements


def grid_step(um):
    return round(um / GRID_UM) * GRID_UM


def drawn_in(data, top):
    """What the cell holds itself of the exported layout, but for instances: its elements as GDS records."""
    at, inside, element, drawn = 0, False, None, []
    while at + 4 <= len(data):
        size, kind = struct.unpack_from(">HB", data, at)
        record = data[at:at + size]
        at += max(size, 4)
        if kind == 0x06:                                 # STRNAME
            inside = record[4:].rstrip(b"\0").decode("latin-1") == top
        elif kind in (0x08, 0x09, 0x0c, 0x2d):           # BOUNDARY, PATH, TEXT, BOX
            element = [record] if inside else None
        elif kind in (0x0a, 0x0b):                       # SREF, AREF
            element = None
        elif kind == 0x11:                               # ENDEL
            if element is not None:
                drawn.append(b"".join(element))
            element = None
        elif element is not None:
            element.append(record)
    return sorted(drawn)


class Base:
    """A clean layout whose devices are known: what a move is told apart from."""

    def __init__(self, cell, report):
        self.drawn = drawn_in(report.asked[2], cell.name)
        self.at = report.placement["at_um"]
        self.places = {place["device"]: place for place in report.placement["devices"]}
        self.fingers = report.fingers
        boxes = {d["device"]: pya.DBox(*d["box_um"]) for d in report.devices or [] if d.get("box_um")}
        self.instances = {}                  # device -> (cell, transformation)
        for instance in cell.each_inst():
            inside = [device for device, box in boxes.items() if box.inside(instance.dbbox())]
            if len(inside) == 1 and instance.is_regular_array() is False:
                self.instances[inside[0]] = (instance.cell.name, instance.dtrans)

    @property
    def whole(self):
        return set(self.instances) == set(self.places)


def moves(base, cell, data):
    """{device: (from, to)} where instances of devices have moved since, and nothing else has changed in the cell (an undo
    takes wires back as well); None otherwise. `to` is on the grid of placements."""
    left = {}
    for device, key in base.instances.items():
        left.setdefault((key[0], str(key[1])), []).append(device)
    strange = []
    for instance in cell.each_inst():
        if instance.is_regular_array():
            return None
        key = (instance.cell.name, str(instance.dtrans))
        if left.get(key):
            left[key].pop()
        else:
            strange.append(instance)
    gone = [device for devices in left.values() for device in devices]
    if not gone or len(gone) != len(strange):
        return None
    if drawn_in(data, cell.name) != base.drawn:
        return None
    moved = {}
    for device in gone:
        name, before = base.instances[device]
        same = [i for i in strange if i.cell.name == name and i.dtrans.rot == before.rot]
        if not same:
            return None
        nearest = min(same, key=lambda i: (i.dtrans.disp - before.disp).length())
        strange.remove(nearest)
        by = nearest.dtrans.disp - before.disp
        moved[device] = (before, pya.DTrans(grid_step(by.x), grid_step(by.y)) * before)
    return moved


def placement_of(base, moved):
    places = []
    for device, place in base.places.items():
        place = dict(place)
        if device in moved:
            before, after = moved[device]
            place["x_um"] = round(place["x_um"] + after.disp.x - before.disp.x, 4)
            place["y_um"] = round(place["y_um"] + after.disp.y - before.disp.y, 4)
        places.append(place)
    return places


def apply(view, cellview, base, moved, wires):
    """The moves and the wires as one step of undo, in place of the user's own."""
    manager = views.main_window().manager()
    manager.undo()
    cell = cellview.cell
    export = views.Export(cellview, cell)
    export.discard()
    there = sorted((i.cell.name, str(i.dtrans)) for i in cell.each_inst())
    was = sorted((name, str(trans)) for name, trans in base.instances.values())
    if there != was or drawn_in(export.bytes, cell.name) != base.drawn:
        manager.redo()                       # The last step was not the move: the wires become a step of their own.
        _edit(view, cellview, cell, {}, wires)
    else:
        _edit(view, cellview, cell, {(base.instances[d][0], str(b)): a for d, (b, a) in moved.items()}, wires)


def _edit(view, cellview, cell, instances, wires):
    layout = cellview.layout()
    view.transaction(TITLE)
    try:
        chosen = []
        for instance in list(cell.each_inst()):
            after = instances.get((instance.cell.name, str(instance.dtrans)))
            if after is not None:
                instance.transform(after * instance.dtrans.inverted())
                chosen.append(instance)
        for kind, shapes in (("polygon", wires["remove"]), ("text", wires["remove_texts"])):
            for item in shapes:
                _remove(cell, layout, kind, item)
        for item in wires["add"]:
            polygon = pya.DPolygon([pya.DPoint(x, y) for x, y in item["points_um"]])
            target = cell.shapes(layout.layer(item["layer"], item["datatype"]))
            target.insert(polygon.bbox() if polygon.is_box() else polygon)
        for item in wires["add_texts"]:
            cell.shapes(layout.layer(item["layer"], item["datatype"])).insert(pya.DText(item["text"], *item["at_um"]))
    finally:
        view.commit()
    _select(view, cellview, cell, chosen)


def _remove(cell, layout, kind, item):
    index = layout.find_layer(item["layer"], item["datatype"])
    if index is None:
        return
    shapes = cell.shapes(index)
    if kind == "text":
        found = [s for s in shapes.each(pya.Shapes.STexts)
                 if s.dtext.string == item["text"] and s.dtext.trans.disp == pya.DVector(*item["at_um"])]
    else:
        wanted = pya.DPolygon([pya.DPoint(x, y) for x, y in item["points_um"]])
        flags = pya.Shapes.SBoxes | pya.Shapes.SPolygons | pya.Shapes.SPaths
        found = [s for s in shapes.each(flags) if s.dpolygon == wanted]
    for shape in found[:1]:
        shape.delete()


def _select(view, cellview, cell, instances):
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
