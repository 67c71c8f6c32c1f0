"""Variants of the Miller OTA: asked for, watched, sorted, compared, opened, placed and taken back."""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import pya

from driver import WINDOW, click, connected, layout_state, point_at, press_escape, run, screenshot, undo, view_state
from ptah_klayout import ui, views


def main(app, see):
    yield connected(app)
    menu = WINDOW.menu()
    see["menu"] = [item.split(".")[-1] for item in menu.items("ptah_menu")]
    see["toolbar"] = [item.split(".")[-1] for item in menu.items("@toolbar") if "ptah" in item]
    app.trigger("variants")
    window = app.variants()
    window.circuit.select("miller_ota")
    window._circuit_changed()
    yield lambda: "devices" in window._about.text
    see["about"] = window._about.text
    window.assignments.value, window.moves.value, window.seed.value = 2, 3, 5
    fractions = []
    window.start()
    window._job.handlers.append(lambda job, what, variant: fractions.append(job.fraction))
    yield lambda: len(window._job.variants) >= 1
    yield 0.3
    screenshot("variants-running")
    yield lambda: window._job.finished
    yield 1.0
    see["state"], see["notice"] = window._job.state, window.notice.text
    see["progress_steps"] = len(set(fractions))
    variants = window.gallery.variants
    see["variants"] = [{"key": v.key, "score": v.score, "area": v.area, "gds": bool(v.gds and os.path.isfile(v.gds))}
                       for v in variants]
    yield lambda: not app.thumbnails._queue
    see["cards"] = window.gallery._cards.count
    see["icons"] = sum(not window.gallery._cards.item(i).icon.isNull() for i in range(window.gallery._cards.count))
    see["job"] = window._job.name
    see["first"], see["starred"] = window.gallery.variants[0].key, [window.gallery.best().key]
    window.gallery.rank_by("Area")
    see["by_area"] = [v.area for v in window.gallery.variants]
    see["starred"].append(window.gallery.best().key)        # another order makes no other layout the best
    window.gallery.rank_by("Score")
    see["by_score"] = [v.score for v in window.gallery.variants]
    window.gallery._sort_by_column(1)
    window.gallery._sort_by_column(1)
    see["by_column_down"] = [v.score for v in window.gallery.variants]
    window.gallery.rank_by("Best first")

    first = window.gallery.variants[0]
    other = next(v for v in window.gallery.variants if v.chain == first.chain and v.key != first.key)
    window.gallery.select([first.key, other.key])
    yield 0.3
    screenshot("variants")
    window.compare_selected()
    compare = app._extra[-1]
    yield 1.0
    screenshot("compare")
    see["differences"] = compare.counts
    compare._views[0].zoom_in()
    yield 0.2
    see["linked"] = compare._views[0].box().center().distance(compare._views[1].box().center())
    compare.close()

    window.gallery.select([first.key])
    window.open_selected()
    yield 0.5
    see["tab"] = WINDOW.current_view().title
    view = WINDOW.current_view()
    view.zoom_box(pya.DBox(2, 3, 21, 17))
    yield 0.2
    before, looked = layout_state(), view_state()
    window.gallery.select([other.key])
    window.place_selected()
    see["window_hidden"] = not window.visible
    point_at(view, pya.DPoint(9, 8))
    yield 0.3
    screenshot("hanging")
    see["hangs"] = [app.placing.active, layout_state() == before]
    press_escape(view)
    yield 0.2
    see["cancelled"] = [app.placing is None, layout_state() == before, window.visible]
    window.place_selected()
    yield 0.2
    where = pya.DPoint(12.34, 7.77)
    click(view, where)
    yield 0.3
    placed = layout_state()
    instance = next(i for i in view.active_cellview().cell.each_inst() if i.cell.name.startswith(other.record["top"]))
    see["placed_at"] = [instance.dbbox().center().x - where.x, instance.dbbox().center().y - where.y]
    see["placed_on_grid"] = [instance.dtrans.disp.x, instance.dtrans.disp.y]
    see["placed_cells"] = len(placed) - len(before)
    see["old_cells_kept"] = all(placed[name] == before[name] for name in before
                                if name != view.active_cellview().cell.name)
    see["view_kept"] = view_state()[:2] == looked[:2]
    screenshot("placed")
    see["place_toast"] = ui.toast_text()
    undo()
    yield 0.1
    see["undone"] = layout_state() == before
    # A script says no place: beside what is drawn.
    there = view.active_cellview().cell.dbbox()
    see["free"] = not views.place_as_cell(views.Source(other.gds), other.name)[0].dbbox().overlaps(there)


run(main)
