/// Parameters of one subcircuit instance, evaluated when they are first needed.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "netlist/deck.hpp"
#include "netlist/expression.hpp"

namespace ptah::spice {

/// Names resolve in this instance (values handed over, header defaults, `.param` of the body), then
/// among the global parameters. Instances do not see their caller's names.
class Scope {
 public:
  /// `deck` and `subcircuit` outlive the scope; nullptr: the global scope. `given` are the values
  /// of the instance line; `globals` is the global scope, nullptr for the global scope itself.
  Scope(const Deck& deck, const Subcircuit* subcircuit, std::map<std::string, Quantity> given,
        Scope* globals)
      : deck_(deck), subcircuit_(subcircuit), values_(std::move(given)), globals_(globals) {}

  Result<std::optional<Quantity>> find(const std::string& name, int depth);
  bool has(const std::string& name) const;
  /// Names that were asked for and belong to this scope.
  const std::set<std::string>& used() const noexcept { return used_; }

  /// Evaluates a parameter of an element line: names of this scope first, then the line's own other
  /// parameters (xschem writes `ad='W/nf*0.29'` beside `W=`). Errors name the parameter and place.
  Result<Quantity> evaluate(const Element& element, const std::string& key);
  /// A free-standing expression of that line, such as the value of a resistor.
  Result<Quantity> evaluate_text(const Element& element, const std::string& text);

 private:
  Result<Quantity> evaluate_on_line(const Element& element, const std::string& text,
                                    const std::string& place_of, std::set<std::string>& open,
                                    int depth);

  const Deck& deck_;
  const Subcircuit* subcircuit_;
  std::map<std::string, Quantity> values_;  ///< Given or evaluated already.
  std::set<std::string> open_;              ///< Being evaluated: to find cycles.
  std::set<std::string> used_;
  Scope* globals_;
};

}  // namespace ptah::spice
