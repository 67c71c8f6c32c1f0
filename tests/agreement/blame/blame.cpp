/// ptah_agreement_blame [VARIANTS]: for random variants of the shipped circuits, is the net that
/// score.layout blames most the one whose halved parasitics lower pscore most? The other side knows
/// nothing of the blame: it extracts the file again, halves the capacitors node by node as the
/// netlist names them, and simulates with the ngspice program instead of the library.
///
/// Exit status 0: in every variant; 1: not in every one; 77: the build lacks the native plugins.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "flow/chain.hpp"
#include "flow/circuit_input.hpp"
#include "flow/flow_config.hpp"
#include "flow/stage_runner.hpp"
#include "flow/tasks.hpp"
#include "ptah/core/letter_case.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/netlist/fingers.hpp"

namespace {

using namespace ptah;

const char* const kCircuits[] = {"five_transistors_ota", "miller_ota", "ahuja_ota", "ota_ff",
                                 "lpf"};
/// Moves of one assignment; then another assignment is drawn.
constexpr int kVariantsOfOne = 4;

class Sink final : public TaskSink {
 public:
  void emit(const Json& event) override {
    if (event["event"] == "variant") variants.push_back(event);
  }
  bool cancelled() const noexcept override { return false; }
  std::vector<Json> variants;
};

/// The variant's layout, in a file of its own.
Result<std::string> layout_of(const Json& variant, const std::filesystem::path& folder) {
  for (const Json& file : variant["files"]) {
    if (file["role"] != "gds") continue;
    PTAH_TRY(const std::string text, read_text_file(file["path"].get<std::string>()));
    const auto path = folder / ("variant" + variant["variant"].dump() + ".gds");
    PTAH_TRY(write_text_file(
        path, text.substr(file.value("offset", std::size_t{0}), file.value("size", text.size())),
        Durability::kCached));
    return path.string();
  }
  return make_error(ErrorCode::kNotFound, "The variant has no layout.");
}

/// What halving the capacitors at one node gives.
struct Candidate {
  std::string node;
  double fF = 0;
  double gain_V = 0;
};

/// The other side: candidates by gain, the best first.
class Independent {
 public:
  Independent(PluginHost& host, const Technology& technology, Circuit circuit, Testbench testbench,
              FlowJob& job)
      : host_(host),
        technology_(technology),
        circuit_(std::move(circuit)),
        testbench_(std::move(testbench)),
        job_(job) {}

  Result<std::vector<Candidate>> run(const std::string& gds, const std::string& top) {
    PTAH_TRY(const auto flow, load_flow("native"));
    const StageChoice& chosen = flow.stages.at("extractor");
    PTAH_TRY(auto extractor, host_.create<Extractor>(chosen.plugin, chosen.options));
    PTAH_TRY(auto simulator, host_.create<Simulator>("ngspice"));
    PTAH_TRY(const auto netlist, extractor->extract({gds, top}, circuit_, technology_, job_));
    if (pre_.empty()) {
      PTAH_TRY(pre_, output(*simulator, schematic_netlist(circuit_, technology_)));
    }
    PTAH_TRY(const auto post, output(*simulator, netlist));
    PTAH_TRY(const double present, pscore(pre_, post));
    // Supplies: the bulks of the transistors that are ports.
    std::set<std::string> rails{"vsubs", "sub", "0"};
    for (const Device& device : circuit_.devices) {
      const std::size_t bulk = device.is_mos() ? 3 : 2;
      if (device.nets.size() <= bulk || device.kind == DeviceKind::kCapacitor) continue;
      if (circuit_.is_port(device.nets[bulk])) {
        rails.insert(lower_case(circuit_.nets[static_cast<std::size_t>(device.nets[bulk])].name));
      }
    }
    std::map<std::string, double> totals;
    for (const ExtractedCapacitor& capacitor : netlist.capacitors) {
      if (capacitor.a == capacitor.b) continue;
      totals[capacitor.a] += capacitor.farad;
      totals[capacitor.b] += capacitor.farad;
    }
    std::vector<Candidate> candidates;
    for (const auto& [node, farad] : totals) {
      if (rails.contains(lower_case(node))) continue;
      ExtractedNetlist lighter = netlist;
      for (ExtractedCapacitor& capacitor : lighter.capacitors) {
        if (capacitor.a == capacitor.b) continue;
        if (capacitor.a == node || capacitor.b == node) capacitor.farad *= 0.5;
      }
      PTAH_TRY(const auto changed, output(*simulator, lighter));
      PTAH_TRY(const double score, pscore(pre_, changed));
      candidates.push_back({node, farad * 1e15, present - score});
    }
    std::stable_sort(candidates.begin(), candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.gain_V > b.gain_V; });
    return candidates;
  }

 private:
  Result<std::vector<std::complex<double>>> output(Simulator& simulator,
                                                   const ExtractedNetlist& netlist) {
    PTAH_TRY(const auto waveforms, simulator.simulate(netlist, testbench_, technology_, job_));
    const auto* found = waveforms.front().find(testbench_.outputs.front());
    if (found == nullptr) return make_error(ErrorCode::kNotFound, "The output is not there.");
    return *found;
  }

  PluginHost& host_;
  const Technology& technology_;
  Circuit circuit_;
  Testbench testbench_;
  FlowJob& job_;
  std::vector<std::complex<double>> pre_;
};

struct Row {
  int variants = 0, right = 0;
  double worst = 0;  ///< Relative difference of the best gain, as the two sides compute it.
  std::vector<double> shares;
  std::map<std::string, int> blamed;
};

