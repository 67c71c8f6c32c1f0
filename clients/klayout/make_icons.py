"""Draws the package's icons: run `klayout -z -nc -rm make_icons.py` in this folder after a change.

The toolbar's go to python/ptah_klayout/icons, the package manager's into grain.xml.
"""
import base64
import os
import re

import pya

HERE = os.path.dirname(os.path.abspath(__file__))
SIZE = 64
TEAL, AMBER, RED, GREEN, GREY = "#0f7c8a", "#f08a24", "#c5372c", "#1a8a4b", "#5b6670"


def pen(colour, width=5):
    made = pya.QPen(pya.QColor(colour))
    made.setWidthF(width)
    made.setCapStyle(pya.Qt.RoundCap)
    made.setJoinStyle(pya.Qt.RoundJoin)
    return made


def fill(painter, colour, x, y, w, h, radius=4):
    painter.setPen(pya.Qt.NoPen)
    painter.setBrush(pya.QBrush(pya.QColor(colour)))
    painter.drawRoundedRect(pya.QRectF(x, y, w, h), radius, radius)


def line(painter, colour, points, width=5):
    painter.setPen(pen(colour, width))
    for (x0, y0), (x1, y1) in zip(points, points[1:]):
        painter.drawLine(pya.QPointF(x0, y0), pya.QPointF(x1, y1))


def variants(p):
    for index, (x, y, colour) in enumerate(((8, 8, TEAL), (35, 8, AMBER), (8, 35, GREEN), (35, 35, TEAL))):
        fill(p, colour, x, y, 21, 21)


def score(p):
    line(p, GREY, [(8, 54), (56, 54)], 4)
    line(p, TEAL, [(9, 18), (27, 18), (38, 28), (46, 42), (55, 50)], 6)


def live(p):
    score(p)
    p.setPen(pya.Qt.NoPen)
    p.setBrush(pya.QBrush(pya.QColor(RED)))
    p.drawEllipse(pya.QRectF(42, 6, 16, 16))


def check(p):
    fill(p, "#dfe7ea", 8, 8, 48, 48, 8)
    line(p, GREEN, [(18, 33), (28, 44), (47, 20)], 7)


def judge(p):
    check(p)
    line(p, AMBER, [(44, 50), (58, 50)], 6)


def place(p):
    fill(p, TEAL, 6, 22, 16, 20)
    fill(p, AMBER, 42, 22, 16, 20)
    line(p, GREY, [(22, 28), (32, 28), (32, 36), (42, 36)], 5)


def probe(p):
    line(p, TEAL, [(6, 46), (30, 46), (30, 30), (58, 30)], 7)
    line(p, RED, [(44, 8), (30, 26)], 5)


def server(p):
    for y in (10, 27, 44):
        fill(p, GREY, 8, y, 48, 12)
        fill(p, "#8be0a4", 46, y + 4, 5, 4, 2)


def grain(p):
    fill(p, "#12343b", 0, 0, 64, 64, 12)
    fill(p, TEAL, 10, 12, 20, 16)
    fill(p, TEAL, 34, 12, 20, 16)
    fill(p, AMBER, 22, 38, 20, 16)
    line(p, "#dfe7ea", [(20, 28), (20, 33), (44, 33), (44, 28)], 3)
    line(p, "#dfe7ea", [(32, 33), (32, 38)], 3)


def draw(painting, path):
    image = pya.QImage(SIZE, SIZE, pya.QImage.Format_ARGB32)
    image.fill(0)
    painter = pya.QPainter(image)
    painter.setRenderHint(pya.QPainter.Antialiasing, True)
    painting(painter)
    painter.end()
    image.save(path)


for name in ("variants", "score", "live", "check", "judge", "place", "probe", "server"):
    draw(globals()[name], os.path.join(HERE, "python", "ptah_klayout", "icons", f"{name}.png"))
package_icon = os.path.join(HERE, "grain-icon.png")
draw(grain, package_icon)
with open(package_icon, "rb") as file:
    data = base64.b64encode(file.read()).decode()
os.unlink(package_icon)
manifest = os.path.join(HERE, "grain.xml")
with open(manifest, encoding="utf-8") as file:
    text = file.read()
with open(manifest, "w", encoding="utf-8") as file:
    file.write(re.sub(r"<icon>.*?</icon>", f"<icon>{data}</icon>", text, flags=re.S))
