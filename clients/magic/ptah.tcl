# Ptah in Magic: variants of a circuit, scores and checks without leaving the editor.
#
#   source .../magic/ptah.tcl          (`ptah install magic` puts this line into ~/.magicrc)
#   ptah::help
#
# Commands return at once; what happens is said on the console. With `-wait` they return when their
# work is done, with its result: for scripts.

foreach part {json connection gds} { source [file join [file dirname [info script]] $part.tcl] }
unset part

namespace eval ptah {
    variable version 0.1.0
    variable results        ;# layouts in the order they came: list of {job chain gds record}, `record` with the fields of `kept`
    variable kept {top variant circuit fingers tech pscore_V area_um2 objective cost evaluations}
    set results {}
    variable there          ;# {job chain variant} of those
    array set there {}
    variable best           ;# job -> {chain variant} of its best layout, as the server says
    array set best {}
    variable finished       ;# job -> state
    array set finished {}
    variable origin         ;# circuit and fingers of the cells made here: cell -> dict
    array set origin {}
    variable keeps          ;# job -> what stays while finger counts vary, where it is not the width of a finger
    array set keeps {}
    variable asked          ;# job of this session -> what names its circuit, as fields of a request
    array set asked {}
    variable scored         ;# {cell, circuit} -> its last pscore, V
    array set scored {}
    variable marked ""      ;# the cell that our feedback areas are about
}

# Options: {-name value ...} checked against `known`; flags have no value. -spec may be there several times: a list.
proc ptah::Options {words known flags} {
    set options {}
    for {set i 0} {$i < [llength $words]} {incr i} {
        set name [lindex $words $i]
        if {$name in $flags} {
            dict set options $name 1
        } elseif {$name in $known} {
            if {[incr i] >= [llength $words]} { error "$name needs a value" }
            if {$name eq "-spec"} { dict lappend options $name [lindex $words $i] } else { dict set options $name [lindex $words $i] }
        } else {
            error "there is no option $name; options are [join [lsort [concat $known $flags]] {, }]"
        }
    }
    return $options
}

proc ptah::Number {options name otherwise} {
    if {![dict exists $options $name]} { return $otherwise }
    set value [dict get $options $name]
    if {![string is integer -strict $value] || $value < 0} { error "$name is a whole number, not `$value`" }
    return $value
}

# {M0 4 M1 2} -> {"M0":4,"M1":2}; "M0=4,M1=2" means the same.
proc ptah::FingersJson {fingers} {
    set parts {}
    foreach {device count} [string map {= " " , " "} $fingers] {
        if {![string is integer -strict $count]} { error "the finger count of $device is a whole number" }
        lappend parts [json::string $device]:$count
    }
    return "{[join $parts ,]}"
}

# What lies beside a netlist under a usual name: {-pairs FILE -testbench FILE -measures FILE}, those that there are.
proc ptah::Beside {netlist} {
    set folder [file dirname [file normalize $netlist]]
    set stem [file rootname [file tail $netlist]]
    set found {}
    foreach {name candidates} [list -pairs [list $stem.pairs.json pairs.json] \
            -testbench [list $stem.testbench.spice ${stem}_tb.spice testbench.spice] -measures [list $stem.measures.yaml measures.yaml]] {
        foreach candidate $candidates {
            if {[file isfile [file join $folder $candidate]]} { dict set found $name [file join $folder $candidate]; break }
        }
    }
    return $found
}

# What names the circuit in a request: a shipped one, or a netlist file of the user's own, with what lies beside it.
proc ptah::CircuitJson {circuit options} {
    if {[file exists $circuit] && [file isfile $circuit]} {
        set parts [list "\"netlist\":[json::string [file normalize $circuit]]"]
        set options [dict merge [Beside $circuit] $options]
    } else {
        set parts [list "\"circuit\":[json::string $circuit]"]
    }
    foreach {name field} {-pairs pairs -testbench testbench -measures measures} {
        if {[dict exists $options $name]} {
            lappend parts "\"$field\":[json::string [file normalize [dict get $options $name]]]"
        }
    }
    foreach {name field} {-tech tech -flow flow -judges judges -objective objective -keep keep} {
        if {[dict exists $options $name]} { lappend parts "\"$field\":[json::string [dict get $options $name]]" }
    }
    if {[dict exists $options -fingers]} { lappend parts "\"fingers\":[FingersJson [dict get $options -fingers]]" }
    if {[dict exists $options -spec] && [dict exists $options -no-specs]} { error "-spec and -no-specs exclude each other" }
    if {[dict exists $options -no-specs]} { lappend parts "\"specs\":\[\]" }
    if {[dict exists $options -spec]} {
        set specs {}
        foreach spec [dict get $options -spec] { lappend specs [json::string $spec] }
        lappend parts "\"specs\":\[[join $specs ,]\]"
    }
    return $parts
}

