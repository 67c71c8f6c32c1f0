/// Typed requests and replies. A struct lists its fields once, in `describe`, and from that list it
/// is read from JSON (strictly), written to JSON and documented:
///
///   struct JobParams {
///     std::string job;
///     template <class V> void describe(V& v) { v.required("job", job, "The job's id."); }
///   };
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "rpc/choice.hpp"

namespace ptah::rpc {

/// A JSON object that is passed on as it is.
struct Object {
  Json value = Json::object();
};

/// A struct, read strictly, and the JSON that it was read from, which is what is kept and shown.
template <class T>
struct Given {
  T value;
  Json json = Json::object();
};

/// What a text is.
enum class TextForm {
  kAny,
  kFile,        ///< The absolute path of a file: a relative one means another to each process. Or
                ///< a file of the store, see `stored_hash`.
  kName,        ///< A word: no path, and nothing that a shell or a terminal would take for more.
  kNameOrFile,  ///< A word, or as kFile, a YAML file.
  kFolder,      ///< The absolute path of a folder; empty: none.
};

/// The hash in "sha256:HASH", which is how a file of the store is named where a file can be.
inline std::optional<std::string> stored_hash(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  constexpr std::size_t kDigits = 64;
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  const bool hash = text.size() == kDigits &&
                    text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return hash ? std::optional<std::string>(text) : std::nullopt;
}

/// Of an integer's value, and of the length in bytes and the form of the texts in a field.
struct Range {
  std::int64_t low = std::numeric_limits<std::int64_t>::min();
  std::int64_t high = std::numeric_limits<std::int64_t>::max();
  std::optional<std::size_t> text =
      std::nullopt;  ///< Nothing: as all fields of the struct that is read.
  TextForm form = TextForm::kAny;
};
constexpr Range at_most(std::size_t bytes) {
  Range range;
  range.text = bytes;
  return range;
}
constexpr Range of_form(TextForm form) {
  Range range;
  range.form = form;
  return range;
}
/// Of the folder of results: the paths in it fit into what the system takes.
constexpr Range output_folder() {
  Range range = at_most(3000);
  range.form = TextForm::kFolder;
  return range;
}
/// What a text in a request may have, names in an object included, unless its field says otherwise.
constexpr std::size_t kMaxText = 4096;

template <class T>
Status read_value(const Json& json, T& value, const std::string& path, const Range& range);
template <class T>
Json write_value(T& value);

namespace detail {

inline Error type_error(const std::string& path, const Json& json, const char* wanted) {
  return make_error(
      ErrorCode::kInvalidArgument,
      "Field \"" + path + "\" is " + json.type_name() + ", it must be " + wanted + ".", path);
}

inline Status check_text(const std::string& text, const std::string& path, const Range& range) {
  if (!range.text || text.size() <= *range.text) return ok();
  return make_error(ErrorCode::kInvalidArgument,
                    "A text in field \"" + path + "\" has " + std::to_string(text.size()) +
                        " bytes, it may have " + std::to_string(*range.text) + ".",
                    path);
}

inline bool is_word(std::string_view text) {
  return !text.empty() && text.front() != '.' && text.front() != '-' &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                  c == '_' || c == '.' || c == '+' || c == '-';
         });
}

inline const char* form_name(TextForm form) {
  switch (form) {
    case TextForm::kFile:
      return "the absolute path of a file, or \"sha256:\" and the hash of one in the store";
    case TextForm::kName:
      return "a name of letters, digits, '_', '.', '+' and '-'";
    case TextForm::kNameOrFile:
      return "a name, or the absolute path of a YAML file, or \"sha256:\" and the hash of one in "
             "the "
             "store";
    case TextForm::kFolder:
      return "the absolute path of a folder";
    case TextForm::kAny:
      break;
  }
  return "";
}

