#include "ngspice_simulation.hpp"

#include <map>
#include <optional>
#include <string>

#include "ngspice_result.hpp"
#include "ptah/core/letter_case.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/sim/deck.hpp"
#include "ptah/sim/models.hpp"
#include "ptah/sim/raw_file.hpp"
#include "wire_nodes.hpp"

namespace ptah {
namespace {

/// The program's run of a deck; the results are in the folder.
struct DeckRun {
  ScratchDir folder;
  ToolOutput output;
};

Result<DeckRun> run_deck(const std::filesystem::path& program, const std::string& deck,
                         const NgspiceLimits& limits, JobContext& job) {
  PTAH_TRY(ScratchDir scratch, ScratchDir::create(job.scratch_dir(), "ngspice"));
  PTAH_TRY(write_text_file(scratch.path() / "deck.spice", deck, Durability::kCached));
  // A deck named on the command line is copied into a file in /tmp first, where ngspice may not
  // write. Its start file is read from where it lies; with one here, no other is looked for.
  PTAH_TRY(
      write_text_file(scratch.path() / ".spiceinit", "source deck.spice\n", Durability::kCached));

  ToolRun run;
  run.program = program;
  run.arguments = {"-b"};
  run.directory = scratch.path();
  run.wall_limit_s = limits.wall_s;
  run.cpu_limit_s = limits.wall_s;
  run.memory_limit_bytes = limits.memory_bytes;
  PTAH_TRY(ToolOutput output, run_tool(run, job));
  return DeckRun{std::move(scratch), std::move(output)};
}

/// `deck` with the operating point of the circuit without its wires to start from; as it was where
/// that one has none.
Result<std::string> settled(std::string deck, const ExtractedNetlist& netlist,
                            const Testbench& testbench, const Technology& technology,
                            const std::string& models, const std::filesystem::path& program,
                            const NgspiceLimits& limits, JobContext& job) {
  const auto joined = join_wires(netlist);
  if (!joined) return deck;
  PTAH_TRY(const Deck start,
           simulation_deck(joined->netlist, operating_point_bench(testbench), technology, models));
  PTAH_TRY(const DeckRun run, run_deck(program, start.text, limits, job));
  const std::string& file = start.analyses.front().raw_file;
  const auto text = read_text_file(run.folder.path() / file, 512u << 20);
  if (!text) return deck;
  const auto waveform = read_raw(text.value(), file);
  if (!waveform) return deck;
  std::map<std::string, double> voltages;
  for (std::size_t i = 0; i < waveform.value().names.size(); ++i) {
    const std::string name = lower_case(waveform.value().names[i]);
    const auto& values = waveform.value().y[i];
    if (!name.starts_with("v(") || !name.ends_with(")") || values.empty()) continue;
    voltages[name.substr(2, name.size() - 3)] = values.front().real();
  }
  std::string lines;
  for (const std::string& line : wire_nodesets(*joined, testbench, voltages)) lines += line + "\n";
  if (lines.empty()) return deck;
  const std::string step = std::string(kDeckStepGmin) + "\n";
  if (const std::size_t at = deck.find(step); at != std::string::npos) {
    deck.replace(at, step.size(), lines);
  }
  return deck;
}

}  // namespace

Result<std::vector<Waveform>> simulate_with_ngspice(const ExtractedNetlist& given,
                                                    const Testbench& testbench,
                                                    const Technology& technology,
                                                    const NgspiceLimits& limits, JobContext& job) {
  PTAH_TRY(const std::filesystem::path program, find_tool("ngspice", "ngspice"));
  std::optional<ExtractedNetlist> direct;
  if (!given.resistors.empty() && only_direct_current(testbench)) {
    direct = given;
    direct->capacitors.clear();
  }
  const ExtractedNetlist& netlist = direct ? *direct : given;
  ModelRequest request;
  request.uses = model_uses(netlist, testbench, technology);
  request.corner = testbench.corner;
  PTAH_TRY(const std::string models, spice_models(technology, request));
  PTAH_TRY(Deck deck, simulation_deck(netlist, testbench, technology, models));
  if (!netlist.resistors.empty()) {
    PTAH_TRY(deck.text, settled(std::move(deck.text), netlist, testbench, technology, models,
                                program, limits, job));
  }
  PTAH_TRY(const DeckRun run, run_deck(program, deck.text, limits, job));
  const ToolOutput& output = run.output;

  const auto failed = [&](const std::string& message) {
    std::string words = ngspice_complaints({output.err, output.out});
    if (words.empty() && output.signal != 0) {
      words = "ended by signal " + std::to_string(output.signal);
    }
    return ngspice_failure(message, words, netlist.name);
  };
  const bool finished = output.out.find(kDeckEndMark) != std::string::npos;
  std::vector<Waveform> waveforms;
  for (const DeckAnalysis& analysis : deck.analyses) {
    auto text = read_text_file(run.folder.path() / analysis.raw_file, 512u << 20);
    if (!text) {
      return failed("The simulation gave no result for \"" + analysis.card + "\";");
    }
    PTAH_TRY(Waveform waveform, read_raw(text.value(), analysis.raw_file));
    if (waveform.analysis != analysis.kind || !covers(waveform, analysis)) {
      return failed("The result of \"" + analysis.card + "\" is incomplete;");
    }
    waveforms.push_back(keep_outputs(std::move(waveform), deck.outputs));
    if (waveforms.back().names.empty()) {
      return failed("The result of \"" + analysis.card + "\" holds none of the outputs;");
    }
  }
  if (!finished) return failed("The simulation ended early;");
  return waveforms;
}

}  // namespace ptah
