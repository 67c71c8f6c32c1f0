#include "library_simulation.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <string_view>

#include "ngspice_result.hpp"
#include "ptah/sim/deck.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMostModels = 16;

/// The deck without its control block, which is the program's way to run analyses.
std::vector<std::string> circuit_lines(std::string_view text) {
  std::vector<std::string> lines;
  bool control = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line == ".control") control = true;
    // A comment costs ngspice as much as a line; the first line is the title.
    if (!control && !line.empty() && (line.front() != '*' || lines.empty()))
      lines.emplace_back(line);
    if (line == ".endc") control = false;
  }
  return lines;
}

bool finite(const Waveform& waveform) {
  for (const auto& values : waveform.y) {
    for (const auto& value : values) {
      if (!std::isfinite(value.real()) || !std::isfinite(value.imag())) return false;
    }
  }
  return true;
}

}  // namespace

Result<LibrarySimulation::Models*> LibrarySimulation::models(const ExtractedNetlist& netlist,
                                                             const Testbench& testbench,
                                                             const Technology& technology) {
  ModelRequest request;
  request.uses = model_uses(netlist, testbench, technology);
  request.corner = testbench.corner;
  const auto same = [&](const std::unique_ptr<Models>& models) {
    return models->technology == &technology && models->technology_name == technology.name() &&
           models->request.corner == request.corner && models->request.uses == request.uses;
  };
  const auto found = std::find_if(models_.begin(), models_.end(), same);
  if (found != models_.end()) {
    std::rotate(found, found + 1, models_.end());
    return models_.back().get();
  }
  auto fresh = std::make_unique<Models>();
  PTAH_TRY(fresh->text, spice_models(technology, request));
  fresh->technology = &technology;
  fresh->technology_name = technology.name();
  fresh->request = std::move(request);
  if (models_.size() >= kMostModels) models_.erase(models_.begin());
  models_.push_back(std::move(fresh));
  return models_.back().get();
}

Result<std::vector<Waveform>> LibrarySimulation::simulate(const ExtractedNetlist& netlist,
                                                          const Testbench& testbench,
                                                          const Technology& technology,
                                                          JobContext& job) {
  if (!library_) {
    PTAH_TRY(library_, NgspiceLibrary::acquire());
  }
  PTAH_TRY(Models* const used, models(netlist, testbench, technology));
  // What may be written and what not is decided in one place for both ways to run ngspice.
  PTAH_TRY(const Deck deck, simulation_deck(netlist, testbench, technology, used->text));
  std::vector<std::string> lines;
  if (options_.flatten) {
    PTAH_TRY(lines, used->flat.deck(deck.text, used->text, *library_, options_.wall_s, job));
  }
  if (lines.empty()) lines = circuit_lines(deck.text);
  std::vector<LibraryAnalysis> analyses;
  for (const DeckAnalysis& analysis : deck.analyses) {
    // ngspice folds the case of a deck, but not of a command.
    std::string command = analysis.card.substr(1);
    for (char& c : command) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    analyses.push_back({analysis.kind, std::move(command), testbench.outputs});
  }
  PTAH_TRY(LibraryRun run, library_->run(lines, analyses, options_.wall_s, job));

  const auto failed = [&](const std::string& message) {
    std::string said;
    for (const std::string& line : run.said) said += line + "\n";
    return ngspice_failure(message, ngspice_complaints({said}), netlist.name);
  };
  for (std::size_t i = 0; i < deck.analyses.size(); ++i) {
    const DeckAnalysis& analysis = deck.analyses[i];
    if (i >= run.waveforms.size()) {
      return failed("The simulation gave no result for \"" + analysis.card + "\";");
    }
    Waveform& waveform = run.waveforms[i];
    const std::size_t expected = analysis.kind == "noise" ? 2 : testbench.outputs.size();
    // An operating point may lack some outputs, as with the program; a sweep may not.
    if (waveform.names.empty() || (analysis.kind != "op" && waveform.names.size() != expected)) {
      for (const std::string& output : testbench.outputs) {
        if (waveform.find(output) != nullptr) continue;
        run.said.push_back("Error: no such vector " + output);
        break;
      }
      return failed("The result of \"" + analysis.card + "\" lacks an output;");
    }
    const bool whole = std::all_of(waveform.y.begin(), waveform.y.end(), [&](const auto& values) {
      return values.size() == waveform.x.size();
    });
    if (!whole || !covers(waveform, analysis)) {
      return failed("The result of \"" + analysis.card + "\" is incomplete;");
    }
    if (!finite(waveform)) {
      return failed("The result of \"" + analysis.card + "\" holds a value that is not finite;");
    }
  }
  return std::move(run.waveforms);
}

}  // namespace ptah
