#include "netlist/dialect.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"

namespace ptah::spice {
namespace {

constexpr std::size_t kSniffed = 256 << 10;  // bytes looked at

Error refuse(std::string_view name, int line, std::string what, std::string hint) {
  std::string where(name);
  if (line > 0) where.append(":").append(std::to_string(line));
  return make_error(ErrorCode::kParse, std::move(what), std::move(where), std::move(hint));
}

struct Magic {
  std::string_view bytes;
  std::string_view what;
};

using namespace std::string_view_literals;

// First bytes of files that people hand over by mistake.
constexpr std::array kMagics{
    Magic{"\x00\x06\x00\x02"sv, "a GDSII layout"},
    Magic{"%SEMI-OASIS"sv, "an OASIS layout"},
    Magic{"\x1f\x8b"sv, "a gzip archive"},
    Magic{"PK\x03\x04"sv, "a zip archive"},
    Magic{"\xfd\x37zXZ"sv, "an xz archive"},
    Magic{"BZh"sv, "a bzip2 archive"},
    Magic{"\x7f\x45LF"sv, "a program or library"},
    Magic{"%PDF"sv, "a PDF document"},
    Magic{"\x89PNG"sv, "a picture"},
    Magic{"SQLite format 3"sv, "an SQLite database"},
};

constexpr std::string_view kNetlistHint =
    "Ptah reads SPICE netlists: a .subckt with M, X, R, C and D lines";

Status refuse_binary(std::string_view source, std::string_view name) {
  for (const Magic& magic : kMagics) {
    if (source.substr(0, magic.bytes.size()) == magic.bytes) {
      return refuse(name, 0, "This is " + std::string(magic.what) + ", not a SPICE netlist.",
                    std::string(kNetlistHint));
    }
  }
  if (source.substr(0, 2) == "\xff\xfe"sv || source.substr(0, 2) == "\xfe\xff"sv) {
    return refuse(name, 0, "This is UTF-16 text.", "save it as UTF-8 or ASCII");
  }
  const std::string_view head = source.substr(0, kSniffed);
  std::size_t control = 0;
  for (const char c : head) {
    const auto u = static_cast<unsigned char>(c);
    if (u == 0) {
      return refuse(name, 0, "This is a binary file, not a SPICE netlist.",
                    std::string(kNetlistHint));
    }
    if (u < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v') ++control;
  }
  if (control * 50 > head.size()) {
    return refuse(name, 0, "This is a binary file, not a SPICE netlist.",
                  std::string(kNetlistHint));
  }
  return ok();
}

std::string_view first_word(std::string_view line) {
  std::size_t end = 0;
  while (end < line.size() && !text::is_space(line[end])) ++end;
  return line.substr(0, end);
}

/// `M1 (a b c d) nfet` is Spectre's way to list nodes: two words or more in the parentheses, and
/// a word after them. A title such as "Amplifier (new)" is not.
bool lists_nodes_in_parentheses(std::string_view after_name) {
  after_name = text::trim(after_name);
  if (after_name.empty() || after_name.front() != '(') return false;
  const std::size_t close = after_name.find(')');
  if (close == std::string_view::npos) return false;
  const std::string_view inside = text::trim(after_name.substr(1, close - 1));
  return first_word(inside).size() < inside.size() &&
         !text::trim(after_name.substr(close + 1)).empty();
}

std::string without_spaces(std::string_view s, std::size_t most = 200) {
  std::string out;
  for (const char c : s.substr(0, most)) {
    if (!text::is_space(c)) out += lower_case(c);
  }
  return out;
}

/// Whether `holds` of a line, without the spaces around it, that is not empty.
template <class Predicate>
bool any_line(std::string_view source, Predicate holds) {
  std::string_view rest = source.substr(0, kSniffed);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = text::trim(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (!line.empty() && holds(line)) return true;
  }
  return false;
}

bool is_line_of_xschem(std::string_view line) {
  if (line.front() != '*') return without_spaces(line, line.size()).find("w/nf") != line.npos;
  if (text::starts_with_no_case(line, "**.subckt") ||
      text::starts_with_no_case(line, "* expanding symbol:")) {
    return true;
  }
  line.remove_prefix(std::min(line.find_first_not_of('*'), line.size()));
  line = text::trim(line);
  return line.starts_with("sch_path:") || line.starts_with("sym_path:");
}

/// "w=1.05e+06u", Magic's way to write 1.05 um.
bool has_megamicrons(std::string_view line) {
  for (std::size_t at = line.find("e+0"); at != std::string_view::npos;
       at = line.find("e+0", at + 1)) {
    if (at + 4 < line.size() && line[at + 3] >= '4' && line[at + 3] <= '9' && line[at + 4] == 'u')
      return true;
  }
  return false;
}

}  // namespace

Status refuse_other_formats(std::string_view source, std::string_view name) {
  PTAH_TRY(refuse_binary(source, name));
  if (source.substr(0, 3) == "\xEF\xBB\xBF") source.remove_prefix(3);
  std::string_view rest = source.substr(0, kSniffed);
  int number = 0;
  bool first = true;      // no statement seen yet
  bool dot_card = false;  // SPICE beyond doubt; ngspice allows parentheses around nodes as well
  const auto spectre = [&] {
    return refuse(name, number, "This is a Spectre netlist; Ptah reads SPICE.",
                  "export it again as SPICE, CDL or HSPICE (in Spectre's tools: format "
                  "\"auCdl\" or \"hspiceD\")");
  };
  while (!rest.empty()) {
    ++number;
    const std::size_t end = rest.find('\n');
    const std::string_view line = text::trim(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (line.empty()) continue;
    const std::string packed = without_spaces(line);
    if (packed.find("simulatorlang=spectre") != std::string::npos ||
        packed.starts_with("//generatedfor:spectre")) {
      return spectre();
    }
    if (line.front() == '*' || line.substr(0, 2) == "//" || line.front() == '+') continue;
    const std::string_view word = first_word(line);
    if (same_but_for_case(word, "subckt") || same_but_for_case(word, "parameters") ||
        (same_but_for_case(word, "inline") && packed.starts_with("inlinesubckt"))) {
      return spectre();
    }
    const bool verilog_directive = line.front() == '`';
    if (verilog_directive || (same_but_for_case(word, "module") && first) ||
        same_but_for_case(word, "endmodule")) {
      return refuse(name, number, "This is a Verilog file, not a SPICE netlist.",
                    std::string(kNetlistHint));
    }
    if (first) {
      if (line.starts_with("v {xschem") || line.starts_with("v {")) {
        return refuse(name, number, "This is an xschem schematic, not its netlist.",
                      "let xschem write the netlist (Netlist button) and give that file");
      }
      if (line.front() == '{' || line.front() == '[' || line.front() == '<') {
        return refuse(name, number, "This looks like JSON or XML, not a SPICE netlist.",
                      std::string(kNetlistHint));
      }
      if ((same_but_for_case(word, "entity") || same_but_for_case(word, "library")) &&
          (packed.ends_with("is") || packed.ends_with(';'))) {
        return refuse(name, number, "This is a VHDL file, not a SPICE netlist.",
                      std::string(kNetlistHint));
      }
      if (same_but_for_case(word, "magic") || same_but_for_case(word, "version")) {
        return refuse(name, number, "This is a layout file (Magic, LEF or DEF), not a netlist.",
                      std::string(kNetlistHint));
      }
    }
    first = false;
    if (line.front() == '.') dot_card = true;
    if (!dot_card && lists_nodes_in_parentheses(line.substr(word.size()))) return spectre();
  }
  return ok();
}

bool is_extracted(std::string_view source) {
  return any_line(source, [](std::string_view line) {
    if (line.front() != '*')
      return line.find(" **FLOATING") != std::string_view::npos || has_megamicrons(line);
    if (line.starts_with("* Top level circuit ")) return true;
    const std::size_t from = line.find("file created from ");
    return from != std::string_view::npos && line.find(".ext", from) != std::string_view::npos;
  });
}

bool is_template(std::string_view source) {
  return any_line(source, [](std::string_view line) {
    return line.front() != '*' &&
           without_spaces(line, line.size()).find("nf=zzz") != std::string::npos;
  });
}

std::optional<WidthMeaning> stated_width(std::string_view source) {
  const auto says = [&](std::string_view words) {
    return any_line(source, [&](std::string_view line) {
      return line.front() == '*' && lower_case(line).find(words) != std::string::npos;
    });
  };
  if (says("w is the width of one finger")) return WidthMeaning::kFinger;
  if (says("w is the width of all fingers") || any_line(source, is_line_of_xschem))
    return WidthMeaning::kTotal;
  return std::nullopt;
}

}  // namespace ptah::spice
