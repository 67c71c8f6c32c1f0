#include "recognition/block_cell.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "ptah/core/letter_case.hpp"
#include "ptah/core/quoting.hpp"
#include "ptah/geom/region.hpp"
#include "recognition/connectivity.hpp"
#include "recognition/rect_join.hpp"

namespace ptah::native {
namespace {

/// More are a chip, and no block of an analog cell.
constexpr std::size_t kMostShapes = 100'000;

constexpr std::size_t kMostListed = 12;

std::string um(Dbu nm) {
  std::string text = std::to_string(to_um(nm));
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

std::string at(Point p) {
  return "(" + um(p.x) + ", " + um(p.y) + ") um";
}

Dbu down_to(Dbu value, Dbu step) {
  return static_cast<Dbu>(std::floor(static_cast<double>(value) / step)) * step;
}
Dbu up_to(Dbu value, Dbu step) {
  return static_cast<Dbu>(std::ceil(static_cast<double>(value) / step)) * step;
}

template <class Names>
std::string listed(const Names& names) {
  std::string list;
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (count == kMostListed) return list + ", ...";
    list += (count++ == 0 ? "" : ", ") + quoting::for_message(name);
  }
  return list.empty() ? "none" : list;
}

/// GDSII allows letters, digits, _ ? $; real files add . and -. More is for no tool.
bool is_plain_cell_name(const std::string& name) {
  return !name.empty() && name.size() <= 200 && name.front() != '-' &&
         name.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_?$.-") ==
             std::string::npos;
}

class CellBinder {
 public:
  CellBinder(Block& block, const CellFile& file, const Technology& technology,
             std::vector<Note>& notes)
      : block_(block), file_(file), technology_(technology), notes_(notes) {}

  Status run() {
    PTAH_TRY(choose_cell());
    PTAH_TRY(flat_, gds::flatten(block_.library, block_.cell, technology_));
    PTAH_TRY(check_shapes());
    make_tile();
    make_wires();
    gds::Flat wires;
    wires.shapes = block_.wires;
    nets_ = find_connectivity(wires, technology_);
    PTAH_TRY(find_terminals());
    for (std::size_t t = 0; t < block_.terminals.size(); ++t) {
      PTAH_TRY(add_pin(t));
    }
    block_.tile.shapes = block_.own;
    block_.tile.shapes.insert(block_.tile.shapes.end(), block_.landings.begin(),
                              block_.landings.end());
    find_inner();
    if (flat_.dropped > 0) {
      notes_.push_back(
          {block_.name,
           std::to_string(flat_.dropped) + " shapes or labels of its cell are on layers that " +
               technology_.name() + " does not have: they stay as they are, unchecked.",
           "", ""});
    }
    return ok();
  }

 private:
  Error fail(std::string message, std::string hint = {},
             ErrorCode code = ErrorCode::kInvalidArgument) const {
    return make_error(code, std::move(message), file_.name, std::move(hint));
  }
  std::string cell() const { return "the cell " + block_.cell; }

