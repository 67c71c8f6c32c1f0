"""Makes the pictures of docs/magic.md from the real program: python3 magic_pictures.py [folder]"""
import pathlib
import sys
import unittest

from harness import SOURCE, Picture
from test_magic import MagicCase

TARGET = pathlib.Path(sys.argv.pop(1) if len(sys.argv) > 1 else SOURCE / "docs/images").resolve()
PICTURES = ("menu", "variants", "score", "move", "check")


class Pictures(MagicCase):
    def test_tour(self):
        said = self.magic("""
proc fresh_console {} { tkcon master eval {clear; ::tkcon::Prompt} }
# Waits for what an answer says on the console.
proc answered {pattern} {
    for {set tries 0} {$tries < 200 && ![regexp $pattern [tkcon console get 1.0 end]]} {incr tries} { pause 50 }
    out answered [regexp $pattern [tkcon console get 1.0 end]]
}
wm geometry .layout1 960x460+0+0
tkcon master wm geometry . 118x11+0+460
update
fresh_console
typed {ptah::help}
ptah::VariantsDialog
wm geometry .ptah_variants +150+260
set menu [lindex [info commands .layout1.*mbuttons.ptah] 0]
$menu.toolmenu post [winfo rootx $menu] [expr {[winfo rooty $menu] + [winfo height $menu]}]
shoot menu
$menu.toolmenu unpost
destroy .ptah_variants

fresh_console
typed {ptah::variants five_transistors_ota -assignments 2 -variants 3 -seed 7 -flow native}
while {![array size ptah::finished]} { vwait ptah::finished }
typed {ptah::show -best}
shoot variants

set cell [lindex [array names ptah::origin] 0]
fresh_console
typed {ptah::score -blame}
answered degradation
shoot score

feedback clear
fresh_console
typed "select cell ${cell}__pfet_01v8_w1050_l150_nf10_0"
typed {move n 0.1um}
typed {ptah::score}
answered before
shoot move

fresh_console
typed "select cell ${cell}__nfet_01v8_w1050_l150_nf8_1"
typed {move e 0.1um}
typed {ptah::check}
answered finding
select clear
typed {feedback find}
findbox zoom
zoom 16
typed {feedback why}
shoot check
""", window=(960, 700))
        self.assertEqual(set(said["answered"]), {"1"})
        for name in PICTURES:
            Picture(self.folder / f"{name}.xwd").save(TARGET / f"magic-{name}.png")


if __name__ == "__main__":
    unittest.main()