inline Status check_form(const std::string& text, const std::string& where, TextForm form) {
  const bool path = text.starts_with('/');
  const bool file = path || stored_hash(text);
  const bool yaml = text.ends_with(".yaml") || text.ends_with(".yml");
  const bool fits = form == TextForm::kAny || (form == TextForm::kFile && file) ||
                    (form == TextForm::kName && is_word(text)) ||
                    (form == TextForm::kNameOrFile && (file || (is_word(text) && !yaml))) ||
                    (form == TextForm::kFolder && (path || text.empty()));
  if (fits) return ok();
  return make_error(ErrorCode::kInvalidArgument,
                    "Field \"" + where + "\" is \"" + text.substr(0, 200) + "\", it must be " +
                        form_name(form) + ".",
                    where);
}

/// Of every text in a value, names included.
inline Status check_texts(const Json& json, const std::string& path, const Range& range) {
  if (json.is_string()) return check_text(json.get_ref<const std::string&>(), path, range);
  if (!json.is_structured()) return ok();
  for (const auto& item : json.items()) {
    const bool named = json.is_object();
    if (named) {
      PTAH_TRY(check_text(item.key(), path, range));
    }
    PTAH_TRY(check_texts(item.value(), named ? path + "." + item.key() : path, range));
  }
  return ok();
}

template <class T>
struct IsVector : std::false_type {};
template <class T>
struct IsVector<std::vector<T>> : std::true_type {};
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};
template <class T>
struct IsMap : std::false_type {};
template <class T>
struct IsMap<std::map<std::string, T>> : std::true_type {};
template <class T>
struct IsGiven : std::false_type {};
template <class T>
struct IsGiven<Given<T>> : std::true_type {};

/// What holds between the fields of a struct, where it has such a rule.
template <class T>
Status check_whole(const T& value, const std::string& path) {
  if constexpr (requires { value.check(path); }) {
    return value.check(path);
  } else {
    return ok();
  }
}

}  // namespace detail

/// "outer.inner", or the inner name alone.
inline std::string field_path(const std::string& outer, const std::string& name) {
  return outer.empty() ? name : outer + "." + name;
}

/// Reads the fields of one object; the first problem is kept.
class FieldReader {
 public:
  /// `text`: the length that texts may have, or nothing where they are bounded elsewhere.
  FieldReader(const Json& object, std::string path, std::optional<std::size_t> text)
      : object_(object), path_(std::move(path)), text_(text) {
    if (!object_.is_object())
      error_ = detail::type_error(path_.empty() ? "params" : path_, object_, "an object");
  }
  template <class T>
  void required(const char* name, T& value, const char*, Range range = {}) {
    if (!read(name, value, range) && !error_) {
      error_ = make_error(ErrorCode::kInvalidArgument, "Field \"" + full(name) + "\" is missing.",
                          full(name));
    }
  }
  template <class T>
  void optional(const char* name, T& value, const char*, Range range = {}) {
    read(name, value, range);
  }
  /// Fails for a field of the wrong type or range, a missing or an unknown one.
  Status finish() const {
    if (error_) return *error_;
    for (const auto& item : object_.items()) {
      if (known_.contains(item.key())) continue;
      std::string names;
      for (const std::string& name : known_) names += (names.empty() ? "" : ", ") + name;
      const std::string unknown = full(item.key().substr(0, kShownName));
      return make_error(ErrorCode::kInvalidArgument, "Unknown field \"" + unknown + "\".", unknown,
                        names.empty() ? "This takes no fields." : "Known fields: " + names + ".");
    }
    return ok();
  }

 private:
  static constexpr std::size_t kShownName = 256;
  std::string full(const std::string& name) const { return field_path(path_, name); }
  /// False when the field is absent (or null, which means the same but where any value may be).
  template <class T>
  bool read(const char* name, T& value, const Range& range) {
    known_.insert(name);
    if (error_) return true;
    const auto found = object_.find(name);
    if (found == object_.end() || (found->is_null() && !std::is_same_v<T, Json>)) return false;
    Range bounded = range;
    if (!bounded.text) bounded.text = text_;
    Status status = read_value(*found, value, full(name), bounded);
    if (!status) error_ = status.error();
    return true;
  }

  const Json& object_;
  std::string path_;
  std::optional<std::size_t> text_;
  std::set<std::string> known_;
  std::optional<Error> error_;
};

