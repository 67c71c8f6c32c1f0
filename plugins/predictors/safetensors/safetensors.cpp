#include "safetensors.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <set>

#include "ptah/core/json.hpp"
#include "ptah/core/printable.hpp"

namespace ptah::safetensors {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kLengthBytes = 8;
constexpr const char* kMetadata = "__metadata__";

struct DtypeRow {
  Dtype dtype;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array kDtypes{
    DtypeRow{Dtype::kF64, "F64", 8}, DtypeRow{Dtype::kF32, "F32", 4},
    DtypeRow{Dtype::kF16, "F16", 2}, DtypeRow{Dtype::kBf16, "BF16", 2},
    DtypeRow{Dtype::kI64, "I64", 8}, DtypeRow{Dtype::kI32, "I32", 4},
    DtypeRow{Dtype::kI16, "I16", 2}, DtypeRow{Dtype::kI8, "I8", 1},
    DtypeRow{Dtype::kU8, "U8", 1},   DtypeRow{Dtype::kBool, "BOOL", 1},
};

struct Range {
  std::uint64_t from = 0, to = 0;
  std::string_view name;
};

/// Reads one header; its Errors name file and tensor.
class Reader {
 public:
  Reader(std::string_view data, std::string_view where, const Limits& limits)
      : data_(data), where_(where), limits_(limits) {}

  Result<Contents> read(const Json& header) {
    if (!header.is_object()) return bad("its header is no JSON object");
    Contents contents;
    for (const auto& [name, value] : header.items()) {
      if (name == kMetadata) {
        PTAH_TRY(read_metadata(value, contents));
        continue;
      }
      if (contents.tensors.size() == limits_.tensors) {
        return make_error(ErrorCode::kLimit,
                          "It has more than " + std::to_string(limits_.tensors) + " tensors.",
                          where_);
      }
      PTAH_TRY(Tensor tensor, read_tensor(name, value));
      contents.tensors.emplace(name, std::move(tensor));
    }
    PTAH_TRY(check_ranges());
    return contents;
  }

  Error bad(const std::string& what) const {
    return make_error(ErrorCode::kParse, "This is no safetensors file: " + what + ".", where_);
  }

 private:
  Status read_metadata(const Json& value, Contents& contents) const {
    if (!value.is_object()) return bad("its `__metadata__` is no object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) return bad("its `__metadata__` holds more than texts");
      contents.metadata.emplace(key, text.get<std::string>());
    }
    return ok();
  }

  Result<Tensor> read_tensor(const std::string& name, const Json& value) {
    const std::string label = "tensor `" + printable(name.substr(0, 80)) + "`";
    const auto fault = [&](const std::string& what) { return bad(label + " " + what); };
    if (!value.is_object() || value.size() != 3 || !value.contains("dtype") ||
        !value.contains("shape") || !value.contains("data_offsets")) {
      return fault("is not {dtype, shape, data_offsets}");
    }
    Tensor tensor;
    const Json& dtype = value["dtype"];
    const auto known =
        dtype.is_string() ? dtype_from_string(dtype.get<std::string>()) : std::nullopt;
    if (!known) return fault("has an unknown dtype");
    tensor.dtype = *known;
    const Json& shape = value["shape"];
    if (!shape.is_array() || shape.size() > limits_.dimensions)
      return fault("has no shape of at most " + std::to_string(limits_.dimensions) + " numbers");
    std::uint64_t bytes = bytes_of(tensor.dtype);
    for (const Json& size : shape) {
      if (!size.is_number_unsigned()) return fault("has a shape of other things than numbers");
      tensor.shape.push_back(size.get<std::uint64_t>());
      if (__builtin_mul_overflow(bytes, tensor.shape.back(), &bytes))
        return fault("is larger than any file");
    }
    const Json& offsets = value["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned()) {
      return fault("has no two data_offsets");
    }
    const Range range{offsets[0].get<std::uint64_t>(), offsets[1].get<std::uint64_t>(), {}};
    if (range.from > range.to || range.to > data_.size()) return fault("lies outside of the file");
    if (range.to - range.from != bytes) return fault("has another size than its shape");
    ranges_.push_back(range);
    tensor.bytes = data_.substr(range.from, bytes);
    return tensor;
  }

