#include "ptah/sim/deck.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <map>
#include <set>

#include "bench_cards.hpp"
#include "netlist/sizes.hpp"
#include "ptah/core/letter_case.hpp"
#include "ptah/core/quoting.hpp"
#include "ptah/netlist/spice.hpp"
#include "ptah/sim/analysis.hpp"
#include "sim_text.hpp"

namespace ptah {
namespace {

/// Node names as the deck writes them. An extractor may name a node in characters that SPICE reads
/// as something else; such a node gets a number.
class NodeNames {
 public:
  std::string operator()(const std::string& net) {
    if (quoting::is_spice_word(net)) return net;
    const auto [found, fresh] = renamed_.emplace(net, "");
    if (fresh) found->second = "ptah_node_" + std::to_string(renamed_.size());
    return found->second;
  }

 private:
  std::map<std::string, std::string> renamed_;
};

/// Magic before 8.3.411 names the device of a fixed-width precision resistor generically; the
/// model of that width is the one that fits the drawing.
std::string fixed_width_model(const std::string& model, double width_um,
                              const Technology& technology) {
  const auto generic = [&](std::string_view tail) {
    return model.size() >= tail.size() &&
           model.compare(model.size() - tail.size(), tail.size(), tail) == 0;
  };
  if (!generic("_high_po") && !generic("_xhigh_po")) return model;
  for (const char* suffix : {"0p35", "0p69", "1p41", "2p85", "5p73"}) {
    const double fixed = (suffix[0] - '0') + 0.1 * (suffix[2] - '0') + 0.01 * (suffix[3] - '0');
    if (std::abs(width_um - fixed) > 0.0025) continue;
    const std::string named = model + "_" + suffix;
    if (technology.find_device(named) != nullptr) return named;
  }
  return model;
}

double parameter(const ExtractedDevice& device, const char* name) {
  const auto found = device.parameters.find(name);
  return found == device.parameters.end() ? 0 : found->second;
}

std::string simulated_model(const ExtractedDevice& device, const Technology& technology) {
  return fixed_width_model(lower_case(device.model), parameter(device, "w"), technology);
}

/// Words of a card; parentheses around the nodes of an instance are no part of them.
std::vector<std::string> card_words(const std::string& card) {
  std::string text = card;
  if (!text.empty() && lower_case(text[0]) == 'x') {
    const std::size_t parameters = text.find('=');
    for (std::size_t i = 0; i < std::min(parameters, text.size()); ++i) {
      if (text[i] == '(' || text[i] == ')') text[i] = ' ';
    }
  }
  // "w = 1" is one word.
  std::string joined;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == ' ' || text[i] == '\t') {
      std::size_t next = text.find_first_not_of(" \t", i);
      if (next != std::string::npos && text[next] == '=') continue;
      if (!joined.empty() && joined.back() == '=') continue;
    }
    joined += text[i];
  }
  return split_words(joined, 4096);
}

Error deck_error(std::string message, std::string hint = {}) {
  return make_error(ErrorCode::kInvalidArgument, std::move(message), "testbench", std::move(hint));
}

/// read_testbench names file and line; a testbench may also be put together by a program.
Error of_testbench(const Error& error) {
  return make_error(error.code, error.message, "testbench", error.hint);
}

/// What the output of an analysis must cover.
struct Coverage {
  DeckAnalysis& analysis;

  void operator()(const OpAnalysis&) const {}
  void operator()(const DcAnalysis& dc) const {
    analysis.first = dc.inner.first.value();
    analysis.last = dc.inner.last.value();
    analysis.step = std::abs(dc.inner.step.value());
  }
  void operator()(const AcAnalysis& ac) const { sweep(ac.sweep); }
  void operator()(const TranAnalysis& tran) const {
    analysis.first = tran.start_s ? tran.start_s->value() : 0;
    analysis.last = tran.stop_s.value();
    analysis.step = analysis.last - analysis.first;  // ngspice chooses its own
  }
  void operator()(const NoiseAnalysis& noise) const { sweep(noise.sweep); }

