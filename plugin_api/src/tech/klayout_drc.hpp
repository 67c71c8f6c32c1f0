/// The parts of the KLayout deck that generate.hpp's `klayout_drc` puts together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ptah/tech/technology.hpp"

namespace ptah::tech {

/// Ruby that every deck starts with: reading the layout, and the checks that KLayout's language
/// has no word for.
extern const std::string_view kKlayoutDrcHead;

/// 140 -> "0.14": nm as um, without rounding.
std::string um_text(std::int64_t nm);
/// 83000 -> "0.083": nm^2 as um^2.
std::string um2_text(std::int64_t nm2);

/// One check of the deck: Ruby that yields a layer of markers, and what to call it.
struct KlayoutCheck {
  std::string expression;
  std::string name;  ///< "m1.2 met1", "difftap.9 ndiff/nwell overlap": rule, layers, variant.
  std::string text;
};

/// Every check of every rule but the antenna rules (KLayout's antenna check works in deep mode
/// only), in the order of the technology's rules.
std::vector<KlayoutCheck> klayout_checks(const Technology& technology);

}  // namespace ptah::tech
