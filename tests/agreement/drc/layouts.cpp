#include "layouts.hpp"

#include <algorithm>
#include <filesystem>
#include <set>

#include "maze_router.hpp"
#include "placer.hpp"
#include "ptah/netlist/circuit_folder.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"
#include "tiles.hpp"

namespace ptah::agreement {
namespace {

/// Below the folder of the shipped circuits; the last two have devices that those do not.
constexpr const char* kCircuits[] = {"five_transistors_ota",
                                     "miller_ota",
                                     "ahuja_ota",
                                     "ota_ff",
                                     "lpf",
                                     "../../tests/agreement/circuits/mixed",
                                     "../../tests/agreement/circuits/voltages"};
/// Shifts tried from each placement; those that do not fit or route are passed over.
constexpr int kShifts = 12;

Result<std::vector<Shape>> flat_shapes(const Circuit& circuit, const Tiles& tiles,
                                       const Layout& layout, const Technology& technology) {
  const gds::Library library = gds::from_layout(circuit, tiles, layout, technology, "top");
  PTAH_TRY(gds::Flat flat, gds::flatten(library, "top", technology));
  return std::move(flat.shapes);
}

/// Layouts of one circuit: `count` of them, from several finger assignments and shifted tiles.
Status add_circuit(const std::string& folder, const std::string& name, std::size_t count,
                   const Technology& technology, Rng rng, std::vector<Sample>& into) {
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  PTAH_TRY(const CircuitFolder files, read_circuit_folder(path));
  PTAH_TRY(auto spice, read_spice_file(path / files.netlist_name, technology));
  Circuit circuit = std::move(spice.circuit);
  if (!files.pairs.empty()) {
    PTAH_TRY(read_pairs_file(path / "pairs.json", circuit));
  }
  PTAH_TRY(const FingerSpace space, FingerSpace::create(circuit, files.allowed_fingers));
  const std::size_t end = into.size() + count;
  const auto assignments = space.sample(static_cast<std::int64_t>(count), rng.fork(1));
  for (std::size_t round = 0; into.size() < end; ++round) {
    const std::int64_t index = assignments[round % assignments.size()];
    PTAH_TRY(const Circuit fingered, with_fingers(circuit, space.at(index)));
    Tiles tiles;
    for (const Device& device : fingered.devices) {
      PTAH_TRY(Tile tile, sky130::generate_tile(device, technology));
      tiles.push_back(std::move(tile));
    }
    SimpleJobContext job(rng.fork(round).next());
    sequence_pair::Stats stats;
    sequence_pair::Params params;
    params.iterations = 300;  // Any legal placement serves.
    PTAH_TRY(const Placement placement,
             sequence_pair::place(fingered, tiles, sequence_pair::clearances(tiles, technology),
                                  params, job, stats));
    maze::MazeRouter router{maze::MazeOptions{}};
    auto routed = router.route(fingered, tiles, placement, technology, job);
    if (!routed) continue;  // the next assignment
    Layout layout = std::move(routed).value();
    const auto keep = [&](int shift) -> Status {
      Sample sample;
      sample.name =
          files.name + " fingers " + std::to_string(index) + " shift " + std::to_string(shift);
      PTAH_TRY(sample.shapes, flat_shapes(fingered, tiles, layout, technology));
      into.push_back(std::move(sample));
      return ok();
    };
    PTAH_TRY(keep(0));
    Rng moves = rng.fork(1000 + round);
    for (int shift = 1; shift <= kShifts && into.size() < end; ++shift) {
      Placement moved = layout.placement;
      const std::size_t device = moves.below(tiles.size());
      const Dbu by = 100 * static_cast<Dbu>(1 + moves.below(4)) * (moves.below(2) == 0 ? 1 : -1);
      (moves.below(2) == 0 ? moved.tiles[device].origin.x : moved.tiles[device].origin.y) += by;
      if (!moved.tiles[device].slot.contains(placed_outline(tiles[device], moved.tiles[device])))
        continue;
      auto next = router.reroute(fingered, tiles, moved, layout, technology, job);
      if (!next) continue;
      layout = std::move(next).value();
      PTAH_TRY(keep(shift));
    }
  }
  return ok();
}

Device device(const DeviceModel& model, double w_um, double l_um, int fingers) {
  Device made;
  made.name = "D1";
  made.model = model.name;
  made.kind = model.kind;
  for (std::size_t i = 0; i < model.terminals; ++i) made.nets.push_back(static_cast<NetId>(i));
  made.width = from_um(w_um);
  made.length = from_um(l_um);
  made.fingers = fingers;
  return made;
}

/// One tile of every device of the technology, of a size drawn from what it allows.
void add_tiles(const Technology& technology, Rng rng, std::vector<Sample>& into) {
  for (const DeviceModel& model : technology.devices()) {
    // Small enough to see each shape often, large enough for several contacts.
    const bool mos = model.kind == DeviceKind::kNmos || model.kind == DeviceKind::kPmos;
    const double w =
        model.min_width == model.max_width
            ? to_um(model.min_width)
            : (mos ? 0.42 + 0.05 * static_cast<double>(rng.below(40))
                   : to_um(model.min_width) + (model.kind == DeviceKind::kCapacitor
                                                   ? 2.0 + static_cast<double>(rng.below(5))
                                                   : 0.0));
    const double l = mos ? to_um(model.min_length)
                         : to_um(model.min_length) + 2.0 + static_cast<double>(rng.below(5));
    const auto tile = sky130::generate_tile(
        device(model, w, l, mos ? 1 + static_cast<int>(rng.below(4)) : 1), technology);
    if (!tile) continue;
    into.push_back({model.name + " w " + std::to_string(from_um(w)), "", tile.value().shapes});
    if (!mos) continue;
    // Taller than a tap reaches; in rows; in a well of its own.
    const auto add = [&](const char* what, Device made) {
      const auto special = sky130::generate_tile(made, technology);
      if (special) into.push_back({model.name + what, "", special.value().shapes});
    };
    add(" tall", device(model, 15, l, 2));
    add(" in rows", device(model, 5, l, 24));
    Device isolated = device(model, w, l, 2);
    isolated.isolated = true;
    if (model.kind == DeviceKind::kNmos) add(" isolated", isolated);
  }
}

Dbu step(Rng& rng) {
  Dbu by = 5 * static_cast<Dbu>(1 + rng.below(40));
  if (rng.below(50) == 0) by += static_cast<Dbu>(1 + rng.below(4));  // off the grid
  return rng.below(2) == 0 ? by : -by;
}

}  // namespace

void damage(Sample& sample, const Technology& technology, Rng& rng) {
  std::set<LayerId> in_use;
  for (const Shape& shape : sample.shapes) {
    if (technology.layer(shape.layer).name != "prBoundary") in_use.insert(shape.layer);
  }
  const std::vector<LayerId> layers(in_use.begin(), in_use.end());
  while (!layers.empty()) {
    // The layer first, so that rare layers get their share.
    const LayerId layer = layers[rng.below(layers.size())];
    std::vector<std::size_t> on_layer;
    for (std::size_t i = 0; i < sample.shapes.size(); ++i) {
      if (sample.shapes[i].layer == layer) on_layer.push_back(i);
    }
    const std::size_t which = on_layer[rng.below(on_layer.size())];
    Rect rect = sample.shapes[which].rect;
    std::string what;
    enum class Kind { kMoveEdge, kMove, kShrink, kRemove, kCopy, kAdd };
    constexpr Kind kKinds[] = {Kind::kMoveEdge, Kind::kMoveEdge, Kind::kMoveEdge, Kind::kMove,
                               Kind::kShrink,   Kind::kRemove,   Kind::kCopy,     Kind::kAdd};
    const Kind kind = kKinds[rng.below(std::size(kKinds))];
    LayerId target = layer;
    switch (kind) {
      case Kind::kMoveEdge: {
        constexpr const char* kSides[] = {"left", "bottom", "right", "top"};
        Dbu* const sides[] = {&rect.x0, &rect.y0, &rect.x1, &rect.y1};
        const std::size_t side = rng.below(4);
        const Dbu by = step(rng);
        *sides[side] += by;
        what = std::string(kSides[side]) + " " + std::to_string(by);
        break;
      }
      case Kind::kMove: {
        const Point by = rng.below(2) == 0 ? Point{step(rng), 0} : Point{0, step(rng)};
        rect = rect.moved(by);
        what = "moved " + std::to_string(by.x) + " " + std::to_string(by.y);
        break;
      }
      case Kind::kShrink: {
        const Dbu by = 5 * static_cast<Dbu>(1 + rng.below(20));
        rect = rect.bloated(-by);
        what = "shrunk " + std::to_string(by);
        break;
      }
      case Kind::kRemove:
        what = "removed";
        break;
      case Kind::kCopy: {
        const Point by{step(rng) * static_cast<Dbu>(rng.below(4)),
                       step(rng) * static_cast<Dbu>(rng.below(4))};
        rect = rect.moved(by);
        what = "copied by " + std::to_string(by.x) + " " + std::to_string(by.y);
        break;
      }
      case Kind::kAdd: {
        // A shape of another layer's size beside or over this one.
        target = layers[rng.below(layers.size())];
        const Dbu least = std::max<Dbu>(technology.min_width(target), 170);
        const Dbu w = least + 5 * static_cast<Dbu>(rng.below(40));
        const Dbu h = least + 5 * static_cast<Dbu>(rng.below(40));
        const Dbu x = rect.x0 + step(rng), y = rect.y0 + step(rng);
        rect = {x, y, x + w, y + h};
        what = "added " + technology.layer(target).name;
        break;
      }
    }
    if (rect.width() <= 0 || rect.height() <= 0) continue;
    const std::string text =
        technology.layer(layer).name + " shape " + std::to_string(which) + " " + what;
    if (kind == Kind::kRemove) {
      sample.shapes.erase(sample.shapes.begin() + static_cast<std::ptrdiff_t>(which));
    } else if (kind == Kind::kCopy || kind == Kind::kAdd) {
      sample.shapes.push_back({target, rect});
    } else {
      sample.shapes[which].rect = rect;
    }
    sample.damage += (sample.damage.empty() ? "" : ", ") + text;
    return;
  }
}

Result<std::vector<Sample>> make_samples(const std::string& circuits, const Technology& technology,
                                         std::size_t count, std::uint64_t seed) {
  const Rng rng(seed);
  std::vector<Sample> whole;
  // Tiles are small and hold the rare layers: a quarter of what gets damaged.
  add_tiles(technology, rng.fork(1), whole);
  const std::size_t tiles = whole.size();
  const std::size_t wanted = std::max<std::size_t>(count / 2, tiles + std::size(kCircuits));
  for (std::size_t i = 0; i < std::size(kCircuits); ++i) {
    const std::size_t share = (wanted - tiles + i) / std::size(kCircuits);
    PTAH_TRY(add_circuit(circuits, kCircuits[i], share, technology, rng.fork(10 + i), whole));
  }
  std::vector<Sample> samples;
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 2 == 0) {
      samples.push_back(whole[(i / 2) % whole.size()]);
      continue;
    }
    Rng stream = rng.fork(100 + i);
    Sample sample = stream.below(2) == 0 ? whole[stream.below(tiles)]
                                         : whole[tiles + stream.below(whole.size() - tiles)];
    damage(sample, technology, stream);
    samples.push_back(std::move(sample));
  }
  return samples;
}

gds::Library library_of(const Sample& sample, const Technology& technology,
                        const std::string& top) {
  gds::Library library;
  gds::Cell cell;
  cell.name = top;
  for (const Shape& shape : sample.shapes) {
    const Rect& r = shape.rect;
    cell.polygons.push_back({technology.layer(shape.layer).drawing,
                             {{r.x0, r.y0}, {r.x1, r.y0}, {r.x1, r.y1}, {r.x0, r.y1}}});
  }
  library.cells.push_back(std::move(cell));
  return library;
}

}  // namespace ptah::agreement
