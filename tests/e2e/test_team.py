"""A daemon on the network, from the command line: tokens, logins, and work over TLS."""
import grp
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tempfile
import unittest

from harness import BUILD, SOURCE, PtahCase


class TeamTest(PtahCase):
    def setUp(self):
        super().setUp()
        self.env["XDG_CONFIG_HOME"] = str(self.folder / "config")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3",
                        "-keyout", self.folder / "key.pem", "-out", self.folder / "cert.pem", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        (self.folder / "ptahd.yaml").write_text(f"tls_port: 0\ntls_address: 127.0.0.1\ntls_certificate: {self.folder}/cert.pem\n"
                                                f"tls_key: {self.folder}/key.pem\nworkers: 1\n")
        subprocess.run([BUILD / "bin/ptahd", "--config", self.folder / "ptahd.yaml", "--socket", self.env["PTAH_SOCKET"], "--state",
                        self.folder / "team-state", "--daemonize"], env=self.env, check=True, timeout=60)
        self.status = self.run_json("server", "status").lines[0]
        self.address = f"localhost:{self.status['tls_port']}"

    def token(self, name, role):
        made = self.run_json("token", "create", name, "--role", role, "--expires", "1h").lines[0]
        file = self.folder / f"{name}.token"
        file.write_text(made["token"] + "\n")
        return file

    def login(self, name, role):
        return self.run_json("login", self.address, "--token-file", self.token(name, role), "--fingerprint",
                             self.status["fingerprint"].upper()).lines[0]

    def over_tls(self, *words, status=0):
        return self.run_json("--server", self.address, *words, status=status)

    def test_a_designer_works_from_elsewhere(self):
        before = self.run_json("--server", self.address, "jobs", status=3).lines[-1]["error"]
        self.assertIn("Nobody has logged in", before["message"])
        unknown = self.run_json("login", self.address, "--token-file", self.token("bob", "viewer"), status=2).lines[-1]["error"]
        self.assertIn(self.status["fingerprint"], unknown["hint"])

        kept = self.login("ann", "designer")
        self.assertEqual(kept["role"], "user")
        self.assertEqual(stat.S_IMODE(os.stat(kept["file"]).st_mode), 0o600)
        netlist = self.netlist(".include sizes.inc\n.subckt mine out in vdd vss\nXM1 out in vss vss sky130_fd_pr__nfet_01v8 l=0.15 w=wn\n"
                               "XM2 out in vdd vdd sky130_fd_pr__pfet_01v8 l=0.15 w=2\n.ends\n")
        (self.folder / "sizes.inc").write_text(".param wn=1\n")
        run = self.over_tls("run", netlist, "--flow", "native", "--judges", "none", "-n", "1", "--job", "far")
        self.assertEqual(run.summary["clean"], 2, run.out)
        self.assertEqual(self.run_json("jobs").lines[0]["job"], "far")
        shown = self.over_tls("show", "far", "0", "0").lines[0]
        layout = next(file for file in shown["files"] if file["role"] == "gds")
        self.over_tls("store", "get", layout["hash"], "-o", self.folder / "there.gds")
        self.assertGreater((self.folder / "there.gds").stat().st_size, 500)
        # Results come over, the same as the daemon would write them on its own machine.
        self.over_tls("run", netlist, "--flow", "native", "--judges", "none", "-n", "1", "--out", self.folder / "out", "--job", "again")
        self.run_json("export", "again", "--out", self.folder / "beside")
        difference = subprocess.run(["diff", "-r", "--exclude=.ptah", self.folder / "out", self.folder / "beside"], capture_output=True, text=True)
        self.assertEqual(difference.stdout, "")
        self.assertGreater(len(list((self.folder / "out").rglob("*.gds"))), 3)
        counts = self.over_tls("export", "again", "--out", self.folder / "out").lines[0]
        self.assertEqual((counts["written"], counts["kept"]), (0, 0))
        self.over_tls("server", "stop", status=2)

        # Magic's way in.
        with subprocess.Popen([BUILD / "bin/ptah", "--server", self.address, "bridge"], env=self.env, text=True, bufsize=1,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as bridge:
            bridge.stdin.write('{"jsonrpc":"2.0","id":7,"method":"job.list"}\n')
            jobs = json.loads(bridge.stdout.readline())["result"]["jobs"]
        self.assertEqual({job["job"] for job in jobs}, {"far", "again"})

        self.run_json("token", "revoke", "ann")
        gone = self.over_tls("jobs", status=2).lines[-1]["error"]
        self.assertIn("was revoked", gone["message"])

    def test_a_viewer_sees_and_changes_nothing(self):
        self.login("vic", "viewer")
        self.assertEqual(self.over_tls("jobs").lines, [])
        refused = self.over_tls("run", "five_transistors_ota", status=2).lines[-1]["error"]
        self.assertIn("viewer", refused["hint"])
        self.assertEqual([(t["name"], t["role"], t["valid"]) for t in self.run_json("token", "list").lines], [("vic", "viewer", True)])


    def test_a_library_is_one_s_own(self):
        self.run_json("run", "five_transistors_ota", "--flow", "native", "--judges", "none", "-n", "1", "--job", "secret")
        made = self.run_json("token", "create", "eve", "--role", "designer", "--library", "osc", "--library", "adc").lines[0]
        self.assertEqual(made["libraries"], ["osc", "adc"])
        file = self.folder / "eve.token"
        file.write_text(made["token"])
        login = self.run_json("login", self.address, "--token-file", file, "--fingerprint", self.status["fingerprint"]).lines[0]
        self.assertEqual((login["principal"], login["libraries"]), ("eve", ["osc", "adc"]))
        self.assertEqual(self.over_tls("jobs").lines, [])
        hidden = self.over_tls("show", "secret", "0", "0", status=3).lines[-1]["error"]
        self.assertEqual(hidden["message"], 'There is no job "secret".')
        refused = self.over_tls("run", "five_transistors_ota", "-n", "1", status=2).lines[-1]["error"]
        self.assertEqual(refused["message"], 'There is no library "work" for eve.')
        self.env["PTAH_LIBRARY"] = "osc"
        run = self.over_tls("run", "five_transistors_ota", "--flow", "native", "--judges", "none", "-n", "1", "--job", "mine")
        self.assertEqual(run.summary["clean"], 2, run.out)
        self.assertEqual([job["owner"] for job in self.over_tls("jobs").lines], ["eve"])
        self.over_tls("jobs", "delete", "secret", status=3)
        self.assertIn("owner", self.ptah("jobs").out)
        self.over_tls("server", "audit", status=2)
        audit = self.run_json("server", "audit", "--who", "eve", "--since", "1h").lines
        self.assertEqual([(record["method"], record["outcome"]) for record in audit if record["method"] != "store.put"],
                         [("flow.run", "denied"), ("flow.run", "ok"), ("job.delete", "not_found"), ("server.audit", "denied")])
        self.assertIn("eve", self.ptah("server", "audit").out)

    def test_a_group_of_this_machine_works(self):
        run = os.stat("/run") if os.path.isdir("/run") else None
        if os.geteuid() != 0 or shutil.which("setpriv") is None or run is None or run.st_uid != 0 or run.st_mode & 0o022:
            self.skipTest("only root can be other users, in a folder below a /run of its own")
        nogroup = grp.getgrnam("nogroup").gr_gid

        def as_user(uid, gid, *words, **more):
            return subprocess.run(["setpriv", "--reuid", str(uid), "--regid", str(gid), "--clear-groups", *map(str, words)], capture_output=True,
                                  text=True, timeout=120, cwd="/", env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **more})

        if as_user(54321, nogroup, BUILD / "bin/ptah", "--version").returncode != 0:
            self.skipTest("other users can not run this build")
        place = pathlib.Path(tempfile.mkdtemp(prefix="ptah-team-", dir="/run"))
        self.addCleanup(shutil.rmtree, place, True)
        place.chmod(0o755)
        os.chown(place, 65534, nogroup)
        socket = place / "run/ptahd.sock"
        (place / "ptahd.yaml").write_text("unix_group: nogroup\nworkers: 1\nquotas: {queued_jobs: 5}\n")
        started = as_user(65534, nogroup, BUILD / "bin/ptahd", "--config", place / "ptahd.yaml", "--socket", socket, "--state", place / "state",
                          "--daemonize", PDK_ROOT=self.env.get("PDK_ROOT", ""), HOME=str(place))
        self.assertEqual(started.returncode, 0, started.stderr)
        self.addCleanup(subprocess.run, [BUILD / "bin/ptah", "--socket", socket, "server", "stop", "--now"], capture_output=True)

        def ptah(uid, gid, *words):
            return as_user(uid, gid, BUILD / "bin/ptah", "--socket", socket, *words)

        done = ptah(54321, nogroup, "run", "five_transistors_ota", "--flow", "native", "--judges", "none", "-n", "1", "--job", "mine")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(ptah(54322, nogroup, "--json", "jobs").stdout)["owner"], "uid-54321")
        other = ptah(54322, nogroup, "jobs", "delete", "mine")
        self.assertIn("belongs to uid-54321, not to uid-54322", other.stderr)
        self.assertIn(" of 5", ptah(54321, nogroup, "server", "usage").stdout)
        stranger = ptah(54323, 54323, "jobs")
        self.assertIn("You may not use this daemon's socket.", stranger.stderr)
        python = as_user(54321, nogroup, sys.executable, "-c", "import ptah\nwith ptah.connect() as s: print(s.hello['principal'], s.hello['paths'])",
                         PTAH_SOCKET=str(socket), PYTHONPATH=str(SOURCE / "clients/python"), PYTHONDONTWRITEBYTECODE="1")
        self.assertEqual(python.stdout.strip(), "uid-54321 False", python.stderr)


if __name__ == "__main__":
    unittest.main()
