/// SHA-256 of bytes that come in pieces. Throws Failure where the system has no such function.
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
  /// In lower-case hexadecimal. Once, at the end.
  std::string hex();

 private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

/// Of a text, in hexadecimal.
std::string sha256_hex(std::string_view text);

}  // namespace ptah
