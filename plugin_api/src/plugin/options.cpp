#include "ptah/plugin/options.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>
#include <stdexcept>

namespace ptah {
namespace {

// Values in messages are cut: an option may hold a megabyte of nonsense.
std::string shown(const Json& value) {
  constexpr std::size_t kMost = 80;
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.15g", value);
  return text;
}

// "an integer from 1 to 64", "one of: a, b", "true or false".
std::string allowed(const OptionSpec& spec) {
  std::string text;
  switch (spec.type) {
    case OptionType::kBool:
      return "true or false";
    case OptionType::kInt:
      text = "an integer";
      break;
    case OptionType::kReal:
      text = "a number";
      break;
    case OptionType::kText: {
      if (spec.choices.empty()) return "a text";
      text = "one of: ";
      for (std::size_t i = 0; i < spec.choices.size(); ++i) {
        text += (i == 0 ? "" : ", ") + spec.choices[i];
      }
      return text;
    }
  }
  if (spec.minimum && spec.maximum) {
    text += " from " + number(*spec.minimum) + " to " + number(*spec.maximum);
  } else if (spec.minimum) {
    text += " not below " + number(*spec.minimum);
  } else if (spec.maximum) {
    text += " not above " + number(*spec.maximum);
  }
  return text;
}

bool in_range(const OptionSpec& spec, double value) {
  return std::isfinite(value) && (!spec.minimum || value >= *spec.minimum) &&
         (!spec.maximum || value <= *spec.maximum);
}

// The value as the schema's type, or null where it is not one of the allowed values. Integers are
// taken for reals, and whole reals for integers (JSON of other languages writes 4 as 4.0).
Json accepted(const OptionSpec& spec, const Json& value) {
  switch (spec.type) {
    case OptionType::kBool:
      return value.is_boolean() ? value : Json();
    case OptionType::kInt: {
      if (value.is_number_unsigned()) {
        const auto plain = value.get<std::uint64_t>();
        if (plain > static_cast<std::uint64_t>(INT64_MAX)) return {};
        if (!in_range(spec, static_cast<double>(plain))) return {};
        return static_cast<std::int64_t>(plain);
      }
      if (value.is_number_integer()) {
        const auto plain = value.get<std::int64_t>();
        return in_range(spec, static_cast<double>(plain)) ? Json(plain) : Json();
      }
      if (value.is_number_float()) {
        const double plain = value.get<double>();
        // 2^53: every whole double up to it is an exact integer.
        if (std::nearbyint(plain) != plain || std::abs(plain) > 9007199254740992.0) return {};
        return in_range(spec, plain) ? Json(static_cast<std::int64_t>(plain)) : Json();
      }
      return {};
    }
    case OptionType::kReal:
      if (!value.is_number() || !in_range(spec, value.get<double>())) return {};
      return value.get<double>();
    case OptionType::kText: {
      if (!value.is_string()) return {};
      const auto& text = value.get_ref<const std::string&>();
      if (!spec.choices.empty() &&
          std::find(spec.choices.begin(), spec.choices.end(), text) == spec.choices.end()) {
        return {};
      }
      return value;
    }
  }
  return {};
}

bool is_option_name(std::string_view name) {
  if (name.empty() || name.size() > 64) return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string known_names(const OptionSchema& schema) {
  if (schema.empty()) return "it has no options";
  std::string text = "known options: ";
  for (std::size_t i = 0; i < schema.size(); ++i) text += (i == 0 ? "" : ", ") + schema[i].name;
  return text;
}

// Asking for an option that the schema lacks, or as another type, is a bug of the plugin.
[[noreturn]] void bug(std::string_view name, std::string_view type) {
  throw std::logic_error("There is no option \"" + std::string(name) + "\" of type " +
                         std::string(type) + " in the plugin's schema.");
}

}  // namespace

std::string_view to_string(OptionType type) noexcept {
  switch (type) {
    case OptionType::kBool:
      return "bool";
    case OptionType::kInt:
      return "int";
    case OptionType::kReal:
      return "real";
    case OptionType::kText:
      return "text";
  }
  return "unknown";
}

Status check_schema(const OptionSchema& schema) {
  std::set<std::string_view> seen;
  for (const OptionSpec& spec : schema) {
    const std::string where = "option " + shown(spec.name);
    if (!is_option_name(spec.name)) {
      return make_error(ErrorCode::kPluginFailed,
                        "An option's name must be 1 to 64 of the characters a-z, A-Z, 0-9 and _.",
                        where);
    }
    if (!seen.insert(spec.name).second) {
      return make_error(ErrorCode::kPluginFailed, "The option is declared twice.", where);
    }
    if (spec.minimum && spec.maximum && *spec.minimum > *spec.maximum) {
      return make_error(ErrorCode::kPluginFailed, "Its minimum is above its maximum.", where);
    }
    if (accepted(spec, spec.default_value).is_null()) {
      return make_error(
          ErrorCode::kPluginFailed,
          "Its default is " + shown(spec.default_value) + " but must be " + allowed(spec) + ".",
          where);
    }
  }
  return ok();
}

Result<Options> Options::check(const OptionSchema& schema, const Json& given) {
  if (!given.is_null() && !given.is_object()) {
    return make_error(ErrorCode::kInvalidArgument,
                      "Options are " + shown(given) + " but must be an object of name: value.");
  }
  Options options;
  for (const OptionSpec& spec : schema) {
    const auto found = given.is_object() ? given.find(spec.name) : given.end();
    if (found == given.end()) {
      // A default that is a whole number stands for a real; keep the declared type.
      options.values_[spec.name] = accepted(spec, spec.default_value);
      continue;
    }
    Json value = accepted(spec, *found);
    if (value.is_null()) {
      return make_error(ErrorCode::kInvalidArgument,
                        "Its value is " + shown(*found) + " but must be " + allowed(spec) + ".",
                        "option \"" + spec.name + "\"");
    }
    options.values_[spec.name] = std::move(value);
  }
  if (given.is_object()) {
    for (const auto& item : given.items()) {
      if (!options.values_.contains(item.key())) {
        return make_error(ErrorCode::kInvalidArgument, "There is no such option.",
                          "option " + shown(item.key()), known_names(schema));
      }
    }
  }
  return options;
}

bool Options::flag(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || !found->is_boolean()) bug(name, "bool");
  return found->get<bool>();
}

std::int64_t Options::integer(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || !found->is_number_integer()) bug(name, "int");
  return found->get<std::int64_t>();
}

double Options::real(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || !found->is_number_float()) bug(name, "real");
  return found->get<double>();
}

std::string Options::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || !found->is_string()) bug(name, "text");
  return found->get<std::string>();
}

Json to_json(const OptionSchema& schema) {
  Json array = Json::array();
  for (const OptionSpec& spec : schema) {
    Json option{{"name", spec.name},
                {"type", to_string(spec.type)},
                {"default", spec.default_value},
                {"description", spec.description}};
    if (spec.minimum) option["minimum"] = *spec.minimum;
    if (spec.maximum) option["maximum"] = *spec.maximum;
    if (!spec.choices.empty()) option["choices"] = spec.choices;
    array.push_back(std::move(option));
  }
  return array;
}

}  // namespace ptah
