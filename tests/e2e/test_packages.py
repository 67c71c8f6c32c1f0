"""Debian's packages and the manual pages: what they hold, that lintian has nothing to say, and that what lies in them
works. That they install on a bare system, as root, is tried by hand (packaging/README.md)."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import BUILD

PACKAGES = {"ptah", "ptah-dev", "ptah-torch", "ptah-klayout", "ptah-magic"}


def run(*words, **more):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=600, **more)


@unittest.skipUnless(shutil.which("dpkg-deb"), "packages are made on Debian")
class Packages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="ptah-packages-"))
        made = run("cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB", "-B", cls.folder / "packages")
        assert made.returncode == 0, made.stdout + made.stderr
        cls.files = sorted((cls.folder / "packages").glob("*.deb"))
        cls.root = cls.folder / "root"
        for file in cls.files:
            subprocess.run(["dpkg-deb", "-x", file, cls.root], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def field(self, package, name):
        [file] = [file for file in self.files if file.name.startswith(package + "_")]
        return run("dpkg-deb", "-f", file, name).stdout.strip()

    def test_there_are_five_and_each_needs_what_it_uses(self):
        self.assertEqual({file.name.split("_")[0] for file in self.files}, PACKAGES)
        depends = self.field("ptah", "Depends")
        for needed in ("magic", "netgen-lvs", "ngspice", "libngspice0", "libsqlite3-0", "libssl3"):
            self.assertIn(needed, depends)
        self.assertNotIn("torch", depends)  # half a gigabyte, for those who learn
        self.assertIn("ptah-torch", self.field("ptah", "Recommends"))
        self.assertIn("libtorch", self.field("ptah-torch", "Depends"))
        self.assertIn("libboost", self.field("ptah-dev", "Depends"))
        for package in PACKAGES - {"ptah"}:
            self.assertRegex(self.field(package, "Depends"), r"(^|, )ptah \(")

    def test_lintian_has_nothing_to_say(self):
        said = run("lintian", "--allow-root", "--fail-on", "error,warning", *self.files)
        self.assertEqual((said.returncode, said.stdout), (0, ""), said.stderr)
        overrides = [line for file in (self.root / "usr/share/lintian/overrides").iterdir()
                     for line in file.read_text().splitlines() if not line.startswith("#")]
        self.assertLessEqual(len(overrides), 3, overrides)

    def test_no_file_is_in_two(self):
        seen = {}
        for file in self.files:
            for line in run("dpkg-deb", "-c", file).stdout.splitlines():
                name = line.split()[5]
                if not name.endswith("/"):
                    self.assertNotIn(name, seen, f"{file.name} and {seen.get(name)}")
                    seen[name] = file.name

    def test_the_units_are_understood(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("no systemd-analyze: apt install systemd")
        units = self.root / "usr/lib/systemd/system"
        for words in (("verify", units / "ptahd.socket"), ("verify", units / "ptahd.service")):
            said = run("systemd-analyze", "--man=no", *words)
            # The program is not installed here, and not everywhere is there a manager to ask.
            rest = [line for line in said.stderr.splitlines()
                    if "/usr/bin/ptahd is not executable" not in line and "RuntimeDirectory" not in line
                    and "initialize manager" not in line]
            self.assertEqual(rest, [])
        said = run("systemd-analyze", "security", "--offline=yes", "--threshold=20", units / "ptahd.service")
        self.assertEqual(said.returncode, 0, said.stdout)

    def test_manual_pages_are_whole_and_without_warnings(self):
        pages = sorted((BUILD / "share/man").glob("man*/*"))
        self.assertEqual([page.name for page in pages], ["ptah.1", "ptahd.yaml.5", "ptah-worker.8", "ptahd.8"])
        for page in pages:
            shown = run("man", "--warnings", "-l", page, env={**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"})
            self.assertEqual((shown.returncode, shown.stderr), (0, ""), page)
            self.assertGreater(len(shown.stdout), 800, page)
            for trace in (str(BUILD), str(Path.home()) + "/"):
                self.assertNotIn(trace, page.read_text(), "a page names the machine that made it")
        ptah = run("man", "-l", BUILD / "share/man/man1/ptah.1", env={**os.environ, "MANWIDTH": "200"}).stdout
        for command in run(BUILD / "bin/ptah", "help").stdout.split("Subcommands:")[1].splitlines():
            if command.startswith("  ") and command[2] != " ":
                self.assertIn("ptah " + command.split()[0] + "\n", ptah)
        fields = run("man", "-l", BUILD / "share/man/man5/ptahd.yaml.5", env={**os.environ, "MANWIDTH": "200"}).stdout
        for field in ("tls_certificate", "idle_exit_s", "plugin_dirs", "log_level"):
            self.assertIn(field + ":", fields)

    def test_what_lies_in_them_lays_out_an_amplifier(self):
        home = self.folder / "home"
        home.mkdir()
        [libraries] = [file.parent for file in (self.root / "usr/lib").rglob("libptah_sdk.so.2")]
        environment = {"PATH": f"{self.root}/usr/bin:/usr/bin:/bin", "HOME": str(home), "LD_LIBRARY_PATH": str(libraries),
                       "PTAH_SOCKET": str(home / "run/s"), "XDG_STATE_HOME": str(home / "state"), "LANG": "C.UTF-8"}
        try:
            made = run("ptah", "--json", "run", "five_transistors_ota", "--variants", "1", "--out", home / "results",
                       env=environment)
            self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
            self.assertTrue(list((home / "results").rglob("*.gds")))
            plugins = [json.loads(line) for line in run("ptah", "--json", "plugins", env=environment).stdout.splitlines()]
            self.assertTrue(plugins)
            self.assertTrue(all(str(self.root) in plugin.get("file", str(self.root)) for plugin in plugins))
            for editor in ("klayout", "magic"):
                put = run("ptah", "install", editor, env=environment)
                self.assertEqual(put.returncode, 0, put.stderr)
        finally:
            run("ptah", "server", "stop", "--now", env=environment)


if __name__ == "__main__":
    unittest.main()
