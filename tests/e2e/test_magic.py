"""The Magic package in the real Magic: without a window, and with one under a virtual display."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

from harness import BUILD, SOURCE, Display, Picture, PtahCase

PACKAGE = SOURCE / "clients/magic"



# What scripts in a window want. A picture is a copy of the file in which the X server keeps its pixels.
WINDOW = """
proc pause {ms} { variable paused 0; after $ms {set ::paused 1}; vwait ::paused }
proc shoot {name} { update; pause 500; file copy -force $::env(PTAH_TEST_SCREEN) $::env(PTAH_TEST_FOLDER)/$name.xwd }
# A command as if typed on the console.
proc typed {command} {
    tkcon console insert end $command
    tkcon master eval {::tkcon::Eval $::tkcon::PRIV(console)}
}
"""


@unittest.skipUnless(shutil.which("magic"), "magic is not installed")
class MagicCase(PtahCase):
    def setUp(self):
        super().setUp()
        self.run_json("tech", "ptah130", "--out", str(self.folder))
        self.tech = self.folder / "ptah130.tech"

    def magic(self, script, window=None, timeout=180):
        """Runs a Tcl script; returns what it said with `out`, as {key: [values]}. `window`: the size of its screen; it has
        its console, as a user's has."""
        file, words_file = self.folder / "script.tcl", self.folder / "said"
        env = dict(self.env, PTAH_PROGRAM=str(BUILD / "bin/ptah"))
        words_file.touch()
        file.write_text(f"""
proc out {{key value}} {{ set file [open {words_file} a]; puts $file "$key $value"; close $file }}
if {{[catch {{
{WINDOW if window else f'source {PACKAGE}/ptah.tcl'}
{script}
}} problem]}} {{ out failed $problem }}
out end 1
quit -noprompt
""")
        words = ["magic", "-noconsole", "-rcfile", "/dev/null", "-T", str(self.tech), "-dnull", str(file)]
        display = None
        if window:
            # As a user has it: the start-up file sources the package before there is a window.
            start = self.folder / "magicrc"
            start.write_text(f"source {PACKAGE}/ptah.tcl\nafter 1500 {{source {file}}}\n")
            words = ["magic", "-w", "-rcfile", str(start), "-T", str(self.tech), "-dX11"]
            display = Display(*window)
            env |= {"DISPLAY": display.name, "PTAH_TEST_SCREEN": str(display.screen), "PTAH_TEST_FOLDER": str(self.folder)}
        process = subprocess.Popen(words, env=env, cwd=self.folder, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, start_new_session=True)
        try:
            self.text, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            self.text, _ = process.communicate()
            self.fail(f"Magic did not end:\n{words_file.read_text()[-3000:]}\n{self.text[-3000:]}")
        finally:
            if display:
                display.close()
        said = {}
        for line in words_file.read_text().splitlines():
            key, _, value = line.partition(" ")
            said.setdefault(key, []).append(value)
        self.assertIn("end", said, self.text[-3000:])
        self.assertNotIn("failed", said, self.text[-3000:])
        return said


