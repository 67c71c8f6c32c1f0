/// What several of the files here must agree about in the text of a deck.
#pragma once

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>

namespace ptah {

/// ngspice folds the case of a deck.
inline std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// Areas and perimeters of a transistor's drain and source: they differ from finger to finger, and
/// no model is chosen by them.
inline constexpr std::array<std::string_view, 4> kDiffusion = {"ad", "as", "pd", "ps"};

}  // namespace ptah
