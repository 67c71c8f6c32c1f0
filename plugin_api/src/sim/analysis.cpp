#include "ptah/sim/analysis.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"

namespace ptah {
namespace {

constexpr std::size_t kLongestCard = 1024;
constexpr std::size_t kLongestName = 256;
constexpr int kMostDigits = 17;      ///< More than a double holds.
constexpr double kMostPoints = 2e7;  ///< Of one analysis; what a result may hold.
constexpr double kMostPointsAStep = 1e6;

bool is_letter(char c) {
  const char l = lower_case(c);
  return l >= 'a' && l <= 'z';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The power of ten of a scale factor, such as "k", "meg" or "uF"; nullopt for what is no unit.
std::optional<int> scale_exponent(std::string_view tail) {
  if (!std::all_of(tail.begin(), tail.end(), is_letter)) return std::nullopt;
  if (tail.empty()) return 0;
  if (text::starts_with_no_case(tail, "meg")) return 6;
  constexpr std::array<std::pair<char, int>, 9> kScales{{{'t', 12},
                                                         {'g', 9},
                                                         {'k', 3},
                                                         {'m', -3},
                                                         {'u', -6},
                                                         {'n', -9},
                                                         {'p', -12},
                                                         {'f', -15},
                                                         {'a', -18}}};
  for (const auto& [letter, exponent] : kScales) {
    if (lower_case(tail.front()) == letter) return exponent;
  }
  return 0;  // a unit
}

/// Words between blanks; those within parentheses are one, without their blanks: "v(a, b)".
std::vector<std::string> words_and_calls(std::string_view card) {
  std::vector<std::string> words;
  bool in_word = false, in_parentheses = false;
  for (const char c : card) {
    if (text::is_space(c)) {
      if (!in_parentheses) in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    words.back() += c;
    if (c == '(') in_parentheses = true;
    if (c == ')') in_parentheses = false;
  }
  return words;
}

Error wrong(std::string message, std::string hint) {
  return make_error(ErrorCode::kParse, std::move(message), {}, std::move(hint));
}

std::string accepted_form(std::string_view kind) {
  if (kind == "op") return ".op";
  if (kind == "dc") return ".dc SOURCE FIRST LAST STEP [SOURCE2 FIRST2 LAST2 STEP2]";
  if (kind == "ac") return ".ac lin|dec|oct POINTS FIRST LAST, such as .ac dec 50 1k 1g";
  if (kind == "tran") return ".tran STEP STOP [START [LONGEST_STEP]] [uic]";
  return ".noise V(NODE[,NODE]) SOURCE lin|dec|oct POINTS FIRST LAST [POINTS_PER_SUMMARY]";
}

/// Takes the words of one card from left to right.
class CardReader {
 public:
  CardReader(std::string kind, std::vector<std::string> words)
      : kind_(std::move(kind)), words_(std::move(words)) {}

  Result<Analysis> read() {
    if (kind_ == "op") return finished(OpAnalysis{});
    if (kind_ == "dc") {
      DcAnalysis dc;
      PTAH_TRY(dc.inner, source_sweep());
      if (!at_end()) {
        PTAH_TRY(dc.outer, source_sweep());
      }
      if (points(dc.inner) * (dc.outer ? points(*dc.outer) : 1) > kMostPoints) return too_many();
      return finished(std::move(dc));
    }
    if (kind_ == "ac") {
      AcAnalysis ac;
      PTAH_TRY(ac.sweep, frequency_sweep());
      return finished(ac);
    }
    if (kind_ == "tran") return transient();
    NoiseAnalysis noise;
    PTAH_TRY(const std::string output, word("an output"));
    PTAH_TRY(noise.output, read_output(output));
    if (noise.output.kind != SimulationOutput::Kind::kVoltage) {
      return malformed("The noise of a voltage is analysed, not of " + text::quoted(output));
    }
    PTAH_TRY(noise.source, name("a source"));
    PTAH_TRY(noise.sweep, frequency_sweep());
    if (!at_end()) {
      PTAH_TRY(noise.points_per_summary, positive("the points of a summary"));
    }
    return finished(std::move(noise));
  }

 private:
  bool at_end() const { return at_ == words_.size(); }

  Error malformed(std::string message) const {
    return wrong(message + ".", "an analysis ." + kind_ + " is written " + accepted_form(kind_));
  }
  Error too_many() const {
    return make_error(ErrorCode::kLimit, "The analysis ." + kind_ + " has too many points.", {},
                      "at most 20 million are supported");
  }

  Result<Analysis> finished(Analysis analysis) const {
    if (at_end()) return analysis;
    return malformed("The analysis ." + kind_ + " ends before " + text::quoted(words_[at_]));
  }

  Result<std::string> word(std::string_view what) {
    if (at_end()) return malformed("The analysis ." + kind_ + " lacks " + std::string(what));
    return words_[at_++];
  }

  Result<std::string> name(std::string_view what) {
    PTAH_TRY(std::string text, word(what));
    if (!is_command_name(text)) {
      return malformed(text::quoted(text) + " in the analysis ." + kind_ + " is no name of " +
                       std::string(what));
    }
    return text;
  }

  Result<SpiceNumber> number(std::string_view what) {
    PTAH_TRY(const std::string text, word(what));
    const auto number = read_spice_number(text);
    if (!number) {
      return malformed(text::quoted(text) + " in the analysis ." + kind_ + " is no number for " +
                       std::string(what));
    }
    return *number;
  }

  Result<SpiceNumber> positive(std::string_view what) {
    PTAH_TRY(const SpiceNumber value, number(what));
    if (value.digits <= 0) {
      return malformed("In the analysis ." + kind_ + ", " + std::string(what) +
                       " must be more than 0");
    }
    return value;
  }

  Result<FrequencySweep> frequency_sweep() {
    FrequencySweep sweep;
    PTAH_TRY(const std::string steps, word("lin, dec or oct"));
    if (same_but_for_case(steps, "lin")) {
      sweep.steps = FrequencySweep::Steps::kLinear;
    } else if (same_but_for_case(steps, "oct")) {
      sweep.steps = FrequencySweep::Steps::kOctave;
    } else if (!same_but_for_case(steps, "dec")) {
      return malformed(text::quoted(steps) + " in the analysis ." + kind_ +
                       " is not one of lin, dec, oct");
    }
    PTAH_TRY(sweep.points, positive("the number of points"));
    PTAH_TRY(sweep.first_hz, number("the first frequency"));
    PTAH_TRY(sweep.last_hz, number("the last frequency"));
    const bool linear = sweep.steps == FrequencySweep::Steps::kLinear;
    const double points = sweep.points.value();
    const double first = sweep.first_hz.value(), last = sweep.last_hz.value();
    if (first < 0 || (!linear && first == 0) || last < first) {
      return malformed("The frequencies of the analysis ." + kind_ +
                       " do not go up from a first one" + (linear ? "" : " above 0"));
    }
    if (points < 1) return malformed("The analysis ." + kind_ + " needs a point at least");
    const double ranges =
        linear ? 1 : std::log(last / first) / std::log(steps.front() == 'o' ? 2 : 10) + 1;
    if (points > kMostPointsAStep || points * ranges > kMostPoints) return too_many();
    return sweep;
  }

  Result<SourceSweep> source_sweep() {
    SourceSweep sweep;
    PTAH_TRY(sweep.source, name("a source"));
    PTAH_TRY(sweep.first, number("the first value"));
    PTAH_TRY(sweep.last, number("the last value"));
    PTAH_TRY(sweep.step, number("the step"));
    if (sweep.step.digits == 0) return malformed("The step of the analysis .dc is 0");
    return sweep;
  }

  static double points(const SourceSweep& sweep) {
    return std::abs((sweep.last.value() - sweep.first.value()) / sweep.step.value()) + 1;
  }

  Result<Analysis> transient() {
    TranAnalysis tran;
    PTAH_TRY(tran.step_s, positive("the step"));
    PTAH_TRY(tran.stop_s, positive("the last time"));
    const auto more = [&] { return !at_end() && !same_but_for_case(words_[at_], "uic"); };
    if (more()) {
      PTAH_TRY(tran.start_s, number("the first time"));
      const double start = tran.start_s->value();
      if (start < 0 || start >= tran.stop_s.value()) {
        return malformed("The analysis .tran begins at its end, or before 0");
      }
    }
    if (more()) {
      PTAH_TRY(tran.longest_step_s, positive("the longest step"));
    }
    if (!at_end() && same_but_for_case(words_[at_], "uic")) {
      tran.use_initial_conditions = true;
      ++at_;
    }
    return finished(tran);
  }

  std::string kind_;
  std::vector<std::string> words_;  ///< Those behind the kind.
  std::size_t at_ = 0;
};

std::string sweep_text(const FrequencySweep& sweep) {
  constexpr std::array<const char*, 3> kSteps{"lin", "dec", "oct"};
  return std::string(kSteps[static_cast<std::size_t>(sweep.steps)]) + " " + sweep.points.text() +
         " " + sweep.first_hz.text() + " " + sweep.last_hz.text();
}

std::string sweep_text(const SourceSweep& sweep) {
  return sweep.source + " " + sweep.first.text() + " " + sweep.last.text() + " " +
         sweep.step.text();
}

struct AnalysisWriter {
  std::string operator()(const OpAnalysis&) const { return ""; }
  std::string operator()(const DcAnalysis& dc) const {
    return " " + sweep_text(dc.inner) + (dc.outer ? " " + sweep_text(*dc.outer) : "");
  }
  std::string operator()(const AcAnalysis& ac) const { return " " + sweep_text(ac.sweep); }
  std::string operator()(const TranAnalysis& tran) const {
    std::string text = " " + tran.step_s.text() + " " + tran.stop_s.text();
    if (tran.start_s) text += " " + tran.start_s->text();
    if (tran.longest_step_s) text += " " + tran.longest_step_s->text();
    return text + (tran.use_initial_conditions ? " uic" : "");
  }
  std::string operator()(const NoiseAnalysis& noise) const {
    return " " + output_text(noise.output) + " " + noise.source + " " + sweep_text(noise.sweep) +
           (noise.points_per_summary ? " " + noise.points_per_summary->text() : "");
  }
};

}  // namespace

bool is_command_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kLongestName &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return is_letter(c) || is_digit(c) ||
                  std::string_view("_.+-#:/[]").find(c) != std::string_view::npos;
         });
}

