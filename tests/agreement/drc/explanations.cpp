#include "explanations.hpp"

#include "ptah/tech/generate.hpp"

namespace ptah::agreement {
namespace {

/// The rule's id stands nowhere in Magic's technology: it has no such check.
bool absent_from_magic(const Violation& v, const Technology& technology) {
  static const std::string text = magic_tech(technology);
  return text.find("(" + v.rule + ")") == std::string::npos;
}

bool all_places(const Disagreement& d, const auto& predicate) {
  return std::all_of(d.places.begin(), d.places.end(), predicate);
}

}  // namespace

const std::vector<Reason>& reasons() {
  static const std::vector<Reason> list = {
      {"no such rule in magic", "Magic's technology has no check of this rule."},
  };
  return list;
}

std::string explain(const Disagreement& d, const Sample&, const Opinions&,
                    const Technology& technology) {
  if (d.silent == kMagic &&
      all_places(d, [&](const Violation& v) { return absent_from_magic(v, technology); }))
    return "no such rule in magic";
  return {};
}

}  // namespace ptah::agreement