# ---------------------------------------------------------------------------------------- commands

proc ptah::connect {args} {
    variable options
    variable program
    set given [Options $args {-socket -host -token-file -program} {-wait}]
    if {[dict exists $given -program]} { set program [dict get $given -program] }
    if {[llength $args] > [dict exists $given -wait]} {
        disconnect
        set options {}
        foreach {name option} {-socket --socket -host --host -token-file --token-file} {
            if {[dict exists $given $name]} { lappend options $option [dict get $given $name] }
        }
    }
    set hello "{\"client\":\"magic\",\"version\":\"0.1.0\",\"protocol\":1}"
    if {[dict exists $given -wait]} {
        Connected ok [call server.hello $hello]
        return [dict get $ptah::server version]
    }
    request server.hello $hello ptah::Connected
    return
}

proc ptah::Connected {state value} {
    variable server
    variable version
    variable followed
    if {$state eq "error"} { say $value; return }
    if {[dict get $value protocol] != 1} {
        say "ptahd [dict get $value version] speaks another protocol than these macros ($version): install the same version (ptah install magic)."
        disconnect
        return
    }
    set server $value
    say "connected to ptahd [dict get $value version]."
    foreach job [array names followed] {
        request job.subscribe "{\"job\":[json::string $job],\"after\":$followed($job)}" [list ptah::Subscribed $job]
    }
}

proc ptah::Subscribed {job state value} {
    variable followed
    if {$state eq "error"} {
        say "$job: $value"
        unset -nocomplain followed($job)
    }
}

# ptah::variants CIRCUIT|NETLIST ?-assignments K? ?-placements P? ?-variants N? ?-seed S? ?-fingers LIST? ?-spec TEXT? ...
proc ptah::variants {circuit args} {
    set options [Options $args {-assignments -placements -variants -seed -fingers -pairs -testbench -measures -tech -flow -judges -objective -spec -keep} \
        {-no-specs -wait}]
    set parts [CircuitJson $circuit $options]
    lappend parts "\"variants\":[Number $options -variants 3]" "\"seed\":[Number $options -seed 0]"
    if {[dict exists $options -placements]} { lappend parts "\"placements\":[Number $options -placements 1]" }
    if {![dict exists $options -fingers]} { lappend parts "\"assignments\":[Number $options -assignments 1]" }
    return [Start $circuit $options $parts {}]
}

# ptah::place NETLIST ?options?: one placed and routed layout, shown in a cell of its own.
proc ptah::place {circuit args} {
    set options [Options $args {-seed -fingers -pairs -testbench -tech -flow -judges} {-wait}]
    set parts [CircuitJson $circuit $options]
    lappend parts "\"variants\":0" "\"seed\":[Number $options -seed 0]"
    return [Start $circuit $options $parts show]
}

# ptah::explore CIRCUIT|NETLIST ?-strategy NAME? ?-budget N|Ns? ?-spec TEXT? ...: the best layout over all assignments, shown.
proc ptah::explore {circuit args} {
    set options [Options $args {-strategy -budget -seed -fingers -pairs -testbench -measures -tech -flow -judges -objective -spec -keep} \
        {-no-specs -wait}]
    foreach {name value} {-strategy annealing -budget 500 -flow explore -judges kept} {
        if {![dict exists $options $name]} { dict set options $name $value }
    }
    set parts [CircuitJson $circuit $options]
    set budget [dict get $options -budget]
    if {[regexp {^[1-9][0-9]*$} $budget]} {
        set limit "\"evaluations\":$budget"
    } elseif {[regexp {^((?:0|[1-9][0-9]*)(?:\.[0-9]+)?)s$} $budget -> seconds] && $seconds > 0} {
        set limit "\"seconds\":$seconds"
    } else {
        error "-budget is a number of layouts, such as 500, or of seconds, such as 90s, not `$budget`"
    }
    lappend parts "\"explore\":{\"explorer\":[json::string [dict get $options -strategy]],$limit}" "\"seed\":[Number $options -seed 0]"
    return [Start $circuit $options $parts best]
}

