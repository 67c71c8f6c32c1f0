/// Layouts to judge: real ones of the shipped circuits, tiles of every kind of device, and both
/// damaged on purpose. Equal seeds give equal layouts.
#pragma once

#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/random.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah::agreement {

struct Sample {
  std::string name;    ///< "miller_ota fingers 17 shift 3", "sky130_fd_pr__cap_mim_m3_1"
  std::string damage;  ///< "met1 shape 12 right -10"; empty: none
  std::vector<Shape> shapes;
};

/// `count` samples: one half whole layouts, the other half damaged ones, of circuits and tiles.
/// `circuits` is the folder of the shipped circuits.
Result<std::vector<Sample>> make_samples(const std::string& circuits, const Technology& technology,
                                         std::size_t count, std::uint64_t seed);

/// Does one thing to one shape, on any layer in use: moves an edge by 5..200 nm, moves, shrinks,
/// removes, doubles or adds a shape. One in fifty leaves the grid.
void damage(Sample& sample, const Technology& technology, Rng& rng);

/// One flat cell.
gds::Library library_of(const Sample& sample, const Technology& technology, const std::string& top);

}  // namespace ptah::agreement
