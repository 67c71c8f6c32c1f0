#include "agreement.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "../pex/layouts.hpp"
#include "extracted_spice.hpp"
#include "magic_session.hpp"
#include "magic_view.hpp"
#include "mutations.hpp"
#include "native_lvs.hpp"
#include "netgen_lvs.hpp"

namespace ptah::agreement {
namespace {

namespace fs = std::filesystem;

/// Pairs a base layout gives: the drawing as it is against so many schematics, and damaged
/// drawings.
constexpr std::size_t kHarmless = 6, kMutated = 4, kLayouts = 2;

class Comparer {
 public:
  Comparer(const Settings& settings, const Technology& technology)
      : settings_(settings), technology_(technology), rng_(settings.seed) {
    for (const auto* kinds : {&harmless_mutations(), &schematic_mutations(), &layout_mutations()}) {
      for (const std::string& kind : *kinds) table_.rows.emplace_back(kind, Row{});
    }
  }

  Result<Table> run() {
    static const char* const kCircuits[] = {"configs/circuits/five_transistors_ota",
                                            "configs/circuits/miller_ota",
                                            "configs/circuits/ahuja_ota",
                                            "configs/circuits/ota_ff",
                                            "configs/circuits/lpf",
                                            "tests/agreement/circuits/mixed",
                                            "tests/agreement/circuits/voltages"};
    constexpr int kPerBase = static_cast<int>(kHarmless + kMutated + kLayouts);
    const int bases = (settings_.pairs + kPerBase - 1) / kPerBase;
    for (std::size_t c = 0; c < std::size(kCircuits); ++c) {
      const int count = (bases + static_cast<int>(c)) / static_cast<int>(std::size(kCircuits));
      if (count == 0) continue;
      Status status = ok();
      PTAH_TRY(each_layout(std::string(PTAH_SOURCE_DIR) + "/" + kCircuits[c], count,
                           settings_.seed + c, technology_, [&](const Sample& sample) {
                             status = base(sample);
                             return status.has_value() && table_.pairs < settings_.pairs;
                           }));
      PTAH_TRY(status);
    }
    return std::move(table_);
  }

 private:
  Status base(const Sample& sample) {
    PTAH_TRY(const gds::Flat flat, gds::flatten(sample.library, sample.top, technology_));
    const native::Connectivity found = native::find_connectivity(flat, technology_);
    std::vector<std::pair<std::string, Circuit>> schematics;
    for (std::size_t k = 0; k < kHarmless; ++k) {
      const std::string& kind = harmless_mutations()[k % harmless_mutations().size()];
      auto circuit = mutate(sample.circuit, kind, technology_, rng_);
      // Where there is nothing of the kind, as drawn.
      schematics.emplace_back(circuit ? kind : "unchanged", circuit ? *circuit : sample.circuit);
    }
    for (std::size_t k = 0; k < kMutated;) {
      const auto& kinds = schematic_mutations();
      const std::string& kind = kinds[next_schematic_++ % kinds.size()];
      auto circuit = mutate(sample.circuit, kind, technology_, rng_);
      if (!circuit) continue;
      schematics.emplace_back(kind, std::move(*circuit));
      ++k;
    }
    PTAH_TRY(judge(sample, sample.library, flat, schematics));
    for (std::size_t k = 0; k < kLayouts;) {
      const auto& kinds = layout_mutations();
      const std::string& kind = kinds[next_layout_++ % kinds.size()];
      auto damaged = mutate(flat, found, kind, technology_, rng_);
      if (!damaged) continue;
      schematics.assign(1, {kind, sample.circuit});
      PTAH_TRY(
          judge(sample, flat_library(*damaged, sample.top, technology_), *damaged, schematics));
      ++k;
    }
    return ok();
  }

