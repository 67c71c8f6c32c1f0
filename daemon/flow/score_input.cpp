#include "flow/score_input.hpp"

#include <algorithm>
#include <array>

namespace ptah {
namespace {

constexpr std::size_t kMaxInlineBytes = 512u << 10;
constexpr std::size_t kMaxFileBytes = 256u << 20;
/// Of the chosen cell, flattened. The largest shipped circuit has about 4,000.
constexpr std::size_t kMaxShapes = 400'000;

constexpr std::array<std::int8_t, 256> base64_values() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}

}  // namespace

Result<std::vector<std::uint8_t>> decode_base64(std::string_view text, std::size_t max_bytes) {
  static constexpr auto kValues = base64_values();
  std::vector<std::uint8_t> bytes;
  bytes.reserve(std::min(text.size() / 4 * 3 + 3, max_bytes));
  std::uint32_t word = 0;
  int bits = 0;
  std::size_t digits = 0, padding = 0;
  const auto wrong = [](std::size_t at, const char* what) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The data is no base64: " + std::string(what) + " at character " +
                          std::to_string(at + 1) + ".",
                      "layout.data", "Send the bytes of a GDSII file in base64, or its `path`.");
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '\r') continue;
    if (c == '=') {
      if (++padding > 2) return wrong(i, "too much padding");
      continue;
    }
    const int value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) return wrong(i, "a character of no digit");
    if (padding > 0) return wrong(i, "a digit after the padding");
    ++digits;
    word = word << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    if (bytes.size() == max_bytes) {
      return make_error(ErrorCode::kLimit,
                        "Inline data is at most " + std::to_string(max_bytes >> 10) + " KiB.",
                        "layout.data", "Save the layout and send its `path`.");
    }
    bytes.push_back(static_cast<std::uint8_t>(word >> bits));
  }
  if (digits % 4 == 1 || (padding > 0 && (digits + padding) % 4 != 0)) {
    return wrong(text.size() == 0 ? 0 : text.size() - 1, "the end in the middle of a byte");
  }
  return bytes;
}

Result<ScoreLayout> read_score_layout(const rpc::LayoutSource& layout, const std::string& top,
                                      const Technology& technology,
                                      const std::filesystem::path& scratch) {
  ScoreLayout read;
  gds::ReadLimits limits;
  limits.max_bytes = kMaxFileBytes;
  if (layout.data) {
    read.name = "layout.data";
    read.gds = scratch / "layout.gds";
    PTAH_TRY(const auto bytes, decode_base64(*layout.data, kMaxInlineBytes));
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
