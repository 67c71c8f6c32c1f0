/// Options of a plugin: declared once, checked before the plugin sees them, listed for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"

namespace ptah {

enum class OptionType { kBool, kInt, kReal, kText };

struct OptionSpec {
  std::string name;  ///< Snake case, the unit at its end: "halo_um".
  OptionType type = OptionType::kText;
  Json default_value;
  std::string description;  ///< One sentence.
  std::optional<double> minimum;
  std::optional<double> maximum;
  std::vector<std::string> choices;  ///< Allowed values of a kText option; empty: any.
};

using OptionSchema = std::vector<OptionSpec>;

/// Fails naming the option when a schema is malformed: an empty or repeated name, a default that is
/// of the wrong type, out of range or not among the choices. Hosts refuse such a plugin.
Status check_schema(const OptionSchema& schema);

/// Checked options: every option of the schema is present with the right type and in range.
class Options {
 public:
  /// Fails naming the option, its value and what it may be; unknown options fail too.
  static Result<Options> check(const OptionSchema& schema, const Json& given);

  /// Name and type are the schema's: anything else is a bug and throws.
  bool flag(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  double real(std::string_view name) const;
  std::string text(std::string_view name) const;
  const Json& json() const noexcept { return values_; }

 private:
  Json values_ = Json::object();
};

/// "bool", "int", "real", "text".
std::string_view to_string(OptionType type) noexcept;

/// For people and for the protocol: an array of objects, one an option, with "name", "type",
/// "default", "description" and, where they apply, "minimum", "maximum", "choices".
Json to_json(const OptionSchema& schema);

}  // namespace ptah
