# The connection to ptahd: a pipe to `ptah bridge`, JSON-RPC 2.0, one object a line (docs/protocol.md).
# Everything is asynchronous: answers and events come through Tcl's event loop, nothing blocks the window.
#
#   ptah::request METHOD PARAMS_JSON CALLBACK    CALLBACK gets "ok RESULT" or "error TEXT" appended
# `ptah::wait` turns that into a blocking call for scripts, with the event loop running.

namespace eval ptah {
    # The one that these macros came with, wherever a desktop starts Magic; else the one on PATH.
    variable program [file join {*}[lrange [file split [file join [pwd] [info script]]] 0 end-4] bin ptah]
    if {![file executable $program]} { set program ptah }
    if {[info exists ::env(PTAH_PROGRAM)]} { set program $::env(PTAH_PROGRAM) }
    variable options {}             ;# of the program: --socket FILE, or --host HOST:PORT --token-file FILE
    variable channel ""
    variable server {}              ;# what the daemon said to the hello
    variable next_id 1
    variable callbacks              ;# id -> callback
    array set callbacks {}
    variable followed               ;# job -> the last event seen; jobs whose events we want
    array set followed {}
    variable last_event_handler ""
    variable max_line 67108864
}

# One line for the designer.
proc ptah::say {text} {
    puts "Ptah: $text"
    flush stdout
}

proc ptah::connected {} {
    variable channel
    return [expr {$channel ne ""}]
}

# Connects (and starts a daemon where none runs on the user's own socket), and says hello.
proc ptah::open_channel {} {
    variable channel
    variable program
    variable options
    if {$channel ne ""} return
    if {[catch {open |[concat [list $program] $options [list bridge 2>@1]] r+} opened]} {
        error "The program `$program` can not be started: put it on the PATH, or set PTAH_PROGRAM. ($opened)"
    }
    set channel $opened
    fconfigure $channel -blocking 0 -buffering line -encoding utf-8 -translation lf
    fileevent $channel readable ptah::Readable
}

proc ptah::request {method params callback} {
    variable channel
    variable next_id
    variable callbacks
    open_channel
    set id $next_id
    incr next_id
    set callbacks($id) $callback
    set line "{\"jsonrpc\":\"2.0\",\"id\":$id,\"method\":[json::string $method],\"params\":$params}"
    if {[catch {puts $channel $line; flush $channel} problem]} { Lost $problem }
    return $id
}

proc ptah::Readable {} {
    variable channel
    variable max_line
    while {$channel ne ""} {
        if {[catch {gets $channel line} length]} { Lost $length; return }
        if {$length < 0} {
            if {[eof $channel]} { Lost "the daemon has gone" }
            if {$channel ne "" && [chan pending input $channel] > $max_line} { Lost "an answer is too long" }
            return
        }
        if {[catch {Message $line} problem]} { say "an answer was not understood: $problem" }
    }
}

proc ptah::Message {line} {
    variable callbacks
    variable followed
    variable last_words
    if {[string index $line 0] ne "\{"} {
        set last_words $line        ;# what `ptah bridge` says before it leaves
        return
    }
    set message [json::read $line]
    if {[dict exists $message method]} {
        set params [dict get $message params]
        # Points of curves have no number, and models no job: nothing that is followed here.
        if {![dict exists $params job] || ![dict exists $params event]} return
        set job [dict get $params job]
        if {![info exists followed($job)]} return
        if {[dict get $params event] <= $followed($job)} return
        set followed($job) [dict get $params event]
        Event [dict get $message method] $params
        return
    }
    set id [dict get $message id]
    if {![info exists callbacks($id)]} return
    set callback $callbacks($id)
    unset callbacks($id)
    if {[dict exists $message error]} {
        uplevel #0 $callback [list error [ErrorText [dict get $message error]]]
    } else {
        uplevel #0 $callback [list ok [dict get $message result]]
    }
}

# "line 3: no such model (write nfet)"
proc ptah::ErrorText {error} {
    if {![dict exists $error data]} { return [dict get $error message] }
    set data [dict get $error data]
    set text [dict get $data message]
    # A place in a file or a plugin helps; the name of a request's field says nothing to a designer.
    if {[dict exists $data where] && [regexp {[:/ ]} [dict get $data where]]} { set text "[dict get $data where]: $text" }
    if {[dict exists $data hint] && [dict get $data hint] ne ""} { append text " ([Spoken [dict get $data hint]])" }
    return $text
}

# A hint, which the server gives in the words of the command line and of the protocol, in ours. A command that there is for the
# terminal only is said to be one.
proc ptah::Spoken {hint} {
    set hint [string map {"`ptah jobs list`" ptah::jobs "`ptah jobs`" ptah::jobs "`fingers`" "-fingers {M0 4 ...}"
        "name it with `top`" "load it" "name that with `top`" "load it" "with `top`" "by loading it"} $hint]
    return [regsub -all {`ptah [^`]*`} $hint {in a terminal: &}]
}

# Every pending request gets its one answer; jobs go on in the daemon and are followed again after
# the next connect.
proc ptah::Lost {why} {
    variable channel
    variable callbacks
    variable last_words
    variable server
    if {$channel eq ""} return
    catch {fconfigure $channel -blocking 1}
    catch {close $channel}
    set channel ""
    set server {}
    if {[info exists last_words]} {
        set why $last_words
        unset last_words
    }
    set pending [array get callbacks]
    array unset callbacks
    if {$pending eq ""} { say "the connection is lost: $why. The next command connects again; jobs go on." }
    foreach {id callback} $pending {
        uplevel #0 $callback [list error "the connection is lost: $why. Say ptah::connect; jobs go on."]
    }
}

proc ptah::disconnect {} {
    variable channel
    variable server
    variable callbacks
    array unset callbacks
    if {$channel ne ""} { catch {close $channel} }
    set channel ""
    set server {}
}

# For scripts: sends a request and runs the event loop until the answer. Fails with the error's text.
proc ptah::call {method {params "{}"}} {
    variable answers
    variable counter
    set slot [incr counter]
    request $method $params [list ptah::Keep $slot]
    while {![info exists answers($slot)]} { vwait ptah::answers($slot) }
    lassign $answers($slot) state value
    unset answers($slot)
    if {$state eq "error"} { error $value }
    return $value
}

proc ptah::Keep {slot state value} {
    variable answers
    set answers($slot) [list $state $value]
}
