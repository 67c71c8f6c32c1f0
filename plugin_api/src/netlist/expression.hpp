/// SPICE numbers and expressions: "10.5e-7", "18k", "1.05um", 'w*2', {max(a, b)}.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "ptah/core/error.hpp"

namespace ptah::spice {

/// A value, and whether a unit suffix took part in it: "1.05u" is metres beyond doubt, "1.05" not.
struct Quantity {
  double value = 0;
  bool has_unit = false;
};

/// Nesting of brackets, operators and parameters together.
constexpr int kMaxExpressionDepth = 96;
constexpr std::size_t kMaxExpressionBytes = 4096;

/// Value of a parameter (lower-case name), nullopt where there is none. `depth` is to be handed to
/// `evaluate` when the parameter is an expression itself.
using Lookup = std::function<Result<std::optional<Quantity>>(const std::string& name, int depth)>;

/// A number with an optional SPICE scale (t g meg k m u n p f a mil) and ignored letters after it;
/// nullopt where `text` is not one.
std::optional<Quantity> parse_number(std::string_view text);

/// Evaluates `text`, in quotes, in braces or bare. Errors carry no place: the caller knows it.
Result<Quantity> evaluate(std::string_view text, const Lookup& lookup, int depth = 0);

}  // namespace ptah::spice
