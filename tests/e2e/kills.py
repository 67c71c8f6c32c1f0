"""kill -9 of the daemon, again and again, while jobs run, are deleted, exported and resumed, files are sent, and plugins are
replaced.

    python3 tests/e2e/kills.py [KILLS] [SEED]      or PTAH_KILLS and PTAH_SEED; 20 kills and a seed of its own where none is given

After each kill: what was acknowledged is there, once, or was deleted. At the end: the bytes of every job are those of a run that
nobody interrupted (but for its times), and no file, process, socket or temporary is left.
"""
import base64
import collections
import contextlib
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import unittest

from harness import BUILD, PtahCase, files_below

KILLS = int(os.environ.get("PTAH_KILLS", "20"))
SEED = int(os.environ.get("PTAH_SEED", random.SystemRandom().randrange(1 << 32)))


class Gone(Exception):
    """The daemon went away before it answered."""


class Connection:
    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(120)
        self._next = 0
        try:
            self._socket.connect(str(path))
            self._lines = self._socket.makefile("rw")
            self.call("server.hello", protocol=1)
        except (OSError, Gone) as error:
            self._socket.close()
            raise Gone from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):  # What was not sent, to a daemon that has gone.
            self._lines.close()
        self._socket.close()

    def call(self, method, **params):
        """The result; None for an error of the daemon's."""
        self._next += 1
        try:
            self._lines.write(json.dumps({"jsonrpc": "2.0", "id": self._next, "method": method, "params": params}) + "\n")
            self._lines.flush()
            while line := self._lines.readline():
                answer = json.loads(line)
                if answer.get("id") == self._next:
                    return answer.get("result")
        except (OSError, ValueError) as error:
            raise Gone from error
        raise Gone

    def jobs(self):
        rows, after = [], ""
        while True:
            page = self.call("job.list", limit=1000, after=after)
            rows += page["jobs"]
            after = page.get("next", "")
            if not after:
                return rows

    def variants(self, job):
        """(chain, variant) -> its record and the hashes of its files; without times, and without the files of plugins, which are replaced."""
        rows, after = [], 0
        while True:
            page = self.call("variant.list", job=job, after=after, limit=1000)
            rows += page["variants"]
            after = page["next"]
            if not after:
                break
        keys = [(row["chain"], row["variant"]) for row in rows]
        if len(keys) != len(set(keys)):
            raise AssertionError(f"a variant of {job} is there twice")
        for row in rows:
            del row["record"]["plugin_hashes"]
        return {key: (row["record"], sorted((file["role"], file.get("dataset", ""), file["hash"])
                                            for file in row["files"] if file["role"] != "times"))
                for key, row in zip(keys, rows)}


class Client:
    """Does one thing after the other until its daemon is gone."""

    def __init__(self, test, name):
        self.name = name
        self._test = test
        self._chance = random.Random(f"{SEED} {name}")
        self.during = "nothing"  # What it waited for when the daemon went.
        self.failure = None
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def join(self):
        self._thread.join()

    def _work(self):
        try:
            with Connection(self._test.socket) as client:
                for step in range(10000):
                    what = self._chance.choices([self._run, self._delete, self._export, self._resume, self._send,
                                                 self._load], [40, 20, 20, 15, 10, 5])[0]
                    self.during = what.__name__[1:]
                    what(client, step)
                    self.during = "nothing"
                    time.sleep(self._chance.uniform(0, 0.1))
        except Gone:
            pass
        except Exception as error:  # Of the test, in a thread.
            self.failure = error

    def _some_job(self, client, *states):
        rows = [row["job"] for row in client.jobs() if row["state"] in states and row["job"] != "long"]
        return self._chance.choice(rows) if rows else None

    def _run(self, client, step):
        job = f"job-{self.name}-{step}"
        spec = self._chance.randrange(len(self._test.specs))
        self._test.asked[job] = spec
        if client.call("flow.run", job=job, spec=self._test.specs[spec]) is not None:
            self._test.acknowledged.add(job)

    def _delete(self, client, _):
        if job := self._some_job(client, "done", "failed", "cancelled"):
            self._test.undecided.add((job, self.name))
            if client.call("job.delete", job=job) is not None:
                self._test.deleted.add(job)
            self._test.undecided.discard((job, self.name))

    def _export(self, client, _):
        if job := self._some_job(client, "done"):
            client.call("variant.export", job=job, out=str(self._test.exported / str(self._test.asked[job])))

    def _resume(self, client, _):
        if job := self._some_job(client, "queued", "running"):
            client.call("job.cancel", job=job)
        if job := self._some_job(client, "cancelled"):
            client.call("job.resume", job=job)

    def _send(self, client, step):
        text = f"{self.name} {step}\n".encode() * 20000
        digest, half = hashlib.sha256(text).hexdigest(), len(text) // 2
        self._test.offered.add(digest)
        for at, piece in ((0, text[:half]), (half, text[half:])):
            answer = client.call("store.put", hash=digest, size=len(text), offset=at, data=base64.b64encode(piece).decode())
        if answer is not None and answer["file"]:
            self._test.sent.add(digest)

    def _load(self, *_):
        plugin = self._chance.choice(sorted(self._test.plugins.glob("*.so")))
        aside = plugin.with_suffix(f".{self.name}")
        shutil.copy(BUILD / "plugins" / plugin.name, aside)
        with aside.open("ab") as file:
            file.write(b"\0" * self._chance.randrange(1, 1000))  # Other bytes, and so another plugin.
        aside.chmod(0o755)
        aside.rename(plugin)


