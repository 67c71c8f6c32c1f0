#include "magic_view.hpp"

#include <map>

#include "ptah/geom/region.hpp"

namespace ptah::agreement {
namespace {

/// A contact tile of Magic's belongs to both conductors: a cut whose metal is missing still
/// connects and conducts as wide as the tile.
gds::Flat with_painted_contacts(gds::Flat flat, const Technology& technology) {
  std::vector<Shape> painted;
  for (const Shape& shape : flat.shapes) {
    for (const Via& via : technology.vias()) {
      // A local contact is one only over li1 and what it lands on; plates have their own rule.
      if (via.cut != shape.layer || technology.layer(via.lower).type != LayerType::kConductor)
        continue;
      const bool first = technology.layer(via.lower).name == "li1";
      const Rect tile = first ? shape.rect : shape.rect.bloated(via.lower_enclosure.all);
      painted.push_back({via.lower, tile});
      painted.push_back({via.upper, tile});
    }
  }
  flat.shapes.insert(flat.shapes.end(), painted.begin(), painted.end());
  return flat;
}

/// A local contact over a gate is to Magic one to the diffusion beside it alone.
gds::Flat without_gate_contacts(gds::Flat flat, const Technology& technology) {
  const LayerId licon = technology.layer("licon1"), diff = technology.layer("diff"),
                poly = technology.layer("poly");
  std::vector<Rect> cuts, diffs, polys;
  for (const Shape& shape : flat.shapes) {
    if (shape.layer == licon) cuts.push_back(shape.rect);
    if (shape.layer == diff) diffs.push_back(shape.rect);
    if (shape.layer == poly) polys.push_back(shape.rect);
  }
  const Region gates = intersection(diffs, polys);
  std::erase_if(flat.shapes, [&](const Shape& shape) { return shape.layer == licon; });
  for (const Rect& r : difference(cuts, gates)) flat.shapes.push_back({licon, r});
  return flat;
}

/// Magic takes shapes with one label for one net.
native::Connectivity with_names_joined(native::Connectivity found) {
  std::vector<native::NetIndex> target(found.nets.size());
  std::map<std::string, native::NetIndex> first;
  const auto root = [&](native::NetIndex net) {
    while (target[static_cast<std::size_t>(net)] != net)
      net = target[static_cast<std::size_t>(net)];
    return net;
  };
  for (std::size_t n = 0; n < found.nets.size(); ++n) {
    target[n] = static_cast<native::NetIndex>(n);
    for (const std::string& label : found.nets[n].labels) {
      const auto [known, fresh] = first.emplace(label, static_cast<native::NetIndex>(n));
      if (!fresh)
        target[static_cast<std::size_t>(root(static_cast<native::NetIndex>(n)))] =
            root(known->second);
    }
  }
  for (std::size_t n = 0; n < found.nets.size(); ++n) {
    const native::NetIndex to = root(static_cast<native::NetIndex>(n));
    if (to == static_cast<native::NetIndex>(n)) continue;
    native::FoundNet& into = found.nets[static_cast<std::size_t>(to)];
    into.labels.insert(into.labels.end(), found.nets[n].labels.begin(), found.nets[n].labels.end());
    into.port = into.port || found.nets[n].port;
    found.nets[n].labels.clear();
    found.nets[n].port = false;
  }
  for (native::FoundDevice& device : found.devices) {
    for (native::FoundTerminal& terminal : device.terminals) terminal.net = root(terminal.net);
  }
  return found;
}

}  // namespace

const std::vector<MagicView>& magic_views() {
  static const std::vector<MagicView> kViews = {
      {"Magic draws both conductors with every via and metal contact, missing ones too.",
       [](const gds::Flat& flat, const Technology& t) {
         return native::find_connectivity(with_painted_contacts(flat, t), t);
       }},
      {"Magic takes a local contact over a gate for one to diffusion alone.",
       [](const gds::Flat& flat, const Technology& t) {
         return native::find_connectivity(without_gate_contacts(flat, t), t);
       }},
      {"Magic joins nets that carry the same label.",
       [](const gds::Flat& flat, const Technology& t) {
         return with_names_joined(native::find_connectivity(flat, t));
       }},
      {"Magic draws missing conductors of vias, and joins nets by label.",
       [](const gds::Flat& flat, const Technology& t) {
         return with_names_joined(native::find_connectivity(
             with_painted_contacts(without_gate_contacts(flat, t), t), t));
       }},
  };
  return kViews;
}

}  // namespace ptah::agreement
