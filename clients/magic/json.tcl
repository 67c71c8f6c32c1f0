# JSON in and out: Tcl 8.6 as Magic has it comes without a package for it.
#
#   ptah::json::read TEXT        -> objects become dicts, arrays lists, null the empty string
#   ptah::json::string TEXT      -> a JSON string
# Reading fails with the place of what is wrong. Nesting is bounded.

namespace eval ptah::json {
    variable max_depth 64
}

proc ptah::json::read {text} {
    set at 0
    set value [Value $text at 0]
    Blank $text at
    if {$at < [::string length $text]} { error "something follows the JSON value at character $at" }
    return $value
}

proc ptah::json::Blank {text name} {
    upvar 1 $name at
    regexp -start $at -indices {\A[ \t\r\n]*} $text found
    set at [expr {[lindex $found 1] + 1}]
}

proc ptah::json::Value {text name depth} {
    upvar 1 $name at
    variable max_depth
    if {$depth > $max_depth} { error "JSON is nested too deep at character $at" }
    Blank $text at
    switch -exact -- [::string index $text $at] {
        "\{" { return [Object $text at $depth] }
        "\[" { return [Array $text at $depth] }
        "\"" { return [String $text at] }
    }
    foreach {word value} {true 1 false 0 null {}} {
        set length [::string length $word]
        if {[::string range $text $at [expr {$at + $length - 1}]] eq $word} {
            incr at $length
            return $value
        }
    }
    if {[regexp -start $at -- {\A-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?} $text number]} {
        incr at [::string length $number]
        return $number
    }
    error "no JSON value at character $at"
}

proc ptah::json::Object {text name depth} {
    upvar 1 $name at
    incr at
    set result [dict create]
    Blank $text at
    if {[::string index $text $at] eq "\}"} { incr at; return $result }
    while 1 {
        Blank $text at
        if {[::string index $text $at] ne "\""} { error "a JSON name is missing at character $at" }
        set key [String $text at]
        Blank $text at
        if {[::string index $text $at] ne ":"} { error "a colon is missing at character $at" }
        incr at
        dict set result $key [Value $text at [expr {$depth + 1}]]
        Blank $text at
        set next [::string index $text $at]
        incr at
        if {$next eq "\}"} { return $result }
        if {$next ne ","} { error "a comma is missing at character [expr {$at - 1}]" }
    }
}

proc ptah::json::Array {text name depth} {
    upvar 1 $name at
    incr at
    set result {}
    Blank $text at
    if {[::string index $text $at] eq "\]"} { incr at; return $result }
    while 1 {
        lappend result [Value $text at [expr {$depth + 1}]]
        Blank $text at
        set next [::string index $text $at]
        incr at
        if {$next eq "\]"} { return $result }
        if {$next ne ","} { error "a comma is missing at character [expr {$at - 1}]" }
    }
}

proc ptah::json::String {text name} {
    upvar 1 $name at
    set result ""
    incr at
    while 1 {
        if {![regexp -start $at -indices {\A[^"\\]*} $text found]} { error "a JSON string has no end" }
        lassign $found first last
        append result [::string range $text $first $last]
        set at [expr {$last + 1}]
        set mark [::string index $text $at]
        incr at
        if {$mark eq "\""} { return $result }
        if {$mark eq ""} { error "a JSON string has no end" }
        set escape [::string index $text $at]
        incr at
        switch -exact -- $escape {
            n { append result \n }
            t { append result \t }
            r { append result \r }
            b { append result \b }
            f { append result \f }
            u {
                set digits [::string range $text $at [expr {$at + 3}]]
                if {![regexp {^[0-9a-fA-F]{4}$} $digits]} { error "a bad \\u at character $at" }
                append result [format %c [scan $digits %x]]
                incr at 4
            }
            "\"" - "\\" - "/" { append result $escape }
            default { error "a bad escape at character $at" }
        }
    }
}

proc ptah::json::string {text} {
    set result ""
    foreach character [split $text ""] {
        scan $character %c code
        if {$character eq "\"" || $character eq "\\"} {
            append result "\\" $character
        } elseif {$code < 32 || $code > 126} {
            append result [format "\\u%04x" [expr {$code & 0xffff}]]
        } else {
            append result $character
        }
    }
    return "\"$result\""
}
