/// What a testbench asks a simulator for: analyses and outputs, read into values and written out
/// again. A simulator's command language can redirect output into files and start programs, so no
/// text of a user reaches one as it is: whatever a deck or a command holds of an analysis or an
/// output was written here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ptah/core/error.hpp"

namespace ptah {

/// Whether a name can stand in a command of ngspice and be nothing but a name: at most 256 letters,
/// digits and _ . + - # : / [ ].
bool is_command_name(std::string_view name) noexcept;

/// Digits times a power of ten, as SPICE reads a number. The nearest double would not do: ngspice
/// computes "150n" as 150 * 1e-9, which is not what it makes of 1.5e-7.
struct SpiceNumber {
  std::int64_t digits = 0;  ///< With the sign.
  int exponent = 0;

  double value() const;
  /// "1.8", "150e-9": read again, it is the same.
  std::string text() const;
};

/// "1.8", "100meg", "1k", "50ohm"; nullopt when it is no number or none of a double's range.
std::optional<SpiceNumber> read_spice_number(std::string_view text);

/// A voltage, between two nodes or against ground, or the current through a source.
struct SimulationOutput {
  enum class Kind { kVoltage, kCurrent };
  Kind kind = Kind::kVoltage;
  std::string name;       ///< Of the node or the source.
  std::string reference;  ///< Of the second node; empty: ground.
};

struct FrequencySweep {
  enum class Steps { kLinear, kDecade, kOctave };
  Steps steps = Steps::kDecade;
  SpiceNumber points;  ///< In all, or in each decade or octave.
  SpiceNumber first_hz, last_hz;
};

struct SourceSweep {
  std::string source;  ///< A source, a resistor, or "temp".
  SpiceNumber first, last, step;
};

struct OpAnalysis {};

struct DcAnalysis {
  SourceSweep inner;
  std::optional<SourceSweep> outer;
};

struct AcAnalysis {
  FrequencySweep sweep;
};

struct TranAnalysis {
  SpiceNumber step_s, stop_s;
  std::optional<SpiceNumber> start_s, longest_step_s;
  bool use_initial_conditions = false;
};

struct NoiseAnalysis {
  SimulationOutput output;
  std::string source;
  FrequencySweep sweep;
  std::optional<SpiceNumber> points_per_summary;
};

using Analysis = std::variant<OpAnalysis, DcAnalysis, AcAnalysis, TranAnalysis, NoiseAnalysis>;

/// ".ac dec 50 1k 1g", any case. Fails with what is wrong, without a place.
Result<Analysis> read_analysis(std::string_view card);
/// ".ac dec 50 1e3 1e9"
std::string analysis_text(const Analysis& analysis);
/// "op", "dc", "ac", "tran" or "noise".
std::string_view analysis_kind(const Analysis& analysis);

/// "v(out)", "v(a, b)", "i(Vdd)". Fails with what is wrong, without a place.
Result<SimulationOutput> read_output(std::string_view text);
/// "v(a,b)"
std::string output_text(const SimulationOutput& output);

}  // namespace ptah
