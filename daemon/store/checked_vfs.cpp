#include "store/checked_vfs.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "store/failure.hpp"

namespace ptah {
namespace {

constexpr int kHeadBytes = 100;
constexpr std::string_view kMagic{"SQLite format 3\0", 16};

thread_local std::int64_t damaged_page = 0;

/// Two sums over the page's words, of which the second weighs each by its place; any change of one
/// word changes them. Little-endian in the file.
std::array<unsigned char, kPageChecksumBytes> checksum(const unsigned char* page, int size,
                                                       std::int64_t number) {
  std::uint32_t first = static_cast<std::uint32_t>(number), second = 0;
  const auto word = [page](int at) {
    std::uint32_t value = 0;
    std::memcpy(&value, page + at, sizeof(value));
    return value;
  };
  for (int at = 0; at < size - kPageChecksumBytes; at += 8) {
    first += word(at) + second;
    second += word(at + 4) + first;
  }
  std::array<unsigned char, kPageChecksumBytes> bytes{};
  std::memcpy(bytes.data(), &first, 4);
  std::memcpy(bytes.data() + 4, &second, 4);
  return bytes;
}

/// A page of zeros alone was never written: SQLite leaves such holes for pages that are free.
bool good_page(const unsigned char* page, int size, std::int64_t number) {
  const auto sum = checksum(page, size, number);
  if (std::equal(sum.begin(), sum.end(), page + size - kPageChecksumBytes)) return true;
  return std::all_of(page, page + size, [](unsigned char byte) { return byte == 0; });
}

DatabaseHead head_of(const unsigned char* bytes) {
  DatabaseHead head;
  head.database = std::memcmp(bytes, kMagic.data(), kMagic.size()) == 0;
  head.page_size = bytes[16] << 8 | bytes[17];
  if (head.page_size == 1) head.page_size = 65536;
  head.reserved = bytes[20];
  head.user_version =
      static_cast<std::int64_t>(bytes[60]) << 24 | bytes[61] << 16 | bytes[62] << 8 | bytes[63];
  const bool power_of_two = (head.page_size & (head.page_size - 1)) == 0;
  head.database = head.database && head.page_size >= 512 && power_of_two;
  return head;
}

/// A database file; the file of the layer below follows it in memory.
struct CheckedFile {
  sqlite3_file base;
  bool checked;
  int page_size;  ///< 0: not known before the first page is written.
  unsigned char* page;
};

CheckedFile* ours(sqlite3_file* file) {
  return reinterpret_cast<CheckedFile*>(file);
}
sqlite3_file* below(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(ours(file) + 1);
}
const sqlite3_io_methods& methods_below(sqlite3_file* file) {
  return *below(file)->pMethods;
}

int close_file(sqlite3_file* file) {
  sqlite3_free(ours(file)->page);
  ours(file)->page = nullptr;
  return methods_below(file).xClose(below(file));
}

bool know_page_size(CheckedFile* self, int size) {
  if (self->page_size == size && self->page != nullptr) return true;
  if (self->page != nullptr || size < 512 || size > 65536) return false;
  self->page = static_cast<unsigned char*>(sqlite3_malloc(size));
  self->page_size = size;
  return self->page != nullptr;
}

/// Reads one whole page into `to` and compares its checksum.
int read_page(sqlite3_file* file, unsigned char* to, sqlite3_int64 number) {
  const int size = ours(file)->page_size;
  const int status = methods_below(file).xRead(below(file), to, size, (number - 1) * size);
  // What is missing at the end was filled with zeros.
  if (status != SQLITE_OK && status != SQLITE_IOERR_SHORT_READ) return status;
  if (good_page(to, size, number)) return status;
  damaged_page = number;
  return SQLITE_IOERR_DATA;
}

int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  CheckedFile* self = ours(file);
  // The head is looked at before it is known how large a page is; the first page is read after it.
  if (!self->checked || self->page == nullptr || offset + size <= kHeadBytes)
    return methods_below(file).xRead(below(file), to, size, offset);
  auto* bytes = static_cast<unsigned char*>(to);
  if (size == self->page_size && offset % size == 0)
    return read_page(file, bytes, offset / size + 1);
  while (size > 0) {
    const int inside = static_cast<int>(offset % self->page_size);
    const int part = std::min(size, self->page_size - inside);
    const int status = read_page(file, self->page, offset / self->page_size + 1);
    if (status != SQLITE_OK && status != SQLITE_IOERR_SHORT_READ) return status;
    std::memcpy(bytes, self->page + inside, static_cast<std::size_t>(part));
    if (status != SQLITE_OK) {
      std::memset(bytes + part, 0, static_cast<std::size_t>(size - part));
      return status;
    }
    bytes += part;
    offset += part;
    size -= part;
  }
  return SQLITE_OK;
}

int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  CheckedFile* self = ours(file);
  if (!self->checked) return methods_below(file).xWrite(below(file), from, size, offset);
  // SQLite writes whole pages only.
  if (!know_page_size(self, size) || offset % size != 0) return SQLITE_IOERR_WRITE;
  std::memcpy(self->page, from, static_cast<std::size_t>(size));
  const auto sum = checksum(self->page, size, offset / size + 1);
  std::memcpy(self->page + size - kPageChecksumBytes, sum.data(), sum.size());
  return methods_below(file).xWrite(below(file), self->page, size, offset);
}

