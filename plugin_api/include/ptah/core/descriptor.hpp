/// A file descriptor that is closed at its end.
#pragma once

#include <unistd.h>

#include <utility>

namespace ptah {

class Descriptor {
 public:
  explicit Descriptor(int value = -1) noexcept : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      close();
      value_ = std::exchange(other.value_, -1);
    }
    return *this;
  }
  ~Descriptor() { close(); }

  /// False, with errno, where the system says only now that what was written is lost.
  bool close() noexcept { return value_ < 0 || ::close(std::exchange(value_, -1)) == 0; }
  /// Gives it up without closing it.
  int release() noexcept { return std::exchange(value_, -1); }
  int get() const noexcept { return value_; }
  explicit operator bool() const noexcept { return value_ >= 0; }

 private:
  int value_;
};

}  // namespace ptah
