/// The plugin: a thin adapter around the tile functions.
#include "ptah/plugin/plugin.hpp"
#include "tiles.hpp"

namespace {

class Sky130Devices final : public ptah::DeviceGenerator {
 public:
  explicit Sky130Devices(const ptah::Options&) {}
  static ptah::OptionSchema options() { return {}; }

  ptah::Result<ptah::Tile> generate(const ptah::Device& device, const ptah::Technology& technology,
                                    ptah::JobContext& job) override {
    if (job.cancelled()) return ptah::cancelled_error();
    return ptah::sky130::generate_tile(device, technology);
  }
};

}  // namespace

PTAH_PLUGIN(ptah::DeviceGenerator, Sky130Devices, "sky130_devices", "1.0.0",
            "Draws MOS transistors, capacitors, resistors and diodes of SKY130.")