  Status choose_cell() {
    PTAH_TRY(gds::Library all, gds::read(file_.bytes, file_.name));
    std::set<std::string> names;
    for (const gds::Cell& each : all.cells) names.insert(each.name);
    block_.file = file_.name;
    block_.cell = file_.cell;
    if (block_.cell.empty()) {
      const std::vector<std::string> tops = all.tops();
      if (all.find(block_.name) != nullptr) {
        block_.cell = block_.name;
      } else if (tops.size() == 1) {
        block_.cell = tops.front();
      } else {
        return fail("The file has no cell " + block_.name + ", and " + std::to_string(tops.size()) +
                        " top cells: " + listed(tops) + ".",
                    "say which: --cell " + block_.name + "=" + file_.name + ":CELL",
                    ErrorCode::kNotFound);
      }
    }
    if (all.find(block_.cell) == nullptr) {
      return fail("The file has no cell " + quoting::for_message(block_.cell) + ".",
                  "it has " + listed(names), ErrorCode::kNotFound);
    }
    // The cell and those below it, in the file's order.
    std::set<std::string> needed{block_.cell};
    for (std::vector<std::string> left{block_.cell}; !left.empty();) {
      const gds::Cell* next = all.find(left.back());
      left.pop_back();
      if (next == nullptr) continue;  // gds::flatten says so
      for (const gds::Reference& reference : next->references) {
        if (needed.insert(reference.cell).second) left.push_back(reference.cell);
      }
    }
    for (gds::Cell& each : all.cells) {
      if (!needed.contains(each.name)) continue;
      if (!is_plain_cell_name(each.name)) {
        return fail("The cell name " + quoting::for_message(each.name) +
                        " is for no tool to read as a word.",
                    "use letters, digits, _ . - $ and ? in cell names", ErrorCode::kUnsupported);
      }
      block_.library.cells.push_back(std::move(each));
    }
    return ok();
  }

  Status check_shapes() {
    if (flat_.shapes.empty()) {
      return fail("In " + cell() + " nothing is drawn on a layer of " + technology_.name() + ".",
                  "check its GDS layer numbers");
    }
    if (flat_.shapes.size() > kMostShapes) {
      return fail(
          "In " + cell() + " more than " + std::to_string(kMostShapes) + " rectangles are drawn.",
          "a block is an analog cell, no chip", ErrorCode::kLimit);
    }
    const Dbu grid = technology_.grid();
    for (const Shape& shape : flat_.shapes) {
      const Rect& r = shape.rect;
      if (r.x0 % grid == 0 && r.y0 % grid == 0 && r.x1 % grid == 0 && r.y1 % grid == 0) continue;
      return fail("In " + cell() + " a shape on " + technology_.layer(shape.layer).name +
                      " is off the grid of " + std::to_string(grid) + " nm, at " +
                      at({r.x0, r.y0}) + ".",
                  "draw it on the grid", ErrorCode::kUnsupported);
    }
    return ok();
  }

  /// The tile's grid is the cell's own, so that pins on it stay there.
  void make_tile() {
    Rect box;
    for (const Shape& shape : flat_.shapes) box = box.united(shape.rect);
    const Point corner{down_to(box.x0, kPlacementGrid), down_to(box.y0, kPlacementGrid)};
    block_.origin = Point{} - corner;
    block_.tile.cell = block_.cell;
    block_.tile.kind = DeviceKind::kBlock;
    block_.tile.outline = {0, 0, std::max(up_to(box.x1 - corner.x, kPlacementGrid), kPlacementGrid),
                           std::max(up_to(box.y1 - corner.y, kPlacementGrid), kPlacementGrid)};
    for (Shape& shape : flat_.shapes) shape.rect = shape.rect.moved(block_.origin);
    for (gds::Flat::Label& label : flat_.labels) label.at = label.at + block_.origin;
    block_.own = flat_.shapes;
    std::sort(block_.own.begin(), block_.own.end());
  }

  std::vector<Rect> drawn_on(std::string_view name) const {
    std::vector<Rect> rects;
    const auto layer = technology_.find_layer(name);
    for (const Shape& shape : block_.own) {
      if (layer && shape.layer == *layer) rects.push_back(shape.rect);
    }
    return rects;
  }

