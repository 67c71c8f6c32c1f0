#include "netlist/expression.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "netlist/text.hpp"
#include "ptah/core/letter_case.hpp"

namespace ptah::spice {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

struct Number {
  Quantity quantity;
  std::size_t length = 0;  // characters read
};

/// The number at the start of `s`, without a sign.
std::optional<Number> leading_number(std::string_view s) {
  if (s.empty() || !(is_digit(s[0]) || (s[0] == '.' && s.size() > 1 && is_digit(s[1])))) {
    return std::nullopt;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(s.begin(), s.end(), value, std::chars_format::general);
  // Out of a double's range: reported as such by whoever asks for a finite value.
  if (error == std::errc::result_out_of_range) value = std::numeric_limits<double>::infinity();
  std::size_t at = static_cast<std::size_t>(end - s.begin());
  // The micro sign and the Greek letter, in UTF-8.
  const bool micro = s.substr(at, 2) == "\xC2\xB5" || s.substr(at, 2) == "\xCE\xBC";
  if (micro) at += 2;
  const std::size_t letters = at;
  while (at < s.size() && is_letter(s[at])) ++at;
  const std::string suffix = (micro ? "u" : "") + lower_case(s.substr(letters, at - letters));
  struct Scale {
    std::string_view name;
    double factor;
  };
  // Longest first: "meg" and "mil" are not "m".
  static constexpr std::array kScales{Scale{"meg", 1e6}, Scale{"mil", 25.4e-6}, Scale{"t", 1e12},
                                      Scale{"g", 1e9},   Scale{"k", 1e3},       Scale{"m", 1e-3},
                                      Scale{"u", 1e-6},  Scale{"n", 1e-9},      Scale{"p", 1e-12},
                                      Scale{"f", 1e-15}, Scale{"a", 1e-18}};
  bool has_unit = false;
  for (const Scale& scale : kScales) {
    if (suffix.substr(0, scale.name.size()) == scale.name) {
      value *= scale.factor;
      has_unit = true;
      break;
    }
  }
  return Number{{value, has_unit}, at};
}

/// Precedence climbing, as ngspice's numparam orders operators.
class Parser {
 public:
  Parser(std::string_view text, const Lookup& lookup, int depth)
      : text_(text), lookup_(lookup), depth_(depth) {}

  Result<Quantity> run() {
    PTAH_TRY(const Quantity result, ternary());
    skip();
    if (at_ < text_.size()) return fail("has " + text::quoted(text_.substr(at_)) + " left over");
    if (!std::isfinite(result.value)) return fail("is not a finite number");
    return result;
  }

 private:
  /// Counts the nesting for as long as it lives.
  struct Nested {
    explicit Nested(int& depth_in) : depth(depth_in) { ++depth; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;
    ~Nested() { --depth; }
    int& depth;
  };

  Error fail(const std::string& why) const {
    return make_error(ErrorCode::kParse, "The expression " + text::quoted(text_) + " " + why + ".");
  }

  void skip() {
    while (at_ < text_.size() && text::is_space(text_[at_])) ++at_;
  }
  bool take(std::string_view symbol) {
    skip();
    if (text_.substr(at_, symbol.size()) != symbol) return false;
    at_ += symbol.size();
    return true;
  }

  Result<Quantity> ternary() {
    const Nested nested(depth_);
    if (depth_ > kMaxExpressionDepth) return fail("is nested too deeply");
    PTAH_TRY(const Quantity condition, binary(0));
    if (!take("?")) return condition;
    PTAH_TRY(const Quantity yes, ternary());
    if (!take(":")) return fail("has a \"?\" without its \":\"");
    PTAH_TRY(const Quantity no, ternary());
    return condition.value != 0 ? yes : no;
  }

  struct Operator {
    std::string_view symbol;
    int precedence;
  };

  /// The binary operator at the present position, if it binds at least as tightly as `floor`.
  const Operator* peek_operator(int floor) {
    static constexpr std::array kOperators{Operator{"||", 1}, Operator{"&&", 2}, Operator{"==", 3},
                                           Operator{"!=", 3}, Operator{"<=", 4}, Operator{">=", 4},
                                           Operator{"<", 4},  Operator{">", 4},  Operator{"+", 5},
                                           Operator{"-", 5},  Operator{"**", 7}, Operator{"*", 6},
                                           Operator{"/", 6},  Operator{"%", 6},  Operator{"^", 7}};
    skip();
    for (const Operator& candidate : kOperators) {
      if (text_.substr(at_, candidate.symbol.size()) == candidate.symbol) {
        return candidate.precedence >= floor ? &candidate : nullptr;
      }
    }
    return nullptr;
  }

  Result<Quantity> binary(int floor) {
    const Nested nested(depth_);
    if (depth_ > kMaxExpressionDepth) return fail("is nested too deeply");
    PTAH_TRY(Quantity left, unary());
    while (const Operator* op = peek_operator(floor)) {
      at_ += op->symbol.size();
      PTAH_TRY(const Quantity right, binary(op->precedence + 1));
      PTAH_TRY(left, apply(op->symbol, left, right));
    }
    return left;
  }

  Result<Quantity> apply(std::string_view op, Quantity a, Quantity b) const {
    const bool unit = a.has_unit || b.has_unit;
    const double x = a.value;
    const double y = b.value;
    double value = 0;
    if (op == "||") value = x != 0 || y != 0;
    if (op == "&&") value = x != 0 && y != 0;
    if (op == "==") value = x == y;
    if (op == "!=") value = x != y;
    if (op == "<=") value = x <= y;
    if (op == ">=") value = x >= y;
    if (op == "<") value = x < y;
    if (op == ">") value = x > y;
    if (op == "+") value = x + y;
    if (op == "-") value = x - y;
    if (op == "*") value = x * y;
    if (op == "/" || op == "%") {
      if (y == 0) return fail("divides by zero");
      value = op == "/" ? x / y : std::fmod(x, y);
    }
    if (op == "**" || op == "^") value = std::pow(x, y);
    return Quantity{value, unit};
  }

  Result<Quantity> unary() {
    const Nested nested(depth_);
    if (depth_ > kMaxExpressionDepth) return fail("is nested too deeply");
    if (take("-")) {
      PTAH_TRY(const Quantity q, power_operand());
      return Quantity{-q.value, q.has_unit};
    }
    if (take("+")) return power_operand();
    skip();
    if (text_.substr(at_, 2) != "!=" && take("!")) {
      PTAH_TRY(const Quantity q, unary());
      return Quantity{q.value == 0 ? 1.0 : 0.0, false};
    }
    return primary();
  }

  /// What a sign applies to: "-2**2" is -4.
  Result<Quantity> power_operand() { return binary(7); }

  Result<Quantity> primary() {
    skip();
    if (at_ >= text_.size()) return fail("ends where a value should stand");
    const char c = text_[at_];
    if (c == '(' || c == '{') {
      ++at_;
      PTAH_TRY(const Quantity q, ternary());
      if (!take(c == '(' ? ")" : "}")) return fail("has an unclosed bracket");
      // "{wn}u": ngspice puts the number in place of the braces, and then reads "2u".
      if (c == '{' && at_ < text_.size() && is_letter(text_[at_])) {
        const auto scale = leading_number("1" + std::string(text_.substr(at_)));
        at_ += scale->length - 1;
        return Quantity{q.value * scale->quantity.value, q.has_unit || scale->quantity.has_unit};
      }
      return q;
    }
    if (const auto number = leading_number(text_.substr(at_))) {
      at_ += number->length;
      return number->quantity;
    }
    if (is_letter(c)) return name();
    return fail("has " + text::quoted(text_.substr(at_, 1)) + " where a value should stand");
  }

  Result<Quantity> name() {
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           (is_letter(text_[at_]) || is_digit(text_[at_]) || text_[at_] == '.')) {
      ++at_;
    }
    const std::string id = lower_case(text_.substr(start, at_ - start));
    if (take("(")) return call(id);
    PTAH_TRY(const std::optional<Quantity> found, lookup_(id, depth_));
    if (found) return *found;
    if (id == "pi") return Quantity{3.14159265358979323846, false};
    return make_error(ErrorCode::kNotFound,
                      "The expression " + text::quoted(text_) + " uses " + text::quoted(id) +
                          ", which no .param defines.",
                      {}, "define it with .param or hand it over: --param NAME=VALUE");
  }

  Result<Quantity> call(const std::string& function) {
    std::vector<Quantity> arguments;
    if (!take(")")) {
      do {
        if (arguments.size() == 8) return fail("has too many arguments");
        PTAH_TRY(const Quantity argument, ternary());
        arguments.push_back(argument);
      } while (take(","));
      if (!take(")")) return fail("has an unclosed bracket");
    }
    bool unit = false;
    for (const Quantity& argument : arguments) unit = unit || argument.has_unit;
    const auto value = [&](double v) { return Quantity{v, unit}; };
    if (arguments.size() == 1) {
      const double x = arguments[0].value;
      if (function == "abs") return value(std::fabs(x));
      if (function == "sqrt") return value(std::sqrt(x));
      if (function == "exp") return value(std::exp(x));
      if (function == "ln" || function == "log") return value(std::log(x));
      if (function == "log10") return value(std::log10(x));
      if (function == "sin") return value(std::sin(x));
      if (function == "cos") return value(std::cos(x));
      if (function == "tan") return value(std::tan(x));
      if (function == "atan" || function == "arctan") return value(std::atan(x));
      if (function == "int") return value(std::trunc(x));
      if (function == "floor") return value(std::floor(x));
      if (function == "ceil") return value(std::ceil(x));
      if (function == "nint" || function == "round") return value(std::nearbyint(x));
      if (function == "sgn") return value(x > 0 ? 1.0 : x < 0 ? -1.0 : 0.0);
    }
    if (arguments.size() == 2) {
      const double x = arguments[0].value;
      const double y = arguments[1].value;
      if (function == "min") return value(std::fmin(x, y));
      if (function == "max") return value(std::fmax(x, y));
      if (function == "pow") return value(std::pow(x, y));
      if (function == "pwr") return value(std::copysign(std::pow(std::fabs(x), y), x));
    }
    if (arguments.size() == 3 && (function == "if" || function == "ternary_fcn")) {
      return arguments[0].value != 0 ? arguments[1] : arguments[2];
    }
    return make_error(ErrorCode::kUnsupported,
                      "The expression " + text::quoted(text_) + " calls " + text::quoted(function) +
                          " with " + std::to_string(arguments.size()) +
                          " arguments, which is no known function.",
                      {},
                      "known are abs sqrt exp ln log10 sin cos tan atan int floor ceil nint sgn "
                      "min max pow pwr if");
  }

  std::string_view text_;
  const Lookup& lookup_;
  int depth_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<Quantity> parse_number(std::string_view s) {
  s = text::trim(s);
  double sign = 1;
  if (!s.empty() && (s.front() == '-' || s.front() == '+')) {
    sign = s.front() == '-' ? -1 : 1;
    s.remove_prefix(1);
  }
  const auto number = leading_number(s);
  if (!number || number->length != s.size()) return std::nullopt;
  return Quantity{sign * number->quantity.value, number->quantity.has_unit};
}

Result<Quantity> evaluate(std::string_view s, const Lookup& lookup, int depth) {
  s = text::trim(s);
  if (s.size() >= 2) {
    const char first = s.front();
    const char last = s.back();
    if ((first == '\'' && last == '\'') || (first == '"' && last == '"')) {
      s = text::trim(s.substr(1, s.size() - 2));
    }
  }
  if (s.size() > kMaxExpressionBytes) {
    return make_error(ErrorCode::kLimit, "An expression is longer than " +
                                             std::to_string(kMaxExpressionBytes) + " bytes.");
  }
  if (const auto number = parse_number(s)) {
    if (!std::isfinite(number->value)) {
      return make_error(ErrorCode::kParse, "The number " + text::quoted(s) + " is too large.");
    }
    return *number;
  }
  return Parser(s, lookup, depth).run();
}

}  // namespace ptah::spice
