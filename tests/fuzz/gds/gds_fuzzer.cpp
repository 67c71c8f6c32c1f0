/// Reads bytes as GDSII, writes and re-reads what was understood, and flattens every top cell.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "ptah/layout/gds.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ptah;
  gds::ReadLimits limits;
  limits.max_elements = 20'000;
  const auto library = gds::read({data, size}, "fuzz.gds", limits);
  if (!library) return 0;
  for (const std::string& top : library.value().tops()) {
    const auto flat = gds::flatten(library.value(), top, Technology::ptah130(), limits);
    if (flat && flat.value().shapes.size() > limits.max_elements) std::abort();
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