# `then`: what becomes of its layouts at the end.
proc ptah::Start {circuit options parts then} {
    variable finished
    set params "{\"spec\":{[join $parts ,]}}"
    # Its layouts are known by the same; but for what each has of its own.
    set named [list $circuit [dict filter $options key -pairs -testbench -measures]]
    if {![dict exists $options -wait]} {
        request flow.run $params [list ptah::Started $then $named]
        return
    }
    set job [dict get [call flow.run $params] job]
    Started $then $named ok [dict create job $job]
    while {![info exists finished($job)]} { vwait ptah::finished($job) }
    lassign $finished($job) state text
    if {$state ne "done"} { error $text }
    return $job
}

proc ptah::Started {then named state value} {
    variable followed
    variable after_job
    variable asked
    if {$state eq "error"} { say $value; return }
    set job [dict get $value job]
    set followed($job) 0
    set after_job($job) $then
    if {$named ne ""} { set asked($job) $named }
    say [expr {$named eq "" ? "$job is followed." : "$job has begun."}]
    request job.get "{\"job\":[json::string $job]}" [list ptah::About $job]
    request job.subscribe "{\"job\":[json::string $job],\"after\":0}" [list ptah::Subscribed $job]
}

# How a job that another client may have started draws its devices.
proc ptah::About {job state value} {
    variable keeps
    if {$state eq "ok" && [dict exists $value spec keep]} { set keeps($job) [dict get $value spec keep] }
}

proc ptah::Event {name params} {
    variable results
    variable finished
    variable followed
    variable after_job
    variable progress
    set job [dict get $params job]
    switch -exact -- $name {
        job.progress {
            set percent [expr {int(100 * [dict get $params fraction])}]
            # One line a tenth: the console is no progress bar.
            if {![info exists progress($job)] || $percent >= $progress($job) + 10} {
                set progress($job) $percent
                say "$job: $percent % [dict get $params message]"
            }
        }
        job.log {
            if {[dict get $params level] in {warning error}} { say "$job: [dict get $params message]" }
        }
        variant.ready {
            if {![dict exists $params record]} {
                # Too long for an event.
                request variant.get "{\"job\":[json::string $job],\"chain\":[dict get $params chain],\"variant\":[dict get $params variant]}" \
                    [list ptah::Fetched $params]
                return
            }
            AddResult $params
        }
        job.finished {
            set state [dict get $params state]
            set text $state
            if {[dict exists $params error] && [dict get $params error] ne ""} {
                set text [ErrorText [dict create data [dict get $params error] message ""]]
            }
            unset -nocomplain followed($job) progress($job)
            set count 0
            set explored 0
            foreach result $results {
                if {[dict get $result job] ne $job} continue
                incr count
                incr explored [dict exists $result record evaluations]
            }
            if {$explored} {
                # What it came to, its chain says.
                request job.chains "{\"job\":[json::string $job]}" [list ptah::Explored $job $state $text]
                return
            }
            if {$state eq "done"} {
                say "$job is done: $count layouts. ptah::show $job ASSIGNMENT VARIANT opens one, ptah::results lists them."
                if {[info exists after_job($job)] && $after_job($job) eq "show"} { catch {show $job} problem }
            } else {
                say "$job $state: $text"
            }
            unset -nocomplain after_job($job)
            set finished($job) [list $state $text]
        }
    }
}