  /// Without gates, plates and bodies of resistors no device is left.
  void make_wires() {
    std::map<LayerId, std::vector<Rect>> by_layer;
    for (const Shape& shape : block_.own) by_layer[shape.layer].push_back(shape.rect);
    std::set<LayerId> ends;  // layers that a cut may join here
    for (auto& [id, rects] : by_layer) {
      const Layer& layer = technology_.layer(id);
      const bool wire = layer.type == LayerType::kConductor || layer.type == LayerType::kWell ||
                        layer.type == LayerType::kImplant || layer.name == "tap";
      if (!wire) continue;
      ends.insert(id);
      std::vector<Rect> bodies = drawn_on(layer.name + ".res");
      const std::vector<Rect> shorts = drawn_on(layer.name + ".short");
      bodies.insert(bodies.end(), shorts.begin(), shorts.end());
      if (layer.type == LayerType::kConductor) bodies_[id] = bodies;
      const std::vector<Rect>& kept = bodies.empty() ? rects : difference(rects, bodies);
      for (const Rect& rect : kept) block_.wires.push_back({id, rect});
    }
    for (const auto& [cut, rects] : by_layer) {
      if (technology_.layer(cut).type != LayerType::kCut) continue;
      std::vector<Rect> plates, lower;
      for (const Via& via : technology_.vias()) {
        if (via.cut != cut) continue;
        const bool plate = technology_.layer(via.lower).type == LayerType::kPlate;
        const auto found = by_layer.find(via.lower);
        if (found == by_layer.end() || (!plate && !ends.contains(via.lower))) continue;
        auto& list = plate ? plates : lower;
        list.insert(list.end(), found->second.begin(), found->second.end());
      }
      for (const Rect& rect : rects) {
        const auto meets = [&](const Rect& other) { return other.overlaps(rect); };
        if (std::any_of(plates.begin(), plates.end(), meets)) continue;
        if (std::any_of(lower.begin(), lower.end(), meets)) block_.wires.push_back({cut, rect});
      }
    }
    std::sort(block_.wires.begin(), block_.wires.end());
  }

  bool carries_wires(LayerId layer) const {
    const auto& routing = technology_.routing_layers();
    return std::any_of(routing.begin(), routing.end(),
                       [&](const RoutingLayer& each) { return each.layer == layer; });
  }

  NetIndex net_at(LayerId layer, Point p) const {
    for (const NetRect& piece : nets_.conductors.at(layer)) {
      if (piece.rect.contains(p)) return piece.net;
    }
    return kNone;
  }

  Status find_terminals() {
    std::set<std::string> texts;
    for (const gds::Flat::Label& label : flat_.labels) texts.insert(label.text);
    std::map<std::string, std::size_t> port_numbers;
    for (std::size_t p = 0; p < block_.ports.size(); ++p)
      port_numbers.emplace(lower_case(block_.ports[p]), p);
    std::vector<std::vector<NetIndex>> nets(block_.ports.size());
    std::vector<std::string> elsewhere(block_.ports.size());
    std::map<NetIndex, std::size_t> owner;
    for (const gds::Flat::Label& label : flat_.labels) {
      const auto port = port_numbers.find(lower_case(label.text));
      const std::string& layer = technology_.layer(label.layer).name;
      if (port == port_numbers.end()) {
        if (!label.is_pin) continue;  // names a net inside
        return fail(
            "The pin " + quoting::for_message(label.text) + " of " + cell() + " is no port of " +
                block_.name + ", which has " + listed(block_.ports) + ".",
            "add it to the .subckt line, or take its label off the pin purpose of " + layer);
      }
      const std::size_t p = port->second;
      const bool metal = technology_.layer(label.layer).type == LayerType::kConductor;
      const NetIndex net = metal ? net_at(label.layer, label.at) : kNone;
      if (net == kNone) {
        elsewhere[p] = "Of the port " + block_.ports[p] + " of " + block_.name + " the label in " +
                       cell() + " lies on no metal of its layer " + layer + ", at " +
                       at(label.at - block_.origin) + ".";
        continue;
      }
      const auto [other, fresh] = owner.try_emplace(net, p);
      if (!fresh && other->second != p) {
        return fail("In " + cell() + " the labels " + block_.ports[other->second] + " and " +
                        block_.ports[p] + " lie on one net.",
                    "two ports of a block are two nets");
      }
      layers_[net].insert(label.layer);
      if (fresh) nets[p].push_back(net);
    }
    for (std::size_t p = 0; p < nets.size(); ++p) {
      if (nets[p].empty() && !elsewhere[p].empty())
        return fail(elsewhere[p], "a label lies on metal that wires can reach");
      if (nets[p].empty()) {
        return fail("The port " + block_.ports[p] + " of " + block_.name + " has no label in " +
                        cell() + ".",
                    "its labels are " + listed(texts));
      }
      for (std::size_t k = 0; k < nets[p].size(); ++k) {
        block_.terminals.push_back(block_.ports[p] + (k == 0 ? "" : ":" + std::to_string(k + 1)));
        block_.port_of.push_back(p);
        net_of_.push_back(nets[p][k]);
      }
    }
    return ok();
  }

