"""What a cell holds, read from an exported layout's bytes: KLayout 0.28 leaves objects behind for each shape and instance that
Python asks it for."""
import struct

STRNAME, SREF, AREF = 0x06, 0x0a, 0x0b
SHAPES = (0x08, 0x09, 0x0c, 0x2d)        # BOUNDARY, PATH, TEXT, BOX
XY, ENDEL, SNAME, STRANS, MAG, ANGLE = 0x10, 0x11, 0x12, 0x1a, 0x1b, 0x1c


def real(record):
    """GDSII's eight bytes: sign and exponent of 16, then a fraction."""
    head, = struct.unpack(">Q", record[4:12])
    value = (head & (1 << 56) - 1) * 16.0 ** (((head >> 56) & 127) - 78)
    return -value if head >> 63 else value


class Contents:
    """`drawn`: shapes and texts of the cell itself, as records, sorted. `instances`: [(cell, rotation code as of pya.Trans, x, y)]
    in database units, sorted; None where there are arrays, or instances that are scaled or turned by other than right angles."""

    def __init__(self, data, top):
        at, inside, element = 0, False, None
        self.drawn, self.instances = [], []
        while at + 4 <= len(data):
            size, kind = struct.unpack_from(">HB", data, at)
            record = data[at:at + size]
            at += max(size, 4)
            if kind == STRNAME:
                inside = record[4:].rstrip(b"\0").decode("latin-1") == top
            elif kind in SHAPES or kind in (SREF, AREF):
                element = [record] if inside else None
            elif element is None:
                continue
            elif kind != ENDEL:
                element.append(record)
            else:
                self._add(element)
                element = None
        self.drawn.sort()
        if self.instances is not None:
            self.instances.sort()

    def _add(self, element):
        kind = element[0][2]
        if kind in SHAPES:
            self.drawn.append(b"".join(element))
        elif self.instances is not None:
            placed = self._instance(element) if kind == SREF else None
            self.instances = None if placed is None else self.instances + [placed]

    @staticmethod
    def _instance(element):
        name, mirrored, angle, scale, place = "", 0, 0.0, 1.0, (0, 0)
        for record in element[1:]:
            if record[2] == SNAME:
                name = record[4:].rstrip(b"\0").decode("latin-1")
            elif record[2] == STRANS:
                mirrored = record[4] >> 7
            elif record[2] == MAG:
                scale = real(record)
            elif record[2] == ANGLE:
                angle = real(record)
            elif record[2] == XY:
                place = struct.unpack(">2i", record[4:12])
        if scale != 1.0 or angle % 90:
            return None
        return name, int(angle // 90) % 4 + 4 * mirrored, *place
