/// Reads everything that a state holds and says what of it is damaged. Changes nothing.
///
/// Four parts: the checksum of every page of the database, SQLite's check of each table's
/// structure, the values of every row, and the bytes of every file against its hash. What commits
/// in between is seen or not; it damages nothing. Pages are read from the disk. What SQLite's log
/// holds is checked when it has come into the database.
#pragma once

#include <chrono>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "store/store.hpp"

namespace ptah {

/// Something damaged. What does not apply is empty.
struct Damage {
  std::string problem;         ///< A sentence that names all the rest.
  std::string file;            ///< The database, or a file of the store.
  std::int64_t page = 0;       ///< Of the database.
  std::string table{}, row{};  ///< The row by its key, parts with '/' between them.
  std::string hash{}, job{};   ///< A file of the store, and one job that refers to it.
};

class Verification {
 public:
  /// More than these are not looked for.
  static constexpr std::size_t kMaxDamaged = 1000;

  /// Goes on for about `time`; the structure of a table (that of files takes a second for 50,000
  /// variants) and a file are checked in one piece.
  /// False when all is done. On the store's thread, outside a transaction.
  bool check(Store& store, std::chrono::milliseconds time);

  double fraction() const noexcept;  ///< 0 to 1.
  std::string present() const;       ///< What is being checked.

  const std::vector<Damage>& damaged() const noexcept { return damaged_; }
  /// One sentence for each kind of what is damaged.
  const std::vector<std::string>& how_to_restore() const noexcept { return restore_; }
  /// Not all was looked at.
  bool cut() const noexcept { return damaged_.size() >= kMaxDamaged; }
  std::int64_t pages() const noexcept { return pages_; }
  std::int64_t tables() const noexcept { return tables_; }
  std::int64_t rows() const noexcept { return rows_; }
  std::int64_t files() const noexcept { return files_; }

 private:
  enum class Part { kPages, kStructure, kValues, kFiles, kEnd };
  using Key = std::vector<std::variant<std::string, std::int64_t>>;

  void step(Store& store);
  void check_pages(Store& store);
  void check_structure(Store& store);
  void check_values(Store& store);
  void check_file(Store& store);
  void begin(Part part);
  void add(Store& store, Damage damage);

  Part part_ = Part::kPages;
  double share_ = 0;  ///< Done of the part.
  std::vector<std::string> names_;
  std::set<std::string> broken_;  ///< Tables that cannot be walked.
  std::size_t table_ = 0;         ///< Of `names_`, or of those with values.
  Key after_;                     ///< Rows up to this one are checked.
  std::string hash_;              ///< Files up to this one.
  std::vector<Damage> damaged_;
  std::vector<std::string> restore_;
  std::int64_t pages_ = 0, tables_ = 0, rows_ = 0, files_ = 0;
};

}  // namespace ptah
