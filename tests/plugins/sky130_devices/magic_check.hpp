/// Real Magic over a library: DRC and extraction of many cells in one run.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ptah/core/error.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/layout/gds.hpp"

namespace ptah::test {

struct MagicDevice {
  std::string model;  ///< Without the process's prefix.
  std::vector<std::string> nets;
  double w_um = 0, l_um = 0;
  double area_um2 = 0, perimeter_um = 0;  ///< Diodes.
};

struct MagicCell {
  int errors = -1;
  std::string why;
  std::vector<std::string> ports;
  std::vector<MagicDevice> devices;
};

/// Tests that run Magic on two tech files: Ptah's own, generated, and that of the PDK that PDK_ROOT
/// names. Skips where Magic or the PDK is missing.
class MagicTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override;
  const std::string& tech_file() const { return tech_file_; }

 private:
  std::optional<ScratchDir> scratch_;
  std::string tech_file_;
};
inline constexpr const char* kTechFiles[] = {"generated", "installed"};
inline std::string tech_file_name(const ::testing::TestParamInfo<const char*>& info) {
  return info.param;
}

/// `flat`: extracted flattened, as for a layout; names of the top cell's ports remain.
/// Fails when Magic is missing or gives no complete output. `tech_file` is a Magic tech file.
Result<std::map<std::string, MagicCell>> magic_check(const gds::Library& library,
                                                     const std::vector<std::string>& cells,
                                                     const std::string& tech_file,
                                                     bool flat = false);

}  // namespace ptah::test
