/// A layout as JSON: layers by name, so that it can be read beside the technology it was made with.
///
///   {"tiles": [{"origin": [x, y], "orientation": "R0", "slot": [x0, y0, x1, y1]}, ...],
///    "wires": [[net, "met1", x0, y0, x1, y1], ...], "ports": [[net, "met1", x, y], ...]}
#include <array>
#include <string>

#include "ptah/layout/layout.hpp"

namespace ptah {
namespace {

constexpr std::array<std::string_view, 4> kOrientations = {"R0", "MY", "MX", "R180"};

Json rect_json(const Rect& r) {
  return Json::array({r.x0, r.y0, r.x1, r.y1});
}

Error field_error(const std::string& field, const std::string& expected) {
  return make_error(ErrorCode::kParse, "A stored layout must have " + expected + " there.",
                    "layout field " + field,
                    "The file was changed or made by another version; run the flow again.");
}

/// Integers `from`.. of the array `json` into the references; none is beyond kFarthest.
template <typename... Ints>
bool read_ints(const Json& json, std::size_t from, Ints&... out) {
  std::size_t i = from;
  auto one = [&](auto& value) {
    const Json& item = json.at(i++);
    if (!item.is_number_integer()) return false;
    // Unsigned numbers beyond 2^63 would wrap in a signed read.
    if (item.is_number_unsigned() &&
        item.get<std::uint64_t>() > static_cast<std::uint64_t>(kFarthest))
      return false;
    const auto wide = item.get<std::int64_t>();
    if (wide < -kFarthest || wide > kFarthest) return false;
    value = static_cast<Dbu>(wide);
    return true;
  };
  return (one(out) && ...);
}

Result<PlacedTile> read_tile(const Json& json, const std::string& field) {
  if (!json.is_object()) return field_error(field, "an object");
  PlacedTile tile;
  const auto origin = json.find("origin");
  if (origin == json.end() || !origin->is_array() || origin->size() != 2 ||
      !read_ints(*origin, 0, tile.origin.x, tile.origin.y))
    return field_error(field + ".origin", "two integers [x, y] in nm");
  const auto orientation = json.find("orientation");
  std::size_t index = kOrientations.size();
  if (orientation != json.end() && orientation->is_string()) {
    for (index = 0; index < kOrientations.size(); ++index) {
      if (orientation->get_ref<const std::string&>() == kOrientations[index]) break;
    }
  }
  if (index == kOrientations.size())
    return field_error(field + ".orientation", "one of R0, MY, MX, R180");
  tile.orientation = static_cast<Orientation>(index);
  const auto slot = json.find("slot");
  if (slot == json.end() || !slot->is_array() || slot->size() != 4 ||
      !read_ints(*slot, 0, tile.slot.x0, tile.slot.y0, tile.slot.x1, tile.slot.y1))
    return field_error(field + ".slot", "four integers [x0, y0, x1, y1] in nm");
  return tile;
}

/// "[net, layer, <count - 2 integers>]": net and layer are read, the rest is left to the caller.
Status read_head(const Json& json, std::size_t count, const std::string& field,
                 const Technology& technology, NetId& net, LayerId& layer) {
  if (!json.is_array() || json.size() != count)
    return field_error(field, "an array of " + std::to_string(count) + " items");
  if (!read_ints(json, 0, net) || net < kNoNet) return field_error(field + "[0]", "a net index");
  const Json& name = json.at(1);
  const auto found =
      name.is_string() ? technology.find_layer(name.get_ref<const std::string&>()) : std::nullopt;
  if (!found)
    return field_error(field + "[1]", "the name of a layer of technology " + technology.name());
  layer = *found;
  return ok();
}

Result<const Json*> member_array(const Json& json, const char* name) {
  const auto it = json.find(name);
  if (it == json.end() || !it->is_array()) return field_error(name, "an array");
  return &*it;
}

}  // namespace

Json layout_to_json(const Layout& layout, const Technology& technology) {
  Json tiles = Json::array();
  for (const PlacedTile& tile : layout.placement.tiles) {
    tiles.push_back({{"origin", Json::array({tile.origin.x, tile.origin.y})},
                     {"orientation", kOrientations.at(static_cast<std::size_t>(tile.orientation))},
                     {"slot", rect_json(tile.slot)}});
  }
  Json wires = Json::array();
  for (const NetShape& w : layout.wires) {
    wires.push_back(Json::array(
        {w.net, technology.layer(w.layer).name, w.rect.x0, w.rect.y0, w.rect.x1, w.rect.y1}));
  }
  Json ports = Json::array();
  for (const PortLabel& p : layout.ports)
    ports.push_back(Json::array({p.net, technology.layer(p.layer).name, p.at.x, p.at.y}));
  return {{"tiles", std::move(tiles)}, {"wires", std::move(wires)}, {"ports", std::move(ports)}};
}

Result<Layout> layout_from_json(const Json& json, const Technology& technology) {
  if (!json.is_object()) return field_error("(root)", "an object");
  Layout layout;
  PTAH_TRY(const Json* tiles, member_array(json, "tiles"));
  for (std::size_t i = 0; i < tiles->size(); ++i) {
    PTAH_TRY(auto tile, read_tile((*tiles)[i], "tiles[" + std::to_string(i) + "]"));
    layout.placement.tiles.push_back(tile);
  }
  PTAH_TRY(const Json* wires, member_array(json, "wires"));
  for (std::size_t i = 0; i < wires->size(); ++i) {
    const Json& item = (*wires)[i];
    const std::string field = "wires[" + std::to_string(i) + "]";
    NetShape w;
    PTAH_TRY(read_head(item, 6, field, technology, w.net, w.layer));
    if (!read_ints(item, 2, w.rect.x0, w.rect.y0, w.rect.x1, w.rect.y1))
      return field_error(field + "[2..5]", "four integers x0, y0, x1, y1 in nm");
    layout.wires.push_back(w);
  }
  PTAH_TRY(const Json* ports, member_array(json, "ports"));
  for (std::size_t i = 0; i < ports->size(); ++i) {
    const Json& item = (*ports)[i];
    const std::string field = "ports[" + std::to_string(i) + "]";
    PortLabel p;
    PTAH_TRY(read_head(item, 4, field, technology, p.net, p.layer));
    if (!read_ints(item, 2, p.at.x, p.at.y))
      return field_error(field + "[2..3]", "two integers x, y in nm");
    layout.ports.push_back(p);
  }
  return layout;
}

}  // namespace ptah
