#include "flow/dataset.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace ptah {
namespace {

TEST(Dataset, FollowsTheOsirisFolders) {
  const DatasetPaths paths("miller_ota", 1584);
  EXPECT_EQ(paths.name(), "miller_ota_1584");
  EXPECT_EQ(paths.netlist(), "netlists/miller_ota/miller_ota_1584.sp");
  EXPECT_EQ(paths.layout(7), "data/miller_ota/layouts/miller_ota_1584/v007.gds");
  EXPECT_EQ(paths.metrics(0), "data/miller_ota/metrics/miller_ota_1584/v000.json");
  EXPECT_EQ(paths.times(12), "data/miller_ota/times/miller_ota_1584/v012.json");
  EXPECT_EQ(paths.tile("M0"), "data/miller_ota/metadata/miller_ota_1584/tiles/M0.gds");
}

TEST(Dataset, WaveformReadsBackExactly) {
  Waveform wave;
  wave.x_name = "frequency";
  wave.names = {"v(out)"};
  wave.x = {1e3, 1.0 / 3};
  wave.y = {{{0.1, -1e-300}, {1.0 / 7, 2.5e9}}};
  std::istringstream csv(waveform_csv(wave, "v(OUT)"));
  std::string header;
  std::getline(csv, header);
  EXPECT_EQ(header, "frequency,real,imag");
  for (std::size_t i = 0; i < wave.x.size(); ++i) {
    std::string x, re, im;
    std::getline(csv, x, ',');
    std::getline(csv, re, ',');
    std::getline(csv, im);
    EXPECT_EQ(std::stod(x), wave.x[i]);
    EXPECT_EQ(std::stod(re), wave.y[0][i].real());
    EXPECT_EQ(std::strtod(im.c_str(), nullptr), wave.y[0][i].imag());
  }
}

}  // namespace
}  // namespace ptah
