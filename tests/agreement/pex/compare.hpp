/// Two parasitic netlists of one layout, net by net.
#pragma once

#include <string>
#include <vector>

#include "ptah/stages/stages.hpp"
#include "recognition/connectivity.hpp"

namespace ptah::agreement {

/// One quantity that both netlists have, fF.
struct Pair {
  std::string what;
  double ours = 0, theirs = 0;
  double error() const;  ///< Relative to theirs.
};

struct Comparison {
  std::vector<Pair> totals;            ///< Of nets: all capacitors at the net.
  std::vector<Pair> couplings;         ///< Between two nets, where either says more than 0.1 fF.
  std::vector<std::string> unmatched;  ///< Names of theirs that are at no net of ours.
};

/// `theirs` is Magic's: its names for nameless nets say where a tile of the net is.
Comparison compare(const ExtractedNetlist& ours, const ExtractedNetlist& theirs,
                   const native::Connectivity& connectivity, const Technology& technology);

/// The value below which a share `p` of the (sorted or not) values lie; 0 of none.
double quantile(std::vector<double> values, double p);

}  // namespace ptah::agreement