# The end of an exploration: what was evaluated and what broke which spec, and its best layout on screen.
proc ptah::Explored {job state text answer value} {
    variable results
    variable finished
    variable after_job
    set outcome {}
    if {$answer eq "ok"} {
        foreach chain [dict get $value chains] {
            if {[dict exists $chain result]} { set outcome [dict get $chain result] }
        }
    }
    set found {}
    set evaluations 0
    foreach result $results {
        if {[dict get $result job] ne $job} continue
        set evaluations [dict get $result record evaluations]
        if {[IsBest $result]} { set found [dict get $result record] }
    }
    if {[dict exists $outcome evaluated]} { set evaluations [dict get $outcome evaluated] }
    set judged 0
    set words "$evaluations layout[expr {$evaluations == 1 ? {} : {s}}]"
    if {[dict exists $outcome broken] && [dict get $outcome broken] ne ""} {
        set judged 1
        append words ", [dict get $outcome feasible] meet the specs"
        foreach {spec count} [lsort -stride 2 -index 1 -integer -decreasing [dict get $outcome broken]] { append words ", $count break $spec" }
    }
    say [expr {$state eq "done" ? "$job is done: $words." : "$job is $state after $words[expr {$text eq $state ? {.} : ": $text"}]"}]
    if {$found eq ""} {
        if {$state eq "done"} { say "$job: no layout [expr {$judged ? {meets the specs} : {has a cost}}]; there is no best." }
    } else {
        say "$job: best [Cost $found] after [dict get $found evaluations]: [dict get $found top] v[dict get $found variant]. ptah::show $job -best opens it."
        if {$state eq "done" && [info exists after_job($job)] && $after_job($job) eq "best"} {
            if {[catch {show $job -best} problem]} { say $problem }
        }
    }
    unset -nocomplain after_job($job)
    set finished($job) [list $state $text]
}

proc ptah::Cost {record} {
    set cost [dict get $record cost]
    if {$cost eq ""} { return "-" }
    return [expr {[dict get $record objective] eq "pscore" ? [Millivolts $cost] : [format "%s %.4g" [dict get $record objective] $cost]}]
}

proc ptah::Fetched {params state value} {
    if {$state eq "error"} { say $value; return }
    AddResult [dict merge $params $value]
}

proc ptah::AddResult {params} {
    # A job may bring a hundred thousand layouts, and all that is known of one is many times what is shown.
    variable results
    variable there
    variable kept
    variable best
    set record [dict filter [dict get $params record] script {field value} {expr {$field in $kept}}]
    set gds ""
    foreach item [dict get $params files] { if {[dict get $item role] eq "gds"} { set gds [dict get $item path] } }
    set job [dict get $params job]
    set chain [dict get $params chain]
    # A job that is followed once more tells of all its layouts again.
    set key [list $job $chain [dict get $record variant]]
    if {![info exists there($key)]} {
        set there($key) 1
        lappend results [dict create job $job chain $chain gds $gds record $record]
    }
    if {[dict exists $params best] && [dict get $params best]} { set best($job) [list $chain [dict get $record variant]] }
    if {[dict exists $record evaluations]} {
        say "$job: [Improvement [dict get $params record]]"
        return
    }
    say [format "%s %d %d: %s, pscore %s, %.1f um2" $job $chain [dict get $record variant] [dict get $record top] \
        [Millivolts [dict get $record pscore_V]] [dict get $record area_um2]]
}

# "12 evaluated, 0.7 s: 7.219 mV  M0=2 M1=4", of an exploration's new best.
proc ptah::Improvement {record} {
    set line [format "%d evaluated, %.1f s: " [dict get $record evaluations] [dict get $record explored_s]]
    if {[dict get $record cost] eq ""} {
        set broken {}
        if {[dict exists $record specs]} {
            foreach spec [dict get $record specs] { if {![dict get $spec met]} { lappend broken [dict get $spec spec] } }
        }
        append line "[expr {$broken eq {} ? {no cost} : "breaks [join $broken {, }]"}] "
    } else {
        append line "[Cost $record] "
    }
    dict for {device count} [dict get $record fingers] { append line " $device=$count" }
    return $line
}

