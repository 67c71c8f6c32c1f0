/// SHA-256 of bytes that come in pieces. Throws std::runtime_error where OpenSSL has no such
/// function.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace ptah {

class Sha256 {
 public:
  Sha256();
  void add(const void* bytes, std::size_t size);
  void add(std::string_view bytes) { add(bytes.data(), bytes.size()); }
  /// In lower-case hexadecimal. Once, at the end.
  std::string hex();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

/// Of a text, in hexadecimal.
std::string sha256_hex(std::string_view text);

}  // namespace ptah
