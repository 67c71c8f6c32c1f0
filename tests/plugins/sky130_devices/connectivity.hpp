/// What hangs together inside a tile, by touching shapes and cuts: a small check of its own, not
/// the generator's idea of it.
#pragma once

#include <string>
#include <vector>

#include "ptah/layout/layout.hpp"
#include "ptah/tech/technology.hpp"

namespace ptah::test {

/// The number of the conducting group that each access shape of each pin lies in, one list a pin.
/// Diffusion is cut where poly crosses it, conductors where a resistor marker covers them.
std::vector<std::vector<int>> pin_groups(const Tile& tile, const Technology& technology);

}  // namespace ptah::test
