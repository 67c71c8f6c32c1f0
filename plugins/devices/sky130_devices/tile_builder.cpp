#include "tile_builder.hpp"

#include <algorithm>
#include <cstdio>

namespace ptah::sky130 {

CutRow cut_row(Dbu low, Dbu high, Dbu size, Dbu pitch, Dbu grid) {
  CutRow row;
  row.size = size;
  const Dbu room = high - low - size;
  if (room < 0) return row;
  const Dbu count = room / pitch + 1;
  const Dbu start = low + snap_down((room - (count - 1) * pitch) / 2, grid);
  for (Dbu i = 0; i < count; ++i) row.starts.push_back(start + i * pitch);
  return row;
}

void TileBuilder::add_access(std::string_view terminal, std::string_view layer, const Rect& rect) {
  const Shape shape{technology_.layer(layer), rect};
  tile_.shapes.push_back(shape);
  for (TilePin& pin : tile_.pins) {
    if (pin.terminal == terminal) {
      pin.access.push_back(shape);
      return;
    }
  }
  tile_.pins.push_back({std::string(terminal), {shape}});
}

Rect TileBuilder::bounds() const {
  Rect box;
  for (const Shape& shape : tile_.shapes) box = box.united(shape.rect);
  return box;
}

Rect TileBuilder::bounds(std::string_view layer) const {
  const LayerId id = technology_.layer(layer);
  Rect box;
  for (const Shape& shape : tile_.shapes) {
    if (shape.layer == id) box = box.united(shape.rect);
  }
  return box;
}

Tile TileBuilder::finish(std::string cell, DeviceKind kind, const Rect& outline) && {
  const Point by{-outline.x0, -outline.y0};
  for (Shape& shape : tile_.shapes) shape.rect = shape.rect.moved(by);
  for (TilePin& pin : tile_.pins) {
    for (Shape& shape : pin.access) shape.rect = shape.rect.moved(by);
  }
  std::sort(tile_.shapes.begin(), tile_.shapes.end());
  tile_.shapes.erase(std::unique(tile_.shapes.begin(), tile_.shapes.end()), tile_.shapes.end());
  tile_.outline = outline.moved(by);
  tile_.cell = std::move(cell);
  tile_.kind = kind;
  return std::move(tile_);
}

std::string short_name(std::string_view model) {
  const std::size_t prefix = model.rfind("__");
  return std::string(prefix == std::string_view::npos ? model : model.substr(prefix + 2));
}

std::string um_text(Dbu length) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g um", to_um(length));
  return text;
}

}  // namespace ptah::sky130
