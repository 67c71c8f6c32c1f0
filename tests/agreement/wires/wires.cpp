/// How close wire resistances reduced to the circuit's terminals are to the full network, and what
/// either costs, over placements of circuits.
///
///   ptah_agreement_wires [N] [--seed S] [--technology T] [--supply label|edge] [--list] [--ac]
///                        [--reduced] [circuit | FOLDER ...]
///
/// N placements a circuit, each extracted and simulated in both ways: with offset.spice where the
/// circuit has it (a DC sweep of two points: offset and DC common-mode rejection), else the
/// operating point of its testbench (offset: the first output's distance from the schematic's).
/// --list prints each; --ac compares the first analysis of the testbench, too: the largest
/// difference from the network's curve, relative to its largest value, with reduced wires and with
/// none. Exit status 1 where an offset is off by more than 0.1 mV and 5 %, a simulation fails, or a
/// circuit did not stay loaded as one.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "library_simulation.hpp"
#include "native_pex.hpp"
#include "placements.hpp"
#include "ptah/netlist/extracted.hpp"

namespace {

using namespace ptah;

double now_ms() {
  return std::chrono::duration<double, std::milli>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double quantile(std::vector<double> values, double p) {
  if (values.empty()) return NAN;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1) + 0.5)];
}

struct Wanted {
  int count = 8;
  std::uint64_t seed = 1;
  native::SupplyEntry supply = native::SupplyEntry::kLabel;
  bool list = false, ac = false, network = true;
};

struct Answer {
  double offset_v = NAN, cmrr_db = NAN;
};

Result<Answer> answer(LibrarySimulation& simulation, const ExtractedNetlist& netlist,
                      const Testbench& bench, const Technology& technology) {
  SimpleJobContext job;
  PTAH_TRY(const auto waves, simulation.simulate(netlist, bench, technology, job));
  const Waveform& wave = waves.front();
  const auto value = [&](std::size_t point) {
    const double first = wave.y.front().at(point).real();
    return wave.y.size() > 1 && wave.analysis == "dc" ? first - wave.y[1].at(point).real() : first;
  };
  Answer found{value(0), NAN};
  if (wave.analysis == "dc" && wave.x.size() > 1) {
    found.cmrr_db = 20 * std::log10(std::abs((wave.x[1] - wave.x[0]) / (value(1) - value(0))));
  }
  return found;
}

/// One of the two ways to extract, with what it took.
struct Way {
  native::PexEngine engine;
  LibrarySimulation simulation{LibraryOptions{}};
  std::vector<double> extract_ms, simulate_ms, resistors, capacitors;
  std::set<std::string> texts;  ///< Of netlists without their values.

  explicit Way(native::Resistance resistance, const Wanted& options)
      : engine({.resistance = resistance, .supply_entry = options.supply}) {}

  Result<Answer> run(const gds::Flat& flat, const Circuit& circuit, const Testbench& bench,
                     const Technology& technology) {
    double start = now_ms();
    PTAH_TRY(const ExtractedNetlist netlist,
             engine.extract(flat, circuit, technology, circuit.name));
    extract_ms.push_back(now_ms() - start);
    resistors.push_back(static_cast<double>(netlist.resistors.size()));
    capacitors.push_back(static_cast<double>(netlist.capacitors.size()));
    std::string text;
    for (const auto& device : netlist.devices) {
      text += device.model;
      for (const std::string& net : device.nets) text += " " + net;
    }
    for (const auto& r : netlist.resistors) text += "\n" + r.a + " " + r.b;
    for (const auto& c : netlist.capacitors) text += "\n" + c.a + " " + c.b;
    texts.insert(std::move(text));
    start = now_ms();
    PTAH_TRY(const Answer found, answer(simulation, netlist, bench, technology));
    simulate_ms.push_back(now_ms() - start);
    return found;
  }
};

