#include "jobs/task_files.hpp"

#include <algorithm>

#include "store/file_store.hpp"

namespace ptah {

Result<std::vector<NewFile>> files_of_event(const std::vector<FileEvent>& files,
                                            const std::filesystem::path& scratch) {
  std::vector<NewFile> list;
  std::error_code error;
  const std::filesystem::path base = std::filesystem::canonical(scratch, error);
  if (error && !files.empty()) {
    return make_error(ErrorCode::kIo, "The scratch folder is gone: " + error.message() + ".",
                      scratch.string());
  }
  std::string last;  // Files of a variant mostly are parts of one.
  std::filesystem::path real;
  for (const FileEvent& file : files) {
    if (file.path != last) real = std::filesystem::canonical(file.path, error);
    last = file.path;
    const auto [end, rest] = std::mismatch(base.begin(), base.end(), real.begin(), real.end());
    if (error || end != base.end()) {
      return make_error(ErrorCode::kPluginFailed,
                        "A worker named a file that is not in its scratch folder.",
                        file.path.substr(0, 300));
    }
    if (!file.dataset.empty()) {
      PTAH_TRY(check_relative_path(file.dataset));
    }
    list.push_back({file.role,
                    real.string(),
                    {},
                    file.dataset,
                    file.offset.value_or(0),
                    file.size.value_or(-1)});
  }
  return list;
}

}  // namespace ptah
