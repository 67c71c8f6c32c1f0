/// Real Magic over a library: DRC and extraction of many cells in one run.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/layout/gds.hpp"

namespace ptah::test {

struct MagicDevice {
  std::string model;  ///< Without the process's prefix.
  std::vector<std::string> nets;
  double w_um = 0, l_um = 0;
};

struct MagicCell {
  int errors = -1;
  std::string why;
  std::vector<std::string> ports;
  std::vector<MagicDevice> devices;
};

/// The tech file of the PDK that PDK_ROOT names; empty where there is none.
std::string real_magic_tech();

/// `flat`: extracted flattened, as for a layout; names of the top cell's ports remain.
/// Fails when Magic is missing or gives no complete output. `tech_file` is a Magic tech file.
Result<std::map<std::string, MagicCell>> magic_check(const gds::Library& library,
                                                     const std::vector<std::string>& cells,
                                                     const std::string& tech_file,
                                                     bool flat = false);

}  // namespace ptah::test
