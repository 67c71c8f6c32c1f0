#include "flow/bundle.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace ptah {
namespace {

Error io_error(const std::filesystem::path& file, int error) {
  return make_error(ErrorCode::kIo, std::strerror(error), file.string(),
                    error == ENOSPC ? "free some space and resume the job" : "");
}

}  // namespace

Bundle::~Bundle() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Status Bundle::open_next() {
  path_ = folder_ / ("variants_" + std::to_string(number_++) + ".bundle");
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor_ < 0) return io_error(path_, errno);
  size_ = 0;
  variants_ = 0;
  return ok();
}

Result<Json> Bundle::add(std::string_view role, std::string_view bytes, std::string_view dataset) {
  if (descriptor_ < 0) {
    PTAH_TRY(open_next());
  }
  const std::int64_t offset = size_;
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(descriptor_, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return io_error(path_, errno);
    done += static_cast<std::size_t>(count);
  }
  size_ += static_cast<std::int64_t>(bytes.size());
  return Json{{"role", role},
              {"path", path_.string()},
              {"offset", offset},
              {"size", bytes.size()},
              {"dataset", dataset}};
}

Status Bundle::end_variant() {
  if (++variants_ < kVariants) return ok();
  if (::close(std::exchange(descriptor_, -1)) != 0) return io_error(path_, errno);
  older_.push_back(path_);
  if (older_.size() > 1) {
    std::error_code ignored;
    std::filesystem::remove(older_.front(), ignored);
    older_.pop_front();
  }
  return ok();
}

}  // namespace ptah
