"""DRC and LVS into the marker browser: a report database in the view, one category a rule or kind of mismatch."""
import pya

from . import views

DRC_NAME, LVS_NAME = "Ptah DRC", "Ptah LVS"
MAX_ITEMS = 5000


def errors_of(reply):
    """DRC errors by judge, of an answer or a record. Judges count by their own rules: nobody adds their numbers."""
    return {judge: v if isinstance(v, int) else v.get("errors", 0) for judge, v in sorted((reply.get("drc") or {}).items())}


def errors_text(errors):
    """`3 errors`; of several judges `magic_drc 2, native_drc 3 errors`."""
    numbers = ", ".join((f"{judge} " if len(errors) > 1 else "") + str(count) for judge, count in errors.items())
    return f"{numbers} error{'' if list(errors.values()) == [1] else 's'}"


def show(view, cellview, top, reply):
    """Replaces our earlier reports in this view. Returns (DRC errors by judge, LVS clean or None)."""
    forget(view)
    drc = reply.get("drc") or {}
    lvs = reply.get("lvs") or {}
    errors = errors_of(reply)
    clean = all(v.get("clean") for v in lvs.values()) if lvs else None
    first = None
    if any(errors.values()):
        first = _database(view, cellview, DRC_NAME, "Design rules", top, drc)
    if clean is False:
        index = _database(view, cellview, LVS_NAME, "Layout against schematic", top, lvs)
        first = index if first is None else first
    if first is not None and views.main_window().current_view() == view:
        view.show_rdb(first, cellview.index())
    return errors, clean


def forget(view):
    """Takes our reports out of a view."""
    for index in reversed(range(view.num_rdbs())):
        if view.rdb(index).name().split(" (")[0] in (DRC_NAME, LVS_NAME):
            view.remove_rdb(index)


def _database(view, cellview, name, description, top, verdicts):
    index = view.create_rdb(name)
    database = view.rdb(index)
    database.description = description
    database.generator = "ptah"
    database.top_cell_name = top
    cell = database.create_cell(top)
    left = MAX_ITEMS
    for plugin, verdict in sorted(verdicts.items()):
        parent = database.create_category(plugin) if len(verdicts) > 1 else None
        categories = {}
        violations = verdict.get("violations") or []
        if not violations and not verdict.get("clean", verdict.get("errors", 0) == 0):
            violations = [{"rule": "result", "text": verdict.get("summary") or "differs"}]
        for violation in violations[:left]:
            rule = str(violation.get("rule") or "other")
            if rule not in categories:
                categories[rule] = (database.create_category(parent, rule) if parent is not None else
                                    database.create_category(rule))
                categories[rule].description = str(violation.get("text") or "")
            item = database.create_item(cell.rdb_id(), categories[rule].rdb_id())
            if violation.get("box_um"):
                item.add_value(pya.RdbItemValue(pya.DPolygon(pya.DBox(*violation["box_um"]))))
            item.add_value(pya.RdbItemValue(" ".join(str(violation[k]) for k in ("text", "layer") if violation.get(k))))
        left -= len(violations)
    return index


def summary(errors, clean, asked_lvs):
    """One sentence."""
    drc = f"DRC found {errors_text(errors)}" if any(errors.values()) else "DRC is clean"
    if not asked_lvs or clean is None:
        return drc + "."
    return f"{drc}, and the layout {'matches' if clean else 'differs from'} its schematic."
