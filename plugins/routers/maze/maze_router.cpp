#include "maze_router.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <map>
#include <mutex>
#include <optional>

#include "negotiation.hpp"
#include "ptah/core/letter_case.hpp"

namespace ptah::maze {
namespace {

using Clock = std::chrono::steady_clock;

/// Every instance keeps maps up to this from one call to the next: many times what a small
/// amplifier needs.
constexpr std::size_t kMaxKeptBytes = 80'000'000;
/// Larger ones only one instance of a process keeps, up to this: about what the largest placement
/// needs. The search's take as much again.
constexpr std::size_t kMaxLargeBytes = 400'000'000;

/// Drops rectangles that another rectangle of the list covers.
std::vector<Rect> without_covered(std::vector<Rect> rects) {
  std::sort(rects.begin(), rects.end(), [](const Rect& a, const Rect& b) {
    if (a.area() != b.area()) return a.area() > b.area();
    return a < b;
  });
  std::vector<Rect> kept;
  for (const Rect& rect : rects) {
    if (std::none_of(kept.begin(), kept.end(), [&](const Rect& k) { return k.contains(rect); })) {
      kept.push_back(rect);
    }
  }
  return kept;
}

/// Where a label may stand: inside metal of the net with room for a square of minimum width, as
/// near to the outline of the cell as the net comes.
PortLabel label(const Scene& scene, NetId net, const NetWires& wires) {
  const Stack& stack = *scene.stack;
  std::vector<Metal> candidates = wires.metal;
  for (const Pin& pin : scene.pins[net]) {
    candidates.insert(candidates.end(), pin.access.begin(), pin.access.end());
  }
  PortLabel best{net, stack.layers.front().layer, {}};
  auto best_key = std::make_tuple(std::numeric_limits<Dbu>::max(), 0, Point{});
  for (const Metal& metal : candidates) {
    const Dbu half = stack.layers[metal.layer].width / 2;
    if (metal.rect.width() < 2 * half || metal.rect.height() < 2 * half) continue;
    const Rect room = metal.rect.bloated(-half);
    for (const Point at : {Point{room.x0, room.y0}, Point{room.x1, room.y1}}) {
      const Dbu inside = std::min({at.x - scene.outline.x0, scene.outline.x1 - at.x,
                                   at.y - scene.outline.y0, scene.outline.y1 - at.y});
      const auto key = std::make_tuple(inside, metal.layer, at);
      if (key < best_key) {
        best_key = key;
        best = {net, stack.layers[metal.layer].layer, at};
      }
    }
  }
  return best;
}

Layout to_layout(const Scene& scene, const Placement& placement,
                 const std::vector<NetWires>& nets) {
  const Stack& stack = *scene.stack;
  Layout layout;
  layout.placement = placement;
  for (std::size_t n = 0; n < nets.size(); ++n) {
    const auto net = static_cast<NetId>(n);
    std::map<LayerId, std::vector<Rect>> by_layer;
    for (const Metal& metal : nets[n].metal) {
      by_layer[stack.layers[metal.layer].layer].push_back(metal.rect);
    }
    for (const CutAt& cut : nets[n].cuts) {
      by_layer[stack.cuts[cut.cut].layer].push_back(stack.cuts[cut.cut].rect(cut.at));
    }
    for (auto& [layer, rects] : by_layer) {
      for (const Rect& rect : without_covered(std::move(rects))) {
        layout.wires.push_back({net, layer, rect});
      }
    }
  }
  std::sort(layout.wires.begin(), layout.wires.end());
  for (const NetId port : scene.circuit->ports) {
    layout.ports.push_back(label(scene, port, nets[port]));
  }
  return layout;
}

/// Nets whose wires in `previous` still hold in the new placement. `moved` is what may have come
/// nearer to them when all of them were sound before, or null when that is not known.
std::vector<bool> untouched_nets(const Scene& scene, const Circuit& circuit,
                                 const Placement& placement, const Layout& previous,
                                 const std::vector<NetWires>& wires, const Scene* moved) {
  std::vector<bool> untouched(circuit.nets.size(), true);
  for (std::size_t d = 0; d < circuit.devices.size(); ++d) {
    const PlacedTile &before = previous.placement.tiles[d], &after = placement.tiles[d];
    if (before.origin == after.origin && before.orientation == after.orientation) continue;
    for (const NetId net : circuit.devices[d].nets) {
      if (net >= 0) untouched[net] = false;
    }
  }
  for (std::size_t n = 0; n < wires.size(); ++n) {
    const auto net = static_cast<NetId>(n);
    // Of one terminal there is nothing to route, but an earlier layout may have wires of it.
    if (!untouched[n] || (scene.pins[n].size() < 2 && wires[n].empty())) continue;
    if (moved != nullptr) {
      // Neither its terminals nor its own metal have moved, so it is whole as it was.
      untouched[n] = check_against_tiles(*moved, net, wires[n]).empty();
    } else {
      // An earlier layout may come from anywhere: what is not whole is routed afresh.
      untouched[n] = check_against_tiles(scene, net, wires[n]).empty() &&
                     check_net(scene, net, wires[n]).empty();
    }
  }
  return untouched;
}

Status check_ports(const Scene& scene) {
  for (const NetId port : scene.circuit->ports) {
    if (port >= 0 && port < static_cast<NetId>(scene.pins.size()) && !scene.pins[port].empty()) {
      continue;
    }
    const bool known = port >= 0 && port < static_cast<NetId>(scene.pins.size());
    return make_error(ErrorCode::kInvalidArgument,
                      "Port " + (known ? scene.net_name(port) : std::to_string(port)) +
                          " is connected to no device, so there is no metal to label.",
                      "circuit " + scene.circuit->name);
  }
  return ok();
}

}  // namespace

/// What outlives a call.
struct MazeRouter::Workspace {
  explicit Workspace(const MazeOptions& options)
      : grid(options.margin, options.supply_width), search(grid, SearchCosts{}) {}

