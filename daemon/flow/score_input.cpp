#include "flow/score_input.hpp"

#include <algorithm>

#include "ptah/core/base64.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMaxInlineBytes = 512u << 10;
constexpr std::size_t kMaxFileBytes = 256u << 20;
/// Of the chosen cell, flattened. The largest shipped circuit has about 4,000.
constexpr std::size_t kMaxShapes = 400'000;

}  // namespace

Result<ScoreLayout> read_score_layout(const rpc::LayoutSource& layout, const std::string& top,
                                      const Technology& technology,
                                      const std::filesystem::path& scratch) {
  ScoreLayout read;
  gds::ReadLimits limits;
  limits.max_bytes = kMaxFileBytes;
  if (layout.data) {
    read.name = "layout.data";
    read.gds = scratch / "layout.gds";
    PTAH_TRY(const auto bytes, decode_base64(*layout.data, kMaxInlineBytes, "layout.data"));
    PTAH_TRY(read.library, gds::read(bytes, read.name, limits));
  } else {
    read.gds = layout.path.value_or("");
    read.on_disk = true;
    read.name = read.gds.string();
    PTAH_TRY(read.library, gds::read_file(read.gds, limits));
  }
  PTAH_TRY(read.top, choose_top(read.library, top, read.name));
  limits.max_elements = kMaxShapes;
  auto flat = gds::flatten(read.library, read.top, technology, limits);
  if (flat.has_error() && flat.error().code == ErrorCode::kLimit) {
    return make_error(ErrorCode::kLimit,
                      "The cell " + read.top + " holds more than " + std::to_string(kMaxShapes) +
                          " shapes, too much for a score.",
                      read.name, "Score the circuit's own cell: name it with `top`.");
  }
  PTAH_TRY(read.flat, std::move(flat));
  if (read.flat->shapes.empty()) {
    return make_error(
        ErrorCode::kInvalidArgument,
        "The cell " + read.top + " has no shape on a layer of " + technology.name() + ".",
        read.name, "Is it the right cell, in the right technology?");
  }
  return read;
}

}  // namespace ptah