  /// Rectangles of the net on the layer, those drawn before those that regions are cut into.
  std::vector<Rect> metal_of(NetIndex net, LayerId layer) const {
    Region pieces;
    for (const NetRect& piece : nets_.conductors.at(layer)) {
      if (piece.net == net) pieces.push_back(piece.rect);
    }
    if (pieces.empty()) return {};
    std::vector<Rect> drawn;
    for (const Shape& shape : block_.wires) {
      if (shape.layer == layer) drawn.push_back(shape.rect);
    }
    std::sort(drawn.begin(), drawn.end(), [](const Rect& a, const Rect& b) {
      return std::pair(a.y0, a.x0) < std::pair(b.y0, b.x0);
    });
    std::set<std::int32_t> own;
    for (const RectPair& pair : overlapping_pairs(drawn, pieces)) own.insert(pair.a);
    std::vector<Rect> rects;
    for (const std::int32_t index : own) rects.push_back(drawn[static_cast<std::size_t>(index)]);
    rects.insert(rects.end(), pieces.begin(), pieces.end());
    std::sort(rects.begin(), rects.end(), [](const Rect& a, const Rect& b) {
      return a.area() != b.area() ? a.area() > b.area() : a < b;
    });
    std::vector<Rect> kept;
    for (const Rect& rect : rects) {
      if (std::none_of(kept.begin(), kept.end(), [&](const Rect& k) { return k.contains(rect); }))
        kept.push_back(rect);
    }
    return kept;
  }

  const RoutingLayer& routing(LayerId layer) const {
    return *std::find_if(technology_.routing_layers().begin(), technology_.routing_layers().end(),
                         [&](const RoutingLayer& each) { return each.layer == layer; });
  }

  /// From local interconnect to a layer of wires; nullptr where there is none.
  const Via* via_up(LayerId layer) const {
    for (const Via& via : technology_.vias()) {
      if (via.lower == layer && carries_wires(via.upper)) return &via;
    }
    return nullptr;
  }

  /// Whether a wire centred on the routing grid lies within.
  bool takes_wire(const Rect& rect, Dbu width) const {
    const Rect room = rect.bloated(-(width / 2));
    return !room.empty() && up_to(room.x0, kPlacementGrid) <= room.x1 &&
           up_to(room.y0, kPlacementGrid) <= room.y1;
  }

  Status add_pin(std::size_t t) {
    const NetIndex net = net_of_[t];
    const std::set<LayerId>& labelled = layers_.at(net);
    // Local interconnect is for the inside of cells: wires come to the metal above it.
    std::set<LayerId> layers, local;
    for (const LayerId layer : labelled) {
      if (carries_wires(layer)) {
        layers.insert(layer);
        continue;
      }
      local.insert(layer);
      if (const Via* up = via_up(layer)) layers.insert(up->upper);
    }
    TilePin pin{block_.terminals[t], {}};
    bool reached = false;
    for (const LayerId layer : layers) {
      const Dbu width = routing(layer).min_width;
      for (const Rect& rect : metal_of(net, layer)) {
        pin.access.push_back({layer, rect});
        reached = reached || takes_wire(rect, width);
      }
    }
    // Where the label is, wires or not: there a layout is asked which net the terminal is on.
    for (const LayerId layer : local) {
      for (const Rect& rect : metal_of(net, layer)) pin.access.push_back({layer, rect});
    }
    for (const LayerId layer : layers) reached = reached || land(net, layer, pin);
    for (const LayerId layer : local) reached = reached || lift(net, layer, pin);
    if (!reached) {
      const Point place = metal_of(net, *labelled.begin()).front().center() - block_.origin;
      return fail("No wire can land on the port " + block_.ports[block_.port_of[t]] + " of " +
                      cell() + ", at " + at(place) + ": its metal is off the routing grid of " +
                      std::to_string(kPlacementGrid) +
                      " nm, and other metal leaves no room beside it.",
                  "give the port a wider piece of metal", ErrorCode::kUnsupported);
    }
    block_.tile.pins.push_back(std::move(pin));
    return ok();
  }

