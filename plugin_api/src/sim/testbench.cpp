/// Takes from a testbench what a simulator plugin needs to write a deck of its own. Commands of a
/// control block are understood, never passed on.
#include "ptah/sim/testbench.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "bench_cards.hpp"
#include "netlist/dialect.hpp"
#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/sim/analysis.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxBenchBytes = 4 << 20;
constexpr std::size_t kMaxLineBytes = 64 << 10;
constexpr std::size_t kMaxCards = 100'000;
constexpr std::size_t kMaxOutputs = 256;

template <typename List>
bool is_one_of(std::string_view word, const List& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

constexpr std::array<std::string_view, 5> kAnalyses{"ac", "dc", "tran", "op", "noise"};
constexpr std::array<std::string_view, 5> kOtherAnalyses{"tf", "pz", "sens", "disto", "four"};
/// Cards without effect on what a deck of ours does.
constexpr std::array<std::string_view, 5> kIgnored{".meas", ".measure", ".width", ".title",
                                                   ".csparam"};
/// Control commands without effect on which analyses run.
constexpr std::array<std::string_view, 13> kHarmless{
    "run",     "set",     "unset",  "quit",   "exit",       "save", "echo",
    "setplot", "display", "status", "rusage", "remzerovec", "reset"};

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (at < line.size()) {
    if (text::is_space(line[at])) {
      ++at;
      continue;
    }
    const std::size_t start = at;
    while (at < line.size() && !text::is_space(line[at])) ++at;
    words.emplace_back(line.substr(start, at - start));
  }
  return words;
}

std::string unquoted(std::string word) {
  if (word.size() >= 2 && (word.front() == '"' || word.front() == '\'') &&
      word.back() == word.front()) {
    return word.substr(1, word.size() - 2);
  }
  return word;
}

class TestbenchReader {
 public:
  explicit TestbenchReader(std::string_view name) : name_(name) {}

  Result<Testbench> read(std::string_view source) {
    if (source.size() > kMaxBenchBytes) {
      return make_error(
          ErrorCode::kLimit,
          "The testbench is larger than " + std::to_string(kMaxBenchBytes) + " bytes.",
          std::string(name_));
    }
    PTAH_TRY(spice::refuse_other_formats(source.substr(0, 4096), name_));
    PTAH_TRY(const auto lines, text::logical_lines(source, name_, {kMaxLineBytes}));
    PTAH_TRY(spice::refuse_other_formats(source, name_));
    for (const text::LogicalLine& line : lines) {
      line_ = line.line;
      PTAH_TRY(refuse_danger(line.text));
      // The first line of a SPICE deck is its title, unless it is a card.
      if (line.line == 1 && line.text.front() != '.') continue;
      if (in_control_) {
        PTAH_TRY(control(line.text));
        continue;
      }
      PTAH_TRY(const bool more, card(line.text));
      if (!more) break;
      if (bench_.cards.size() > kMaxCards) {
        return fail("The testbench has more than " + std::to_string(kMaxCards) + " lines.", {},
                    ErrorCode::kLimit);
      }
    }
    return finish();
  }

 private:
  struct Body {
    std::string header;
    std::vector<std::string> words;  ///< Its name and ports.
    std::vector<std::string> lines;
    int line = 0;
  };

  Error fail(std::string message, std::string hint = {}, ErrorCode code = ErrorCode::kParse) const {
    return make_error(code, std::move(message), std::string(name_) + ":" + std::to_string(line_),
                      std::move(hint));
  }

  Status refuse_danger(std::string_view line) const {
    if (line.find('`') != std::string_view::npos) {
      return fail("A backquote runs a program.", "remove it", ErrorCode::kDenied);
    }
    for (const char c : line) {
      if (static_cast<unsigned char>(c) < 0x20 && c != '\t') {
        return fail("The line holds a control character.");
      }
    }
    return ok();
  }

  /// `error` of a line's content, at its place.
  Error placed(const Error& error) const { return fail(error.message, error.hint, error.code); }

  Status add_analysis(std::string_view card) {
    const auto analysis = read_analysis(card);
    if (!analysis) return placed(analysis.error());
    bench_.analyses.push_back(analysis_text(analysis.value()));
    return ok();
  }

  Status check(std::string_view card) const {
    const Status checked = check_bench_card(card);
    return checked ? ok() : Status(placed(checked.error()));
  }

