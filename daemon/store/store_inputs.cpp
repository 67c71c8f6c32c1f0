// Files that clients send, and jobs are given.
#include <algorithm>

#include "store/failure.hpp"
#include "store/readers.hpp"
#include "store/store.hpp"

namespace ptah {

bool Store::keep_file(const std::string& hash, const std::filesystem::path& whole,
                      std::int64_t until_ms) {
  if (!whole.empty()) {
    files_.link_file(whole, hash);
  } else if (!files_.size(hash)) {
    return false;
  }
  Query query(database_,
              "INSERT INTO kept(hash, until_ms) VALUES(?, ?) ON CONFLICT(hash) DO UPDATE SET "
              "until_ms=max(until_ms, excluded.until_ms)");
  (query << hash << until_ms).run();
  return true;
}

std::vector<std::string> Store::release_kept(std::int64_t now_ms) {
  {
    Query query(database_, "DELETE FROM sent WHERE until_ms<?");
    (query << now_ms).run();
  }
  Query query(database_, "DELETE FROM kept WHERE until_ms<? RETURNING hash");
  query << now_ms;
  std::vector<std::string> hashes;
  while (query.next()) {
    // What is no hash names no file.
    if (FileStore::is_hash(query.text(0))) hashes.push_back(query.text(0));
  }
  return hashes;
}

void Store::put_inputs(const std::string& job, const std::vector<std::string>& hashes) {
  std::int64_t place = 0;
  for (const std::string& hash : hashes) {
    const auto size = files_.size(hash);
    if (!size) {
      fail(ErrorCode::kNotFound, "The store has no file " + hash + " any more.", hash,
           "Send it again with store.put.");
    }
    Query query(database_,
                "INSERT INTO files(job, chain, variant, place, role, hash, size, dataset) "
                "VALUES(?, ?, ?, ?, ?, ?, ?, '')");
    (query << job << kWholeJob << kInputs << place++ << kInputRole << hash << *size).run();
    Query counted(
        database_,
        "DELETE FROM sent WHERE hash=? AND principal=(SELECT owner FROM jobs WHERE id=?)");
    (counted << hash << job).run();
  }
}

std::vector<std::pair<std::string, std::string>> Store::referenced_files(const std::string& after,
                                                                         std::int64_t limit) {
  // Two walks along an index each, merged: a page costs no more than its rows.
  std::vector<std::pair<std::string, std::string>> rows, kept;
  {
    Query query(
        database_,
        "SELECT hash, min(job) FROM files WHERE hash>? GROUP BY hash ORDER BY hash LIMIT ?");
    query << after << limit;
    while (query.next()) rows.emplace_back(read_hash(query, 0), query.text(1));
  }
  {
    Query query(database_, "SELECT hash FROM kept WHERE hash>? ORDER BY hash LIMIT ?");
    query << after << limit;
    while (query.next()) kept.emplace_back(read_hash(query, 0), std::string());
  }
  std::vector<std::pair<std::string, std::string>> all;
  const auto by_hash = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::set_union(rows.begin(), rows.end(), kept.begin(), kept.end(), std::back_inserter(all),
                 by_hash);
  if (limit >= 0 && static_cast<std::int64_t>(all.size()) > limit)
    all.resize(static_cast<std::size_t>(limit));
  return all;
}

}  // namespace ptah
