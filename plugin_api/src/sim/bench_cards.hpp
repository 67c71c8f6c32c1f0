/// The lines of a testbench that go into a deck as they are. Not installed.
#pragma once

#include <string_view>

#include "ptah/core/error.hpp"

namespace ptah {

/// Whether `card`, one whole line, describes a circuit and does nothing else: an element, or one of
/// .param .temp .options .ic .nodeset .global .model .func .subckt .ends. Such a line is data to a
/// simulator; it names no file, holds no command, and its device is named by a word that can stand
/// in a command. Fails with what is wrong and what is accepted, without a place.
Status check_bench_card(std::string_view card);

}  // namespace ptah
