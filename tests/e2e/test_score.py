"""Scores over the wire and the command line, installing into editors, doctor, and the C++ example."""
import base64
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from harness import BUILD, PtahCase


class Wire:
    """A client that has many requests under way."""

    def __init__(self, case):
        self.socket = case.raw_connection()
        self.socket.settimeout(120)
        self.file = self.socket.makefile("r")
        self.number = 0

    def send(self, method, **params):
        self.number += 1
        line = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        self.socket.sendall((json.dumps(line) + "\n").encode())
        return self.number

    def read(self):
        return json.loads(self.file.readline())

    def call(self, method, **params):
        number = self.send(method, **params)
        while True:
            answer = self.read()
            if answer.get("id") == number:
                return answer

    def close(self):
        self.file.close()
        self.socket.close()


class ScoreTest(PtahCase):
    def setUp(self):
        super().setUp()
        outcome = self.run_json("run", "five_transistors_ota", "--variants", "2", "--seed", "1", "--flow", "native",
                                "--judges", "none", "--job", "made", "--out", str(self.folder / "out"))
        self.layouts = outcome.layouts
        self.assertEqual(len(self.layouts), 3)

    def wire(self):
        connection = Wire(self)
        self.addCleanup(connection.close)
        return connection

    def layout(self, index=0):
        return {"layout": {"path": self.layouts[index]["gds"]}, "circuit": "five_transistors_ota"}

    def sentence(self, answer):
        self.assertIn("error", answer)
        data = answer["error"]["data"]
        self.assertTrue(data["message"])
        self.assertNotIn("\n", data["message"])
        return data

    def test_the_command_line_tells_what_the_run_found(self):
        for layout in self.layouts:
            score = self.run_json("score", layout["gds"], "--circuit", "five_transistors_ota", "--blame").lines[0]
            self.assertTrue(score["valid"], score["reason"])
            self.assertEqual(score["fingers"], layout["fingers"])
            self.assertEqual(score["pscore_V"], layout["pscore_V"])
            self.assertGreater(score["nets"][0]["blame"], 0)
        table = self.ptah("score", self.layouts[0]["gds"], "--circuit", "five_transistors_ota", "--blame")
        self.assertEqual(table.status, 0, table.err)
        for words in ("pscore", "native_drc: 0 errors", "native_lvs: match", "blame", "VOUT", "M4"):
            self.assertIn(words.lower(), table.out.lower())
        # Another assignment than it is drawn with: not valid, and said so.
        wrong = ",".join(f"{device}={count % 16 + 2}" for device, count in self.layouts[0]["fingers"].items())
        outcome = self.run_json("score", self.layouts[0]["gds"], "--circuit", "five_transistors_ota", "--fingers", wrong, status=1)
        self.assertTrue(outcome.lines[0]["reason"].startswith("lvs: native_lvs"))
        self.assertIsNone(outcome.lines[0]["pscore_V"])
        self.assertEqual(self.ptah("score", self.layouts[0]["gds"]).status, 2)
        self.assertEqual(self.ptah("score", self.layouts[0]["gds"], "--circuit", "nothing").status, 3)

    def test_the_trusted_tools_where_they_are_asked(self):
        score = self.run_json("score", self.layouts[0]["gds"], "--circuit", "five_transistors_ota", "--judges").lines[0]
        self.assertTrue(score["valid"], score["reason"])
        self.assertEqual(set(score["drc"]), {"native_drc", "magic_drc"})
        self.assertEqual(set(score["lvs"]), {"native_lvs", "netgen_lvs"})
        self.assertAlmostEqual(score["judged_pscore_V"] / score["pscore_V"], 1, delta=0.02)
        osiris = self.run_json("score", self.layouts[0]["gds"], "--circuit", "five_transistors_ota", "--flow", "osiris").lines[0]
        self.assertEqual(osiris["pscore_V"], score["judged_pscore_V"])

    def test_by_path_by_hash_and_inline_are_one_layout(self):
        wire = self.wire()
        variant = wire.call("variant.get", job="made", chain=self.chain(), variant=1)["result"]
        [hash_] = [file["hash"] for file in variant["files"] if file["role"] == "gds"]
        data = base64.b64encode(pathlib.Path(self.layouts[1]["gds"]).read_bytes()).decode()
        answers = []
        for source in ({"path": self.layouts[1]["gds"]}, {"hash": hash_}, {"data": data}):
            answer = wire.call("score.layout", layout=source, circuit="five_transistors_ota")["result"]
            answer.pop("seconds")
            answers.append(answer)
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0], answers[2])

    def chain(self):
        return self.wire().call("variant.list", job="made")["result"]["variants"][0]["chain"]

    def test_what_is_wrong_gets_one_sentence(self):
        wire = self.wire()
        circuit = "five_transistors_ota"
        self.assertIn("one of", self.sentence(wire.call("score.layout", layout={}, circuit=circuit))["message"])
        self.assertIn("hash", self.sentence(wire.call("score.layout", layout={"hash": "f" * 64}, circuit=circuit))["message"])
        self.assertIn("hexadecimal", self.sentence(wire.call("score.layout", layout={"hash": "f"}, circuit=circuit))["message"])
        self.assertIn("base64", self.sentence(wire.call("score.layout", layout={"data": "%%%"}, circuit=circuit))["message"])
        self.assertIn("absolute", self.sentence(wire.call("score.layout", layout={"path": "a.gds"}, circuit=circuit))["message"])
        self.sentence(wire.call("score.layout", layout={"path": "/nowhere.gds"}, circuit=circuit))
        self.sentence(wire.call("score.layout", layout={"path": self.layouts[0]["gds"]}))
        self.assertIn("bogus", self.sentence(wire.call("score.layout", **self.layout(), bogus=1))["message"])
        self.assertIn("not placed", self.sentence(wire.call("score.placement", circuit=circuit, placement=[],
                                                            fingers=self.layouts[0]["fingers"]))["message"])
        # A circuit of another size.
        other = wire.call("score.layout", layout={"path": self.layouts[0]["gds"]}, circuit="miller_ota")
        self.assertIn("transistors are not those of", self.sentence(other)["message"])
        self.assertIn("finger counts are given: `--fingers`", self.ptah("score", self.layouts[0]["gds"], "--circuit", "miller_ota").err)
        # And the next one is answered.
        self.assertTrue(wire.call("score.layout", **self.layout())["result"]["valid"])

    def test_a_newer_request_supersedes_the_older_of_its_key(self):
        wire = self.wire()
        wire.call("score.layout", **self.layout())
        count = 20
        numbers = [wire.send("score.layout", **self.layout(i % 3), blame=True, key="window 1") for i in range(count)]
        other = wire.send("score.layout", **self.layout(), key="window 2")
        answers = {}
        while len(answers) < count + 1:
            answer = wire.read()
            self.assertNotIn(answer["id"], answers, "one answer a request")
            answers[answer["id"]] = answer
        for number in numbers[:-1]:
            error = self.sentence(answers[number])
            self.assertEqual((error["code"], error["message"]), ("cancelled", "superseded by a newer request"))
        self.assertTrue(answers[numbers[-1]]["result"]["valid"])
        self.assertTrue(answers[other]["result"]["valid"], "another window is not touched")

    def test_a_cancelled_request_is_answered_so(self):
        wire = self.wire()
        number = wire.send("score.layout", **self.layout(), flow="osiris", judges=True)
        cancel = wire.send("server.cancel", id=number)
        answers = {}
        while len(answers) < 2:
            answer = wire.read()
            answers[answer["id"]] = answer
        self.assertEqual(self.sentence(answers[number])["code"], "cancelled")
        self.assertEqual(answers[cancel]["result"]["cancelled"], 1)
        self.assertTrue(wire.call("score.layout", **self.layout())["result"]["valid"])

    def busy_worker(self, wire):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for worker in wire.call("server.status")["result"]["workers"]:
                if worker["state"] == "busy" and worker["task"].startswith("small-"):
                    return worker["pid"]
        self.fail("no worker was busy with the score")

    def test_a_killed_worker_costs_time_and_twice_a_sentence(self):
        wire, watcher = self.wire(), self.wire()
        number = wire.send("score.layout", **self.layout(), flow="osiris")
        os.kill(self.busy_worker(watcher), signal.SIGKILL)
        answer = wire.read()
        self.assertEqual(answer["id"], number)
        self.assertTrue(answer["result"]["valid"])
        number = wire.send("score.layout", **self.layout(), flow="osiris")
        first = self.busy_worker(watcher)
        os.kill(first, signal.SIGKILL)
        second = first
        deadline = time.monotonic() + 60
        while second == first and time.monotonic() < deadline:
            second = self.busy_worker(watcher)
        os.kill(second, signal.SIGKILL)
        error = self.sentence(wire.read())
        self.assertEqual(error["code"], "plugin_failed")
        self.assertIn("SIGKILL", error["message"])
        self.assertTrue(wire.call("score.layout", **self.layout())["result"]["valid"])

    def test_scores_go_before_batch_work(self):
        self.run_json("run", "five_transistors_ota", "--assignments", "8", "--variants", "2000", "--judges", "none",
                      "--job", "batch", "--detach")
        wire = self.wire()
        wire.call("score.layout", **self.layout(), key="w")
        times = []
        for index in range(20):
            begin = time.monotonic()
            self.assertTrue(wire.call("score.layout", **self.layout(index % 3), key="w")["result"]["valid"])
            times.append(time.monotonic() - begin)
        print(f"score.layout beside a full machine: median {sorted(times)[10] * 1e3:.1f} ms")
        self.assertEqual(wire.call("job.get", job="batch")["result"]["state"], "running")
        self.run_json("jobs", "cancel", "batch")

    def test_the_cpp_example(self):
        done = subprocess.run([BUILD / "bin/best_variant", "miller_ota", "3"], env=self.env, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("variant 3:", done.stdout)
        self.assertRegex(done.stdout, r"best: variant \d, pscore 0\.\d+ V, area .* valid")
        self.assertIn("most to blame: net ", done.stdout)


class InstallTest(PtahCase):
    def setUp(self):
        super().setUp()
        self.home = self.folder / "home"
        self.home.mkdir()
        self.env["HOME"] = str(self.home)
        self.env.pop("KLAYOUT_HOME", None)

    def everything(self):
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*") if not path.name.startswith(".ptah-"))

    def finding(self, what):
        report = self.ptah("--json", "doctor").lines[0]
        [finding] = [finding for finding in report["findings"] if finding["what"] == what]
        return finding

    def test_klayout_comes_and_goes_and_nothing_else_moves(self):
        if not (BUILD / "share/ptah/klayout/grain.xml").exists():
            self.skipTest("this build has no KLayout package")
        other = self.home / ".klayout/salt/other"
        other.mkdir(parents=True)
        (other / "grain.xml").write_text("theirs")
        before = self.everything()
        self.assertFalse(self.finding("KLayout macros")["ok"])
        self.assertEqual(self.finding("KLayout macros")["advice"], "ptah install klayout")
        for _ in range(2):
            place = pathlib.Path(self.run_json("install", "klayout").lines[0]["place"])
            self.assertEqual(place, self.home / ".klayout/salt/ptah")
            self.assertTrue((place / "grain.xml").is_file())
            self.assertTrue(list(place.glob("pymacros/*.lym")))
            self.assertEqual((place / "program").read_text().strip(), str(BUILD / "bin/ptah"))
            self.assertEqual([path for path in place.parent.iterdir() if path.name.startswith(".ptah-")], [])
        self.assertTrue(self.finding("KLayout macros")["ok"])
        self.assertTrue(self.run_json("uninstall", "klayout").lines[0]["changed"])
        self.assertFalse(self.run_json("uninstall", "klayout").lines[0]["changed"])
        self.assertEqual(self.everything(), before)
        self.env["KLAYOUT_HOME"] = str(self.home / "elsewhere")
        self.run_json("install", "klayout")
        self.assertTrue((self.home / "elsewhere/salt/ptah/grain.xml").is_file())
        # A folder of somebody else's stays.
        self.run_json("uninstall", "klayout")
        foreign = self.home / "elsewhere/salt/ptah"
        foreign.mkdir(parents=True)
        (foreign / "mine.txt").write_text("precious")
        for command in ("install", "uninstall"):
            outcome = self.ptah(command, "klayout")
            self.assertEqual(outcome.status, 2)
            self.assertIn("was not put there", outcome.err)
        self.assertEqual((foreign / "mine.txt").read_text(), "precious")

    def test_magic_gets_one_block_and_gives_it_back(self):
        if not (BUILD / "share/ptah/magic/ptah.tcl").exists():
            self.skipTest("this build has no Magic package")
        file = self.home / ".magicrc"
        for text in (None, "", "set a 1\n", "set a 1\nno line end", "# >>> other >>>\nx\n"):
            with self.subTest(text=text):
                file.unlink(missing_ok=True)
                if text is not None:
                    file.write_text(text)
                    file.chmod(0o640)
                self.assertTrue(self.run_json("install", "magic").lines[0]["changed"])
                self.assertFalse(self.run_json("install", "magic").lines[0]["changed"], "again: nothing to do")
                installed = file.read_text()
                self.assertTrue(installed.startswith(text or ""))
                self.assertEqual(installed.count("source \""), 1)
                self.assertIn(str(BUILD / "share/ptah/magic/ptah.tcl"), installed)
                self.assertTrue(self.finding("Magic macros")["ok"])
                # What the user adds below stays.
                file.write_text(installed + "set later 2\n")
                self.assertTrue(self.run_json("uninstall", "magic").lines[0]["changed"])
                self.assertEqual(file.read_text(), (text or "") + "set later 2\n")
                file.write_text(installed)
                self.run_json("uninstall", "magic")
                if text:
                    self.assertEqual(file.read_text(), text)
                    self.assertEqual(file.stat().st_mode & 0o777, 0o640)
                else:
                    self.assertFalse(file.exists())
                self.assertFalse(self.run_json("uninstall", "magic").lines[0]["changed"])
        # A link (dotfiles in a repository) stays one.
        real = self.home / "dotfiles"
        real.write_text("set a 1\n")
        file.unlink(missing_ok=True)
        file.symlink_to(real)
        self.run_json("install", "magic")
        self.assertTrue(file.is_symlink())
        self.assertIn("ptah.tcl", real.read_text())
        # Half a block is not ours to guess about.
        real.write_text("# >>> ptah >>>\nset a 1\n")
        outcome = self.ptah("install", "magic")
        self.assertEqual(outcome.status, 2)
        self.assertIn("end mark", outcome.err)
        self.assertEqual(real.read_text(), "# >>> ptah >>>\nset a 1\n")

    def test_the_doctor_says_what_to_do(self):
        report = self.ptah("--json", "doctor").lines[0]
        whats = {finding["what"] for finding in report["findings"]}
        for what in ("magic", "netgen-lvs", "ngspice", "klayout", "PDK_ROOT", "socket folder", "token files", "ptahd",
                     "plugins", "technology", "KLayout macros", "Magic macros"):
            self.assertIn(what, whats)
        for finding in report["findings"]:
            if finding["needed"] and not finding["ok"]:
                self.assertTrue(finding["advice"], finding)
        self.run_json("server", "start")
        self.assertTrue(self.finding("plugins")["ok"])
        self.assertTrue(self.finding("technology")["ok"])
        token = self.folder / "run/token"
        self.assertTrue(token.exists())
        token.chmod(0o644)
        finding = self.finding("token files")
        self.assertFalse(finding["ok"])
        self.assertIn("open to other users", finding["found"])
        token.chmod(0o600)
        (self.folder / "run").chmod(0o755)
        self.assertIn("chmod 700", self.finding("socket folder")["advice"])
        (self.folder / "run").chmod(0o700)
        env = dict(self.env, PATH="/nowhere")
        bare = subprocess.run([BUILD / "bin/ptah", "--json", "doctor"], env=env, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=60, check=False)
        self.assertEqual(bare.returncode, 4)
        [magic] = [finding for finding in json.loads(bare.stdout)["findings"] if finding["what"] == "magic"]
        self.assertEqual(magic["advice"], "sudo apt install magic")


if __name__ == "__main__":
    unittest.main(verbosity=2)
