"""Makes the pictures of docs/klayout.md from the real program: python3 klayout_pictures.py [folder]"""
import pathlib
import shutil
import sys
import unittest

from harness import SOURCE
from test_klayout import KLayoutCase

TARGET = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else SOURCE / "docs/images").resolve()
PICTURES = ("variants", "compare", "explore", "score", "live", "check", "place", "server")


class Pictures(KLayoutCase):
    def test_tour(self):
        netlist = self.folder / "my_ota"
        shutil.copytree(SOURCE / "configs/circuits/five_transistors_ota", netlist)
        self.start_daemon()
        self.drive("tour", timeout=600, PTAH_TEST_NETLIST=netlist / "five_transistors_ota.sp")
        for name in PICTURES:
            shutil.copy(self.folder / f"klayout-{name}.png", TARGET / f"klayout-{name}.png")


if __name__ == "__main__":
    unittest.main()
