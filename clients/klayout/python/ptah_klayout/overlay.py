"""The blame on the layout: nets and devices coloured by their share, as markers (the layout itself stays)."""
import pya

from . import ui

MAX_POLYGONS = 2500
SOLID, DOTTED = 0, 3         # KLayout's stipples
SOLID_FROM = 0.05            # of the blame; what is below lets the layout show through
SOLID_AREA = 0.1             # of the outline
SHADES = [(0.0, 0x7fa8b8), (0.08, 0xf2cf63), (0.25, 0xf08a24), (0.6, 0xd4281c)]


def shade(blame):
    """From quiet to red: most nets carry little."""
    blame = min(1.0, max(0.0, blame or 0.0))
    for (low, a), (high, b) in zip(SHADES, SHADES[1:] + [(1.0, 0x9c0f10)]):
        if blame <= high:
            t = (blame - low) / (high - low)
            mix = lambda shift: round(((a >> shift) & 255) * (1 - t) + ((b >> shift) & 255) * t)
            return mix(16) << 16 | mix(8) << 8 | mix(0)
    return 0x9c0f10


def net_polygons(net):
    """The merged outline of a net's shapes, a list of DPolygon: joined over all layers, so that it reads as one thing."""
    region = pya.Region()
    for shape in net.get("shapes") or []:
        layer, x0, y0, x1, y1 = shape
        region.insert(pya.Box(round(x0 * 1000), round(y0 * 1000), round(x1 * 1000), round(y1 * 1000)))
    return [polygon.to_dtype(0.001) for polygon in region.merged().each()]


class Overlay:
    def __init__(self):
        self._markers, self._highlight = [], []

    @property
    def shown(self):
        return bool(self._markers)

    @property
    def count(self):
        return len(self._markers)

    def clear(self):
        self._drop(self._markers)
        self._drop(self._highlight)

    @staticmethod
    def _drop(markers):
        for marker in markers:
            try:
                marker._destroy()
            except RuntimeError:
                pass                                 # its view is closed
        markers.clear()

    def show(self, view, report):
        """Colours nets by blame, devices by a frame."""
        self.clear()
        left = MAX_POLYGONS
        width, height = report.outline_um or (0, 0)
        widest = SOLID_AREA * width * height         # a capacitor's plate would hide all that lies below
        for net in sorted(report.nets or [], key=lambda n: n.get("blame") or 0.0):
            strong = (net.get("blame") or 0.0) >= SOLID_FROM
            for polygon in net_polygons(net)[:left]:
                stipple = SOLID if strong and polygon.area() < widest else DOTTED
                self._markers.append(self._marker(view, polygon, shade(net.get("blame")), stipple))
                left -= 1
        for device in report.devices or []:
            if device.get("box_um") and (device.get("blame") or 0) > 0.02 and left > 0:
                box = pya.DPolygon(pya.DBox(*device["box_um"]))
                self._markers.append(self._marker(view, box, shade(device.get("blame")), 1, 2))
                left -= 1

    def highlight(self, view, net):
        self._drop(self._highlight)
        for polygon in net_polygons(net)[:MAX_POLYGONS] if net else []:
            self._highlight.append(self._marker(view, polygon, 0x00d0ff, 1, 3))

    @staticmethod
    def _marker(view, polygon, rgb, stipple, width=1):
        marker = pya.Marker(view)
        marker.set(polygon)
        marker.color = marker.frame_color = rgb
        marker.dither_pattern = stipple
        marker.line_width = width
        marker.halo = 0
        marker.dismissable = False
        return marker
