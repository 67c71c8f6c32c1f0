/// Gates and what hangs on them. One device a gate; its kind from implants and well, its flavour
/// from markers, its width from the edges it shares with diffusion.
#include <algorithm>
#include <cmath>
#include <map>

#include "recognition/builder.hpp"

namespace ptah::native {
namespace {

enum Side : std::uint8_t { kLeft, kRight, kBelow, kAbove };

/// A piece of edge that a gate shares with a rectangle of diffusion.
struct Flank {
  std::int32_t gate;  ///< Group of gate rectangles.
  Side side;
  std::int32_t component;  ///< Connected diffusion.
  std::int32_t rect;       ///< Of the diffusion.
  Dbu length;
};

/// What is over a gate, summed over its rectangles.
struct Cover {
  DbuArea area = 0, nsdm = 0, psdm = 0, nwell = 0;
  std::vector<DbuArea> flavours;
};

struct Component {
  DbuArea area = 0;
  std::int64_t perimeter = 0;
  std::int32_t flanks = 0;  ///< Sides of gates that share it.
};

/// All of a gate's edge towards one diffusion on one side.
struct End {
  std::int32_t component, rect;
  Side side;
  Dbu length;
};

class Transistors {
 public:
  explicit Transistors(Builder& builder) : b_(builder) {}

  void find() {
    if (b_.gates.empty()) return;
    group_ = groups_of(b_.gates, groups_);
    collect_boxes();
    collect_covers();
    collect_flanks();
    bulks_ = bulks_of(b_, b_.gates);
    collect_gate_nodes();
    std::size_t begin = 0;
    for (std::int32_t g = 0; g < static_cast<std::int32_t>(groups_); ++g) {
      std::size_t end = begin;
      while (end < flanks_.size() && flanks_[end].gate == g) ++end;
      recognise(static_cast<std::size_t>(g), {flanks_.data() + begin, end - begin});
      begin = end;
    }
  }

 private:
  void collect_boxes() {
    box_.assign(groups_, Rect{});
    first_.assign(groups_, -1);
    rects_.assign(groups_, 0);
    for (std::size_t i = 0; i < group_.size(); ++i) {
      const auto g = static_cast<std::size_t>(group_[i]);
      box_[g] = box_[g].united(b_.gates[i]);
      if (first_[g] < 0) first_[g] = static_cast<std::int32_t>(i);
      ++rects_[g];
    }
  }

  void collect_covers() {
    for (const DeviceModel& model : b_.technology.devices()) {
      if (model.generator_class != "mos") continue;
      for (const LayerId marker : model.markers) {
        if (std::find(flavours_.begin(), flavours_.end(), marker) == flavours_.end())
          flavours_.push_back(marker);
      }
    }
    // Thick oxide tells transistors apart even where the technology has none under it.
    if (b_.names.hvi &&
        std::find(flavours_.begin(), flavours_.end(), *b_.names.hvi) == flavours_.end())
      flavours_.push_back(*b_.names.hvi);
    covers_.assign(groups_, Cover{});
    for (Cover& cover : covers_) cover.flavours.assign(flavours_.size(), 0);
    for (std::size_t i = 0; i < group_.size(); ++i) {
      covers_[static_cast<std::size_t>(group_[i])].area += b_.gates[i].area();
    }
    const auto add = [&](std::optional<LayerId> layer, auto field) {
      if (b_.shapes_of(layer).empty()) return;
      const std::vector<DbuArea> areas = covered_areas(b_.gates, b_.region(layer));
      for (std::size_t i = 0; i < group_.size(); ++i) {
        field(covers_[static_cast<std::size_t>(group_[i])]) += areas[i];
      }
    };
    add(b_.names.nsdm, [](Cover& c) -> DbuArea& { return c.nsdm; });
    add(b_.names.psdm, [](Cover& c) -> DbuArea& { return c.psdm; });
    add(b_.names.nwell, [](Cover& c) -> DbuArea& { return c.nwell; });
    for (std::size_t k = 0; k < flavours_.size(); ++k) {
      add(flavours_[k], [k](Cover& c) -> DbuArea& { return c.flavours[k]; });
    }
  }

