#include "app/audit.hpp"

#include <algorithm>

namespace ptah {

void Bursts::end(Kinds::iterator burst, std::vector<AuditRow>& rows) {
  if (burst->second.rest.count > 0) rows.push_back(std::move(burst->second.rest));
}

std::vector<AuditRow> Bursts::add(const AuditRow& failure, Clock::time_point now) {
  std::vector<AuditRow> rows;
  // Strangers have no name, and take others' as they like: one kind for an address.
  const std::string kind = failure.who + "\n" + failure.origin + "\n" + failure.outcome + "\n" +
                           (failure.who.empty() ? "" : failure.method);
  auto found = kinds_.find(kind);
  if (found != kinds_.end() && now - found->second.since >= kWhile) {
    end(found, rows);
    kinds_.erase(found);
    found = kinds_.end();
  }
  if (found == kinds_.end()) {
    if (kinds_.size() >= kMaxKinds) {
      const auto first = std::min_element(
          kinds_.begin(), kinds_.end(),
          [](const auto& a, const auto& b) { return a.second.since < b.second.since; });
      end(first, rows);
      kinds_.erase(first);
    }
    found = kinds_.emplace(kind, Burst{now, 0, {}}).first;
    found->second.rest.count = 0;
  }
  Burst& burst = found->second;
  if (++burst.seen <= kSingly) {
    rows.push_back(failure);
  } else {
    const std::int64_t count = burst.rest.count + failure.count;
    burst.rest = failure;
    burst.rest.count = count;
  }
  return rows;
}

std::vector<AuditRow> Bursts::due(Clock::time_point now) {
  std::vector<AuditRow> rows;
  for (auto burst = kinds_.begin(); burst != kinds_.end();) {
    if (now - burst->second.since < kWhile) {
      ++burst;
      continue;
    }
    end(burst, rows);
    burst = kinds_.erase(burst);
  }
  return rows;
}

std::vector<AuditRow> Bursts::all() {
  std::vector<AuditRow> rows;
  for (auto burst = kinds_.begin(); burst != kinds_.end(); ++burst) end(burst, rows);
  kinds_.clear();
  return rows;
}

}  // namespace ptah
