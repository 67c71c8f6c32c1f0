#include "netlist/deck.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "netlist/dialect.hpp"
#include "netlist/expression.hpp"
#include "netlist/joined_nets.hpp"
#include "netlist/library_section.hpp"
#include "netlist/sizes.hpp"
#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah::spice {
namespace {

bool is_outer_quoted(const std::string& word) {
  return word.size() >= 2 && (word.front() == '"' || word.front() == '\'') &&
         word.back() == word.front();
}

std::string unquote(const std::string& word) {
  return is_outer_quoted(word) ? word.substr(1, word.size() - 2) : word;
}

/// Cards that steer a simulation: no part of a layout.
constexpr std::array<std::string_view, 40> kSimulationCards{
    ".ac",      ".tran",    ".dc",      ".op",        ".tf",    ".noise",  ".four",     ".pz",
    ".disto",   ".sens",    ".save",    ".print",     ".plot",  ".probe",  ".measure",  ".meas",
    ".ic",      ".nodeset", ".width",   ".temp",      ".model", ".title",  ".csparam",  ".opt",
    ".options", ".option",  ".protect", ".unprotect", ".prot",  ".unprot", ".backanno", ".step",
    ".alter",   ".data",    ".enddata", ".lin",       ".hb",    ".pss",    ".sp",       ".wave"};

bool is_param_card(std::string_view card) {
  return card == ".param" || card == ".params" || card == ".parameters";
}

struct Words {
  std::vector<std::string> words;
  Parameters parameters;
};

class DeckReader {
 public:
  DeckReader(const SpiceOptions& options, const std::filesystem::path& base, Deck& deck)
      : options_(options), base_(base), deck_(deck) {}

  /// A file of parameters alone, into the deck's globals.
  Status parameters(std::string_view source, std::string_view name) {
    PTAH_TRY(const int file, add_file(std::string(name)));
    PTAH_TRY(refuse_other_formats(source, name));
    PTAH_TRY(const auto lines, text::logical_lines(source, name, {options_.max_line_bytes}));
    for (const text::LogicalLine& line : lines) {
      const Place place{file, line.line};
      const std::string card = lower_case(line.text.substr(0, line.text.find_first_of(" \t")));
      if (card == ".end") break;
      if (line.text.front() == '#') continue;  // a comment of a script
      const bool dotted = is_param_card(card);
      if (line.text.front() == '.' && !dotted) {
        return fail(place, "A parameter file holds .param lines and NAME=VALUE only, not " +
                               text::quoted(line.text) + ".");
      }
      PTAH_TRY(param_card(dotted ? line.text : ".param " + line.text, place, deck_.globals));
    }
    return ok();
  }

  void hand_over(const std::map<std::string, std::string>& parameters) {
    for (const auto& [name, value] : parameters) {
      deck_.files.push_back("parameter " + text::quoted(name));
      deck_.given[lower_case(name)] = {value, {static_cast<int>(deck_.files.size()) - 1, 0}};
    }
  }

  Status netlist(std::string_view source, std::string_view name) {
    PTAH_TRY(lines_of(source, name, {}, 0));
    PTAH_TRY(check_outside());
    // All of `.global` is known now.
    for (Subcircuit& s : deck_.subcircuits) {
      if (const auto apart = join_nets(s, deck_.global_nets)) {
        return fail(apart->place,
                    "This would make one net of the ports or global nets " +
                        text::quoted(apart->a) + " and " + text::quoted(apart->b) + " of " +
                        text::quoted(s.name) + ".",
                    "a layout cannot have two names for one net: leave one of them out",
                    ErrorCode::kUnsupported);
      }
    }
    return ok();
  }