class MagicTest(MagicCase):
    def test_json(self):
        said = self.magic(r'''
out value [ptah::json::read { {"a": [1, -2.5e3, "x\u00e9\n\"", true, false, null], "b": {"c": []}} }]
foreach bad {{} \{ {{"a"}} {{"a":}} {[1,]} {[1 2]} {"a} {"\x"} {"\u12"} tru {1 2} nan} {
    out bad [catch {ptah::json::read $bad}]
}
out deep [catch {ptah::json::read [string repeat \[ 100000]}]
foreach text [list plain "quo\"te \\ back" "line\nbreak\ttab" "\u00e9\u20ac"] {
    out round [expr {[ptah::json::read [ptah::json::string $text]] eq $text}]
}
''')
        self.assertEqual(said["bad"], ["1"] * 12)
        self.assertEqual(said["deep"], ["1"])
        self.assertEqual(said["round"], ["1"] * 4)

    def test_variants_score_and_check(self):
        said = self.magic('''
out version [ptah::connect -wait]
set job [ptah::variants miller_ota -variants 2 -seed 1 -judges none -flow native -wait]
out layouts [llength [ptah::results]]
foreach result $ptah::results { out kept [string length $result] }
# A cell of the designer's own stays what it is.
load mine; box 0 0 20 20; paint met1
set cell [ptah::show $job 1]
out cell $cell
set other [ptah::show $job 1]
out again $other
out mine [llength [cellname list exists mine]]
load $cell
out shown [cellname list window]
set before [ptah::score -blame -wait]
out valid [dict get $before valid]
out pscore [dict get $before pscore_V]
out blamed [feedback count]
out blame [dict get [lindex [dict get $before nets] 0] blame]
out clean [dict get [ptah::check -wait] valid]
# A bar of metal 1 across the layout shorts nets.
select top cell
lassign [box values] x0 y0 x1 y1
set y [expr {($y0 + $y1) / 2}]
box values [expr {$x0 + 100}]i ${y}i [expr {$x1 - 100}]i [expr {$y + 60}]i
set box [box values]
paint met1
set broken [ptah::check -wait]
out broken [dict get $broken valid]
out reason [dict get $broken reason]
out findings [feedback count]
out box [expr {[box values] eq $box}]
# The other copy of the same layout is a cell of its own.
load $other
out untouched [dict get [ptah::check -wait] valid]
out after [dict get [ptah::score -wait] pscore_V]
out job $job
out best [ptah::show $job -best]
out stray [catch {ptah::show nothing -best}]
''')
        self.assertEqual(said["layouts"], ["3"])
        self.assertLess(max(map(int, said["kept"])), 800, "characters kept of a layout; a job may bring a hundred thousand")
        self.assertEqual(said["mine"], ["1"])
        self.assertNotEqual(said["cell"], said["again"])
        self.assertEqual(said["shown"], said["cell"])
        self.assertEqual(said["valid"], ["1"])
        self.assertGreater(float(said["pscore"][0]), 0)
        self.assertGreater(int(said["blamed"][0]), 0)
        self.assertGreater(float(said["blame"][0]), 0.1)
        self.assertEqual(said["clean"], ["1"])
        self.assertEqual(said["broken"], ["0"])
        self.assertRegex(said["reason"][0], "^(drc|lvs): ")
        self.assertGreater(int(said["findings"][0]), 0)
        self.assertEqual(said["box"], ["1"])
        self.assertEqual(said["untouched"], ["1"])
        self.assertEqual(said["after"], said["pscore"])
        best = next(line for line in self.run_json("variants", said["job"][0]).lines if line.get("best"))
        self.assertTrue(said["best"][0].startswith(f"{best['top']}_v{best['variant']}"), said["best"])
        self.assertEqual(said["stray"], ["1"])

    def test_the_best_layout_is_explored_for(self):
        said = self.magic('''
# What is said, beside the console.
rename ptah::say ptah::say_there
proc ptah::say {text} { out said $text; ptah::say_there $text }
set job [ptah::explore miller_ota -strategy annealing -budget 15 -seed 3 -wait]
out job $job
out shown [cellname list window]
out valid [dict get [ptah::score -wait] valid]
# Kept widths: the cell is known by them.
set wide [ptah::explore five_transistors_ota -strategy random -budget 5 -judges none -objective area -keep width -no-specs -wait]
out wide [cellname list window]
out same [dict get [ptah::check -wait] valid]
# Nothing meets it: nothing is shown.
load mine
set none [ptah::explore miller_ota -strategy random -budget 4 -judges none -spec "buffer_gain >= -1 dB" -spec "gain >= 200 dB" -wait]
out left [cellname list window]
out nothing [catch {ptah::show $none -best}]
ptah::variants miller_ota -variants 1 -judges none -flow native -spec "gain >= 200 dB" -wait
# A long one is cancelled, and what was found stays.
ptah::explore miller_ota -strategy random -budget 600s -judges none
set count [llength [ptah::results]]
while {[llength [ptah::results]] == $count} { vwait ptah::results }
set long [lindex [lindex [ptah::results] end] 0]
ptah::cancel $long
while {![info exists ptah::finished($long)]} { vwait ptah::finished }
out cancelled [lindex $ptah::finished($long) 0]
out still [cellname list window]
foreach words {{-budget 0} {-budget 12x} {-spec {gain >= 40} -no-specs} {-strategy clairvoyant -wait} {-spec {beauty >= 3} -wait}} {
    out bad [catch {ptah::explore miller_ota {*}$words} text]
    out why $text
}
''')
        job, text = said["job"][0], said["said"]
        self.assertFalse([line for line in text if "not understood" in line])
        self.assertFalse([line for line in text if re.search(r"best \d\.\d{7}", line)], "digits that nobody reads")
        variants = self.run_json("variants", job).lines
        lines = [line for line in text if line.startswith(f"{job}: ") and " evaluated, " in line]
        self.assertEqual(len(lines), len(variants))
        for line, variant in zip(lines, variants):
            self.assertIn(f"{variant['evaluations']} evaluated, ", line)
            self.assertIn(" ".join(f"{device}={count}" for device, count in variant["fingers"].items()), line)
            self.assertIn(f"{variant['cost'] * 1e3:.3f} mV", line)
        best = next(variant for variant in variants if variant.get("best"))
        self.assertRegex("\n".join(text), rf"{job} is done: 15 layouts, \d+ meet the specs")
        self.assertTrue(any(line.startswith(f"{job}: best {best['cost'] * 1e3:.3f} mV after {best['evaluations']}: ") for line in text), text)
        self.assertTrue(said["shown"][0].startswith(f"{best['top']}_v{best['variant']}"), said["shown"])
        self.assertEqual(said["valid"] + said["same"], ["1", "1"])
        self.assertTrue(said["wide"][0].startswith("five_transistors_ota"), said["wide"])
        self.assertTrue(any("4 layouts, 0 meet the specs, 4 break gain >= 200 dB" in line for line in text), text)
        self.assertTrue(any("no layout meets the specs" in line for line in text), text)
        self.assertEqual((said["left"], said["nothing"]), (["mine"], ["1"]))
        self.assertEqual((said["cancelled"], said["still"]), (["cancelled"], ["mine"]))
        self.assertEqual(said["bad"], ["1"] * 5)
        for why, word in zip(said["why"], ("budget", "12x", "exclude", "clairvoyant", "beauty")):
            self.assertIn(word, why)

    def test_a_netlist_of_the_designers_own_becomes_a_layout(self):
        netlist = self.folder / "inverter.spice"
        netlist.write_text(".subckt inverter in out vdd vss\nXp out in vdd vdd pfet_01v8 w=1.05 l=0.15 nf=2\n"
                           "Xn out in vss vss nfet_01v8 w=1.05 l=0.15 nf=2\n.ends\n")
        said = self.magic(f'''
ptah::place {netlist} -judges none -flow native -wait
out shown [cellname list window]
out problem [catch {{ptah::variants {self.folder}/nothing.sp -wait}} text]
out text $text
out option [catch {{ptah::variants miller_ota -number 3}} text]
out text $text
load other
out unknown [catch {{ptah::score -wait}} text]
out text $text
''')
        self.assertEqual(said["shown"], [next(name for name in said["shown"] if name.startswith("inverter"))])
        self.assertEqual(said["problem"] + said["option"] + said["unknown"], ["1", "1", "1"])
        self.assertIn("nothing.sp", said["text"][0])
        self.assertIn("-variants", said["text"][1])
        self.assertIn("-circuit", said["text"][2])

    def test_a_layout_is_named_and_its_marks_and_scores_are_its_own(self):
        said = self.magic('''
rename ptah::say ptah::say_there
proc ptah::say {text} { out said $text; ptah::say_there $text }
set job [ptah::variants five_transistors_ota -assignments 2 -variants 1 -seed 7 -judges none -flow native -wait]
out job $job
ptah::follow $job -wait
out results [ptah::results]
out wrong [catch {ptah::show $job 1} text]; out text $text
out wrong [catch {ptah::show $job 1 2} text]; out text $text
set one [ptah::show $job 1 1]
out assignment $one
set score [ptah::score -blame -wait]
out hpwl [dict get $score hpwl_um]
out marks [feedback count]
set two [ptah::show $job 0 1]
out gone [feedback count]
out assignment $two
out fresh [string match *before* [ptah::score -wait]]
ptah::score -blame -wait
load $one
out gone [feedback count]
load $two
# As another circuit: its error, in these macros' words.
out wrong [catch {ptah::score -circuit miller_ota -wait} text]; out text $text
# No score because of LVS, where design rules are broken as well and found first.
select top cell
lassign [box values] x0 y0 x1 y1
box values -400i -400i -390i -300i
paint met1
box values [expr {$x0 + 100}]i [expr {($y0 + $y1) / 2}]i [expr {$x1 - 100}]i [expr {($y0 + $y1) / 2 + 60}]i
paint met1
ptah::score -wait
''')
        variants = self.run_json("variants", said["job"][0]).lines
        self.assertEqual(sorted(result.split()[:3] for result in said["results"][0].strip("{}").split("} {")),
                         sorted([said["job"][0], str(v["chain"]), str(v["variant"])] for v in variants if "variant" in v))
        self.assertEqual(said["wrong"], ["1", "1", "1"])
        self.assertIn("assignments 0, 1 of", said["text"][0])
        self.assertIn("no such layout", said["text"][1])
        self.assertIn("when its finger counts are given: -fingers {M0 4 ...}", said["text"][2])
        by_place = {(v["chain"], v["variant"]): v for v in variants if "variant" in v}
        self.assertEqual(said["assignment"], [f"{by_place[place]['top']}_v1" for place in ((1, 1), (0, 1))])
        self.assertAlmostEqual(float(said["hpwl"][0]), by_place[1, 1]["hpwl_um"], places=6)
        self.assertGreater(int(said["marks"][0]), 0)
        self.assertEqual(said["gone"], ["0", "0"])
        scores = [line for line in said["said"] if "pscore" in line and "HPWL" in line]
        self.assertEqual(len(scores), 3, said["said"])
        self.assertNotIn("before", scores[0] + scores[1], "scores of two cells are not compared")
        self.assertIn("before", scores[2])
        self.assertTrue(any(re.match(rf"{said['job'][0]} 1 1: five_transistors_ota_\d+, pscore", line) for line in said["said"]), said["said"])
        self.assertTrue(any(line.startswith(f"{said['assignment'][1]}: no score: lvs: ") for line in said["said"]), said["said"][-8:])

    def test_what_lies_beside_a_netlist_is_taken_along(self):
        folder = self.folder / "mine"
        shutil.copytree(SOURCE / "configs/circuits/five_transistors_ota", folder)
        (folder / "five_transistors_ota.sp").rename(folder / "mine.sp")
        said = self.magic(f'''
ptah::place {folder}/mine.sp -judges none -flow native -wait
out placed [lindex [ptah::results] 0 3]
out scored [dict get [ptah::score -wait] pscore_V]
out beside [ptah::Beside {folder}/mine.sp]
''')
        self.assertGreater(float(said["placed"][0]), 0, "with its testbench")
        self.assertEqual(said["scored"], said["placed"])
        for name in ("-pairs", "-testbench"):
            self.assertIn(name, said["beside"][0])

    def test_cancel_and_a_daemon_that_dies(self):
        said = self.magic('''
ptah::connect -wait
ptah::variants five_transistors_ota -variants 100000 -judges none -flow native
while {[llength [ptah::results]] < 2} { vwait ptah::results }
set job [lindex [lindex [ptah::results] 0] 0]
out before [llength [ptah::results]]
exec kill -9 [dict get $ptah::server pid]
while {[ptah::connected]} { after 20 {set tick 1}; vwait tick }
out lost 1
ptah::connect -wait
set count [llength [ptah::results]]
while {[llength [ptah::results]] < $count + 3} { vwait ptah::results }
set numbers {}
foreach result [ptah::results] { lappend numbers [lindex $result 2] }
out unique [expr {[llength [lsort -unique -integer $numbers]] == [llength $numbers]}]
out cancelled [ptah::cancel $job -wait]
out jobs [llength [ptah::jobs -wait]]
ptah::disconnect
out offline [ptah::connected]
''')
        self.assertEqual(said["lost"], ["1"])
        self.assertEqual(said["unique"], ["1"])
        self.assertEqual(said["cancelled"], ["cancelled"])
        self.assertEqual(said["jobs"], ["1"])
        self.assertEqual(said["offline"], ["0"])

    @unittest.skipUnless(shutil.which("Xvfb"), "Xvfb is not installed")
    def test_with_a_window(self):
        said = self.magic("""
update
out menu [llength [info commands .layout1.*mbuttons.ptah]]
shoot empty
typed {ptah::variants five_transistors_ota -variants 1 -seed 1 -judges none -flow native}
while {![array size ptah::finished]} { vwait ptah::finished }
typed {ptah::show -best}
shoot layout
ptah::score -blame -wait
shoot blamed
ptah::VariantsDialog
update
out dialog [winfo exists .ptah_variants]
out console [regexp {pscore} [tkcon console get 1.0 end]]
# The event loop goes on while a job runs.
set beats 0
proc beat {} { incr ::beats; after 50 beat }
beat
out us [lindex [time {ptah::variants miller_ota -variants 60 -seed 2 -judges none -flow native -wait}] 0]
out beats $beats
""", window=(1100, 800))
        self.assertEqual(said["menu"], ["1"], self.text[-2000:])
        self.assertEqual(said["dialog"], ["1"])
        self.assertEqual(said["console"], ["1"])
        shots = {name: Picture(self.folder / f"{name}.xwd") for name in ("empty", "layout", "blamed")}
        if "PTAH_SCREENSHOTS" in os.environ:
            for name, shot in shots.items():
                shot.save(pathlib.Path(os.environ["PTAH_SCREENSHOTS"], f"magic-{name}.png"))
        self.assertGreater(len(shots["empty"].colours()), 20, "menu, layers and console are there")
        self.assertGreater(shots["layout"].differs(shots["empty"]), 20_000, "a layout fills the window")
        white = {name: shot.colours()[0xFFFFFF] for name, shot in shots.items()}
        self.assertGreater(white["blamed"], white["layout"] + 5_000, "feedback lies over the net that costs most")
        self.assertGreater(int(said["beats"][0]), 0.5 * int(said["us"][0]) / 50_000, "the window froze")


if __name__ == "__main__":
    unittest.main()
