#include "native_pex.hpp"
#include "ptah/plugin/plugin.hpp"
#include "recognition/black_box.hpp"

namespace {

ptah::native::PexOptions read_options(const ptah::Options& options) {
  using namespace ptah::native;
  PexOptions read;
  read.merge_fingers = options.flag("merge_fingers");
  const std::string resistance = options.text("resistance");
  if (resistance == "network") read.resistance = Resistance::kNetwork;
  if (resistance == "reduced") read.resistance = Resistance::kReduced;
  if (options.text("calibration") == "foundry") read.calibration = Calibration::kFoundry;
  if (options.text("supply_entry") == "edge") read.supply_entry = SupplyEntry::kEdge;
  return read;
}

class NativePex : public ptah::Extractor {
 public:
  explicit NativePex(const ptah::Options& options)
      : ignores_resistance_(options.text("resistance") == "none"), engine_(read_options(options)) {}

  static ptah::OptionSchema options() {
    return {
        {.name = "merge_fingers",
         .type = ptah::OptionType::kBool,
         .default_value = true,
         .description = "Equal parallel fingers become one device with a multiplicity, which "
                        "simulates faster with the same result.",
         .minimum = {},
         .maximum = {},
         .choices = {}},
        {.name = "resistance",
         .type = ptah::OptionType::kText,
         .default_value = "none",
         .description =
             "Resistances of wires, cuts and contacts: none; network, per net one whose nodes "
             "are terminals of fingers, ports, cuts and branch points; or reduced, the same "
             "seen from the terminals of the schematic's devices and the ports.",
         .minimum = {},
         .maximum = {},
         .choices = {"none", "network", "reduced"}},
        {.name = "calibration",
         .type = ptah::OptionType::kText,
         .default_value = "magic",
         .description = "Capacitances: magic (the formula of Magic 8.3.105, for comparable "
                        "scores) or foundry (the technology's line tables).",
         .minimum = {},
         .maximum = {},
         .choices = {"magic", "foundry"}},
        {.name = "supply_entry",
         .type = ptah::OptionType::kText,
         .default_value = "label",
         .description = "Where the current of a supply enters its wires: label (where the label "
                        "of the port is) or edge (the metal nearest to the upper edge of the "
                        "layout for the n-wells' supply, to the lower edge for the substrate's).",
         .minimum = {},
         .maximum = {},
         .choices = {"label", "edge"}}};
  }

  bool reads_file() const noexcept override { return false; }

  ptah::Result<ptah::ExtractedNetlist> extract(const ptah::LayoutFile& layout,
                                               const ptah::Circuit& circuit,
                                               const ptah::Technology& technology,
                                               ptah::JobContext& job) override {
    if (job.cancelled()) return ptah::cancelled_error();
    PTAH_TRY(const ptah::gds::Flat* flat, ptah::flat_layout(layout, technology, storage_));
    if (!ptah::native::has_blocks(circuit))
      return engine_.extract(*flat, circuit, technology, layout.top);
    if (!ignores_resistance_) {
      return ptah::make_error(ptah::ErrorCode::kUnsupported,
                              "The resistances of wires are not extracted beside fixed blocks.",
                              circuit.name, "Give native_pex the option resistance: none.");
    }
    const auto boxed = boxes_.of(circuit, technology);
    const auto opened = boxed.open(*flat);
    auto connectivity = ptah::native::find_connectivity(opened.flat, boxed.technology);
    boxed.add_pins(opened, connectivity);
    PTAH_TRY(auto netlist, engine_.extract(opened.flat, connectivity, boxed.circuit,
                                           boxed.technology, layout.top));
    boxed.close(netlist);
    return netlist;
  }

 private:
  ptah::native::BlackBoxes boxes_;
  bool ignores_resistance_;
  ptah::native::PexEngine engine_;
  ptah::gds::Flat storage_;
};

}  // namespace

PTAH_PLUGIN(ptah::Extractor, NativePex, "native_pex", "1.0.0",
            "Devices, capacitances and resistances of a layout computed by Ptah itself.")
