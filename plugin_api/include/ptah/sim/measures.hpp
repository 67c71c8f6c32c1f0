/// What a designer asks of a circuit, computed from a testbench's waveforms: gain, bandwidth,
/// margins, offset, rejection, current, noise; and what they have to be. A circuit's folder lists
/// both in measures.yaml (docs/measures.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/sim/waveform.hpp"

namespace ptah {

enum class MeasureKind {
  kGain,                ///< dB, of an AC sweep at `at_hz`
  kBandwidth,           ///< Hz, where it has fallen by 3 dB from its first point
  kUnityGainFrequency,  ///< Hz, where it falls through 0 dB
  kPhaseMargin,         ///< degrees, 180 minus the lag at the unity-gain frequency
  kGainMargin,          ///< dB below 0 where the lag reaches 180 degrees
  kOffset,              ///< V, `output` minus `reference` in an operating point: that of .op, or
                        ///< without one the first of .dc
  kSupplyCurrent,       ///< A, out of the source `output` ("i(Vsupply)") in that point
  kRejection,           ///< dB, `output` over `reference` of an AC sweep at `at_hz` (CMRR, PSRR)
  kNoise,               ///< V, root mean square at the output from `from_hz` to `to_hz`
  kSpotNoise,           ///< V/sqrt(Hz) at the output at `at_hz`
  kOffsetMagnitude,     ///< V, the offset without its sign: less is better
  kDcRejection,  ///< dB, the change of the source that .dc sweeps over that of the offset, last
                 ///< point against first: CMRR, PSRR of a buffer for direct current
};

struct MeasureSpec {
  std::string name;
  MeasureKind kind = MeasureKind::kGain;
  std::string testbench;                 ///< File beside measures.yaml; empty: the circuit's own.
  std::string output;                    ///< Vector; empty: the testbench's first.
  std::string reference;                 ///< Second vector, where the kind has one.
  std::optional<double> at_hz;           ///< Absent: the sweep's first point.
  std::optional<double> from_hz, to_hz;  ///< Absent: the sweep's ends.
};

/// One value, or why there is none.
struct Measure {
  std::string name;
  std::string unit;  ///< "dB", "Hz", "deg", "V", "A", "V/sqrt(Hz)"
  std::optional<double> value;
  std::string reason;  ///< A sentence; empty where there is a value.
};

/// "dB", "Hz", "deg", "V", "A", "V/sqrt(Hz)"
std::string unit_of(MeasureKind kind);

/// What a layout has to satisfy, by one of its circuit's measures.
struct Spec {
  std::string measure;
  bool at_least = true;  ///< Otherwise at most.
  double limit = 0;      ///< In the measure's unit.
  std::string text;      ///< "gain >= 40 dB": one form, however it was written.
};
/// "gain >= 40", "unity_gain_frequency >= 10 MHz", "offset_magnitude <= 1mV": the unit may be left
/// out, and may have a prefix from f to T where it is not dB or degrees. Fails with
/// kInvalidArgument, saying which measures there are.
Result<Spec> parse_spec(std::string_view text, const std::vector<MeasureSpec>& measures);

/// What one layout's measure says of a spec. One that is not there does not meet it.
struct SpecVerdict {
  bool met = false;
  std::optional<double> value;
  std::string reason;  ///< Why there is no value.
};
/// One a spec, in order.
std::vector<SpecVerdict> judge(const std::vector<Spec>& specs,
                               const std::vector<Measure>& measures);
/// [{"spec": "gain >= 40 dB", "met": true, "value": 61.2}]
Json to_json(const std::vector<Spec>& specs, const std::vector<SpecVerdict>& verdicts);

/// measures.yaml.
struct MeasuresFile {
  std::vector<MeasureSpec> measures;
  std::vector<Spec> specs;
};
/// Fails with file:line, the field and what it may be.
Result<MeasuresFile> read_measures(std::string_view text, std::string_view name);

/// One measure a spec, in order, all of the testbench whose `waveforms` these are. Between two
/// points values are interpolated linearly, as ngspice's `.meas` does.
std::vector<Measure> evaluate_measures(const std::vector<MeasureSpec>& specs,
                                       const std::vector<Waveform>& waveforms);

/// {"gain": {"value": 61.2, "unit": "dB"}, "bandwidth": {"unit": "Hz", "reason": "..."}}
Json to_json(const std::vector<Measure>& measures);

}  // namespace ptah
