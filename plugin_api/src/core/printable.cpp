#include "ptah/core/printable.hpp"

#include <cstdint>

namespace ptah {
namespace {

/// Bytes of the UTF-8 character that `text` begins with, and its number; 0 where it is none.
std::size_t decode(std::string_view text, std::uint32_t& number) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t size = lead < 0x80   ? 1
                           : lead < 0xc2 ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                           : lead < 0xf5 ? 4
                                         : 0;
  if (size == 0 || size > text.size()) return 0;
  number = size == 1 ? lead : lead & (0x7fu >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    number = number << 6 | (byte(i) & 0x3fu);
  }
  const bool overlong = (size == 3 && number < 0x800) || (size == 4 && number < 0x10000);
  const bool surrogate = number >= 0xd800 && number < 0xe000;
  return overlong || surrogate || number > 0x10ffff ? 0 : size;
}

}  // namespace

std::string printable(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string shown;
  shown.reserve(text.size());
  while (!text.empty()) {
    std::uint32_t number = 0;
    const std::size_t size = decode(text, number);
    if (size == 0) number = static_cast<unsigned char>(text[0]);
    const bool control =
        (number < 0x20 && number != '\n' && number != '\t') || (number >= 0x7f && number < 0xa0);
    if (size == 0 || control) {
      const auto byte = static_cast<unsigned>(number);
      shown += {'\\', 'x', kDigits[byte >> 4 & 15], kDigits[byte & 15]};
      text.remove_prefix(size == 0 ? 1 : size);
    } else {
      shown += text.substr(0, size);
      text.remove_prefix(size);
    }
  }
  return shown;
}

std::string printable_record(std::string_view text) {
  std::string shown = printable(text);
  while (!shown.empty() && shown.back() == '\n') shown.pop_back();
  for (std::size_t at = shown.find('\n'); at != std::string::npos; at = shown.find('\n', at + 1))
    shown.insert(at + 1, "    ");
  return shown;
}

}  // namespace ptah
