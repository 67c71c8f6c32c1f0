#include "store/uploads.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "ptah/core/sha256.hpp"
#include "store/failure.hpp"

namespace ptah {

struct Uploads::Upload {
  explicit Upload(std::filesystem::path file) : path(std::move(file)) {
    descriptor = Descriptor(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!descriptor) fail_with_errno("The store cannot be written", path.string());
  }
  Upload(const Upload&) = delete;
  ~Upload() {
    if (!path.empty()) ::unlink(path.c_str());
  }

  std::filesystem::path path;  ///< Removed with this, unless it is empty.
  Descriptor descriptor;
  Sha256 digest;
  std::int64_t size = 0, received = 0;
};

Uploads::Uploads(StoredFiles stored, std::filesystem::path folder, Limits limits)
    : stored_(std::move(stored)), folder_(std::move(folder)), limits_(limits) {}
Uploads::~Uploads() = default;

Uploads::Progress Uploads::add(Sender sender, const std::string& hash, std::int64_t size,
                               std::int64_t offset, std::string_view bytes, bool known) {
  if (!StoredFiles::is_hash(hash))
    fail(ErrorCode::kInvalidArgument, "A hash is 64 lower-case hexadecimal digits.", "hash");
  if (size > limits_.bytes) {
    fail(ErrorCode::kLimit,
         "The file has " + std::to_string(size) + " bytes, and this daemon takes " +
             std::to_string(limits_.bytes) + ".",
         "size", "Its put_limit_mib sets that.");
  }
  const Key key{sender, hash};
  auto found = unfinished_.find(key);
  if (found == unfinished_.end()) {
    if (known && stored_.size(hash) == size && !stored_.problem(hash)) return {size, true, {}};
    if (bytes.empty() && size > 0 && offset == 0) return {};
    if (offset != 0) {
      fail(ErrorCode::kNotFound, "This connection sends no file with this hash.", "offset",
           "Begin at offset 0.");
    }
    begin(key, size);
    found = unfinished_.find(key);
  }
  Upload& upload = *found->second;
  if (upload.size != size) {
    fail(ErrorCode::kInvalidArgument,
         "The file began with a size of " + std::to_string(upload.size) + " bytes.", "size");
  }
  if (bytes.empty() && offset == 0 && upload.received < size) return {upload.received, false, {}};
  if (offset != upload.received) {
    fail(ErrorCode::kConflict,
         "The next byte of this file is number " + std::to_string(upload.received) + ".", "offset");
  }
  if (static_cast<std::int64_t>(bytes.size()) > size - upload.received) {
    fail(ErrorCode::kInvalidArgument,
         "The file would have more than its " + std::to_string(size) + " bytes.", "data");
  }
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const ssize_t written = ::write(upload.descriptor.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error_number = errno;
      unfinished_.erase(found);
      fail_with_errno("The store cannot be written", folder_.string(), error_number);
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  upload.digest.add(bytes.data(), bytes.size());
  upload.received += static_cast<std::int64_t>(bytes.size());
  if (upload.received < size) return {upload.received, false, {}};
  return finish(key);
}

void Uploads::begin(const Key& key, std::int64_t size) {
  const auto count = std::count_if(unfinished_.begin(), unfinished_.end(),
                                   [&](const auto& one) { return one.first.first == key.first; });
  if (static_cast<std::size_t>(count) >= limits_.unfinished) {
    fail(ErrorCode::kLimit,
         "This connection has " + std::to_string(count) + " unfinished files already.", "hash",
         "Finish one first.");
  }
  auto upload = std::make_unique<Upload>(folder_ / ("sent-" + std::to_string(next_++)));
  upload->size = size;
  unfinished_[key] = std::move(upload);
}

Uploads::Progress Uploads::finish(const Key& key) {
  const auto node = unfinished_.extract(key);
  Upload& upload = *node.mapped();
  const std::string hash = upload.digest.hex();
  if (hash != key.second) {
    fail(ErrorCode::kInvalidArgument,
         "The bytes that were sent have the hash " + hash + ", not this one.", "hash",
         "Send the file anew.");
  }
  if (::fchmod(upload.descriptor.get(), 0444) != 0 || ::fsync(upload.descriptor.get()) != 0)
    fail_with_errno("The store cannot be written", upload.path.string());
  return {upload.received, true, std::exchange(upload.path, {})};
}

void Uploads::forget(Sender sender) {
  std::erase_if(unfinished_, [&](const auto& one) { return one.first.first == sender; });
}

}  // namespace ptah
