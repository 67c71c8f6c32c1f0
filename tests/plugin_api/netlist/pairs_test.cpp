#include "netlist_test.hpp"

namespace ptah::test {
namespace {

Circuit five() {
  return read_ok(
             ".subckt t a b c d\n"
             "M1 a b c d nfet w=1u l=1u\nM2 a b c d nfet w=2u l=1u\nM3 a b c d nfet w=1u l=1u\n"
             "XM4 a b c d pfet w=1u l=1u\nXM5 a b c d pfet w=1u l=0.5u\n.ends\n")
      .circuit;
}

Error pairs_error(const std::string& text) {
  Circuit circuit = five();
  const auto status = read_pairs(text, "pairs.json", circuit);
  if (status) {
    ADD_FAILURE() << "accepted " << text.substr(0, 100);
    return {};
  }
  EXPECT_THAT(circuit.matched, IsEmpty());
  return status.error();
}

TEST(Pairs, ThatShareADeviceAreOneGroup) {
  Circuit circuit = five();
  ASSERT_TRUE(read_pairs(R"({"pairs": [["M3", "M2"], ["m1", "M3"]]})", "p", circuit).has_value());
  EXPECT_THAT(circuit.matched, ElementsAre(ElementsAre(0, 1, 2)));
  EXPECT_EQ(circuit.group_of(1), &circuit.matched[0]);
  EXPECT_EQ(circuit.group_of(3), nullptr);
}

TEST(Pairs, NoneIsFine) {
  Circuit circuit = five();
  EXPECT_TRUE(read_pairs(R"({"pairs": []})", "p", circuit).has_value());
  EXPECT_THAT(circuit.matched, IsEmpty());
}

TEST(Pairs, SchematicNameOfAnXschemDevice) {
  Circuit circuit = read_ok(one("XM1 a b c d nfet w=1 l=1\nXM2 a b c d nfet w=1 l=1")).circuit;
  ASSERT_TRUE(read_pairs(R"({"pairs": [["M1", "M2"]]})", "p", circuit).has_value());
  EXPECT_THAT(circuit.matched, ElementsAre(ElementsAre(0, 1)));
}

TEST(Pairs, OfStacksMatchPartByPart) {
  Circuit circuit =
      read_ok(one("M1 a b c d nfet w=1u l=1u stack=2\nM2 a b c d nfet w=1u l=1u stack=2")).circuit;
  ASSERT_TRUE(read_pairs(R"({"pairs": [["M1", "M2"]]})", "p", circuit).has_value());
  EXPECT_THAT(circuit.matched, ElementsAre(ElementsAre(0, 2), ElementsAre(1, 3)));
}

TEST(Pairs, ErrorsNameTheDevice) {
  EXPECT_THAT(pairs_error(R"({"pairs": [["M1", "M9"]]})").message,
              AllOf(HasSubstr("Pair 1"), HasSubstr("\"M9\"")));
  EXPECT_THAT(pairs_error(R"({"pairs": [["M1", "M1"]]})").message, HasSubstr("with itself"));
  EXPECT_THAT(pairs_error(R"({"pairs": [["M1", "XM4"]]})").message, HasSubstr("differ in kind"));
  EXPECT_THAT(pairs_error(R"({"pairs": [["XM4", "XM5"]]})").message, HasSubstr("differ in length"));
}

TEST(Pairs, FilesOfAnotherFormAreRefused) {
  for (const char* text : {"", "[]", "{}", R"({"pairs": 3})", R"({"pairs": [["M1"]]})",
                           R"({"pairs": [["M1", 2]]})", R"({"pairs": [["M1", "M2", "M3"]]})"}) {
    EXPECT_THAT(pairs_error(text).hint, HasSubstr("\"pairs\"")) << text;
  }
  EXPECT_EQ(pairs_error("{\n\"pairs\": [\n[\"M1\" \"M2\"]]}").where, "pairs.json:3");
  EXPECT_THAT(pairs_error(std::string(100'000, '[')).message, HasSubstr("nested too deeply"));
  EXPECT_EQ(pairs_error(std::string(2 << 20, ' ')).code, ErrorCode::kLimit);
}

}  // namespace
}  // namespace ptah::test
