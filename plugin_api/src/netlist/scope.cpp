#include "netlist/scope.hpp"

#include "netlist/text.hpp"

namespace ptah::spice {
namespace {

const Parameter* written(const Deck& deck, const Subcircuit* subcircuit, const std::string& name) {
  const auto in = [&](const Parameters& parameters) -> const Parameter* {
    const auto it = parameters.find(name);
    return it == parameters.end() ? nullptr : &it->second;
  };
  if (subcircuit == nullptr) {
    const Parameter* given = in(deck.given);
    return given != nullptr ? given : in(deck.globals);
  }
  if (const Parameter* p = in(subcircuit->defaults)) return p;
  return in(subcircuit->locals);
}

/// The innermost place wins: it is where the wrong text stands.
Error at(Error error, const std::string& where) {
  if (error.where.empty()) error.where = where;
  return error;
}

}  // namespace

bool Scope::has(const std::string& name) const {
  return values_.count(name) != 0 || written(deck_, subcircuit_, name) != nullptr ||
         (globals_ != nullptr && globals_->has(name));
}

Result<std::optional<Quantity>> Scope::find(const std::string& name, int depth) {
  if (const auto it = values_.find(name); it != values_.end()) {
    used_.insert(name);
    return std::optional(it->second);
  }
  const Parameter* parameter = written(deck_, subcircuit_, name);
  if (parameter == nullptr) {
    if (globals_ != nullptr) return globals_->find(name, depth);
    return std::optional<Quantity>();
  }
  used_.insert(name);
  const std::string where = deck_.where(parameter->place);
  if (!open_.insert(name).second) {
    return make_error(ErrorCode::kParse,
                      "The parameter " + text::quoted(name) + " is defined by itself.", where);
  }
  auto value = spice::evaluate(
      parameter->text, [this](const std::string& n, int d) { return find(n, d); }, depth + 1);
  open_.erase(name);
  if (!value) return at(value.error(), where);
  values_.emplace(name, value.value());
  return std::optional(value.value());
}

Result<Quantity> Scope::evaluate_on_line(const Element& element, const std::string& expression,
                                         const std::string& where, std::set<std::string>& open,
                                         int depth) {
  const Lookup lookup = [&](const std::string& name, int d) -> Result<std::optional<Quantity>> {
    if (has(name)) return find(name, d);
    const auto it = element.parameters.find(name);
    if (it == element.parameters.end()) return std::optional<Quantity>();
    if (!open.insert(name).second) {
      return make_error(ErrorCode::kParse,
                        "The parameter " + text::quoted(name) + " is defined by itself.", where);
    }
    PTAH_TRY(const Quantity value, evaluate_on_line(element, it->second.text, where, open, d + 1));
    open.erase(name);
    return std::optional(value);
  };
  auto value = spice::evaluate(expression, lookup, depth);
  if (!value) return at(value.error(), where);
  return value.value();
}

Result<Quantity> Scope::evaluate(const Element& element, const std::string& key) {
  std::set<std::string> open{key};
  return evaluate_on_line(element, element.parameters.at(key).text, deck_.where(element.place),
                          open, 0);
}

Result<Quantity> Scope::evaluate_text(const Element& element, const std::string& expression) {
  std::set<std::string> open;
  return evaluate_on_line(element, expression, deck_.where(element.place), open, 0);
}

}  // namespace ptah::spice
