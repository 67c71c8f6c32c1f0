// Who did what, in the order in which it came. Nothing changes a record; the oldest go.
#include <algorithm>

#include "store/readers.hpp"
#include "store/store.hpp"

namespace ptah {

void Store::add_audit(const std::vector<AuditRow>& rows) {
  for (const AuditRow& row : rows) {
    Query query(database_,
                "INSERT INTO audit(time_ms, who, role, origin, method, object, outcome, message, "
                "count) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    (query << row.time_ms << row.who << row.role << row.origin << row.method << row.object
           << row.outcome << row.message << row.count)
        .run();
  }
  Query query(database_, "DELETE FROM audit WHERE number<=(SELECT max(number) FROM audit)-" +
                             std::to_string(kMaxAudit));
  query.run();
}

std::vector<AuditRow> Store::audit(const std::string& who, std::int64_t since_ms,
                                   std::int64_t after, std::int64_t limit) {
  Query query(database_, std::string("SELECT ") + kAuditColumns +
                             " FROM audit WHERE number>? AND time_ms>=? AND " +
                             (who.empty() ? "" : "who=? AND ") + "1 ORDER BY number DESC LIMIT ?");
  query << after << since_ms;
  if (!who.empty()) query << who;
  query << limit;
  std::vector<AuditRow> rows;
  while (query.next()) rows.push_back(read_audit(query));
  std::reverse(rows.begin(), rows.end());
  return rows;
}

}  // namespace ptah