/// One assignment with a few moves.
Status examine(PluginHost& host, const std::string& circuit, std::uint64_t seed, int variants,
               const std::filesystem::path& scratch, Row& row) {
  const Technology& technology = Technology::ptah130();
  Sink sink;
  PTAH_TRY(const Json plan, run_task("plan",
                                     {{"circuit", circuit},
                                      {"assignments", 1},
                                      {"variants", variants - 1},
                                      {"seed", seed},
                                      {"judges", "none"},
                                      {"flow", "native"}},
                                     scratch, host, sink));
  const auto folder = scratch / (circuit + std::to_string(seed));
  std::filesystem::create_directories(folder);
  PTAH_TRY(run_task("chain", chain_task(plan["common"], plan["chains"][0]), folder, host, sink));
  PTAH_TRY(const auto input, read_circuit_input({.circuit = circuit}));
  PTAH_TRY(auto loaded, load_circuit(input, technology));
  const FingerAssignment fingers = sink.variants.front()["record"]["fingers"];
  PTAH_TRY(auto counted, with_fingers(loaded.circuit, fingers));
  FlowJob job(sink, 0, folder);
  Independent independent(host, technology, std::move(counted), *loaded.testbench, job);
  for (const Json& variant : sink.variants) {
    PTAH_TRY(const std::string gds, layout_of(variant, folder));
    PTAH_TRY(
        const Json score,
        run_task(
            "score.layout",
            {{"layout", {{"path", gds}}}, {"circuit", circuit}, {"drc", false}, {"blame", true}},
            folder, host, sink));
    if (!score["pscore_V"].is_number()) {
      return make_error(ErrorCode::kInternal, "No score: " + score["reason"].dump(), gds);
    }
    const Json& most = score["nets"][0];
    PTAH_TRY(const auto candidates, independent.run(gds, score["top"]));
    const Candidate& best = candidates.front();
    const std::string name = most["net"];
    const bool named = lower_case(name) == lower_case(best.node);
    const bool weighed = std::abs(most["total_fF"].get<double>() - best.fF) < 1e-6 * best.fF;
    const double difference = std::abs(most["blame_V"].get<double>() - best.gain_V) /
                              std::max(1e-12, std::abs(best.gain_V));
    // Inner nets have other names in the netlist; their capacitance tells them apart.
    const bool right = (named || weighed) && difference < 1e-3;
    ++row.variants;
    row.right += right;
    row.worst = std::max(row.worst, difference);
    row.shares.push_back(most["blame"]);
    ++row.blamed[name];
    if (!right) {
      std::printf("%s seed %llu: blamed %s (%.3f fF, %.6g V), but %s (%.3f fF) gives %.6g V\n",
                  circuit.c_str(), static_cast<unsigned long long>(seed), name.c_str(),
                  most["total_fF"].get<double>(), most["blame_V"].get<double>(), best.node.c_str(),
                  best.fF, best.gain_V);
    }
  }
  return ok();
}

int run(int wanted) {
  ::setenv("PTAH_CONFIGS", PTAH_SOURCE_DIR "/configs", 1);
  PluginHost host;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(PTAH_BUILD_DIR "/plugins")) {
    if (entry.path().extension() == ".so") files.push_back(entry.path());
  }
  host.load_all(files);
  if (host.find(PluginKind::kVerifier, "native_lvs") == nullptr ||
      host.find(PluginKind::kSimulator, "ngspice_library") == nullptr) {
    std::printf("the build lacks the native plugins\n");
    return 77;
  }
  auto scratch = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-blame");
  if (scratch.has_error()) {
    std::fprintf(stderr, "%s\n", scratch.error().text().c_str());
    return 2;
  }
  int all = 0, right = 0;
  std::printf("%-22s %8s %6s %12s %12s  %s\n", "circuit", "variants", "right", "median share",
              "difference", "blamed most");
  constexpr int kCount = static_cast<int>(std::size(kCircuits));
  for (int c = 0; c < kCount; ++c) {
    Row row;
    int left = wanted / kCount + (c < wanted % kCount ? 1 : 0);
    for (std::uint64_t seed = 1; left > 0; ++seed) {
      const int now = std::min(left, kVariantsOfOne);
      left -= now;
      if (const Status status = examine(host, kCircuits[c], seed, now, scratch.value().path(), row);
          status.has_error()) {
        std::fprintf(stderr, "%s: %s\n", kCircuits[c], status.error().text().c_str());
        return 2;
      }
    }
    if (row.variants == 0) continue;
    std::sort(row.shares.begin(), row.shares.end());
    std::string blamed;
    for (const auto& [net, count] : row.blamed) {
      blamed += (blamed.empty() ? "" : ", ") + net + " " + std::to_string(count);
    }
    std::printf("%-22s %8d %6d %11.1f%% %12.1e  %s\n", kCircuits[c], row.variants, row.right,
                100 * row.shares[row.shares.size() / 2], row.worst, blamed.c_str());
    all += row.variants;
    right += row.right;
  }
  std::printf("%d of %d variants: halving the net blamed most lowers pscore most\n", right, all);
  return right == all ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const int wanted = argc > 1 ? std::atoi(argv[1]) : 100;
  if (wanted < 1 || wanted > 100'000) {
    std::fprintf(stderr, "ptah_agreement_blame [VARIANTS]\n");
    return 2;
  }
  return run(wanted);
}
