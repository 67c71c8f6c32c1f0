/// Places the eight cases of peers.hpp and prints area, HPWL and CPU time beside the peer's.
///
///   placement_bench [--json] [--seeds N] [--circuits DIR] [--halo-um H] [--iterations I]
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "peers.hpp"
#include "placer.hpp"
#include "ptah/core/json.hpp"
#include "ptah/netlist/fingers.hpp"
#include "ptah/netlist/spice.hpp"
#include "tiles.hpp"

namespace {

using namespace ptah;
using bench::PlacementCase;

struct Arguments {
  std::filesystem::path circuits = PTAH_SOURCE_DIR "/configs/circuits";
  int seeds = 5;
  bool json = false;
  sequence_pair::Params params;
};

/// Area is one figure a case; the rest one a seed.
struct Outcome {
  double area_um2 = 0;
  std::vector<double> hpwl_um, cpu_s;
};

Result<Circuit> read_case(const Arguments& arguments, const PlacementCase& which,
                          const Technology& technology) {
  const auto folder = arguments.circuits / which.circuit;
  PTAH_TRY(auto read, read_spice_file(folder / (std::string(which.circuit) + ".sp"), technology));
  PTAH_TRY(read_pairs_file(folder / "pairs.json", read.circuit));
  PTAH_TRY(auto fingers, parse_fingers(which.fingers));
  for (const Device& device : read.circuit.devices) {
    if (device.is_mos() && device.fingers == 0) fingers.emplace(device.name, which.others);
  }
  return with_fingers(read.circuit, fingers);
}

Result<Outcome> run_case(const Arguments& arguments, const PlacementCase& which,
                         const Technology& technology) {
  PTAH_TRY(const auto circuit, read_case(arguments, which, technology));
  Tiles tiles;
  for (const Device& device : circuit.devices) {
    PTAH_TRY(auto tile, sky130::generate_tile(device, technology));
    tiles.push_back(std::move(tile));
  }
  Outcome outcome;
  outcome.area_um2 = to_um2(component_area(tiles));
  for (int seed = 0; seed < arguments.seeds; ++seed) {
    SimpleJobContext job(static_cast<std::uint64_t>(seed));
    sequence_pair::Stats stats;
    const std::clock_t start = std::clock();
    PTAH_TRY(const auto placement,
             sequence_pair::place(circuit, tiles, sequence_pair::clearances(tiles, technology),
                                  arguments.params, job, stats));
    outcome.cpu_s.push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    outcome.hpwl_um.push_back(static_cast<double>(hpwl(circuit, tiles, placement)) / 1000.0);
  }
  return outcome;
}

std::string cell(double value, int digits) {
  if (std::isnan(value)) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

double better(double a, double b) {
  return std::fmin(a, b);
}

void print_row(const PlacementCase& which, const Outcome& outcome) {
  std::string seeds;
  double hpwl_sum = 0, cpu_sum = 0;
  for (const double value : outcome.hpwl_um) {
    seeds += (seeds.empty() ? "" : " ") + cell(value, 1);
    hpwl_sum += value;
  }
  for (const double value : outcome.cpu_s) cpu_sum += value;
  const auto n = static_cast<double>(outcome.hpwl_um.size());
  const double target = better(which.osiris.hpwl_um, which.own.hpwl_um);
  std::printf("%-12s | %7s %7s %7s | %6s %6s %6s  %+4.0f %% | %6s %6s %6s | %s\n", which.name,
              cell(outcome.area_um2, 1).c_str(), cell(which.osiris.area_um2, 1).c_str(),
              cell(which.own.area_um2, 1).c_str(), cell(hpwl_sum / n, 1).c_str(),
              cell(which.osiris.hpwl_um, 1).c_str(), cell(which.own.hpwl_um, 1).c_str(),
              100 * (hpwl_sum / n / target - 1), cell(cpu_sum / n, 2).c_str(),
              cell(which.osiris.cpu_s, 1).c_str(), cell(which.own.cpu_s, 1).c_str(), seeds.c_str());
}

Json optional(double value) {
  return std::isnan(value) ? Json() : Json(value);
}

void print_json(const PlacementCase& which, const Outcome& outcome) {
  const auto peer = [](const bench::Peer& p) {
    return Json{{"cpu_s", optional(p.cpu_s)},
                {"area_um2", optional(p.area_um2)},
                {"hpwl_um", optional(p.hpwl_um)}};
  };
  const Json line = {{"bench", "placement"},
                     {"case", which.name},
                     {"area_um2", outcome.area_um2},
                     {"hpwl_um", outcome.hpwl_um},
                     {"cpu_s", outcome.cpu_s},
                     {"align_osiris_pdk", peer(which.osiris)},
                     {"align_own_pdk", peer(which.own)}};
  std::printf("%s\n", line.dump().c_str());
}

bool parse(int argc, char** argv, Arguments& arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--json") {
      arguments.json = true;
      continue;
    }
    if (i + 1 >= argc) return false;
    const std::string value = argv[++i];
    if (word == "--seeds") {
      arguments.seeds = std::max(1, std::atoi(value.c_str()));
    } else if (word == "--circuits") {
      arguments.circuits = value;
    } else if (word == "--halo-um") {
      arguments.params.halo = from_um(std::atof(value.c_str()));
    } else if (word == "--iterations") {
      arguments.params.iterations = std::atoi(value.c_str());
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, arguments)) {
    std::fprintf(stderr,
                 "usage: %s [--json] [--seeds N] [--circuits DIR] [--halo-um H] [--iterations I]\n",
                 argv[0]);
    return 2;
  }
  if (!arguments.json) {
    std::printf(
        "Placement beside ALIGN f0eb296e3 with the OSIRIS PDK (O) and its own PDK (A), 2-core "
        "EPYC.\n"
        "Ours: means over seeds 0..%d. CPU s: ours places, ALIGN's places and routes.\n\n"
        "%-12s | %7s %7s %7s | %6s %6s %6s  %6s | %6s %6s %6s | HPWL of each seed\n",
        arguments.seeds - 1, "case", "um2", "O", "A", "HPWL", "O", "A", "best", "CPU s", "O", "A");
  }
  for (const PlacementCase& which : bench::kPlacementCases) {
    const auto outcome = run_case(arguments, which, Technology::ptah130());
    if (!outcome) {
      std::fprintf(stderr, "%s: %s\n", which.name, outcome.error().text().c_str());
      return 1;
    }
    if (arguments.json) {
      print_json(which, outcome.value());
    } else {
      print_row(which, outcome.value());
    }
  }
  return 0;
}
