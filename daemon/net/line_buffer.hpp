/// Cuts a stream of bytes into lines of bounded length.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

namespace ptah {

class LineBuffer {
 public:
  explicit LineBuffer(std::size_t max_line) : max_line_(max_line) {}

  void set_max_line(std::size_t bytes) noexcept { max_line_ = bytes; }
  std::size_t max_line() const noexcept { return max_line_; }
  /// Bytes that wait for the end of their line, or to be taken.
  std::size_t size() const noexcept { return bytes_.size() - begin_; }

  /// Invalidates lines handed out.
  void append(std::string_view bytes) {
    // Moving the rest to the front is worth it only now and then: many small lines stay linear.
    if (begin_ > 0 && begin_ >= bytes_.size() / 2) {
      bytes_.erase(0, begin_);
      searched_ -= begin_;
      begin_ = 0;
      if (bytes_.empty() && bytes_.capacity() > (256u << 10)) bytes_.shrink_to_fit();
    }
    bytes_.append(bytes);
  }

  /// The next whole line without its newline; good until the next `append`.
  std::optional<std::string_view> next() {
    const std::size_t end = bytes_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = bytes_.size();
      return std::nullopt;
    }
    const std::string_view line = std::string_view(bytes_).substr(begin_, end - begin_);
    begin_ = searched_ = end + 1;
    return line;
  }

  /// True when the present line, whole or not, is longer than allowed.
  bool oversize() const {
    if (bytes_.size() - begin_ <= max_line_) return false;
    return std::find(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_),
                     bytes_.begin() + static_cast<std::ptrdiff_t>(begin_ + max_line_ + 1),
                     '\n') == bytes_.begin() + static_cast<std::ptrdiff_t>(begin_ + max_line_ + 1);
  }

 private:
  std::size_t max_line_;
  std::string bytes_;
  std::size_t begin_ = 0;     ///< Start of the present line.
  std::size_t searched_ = 0;  ///< No newline in [begin_, searched_).
};

}  // namespace ptah
