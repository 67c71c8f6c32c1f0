#include "library_simulation.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>
#include <string_view>

#include "canonical.hpp"
#include "model_text.hpp"
#include "ngspice_result.hpp"
#include "ptah/core/letter_case.hpp"
#include "ptah/sim/analysis.hpp"
#include "ptah/sim/deck.hpp"
#include "spice_text.hpp"
#include "wire_nodes.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMostModels = 16, kMostStarts = 16;
/// A deck has no less (ptah/sim/deck.cpp).
constexpr double kLeastOhm = 1e-3;

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

/// The values of `lines` that layouts of one circuit differ in, apart: the wire capacitors of the
/// DUT ("C1" has farads[0]), its wire resistors ("Rw1") and the diffusion of its transistors.
/// Nothing when the DUT is instantiated in other ways than by lines of their own.
std::optional<LibraryCircuit> values_apart(std::vector<std::string> lines, const std::string& dut,
                                           const std::vector<double>& farads,
                                           const std::vector<double>& ohms) {
  const auto begins = [&](const std::string& line, std::string_view keyword) {
    return lower_case(line.substr(0, keyword.size())) == keyword;
  };
  const auto is_begin = [&](const std::string& line) { return begins(line, ".subckt"); };
  // Models that were left whole come before the DUT.
  const auto first = std::find_if(lines.begin(), lines.end(), [&](const std::string& line) {
    return is_begin(line) && statement_words(line)[1] == lower_case(dut);
  });
  const auto last = std::find_if(first, lines.end(),
                                 [&](const std::string& line) { return begins(line, ".ends"); });
  if (last == lines.end() || std::find_if(last, lines.end(), is_begin) != lines.end()) return {};
  std::vector<std::string> instances;
  for (auto line = last; line != lines.end(); ++line) {
    if (!begins(*line, "x")) continue;
    const std::vector<std::string> words = statement_words(*line);
    // The name becomes a part of commands.
    if (words.back() != lower_case(dut) || !is_command_name(words.front())) return {};
    instances.push_back(words.front());
  }

  LibraryCircuit circuit;
  const auto set_apart = [&](const std::string& element, const std::string& name, double value) {
    for (const std::string& instance : instances) {
      circuit.values.push_back(
          {std::string(1, element[0]) + "." + instance + "." + element, name, value});
    }
  };
  for (auto line = first; line != last; ++line) {
    const bool wire = line->size() > 1 && (*line)[0] == 'C' && std::isdigit((*line)[1]) != 0;
    if (wire) {
      const std::size_t number = std::stoul(line->substr(1));
      if (number > farads.size()) return {};
      set_apart("c" + std::to_string(number), "", farads[number - 1]);
      line->replace(line->rfind(' ') + 1, std::string::npos, "0");
    } else if (line->size() > 2 && line->compare(0, 2, "Rw") == 0 &&
               std::isdigit(static_cast<unsigned char>((*line)[2])) != 0) {
      const std::size_t number = std::stoul(line->substr(2));
      if (number > ohms.size()) return {};
      set_apart("rw" + std::to_string(number), "", ohms[number - 1]);
      line->replace(line->rfind(' ') + 1, std::string::npos, "1");
    } else if (begins(*line, "x") && line->find(" ad=") != std::string::npos) {
      return {};  // a transistor whose model could not be expanded
    } else if (begins(*line, "m")) {
      const std::string element = lower_case(line->substr(0, line->find(' ')));
      if (!is_command_name(element)) return {};
      for (const std::string_view name : kDiffusion) {
        const std::size_t at = line->find(" " + std::string(name) + "=");
        if (at == std::string::npos) continue;
        const std::size_t from = at + name.size() + 2;
        const std::size_t end = std::min(line->find(' ', from), line->size());
        const auto value = spice_number(std::string_view(*line).substr(from, end - from));
        if (!value) return {};
        set_apart(element, std::string(name), *value);
        line->replace(from, end - from, "0");
      }
    }
  }
  circuit.deck = std::move(lines);
  return circuit;
}

/// `deck` with `.nodeset` lines: from there, an operating point needs no stepping.
std::vector<std::string> with_start(std::vector<std::string> deck,
                                    const std::vector<std::string>& start) {
  if (start.empty()) return deck;
  std::erase(deck, std::string(kDeckStepGmin));
  const auto end = std::find(deck.begin(), deck.end(), ".end");
  deck.insert(end, start.begin(), start.end());
  return deck;
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
    return models->technology == technology.identity() &&
           models->request.corner == request.corner && models->request.uses == request.uses;
  };
  const auto found = std::find_if(models_.begin(), models_.end(), same);
  if (found != models_.end()) {
    std::rotate(found, found + 1, models_.end());
    return models_.back().get();
  }
  auto fresh = std::make_unique<Models>();
  PTAH_TRY(fresh->text, spice_models(technology, request));
  fresh->technology = technology.identity();
  fresh->request = std::move(request);
  if (models_.size() >= kMostModels) models_.erase(models_.begin());
  models_.push_back(std::move(fresh));
  return models_.back().get();
}

