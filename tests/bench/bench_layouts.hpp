/// Placed and routed layouts of the shipped circuits for the benchmarks.
#pragma once

#include "bench_tiles.hpp"
#include "layouts.hpp"

namespace ptah::bench {

/// Made here, so that nothing outside the tree is needed; every time the same.
inline Drawn layout(const std::string& name) {
  Drawn drawn;
  const std::string folder = std::string(PTAH_SOURCE_DIR) + "/configs/circuits/" + name;
  const Status done =
      agreement::each_layout(folder, 1, 1, technology(), [&](const agreement::Sample& sample) {
        drawn.circuit = sample.circuit;
        drawn.flat = need(gds::flatten(sample.library, sample.top, technology()));
        return false;
      });
  if (!done || drawn.flat.shapes.empty()) {
    std::fprintf(stderr, "No layout of %s.\n", name.c_str());
    std::exit(1);
  }
  return drawn;
}

}  // namespace ptah::bench
