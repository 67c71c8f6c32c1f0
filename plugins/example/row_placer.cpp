// The smallest complete plugin: a placer that puts tiles in rows. It honours the whole contract of
// ptah::Placer: legal slots, matched groups side by side in one orientation, cancellation, errors.
#include <algorithm>
#include <cmath>
#include <ptah/plugin/plugin.hpp>
#include <string>
#include <vector>

namespace {

using ptah::Dbu;

Dbu round_up_to_grid(Dbu length) {
  return (length + ptah::kPlacementGrid - 1) / ptah::kPlacementGrid * ptah::kPlacementGrid;
}

class RowPlacer final : public ptah::Placer {
 public:
  explicit RowPlacer(const ptah::Options& options)
      : halo_(round_up_to_grid(ptah::from_um(options.real("halo_um")))),
        aspect_(options.real("aspect")) {}

  // Name, type, default, description, minimum, maximum, choices.
  static ptah::OptionSchema options() {
    using ptah::OptionType;
    return {
        {"halo_um",
         OptionType::kReal,
         1.0,
         "Room around each tile in which it may be shifted.",
         0.1,
         50,
         {}},
        {"aspect",
         OptionType::kReal,
         1.0,
         "Wanted width of the layout divided by its height.",
         0.1,
         10,
         {}},
    };
  }

  ptah::Result<ptah::Placement> place(const ptah::Circuit& circuit, const ptah::Tiles& tiles,
                                      const ptah::Technology& technology, const ptah::NetWeights&,
                                      ptah::JobContext& job) override {
    if (tiles.size() != circuit.devices.size()) {
      return ptah::make_error(ptah::ErrorCode::kInvalidArgument,
                              "There are " + std::to_string(tiles.size()) + " tiles for " +
                                  std::to_string(circuit.devices.size()) + " devices.",
                              "circuit " + circuit.name);
    }
    PTAH_TRY(const Dbu gap, slot_gap(tiles, technology, job));
    const std::vector<ptah::MatchedGroup> groups = in_order(circuit);

    // A row ends where it would become wider than the layout should be.
    double area = 0;
    for (const ptah::Tile& tile : tiles) {
      area += double(tile.outline.width() + 2 * halo_ + gap) *
              (tile.outline.height() + 2 * halo_ + gap);
    }
    const double row_width = std::sqrt(area * aspect_);

    ptah::Placement placement;
    placement.tiles.resize(tiles.size());
    Dbu x = 0, row_y = 0, row_height = 0;
    for (const ptah::MatchedGroup& group : groups) {
      if (job.cancelled()) return ptah::cancelled_error();
      // Members get columns of one width, so that equal tiles are symmetric about the group's axis.
      Dbu column = 0, height = 0;
      for (const ptah::DeviceId device : group) {
        column = std::max(column, tiles[device].outline.width());
        height = std::max(height, tiles[device].outline.height());
      }
      const Dbu pitch = column + 2 * halo_ + gap;
      if (x > 0 && x + pitch * double(group.size()) > row_width) {
        x = 0;
        row_y += row_height + 2 * halo_ + gap;
        row_height = 0;
      }
      for (const ptah::DeviceId device : group) {
        const ptah::Rect& outline = tiles[device].outline;
        const ptah::Point corner{x + halo_, row_y + halo_};
        ptah::PlacedTile& placed = placement.tiles[device];
        placed.origin = corner;
        placed.slot =
            ptah::Rect{0, 0, outline.width(), outline.height()}.moved(corner).bloated(halo_);
        x += pitch;
      }
      row_height = std::max(row_height, height);
      job.progress(double(&group - groups.data() + 1) / double(groups.size()), "placing rows");
    }
    return placement;
  }

 private:
  // One distance for all slots: the largest that any two tiles need.
  static ptah::Result<Dbu> slot_gap(const ptah::Tiles& tiles, const ptah::Technology& technology,
                                    ptah::JobContext& job) {
    Dbu gap = 0;
    for (std::size_t a = 0; a < tiles.size(); ++a) {
      if (job.cancelled()) return ptah::cancelled_error();
      for (std::size_t b = a; b < tiles.size(); ++b) {
        gap = std::max(gap, ptah::tile_clearance(tiles[a], tiles[b], technology));
      }
    }
    return gap;
  }

  // Matched groups and single devices, in the order of their first device.
  static std::vector<ptah::MatchedGroup> in_order(const ptah::Circuit& circuit) {
    std::vector<ptah::MatchedGroup> groups;
    for (ptah::DeviceId device = 0; device < ptah::DeviceId(circuit.devices.size()); ++device) {
      const ptah::MatchedGroup* group = circuit.group_of(device);
      if (group == nullptr) {
        groups.push_back({device});
      } else if (*std::min_element(group->begin(), group->end()) == device) {
        groups.push_back(*group);
      }
    }
    return groups;
  }

  Dbu halo_;
  double aspect_;
};

}  // namespace

PTAH_PLUGIN(ptah::Placer, RowPlacer, "row", "1.0.0", "Places tiles in rows.")
