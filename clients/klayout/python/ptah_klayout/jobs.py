"""The jobs this editor follows: progress, variants as they come, and what is left to do after a break.

A job lives in the daemon. After a lost connection the events after the last one seen are asked for; after a
restart of the editor `attach` fetches the variants there are and goes on from there.
"""
import heapq
import math
import os
import time

from .errors import failure

PAGE = 100
MAX_VARIANTS = 2000          # the best of a job, kept in the editor; the rest stays in the server


class Variant:
    """One verified layout. `record` is what the flow says about it, `files` maps a role to a path."""

    def __init__(self, job, params):
        self.job, self.chain, self.number = job, params["chain"], params["variant"]
        self.record = params.get("record") or {}
        self.files = {}
        for file in params.get("files") or []:
            self.files.setdefault(file.get("role"), file.get("path"))

    @property
    def key(self):
        return (self.chain, self.number)

    @property
    def name(self):
        circuit, assignment = self.record.get("circuit", "variant"), self.record.get("assignment")
        return f"{circuit if assignment is None else f'{circuit}_{assignment}'} v{self.number:03d}"

    @property
    def gds(self):
        return self.files.get("gds")

    @property
    def score(self):
        """V, or None where the layout was not simulated."""
        return self.record.get("pscore_V")

    @property
    def area(self):
        return self.record.get("area_um2")

    @property
    def measures(self):
        return self.record.get("measures") or {}

    @property
    def spec(self):
        """The fields that say which circuit this is, as flow.run and score.layout take them."""
        fields = {k: v for k, v in (self.job.spec or {}).items()
                  if k in ("circuit", "sources", "netlist", "pairs", "testbench", "measures", "top", "allowed_fingers",
                           "keep", "width", "off_grid", "floating", "params", "tech")}
        if self.record.get("fingers"):
            fields["fingers"] = self.record["fingers"]
        return fields


class Job:
    def __init__(self, name, spec):
        self.name, self.spec = name, spec
        self.state, self.fraction, self.message, self.error = "queued", 0.0, "", None
        self.variants, self.last_event, self.result = {}, 0, None
        self.left_out = 0
        self.best = None         # key of the best layout so far, as the server says
        self.worst = []          # heap of (-cost, -chain, -number) of the variants here, the worst first
        self.known = False       # to the server, as far as we know
        self.outcome = {}        # of an exploration that has ended, what its chain says: evaluated, feasible, broken, seconds
        self.handlers = []       # handler(job, what, variant or None); what: progress, variant, dropped, finished, outcome

    @property
    def finished(self):
        return self.state in ("done", "failed", "cancelled")

    @property
    def explore(self):
        """`explorer` and the budget; empty where the job makes variants of given assignments."""
        return self.spec.get("explore") or {}

    def tell(self, what, variant=None):
        for handler in list(self.handlers):
            handler(self, what, variant)


def together(results):
    """What the chains of an exploration say at their ends, as one."""
    whole = {}
    for result in results:
        for name, value in result.items():
            if isinstance(value, dict):
                counts = whole.setdefault(name, {})
                for key, count in value.items():
                    counts[key] = counts.get(key, 0) + count
            elif name == "seconds":
                whole[name] = max(whole.get(name, 0), value)
            elif isinstance(value, (int, float)):
                whole[name] = whole.get(name, 0) + value
            else:
                whole.setdefault(name, value)
    return whole


