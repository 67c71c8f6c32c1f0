#include "safetensors.hpp"

#include <gmock/gmock.h>

#include <cstring>
#include <string>

#include "ptah/core/random.hpp"

namespace ptah::safetensors {
namespace {

using ::testing::HasSubstr;

std::string file_of(const std::string& header, const std::string& data = {}) {
  std::string bytes(8, '\0');
  const std::uint64_t length = header.size();
  std::memcpy(bytes.data(), &length, 8);
  return bytes + header + data;
}

std::string refusal(const std::string& bytes, const Limits& limits = {}) {
  const auto read = parse(bytes, "x.safetensors", limits);
  return read ? "read" : read.error().text();
}

TEST(Safetensors, ReadsAFileWrittenByHand) {
  const std::string data("\1\2\3\4\0\0\x80\x3f", 8);
  const auto bytes = file_of(
      R"({"a":{"dtype":"U8","shape":[2,2],"data_offsets":[0,4]},)"
      R"("b":{"dtype":"F32","shape":[],"data_offsets":[4,8]},"__metadata__":{"made":"here"}}  )",
      data);
  const auto read = parse(bytes, "x");
  ASSERT_TRUE(read) << read.error().text();
  const Contents& contents = read.value();
  EXPECT_EQ(contents.metadata.at("made"), "here");
  EXPECT_EQ(contents.tensors.at("a").bytes, "\1\2\3\4");
  EXPECT_EQ(contents.tensors.at("a").shape, (std::vector<std::uint64_t>{2, 2}));
  EXPECT_EQ(contents.tensors.at("b").dtype, Dtype::kF32);
  float value = 0;
  std::memcpy(&value, contents.tensors.at("b").bytes.data(), 4);
  EXPECT_EQ(value, 1.0F);
}

TEST(Safetensors, WhatIsWrittenIsReadBackAndWrittenTheSame) {
  Rng rng(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> kept;
    kept.reserve(8);
    Contents contents;
    for (std::uint64_t i = 0; i < rng.below(8); ++i) {
      const auto dtype = static_cast<Dtype>(rng.below(10));
      const std::vector<std::uint64_t> shape{rng.below(4), 1 + rng.below(3)};
      kept.emplace_back(shape[0] * shape[1] * bytes_of(dtype), static_cast<char>('a' + i));
      contents.tensors["t" + std::to_string(i)] = {dtype, shape, kept.back()};
    }
    if (rng.below(2) == 0) contents.metadata["k"] = "v \"quoted\"";
    const std::string bytes = write(contents);
    const auto read = parse(bytes, "x");
    ASSERT_TRUE(read) << read.error().text();
    ASSERT_EQ(read.value().tensors.size(), contents.tensors.size());
    for (const auto& [name, tensor] : contents.tensors) {
      EXPECT_EQ(read.value().tensors.at(name).bytes, tensor.bytes);
      EXPECT_EQ(read.value().tensors.at(name).shape, tensor.shape);
      const auto at = read.value().tensors.at(name).bytes.data() - bytes.data();
      if (!tensor.bytes.empty()) {
        EXPECT_EQ(static_cast<std::size_t>(at) % bytes_of(tensor.dtype), 0u);
      }
    }
    EXPECT_EQ(read.value().metadata, contents.metadata);
    EXPECT_EQ(write(read.value()), bytes);
  }
}

TEST(Safetensors, EveryTruncationIsRefused) {
  Contents contents;
  const std::string data(24, 'x');
  contents.tensors["w"] = {Dtype::kF64, {3}, data};
  const std::string bytes = write(contents);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(parse(std::string_view(bytes).substr(0, size), "x")) << size;
  EXPECT_THAT(refusal(bytes + "y"), HasSubstr("belong to no tensor"));
}

TEST(Safetensors, WhatDoesNotFitIsNamed) {
  const auto one = [](const std::string& entry, const std::string& data = "12345678") {
    return refusal(file_of("{\"w\":" + entry + "}", data));
  };
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})"), HasSubstr("read"));
  EXPECT_THAT(one(R"({"dtype":"F31","shape":[2],"data_offsets":[0,8]})"), HasSubstr("dtype"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})"), HasSubstr("shape"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2.0],"data_offsets":[0,8]})"), HasSubstr("shape"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"), HasSubstr("size"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})"), HasSubstr("outside"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2],"data_offsets":[0,99]})"), HasSubstr("outside"));
  EXPECT_THAT(one(R"({"dtype":"F32","shape":[2]})"), HasSubstr("data_offsets"));
  EXPECT_THAT(one(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,8]})"),
              HasSubstr("larger than any file"));
  EXPECT_THAT(one("7"), HasSubstr("tensor `w`"));
  EXPECT_THAT(refusal(file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                              R"("b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
                              "123456")),
              HasSubstr("overlap"));
  EXPECT_THAT(
      refusal(file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})", "123456")),
      HasSubstr("holes"));
  EXPECT_THAT(refusal(file_of(R"({"__metadata__":{"a":{"b":1}}})")), HasSubstr("texts"));
  EXPECT_THAT(refusal(file_of(R"({"__metadata__":{},"__metadata__":{}})")), HasSubstr("twice"));
  EXPECT_THAT(refusal(file_of(std::string(100'000, '['))), HasSubstr("no JSON"));
  EXPECT_THAT(refusal(file_of("[]")), HasSubstr("object"));
  EXPECT_THAT(refusal(std::string(8, '\xff') + "{}"), HasSubstr("longer than the file"));
}

TEST(Safetensors, LimitsAreKept) {
  Limits limits;
  limits.header_bytes = 10;
  EXPECT_THAT(refusal(file_of("{}          "), limits), HasSubstr("header has 12 bytes"));
  limits.header_bytes = 1000;
  limits.tensors = 1;
  EXPECT_THAT(refusal(file_of(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
                              R"("b":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"),
                      limits),
              HasSubstr("more than 1 tensors"));
}

}  // namespace
}  // namespace ptah::safetensors
