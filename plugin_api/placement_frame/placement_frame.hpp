/// A placement as numbers, in the frame of its symmetry: distances from the axis that most matched
/// pairs share, and from the middle of the whole, in um. What learners of numbers see of it: probes
/// of datasets and the predictor `trees`.
///
/// Two devices that stand on either side of the axis are one distance and not two coordinates, and
/// nothing is divided by the size of the whole: from 1,300 layouts of `ota4` boosted trees reach an
/// AUROC of 0.82 this way, and 0.79 with coordinates as shares of the box around all.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "ptah/layout/layout.hpp"
#include "ptah/netlist/circuit.hpp"

namespace ptah {

/// What the numbers of a circuit's placements are. Of a matched pair: half its distance across the
/// axis, its middle from the axis and from the middle of all, how much higher the first stands. Of
/// each other device: its centre from the axis and from the middle of all. Of each of these: two
/// flags, mirrored left for right and top for bottom (of a pair, the first's). Then the width and
/// the height of the whole, and the half-perimeter of each net.
class PlacementFrame {
 public:
  /// `circuit` outlives it.
  explicit PlacementFrame(const Circuit& circuit);

  std::size_t width() const noexcept { return names_.size(); }
  /// One a number: "across M1 M2", "x M5", "net VDD", ...
  const std::vector<std::string>& names() const noexcept { return names_; }
  /// `row` has `width()` numbers; `placement` a place for each tile. [any thread]
  void write(const Tiles& tiles, const Placement& placement, std::span<double> row) const;

 private:
  struct Pair {
    std::size_t first, second;
  };
  double axis(const std::vector<Point>& doubled) const;

  const Circuit& circuit_;
  std::vector<Pair> pairs_;
  std::vector<std::size_t> others_;
  std::vector<std::string> names_;
};

}  // namespace ptah