class Jobs:
    def __init__(self, connection, log):
        self._connection, self._log = connection, log
        self.by_name = {}
        self._serial = 0
        connection.note_handlers.append(self._on_note)
        connection.state_handlers.append(self._on_state)

    def new_name(self):
        """Chosen here, so that asking again after a break is the same job."""
        self._serial += 1
        return f"klayout-{int(time.time() * 1000):x}-{os.getpid() % 10000}-{self._serial}"

    def start(self, spec, method="flow.run"):
        job = Job(self.new_name(), spec)
        self.by_name[job.name] = job
        self._connection.request(method, {"job": job.name, "spec": spec},
                                 lambda result, error: self._on_started(job, result, error), keep=True)
        return job

    def _on_started(self, job, result, error):
        if error:
            self._finish(job, "failed", error)
            return
        job.state, job.known = result["state"], True
        self._subscribe(job)

    def _subscribe(self, job):
        def answered(result, error):
            if error and error["code"] == "not_found":
                self._finish(job, "failed", failure("not_found", f"The server does not know the job {job.name} any "
                                                    "more.", "Start it again."))
        if self._connection.ready:
            self._connection.request("job.subscribe", {"job": job.name, "after": job.last_event}, answered)

    def attach(self, name):
        """Follows a job that another client, or this one before a restart, has started."""
        job = self.by_name.get(name)
        if job is not None:
            return job
        job = Job(name, {})
        self.by_name[name] = job
        self._connection.request("job.get", {"job": name}, lambda r, e: self._on_known(job, r, e), keep=True)
        return job

    def _on_known(self, job, result, error):
        if error:
            self._finish(job, "failed", error)
            return
        job.spec = result.get("spec") or {}
        job.last_event = result.get("last_event", 0)
        chains = result.get("chains") or {}
        if chains.get("total"):
            job.fraction = chains.get("done", 0) / chains["total"]
        job.state = result["state"]
        self._more_variants(job, 0, result)

    def _more_variants(self, job, after, info):
        def answered(result, error):
            if error:
                self._finish(job, "failed", error)
                return
            for params in result["variants"]:
                self._add(job, params)
            if result.get("next"):
                self._more_variants(job, result["next"], info)
            elif job.finished:
                self._finish(job, info["state"], info.get("error"))
            else:
                job.known = True
                job.tell("progress")
                self._subscribe(job)
        self._connection.request("variant.list", {"job": job.name, "after": after, "limit": PAGE}, answered, keep=True)

    def cancel(self, job):
        if not job.finished:
            self._connection.request("job.cancel", {"job": job.name},
                                     lambda r, e: self._log("error", e["message"]) if e else None, keep=True)

    def _add(self, job, params):
        variant = Variant(job, params)
        if params.get("best"):
            job.best = variant.key
        if variant.key in job.variants:
            return
        cost = variant.record.get("cost")
        place = (-math.inf if cost is None else -cost, -variant.chain, -variant.number)
        if len(job.variants) < MAX_VARIANTS:
            heapq.heappush(job.worst, place)
        else:
            job.left_out += 1
            gone = heapq.heappushpop(job.worst, place)
            if gone == place:
                return
            job.tell("dropped", job.variants.pop((-gone[1], -gone[2])))
        job.variants[variant.key] = variant
        job.tell("variant", variant)

    def _finish(self, job, state, error):
        if isinstance(error, dict) and "message" in error:
            error = failure(error.get("code", ""), error["message"], error.get("hint", ""), error.get("where", ""))
        job.state, job.error = state, error
        if state == "done":
            job.fraction = 1.0
        job.tell("finished")
        if job.explore and state == "done":
            self._connection.request("job.chains", {"job": job.name}, lambda r, e: self._on_chains(job, r, e), keep=True)

    def _on_chains(self, job, result, error):
        if error:
            self._log("warning", f"{job.name}: {error['message']}")
        else:
            job.outcome = together([chain.get("result") or {} for chain in result["chains"]])
        job.tell("outcome")

    def _on_state(self, state):
        if state == "ready":
            for job in self.by_name.values():
                if not job.finished and job.known:
                    self._subscribe(job)

    def _on_note(self, method, params):
        job = self.by_name.get(params.get("job"))
        if job is None or job.finished or params.get("event", 0) <= job.last_event:
            return
        job.last_event = params.get("event", job.last_event)
        if method == "job.progress":
            job.state, job.fraction, job.message = "running", params.get("fraction", 0.0), params.get("message", "")
            job.tell("progress")
        elif method == "variant.ready":
            if params.get("cut"):
                self._connection.request("variant.get", {"job": job.name, "chain": params["chain"],
                                                         "variant": params["variant"]},
                                         lambda r, e: self._add(job, r) if r else None, keep=True)
            else:
                self._add(job, params)
        elif method == "chain.finished" and params.get("error"):
            job.error = params["error"]
            self._log("warning", f"{job.name}: {params['error'].get('message', '')}")
        elif method == "job.log" and params.get("level") in ("warning", "error"):
            self._log(params["level"], f"{job.name}: {params.get('message', '')}")
        elif method == "job.finished":
            job.result = params.get("result")
            self._finish(job, params.get("state", "done"), params.get("error") or job.error)