  void collect_flanks() {
    const LayerId diff = *b_.names.diff;
    const Region& rects = b_.wires[diff];
    components_.assign(rects.size(), Component{});
    const auto component_of = [&](std::int32_t rect) {
      return b_.shapes.find(b_.node(diff, rect)) - b_.first_node[diff];
    };
    for (std::size_t i = 0; i < rects.size(); ++i) {
      Component& c =
          components_[static_cast<std::size_t>(component_of(static_cast<std::int32_t>(i)))];
      c.area += rects[i].area();
      c.perimeter += 2 * (static_cast<std::int64_t>(rects[i].width()) + rects[i].height());
    }
    for (const RectPair& pair : abutting_pairs(rects)) {
      if (component_of(pair.a) != component_of(pair.b)) continue;
      const Rect common = b_.wire(diff, pair.a).intersection(b_.wire(diff, pair.b));
      components_[static_cast<std::size_t>(component_of(pair.a))].perimeter -= 2 * common.width();
    }
    for (const RectPair& pair : touching_pairs(b_.gates, rects)) {
      const Rect& gate = b_.gates[static_cast<std::size_t>(pair.a)];
      const Rect& other = rects[static_cast<std::size_t>(pair.b)];
      const Rect common = gate.intersection(other);
      Flank flank{group_[static_cast<std::size_t>(pair.a)], kLeft, component_of(pair.b), pair.b, 0};
      if (common.height() > 0) {
        flank.side = other.x1 == gate.x0 ? kLeft : kRight;
        flank.length = common.height();
      } else if (common.width() > 0) {
        flank.side = other.y1 == gate.y0 ? kBelow : kAbove;
        flank.length = common.width();
      } else {
        continue;
      }
      flanks_.push_back(flank);
    }
    std::stable_sort(flanks_.begin(), flanks_.end(), [](const Flank& l, const Flank& r) {
      return std::tuple(l.gate, l.side, l.component) < std::tuple(r.gate, r.side, r.component);
    });
    for (std::size_t i = 0; i < flanks_.size(); ++i) {
      const bool same = i > 0 && flanks_[i].gate == flanks_[i - 1].gate &&
                        flanks_[i].side == flanks_[i - 1].side &&
                        flanks_[i].component == flanks_[i - 1].component;
      if (!same) ++components_[static_cast<std::size_t>(flanks_[i].component)].flanks;
    }
  }

  void collect_gate_nodes() {
    const LayerId poly = *b_.names.poly;
    gate_node_.assign(groups_, -1);
    for (const RectPair& pair : overlapping_pairs(b_.gates, b_.wires[poly])) {
      std::int32_t& node =
          gate_node_[static_cast<std::size_t>(group_[static_cast<std::size_t>(pair.a)])];
      if (node < 0) node = b_.node(poly, pair.b);
    }
  }

  /// Index in Technology::devices(), or none with the reason in `why`.
  std::optional<std::size_t> model_of(const Cover& cover, std::string& why) const {
    DeviceKind kind = DeviceKind::kNmos;
    if (cover.nsdm == cover.area && cover.psdm == 0) {
      if (cover.nwell != 0) {
        why = "A gate with n+ implant lies in n-well.";
        return std::nullopt;
      }
    } else if (cover.psdm == cover.area && cover.nsdm == 0) {
      kind = DeviceKind::kPmos;
      if (cover.nwell != cover.area) {
        why = "A gate with p+ implant is not inside n-well.";
        return std::nullopt;
      }
    } else {
      why = "A gate without one source and drain implant all over it.";
      return std::nullopt;
    }
    const auto& models = b_.technology.devices();
    for (std::size_t m = 0; m < models.size(); ++m) {
      if (models[m].generator_class != "mos" || models[m].kind != kind) continue;
      bool fits = true;
      for (std::size_t k = 0; k < flavours_.size() && fits; ++k) {
        const bool wanted = std::find(models[m].markers.begin(), models[m].markers.end(),
                                      flavours_[k]) != models[m].markers.end();
        fits = cover.flavours[k] == (wanted ? cover.area : 0);
      }
      if (fits) return m;
    }
    why = "A gate whose oxide and threshold implants fit no transistor of the technology.";
    return std::nullopt;
  }