  Result<bool> card(const std::string& line) {
    if (line.front() != '.') {
      PTAH_TRY(element(line));
      return true;
    }
    const std::vector<std::string> words = split(line);
    const std::string word = lower_case(words.front());
    if (word == ".end") return false;
    if (word == ".subckt") {
      if (body_) return fail("A .subckt starts inside another.", "close the first with .ends");
      PTAH_TRY(std::vector<std::string> names, plain_words(line));
      if (names.size() < 2) return fail("This .subckt has no name.");
      names.erase(names.begin());
      body_ = Body{line, std::move(names), {}, line_};
      return true;
    }
    if (word == ".ends") {
      if (!body_) return fail("This .ends closes no .subckt.");
      PTAH_TRY(close_body());
      return true;
    }
    if (word == ".lib") {
      PTAH_TRY(corner(words));
      return true;
    }
    if (word == ".include" || word == ".inc" || word == ".endl") return true;
    if (word == ".control") {
      if (body_) return fail("A control block stands inside a .subckt.");
      in_control_ = true;
      control_line_ = line_;
      return true;
    }
    const std::string_view bare = std::string_view(word).substr(1);
    if (body_) {
      PTAH_TRY(check(line));
      body_->lines.push_back(line);
    } else if (is_one_of(bare, kAnalyses)) {
      PTAH_TRY(add_analysis(line));
    } else if (is_one_of(bare, kOtherAnalyses)) {
      return fail("The analysis " + word + " is not supported.",
                  "supported are .op .dc .ac .tran .noise", ErrorCode::kUnsupported);
    } else if (word == ".print" || word == ".plot" || word == ".probe" || word == ".save") {
      PTAH_TRY(outputs(words, 1, true));
    } else if (!is_one_of(word, kIgnored)) {
      PTAH_TRY(check(line));
      bench_.cards.push_back(line);
    }
    return true;
  }

