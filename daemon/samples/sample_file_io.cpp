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
constexpr std::size_t kMostNames = 64;  ///< At the top of a file that is searched for groups.
constexpr std::uint64_t kPicturesAtOnce = 256;

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
  static Status write(const Samples& samples, const std::filesystem::path& file,
                      const PictureGroup* group, const PaintPicture* paint);
  static Result<Samples> read(const hdf5::Reader& reader, const std::string& name);
};

namespace {

/// Arrays by the names that the public data set has for them, and two more: whose pictures they
/// are, and by which rule their classes are.
Status write_group(hdf5::Writer& writer, const PictureGroup& group, const PaintPicture& paint) {
  const std::uint64_t count = group.size();
  const std::string folder = group.name + "/";
  PTAH_TRY(writer.put_group(group.name));
  PTAH_TRY(writer.put_text(folder + "about", group.about.dump(1)));
  PTAH_TRY(writer.put(folder + "rows", group.rows, {count}));
  PTAH_TRY(writer.put(folder + "meta", group.classes, {count, 1}));
  return writer.put_rows(
      folder + "images", {count, PictureGroup::kGrid, PictureGroup::kGrid, PictureGroup::kChannels},
      [&](std::uint64_t first, std::span<std::uint8_t> bytes) -> Status {
        for (std::size_t i = 0; i * PictureGroup::kBytes < bytes.size(); ++i) {
          PTAH_TRY(paint(static_cast<std::size_t>(first) + i,
                         bytes.subspan(i * PictureGroup::kBytes, PictureGroup::kBytes)));
        }
        return ok();
      });
}

}  // namespace

Status SampleFileAccess::write(const Samples& samples, const std::filesystem::path& file,
                               const PictureGroup* group, const PaintPicture* paint) {
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
  if (group != nullptr) {
    PTAH_TRY(write_group(writer, *group, *paint));
  }
  return writer.close();
}

Result<Samples> SampleFileAccess::read(const hdf5::Reader& reader, const std::string& name) {
  if (!reader.has("about")) {
    const auto groups = reader.groups_with("images", kMostNames);
    if (!groups.empty()) {
      return make_error(
          ErrorCode::kUnsupported,
          "This file of the public form has pictures and classes (`" +
              groups.front().substr(0, 64) +
              "`), and neither a circuit nor placements nor values, which datasets "
              "consist of: a model of its pictures could be asked about no placement.",
          name, "Make placements with `ptah dataset make`.");
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

Result<PictureGroup> read_group(const hdf5::Reader& reader, const std::string& group,
                                const std::string& name) {
  PictureGroup found;
  found.name = group;
  const std::string folder = group + "/";
  for (const char* own : {"about", "rows"}) {
    if (reader.has(folder + own)) continue;
    return wrong(name, "Group `" + group.substr(0, 64) +
                           "` does not say of which placements its pictures are: it has no `" +
                           own + "`.");
  }
  PTAH_TRY(const std::string about, reader.get_text(folder + "about", kMostAbout));
  found.about = Json::parse(about, nullptr, false);
  if (!found.about.is_object()) return wrong(name, "`" + folder + "about` is no JSON object.");
  PTAH_TRY(found.rows, reader.get<std::uint32_t>(folder + "rows", {0}, kMostRows));
  const std::uint64_t count = found.rows.size();
  PTAH_TRY(found.classes, reader.get<std::uint8_t>(folder + "meta", {count, 1}, kMostRows));
  PTAH_TRY(const auto shape, reader.shape(folder + "images"));
  if (shape !=
      hdf5::Shape{count, PictureGroup::kGrid, PictureGroup::kGrid, PictureGroup::kChannels})
    return wrong(name, "`" + folder + "images` has another shape than 64 x 64 x 6 for each row.");
  return found;
}

Result<std::vector<PictureGroup>> groups_of(const hdf5::Reader& reader, const std::string& name) {
  std::vector<PictureGroup> groups;
  for (const std::string& group : reader.groups_with("images", kMostNames)) {
    PTAH_TRY(auto found, read_group(reader, group, name));
    groups.push_back(std::move(found));
  }
  return groups;
}

Status look_at(const hdf5::Reader& reader, const PictureGroup& group, const LookAtPicture& look) {
  const std::uint64_t count = group.size();
  const hdf5::Shape shape{count, PictureGroup::kGrid, PictureGroup::kGrid, PictureGroup::kChannels};
  for (std::uint64_t first = 0; first < count; first += kPicturesAtOnce) {
    const std::uint64_t some = std::min(kPicturesAtOnce, count - first);
    PTAH_TRY(const auto bytes, reader.get_rows(group.name + "/images", shape, first, some));
    for (std::uint64_t i = 0; i < some; ++i) {
      PTAH_TRY(look(static_cast<std::size_t>(first + i),
                    std::span(bytes).subspan(i * PictureGroup::kBytes, PictureGroup::kBytes)));
    }
  }
  return ok();
}

/// An exception must not leave this library.
template <class Work>
auto guarded(const std::string& file, Work work) noexcept -> decltype(work()) {
  try {
    return work();
  } catch (const std::exception& exception) {
    return make_error(ErrorCode::kLimit, exception.what(), file);
  }
}

Status write(const Samples& samples, const std::filesystem::path& file, const PictureGroup* group,
             const PaintPicture* paint) noexcept {
  return guarded(file.string(),
                 [&] { return SampleFileAccess::write(samples, file, group, paint); });
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

Result<std::vector<PictureGroup>> read_groups(const std::filesystem::path& file) noexcept {
  return guarded(file.string(), [&]() -> Result<std::vector<PictureGroup>> {
    PTAH_TRY(const auto reader, hdf5::Reader::open(file));
    return groups_of(reader, file.string());
  });
}

Status read_group_pictures(const std::filesystem::path& file, const PictureGroup& group,
                           const LookAtPicture& look) noexcept {
  return guarded(file.string(), [&]() -> Status {
    PTAH_TRY(const auto reader, hdf5::Reader::open(file));
    return look_at(reader, group, look);
  });
}

constexpr SampleFileIo io() {
  SampleFileIo io{{}, &write, &read, &read_bytes, &read_groups, &read_group_pictures};
  detail::copy_text(io.head.fingerprint, kToolchainFingerprint);
  return io;
}

}  // namespace
}  // namespace ptah

extern "C" {
extern const ptah::SampleFileIo ptah_samples __attribute__((visibility("default")));
__attribute__((used)) constinit const ptah::SampleFileIo ptah_samples = ptah::io();
}
