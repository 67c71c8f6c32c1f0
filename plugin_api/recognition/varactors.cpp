/// MOS varactors: poly over n-tap in n-well. One device a connected plate; its flavour from
/// markers, its width from the edges it shares with the tap.
#include <algorithm>
#include <cmath>

#include "recognition/builder.hpp"

namespace ptah::native {
namespace {

struct VaractorPlate {
  std::int32_t first = -1;
  std::int32_t rects = 0;
  Rect box;
  DbuArea area = 0, strange = 0;
  std::vector<DbuArea> flavours;
  Dbu left = 0, right = 0, below = 0, above = 0;  ///< Edges shared with the tap.
  std::int32_t poly = -1, tap = -1;               ///< Rectangles.
};

}  // namespace

void find_varactors(Builder& b) {
  if (b.plates.empty()) return;
  const LayerId poly = *b.names.poly, tap = *b.names.tap;
  std::size_t count = 0;
  const std::vector<std::int32_t> group = groups_of(b.plates, count);
  std::vector<VaractorPlate> found(count);
  const auto of = [&](std::int32_t rect) -> VaractorPlate& {
    return found[static_cast<std::size_t>(group[static_cast<std::size_t>(rect)])];
  };
  const auto& models = b.technology.devices();
  std::vector<LayerId> flavours;
  for (const DeviceModel& model : models) {
    if (model.generator_class != "varactor") continue;
    for (const LayerId marker : model.markers) {
      if (std::find(flavours.begin(), flavours.end(), marker) == flavours.end())
        flavours.push_back(marker);
    }
  }
  for (VaractorPlate& plate : found) plate.flavours.assign(flavours.size(), 0);
  for (std::int32_t i = 0; i < static_cast<std::int32_t>(b.plates.size()); ++i) {
    VaractorPlate& plate = of(i);
    const Rect& r = b.plates[static_cast<std::size_t>(i)];
    if (plate.first < 0) plate.first = i;
    ++plate.rects;
    plate.box = plate.box.united(r);
    plate.area += r.area();
  }
  const auto cover = [&](std::optional<LayerId> layer, auto add) {
    if (b.shapes_of(layer).empty()) return;
    const std::vector<DbuArea> areas = covered_areas(b.plates, b.region(layer));
    for (std::size_t i = 0; i < areas.size(); ++i) add(of(static_cast<std::int32_t>(i)), areas[i]);
  };
  for (std::size_t k = 0; k < flavours.size(); ++k)
    cover(flavours[k], [k](VaractorPlate& plate, DbuArea area) { plate.flavours[k] += area; });
  for (const auto& other : {b.names.hvi, b.names.psdm})
    cover(other, [](VaractorPlate& plate, DbuArea area) { plate.strange += area; });
  for (const RectPair& pair : touching_pairs(b.plates, b.wires[tap])) {
    VaractorPlate& plate = of(pair.a);
    const Rect& r = b.plates[static_cast<std::size_t>(pair.a)];
    const Rect common = r.intersection(b.wire(tap, pair.b));
    if (common.width() > 0) (common.y0 == r.y0 ? plate.below : plate.above) += common.width();
    if (common.height() > 0) (common.x0 == r.x0 ? plate.left : plate.right) += common.height();
    if (plate.tap < 0 && (common.width() > 0 || common.height() > 0)) plate.tap = pair.b;
  }
  for (const RectPair& pair : overlapping_pairs(b.plates, b.wires[poly])) {
    VaractorPlate& plate = of(pair.a);
    if (plate.poly < 0) plate.poly = pair.b;
  }
  const std::vector<std::int32_t> wells = bulks_of(b, b.plates);
  for (const VaractorPlate& plate : found) {
    const auto model = std::find_if(models.begin(), models.end(), [&](const DeviceModel& each) {
      if (each.generator_class != "varactor") return false;
      for (std::size_t k = 0; k < flavours.size(); ++k) {
        const bool wanted =
            std::find(each.markers.begin(), each.markers.end(), flavours[k]) != each.markers.end();
        if (plate.flavours[k] != (wanted ? plate.area : 0)) return false;
      }
      return true;
    });
    const bool upright = plate.left == plate.box.height() && plate.right == plate.left &&
                         plate.below == 0 && plate.above == 0;
    const bool lying = plate.below == plate.box.width() && plate.above == plate.below &&
                       plate.left == 0 && plate.right == 0;
    if (model == models.end() || plate.strange != 0) {
      b.odd("A varactor whose implants fit none of the technology.", plate.box);
      continue;
    }
    if (plate.rects != 1 || (!upright && !lying) || plate.poly < 0) {
      b.odd("A varactor that is no plain rectangle of poly between two taps.", plate.box);
      continue;
    }
    FoundDevice device;
    device.model = static_cast<std::size_t>(model - models.begin());
    device.body = plate.box;
    device.width = upright ? plate.box.height() : plate.box.width();
    device.length = upright ? plate.box.width() : plate.box.height();
    device.terminals = {{b.node(poly, plate.poly), poly, plate.box},
                        {wells[static_cast<std::size_t>(plate.first)], tap, b.wire(tap, plate.tap)},
                        {Builder::kSubstrateNode, *b.names.nwell, plate.box}};
    b.devices.push_back(std::move(device));
  }
}

}  // namespace ptah::native
