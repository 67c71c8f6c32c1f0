/// SHA-256 of whole files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "ptah/core/error.hpp"

namespace ptah {

/// The hash of an open file's bytes from its start, 64 lower-case hexadecimal digits. Each chunk
/// that was hashed is handed to `seen` first, if given. Fails with kLimit above `most_bytes`, kIo,
/// or what `seen` fails with. The file's position does not matter and stays.
Result<std::string> sha256_of(
    int descriptor, std::uint64_t most_bytes, std::string_view where,
    const std::function<Status(std::span<const std::byte>)>& seen = nullptr);

}  // namespace ptah
