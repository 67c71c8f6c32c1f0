#include "terminal.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace ptah::cli {
namespace {

TEST(PrintableStream, NothingThatIsPrintedCommandsTheTerminal) {
  std::ostringstream terminal;
  {
    const PrintableStream printable(terminal);
    terminal << "cell \x1b]0;owned\a, " << 3 << " nets\n";
    terminal << "\x1b[2J" << std::flush;
    EXPECT_EQ(terminal.good(), true);
    terminal << "the end";
  }
  EXPECT_EQ(terminal.str(), "cell \\x1b]0;owned\\x07, 3 nets\n\\x1b[2Jthe end");
}

TEST(PrintableStream, ACharacterInTwoPiecesStaysOne) {
  std::ostringstream terminal;
  {
    const PrintableStream printable(terminal);
    terminal << '\xc2' << '\xb5' << "m\n";
  }
  EXPECT_EQ(terminal.str(), "\xc2\xb5m\n");
}

TEST(Sparkline, TheLeastIsLowAndTheMostHigh) {
  EXPECT_EQ(sparkline({}, 8), "");
  EXPECT_EQ(sparkline({0, 7, 14}, 8), "▁▅█");
  EXPECT_EQ(sparkline({-2, -1}, 8), "▁█");
  EXPECT_EQ(sparkline({5, 5}, 8), "▅▅") << "a value that never changes is in the middle";
}

TEST(Sparkline, ValuesThatShareABarAreTheirMean) {
  EXPECT_EQ(sparkline({0, 0, 0, 8, 4, 4}, 3), "▁▅▅");
}

}  // namespace
}  // namespace ptah::cli