double SpiceNumber::value() const {
  const std::string number = std::to_string(digits) + "e" + std::to_string(exponent);
  double result = 0;
  std::from_chars(number.data(), number.data() + number.size(), result);
  return result;
}

std::string SpiceNumber::text() const {
  std::string number = std::to_string(digits < 0 ? -digits : digits);
  int left = exponent;
  if (exponent < 0 && -exponent < static_cast<int>(number.size())) {
    number.insert(number.size() - static_cast<std::size_t>(-exponent), ".");
    left = 0;
  }
  return (digits < 0 ? "-" : "") + number + (left == 0 ? "" : "e" + std::to_string(left));
}

std::optional<SpiceNumber> read_spice_number(std::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  SpiceNumber number;
  int kept = 0;
  bool any = false, point = false;
  while (!text.empty() && (is_digit(text.front()) || (text.front() == '.' && !point))) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '.') {
      point = true;
      continue;
    }
    any = true;
    if (kept < kMostDigits) {
      number.digits = 10 * number.digits + (c - '0');
      if (number.digits != 0) ++kept;
      if (point) --number.exponent;
    } else if (!point) {
      ++number.exponent;
    }
  }
  if (!any) return std::nullopt;
  if (text.size() > 1 && lower_case(text.front()) == 'e' &&
      (is_digit(text[1]) || ((text[1] == '+' || text[1] == '-') && text.size() > 2))) {
    const char* begin = text.data() + (text[1] == '+' ? 2 : 1);
    const char* end = text.data() + text.size();
    int given = 0;
    const auto [after, error] = std::from_chars(begin, end, given);
    if (error != std::errc() || std::abs(given) > 400) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(after - text.data()));
    number.exponent += given;
  }
  const auto scale = scale_exponent(text);
  if (!scale) return std::nullopt;
  number.exponent += *scale;
  if (text::starts_with_no_case(text, "mil")) {  // a thousandth of an inch
    if (number.digits > std::numeric_limits<std::int64_t>::max() / 254) return std::nullopt;
    number.digits *= 254;
    number.exponent += -7 - *scale;
  }
  if (negative) number.digits = -number.digits;
  if (number.digits == 0) number.exponent = 0;
  const double value = number.value();
  if (!std::isfinite(value) || (number.digits != 0 && value == 0)) return std::nullopt;
  return number;
}

