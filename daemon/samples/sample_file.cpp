#include "samples/sample_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "ptah/core/sha256.hpp"
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
constexpr std::size_t kMostReason = 255;
constexpr std::int32_t kFarthestTile = kFarthest / 2;

/// Of UT-AnLay's file.
constexpr const char* kPublicGroups[] = {"OTA1_Offset_Voltage_False", "OTA2_Offset_Voltage_False",
                                         "OTA3_Offset_Voltage_False", "OTA4_CMRR_False",
                                         "OTA1_Offset_Voltage_True",  "OTA2_Offset_Voltage_True",
                                         "OTA3_Offset_Voltage_True",  "OTA4_CMRR_True"};

constexpr std::array kOrientations{Orientation::kR0, Orientation::kMX, Orientation::kMY,
                                   Orientation::kR180};

std::uint8_t orientation_number(Orientation orientation) {
  const auto found = std::find(kOrientations.begin(), kOrientations.end(), orientation);
  return static_cast<std::uint8_t>(found - kOrientations.begin());
}

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

template <class T>
void extend(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

std::string placement_key(const Placement& placement) {
  std::string bytes;
  for (const PlacedTile& tile : placement.tiles) {
    for (const Dbu value : {tile.origin.x, tile.origin.y})
      for (int shift = 0; shift < 32; shift += 8)
        bytes.push_back(static_cast<char>(static_cast<std::uint32_t>(value) >> shift & 0xFF));
    bytes.push_back(static_cast<char>(orientation_number(tile.orientation)));
  }
  return sha256_hex(bytes);
}

void Samples::add(const Sample& sample) {
  run_.push_back(sample.run);
  seed_.push_back(sample.seed);
  split_.push_back(static_cast<std::uint8_t>(sample.split));
  const bool placed = sample.placement.tiles.size() == devices_;
  placed_.push_back(placed);
  for (std::size_t i = 0; i < devices_; ++i) {
    const PlacedTile tile = placed ? sample.placement.tiles[i] : PlacedTile{};
    origin_nm_.push_back(tile.origin.x);
    origin_nm_.push_back(tile.origin.y);
    orientation_.push_back(orientation_number(tile.orientation));
  }
  for (std::size_t i = 0; i < nets_; ++i)
    weights_.push_back(i < sample.weights.size() ? static_cast<float>(sample.weights[i]) : 1.0F);
  for (std::size_t i = 0; i < measures_; ++i)
    labels_.push_back(i < sample.labels.size() ? sample.labels[i] : std::nan(""));
  reason_.push_back(sample.reason.empty() ? 0 : reason_number(sample.reason));
}

std::uint32_t Samples::reason_number(const std::string& reason) {
  const std::string cut = reason.substr(0, kMostReason);
  const auto found = std::find(reasons_.begin(), reasons_.end(), cut);
  const auto place = static_cast<std::uint32_t>(found - reasons_.begin());
  if (found == reasons_.end()) reasons_.push_back(cut);
  return place + 1;
}

Status Samples::append(const Samples& other) {
  for (const char* field :
       {"circuit", "tech", "assignment", "device_generator", "devices", "nets", "measures"}) {
    if (about_.value(field, Json()) == other.about_.value(field, Json())) continue;
    return make_error(
        ErrorCode::kConflict,
        std::string("The files of the dataset are of different designs: `") + field + "` differs.",
        "dataset");
  }
  // Plugins may have been loaded anew between two blocks.
  for (const char* field : {"plugins", "plugin_hashes", "flow"}) {
    if (about_.value(field, Json()) != other.about_.value(field, Json()))
      about_["blocks_differ"] = true;
  }
  for (std::size_t row = 0; row < other.size(); ++row)
    reason_.push_back(other.clean(row) ? 0 : reason_number(other.reason(row)));
  extend(run_, other.run_);
  extend(seed_, other.seed_);
  extend(split_, other.split_);
  extend(placed_, other.placed_);
  extend(orientation_, other.orientation_);
  extend(origin_nm_, other.origin_nm_);
  extend(weights_, other.weights_);
  extend(labels_, other.labels_);
  return ok();
}

const std::string& Samples::reason(std::size_t row) const {
  static const std::string kClean;
  const std::uint32_t number = reason_.at(row);
  return number == 0 ? kClean : reasons_.at(number - 1);
}

Placement Samples::placement(std::size_t row, const Tiles& tiles) const {
  Placement placement;
  for (std::size_t i = 0; i < devices_; ++i) {
    const std::size_t at = row * devices_ + i;
    PlacedTile tile;
    tile.origin = {origin_nm_.at(2 * at), origin_nm_.at(2 * at + 1)};
    tile.orientation = kOrientations[orientation_.at(at)];
    if (i < tiles.size()) tile.slot = placed_outline(tiles[i], tile);
    placement.tiles.push_back(tile);
  }
  return placement;
}

std::size_t Samples::distinct() const {
  std::set<std::string> keys;
  for (std::size_t row = 0; row < size(); ++row) {
    if (clean(row)) keys.insert(placement_key(placement(row, {})));
  }
  return keys.size();
}

std::map<std::string, std::int64_t> Samples::failures() const {
  std::map<std::string, std::int64_t> classes;
  for (std::size_t row = 0; row < size(); ++row) {
    if (!clean(row)) ++classes[reason(row).substr(0, reason(row).find(':'))];
  }
  return classes;
}

Status Samples::write(const std::filesystem::path& file) const {
  const std::uint64_t rows = size();
  if (rows == 0) {
    return make_error(ErrorCode::kInvalidArgument, "A dataset of no layouts cannot be written.",
                      file.string());
  }
  Json about = about_;
  about["format"] = kFormat;
  about["version"] = kVersion;
  PTAH_TRY(auto writer, hdf5::Writer::create(file));
  PTAH_TRY(writer.put_text("about", about.dump(1)));
  PTAH_TRY(writer.put("run", run_, {rows}));
  PTAH_TRY(writer.put("seed", seed_, {rows}));
  PTAH_TRY(writer.put("split", split_, {rows}));
  PTAH_TRY(writer.put("placed", placed_, {rows}));
  PTAH_TRY(writer.put("origin_nm", origin_nm_, {rows, devices_, 2}));
  PTAH_TRY(writer.put("orientation", orientation_, {rows, devices_}));
  if (nets_ > 0) {
    PTAH_TRY(writer.put("net_weights", weights_, {rows, nets_}));
  }
  if (measures_ > 0) {
    PTAH_TRY(writer.put("labels", labels_, {rows, measures_}));
  }
  PTAH_TRY(writer.put("reason", reason_, {rows}));
  PTAH_TRY(writer.put_texts("reasons", reasons_));
  return writer.close();
}

template <class Reader>
Result<Samples> Samples::read_from(const Reader& reader, const std::string& name) {
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

  PTAH_TRY(samples.run_, reader.template get<std::uint64_t>("run", {0}, kMostRows));
  const std::uint64_t rows = samples.run_.size();
  PTAH_TRY(samples.seed_, reader.template get<std::uint64_t>("seed", {rows}, kMostRows));
  PTAH_TRY(samples.split_, reader.template get<std::uint8_t>("split", {rows}, kMostRows));
  PTAH_TRY(samples.placed_, reader.template get<std::uint8_t>("placed", {rows}, kMostRows));
  PTAH_TRY(samples.origin_nm_,
           reader.template get<std::int32_t>("origin_nm", {rows, devices, 2}, kMostValues));
  PTAH_TRY(samples.orientation_,
           reader.template get<std::uint8_t>("orientation", {rows, devices}, kMostValues));
  if (nets > 0) {
    PTAH_TRY(samples.weights_,
             reader.template get<float>("net_weights", {rows, nets}, kMostValues));
  }
  if (measures > 0) {
    PTAH_TRY(samples.labels_, reader.template get<double>("labels", {rows, measures}, kMostValues));
  }
  PTAH_TRY(samples.reason_, reader.template get<std::uint32_t>("reason", {rows}, kMostRows));
  if (reader.has("reasons")) {
    PTAH_TRY(samples.reasons_, reader.get_texts("reasons", kMostReasons));
  }

  const auto all = [](const auto& values, auto good) {
    return std::all_of(values.begin(), values.end(), good);
  };
  if (!all(samples.split_, [](std::uint8_t value) { return value <= 2; }))
    return wrong(name, "A value of `split` is none of 0, 1 and 2.");
  if (!all(samples.orientation_, [](std::uint8_t value) { return value < kOrientations.size(); }))
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

Result<Samples> Samples::read(const std::filesystem::path& file) {
  PTAH_TRY(const auto reader, hdf5::Reader::open(file));
  return read_from(reader, file.string());
}

Result<Samples> Samples::read(std::string_view bytes, const std::string& name) {
  PTAH_TRY(const auto reader, hdf5::Reader::open(bytes, name));
  return read_from(reader, name);
}

}  // namespace ptah
