// The file of a dataset: what is written is read, and what is no such file is told.
#include "samples/sample_file.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "ptah/core/random.hpp"
#include "ptah/core/run_tool.hpp"
#include "samples/guarded_read.hpp"
#include "samples/hdf5.hpp"

namespace ptah {
namespace {

using ::testing::HasSubstr;

Json about() {
  return {{"circuit", {{"title", "test"}}},
          {"tech", "ptah130"},
          {"assignment", 0},
          {"device_generator", {{"plugin", "p"}}},
          {"devices", {"M0", "M1", "C0"}},
          {"nets", {"a", "b"}},
          {"measures", {{{"name", "offset"}, {"better", "magnitude"}}, {{"name", "cmrr"}}}}};
}

Sample random_sample(Rng& rng, std::uint64_t run) {
  Sample sample;
  sample.run = run;
  sample.seed = rng.next();
  sample.split = static_cast<Split>(rng.below(3));
  for (int i = 0; i < 3; ++i) {
    PlacedTile tile;
    tile.origin = {static_cast<Dbu>(rng.below(500)) * kPlacementGrid,
                   static_cast<Dbu>(rng.below(500)) * kPlacementGrid};
    tile.orientation = rng.below(2) == 0 ? Orientation::kMY : Orientation::kR180;
    sample.placement.tiles.push_back(tile);
  }
  sample.weights = {0.5, 2.0};
  sample.labels = {rng.uniform() - 0.5, 80 + rng.uniform()};
  return sample;
}

Samples random_samples(std::uint64_t seed, std::uint64_t rows) {
  Samples samples(about(), 3, 2, 2);
  Rng rng(seed);
  for (std::uint64_t i = 0; i < rows; ++i) {
    Sample sample = random_sample(rng, i);
    if (i % 7 == 3) {
      sample.reason = i % 2 == 0 ? "drc: 2 errors" : "router: no way";
      sample.labels.clear();
      if (i % 2 != 0) sample.placement.tiles.clear();
    }
    samples.add(sample);
  }
  return samples;
}

class SamplesTest : public testing::Test {
 protected:
  SamplesTest()
      : scratch_(std::move(
            ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-samples").value())) {}
  std::filesystem::path file(const std::string& name) const { return scratch_.path() / name; }
  std::string bytes(const Samples& samples) const {
    EXPECT_TRUE(samples.write(file("bytes.h5")));
    return read_text_file(file("bytes.h5")).value();
  }
  ScratchDir scratch_;
};

void expect_same(const Samples& a, const Samples& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a.run(i), b.run(i));
    EXPECT_EQ(a.seed(i), b.seed(i));
    EXPECT_EQ(a.split(i), b.split(i));
    EXPECT_EQ(a.reason(i), b.reason(i));
    ASSERT_EQ(a.placed(i), b.placed(i));
    EXPECT_EQ(a.placement(i, {}), b.placement(i, {}));
    for (std::size_t n = 0; n < a.nets(); ++n) EXPECT_EQ(a.weight(i, n), b.weight(i, n));
    for (std::size_t m = 0; m < a.measures(); ++m) {
      if (std::isnan(a.label(i, m))) {
        EXPECT_TRUE(std::isnan(b.label(i, m)));
      } else {
        EXPECT_EQ(a.label(i, m), b.label(i, m));
      }
    }
  }
}

TEST_F(SamplesTest, WhatIsWrittenIsRead) {
  const Samples samples = random_samples(1, 600);
  ASSERT_TRUE(samples.write(file("a.h5")));
  const auto read = Samples::read(file("a.h5"));
  ASSERT_TRUE(read) << read.error().text();
  expect_same(samples, read.value());
  EXPECT_EQ(read.value().about()["devices"], samples.about()["devices"]);
  EXPECT_EQ(read.value().failures(),
            (std::map<std::string, std::int64_t>{{"drc", 43}, {"router", 43}}));
}

TEST_F(SamplesTest, SameRowsSameBytes) {
  EXPECT_EQ(bytes(random_samples(2, 300)), bytes(random_samples(2, 300)));
  EXPECT_NE(bytes(random_samples(2, 300)), bytes(random_samples(3, 300)));
}

TEST_F(SamplesTest, BlocksTogetherAreTheWhole) {
  const Samples whole = random_samples(4, 90);
  Samples parts(about(), 3, 2, 2);
  Rng rng(4);
  for (const std::uint64_t rows : {20u, 70u}) {
    Samples part(about(), 3, 2, 2);
    for (std::uint64_t i = 0; i < rows; ++i) {
      const std::size_t row = parts.size() + i;
      Sample sample;
      sample.run = whole.run(row);
      sample.seed = whole.seed(row);
      sample.split = whole.split(row);
      if (whole.placed(row)) sample.placement = whole.placement(row, {});
      sample.weights = {whole.weight(row, 0), whole.weight(row, 1)};
      sample.labels = {whole.label(row, 0), whole.label(row, 1)};
      sample.reason = whole.reason(row);
      part.add(sample);
    }
    ASSERT_TRUE(parts.append(part));
  }
  expect_same(whole, parts);
  EXPECT_EQ(bytes(whole), bytes(parts));
}

TEST_F(SamplesTest, BlocksOfTwoDesignsAreRefused) {
  Json other = about();
  other["tech"] = "sky130A";
  Samples samples = random_samples(1, 3);
  const Status status = samples.append(Samples(other, 3, 2, 2));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kConflict);
  EXPECT_THAT(status.error().message, HasSubstr("tech"));
}

TEST_F(SamplesTest, APlacementsKeyIsThatOfItsPlacesAndTurns) {
  Rng rng(9);
  const Sample sample = random_sample(rng, 0);
  Placement other = sample.placement;
  EXPECT_EQ(placement_key(sample.placement), placement_key(other));
  other.tiles[1].slot = {1, 2, 3, 4};
  EXPECT_EQ(placement_key(sample.placement), placement_key(other));
  other.tiles[1].origin.x += kPlacementGrid;
  EXPECT_NE(placement_key(sample.placement), placement_key(other));
  other = sample.placement;
  other.tiles[2].orientation = Orientation::kMX;
  EXPECT_NE(placement_key(sample.placement), placement_key(other));
}

// Files of others.

TEST_F(SamplesTest, AFileThatIsCutOrFlippedIsAnErrorOrReadsAsAFile) {
  const std::string whole = bytes(random_samples(5, 40));
  const auto reread = [&](const std::string& given) {
    EXPECT_TRUE(write_text_file(file("given.h5"), given, Durability::kCached));
    return read_of_stranger(file("given.h5"));
  };
  for (std::size_t end = 0; end < whole.size(); end += 397) {
    const auto cut = reread(whole.substr(0, end));
    EXPECT_FALSE(cut) << end;
  }
  Rng rng(11);
  int refused = 0;
  for (int k = 0; k < 400; ++k) {
    std::string damaged = whole;
    damaged[rng.below(damaged.size())] ^= static_cast<char>(1u << rng.below(8));
    const auto read = reread(damaged);
    if (read) {
      EXPECT_EQ(read.value().devices(), 3u);
      continue;
    }
    ++refused;
    EXPECT_FALSE(read.error().message.empty());
    EXPECT_EQ(read.error().where, file("given.h5"));
  }
  EXPECT_GT(refused, 20);
}

class ForeignFile : public SamplesTest {
 protected:
  /// A file as of `random_samples`, of two rows, with one array replaced.
  template <class T>
  Result<Samples> with(const std::string& name, const std::vector<T>& values,
                       const hdf5::Shape& shape, Json said = about()) {
    said["format"] = "ptah-samples";
    if (!said.contains("version")) said["version"] = 1;
    auto writer = hdf5::Writer::create(file("foreign.h5"));
    EXPECT_TRUE(writer);
    hdf5::Writer& out = writer.value();
    const auto put = [&]<class V>(const char* field, std::vector<V> given,
                                  const hdf5::Shape& size) {
      if (name == field) {
        EXPECT_TRUE(out.put(field, values, shape));
      } else {
        EXPECT_TRUE(out.put(field, given, size));
      }
    };
    EXPECT_TRUE(out.put_text("about", said.dump()));
    put("run", std::vector<std::uint64_t>{0, 1}, {2});
    put("seed", std::vector<std::uint64_t>{5, 6}, {2});
    put("split", std::vector<std::uint8_t>{0, 2}, {2});
    put("placed", std::vector<std::uint8_t>{1, 1}, {2});
    put("origin_nm", std::vector<std::int32_t>(12, 100), {2, 3, 2});
    put("orientation", std::vector<std::uint8_t>(6, 1), {2, 3});
    put("net_weights", std::vector<float>(4, 1), {2, 2});
    put("labels", std::vector<double>(4, 0.5), {2, 2});
    put("reason", std::vector<std::uint32_t>{0, 0}, {2});
    EXPECT_TRUE(out.close());
    return Samples::read(file("foreign.h5"));
  }
  void expect_refused(const Result<Samples>& read, const std::string& word) {
    ASSERT_FALSE(read) << word;
    EXPECT_THAT(read.error().message, HasSubstr(word));
  }
};

TEST_F(ForeignFile, EachValueOutOfItsRangeIsNamed) {
  ASSERT_TRUE(with("", std::vector<float>{}, {}));
  expect_refused(with("split", std::vector<std::uint8_t>{0, 3}, {2}), "split");
  expect_refused(with("orientation", std::vector<std::uint8_t>(6, 4), {2, 3}), "orientation");
  expect_refused(with("origin_nm", std::vector<std::int32_t>(12, 150), {2, 3, 2}), "origin_nm");
  expect_refused(with("origin_nm", std::vector<std::int32_t>(12, 2'000'000'000), {2, 3, 2}),
                 "origin_nm");
  expect_refused(with("reason", std::vector<std::uint32_t>{0, 1}, {2}), "reason");
  expect_refused(with("placed", std::vector<std::uint8_t>{1, 0}, {2}), "no placement");
}

TEST_F(ForeignFile, ArraysThatDoNotFitEachOtherAreRefused) {
  expect_refused(with("seed", std::vector<std::uint64_t>{5}, {1}), "`seed`");
  expect_refused(with("origin_nm", std::vector<std::int32_t>(8, 100), {2, 2, 2}), "`origin_nm`");
  expect_refused(with("labels", std::vector<double>(2, 0), {2, 1}), "`labels`");
  expect_refused(with("labels", std::vector<float>(4, 0), {2, 2}), "type");
  Json said = about();
  said["devices"] = 3;
  expect_refused(with("", std::vector<float>{}, {}, said), "devices");
  said = about();
  said["measures"] = {1, 2};
  expect_refused(with("", std::vector<float>{}, {}, said), "measures");
  said = about();
  said["version"] = 2;
  expect_refused(with("", std::vector<float>{}, {}, said), "version");
}

TEST_F(ForeignFile, APublicFileOfPicturesAloneIsToldWhatItLacks) {
  auto writer = hdf5::Writer::create(file("public.h5"));
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer.value().put("other", std::vector<std::uint8_t>{1}, {1}));
  ASSERT_TRUE(writer.value().put_group("OTA5_PSRR_True"));
  ASSERT_TRUE(writer.value().put("OTA5_PSRR_True/images", std::vector<std::uint8_t>{1}, {1}));
  ASSERT_TRUE(writer.value().close());
  const auto read = Samples::read(file("public.h5"));
  expect_refused(read, "`OTA5_PSRR_True`");
  expect_refused(read, "placements");
  expect_refused(read_of_stranger(file("public.h5")), "`OTA5_PSRR_True`");
}

// Pictures.

class PicturesTest : public SamplesTest {
 protected:
  static constexpr std::size_t kRows = 300;  // more than are read at once

  PicturesTest() : samples_(random_samples(7, kRows)) {
    group_.name = "X_Offset_Voltage_False";
    group_.about = {{"label", "|offset|"}};
    for (std::uint32_t row = 0; row < kRows; ++row) {
      group_.rows.push_back(kRows - 1 - row);
      group_.classes.push_back(row % 4 == 0 ? 1 : 0);
    }
  }
  /// A picture that says which it is.
  static std::uint8_t byte(std::size_t at, std::size_t i) {
    return static_cast<std::uint8_t>(at * 7 + i);
  }
  std::string written(const char* name) const {
    const Status status = samples_.write(
        file(name), group_, [](std::size_t at, std::span<std::uint8_t> picture) -> Status {
          for (std::size_t i = 0; i < picture.size(); ++i) picture[i] = byte(at, i);
          return ok();
        });
    EXPECT_TRUE(status) << status.error().text();
    return read_text_file(file(name)).value();
  }

  Samples samples_;
  PictureGroup group_;
};

TEST_F(PicturesTest, AreReadAsTheyWereWrittenBesideTheRows) {
  EXPECT_EQ(written("a.h5"), written("b.h5"));
  const auto rows = read_of_stranger(file("a.h5"));
  ASSERT_TRUE(rows) << rows.error().text();
  expect_same(samples_, rows.value());
  EXPECT_EQ(bytes(samples_), bytes(rows.value())) << "without pictures again";
  const auto groups = read_picture_groups(file("a.h5"));
  ASSERT_TRUE(groups) << groups.error().text();
  ASSERT_EQ(groups.value().size(), 1u);
  const PictureGroup& group = groups.value()[0];
  EXPECT_EQ(group.name, group_.name);
  EXPECT_EQ(group.about, group_.about);
  EXPECT_EQ(group.rows, group_.rows);
  EXPECT_EQ(group.classes, group_.classes);
  std::size_t seen = 0;
  ASSERT_TRUE(read_pictures(file("a.h5"), group,
                            [&](std::size_t at, std::span<const std::uint8_t> picture) -> Status {
                              EXPECT_EQ(at, seen++);
                              EXPECT_EQ(picture.size(), PictureGroup::kBytes);
                              for (std::size_t i = 0; i < picture.size(); i += 997)
                                EXPECT_EQ(picture[i], byte(at, i));
                              return ok();
                            }));
  EXPECT_EQ(seen, kRows);
  ASSERT_TRUE(samples_.write(file("plain.h5")));
  EXPECT_TRUE(read_picture_groups(file("plain.h5")).value().empty());
}

TEST_F(PicturesTest, AnErrorOfWhoPaintsOrLooksEndsTheWork) {
  const auto refuse = [](std::size_t at) -> Status {
    if (at < 3) return ok();
    return make_error(ErrorCode::kCancelled, "enough");
  };
  const Status wrote = samples_.write(
      file("c.h5"), group_, [&](std::size_t at, std::span<std::uint8_t>) { return refuse(at); });
  ASSERT_FALSE(wrote);
  EXPECT_EQ(wrote.error().message, "enough");
  written("a.h5");
  const Status looked =
      read_pictures(file("a.h5"), group_,
                    [&](std::size_t at, std::span<const std::uint8_t>) { return refuse(at); });
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().message, "enough");
}

TEST_F(PicturesTest, GroupsThatDoNotFitAreRefused) {
  const auto with = [&](const char* field) {
    auto writer = hdf5::Writer::create(file("bad.h5"));
    EXPECT_TRUE(writer);
    hdf5::Writer& out = writer.value();
    const std::string name = field;
    EXPECT_TRUE(out.put_group("G"));
    if (name != "no about") EXPECT_TRUE(out.put_text("G/about", name == "about" ? "7" : "{}"));
    if (name != "no rows") EXPECT_TRUE(out.put("G/rows", std::vector<std::uint32_t>{1, 2}, {2}));
    EXPECT_TRUE(out.put("G/meta", std::vector<std::uint8_t>{0, 1},
                        name == "meta" ? hdf5::Shape{2} : hdf5::Shape{2, 1}));
    const std::uint64_t grid = name == "images" ? 32 : 64;
    EXPECT_TRUE(
        out.put("G/images", std::vector<std::uint8_t>(2 * grid * grid * 6), {2, grid, grid, 6}));
    EXPECT_TRUE(out.close());
    return read_picture_groups(file("bad.h5"));
  };
  ASSERT_TRUE(with("")) << "all as it should be";
  for (const auto& [field, word] : std::map<const char*, const char*>{{"no about", "`about`"},
                                                                      {"no rows", "`rows`"},
                                                                      {"about", "JSON"},
                                                                      {"meta", "`G/meta`"},
                                                                      {"images", "64 x 64 x 6"}}) {
    const auto read = with(field);
    ASSERT_FALSE(read) << field;
    EXPECT_THAT(read.error().message, HasSubstr(word)) << field;
  }
}

TEST_F(SamplesTest, NoRowsAreNoFile) {
  const Status status = Samples(about(), 3, 2, 2).write(file("none.h5"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace ptah
