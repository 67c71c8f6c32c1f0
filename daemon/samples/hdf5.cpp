#include "samples/hdf5.hpp"

#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

namespace ptah::hdf5 {
namespace {

constexpr hsize_t kRowsAChunk = 256;
constexpr unsigned kDeflate = 4;
constexpr std::size_t kTextBytes = 256;
/// Of a chunk that is read: it is unpacked in memory.
constexpr std::uint64_t kMostChunkBytes = 256u << 20;
constexpr int kMostDimensions = 4;

static_assert(sizeof(hid_t) == sizeof(Handle::Id));

/// The library prints what it thinks of errors unless it is told not to, and loads plugins of
/// filters that a file names.
void prepare() {
  static const bool prepared = [] {
    H5open();
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    H5PLset_loading_state(0);
    return true;
  }();
  (void)prepared;
}

template <class T>
hid_t file_type() {
  if constexpr (std::is_same_v<T, std::uint8_t>) return H5T_STD_U8LE;
  if constexpr (std::is_same_v<T, std::uint16_t>) return H5T_STD_U16LE;
  if constexpr (std::is_same_v<T, std::uint32_t>) return H5T_STD_U32LE;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_STD_I32LE;
  if constexpr (std::is_same_v<T, std::uint64_t>) return H5T_STD_U64LE;
  if constexpr (std::is_same_v<T, float>) return H5T_IEEE_F32LE;
  if constexpr (std::is_same_v<T, double>) return H5T_IEEE_F64LE;
}

template <class T>
hid_t memory_type() {
  if constexpr (std::is_same_v<T, std::uint8_t>) return H5T_NATIVE_UINT8;
  if constexpr (std::is_same_v<T, std::uint16_t>) return H5T_NATIVE_UINT16;
  if constexpr (std::is_same_v<T, std::uint32_t>) return H5T_NATIVE_UINT32;
  if constexpr (std::is_same_v<T, std::int32_t>) return H5T_NATIVE_INT32;
  if constexpr (std::is_same_v<T, std::uint64_t>) return H5T_NATIVE_UINT64;
  if constexpr (std::is_same_v<T, float>) return H5T_NATIVE_FLOAT;
  if constexpr (std::is_same_v<T, double>) return H5T_NATIVE_DOUBLE;
}

/// Of single bytes any order is the same; the public data set's code names the other one.
template <class T>
bool is_of(const Handle& type) {
  if (H5Tequal(type.get(), file_type<T>()) > 0) return true;
  return std::is_same_v<T, std::uint8_t> && H5Tequal(type.get(), H5T_STD_U8BE) > 0;
}

Handle property_list(hid_t of) {
  return {H5Pcreate(of), H5Pclose};
}

Error failed_to_write(const std::filesystem::path& file, const std::string& name) {
  return make_error(ErrorCode::kIo, "`" + name + "` cannot be written into the HDF5 file.",
                    file.string(), "Is there space on the disk?");
}

/// Times would make two files of the same data differ.
bool without_times(const Handle& properties) {
  return H5Pset_obj_track_times(properties.get(), false) >= 0;
}

/// An array without values yet; invalid where it cannot be made.
Handle make_array(const Handle& file, const std::string& name, hid_t stored, const Shape& shape) {
  const std::vector<hsize_t> dimensions(shape.begin(), shape.end());
  const Handle properties = property_list(H5P_DATASET_CREATE);
  const Handle space(dimensions.empty() ? H5Screate(H5S_SCALAR)
                                        : H5Screate_simple(static_cast<int>(dimensions.size()),
                                                           dimensions.data(), nullptr),
                     H5Sclose);
  bool good = properties && space && without_times(properties);
  if (!dimensions.empty()) {
    std::vector<hsize_t> chunk = dimensions;
    chunk[0] = std::min(chunk[0], kRowsAChunk);
    good = good &&
           H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()) >= 0 &&
           H5Pset_shuffle(properties.get()) >= 0 && H5Pset_deflate(properties.get(), kDeflate) >= 0;
  }
  if (!good) return {};
  return {H5Dcreate2(file.get(), name.c_str(), stored, space.get(), H5P_DEFAULT, properties.get(),
                     H5P_DEFAULT),
          H5Dclose};
}

Status write_array(const Handle& file, const std::filesystem::path& path, const std::string& name,
                   hid_t stored, hid_t memory, const Shape& shape, const void* values) {
  const Handle array = make_array(file, name, stored, shape);
  if (!array || H5Dwrite(array.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    return failed_to_write(path, name);
  return ok();
}

/// The space of an array, with `count` rows from `first` on chosen.
Handle rows_of(const Handle& array, const Shape& shape, std::uint64_t first, std::uint64_t count) {
  Handle space(H5Dget_space(array.get()), H5Sclose);
  std::vector<hsize_t> start(shape.size(), 0), size(shape.begin(), shape.end());
  start[0] = first;
  size[0] = count;
  if (!space || H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, size.data(),
                                    nullptr) < 0)
    return {};
  return space;
}

/// Space in memory for the same.
Handle memory_for(const Shape& shape, std::uint64_t count) {
  std::vector<hsize_t> size(shape.begin(), shape.end());
  size[0] = count;
  return {H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose};
}

std::uint64_t row_bytes(const Shape& shape) {
  std::uint64_t bytes = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) bytes *= shape[i];
  return bytes;
}

Handle text_type(std::size_t bytes) {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  if (!type || H5Tset_size(type.get(), bytes) < 0 || H5Tset_cset(type.get(), H5T_CSET_UTF8) < 0 ||
      H5Tset_strpad(type.get(), H5T_STR_NULLPAD) < 0) {
    return {};
  }
  return type;
}

/// The filters that come with the library and run no code from elsewhere.
bool knows_filters(hid_t properties) {
  const int count = H5Pget_nfilters(properties);
  for (int i = 0; i < count; ++i) {
    std::size_t values = 0;
    unsigned flags = 0, settings = 0;
    const H5Z_filter_t filter = H5Pget_filter2(properties, static_cast<unsigned>(i), &flags,
                                               &values, nullptr, 0, nullptr, &settings);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
        filter != H5Z_FILTER_FLETCHER32)
      return false;
  }
  return count >= 0;
}

}  // namespace

