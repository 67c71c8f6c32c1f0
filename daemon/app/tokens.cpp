#include "app/tokens.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>

#include "net/runtime_dir.hpp"
#include "ptah/core/sha256.hpp"

namespace ptah {

Result<std::string> new_secret() {
  std::array<unsigned char, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return make_error(ErrorCode::kIo, "The system gave no random bytes for a token.");
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string secret;
  for (const unsigned char byte : bytes) {
    secret += kDigits[byte >> 4];
    secret += kDigits[byte & 15];
  }
  return secret;
}

void Tokens::add(TokenRow row) {
  std::erase_if(rows_, [&](const TokenRow& old) { return old.name == row.name; });
  rows_.insert(
      std::upper_bound(rows_.begin(), rows_.end(), row,
                       [](const TokenRow& a, const TokenRow& b) { return a.name < b.name; }),
      std::move(row));
}

void Tokens::revoke(const TokenRow& row) {
  for (TokenRow& each : rows_) {
    if (each.name == row.name) each = row;
  }
}

Result<TokenRow> Tokens::find(const std::string& secret, std::int64_t now_ms) const {
  const std::string hash = sha256_hex(secret);
  const TokenRow* found = nullptr;
  for (const TokenRow& row : rows_) {
    if (same_token(row.hash, hash)) found = &row;
  }
  if (found == nullptr) return make_error(ErrorCode::kDenied, "The token is wrong.", "token");
  if (found->revoked_ms != 0) {
    return make_error(ErrorCode::kDenied, "The token of " + found->name + " was revoked.", "token",
                      "Ask whoever looks after the daemon for another.");
  }
  if (!is_valid(*found, now_ms)) {
    return make_error(ErrorCode::kDenied, "The token of " + found->name + " has expired.", "token",
                      "Ask whoever looks after the daemon for another.");
  }
  return *found;
}

std::chrono::seconds Guesses::wait(const std::string& address, Clock::time_point now) const {
  const auto found = addresses_.find(address);
  if (found == addresses_.end() || now >= found->second.until) return std::chrono::seconds(0);
  return std::chrono::ceil<std::chrono::seconds>(found->second.until - now);
}

void Guesses::wrong(const std::string& address, Clock::time_point now) {
  if (addresses_.size() >= kMaxAddresses && !addresses_.contains(address)) {
    addresses_.erase(std::min_element(
        addresses_.begin(), addresses_.end(),
        [](const auto& a, const auto& b) { return a.second.last < b.second.last; }));
  }
  Seen& seen = addresses_[address];
  if (now - seen.last > std::chrono::hours(1)) seen.wrong = 0;
  seen.last = now;
  ++seen.wrong;
  if (seen.wrong >= 5)
    seen.until = now + std::chrono::seconds(std::min(60, 2 << std::min(seen.wrong - 5, 5)));
}

}  // namespace ptah
