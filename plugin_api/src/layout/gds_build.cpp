/// Layouts and tiles as GDSII libraries.
#include <algorithm>
#include <map>
#include <set>

#include "ptah/layout/block.hpp"
#include "ptah/layout/gds.hpp"

namespace ptah::gds {
namespace {

Polygon rectangle(GdsLayer layer, const Rect& r) {
  return {layer, {{r.x0, r.y0}, {r.x1, r.y0}, {r.x1, r.y1}, {r.x0, r.y1}}};
}

bool drawn(GdsLayer layer) {
  return layer.layer >= 0;
}

Cell tile_cell(const Tile& tile, const Technology& technology) {
  Cell cell;
  cell.name = tile.cell;
  cell.polygons.reserve(tile.shapes.size());
  for (const Shape& shape : tile.shapes) {
    const GdsLayer layer = technology.layer(shape.layer).drawing;
    if (drawn(layer)) cell.polygons.push_back(rectangle(layer, shape.rect));
  }
  return cell;
}

/// The pin-purpose rectangle and the text in it: together they make a port. A pin shape is read as
/// metal by Magic, so it must lie on the net's own shapes: it is cut out of `on`.
void add_port(Cell& cell, const Technology& technology, LayerId layer, const Rect& on, Point at,
              const std::string& name) {
  const Layer& l = technology.layer(layer);
  if (!drawn(l.pin)) return;
  const Dbu half = std::max<Dbu>(technology.min_width(layer) / 2, technology.grid());
  const Rect pin = Rect{at.x, at.y, at.x, at.y}.bloated(half).intersection(on);
  if (pin.width() > 0 && pin.height() > 0) cell.polygons.push_back(rectangle(l.pin, pin));
  cell.texts.push_back({l.pin, at, name});
}

Reference reference_to(std::string cell, const Transform& t, Point origin) {
  Reference reference;
  reference.cell = std::move(cell);
  reference.at = t(origin);
  // GDSII mirrors about the x axis (y -> -y) first and then rotates.
  switch (t.orientation) {
    case Orientation::kR0:
      break;
    case Orientation::kMX:
      reference.mirror_x = true;
      break;
    case Orientation::kMY:
      reference.mirror_x = true;
      reference.angle_deg = 180;
      break;
    case Orientation::kR180:
      reference.angle_deg = 180;
      break;
  }
  return reference;
}

/// The cells of a layout, each once.
class Cells {
 public:
  explicit Cells(Library& library) : library_(library) {}

  void add_block(const Block& block) {
    for (const Cell& cell : block.library.cells) {
      if (known_.insert(cell.name).second) library_.cells.push_back(cell);
    }
  }
  /// The name that the tile's cell has here: a block may bring another cell of its name.
  std::string add_tile(const Tile& tile, const Technology& technology) {
    const auto [name, fresh] = names_.try_emplace(tile.cell, tile.cell);
    if (!fresh) return name->second;
    Cell cell = tile_cell(tile, technology);
    const Cell* other = library_.find(cell.name);
    if (other != nullptr && *other == cell) return name->second;
    for (int copy = 2; other != nullptr; ++copy) {
      cell.name = tile.cell + "_" + std::to_string(copy);
      other = library_.find(cell.name);
    }
    name->second = cell.name;
    library_.cells.push_back(std::move(cell));
    return name->second;
  }

 private:
  Library& library_;
  std::set<std::string> known_;               ///< Of blocks.
  std::map<std::string, std::string> names_;  ///< Of tiles, by the tile's own.
};

}  // namespace

Library from_layout(const Circuit& circuit, const Tiles& tiles, const Layout& layout,
                    const Technology& technology, const std::string& top) {
  Library library;
  Cells cells(library);
  Cell cell;
  cell.name = top;
  const std::size_t count = std::min(tiles.size(), layout.placement.tiles.size());
  const auto block_of = [&](std::size_t i) {
    return i < circuit.devices.size() ? circuit.devices[i].block.get() : nullptr;
  };
  for (std::size_t i = 0; i < count; ++i) {
    if (const Block* block = block_of(i)) cells.add_block(*block);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const Transform t = transform(tiles[i], layout.placement.tiles[i]);
    const Block* block = block_of(i);
    if (block == nullptr) {
      cell.references.push_back(reference_to(cells.add_tile(tiles[i], technology), t, {}));
      continue;
    }
    cell.references.push_back(reference_to(block->cell, t, block->origin));
    for (const Shape& landing : block->landings) {
      cell.polygons.push_back(rectangle(technology.layer(landing.layer).drawing, t(landing.rect)));
    }
  }
  for (const NetShape& wire : layout.wires) {
    const GdsLayer layer = technology.layer(wire.layer).drawing;
    if (drawn(layer)) cell.polygons.push_back(rectangle(layer, wire.rect));
  }
  for (const PortLabel& port : layout.ports) {
    if (port.net < 0 || static_cast<std::size_t>(port.net) >= circuit.nets.size()) continue;
    // The largest wire of the net under the label; a port may also sit on a tile's own pin, where
    // the text alone names it.
    Rect on;
    for (const NetShape& wire : layout.wires) {
      if (wire.net == port.net && wire.layer == port.layer && wire.rect.contains(port.at) &&
          wire.rect.area() > on.area())
        on = wire.rect;
    }
    const std::string& name = circuit.nets[static_cast<std::size_t>(port.net)].name;
    add_port(cell, technology, port.layer, on, port.at, name);
  }
  library.cells.push_back(std::move(cell));
  return library;
}

Library from_tile(const Tile& tile, const Technology& technology) {
  Library library;
  Cell cell = tile_cell(tile, technology);
  for (const TilePin& pin : tile.pins) {
    if (pin.access.empty()) continue;
    const Shape& shape = pin.access.front();
    add_port(cell, technology, shape.layer, shape.rect, shape.rect.center(), pin.terminal);
  }
  library.cells.push_back(std::move(cell));
  return library;
}

}  // namespace ptah::gds