  void recognise(std::size_t g, std::span<const Flank> flanks) {
    const Rect& box = box_[g];
    std::string why;
    const auto model = model_of(covers_[g], why);
    if (!model) return b_.odd(std::move(why), box);
    // Edges by the diffusion they lead to. `flanks` is sorted by side, then component.
    std::vector<End>& found = ends_;
    found.clear();
    bool straight = rects_[g] == 1;
    for (const Flank& flank : flanks) {
      if (!found.empty() && found.back().component == flank.component &&
          found.back().side == flank.side) {
        found.back().length += flank.length;
        continue;
      }
      found.push_back({flank.component, flank.rect, flank.side, flank.length});
    }
    straight =
        straight && found.size() == 2 && found[0].length == found[1].length &&
        ((found[0].side == kLeft && found[1].side == kRight && found[0].length == box.height()) ||
         (found[0].side == kBelow && found[1].side == kAbove && found[0].length == box.width()));
    FoundDevice device;
    device.model = *model;
    device.body = box;
    if (straight) {
      device.width = found[0].length;
      device.length = found[0].side == kLeft ? box.width() : box.height();
    } else {
      // A bent gate leads from one diffusion to another: its width is the mean of both edges.
      std::map<std::int32_t, Dbu> by_component;
      for (const End& end : found) by_component[end.component] += end.length;
      if (by_component.size() != 2) {
        b_.odd(by_component.size() < 2 ? "A gate without a source and a drain."
                                       : "A gate that meets more than two diffusions.",
               box);
        return;
      }
      b_.odd("A gate that is no plain rectangle between two diffusions of its width.", box);
      Dbu sum = 0;
      for (const auto& [component, length] : by_component) sum += length;
      device.width = std::max<Dbu>(1, sum / 2);
      device.length =
          static_cast<Dbu>(std::llround(static_cast<double>(covers_[g].area) / device.width));
      const auto last = std::find_if(found.begin(), found.end(), [&](const End& end) {
        return end.component != found.front().component;
      });
      found[1] = *last;
      found.resize(2);
    }
    const LayerId diff = *b_.names.diff;
    const auto terminal = [&](const End& end) {
      return FoundTerminal{b_.node(diff, end.rect), diff, b_.wire(diff, end.rect)};
    };
    const auto shared = [&](const End& end, double& area_um2, double& perimeter_um) {
      const Component& c = components_[static_cast<std::size_t>(end.component)];
      area_um2 = to_um2(c.area) / c.flanks;
      perimeter_um = static_cast<double>(c.perimeter) / 1000.0 / c.flanks;
    };
    device.terminals = {
        terminal(found[0]),
        {gate_node_[g], *b_.names.poly, box},
        terminal(found[1]),
        {bulks_[static_cast<std::size_t>(first_[g])], b_.names.nwell.value_or(0), box}};
    shared(found[0], device.drain_area_um2, device.drain_perimeter_um);
    shared(found[1], device.source_area_um2, device.source_perimeter_um);
    b_.devices.push_back(std::move(device));
  }

  Builder& b_;
  std::size_t groups_ = 0;
  std::vector<std::int32_t> group_;  ///< Of each gate rectangle.
  std::vector<Rect> box_;
  std::vector<std::int32_t> first_, rects_;
  std::vector<LayerId> flavours_;
  std::vector<Cover> covers_;
  std::vector<Component> components_;  ///< By the component's first rectangle.
  std::vector<Flank> flanks_;
  std::vector<std::int32_t> bulks_, gate_node_;
  std::vector<End> ends_;  ///< Of the gate at hand.
};

}  // namespace

void find_transistors(Builder& builder) {
  Transistors(builder).find();
}

}  // namespace ptah::native