// Writer.

Result<Writer> Writer::create(const std::filesystem::path& file) {
  prepare();
  const Handle properties = property_list(H5P_FILE_CREATE);
  if (!properties || !without_times(properties)) return failed_to_write(file, "/");
  Handle made(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, properties.get(), H5P_DEFAULT), H5Fclose);
  if (!made) return failed_to_write(file, "/");
  return Writer(std::move(made), file);
}

Status Writer::put_group(const std::string& name) {
  const Handle properties = property_list(H5P_GROUP_CREATE);
  if (!properties || !without_times(properties)) return failed_to_write(path_, name);
  const Handle group(
      H5Gcreate2(file_.get(), name.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Gclose);
  return group ? ok() : Status(failed_to_write(path_, name));
}

Status Writer::put_rows(const std::string& name, const Shape& shape, const FillRows& fill) {
  const Handle array = make_array(file_, name, H5T_STD_U8LE, shape);
  if (!array) return failed_to_write(path_, name);
  std::vector<std::uint8_t> bytes;
  for (std::uint64_t first = 0; first < shape[0]; first += kRowsAChunk) {
    const std::uint64_t count = std::min<std::uint64_t>(kRowsAChunk, shape[0] - first);
    bytes.resize(count * row_bytes(shape));
    PTAH_TRY(fill(first, bytes));
    const Handle space = rows_of(array, shape, first, count), memory = memory_for(shape, count);
    if (!space || !memory ||
        H5Dwrite(array.get(), H5T_NATIVE_UINT8, memory.get(), space.get(), H5P_DEFAULT,
                 bytes.data()) < 0)
      return failed_to_write(path_, name);
  }
  return ok();
}

template <Number T>
Status Writer::put(const std::string& name, const std::vector<T>& values, const Shape& shape) {
  std::uint64_t count = 1;
  for (const std::uint64_t size : shape) count *= size;
  if (shape.empty() || count == 0 || count != values.size()) {
    return make_error(ErrorCode::kInternal,
                      "`" + name + "` has " + std::to_string(values.size()) + " values for " +
                          std::to_string(count) + " places.",
                      path_.string());
  }
  return write_array(file_, path_, name, file_type<T>(), memory_type<T>(), shape, values.data());
}
template Status Writer::put(const std::string&, const std::vector<std::uint8_t>&, const Shape&);
template Status Writer::put(const std::string&, const std::vector<std::uint16_t>&, const Shape&);
template Status Writer::put(const std::string&, const std::vector<std::uint32_t>&, const Shape&);
template Status Writer::put(const std::string&, const std::vector<std::int32_t>&, const Shape&);
template Status Writer::put(const std::string&, const std::vector<std::uint64_t>&, const Shape&);
template Status Writer::put(const std::string&, const std::vector<float>&, const Shape&);
template Status Writer::put(const std::string&, const std::vector<double>&, const Shape&);

Status Writer::put_text(const std::string& name, const std::string& text) {
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  return put(name, bytes, {bytes.size()});
}

Status Writer::put_texts(const std::string& name, const std::vector<std::string>& texts) {
  if (texts.empty()) return ok();
  const Handle type = text_type(kTextBytes);
  if (!type) return failed_to_write(path_, name);
  std::string packed(texts.size() * kTextBytes, '\0');
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t bytes = std::min(texts[i].size(), kTextBytes - 1);
    std::memcpy(packed.data() + i * kTextBytes, texts[i].data(), bytes);
  }
  return write_array(file_, path_, name, type.get(), type.get(), {texts.size()}, packed.data());
}

