/// The layout of a score request, wherever it comes from, bounded: somebody waits for the answer.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/layout/gds.hpp"
#include "rpc/specs.hpp"

namespace ptah {

/// RFC 4648, with or without padding; line ends are passed over. Fails with the position of what is
/// no base64.
Result<std::vector<std::uint8_t>> decode_base64(std::string_view text, std::size_t max_bytes);

struct ScoreLayout {
  std::string name;  ///< For messages: the file, or "layout.data".
  std::string top;
  gds::Library library;
  gds::Flat flat;
  std::filesystem::path gds;  ///< Empty: not on disk.
};

/// A store hash has become a path by now. `top` may be empty where there is one top cell.
Result<ScoreLayout> read_score_layout(const rpc::LayoutSource& layout, const std::string& top,
                                      const Technology& technology);

/// For stages that read files: the layout below `scratch`, unless it is a file already.
Status put_on_disk(ScoreLayout& layout, const std::filesystem::path& scratch);

}  // namespace ptah
