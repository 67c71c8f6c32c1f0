/// Reads bytes as GDSII, writes and re-reads what was understood, flattens every top cell, and
/// finds the nets, devices and parasitics of those that have few shapes.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "native_pex.hpp"
#include "ptah/layout/gds.hpp"
#include "recognition/connectivity.hpp"

namespace {

/// More shapes say nothing new, and an input has to be quick.
constexpr std::size_t kMostShapes = 300, kMostLabels = 50;

void extract(const ptah::gds::Flat& flat, const std::string& top, std::size_t choice) {
  using namespace ptah;
  const Technology& technology = Technology::ptah130();
  const native::Connectivity found = native::find_connectivity(flat, technology);
  for (const native::FoundDevice& device : found.devices) {
    for (const native::FoundTerminal& terminal : device.terminals) {
      if (terminal.net != native::kNone &&
          static_cast<std::size_t>(terminal.net) >= found.nets.size())
        std::abort();
    }
  }
  native::PexEngine engine({.merge_fingers = (choice & 1) != 0,
                            .resistance = (choice & 2) == 0   ? native::Resistance::kIgnored
                                          : (choice & 8) == 0 ? native::Resistance::kNetwork
                                                              : native::Resistance::kReduced,
                            .calibration = (choice & 4) != 0 ? native::Calibration::kFoundry
                                                             : native::Calibration::kMagic});
  const auto netlist = engine.extract(flat, found, Circuit{}, technology, top);
  if (!netlist) return;
  for (const ExtractedCapacitor& capacitor : netlist.value().capacitors) {
    if (!(capacitor.farad > -1 && capacitor.farad < 1)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptah;
  gds::ReadLimits limits;
  limits.max_elements = 20'000;
  const auto library = gds::read({data, size}, "fuzz.gds", limits);
  if (!library) return 0;
  for (const std::string& top : library.value().tops()) {
    const auto flat = gds::flatten(library.value(), top, Technology::ptah130(), limits);
    if (!flat) continue;
    if (flat.value().shapes.size() > limits.max_elements) std::abort();
    if (flat.value().shapes.size() <= kMostShapes && flat.value().labels.size() <= kMostLabels)
      extract(flat.value(), top, size);
  }
  // What was read can be written and read again, with the same cells and elements in it. (Steps of
  // arrays and foreign database units are rounded, so that bytes may differ.)
  const auto again = gds::read(gds::write(library.value()), "again.gds", limits);
  if (!again) {
    std::fprintf(stderr, "%s\n", again.error().text().c_str());
    std::abort();
  }
  const auto& cells = library.value().cells;
  if (again.value().cells.size() != cells.size()) std::abort();
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const gds::Cell& copy = again.value().cells[i];
    if (copy.name != cells[i].name || copy.polygons.size() != cells[i].polygons.size() ||
        copy.texts.size() != cells[i].texts.size() ||
        copy.references.size() != cells[i].references.size())
      std::abort();
    if (library.value().dbu_m != 1e-9) continue;
    for (std::size_t k = 0; k < copy.polygons.size(); ++k) {
      if (copy.polygons[k].points != cells[i].polygons[k].points) std::abort();
    }
  }
  return 0;
}
