/// Enumerations whose values have names on the wire, in files and on command lines. An enumeration
/// lists them once:
///
///   template <>
///   struct Choices<Objective> {
///     static constexpr std::array<NamedChoice<Objective>, 2> kNames{{{Objective::kArea, "area"},
///     ...
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "ptah/core/error.hpp"

namespace ptah {

template <class E>
using NamedChoice = std::pair<E, std::string_view>;

template <class E>
struct Choices;

template <class E>
concept Choice = requires {
  Choices<E>::kNames;
};

template <Choice E>
std::string_view to_string(E value) noexcept {
  for (const auto& [choice, name] : Choices<E>::kNames) {
    if (choice == value) return name;
  }
  return {};
}

/// "pscore, area, hpwl"
template <Choice E>
std::string choice_names() {
  std::string names;
  for (const auto& [choice, name] : Choices<E>::kNames)
    names += (names.empty() ? "" : ", ") + std::string(name);
  return names;
}

/// Fails naming `field` and what it may be.
template <Choice E>
Result<E> choice_from_string(std::string_view text, const std::string& field) {
  for (const auto& [choice, name] : Choices<E>::kNames) {
    if (name == text) return choice;
  }
  return make_error(ErrorCode::kInvalidArgument,
                    "Field \"" + field + "\" is \"" + std::string(text.substr(0, 64)) +
                        "\", it must be one of: " + choice_names<E>() + ".",
                    field);
}

}  // namespace ptah
