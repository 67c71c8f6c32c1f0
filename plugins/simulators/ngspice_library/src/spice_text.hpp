/// What several of the files here must agree about in the text of a deck.
#pragma once

#include <array>
#include <string_view>

namespace ptah {

/// Areas and perimeters of a transistor's drain and source: they differ from finger to finger, and
/// no model is chosen by them.
inline constexpr std::array<std::string_view, 4> kDiffusion = {"ad", "as", "pd", "ps"};

}  // namespace ptah