  /// Reads a file, or one section of it. Whether that section is there.
  Result<bool> lines_of(std::string_view source, std::string_view name, std::string_view section,
                        int depth) {
    total_bytes_ += source.size();
    if (total_bytes_ > options_.max_file_bytes) {
      return make_error(ErrorCode::kLimit,
                        "The netlist with its includes is larger than " +
                            std::to_string(options_.max_file_bytes) + " bytes.",
                        std::string(name));
    }
    PTAH_TRY(const int file, add_file(std::string(name)));
    // A long line first: looking for other formats would otherwise read all of it.
    PTAH_TRY(refuse_other_formats(source.substr(0, 4096), name));
    PTAH_TRY(const auto lines, text::logical_lines(source, name, {options_.max_line_bytes}));
    PTAH_TRY(refuse_other_formats(source, name));
    const bool outermost = depth == 0;
    if (is_extracted(source)) extracted_.insert(file);
    if (const auto width = stated_width(source)) deck_.widths[file] = *width;
    if (is_template(source)) deck_.templates.insert(file);
    LibrarySection wanted(section);
    bool ended = false;
    for (const text::LogicalLine& line : lines) {
      if (!wanted.takes(line.text)) continue;
      const Place place{file, line.line};
      if (in_control_block(line.text, place)) continue;
      if (ended && !after_end_) after_end_ = place;
      if (line.text.front() == '.') {
        PTAH_TRY(dot_card(line, place, depth));
        ended = ended || lower_case(line.text) == ".end";
      } else if (open_) {
        PTAH_TRY(element(line.text, place));
      } else {
        // A title, or the testbench that a schematic was netlisted with.
        if (outside_ == 0) first_outside_ = place;
        ++outside_;
        note_outside(line.text, place, outermost);
      }
    }
    control_ = false;  // One without .endc ends with its file.
    if (outermost && open_) {
      return fail(
          deck_.subcircuits.back().place,
          "The subcircuit " + text::quoted(deck_.subcircuits.back().name) + " has no .ends.");
    }
    return wanted.found();
  }

  void finish() {
    if (controls_ > 0) {
      note(counted(controls_, "control block", "control blocks") + " left out, the first at " +
           deck_.where(first_control_) + ": its commands are not run.");
    }
    if (after_end_) {
      note("Lines after .end, the first at " + deck_.where(*after_end_) +
           ", are read as well: ngspice does so.");
    }
    if (ammeters_ > 0) {
      note(counted(ammeters_, "source of 0 V is", "sources of 0 V are") +
           " read as a wire, the first at " + deck_.where(first_ammeter_) +
           ": it measures a current, and its two nets are one.");
    }
    if (resistances_ > 0) {
      note(counted(resistances_, "resistance", "resistances") +
           " of wires left out, the first at " + deck_.where(first_resistance_) +
           ": the netlist was extracted from a layout, and NET.t1, NET.n2 are parts of NET.");
    }
    if (valued_ > 0) {
      note(counted(valued_, "value", "values") + " beside $W= and $L= left out, the first at " +
           deck_.where(first_valued_) + ": the size counts.");
    }
    if (outside_ > 0) {
      note(std::to_string(outside_) + (outside_ == 1 ? " line" : " lines") +
           " outside every .subckt ignored, the first at " + deck_.where(first_outside_) + ".");
    }
    if (parasitics_ > 0) {
      note(std::to_string(parasitics_) + (parasitics_ == 1 ? " capacitance" : " capacitances") +
           " of wires left out, the first at " + deck_.where(first_parasitic_) +
           ": the netlist was extracted from a layout; a capacitor of value that is meant needs a "
           "model.");
    }
  }

 private:
  Error fail(Place place, std::string message, std::string hint = {},
             ErrorCode code = ErrorCode::kParse) const {
    return make_error(code, std::move(message), deck_.where(place), std::move(hint));
  }

  Error bad_name(Place place, const char* what, const std::string& name) const {
    return fail(place,
                std::string("The ") + what + " name " + text::quoted(name) +
                    " cannot be used: layout tools would not read it as one word.",
                "use letters, digits and _ . + - # [ ] < >");
  }

  void note(std::string text) {
    if (deck_.notes.size() < kMaxNotes) deck_.notes.push_back({"", std::move(text), "", ""});
  }

  static std::string counted(int count, const char* one, const char* more) {
    return std::to_string(count) + " " + (count == 1 ? one : more);
  }

