/// A layout's shapes for the stages that look at them (declared in stages.hpp).
#include "ptah/stages/stages.hpp"

namespace ptah {

Result<const gds::Flat*> flat_layout(const LayoutFile& layout, const Technology& technology,
                                     gds::Flat& storage) {
  if (layout.flat != nullptr) return layout.flat;
  PTAH_TRY(const auto library, gds::read_file(layout.gds));
  PTAH_TRY(storage, gds::flatten(library, layout.top, technology));
  return &storage;
}

}  // namespace ptah
