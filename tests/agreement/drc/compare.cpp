#include <algorithm>

#include "agreement.hpp"
#include "explanations.hpp"

namespace ptah::agreement {
namespace {

/// The drawn layers behind the name of a layer or derived layer that rules mean most: for a
/// contact its cut, for a gate its poly.
std::string drawn_name(const std::string& name, const Technology& technology) {
  for (const DerivedLayer& derived : technology.derived_layers()) {
    if (derived.name != name) continue;
    return technology.layer(derived.drawn ? *derived.drawn : derived.all.front()).name;
  }
  return name;
}

std::string family(RuleKind kind) {
  switch (kind) {
    case RuleKind::kEnclosure:
    case RuleKind::kEnclosureOneDirection:
      return "enclosure";
    case RuleKind::kSpacing:
    case RuleKind::kBottomPlateSpacing:
    case RuleKind::kPlateToMetalSpacing:
      return "spacing";
    default:
      return std::string(to_string(kind));
  }
}

}  // namespace

std::string rule_class(const std::string& rule, const Technology& technology) {
  for (const Rule& candidate : technology.rules()) {
    if (candidate.id != rule) continue;
    std::string text = family(candidate.kind) + " ";
    for (std::size_t i = 0; i < candidate.layers.size(); ++i) {
      text += (i > 0 ? "/" : "") + drawn_name(candidate.layers[i], technology);
    }
    return text;
  }
  return rule;
}

std::vector<Disagreement> compare(const std::vector<Sample>& samples,
                                  const std::vector<Opinions>& opinions,
                                  const Technology& technology) {
  std::vector<Disagreement> list;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    for (std::size_t found = 0; found < kJudges; ++found) {
      for (std::size_t silent = 0; silent < kJudges; ++silent) {
        if (found == silent || !opinions[i][found] || !opinions[i][silent]) continue;
        std::map<std::string, std::vector<Violation>> classes;
        for (const Violation& v : *opinions[i][found])
          classes[rule_class(v.rule, technology)].push_back(v);
        for (const Violation& v : *opinions[i][silent])
          classes.erase(rule_class(v.rule, technology));
        for (auto& [name, places] : classes) {
          Disagreement d;
          d.sample = i;
          d.found = static_cast<Judge>(found);
          d.silent = static_cast<Judge>(silent);
          d.verdict = opinions[i][silent]->empty();
          d.rule_class = name;
          d.places = std::move(places);
          d.explanation = explain(d, samples[i], opinions[i], technology);
          list.push_back(std::move(d));
        }
      }
    }
  }
  return list;
}

}  // namespace ptah::agreement