# ptah::show ?JOB? ?ASSIGNMENT? ?VARIANT? ?-best? ?-place?: opens a layout in a cell of its own; the best of its job, or the last.
# With two words the second is the variant, where only one assignment has it. Without JOB, -best means the last job that has a
# layout with a cost.
proc ptah::show {args} {
    variable results
    variable origin
    variable keeps
    variable asked
    set words {}
    set flags {}
    foreach word $args { if {[string index $word 0] eq "-"} { lappend flags $word } else { lappend words $word } }
    foreach flag $flags { if {$flag ni {-best -place}} { error "there is no option $flag; options are -best, -place" } }
    if {[llength $words] > 3} { error "ptah::show JOB ASSIGNMENT VARIANT: there are more words" }
    lassign $words job chain variant
    if {[llength $words] == 2} { lassign $words job variant; set chain "" }
    set found {}
    set chains {}
    foreach result $results {
        if {$job ne "" && [dict get $result job] ne $job} continue
        if {$chain ne "" && [dict get $result chain] ne $chain} continue
        if {$variant ne "" && [dict get $result record variant] ne $variant} continue
        if {"-best" in $flags && ![IsBest $result]} continue
        set found $result
        if {[dict get $result chain] ni $chains} { lappend chains [dict get $result chain] }
    }
    if {[llength $words] == 2 && [llength $chains] > 1} {
        error "assignments [join [lsort -integer $chains] {, }] of $job have a variant $variant: say ptah::show $job ASSIGNMENT $variant"
    }
    if {$found eq ""} { error "there is no such layout; ptah::jobs lists the jobs, ptah::results the layouts" }
    set record [dict get $found record]
    set file [dict get $found gds]
    if {$file eq "" || ![file readable $file]} { error "the layout's file can not be read here: $file" }
    set cell [read_layout $file [dict get $record top] [dict get $record top]_v[dict get $record variant]]
    set origin($cell) [dict create circuit [dict get $record circuit] fingers [dict get $record fingers] tech [dict get $record tech] top $cell]
    if {[info exists asked([dict get $found job])]} { dict set origin($cell) named $asked([dict get $found job]) }
    if {[info exists keeps([dict get $found job])]} { dict set origin($cell) keep $keeps([dict get $found job]) }
    if {"-place" in $flags} {
        getcell $cell
    } else {
        load $cell
        Unmark
        set box [KeepBox]
        # Everything of it, devices too, in the window; there is none with -dnull.
        catch {select top cell; expand; select clear; view}
        {*}$box
    }
    say [format "cell %s: %s %s %s, pscore %s, %.1f um2" $cell [dict get $found job] [dict get $found chain] [dict get $record variant] [Millivolts [dict get $record pscore_V]] [dict get $record area_um2]]
    return $cell
}

proc ptah::Millivolts {volts} {
    return [expr {$volts eq "" ? "-" : [format "%.3f mV" [expr {$volts * 1000}]]}]
}

proc ptah::IsBest {result} {
    variable best
    set job [dict get $result job]
    return [expr {[info exists best($job)] && $best($job) eq [list [dict get $result chain] [dict get $result record variant]]}]
}

# The layouts that came so far: {job assignment variant pscore_V area_um2} each.
proc ptah::results {} {
    variable results
    set list {}
    foreach result $results {
        set record [dict get $result record]
        lappend list [list [dict get $result job] [dict get $result chain] [dict get $record variant] [dict get $record pscore_V] [dict get $record area_um2]]
    }
    return $list
}

# What circuit the edited cell is: said by the caller, or known from `show`.
proc ptah::Subject {options} {
    variable origin
    set cell [cellname list window]
    if {$cell eq "" || $cell eq "(UNNAMED)"} { error "no cell is loaded: open a layout first" }
    if {[dict exists $options -circuit]} {
        set parts [CircuitJson [dict get $options -circuit] $options]
    } elseif {[info exists origin($cell)]} {
        set known $origin($cell)
        set options [dict merge [dict create -fingers [dict get $known fingers] -tech [dict get $known tech]] $options]
        if {[dict exists $known keep] && ![dict exists $options -keep]} { dict set options -keep [dict get $known keep] }
        # A netlist of the designer's own by its file, as the job was started; a shipped circuit by its name.
        if {[dict exists $known named]} {
            lassign [dict get $known named] circuit given
            set parts [CircuitJson $circuit [dict merge $given $options]]
        } else {
            set parts [CircuitJson [dict get $known circuit] $options]
        }
    } else {
        error "which circuit is $cell? Say -circuit NAME (and -fingers {M0 4 ...})"
    }
    return $parts
}

