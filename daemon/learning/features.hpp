/// What probes see of a placement.
#pragma once

#include <cstdint>
#include <vector>

#include "metrics/classification.hpp"
#include "ptah/core/job_context.hpp"
#include "ptah/stages/learning.hpp"
#include "trees/trees.hpp"

namespace ptah::learning {

/// The indices of a part, in order.
std::vector<std::size_t> indices_of(const Dataset& dataset, Split split);

/// Reads the examples `indices`. Fails where one cannot be read, is of a circuit with other devices
/// or nets than the first, or has no finite label; and where it is cancelled.
Result<std::vector<Example>> read_examples(Dataset& dataset,
                                           const std::vector<std::size_t>& indices,
                                           JobContext& job);

/// A row an example.
struct Features {
  Matrix centres;  ///< Of the tiles: x and y of each, as shares of the box around all.
  Matrix frame;    ///< As placement_frame.hpp has them.
  Matrix nets;     ///< Half-perimeter of each net, um.
  Matrix lengths;  ///< Their sum, and the box's width and height, um.
};
Features features_of(const std::vector<Example>& examples);

/// Equal for placements that differ by a shift of the whole at most.
std::uint64_t hash_of(const Placement& placement);

/// 75th percentile of the training part's labels: class 1 is what is worse, as in the public data
/// of UT-AnLay. Fails where there is no training part, or where no label is above.
Result<double> class_threshold(const Dataset& dataset);
Classes classes_of(const std::vector<Example>& examples, double threshold);

}  // namespace ptah::learning
