"""How an exploration goes: the best cost by evaluations, and in words what was found."""
import pya

from . import qt, ui
from .explorers import words_of
from .objectives import axis, cost_text
from .plots import Curve

REDRAW_MS = 200                  # between two pictures while a job tells of its progress


def objective_of(job):
    return job.spec.get("objective", "pscore")


def improvements(job):
    """[(evaluations, cost)]: each layout that was better than all before."""
    points = []
    for step, cost in sorted((v.record.get("evaluations") or 0, v.record["cost"]) for v in job.variants.values()
                             if v.record.get("cost") is not None):
        if not points or cost < points[-1][1]:
            points.append((step, cost))
    return points


def evaluated(job):
    """How many layouts were evaluated so far, as far as is known here."""
    if job.outcome.get("evaluated") is not None:
        return job.outcome["evaluated"]
    last = max((v.record.get("evaluations") or 0 for v in job.variants.values()), default=0)
    budget = job.explore.get("evaluations")
    return max(last, round(job.fraction * budget)) if budget and "seconds" not in job.explore else last


def broken(job):
    """[(spec, how many layouts break it)], that of most first; empty where there are no specs."""
    return sorted((job.outcome.get("broken") or {}).items(), key=lambda one: (-one[1], one[0]))


def best_of(job):
    best = job.variants.get(job.best)
    return best if best is not None and best.record.get("cost") is not None else None


def end_text(job):
    """(sentence, level) for an exploration that has ended without an error."""
    count, best = evaluated(job), best_of(job)
    begin = f"Cancelled after {count:,} layouts; what was found stays. " if job.state == "cancelled" else ""
    if best is None and job.state == "cancelled":
        return begin.strip(), "info"
    what, _, _ = axis(objective_of(job))
    if best is None and all(v.record.get("feasible", True) for v in job.variants.values()) and not broken(job):
        return (f"None of {count:,} layouts has a {what}. Put `testbench.spice` beside the netlist, or choose another "
                "objective."), "warning"
    if best is None:
        told = ", ".join(f"{times:,} break {spec}" for spec, times in broken(job))
        return f"No layout meets the specs: of {count:,}, {told or 'all break one'}.", "warning"
    signed = "signed off" if best.record.get("judged") else "not signed off"
    return (f"{begin}The best of {count:,} layouts is {best.name}: {what} {cost_text(objective_of(job), best.record['cost'])}, "
            f"found after {best.record.get('evaluations') or 0:,}, {signed}.", "info" if begin else "good")


def rows_of(job):
    """(name, text) beside the curve."""
    count, best, budget, outcome = evaluated(job), best_of(job), job.explore.get("evaluations"), job.outcome
    rows = [("Search", words_of(job.explore.get("explorer", ""))),
            ("Evaluated", f"{count:,}" + (f" of {budget:,}" if budget and not job.finished else "") + " layouts")]
    if best is not None:
        rows.append(("Best", f"{cost_text(objective_of(job), best.record['cost'])}, "
                             f"after {best.record.get('evaluations') or 0:,}"))
    if outcome.get("seconds") is not None:
        rows.append(("Time", f"{outcome['seconds']:.1f} s"))
    if outcome.get("feasible") is not None:
        rows.append(("Meet the specs", f"{outcome['feasible']:,} ({100 * outcome['feasible'] / max(1, count):.0f} %)"))
        rows += [(f"Break {spec}", f"{times:,}") for spec, times in broken(job)]
    return rows


class ExplorationPanel(qt.QWidget):
    """Shown while the window is about an exploration."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self._job = None
        self.curve = Curve()
        self.text = qt.QLabel()
        self.text.textFormat = pya.Qt.RichText
        self.text.wordWrap = True
        self.text.setFixedWidth(300)
        self.text.setAlignment(pya.Qt.AlignTop)
        self.setFixedHeight(170)
        ui.row(self.curve, self.text, spacing=12, parent=self).setStretch(0, 1)
        self._timer = qt.QTimer(self)
        self._timer.singleShot = True
        self._timer.timeout = self._draw
        self.visible = False

    def show_job(self, job):
        """None, or a job that explores nothing: hidden."""
        changed, self._job = job is not self._job, job
        self.visible = job is not None and bool(job.explore)
        if not self.visible:
            return
        if changed or job.finished:
            self._draw()
        elif not self._timer.active:
            self._timer.start(REDRAW_MS)

    def _draw(self):
        job = self._job
        if job is None or not job.explore:
            return
        what, factor, unit = axis(objective_of(job))
        self.curve.show_points([(step, cost * factor) for step, cost in improvements(job)], evaluated(job),
                               f"least {what}, {unit}" if unit else f"least {what}")
        lines = "".join(f"<tr><td style='color:{ui.hexa(ui.MUTED)}; padding-right:12px'>{ui.escaped(name)}</td>"
                        f"<td>{ui.escaped(text)}</td></tr>" for name, text in rows_of(job))
        told = f"<table cellspacing=0>{lines}</table>"
        if self.text.text != told:
            self.text.text = told
