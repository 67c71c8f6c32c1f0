#include "plugins/content_hash.hpp"

#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

namespace ptah {
namespace {

std::string in_hexadecimal(std::span<const unsigned char> digest) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

Result<std::string> sha256_of(int descriptor, std::uint64_t most_bytes, std::string_view where,
                              const std::function<Status(std::span<const std::byte>)>& seen) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   &EVP_MD_CTX_free);
  if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
    return make_error(ErrorCode::kInternal, "OpenSSL offers no SHA-256.");
  }
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
    if (EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1) {
      return make_error(ErrorCode::kInternal, "OpenSSL failed to hash the file.",
                        std::string(where));
    }
    if (seen) {
      PTAH_TRY(seen(bytes));
    }
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (EVP_DigestFinal_ex(context.get(), digest.data(), &size) != 1) {
    return make_error(ErrorCode::kInternal, "OpenSSL failed to hash the file.", std::string(where));
  }
  return in_hexadecimal({digest.data(), size});
}

Result<std::string> sha256_of_text(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) {
    return make_error(ErrorCode::kInternal, "OpenSSL failed to hash a text.");
  }
  return in_hexadecimal({digest.data(), size});
}

}  // namespace ptah