  /// Points of the routing grid in and about `rect`, the nearest to its middle first.
  static std::vector<Point> grid_about(const Rect& rect) {
    constexpr std::size_t kMost = 4000;
    std::vector<Point> points;
    const Point middle = rect.center();
    for (Dbu y = down_to(rect.y0, kPlacementGrid); y <= up_to(rect.y1, kPlacementGrid);
         y += kPlacementGrid) {
      for (Dbu x = down_to(rect.x0, kPlacementGrid); x <= up_to(rect.x1, kPlacementGrid);
           x += kPlacementGrid) {
        points.push_back({x, y});
        if (points.size() == kMost) break;
      }
      if (points.size() == kMost) break;
    }
    const auto distance = [&](Point p) {
      return static_cast<std::int64_t>(std::abs(p.x - middle.x)) + std::abs(p.y - middle.y);
    };
    std::stable_sort(points.begin(), points.end(),
                     [&](Point a, Point b) { return distance(a) < distance(b); });
    return points;
  }

  /// Whether `pad` keeps its distance from all metal of its layer but what it touches, which is of
  /// the net; and lies in the outline.
  bool has_room(const Rect& pad, LayerId layer, NetIndex net) {
    const RoutingLayer& rules = routing(layer);
    if (!block_.tile.outline.contains(pad)) return false;
    const Dbu reach = std::max(rules.spacing, rules.wide_spacing);
    for (const NetRect& piece : nets_.conductors.at(layer)) {
      if (!piece.rect.overlaps(pad.bloated(reach))) continue;
      if (piece.net == net && piece.rect.overlaps(pad)) continue;
      if (piece.net == net) {
        // A notch in the net itself, unless the piece goes on into one that the pad meets.
        if (piece.rect.touches(pad)) continue;
        const bool joined = std::any_of(
            nets_.conductors[layer].begin(), nets_.conductors[layer].end(), [&](const NetRect& o) {
              return o.net == net && o.rect.overlaps(pad) && o.rect.touches(piece.rect);
            });
        if (joined) continue;
      }
      const bool wide = rules.wide_width > 0 && piece.rect.width() > rules.wide_width &&
                        piece.rect.height() > rules.wide_width;
      if (piece.rect.overlaps(pad.bloated(wide ? rules.wide_spacing : rules.spacing))) return false;
    }
    // Bodies of resistors are no nets, but metal.
    const auto& bodies = bodies_[layer];
    if (std::any_of(bodies.begin(), bodies.end(),
                    [&](const Rect& body) { return body.overlaps(pad.bloated(reach)); })) {
      return false;
    }
    for (const Shape& landing : block_.landings) {
      if (landing.layer == layer && landing.rect.overlaps(pad.bloated(reach))) return false;
    }
    return true;
  }

