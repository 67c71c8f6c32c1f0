"""Fixed blocks: subcircuits and models that are placed and routed as the cells that they are bound to."""
import pathlib
import struct
import unittest

from harness import PtahCase

AMPLIFIER = """\
* w is the width of one finger
.subckt amp GND VDD VOUT VINN VINP VBIAS
M0 source VBIAS GND GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.05u nf=2
M1 VOUT VINN source GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.05u nf=2
M2 net8 VINP source GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.05u nf=2
M3 VOUT net8 VDD VDD sky130_fd_pr__pfet_01v8 l=0.15u w=1.05u nf=2
M4 net8 net8 VDD VDD sky130_fd_pr__pfet_01v8 l=0.15u w=1.05u nf=2
.ends
"""
PAIR = """\
* w is the width of one finger
.include amp.sp
.subckt pair GND VDD OUT IN VBIAS
X1 GND VDD mid mid IN VBIAS amp
X2 GND VDD OUT OUT mid VBIAS amp
M5 OUT VBIAS GND GND sky130_fd_pr__nfet_01v8 l=0.15u w=1.05u nf=2
.ends
"""
BENCH = """\
.lib "sky130.lib.spice" tt
.subckt pair GND VDD OUT IN VBIAS
XXX
.ends
xdut GND VDD OUT IN VBIAS pair
Vsupply VDD GND dc 1.8
Vbias VBIAS GND dc 0.9
Vin IN GND dc 0.9 ac 1
Cload OUT GND 50f
.ac dec 10 1k 1g
.control
run
write simout.out v(OUT)
.endc
.end
"""


def record(kind, data=b""):
    return struct.pack(">HH", len(data) + 4, kind) + data


def name(text):
    data = text.encode()
    return data + b"\0" * (len(data) % 2)


def pad_gds(labels=(("PAD", 70, 5, 1000, 1000),), cell="bondpad", extra=b""):
    """A square of met3 with labels, written by nobody's library: as somebody's own tool does."""
    def box(layer, x0, y0, x1, y1):
        points = (x0, y0, x1, y0, x1, y1, x0, y1, x0, y0)
        return (record(0x0800) + record(0x0D02, struct.pack(">h", layer)) + record(0x0E02, struct.pack(">h", 20)) +
                record(0x1003, struct.pack(">10i", *points)) + record(0x1100))

    def text(said, layer, purpose, x, y):
        return (record(0x0C00) + record(0x0D02, struct.pack(">h", layer)) + record(0x1602, struct.pack(">h", purpose)) +
                record(0x1003, struct.pack(">2i", x, y)) + record(0x1906, name(said)) + record(0x1100))
    stamp = struct.pack(">12h", *[0] * 12)
    # 0.001 user units and 1e-9 m, as GDSII writes real numbers.
    units = bytes.fromhex("3e4189374bc6a7f0") + bytes.fromhex("3944b82fa09b5a54")
    return (record(0x0002, struct.pack(">h", 600)) + record(0x0102, stamp) + record(0x0206, name("pads")) + record(0x0305, units) +
            record(0x0502, stamp) + record(0x0606, name(cell)) + box(70, 0, 0, 3000, 3000) + extra +
            b"".join(text(*label) for label in labels) + record(0x0700) + record(0x0400))