  SceneBuilder builder;
  Grid grid;
  Search search;
  bool grid_is_current = false;  ///< The grid shows the builder's tiles, if in other places.
  /// Layouts of the builder's tiles whose nets have all been found sound, by this instance: the
  /// last one, and the one that it was made from, to which an explorer goes back.
  std::array<std::optional<Layout>, 2> sound;

  bool knows(const Layout& layout) const {
    return std::find(sound.begin(), sound.end(), layout) != sound.end();
  }
};

/// The workspace of an instance between calls. Of all instances of a process only the one that used
/// a large workspace last still has it: a worker has many instances, and room for few of those.
class MazeRouter::Kept {
 public:
  ~Kept() {
    const std::lock_guard lock(large().mutex);
    if (large().owner == this) large().workspace = nullptr;
  }

  /// Null where there is none.
  std::unique_ptr<Workspace> take() {
    if (own_ != nullptr) return std::move(own_);
    const std::lock_guard lock(large().mutex);
    return large().owner == this ? std::move(large().workspace) : nullptr;
  }

  void put(std::unique_ptr<Workspace> workspace) {
    const std::size_t bytes = workspace->grid.bytes();
    if (bytes <= kMaxKeptBytes) {
      own_ = std::move(workspace);
    } else if (bytes <= kMaxLargeBytes) {
      const std::lock_guard lock(large().mutex);
      large().owner = this;
      large().workspace = std::move(workspace);
    }
  }

 private:
  struct Large {
    std::mutex mutex;
    const Kept* owner = nullptr;
    std::unique_ptr<Workspace> workspace;
  };
  static Large& large() {
    static Large one;
    return one;
  }

