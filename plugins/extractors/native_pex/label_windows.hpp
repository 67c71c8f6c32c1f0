/// What labels do to Magic's capacitances to the substrate.
///
/// Magic 8.3.105 walks over every cell in squares of 7 um to find where subcells meet. A label
/// makes its square worth a look even in a flat cell: the box around the square's labels is
/// extracted once more on its own, and a net whose lower left corner is in it loses the difference
/// between its whole capacitance and that of its part in the box ("subcap" in the .ext file).
/// Physics has no part in this; scores that are to be comparable with Magic's do.
#pragma once

#include "capacitance.hpp"
#include "ptah/layout/gds.hpp"

namespace ptah::native {

class LabelWindows {
 public:
  /// Changes `ground`, which is that of the whole layout.
  void adjust(const gds::Flat& flat, const Connectivity& connectivity, const Planes& planes,
              const Technology& technology, const Stack& stack, const CapacitanceLaw& law,
              std::vector<double>& ground);

 private:
  void clip(const Planes& planes, const Connectivity& connectivity, const Rect& box,
            const std::vector<NetIndex>& inside, const std::vector<Plate>& corners,
            const Technology& technology, const Stack& stack);

  CapacitanceEngine engine_;
  Planes part_;
  std::vector<double> part_ground_;
};

}  // namespace ptah::native
