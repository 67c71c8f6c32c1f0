#include "flow/drawn_layout.hpp"

#include "ptah/core/run_tool.hpp"

namespace ptah {

Json box_um(const Rect& box) {
  return {to_um(box.x0), to_um(box.y0), to_um(box.x1), to_um(box.y1)};
}

Status put_on_disk(DrawnLayout& layout) {
  if (layout.on_disk) return ok();
  const std::filesystem::path folder = layout.gds.parent_path();
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure) return make_error(ErrorCode::kIo, failure.message(), folder.string());
  const auto bytes = gds::write(layout.library);
  PTAH_TRY(write_text_file(layout.gds, {reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                           Durability::kCached));
  layout.on_disk = true;
  return ok();
}

Rect drawn_outline(const gds::Flat& flat) noexcept {
  Rect outline;
  for (const Shape& shape : flat.shapes) outline = outline.united(shape.rect);
  return outline;
}

Result<std::string> choose_top(const gds::Library& library, const std::string& asked,
                               const std::string& file) {
  if (!asked.empty() && library.find(asked) != nullptr) return asked;
  const auto tops = library.tops();
  if (asked.empty() && tops.size() == 1) return tops.front();
  std::string names;
  for (std::size_t i = 0; i < tops.size() && i < 8; ++i) {
    names += (names.empty() ? "" : ", ") + tops[i];
  }
  if (tops.size() > 8) names += ", ...";
  if (!asked.empty()) {
    return make_error(ErrorCode::kNotFound, "The layout has no cell `" + asked + "`.", file,
                      names.empty() ? "It has no cells." : "Its top cells: " + names + ".");
  }
  return make_error(ErrorCode::kInvalidArgument,
                    tops.empty() ? "The layout has no top cell."
                                 : "The layout has several top cells: " + names + ".",
                    file, tops.empty() ? "Draw the circuit in a cell." : "Name one with `top`.");
}

}  // namespace ptah
