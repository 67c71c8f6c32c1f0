/// Recognises files that are not SPICE netlists, so that the error says what they are.
#pragma once

#include <optional>
#include <string_view>

#include "ptah/core/error.hpp"
#include "ptah/netlist/spice.hpp"

namespace ptah::spice {

/// Fails when `source` is a binary, Spectre, Verilog, VHDL, xschem or similar file. Looks at a
/// bounded part of it.
Status refuse_other_formats(std::string_view source, std::string_view name);

/// Whether Magic's ext2spice wrote it: a comment says so ("* NGSPICE file created from ota.ext", "*
/// Top level circuit ota", "$ **FLOATING" behind a capacitor), or sizes that it alone writes
/// ("w=2.5e+06u"). Looks at a bounded part of it.
bool is_extracted(std::string_view source);

/// What w= of a device with several fingers means, where the file says it: in a comment ("w is the
/// width of one finger", "w is the width of all fingers"), or because xschem wrote it, where it is
/// the total. That show its comments ("** sch_path: ...", a commented top) and the expressions of
/// its symbols, which divide W by nf. Looks at a bounded part of it.
std::optional<WidthMeaning> stated_width(std::string_view source);

/// Whether it leaves finger counts free (nf=ZZZ), as OSIRIS's templates do. Looks at a bounded part
/// of it.
bool is_template(std::string_view source);

}  // namespace ptah::spice
