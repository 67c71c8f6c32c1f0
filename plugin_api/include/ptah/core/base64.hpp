/// Bytes in JSON: base64 of RFC 4648.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"

namespace ptah {

/// With or without padding; line ends are passed over. Fails, naming `field`, with the position of
/// what is no base64, and beyond `max_bytes`.
Result<std::vector<std::uint8_t>> decode_base64(std::string_view text, std::size_t max_bytes,
                                                const std::string& field);
std::string encode_base64(std::string_view bytes);

}  // namespace ptah
