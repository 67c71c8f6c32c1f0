#include "bench_cards.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"
#include "ptah/sim/analysis.hpp"

namespace ptah {
namespace {

template <typename List>
bool is_one_of(std::string_view word, const List& list) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

constexpr auto kCards = std::to_array<std::string_view>(
    {".param", ".params", ".parameters", ".temp", ".option", ".options", ".opt", ".ic", ".nodeset",
     ".global", ".model", ".func", ".subckt", ".ends"});

/// Elements a bench may hold. XSPICE's "A" devices are left out: some of them read and write files.
constexpr std::string_view kElements = "vircxlefghbdkstwmqj";

/// Of the elements above. Others belong to XSPICE, or to device simulators that keep files.
constexpr auto kModelTypes = std::to_array<std::string_view>(
    {"nmos", "pmos",  "vdmos", "vdmosn", "vdmosp", "npn", "pnp",     "lpnp",   "d",
     "r",    "res",   "c",     "cap",    "l",      "ind", "njf",     "pjf",    "nmf",
     "pmf",  "nhfet", "phfet", "sw",     "csw",    "urc", "vswitch", "iswitch"});

/// Settings of the numerical methods, and words that only print more or less. Any other option
/// would become a variable of ngspice's command language; some of those run programs.
constexpr auto kOptions = std::to_array<std::string_view>(
    {"abstol",       "absdv",      "acct",         "autostop",  "badmos3",   "bypass",
     "brief",        "chgtol",     "convabsstep",  "convlimit", "convstep",  "cptime",
     "cshunt",       "defad",      "defas",        "defl",      "defm",      "defw",
     "delmax",       "gmin",       "gminsteps",    "ingold",    "interp",    "itl1",
     "itl2",         "itl3",       "itl4",         "itl5",      "itl6",      "keepopinfo",
     "klu",          "limpts",     "limtim",       "list",      "lvltim",    "lthmin",
     "maxevtiter",   "maxopalter", "maxord",       "method",    "minbreak",  "noacct",
     "node",         "noinit",     "nomod",        "noopac",    "noopalter", "noopiter",
     "nopage",       "numdgt",     "oldlimit",     "opts",      "pivrel",    "pivtol",
     "post",         "probe",      "ramptime",     "reltol",    "rseries",   "rshunt",
     "savecurrents", "scale",      "seed",         "sparse",    "srcsteps",  "temp",
     "tnom",         "trtol",      "trytocompact", "vntol",     "warn",      "maxwarns",
     "xmu",          "relv",       "wnflag"});

std::vector<std::string_view> words_of(std::string_view card) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while (at < card.size()) {
    std::size_t end = at;
    while (end < card.size() && !text::is_space(card[end])) ++end;
    if (end > at) words.push_back(card.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// `file=`, `pwl_file =`, `filesource(`, or "file" among the values of a source.
bool names_file(std::string_view card, bool source) {
  const std::string lower = lower_case(card);
  for (std::size_t at = lower.find("file"); at != std::string::npos;
       at = lower.find("file", at + 1)) {
    std::size_t after = at + 4;
    const bool ends_word = after == lower.size() || text::is_space(lower[after]);
    while (after < lower.size() && text::is_space(lower[after])) ++after;
    if (after < lower.size() && lower[after] == '=') return true;
    const bool starts_word = at == 0 || text::is_space(lower[at - 1]) || lower[at - 1] == '(';
    if (starts_word && lower.compare(at, 10, "filesource") == 0) return true;
    // Its name and two nodes come first.
    if (source && ends_word && words_of(lower.substr(0, at)).size() >= 3) return true;
  }
  return false;
}

Error refused(std::string message, std::string hint, ErrorCode code = ErrorCode::kDenied) {
  return make_error(code, std::move(message), {}, std::move(hint));
}

Status check_model(const std::vector<std::string_view>& words) {
  if (words.size() < 3) return refused("This .model has no type.", {}, ErrorCode::kParse);
  const std::string type = lower_case(words[2].substr(0, words[2].find_first_of("(,=")));
  if (is_one_of(type, kModelTypes)) return ok();
  return refused("Models of the type " + text::quoted(type) + " are not supported in a testbench.",
                 "supported are the models of resistors, capacitors, inductors, switches, diodes "
                 "and transistors",
                 ErrorCode::kUnsupported);
}

Status check_options(std::string_view card) {
  auto parsed = text::tokens(card);
  if (!parsed) return refused(parsed.error().message, {}, ErrorCode::kParse);
  const std::vector<text::Token>& tokens = parsed.value();
  for (std::size_t i = 1; i < tokens.size(); ++i) {
    if (tokens[i].assigns || tokens[i - 1].assigns) continue;
    if (is_one_of(lower_case(tokens[i].text), kOptions)) continue;
    return refused("The option " + text::quoted(tokens[i].text) + " is not supported.",
                   "options of the numerical methods are, such as reltol, gmin, method, temp",
                   ErrorCode::kUnsupported);
  }
  return ok();
}

}  // namespace

Status check_bench_card(std::string_view card) {
  for (const unsigned char c : card) {
    if (c == '`') return refused("A backquote runs a program.", "remove it");
    if ((c < 0x20 && c != '\t') || c >= 0x7f) {
      return refused("The line holds a character that is no visible ASCII.",
                     "comments may hold any", ErrorCode::kParse);
    }
  }
  const std::vector<std::string_view> words = words_of(card);
  if (words.empty()) return refused("The line is empty.", {}, ErrorCode::kParse);
  const std::string first = lower_case(words.front());
  if (names_file(card, first.front() == 'v' || first.front() == 'i')) {
    return refused("The line makes the simulator read a file.", "write the values out");
  }
  if (card.find('"') != std::string_view::npos) {
    return refused("A text in double quotes names a file.", "write expressions as {x} or 'x'");
  }
  if (first.front() == '.') {
    if (!is_one_of(first, kCards)) {
      return refused("The card " + text::quoted(first) + " is not supported in a testbench.",
                     "a testbench has sources, .param, analyses and a write or print of its "
                     "outputs",
                     ErrorCode::kUnsupported);
    }
    if (first == ".model") {
      PTAH_TRY(check_model(words));
    }
    if (first.starts_with(".opt")) {
      PTAH_TRY(check_options(card));
    }
  } else if (kElements.find(first.front()) == std::string_view::npos) {
    return refused("The line starts with " + text::quoted(words.front().substr(0, 1)) +
                       ", which is no element of a testbench.",
                   "sources, passives, diodes, transistors and subcircuits are",
                   ErrorCode::kUnsupported);
  } else if (!is_command_name(words.front())) {
    return refused("The name " + text::quoted(words.front()) + " can not be used.",
                   "use letters, digits and _ . + - # : / [ ]", ErrorCode::kParse);
  }
  return ok();
}

}  // namespace ptah
