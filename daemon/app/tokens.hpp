/// Who comes in from the network, and who may not try any more. [main thread]
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "store/records.hpp"

namespace ptah {

/// A secret of 256 random bits, in hexadecimal.
Result<std::string> new_secret();

/// The tokens in use. A secret is found by its hash, compared in a time that does not depend on
/// where they differ.
class Tokens {
 public:
  void set(std::vector<TokenRow> rows) { rows_ = std::move(rows); }
  void add(TokenRow row);
  void revoke(const TokenRow& row);

  /// The one whose secret this is; kDenied says whether it is none, revoked or at its end.
  Result<TokenRow> find(const std::string& secret, std::int64_t now_ms) const;
  static bool is_valid(const TokenRow& row, std::int64_t now_ms) noexcept {
    return row.revoked_ms == 0 && (row.expires_ms == 0 || now_ms < row.expires_ms);
  }
  const std::vector<TokenRow>& rows() const noexcept { return rows_; }

 private:
  std::vector<TokenRow> rows_;
};

/// Addresses that have sent wrong tokens. After five of them an address waits, each time twice as
/// long, a minute at most; an hour without one forgets them. Bounded: of very many addresses the
/// one that was heard of longest ago is forgotten.
class Guesses {
 public:
  using Clock = std::chrono::steady_clock;
  /// How long the address still has to wait.
  std::chrono::seconds wait(const std::string& address, Clock::time_point now) const;
  void wrong(const std::string& address, Clock::time_point now);
  void right(const std::string& address) { addresses_.erase(address); }

 private:
  struct Seen {
    int wrong = 0;
    Clock::time_point last, until;
  };
  static constexpr std::size_t kMaxAddresses = 4096;
  std::map<std::string, Seen> addresses_;
};

}  // namespace ptah
