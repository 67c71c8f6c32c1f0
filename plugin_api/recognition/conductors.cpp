/// From drawn shapes to wires: gates and resistor bodies cut out, joined within their layer, then
/// through wells, taps and cuts.
#include <algorithm>

#include "recognition/builder.hpp"

namespace ptah::native {
namespace {

/// Doping of the rectangles of an active layer; those that an implant covers in part are split, so
/// that each has one.
std::vector<Doping> dope(Builder& b, Region& active) {
  const Region& nsdm = b.region(b.names.nsdm);
  const Region& psdm = b.region(b.names.psdm);
  const auto classify = [&](const Region& region, std::vector<Rect>& mixed) {
    const std::vector<DbuArea> n = covered_areas(region, nsdm), p = covered_areas(region, psdm);
    std::vector<Doping> doping(region.size(), Doping::kUndoped);
    for (std::size_t i = 0; i < region.size(); ++i) {
      const DbuArea all = region[i].area();
      if (n[i] == all && p[i] == 0) {
        doping[i] = Doping::kN;
      } else if (p[i] == all && n[i] == 0) {
        doping[i] = Doping::kP;
      } else if (n[i] != 0 || p[i] != 0) {
        mixed.push_back(region[i]);
      }
    }
    return doping;
  };
  std::vector<Rect> mixed;
  std::vector<Doping> doping = classify(active, mixed);
  if (mixed.empty()) return doping;
  const Region only_n = difference(intersection(mixed, nsdm), psdm);
  const Region only_p = difference(intersection(mixed, psdm), nsdm);
  const Region rest = difference(mixed, united(only_n, only_p));
  std::sort(mixed.begin(), mixed.end());
  Region split;
  for (const Rect& r : active) {
    if (!std::binary_search(mixed.begin(), mixed.end(), r)) split.push_back(r);
  }
  for (const Region* part : {&only_n, &only_p, &rest}) {
    split.insert(split.end(), part->begin(), part->end());
  }
  std::sort(split.begin(), split.end(), [](const Rect& l, const Rect& r) {
    return std::pair(l.y0, l.x0) < std::pair(r.y0, r.x0);
  });
  active = std::move(split);
  mixed.clear();
  return classify(active, mixed);
}

bool has_varactors(const Technology& technology) {
  const auto& models = technology.devices();
  return std::any_of(models.begin(), models.end(),
                     [](const DeviceModel& model) { return model.generator_class == "varactor"; });
}

/// Joins neighbours of one layer. `doping`, where given, must be the same.
void join_within(Builder& b, LayerId layer, const std::vector<Doping>* doping) {
  const Region& region = b.wires[layer];
  const auto join = [&](const RectPair& pair) {
    if (doping != nullptr && (*doping)[static_cast<std::size_t>(pair.a)] !=
                                 (*doping)[static_cast<std::size_t>(pair.b)]) {
      return;
    }
    b.shapes.unite(b.node(layer, pair.a), b.node(layer, pair.b));
  };
  // A region that was split by doping has neighbours along vertical edges as well.
  if (doping == nullptr) {
    for (const RectPair& pair : abutting_pairs(region)) join(pair);
    return;
  }
  for (const RectPair& pair : touching_pairs(region, region)) {
    if (pair.a >= pair.b) continue;
    const Rect common = b.wire(layer, pair.a).intersection(b.wire(layer, pair.b));
    if (common.width() > 0 || common.height() > 0) join(pair);
  }
}

/// Which wells without a ring leak into the substrate: deep n-well without n-well above is a p-well
/// of its own only where n-well closes it off on all sides.
void join_isolated_wells(Builder& b) {
  if (!b.names.dnwell || !b.names.pwell || b.wires[*b.names.dnwell].empty()) return;
  const Region& inside = b.wires[*b.names.pwell];
  const Region& deep = b.wires[*b.names.dnwell];
  const Region wells = b.names.nwell ? united(b.wires[*b.names.nwell], deep) : deep;
  const Rect frame[] = {bounding_box(wells).bloated(1000)};
  const Region outside = difference(frame, wells);
  for (const RectPair& pair : touching_pairs(inside, outside)) {
    const Rect common = inside[static_cast<std::size_t>(pair.a)].intersection(
        outside[static_cast<std::size_t>(pair.b)]);
    if (common.width() > 0 || common.height() > 0) {
      b.nodes.unite(Builder::kSubstrateNode, b.node(*b.names.pwell, pair.a));
    }
  }
}

}  // namespace

void make_conductors(Builder& b) {
  const std::size_t layers = b.technology.layers().size();
  b.wires.assign(layers, {});
  for (std::size_t i = 0; i < layers; ++i) {
    const auto layer = static_cast<LayerId>(i);
    const Layer& description = b.technology.layer(layer);
    switch (description.type) {
      case LayerType::kWell:
      case LayerType::kDiffusion:
      case LayerType::kPoly:
      case LayerType::kConductor:
        break;
      default:
        continue;
    }
    if (b.drawn[layer].empty()) continue;
    Region whole = united(b.drawn[layer]);
    const auto res = b.technology.find_layer(description.name + ".res");
    const auto cut = b.technology.find_layer(description.name + ".short");
    const auto under_res = b.shapes_of(res), under_short = b.shapes_of(cut);
    if (!under_res.empty() || !under_short.empty()) {
      Bodies bodies;
      bodies.layer = layer;
      bodies.drawn = intersection(whole, under_res);
      bodies.shorts = difference(intersection(whole, under_short), under_res);
      whole = difference(whole, united(under_res, under_short));
      if (!bodies.drawn.empty() || !bodies.shorts.empty()) b.bodies.push_back(std::move(bodies));
    }
    b.wires[layer] = std::move(whole);
  }
  if (b.names.diff && b.names.poly && !b.wires[*b.names.diff].empty()) {
    Region& diff = b.wires[*b.names.diff];
    b.gates = intersection(diff, b.wires[*b.names.poly]);
    diff = difference(diff, b.drawn[*b.names.poly]);
  }
  if (b.names.tap && b.names.poly) {
    Region& tap = b.wires[*b.names.tap];
    const Region crossed = intersection(tap, b.drawn[*b.names.poly]);
    const Region in_well =
        b.names.nwell ? intersection(crossed, b.wires[*b.names.nwell]) : Region();
    if (has_varactors(b.technology)) b.plates = intersection(in_well, b.region(b.names.nsdm));
    for (const Rect& r : difference(crossed, b.plates)) {
      b.odd("Poly crosses a tap; no device of the technology looks like that.", r);
    }
    tap = difference(tap, b.drawn[*b.names.poly]);
  }
  // A MIM plate is one only over its bottom metal.
  for (const Via& via : b.technology.vias()) {
    if (b.technology.layer(via.lower).type != LayerType::kPlate || b.drawn[via.lower].empty())
      continue;
    for (const Via& same : b.technology.vias()) {
      if (same.cut == via.cut && same.upper == via.upper && same.lower != via.lower) {
        b.wires[via.lower] = intersection(b.drawn[via.lower], b.wires[same.lower]);
      }
    }
  }
  if (b.names.dnwell && b.names.pwell && !b.wires[*b.names.dnwell].empty()) {
    b.wires[*b.names.pwell] = difference(b.wires[*b.names.dnwell], b.shapes_of(b.names.nwell));
  }
  if (b.names.diff) b.diff_doping = dope(b, b.wires[*b.names.diff]);
  if (b.names.tap) b.tap_doping = dope(b, b.wires[*b.names.tap]);

  std::int32_t next = Builder::kSubstrateNode + 1;
  b.first_node.assign(layers, 0);
  for (std::size_t i = 0; i < layers; ++i) {
    b.first_node[i] = next;
    next += static_cast<std::int32_t>(b.wires[i].size());
  }
  b.shapes = DisjointSets(static_cast<std::size_t>(next));
  for (std::size_t i = 0; i < layers; ++i) {
    const auto layer = static_cast<LayerId>(i);
    if (b.wires[i].empty()) continue;
    join_within(b, layer,
                b.names.diff == layer  ? &b.diff_doping
                : b.names.tap == layer ? &b.tap_doping
                                       : nullptr);
  }
  b.nodes = b.shapes;
}

void join_wells(Builder& b) {
  join_isolated_wells(b);
  if (b.names.nwell && b.names.dnwell) {
    for (const RectPair& pair :
         overlapping_pairs(b.wires[*b.names.nwell], b.wires[*b.names.dnwell])) {
      b.nodes.unite(b.node(*b.names.nwell, pair.a), b.node(*b.names.dnwell, pair.b));
    }
  }
  if (!b.names.tap) return;
  const LayerId tap = *b.names.tap;
  const Region& taps = b.wires[tap];
  std::vector<DbuArea> in_well(taps.size(), 0), in_pwell(taps.size(), 0);
  const auto each_overlap = [&](std::optional<LayerId> well, auto found) {
    if (!well) return;
    for (const RectPair& pair : overlapping_pairs(taps, b.wires[*well])) {
      found(pair, b.wire(tap, pair.a).intersection(b.wire(*well, pair.b)).area());
    }
  };
  each_overlap(b.names.nwell, [&](const RectPair& pair, DbuArea area) {
    in_well[static_cast<std::size_t>(pair.a)] += area;
    if (b.tap_doping[static_cast<std::size_t>(pair.a)] == Doping::kN)
      b.nodes.unite(b.node(tap, pair.a), b.node(*b.names.nwell, pair.b));
  });
  each_overlap(b.names.pwell, [&](const RectPair& pair, DbuArea area) {
    in_pwell[static_cast<std::size_t>(pair.a)] += area;
    if (b.tap_doping[static_cast<std::size_t>(pair.a)] == Doping::kP)
      b.nodes.unite(b.node(tap, pair.a), b.node(*b.names.pwell, pair.b));
  });
  for (std::size_t i = 0; i < taps.size(); ++i) {
    if (b.tap_doping[i] == Doping::kP && in_well[i] + in_pwell[i] < taps[i].area()) {
      b.nodes.unite(Builder::kSubstrateNode, b.node(tap, static_cast<std::int32_t>(i)));
    }
    if (b.tap_doping[i] == Doping::kUndoped) {
      b.odd("A tap without one implant over it connects to no well.", taps[i]);
    } else if (b.tap_doping[i] == Doping::kN && in_well[i] == 0) {
      b.odd("An n-tap outside of n-well connects to no well.", taps[i]);
    } else if (b.tap_doping[i] == Doping::kP && in_well[i] == taps[i].area()) {
      b.odd("A p-tap inside n-well connects to no well.", taps[i]);
    }
  }
}

void join_cuts(Builder& b) {
  struct Hit {
    std::int32_t cut;
    std::int32_t rect;
    LayerId layer;
    bool upper;
    bool plate;
  };
  std::vector<Hit> hits;
  std::vector<LayerId> done, joined;
  const auto& vias = b.technology.vias();
  for (const Via& first : vias) {
    const LayerId cut = first.cut;
    if (std::find(done.begin(), done.end(), cut) != done.end() || b.drawn[cut].empty()) continue;
    done.push_back(cut);
    const Region cuts = united(b.drawn[cut]);
    hits.clear();
    joined.clear();
    const auto meet = [&](LayerId layer, bool upper) {
      if (std::find(joined.begin(), joined.end(), layer) != joined.end()) return;
      joined.push_back(layer);
      const bool plate = b.technology.layer(layer).type == LayerType::kPlate;
      for (const RectPair& pair : overlapping_pairs(cuts, b.wires[layer])) {
        hits.push_back({pair.a, pair.b, layer, upper, plate});
      }
    };
    for (const Via& via : vias) {
      if (via.cut != cut) continue;
      meet(via.lower, false);
      meet(via.upper, true);
    }
    std::stable_sort(hits.begin(), hits.end(),
                     [](const Hit& l, const Hit& r) { return l.cut < r.cut; });
    std::size_t h = 0;
    for (std::int32_t c = 0; c < static_cast<std::int32_t>(cuts.size()); ++c) {
      const std::size_t begin = h;
      while (h < hits.size() && hits[h].cut == c) ++h;
      const Rect& place = cuts[static_cast<std::size_t>(c)];
      const std::span<const Hit> here(hits.data() + begin, h - begin);
      // A cut that lies on a plate ends there; one that is partly beside it reaches the metal
      // below, too.
      DbuArea on_plate = 0;
      bool lower = false, upper = false;
      for (const Hit& hit : here) {
        if (hit.plate) on_plate += place.intersection(b.wire(hit.layer, hit.rect)).area();
        (hit.upper ? upper : lower) = true;
      }
      if (!lower || !upper) {
        b.odd("A cut on " + b.technology.layer(cut).name + " ends in nothing " +
                  (lower ? "above." : "below."),
              place);
        continue;
      }
      if (on_plate > 0 && on_plate < place.area()) {
        b.odd(
            "A cut on " + b.technology.layer(cut).name + " is partly beside the plate it lands on.",
            place);
      }
      const auto counts = [&](const Hit& hit) {
        return hit.upper || hit.plate || on_plate < place.area();
      };
      std::int32_t node = -1;
      for (const Hit& hit : here) {
        if (!counts(hit)) continue;
        const std::int32_t other = b.node(hit.layer, hit.rect);
        if (node >= 0) b.nodes.unite(node, other);
        node = other;
      }
      // Hits come layer by layer: a contact for each lower layer that the cut meets.
      LayerId last = 0;
      bool any = false;
      for (const Hit& hit : here) {
        if (hit.upper || !counts(hit) || (any && hit.layer == last)) continue;
        const auto up =
            std::find_if(here.begin(), here.end(), [](const Hit& o) { return o.upper; });
        b.contacts.push_back({cut, hit.layer, up->layer, place, node});
        last = hit.layer;
        any = true;
      }
    }
  }
}

std::vector<std::int32_t> bulks_of(const Builder& b, std::span<const Rect> places) {
  std::vector<std::int32_t> bulks(places.size(), Builder::kSubstrateNode);
  // N-well decides where it overlaps an isolated p-well's edge.
  for (const auto& well : {b.names.pwell, b.names.nwell}) {
    if (!well) continue;
    const std::vector<RectPair> pairs = overlapping_pairs(places, b.wires[*well]);
    for (auto pair = pairs.rbegin(); pair != pairs.rend(); ++pair) {
      bulks[static_cast<std::size_t>(pair->a)] = b.node(*well, pair->b);
    }
  }
  return bulks;
}

std::vector<std::int32_t> groups_of(std::span<const Rect> region, std::size_t& count) {
  DisjointSets sets(region.size());
  for (const RectPair& pair : abutting_pairs(region)) sets.unite(pair.a, pair.b);
  std::vector<std::int32_t> group(region.size(), -1);
  count = 0;
  for (std::size_t i = 0; i < region.size(); ++i) {
    const auto root = static_cast<std::size_t>(sets.find(static_cast<std::int32_t>(i)));
    if (root == i)
      group[i] = static_cast<std::int32_t>(count++);
    else
      group[i] = group[root];
  }
  return group;
}

}  // namespace ptah::native
