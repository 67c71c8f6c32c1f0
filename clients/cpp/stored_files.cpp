#include "stored_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>

#include "ptah/core/base64.hpp"
#include "ptah/core/sha256.hpp"

namespace ptah {
namespace {

constexpr std::size_t kPiece = 512u << 10;
/// The last piece is answered when all are on the daemon's disk.
constexpr Client::Duration kTimeout = std::chrono::minutes(10);

class File {
 public:
  File(const std::filesystem::path& path, int flags)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  File(const File&) = delete;
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

Error failed(const std::filesystem::path& file) {
  return make_error(ErrorCode::kIo, std::strerror(errno), file.string());
}

/// Up to so many bytes at a place; fewer only at the end of the file.
Result<std::string> read_at(const File& file, std::int64_t offset, std::size_t size,
                            const std::filesystem::path& path) {
  std::string bytes(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t count = ::pread(file.get(), bytes.data() + got, size - got,
                                  offset + static_cast<std::int64_t>(got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed(path);
    if (count == 0) break;
    got += static_cast<std::size_t>(count);
  }
  bytes.resize(got);
  return bytes;
}

/// A file that comes into being: removed unless it is put in its place.
class Fresh {
 public:
  explicit Fresh(const std::filesystem::path& out)
      : out_(out), path_(out.string() + ".part"), file_(path_, O_WRONLY | O_CREAT | O_TRUNC) {
    if (file_.get() < 0) opened_ = failed(path_);
  }
  Fresh(const Fresh&) = delete;
  ~Fresh() {
    if (!done_) ::unlink(path_.c_str());
  }
  const Status& opened() const noexcept { return opened_; }
  Status write(const std::string& bytes) {
    std::size_t at = 0;
    while (at < bytes.size()) {
      const ssize_t count = ::write(file_.get(), bytes.data() + at, bytes.size() - at);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return failed(path_);
      at += static_cast<std::size_t>(count);
    }
    return ok();
  }
  Status put_in_place() {
    if (::rename(path_.c_str(), out_.c_str()) != 0) return failed(out_);
    done_ = true;
    return ok();
  }

 private:
  std::filesystem::path out_, path_;
  File file_;
  Status opened_ = ok();
  bool done_ = false;
};

/// Hands on a file of the store piece by piece; fails at the end where the bytes are not its own.
Status read_pieces(Client& client, const std::string& name,
                   const std::function<Status(const std::string& bytes)>& take) {
  const std::string hash = name.starts_with("sha256:") ? name.substr(7) : name;
  Sha256 digest;
  std::int64_t at = 0, size = 0;
  do {
    PTAH_TRY(const Json piece,
             client.call("store.read", {{"hash", hash}, {"offset", at}}, kTimeout));
    PTAH_TRY(const auto data, decode_base64(piece.value("data", ""), 2 * kPiece, "store.read"));
    const std::string bytes(data.begin(), data.end());
    size = piece.value("size", std::int64_t{0});
    at += static_cast<std::int64_t>(bytes.size());
    if (bytes.empty() && at < size)
      return make_error(ErrorCode::kIo, "ptahd sent no more of the file.", hash);
    digest.add(bytes);
    PTAH_TRY(take(bytes));
  } while (at < size);
  if (digest.hex() != hash) {
    return make_error(ErrorCode::kIo, "The file in the daemon's store is damaged.", hash,
                      "`ptah server verify` lists all that is.");
  }
  return ok();
}

/// `size` becomes that of the file.
Result<std::string> hash_of(const File& opened, const std::filesystem::path& file,
                            std::int64_t& size) {
  Sha256 digest;
  for (size = 0;;) {
    PTAH_TRY(const std::string bytes, read_at(opened, size, kPiece, file));
    if (bytes.empty()) return digest.hex();
    digest.add(bytes);
    size += static_cast<std::int64_t>(bytes.size());
  }
}

}  // namespace

Result<std::string> put_file(Client& client, const std::filesystem::path& file) {
  const File opened(file, O_RDONLY);
  if (opened.get() < 0) return failed(file);
  std::int64_t size = 0;
  PTAH_TRY(const std::string hash, hash_of(opened, file, size));
  Json request{{"hash", hash}, {"size", size}};
  PTAH_TRY(Json answer, client.call("store.put", request, kTimeout));
  while (answer.value("file", "").empty()) {
    const std::int64_t at = answer.value("received", std::int64_t{0});
    PTAH_TRY(const std::string bytes, read_at(opened, at, kPiece, file));
    if (bytes.empty() && size > 0) {
      return make_error(ErrorCode::kIo, "The file has become shorter while it was sent.",
                        file.string());
    }
    request["offset"] = at;
    request["data"] = encode_base64(bytes);
    PTAH_TRY(answer, client.call("store.put", request, kTimeout));
  }
  return answer.value("file", "");
}

Result<std::string> read_text(Client& client, const std::string& name, std::size_t most) {
  std::string text;
  PTAH_TRY(read_pieces(client, name, [&](const std::string& bytes) -> Status {
    text += bytes;
    if (text.size() <= most) return ok();
    return make_error(ErrorCode::kLimit,
                      "The file has more than " + std::to_string(most) + " bytes.", name);
  }));
  return text;
}

Status read_file(Client& client, const std::string& name, const std::filesystem::path& out) {
  Fresh fresh(out);
  PTAH_TRY(fresh.opened());
  PTAH_TRY(read_pieces(client, name, [&](const std::string& bytes) { return fresh.write(bytes); }));
  return fresh.put_in_place();
}

Result<FetchedFiles> fetch_results(Client& client, const std::string& job,
                                   const std::filesystem::path& folder,
                                   const std::function<void(std::int64_t)>& progress) {
  namespace fs = std::filesystem;
  FetchedFiles counts;
  std::string after;
  do {
    Json request{{"job", job}};
    if (!after.empty()) request["after"] = after;
    PTAH_TRY(const Json page, client.call("variant.files", request, kTimeout));
    for (const Json& file : page.value("files", Json::array())) {
      const fs::path place = file.value("dataset", "");
      // The daemon is another machine's: what it says stays below the folder.
      const bool below = !place.empty() && place.is_relative() &&
                         std::none_of(place.begin(), place.end(), [](const fs::path& part) {
                           return part == ".." || part == "." || part.empty();
                         });
      if (!below) {
        return make_error(ErrorCode::kDenied, "The daemon names a file outside the folder.",
                          place.string());
      }
      ++counts.files;
      const fs::path target = folder / place;
      std::error_code error;
      if (fs::exists(fs::symlink_status(target, error))) {
        const File there(target, O_RDONLY);
        std::int64_t size = 0;
        const auto hash = there.get() < 0 ? failed(target) : hash_of(there, target, size);
        if (!hash || hash.value() != file.value("hash", "")) ++counts.kept;
      } else {
        fs::create_directories(target.parent_path(), error);
        PTAH_TRY(read_file(client, file.value("hash", ""), target));
        ++counts.written;
      }
      if (progress) progress(counts.files);
    }
    after = page.value("next", "");
  } while (!after.empty());
  return counts;
}

}  // namespace ptah
