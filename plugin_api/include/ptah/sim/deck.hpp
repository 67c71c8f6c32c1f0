/// Simulation decks out: a netlist and a testbench as one ngspice deck.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/sim/models.hpp"
#include "ptah/sim/testbench.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

/// Printed by the deck's control block after the last analysis.
inline constexpr char kDeckEndMark[] = "PTAH_DECK_DONE";
/// A line of every deck. Feedback amplifiers seldom converge from zero: ngspice would try a hundred
/// iterations before it steps gmin. At once, every circuit here has its operating point after 35 to
/// 60.
inline constexpr char kDeckStepGmin[] = ".option noopiter";

struct DeckAnalysis {
  std::string kind;      ///< "ac", "dc", "tran", "op", "noise"
  std::string card;      ///< ".ac dec 50 1e3 1e9", as analysis_text() writes it
  std::string raw_file;  ///< Where the deck writes it, in its working directory.
  /// What the sweep must cover for the output to be complete; both 0 for op.
  double first = 0, last = 0;
  double step_ratio = 1;  ///< Logarithmic sweeps: the factor of one step.
  double step = 0;        ///< Linear sweeps: one step. tran: the longest gap at the end.
};

struct Deck {
  std::string text;
  std::vector<DeckAnalysis> analyses;
  std::vector<std::string> outputs;  ///< As output_text() writes them; every analysis has all.
};

/// The models that `netlist` and the testbench's own instances use.
std::vector<ModelUse> model_uses(const ExtractedNetlist& netlist, const Testbench& testbench,
                                 const Technology& technology);

/// The deck. A device may have a parameter "m": so many of it in parallel. Fails when the netlist
/// lacks a port of the DUT, an analysis or output is none, a card does anything but describe the
/// bench, or a name can not be a SPICE name. Analyses and outputs are read and written out again,
/// so that none of the testbench's text is part of a command.
Result<Deck> simulation_deck(const ExtractedNetlist& netlist, const Testbench& testbench,
                             const Technology& technology, const std::string& models);

/// "1.8", "100meg", "1k", "50ohm": a SPICE number with its scale factor; nullopt when it is none.
std::optional<double> spice_number(std::string_view text);

}  // namespace ptah