  void sweep(const FrequencySweep& sweep) const {
    using Steps = FrequencySweep::Steps;
    analysis.first = sweep.first_hz.value();
    analysis.last = sweep.last_hz.value();
    const double points = sweep.points.value(), span = analysis.last - analysis.first;
    if (sweep.steps == Steps::kLinear) {
      analysis.step = points > 1 ? span / (points - 1) : span;
    } else {
      analysis.step_ratio = std::pow(sweep.steps == Steps::kDecade ? 10 : 2, 1 / points);
    }
  }
};

Result<DeckAnalysis> deck_analysis(const std::string& card, std::size_t index) {
  const auto read = read_analysis(card);
  if (!read) return of_testbench(read.error());
  DeckAnalysis analysis;
  analysis.kind = analysis_kind(read.value());
  analysis.card = analysis_text(read.value());
  analysis.raw_file = "analysis" + std::to_string(index) + ".raw";
  std::visit(Coverage{analysis}, read.value());
  return analysis;
}

/// The names that ngspice gives to plots: "ac1", "noise2". One number serves all kinds, and goes
/// up when the name with it is taken.
class PlotNames {
 public:
  std::string next(const std::string& kind) {
    while (!taken_.insert(kind + std::to_string(number_)).second) ++number_;
    return kind + std::to_string(number_);
  }

 private:
  std::set<std::string> taken_;
  std::size_t number_ = 1;
};

/// `ac dec 50 1k 1g` and the line that writes its results.
std::string analysis_commands(const DeckAnalysis& analysis, const std::vector<std::string>& outputs,
                              PlotNames& plots) {
  // Once the first number stands, ngspice wants the command without its dot.
  std::string text = analysis.card.substr(1) + "\nwrite " + analysis.raw_file;
  const std::string plot = plots.next(analysis.kind);
  if (analysis.kind == "noise") {
    plots.next("noise");  // of the integrals
    text += " " + plot + ".onoise_spectrum " + plot + ".inoise_spectrum";
  } else {
    for (const std::string& output : outputs) text += " " + output;
  }
  return text + "\n";
}

/// In order of their names.
std::set<std::string> nets_of_capacitors_alone(const ExtractedNetlist& netlist) {
  std::set<std::string> others(netlist.ports.begin(), netlist.ports.end());
  for (const ExtractedDevice& device : netlist.devices)
    others.insert(device.nets.begin(), device.nets.end());
  for (const ExtractedResistor& resistor : netlist.resistors) {
    others.insert(resistor.a);
    others.insert(resistor.b);
  }
  std::set<std::string> alone;
  for (const ExtractedCapacitor& capacitor : netlist.capacitors) {
    for (const std::string* net : {&capacitor.a, &capacitor.b}) {
      if (!others.contains(*net)) alone.insert(*net);
    }
  }
  return alone;
}

