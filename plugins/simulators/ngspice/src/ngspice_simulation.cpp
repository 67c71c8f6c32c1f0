#include "ngspice_simulation.hpp"

#include <string>

#include "ngspice_result.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/sim/deck.hpp"
#include "ptah/sim/models.hpp"
#include "ptah/sim/raw_file.hpp"

namespace ptah {

Result<std::vector<Waveform>> simulate_with_ngspice(const ExtractedNetlist& netlist,
                                                    const Testbench& testbench,
                                                    const Technology& technology,
                                                    const NgspiceLimits& limits, JobContext& job) {
  PTAH_TRY(const std::filesystem::path program, find_tool("ngspice", "ngspice"));
  ModelRequest request;
  request.uses = model_uses(netlist, testbench, technology);
  request.corner = testbench.corner;
  PTAH_TRY(const std::string models, spice_models(technology, request));
  PTAH_TRY(const Deck deck, simulation_deck(netlist, testbench, technology, models));
  PTAH_TRY(const ScratchDir scratch, ScratchDir::create(job.scratch_dir(), "ngspice"));
  PTAH_TRY(write_text_file(scratch.path() / "deck.spice", deck.text, Durability::kCached));
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
  PTAH_TRY(const ToolOutput output, run_tool(run, job));

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
    auto text = read_text_file(scratch.path() / analysis.raw_file, 512u << 20);
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
