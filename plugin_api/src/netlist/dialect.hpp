/// Recognises files that are not SPICE netlists, so that the error says what they are.
#pragma once

#include <string_view>

#include "ptah/core/error.hpp"

namespace ptah::spice {

/// Fails when `source` is a binary, Spectre, Verilog, VHDL, xschem or similar file. Looks at a
/// bounded part of it.
Status refuse_other_formats(std::string_view source, std::string_view name);

/// Whether a comment says that Magic's ext2spice wrote it: "* NGSPICE file created from ota.ext",
/// "* Top level circuit ota". Looks at a bounded part of it.
bool is_extracted(std::string_view source);

}  // namespace ptah::spice