class KillTest(PtahCase):
    maxDiff = None  # What is left over is what one wants to know.
    SMALL = ["run", "five_transistors_ota", "--flow", "native", "--assignments", "1", "--variants", "3", "--judges", "none"]
    LONG = ["run", "five_transistors_ota", "--flow", "native", "--assignments", "2", "--variants", "150", "--judges", "none",
            "--seed", "9"]

    def setUp(self):
        super().setUp()
        self.state, self.plugins, self.exported = self.folder / "kill-state", self.folder / "plugins", self.folder / "exported"
        self.plugins.mkdir(mode=0o755)
        for plugin in (BUILD / "plugins").glob("*.so"):
            shutil.copy(plugin, self.plugins)
        self.socket = self.folder / "kill/ptahd.sock"
        self.socket.parent.mkdir(mode=0o700)
        self.log = (self.folder / "kill.log").open("a")
        self.daemon = None
        self.specs, self.asked = [], {}
        self.acknowledged, self.deleted, self.undecided = set(), set(), set()
        self.offered, self.sent = set(), set()  # Files of clients: begun, and acknowledged.

    def tearDown(self):
        if self.daemon:
            self.daemon.kill()
            self.daemon.wait()
        self.log.close()
        super().tearDown()

    def daemon_log(self):
        return super().daemon_log() + (self.folder / "kill.log").read_text(errors="replace")[-6000:]

    def start_daemon(self):
        self.daemon = subprocess.Popen(
            [BUILD / "bin/ptahd", "--foreground", "--socket", self.socket, "--state", self.state, "--plugins", self.plugins],
            env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.log)

    def connect(self):
        """To the daemon that was just started."""
        for _ in range(6000):
            self.assertIsNone(self.daemon.poll(), "the daemon does not start after a kill:\n" + self.daemon_log())
            try:
                return Connection(self.socket)
            except Gone:
                time.sleep(0.01)
        self.fail("the daemon does not answer\n" + self.daemon_log())

    def kill(self):
        self.daemon.kill()
        self.daemon.wait()
        self.wait_until(lambda: not self.processes())

    def processes(self):
        """Those of this test's daemons and their workers: they have its environment."""
        mark, found = f"PTAH_SOCKET={self.env['PTAH_SOCKET']}\0".encode(), []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if mark in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                pass
        return found

    def uninterrupted(self):
        """The same work without a kill: variants by spec, and the dataset of each."""
        reference = self.folder / "reference"
        for number in range(4):
            self.run_json(*self.SMALL, "--seed", str(number), "--job", f"small-{number}", "--out", str(reference / str(number)))
        self.run_json(*self.LONG, "--job", "long", "--out", str(reference / "long"))
        names = [f"small-{number}" for number in range(4)] + ["long"]
        with Connection(self.env["PTAH_SOCKET"]) as client:
            self.specs = [client.call("job.get", job=name)["spec"] for name in names]
            variants = [client.variants(name) for name in names]
            client.call("server.shutdown", now=True)
        self.wait_until(lambda: not self.processes())
        return variants, [self.dataset(reference / name) for name in ["0", "1", "2", "3", "long"]]

    @staticmethod
    def dataset(folder):
        """Relative path -> bytes; those of times count for nothing."""
        return {name: None if "/times/" in name else data for name, data in files_below(folder).items()}

    def check_jobs(self, client):
        present = [row["job"] for row in client.jobs()]
        self.assertEqual(len(present), len(set(present)))
        self.assertLessEqual(set(present), set(self.asked), "nobody asked for these")
        undecided = {job for job, _ in self.undecided}
        self.assertLessEqual(self.acknowledged - self.deleted - undecided, set(present), "acknowledged, and lost")
        self.assertFalse(self.deleted & set(present), "deleted, and back")
        return present

    def test_nothing_is_lost_and_nothing_is_left(self):
        print(f"{KILLS} kills, seed {SEED}", file=sys.stderr, flush=True)
        begin = time.monotonic()
        variants, datasets = self.uninterrupted()
        long, self.specs = self.specs[-1], self.specs[:-1]
        chance, hit, out = random.Random(SEED), collections.Counter(), self.folder / "out"

        self.start_daemon()
        self.asked["long"] = -1
        with self.connect() as client:
            self.assertIsNotNone(client.call("flow.run", job="long", spec=long, out=str(out)))
        self.acknowledged.add("long")
        unfinished = 0
        for number in range(KILLS):
            if chance.random() < 0.1:
                time.sleep(chance.uniform(0, 0.05))
                hit["the start"] += 1
            else:
                with self.connect() as client:
                    unfinished += any(row["state"] in ("queued", "running") for row in client.jobs())
                clients = [Client(self, f"{number}-{which}") for which in "ab"]
                time.sleep(chance.uniform(0, 0.6))
                self.daemon.kill()
                for client in clients:
                    client.join()
                    hit[client.during] += 1
                    self.assertIsNone(client.failure)
            self.kill()
            self.start_daemon()
            if chance.random() < 0.9:
                with self.connect() as client:
                    self.check_jobs(client)
            if (number + 1) % 50 == 0:
                print(f"{number + 1} kills, {len(self.acknowledged)} jobs, {len(self.deleted)} deleted, "
                      f"{time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)

        with self.connect() as client:
            jobs = self.check_jobs(client)
            count = 0
            for job in jobs:
                if client.call("job.get", job=job)["state"] == "cancelled":  # The kill came before its resumption.
                    client.call("job.resume", job=job)
                row = client.call("job.wait", job=job)
                self.assertEqual(row["state"], "done", row)
                made = client.variants(job)
                self.assertEqual(made, variants[self.asked[job]], job)
                count += len(made)
            self.assertEqual(self.dataset(out), datasets[-1])
            for folder in self.exported.glob("*"):
                expected = datasets[int(folder.name)]
                for name, data in self.dataset(folder).items():  # A kill may have ended the export.
                    self.assertIn(name, expected)
                    self.assertEqual(data, expected[name], name)
            verdict = client.call("server.verify")
            self.assertEqual(verdict["damaged"], [])
            referenced = verdict["files"]
            stored = [file for file in (self.state / "files").rglob("*") if file.is_file()]
            self.assertEqual(len(stored), referenced, "files that no job has")
            for job in jobs:
                self.assertIsNotNone(client.call("job.delete", job=job), job)
            # What was sent stays for its time; a kill may have come before its answer.
            self.wait_until(lambda: self.sent <= {file.name for file in (self.state / "files").rglob("*") if file.is_file()}
                            <= self.offered)
            self.wait_until(lambda: not list((self.state / "scratch").iterdir()))
            client.call("server.shutdown", now=True)
        self.daemon.wait(timeout=60)
        self.wait_until(lambda: not self.processes())
        self.assertEqual([file for file in self.folder.rglob("*") if file.name.endswith(".part")], [])
        self.assertEqual([file for file in self.folder.rglob("*") if file.is_socket()], [])
        self.assertEqual(self.left(self.state), self.left(self.folder / "state/ptah"))
        self.assertEqual(self.left(self.socket.parent), self.left(self.folder / "run"))
        hits = ", ".join(f"{number} {what}" for what, number in hit.most_common())
        print(f"{KILLS} kills in {time.monotonic() - begin:.0f} s, {unfinished} with unfinished jobs; clients waited for: {hits}. "
              f"{len(self.acknowledged)} jobs acknowledged, {len(self.deleted)} deleted, {len(jobs)} at the end with {count} "
              f"variants and {referenced} files. Nothing lost, nothing left.", file=sys.stderr, flush=True)

    @staticmethod
    def left(folder):
        """What a daemon leaves, without its log, the files of its jobs and the hashes of its plugins."""
        names = [entry.relative_to(folder) for entry in folder.rglob("*") if entry.suffix != ".log" and not entry.is_socket()]
        return sorted(re.sub("^plugins/[0-9a-f]+", "plugins/HASH", str(name)) for name in names if name.parts[0] != "files")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        KILLS = int(sys.argv[1])
    if len(sys.argv) > 2:
        SEED = int(sys.argv[2])
    unittest.main(argv=sys.argv[:1], verbosity=2)