# ptah::score ?-circuit C? ?-fingers LIST? ?-blame? ?-wait?
proc ptah::score {args} {
    set options [Options $args {-circuit -fingers -pairs -testbench -measures -tech -flow -keep} {-blame -wait}]
    return [Assess $options [list "\"score\":true" "\"blame\":[expr {[dict exists $options -blame] ? "true" : "false"}]"] ptah::ShowScore]
}

# ptah::check ?-circuit C? ?-fingers LIST? ?-wait?: DRC and LVS findings as feedback entries.
proc ptah::check {args} {
    set options [Options $args {-circuit -fingers -pairs -testbench -measures -tech -flow -keep} {-judges -wait}]
    return [Assess $options [list "\"score\":false" "\"judges\":[expr {[dict exists $options -judges] ? "true" : "false"}]"] ptah::ShowCheck]
}

proc ptah::Assess {options more callback} {
    set subject [Subject $options]
    set parts [concat $subject $more]
    set gds [write_layout]
    lappend callback [cellname list window] $subject
    # A newer request of this editor takes the place of an older one.
    set params "{\"layout\":{\"path\":[json::string $gds]},\"top\":[json::string [cellname list window]],\"key\":[json::string magic-[pid]],[join $parts ,]}"
    if {[dict exists $options -wait]} {
        set failed [catch {call score.layout $params} value]
        file delete $gds
        if {$failed} { error $value }
        {*}$callback ok $value
        return $value
    }
    request score.layout $params [list ptah::Assessed $gds $callback]
    return
}

proc ptah::Assessed {gds callback state value} {
    file delete $gds
    if {$state eq "error"} { say $value; return }
    {*}$callback ok $value
}

proc ptah::Findings {value} {
    set findings {}
    foreach kind {drc lvs} {
        if {![dict exists $value $kind]} continue
        foreach verdict [dict values [dict get $value $kind]] {
            if {![dict exists $verdict violations]} continue
            foreach violation [dict get $verdict violations] {
                set box {}
                if {[dict exists $violation box_um]} { set box [dict get $violation box_um] }
set text [dict get $violation text]
                # Some texts begin with their rule.
                set rule [dict get $violation rule]
                if {![string match "$rule*" $text]} { set text "$rule $text" }
                lappend findings [list "[string toupper $kind]: $text" $box]
            }
        }
    }
    return $findings
}

# The command that puts the box back: `box values` says internal units and takes lambda.
proc ptah::KeepBox {} {
    lassign [box values] x0 y0 x1 y1
    if {$y1 eq ""} return                       ;# there is none
    return [list box values ${x0}i ${y0}i ${x1}i ${y1}i]
}

# Whether the answer is about the cell in the window. What was marked before, of this cell or another, goes.
proc ptah::Marks {cell} {
    variable marked
    if {[cellname list window] ne $cell} { return 0 }
    feedback clear
    set marked $cell
    return 1
}

# Our feedback areas are about one cell: when the window shows another they go.
proc ptah::Unmark {} {
    variable marked
    if {$marked ne "" && [cellname list window] ne $marked} {
        feedback clear
        set marked ""
    }
}

# Feedback areas as Magic's own checks leave them: `feedback find`, `feedback why`. The box stays where it was.
# None where the window has gone on to another cell than the one that was asked about.
proc ptah::AddFeedback {cell findings {style dotted}} {
    if {[cellname list window] ne $cell} { return 0 }
    set box [KeepBox]
    set count 0
    foreach finding $findings {
        lassign $finding text rect
        if {[llength $rect] != 4} continue
        lassign $rect x0 y0 x1 y1
        # Feedback has an area: a mark on an edge gets the finest width.
        if {$x1 - $x0 < 0.01} { set x1 [expr {$x0 + 0.01}] }
        if {$y1 - $y0 < 0.01} { set y1 [expr {$y0 + 0.01}] }
        box values ${x0}um ${y0}um ${x1}um ${y1}um
        feedback add $text $style
        incr count
    }
    {*}$box
    return $count
}

proc ptah::ShowCheck {cell subject state value} {
    Marks $cell
    if {[dict get $value valid]} {
        say "$cell: DRC and LVS are clean."
    } else {
        ShowFindings $cell $value
    }
}

