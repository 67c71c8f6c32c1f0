#include "ptah/sim/waveform.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace ptah {
namespace {

using Values = std::vector<std::complex<double>>;

TEST(Waveform, FindsNamesInAnyCase) {
  Waveform waveform;
  waveform.names = {"v(out)", "i(vdd)"};
  waveform.y = {{1.0}, {2.0}};
  ASSERT_NE(waveform.find("V(OUT)"), nullptr);
  EXPECT_EQ((*waveform.find("I(Vdd)"))[0], 2.0);
  EXPECT_EQ(waveform.find("v(in)"), nullptr);
}

TEST(Pscore, OfEqualSweepsIsZero) {
  const Values values{{1, 2}, {3, 4}, {5, 6}, {7, 8}};
  EXPECT_EQ(pscore(values, values).value(), 0);
}

TEST(Pscore, AveragesTheRootMeanSquaresOfThreeParts) {
  // Seven points: parts of 2, 2 and 3. Differences 1, 1 | 2, 2 | 3, 0, 0.
  const Values pre(7, 0.0);
  const Values post{1.0, -1.0, 2.0, 2.0, 3.0, 0.0, 0.0};
  EXPECT_DOUBLE_EQ(pscore(pre, post).value(), (1 + 2 + std::sqrt(3.0)) / 3);
}

TEST(Pscore, TakesTheRealPart) {
  const Values pre(3, {1, 0});
  const Values post(3, {1, 5});
  EXPECT_EQ(pscore(pre, post).value(), 0);
}

TEST(Pscore, RefusesWhatCanNotBeCompared) {
  EXPECT_FALSE(pscore(Values(3), Values(4)));
  EXPECT_FALSE(pscore(Values(2), Values(2)));
  Values post(3);
  post[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(pscore(Values(3), post));
}

}  // namespace
}  // namespace ptah