/// The body of the device under test.
Result<std::string> subcircuit_body(const ExtractedNetlist& netlist, const Technology& technology,
                                    NodeNames& node) {
  std::string out;
  std::size_t serial = 0;
  for (const ExtractedDevice& device : netlist.devices) {
    const std::string model = simulated_model(device, technology);
    const DeviceModel* known = technology.find_device(model);
    if (known == nullptr && device.foreign && quoting::is_spice_word(model)) {
      out += "X" + std::to_string(++serial);
      for (const std::string& net : device.nets) out += " " + node(net);
      out += " " + model + "\n";
      continue;
    }
    if (known == nullptr || !quoting::is_spice_word(model)) {
      return make_error(
          ErrorCode::kUnsupported,
          "The technology " + technology.name() + " has no device \"" + device.model + "\".",
          "device " + device.name);
    }
    // The name may start with any letter and hold any character: the number keeps it apart.
    std::string name = std::to_string(++serial);
    if (quoting::is_spice_word(device.name)) name = device.name + "." + name;
    const auto resistance = device.parameters.find("r");
    const bool by_value =
        known->kind == DeviceKind::kResistor && resistance != device.parameters.end();
    // Both kinds of models define poly resistors as subcircuits and those of metal as `.model r`.
    const bool card_r = by_value || known->generator_class == "metal_resistor";
    const bool diode = is_diode(known->kind);
    out += (card_r ? "R" : diode ? "D" : "X") + name;
    const std::size_t terminals = by_value ? 2 : known->terminals;
    if (device.nets.size() < terminals) {
      return make_error(ErrorCode::kInvalidArgument,
                        model + " has " + std::to_string(known->terminals) + " terminals, not " +
                            std::to_string(device.nets.size()) + ".",
                        "device " + device.name);
    }
    for (std::size_t i = 0; i < terminals; ++i) out += " " + node(device.nets[i]);
    const double copies = device.parameters.count("m") != 0 ? parameter(device, "m") : 1;
    if (!std::isfinite(copies) || copies <= 0) {
      return make_error(ErrorCode::kInvalidArgument,
                        "m=" + number_text(copies) + " is no number of copies.",
                        "device " + device.name);
    }
    const std::string multiplier = copies == 1 ? "" : " m=" + number_text(copies);
    if (by_value) {
      out += " " + number_text(resistance->second) + multiplier + "\n";
      continue;
    }
    out += " " + model;
    if (diode) {
      const double area = parameter(device, "area"), perimeter = parameter(device, "pj");
      if (!std::isfinite(area) || !std::isfinite(perimeter) || area <= 0 || perimeter <= 0) {
        return make_error(
            ErrorCode::kInvalidArgument,
            "area=" + number_text(area) + " pj=" + number_text(perimeter) + " is no size.",
            "device " + device.name);
      }
      // ngspice scales area= and pj= anew with every analysis of a circuit, w= and l= once; of a
      // diode the models have 1e6 for 1 um.
      const auto sides =
          rectangle_of(area, perimeter).value_or(std::pair(std::sqrt(area), std::sqrt(area)));
      out += " w=" + spice::rounded(sides.first * 1e6, 12) +
             " l=" + spice::rounded(sides.second * 1e6, 12);
    }
    for (const char* key : {"w", "l", "ad", "as", "pd", "ps"}) {
      const auto value = device.parameters.find(key);
      if (value == device.parameters.end()) continue;
      const bool area = key[0] == 'a' || key[0] == 'p';
      if (area && !is_mos(known->kind)) continue;
      if (!std::isfinite(value->second) || value->second < 0 || (!area && value->second == 0)) {
        return make_error(ErrorCode::kInvalidArgument,
                          std::string(key) + "=" + number_text(value->second) + " is no size.",
                          "device " + device.name);
      }
      out += std::string(" ") + key + "=" + number_text(value->second);
    }
    out += multiplier + "\n";
  }
  serial = 0;
  for (const ExtractedCapacitor& capacitor : netlist.capacitors) {
    if (capacitor.farad == 0 || !std::isfinite(capacitor.farad)) continue;
    out += "C" + std::to_string(++serial) + " " + node(capacitor.a) + " " + node(capacitor.b) +
           " " + number_text(capacitor.farad) + "\n";
  }
  serial = 0;
  for (const ExtractedResistor& resistor : netlist.resistors) {
    // 0 ohm would be a singular row; a milliohm is far below any wire's.
    out += "Rw" + std::to_string(++serial) + " " + node(resistor.a) + " " + node(resistor.b) + " " +
           number_text(std::max(resistor.ohm, 1e-3)) + "\n";
  }
  // A net of wire alone, such as the body of a metal resistor as Magic extracts it, has no path for
  // direct current: a singular row, for which ngspice steps gmin through a dozen operating points.
  // A teraohm is no load to its capacitance at any frequency of interest.
  serial = 0;
  for (const std::string& net : nets_of_capacitors_alone(netlist)) {
    out += "Rdc" + std::to_string(++serial) + " " + node(net) + " 0 1e12\n";
  }
  return out;
}

}  // namespace

std::optional<double> spice_number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  const std::string tail = lower_case(text.substr(static_cast<std::size_t>(end - text.data())));
  if (!std::all_of(tail.begin(), tail.end(),
                   [](unsigned char c) { return std::isalpha(c) != 0; })) {
    return std::nullopt;
  }
  if (tail.rfind("meg", 0) == 0) return value * 1e6;
  if (tail.rfind("mil", 0) == 0) return value * 25.4e-6;
  switch (tail.empty() ? ' ' : tail[0]) {
    case 't':
      return value * 1e12;
    case 'g':
      return value * 1e9;
    case 'k':
      return value * 1e3;
    case 'm':
      return value * 1e-3;
    case 'u':
      return value * 1e-6;
    case 'n':
      return value * 1e-9;
    case 'p':
      return value * 1e-12;
    case 'f':
      return value * 1e-15;
    case 'a':
      return value * 1e-18;
    default:
      return value;
  }
}

