/// A layout as the stages that look at it get it: its shapes in memory where they are known, and a
/// file once a stage wants one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah {

struct DrawnLayout {
  std::string top;
  gds::Library library;
  std::optional<gds::Flat> flat;  ///< `top` without hierarchy; nothing: stages read the file.
  std::filesystem::path gds;      ///< The file; see `put_on_disk`.
  bool on_disk = false;
};

/// [x0, y0, x1, y1], in um.
Json box_um(const Rect& box);

/// The box around all shapes. Empty of none.
Rect drawn_outline(const gds::Flat& flat) noexcept;

/// The cell asked for, or where none is, the only top cell. `file` names the layout in messages.
Result<std::string> choose_top(const gds::Library& library, const std::string& asked,
                               const std::string& file);

/// Writes `library` where `gds` says, once; its folder is made.
Status put_on_disk(DrawnLayout& layout);

/// What `stage` gets: with the file in place where it reads files. `layout` outlives it.
template <typename Stage>
Result<LayoutFile> layout_file(DrawnLayout& layout, const Stage& stage) {
  if (stage.reads_file()) {
    PTAH_TRY(put_on_disk(layout));
  }
  return LayoutFile{layout.gds, layout.top, layout.flat ? &*layout.flat : nullptr};
}

}  // namespace ptah
