/// Judging what ngspice left behind, for the program and the library alike.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/sim/deck.hpp"
#include "ptah/sim/waveform.hpp"

namespace ptah {

/// The lines in which ngspice says what went wrong, at most four, each once. Its warnings about
/// models ("Model issue on line", "IKK too small") are harmless and many.
std::string ngspice_complaints(std::initializer_list<std::string_view> texts);

/// `message` with ngspice's own `words`; says so when they mean that it did not converge.
Error ngspice_failure(const std::string& message, const std::string& words,
                      const std::string& circuit);

/// Does the sweep run from its first to its last value?
bool covers(const Waveform& waveform, const DeckAnalysis& analysis);

/// Only what was asked for: ngspice adds scales and saves the rest of an operating point.
Waveform keep_outputs(Waveform waveform, const std::vector<std::string>& outputs);

}  // namespace ptah
