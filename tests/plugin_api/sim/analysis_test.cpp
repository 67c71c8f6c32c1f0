#include "ptah/sim/analysis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ptah {
namespace {

using testing::HasSubstr;

std::string rewritten(std::string_view card) {
  const auto analysis = read_analysis(card);
  return analysis ? analysis_text(analysis.value()) : "error: " + analysis.error().text();
}

TEST(SpiceNumber, KeepsItsDigitsAndItsPowerOfTen) {
  const auto text = [](std::string_view number) {
    const auto read = read_spice_number(number);
    return read ? read->text() : "none";
  };
  EXPECT_EQ(text("150n"), "150e-9") << "what ngspice computes: not 1.5e-7";
  EXPECT_EQ(text("1000MEG"), "1000e6");
  EXPECT_EQ(text("1.8"), "1.8");
  EXPECT_EQ(text("-12.50"), "-12.50");
  EXPECT_EQ(text("+.5"), "5e-1");
  EXPECT_EQ(text("0.9"), "9e-1");
  EXPECT_EQ(text("2.5e-3k"), "2.5");
  EXPECT_EQ(text("1e+9Hz"), "1e9");
  EXPECT_EQ(text("10mil"), "2540e-7");
  EXPECT_EQ(text("3.3mV"), "33e-4");
  EXPECT_EQ(text("0.000"), "0");
  EXPECT_EQ(text("50ohm"), "50");
  EXPECT_EQ(text("12345678901234567890123"), "12345678901234567e6");
  for (const char* bad : {"", "-", ".", "k", "1k*2", "1..2", "0x10", "1e999", "1e-999", "inf",
                          "nan", "1>f", "{x}", "1 ", "--1"}) {
    EXPECT_EQ(text(bad), "none") << bad;
  }
}

TEST(SpiceNumber, ReadAgainIsTheSame) {
  for (const char* number : {"150n", "1000MEG", "1.8", "-12.50", ".5", "10mil", "0", "1e-18",
                             "99999999999999999999.5"}) {
    const auto first = read_spice_number(number);
    ASSERT_TRUE(first) << number;
    const auto second = read_spice_number(first->text());
    ASSERT_TRUE(second) << first->text();
    EXPECT_EQ(first->text(), second->text());
    EXPECT_EQ(first->value(), second->value());
  }
}

TEST(Analysis, IsWrittenFromItsValues) {
  EXPECT_EQ(rewritten(".op"), ".op");
  EXPECT_EQ(rewritten(".AC  DEC\t50 1K 10G"), ".ac dec 50 1e3 10e9");
  EXPECT_EQ(rewritten(".ac lin 1 1meg 1meg"), ".ac lin 1 1e6 1e6");
  EXPECT_EQ(rewritten(".dc Vin -1 1 0.5"), ".dc Vin -1 1 5e-1");
  EXPECT_EQ(rewritten(".dc vds 0 1.8 50m vgs 0 1.8 0.3"), ".dc vds 0 1.8 50e-3 vgs 0 1.8 3e-1");
  EXPECT_EQ(rewritten(".tran 1n 1u uic"), ".tran 1e-9 1e-6 uic");
  EXPECT_EQ(rewritten(".tran 1p 1 0 1p"), ".tran 1e-12 1 0 1e-12");
  EXPECT_EQ(rewritten(".noise V(out) Vin oct 3 1 1k"), ".noise v(out) Vin oct 3 1 1e3");
  EXPECT_EQ(rewritten(".noise v(a, b) V1 dec 10 10 1g 2"), ".noise v(a,b) V1 dec 10 10 1e9 2");
}

TEST(Analysis, ASecondReadingChangesNothing) {
  for (const char* card : {".op", ".ac dec 50 1k 10g", ".dc a 0 1 .1 b -5 5 1", ".tran 1n 1u 0 2n",
                           ".noise v(a,b) V1 dec 10 10 1g 2"}) {
    EXPECT_EQ(rewritten(rewritten(card)), rewritten(card));
  }
}

TEST(Analysis, WhatIsWrongIsSaidWithTheFormThatIsAccepted) {
  const auto error = read_analysis(".ac dec 50 1k 10g > FILE").error();
  EXPECT_THAT(error.message, HasSubstr("ends before \">\""));
  EXPECT_THAT(error.hint, HasSubstr(".ac lin|dec|oct POINTS FIRST LAST"));
  EXPECT_THAT(read_analysis(".pz 1 2").error().hint, HasSubstr(".op .dc .ac .tran .noise"));
}

TEST(Analysis, NothingElseIsAccepted) {
  for (const char* card : {"",
                           "ac dec 5 1 10",
                           ".ac",
                           ".ac dec 50 1000",
                           ".ac dec 0 1 10",
                           ".ac dec 5 0 10",
                           ".ac dec 5 10 1",
                           ".ac log 5 1 10",
                           ".ac dec 5 1 10 11",
                           ".op 1",
                           ".dc v1 0",
                           ".dc v1 0 1 0",
                           ".dc v1 0 1 1 v2",
                           ".dc v1 0 1 1e-9",
                           ".dc v>f 0 1 1",
                           ".dc v1 0 1 1 >f",
                           ".tran",
                           ".tran 0 1",
                           ".tran 1 2 3",
                           ".tran 1n 1u 0 1n uic uic",
                           ".noise out V1 dec 1 1 2",
                           ".noise i(V1) V1 dec 1 1 2",
                           ".noise v(o) dec 1 1 2",
                           ".noise v(o>f) V1 dec 1 1 2",
                           ".noise v(o V1 dec 1 1 2",
                           ".ac dec 1e7 1 10",
                           ".ac dec 5 1 10;shell",
                           ".ac dec 5 1 $x",
                           ".ac\ndec 5 1 10\nshell"}) {
    EXPECT_FALSE(read_analysis(card)) << card << " became " << rewritten(card);
  }
}

TEST(Output, IsANetADifferenceOrACurrent) {
  EXPECT_EQ(output_text(read_output("V( out )").value()), "v(out)");
  EXPECT_EQ(output_text(read_output("v(a,b)").value()), "v(a,b)");
  EXPECT_EQ(output_text(read_output("I(Vdd)").value()), "i(Vdd)");
  for (const char* bad :
       {"",       "v",     "v(",     "v()",    "out",      "v(a",    "v(a,)",  "v(a,b,c)",
        "i(a,b)", "w(a)",  "v(a>f)", "v(a)>f", "v(a)v(b)", "v((a))", "v(a b)", "v(a;b)",
        "v(`a`)", "v($a)", "v(a!)",  "v({a})", "v('a')",   "v(a\nb)"}) {
    EXPECT_FALSE(read_output(bad)) << bad;
  }
}

}  // namespace
}  // namespace ptah
