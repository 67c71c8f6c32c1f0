#include "store/store_figures.hpp"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cstdio>

#include "store/sqlite.hpp"
#include "store/store.hpp"

namespace ptah {

namespace fs = std::filesystem;

StoreFigures store_figures(Store& store) {
  StoreFigures figures;
  Query jobs(store.database(), "SELECT state, count(*) FROM jobs WHERE sequence>0 GROUP BY state");
  while (jobs.next()) {
    const std::int64_t state = jobs.natural(0);
    if (state < static_cast<std::int64_t>(figures.jobs.size()))
      figures.jobs[static_cast<std::size_t>(state)] = jobs.natural(1);
  }
  Query versions(
      store.database(),
      "SELECT view, count(*) FROM versions WHERE view IN ('model', 'dataset') GROUP BY view");
  while (versions.next())
    (versions.text(0) == "model" ? figures.models : figures.datasets) = versions.natural(1);
  struct stat info {};
  for (const char* suffix : {"", "-wal"}) {
    const std::string file = store.database().file().string() + suffix;
    if (::stat(file.c_str(), &info) == 0) figures.database_bytes += info.st_size;
  }
  struct statvfs system {};
  if (::statvfs(store.state_dir().c_str(), &system) == 0) {
    figures.free_bytes =
        static_cast<std::int64_t>(system.f_bavail) * static_cast<std::int64_t>(system.f_frsize);
  }
  return figures;
}

FolderFigures folder_figures(const fs::path& root, int folder) {
  char name[3];
  std::snprintf(name, sizeof name, "%02x", static_cast<unsigned>(folder) & 0xff);
  FolderFigures figures;
  std::error_code error;
  for (fs::directory_iterator entry(root / name, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    const auto size = entry->file_size(gone);
    if (gone) continue;
    ++figures.files;
    figures.bytes += static_cast<std::int64_t>(size);
  }
  return figures;
}

}  // namespace ptah
