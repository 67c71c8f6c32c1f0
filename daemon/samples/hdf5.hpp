/// A few typed arrays and texts in an HDF5 file, over the C library (Debian 12 has no package of
/// HighFive). Only what our files need: whole arrays of numbers, and texts of fixed length.
///
/// The library is not safe for threads: one thread of a process at a time. A reader takes files
/// from anybody: links and data that lead outside the file, filters that are plugins, and arrays
/// larger than the caller allows are Errors; nothing is allocated by what a file claims alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ptah/core/error.hpp"

namespace ptah::hdf5 {

/// Owns an id of the library.
class Handle {
 public:
  using Id = std::int64_t;
  using Close = int (*)(Id);
  Handle() = default;
  Handle(Id id, Close close) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept
      : id_(std::exchange(other.id_, -1)), close_(std::exchange(other.close_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0 && close_ != nullptr) close_(id_);
  }
  Id get() const noexcept { return id_; }
  explicit operator bool() const noexcept { return id_ >= 0; }

 private:
  Id id_ = -1;
  Close close_ = nullptr;
};

using Shape = std::vector<std::uint64_t>;

/// Numbers that an array may be of; in the file all are little-endian.
template <class T>
concept Number = std::is_same_v<T, std::uint8_t> || std::is_same_v<T, std::uint16_t> ||
    std::is_same_v<T, std::uint32_t> || std::is_same_v<T, std::int32_t> ||
    std::is_same_v<T, std::uint64_t> || std::is_same_v<T, float> || std::is_same_v<T, double>;

/// Bytes of the rows from `first` on, as many as the span has room for; an Error ends the work.
using FillRows = std::function<Status(std::uint64_t first, std::span<std::uint8_t> bytes)>;

/// Writes a new file; the same calls give the same bytes. A name may lead into a group, as in
/// "group/array".
class Writer {
 public:
  static Result<Writer> create(const std::filesystem::path& file);
  /// An empty one, at the top.
  Status put_group(const std::string& name);
  /// An array in row-major order, compressed by rows. No dimension may be 0.
  template <Number T>
  Status put(const std::string& name, const std::vector<T>& values, const Shape& shape);
  /// An array that need not be in memory as a whole.
  Status put_rows(const std::string& name, const Shape& shape, const FillRows& fill);
  Status put_text(const std::string& name, const std::string& text);
  /// A list of texts, each cut at 255 bytes.
  Status put_texts(const std::string& name, const std::vector<std::string>& texts);
  /// Without it the file may be incomplete.
  Status close();

 private:
  Writer(Handle file, std::filesystem::path path) : file_(std::move(file)), path_(path) {}
  Handle file_;
  std::filesystem::path path_;
};

class Reader {
 public:
  static Result<Reader> open(const std::filesystem::path& file);
  /// From a file's bytes.
  static Result<Reader> open(std::string_view bytes, const std::string& name);

  /// Whether the file has something of this name.
  bool has(const std::string& name) const;
  /// Names at the top, of which the first `most` are looked at, that have an array `inside`.
  std::vector<std::string> groups_with(const std::string& inside, std::size_t most) const;
  Result<Shape> shape(const std::string& name) const;
  /// The whole array. Fails where it is of another type or shape; a dimension of 0 in `shape` may
  /// be any. `most`: elements.
  template <Number T>
  Result<std::vector<T>> get(const std::string& name, Shape shape, std::uint64_t most) const;
  /// Rows `first` to `first + count` of an array of bytes, whose shape is `shape` as for `get`.
  Result<std::vector<std::uint8_t>> get_rows(const std::string& name, const Shape& shape,
                                             std::uint64_t first, std::uint64_t count) const;
  Result<std::string> get_text(const std::string& name, std::uint64_t most) const;
  Result<std::vector<std::string>> get_texts(const std::string& name, std::uint64_t most) const;

 private:
  struct Array;
  Reader(Handle file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  /// Of one name in a group: an Error where it is missing, or a link to elsewhere.
  Status check_link(const std::string& name) const;
  Status check_shape(const Array& array, const Shape& shape) const;
  Result<Array> array(const std::string& name) const;
  Status read(const Array& array, Handle::Id memory, void* values) const;
  Error error(const std::string& what, const std::string& array) const;
  Handle file_;
  std::string name_;  ///< For messages.
};

}  // namespace ptah::hdf5