  /// The words of a line that are no part of a `name=value`.
  Result<std::vector<std::string>> plain_words(const std::string& line) const {
    auto parsed = text::tokens(line);
    if (!parsed) return fail(parsed.error().message);
    const std::vector<text::Token>& tokens = parsed.value();
    std::vector<std::string> words;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool assigned = tokens[i].assigns || (i > 0 && tokens[i - 1].assigns);
      const bool assigns = i + 1 < tokens.size() && tokens[i + 1].assigns;
      if (!assigned && !assigns) words.push_back(tokens[i].text);
    }
    return words;
  }

  Status element(const std::string& line) {
    PTAH_TRY(check(line));
    if (body_) {
      body_->lines.push_back(line);
      return ok();
    }
    const char letter = lower_case(line.front());
    if (letter != 'x') {
      bench_.cards.push_back(line);
      return ok();
    }
    // Parentheses around the nodes are allowed, and dropped: not every simulator takes them.
    auto parsed = text::tokens(line);
    if (!parsed) return fail(parsed.error().message);
    std::string card;
    bool after_equals = false;
    for (const text::Token& token : parsed.value()) {
      if (!card.empty() && !token.assigns && !after_equals) card += ' ';
      card += token.text;
      after_equals = token.assigns;
    }
    PTAH_TRY(std::vector<std::string> words, plain_words(line));
    instances_.push_back({line_, std::move(words)});
    bench_.cards.push_back(std::move(card));
    return ok();
  }

  Status close_body() {
    Body body = std::move(*body_);
    body_.reset();
    const bool placeholder =
        body.lines.size() == 1 && same_but_for_case(text::trim(body.lines.front()), "XXX");
    if (placeholder) {
      if (!bench_.dut.empty()) {
        return fail("A second .subckt holds the placeholder XXX.",
                    "one circuit is tested at a time");
      }
      for (const std::string& word : body.words) {
        if (text::is_plain_name(word)) continue;
        line_ = body.line;
        return fail("The name " + text::quoted(word) + " cannot be used.",
                    "use letters, digits and _ . + - # [ ] < >");
      }
      bench_.dut = body.words[0];
      bench_.dut_ports.assign(body.words.begin() + 1, body.words.end());
      return ok();
    }
    // A helper of the bench, such as a load: kept as it is.
    line_ = body.line;
    PTAH_TRY(check(body.header));
    bench_.cards.push_back(body.header);
    for (std::string& line : body.lines) bench_.cards.push_back(std::move(line));
    bench_.cards.push_back(".ends");
    return ok();
  }

  Status corner(const std::vector<std::string>& words) {
    if (words.size() < 3) return ok();  // `.lib file`: no section
    const std::string section = unquoted(words.back());
    if (!is_command_name(section))
      return fail("The .lib section " + text::quoted(section) + " is no name.");
    if (corner_given_ && section != bench_.corner) {
      return fail("A second .lib line asks for the corner " + text::quoted(section) + " after " +
                  text::quoted(bench_.corner) + ".");
    }
    bench_.corner = section;
    corner_given_ = true;
    return ok();
  }

  Status control(const std::string& line) {
    const std::vector<std::string> words = split(line);
    const std::string command = lower_case(words.front());
    if (command == ".endc") {
      in_control_ = false;
      return ok();
    }
    if (command == "shell" || command == "system" || command == "source" ||
        command == "codemodel" || command == "load" || command == "cd") {
      return fail("The command " + text::quoted(command) +
                      " runs a program or reads a file; it is refused.",
                  "remove it: a control block has analyses, set, run, write and print",
                  ErrorCode::kDenied);
    }
    if (is_one_of(command, kAnalyses)) {
      return add_analysis("." + line);
    }
    if (command == "write" || command == "wrdata") return outputs(words, 2, false);
    if (command == "print" || command == "plot") return outputs(words, 1, false);
    if (command == "save") return outputs(words, 1, true);
    if (is_one_of(command, kHarmless)) return ok();
    return fail("The command " + text::quoted(command) + " is not supported in a control block.",
                "supported are the analyses op, dc, ac, tran, noise, and set, run, write, print, "
                "quit",
                ErrorCode::kUnsupported);
  }

  /// `v(x)`, `v(a,b)`, `i(x)` in `words` from `first` on. `saved` vectors are outputs only where
  /// nothing is written or printed.
  Status outputs(const std::vector<std::string>& words, std::size_t first, bool saved) {
    std::string joined;
    for (std::size_t i = first; i < words.size(); ++i) {
      if (words[i].front() == '>') break;  // print ... > file
      joined += words[i] + " ";
    }
    std::vector<std::string>& list = saved ? saved_ : bench_.outputs;
    bool any = false;
    std::size_t at = 0;
    while (at < joined.size()) {
      const std::size_t open = joined.find('(', at);
      if (open == std::string::npos) break;
      std::size_t start = open;
      while (start > at && is_letter_or_digit(joined[start - 1])) --start;
      const std::string function = lower_case(joined.substr(start, open - start));
      at = open + 1;
      const bool voltage =
          is_one_of(function, std::array<std::string_view, 6>{"v", "vdb", "vm", "vp", "vr", "vi"});
      if (!voltage && function != "i") continue;  // db( ... ): look inside
      const std::size_t close = joined.find(')', open);
      if (close == std::string::npos) return fail("A \")\" is missing in the list of outputs.");
      const auto output =
          read_output((voltage ? "v" : "i") + joined.substr(open, close + 1 - open));
      if (!output) return placed(output.error());
      add_output(list, output_text(output.value()));
      if (list.size() > kMaxOutputs) {
        return fail("More than " + std::to_string(kMaxOutputs) + " outputs.", {},
                    ErrorCode::kLimit);
      }
      any = true;
      at = close + 1;
    }
    const std::string rest = lower_case(text::trim(joined));
    if (!any && !saved && !rest.empty() && rest != "all") {
      return fail("The output " + text::quoted(rest) + " is neither v(net) nor i(source).",
                  "write v(OUT), for example");
    }
    return ok();
  }

  static bool is_letter_or_digit(char c) {
    const char l = lower_case(c);
    return (l >= 'a' && l <= 'z') || (l >= '0' && l <= '9') || l == '_';
  }

  static void add_output(std::vector<std::string>& list, const std::string& output) {
    const bool known = std::any_of(list.begin(), list.end(), [&](const std::string& other) {
      return same_but_for_case(other, output);
    });
    if (!known) list.push_back(output);
  }

  Result<Testbench> finish() {
    if (in_control_) {
      line_ = control_line_;
      return fail("This control block has no .endc.");
    }
    if (body_) {
      line_ = body_->line;
      return fail("This .subckt has no .ends.");
    }
    const auto missing = [&](std::string what, std::string hint) {
      return make_error(ErrorCode::kParse, std::move(what), std::string(name_), std::move(hint));
    };
    if (bench_.dut.empty()) {
      return missing("The testbench has no circuit under test.",
                     "it holds .subckt NAME PORTS, a line XXX, and .ends, where the netlist goes");
    }
    bool instantiated = false;
    for (const Instance& instance : instances_) {
      if (instance.words.size() < 2 || !same_but_for_case(instance.words.back(), bench_.dut))
        continue;
      instantiated = true;
      const std::size_t nodes = instance.words.size() - 2;
      if (nodes != bench_.dut_ports.size()) {
        line_ = instance.line;
        return fail("The instance of " + bench_.dut + " connects " + std::to_string(nodes) +
                    " nets; its .subckt has " + std::to_string(bench_.dut_ports.size()) +
                    " ports.");
      }
    }
    if (!instantiated) {
      return missing("The testbench does not use the circuit under test, " + bench_.dut + ".",
                     "add a line: xdut NETS " + bench_.dut);
    }
    if (bench_.analyses.empty()) {
      return missing("The testbench has no analysis.", "add one, such as .ac dec 50 1k 1g");
    }
    if (bench_.outputs.empty()) bench_.outputs = saved_;
    if (bench_.outputs.empty()) {
      return missing("The testbench names no output.",
                     "add a control block with a line: write out.raw v(OUT)");
    }
    return std::move(bench_);
  }

  struct Instance {
    int line = 0;
    std::vector<std::string> words;  ///< Name, nets, subcircuit.
  };

  std::string_view name_;
  Testbench bench_;
  std::optional<Body> body_;
  std::vector<Instance> instances_;
  std::vector<std::string> saved_;
  bool in_control_ = false;
  bool corner_given_ = false;
  int control_line_ = 0;
  int line_ = 0;
};

}  // namespace

Result<Testbench> read_testbench(std::string_view text, std::string_view name) {
  return TestbenchReader(name).read(text);
}

Result<Testbench> read_testbench_file(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    return make_error(ErrorCode::kNotFound, "There is no testbench file " + file.string() + ".",
                      file.string());
  }
  PTAH_TRY(const std::string text, read_text_file(file, kMaxBenchBytes));
  return read_testbench(text, file.filename().string());
}

}  // namespace ptah
