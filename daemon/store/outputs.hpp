/// The folders into which results are copied besides the store: the `out` of jobs and exports.
///
/// Every user of the daemon names such folders, and the daemon writes with the rights of its own
/// user. So three things hold at the time of writing, not only when a path is looked at:
///   - nothing comes to lie in a forbidden folder or below it, whatever links lead there: folders
///     are compared by device and inode, from the one that was opened up to the root;
///   - links are followed only in the folder that the user named, never below it;
///   - files that are there with other bytes are replaced only in folders that bear our mark, the
///     file `.ptah`. It is put into a folder that we make, or that we find empty.
/// Everything throws Failure. One thread at a time.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "ptah/core/descriptor.hpp"

namespace ptah {

class Outputs {
 public:
  struct Folder {
    int descriptor = -1;  ///< Good until the next call of `open` or `close`. O_PATH.
    bool ours = false;    ///< The output bears our mark.
  };

  /// `tag`: part of the names of files that are not whole yet. Two threads have two tags.
  explicit Outputs(std::string tag = {}) : tag_(std::move(tag)) {}
  const std::string& tag() const noexcept { return tag_; }

  void forbid(std::filesystem::path folder) { forbidden_.push_back(std::move(folder)); }

  /// Fails with kDenied where nothing may be written; creates nothing.
  void check(const std::filesystem::path& out) const;
  /// The folder `inside` of `out`; both are made where they are missing.
  Folder open(const std::filesystem::path& out, const std::filesystem::path& inside);
  /// Opened folders are kept until this call.
  void close() { opened_.clear(); }

 private:
  class Guard;
  struct Opened {
    Descriptor descriptor;
    bool ours = false;
  };
  Opened open_output(const std::filesystem::path& out) const;

  std::string tag_;
  std::vector<std::filesystem::path> forbidden_;
  std::map<std::filesystem::path, Opened> opened_;
};

}  // namespace ptah
