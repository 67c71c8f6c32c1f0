/// The files of a chain's variants, one behind the other in a few large files: making five small
/// files a variant costs the file system more than routing and checking the layout.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"

namespace ptah {

class Bundle {
 public:
  /// Variants a bundle holds before the next one begins. More than the daemon leaves unwritten
  /// before it pauses a worker (JobManager), so that the bundle before the present one is free.
  static constexpr int kVariants = 256;

  explicit Bundle(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Bundle(const Bundle&) = delete;
  ~Bundle();

  /// Appends `bytes`; returns the entry of a `variant` event: {"role", "path", "offset", "size",
  /// "dataset"}.
  Result<Json> add(std::string_view role, std::string_view bytes, std::string_view dataset);
  /// After the last file of a variant.
  Status end_variant();

 private:
  Status open_next();

  std::filesystem::path folder_;
  std::filesystem::path path_;
  std::deque<std::filesystem::path> older_;
  int descriptor_ = -1;
  int number_ = 0;
  int variants_ = 0;
  std::int64_t size_ = 0;
};

}  // namespace ptah