class CellTest(PtahCase):
    def write(self, file_name, content):
        file = self.folder / file_name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(file)

    def amplifier(self):
        """The amplifier's netlist and its layout, drawn alone."""
        netlist = self.write("amp.sp", AMPLIFIER)
        made = self.ptah("run", netlist, "--flow", "native", "--judges", "none", "--out", str(self.folder / "amp"))
        self.assertEqual(made.status, 0, made.err)
        gds, = (self.folder / "amp").glob("data/amp/layouts/*/v000.gds")
        return netlist, gds

    def test_a_circuit_of_blocks_is_clean_to_all_judges(self):
        _, gds = self.amplifier()
        netlist, bench = self.write("pair.sp", PAIR), self.write("bench.sp", BENCH)
        words = [netlist, "--cell", f"amp={gds}", "--testbench", bench]
        plan = self.run_json("plan", *words[:-2]).lines[0]
        block = plan["devices"][0]
        self.assertEqual([block[key] for key in ("name", "kind", "model", "cell")], ["X1", "block", "amp", "amp_0"])
        self.assertEqual(block["nets"], ["GND", "VDD", "mid", "mid", "IN", "VBIAS"])
        self.assertEqual(len(block["box_um"]), 4)
        self.assertEqual({source["name"]: source["bytes"] for source in plan["sources"]}[block["file"]], gds.stat().st_size)
        made = self.run_json("run", *words, "--flow", "native", "--judges", "all", "--variants", "1", "--out", str(self.folder / "out"))
        self.assertEqual(made.status, 0, made.err)
        self.assertEqual(len(made.layouts), 2)
        for layout in made.layouts:
            self.assertEqual(set(layout["drc"]), {"native_drc", "magic_drc"})
            self.assertEqual(set(layout["drc"].values()), {0})
            self.assertEqual(layout["lvs"], {"native_lvs": "match", "netgen_lvs": "match"})
            self.assertGreater(layout["pscore_V"], 0)
        # The cell is in the layout as it was, byte for byte, under its own name.
        def cell_of(file):
            data = file.read_bytes()
            start = data.index(record(0x0606, name("amp_0")))
            return data[start:data.index(record(0x0700), start)]
        top, = (self.folder / "out").glob("data/pair/layouts/*/v000.gds")
        self.assertEqual(cell_of(top), cell_of(gds))
        osiris = self.run_json("run", *words, "--out", str(self.folder / "osiris"))
        self.assertEqual(osiris.status, 0, osiris.err)
        self.assertEqual(osiris.layouts[0]["lvs"], {"netgen_lvs": "match"})
        # Both flows score the same devices with about the same wires.
        self.assertAlmostEqual(osiris.layouts[0]["pscore_V"] / made.layouts[0]["pscore_V"], 1, delta=0.1)

    def test_a_pad_of_another_tool_and_what_is_refused(self):
        empty = ".subckt bondpad PAD\n.ends\n"
        netlist = self.write("io.sp", "* w is the width of one finger\n" + empty + ".subckt io a b vss\nX1 a bondpad\nX2 b bondpad\n"
                             "M1 a b vss vss sky130_fd_pr__nfet_01v8 l=0.15u w=1u nf=2\n.ends\n")
        pad = self.write("pad.gds", pad_gds())
        made = self.run_json("run", netlist, "--cell", f"bondpad={pad}", "--flow", "native", "--judges", "all", "--out", str(self.folder / "io"))
        self.assertEqual(made.status, 0, made.err)
        self.assertEqual(made.layouts[0]["lvs"], {"native_lvs": "match", "netgen_lvs": "match"})

        two = self.write("two.sp", pathlib.Path(netlist).read_text().replace(empty, empty + empty.replace("bondpad", "other")).replace("X2 b bondpad", "X2 b other"))
        both = self.ptah("plan", two, "--cell", f"bondpad={pad}", "--cell", f"other={pad}")
        self.assertEqual(both.status, 2, both.out)
        self.assertIn("bondpad and other are both bound to the cell", both.err)
        bare = self.write("bare.sp", pathlib.Path(netlist).read_text().replace(empty, ""))
        shifted = pad_gds().replace(struct.pack(">i", 3000), struct.pack(">i", 3001))
        for content, words, says in ((b"no layout", [netlist], "pad.gds"),
                                     (pad_gds(cell="other"), [netlist, ":missing"], 'no cell "missing"'),
                                     (pad_gds(labels=()), [netlist], "The port PAD of bondpad has no label"),
                                     (pad_gds(labels=(("PAD", 70, 5, 1, 1), ("GND", 70, 16, 9, 9))), [netlist], 'The pin "GND"'),
                                     (pad_gds(labels=(("PAD", 70, 5, 9000, 1),)), [netlist], "lies on no metal"),
                                     (shifted, [netlist], "5 nm"),
                                     (pad_gds(), [bare], "no .subckt"),
                                     (b"\0" * 800_000, [netlist], "900 KiB")):
            file = self.write("pad.gds", content)
            for command in ("plan", "run"):
                outcome = self.ptah(command, words[0], "--cell", f"bondpad={file}{''.join(words[1:])}")
                self.assertEqual(outcome.status, 2, f"{says}: {outcome.out}{outcome.err}")
                self.assertIn(says, outcome.err)
        self.write("pad.gds", pad_gds())
        for words, says in ((["--cell", "bondpad"], "binds no subcircuit"), (["--cell", f"bondpad={pad}", "--cell", f"else={pad}"], "Nothing in the circuit calls")):
            outcome = self.ptah("plan", netlist, *words)
            self.assertEqual(outcome.status, 2, outcome.err)
            self.assertIn(says, outcome.err)
        outcome = self.ptah("plan", netlist, "--cell", f"bondpad={self.folder}/none.gds")
        self.assertEqual(outcome.status, 2)
        self.assertIn("There is no such file", outcome.err)


if __name__ == "__main__":
    unittest.main()
