"""Names and colours of the layers of ptah130 (SKY130 numbers), for views that we open ourselves, and for layouts of the technology
that come without: a file of ours that was saved and is opened again.

The palette follows the stack: wells and implants stay quiet, every conductor has its own hue, cuts are solid.
"""
import pya

# (GDS layer, datatype, name, colour, stipple: 0 solid, 1 hollow, 4/5/8/9 hatches, shown)
LAYERS = [
    (64, 18, "dnwell", 0x8d8d9c, 1, False),
    (64, 20, "nwell", 0x6f86c9, 1, True),
    (93, 44, "nsdm", 0x9ad29a, 1, False),
    (94, 20, "psdm", 0xe0b884, 1, False),
    (95, 20, "npc", 0xb8a0c8, 1, False),
    (65, 20, "diff", 0x3fae5a, 5, True),
    (65, 44, "tap", 0x8ccf6d, 4, True),
    (66, 20, "poly", 0xe0483e, 9, True),
    (66, 13, "poly.res", 0xf0a0a0, 1, True),
    (66, 44, "licon1", 0x8a8f98, 0, True),
    (67, 20, "li1", 0x9c7be0, 5, True),
    (67, 13, "li1.res", 0xc9b4f2, 1, True),
    (67, 44, "mcon", 0x5f6570, 0, True),
    (68, 20, "met1", 0x2f7fe6, 4, True),
    (68, 16, "met1.pin", 0x2f7fe6, 1, True),
    (68, 44, "via", 0x3d434d, 0, True),
    (69, 20, "met2", 0xe86fb6, 5, True),
    (69, 16, "met2.pin", 0xe86fb6, 1, True),
    (69, 44, "via2", 0x2e333b, 0, True),
    (70, 20, "met3", 0x1fb5ad, 4, True),
    (70, 16, "met3.pin", 0x1fb5ad, 1, True),
    (70, 44, "via3", 0x23272e, 0, True),
    (89, 44, "capm", 0xf2b632, 9, True),
    (71, 20, "met4", 0xf08a24, 5, True),
    (71, 16, "met4.pin", 0xf08a24, 1, True),
    (71, 44, "via4", 0x1a1d22, 0, True),
    (97, 44, "cap2m", 0xd9c23a, 9, True),
    (72, 20, "met5", 0xc4433a, 4, True),
    (72, 16, "met5.pin", 0xc4433a, 1, True),
    (83, 44, "text", 0x808080, 1, True),
    (235, 4, "prBoundary", 0x808080, 1, False),
]
GDS_OF = {name: (layer, datatype) for layer, datatype, name, *_ in LAYERS}
NAME_OF = {(layer, datatype): name for layer, datatype, name, *_ in LAYERS}


def apply(view, cellview_index=0):
    """Replaces the layer list of a view that is ours, never of one the user brought."""
    view.clear_layers()
    layout = view.cellview(cellview_index).layout()
    present = {(info.layer, info.datatype) for info in layout.layer_infos()}
    for layer, datatype, name, colour, stipple, shown in LAYERS:
        if (layer, datatype) in present:
            _insert(view, layer, datatype, name, colour, stipple, shown, cellview_index)
    for layer, datatype in sorted(present - set(NAME_OF)):
        _insert(view, layer, datatype, "", 0x909090, 1, True, cellview_index)


def adopt(view):
    """Gives a view names and colours whose layers have none: the list is as KLayout makes it, of one layout, all of whose layers
    are the technology's, wires among them. Whether it did."""
    if view.cellviews() != 1 or any(node.name or node.has_children() for node in view.each_layer()):
        return False
    present = {(info.layer, info.datatype) for info in view.cellview(0).layout().layer_infos()}
    if not present or not present <= set(NAME_OF) or not present & {GDS_OF["li1"], GDS_OF["met1"]}:
        return False
    apply(view)
    return True


def _insert(view, layer, datatype, name, colour, stipple, shown, cellview_index):
    node = pya.LayerProperties()
    node.source = f"{layer}/{datatype}@{cellview_index + 1}"
    node.name = f"{name} {layer}/{datatype}" if name else f"{layer}/{datatype}"
    node.fill_color = node.frame_color = colour
    node.dither_pattern = stipple
    node.visible = shown
    node.width = 1
    view.insert_layer(view.end_layers(), node)