class FieldWriter {
 public:
  template <class T>
  void required(const char* name, T& value, const char*, Range = {}) {
    json_[name] = write_value(value);
  }
  /// An optional field without a value is left out.
  template <class T>
  void optional(const char* name, T& value, const char*, Range = {}) {
    Json written = write_value(value);
    if (!written.is_null()) json_[name] = std::move(written);
  }
  Json take() { return std::move(json_); }

 private:
  Json json_ = Json::object();
};

template <class T>
Status read_value(const Json& json, T& value, const std::string& path, const Range& range) {
  if constexpr (detail::IsOptional<T>::value) {
    value.emplace();
    return read_value(json, *value, path, range);
  } else if constexpr (detail::IsVector<T>::value) {
    if (!json.is_array()) return detail::type_error(path, json, "an array");
    value.clear();
    for (std::size_t i = 0; i < json.size(); ++i) {
      value.emplace_back();
      PTAH_TRY(read_value(json[i], value.back(), path + "[" + std::to_string(i) + "]", range));
    }
    return ok();
  } else if constexpr (detail::IsMap<T>::value) {
    if (!json.is_object()) return detail::type_error(path, json, "an object");
    value.clear();
    for (const auto& item : json.items()) {
      PTAH_TRY(detail::check_text(item.key(), path, range));
      PTAH_TRY(read_value(item.value(), value[item.key()], path + "." + item.key(), range));
    }
    return ok();
  } else if constexpr (detail::IsGiven<T>::value) {
    PTAH_TRY(read_value(json, value.value, path, range));
    value.json = json;
    return ok();
  } else if constexpr (Choice<T>) {
    if (!json.is_string()) return detail::type_error(path, json, "a string");
    PTAH_TRY(value, choice_from_string<T>(json.get_ref<const std::string&>(), path));
    return ok();
  } else if constexpr (std::is_same_v<T, std::string>) {
    if (!json.is_string()) return detail::type_error(path, json, "a string");
    value = json.get<std::string>();
    if (value.find('\0') != std::string::npos) {
      return make_error(ErrorCode::kInvalidArgument, "Field \"" + path + "\" holds a zero byte.",
                        path);
    }
    PTAH_TRY(detail::check_text(value, path, range));
    return detail::check_form(value, path, range.form);
  } else if constexpr (std::is_same_v<T, bool>) {
    if (!json.is_boolean()) return detail::type_error(path, json, "true or false");
    value = json.get<bool>();
    return ok();
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    const bool fits =
        json.is_number_integer() &&
        !(json.is_number_unsigned() &&
          json.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<std::int64_t>::max()});
    if (!fits) return detail::type_error(path, json, "an integer");
    value = json.get<std::int64_t>();
    if (value < range.low || value > range.high) {
      return make_error(ErrorCode::kInvalidArgument,
                        "Field \"" + path + "\" is " + std::to_string(value) + ", it must be " +
                            std::to_string(range.low) + " to " + std::to_string(range.high) + ".",
                        path);
    }
    return ok();
  } else if constexpr (std::is_same_v<T, double>) {
    if (!json.is_number()) return detail::type_error(path, json, "a number");
    value = json.get<double>();
    return ok();
  } else if constexpr (std::is_same_v<T, Object>) {
    if (!json.is_object()) return detail::type_error(path, json, "an object");
    PTAH_TRY(detail::check_texts(json, path, range));
    value.value = json;
    return ok();
  } else if constexpr (std::is_same_v<T, Json>) {
    value = json;
    return ok();
  } else {
    FieldReader reader(json, path, range.text);
    value.describe(reader);
    PTAH_TRY(reader.finish());
    return detail::check_whole(value, path);
  }
}

template <class T>
Json write_value(T& value) {
  if constexpr (detail::IsOptional<T>::value) {
    return value ? write_value(*value) : Json(nullptr);
  } else if constexpr (detail::IsVector<T>::value) {
    Json array = Json::array();
    for (auto& item : value) array.push_back(write_value(item));
    return array;
  } else if constexpr (detail::IsMap<T>::value) {
    Json object = Json::object();
    for (auto& [name, item] : value) object[name] = write_value(item);
    return object;
  } else if constexpr (detail::IsGiven<T>::value) {
    return value.json;
  } else if constexpr (Choice<T>) {
    return Json(to_string(value));
  } else if constexpr (std::is_same_v<T, Object>) {
    return value.value;
  } else if constexpr (requires {
                         FieldWriter{};
                         value.describe(std::declval<FieldWriter&>());
                       }) {
    FieldWriter writer;
    value.describe(writer);
    return writer.take();
  } else {
    return Json(value);
  }
}

