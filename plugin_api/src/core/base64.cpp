#include "ptah/core/base64.hpp"

#include <algorithm>
#include <array>

namespace ptah {
namespace {

constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> base64_values() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < kDigits.size(); ++i) {
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}

}  // namespace

Result<std::vector<std::uint8_t>> decode_base64(std::string_view text, std::size_t max_bytes,
                                                const std::string& field) {
  static constexpr auto kValues = base64_values();
  std::vector<std::uint8_t> bytes;
  bytes.reserve(std::min(text.size() / 4 * 3 + 3, max_bytes));
  std::uint32_t word = 0;
  int bits = 0;
  std::size_t digits = 0, padding = 0;
  const auto wrong = [&](std::size_t at, const char* what) {
    return make_error(ErrorCode::kInvalidArgument,
                      "The data is no base64: " + std::string(what) + " at character " +
                          std::to_string(at + 1) + ".",
                      field);
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
                        field, "Send the file with store.put, and name it by its hash.");
    }
    bytes.push_back(static_cast<std::uint8_t>(word >> bits));
  }
  if (digits % 4 == 1 || (padding > 0 && (digits + padding) % 4 != 0)) {
    return wrong(text.size() == 0 ? 0 : text.size() - 1, "the end in the middle of a byte");
  }
  return bytes;
}

std::string encode_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - at);
    std::uint32_t word = 0;
    for (std::size_t i = 0; i < 3; ++i)
      word = word << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    for (std::size_t i = 0; i < 4; ++i)
      text += i <= count ? kDigits[word >> (18 - 6 * i) & 63] : '=';
  }
  return text;
}

}  // namespace ptah
