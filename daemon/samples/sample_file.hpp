/// Placements of one design with what the flow found out about each: the rows of a dataset, and the
/// HDF5 file that holds them (docs/datasets.md).
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"
#include "ptah/layout/layout.hpp"
#include "ptah/stages/learning.hpp"

namespace ptah {

/// One row.
struct Sample {
  std::uint64_t run = 0;   ///< The annealing run that it came out of.
  std::uint64_t seed = 0;  ///< Of that run.
  Split split = Split::kTrain;
  Placement placement;          ///< Without slots; empty where none was found.
  std::vector<double> weights;  ///< Of the nets, as the placer was given them.
  std::vector<double> labels;   ///< By measure; NaN where there is none.
  std::string reason;           ///< Why it has no labels; empty: it is clean.
};

/// Pictures and classes of rows in the form of the public data set of UT-AnLay: a group of the
/// file, beside the rows that they are of.
struct PictureGroup {
  static constexpr std::uint64_t kGrid = 64, kChannels = 6;
  static constexpr std::uint64_t kBytes = kGrid * kGrid * kChannels;  ///< Of a picture.

  std::string name;                   ///< "OTA1_Offset_Voltage_False"
  Json about;                         ///< By which rule its classes are.
  std::vector<std::uint32_t> rows;    ///< Which row each picture is of.
  std::vector<std::uint8_t> classes;  ///< 1: among the worst quarter.

  std::size_t size() const noexcept { return rows.size(); }
};
/// One picture, kBytes bytes: row by row from the lowest, pixel by pixel, channel by channel. An
/// Error ends the work.
using PaintPicture = std::function<Status(std::size_t at, std::span<std::uint8_t> picture)>;
using LookAtPicture = std::function<Status(std::size_t at, std::span<const std::uint8_t> picture)>;

class Samples {
 public:
  /// What all rows share. `devices`, `nets` and `measures` are lists of names that give the rows
  /// their widths; all else is kept as it is.
  Samples(Json about, std::size_t devices, std::size_t nets, std::size_t measures)
      : about_(std::move(about)), devices_(devices), nets_(nets), measures_(measures) {}

  const Json& about() const noexcept { return about_; }
  std::size_t size() const noexcept { return run_.size(); }
  std::size_t devices() const noexcept { return devices_; }
  std::size_t nets() const noexcept { return nets_; }
  std::size_t measures() const noexcept { return measures_; }

  /// A row of the widths that were given.
  void add(const Sample& sample);
  /// Those of another file of the same design: kConflict where it is none.
  Status append(const Samples& other);

  bool clean(std::size_t row) const { return reason_.at(row) == 0; }
  const std::string& reason(std::size_t row) const;
  std::uint64_t run(std::size_t row) const { return run_.at(row); }
  std::uint64_t seed(std::size_t row) const { return seed_.at(row); }
  Split split(std::size_t row) const { return static_cast<Split>(split_.at(row)); }
  double label(std::size_t row, std::size_t measure) const {
    return labels_.at(row * measures_ + measure);
  }
  double weight(std::size_t row, std::size_t net) const { return weights_.at(row * nets_ + net); }
  bool placed(std::size_t row) const { return placed_.at(row) != 0; }
  /// Slots are the outlines. Only of a row that is placed.
  Placement placement(std::size_t row, const Tiles& tiles) const;
  /// Different placements among the clean ones.
  std::size_t distinct() const;
  /// Rows without labels by the class of the reason: what stands before its first colon.
  std::map<std::string, std::int64_t> failures() const;

  /// The same rows, the same bytes. Fails with kInvalidArgument for none.
  Status write(const std::filesystem::path& file) const;
  /// The same with a group of pictures.
  Status write(const std::filesystem::path& file, const PictureGroup& group,
               const PaintPicture& paint) const;
  static Result<Samples> read(const std::filesystem::path& file);
  static Result<Samples> read(std::string_view bytes, const std::string& name);

 private:
  friend class SampleFileAccess;
  std::uint32_t reason_number(const std::string& reason);

  Json about_;
  std::size_t devices_, nets_, measures_;
  std::vector<std::uint64_t> run_, seed_;
  std::vector<std::uint8_t> split_, placed_, orientation_;
  std::vector<std::int32_t> origin_nm_;
  std::vector<float> weights_;
  std::vector<double> labels_;
  std::vector<std::uint32_t> reason_;  ///< 0: clean; otherwise 1 and its place in `reasons_`.
  std::vector<std::string> reasons_;
};

/// The groups of pictures that a file of rows has, without the pictures; none where it is of the
/// plain form.
Result<std::vector<PictureGroup>> read_picture_groups(const std::filesystem::path& file);
/// Calls `look` with each picture of a group.
Status read_pictures(const std::filesystem::path& file, const PictureGroup& group,
                     const LookAtPicture& look);

/// What the rows of equal placements have in common and others hardly ever: SHA-256.
std::string placement_key(const Placement& placement);

}  // namespace ptah
