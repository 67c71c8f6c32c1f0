# GDSII in and out of Magic, so that nothing a designer edits is touched: every cell that is read gets
# a name of its own.

# Copies a GDS file with `prefix` before every cell's name (but the top cell, which becomes `top`).
proc ptah::rename_cells {from to old_top prefix top} {
    set in [open $from rb]
    set data [read $in]
    close $in
    set out ""
    set at 0
    set size [string length $data]
    while {$at + 4 <= $size} {
        if {[binary scan [string range $data $at [expr {$at + 3}]] SuSu length type] != 2 || $length < 4} {
            error "$from is damaged at byte $at"
        }
        if {$at + $length > $size} { error "$from ends within a record" }
        # 0x0606 names a cell, 0x1206 the cell that a reference places.
        if {$type == 0x0606 || $type == 0x1206} {
            set name [string trimright [string range $data [expr {$at + 4}] [expr {$at + $length - 1}]] \0]
            set name [expr {$name eq $old_top ? $top : "$prefix$name"}]
            if {[string length $name] % 2} { append name \0 }
            append out [binary format SuSu [expr {[string length $name] + 4}] $type] $name
        } else {
            append out [string range $data $at [expr {$at + $length - 1}]]
        }
        incr at $length
        if {$type == 0x0400} break
    }
    set file [open $to wb]
    puts -nonewline $file $out
    close $file
}

# Magic keeps 10 nm lambdas unless told otherwise; layouts lie on 5 nm and would be snapped.
proc ptah::fine_grid {} {
    lassign [tech lambda] a b
    if {$a == 1 && $b == 1} { Quietly scalegrid 1 2 }
}

# Runs a command without what Magic says on standard output, which is a line a cell; its errors are said.
proc ptah::Quietly {args} {
    rename ::puts ::ptah::Puts
    proc ::puts {args} { if {"stderr" in $args} { ::ptah::Puts {*}$args } }
    set code [catch {uplevel 1 $args} value]
    rename ::puts {}
    rename ::ptah::Puts ::puts
    return -code $code $value
}

proc ptah::temporary {suffix} {
    set channel [file tempfile name ptah$suffix]
    close $channel
    return $name
}

# Reads a GDS file into new cells; returns the top cell's name. The window shows what it showed.
proc ptah::read_layout {gds old_top wanted} {
    set top $wanted
    set n 1
    while {[CellExists $top]} { set top ${wanted}_[incr n] }
    set copy [temporary .gds]
    set shown [cellname list window]
    if {[catch {
        rename_cells $gds $copy $old_top ${top}__ $top
        fine_grid
        drc off
        Quietly gds read $copy
    } problem]} {
        file delete $copy
        error $problem
    }
    file delete $copy
    if {![CellExists $top]} { error "Magic read no cell from $gds: is a technology with the SkyWater layers loaded?" }
    return $top
}

proc ptah::CellExists {name} {
    return [expr {[lsearch -exact [cellname list allcells] $name] >= 0}]
}

# The edited cell as a GDS file of its own.
proc ptah::write_layout {} {
    set file [temporary .gds]
    Quietly gds write $file
    if {[file exists $file] && [file size $file] > 0} { return $file }
    # Magic puts its own extension behind a name without a known one.
    if {[file exists $file.gds]} { file delete $file; return $file.gds }
    error "Magic wrote no GDS"
}
