#include "architecture.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "propagation.hpp"

namespace ptah::nets {
namespace {

using ::testing::HasSubstr;

Architecture drawn(std::uint64_t seed) {
  Architecture architecture = plain_nas();
  Rng rng(seed);
  architecture.dags = Propagation().draw(rng);
  return architecture;
}

TEST(Architecture, IsReadBackFromItsJson) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Architecture architecture = drawn(seed);
    const auto read = architecture_from_json(Json::parse(to_json(architecture).dump()));
    ASSERT_TRUE(read) << read.error().text();
    // Vertices without edges have no operation to speak of.
    EXPECT_EQ(to_json(read.value()), to_json(architecture));
  }
  for (const Kind kind : {Kind::kCnn2d, Kind::kCnn3d}) {
    Architecture architecture;
    architecture.kind = kind;
    EXPECT_EQ(architecture_from_json(to_json(architecture)).value(), architecture);
  }
}

TEST(Architecture, WhatIsNoneIsRefusedByName) {
  const Json good = to_json(plain_nas());
  const auto refusal = [&](const auto& change) {
    Json json = good;
    change(json);
    const auto read = architecture_from_json(json);
    return read ? std::string("read") : read.error().message;
  };
  EXPECT_EQ(refusal([](Json&) {}), "read");
  EXPECT_THAT(refusal([](Json& j) { j = 7; }), HasSubstr("object"));
  EXPECT_THAT(refusal([](Json& j) { j["kind"] = "mlp"; }), HasSubstr("kind"));
  EXPECT_THAT(refusal([](Json& j) { j["inputs"] = 1; }), HasSubstr("inputs"));
  EXPECT_THAT(refusal([](Json& j) { j["filters"] = 1'000'000'000; }), HasSubstr("filters"));
  EXPECT_THAT(refusal([](Json& j) { j["filters"] = 6; }), HasSubstr("filters"));
  EXPECT_THAT(refusal([](Json& j) { j["more"] = 1; }), HasSubstr("fields"));
  EXPECT_THAT(refusal([](Json& j) { j["dags"].erase(5); }), HasSubstr("six"));
  EXPECT_THAT(refusal([](Json& j) { j["dags"][2]["edges"] = {{3, 3}}; }), HasSubstr("G3"));
  EXPECT_THAT(refusal([](Json& j) { j["dags"][2]["edges"] = {{0, 8}}; }), HasSubstr("G3"));
  EXPECT_THAT(refusal([](Json& j) {
                j["dags"][2]["edges"] = {{0, 1}, {0, 1}};
              }),
              HasSubstr("twice"));
  EXPECT_THAT(refusal([](Json& j) { j["dags"][2]["edges"] = {{0, 1}, {2, 3}}; }), HasSubstr("G3"));
  EXPECT_THAT(refusal([](Json& j) { j["dags"][1]["operations"]["1"] = "conv9"; }),
              HasSubstr("unknown operation"));
  EXPECT_THAT(refusal([](Json& j) { j["dags"][1]["operations"]["2"] = "conv3x3_32"; }),
              HasSubstr("without edges"));
  EXPECT_THAT(refusal([](Json& j) { j["dags"][1]["operations"].erase("1"); }),
              HasSubstr("no operation"));
}

TEST(Architecture, TheBaselinesCostWhatIsPublished) {
  Architecture cnn;
  EXPECT_NEAR(size_of(cnn, 64).mmac, 1040, 10);
  cnn.kind = Kind::kCnn3d;
  EXPECT_NEAR(size_of(cnn, 64).mmac, 16'300, 50);
}

TEST(Architecture, DrawnNetworksCostWhatWasMeasuredOfSuch) {
  // Ten drawn networks had 9 to 197 million multiplications and 43 to 431 thousand weights.
  std::vector<double> mmac, weights;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Size size = size_of(drawn(seed), 64);
    mmac.push_back(size.mmac);
    weights.push_back(static_cast<double>(size.parameters));
  }
  std::sort(mmac.begin(), mmac.end());
  std::sort(weights.begin(), weights.end());
  EXPECT_GT(mmac[100], 9);
  EXPECT_LT(mmac[100], 197);
  EXPECT_GT(weights[100], 30'000);
  EXPECT_LT(weights[100], 431'000);
}

TEST(Architecture, DrawingNamesEveryVertexAndStaysWellFormed) {
  const Architecture architecture = drawn(9);
  const std::string svg = svg_of(architecture, "ota<1> & co");
  std::size_t boxes = 0;
  for (std::size_t at = svg.find("rx=\"5\""); at != std::string::npos;
       at = svg.find("rx=\"5\"", at + 1))
    ++boxes;
  int vertices = kDags;
  for (const Dag& dag : architecture.dags) vertices += dag.vertices();
  EXPECT_EQ(boxes, static_cast<std::size_t>(vertices));
  EXPECT_THAT(svg, HasSubstr("ota&lt;1&gt; &amp; co"));
  EXPECT_EQ(std::count(svg.begin(), svg.end(), '<'), std::count(svg.begin(), svg.end(), '>'));
}

}  // namespace
}  // namespace ptah::nets
