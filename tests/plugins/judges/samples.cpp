#include "samples.hpp"

#include <unistd.h>

#include <atomic>

#include "ptah/core/random.hpp"
#include "ptah/core/run_tool.hpp"
#include "tiles.hpp"

namespace ptah::test {
namespace {

Device device(const Technology& technology, const std::string& model, double w, double l,
              int fingers, double ohm = 0) {
  Device made;
  made.name = "D1";
  made.model = technology.find_device(model)->name;
  made.kind = technology.find_device(model)->kind;
  const std::size_t terminals = technology.find_device(model)->terminals;
  for (std::size_t i = 0; i < terminals; ++i) made.nets.push_back(static_cast<NetId>(i));
  made.width = from_um(w);
  made.length = from_um(l);
  made.fingers = fingers;
  if (ohm > 0) made.resistance_ohm = ohm;
  return made;
}

}  // namespace

std::vector<Sample> clean_tiles(const Technology& technology) {
  const Device devices[] = {
      device(technology, "nfet_01v8", 1.05, 0.15, 2),
      device(technology, "pfet_01v8", 1.05, 0.15, 4),
      device(technology, "nfet_01v8_lvt", 0.42, 0.5, 1),
      device(technology, "pfet_01v8_lvt", 2.0, 0.35, 3),
      device(technology, "pfet_01v8_hvt", 0.84, 0.15, 2),
      device(technology, "cap_mim_m3_1", 10, 8, 1),
      device(technology, "cap_mim_m3_2", 9, 9, 1),
      device(technology, "res_generic_l1", 0.29, 10, 1),
      device(technology, "res_generic_po", 0.33, 20, 1),
      device(technology, "res_generic_m1", 0.2, 30, 1),
  };
  std::vector<Sample> samples;
  for (const Device& each : devices) {
    auto tile = sky130::generate_tile(each, technology);
    if (!tile) continue;
    Sample sample;
    sample.name = each.model;
    sample.shapes = tile.value().shapes;
    for (const TilePin& pin : tile.value().pins) {
      const Shape& access = pin.access.front();
      sample.labels.push_back({access.layer, access.rect.center(),
                               pin.terminal + std::to_string(samples.size()), true});
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

std::vector<Sample> damaged_tiles(const Technology& technology, int per_tile, std::uint64_t seed) {
  constexpr const char* kEdges[] = {"left", "bottom", "right", "top"};
  constexpr Dbu kSteps[] = {-200, -100, -40, -10, -5, 5, 10, 40, 100, 200};
  Rng rng(seed);
  std::vector<Sample> damaged;
  for (const Sample& clean : clean_tiles(technology)) {
    for (int i = 0; i < per_tile;) {
      Sample sample = clean;
      sample.labels.clear();  // many nets of one name make Magic 8.3.105 crash
      const std::size_t which = rng.below(sample.shapes.size());
      const std::size_t edge = rng.below(4);
      const Dbu step = kSteps[rng.below(std::size(kSteps))];
      Shape& shape = sample.shapes[which];
      Dbu* const sides[] = {&shape.rect.x0, &shape.rect.y0, &shape.rect.x1, &shape.rect.y1};
      *sides[edge] += edge < 2 ? -step : step;  // a positive step grows the shape
      if (shape.rect.width() <= 0 || shape.rect.height() <= 0) continue;
      sample.name += " " + technology.layer(shape.layer).name + " shape " + std::to_string(which) +
                     " " + kEdges[edge] + " " + std::to_string(step);
      damaged.push_back(std::move(sample));
      ++i;
    }
  }
  return damaged;
}

gds::Library side_by_side(const std::vector<Sample>& samples, const Technology& technology) {
  gds::Library library;
  gds::Cell cell;
  cell.name = "samples";
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Point at{static_cast<Dbu>(i) * kPitch, 0};
    for (const Shape& shape : samples[i].shapes) {
      const Rect r = shape.rect.moved(at);
      cell.polygons.push_back({technology.layer(shape.layer).drawing,
                               {{r.x0, r.y0}, {r.x1, r.y0}, {r.x1, r.y1}, {r.x0, r.y1}}});
    }
    for (const auto& label : samples[i].labels) {
      cell.texts.push_back({technology.layer(label.layer).pin, label.at + at, label.text});
    }
  }
  library.cells.push_back(std::move(cell));
  return library;
}

std::string missing_tools() {
  for (const char* tool : {"magic", "netgen-lvs"}) {
    if (const auto found = find_tool(tool, tool); !found) return found.error().text();
  }
  return {};
}

std::optional<Technology> real_technology() {
  auto technology = Technology::resolve("sky130A");
  if (!technology) return std::nullopt;
  return std::move(technology).value();
}

Folder::Folder() {
  static std::atomic<int> count{0};
  path_ = std::filesystem::temp_directory_path() /
          ("ptah-judges-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
  std::filesystem::create_directories(path_);
}
Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace ptah::test