const sqlite3_io_methods kMethods = {
    2,  // Without xFetch: a page in mapped memory would be read past its check.
    close_file,
    read_file,
    write_file,
    [](sqlite3_file* file, sqlite3_int64 size) {
      return methods_below(file).xTruncate(below(file), size);
    },
    [](sqlite3_file* file, int flags) { return methods_below(file).xSync(below(file), flags); },
    [](sqlite3_file* file, sqlite3_int64* size) {
      return methods_below(file).xFileSize(below(file), size);
    },
    [](sqlite3_file* file, int lock) { return methods_below(file).xLock(below(file), lock); },
    [](sqlite3_file* file, int lock) { return methods_below(file).xUnlock(below(file), lock); },
    [](sqlite3_file* file, int* reserved) {
      return methods_below(file).xCheckReservedLock(below(file), reserved);
    },
    [](sqlite3_file* file, int what, void* argument) {
      return methods_below(file).xFileControl(below(file), what, argument);
    },
    [](sqlite3_file* file) { return methods_below(file).xSectorSize(below(file)); },
    [](sqlite3_file* file) { return methods_below(file).xDeviceCharacteristics(below(file)); },
    [](sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
      return methods_below(file).xShmMap(below(file), page, size, extend, memory);
    },
    [](sqlite3_file* file, int offset, int count, int flags) {
      return methods_below(file).xShmLock(below(file), offset, count, flags);
    },
    [](sqlite3_file* file) { methods_below(file).xShmBarrier(below(file)); },
    [](sqlite3_file* file, int remove) {
      return methods_below(file).xShmUnmap(below(file), remove);
    },
    nullptr,
    nullptr};

sqlite3_vfs* system_vfs = nullptr;

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  if ((flags & SQLITE_OPEN_MAIN_DB) == 0)
    return system_vfs->xOpen(system_vfs, name, file, flags, out_flags);
  CheckedFile* self = new (file) CheckedFile{};
  const int status = system_vfs->xOpen(system_vfs, name, below(file), flags, out_flags);
  if (below(file)->pMethods == nullptr) return status;
  file->pMethods = &kMethods;
  if (status != SQLITE_OK) return status;
  sqlite3_int64 size = 0;
  int failed = methods_below(file).xFileSize(below(file), &size);
  std::array<unsigned char, kHeadBytes> bytes{};
  if (failed == SQLITE_OK && size > 0) {
    failed = methods_below(file).xRead(below(file), bytes.data(), kHeadBytes, 0);
    const DatabaseHead head = head_of(bytes.data());
    self->checked = head.database && head.reserved == kPageChecksumBytes;
    if (self->checked && !know_page_size(self, head.page_size)) failed = SQLITE_NOMEM;
  } else {
    self->checked = true;  // A new one; Database asks for the reserved bytes.
  }
  if (failed == SQLITE_IOERR_SHORT_READ) failed = SQLITE_OK;  // SQLite will say what it is not.
  if (failed != SQLITE_OK) {
    close_file(file);
    file->pMethods = nullptr;
  }
  return failed;
}

/// A file open for reading, past SQLite and before it has the file.
class Reading {
 public:
  explicit Reading(const std::filesystem::path& file)
      : where_(file.string()), descriptor_(::open(where_.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0 && errno != ENOENT)
      fail_with_errno("The job database cannot be read", where_);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  ~Reading() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  /// How many bytes there were; 0 without a file.
  std::size_t read(unsigned char* to, std::size_t size, std::int64_t offset) const {
    std::size_t total = 0;
    while (descriptor_ >= 0 && total < size) {
      const ssize_t got =
          ::pread(descriptor_, to + total, size - total, offset + static_cast<std::int64_t>(total));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) fail_with_errno("The job database cannot be read", where_);
      if (got == 0) break;
      total += static_cast<std::size_t>(got);
    }
    return total;
  }

 private:
  std::string where_;
  int descriptor_;
};

}  // namespace

const char* checked_vfs() {
  static sqlite3_vfs vfs = [] {
    system_vfs = sqlite3_vfs_find(nullptr);
    sqlite3_vfs copy = *system_vfs;
    copy.zName = "ptah-checked";
    copy.pNext = nullptr;
    copy.szOsFile = static_cast<int>(sizeof(CheckedFile)) + system_vfs->szOsFile;
    copy.xOpen = open_file;
    return copy;
  }();
  static const int registered = sqlite3_vfs_register(&vfs, 0);
  return registered == SQLITE_OK ? vfs.zName : nullptr;
}

std::int64_t last_damaged_page() noexcept {
  return damaged_page;
}

DatabaseHead read_head(const std::filesystem::path& file) {
  std::array<unsigned char, kHeadBytes> bytes{};
  const std::size_t got = Reading(file).read(bytes.data(), bytes.size(), 0);
  DatabaseHead head = head_of(bytes.data());
  head.empty = got == 0;
  head.database = head.database && got == bytes.size();
  return head;
}

PageCheck check_pages(sqlite3_file* file, std::int64_t first, std::int64_t count) {
  PageCheck result;
  const int size = ours(file)->page_size;
  sqlite3_int64 bytes = 0;
  if (methods_below(file).xFileSize(below(file), &bytes) != SQLITE_OK)
    fail(ErrorCode::kIo, "The size of the job database cannot be read.");
  if (size == 0) return result;
  std::vector<unsigned char> page(static_cast<std::size_t>(size));
  for (std::int64_t number = first; number < first + count; ++number) {
    if ((number - 1) * size >= bytes) break;
    const int status =
        methods_below(file).xRead(below(file), page.data(), size, (number - 1) * size);
    ++result.pages;
    // What a read cannot give is damaged, too, and so is a part of a page at the end.
    if (status != SQLITE_OK || !good_page(page.data(), size, number))
      result.damaged.push_back(number);
  }
  return result;
}

}  // namespace ptah
