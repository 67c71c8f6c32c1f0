#include "samples/sample_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include "ptah/core/sha256.hpp"
#include "samples/sample_file_io.hpp"

namespace ptah {
namespace {

constexpr std::size_t kMostReason = 255;
constexpr std::array kOrientations{Orientation::kR0, Orientation::kMX, Orientation::kMY,
                                   Orientation::kR180};

std::uint8_t orientation_number(Orientation orientation) {
  const auto found = std::find(kOrientations.begin(), kOrientations.end(), orientation);
  return static_cast<std::uint8_t>(found - kOrientations.begin());
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
  PTAH_TRY(const SampleFileIo* io, sample_file_io());
  return io->write(*this, file, nullptr, nullptr);
}

Status Samples::write(const std::filesystem::path& file, const PictureGroup& group,
                      const PaintPicture& paint) const {
  PTAH_TRY(const SampleFileIo* io, sample_file_io());
  return io->write(*this, file, &group, &paint);
}

Result<Samples> Samples::read(const std::filesystem::path& file) {
  PTAH_TRY(const SampleFileIo* io, sample_file_io());
  return io->read(file);
}

Result<Samples> Samples::read(std::string_view bytes, const std::string& name) {
  PTAH_TRY(const SampleFileIo* io, sample_file_io());
  return io->read_bytes(bytes, name);
}

Result<std::vector<PictureGroup>> read_picture_groups(const std::filesystem::path& file) {
  PTAH_TRY(const SampleFileIo* io, sample_file_io());
  return io->read_groups(file);
}

Status read_pictures(const std::filesystem::path& file, const PictureGroup& group,
                     const LookAtPicture& look) {
  PTAH_TRY(const SampleFileIo* io, sample_file_io());
  return io->read_pictures(file, group, look);
}

Result<const SampleFileIo*> sample_file_io() {
  // Whoever comes first opens it; an Error is asked for again.
  static std::mutex mutex;
  static const SampleFileIo* io = nullptr;
  const std::scoped_lock lock(mutex);
  if (io == nullptr) {
    PTAH_TRY(const auto library, open_delayed("libptah_samples.so", "ptah_samples", "libhdf5-dev"));
    io = reinterpret_cast<const SampleFileIo*>(library.exported);
  }
  return io;
}

}  // namespace ptah