std::vector<ModelUse> model_uses(const ExtractedNetlist& netlist, const Testbench& testbench,
                                 const Technology& technology) {
  std::set<ModelUse> uses;
  for (const ExtractedDevice& device : netlist.devices) {
    if (device.parameters.count("r") != 0 && technology.find_device(device.model) != nullptr &&
        technology.find_device(device.model)->kind == DeviceKind::kResistor) {
      continue;
    }
    uses.insert(
        {simulated_model(device, technology), parameter(device, "w"), parameter(device, "l")});
  }
  for (const std::string& card : testbench.cards) {
    const std::vector<std::string> words = card_words(card);
    if (words.empty()) continue;
    const char type = lower_case(words[0][0]);
    if (std::string_view("xmrcdq").find(type) == std::string_view::npos) continue;
    ModelUse use;
    for (std::size_t i = 1; i < words.size(); ++i) {
      const std::string word = lower_case(words[i]);
      if (word.find('=') == std::string::npos) {
        use.model = word;  // the last word that is no parameter
      } else if (const auto value = spice_number(std::string_view(word).substr(2));
                 value && (word.rfind("w=", 0) == 0 || word.rfind("l=", 0) == 0)) {
        (word[0] == 'w' ? use.width_um : use.length_um) = *value;
      }
    }
    if (use.model == lower_case(testbench.dut) || use.model.empty()) continue;
    uses.insert(use);
  }
  return {uses.begin(), uses.end()};
}

Result<Deck> simulation_deck(const ExtractedNetlist& netlist, const Testbench& testbench,
                             const Technology& technology, const std::string& models) {
  NodeNames node;
  std::set<std::string> ports;
  for (const std::string& port : netlist.ports) ports.insert(lower_case(port));
  if (!quoting::is_spice_word(testbench.dut)) {
    return deck_error("\"" + testbench.dut + "\" is no name of a subcircuit.");
  }
  std::string header = ".subckt " + testbench.dut;
  for (const std::string& port : testbench.dut_ports) {
    if (ports.count(lower_case(port)) == 0) {
      return make_error(ErrorCode::kInvalidArgument,
                        "The circuit " + netlist.name + " has no port \"" + port +
                            "\", which the testbench connects.",
                        "testbench", "the ports of both must have the same names");
    }
    header += " " + node(port);
  }
  if (testbench.analyses.empty()) return deck_error("The testbench holds no analysis.");
  if (testbench.outputs.empty()) {
    return deck_error("The testbench names no output.", "write FILE v(OUT) in its control block");
  }
  Deck deck;
  for (const std::string& output : testbench.outputs) {
    const auto read = read_output(output);
    if (!read) return of_testbench(read.error());
    deck.outputs.push_back(output_text(read.value()));
  }
  PTAH_TRY(const std::string body, subcircuit_body(netlist, technology, node));

  deck.text = "* " + (quoting::is_spice_word(netlist.name) ? netlist.name : "circuit") + "\n";
  deck.text += models;
  deck.text += header + "\n" + body + ".ends " + testbench.dut + "\n";
  for (const std::string& card : testbench.cards) {
    if (const Status checked = check_bench_card(card); !checked) {
      return of_testbench(checked.error());
    }
    deck.text += card + "\n";
  }
  deck.text += std::string(kDeckStepGmin) + "\n";
  // OpenMP threads spin on circuits this small: 0.01 s becomes anything up to 1 s. ngspice reads
  // the variable when an analysis sets the circuit up, so the control block is early enough.
  deck.text += ".control\nset num_threads=1\nset filetype=ascii\n";
  PlotNames plots;
  for (std::size_t i = 0; i < testbench.analyses.size(); ++i) {
    PTAH_TRY(DeckAnalysis analysis, deck_analysis(testbench.analyses[i], i));
    deck.text += analysis_commands(analysis, deck.outputs, plots);
    deck.analyses.push_back(std::move(analysis));
  }
  deck.text += std::string("echo ") + kDeckEndMark + "\nquit\n.endc\n.end\n";
  return deck;
}

}  // namespace ptah
