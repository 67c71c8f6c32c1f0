"""Nothing that was finished is lost (kills.py kills the daemon): cancels, clients that leave, plugins that misbehave."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import unittest

from harness import BUILD, PtahCase


EXAMPLE = BUILD / "tests/plugin_author/build-example/ptah_row.so"  # built outside the tree by plugin_author_test


class ReliabilityTest(PtahCase):
    def test_a_cancelled_job_keeps_what_is_finished(self):
        process = self.start("--json", "run", "five_transistors_ota", "--variants", "5000", "--judges", "none", "--job", "long")
        for _ in range(3):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, err)
        self.assertEqual(json.loads(out.splitlines()[-1])["summary"]["state"], "cancelled")
        self.assertGreaterEqual(len(self.run_json("variants", "long").lines), 3)

    def test_a_job_outlives_its_client(self):
        process = self.start("--json", "run", "five_transistors_ota", "--variants", "30", "--judges", "none", "--job", "left")
        process.stdout.readline()
        process.kill()
        process.communicate()
        self.run_json("jobs", "wait", "left")
        self.assertEqual(len(self.run_json("variants", "left").lines), 31)
        # Who comes back sees everything, numbered.
        followed = self.run_json("jobs", "follow", "left")
        self.assertEqual(len(followed.layouts), 31)

    def test_a_run_takes_more_assignments_while_it_goes_on(self):
        run = ["run", "five_transistors_ota", "--flow", "native", "--judges", "none"]
        self.run_json(*run, "--fingers", "M0=2,M1=2,M3=2", "--variants", "1500", "--job", "grows", "--detach")
        self.wait_until(lambda: self.run_json("variants", "grows").lines)
        two = self.run_json("jobs", "append", "grows", "--assignments", "2", "--seed", "7").lines[0]
        self.assertEqual((two["chains"], two["fresh"]), ([1, 2], 2))
        again = self.run_json("jobs", "append", "grows", "--assignments", "2", "--seed", "7").lines[0]
        self.assertEqual((again["chains"], again["fresh"]), ([1, 2], 0))
        self.kill_daemon()
        self.run_json("server", "start")
        self.run_json("jobs", "wait", "grows", timeout=600)
        job = self.run_json("jobs", "get", "grows").lines[0]
        self.assertEqual((job["state"], job["chains"]["total"], job["chains"]["done"]), ("done", 3, 3))
        self.assertEqual(job["variants"], 3 * 1501)
        outcome = self.ptah("jobs", "append", "grows", "--assignments", "1")
        self.assertEqual(outcome.status, 2, outcome.err)
        self.assertIn("start a new job", outcome.err)

    def test_malformed_lines_get_an_answer_and_the_daemon_serves_on(self):
        self.run_json("server", "start")
        connection = self.raw_connection()
        connection.sendall(b"this is no json\n")
        self.assertEqual(json.loads(connection.recv(65536))["error"]["code"], -32700)
        connection.close()
        self.assertEqual(self.ptah("server", "ping", "-c", "3").status, 0)


class PluginTest(PtahCase):
    """Plugins in a folder of this test's own, beside the shipped ones."""

    def setUp(self):
        super().setUp()
        self.plugins = self.folder / "plugins"
        self.plugins.mkdir(mode=0o755)
        for plugin in (BUILD / "plugins").glob("*.so"):
            shutil.copy(plugin, self.plugins)
        (self.folder / "run").mkdir(mode=0o700)
        self.log = (self.folder / "run/ptahd.log").open("w")
        self.daemon = subprocess.Popen(
            [BUILD / "bin/ptahd", "--foreground", "--socket", self.env["PTAH_SOCKET"], "--plugins", self.plugins],
            env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.log)
        self.wait_until(self.daemon_pid)  # asks without starting one

    def tearDown(self):
        self.daemon.kill()
        self.daemon.wait()
        self.log.close()
        super().tearDown()

    def names(self, state="ready"):
        return {line["name"] for line in self.run_json("plugins").lines if line["state"] == state}

    def drop(self, file):
        """As an installer should: aside, then renamed."""
        aside = self.plugins / (pathlib.Path(file).name + ".part")
        shutil.copy(file, aside)
        aside.chmod(0o755)
        aside.rename(self.plugins / pathlib.Path(file).name)

    def flow_with(self, stage, plugin):
        text = (pathlib.Path(__file__).parents[2] / "configs/flows/osiris.yaml").read_text()
        lines = [f"  {stage}: {{plugin: {plugin}}}" if line.startswith(f"  {stage}:") else line for line in text.splitlines()]
        return self.netlist("\n".join(lines) + "\n", f"flow_{plugin}.yaml")

    def test_a_dropped_plugin_serves_without_a_restart_while_jobs_run(self):
        self.assertNotIn("row", self.names())
        pid = self.daemon_pid()
        self.run_json("run", "five_transistors_ota", "--variants", "200", "--judges", "none", "--job", "busy", "--detach")
        self.drop(EXAMPLE)
        self.wait_until(lambda: "row" in self.names())
        outcome = self.run_json("run", "five_transistors_ota", "--flow", self.flow_with("placer", "row"))
        self.assertEqual(outcome.layouts[0]["drc"], {"magic_drc": 0})
        self.assertTrue(outcome.layouts[0]["plugins"]["placer"].startswith("row "))
        self.run_json("jobs", "wait", "busy")
        self.assertEqual(len(self.run_json("variants", "busy").lines), 201)
        self.assertEqual(self.daemon_pid(), pid)

    def test_a_layout_that_ends_its_worker_is_left_out_of_a_dataset_and_a_killed_worker_costs_nothing(self):
        text = (pathlib.Path(__file__).parents[2] / "configs/flows/sampling.yaml").read_text()
        flow = self.netlist(text.replace("checks:\n", "checks:\n  - {plugin: picky_check, options: {aborts: 12}}\n"), "deadly.yaml")
        self.drop(BUILD / "tests/stubs/ptah_picky_check.so")
        self.wait_until(lambda: "picky_check" in self.names())
        words = ["dataset", "make", "five_transistors_ota", "--count", "64", "--seed", "3", "--name", "deadly", "--measures", "offset",
                 "--flow", flow]
        made = self.run_json(*words).summary["result"]["dataset"]
        left_out = made["failures"]["the worker died"]
        self.assertTrue(1 <= left_out <= 16, made)
        self.assertEqual((made["count"], made["clean"]), (64, 64 - left_out))
        process = self.start("--json", *words, "--job", "killed")
        self.wait_until(lambda: self.busy_workers("killed"))
        for pid in self.busy_workers("killed"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate(timeout=300)
        first, second = (self.run_json("dataset", "get", f"deadly@{version}").lines[0] for version in (1, 2))
        self.assertEqual(second["job"], "killed")
        self.assertEqual(first["hash"], second["hash"])

        # Where every layout is deadly, the plugin is.
        broken = self.netlist(text.replace("checks:\n", "checks:\n  - {plugin: picky_check, options: {aborts: 1}}\n"), "broken.yaml")
        outcome = self.ptah("dataset", "make", "five_transistors_ota", "--count", "16", "--name", "none", "--measures", "offset",
                            "--flow", broken)
        self.assertEqual(outcome.status, 1, outcome.out + outcome.err)
        self.assertIn("picky_check", outcome.err)

    def busy_workers(self, job):
        status = self.run_json("server", "status").lines[0]
        return [worker["pid"] for worker in status["workers"] if worker.get("task", "").startswith(job + ".sample")]

    def test_a_plugin_that_misbehaves_costs_its_job_and_nothing_else(self):
        bad = BUILD / "tests/bad_plugins"
        pid = self.daemon_pid()
        cases = {"bad_throws_in_call": "threw", "bad_segfaults": "SIGSEGV", "bad_exits": "exit", "bad_allocates": "memory"}
        for name in [*cases, "bad_wrong_api", "bad_wrong_fingerprint", "bad_wrong_magic"]:
            self.drop(bad / f"ptah_{name}.so")
        for name, words in cases.items():
            with self.subTest(plugin=name):
                self.wait_until(lambda: name in self.names())
                outcome = self.ptah("run", "five_transistors_ota", "--flow", self.flow_with("placer", name))
                self.assertEqual(outcome.status, 1, outcome.out + outcome.err)
                self.assertIn(name, outcome.err)
                self.assertIn(words, outcome.err)
        refused = {pathlib.Path(line["file"]).name: line.get("reason", "") for line in self.run_json("plugins").lines
                   if line["state"] == "unavailable"}
        self.assertIn("API", refused["ptah_bad_wrong_api.so"])
        self.assertEqual(len(refused), 3, refused)
        # One that does not even start keeps the old set serving.
        self.drop(bad / "ptah_bad_segfaults_in_constructor.so")
        self.wait_until(lambda: any("bad_segfaults_in_constructor" in json.dumps(line) and line["state"] == "unavailable"
                                    for line in self.run_json("plugins").lines))
        # The daemon is the same, and the honest plugins work.
        self.assertEqual(self.daemon_pid(), pid)
        self.assertEqual(self.run_json("run", "five_transistors_ota", "--judges", "none").summary["state"], "done")


if __name__ == "__main__":
    unittest.main(verbosity=2)
