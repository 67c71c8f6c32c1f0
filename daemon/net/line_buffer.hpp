/// Cuts a stream of bytes into lines of bounded length.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ptah {

class LineBuffer {
 public:
  explicit LineBuffer(std::size_t max_line) : max_line_(max_line) {}

  void append(std::string_view bytes) { bytes_.append(bytes); }

  /// The next whole line without its newline; good until the next call.
  std::optional<std::string_view> next() {
    if (taken_ > 0) {
      bytes_.erase(0, taken_);
      taken_ = 0;
      if (bytes_.empty() && bytes_.capacity() > (256u << 10)) bytes_.shrink_to_fit();
    }
    const std::size_t end = bytes_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = bytes_.size();
      return std::nullopt;
    }
    searched_ = 0;
    taken_ = end + 1;
    return std::string_view(bytes_).substr(0, end);
  }

  /// True when the present line is longer than allowed, whole or not. Ask before handing in more.
  bool oversize() const {
    return bytes_.size() - taken_ > max_line_ && bytes_.find('\n', taken_) > taken_ + max_line_;
  }

 private:
  std::size_t max_line_;
  std::string bytes_;
  std::size_t taken_ = 0;     ///< Bytes of the line handed out last.
  std::size_t searched_ = 0;  ///< Bytes known to hold no newline.
};

}  // namespace ptah
