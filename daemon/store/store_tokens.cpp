// Tokens of the network: who may come in, as what, and until when. None is kept itself.
#include "store/failure.hpp"
#include "store/readers.hpp"
#include "store/store.hpp"

namespace ptah {

std::vector<TokenRow> Store::tokens() {
  std::vector<TokenRow> rows;
  Query query(database_, std::string("SELECT ") + kTokenColumns + " FROM tokens ORDER BY name");
  while (query.next()) rows.push_back(read_token(query));
  return rows;
}

void Store::add_token(const TokenRow& row) {
  Query old(database_, "SELECT 1 FROM tokens WHERE name=? AND revoked_ms=0");
  if ((old << row.name).next())
    fail(ErrorCode::kConflict, "There is a token of that name.", row.name,
         "`ptah token revoke " + row.name + "` ends it; or choose another name.");
  Query query(database_,
              "INSERT OR REPLACE INTO tokens(name, role, hash, created_ms, expires_ms, "
              "revoked_ms, libraries) VALUES(?, ?, ?, ?, ?, 0, ?)");
  (query << row.name << row.role << row.hash << row.created_ms << row.expires_ms
         << stored_json(Json(row.libraries)))
      .run();
}

TokenRow Store::revoke_token(const std::string& name, std::int64_t now_ms) {
  Query query(database_, std::string("UPDATE tokens SET revoked_ms=? WHERE name=? AND revoked_ms=0 "
                                     "RETURNING ") +
                             kTokenColumns);
  query << now_ms << name;
  if (!query.next())
    fail(ErrorCode::kNotFound, "No token in use has that name.", name,
         "`ptah token list` shows them.");
  const TokenRow row = read_token(query);
  while (query.next()) {
  }
  return row;
}

}  // namespace ptah