Result<std::vector<std::string>> LibrarySimulation::wire_start(const ExtractedNetlist& netlist,
                                                               const Testbench& testbench,
                                                               const Technology& technology,
                                                               Models& models, JobContext& job) {
  const auto joined = join_wires(netlist);
  if (!joined) return std::vector<std::string>();
  PTAH_TRY(const Deck deck, simulation_deck(joined->netlist, operating_point_bench(testbench),
                                            technology, models.text));
  std::vector<std::string> lines;
  if (options_.flatten) {
    PTAH_TRY(lines, models.flat.deck(deck.text, models.text, *library_, options_.wall_s, job));
  }
  if (lines.empty()) lines = circuit_lines(deck.text);
  PTAH_TRY(const auto voltages, library_->operating_point(lines, options_.wall_s, job));
  return wire_nodesets(*joined, testbench, voltages);
}

Result<const std::vector<std::string>*> LibrarySimulation::kept_start(
    const std::vector<std::string>& deck, const ExtractedNetlist& netlist,
    const Testbench& testbench, const Technology& technology, Models& models, JobContext& job) {
  auto& starts = models.starts;
  const auto found = std::find_if(starts.begin(), starts.end(),
                                  [&](const auto& start) { return start.first == deck; });
  if (found != starts.end()) {
    std::rotate(found, found + 1, starts.end());
    return &starts.back().second;
  }
  PTAH_TRY(std::vector<std::string> start, wire_start(netlist, testbench, technology, models, job));
  if (starts.size() >= kMostStarts) starts.erase(starts.begin());
  starts.emplace_back(deck, std::move(start));
  return &starts.back().second;
}

Result<std::vector<Waveform>> LibrarySimulation::simulate(const ExtractedNetlist& given,
                                                          const Testbench& testbench,
                                                          const Technology& technology,
                                                          JobContext& job) {
  if (!library_) {
    PTAH_TRY(library_, NgspiceLibrary::acquire());
  }
  PTAH_TRY(Models* const used, models(given, testbench, technology));
  // What may be written and what not is decided in one place for both ways to run ngspice.
  const bool wires = !given.resistors.empty();
  std::vector<std::string> lines;
  std::optional<LibraryCircuit> circuit;
  Deck deck;
  std::optional<ExtractedNetlist> direct;
  if (wires && only_direct_current(testbench)) {
    direct = given;
    direct->capacitors.clear();
  }
  const ExtractedNetlist& netlist = direct ? *direct : given;
  auto same = options_.flatten ? canonical(netlist, technology) : std::nullopt;
  if (same) {
    std::vector<double> farads, ohms;
    for (ExtractedCapacitor& capacitor : same->capacitors) {
      farads.push_back(capacitor.farad);
      capacitor.farad = 1;  // a deck leaves out those of 0 F
    }
    for (ExtractedResistor& resistor : same->resistors) {
      ohms.push_back(std::max(resistor.ohm, kLeastOhm));
      resistor.ohm = 1;
    }
    PTAH_TRY(deck, simulation_deck(*same, testbench, technology, used->text));
    PTAH_TRY(lines, used->flat.deck(deck.text, used->text, *library_, options_.wall_s, job));
    if (!lines.empty()) circuit = values_apart(std::move(lines), testbench.dut, farads, ohms);
    if (circuit && wires) {
      PTAH_TRY(const std::vector<std::string>* const start,
               kept_start(circuit->deck, *same, testbench, technology, *used, job));
      circuit->settled = !start->empty();
      circuit->deck = with_start(std::move(circuit->deck), *start);
    }
  }
  if (!circuit) {
    PTAH_TRY(deck, simulation_deck(netlist, testbench, technology, used->text));
    lines.clear();
    if (options_.flatten) {
      PTAH_TRY(lines, used->flat.deck(deck.text, used->text, *library_, options_.wall_s, job));
    }
    if (lines.empty()) lines = circuit_lines(deck.text);
    if (wires) {
      PTAH_TRY(const std::vector<std::string> start,
               wire_start(netlist, testbench, technology, *used, job));
      lines = with_start(std::move(lines), start);
    }
  }
  std::vector<LibraryAnalysis> analyses;
  for (const DeckAnalysis& analysis : deck.analyses) {
    // ngspice folds the case of a deck, but not of a command.
    analyses.push_back({analysis.kind, lower_case(analysis.card.substr(1)), deck.outputs});
  }
  PTAH_TRY(LibraryRun run, circuit ? library_->run(owner_, *circuit, analyses, options_.wall_s, job)
                                   : library_->run(lines, analyses, options_.wall_s, job));

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
    const std::size_t expected = analysis.kind == "noise" ? 2 : deck.outputs.size();
    // An operating point may lack some outputs, as with the program; a sweep may not.
    if (waveform.names.empty() || (analysis.kind != "op" && waveform.names.size() != expected)) {
      for (const std::string& output : deck.outputs) {
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
