"""An explorer that learns is killed again and again, daemon and workers, and ends with the bytes of one that was not."""
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from harness import BUILD, SOURCE, PtahCase, files_below

KILLS = int(os.environ.get("PTAH_KILLS", "20"))


class LearnerTest(PtahCase):
    """The plugin author's example, plugins/example/bandit.cpp, beside the shipped plugins."""

    def setUp(self):
        super().setUp()
        plugins = self.folder / "plugins"
        plugins.mkdir(mode=0o755)
        for plugin in [*(BUILD / "plugins").glob("*.so"), BUILD / "tests/stubs/ptah_bandit.so"]:
            shutil.copy(plugin, plugins)
        (self.folder / "run").mkdir(mode=0o700)
        self._plugins = plugins
        self._daemon = None
        flow = (SOURCE / "configs/flows/native.yaml").read_text()
        self.flow = self.netlist(flow.replace("{plugin: random}", "{plugin: bandit}"), "learner.yaml")
        self.start_daemon()

    def tearDown(self):
        self.kill_daemon_and_workers()
        super().tearDown()

    def start_daemon(self):
        with (self.folder / "run/ptahd.log").open("a") as log:
            self._daemon = subprocess.Popen(
                [BUILD / "bin/ptahd", "--foreground", "--socket", self.env["PTAH_SOCKET"], "--plugins", self._plugins],
                env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
        self.wait_until(self.daemon_pid)

    def kill_daemon_and_workers(self):
        try:
            os.killpg(self._daemon.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._daemon.wait()

    def run_learner(self, job, variants):
        return ["run", "five_transistors_ota", "--flow", self.flow, "--judges", "none", "--variants", str(variants), "--seed", "4",
                "--job", job, "--out", str(self.folder / job), "--detach"]

    def results(self, job):
        return {name: content for name, content in files_below(self.folder / job).items() if "/times/" not in name}

    def test_a_learner_that_is_killed_ends_with_the_same_bytes(self):
        variants = 10 * KILLS
        self.run_json(*self.run_learner("whole", variants))
        self.run_json("jobs", "wait", "whole", timeout=600)
        self.run_json(*self.run_learner("killed", variants))
        luck = random.Random(KILLS)
        kills = interrupted = 0
        while kills < KILLS:
            time.sleep(luck.uniform(0.1, 0.6))
            self.kill_daemon_and_workers()
            kills += 1
            self.start_daemon()
            interrupted += self.run_json("jobs", "get", "killed").lines[0]["state"] != "done"
        end = self.run_json("jobs", "wait", "killed", timeout=600).lines
        self.assertEqual(end[0]["state"], "done", f"{end[0]}\n{self.daemon_log()}")
        self.assertGreater(interrupted, KILLS / 4)
        expected, found = self.results("whole"), self.results("killed")
        self.assertEqual(sorted(found), sorted(expected))
        self.assertEqual([name for name in expected if found[name] != expected[name]], [])
        print(f"{KILLS} kills, {interrupted} in the middle of the job; {variants} variants the same")


if __name__ == "__main__":
    unittest.main()