Status Writer::close() {
  const bool good = H5Fflush(file_.get(), H5F_SCOPE_GLOBAL) >= 0;
  file_ = {};
  return good ? ok() : Status(failed_to_write(path_, "/"));
}

// Reader.

struct Reader::Array {
  Handle array, type;
  Shape shape;
  std::uint64_t count = 1;
  std::string name;
};

Error Reader::error(const std::string& what, const std::string& array) const {
  return make_error(ErrorCode::kParse, "`" + array + "` " + what, name_);
}

Result<Reader> Reader::open(const std::filesystem::path& file) {
  prepare();
  Handle opened(H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!opened)
    return make_error(ErrorCode::kParse, "This is no HDF5 file, or it is damaged.", file.string());
  return Reader(std::move(opened), file.string());
}

Result<Reader> Reader::open(std::string_view bytes, const std::string& name) {
  prepare();
  std::string copy(bytes);
  const Handle access = property_list(H5P_FILE_ACCESS);
  Handle opened;
  if (access && !copy.empty() && H5Pset_fapl_core(access.get(), 1u << 16, false) >= 0 &&
      H5Pset_file_image(access.get(), copy.data(), copy.size()) >= 0) {
    opened = Handle(H5Fopen("image", H5F_ACC_RDONLY, access.get()), H5Fclose);
  }
  if (!opened)
    return make_error(ErrorCode::kParse, "This is no HDF5 file, or it is damaged.", name);
  return Reader(std::move(opened), name);
}

bool Reader::has(const std::string& name) const {
  // Asked of a name in something that is no group, the library answers with an error.
  const std::size_t slash = name.find('/');
  if (slash != name.npos && !has(name.substr(0, slash))) return false;
  return H5Lexists(file_.get(), name.c_str(), H5P_DEFAULT) > 0;
}

Status Reader::check_link(const std::string& name) const {
  H5L_info_t link{};
  if (!has(name) || H5Lget_info(file_.get(), name.c_str(), &link, H5P_DEFAULT) < 0)
    return error("is missing.", name);
  if (link.type != H5L_TYPE_HARD) return error("is a link to elsewhere.", name);
  return ok();
}

