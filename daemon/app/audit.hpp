/// Who changed what, or was refused: on its way to the store. [main thread]
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/records.hpp"

namespace ptah {

/// Failures that come fast, as guesses do: the first of a kind are written one by one, the others
/// of the same while are counted, and written together. A kind is who, from where, what and how it
/// failed. Bounded in time and memory: of very many kinds the one whose while began first ends.
class Bursts {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::int64_t kSingly = 20;
  static constexpr std::chrono::seconds kWhile{10};
  static constexpr std::size_t kMaxKinds = 1024;

  /// What is to be written now: it, or nothing; and before it what the end of a while has left.
  std::vector<AuditRow> add(const AuditRow& failure, Clock::time_point now);
  /// What is to be written of whiles that are over.
  std::vector<AuditRow> due(Clock::time_point now);
  std::vector<AuditRow> all();

 private:
  struct Burst {
    Clock::time_point since;
    std::int64_t seen = 0;
    AuditRow rest;  ///< The newest of those that were not written; `count` of them.
  };
  using Kinds = std::map<std::string, Burst>;
  static void end(Kinds::iterator burst, std::vector<AuditRow>& rows);
  Kinds kinds_;
};

}  // namespace ptah
