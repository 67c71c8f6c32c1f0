#include "native_lvs.hpp"

#include "diagnosis.hpp"

namespace ptah::native {

Result<Verdict> compare(const gds::Flat& layout, const Circuit& circuit,
                        const Technology& technology) {
  return compare(find_connectivity(layout, technology), circuit, technology);
}

Result<Verdict> compare(const Connectivity& layout, const Circuit& circuit,
                        const Technology& technology) {
  if (circuit.devices.empty()) {
    return make_error(ErrorCode::kInvalidArgument, "The schematic has no devices to compare with.",
                      circuit.name);
  }
  PTAH_TRY(const lvs::Problem problem, lvs::make_problem(layout, circuit, technology));
  Verdict verdict;
  verdict.kind = Verdict::Kind::kLvs;
  if (problem.extra_ports.empty()) {
    const lvs::Bundles bundles{lvs::make_bundles(problem.layout, technology, true),
                               lvs::make_bundles(problem.schematic, technology, true)};
    verdict.clean = lvs::match(problem, bundles, true).same;
  }
  if (verdict.clean) {
    verdict.summary = "match";
    return verdict;
  }
  verdict.errors = 1;
  if (layout.devices.empty()) {
    verdict.summary = "the layout has no devices";
    verdict.violations.push_back({"lvs.device", verdict.summary, {}, {}});
    for (const Oddity& oddity : layout.oddities)
      verdict.violations.push_back({"lvs.drawing", oddity.text, {}, oddity.place});
    return verdict;
  }
  verdict.violations = lvs::diagnose({layout, circuit, technology, problem});
  verdict.summary = verdict.violations.front().text;
  return verdict;
}

}  // namespace ptah::native
