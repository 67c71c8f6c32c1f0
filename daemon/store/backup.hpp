/// A copy of a state that is served meanwhile, and the way back.
///
/// A backup is a folder that looks as a state does: the database as it was at one moment, and every
/// file that it refers to, linked where the disk is the same and copied otherwise. It is made under
/// the name FOLDER.partial and gets its own when all of it is on the disk, so that what was
/// interrupted cannot be taken for one. Everything throws Failure.
#pragma once

#include <chrono>
#include <deque>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "ptah/core/descriptor.hpp"
#include "store/sqlite.hpp"

namespace ptah {

class Store;

struct BackupFigures {
  std::int64_t pages = 0;    ///< Of the database.
  std::int64_t files = 0;    ///< Linked and copied.
  std::int64_t bytes = 0;    ///< Of those files.
  std::int64_t linked = 0;   ///< Of the files: they cost no space.
  std::int64_t missing = 0;  ///< Files that the store has lost: `ptah server verify` names them.
};

/// One backup on its way. Owned by the store (Store::begin_backup), on its thread, outside
/// transactions.
class Backup {
 public:
  /// Fails with kConflict where `folder` is there and not empty.
  Backup(Store& store, std::filesystem::path folder);
  /// Removes what is not whole.
  ~Backup();
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;

  /// Goes on for about `time`, at least by a step. False when the backup is whole.
  bool go_on(std::chrono::milliseconds time);
  /// A file that nobody refers to any more: it may belong to the moment that is kept, and stays
  /// until the backup's end.
  void postpone(const std::string& hash) { postponed_.insert(hash); }
  std::set<std::string> take_postponed() { return std::move(postponed_); }

  double fraction() const noexcept;
  std::string present() const;
  const BackupFigures& figures() const noexcept { return figures_; }

 private:
  enum class Part { kDatabase, kFiles, kFolders, kEnd };
  void step();
  void copy_pages();
  void keep_file();
  void copy_piece();
  void sync_folder();
  void end();

  Store& store_;
  std::filesystem::path folder_, partial_;
  Part part_ = Part::kDatabase;
  std::optional<DatabaseCopy> pages_;
  std::optional<Database> snapshot_;
  std::deque<std::string> hashes_;              ///< The next ones.
  std::string last_;                            ///< Of those that were looked up.
  Descriptor from_, to_;                        ///< The file that is being copied.
  std::vector<std::filesystem::path> folders_;  ///< To be synced.
  std::set<std::string> postponed_;
  BackupFigures figures_;
};

struct RestoreFigures {
  std::int64_t files = 0, bytes = 0, rows = 0, pages = 0;
};

/// Makes `state_dir`, which is not there or empty, of a backup: copies it, then checks all of it,
/// every page, row and hash. What is damaged fails, and leaves `state_dir` as it was.
RestoreFigures restore_backup(const std::filesystem::path& backup,
                              const std::filesystem::path& state_dir);

}  // namespace ptah