  /// Data is used once and whole, as the format wants it.
  Status check_ranges() {
    std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) {
      return a.from != b.from ? a.from < b.from : a.to < b.to;
    });
    std::uint64_t end = 0;
    for (const Range& range : ranges_) {
      if (range.from != end) return bad("its tensors overlap or leave holes");
      end = range.to;
    }
    if (end != data_.size()) return bad("it has bytes that belong to no tensor");
    return ok();
  }

  std::string_view data_;
  std::string where_;
  Limits limits_;
  std::vector<Range> ranges_;
};

/// The header as JSON; nothing where it is none, has a key twice, or nests deeper than the format.
std::optional<Json> parse_header(std::string_view text) {
  constexpr int kDeepest = 3;
  bool fits = true;
  std::vector<std::set<std::string>> keys;
  const Json json = Json::parse(
      text,
      [&](int depth, Json::parse_event_t event, Json& parsed) {
        if (depth > kDeepest) fits = false;
        if (event == Json::parse_event_t::object_start) keys.emplace_back();
        if (event == Json::parse_event_t::object_end && !keys.empty()) keys.pop_back();
        if (event == Json::parse_event_t::key && !keys.empty() &&
            !keys.back().insert(parsed.get<std::string>()).second) {
          fits = false;
        }
        return fits;
      },
      false);
  if (!fits || json.is_discarded()) return std::nullopt;
  return json;
}

}  // namespace

std::string_view to_string(Dtype dtype) noexcept {
  return kDtypes[static_cast<std::size_t>(dtype)].name;
}

std::optional<Dtype> dtype_from_string(std::string_view text) noexcept {
  for (const DtypeRow& row : kDtypes) {
    if (row.name == text) return row.dtype;
  }
  return std::nullopt;
}

std::size_t bytes_of(Dtype dtype) noexcept {
  return kDtypes[static_cast<std::size_t>(dtype)].bytes;
}

Result<Contents> parse(std::string_view file, std::string_view where, const Limits& limits) {
  const auto bad = [&](const std::string& what) {
    return make_error(ErrorCode::kParse, "This is no safetensors file: " + what + ".",
                      std::string(where));
  };
  if (file.size() < kLengthBytes) return bad("it ends before its first eight bytes do");
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), kLengthBytes);
  if (length > file.size() - kLengthBytes) return bad("its header is longer than the file");
  if (length > limits.header_bytes) {
    return make_error(ErrorCode::kLimit,
                      "Its header has " + std::to_string(length) + " bytes, more than " +
                          std::to_string(limits.header_bytes) + ".",
                      std::string(where));
  }
  const auto header = parse_header(file.substr(kLengthBytes, length));
  if (!header) return bad("its header is no JSON, says a key twice or nests too deep");
  return Reader(file.substr(kLengthBytes + length), where, limits).read(*header);
}

std::string write(const Contents& contents) {
  std::vector<const std::pair<const std::string, Tensor>*> order;
  for (const auto& entry : contents.tensors) order.push_back(&entry);
  std::stable_sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return bytes_of(a->second.dtype) > bytes_of(b->second.dtype);
  });
  Json header = Json::object();
  std::uint64_t end = 0;
  for (const auto* entry : order) {
    const Tensor& tensor = entry->second;
    header[entry->first] = {{"dtype", to_string(tensor.dtype)},
                            {"shape", tensor.shape},
                            {"data_offsets", {end, end + tensor.bytes.size()}}};
    end += tensor.bytes.size();
  }
  if (!contents.metadata.empty()) header[kMetadata] = contents.metadata;
  std::string text = header.dump();
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  const std::uint64_t length = text.size();
  std::string file(kLengthBytes, '\0');
  std::memcpy(file.data(), &length, kLengthBytes);
  file.reserve(kLengthBytes + text.size() + end);
  file += text;
  for (const auto* entry : order) file += entry->second.bytes;
  return file;
}

}  // namespace ptah::safetensors
