#include "flow/score_wires.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "recognition/connectivity.hpp"

namespace ptah {
namespace {

/// The conductor or cut, or the conductor of which this is the pin purpose (true).
std::optional<std::pair<LayerId, bool>> wire_layer(const Technology& technology, GdsLayer gds) {
  for (std::size_t i = 0; i < technology.layers().size(); ++i) {
    const Layer& layer = technology.layers()[i];
    if (layer.type != LayerType::kConductor && layer.type != LayerType::kCut) continue;
    if (layer.drawing == gds) return std::pair(static_cast<LayerId>(i), false);
    if (layer.pin.layer >= 0 && layer.pin == gds) return std::pair(static_cast<LayerId>(i), true);
  }
  return std::nullopt;
}

/// The polygon as rectangles; none of one that is not drawn along x and y.
std::vector<Rect> rects_of(const gds::Polygon& polygon, GdsLayer drawn_as,
                           const Technology& technology) {
  gds::Library one;
  one.cells.push_back({"one", {{drawn_as, polygon.points}}, {}, {}});
  const auto flat = gds::flatten(one, "one", technology);
  std::vector<Rect> rects;
  if (!flat) return rects;
  for (const Shape& shape : flat.value().shapes) rects.push_back(shape.rect);
  return rects;
}

/// In order.
std::vector<Shape> shapes_of(const Tiles& tiles, const Placement& placement) {
  std::vector<Shape> shapes;
  for (std::size_t d = 0; d < tiles.size(); ++d) {
    const Transform to_layout = transform(tiles[d], placement.tiles[d]);
    for (const Shape& shape : tiles[d].shapes)
      shapes.push_back({shape.layer, to_layout(shape.rect)});
  }
  std::sort(shapes.begin(), shapes.end());
  return shapes;
}

bool covered(const Rect& rect, const std::vector<Rect>& by) {
  return std::any_of(by.begin(), by.end(), [&](const Rect& each) { return each.contains(rect); });
}

/// Pieces of wire that are joined to each other, and to which nets.
class Pieces {
 public:
  Pieces(const gds::Flat& wires, const Technology& technology, std::size_t nets)
      : found_(native::find_connectivity(wires, technology)), technology_(technology), nets_(nets) {
    votes_.resize(found_.nets.size());
  }

  native::NetIndex at(LayerId layer, const Rect& place) const {
    if (layer >= found_.conductors.size()) return native::kNone;
    for (const native::NetRect& part : found_.conductors[layer]) {
      if (part.rect.overlaps(place)) return part.net;
    }
    return native::kNone;
  }
  /// Of a cut: of the conductor above or below it.
  native::NetIndex of_wire(LayerId layer, const Rect& rect) const {
    if (technology_.layer(layer).type == LayerType::kConductor) return at(layer, rect);
    for (const Via& via : technology_.vias()) {
      if (via.cut != layer) continue;
      for (const LayerId conductor : {via.upper, via.lower}) {
        if (const auto piece = at(conductor, rect); piece != native::kNone) return piece;
      }
    }
    return native::kNone;
  }
  /// All pieces on a terminal's metal are its net's: those that only touch it, too.
  void vote_at(LayerId layer, const Rect& place, NetId net) {
    if (layer >= found_.conductors.size()) return;
    std::set<native::NetIndex> there;
    for (const native::NetRect& part : found_.conductors[layer]) {
      if (part.rect.overlaps(place.bloated(1))) there.insert(part.net);
    }
    for (const native::NetIndex piece : there) vote(piece, net);
  }
  void vote(native::NetIndex piece, NetId net) {
    if (piece != native::kNone && net >= 0 && static_cast<std::size_t>(net) < nets_)
      ++votes_[static_cast<std::size_t>(piece)][net];
  }
  NetId net_of(native::NetIndex piece) const {
    if (piece == native::kNone) return kNoNet;
    NetId best = kNoNet;
    int most = 0;
    for (const auto& [net, votes] : votes_[static_cast<std::size_t>(piece)]) {
      if (votes > most) {
        best = net;
        most = votes;
      }
    }
    return best;
  }

