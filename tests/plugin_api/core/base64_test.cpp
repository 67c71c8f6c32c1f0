#include "ptah/core/base64.hpp"

#include <gtest/gtest.h>

namespace ptah {
namespace {

TEST(Base64, DecodesAllLengthsAndRefusesTheRest) {
  const auto text = [](std::string_view encoded) {
    const auto bytes = decode_base64(encoded, 100, "data");
    return bytes ? std::string(bytes.value().begin(), bytes.value().end()) : "refused";
  };
  EXPECT_EQ(text(""), "");
  EXPECT_EQ(text("Zg=="), "f");
  EXPECT_EQ(text("Zm8="), "fo");
  EXPECT_EQ(text("Zm9v"), "foo");
  EXPECT_EQ(text("Zm9vYg"), "foob") << "without padding";
  EXPECT_EQ(text("Zm9v\nYmFy\r\n"), "foobar");
  EXPECT_EQ(text("Z"), "refused");
  EXPECT_EQ(text("Zg="), "refused");
  EXPECT_EQ(text("Zg==Zg=="), "refused");
  EXPECT_EQ(text("Zg==="), "refused");
  EXPECT_EQ(text("Zm9v-"), "refused");
  EXPECT_EQ(text(std::string(400, 'A')), "refused") << "over the limit";
}

TEST(Base64, GivesBackEveryByteAtEveryLength) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const auto back = decode_base64(encode_base64(bytes), 1000, "data");
    ASSERT_TRUE(back.has_value()) << back.error().text();
    EXPECT_EQ(std::string(back.value().begin(), back.value().end()), bytes);
    bytes += static_cast<char>(i * 7);
  }
  EXPECT_EQ(encode_base64("fo"), "Zm8=");
}

}  // namespace
}  // namespace ptah
