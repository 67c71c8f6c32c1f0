/// Layouts to judge: tiles of devices, whole and damaged.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "magic_session.hpp"
#include "ptah/layout/gds.hpp"
#include "ptah/layout/layout.hpp"

namespace ptah::test {

struct Sample {
  std::string name;  ///< "nfet_01v8 met1 shape 12 right -10"
  std::vector<Shape> shapes;
  std::vector<gds::Flat::Label> labels;
};

/// One clean tile of each kind of device, with its pins labelled.
std::vector<Sample> clean_tiles(const Technology& technology);
/// The same tiles with one edge of one shape moved, `per_tile` of each, chosen by `seed`.
std::vector<Sample> damaged_tiles(const Technology& technology, int per_tile, std::uint64_t seed);

/// A few shapes that break one rule, and the same shapes one step on the right side of it.
struct RuleSample {
  Sample sample;
  std::string rule;  ///< Empty: clean.
};
std::vector<RuleSample> rule_samples(const Technology& technology);

/// Samples side by side in one top cell "samples", `kPitch` apart.
constexpr Dbu kPitch = 80'000;
gds::Library side_by_side(const std::vector<Sample>& samples, const Technology& technology);

/// "" when magic and netgen-lvs are installed, else what is missing.
std::string missing_tools();
/// sky130A behind PDK_ROOT, or nothing.
std::optional<Technology> real_technology();

/// A private folder that is removed at the end.
class Folder {
 public:
  Folder();
  ~Folder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace ptah::test
