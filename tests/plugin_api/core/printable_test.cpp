#include "ptah/core/printable.hpp"

#include <gtest/gtest.h>

#include "ptah/core/json.hpp"

namespace ptah {
namespace {

TEST(Printable, PlainTextOfAnyLanguageStays) {
  for (const char* text : {"", "M1 W=2u", "a\tb\nc\n", "µm Ω 10 €", "日本", "\xf0\x9f\x98\x80"}) {
    EXPECT_EQ(printable(text), text);
  }
}

TEST(Printable, WhatATerminalObeysBecomesVisible) {
  EXPECT_EQ(printable("\x1b]0;owned\a"), "\\x1b]0;owned\\x07");
  EXPECT_EQ(printable("a\rb\bc\x7f"), "a\\x0db\\x08c\\x7f");
  EXPECT_EQ(printable("\xc2\x9b[31m"), "\\x9b[31m");  // C1 as UTF-8,
  EXPECT_EQ(printable("\x9b[31m"), "\\x9b[31m");      // and as a byte.
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a\\x00b");
}

TEST(Printable, BytesThatAreNoUtf8BecomeVisible) {
  EXPECT_EQ(printable("caf\xe9"), "caf\\xe9");
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");           // Overlong.
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // A surrogate.
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");  // Cut off.
}

TEST(Printable, EveryTwoBytesGiveUtf8WithoutControls) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text = printable(std::string{static_cast<char>(a), static_cast<char>(b)});
      EXPECT_NO_THROW((void)Json(text).dump());
      for (const char c : text) {
        EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
        EXPECT_NE(c, '\x7f');
      }
    }
  }
}

TEST(Printable, ARecordHasNoSecondFirstLine) {
  EXPECT_EQ(printable_record("hello\n2026-01-01 error forged\n"),
            "hello\n    2026-01-01 error forged");
  EXPECT_EQ(printable_record("a\rb"), "a\\x0db");
}

}  // namespace
}  // namespace ptah
