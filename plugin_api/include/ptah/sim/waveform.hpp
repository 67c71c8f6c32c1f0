/// Simulation results, and the OSIRIS scores computed from them.
#pragma once

#include <complex>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"

namespace ptah {

/// One analysis of one run. All vectors have the length of `x`.
struct Waveform {
  std::string analysis;  ///< "ac", "dc", "tran", "op", "noise".
  std::string x_name;    ///< "frequency" (Hz), "time" (s), or the swept source (V or A).
  std::vector<double> x;
  std::vector<std::string> names;                     ///< "v(out)", lower case.
  std::vector<std::vector<std::complex<double>>> y;   ///< One a name; real analyses have imag 0.

  /// nullptr when absent; names compare case-insensitively.
  const std::vector<std::complex<double>>* find(const std::string& name) const noexcept;
};

/// OSIRIS pscore in volts (lower is better): RMSE of the real part between pre- and post-layout
/// output over three equal parts of the sweep (floor(n/3) points each, the rest in the last),
/// averaged. Fails when the sweeps differ, have fewer than 3 points, or are not finite.
Result<double> pscore(const std::vector<std::complex<double>>& pre,
                      const std::vector<std::complex<double>>& post);

}  // namespace ptah