Result<Analysis> read_analysis(std::string_view card) {
  if (card.size() > kLongestCard) {
    return make_error(ErrorCode::kLimit, "The analysis is longer than 1024 bytes.");
  }
  std::vector<std::string> words = words_and_calls(card);
  const std::string kind =
      words.empty() || words[0].front() != '.' ? "" : lower_case(words[0].substr(1));
  constexpr std::array<std::string_view, 5> kKinds{"op", "dc", "ac", "tran", "noise"};
  if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) {
    return make_error(ErrorCode::kUnsupported, text::quoted(card) + " is no analysis.", {},
                      "supported are .op .dc .ac .tran .noise");
  }
  words.erase(words.begin());
  return CardReader(kind, std::move(words)).read();
}

std::string_view analysis_kind(const Analysis& analysis) {
  constexpr std::array<std::string_view, 5> kKinds{"op", "dc", "ac", "tran", "noise"};
  return kKinds[analysis.index()];
}

std::string analysis_text(const Analysis& analysis) {
  return "." + std::string(analysis_kind(analysis)) + std::visit(AnalysisWriter{}, analysis);
}

Result<SimulationOutput> read_output(std::string_view text) {
  const auto no_output = [&] {
    return wrong(
        "The output " + text::quoted(text) + " names no net or source.",
        "such as v(OUT), v(A,B) or i(Vdd); names of letters, digits and _ . + - # : / [ ]");
  };
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || text.back() != ')') return no_output();
  const std::string_view function = text::trim(text.substr(0, open));
  const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
  SimulationOutput output;
  if (same_but_for_case(function, "i")) {
    output.kind = SimulationOutput::Kind::kCurrent;
  } else if (!same_but_for_case(function, "v")) {
    return no_output();
  }
  const std::size_t comma = inside.find(',');
  output.name = std::string(text::trim(inside.substr(0, comma)));
  if (!is_command_name(output.name)) return no_output();
  if (comma == std::string_view::npos) return output;
  output.reference = std::string(text::trim(inside.substr(comma + 1)));
  if (output.kind == SimulationOutput::Kind::kCurrent || !is_command_name(output.reference)) {
    return no_output();
  }
  return output;
}

std::string output_text(const SimulationOutput& output) {
  return (output.kind == SimulationOutput::Kind::kVoltage ? "v(" : "i(") + output.name +
         (output.reference.empty() ? "" : "," + output.reference) + ")";
}

}  // namespace ptah
