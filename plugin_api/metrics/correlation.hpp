/// Whether two numbers go together, by their ranks alone. Spans of a call have one length; what is
/// undefined is NaN.
#pragma once

#include <span>

#include "metrics/classification.hpp"

namespace ptah::learning {

/// Correlation of ranks, ties by their mean.
double spearman(std::span<const double> first, std::span<const double> second);
/// Kendall's tau-b with a 95 % interval by Fisher's z, of variance 0.437 / (n - 4) (Fieller,
/// Hartley & Pearson, Biometrika 1957), as if at least one pair disagreed; [-1, 1] for fewer
/// than 5. n log n (Knight, JASA 1966).
Interval kendall(std::span<const double> first, std::span<const double> second);

}  // namespace ptah::learning
