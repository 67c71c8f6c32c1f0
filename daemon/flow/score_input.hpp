/// The layout of a score request, wherever it comes from, bounded: somebody waits for the answer.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "flow/drawn_layout.hpp"
#include "ptah/core/error.hpp"
#include "rpc/specs.hpp"

namespace ptah {

/// Flat, too. What came inline is no file yet.
struct ScoreLayout : DrawnLayout {
  std::string name;  ///< For messages: the file, or "layout.data".
};

/// A store hash has become a path by now. `top` may be empty where there is one top cell. What
/// comes inline gets a place in `scratch`.
Result<ScoreLayout> read_score_layout(const rpc::LayoutSource& layout, const std::string& top,
                                      const Technology& technology,
                                      const std::filesystem::path& scratch);

}  // namespace ptah