# The first ones are said, all are marked.
proc ptah::ShowFindings {cell value} {
    set findings [Findings $value]
    set marked [AddFeedback $cell $findings solid]
    if {$findings eq ""} { say "$cell: [dict get $value reason]"; return }
    set count [llength $findings]
    say "$cell has $count finding[expr {$count == 1 ? {} : {s}}], $marked marked in the layout: feedback find, feedback why."
    foreach finding [lrange $findings 0 7] { say "  [lindex $finding 0]" }
    if {[llength $findings] > 8} { say "  and [expr {[llength $findings] - 8}] more" }
}

proc ptah::ShowScore {cell subject state value} {
    variable scored
    Marks $cell
    set score [dict get $value pscore_V]
    if {$score eq ""} {
        set reason [dict get $value [expr {[dict exists $value score_reason] ? "score_reason" : "reason"}]]
        say "$cell: no score: $reason"
        ShowFindings $cell $value
        return
    }
    # It is compared with the last one of the same cell as the same circuit.
    set key [list $cell $subject]
    set before [expr {[info exists scored($key)] ? " (before: [Millivolts $scored($key)])" : ""}]
    set scored($key) $score
    if {![dict get $value valid]} { ShowFindings $cell $value }
    say [format "%s: pscore %s%s, HPWL %.2f um" $cell [Millivolts $score] $before [dict get $value hpwl_um]]
    if {[dict exists $value measures]} {
        dict for {name measure} [dict get $value measures] {
            if {[dict exists $measure value]} {
                say [format "  %-24s %g %s" $name [dict get $measure value] [dict get $measure unit]]
            } else {
                say [format "  %-24s %s" $name [dict get $measure reason]]
            }
        }
    }
    # The net that costs most is solid, those that cost half as much or more are hatched, others of a tenth or more pale.
    set worst 0
    foreach net [dict get $value nets] {
        if {[dict exists $net blame] && [dict get $net blame] ne ""} { set worst [expr {max($worst, [dict get $net blame])}] }
    }
    foreach net [dict get $value nets] {
        if {![dict exists $net blame] || [dict get $net blame] eq "" || [dict get $net blame] < 0.02} continue
        set blame [dict get $net blame]
        say [format "  net %-20s %5.1f %% of the degradation" [dict get $net net] [expr {100 * $blame}]]
        if {![dict exists $net shapes] || $blame < 0.1} continue
        set marks {}
        foreach shape [dict get $net shapes] {
            set text [format "net %s, %s: %.1f %% of the degradation" [dict get $net net] [lindex $shape 0] [expr {100 * $blame}]]
            lappend marks [list $text [lrange $shape 1 4]]
        }
        AddFeedback $cell $marks [expr {$blame == $worst ? "solid" : $blame >= $worst / 2 ? "medium" : "pale"}]
    }
}

proc ptah::jobs {args} {
    set options [Options $args {} {-wait}]
    if {[dict exists $options -wait]} { return [dict get [call job.list] jobs] }
    request job.list "{}" ptah::ShowJobs
    return
}

proc ptah::ShowJobs {state value} {
    if {$state eq "error"} { say $value; return }
    foreach job [dict get $value jobs] {
        say [format "%-16s %-10s %-24s %s layouts" [dict get $job job] [dict get $job state] [dict get $job circuit] [dict get $job variants]]
    }
}

# ptah::follow JOB: events of a job that another client, or an earlier session, has started.
proc ptah::follow {job args} {
    variable finished
    set options [Options $args {} {-wait}]
    unset -nocomplain finished($job)
    Started {} {} ok [dict create job $job]
    if {![dict exists $options -wait]} return
    while {![info exists finished($job)]} { vwait ptah::finished($job) }
    return [lindex $finished($job) 0]
}

proc ptah::cancel {job args} {
    set options [Options $args {} {-wait}]
    set params "{\"job\":[json::string $job]}"
    if {[dict exists $options -wait]} { return [dict get [call job.cancel $params] state] }
    request job.cancel $params ptah::Cancelled
    return
}

proc ptah::Cancelled {state value} {
    say [expr {$state eq "error" ? $value : "[dict get $value job] is [dict get $value state]."}]
}