/// Largest difference of the first outputs over the largest value.
double difference(const Waveform& a, const Waveform& b) {
  double off = 0, largest = 0;
  for (std::size_t i = 0; i < std::min(a.x.size(), b.x.size()); ++i) {
    off = std::max(off, std::abs(a.y[0][i] - b.y[0][i]));
    largest = std::max(largest, std::abs(b.y[0][i]));
  }
  return off / largest;
}

struct Curves {
  std::vector<double> reduced, without;
};

/// The testbench's first analysis of one layout in three ways.
Status compare_curves(const gds::Flat& flat, const Circuit& circuit, const CircuitFolder& folder,
                      const Technology& technology, const Wanted& options, Curves& curves) {
  PTAH_TRY(Testbench bench, read_testbench(folder.testbench, "testbench.spice"));
  bench.analyses.resize(1);
  std::vector<Waveform> found;
  for (const auto resistance :
       {native::Resistance::kNetwork, native::Resistance::kReduced, native::Resistance::kIgnored}) {
    native::PexEngine engine({.resistance = resistance, .supply_entry = options.supply});
    PTAH_TRY(const auto netlist, engine.extract(flat, circuit, technology, circuit.name));
    LibrarySimulation simulation{LibraryOptions{}};
    SimpleJobContext job;
    PTAH_TRY(auto waves, simulation.simulate(netlist, bench, technology, job));
    found.push_back(std::move(waves.front()));
  }
  curves.reduced.push_back(difference(found[1], found[0]));
  curves.without.push_back(difference(found[2], found[0]));
  return ok();
}

struct Figures {
  std::vector<double> offsets_mv, errors_mv, cmrr_db, cmrr_errors_db;
  int layouts = 0, failed = 0, outside = 0;
};

void compare(const Answer& reduced, const Answer& network, const Answer& schematic,
             const Wanted& options, Figures& figures) {
  const double exact = 1e3 * (network.offset_v - schematic.offset_v);
  const double error = 1e3 * (reduced.offset_v - network.offset_v);
  figures.offsets_mv.push_back(std::abs(exact));
  figures.errors_mv.push_back(std::abs(error));
  if (!(std::abs(error) <= std::max(0.1, 0.05 * std::abs(exact)))) ++figures.outside;
  if (std::isfinite(network.cmrr_db)) {
    figures.cmrr_db.push_back(network.cmrr_db);
    figures.cmrr_errors_db.push_back(std::abs(reduced.cmrr_db - network.cmrr_db));
  }
  if (options.list) {
    std::printf("    %3d  offset %9.4f mV, reduced %+8.4f mV; CMRR %7.2f dB, reduced %+6.2f dB\n",
                figures.layouts, exact, error, network.cmrr_db, reduced.cmrr_db - network.cmrr_db);
  }
}