std::vector<std::string> Reader::groups_with(const std::string& inside, std::size_t most) const {
  std::vector<std::string> found;
  H5G_info_t top{};
  if (H5Gget_info(file_.get(), &top) < 0) return found;
  for (hsize_t i = 0; i < std::min<hsize_t>(top.nlinks, most); ++i) {
    std::array<char, kTextBytes> name{};
    const auto length = H5Lget_name_by_idx(file_.get(), ".", H5_INDEX_NAME, H5_ITER_INC, i,
                                           name.data(), name.size(), H5P_DEFAULT);
    if (length <= 0 || static_cast<std::size_t>(length) >= name.size()) continue;
    // A link is not followed: it may lead to a file of somebody else.
    if (check_link(name.data()) && has(std::string(name.data()) + "/" + inside))
      found.emplace_back(name.data());
  }
  return found;
}

Result<Reader::Array> Reader::array(const std::string& name) const {
  const std::size_t slash = name.find('/');
  if (slash != name.npos) {
    PTAH_TRY(check_link(name.substr(0, slash)));
  }
  PTAH_TRY(check_link(name));
  Array found;
  found.name = name;
  const Handle object(H5Oopen(file_.get(), name.c_str(), H5P_DEFAULT), H5Oclose);
  if (!object || H5Iget_type(object.get()) != H5I_DATASET) return error("is no array.", name);
  found.array = Handle(H5Dopen2(file_.get(), name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!found.array) return error("is damaged.", name);
  const Handle properties(H5Dget_create_plist(found.array.get()), H5Pclose);
  found.type = Handle(H5Dget_type(found.array.get()), H5Tclose);
  const Handle space(H5Dget_space(found.array.get()), H5Sclose);
  if (!properties || !found.type || !space) return error("is damaged.", name);
  const H5D_layout_t layout = H5Pget_layout(properties.get());
  if (layout != H5D_CONTIGUOUS && layout != H5D_CHUNKED && layout != H5D_COMPACT)
    return error("has its data in other files.", name);
  if (layout == H5D_CONTIGUOUS && H5Pget_external_count(properties.get()) != 0)
    return error("has its data in other files.", name);
  if (!knows_filters(properties.get())) return error("is packed by an unknown filter.", name);
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 1 || rank > kMostDimensions) return error("has too many dimensions, or none.", name);
  std::vector<hsize_t> sizes(static_cast<std::size_t>(rank));
  if (H5Sget_simple_extent_dims(space.get(), sizes.data(), nullptr) != rank)
    return error("is damaged.", name);
  for (const hsize_t size : sizes) {
    if (size == 0 || size > (std::uint64_t{1} << 40) / found.count)
      return error("is empty, or far too large.", name);
    found.count *= size;
    found.shape.push_back(size);
  }
  if (layout == H5D_CHUNKED) {
    std::vector<hsize_t> chunk(static_cast<std::size_t>(rank));
    if (H5Pget_chunk(properties.get(), rank, chunk.data()) != rank)
      return error("is damaged.", name);
    std::uint64_t bytes = std::max<std::uint64_t>(1, H5Tget_size(found.type.get()));
    for (const hsize_t size : chunk) {
      if (size == 0 || size > kMostChunkBytes / bytes)
        return error("has chunks that are too large.", name);
      bytes *= size;
    }
  }
  return found;
}

Result<Shape> Reader::shape(const std::string& name) const {
  PTAH_TRY(const Array found, array(name));
  return found.shape;
}

Status Reader::read(const Array& array, Handle::Id memory, void* values) const {
  if (H5Dread(array.array.get(), memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) < 0)
    return error("cannot be read: its data are damaged.", array.name);
  return ok();
}