 private:
  native::Connectivity found_;
  const Technology& technology_;
  std::size_t nets_;
  std::vector<std::map<NetId, int>> votes_;
};

Json text_json(const gds::Text& text) {
  return {{"layer", text.layer.layer},
          {"datatype", text.layer.datatype},
          {"at_um", {to_um(text.at.x), to_um(text.at.y)}},
          {"text", text.text}};
}

Json polygon_json(GdsLayer layer, const std::vector<Point>& points) {
  Json list = Json::array();
  for (const Point p : points) list.push_back({to_um(p.x), to_um(p.y)});
  return {{"layer", layer.layer}, {"datatype", layer.datatype}, {"points_um", std::move(list)}};
}

}  // namespace

bool DrawnWires::Wire::is_of(const std::vector<Shape>& tiles) const {
  return std::all_of(rects.begin(), rects.end(), [&](const Rect& rect) {
    return std::binary_search(tiles.begin(), tiles.end(), Shape{layer, rect});
  });
}

DrawnWires::DrawnWires(const gds::Library& library, const std::string& top, Point at,
                       const Technology& technology)
    : technology_(technology), at_(at) {
  const gds::Cell* const cell = library.find(top);
  if (cell == nullptr) return;
  for (const gds::Polygon& polygon : cell->polygons) {
    const auto layer = wire_layer(technology, polygon.layer);
    if (!layer) continue;
    Wire wire{polygon.layer, layer->first, layer->second, polygon.points, {}};
    for (const Rect& rect : rects_of(polygon, technology.layer(layer->first).drawing, technology))
      wire.rects.push_back(rect.moved({-at.x, -at.y}));
    if (!wire.rects.empty()) wires_.push_back(std::move(wire));
  }
  for (const gds::Text& text : cell->texts) {
    if (const auto layer = wire_layer(technology, text.layer); layer && layer->second)
      texts_.push_back(text);
  }
}

DrawnWires::Joined DrawnWires::joined(const Circuit& circuit, const Tiles& tiles,
                                      const Placement& placement) const {
  Joined joined;
  gds::Flat flat;
  const std::vector<Shape> of_tiles = shapes_of(tiles, placement);
  for (const Wire& wire : wires_) {
    if (wire.pin || wire.is_of(of_tiles)) continue;
    joined.wires.push_back(&wire);
    for (const Rect& rect : wire.rects) flat.shapes.push_back({wire.layer, rect});
  }
  Pieces pieces(flat, technology_, circuit.nets.size());
  for (std::size_t d = 0; d < tiles.size(); ++d) {
    const Device& device = circuit.devices[d];
    const Transform to_layout = transform(tiles[d], placement.tiles[d]);
    const auto names = terminal_names(device);
    for (std::size_t t = 0; t < names.size(); ++t) {
      const TilePin* const pin = tiles[d].find_pin(names[t]);
      if (pin == nullptr) continue;
      for (const Shape& access : pin->access) {
        const Rect place = to_layout(access.rect);
        pieces.vote_at(access.layer, place, device.nets[t]);
        // A cut on the access is all that a wire from above has in common with it.
        for (const Via& via : technology_.vias()) {
          if (via.lower != access.layer) continue;
          for (const Wire* const wire : joined.wires) {
            if (wire->layer != via.cut) continue;
            for (const Rect& cut : wire->rects) {
              if (place.contains(cut)) pieces.vote(pieces.of_wire(via.cut, cut), device.nets[t]);
            }
          }
        }
      }
    }
  }
  for (const Wire* const wire : joined.wires) {
    std::vector<NetId>& nets = joined.nets.emplace_back();
    for (const Rect& rect : wire->rects)
      nets.push_back(pieces.net_of(pieces.of_wire(wire->layer, rect)));
  }
  return joined;
}

Layout DrawnWires::layout(const Circuit& circuit, const Tiles& tiles,
                          const Placement& placement) const {
  const Joined joined = this->joined(circuit, tiles, placement);
  Layout layout;
  layout.placement = placement;
  for (std::size_t w = 0; w < joined.wires.size(); ++w) {
    const Wire& wire = *joined.wires[w];
    for (std::size_t r = 0; r < wire.rects.size(); ++r) {
      const NetId net = joined.nets[w][r];
      if (net != kNoNet) layout.wires.push_back({net, wire.layer, wire.rects[r]});
    }
  }
  std::sort(layout.wires.begin(), layout.wires.end());
  return layout;
}

std::vector<const DrawnWires::Wire*> DrawnWires::torn_off(const Circuit& circuit,
                                                          const Tiles& tiles,
                                                          const Placement& placement,
                                                          const Placement& before) const {
  std::vector<const Wire*> torn;
  if (placement == before) return torn;
  const Joined now = joined(circuit, tiles, placement), then = joined(circuit, tiles, before);
  const auto is_joined = [](NetId net) { return net != kNoNet; };
  for (std::size_t w = 0; w < now.wires.size(); ++w) {
    if (std::any_of(now.nets[w].begin(), now.nets[w].end(), is_joined)) continue;
    const auto found = std::find(then.wires.begin(), then.wires.end(), now.wires[w]);
    if (found == then.wires.end()) continue;
    const auto& nets = then.nets[static_cast<std::size_t>(found - then.wires.begin())];
    if (std::any_of(nets.begin(), nets.end(), is_joined)) torn.push_back(now.wires[w]);
  }
  return torn;
}

Json DrawnWires::changes(const Circuit& circuit, const Tiles& tiles, const Layout& routed,
                         const Placement& placement_before) const {
  const Layout before = layout(circuit, tiles, routed.placement);
  const std::vector<const Wire*> torn =
      torn_off(circuit, tiles, routed.placement, placement_before);
  const std::vector<Shape> of_tiles = shapes_of(tiles, routed.placement);
  const gds::Library wanted = gds::from_layout(circuit, tiles, routed, technology_, "wanted");
  const gds::Cell& cell = *wanted.find("wanted");
  std::map<GdsLayer, std::vector<Rect>> wanted_on, kept_on;
  for (const gds::Polygon& polygon : cell.polygons) {
    const Point a = polygon.points[0], c = polygon.points[2];
    wanted_on[polygon.layer].push_back({a.x, a.y, c.x, c.y});
  }
  const auto is_known = [&](const Wire& wire) {
    if (std::find(torn.begin(), torn.end(), &wire) != torn.end()) return true;
    return std::any_of(wire.rects.begin(), wire.rects.end(), [&](const Rect& rect) {
      return std::any_of(before.wires.begin(), before.wires.end(), [&](const NetShape& each) {
        return each.layer == wire.layer && each.rect == rect;
      });
    });
  };
  const Point at = at_;
  const auto in_cell = [at](Point p) { return Point{p.x + at.x, p.y + at.y}; };

  // Labels first: a port keeps its own where it still lies on the net's metal.
  Json remove_texts = Json::array(), add_texts = Json::array();
  std::vector<bool> label_stays(texts_.size(), false);
  for (const gds::Text& text : cell.texts) {
    const NetId net = circuit.find_net(text.text);
    bool there = false;
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      const gds::Text& drawn = texts_[i];
      const auto layer = wire_layer(technology_, drawn.layer);
      if (drawn.text != text.text || !layer) continue;
      const Point p{drawn.at.x - at_.x, drawn.at.y - at_.y};
      const bool on =
          std::any_of(routed.wires.begin(), routed.wires.end(), [&](const NetShape& wire) {
            return wire.net == net && wire.layer == layer->first && wire.rect.contains(p);
          });
      // On a terminal's own metal the router's label stands where it always would.
      if (on || (drawn.layer == text.layer && p == text.at)) there = label_stays[i] = true;
    }
    if (!there) add_texts.push_back(text_json({text.layer, in_cell(text.at), text.text}));
  }
  for (std::size_t i = 0; i < texts_.size(); ++i) {
    if (!label_stays[i] && circuit.find_net(texts_[i].text) >= 0)
      remove_texts.push_back(text_json(texts_[i]));
  }

