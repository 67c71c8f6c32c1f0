/// Testbenches in. An OSIRIS testbench is a SPICE deck whose `.subckt` body is the placeholder
/// XXX. Nothing of it is executed as written: control blocks can run shell commands, so only the
/// analyses and the vectors they name are taken from one, and simulators write decks of their own.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"

namespace ptah {

struct Testbench {
  std::string dut;                     ///< Name of the `.subckt` under test.
  std::vector<std::string> dut_ports;  ///< Its ports in the testbench's order.
  /// Sources, instances, passives, `.param`, `.temp`, `.options` lines (continuations joined);
  /// `.lib`, `.include`, control blocks, `.end` and the placeholder are gone.
  std::vector<std::string> cards;
  std::vector<std::string> analyses;  ///< ".ac dec 50 1e3 1e9": as analysis_text writes them.
  std::vector<std::string> outputs;   ///< "v(OUT)"; the first is the one scored.
  std::string corner = "tt";          ///< The section that its `.lib` line asked for.
};

/// Fails with file:line when the deck has no DUT, no analysis or no output, holds a command that
/// is neither an analysis nor a `write`/`print`/`run`/`set` in its control block, or a line that
/// could run a program or read a file outside (`shell`, `system`, `source`, backquotes).
Result<Testbench> read_testbench(std::string_view text, std::string_view name);
Result<Testbench> read_testbench_file(const std::filesystem::path& file);

}  // namespace ptah
