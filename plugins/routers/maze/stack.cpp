#include "stack.hpp"

#include <algorithm>
#include <string>

namespace ptah::maze {
namespace {

Pad pad(Dbu size, const Enclosure& enclosure) {
  const Dbu along = std::max(enclosure.all, enclosure.one_direction);
  return {size / 2 + along, size / 2 + enclosure.all};
}

}  // namespace

int Stack::layer_index(LayerId id) const noexcept {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].layer == id) return static_cast<int>(i);
  }
  return -1;
}

int Stack::cut_index(LayerId id) const noexcept {
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    if (cuts[i].layer == id) return static_cast<int>(i);
  }
  return -1;
}

const Stack::Plate* Stack::plate(LayerId id) const noexcept {
  for (const Plate& plate : plates) {
    if (plate.layer == id) return &plate;
  }
  return nullptr;
}

Result<Stack> Stack::build(const Technology& technology, std::string_view bottom,
                           std::string_view top) {
  Stack stack;
  bool inside = false, complete = false;
  for (const RoutingLayer& from : technology.routing_layers()) {
    const std::string& name = technology.layer(from.layer).name;
    if (name == bottom) inside = true;
    if (!inside) continue;
    LayerRules rules;
    rules.layer = from.layer;
    rules.horizontal = from.horizontal;
    rules.width = from.min_width;
    rules.spacing = from.spacing;
    rules.wide_width = from.wide_width;
    rules.wide_spacing = std::max(from.wide_spacing, from.spacing);
    rules.min_area = from.min_area;
    rules.min_hole = from.min_hole_area;
    stack.layers.push_back(rules);
    if (name == top) {
      complete = true;
      break;
    }
  }
  if (!complete) {
    std::string names;
    for (const RoutingLayer& layer : technology.routing_layers()) {
      names += (names.empty() ? "" : ", ") + technology.layer(layer.layer).name;
    }
    return make_error(ErrorCode::kInvalidArgument,
                      "The router cannot use the layers \"" + std::string(bottom) + "\" to \"" +
                          std::string(top) + "\" of technology " + technology.name() + ".",
                      "options bottom_layer, top_layer",
                      "Routing layers, bottom up: " + (names.empty() ? "none" : names) + ".");
  }
  for (LayerId id = 0; id < technology.layers().size(); ++id) {
    if (technology.layer(id).type != LayerType::kPlate) continue;
    Plate plate{id, -1};
    for (int i = 0; i < stack.size(); ++i) {
      if (technology.enclosure(stack.layers[i].layer, id).all > 0) plate.bottom = i;
    }
    stack.plates.push_back(plate);
  }
  for (std::size_t i = 0; i + 1 < stack.layers.size(); ++i) {
    const LayerId lower = stack.layers[i].layer, upper = stack.layers[i + 1].layer;
    const Via* via = technology.via_between(lower, upper);
    if (via == nullptr) {
      return make_error(ErrorCode::kUnsupported,
                        "Technology " + technology.name() + " has no via between " +
                            technology.layer(lower).name + " and " + technology.layer(upper).name +
                            ".",
                        "technology " + technology.name());
    }
    CutRules rules;
    rules.layer = via->cut;
    rules.half = via->size / 2;
    rules.spacing = via->spacing;
    rules.lower = pad(via->size, via->lower_enclosure);
    rules.upper = pad(via->size, via->upper_enclosure);
    for (const Plate& plate : stack.plates) {
      rules.plate_distance =
          std::max(rules.plate_distance, technology.spacing(plate.layer, via->cut));
    }
    stack.cuts.push_back(rules);
  }
  return stack;
}

}  // namespace ptah::maze