  /// A square beside the net's metal, on the grid.
  bool land(NetIndex net, LayerId layer, TilePin& pin) {
    const Dbu half = up_to(routing(layer).min_width, 2 * technology_.grid()) / 2;
    for (const Rect& metal : metal_of(net, layer)) {
      for (const Point p : grid_about(metal)) {
        const Rect pad = Rect{p.x, p.y, p.x, p.y}.bloated(half);
        const Rect common = pad.intersection(metal);
        // Where the two meet, no more than half of a step of the grid is cut off.
        if (common.width() < half || common.height() < half) continue;
        if (!has_room(pad, layer, net)) continue;
        block_.landings.push_back({layer, pad});
        pin.access.insert(pin.access.begin(), {layer, pad});
        return true;
      }
    }
    return false;
  }

  /// A cut on the net's metal and a pad above it.
  bool lift(NetIndex net, LayerId layer, TilePin& pin) {
    const Via* via = via_up(layer);
    if (via == nullptr) return false;
    const RoutingLayer& above = routing(via->upper);
    const Dbu half = via->size / 2;
    const auto side = static_cast<Dbu>(std::ceil(std::sqrt(static_cast<double>(above.min_area))));
    const Dbu pad_half =
        up_to(std::max({side, above.min_width,
                        via->size + 2 * std::max(via->upper_enclosure.all,
                                                 via->upper_enclosure.one_direction)}),
              2 * technology_.grid()) /
        2;
    std::vector<Rect> cuts;
    for (const Shape& shape : block_.own) {
      if (shape.layer == via->cut) cuts.push_back(shape.rect);
    }
    for (const Shape& landing : block_.landings) {
      if (landing.layer == via->cut) cuts.push_back(landing.rect);
    }
    const Dbu all = via->lower_enclosure.all;
    const Dbu one = std::max(all, via->lower_enclosure.one_direction);
    for (const Rect& metal : metal_of(net, layer)) {
      for (const Point p : grid_about(metal)) {
        const Rect cut = Rect{p.x, p.y, p.x, p.y}.bloated(half);
        if (!metal.contains(cut.bloated(all, one)) && !metal.contains(cut.bloated(one, all)))
          continue;
        if (std::any_of(cuts.begin(), cuts.end(), [&](const Rect& other) {
              return other.overlaps(cut.bloated(via->spacing));
            })) {
          continue;
        }
        const Rect pad = Rect{p.x, p.y, p.x, p.y}.bloated(pad_half);
        if (!has_room(pad, above.layer, net)) continue;
        block_.landings.push_back({via->cut, cut});
        block_.landings.push_back({above.layer, pad});
        pin.access.insert(pin.access.begin(), {above.layer, pad});
        return true;
      }
    }
    return false;
  }

  void find_inner() {
    const std::set<NetIndex> terminals(net_of_.begin(), net_of_.end());
    std::map<NetIndex, Shape> largest;
    for (std::size_t l = 0; l < nets_.conductors.size(); ++l) {
      const auto layer = static_cast<LayerId>(l);
      if (technology_.layer(layer).type != LayerType::kConductor) continue;
      for (const NetRect& piece : nets_.conductors[l]) {
        if (terminals.contains(piece.net) || piece.net == nets_.substrate) continue;
        const auto [found, fresh] = largest.try_emplace(piece.net, Shape{layer, piece.rect});
        if (!fresh && piece.rect.area() > found->second.rect.area())
          found->second = {layer, piece.rect};
      }
    }
    for (const auto& [net, shape] : largest) block_.inner.push_back(shape);
  }

  Block& block_;
  const CellFile& file_;
  const Technology& technology_;
  std::vector<Note>& notes_;
  gds::Flat flat_;
  Connectivity nets_;                             ///< Of the wires alone.
  std::map<NetIndex, std::set<LayerId>> layers_;  ///< Of the labels, by net of a terminal.
  std::vector<NetIndex> net_of_;                  ///< By terminal.
  std::map<LayerId, std::vector<Rect>> bodies_;   ///< Of resistors of metal.
};

}  // namespace

Status bind_cell(Block& block, const CellFile& file, const Technology& technology,
                 std::vector<Note>& notes) {
  return CellBinder(block, file, technology, notes).run();
}

}  // namespace ptah::native
