#include "ptah/core/letter_case.hpp"

#include <gtest/gtest.h>

namespace ptah {
namespace {

TEST(LetterCase, IsOfAsciiLettersAlone) {
  EXPECT_EQ(lower_case("VDD_aZ[3]@`{"), "vdd_az[3]@`{");
  EXPECT_EQ(lower_case('M'), 'm');
  EXPECT_EQ(lower_case("\xc3\x84"), "\xc3\x84") << "UTF-8 stays";
  EXPECT_EQ(lower_case(""), "");
}

TEST(LetterCase, NamesAreTheSameButForIt) {
  EXPECT_TRUE(same_but_for_case("vOut", "VoUT"));
  EXPECT_TRUE(same_but_for_case("", ""));
  EXPECT_FALSE(same_but_for_case("out", "out1"));
  EXPECT_FALSE(same_but_for_case("out1", "out"));
  EXPECT_FALSE(same_but_for_case("[", "{")) << "their codes differ as a letter's cases do";
}

}  // namespace
}  // namespace ptah