proc ptah::help {} {
    say {commands (each says what happens on this console; -wait waits, for scripts)
  ptah::connect ?-socket FILE? ?-host HOST:PORT -token-file FILE? ?-program FILE?
  ptah::variants CIRCUIT|NETLIST ?-assignments K? ?-placements P? ?-variants N? ?-seed S? ?-fingers {M0 4 M1 2}? ?-judges all|kept|sample|none? ?-objective pscore|pscore_relative|drift|area|device_area|hpwl|balanced? ?-spec "gain >= 40 dB"? ?-no-specs? ?-keep finger|width? ?-flow F? ?-tech T?
  ptah::explore CIRCUIT|NETLIST ?-strategy cmaes|annealing|genetic|bayesian|...? ?-budget N|90s? ?-seed S? ?-objective O? ?-spec TEXT? ...     the best over all assignments, shown
  ptah::place CIRCUIT|NETLIST ?-fingers LIST? ?-pairs FILE? ?-testbench FILE?     one layout, shown
  ptah::show ?JOB? ?ASSIGNMENT? ?VARIANT? ?-best? ?-place?     in a cell of its own; -place: as a subcell of the edited one
  ptah::score ?-circuit C? ?-fingers LIST? ?-blame?     of the edited cell
  ptah::check ?-circuit C? ?-fingers LIST? ?-judges?     DRC and LVS as feedback: feedback find, feedback why
  ptah::results | ptah::jobs | ptah::follow JOB | ptah::cancel JOB | ptah::disconnect}
}

# Magic calls it after each `load`; a designer's own callback there is called first.
if {![string match "*ptah::Unmark*" [tag load]]} { tag load [string trimleft "[tag load]; ptah::Unmark" "; "] }

# -------------------------------------------------------------------------------------------- menu

# Called by Magic for each new layout window.
proc ptah::Menu {frame} {
    if {[winfo exists $frame.titlebar.mbuttons.ptah]} return
    magic::add_toolkit_menu $frame "Ptah" ptah
    foreach {text command} {
        "Variants..." ptah::VariantsDialog
        "Show the best" {ptah::Try ptah::show -best}
        "Score with blame" {ptah::Try ptah::score -blame}
        "Check" {ptah::Try ptah::check}
        "Place and route..." ptah::PlaceDialog
        "Jobs" {ptah::Try ptah::jobs}
        "Reconnect" {ptah::disconnect; ptah::Try ptah::connect}
        "Help" ptah::help
    } {
        magic::add_toolkit_command $frame $text $command ptah
    }
}

# A menu's command: what goes wrong is one sentence on the console.
proc ptah::Try {args} {
    if {[catch {uplevel #0 $args} problem]} { say $problem }
}

proc ptah::VariantsDialog {} {
    set w .ptah_variants
    if {[winfo exists $w]} { raise $w; return }
    toplevel $w
    wm title $w "Ptah: variants"
    variable form
    array set form {circuit miller_ota assignments 2 variants 3}
    set row 0
    foreach {name text} {circuit "Circuit, or a netlist file" assignments "Finger assignments" variants "Variants of each"} {
        grid [label $w.l$name -text $text -anchor w] -row $row -column 0 -sticky w -padx 6 -pady 3
        grid [entry $w.e$name -textvariable ptah::form($name) -width 32] -row $row -column 1 -padx 6 -pady 3
        incr row
    }
    grid [button $w.file -text "File..." -command {
        set chosen [tk_getOpenFile -filetypes {{Netlists {.sp .spice .cir}} {All *}}]
        if {$chosen ne ""} { set ptah::form(circuit) $chosen }
    }] -row 0 -column 2 -padx 6
    grid [button $w.go -text "Make variants" -command {
        ptah::Try ptah::variants $ptah::form(circuit) -assignments $ptah::form(assignments) -variants $ptah::form(variants)
        destroy .ptah_variants
    }] -row $row -column 1 -sticky e -padx 6 -pady 6
}

proc ptah::PlaceDialog {} {
    set chosen [tk_getOpenFile -title "Netlist to place and route" -filetypes {{Netlists {.sp .spice .cir}} {All *}}]
    if {$chosen ne ""} { Try place $chosen }
}

# The callback runs where Magic makes a window, and sees that procedure's variables.
if {[info commands winfo] ne ""} {
    if {![info exists ::Opts(callback)]} { set ::Opts(callback) "" }
    append ::Opts(callback) {; ptah::Menu [expr {[info exists layoutframe] ? $layoutframe : $framename}]}
}
