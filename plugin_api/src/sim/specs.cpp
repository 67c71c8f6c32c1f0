/// What layouts have to satisfy: "gain >= 40 dB".
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "ptah/sim/measures.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxSpec = 200;

constexpr std::string_view kBlanks = " \t";

std::string_view without_blanks(std::string_view text) {
  const std::size_t from = text.find_first_not_of(kBlanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlanks) - from + 1);
}

/// By what a value with this behind it is multiplied; nothing where it is not the unit.
std::optional<double> factor_of(std::string_view suffix, std::string_view unit) {
  if (suffix.empty() || suffix == unit) return 1;
  if (suffix.ends_with(unit)) suffix.remove_suffix(unit.size());
  if (unit == "dB" || unit == "deg") return std::nullopt;
  constexpr std::pair<std::string_view, double> kPrefixes[] = {
      {"f", 1e-15}, {"p", 1e-12}, {"n", 1e-9}, {"u", 1e-6}, {"\u00b5", 1e-6},
      {"m", 1e-3},  {"k", 1e3},   {"M", 1e6},  {"G", 1e9},  {"T", 1e12}};
  for (const auto& [prefix, factor] : kPrefixes) {
    if (suffix == prefix) return factor;
  }
  return std::nullopt;
}

}  // namespace

Result<Spec> parse_spec(std::string_view text, const std::vector<MeasureSpec>& measures) {
  const std::string given(text.substr(0, kMaxSpec));
  const auto wrong = [&](const std::string& message, std::string hint) -> Error {
    return make_error(ErrorCode::kInvalidArgument, message, "spec \"" + given + "\"",
                      std::move(hint));
  };
  const char* const form = "NAME >= VALUE or NAME <= VALUE, such as \"gain >= 40 dB\".";
  const std::size_t relation = text.find_first_of("<>");
  if (text.size() > kMaxSpec || relation == std::string_view::npos ||
      text.substr(relation + 1, 1) != "=") {
    return wrong("This is no spec.", form);
  }
  Spec spec;
  spec.measure = without_blanks(text.substr(0, relation));
  spec.at_least = text[relation] == '>';
  const auto measure = std::find_if(measures.begin(), measures.end(), [&](const MeasureSpec& one) {
    return one.name == spec.measure;
  });
  if (measure == measures.end()) {
    std::string names;
    for (const MeasureSpec& one : measures) names += (names.empty() ? "" : ", ") + one.name;
    return wrong("There is no measure \"" + spec.measure + "\".",
                 names.empty() ? "The circuit has no measures (measures.yaml)."
                               : "There are: " + names + ".");
  }
  const std::string_view value = without_blanks(text.substr(relation + 2));
  // from_chars knows no plus sign.
  const char* const begin = value.data() + (value.starts_with('+') ? 1 : 0);
  const char* const end = value.data() + value.size();
  const auto [rest, failure] = std::from_chars(begin, end, spec.limit);
  if (failure != std::errc() || !std::isfinite(spec.limit))
    return wrong("\"" + std::string(value) + "\" is no value.", form);
  const std::string unit = unit_of(measure->kind);
  const std::string_view suffix = without_blanks({rest, static_cast<std::size_t>(end - rest)});
  const auto factor = factor_of(suffix, unit);
  if (!factor) {
    return wrong("\"" + std::string(suffix) + "\" is not the unit of " + spec.measure + ".",
                 "Its unit is " + unit + ".");
  }
  if (*factor != 1) {  // 20 uV are 2e-05 V and no bit less.
    char scaled[32];
    std::snprintf(scaled, sizeof scaled, "%.15g", spec.limit * *factor);
    spec.limit = std::strtod(scaled, nullptr);
  }
  char limit[32];
  // The shortest that reads back the same.
  char* const written = std::to_chars(limit, limit + sizeof limit, spec.limit).ptr;
  spec.text =
      spec.measure + (spec.at_least ? " >= " : " <= ") + std::string(limit, written) + " " + unit;
  return spec;
}

std::vector<SpecVerdict> judge(const std::vector<Spec>& specs,
                               const std::vector<Measure>& measures) {
  std::vector<SpecVerdict> verdicts;
  for (const Spec& spec : specs) {
    SpecVerdict verdict;
    verdict.reason = "It was not measured.";
    for (const Measure& measure : measures) {
      if (measure.name != spec.measure) continue;
      verdict.value = measure.value;
      verdict.reason = measure.reason;
      verdict.met = measure.value &&
                    (spec.at_least ? *measure.value >= spec.limit : *measure.value <= spec.limit);
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

Json to_json(const std::vector<Spec>& specs, const std::vector<SpecVerdict>& verdicts) {
  Json list = Json::array();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    Json item{{"spec", specs[i].text}, {"met", verdicts.at(i).met}};
    if (verdicts[i].value) {
      item["value"] = *verdicts[i].value;
    } else {
      item["reason"] = verdicts[i].reason;
    }
    list.push_back(std::move(item));
  }
  return list;
}

}  // namespace ptah
