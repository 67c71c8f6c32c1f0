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
      device(technology, "res_high_po", 0.35, 5, 1),
      device(technology, "res_xhigh_po", 0.69, 5, 1),
      device(technology, "nfet_g5v0d10v5", 1.05, 0.5, 2),
      device(technology, "pfet_g5v0d10v5", 0.84, 0.6, 3),
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

std::vector<RuleSample> rule_samples(const Technology& technology) {
  std::vector<RuleSample> list;
  const auto layer = [&](std::string_view name) { return technology.layer(name); };
  const auto um = [](double x0, double y0, double x1, double y1) {
    return Rect{from_um(x0), from_um(y0), from_um(x1), from_um(y1)};
  };
  const auto add = [&](const std::string& rule, std::vector<Shape> shapes, bool broken) {
    list.push_back(
        {{rule + (broken ? " broken" : " kept"), std::move(shapes), {}}, broken ? rule : ""});
  };
  struct Metal {
    const char *name, *width, *space, *area, *wide, *hole;
  };
  constexpr Metal kMetals[] = {{"li1", "li.1", "li.3", "li.6", "", ""},
                               {"met1", "m1.1", "m1.2", "m1.6", "m1.3a", "m1.7"},
                               {"met2", "m2.1", "m2.2", "m2.6", "m2.3a", "m2.7"},
                               {"met3", "m3.1", "m3.2", "m3.6", "m3.3c", ""},
                               {"met4", "m4.1", "m4.2", "m4.4a", "m4.5a", ""},
                               {"met5", "m5.1", "m5.2", "m5.4", "", ""}};
  for (const Metal& metal : kMetals) {
    const LayerId id = layer(metal.name);
    const Dbu width = technology.min_width(id), space = technology.spacing(id, id);
    for (const bool broken : {true, false}) {
      const Dbu less = broken ? technology.grid() : 0;
      add(metal.width, {{id, {0, 0, width - less, 6000}}}, broken);
      add(metal.space,
          {{id, {0, 0, 2000, 6000}}, {id, {2000 + space - less, 0, 4000 + space, 6000}}}, broken);
      // A strip of the smallest width and just the area, rounded up to the grid.
      const Dbu strip = static_cast<Dbu>((technology.rule(metal.area) / width + 4) / 5 * 5);
      add(metal.area, {{id, {0, 0, width, strip - (broken ? 10 : 0)}}}, broken);
      if (metal.wide[0] != 0) {
        const Dbu wide = static_cast<Dbu>(technology.rule(metal.wide));
        add(metal.wide,
            {{id, {0, 0, 4000, 6000}}, {id, {4000 + wide - less, 0, 5000 + wide, 6000}}}, broken);
      }
      if (metal.hole[0] != 0) {  // a ring round a hole of 0.37 x 0.37 or 0.38 x 0.38 um
        const Dbu hole = broken ? 370 : 380;
        add(metal.hole,
            {{id, {0, 0, 1000, 300}},
             {id, {0, 300 + hole, 1000, 1000 + hole}},
             {id, {0, 300, 300, 300 + hole}},
             {id, {300 + hole, 300, 1000, 300 + hole}}},
            broken);
      }
    }
  }
  // A tap that reaches its diffusion, or not: contacts, implants and wells as the rules want them.
  const auto contacted = [&](const char* active, const char* implant, Dbu x) {
    return std::vector<Shape>{{layer(active), Rect{x, 0, x + 600, 600}},
                              {layer(implant), Rect{x - 125, -125, x + 725, 725}},
                              {layer("licon1"), Rect{x + 215, 215, x + 385, 385}},
                              {layer("li1"), Rect{x + 135, 135, x + 465, 465}}};
  };
  const auto joined = [](std::vector<Shape> a, const std::vector<Shape>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  add("LU.2", joined(contacted("diff", "nsdm", 0), contacted("tap", "psdm", 16000)), true);
  add("LU.2", joined(contacted("diff", "nsdm", 0), contacted("tap", "psdm", 13000)), false);
  const Shape well{layer("nwell"), um(-1, -1, 4, 4)};
  add("nwell.4", {well}, true);
  add("nwell.4", joined({well}, contacted("tap", "nsdm", 0)), false);
  const Shape far_well{layer("nwell"), um(-1, -1, 20, 4)};
  add("LU.3",
      joined({far_well}, joined(contacted("tap", "nsdm", 0), contacted("diff", "psdm", 17000))),
      true);
  std::vector<Shape> bare = contacted("tap", "psdm", 0);
  bare.resize(2);
  add("licon.16", bare, true);
  add("difftap.9",
      joined(joined({{layer("nwell"), um(0.93, -1, 5, 4)}}, contacted("tap", "nsdm", 2000)),
             joined(contacted("diff", "nsdm", 0), contacted("tap", "psdm", -2000))),
      true);
  // MIM plates over one bottom plate each.
  const auto plate = [&](double x, double gap_below) {
    return std::vector<Shape>{{layer("capm"), um(x, 0, x + 4, 4)},
                              {layer("met3"), um(x - gap_below, -0.14, x + 4.14, 4.14)}};
  };
  add("capm.3", plate(0, 0.135), true);
  add("capm.3", plate(0, 0.14), false);
  add("capm.2b", joined(plate(0, 0.14), plate(5.4, 0.14)), true);
  add("capm.2b", joined(plate(0, 0.14), plate(5.5, 0.14)), false);
  // One bottom plate under two, joined by a wire or whole.
  add("capm.2b", joined(joined(plate(0, 0.14), plate(5, 0.14)), {{layer("met3"), um(4, 1, 5, 2)}}),
      true);
  add("capm.2b",
      joined(joined(plate(0, 0.14), plate(5, 0.14)), {{layer("met3"), um(4, -0.14, 5, 4.14)}}),
      false);
  return list;
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