Status Reader::check_shape(const Array& array, const Shape& shape) const {
  bool fits = shape.size() == array.shape.size();
  for (std::size_t i = 0; fits && i < shape.size(); ++i)
    fits = shape[i] == 0 || shape[i] == array.shape[i];
  return fits ? ok()
              : Status(error("has another shape than the file's other arrays say.", array.name));
}

template <Number T>
Result<std::vector<T>> Reader::get(const std::string& name, Shape shape, std::uint64_t most) const {
  PTAH_TRY(const Array found, array(name));
  PTAH_TRY(check_shape(found, shape));
  if (found.count > most) {
    return make_error(ErrorCode::kLimit,
                      "`" + name + "` has " + std::to_string(found.count) + " values; at most " +
                          std::to_string(most) + " are taken.",
                      name_);
  }
  if (!is_of<T>(found.type)) return error("is of another type of number.", name);
  std::vector<T> values(static_cast<std::size_t>(found.count));
  PTAH_TRY(read(found, memory_type<T>(), values.data()));
  return values;
}
template Result<std::vector<std::uint8_t>> Reader::get(const std::string&, Shape,
                                                       std::uint64_t) const;
template Result<std::vector<std::uint16_t>> Reader::get(const std::string&, Shape,
                                                        std::uint64_t) const;
template Result<std::vector<std::uint32_t>> Reader::get(const std::string&, Shape,
                                                        std::uint64_t) const;
template Result<std::vector<std::int32_t>> Reader::get(const std::string&, Shape,
                                                       std::uint64_t) const;
template Result<std::vector<std::uint64_t>> Reader::get(const std::string&, Shape,
                                                        std::uint64_t) const;
template Result<std::vector<float>> Reader::get(const std::string&, Shape, std::uint64_t) const;
template Result<std::vector<double>> Reader::get(const std::string&, Shape, std::uint64_t) const;

Result<std::vector<std::uint8_t>> Reader::get_rows(const std::string& name, const Shape& shape,
                                                   std::uint64_t first, std::uint64_t count) const {
  PTAH_TRY(const Array found, array(name));
  PTAH_TRY(check_shape(found, shape));
  if (!is_of<std::uint8_t>(found.type)) return error("is of another type of number.", name);
  const std::uint64_t rows = found.shape[0];
  if (first > rows || count == 0 || count > rows - first) return error("has fewer rows.", name);
  if (count > kMostChunkBytes / row_bytes(found.shape)) return error("has rows too large.", name);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count * row_bytes(found.shape)));
  const Handle space = rows_of(found.array, found.shape, first, count);
  const Handle memory = memory_for(found.shape, count);
  if (!space || !memory ||
      H5Dread(found.array.get(), H5T_NATIVE_UINT8, memory.get(), space.get(), H5P_DEFAULT,
              bytes.data()) < 0)
    return error("cannot be read: its data are damaged.", name);
  return bytes;
}

Result<std::string> Reader::get_text(const std::string& name, std::uint64_t most) const {
  PTAH_TRY(const auto bytes, get<std::uint8_t>(name, {0}, most));
  return std::string(bytes.begin(), bytes.end());
}

Result<std::vector<std::string>> Reader::get_texts(const std::string& name,
                                                   std::uint64_t most) const {
  PTAH_TRY(const Array found, array(name));
  const std::size_t bytes = H5Tget_size(found.type.get());
  if (found.shape.size() != 1 || H5Tget_class(found.type.get()) != H5T_STRING ||
      H5Tis_variable_str(found.type.get()) != 0 || bytes == 0 || bytes > 4096)
    return error("is no list of short texts.", name);
  if (found.count > most) return error("has too many texts.", name);
  const Handle type = text_type(bytes);
  if (!type) return error("cannot be read.", name);
  std::string packed(static_cast<std::size_t>(found.count) * bytes, '\0');
  PTAH_TRY(read(found, type.get(), packed.data()));
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < found.count; ++i) {
    const char* const text = packed.data() + i * bytes;
    texts.emplace_back(text, std::find(text, text + bytes, '\0'));
  }
  return texts;
}

}  // namespace ptah::hdf5
