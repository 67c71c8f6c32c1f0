#include "ngspice_simulation.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string>
#include <string_view>

#include "ptah/core/run_tool.hpp"
#include "ptah/sim/deck.hpp"
#include "ptah/sim/models.hpp"
#include "ptah/sim/raw_file.hpp"

namespace ptah {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// The lines in which ngspice says what went wrong, at most four, each once. Its warnings about
/// models ("Model issue on line", "IKK too small") are harmless and many.
std::string complaints(const ToolOutput& output) {
  std::vector<std::string> lines;
  for (const std::string* text : {&output.err, &output.out}) {
    std::string_view rest = *text;
    while (!rest.empty() && lines.size() < 4) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      std::string line(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())))
        line.pop_back();
      const std::string words = lower(line);
      const auto says = [&](const char* text_of) {
        return words.find(text_of) != std::string::npos;
      };
      const bool relevant = says("error") || says("aborted") || says("singular matrix") ||
                            says("no convergence") || says("converge") || says("too small") ||
                            says("unknown") || says("could not find") || says("can't find") ||
                            says("undefined") || says("no such") || says("not available") ||
                            says("failed");
      if (!relevant || says("ikk too small") || says("model issue on line")) continue;
      line = line.substr(0, 200);
      if (std::find(lines.begin(), lines.end(), line) == lines.end()) lines.push_back(line);
    }
  }
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : " | ") + line;
  return text;
}

bool did_not_converge(const std::string& words) {
  const std::string text = lower(words);
  for (const char* sign : {"converge", "singular matrix", "iteration limit", "timestep too small",
                           "gmin stepping failed", "source stepping failed"}) {
    if (text.find(sign) != std::string::npos) return true;
  }
  return false;
}

/// Does the sweep run from its first to its last value?
bool covers(const Waveform& waveform, const DeckAnalysis& analysis) {
  if (analysis.kind == "op") return waveform.x.size() == 1;
  if (waveform.x.empty()) return false;
  const double begin = waveform.x.front();
  const double end = waveform.x.back();
  const double span = std::max({std::abs(analysis.first), std::abs(analysis.last), 1e-300});
  if (analysis.step_ratio > 1) {
    const double points =
        std::floor(std::log(analysis.last / analysis.first) / std::log(analysis.step_ratio) +
                   1e-6) +
        1;
    return std::abs(begin - analysis.first) <= 1e-6 * span &&
           end * analysis.step_ratio > analysis.last * (1 - 1e-6) &&
           static_cast<double>(waveform.x.size()) >= points;
  }
  if (analysis.kind == "tran") {
    return begin <= analysis.first + 0.5 * (analysis.last - analysis.first) &&
           end >= analysis.last * (1 - 1e-6);
  }
  return std::abs(begin - analysis.first) <= 1e-6 * span &&
         std::abs(end - analysis.last) <= analysis.step * (1 + 1e-6);
}

/// Only what was asked for: ngspice adds scales and saves the rest of an operating point.
Waveform keep_outputs(Waveform waveform, const std::vector<std::string>& outputs) {
  for (std::string& name : waveform.names) {
    // "noise1.onoise_spectrum": the plot's name is of no use to anybody.
    if (name.rfind("noise", 0) == 0 && name.find('.') != std::string::npos) {
      name = name.substr(name.find('.') + 1);
    }
  }
  if (waveform.analysis != "op") return waveform;
  Waveform kept = waveform;
  kept.names.clear();
  kept.y.clear();
  for (const std::string& output : outputs) {
    if (const auto* values = waveform.find(output)) {
      kept.names.push_back(lower(output));
      kept.y.push_back(*values);
    }
  }
  return kept;
}

}  // namespace

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
  PTAH_TRY(write_text_file(scratch.path() / "deck.spice", deck.text));

  ToolRun run;
  run.program = program;
  run.arguments = {"-n", "-b", "deck.spice"};
  run.directory = scratch.path();
  run.wall_limit_s = limits.wall_s;
  run.cpu_limit_s = limits.wall_s;
  run.memory_limit_bytes = limits.memory_bytes;
  PTAH_TRY(const ToolOutput output, run_tool(run, job));

  const std::string where = "circuit " + netlist.name;
  const auto failed = [&](const std::string& message) {
    std::string words = complaints(output);
    if (words.empty() && output.signal != 0) {
      words = "ended by signal " + std::to_string(output.signal);
    }
    if (words.empty()) words = "it gave no reason";
    if (did_not_converge(words)) {
      return make_error(ErrorCode::kToolFailed,
                        "The simulation does not converge; ngspice says: " + words + ".", where,
                        "check the testbench's sources and the circuit's bias");
    }
    return make_error(ErrorCode::kToolFailed, message + " ngspice says: " + words + ".", where);
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
    waveforms.push_back(keep_outputs(std::move(waveform), testbench.outputs));
    if (waveforms.back().names.empty()) {
      return failed("The result of \"" + analysis.card + "\" holds none of the outputs;");
    }
  }
  if (!finished) return failed("The simulation ended early;");
  return waveforms;
}

}  // namespace ptah