  Json remove = Json::array(), add = Json::array();
  for (const Wire& wire : wires_) {
    if (wire.is_of(of_tiles)) continue;
    // The metal under a label that stays; otherwise a pin shape is judged as the wire it lies on.
    const auto& all = wanted_on[technology_.layer(wire.layer).drawing];
    const bool stays = std::all_of(wire.rects.begin(), wire.rects.end(),
                                   [&](const Rect& rect) { return covered(rect, all); });
    if (stays) {
      auto& kept = kept_on[wire.gds];
      kept.insert(kept.end(), wire.rects.begin(), wire.rects.end());
    } else if (wire.pin || is_known(wire)) {
      remove.push_back(polygon_json(wire.gds, wire.points));
    }
  }
  for (const gds::Polygon& polygon : cell.polygons) {
    const Point a = polygon.points[0], c = polygon.points[2];
    const Rect rect{a.x, a.y, c.x, c.y};
    const auto layer = wire_layer(technology_, polygon.layer);
    // A pin shape goes with its label.
    const bool pin = layer && layer->second;
    const bool needed =
        !pin || std::any_of(add_texts.begin(), add_texts.end(), [&](const Json& text) {
          const Point p{from_um(text["at_um"][0]) - at_.x, from_um(text["at_um"][1]) - at_.y};
          return rect.contains(p) && text["layer"] == polygon.layer.layer;
        });
    if (!needed || covered(rect, kept_on[polygon.layer])) continue;
    std::vector<Point> points;
    for (const Point p : polygon.points) points.push_back(in_cell(p));
    add.push_back(polygon_json(polygon.layer, points));
  }
  return {{"remove", std::move(remove)},
          {"add", std::move(add)},
          {"remove_texts", std::move(remove_texts)},
          {"add_texts", std::move(add_texts)}};
}

}  // namespace ptah