Result<bool> one_circuit(const std::string& path, const Technology& technology,
                         const Wanted& options) {
  PTAH_TRY(const CircuitFolder folder, read_circuit_folder(path));
  PTAH_TRY(const Circuit circuit, agreement::circuit_of(folder, options.seed, technology));
  const auto offset = folder.benches.find("offset.spice");
  PTAH_TRY(Testbench bench, offset == folder.benches.end()
                                ? read_testbench(folder.testbench, "testbench.spice")
                                : read_testbench(offset->second, "offset.spice"));
  if (offset == folder.benches.end()) bench.analyses = {".op"};
  LibrarySimulation plain{LibraryOptions{}};
  PTAH_TRY(const Answer schematic,
           answer(plain, schematic_netlist(circuit, technology), bench, technology));
  Way reduced(native::Resistance::kReduced, options),
      network(native::Resistance::kNetwork, options);
  Figures figures;
  Curves curves;
  PTAH_TRY(agreement::each_placement(
      circuit, options.count, options.seed, technology, [&](const gds::Flat& flat) {
        ++figures.layouts;
        const auto a = reduced.run(flat, circuit, bench, technology);
        const auto b = options.network ? network.run(flat, circuit, bench, technology) : a;
        if (!a || !b) {
          ++figures.failed;
          std::printf("    %3d  %s\n", figures.layouts, (a ? b.error() : a.error()).text().c_str());
          return;
        }
        compare(a.value(), b.value(), schematic, options, figures);
        if (!options.ac) return;
        const Status done = compare_curves(flat, circuit, folder, technology, options, curves);
        if (!done) std::printf("    %3d  %s\n", figures.layouts, done.error().text().c_str());
      }));
  const auto median = [](const std::vector<double>& v) { return quantile(v, 0.5); };
  std::printf(
      "%-20s %4d %4d %6.0f %5.0f %6.0f %5.0f %7.1f %7.1f %8.1f %7.2f %9.4f %9.4f %8.4f %8.4f "
      "%4d %7.1f %6.2f %3zu\n",
      circuit.name.c_str(), figures.layouts, figures.failed, median(network.resistors),
      median(reduced.resistors), median(network.capacitors), median(reduced.capacitors),
      median(network.extract_ms), median(reduced.extract_ms), median(network.simulate_ms),
      median(reduced.simulate_ms), median(figures.offsets_mv), quantile(figures.offsets_mv, 0.95),
      median(figures.errors_mv), quantile(figures.errors_mv, 1), figures.outside,
      median(figures.cmrr_db), quantile(figures.cmrr_errors_db, 0.95), reduced.texts.size());
  if (options.ac) {
    std::printf("    curve: reduced %.2g (at most %.2g), without resistances %.2g\n",
                median(curves.reduced), quantile(curves.reduced, 1), median(curves.without));
  }
  std::fflush(stdout);
  return figures.failed == 0 && figures.layouts > 0 && figures.outside == 0 &&
         reduced.texts.size() == 1;
}

}  // namespace

int main(int argc, char** argv) {
  Wanted options;
  std::string technology_name = "ptah130";
  std::vector<std::string> circuits;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
    if (word == "--seed") {
      options.seed = std::strtoull(value().c_str(), nullptr, 10);
    } else if (word == "--technology") {
      technology_name = value();
    } else if (word == "--supply") {
      if (value() == "edge") options.supply = native::SupplyEntry::kEdge;
    } else if (word == "--reduced") {
      options.network = false;
    } else if (word == "--ac") {
      options.ac = true;
    } else if (word == "--list") {
      options.list = true;
    } else if (!word.empty() && word.find_first_not_of("0123456789") == std::string::npos) {
      options.count = std::max(1, std::atoi(word.c_str()));
    } else {
      circuits.push_back(word);
    }
  }
  if (circuits.empty()) circuits = {"five_transistors_ota", "miller_ota", "ota_ff"};
  const auto technology = Technology::resolve(technology_name);
  if (!technology) {
    std::fprintf(stderr, "%s\n", technology.error().text().c_str());
    return 2;
  }
  // n: network, r: reduced. Medians, but where a percentile stands. lists: different lists of
  // nodes.
  std::printf("%-20s %4s %4s %6s %5s %6s %5s %7s %7s %8s %7s %9s %9s %8s %8s %4s %7s %6s %3s\n",
              "circuit", "lay.", "fail", "n res", "r res", "n cap", "r cap", "n ext", "r ext",
              "n sim ms", "r sim", "offset mV", "p95", "error", "max", "out", "CMRR dB", "e p95",
              "lists");
  bool kept = true;
  for (const std::string& circuit : circuits) {
    const bool folder = circuit.find('/') != std::string::npos;
    const auto done = one_circuit(
        folder ? circuit : std::string(PTAH_SOURCE_DIR) + "/configs/circuits/" + circuit,
        technology.value(), options);
    if (!done) std::fprintf(stderr, "%s: %s\n", circuit.c_str(), done.error().text().c_str());
    kept = kept && done && done.value();
  }
  return kept ? 0 : 1;
}
