/// Junction diodes: diffusion under the process's marker. Its doping and well say which one.
#include <algorithm>
#include <cmath>

#include "ptah/netlist/spice.hpp"
#include "recognition/builder.hpp"

namespace ptah::native {
namespace {

struct Junction {
  std::int32_t first = -1;  ///< Its first rectangle.
  std::int32_t rects = 0;
  Rect box;
  DbuArea area = 0, marked = 0, nwell = 0, strange = 0;
  std::int64_t perimeter = 0;
};

std::optional<LayerId> diode_marker(const Technology& technology) {
  for (const DeviceModel& model : technology.devices()) {
    if (is_diode(model.kind) && !model.markers.empty()) return model.markers.front();
  }
  return std::nullopt;
}

/// Connected diffusion of one doping, by its first rectangle.
std::vector<Junction> junctions_of(Builder& b, LayerId diff, LayerId marker) {
  const Region& rects = b.wires[diff];
  std::vector<Junction> all(rects.size());
  const auto part_of = [&](std::int32_t rect) -> Junction& {
    return all[static_cast<std::size_t>(b.shapes.find(b.node(diff, rect)) - b.first_node[diff])];
  };
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(rects.size()); ++i) {
    Junction& junction = part_of(i);
    const Rect& r = b.wire(diff, i);
    if (junction.first < 0) junction.first = i;
    ++junction.rects;
    junction.box = junction.box.united(r);
    junction.area += r.area();
    junction.perimeter += 2 * (static_cast<std::int64_t>(r.width()) + r.height());
  }
  for (const RectPair& pair : touching_pairs(rects, rects)) {
    if (pair.a >= pair.b || &part_of(pair.a) != &part_of(pair.b)) continue;
    const Rect common = b.wire(diff, pair.a).intersection(b.wire(diff, pair.b));
    part_of(pair.a).perimeter -= 2 * (static_cast<std::int64_t>(common.width()) + common.height());
  }
  const auto add = [&](std::optional<LayerId> layer, DbuArea Junction::*field) {
    if (b.shapes_of(layer).empty()) return;
    const std::vector<DbuArea> areas = covered_areas(rects, b.region(layer));
    for (std::size_t i = 0; i < areas.size(); ++i)
      part_of(static_cast<std::int32_t>(i)).*field += areas[i];
  };
  add(marker, &Junction::marked);
  add(b.names.nwell, &Junction::nwell);
  for (const auto& other :
       {b.names.hvi, b.technology.find_layer("lvtn"), b.technology.find_layer("hvtp")})
    add(other, &Junction::strange);
  return all;
}

}  // namespace

void find_diodes(Builder& b) {
  const auto marker = diode_marker(b.technology);
  if (!marker || !b.names.diff || b.shapes_of(marker).empty()) return;
  const LayerId diff = *b.names.diff;
  std::vector<std::int32_t> bulks;
  for (const Junction& junction : junctions_of(b, diff, *marker)) {
    if (junction.marked == 0) continue;
    if (junction.marked != junction.area) {
      b.odd("Diffusion that a diode's marker covers in part.", junction.box);
      continue;
    }
    const Doping doping = b.diff_doping[static_cast<std::size_t>(junction.first)];
    const bool n = doping == Doping::kN && junction.nwell == 0;
    const bool p = doping == Doping::kP && junction.nwell == junction.area;
    const auto& models = b.technology.devices();
    const auto model = std::find_if(models.begin(), models.end(), [&](const DeviceModel& each) {
      return each.kind == (n ? DeviceKind::kNdiode : DeviceKind::kPdiode);
    });
    if ((!n && !p) || junction.strange != 0 || model == models.end()) {
      b.odd(n || p ? "A diode whose implants fit no diode of the technology."
                   : "A diode that is neither n-diffusion outside of n-well nor p-diffusion in it.",
            junction.box);
      continue;
    }
    if (bulks.empty()) bulks = bulks_of(b, b.wires[diff]);
    FoundDevice device;
    device.model = static_cast<std::size_t>(model - models.begin());
    device.body = junction.box;
    device.width = std::min(junction.box.width(), junction.box.height());
    device.length = std::max(junction.box.width(), junction.box.height());
    if (junction.rects != 1) {
      const auto sides =
          rectangle_of(to_um2(junction.area), static_cast<double>(junction.perimeter) / 1000.0);
      if (sides) {
        device.width = from_um(sides->first);
        device.length = from_um(sides->second);
      }
    }
    const FoundTerminal own{b.node(diff, junction.first), diff, b.wire(diff, junction.first)};
    const FoundTerminal well{bulks[static_cast<std::size_t>(junction.first)],
                             b.names.nwell.value_or(0), junction.box};
    device.terminals = n ? std::vector{well, own} : std::vector{own, well};
    b.devices.push_back(std::move(device));
  }
}

}  // namespace ptah::native
