/// The families of checks over the masks of one layout. Each looks at what one rectangle of its
/// mask `a` (one component, for checks of whole shapes) causes, so that a caller may leave out
/// those where nothing changed.
#pragma once

#include <vector>

#include "mask.hpp"
#include "plan.hpp"

namespace ptah::native::drc {

/// One place where a check found something.
struct Marker {
  Rect driver;  ///< The rectangle (the component's box) that was looked at.
  Rect place;
  std::int64_t measured = 0;  ///< nm, or nm^2 for areas.
  friend auto operator<=>(const Marker&, const Marker&) = default;
};

/// What a check may see, and where its markers go.
struct Work {
  const Check& check;
  const std::vector<Mask>& masks;
  std::vector<Marker>& out;
  /// If given: only drivers that touch one of its rectangles are looked at.
  const Bins* dirty = nullptr;

  const Mask& mask(MaskId id) const { return masks[static_cast<std::size_t>(id)]; }
  const Mask& a() const { return mask(check.a); }
  const Mask& b() const { return mask(check.b); }
  bool wants(const Rect& driver) const {
    return dirty == nullptr || dirty->any_touching(driver, [](std::size_t) { return true; });
  }
  void mark(const Rect& driver, const Rect& place, std::int64_t measured) const {
    out.push_back({driver, place, measured});
  }
};

// Distances between edges and what lies outside them.
void check_spacing(const Work& work);
void check_end_to_end(const Work& work);
// Spacing of shapes that the check itself finds: wide metal, plates.
void check_wide_spacing(const Work& work);
void check_bottom_plate(const Work& work);
void check_plate_to_metal(const Work& work);
// Depths behind edges.
void check_width(const Work& work);
void check_channel(const Work& work);
void check_abutting(const Work& work);
void check_inside(const Work& work);
// One mask past another.
void check_enclosure(const Work& work);
void check_enclosure_one_way(const Work& work);
void check_landing(const Work& work);
void check_covered(const Work& work);
void check_extension(const Work& work);
void check_max_extension(const Work& work);
void check_exclusive(const Work& work);
void check_no_crossing(const Work& work);
// Whole shapes.
void check_area(const Work& work);
void check_hole_area(const Work& work);
void check_cut_size(const Work& work);
void check_allowed(const Work& work);
void check_holds(const Work& work);
void check_rectangular(const Work& work);
void check_max_distance(const Work& work);

/// How far `found`, part of a strip along `edge`, lies from it: in depth or past an end, whichever
/// is more. `gap` becomes the box between them.
Dbu distance_from(const Edge& edge, const Rect& found, Rect& gap) noexcept;

/// The stretches of `edge` whose outer side lies in `only` and not in `except`; either may be null.
/// Where a stretch ends before the edge does, it looks straight on.
class Stretches {
 public:
  const std::vector<Edge>& of(const Edge& edge, const Mask* only, const Mask* except);

 private:
  std::vector<Edge> found_, kept_;
  std::vector<std::pair<Dbu, Dbu>> spans_;
};

}  // namespace ptah::native::drc
