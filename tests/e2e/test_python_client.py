"""The Python client against the real daemon."""
import asyncio
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import unittest

from harness import BUILD, SOURCE, PtahCase

sys.path.insert(0, str(SOURCE / "clients/python"))
import ptah  # noqa: E402


class PythonClientTest(PtahCase):
    def setUp(self):
        super().setUp()
        self.environment = {name: os.environ.get(name) for name in self.env}
        os.environ.update(self.env)

    def tearDown(self):
        for name, value in self.environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        super().tearDown()

    def connect(self):
        return ptah.connect(program=BUILD / "bin/ptah")

    def test_variants_come_as_they_are_made(self):
        with self.connect() as server:
            self.assertIn("miller_ota", [circuit["name"] for circuit in server.circuits()])
            job = server.run(circuit="five_transistors_ota", variants=4, judges="none", out=self.folder / "out")
            records = [variant["record"] for variant in job.variants()]
            self.assertEqual([record["variant"] for record in records], [0, 1, 2, 3, 4])
            self.assertTrue((self.folder / "out" / records[-1]["gds"]).is_file())
            self.assertEqual(job.wait()["state"], "done")
            # Whoever comes later sees the same.
            self.assertEqual(len(list(server.job(job.name).variants())), 5)

    def test_progress_never_falls(self):
        with self.connect() as server:
            job = server.run(circuit="five_transistors_ota", flow="native", judges="none", assignments=4, variants=60)
            told = [event.params["fraction"] for event in job.events() if event.name == "job.progress"]
            self.assertEqual(told, sorted(told))
            self.assertGreater(len(set(told)), 2)
            self.assertLessEqual(told[-1], 1)

    def test_errors_are_the_daemons_words(self):
        with self.connect() as server:
            with self.assertRaises(ptah.PtahError) as caught:
                server.run(circuit="no_such_circuit").wait()
            self.assertIn("no_such_circuit", str(caught.exception))
            with self.assertRaises(ptah.PtahError) as caught:
                server.call("server.hello", protocol="one")
            self.assertEqual(caught.exception.code, "invalid_argument")
            self.assertIn("protocol", str(caught.exception))
            self.assertGreater(server.status()["pid"], 0)

    def test_a_client_on_tcp_sends_its_files_and_reads_its_results(self):
        netlist = self.folder / "one.sp"
        netlist.write_text("* w is the width of one finger\n.subckt one d g s b\nM1 d g s b sky130_fd_pr__nfet_01v8 w=1u l=0.15u nf=2\n.ends\n")
        subprocess.run([BUILD / "bin/ptahd", "--daemonize", "--tcp", "0", "--socket", self.env["PTAH_SOCKET"]], env=self.env,
                       check=True)
        with self.connect() as server:
            port = server.status()["tcp_port"]
        token = (pathlib.Path(self.env["PTAH_SOCKET"]).parent / "token").read_text().strip()
        with ptah.connect(port=port, token=token) as server:
            with self.assertRaises(ptah.PtahError) as caught:
                server.check(netlist)
            self.assertEqual((caught.exception.code, caught.exception.where), ("denied", "spec.gds"))
            name = server.put_file(netlist)
            variants = list(server.run(netlist=name, judges="none").variants())
            gds = next(file for file in variants[0]["files"] if file["role"] == "gds")
            server.read_file(gds["hash"], self.folder / "here.gds")
            self.assertEqual((self.folder / "here.gds").stat().st_size, gds["size"])

        async def there_and_back():
            server = await ptah.connect_async(port=port, token=token)
            async with server:
                await server.read_file(await server.put_file(netlist), self.folder / "back.sp")
        asyncio.run(there_and_back())
        self.assertEqual((self.folder / "back.sp").read_text(), netlist.read_text())
        # The command line: the same names.
        put = self.run_json("store", "put", str(netlist)).lines[0]
        self.assertEqual(put, {"file": name})
        self.run_json("store", "get", name, "-o", str(self.folder / "again.sp"))
        self.assertEqual((self.folder / "again.sp").read_text(), netlist.read_text())

    def test_params_are_read_as_the_other_clients_read_them(self):
        for case in json.loads((SOURCE / "tests/clients/input_cases.json").read_text())["parameters"]:
            if "where" in case:
                with self.assertRaises(ptah.inputs.InputError, msg=case["says"]) as caught:
                    ptah.inputs.read_parameters(case["text"], "p.par")
                self.assertEqual(caught.exception.where, case["where"], case["says"])
            else:
                self.assertEqual(ptah.inputs.read_parameters(case["text"], "p.par"), case["expect"], case["says"])

    def test_params_of_a_file_and_of_the_call_reach_the_layouts(self):
        netlist = self.folder / "one.sp"
        netlist.write_text("* w is the width of one finger\n.subckt one d g s b\nM1 d g s b sky130_fd_pr__nfet_01v8 w=w1 l=l1 nf=2\n.ends\n")
        sizes = self.folder / "sizes.par"
        sizes.write_text("w1=1u\n.param l1=0.15u\n")
        with self.connect() as server:
            job = server.run(netlist=netlist, params_file=sizes, params={"W1": "2u"}, judges="none")
            self.assertEqual([variant["record"]["params"] for variant in job.variants()], [{"w1": "2u", "l1": "0.15u"}])
            with self.assertRaises(ptah.PtahError) as caught:
                server.run(netlist=netlist, params={"w1": "2u", "l1": "1u", "w2": "1u"}).wait()
            self.assertIn('"w2"', str(caught.exception))
        # The command line says the same.
        planned = self.run_json("plan", str(netlist), "--params", str(sizes), "--param", "W1=2u").lines[0]
        self.assertEqual(planned["params"], {"w1": "2u", "l1": "0.15u"})
        self.assertEqual(planned["devices"][0]["w_um"], 2)
        wrong = self.ptah("plan", str(netlist), "--param", "w1")
        self.assertEqual(wrong.status, 2)
        self.assertIn("NAME=VALUE", wrong.err)

    def test_nothing_listens(self):
        with self.assertRaises(ptah.Disconnected) as caught:
            ptah.connect(self.folder / "nobody.sock", start=False)
        self.assertIn("ptah server start", str(caught.exception))

    @unittest.skipUnless(os.geteuid() == 0, "only root can be somebody else")
    def test_another_users_socket_is_no_daemon(self):
        ready, wrote = os.pipe()
        child = os.fork()
        if child == 0:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(self.folder / "s"))
            os.setuid(65534)
            listener.listen()
            os.write(wrote, b"r")
            listener.accept()
            signal.pause()
        self.addCleanup(os.waitpid, child, 0)
        self.addCleanup(os.kill, child, signal.SIGKILL)
        os.read(ready, 1)
        with self.assertRaises(ptah.PtahError) as caught:
            ptah.connect(self.folder / "s")
        self.assertEqual(caught.exception.code, "denied")
        self.assertIn("65534", str(caught.exception))
        with self.assertRaises(ptah.PtahError) as caught:
            asyncio.run(ptah.connect_async(self.folder / "s"))
        self.assertEqual(caught.exception.code, "denied")
        os.chown(self.folder, 65534, 65534)
        with self.assertRaises(ptah.PtahError) as caught:
            ptah.connect(self.folder / "s")
        self.assertIn("folder", str(caught.exception))

    def test_the_daemon_dies_and_comes_back(self):
        with self.connect() as server:
            job = server.run(circuit="five_transistors_ota", variants=60, judges="none", job="long")
            first = next(event for event in job.events() if event.name == "variant.ready")
            self.kill_daemon()
            with self.assertRaises(ptah.Disconnected):
                for _ in range(3):
                    server.status()
        with self.connect() as server:
            last = first.number
            numbers = []
            for event in server.job("long").events(after=last):
                self.assertGreater(event.number, last)
                last = event.number
                if event.name == "variant.ready":
                    numbers.append(event.params["variant"])
            self.assertEqual(numbers[-1], 60)
            self.assertEqual(numbers, sorted(set(numbers)))

    def test_who_stops_reading_gets_no_more_events(self):
        with self.connect() as server:
            job = server.run(circuit="miller_ota", variants=100000, judges="none")
            next(job.variants())
            server.status()
            while server.next_event(timeout=0):         # those that were under way
                pass
            self.assertIsNone(server.next_event(timeout=2))
            self.assertEqual(job.get()["state"], "running")
            self.assertEqual(next(job.variants())["variant"], 0, "who reads again begins where it wants")
            job.cancel()

    def test_two_jobs_are_read_in_turns(self):
        with self.connect() as server:
            jobs = [server.run(circuit="five_transistors_ota", variants=3, seed=seed, judges="none") for seed in (1, 2)]
            pairs = zip(*(job.variants() for job in jobs))
            self.assertEqual([(a["variant"], b["variant"]) for a, b in pairs], [(n, n) for n in range(4)])

    def test_cancel(self):
        with self.connect() as server:
            job = server.run(circuit="miller_ota", variants=100000, judges="none")
            self.assertEqual(job.cancel(), "cancelled")
            self.assertEqual(job.wait()["state"], "cancelled")

    def test_asyncio_runs_jobs_and_requests_at_once(self):
        async def scenario():
            async with await ptah.connect_async(program=BUILD / "bin/ptah") as server:
                jobs = [await server.run(circuit="five_transistors_ota", variants=3, seed=seed, judges="none")
                        for seed in (1, 2)]

                async def count(job):
                    return [variant["variant"] async for variant in job.variants()]

                statuses = asyncio.gather(*(server.status() for _ in range(50)))
                counted = await asyncio.gather(count(jobs[0]), count(jobs[1]), count(jobs[1]))
                self.assertEqual(counted, [[0, 1, 2, 3]] * 3)
                self.assertEqual(len(await statuses), 50)
                with self.assertRaises(ptah.PtahError):
                    await server.call("no.method")
                waiting = asyncio.ensure_future(server.call("job.wait", job=(await server.run(
                    circuit="miller_ota", variants=1000, judges="none", job="slow")).name))
                await asyncio.sleep(0.2)
                waiting.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await waiting
                self.assertEqual(await server.job("slow").cancel(), "cancelled")
        asyncio.run(scenario())

    def test_who_stops_reading_in_asyncio_leaves_nothing(self):
        async def scenario():
            async with await ptah.connect_async(program=BUILD / "bin/ptah") as server:
                job = await server.run(circuit="miller_ota", variants=100000, judges="none")
                for _ in range(2):
                    events = job.events()
                    self.assertGreater((await events.__anext__()).number, 0)
                    await events.aclose()
                    self.assertEqual(server._queues, {})
                await job.cancel()
        asyncio.run(scenario())

    def example(self, name, *words, status=0):
        done = subprocess.run([sys.executable, SOURCE / f"clients/python/examples/{name}.py", *words],
                              env=dict(self.env, PYTHONPATH=str(SOURCE / "clients/python"), PTAH_PROGRAM=str(BUILD / "bin/ptah")),
                              text=True, capture_output=True, timeout=120, check=False)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout.splitlines() if status == 0 else done.stderr.splitlines()

    def test_the_example_of_variants(self):
        lines = self.example("variants", "five_transistors_ota", "1", "2")
        self.assertEqual(len(lines), 3, lines)
        self.assertIn("mV", "\n".join(lines))

    def test_the_example_of_a_drag(self):
        first, *moves = self.example("drag", "five_transistors_ota")
        self.assertRegex(first, r"^five_transistors_ota: pscore \d+\.\d{3} mV, HPWL [1-9]\d*\.\d\d um$")
        whole = (r"(M[0-4]) by \(([-+]0\.[01]), ([-+]0\.[01])\) um: "
                 r"(?:pscore ([-+]\d+\.\d+) mV, HPWL ([-+]\d+\.\d+) um|not valid, (?:drc|lvs|router|placement): .*)")
        seen = [re.fullmatch(whole, line) for line in moves]
        self.assertTrue(all(seen), moves)
        self.assertEqual(len({match.group(1, 2, 3) for match in seen}), 20, "each of five devices, each of four ways")
        # Moves change wires and scores, each in its own way.
        hpwl = {match.group(1, 2, 3): float(match.group(5)) for match in seen if match.group(5)}
        self.assertGreater(len(hpwl), 10, moves)
        self.assertTrue(any(abs(change) > 0 for change in hpwl.values()), moves)
        self.assertGreater(len({match.group(4) for match in seen if match.group(4)}), 5, moves)

    def test_an_example_says_what_is_wrong(self):
        [line] = self.example("drag", "no_such_circuit", status=1)
        self.assertRegex(line, "^drag.py: .*no_such_circuit")


if __name__ == "__main__":
    unittest.main()
