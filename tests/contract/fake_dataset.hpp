/// Layouts to learn from without a run: tiles strewn over the plane, worth their wire length.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ptah/core/random.hpp"
#include "ptah/stages/stages.hpp"

namespace ptah::test {

class FakeDataset final : public Dataset {
 public:
  FakeDataset(Circuit circuit, Tiles tiles, std::size_t size, std::uint64_t seed = 1)
      : design_(std::make_shared<Design>(Design{std::move(circuit), std::move(tiles)})) {
    Rng rng(seed);
    for (std::size_t i = 0; i < size; ++i) placements_.push_back(strewn(design_->tiles, rng));
  }

  static Placement strewn(const Tiles& tiles, Rng& rng) {
    Placement placement;
    for (const Tile& tile : tiles) {
      PlacedTile placed;
      placed.origin = {static_cast<Dbu>(rng.below(200)) * kPlacementGrid,
                       static_cast<Dbu>(rng.below(200)) * kPlacementGrid};
      placed.slot = placed_outline(tile, placed);
      placement.tiles.push_back(placed);
    }
    return placement;
  }

  const Technology& technology() const override { return Technology::ptah130(); }
  std::size_t size() const override { return placements_.size(); }
  double label(std::size_t index) const override {
    return static_cast<double>(hpwl(design_->circuit, design_->tiles, placements_.at(index))) /
           1000.0;
  }
  std::size_t design(std::size_t) const override { return 0; }
  std::size_t designs() const override { return 1; }
  Split split(std::size_t index) const override {
    return index % 5 == 4 ? Split::kTest : index % 5 == 3 ? Split::kValidation : Split::kTrain;
  }
  Result<Example> read(std::size_t index) override {
    ++reads;
    if (static_cast<int>(index) == fail_at)
      return make_error(ErrorCode::kIo, "The layout is gone.");
    return Example{design_, placements_.at(index), label(index)};
  }

  const Design& only() const { return *design_; }

  int reads = 0;
  int fail_at = -1;

 private:
  std::shared_ptr<const Design> design_;
  std::vector<Placement> placements_;
};

/// Keeps every checkpoint.
class FakeCheckpoints final : public Checkpoints {
 public:
  Status checkpoint(std::string_view bytes) override {
    left.emplace_back(bytes);
    return ok();
  }
  const std::optional<std::string>& resumed() const override { return from; }

  std::vector<std::string> left;
  std::optional<std::string> from;
};

}  // namespace ptah::test