  /// Lines outside every subcircuit belong to a simulation where there is a source among them.
  void note_outside(const std::string& line, Place place, bool outermost) {
    constexpr std::string_view kSources = "viefghb";
    const char letter = lower_case(line.substr(0, 1)).front();
    if (kSources.find(letter) != kSources.npos) driven_ = true;
    // The first line is a title.
    if (outermost && place.line > 1 && (letter == 'x' || letter == 'm') && loose_.size() < 64)
      loose_.emplace_back(place, line);
  }

  /// A circuit that is no subcircuit does not say which of its nets are ports. A simulation may
  /// call subcircuits and load them with passives, but transistors of its own are a circuit.
  Status check_outside() const {
    if (!options_.top.empty()) return ok();
    const bool simulation = driven_ || controls_ > 0;
    for (const auto& [place, line] : loose_) {
      const auto parts = split(line, place);
      if (!parts || parts.value().words.size() < 3) continue;
      const std::string model = lower_case(parts.value().words.back());
      const bool transistor = model.find("fet") != model.npos || model.find("mos") != model.npos;
      const bool called =
          std::any_of(deck_.subcircuits.begin(), deck_.subcircuits.end(),
                      [&](const Subcircuit& each) { return same_but_for_case(each.name, model); });
      if (simulation ? !transistor || called : model.find("__") == model.npos && !called) continue;
      return fail(
          place,
          "The device " + text::quoted(parts.value().words.front()) +
              " stands outside every .subckt" +
              (simulation ? ", beside what simulates it" : ", and nothing there drives it") +
              ": is it the circuit?",
          "put `.subckt NAME PORT ...` before its devices and `.ends` after them, or name "
          "the subcircuit that is meant: --top NAME");
    }
    return ok();
  }

  /// Whether the line is of a control block, which is passed over: nothing of it is run.
  bool in_control_block(const std::string& line, Place place) {
    const std::string card = lower_case(line.substr(0, line.find_first_of(" \t")));
    if (card == ".control") {
      if (controls_++ == 0) first_control_ = place;
      control_ = true;
    } else if (card == ".endc" && control_) {
      control_ = false;
      return true;
    }
    return control_;
  }

  Result<int> add_file(std::string name) {
    if (deck_.files.size() >= SourceBundle::kMaxFiles) {
      return make_error(
          ErrorCode::kLimit,
          "More than " + std::to_string(SourceBundle::kMaxFiles) + " files are included.", name);
    }
    deck_.files.push_back(std::move(name));
    return static_cast<int>(deck_.files.size()) - 1;
  }

  Result<std::string> load(const std::filesystem::path& path, const std::string& where) const {
    std::error_code error;
    if (!std::filesystem::is_regular_file(path, error)) {
      return make_error(ErrorCode::kNotFound,
                        "There is no file " + text::quoted(path.string()) + ".", where);
    }
    return read_text_file(path, options_.max_file_bytes);
  }

