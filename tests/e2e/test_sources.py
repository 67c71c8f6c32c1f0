"""A netlist's files are read by the client, and the daemon uses what was sent."""
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

from harness import BUILD, SOURCE, PtahCase

sys.path.insert(0, str(SOURCE / "clients/python"))
import ptah  # noqa: E402
import ptah.inputs  # noqa: E402

LEAF = ".include sizes.inc\n* w is the width of one finger\n.subckt leaf a b g\nM1 a g b b sky130_fd_pr__nfet_01v8 w=w1 l=0.15u nf=2\n.ends\n"
TOP = ".subckt top a b g\nx1 a b g leaf\nx2 b a g leaf\n.ends\n"


@contextlib.contextmanager
def environment(**values):
    """Variables for a while; None: not set."""
    with unittest.mock.patch.dict(os.environ, {name: value for name, value in values.items() if value is not None}):
        for name in [name for name, value in values.items() if value is None]:
            os.environ.pop(name, None)
        yield


def write_files(folder, case):
    """The case's files on the disk, and the case with the place of its folder."""
    case = json.loads(json.dumps(case).replace("@ROOT@", str(folder)))
    numbered = [f"f{i}.sp" for i in range(case.get("numbered", 0))]
    includes = "".join(f".include {name}\n" for name in numbered)
    contents = {name: b"" for name in numbered}
    contents.update({name: text.replace("@INCLUDES@", includes).encode() for name, text in case["files"].items()})
    contents.update({name: text.encode("latin-1") for name, text in case.get("latin1", {}).items()})
    contents.update({name: b"*" * size for name, size in case.get("sizes", {}).items()})
    for name, data in contents.items():
        file = pathlib.Path(folder) / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return case


class GathererTest(unittest.TestCase):
    def test_files_are_gathered_as_the_other_clients_gather_them(self):
        for some in json.loads((SOURCE / "tests/clients/source_cases.json").read_text()):
            with self.subTest(some["says"]), tempfile.TemporaryDirectory() as folder:
                case = write_files(folder, some)
                with environment(**{"PDK_ROOT": None, **case.get("environment", {})}):
                    if "code" in case:
                        with self.assertRaises(ptah.inputs.InputError) as caught:
                            ptah.inputs.gather_sources(case["spec"])
                        self.assertEqual((caught.exception.code, caught.exception.where), (case["code"], case["where"]))
                    else:
                        gathered = ptah.inputs.gather_sources(case["spec"])
                        self.assertEqual(gathered.get("sources"), case["expect"])
                        self.assertNotIn("netlist", gathered)


class SourcesTest(PtahCase):
    def setUp(self):
        super().setUp()
        self.files = self.folder / "files"
        write_files(self.files, {"files": {
            "cell/top.sp": f".include ../lib/leaf.sp\n.lib $PDK_ROOT/models.lib tt\n{TOP}", "lib/leaf.sp": LEAF,
            "lib/sizes.inc": ".param w1=1u\n"}})
        self.top = self.files / "cell/top.sp"
        self.names = ["cell/top.sp", "lib/leaf.sp", "lib/sizes.inc"]
        patch = unittest.mock.patch.dict(os.environ, self.env)
        patch.start()
        self.addCleanup(patch.stop)

    def connect(self):
        return ptah.connect(program=BUILD / "bin/ptah")

    def test_every_client_sends_the_same_files_and_the_plan_lists_them(self):
        planned = self.run_json("plan", str(self.top)).lines[0]
        self.assertEqual([file["name"] for file in planned["sources"]], self.names)
        sums = subprocess.run(["sha256sum", *self.names], cwd=self.files, text=True, stdout=subprocess.PIPE, check=True)
        self.assertEqual([file["sha256"] for file in planned["sources"]],
                         [line.split()[0] for line in sums.stdout.splitlines()])
        self.assertEqual([file["bytes"] for file in planned["sources"]],
                         [(self.files / name).stat().st_size for name in self.names])
        self.assertEqual(len(planned["devices"]), 2)
        shown = self.ptah("plan", str(self.top)).out
        for file in planned["sources"]:
            self.assertIn(file["sha256"], shown)
        with self.connect() as server:
            spec = ptah.protocol.circuit_fields({"netlist": self.top, "assignments": 0})
            self.assertEqual(server.call("flow.plan", spec=spec)["result"]["sources"], planned["sources"])
        bridged = self.bridge({"spec": {"netlist": str(self.top), "assignments": 0}})
        self.assertEqual(bridged["result"]["result"]["sources"], planned["sources"])

    def bridge(self, params):
        """The answer to flow.plan through `ptah bridge`, which editors without sockets use."""
        line = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "flow.plan", "params": params})
        with subprocess.Popen([BUILD / "bin/ptah", "bridge"], env=self.env, text=True, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            process.stdin.write(line + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            process.stdin.close()
        self.assertEqual(answer["id"], 7)
        return answer

    def test_what_is_missing_is_named_where_it_is_included(self):
        (self.files / "lib/sizes.inc").unlink()
        place = f"{self.files}/lib/leaf.sp:1"
        outcome = self.ptah("run", str(self.top))
        self.assertEqual(outcome.status, 3)
        self.assertIn(f'{place}: There is no file "sizes.inc"', outcome.err)
        with self.connect() as server, self.assertRaises(ptah.PtahError) as caught:
            server.run(netlist=self.top)
        self.assertEqual((caught.exception.code, caught.exception.where), ("not_found", place))
        self.assertEqual(self.bridge({"spec": {"netlist": str(self.top)}})["error"]["data"]["where"], place)

    def test_a_job_keeps_its_files_once_and_needs_no_others(self):
        with self.connect() as server:
            first = server.run(netlist=self.top, judges="none", seed=3)
            shutil.rmtree(self.files)
            variants = list(first.variants())
            self.assertEqual(len(variants), 1)
            spec = first.get()["spec"]
            self.assertEqual(list(spec["sources"]), ["hash"])
            # Named by their hash they make the same layout again, and say what a layout is held against.
            second = server.run(sources=spec["sources"], judges="none", seed=3)
            def gds(of):
                return [file["hash"] for file in of["files"] if file["role"] == "gds"]
            self.assertEqual([gds(variant) for variant in second.variants()], [gds(variants[0])])
            layout = next(file["path"] for file in variants[0]["files"] if file["role"] == "gds")
            scored = server.score(layout, sources=spec["sources"], drc=False, lvs=False, score=False)
            self.assertEqual(scored["circuit"], "top")
            with self.assertRaises(ptah.PtahError) as caught:
                server.score(layout, sources={"hash": "0" * 64})
            self.assertEqual(caught.exception.where, "sources.hash")

    def test_a_job_goes_on_with_its_files_after_a_kill(self):
        with self.connect() as server:
            job = server.run(netlist=self.top, judges="none", variants=3, job="kept")
            next(iter(job.variants()))
        shutil.rmtree(self.files)
        self.kill_daemon()
        with self.connect() as server:
            self.assertEqual(server.job("kept").wait()["state"], "done")
            self.assertEqual(len(list(server.job("kept").variants())), 4)


if __name__ == "__main__":
    unittest.main()
