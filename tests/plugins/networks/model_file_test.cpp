// Files of a model are anybody's.
#include "model_file.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>

#include <cstring>
#include <limits>

#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"
#include "safetensors.hpp"
#include "threads.hpp"

namespace ptah::nets {
namespace {

using ::testing::HasSubstr;

Model small_model() {
  Model model;
  model.plugin = "nas";
  model.architecture = plain_nas();
  model.grid = 16;
  for (const std::uint64_t seed : {1, 2})
    model.members.push_back(make_network(model.architecture, model.grid, Rng(seed)));
  model.threshold = 1.5;
  model.calibration.temperature = 2;
  model.circuits = {"abc"};
  model.near = {2, {1, 2, 3, 4}, 0.5};
  model.reference.assign(images::kChannels * 16 * 16, 64);
  model.about = {{"circuit", "parted"}};
  return model;
}

class ModelFile : public ::testing::Test {
 protected:
  void SetUp() override {
    set_threads(1);
    auto made = ScratchDir::create(std::filesystem::temp_directory_path(), "model");
    ASSERT_TRUE(made);
    scratch_ = std::make_unique<ScratchDir>(std::move(made.value()));
    auto written = write_model(small_model(), scratch_->path());
    ASSERT_TRUE(written) << written.error().text();
    files_ = written.value();
    manifest_ = Json::parse(read_text_file(files_["manifest.json"]).value());
    weights_ = read_text_file(files_["weights.safetensors"]).value();
  }

  /// What reading says of these, or "read".
  std::string reading(const std::string& manifest, const std::string& weights) {
    EXPECT_TRUE(write_text_file(files_["manifest.json"], manifest, Durability::kCached));
    EXPECT_TRUE(write_text_file(files_["weights.safetensors"], weights, Durability::kCached));
    const auto read = read_model(files_, "nas");
    return read ? "read" : read.error().text();
  }
  std::string with(const std::function<void(Json&)>& change) {
    Json json = manifest_;
    change(json);
    return reading(json.dump(), weights_);
  }
  /// The weights changed, and their hash with them.
  std::string with_weights(const std::string& weights) {
    Json json = manifest_;
    json["weights_sha256"] = sha256_hex(weights);
    return reading(json.dump(), weights);
  }

  std::unique_ptr<ScratchDir> scratch_;
  ModelFiles files_;
  Json manifest_;
  std::string weights_;
};

TEST_F(ModelFile, IsReadBackToTheSameBytes) {
  const auto read = read_model(files_, "nas");
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read.value().members.size(), 2u);
  EXPECT_EQ(read.value().circuits, small_model().circuits);
  ASSERT_TRUE(write_model(read.value(), scratch_->path()));
  EXPECT_EQ(read_text_file(files_["weights.safetensors"]).value(), weights_);
  EXPECT_EQ(Json::parse(read_text_file(files_["manifest.json"]).value()), manifest_);
}

TEST_F(ModelFile, WrongManifestsAreNamed) {
  EXPECT_EQ(with([](Json&) {}), "read");
  EXPECT_THAT(with([](Json& j) { j = "text"; }), HasSubstr("format"));
  EXPECT_THAT(with([](Json& j) { j["format"] = "ptah network 2"; }), HasSubstr("format"));
  EXPECT_THAT(with([](Json& j) { j["plugin"] = "cnn"; }), HasSubstr("`nas`"));
  EXPECT_THAT(with([](Json& j) { j["features"] = "others"; }), HasSubstr("features"));
  EXPECT_THAT(with([](Json& j) { j["features_sha256"] = "0"; }), HasSubstr("pictures"));
  EXPECT_THAT(with([](Json& j) { j["architecture"]["filters"] = 7; }), HasSubstr("filters"));
  EXPECT_THAT(with([](Json& j) { j["grid"] = 1 << 20; }), HasSubstr("grid"));
  EXPECT_THAT(with([](Json& j) { j["members"] = 1e6; }), HasSubstr("members"));
  EXPECT_THAT(with([](Json& j) { j["members"] = 3; }), HasSubstr("2.fixed1"));
  EXPECT_THAT(with([](Json& j) { j["label"] = 3; }), HasSubstr("label"));
  EXPECT_THAT(with([](Json& j) { j["temperature"] = 0; }), HasSubstr("temperature"));
  EXPECT_THAT(with([](Json& j) { j["circuits"] = {1}; }), HasSubstr("circuits"));
  EXPECT_THAT(with([](Json& j) { j["near_limit_um"] = "far"; }), HasSubstr("near_limit_um"));
  EXPECT_THAT(with([](Json& j) { j.erase("about"); }), HasSubstr("itself"));
  EXPECT_THAT(with([](Json& j) { j["reference_odds"][1] = 1e3; }), HasSubstr("reference"));
  EXPECT_THAT(with([](Json& j) { j["weights_sha256"] = "0"; }), HasSubstr("weights"));
  // Another network with the same names: 64 filters where there were 32.
  EXPECT_THAT(with([](Json& j) { j["architecture"]["dags"][0]["operations"]["1"] = "conv3x3_64"; }),
              HasSubstr("shape"));
  EXPECT_THAT(reading("{", weights_), HasSubstr("format"));
}

TEST_F(ModelFile, WrongWeightsAreNamed) {
  std::string flipped = weights_;
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 1);
  EXPECT_THAT(reading(manifest_.dump(), flipped), HasSubstr("not those"));
  EXPECT_THAT(with_weights(weights_.substr(0, weights_.size() / 2)), HasSubstr("safetensors"));
  EXPECT_THAT(with_weights(""), HasSubstr("safetensors"));

  const auto contents = safetensors::parse(weights_, "weights");
  ASSERT_TRUE(contents);
  safetensors::Contents changed = contents.value();
  changed.tensors.erase("0.dense1.weight");
  EXPECT_THAT(with_weights(safetensors::write(changed)), HasSubstr("absent"));

  changed = contents.value();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::string bias(changed.tensors.at("0.dense2.bias").bytes);
  std::memcpy(bias.data(), &nan, sizeof nan);
  changed.tensors["0.dense2.bias"].bytes = bias;
  EXPECT_THAT(with_weights(safetensors::write(changed)), HasSubstr("no number"));

  changed = contents.value();
  const float other = 3;
  std::memcpy(bias.data(), &other, sizeof other);
  changed.tensors["0.dense2.bias"].bytes = bias;
  EXPECT_THAT(with_weights(safetensors::write(changed)), HasSubstr("reference"))
      << "weights that fit, and are not those";

  changed = contents.value();
  changed.tensors["near.centres"].shape = {4};
  EXPECT_THAT(with_weights(safetensors::write(changed)), HasSubstr("centres"));
}

// The hash of the library that made a model is where it comes from, and no condition.
TEST_F(ModelFile, LoadsWithAnotherBuildOfTheLibraryAndWithoutAFeatureHash) {
  EXPECT_EQ(with([](Json& j) { j["about"]["core_sha256"] = std::string(64, '0'); }), "read");
  EXPECT_EQ(with([](Json& j) { j.erase("features_sha256"); }), "read");
}

TEST_F(ModelFile, AnAbsentFileIsNamed) {
  files_.erase("weights.safetensors");
  const auto read = read_model(files_, "nas");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("weights.safetensors"));
}

}  // namespace
}  // namespace ptah::nets
