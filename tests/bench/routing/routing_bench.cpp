/// Places and routes finger assignments of a circuit, then shifts tiles and re-routes. Prints
/// processor times, the router's own verdict and a hash of all layouts; writes a GDS for each
/// layout asked for, and a list of them with their fingers ("judge.txt"), for outside judges.
///
///   routing_bench NETLIST.sp [--pairs F] [--assignments K] [--shifts S] [--seed N] [--out DIR]
///                 [--gds-every E] [--halo-um H] [--counts 2,4,6] [--samples N]
///
/// With --samples each assignment is placed so many times as datasets are: by the placer's sampling
/// mode, with random net weights.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <optional>
#include <string>

#include "check.hpp"
#include "maze_router.hpp"
#include "placer.hpp"
#include "ptah/core/sha256.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"
#include "tiles.hpp"

namespace {

using namespace ptah;
/// Processor time of this (single) thread: what a wall clock shows on an idle machine.
double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}
double seconds_since(double start) {
  return cpu_seconds() - start;
}

struct Arguments {
  std::string netlist, pairs, out, counts = "2,4,6";
  int assignments = 5, shifts = 10, gds_every = 0, samples = 0;
  long long seed = 1;
  std::optional<double> halo_um;
};

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments a;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.rfind("--", 0) != 0) {
      a.netlist = word;
      continue;
    }
    if (i + 1 == argc) return std::nullopt;
    const std::string value = argv[++i];
    if (word == "--pairs") {
      a.pairs = value;
    } else if (word == "--assignments") {
      a.assignments = std::stoi(value);
    } else if (word == "--shifts") {
      a.shifts = std::stoi(value);
    } else if (word == "--seed") {
      a.seed = std::stoll(value);
    } else if (word == "--out") {
      a.out = value;
    } else if (word == "--gds-every") {
      a.gds_every = std::stoi(value);
    } else if (word == "--halo-um") {
      a.halo_um = std::stod(value);
    } else if (word == "--samples") {
      a.samples = std::stoi(value);
    } else if (word == "--counts") {
      a.counts = value;
    } else {
      return std::nullopt;
    }
  }
  if (a.netlist.empty()) return std::nullopt;
  return a;
}

std::vector<int> counts_of(const std::string& text) {
  std::vector<int> counts;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    counts.push_back(std::stoi(text.substr(at, comma - at)));
    at = comma + 1;
  }
  return counts;
}

int fail(const Error& error) {
  std::fprintf(stderr, "%s\n", error.text().c_str());
  return 1;
}

/// All defects of a layout, by the router's judge.
std::size_t defects(const Circuit& circuit, const Tiles& tiles, const Layout& layout,
                    const Technology& technology) {
  const maze::MazeOptions options;
  auto stack = maze::Stack::build(technology, options.bottom_layer, options.top_layer);
  if (!stack) return 1;
  auto scene = maze::build_scene(circuit, tiles, layout.placement, stack.value());
  if (!scene) return 1;
  const auto found =
      maze::check_wiring(scene.value(), maze::wires_of(layout, circuit, stack.value()));
  for (const auto& v : found) {
    std::printf("  defect %s net %s layer %d (%d %d %d %d)\n", v.rule.c_str(),
                circuit.nets[v.net].name.c_str(), v.layer, v.place.x0, v.place.y0, v.place.x1,
                v.place.y1);
  }
  return found.size();
}

struct Times {
  std::vector<double> values;
  void add(double v) { values.push_back(v); }
  double mean() const {
    double sum = 0;
    for (const double v : values) sum += v;
    return values.empty() ? 0 : sum / static_cast<double>(values.size());
  }
  /// The value that a share `q` of all does not exceed.
  double quantile(double q) const {
    if (values.empty()) return 0;
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(q * sorted.size()))];
  }
  double max() const {
    return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
  }
};

