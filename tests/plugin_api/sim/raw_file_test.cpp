#include "ptah/sim/raw_file.hpp"

#include <gtest/gtest.h>

#include <string>

namespace ptah {
namespace {

std::string ac_plot() {
  return "Title: t\nDate: today\nPlotname: AC Analysis\nFlags: complex\nNo. Variables: 3\n"
         "No. Points: 2\nVariables:\n\t0\tfrequency\tfrequency grid=3\n\t1\tv(OUT)\tvoltage\n"
         "\t2\tv(b)\tvoltage\nValues:\n"
         " 0\t1.0e+03,0.0\n\t9.5e-01,-6.25e-03\n\t1,2\n\n"
         " 1\t1.0e+04,0.0\n\t-5e-01,2.5e-01\n\t3,4\n\n";
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

TEST(RawFile, ReadsAComplexSweep) {
  const auto waveform = read_raw(ac_plot(), "ac.raw");
  ASSERT_TRUE(waveform) << waveform.error().text();
  EXPECT_EQ(waveform.value().analysis, "ac");
  EXPECT_EQ(waveform.value().x_name, "frequency");
  EXPECT_EQ(waveform.value().x, (std::vector<double>{1e3, 1e4}));
  EXPECT_EQ(waveform.value().names, (std::vector<std::string>{"v(out)", "v(b)"}));
  EXPECT_EQ((*waveform.value().find("v(out)"))[1], (std::complex<double>{-0.5, 0.25}));
  EXPECT_EQ((*waveform.value().find("v(b)"))[0], (std::complex<double>{1, 2}));
}

TEST(RawFile, ReadsAnOperatingPointWithoutAScale) {
  const auto waveform = read_raw(
      "Title: t\nPlotname: Operating Point\nFlags: real\nNo. Variables: 2\nNo. Points: 1\n"
      "Variables:\n\t0\tv(a)\tvoltage\n\t1\ti(v1)\tcurrent\nValues:\n 0\t1.5\n\t-2e-6\n",
      "op.raw");
  ASSERT_TRUE(waveform) << waveform.error().text();
  EXPECT_EQ(waveform.value().analysis, "op");
  EXPECT_EQ(waveform.value().x.size(), 1u);
  EXPECT_EQ((*waveform.value().find("v(a)"))[0], 1.5);
  EXPECT_EQ((*waveform.value().find("i(v1)"))[0], -2e-6);
}

TEST(RawFile, RefusesEveryTruncation) {
  const std::string whole = ac_plot();
  // Behind the last value only line ends follow.
  const std::size_t values_end = whole.find_last_not_of('\n');
  for (std::size_t length = 0; length <= values_end; ++length) {
    const auto waveform = read_raw(whole.substr(0, length), "ac.raw");
    ASSERT_FALSE(waveform) << length;
    EXPECT_EQ(waveform.error().where.rfind("ac.raw:", 0), 0u);
  }
}

struct Damage {
  const char* what;
  const char* with;
  const char* message;
  int line;
};

class DamagedRawFile : public testing::TestWithParam<Damage> {};

TEST_P(DamagedRawFile, IsRefusedAtItsLine) {
  const Damage& damage = GetParam();
  const auto waveform = read_raw(replaced(ac_plot(), damage.what, damage.with), "ac.raw");
  ASSERT_FALSE(waveform);
  EXPECT_EQ(waveform.error().code, ErrorCode::kToolFailed);
  EXPECT_NE(waveform.error().message.find(damage.message), std::string::npos)
      << waveform.error().text();
  EXPECT_EQ(waveform.error().where, "ac.raw:" + std::to_string(damage.line));
}

INSTANTIATE_TEST_SUITE_P(
    All, DamagedRawFile,
    testing::Values(Damage{"-5e-01", "nan", "not finite", 17},
                    Damage{"-5e-01", "-5e-01x", "is not a number", 17},
                    Damage{"-5e-01,2.5e-01", "-5e-01", "complex value", 17},
                    Damage{" 1\t1.0e+04", " 2\t1.0e+04", "Point 1 was expected", 16},
                    Damage{"Values:", "Binary:", "binary plot", 11},
                    Damage{"\t1\tv(OUT)", "\t7\tv(OUT)", "Variable 1 was expected", 9},
                    Damage{"No. Points: 2", "No. Points: x", "no number of Points", 6},
                    Damage{"No. Points: 2", "No. Points: 0", "holds no points", 7},
                    Damage{"No. Points: 2", "No. Points: 99999999999", "larger than allowed", 7},
                    Damage{"No. Points: 2", "No. Points: 1000000", "ends before its last", 7},
                    Damage{"No. Variables: 3", "No. Variables: 4000000000", "larger than", 7}));

}  // namespace
}  // namespace ptah