  Status judge(const Sample& sample, const gds::Library& library, const gds::Flat& flat,
               const std::vector<std::pair<std::string, Circuit>>& schematics) {
    const fs::path folder = settings_.scratch / ("layout" + std::to_string(serial_++));
    std::error_code ignored;
    fs::create_directories(folder, ignored);
    const fs::path gds = folder / "layout.gds";
    PTAH_TRY(gds::write_file(library, gds));
    SimpleJobContext job(0, folder);
    PTAH_TRY(const magic::Session session,
             magic::examine({gds, sample.top}, {}, technology_, {}, job));
    PTAH_TRY(const ExtractedNetlist extracted,
             magic::read_extracted(session.devices_spice, session.capacitors_spice, technology_));
    for (const auto& [kind, circuit] : schematics) {
      const auto start = std::chrono::steady_clock::now();
      PTAH_TRY(const Verdict ours, native::compare(flat, circuit, technology_));
      table_.native_seconds +=
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      ExtractedNetlist netlist = extracted;
      magic::adopt_names(circuit, technology_, netlist);
      PTAH_TRY(const Verdict theirs,
               netgen::compare_netlists(netlist, circuit, technology_, {}, job));
      PTAH_TRY(std::string explanation, ours.clean == theirs.clean
                                            ? Result<std::string>(std::string())
                                            : explain(flat, circuit, theirs));
      count(kind, sample.name, ours, theirs, std::move(explanation), gds);
    }
    fs::remove_all(folder, ignored);
    return ok();
  }

  void count(const std::string& kind, const std::string& name, const Verdict& ours,
             const Verdict& theirs, std::string explanation, const fs::path& gds) {
    const auto found = std::find_if(table_.rows.begin(), table_.rows.end(),
                                    [&](const auto& row) { return row.first == kind; });
    Row& row = found->second;
    ++row.pairs;
    ++table_.pairs;
    const auto& harmless = harmless_mutations();
    table_.mutated += std::find(harmless.begin(), harmless.end(), kind) == harmless.end();
    if (ours.clean && theirs.clean) {
      ++row.both_match;
    } else if (!ours.clean && !theirs.clean) {
      ++row.both_mismatch;
    } else {
      Disagreement d{kind, name, ours.summary, theirs.summary, std::move(explanation)};
      ++(d.explanation.empty() ? row.unexplained : row.explained);
      if (!d.explanation.empty()) ++table_.explanations[d.explanation];
      if (!settings_.keep.empty()) {
        std::error_code ignored;
        fs::copy_file(gds,
                      settings_.keep /
                          ("disagreement" + std::to_string(table_.disagreements.size()) + ".gds"),
                      fs::copy_options::overwrite_existing, ignored);
      }
      table_.disagreements.push_back(std::move(d));
    }
  }

  /// What Magic is known to see differently, if seeing it so turns our verdict into theirs.
  Result<std::string> explain(const gds::Flat& flat, const Circuit& circuit,
                              const Verdict& theirs) const {
    for (const MagicView& view : magic_views()) {
      PTAH_TRY(const Verdict ours,
               native::compare(view.see(flat, technology_), circuit, technology_));
      if (ours.clean == theirs.clean) return view.name;
    }
    return std::string();
  }

  const Settings& settings_;
  const Technology& technology_;
  Rng rng_;
  Table table_;
  std::size_t next_schematic_ = 0, next_layout_ = 0;
  int serial_ = 0;
};

}  // namespace

Result<Table> compare_judges(const Settings& settings, const Technology& technology) {
  return Comparer(settings, technology).run();
}

std::string to_text(const Table& table) {
  std::string out;
  char line[256];
  std::snprintf(line, sizeof line, "%-26s %6s %11s %14s %10s %12s\n", "pairs of", "pairs",
                "both match", "both mismatch", "explained", "unexplained");
  out += line;
  Row all;
  const auto print = [&](const std::string& name, const Row& row) {
    std::snprintf(line, sizeof line, "%-26s %6d %11d %14d %10d %12d\n", name.c_str(), row.pairs,
                  row.both_match, row.both_mismatch, row.explained, row.unexplained);
    out += line;
  };
  for (const auto& [name, row] : table.rows) {
    print(name, row);
    all.pairs += row.pairs;
    all.both_match += row.both_match;
    all.both_mismatch += row.both_mismatch;
    all.explained += row.explained;
    all.unexplained += row.unexplained;
  }
  print("all", all);
  std::snprintf(line, sizeof line, "mutated: %d of %d; native_lvs took %.3f ms a pair\n",
                table.mutated, table.pairs,
                table.pairs > 0 ? table.native_seconds * 1000 / table.pairs : 0.0);
  out += line;
  for (const auto& [text, count] : table.explanations)
    out += std::to_string(count) + " x " + text + "\n";
  for (const Disagreement& d : table.disagreements) {
    out += (d.explanation.empty() ? "UNEXPLAINED " : "explained ") + d.kind + ", " + d.layout +
           "\n  native: " + d.ours + "\n  netgen: " + d.theirs + "\n";
    if (!d.explanation.empty()) out += "  " + d.explanation + "\n";
  }
  return out;
}

}  // namespace ptah::agreement
