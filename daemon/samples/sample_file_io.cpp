// What of libhdf5 the rows of a dataset need: libptah_samples.so.
#include "samples/sample_file_io.hpp"

#include <algorithm>
#include <array>
#include <exception>

#include "ptah/plugin/plugin.hpp"
#include "samples/hdf5.hpp"

namespace ptah {
namespace {

constexpr const char* kFormat = "ptah-samples";
constexpr int kVersion = 1;

constexpr std::uint64_t kMostRows = 1'000'000;
constexpr std::uint64_t kMostColumns = 10'000;
constexpr std::uint64_t kMostValues = 256'000'000;  ///< Of one array: 2 GiB of doubles.
constexpr std::uint64_t kMostAbout = 4u << 20;
constexpr std::uint64_t kMostReasons = 100'000;
constexpr std::int32_t kFarthestTile = kFarthest / 2;

/// Of UT-AnLay's file.
constexpr const char* kPublicGroups[] = {"OTA1_Offset_Voltage_False", "OTA2_Offset_Voltage_False",
                                         "OTA3_Offset_Voltage_False", "OTA4_CMRR_False",
                                         "OTA1_Offset_Voltage_True",  "OTA2_Offset_Voltage_True",
                                         "OTA3_Offset_Voltage_True",  "OTA4_CMRR_True"};

constexpr std::uint8_t kMostOrientation = 3;

Error wrong(const std::string& name, const std::string& message) {
  return make_error(ErrorCode::kParse, message, name, "docs/datasets.md describes the file.");
}

/// Texts of the list `field`, and how many they are.
Result<std::size_t> count_names(const Json& about, const char* field, const std::string& name) {
  const auto list = about.find(field);
  if (list == about.end() || !list->is_array() || list->size() > kMostColumns)
    return wrong(name, std::string("`about` has no list `") + field + "`, or too long a one.");
  for (const Json& item : *list) {
    const Json text = item.is_object() ? item.value("name", Json()) : item;
    if (!text.is_string()) return wrong(name, std::string("A name in `") + field + "` is no text.");
  }
  return list->size();
}

}  // namespace

/// Columns of Samples, in and out.
class SampleFileAccess {
 public:
  static Status write(const Samples& samples, const std::filesystem::path& file);
  static Result<Samples> read(const hdf5::Reader& reader, const std::string& name);
};

Status SampleFileAccess::write(const Samples& samples, const std::filesystem::path& file) {
  const std::uint64_t rows = samples.size();
  if (rows == 0) {
    return make_error(ErrorCode::kInvalidArgument, "A dataset of no layouts cannot be written.",
                      file.string());
  }
  Json about = samples.about_;
  about["format"] = kFormat;
  about["version"] = kVersion;
  PTAH_TRY(auto writer, hdf5::Writer::create(file));
  PTAH_TRY(writer.put_text("about", about.dump(1)));
  PTAH_TRY(writer.put("run", samples.run_, {rows}));
  PTAH_TRY(writer.put("seed", samples.seed_, {rows}));
  PTAH_TRY(writer.put("split", samples.split_, {rows}));
  PTAH_TRY(writer.put("placed", samples.placed_, {rows}));
  PTAH_TRY(writer.put("origin_nm", samples.origin_nm_, {rows, samples.devices_, 2}));
  PTAH_TRY(writer.put("orientation", samples.orientation_, {rows, samples.devices_}));
  if (samples.nets_ > 0) {
    PTAH_TRY(writer.put("net_weights", samples.weights_, {rows, samples.nets_}));
  }
  if (samples.measures_ > 0) {
    PTAH_TRY(writer.put("labels", samples.labels_, {rows, samples.measures_}));
  }
  PTAH_TRY(writer.put("reason", samples.reason_, {rows}));
  PTAH_TRY(writer.put_texts("reasons", samples.reasons_));
  return writer.close();
}

Result<Samples> SampleFileAccess::read(const hdf5::Reader& reader, const std::string& name) {
  if (!reader.has("about")) {
    for (const char* group : kPublicGroups) {
      if (reader.has(group)) {
        return make_error(ErrorCode::kUnsupported,
                          std::string("This is the public file of pictures and classes (`") +
                              group +
                              "`): it has no placements and no values, which datasets consist of.",
                          name, "Make placements with `ptah dataset make`.");
      }
    }
    return wrong(name, "This HDF5 file holds no placements of Ptah: it has no `about`.");
  }
  PTAH_TRY(const std::string text, reader.get_text("about", kMostAbout));
  Json about = Json::parse(text, nullptr, false);
  if (!about.is_object() || about.value("format", Json()) != kFormat)
    return wrong(name, "`about` says nothing that Ptah understands.");
  if (about.value("version", Json()) != kVersion)
    return wrong(name, "The file is of another version of the format.");
  PTAH_TRY(const std::size_t devices, count_names(about, "devices", name));
  PTAH_TRY(const std::size_t nets, count_names(about, "nets", name));
  PTAH_TRY(const std::size_t measures, count_names(about, "measures", name));
  if (devices == 0) return wrong(name, "The circuit has no device.");
  Samples samples(std::move(about), devices, nets, measures);

  PTAH_TRY(samples.run_, reader.get<std::uint64_t>("run", {0}, kMostRows));
  const std::uint64_t rows = samples.run_.size();
  PTAH_TRY(samples.seed_, reader.get<std::uint64_t>("seed", {rows}, kMostRows));
  PTAH_TRY(samples.split_, reader.get<std::uint8_t>("split", {rows}, kMostRows));
  PTAH_TRY(samples.placed_, reader.get<std::uint8_t>("placed", {rows}, kMostRows));
  PTAH_TRY(samples.origin_nm_,
           reader.get<std::int32_t>("origin_nm", {rows, devices, 2}, kMostValues));
  PTAH_TRY(samples.orientation_,
           reader.get<std::uint8_t>("orientation", {rows, devices}, kMostValues));
  if (nets > 0) {
    PTAH_TRY(samples.weights_, reader.get<float>("net_weights", {rows, nets}, kMostValues));
  }
  if (measures > 0) {
    PTAH_TRY(samples.labels_, reader.get<double>("labels", {rows, measures}, kMostValues));
  }
  PTAH_TRY(samples.reason_, reader.get<std::uint32_t>("reason", {rows}, kMostRows));
  if (reader.has("reasons")) {
    PTAH_TRY(samples.reasons_, reader.get_texts("reasons", kMostReasons));
  }

  const auto all = [](const auto& values, auto good) {
    return std::all_of(values.begin(), values.end(), good);
  };
  if (!all(samples.split_, [](std::uint8_t value) { return value <= 2; }))
    return wrong(name, "A value of `split` is none of 0, 1 and 2.");
  if (!all(samples.orientation_, [](std::uint8_t value) { return value <= kMostOrientation; }))
    return wrong(name, "A value of `orientation` is none of 0 to 3.");
  if (!all(samples.origin_nm_, [](std::int32_t value) {
        return value >= -kFarthestTile && value <= kFarthestTile && value % kPlacementGrid == 0;
      }))
    return wrong(name, "A value of `origin_nm` is off the placement grid, or farther than 0.1 m.");
  const std::size_t reasons = samples.reasons_.size();
  if (!all(samples.reason_, [&](std::uint32_t value) { return value <= reasons; }))
    return wrong(name, "A value of `reason` is beyond the list `reasons`.");
  if (!all(samples.reasons_, [](const std::string& value) { return !value.empty(); }))
    return wrong(name, "A text in `reasons` is empty.");
  for (std::size_t row = 0; row < rows; ++row) {
    if (samples.clean(row) && !samples.placed(row))
      return wrong(name, "Layout " + std::to_string(row) + " is clean and has no placement.");
  }
  return samples;
}

namespace {

/// An exception must not leave this library.
template <class Work>
auto guarded(const std::string& file, Work work) noexcept -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& exception) {
    return make_error(ErrorCode::kLimit, exception.what(), file);
  }
}

Status write(const Samples& samples, const std::filesystem::path& file) noexcept {
  return guarded(file.string(), [&] { return SampleFileAccess::write(samples, file); });
}

Result<Samples> read(const std::filesystem::path& file) noexcept {
  return guarded(file.string(), [&]() -> Result<Samples> {
    PTAH_TRY(const auto reader, hdf5::Reader::open(file));
    return SampleFileAccess::read(reader, file.string());
  });
}

Result<Samples> read_bytes(std::string_view bytes, const std::string& name) noexcept {
  return guarded(name, [&]() -> Result<Samples> {
    PTAH_TRY(const auto reader, hdf5::Reader::open(bytes, name));
    return SampleFileAccess::read(reader, name);
  });
}

constexpr SampleFileIo io() {
  SampleFileIo io{{}, &write, &read, &read_bytes};
  detail::copy_text(io.head.fingerprint, kToolchainFingerprint);
  return io;
}

}  // namespace
}  // namespace ptah

extern "C" {
extern const ptah::SampleFileIo ptah_samples __attribute__((visibility("default")));
__attribute__((used)) constinit const ptah::SampleFileIo ptah_samples = ptah::io();
}
