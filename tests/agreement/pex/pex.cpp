/// How close the native extractor is to Magic, over real layouts of the shipped circuits.
///
///   ptah_agreement_pex [N] [--seed S] [--technology T] [--worst K] [circuit | FILE.gds ...]
///
/// N layouts a circuit, or the files' top cells. Prints a line a circuit; exit status 1 where the
/// limits are not kept: total capacitance of a net, and couplings of more than 0.1 fF: median error
/// under 2 %, 95th percentile under 8 %.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "compare.hpp"
#include "layouts.hpp"
#include "magic_pex.hpp"
#include "native_pex.hpp"
#include "ptah/core/run_tool.hpp"

namespace {

using namespace ptah;

struct Figures {
  std::vector<double> totals, couplings;
  double native_s = 0, magic_s = 0;
  int layouts = 0, unmatched = 0, failed = 0;
  std::vector<std::pair<double, std::string>> worst;
};

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void note(Figures& figures, const std::string& layout, const agreement::Pair& pair) {
  char text[256];
  std::snprintf(text, sizeof text, "%s: %s: %.2f fF, Magic %.2f fF", layout.c_str(),
                pair.what.c_str(), pair.ours, pair.theirs);
  figures.worst.emplace_back(pair.error(), text);
}

bool one(const agreement::Sample& sample, const Technology& technology,
         const std::filesystem::path& folder, native::PexEngine& engine, Figures& figures) {
  SimpleJobContext job(1, folder);
  const std::filesystem::path file = folder / "layout.gds";
  if (!gds::write_file(sample.library, file)) return false;
  auto flat = gds::flatten(sample.library, sample.top, technology);
  if (!flat) return false;
  double start = now();
  auto magic = magic::extract({file, sample.top, nullptr}, sample.circuit, technology, {}, job);
  figures.magic_s += now() - start;
  start = now();
  const native::Connectivity connectivity = native::find_connectivity(flat.value(), technology);
  auto ours = engine.extract(flat.value(), connectivity, sample.circuit, technology, sample.top);
  figures.native_s += now() - start;
  ++figures.layouts;
  if (!magic || !ours) {
    ++figures.failed;
    figures.worst.emplace_back(
        1e9, sample.name + ": " + (magic ? ours.error().text() : magic.error().text()));
    return true;
  }
  const agreement::Comparison compared =
      agreement::compare(ours.value(), magic.value(), connectivity, technology);
  for (const agreement::Pair& pair : compared.totals) {
    figures.totals.push_back(pair.error());
    note(figures, sample.name, pair);
  }
  for (const agreement::Pair& pair : compared.couplings) {
    figures.couplings.push_back(pair.error());
    note(figures, sample.name, pair);
  }
  figures.unmatched += static_cast<int>(compared.unmatched.size());
  return true;
}

/// Errors in per cent.
void print(const std::string& name, const Figures& f) {
  const auto percent = [](const std::vector<double>& v, double p) {
    return 100 * agreement::quantile(v, p);
  };
  std::printf("%-22s %5d %6zu %7.3f %7.3f %7.3f %6zu %7.3f %7.3f %7.3f %5d %5d %8.2f %8.0f\n",
              name.c_str(), f.layouts, f.totals.size(), percent(f.totals, 0.5),
              percent(f.totals, 0.95), percent(f.totals, 1), f.couplings.size(),
              percent(f.couplings, 0.5), percent(f.couplings, 0.95), percent(f.couplings, 1),
              f.unmatched, f.failed, 1e3 * f.native_s / std::max(1, f.layouts),
              1e3 * f.magic_s / std::max(1, f.layouts));
}

/// Prints; are the limits kept?
bool report(const std::string& name, Figures& figures, int worst) {
  print(name, figures);
  std::sort(figures.worst.rbegin(), figures.worst.rend());
  for (std::size_t i = 0; i < figures.worst.size() && static_cast<int>(i) < worst; ++i) {
    if (figures.worst[i].first > 0.001) {
      std::printf("    %7.2f %%  %s\n", 100 * figures.worst[i].first,
                  figures.worst[i].second.c_str());
    }
  }
  std::fflush(stdout);
  return figures.failed == 0 && figures.unmatched == 0 && figures.layouts > 0 &&
         agreement::quantile(figures.totals, 0.5) < 0.02 &&
         agreement::quantile(figures.totals, 0.95) < 0.08 &&
         agreement::quantile(figures.couplings, 0.5) < 0.02 &&
         agreement::quantile(figures.couplings, 0.95) < 0.08;
}

}  // namespace

int main(int argc, char** argv) {
  int count = 8, worst = 3;
  std::uint64_t seed = 1;
  std::string technology_name = "ptah130";
  std::vector<std::string> circuits;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&]() -> std::string { return i + 1 < argc ? argv[++i] : ""; };
    if (word == "--seed") {
      seed = std::strtoull(value().c_str(), nullptr, 10);
    } else if (word == "--technology") {
      technology_name = value();
    } else if (word == "--worst") {
      worst = std::atoi(value().c_str());
    } else if (!word.empty() && word.find_first_not_of("0123456789") == std::string::npos) {
      count = std::max(1, std::atoi(word.c_str()));
    } else {
      circuits.push_back(word);
    }
  }
  if (circuits.empty()) {
    circuits = {"five_transistors_ota", "miller_ota", "ahuja_ota", "ota_ff", "lpf"};
  }
  if (!find_tool("magic", "magic")) {
    std::fprintf(stderr, "Magic is not installed: nothing to compare with.\n");
    return 77;
  }
  auto technology = Technology::resolve(technology_name);
  if (!technology) {
    std::fprintf(stderr, "%s\n", technology.error().text().c_str());
    return 2;
  }
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      ("ptah_agreement_pex_" + std::to_string(std::hash<std::string>{}(technology_name) ^
                                              static_cast<std::size_t>(now() * 1e6)));
  std::filesystem::create_directories(folder);
  std::printf("%-22s %5s %6s %7s %7s %7s %6s %7s %7s %7s %5s %5s %8s %8s\n", "circuit", "lay.",
              "nets", "med %", "p95 %", "max %", "coupl.", "med %", "p95 %", "max %", "unm.",
              "fail", "ours ms", "magic ms");
  bool kept = true;
  for (const std::string& circuit : circuits) {
    native::PexEngine engine{native::PexOptions{}};
    Figures figures;
    if (circuit.ends_with(".gds")) {
      agreement::Sample sample;
      auto library = gds::read_file(circuit);
      if (!library || library.value().tops().empty()) {
        std::fprintf(stderr, "%s: not a layout\n", circuit.c_str());
        kept = false;
        continue;
      }
      sample.library = std::move(library.value());
      sample.name = sample.top = sample.library.tops().front();
      kept = one(sample, technology.value(), folder, engine, figures) && kept;
      kept = report(sample.name, figures, worst) && kept;
      continue;
    }
    const Status done =
        agreement::each_layout(std::string(PTAH_SOURCE_DIR) + "/configs/circuits/" + circuit, count,
                               seed, technology.value(), [&](const agreement::Sample& sample) {
                                 return one(sample, technology.value(), folder, engine, figures);
                               });
    if (!done) {
      std::fprintf(stderr, "%s: %s\n", circuit.c_str(), done.error().text().c_str());
      kept = false;
      continue;
    }
    kept = report(circuit, figures, worst) && kept;
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return kept ? 0 : 1;
}