  std::unique_ptr<Workspace> own_;
};

MazeRouter::MazeRouter(MazeOptions options)
    : options_(std::move(options)), kept_(std::make_unique<Kept>()) {}
MazeRouter::~MazeRouter() = default;
MazeRouter::MazeRouter(MazeRouter&&) noexcept = default;
MazeRouter& MazeRouter::operator=(MazeRouter&&) noexcept = default;

Result<Layout> MazeRouter::run(const Circuit& circuit, const Tiles& tiles,
                               const Placement& placement, const Layout* previous,
                               const Technology& technology, JobContext& job, MazeStats& stats) {
  if (job.cancelled()) return cancelled_error();
  const auto start = Clock::now();
  PTAH_TRY(const Stack stack, Stack::build(technology, options_.bottom_layer, options_.top_layer));
  // Taken out while at work: what an exception leaves behind is not used again.
  auto workspace = kept_->take();
  if (workspace == nullptr) workspace = std::make_unique<Workspace>(options_);
  auto layout = [&]() -> Result<Layout> {
    PTAH_TRY(workspace->builder.update(circuit, tiles, placement, stack));
    const Scene& scene = workspace->builder.scene();
    if (!workspace->builder.same_tiles()) {
      workspace->grid_is_current = false;
      workspace->sound = {};
    }
    PTAH_TRY(check_ports(scene));
    workspace->grid.update(scene, workspace->grid_is_current);
    workspace->grid_is_current = true;
    workspace->search.prepare();
    Negotiation negotiation(scene, workspace->grid, workspace->search, options_,
                            supply_nets(circuit));
    const bool known = previous != nullptr && workspace->knows(*previous);
    if (previous != nullptr) {
      std::optional<Scene> moved;
      if (known) moved = workspace->builder.moved_since(previous->placement, placement);
      std::vector<NetWires> wires = wires_of(*previous, circuit, stack);
      const auto untouched =
          untouched_nets(scene, circuit, placement, *previous, wires, known ? &*moved : nullptr);
      for (std::size_t n = 0; n < wires.size(); ++n) {
        if (untouched[n]) negotiation.keep(static_cast<NetId>(n), std::move(wires[n]));
      }
    }
    stats.setup_s = seconds_since(start);
    PTAH_TRY(negotiation.run(job, stats));
    Layout made = to_layout(scene, placement, negotiation.nets());
    auto& sound = workspace->sound;
    if (known && sound[0] != *previous) std::swap(sound[0], sound[1]);
    sound[known ? 1 : 0] = made;
    return made;
  }();
  kept_->put(std::move(workspace));
  if (layout && previous == nullptr && stats.narrowed_nm > 0) {
    job.log(LogLevel::kInfo, "Supply wiring at minimum width for want of room: " +
                                 std::to_string(stats.narrowed_nm / 1000) + "." +
                                 std::to_string(stats.narrowed_nm / 100 % 10) + " um.");
  }
  return layout;
}

OptionSchema MazeOptions::schema() {
  const MazeOptions defaults;
  return {
      {"supply_width_um",
       OptionType::kReal,
       to_um(defaults.supply_width),
       "Width of supply wires; narrower where it does not fit.",
       0.1,
       2.0,
       {}},
      {"margin_um",
       OptionType::kReal,
       to_um(defaults.margin),
       "Room for wires around the placement.",
       0.5,
       20.0,
       {}},
      {"max_rounds",
       OptionType::kInt,
       defaults.max_rounds,
       "Rounds of rip-up and re-route before giving up.",
       1,
       1000,
       {}},
      {"bottom_layer",
       OptionType::kText,
       defaults.bottom_layer,
       "Lowest routing layer.",
       {},
       {},
       {}},
      {"top_layer", OptionType::kText, defaults.top_layer, "Highest routing layer.", {}, {}, {}},
  };
}

MazeOptions MazeOptions::from(const Options& options) {
  MazeOptions out;
  out.supply_width = from_um(options.real("supply_width_um")) / 10 * 10;
  out.margin = from_um(options.real("margin_um"));
  out.max_rounds = static_cast<int>(options.integer("max_rounds"));
  out.bottom_layer = options.text("bottom_layer");
  out.top_layer = options.text("top_layer");
  return out;
}

std::vector<bool> supply_nets(const Circuit& circuit) {
  std::vector<bool> supplies(circuit.nets.size(), false);
  const auto mark = [&](NetId net) {
    if (net >= 0 && net < static_cast<NetId>(supplies.size())) supplies[net] = true;
  };
  for (const Device& device : circuit.devices) {
    // A bulk tied to an inner source is a signal, one on a port is a supply.
    if (!device.is_mos() || device.nets.size() <= terminal::kBulk) continue;
    if (circuit.is_port(device.nets[terminal::kBulk])) mark(device.nets[terminal::kBulk]);
  }
  static constexpr std::string_view kNames[] = {"vdd",  "vss",  "gnd",  "vcc",  "vee",
                                                "avdd", "avss", "dvdd", "dvss", "agnd",
                                                "dgnd", "vpwr", "vgnd"};
  for (const NetId port : circuit.ports) {
    if (port < 0 || port >= static_cast<NetId>(supplies.size())) continue;
    const std::string name = lower_case(circuit.nets[port].name);
    if (std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames)) mark(port);
  }
  return supplies;
}

Result<Layout> MazeRouter::route(const Circuit& circuit, const Tiles& tiles,
                                 const Placement& placement, const Technology& technology,
                                 JobContext& job, MazeStats* stats) {
  MazeStats own;
  return run(circuit, tiles, placement, nullptr, technology, job, stats != nullptr ? *stats : own);
}

Result<Layout> MazeRouter::reroute(const Circuit& circuit, const Tiles& tiles,
                                   const Placement& placement, const Layout& previous,
                                   const Technology& technology, JobContext& job,
                                   MazeStats* stats) {
  MazeStats own;
  if (previous.placement.tiles.size() != circuit.devices.size()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The previous layout is not one of this circuit: it has " +
                          std::to_string(previous.placement.tiles.size()) + " tiles.",
                      "circuit " + circuit.name);
  }
  return run(circuit, tiles, placement, &previous, technology, job,
             stats != nullptr ? *stats : own);
}

}  // namespace ptah::maze