  /// Splits a card after its first word into words and name=value pairs.
  Result<Words> split(std::string_view line, Place place) const {
    auto parsed = text::tokens(line);
    if (!parsed) return fail(place, parsed.error().message);
    const std::vector<text::Token>& tokens = parsed.value();
    Words out;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i].assigns) return fail(place, "A \"=\" stands where no name precedes it.");
      if (i + 1 < tokens.size() && tokens[i + 1].assigns) {
        // `w= l=1u`: what follows the "=" is the next name.
        const bool next_name = i + 3 < tokens.size() && tokens[i + 3].assigns;
        if (i + 2 >= tokens.size() || tokens[i + 2].assigns || next_name) {
          return fail(place, "The parameter " + text::quoted(tokens[i].text) + " has no value.");
        }
        const std::string key = lower_case(tokens[i].text);
        if (!out.parameters.emplace(key, Parameter{tokens[i + 2].text, place}).second) {
          return fail(place, "The parameter " + text::quoted(key) + " is given twice.");
        }
        i += 2;
      } else {
        out.words.push_back(tokens[i].text);
      }
    }
    // HSPICE, PSpice and Xyce write it before name=value pairs, of a .subckt and of an instance.
    std::erase_if(out.words, [](const std::string& w) { return same_but_for_case(w, "params:"); });
    return out;
  }

  /// `.param a=1 b = a * 2`: unlike elsewhere, a value may hold spaces without quotes.
  Status param_card(std::string_view line, Place place, Parameters& scope) {
    auto parsed = text::tokens(line);
    if (!parsed) return fail(place, parsed.error().message);
    const std::vector<text::Token>& tokens = parsed.value();
    for (std::size_t i = 1; i < tokens.size();) {
      if (i + 1 >= tokens.size() || tokens[i].assigns || !tokens[i + 1].assigns) {
        return fail(place, "A .param line reads \".param name=value\"; " +
                               text::quoted(tokens[i].text) + " has no value.");
      }
      const std::string name = lower_case(tokens[i].text);
      std::string value;
      for (i += 2; i < tokens.size() && !(i + 1 < tokens.size() && tokens[i + 1].assigns); ++i) {
        if (tokens[i].assigns) return fail(place, "A \"=\" stands where no name precedes it.");
        if (!value.empty()) value += ' ';
        value += tokens[i].text;
      }
      if (value.empty()) {
        return fail(place, "The parameter " + text::quoted(name) + " has no value.");
      }
      if (name.find('(') != std::string::npos) {
        return fail(place,
                    "The function " + text::quoted(name) +
                        " defined by .param is not "
                        "supported.",
                    "write the expression out", ErrorCode::kUnsupported);
      }
      const auto it = scope.find(name);
      if (it != scope.end() && it->second.text != value) {
        note("Parameter " + text::quoted(name) + " of " + deck_.where(it->second.place) +
             " is replaced at " + deck_.where(place) + ".");
      }
      scope[name] = Parameter{std::move(value), place};
    }
    return ok();
  }

  /// What Magic's ext2spice writes of wires: "C12 a b 3.67fF", in a file that says it wrote it.
  bool is_parasitic(const Words& parts, Place place) const {
    if (extracted_.count(place.file) == 0 || parts.words.size() != 4 || !parts.parameters.empty())
      return false;
    return lower_case(parts.words.front()).front() == 'c' &&
           parse_number(parts.words.back()).has_value();
  }

  /// "R3 out.t0 out 8.7", as Magic's ext2resist writes of wires. A net that goes through several
  /// cells has one name in each: "R9 x1.a x2.b.n11 4.5".
  bool is_wire_resistance(const Words& parts, Place place) const {
    if (extracted_.count(place.file) == 0 || parts.words.size() != 4 || !parts.parameters.empty())
      return false;
    return lower_case(parts.words.front()).front() == 'r' &&
           (is_part_of_net(parts.words[1]) || is_part_of_net(parts.words[2])) &&
           parse_number(parts.words.back()).has_value();
  }

  /// "Vmeas a b 0": a source that is there to measure the current through it.
  static bool is_ammeter(const Words& parts) {
    const std::size_t count = parts.words.size();
    if (lower_case(parts.words.front()).front() != 'v' || !parts.parameters.empty()) return false;
    if (count != 4 && !(count == 5 && same_but_for_case(parts.words[3], "dc"))) return false;
    const auto value = parse_number(unquote(parts.words.back()));
    return value && value->value == 0;
  }

  void join(const Words& parts, Place place, int& count, Place& first) {
    if (count++ == 0) first = place;
    deck_.subcircuits.back().joined.push_back({parts.words[1], parts.words[2], place});
  }

  void leave_out(const Words& parts, Place place) {
    if (parasitics_++ == 0) first_parasitic_ = place;
    if (deck_.notes.size() >= kMaxNotes || !text::is_plain_name(parts.words.front())) return;
    const double farad = parse_number(parts.words.back())->value;
    deck_.notes.push_back({parts.words.front(),
                           "capacitance of a wire (" + deck_.where(place) + ")",
                           rounded(farad) + " F", "left out"});
  }

  /// CDL has in comments what a passive is: "R0 a b 10k $[MODEL] $W=1u $L=5u $SUB=vss" is
  /// "R0 a b MODEL w=1u l=5u" with a substrate. A value beside a size is what it comes to.
  void take_cdl(Words& parts, Place place) {
    std::vector<std::string>& words = parts.words;
    std::string model;
    std::erase_if(words, [&](const std::string& word) {
      if (!word.starts_with("$[") || !word.ends_with("]")) return false;
      model = word.substr(2, word.size() - 3);
      return true;
    });
    for (const char* key : {"w", "l"}) {
      auto node = parts.parameters.extract("$" + std::string(key));
      if (node.empty()) continue;
      node.key() = key;
      parts.parameters.insert(std::move(node));
    }
    if (model.empty() || words.size() < 3) return;
    words.insert(words.begin() + 3, std::move(model));
    if (parts.parameters.count("l") == 0 || words.size() != 5) return;
    if (valued_++ == 0) first_valued_ = place;
    words.pop_back();
  }

  Status element(const std::string& line, Place place) {
    PTAH_TRY(Words parts, split(line, place));
    if (parts.words.empty()) return fail(place, "This line names no device.");
    take_cdl(parts, place);
    if (is_parasitic(parts, place)) {
      leave_out(parts, place);
      return ok();
    }
    if (is_wire_resistance(parts, place)) {
      join(parts, place, resistances_, first_resistance_);
      return ok();
    }
    if (is_ammeter(parts)) {
      join(parts, place, ammeters_, first_ammeter_);
      return ok();
    }
    Element e;
    e.name = parts.words.front();
    if (!text::is_plain_name(e.name)) return bad_name(place, "device", e.name);
    e.words.assign(parts.words.begin() + 1, parts.words.end());
    e.parameters = std::move(parts.parameters);
    e.place = place;
    deck_.subcircuits.back().elements.push_back(std::move(e));
    return ok();
  }

  Status open_subcircuit(const text::LogicalLine& line, Place place) {
    if (open_) {
      const Subcircuit& outer = deck_.subcircuits.back();
      if (!outer.commented || !outer.elements.empty()) {
        return fail(place,
                    "A .subckt starts inside the subcircuit " + text::quoted(outer.name) + " of " +
                        deck_.where(outer.place) + ".",
                    "close it with .ends first; nested definitions are not supported");
      }
      // A user's commented-out header, not xschem's: there is nothing in it.
      deck_.by_name.erase(lower_case(outer.name));
      deck_.subcircuits.pop_back();
      open_ = false;
    }
    PTAH_TRY(Words parts, split(line.text, place));
    if (parts.words.size() < 2) return fail(place, "This .subckt has no name.");
    Subcircuit s;
    s.name = parts.words[1];
    s.ports.assign(parts.words.begin() + 2, parts.words.end());
    s.defaults = std::move(parts.parameters);
    s.place = place;
    s.commented = line.commented;
    if (!text::is_plain_name(s.name)) return bad_name(place, "subcircuit", s.name);
    std::map<std::string, int> seen;
    for (const std::string& port : std::exchange(s.ports, {})) {
      if (!text::is_plain_name(text::tool_name(port))) return bad_name(place, "port", port);
      const int times = ++seen[lower_case(port)];
      if (times == 1) {
        s.ports.push_back(port);
      } else if (times == 2) {
        note("The port " + text::quoted(port) + " of " + text::quoted(s.name) +
             " is listed more than once, and is one (" + deck_.where(place) + ").");
      }
    }
    const auto [it, fresh] = deck_.by_name.emplace(lower_case(s.name), deck_.subcircuits.size());
    if (!fresh) {
      return fail(place, "The subcircuit " + text::quoted(s.name) + " is defined twice, first at " +
                             deck_.where(deck_.subcircuits[it->second].place) + ".");
    }
    deck_.subcircuits.push_back(std::move(s));
    open_ = true;
    return ok();
  }

  Status close_subcircuit(const text::LogicalLine& line, Place place) {
    if (!open_) {
      if (line.commented) return ok();
      return fail(place, "This .ends closes no .subckt.");
    }
    const Subcircuit& s = deck_.subcircuits.back();
    // A plain .ends inside xschem's commented top closes it as well.
    PTAH_TRY(const Words parts, split(line.text, place));
    if (parts.words.size() > 1 && !same_but_for_case(parts.words[1], s.name)) {
      return fail(place, "This .ends names " + text::quoted(parts.words[1]) + " but closes " +
                             text::quoted(s.name) + " of " + deck_.where(s.place) + ".");
    }
    open_ = false;
    return ok();
  }

  Status option_card(const std::string& line, Place place) {
    PTAH_TRY(const Words parts, split(line, place));
    const auto it = parts.parameters.find("scale");
    if (it == parts.parameters.end()) return ok();
    const auto value = parse_number(unquote(it->second.text));
    if (!value || !(value->value > 0) || value->value > 1) {
      return fail(
          place, "scale=" + text::quoted(it->second.text) + " is no scale: a number in (0, 1] is.");
    }
    if (deck_.scale != 0 && deck_.scale != value->value) {
      return fail(place, "A second, different .option scale.");
    }
    deck_.scale = value->value;
    return ok();
  }

  struct Included {
    std::string name, text;
  };

  /// Reads what the line names. False: it is a `.lib` that is not followed, or something that the
  /// client left out, for the technology brings it.
  Result<bool> include(const std::string& line, Place place, int depth) {
    const auto read = read_include(line);
    if (!read) return fail(place, read.error().message);
    const std::optional<IncludeCall>& call = read.value();
    if (!call) return false;
    if (depth >= SourceBundle::kMaxDepth) {
      return fail(place, "Includes are nested too deeply (or include themselves).", {},
                  ErrorCode::kDenied);
    }
    auto found = options_.bundle != nullptr ? from_bundle(call->wanted, place)
                                            : from_folder(call->wanted, place);
    if (!found) {
      const ErrorCode code = found.error().code;
      const bool missing = code == ErrorCode::kNotFound || code == ErrorCode::kDenied;
      if (missing && !call->section.empty()) return false;
      return found.error();
    }
    if (!found.value()) return false;
    const Included& file = *found.value();
    deck_.included.insert(file.name);
    PTAH_TRY(const bool whole, lines_of(file.text, file.name, call->section, depth + 1));
    if (whole) return true;
    return fail(place, "The library " + text::quoted(call->wanted) + " has no section " +
                           text::quoted(call->section) + ".");
  }

  Result<std::optional<Included>> from_bundle(const std::string& wanted, Place place) const {
    auto found = find_include(*options_.bundle, including(place), wanted);
    if (!found) {
      Error error = found.error();
      error.where = deck_.where(place);
      return error;
    }
    if (found.value() == nullptr) return std::optional<Included>();
    return std::optional(Included{found.value()->first, found.value()->second});
  }

  const std::string& including(Place place) const {
    return deck_.files.at(static_cast<std::size_t>(place.file));
  }

  /// Below the netlist's own folder.
  Result<std::optional<Included>> from_folder(const std::filesystem::path& wanted,
                                              Place place) const {
    const std::string shown = text::quoted(wanted.string());
    if (base_.empty()) {
      return fail(place, "The netlist includes " + shown + ", but it is not read from a folder.",
                  "put the text of that file in place of the line", ErrorCode::kDenied);
    }
    if (wanted.is_absolute()) {
      return fail(place, "The netlist includes " + shown + ", an absolute path.",
                  "only files in the netlist's own folder can be included", ErrorCode::kDenied);
    }
    std::error_code error;
    const std::filesystem::path root = std::filesystem::weakly_canonical(base_, error);
    // The name of the netlist itself may be any; those of included files are relative to `root`.
    const std::filesystem::path from = place.file == 0 ? "" : including(place);
    const std::filesystem::path file =
        std::filesystem::weakly_canonical(root / from.parent_path() / wanted, error);
    const std::filesystem::path inside = file.lexically_relative(root);
    if (error || inside.empty() || *inside.begin() == "..") {
      return fail(place, "The netlist includes " + shown + ", which is outside its own folder.",
                  "copy that file beside the netlist", ErrorCode::kDenied);
    }
    PTAH_TRY(std::string source, load(file, deck_.where(place)));
    return std::optional(Included{inside.string(), std::move(source)});
  }

  Status dot_card(const text::LogicalLine& line, Place place, int depth) {
    const std::string card = lower_case(line.text.substr(0, line.text.find_first_of(" \t")));
    if (card == ".subckt" || card == ".macro") {
      PTAH_TRY(open_subcircuit(line, place));
    } else if (card == ".ends" || card == ".eom") {
      PTAH_TRY(close_subcircuit(line, place));
    } else if (is_param_card(card)) {
      PTAH_TRY(
          param_card(line.text, place, open_ ? deck_.subcircuits.back().locals : deck_.globals));
    } else if (card == ".include" || card == ".inc" || card == ".lib" || card == ".endl") {
      PTAH_TRY(const bool included, include(line.text, place, depth));
      if (!included) {
        note(deck_.where(place) + ": " + card +
             " ignored: the technology brings the models of its devices.");
      }
    } else if (card == ".global") {
      PTAH_TRY(const Words parts, split(line.text, place));
      for (std::size_t i = 1; i < parts.words.size(); ++i) {
        if (deck_.global_nets.insert(lower_case(parts.words[i])).second) {
          deck_.global_spelling.push_back(parts.words[i]);
        }
      }
    } else if (card == ".end") {
      // ngspice reads on: schematics put one into the middle, with their commands.
    } else if (card == ".endc") {
      return fail(place, "This .endc closes no .control.");
    } else if (card == ".func" || card == ".if" || card == ".elseif" || card == ".else" ||
               card == ".endif") {
      return fail(place, card + " is not supported in a netlist for layout.",
                  "write out what it stands for", ErrorCode::kUnsupported);
    } else if (std::find(kSimulationCards.begin(), kSimulationCards.end(), card) !=
               kSimulationCards.end()) {
      if (card.starts_with(".opt")) {
        PTAH_TRY(option_card(line.text, place));
      }
      if (card == ".model")
        note(deck_.where(place) + ": .model ignored: the technology brings it.");
    } else {
      return fail(place, "The card " + text::quoted(card) + " is unknown.");
    }
    return ok();
  }

  const SpiceOptions& options_;
  const std::filesystem::path& base_;
  Deck& deck_;
  bool open_ = false;
  std::set<int> extracted_;  ///< Of `deck_.files`.
  int parasitics_ = 0;
  Place first_parasitic_;
  bool control_ = false;  ///< In a control block.
  int controls_ = 0, ammeters_ = 0, resistances_ = 0, valued_ = 0;
  Place first_control_, first_ammeter_, first_resistance_, first_valued_;
  std::optional<Place> after_end_;  ///< The first line behind an `.end`.
  int outside_ = 0;
  bool driven_ = false;                               ///< There is a source outside.
  std::vector<std::pair<Place, std::string>> loose_;  ///< What may be devices outside.
  Place first_outside_;
  std::size_t total_bytes_ = 0;
};

}  // namespace

char Element::letter() const {
  return name.empty() ? '\0' : lower_case(name.front());
}

Status read_deck(std::string_view source, std::string_view name, const SpiceOptions& options,
                 const std::filesystem::path& base, Deck& deck) {
  DeckReader reader(options, base, deck);
  PTAH_TRY(reader.netlist(source, name));
  reader.finish();
  reader.hand_over(options.parameters);
  return ok();
}

Status read_parameter_deck(std::string_view source, std::string_view name, Deck& deck) {
  const SpiceOptions options;
  const std::filesystem::path nowhere;
  return DeckReader(options, nowhere, deck).parameters(source, name);
}

}  // namespace ptah::spice
