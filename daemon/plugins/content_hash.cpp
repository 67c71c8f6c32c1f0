#include "plugins/content_hash.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "ptah/core/sha256.hpp"

namespace ptah {

Result<std::string> sha256_of(int descriptor, std::uint64_t most_bytes, std::string_view where,
                              const std::function<Status(std::span<const std::byte>)>& seen) {
  Sha256 digest;
  std::vector<std::byte> chunk(256 * 1024);
  std::uint64_t offset = 0;
  while (true) {
    const ssize_t got = ::pread(descriptor, chunk.data(), chunk.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return make_error(ErrorCode::kIo,
                        std::string("It can not be read: ") + std::strerror(errno) + ".",
                        std::string(where));
    }
    if (got == 0) break;
    offset += static_cast<std::uint64_t>(got);
    if (offset > most_bytes) {
      return make_error(ErrorCode::kLimit,
                        "The file is larger than " + std::to_string(most_bytes >> 20) + " MiB.",
                        std::string(where));
    }
    const std::span<const std::byte> bytes(chunk.data(), static_cast<std::size_t>(got));
    digest.add(bytes.data(), bytes.size());
    if (seen) {
      PTAH_TRY(seen(bytes));
    }
  }
  return digest.hex();
}

}  // namespace ptah