int run(const Arguments& a) {
  const Technology& technology = Technology::ptah130();
  auto spice = read_spice_file(a.netlist, technology);
  if (!spice) return fail(spice.error());
  Circuit circuit = spice.value().circuit;
  if (!a.pairs.empty()) {
    if (auto read = read_pairs_file(a.pairs, circuit); !read) return fail(read.error());
  }
  auto space = FingerSpace::create(circuit, counts_of(a.counts));
  if (!space) return fail(space.error());

  maze::MazeRouter router{maze::MazeOptions{}};
  sequence_pair::KeptClearances clearances;
  std::ofstream list;
  if (!a.out.empty()) list.open(a.out + "/judge.txt", std::ios::app);
  const auto write = [&](const Circuit& fingered, const Tiles& tiles, const Layout& layout,
                         const std::string& name, const std::string& fingers) {
    if (a.out.empty()) return true;
    const std::string file = a.out + "/" + name + ".gds";
    const auto library = gds::from_layout(fingered, tiles, layout, technology, circuit.name);
    if (auto wrote = gds::write_file(library, file); !wrote) return fail(wrote.error()) == 0;
    list << file << ' ' << a.netlist << ' ' << fingers << std::endl;
    return true;
  };

  Times place_times, route_times, reroute_times;
  double wire_sum = 0;
  int routes = 0, failed_routes = 0, failed_shifts = 0, shifts = 0, bad = 0;
  Sha256 hash;
  /// One placement, its wires and the shifts from there.
  const auto lay_out = [&](const Circuit& fingered, const Tiles& tiles,
                           const sequence_pair::Params& params, const Rng& stream,
                           std::uint64_t seed, const std::string& name,
                           const std::string& fingers) -> int {
    SimpleJobContext job(seed);
    sequence_pair::Stats place_stats;
    auto start = cpu_seconds();
    auto placed = sequence_pair::place(fingered, tiles, clearances.of(tiles, technology), params,
                                       job, place_stats);
    if (!placed) return fail(placed.error());
    place_times.add(seconds_since(start));

    maze::MazeStats stats;
    start = cpu_seconds();
    auto layout = router.route(fingered, tiles, placed.value(), technology, job, &stats);
    const double route_s = seconds_since(start);
    const Rect outline = placement_outline(tiles, placed.value());
    ++routes;
    if (!layout) {
      ++failed_routes;
      std::printf("%s %s: %s\n", name.c_str(), fingers.c_str(), layout.error().text().c_str());
      return 0;
    }
    const auto take = [&] {
      bad += defects(fingered, tiles, layout.value(), technology) > 0;
      hash.add(layout_to_json(layout.value(), technology).dump());
    };
    route_times.add(route_s);
    const auto wire_um = wirelength(layout.value(), technology) / 1000;
    wire_sum += static_cast<double>(wire_um);
    std::printf(
        "%-22s %5.1f x %5.1f um hpwl %4lld wire %4lld um, place %5.1f ms route %6.1f ms (setup "
        "%.1f global %.1f detail %.1f check %.1f) rounds %d rip-ups %d searches %lld expansions "
        "%lldk narrow %.1f um\n",
        name.c_str(), to_um(outline.width()), to_um(outline.height()),
        static_cast<long long>(hpwl(fingered, tiles, placed.value()) / 1000),
        static_cast<long long>(wire_um), place_times.values.back() * 1e3, route_s * 1e3,
        stats.setup_s * 1e3, stats.global_s * 1e3, stats.detail_s * 1e3, stats.check_s * 1e3,
        stats.rounds, stats.rip_ups, static_cast<long long>(stats.searches),
        static_cast<long long>(stats.expansions / 1000), stats.narrowed_nm / 1e3);
    take();
    if (!write(fingered, tiles, layout.value(), name, fingers)) return 1;

    Rng rng = stream;
    for (int done = 0, tries = 0; done < a.shifts && tries < 100 * a.shifts; ++tries) {
      const auto device = rng.below(tiles.size());
      static constexpr Point kMoves[] = {{0, 100}, {0, -100}, {-100, 0}, {100, 0}};
      Placement moved = layout.value().placement;
      PlacedTile& tile = moved.tiles[device];
      tile.origin = tile.origin + kMoves[rng.below(4)];
      if (!tile.slot.contains(placed_outline(tiles[device], tile))) continue;
      ++done;
      ++shifts;
      maze::MazeStats again;
      start = cpu_seconds();
      auto next = router.reroute(fingered, tiles, moved, layout.value(), technology, job, &again);
      reroute_times.add(seconds_since(start));
      if (!next) {
        ++failed_shifts;
        std::printf("  shift %d: %s\n", done, next.error().text().c_str());
        continue;
      }
      layout = std::move(next.value());
      take();
      if (a.gds_every > 0 && done % a.gds_every == 0 &&
          !write(fingered, tiles, layout.value(), name + "_v" + std::to_string(done), fingers)) {
        return 1;
      }
    }
    return 0;
  };

  const auto seed = static_cast<std::uint64_t>(a.seed);
  for (const std::int64_t index : space.value().sample(a.assignments, Rng(seed))) {
    const FingerAssignment fingers = space.value().at(index);
    auto fingered = with_fingers(circuit, fingers);
    if (!fingered) return fail(fingered.error());
    Tiles tiles;
    for (const Device& device : fingered.value().devices) {
      auto tile = sky130::generate_tile(device, technology);
      if (!tile) return fail(tile.error());
      tiles.push_back(std::move(tile.value()));
    }
    const Rng stream = Rng(seed).fork(static_cast<std::uint64_t>(index));
    const std::string name = circuit.name + "_" + std::to_string(index);
    sequence_pair::Params params;
    if (a.halo_um) params.halo = from_um(*a.halo_um);
    if (a.samples == 0) {
      if (lay_out(fingered.value(), tiles, params, stream, seed, name, to_string(fingers)) != 0)
        return 1;
      continue;
    }
    params.sampling = true;
    params.elites = 3;
    for (int k = 0; k < a.samples; ++k) {
      Rng rng = stream.fork(static_cast<std::uint64_t>(k));
      for (std::size_t n = 0; n < circuit.nets.size(); ++n)
        params.weights[static_cast<NetId>(n)] = std::pow(10.0, 2 * rng.uniform() - 1);
      if (lay_out(fingered.value(), tiles, params, rng, rng.next(), name + "_" + std::to_string(k),
                  to_string(fingers)) != 0) {
        return 1;
      }
    }
  }
  std::printf(
      "%s: place %.1f ms, route mean %.1f median %.1f max %.1f ms, reroute median %.2f mean %.2f "
      "p95 %.2f max %.1f ms; wire mean %.0f um; %d of %d routes failed, %d of %d shifts reverted, "
      "%d layouts with defects; hash %s\n",
      circuit.name.c_str(), place_times.mean() * 1e3, route_times.mean() * 1e3,
      route_times.quantile(0.5) * 1e3, route_times.max() * 1e3, reroute_times.quantile(0.5) * 1e3,
      reroute_times.mean() * 1e3, reroute_times.quantile(0.95) * 1e3, reroute_times.max() * 1e3,
      wire_sum / std::max(1, routes - failed_routes), failed_routes, routes, failed_shifts, shifts,
      bad, hash.hex().substr(0, 16).c_str());
  return failed_routes + bad > 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const auto arguments = parse(argc, argv);
    if (!arguments) {
      std::fprintf(stderr,
                   "usage: routing_bench NETLIST.sp [--pairs F] [--assignments K] [--shifts S] "
                   "[--seed N] [--out DIR] [--gds-every E] [--halo-um H] [--counts 2,4,6] "
                   "[--samples N]\n");
      return 2;
    }
    return run(*arguments);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "%s\n", exception.what());
    return 2;
  }
}