template <class T>
Result<T> read_struct(const Json& params, std::optional<std::size_t> text = std::nullopt) {
  T value;
  FieldReader reader(params, "", text);
  value.describe(reader);
  PTAH_TRY(reader.finish());
  PTAH_TRY(detail::check_whole(value, ""));
  return value;
}

/// One field as the reference shows it.
struct FieldDoc {
  std::string name;
  std::string type;
  bool required = false;
  std::string default_text;
  std::string text;
  TextForm form = TextForm::kAny;
};

/// Lists fields; the fields of nested structs follow as "outer.inner".
class FieldDocumenter {
 public:
  template <class T>
  void required(const char* name, T& value, const char* text, Range range = {}) {
    add(name, value, text, range, true);
  }
  template <class T>
  void optional(const char* name, T& value, const char* text, Range range = {}) {
    add(name, value, text, range, false);
  }
  std::vector<FieldDoc> take() { return std::move(fields_); }

 private:
  template <class T>
  static std::string type_name() {
    if constexpr (detail::IsOptional<T>::value) {
      return type_name<typename T::value_type>();
    } else if constexpr (detail::IsVector<T>::value) {
      return "array of " + type_name<typename T::value_type>();
    } else if constexpr (detail::IsMap<T>::value) {
      return "object of " + type_name<typename T::mapped_type>();
    } else if constexpr (Choice<T>) {
      return "one of " + choice_names<T>();
    } else if constexpr (std::is_same_v<T, std::string>) {
      return "string";
    } else if constexpr (std::is_same_v<T, bool>) {
      return "boolean";
    } else if constexpr (std::is_same_v<T, std::int64_t>) {
      return "integer";
    } else if constexpr (std::is_same_v<T, double>) {
      return "number";
    } else if constexpr (std::is_same_v<T, Json>) {
      return "any";
    } else {
      return "object";
    }
  }
  template <class T>
  void add(const char* name, T& value, const char* text, const Range& range, bool is_required) {
    FieldDoc doc{prefix_ + name, type_name<T>(), is_required, {}, text, range.form};
    if (range.low != Range{}.low && range.high != Range{}.high) {
      doc.type += " " + std::to_string(range.low) + ".." + std::to_string(range.high);
    }
    if (range.text) doc.type += ", at most " + std::to_string(*range.text) + " bytes";
    if (range.form != TextForm::kAny) doc.type += ": " + std::string(detail::form_name(range.form));
    if constexpr (Choice<T>) {
      if (!is_required) doc.default_text = std::string(to_string(value));
    } else if constexpr (std::is_same_v<T, std::int64_t> || std::is_same_v<T, bool> ||
                         std::is_same_v<T, std::string>) {
      if (!is_required && value != T{}) doc.default_text = Json(value).dump();
    }
    fields_.push_back(std::move(doc));
    nested<T>(std::string(name));
  }
  template <class T>
  void nested(const std::string& name) {
    if constexpr (detail::IsOptional<T>::value) {
      nested<typename T::value_type>(name);
    } else if constexpr (detail::IsVector<T>::value) {
      nested<typename T::value_type>(name + "[]");
    } else if constexpr (detail::IsMap<T>::value) {
      nested<typename T::mapped_type>(name + ".NAME");
    } else if constexpr (detail::IsGiven<T>::value) {
      nested<decltype(T::value)>(name);
    } else if constexpr (requires(T & value) {
                           value.describe(std::declval<FieldDocumenter&>());
                         }) {
      T value;
      const std::string outer = prefix_;
      prefix_ += name + ".";
      value.describe(*this);
      prefix_ = outer;
    }
  }

  std::string prefix_;
  std::vector<FieldDoc> fields_;
};

}  // namespace ptah::rpc
