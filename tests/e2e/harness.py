"""Drives the real programs: a daemon of its own for each test case, in folders of its own."""
import collections
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import zlib

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PTAH_BUILD_DIR", SOURCE / "build")).resolve()
OSIRIS_CIRCUITS = ["five_transistors_ota", "miller_ota", "ahuja_ota", "ota_ff", "lpf"]
CIRCUITS = OSIRIS_CIRCUITS + ["ota1", "ota2", "ota3", "ota4"]


class Outcome:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.splitlines() if line.startswith("{")]

    @property
    def layouts(self):
        return [line for line in self.lines if "variant" in line]

    @property
    def summary(self):
        return self.lines[-1]["summary"]


class Display:
    """An X server without a screen, on a free display number. `screen`: the file in which it keeps its pixels, for Picture."""

    def __init__(self, width=1500, height=940):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="ptah-display"))
        self.screen = self._folder / "Xvfb_screen0"
        reader, writer = os.pipe()
        self._process = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp",
                                          "-fbdir", str(self._folder)], pass_fds=[writer], stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            self.name = f":{pipe.readline().strip()}"

    def close(self):
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


class Picture:
    """An XWD dump of a 24-bit screen (X11/XWDFile.h): 25 words, a name, the colour map, rows of four-byte pixels."""

    def __init__(self, file):
        dump = pathlib.Path(file).read_bytes()
        head = struct.unpack(">25I", dump[:100])
        start, (self.width, self.height), stride = head[0] + 12 * head[19], head[4:6], head[12]
        # Version 7, ZPixmap, least significant byte first, 32 bits a pixel.
        if (head[1], head[2], head[7], head[11]) != (7, 2, 0, 32) or len(dump) < start + stride * self.height:
            raise ValueError(f"{file} is no screen dump that this reader knows: {head[:13]}")
        self.rows = [dump[start + stride * y:start + stride * y + 4 * self.width] for y in range(self.height)]

    def colours(self):
        """0xRRGGBB -> pixels."""
        return collections.Counter(pixel & 0xFFFFFF for row in self.rows for (pixel,) in struct.iter_unpack("<I", row))

    def differs(self, other):
        """How many pixels are not as in a picture of the same size."""
        return sum(a != b for row, theirs in zip(self.rows, other.rows)
                   for a, b in zip(memoryview(row).cast("I"), memoryview(theirs).cast("I")))

    def save(self, file):
        """As PNG."""
        def chunk(name, data):
            return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        lines = bytearray()
        for row in self.rows:
            line = bytearray(3 * self.width)
            line[0::3], line[1::3], line[2::3] = row[2::4], row[1::4], row[0::4]
            lines += b"\0" + line
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)          # eight bits each of red, green, blue
        pathlib.Path(file).write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines, 9))
                                       + chunk(b"IEND", b""))


class PtahCase(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ptah-e2e"))
        self.env = dict(os.environ, PTAH_SOCKET=str(self.folder / "run/ptahd.sock"),
                        XDG_STATE_HOME=str(self.folder / "state"), XDG_CACHE_HOME=str(self.folder / "cache"),
                        PTAH_SHIPPED_DATA="")

    def tearDown(self):
        self.kill_daemon()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *words, **more):
        return subprocess.Popen([BUILD / "bin/ptah", *words], env=self.env, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def ptah(self, *words, timeout=300):
        process = self.start(*words)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            self.fail(f"ptah {' '.join(map(str, words))} did not end in {timeout} s\n{out[-2000:]}\n{err[-2000:]}\n"
                      + self.daemon_log())
        return Outcome(process.returncode, out, err)

    def run_json(self, *words, status=0, timeout=300):
        outcome = self.ptah("--json", *words, timeout=timeout)
        self.assertEqual(outcome.status, status, f"{outcome.out[-2000:]}\n{outcome.err}\n{self.daemon_log()}")
        return outcome

    def daemon_log(self):
        log = self.folder / "run/ptahd.log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else "(no log)"

    def daemon_pid(self):
        outcome = self.ptah("--json", "server", "status")
        return outcome.lines[0]["pid"] if outcome.status == 0 else None

    def kill_daemon(self):
        pid = self.daemon_pid()
        if pid:
            os.kill(pid, signal.SIGKILL)
            # The leader is a zombie before the last thread lets go of the socket.
            self.wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists() or
                            len(list(pathlib.Path(f"/proc/{pid}/task").iterdir())) == 1 and
                            pathlib.Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z")

    def wait_until(self, condition, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if condition():
                    return
            except FileNotFoundError:
                pass
            time.sleep(0.05)
        self.fail("waited in vain\n" + self.daemon_log())

    def raw_connection(self):
        """A client of ten lines, as a script would write it."""
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.env["PTAH_SOCKET"])
        connection.settimeout(30)
        return connection

    def netlist(self, text, name="own.sp"):
        file = self.folder / name
        file.write_text(text)
        return str(file)


def files_below(folder):
    """Relative path -> bytes."""
    root = pathlib.Path(folder)
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
