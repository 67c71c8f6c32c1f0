#include "real_layouts.hpp"

#include <stdexcept>

#include "../../agreement/pex/layouts.hpp"

namespace ptah::test {

const std::vector<RealLayout>& real_layouts() {
  static const std::vector<RealLayout> kLayouts = [] {
    const Technology& technology = Technology::ptah130();
    std::vector<RealLayout> layouts;
    for (const char* name : {"five_transistors_ota", "miller_ota", "ahuja_ota", "ota_ff", "lpf"}) {
      const Status status = agreement::each_layout(
          std::string(PTAH_SOURCE_DIR) + "/configs/circuits/" + name, 3, 21, technology,
          [&](const agreement::Sample& sample) {
            auto flat = gds::flatten(sample.library, sample.top, technology);
            if (!flat) throw std::runtime_error(flat.error().text());
            layouts.push_back({sample.name, sample.circuit, std::move(flat).value(), {}});
            layouts.back().found = native::find_connectivity(layouts.back().flat, technology);
            return true;
          });
      if (!status) throw std::runtime_error(status.error().text());
    }
    return layouts;
  }();
  return kLayouts;
}

const RealLayout& real_layout(const std::string& circuit) {
  for (const RealLayout& layout : real_layouts()) {
    if (layout.name.starts_with(circuit)) return layout;
  }
  throw std::runtime_error("no layout of " + circuit);
}

}  // namespace ptah::test
