#include "store/verification.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "store/failure.hpp"
#include "store/readers.hpp"

namespace ptah {
namespace {

constexpr std::int64_t kPagesAtOnce = 256;
constexpr std::int64_t kRowsAtOnce = 256;

struct KeyColumn {
  const char* name;
  bool text;
};

/// How the rows of a table are read: `columns` from 0, and behind them the columns of its key, in
/// the order of its index.
struct Rows {
  const char* table;
  std::string columns;
  std::vector<KeyColumn> key;
  void (*read)(const Query&);
};

const std::vector<Rows>& all_rows() {
  constexpr KeyColumn kJob{"job", true}, kChain{"chain", false}, kVariant{"variant", false};
  static const std::vector<Rows> kRows{
      {"jobs",
       std::string(kJobColumns) + kJobDetails,
       {{"id", true}},
       [](const Query& query) { read_whole_job(query); }},
      {"chains",
       std::string(kChainColumns) + ", spec, checkpoint",
       {kJob, kChain},
       [](const Query& query) {
         read_chain(query);
         query.object(5);
         if (!query.is_null(6)) query.integer(6);
       }},
      {"variants",
       kVariantColumns,
       {kJob, kChain, kVariant},
       [](const Query& query) { read_variant(query); }},
      {"files",
       kFileColumns,
       {kJob, kChain, kVariant, {"place", false}},
       [](const Query& query) { read_file(query); }},
      {"metrics",
       kMetricColumns,
       {kJob, kChain, {"name", true}, {"step", false}},
       [](const Query& query) { read_metric(query); }},
      {"events",
       kEventColumns,
       {kJob, {"number", false}},
       [](const Query& query) { read_event(query); }},
      {"versions",
       kVersionColumns,
       {{"library", true}, {"cell", true}, {"view", true}, {"version", false}},
       [](const Query& query) { read_version(query); }},
      {"settings", "value", {{"name", true}}, [](const Query& query) { query.text(0); }},
      {"deletions", "job", {kJob}, [](const Query& query) { query.text(0); }},
      {"kept",
       "hash, until_ms",
       {{"hash", true}},
       [](const Query& query) {
         read_hash(query, 0);
         query.integer(1);
       }},
      {"tokens", kTokenColumns, {{"name", true}}, [](const Query& query) { read_token(query); }},
      {"audit", kAuditColumns, {{"number", false}}, [](const Query& query) { read_audit(query); }},
      {"sent",
       "principal, hash, size, until_ms",
       {{"principal", true}, {"hash", true}},
       [](const Query& query) {
         read_hash(query, 1);
         query.natural(2);
         query.natural(3);
       }}};
  return kRows;
}

/// The rows after a key, in its order: `(a, b) > (?, ?)`.
std::string statement(const Rows& rows) {
  std::string key, marks;
  for (const KeyColumn& column : rows.key) {
    key += (key.empty() ? "" : ", ") + std::string(column.name);
    marks += marks.empty() ? "?" : ", ?";
  }
  return "SELECT " + rows.columns + ", " + key + " FROM " + rows.table + " WHERE (" + key +
         ") > (" + marks + ") ORDER BY " + key + " LIMIT " + std::to_string(kRowsAtOnce);
}

}  // namespace

bool Verification::check(Store& store, std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  do {
    if (part_ == Part::kEnd || cut()) return false;
    step(store);
  } while (std::chrono::steady_clock::now() < end);
  return true;
}

void Verification::step(Store& store) {
  const Part part = part_;
  try {
    switch (part) {
      case Part::kPages:
        return check_pages(store);
      case Part::kStructure:
        return check_structure(store);
      case Part::kValues:
        return check_values(store);
      case Part::kFiles:
        return check_file(store);
      case Part::kEnd:
        return;
    }
  } catch (const Failure& failure) {
    // What the part goes by cannot be read: the others may be.
    Damage damage{"Not all " + present() + " were checked. " + failure.error().message,
                  store.database().file().string()};
    if (part == Part::kStructure) damage.table = "sqlite_schema";
    if (part == Part::kFiles) damage.table = "files";
    add(store, std::move(damage));
    begin(static_cast<Part>(static_cast<int>(part) + 1));
  }
}

void Verification::check_pages(Store& store) {
  Database& database = store.database();
  const PageCheck found = database.check_pages(pages_ + 1, kPagesAtOnce);
  for (const std::int64_t page : found.damaged) {
    Damage damage{"Page " + std::to_string(page) + " of the job database " +
                      database.file().string() + " does not match its checksum.",
                  database.file().string()};
    damage.page = page;
    add(store, std::move(damage));
  }
  pages_ += found.pages;
  if (found.pages < kPagesAtOnce) return begin(Part::kStructure);
  share_ = static_cast<double>(pages_) / static_cast<double>(std::max(database.pages(), pages_));
}

void Verification::check_structure(Store& store) {
  Database& database = store.database();
  if (names_.empty()) names_ = database.tables();
  if (table_ >= names_.size()) return begin(Part::kValues);
  const std::string& table = names_[table_++];
  std::vector<std::string> problems;
  try {
    problems = database.problems(false, table);
  } catch (const Failure& failure) {
    problems = {failure.error().message};
  }
  for (const std::string& problem : problems) {
    Damage damage{"Table " + table + " of the job database: " + problem, database.file().string()};
    damage.table = table;
    add(store, std::move(damage));
  }
  if (!problems.empty()) broken_.insert(table);
  ++tables_;
  share_ = static_cast<double>(table_) / static_cast<double>(names_.size());
}

void Verification::check_values(Store& store) {
  const std::vector<Rows>& all = all_rows();
  const auto next_table = [&] {
    after_.clear();
    share_ = static_cast<double>(++table_) / static_cast<double>(all.size());
  };
  if (table_ >= all.size()) return begin(Part::kFiles);
  const Rows& rows = all[table_];
  if (broken_.contains(rows.table)) return next_table();
  const std::size_t keys = rows.key.size();
  Query query(store.database(), statement(rows));
  for (std::size_t part = 0; part < keys; ++part) {
    if (after_.empty()) {
      rows.key[part].text ? query << "" : query << std::numeric_limits<std::int64_t>::min();
    } else if (rows.key[part].text) {
      query << std::get<std::string>(after_[part]);
    } else {
      query << std::get<std::int64_t>(after_[part]);
    }
  }
  const int first_key = query.columns() - static_cast<int>(keys);
  std::int64_t count = 0;
  const auto damaged = [&](const Failure& failure, const std::string& row) {
    Damage damage{failure.error().message, store.database().file().string()};
    damage.table = rows.table;
    damage.row = row;
    add(store, std::move(damage));
  };
  std::string name;
  try {
    while (query.next()) {
      ++count;
      Key key;
      name.clear();
      query.name_row("");
      for (std::size_t part = 0; part < keys; ++part) {
        const int column = first_key + static_cast<int>(part);
        const bool text = rows.key[part].text;
        if (text) {
          key.emplace_back(query.text(column));
        } else {
          key.emplace_back(query.integer(column));
        }
        name +=
            (name.empty() ? "" : "/") + (text ? std::get<std::string>(key.back())
                                              : std::to_string(std::get<std::int64_t>(key.back())));
      }
      query.name_row(name);
      after_ = std::move(key);
      ++rows_;
      try {
        rows.read(query);
      } catch (const Failure& failure) {
        damaged(failure, name);
      }
    }
  } catch (const Failure& failure) {
    // Without its key nobody knows where to go on.
    damaged(failure, name);
    return next_table();
  }
  if (count < kRowsAtOnce) next_table();
}

void Verification::check_file(Store& store) {
  const auto next = store.referenced_files(hash_, 1);
  if (next.empty()) return begin(Part::kEnd);
  const auto& [hash, job] = next.front();
  hash_ = hash;
  ++files_;
  // Hashes are spread evenly.
  share_ = static_cast<double>(std::stoi(hash.substr(0, 4), nullptr, 16)) / 65536;
  if (const auto problem = store.files().problem(hash)) {
    const std::string file = store.files().path(hash).string();
    const std::string of = job.empty() ? std::string(", which a client sent,") : " of job " + job;
    Damage damage{"File " + file + of + " is damaged: " + *problem + ".", file};
    damage.hash = hash;
    damage.job = job;
    add(store, std::move(damage));
  }
}

void Verification::begin(Part part) {
  part_ = part;
  share_ = 0;
  table_ = 0;
}

void Verification::add(Store& store, Damage damage) {
  const std::string restore = damage.hash.empty() ? ptah::how_to_restore(store.database().file())
                                                  : std::string(kHowToRestoreFile);
  if (std::find(restore_.begin(), restore_.end(), restore) == restore_.end())
    restore_.push_back(restore);
  if (!cut()) damaged_.push_back(std::move(damage));
}

double Verification::fraction() const noexcept {
  const int parts = static_cast<int>(Part::kEnd);
  return (static_cast<int>(part_) + share_) / parts;
}

std::string Verification::present() const {
  static constexpr std::array<const char*, 5> kParts{
      "checksums of the database", "tables of the database", "values of the database",
      "hashes of the files", "done"};
  return kParts[static_cast<std::size_t>(part_)];
}

}  // namespace ptah
