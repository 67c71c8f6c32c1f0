"""Two layouts side by side, zoomed together, what only one of them has marked in colour."""
import os

import pya

from . import gallery, layers, qt, ui, views
from .errors import failure

MAX_POLYGONS = 3000          # marked a side
ONLY = (0xff5a4d, 0x34d07f)  # in the first only, in the second only
VIEW_CONFIG = (("background-color", "#12171c"), ("grid-visible", "false"), ("text-visible", "true"),
               ("absolute-units", "false"))


def differences(first, second):
    """Polygons (DPolygon) in one layout and not in the other, drawn layers only: (only first, only second)."""
    only = ([], [])
    names = sorted({(i.layer, i.datatype) for layout in (first, second) for i in layout.layer_infos()})
    for layer, datatype in names:
        regions = []
        for layout in (first, second):
            index = layout.find_layer(layer, datatype)
            top = layout.top_cell()
            regions.append(pya.Region(top.begin_shapes_rec(index)).merged() if index is not None else pya.Region())
        for side, (a, b, layout) in enumerate(((regions[0], regions[1], first), (regions[1], regions[0], second))):
            for polygon in (a - b).each():
                if len(only[side]) < MAX_POLYGONS:
                    only[side].append(polygon.to_dtype(layout.dbu))
    return only


class CompareWindow(qt.QDialog):
    def __init__(self, app, first, second, parent):
        super().__init__(parent)
        for variant in (first, second):
            if not variant.gds or not os.path.isfile(variant.gds):
                raise views.Problem(failure("not_found", f"The layout {variant.name} is not in the store any more.",
                                            "Make it again with Ptah > Variants."))
        self._app, self._pair, self._following = app, (first, second), False
        self.windowTitle = f"Ptah – {first.name} and {second.name}"
        self.windowFlags = pya.Qt.Window
        ui.fit(self, 1240, 760)
        self._widgets, self._views, columns = [], [], []
        for side, variant in enumerate(self._pair):
            widget = pya.LayoutViewWidget(self, False)
            view = widget.view()
            for key, value in VIEW_CONFIG:
                view.set_config(key, value)
            view.load_layout(variant.gds, False)
            layers.apply(view)
            view.max_hier()
            self._widgets.append(widget)
            self._views.append(view)
            columns.append(ui.column(ui.row(ui.label(variant.name, bold=True), None,
                                            ui.label(f"{ui.millivolts(variant.score)}   {variant.area or 0:.1f} µm²")),
                                     widget, ui.row(ui.label("■ only here", rgb=(0xd23a2d, 0x1a8a4b)[side]), None,
                                                    ui.button("Open", lambda v=variant: self._open(v)))))
            columns[-1].setStretch(1, 1)
        table = qt.QTextBrowser()
        table.setHtml(gallery.comparison_html(self._pair))
        table.setFixedWidth(300)
        box = ui.row(*columns, table, margin=12, spacing=12, parent=self)
        box.setStretch(0, 1)
        box.setStretch(1, 1)
        self._mark()
        self._views[0].on_viewport_changed += ui.guarded(lambda: self._follow(0))
        self._views[1].on_viewport_changed += ui.guarded(lambda: self._follow(1))

    def showEvent(self, event):
        timer = self._timer = qt.QTimer(self)
        timer.singleShot = True
        timer.timeout = self._views[0].zoom_fit
        timer.start(50)

    def _mark(self):
        only = differences(*(view.cellview(0).layout() for view in self._views))
        self.counts = (len(only[0]), len(only[1]))
        self._markers = []
        for view, polygons, rgb in zip(self._views, only, ONLY):
            for polygon in polygons:
                marker = pya.Marker(view)
                marker.set(polygon)
                marker.color = marker.frame_color = rgb
                marker.dither_pattern = 0
                marker.line_width = 1
                self._markers.append(marker)

    def _follow(self, leader):
        if self._following:
            return
        self._following = True
        try:
            self._views[1 - leader].zoom_box(self._views[leader].box())
        finally:
            self._following = False

    def _open(self, variant):
        try:
            view, cellview = views.open_in_tab(variant.gds, variant.name)
            self._app.remember_circuit(cellview, variant.spec, variant)
        except views.Problem as problem:
            ui.fail(problem.error)

    def closeEvent(self, event):
        for marker in self._markers:
            marker._destroy()
        self._markers = []
