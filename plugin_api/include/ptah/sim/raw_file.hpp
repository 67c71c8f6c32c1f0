/// ngspice's ASCII raw files in.
#pragma once

#include <cstddef>
#include <string_view>

#include "ptah/core/error.hpp"
#include "ptah/sim/waveform.hpp"

namespace ptah {

struct RawFileLimits {
  std::size_t max_variables = 10'000;
  std::size_t max_values = 20'000'000;  ///< Variables times points.
};

/// Reads one plot as ngspice writes it after `set filetype=ascii`. The first variable becomes
/// `Waveform::x` unless the plot has no scale (an operating point). `name` stands for the text in
/// messages. Fails with name:line when anything is missing, malformed, not finite, or when the file
/// ends before its last point.
Result<Waveform> read_raw(std::string_view text, std::string_view name,
                          const RawFileLimits& limits = {});

}  // namespace ptah
