#include <gtest/gtest.h>

#include "gds_test_data.hpp"
#include "ptah/core/random.hpp"
#include "ptah/geom/region.hpp"

namespace ptah {
namespace {

using namespace test;

std::string error_of(const std::vector<std::uint8_t>& bytes) {
  const auto result = gds::read(bytes, "x.gds");
  return result ? "accepted" : result.error().text();
}

/// A path on met1 through `points`.
Stream path(const std::vector<Point>& points, int width, int type) {
  Stream s = Stream::begin();
  s.add(0x09, 0).add(0x0D, 2, {0, 68}).add(0x0E, 2, {0, 20}).add(0x21, 2, {0, type});
  s.add(0x0F, 3, word(width));
  s.xy(points).add(0x11, 0).end();
  return s;
}

DbuArea flat_area(const Stream& s) {
  const auto library = gds::read(s.bytes, "x.gds");
  EXPECT_TRUE(library) << (library ? "" : library.error().text());
  if (!library) return -1;
  const auto flat = gds::flatten(library.value(), "T", tech());
  EXPECT_TRUE(flat) << (flat ? "" : flat.error().text());
  if (!flat) return -1;
  std::vector<Rect> rects;
  for (const Shape& shape : flat.value().shapes) rects.push_back(shape.rect);
  return area(united(rects));
}

TEST(GdsRead, EveryTruncationIsAnErrorWithTheByteOffset) {
  const auto bytes = gds::write(sample_library());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto result = gds::read(std::span(bytes).first(size), "x.gds");
    ASSERT_FALSE(result) << size;
    EXPECT_EQ(result.error().code, ErrorCode::kParse);
    const std::string where = size < 6 ? "byte 0" : "byte " + std::to_string(size);
    EXPECT_NE(result.error().where.find(where), std::string::npos) << result.error().text();
  }
}

TEST(GdsRead, ChangedBytesNeverCrash) {
  const auto good = gds::write(sample_library());
  Rng rng(3);
  int accepted = 0;
  for (int i = 0; i < 6'000; ++i) {
    auto bytes = good;
    for (std::uint64_t k = 0; k <= rng.below(3); ++k)
      bytes[rng.below(bytes.size())] = static_cast<std::uint8_t>(rng.below(256));
    gds::ReadLimits limits;
    limits.max_elements = 10'000;
    const auto library = gds::read(bytes, "x.gds", limits);
    if (!library) continue;
    ++accepted;
    for (const std::string& top : library.value().tops())
      (void)gds::flatten(library.value(), top, tech(), limits);
  }
  EXPECT_GT(accepted, 500);
}

TEST(GdsRead, SaysWhatAFileIsNot) {
  EXPECT_NE(error_of({'P', 'K', 3, 4, 0, 0, 0, 0}).find("not a GDSII file"), std::string::npos);
  EXPECT_NE(error_of({}).find("not a GDSII file"), std::string::npos);
  const auto missing = gds::read_file("/nonexistent/a.gds");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(gds::read_file("/").error().code, ErrorCode::kIo);
}

TEST(GdsRead, LimitsHold) {
  const auto bytes = gds::write(sample_library());
  gds::ReadLimits limits;
  limits.max_bytes = bytes.size() - 1;
  EXPECT_EQ(gds::read(bytes, "x.gds", limits).error().code, ErrorCode::kLimit);
  limits = {};
  limits.max_elements = 3;
  EXPECT_EQ(gds::read(bytes, "x.gds", limits).error().code, ErrorCode::kLimit);
}

TEST(GdsRead, RecordsInTheWrongPlaceNameTheirOffset) {
  Stream nested = Stream::begin();
  const std::size_t inner = nested.bytes.size() + 4;
  nested.add(0x08, 0).add(0x08, 0).end();
  const std::string error = error_of(nested.bytes);
  EXPECT_NE(error.find("byte " + std::to_string(inner)), std::string::npos) << error;
  EXPECT_NE(error.find("BOUNDARY"), std::string::npos) << error;

  Stream odd = Stream::begin();
  odd.bytes.insert(odd.bytes.end(), {0, 3, 8, 0});
  EXPECT_NE(error_of(odd.bytes).find("impossible"), std::string::npos);

  Stream no_layer = Stream::begin();
  no_layer.add(0x08, 0).xy({{0, 0}, {1, 0}, {1, 1}, {0, 0}}).add(0x11, 0).end();
  EXPECT_NE(error_of(no_layer.bytes).find("LAYER"), std::string::npos);
}

TEST(GdsRead, PathsOfEveryEndType) {
  const std::vector<Point> straight = {{0, 0}, {1000, 0}};
  EXPECT_EQ(flat_area(path(straight, 200, 0)), 1000 * 200);
  EXPECT_EQ(flat_area(path(straight, 200, 1)), 1200 * 200);
  EXPECT_EQ(flat_area(path(straight, 200, 2)), 1200 * 200);
  EXPECT_EQ(flat_area(path(straight, -200, 0)), 1000 * 200);  // absolute width
  EXPECT_EQ(flat_area(path(straight, 0, 0)), 0);

  Stream extended = Stream::begin();
  extended.add(0x09, 0).add(0x0D, 2, {0, 68}).add(0x0E, 2, {0, 20}).add(0x21, 2, {0, 4});
  extended.add(0x0F, 3, word(200)).add(0x30, 3, word(50)).add(0x31, 3, word(-100));
  extended.xy(straight).add(0x11, 0).end();
  EXPECT_EQ(flat_area(extended), 950 * 200);
}

TEST(GdsRead, PathsTurnAndComeBack) {
  // An L, flush: 1000 + 500 of centre line plus and less the corner's halves.
  EXPECT_EQ(flat_area(path({{0, 0}, {1000, 0}, {1000, 500}}, 200, 0)), 1100 * 200 + 400 * 200);
  // Forth and back on itself covers no more than the far end's half width.
  EXPECT_EQ(flat_area(path({{0, 0}, {1000, 0}, {300, 0}}, 200, 0)), 1100 * 200);
  // Repeated points.
  EXPECT_EQ(flat_area(path({{0, 0}, {0, 0}, {1000, 0}, {1000, 0}}, 200, 0)), 1000 * 200);
  // A dot with square ends.
  EXPECT_EQ(flat_area(path({{5, 5}}, 200, 2)), 200 * 200);
  // A spiral: mitred corners keep length times width.
  EXPECT_EQ(flat_area(path({{0, 0}, {2000, 0}, {2000, 2000}, {500, 2000}, {500, 1000}}, 200, 0)),
            (2000 + 2000 + 1500 + 1000) * 200);
}

TEST(GdsRead, BoxesAreShapesAndNodesAreNot) {
  Stream s = Stream::begin();
  s.add(0x2D, 0).add(0x0D, 2, {0, 68}).add(0x2E, 2, {0, 20});
  s.xy({{0, 0}, {100, 0}, {100, 100}, {0, 100}, {0, 0}}).add(0x11, 0);
  s.add(0x15, 0).add(0x0D, 2, {0, 68}).add(0x2A, 2, {0, 20}).xy({{0, 0}}).add(0x11, 0).end();
  EXPECT_EQ(flat_area(s), 100 * 100);
}

}  // namespace
}  // namespace ptah
