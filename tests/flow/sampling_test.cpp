// Datasets: blocks of sampled layouts, one file of them, and what is learnt from it.
#include "flow/sampling.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "flow/sample_dataset.hpp"
#include "flow/sample_pictures.hpp"
#include "flow/sample_transfer.hpp"
#include "flow/training.hpp"
#include "flow_fixture.hpp"
#include "placement_images.hpp"
#include "store/stored_path.hpp"

namespace ptah {
namespace {

using ::testing::HasSubstr;

class SamplingTest : public NativeFlowTest {
 protected:
  Result<Json> plan_dataset(Json spec) {
    if (!spec.contains("circuit")) spec["circuit"] = "five_transistors_ota";
    if (!spec.contains("name")) spec["name"] = "five";
    CollectingSink sink;
    return run_task("samples.plan", spec, folder("plan"), host_, sink);
  }
  /// The plan of `count` layouts with the offset as their label, which is all that these need.
  Json planned(int count, int seed = 1) {
    auto plan = plan_dataset({{"count", count}, {"seed", seed}, {"labels", {"offset"}}});
    EXPECT_TRUE(plan) << plan.error().text();
    return plan ? plan.value() : Json();
  }
  static Json task(const Json& plan, std::int64_t first, std::int64_t count) {
    Json whole = plan["common"];
    whole.update({{"first", first}, {"count", count}});
    return whole;
  }
  Result<Json> make(const Json& whole, const std::string& name, CollectingSink& sink) {
    return run_task("sample", whole, folder(name), host_, sink);
  }
  /// The block's file.
  std::filesystem::path block(const Json& whole, const std::string& name) {
    CollectingSink sink;
    const auto made = make(whole, name, sink);
    EXPECT_TRUE(made) << made.error().text();
    EXPECT_EQ(sink.variants.size(), 1u);
    if (sink.variants.size() != 1) return {};
    for (const Json& file : sink.variants[0]["files"]) {
      if (file["role"] == "samples") return file["path"].get<std::string>();
    }
    return {};
  }
  static std::string bytes(const std::filesystem::path& file) {
    return read_text_file(file, 64u << 20).value();
  }
};

TEST_F(SamplingTest, APlanHasBlocksOfAllLayoutsAndNoMore) {
  for (const int count : {1, 16, 17, 300, 5000}) {
    const Json plan = planned(count);
    std::int64_t next = 0;
    for (const Json& chain : plan["chains"]) {
      EXPECT_EQ(chain["first"], next);
      EXPECT_GE(chain["count"], 1);
      EXPECT_LE(chain["count"], 256);
      next += chain["count"].get<std::int64_t>();
    }
    EXPECT_EQ(next, count);
  }
}

TEST_F(SamplingTest, AnUnknownLabelIsToldWithThoseThatThereAre) {
  const auto plan = plan_dataset({{"count", 4}, {"labels", {"beauty"}}});
  ASSERT_FALSE(plan);
  EXPECT_THAT(plan.error().text(), HasSubstr("beauty"));
  EXPECT_THAT(plan.error().hint, HasSubstr("offset"));
}

TEST_F(SamplingTest, LayoutsAreCleanDifferentAndMeasured) {
  const auto read = Samples::read(block(task(planned(24), 0, 24), "clean"));
  ASSERT_TRUE(read) << read.error().text();
  const Samples& samples = read.value();
  ASSERT_EQ(samples.size(), 24u);
  EXPECT_EQ(samples.measures(), 1u);
  std::set<std::uint64_t> seeds;
  for (std::size_t row = 0; row < samples.size(); ++row) {
    EXPECT_TRUE(samples.clean(row)) << samples.reason(row);
    EXPECT_TRUE(std::isfinite(samples.label(row, 0)));
    EXPECT_EQ(samples.run(row), row);
    seeds.insert(samples.seed(row));
    for (std::size_t net = 0; net < samples.nets(); ++net) {
      EXPECT_GE(samples.weight(row, net), 0.0999);
      EXPECT_LE(samples.weight(row, net), 10.001);
    }
  }
  EXPECT_EQ(seeds.size(), 24u);
  EXPECT_GT(samples.distinct(), 5u);
}

TEST_F(SamplingTest, ALayoutDoesNotDependOnItsBlock) {
  const Json plan = planned(12);
  const auto whole = Samples::read(block(task(plan, 0, 12), "whole"));
  auto parts = Samples::read(block(task(plan, 0, 5), "first"));
  const auto rest = Samples::read(block(task(plan, 5, 7), "rest"));
  ASSERT_TRUE(whole && parts && rest);
  ASSERT_TRUE(parts.value().append(rest.value()));
  ASSERT_TRUE(whole.value().write(folder("a") / "a.h5"));
  ASSERT_TRUE(parts.value().write(folder("a") / "b.h5"));
  EXPECT_EQ(bytes(folder("a") / "a.h5"), bytes(folder("a") / "b.h5"));
}

TEST_F(SamplingTest, ABlockThatWasStoppedIsMadeAgainWithTheSameBytes) {
  const Json whole = task(planned(10, 4), 0, 10);
  class StopAtFour final : public TaskSink {
   public:
    void emit(const Json& event) override {
      if (event["event"] == "progress") ++seen_;
      variants += event["event"] == "variant";
    }
    bool cancelled() const noexcept override { return seen_ >= 4; }
    int variants = 0;

   private:
    int seen_ = 0;
  } stopping;
  const auto stopped = run_task("sample", whole, folder("stopped"), host_, stopping);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, ErrorCode::kCancelled);
  EXPECT_EQ(stopping.variants, 0);
  EXPECT_EQ(bytes(block(whole, "again")), bytes(block(whole, "once")));
}

TEST_F(SamplingTest, ABlockThatIsThereIsNotMadeAgain) {
  Json whole = task(planned(10), 0, 10);
  whole["resume"] = {{"variant", 0}, {"record", {{"clean", 10}}}, {"files", Json::object()}};
  CollectingSink sink;
  const auto made = make(whole, "resumed", sink);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made.value()["clean"], 10);
  EXPECT_TRUE(sink.variants.empty());
}

TEST_F(SamplingTest, WhatIsExportedIsImportedWithTheSameRows) {
  const Json plan = planned(8);
  rpc::DatasetExportSpec spec;
  spec.name = "five";
  spec.version = 1;
  spec.blocks = {block(task(plan, 0, 4), "one").string(), block(task(plan, 4, 4), "two").string()};
  CollectingSink sink;
  const auto exported = export_samples(spec, folder("export"), host_, sink);
  ASSERT_TRUE(exported) << exported.error().text();
  EXPECT_EQ(exported.value()["count"], 8);
  const std::filesystem::path file = exported.value()["files"][0]["path"].get<std::string>();
  const auto imported = run_task("samples.import", {{"name", "other"}, {"file", file.string()}},
                                 folder("import"), host_, sink);
  ASSERT_TRUE(imported) << imported.error().text();
  EXPECT_EQ(imported.value()["count"], 8);
  ASSERT_EQ(sink.variants.size(), 1u);
  EXPECT_EQ(file_bytes(sink.variants[0], "samples"), bytes(file));
}

TEST_F(SamplingTest, ALayoutThatEndsWorkersIsARowAndTheOthersStayAsTheyAre) {
  const Json whole = task(planned(6), 0, 6);
  Json without = whole;
  const std::string reason = "the worker died: stage drc, plugin bad 1.0";
  without["left_out"] = {{{"item", 2}, {"reason", reason}}};
  const auto all = Samples::read(block(whole, "all"));
  const auto rest = Samples::read(block(without, "rest"));
  ASSERT_TRUE(all && rest);
  EXPECT_EQ(rest.value().failures(), (std::map<std::string, std::int64_t>{{"the worker died", 1}}));
  EXPECT_EQ(rest.value().reason(2), reason);
  EXPECT_FALSE(rest.value().placed(2));
  for (std::size_t row = 0; row < 6; ++row) {
    EXPECT_EQ(all.value().seed(row), rest.value().seed(row));
    EXPECT_EQ(all.value().weight(row, 0), rest.value().weight(row, 0));
    if (row == 2) continue;
    EXPECT_EQ(all.value().placement(row, {}), rest.value().placement(row, {}));
    EXPECT_EQ(all.value().label(row, 0), rest.value().label(row, 0));
  }
  CollectingSink sink;
  ASSERT_TRUE(make(without, "told", sink));
  std::vector<std::int64_t> items;
  for (const Json& event : sink.events) {
    if (event["event"] == "item") items.push_back(event["item"]);
  }
  EXPECT_EQ(items, (std::vector<std::int64_t>{0, 1, 3, 4, 5}));
}

// The public form.

class PublicFormTest : public SamplingTest {
 protected:
  void SetUp() override {
    SamplingTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    // Made once: it takes seconds.
    static const std::string made = [this] {
      auto plan = plan_dataset(
          {{"circuit", "ota4"}, {"count", 16}, {"name", "four"}, {"labels", {"cmrr", "offset"}}});
      EXPECT_TRUE(plan) << plan.error().text();
      return plan ? bytes(block(task(plan.value(), 0, 16), "four")) : std::string();
    }();
    spec_.name = "four";
    spec_.version = 1;
    spec_.blocks = {(folder("blocks") / "four.h5").string()};
    ASSERT_TRUE(write_text_file(spec_.blocks[0], made, Durability::kCached));
    auto read = Samples::read(spec_.blocks[0]);
    ASSERT_TRUE(read) << read.error().text();
    samples_.emplace(std::move(read.value()));
  }
  std::filesystem::path exported(const std::string& label, bool balanced) {
    spec_.form = DatasetForm::kPublic;
    spec_.label = label;
    spec_.balanced = balanced;
    CollectingSink sink;
    const auto made = export_samples(spec_, folder("export"), host_, sink);
    EXPECT_TRUE(made) << made.error().text();
    return made ? made.value()["files"][0]["path"].get<std::string>() : std::string();
  }
  PictureGroup group(const std::filesystem::path& file) {
    const auto groups = read_picture_groups(file);
    EXPECT_TRUE(groups && groups.value().size() == 1);
    return groups && groups.value().size() == 1 ? groups.value()[0] : PictureGroup();
  }
  Result<Json> import(const std::filesystem::path& file, CollectingSink& sink,
                      const Json& more = Json::object()) {
    Json spec{{"name", "other"}, {"file", file.string()}};
    spec.update(more);
    return run_task("samples.import", spec, folder("import"), host_, sink);
  }
  std::unique_ptr<SampleDataset> dataset(const std::string& label) {
    CollectingSink sink;
    FlowJob job(sink, 0, folder("dataset"));
    auto opened = SampleDataset::open(*samples_, label, "", host_, job);
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? std::move(opened.value()) : nullptr;
  }
  /// Values of a measure that its class is by, and the quantiles.
  std::vector<double> values(std::size_t measure, bool magnitude) const {
    std::vector<double> found;
    for (std::size_t row = 0; row < samples_->size(); ++row) {
      const double value = samples_->label(row, measure);
      found.push_back(magnitude ? std::abs(value) : value);
    }
    return found;
  }

  rpc::DatasetExportSpec spec_;
  std::optional<Samples> samples_;
};

TEST_F(PublicFormTest, ClassesGoByTheRuleOfEachMeasure) {
  ASSERT_EQ(samples_->failures().size(), 0u);
  const auto quartiles = [](std::vector<double> sorted) {
    std::sort(sorted.begin(), sorted.end());
    // Of 16 values the percentiles lie at 3.75 and 11.25.
    return std::pair(sorted[3] + 0.75 * (sorted[4] - sorted[3]),
                     sorted[11] + 0.25 * (sorted[12] - sorted[11]));
  };
  const std::vector<double> cmrr = values(0, false), offset = values(1, true);
  const auto [cmrr_low, cmrr_high] = quartiles(cmrr);
  const auto [offset_low, offset_high] = quartiles(offset);
  struct Case {
    const char* label;
    bool balanced;
    const char* name;
    std::size_t pictures;
  };
  for (const Case& test :
       {Case{"-cmrr", false, "OTA4_CMRR_False", 16}, Case{"-cmrr", true, "OTA4_CMRR_True", 8},
        Case{"offset", false, "OTA4_Offset_Voltage_False", 16},
        Case{"", true, "OTA4_CMRR_True", 8}}) {
    const PictureGroup made = group(exported(test.label, test.balanced));
    EXPECT_EQ(made.name, test.name);
    EXPECT_EQ(made.size(), test.pictures) << test.name;
    EXPECT_EQ(std::count(made.classes.begin(), made.classes.end(), 1), 4) << test.name;
    const bool by_offset = std::string(test.label) == "offset";
    int part = 0;
    for (std::size_t i = 0; i < made.size(); ++i) {
      const std::uint32_t row = made.rows[i];
      const bool worst = by_offset ? offset[row] > offset_high : cmrr[row] <= cmrr_low;
      EXPECT_EQ(made.classes[i], worst ? 1 : 0);
      if (test.balanced && !worst) EXPECT_GE(cmrr[row], cmrr_high);
      // The public code trains with what comes first.
      EXPECT_GE(static_cast<int>(samples_->split(row)), part);
      part = static_cast<int>(samples_->split(row));
    }
  }
}

TEST_F(PublicFormTest, PicturesAreThoseOfThePlacementsChannelsLast) {
  const auto file = exported("", false);
  const PictureGroup made = group(file);
  const auto of = dataset("");
  ASSERT_TRUE(of);
  const Example example = of->read(0).value();
  auto painter = images::Painter::create(example.design->circuit, example.design->tiles);
  ASSERT_TRUE(painter);
  std::vector<std::uint8_t> planes(painter.value().bytes());
  std::set<std::vector<std::uint8_t>> different;
  ASSERT_TRUE(read_pictures(
      file, made, [&](std::size_t at, std::span<const std::uint8_t> picture) -> Status {
        painter.value().paint(samples_->placement(made.rows[at], example.design->tiles), planes);
        for (std::size_t y = 0; y < 64; ++y)
          for (std::size_t x = 0; x < 64; ++x)
            for (std::size_t channel = 0; channel < 6; ++channel)
              EXPECT_EQ(picture[(y * 64 + x) * 6 + channel], planes[(channel * 64 + y) * 64 + x]);
        different.emplace(picture.begin(), picture.end());
        return ok();
      }));
  EXPECT_GT(different.size(), 5u);
}

TEST_F(PublicFormTest, WhatIsExportedIsRecognisedAndImportedWithTheSameRows) {
  const auto file = exported("offset", true);
  for (const Json& more : {Json::object(), Json{{"form", "public"}}}) {
    CollectingSink sink;
    const auto imported = import(file, sink, more);
    ASSERT_TRUE(imported) << imported.error().text();
    EXPECT_EQ(imported.value()["count"], 16) << "all, not the balanced ones";
    EXPECT_EQ(file_bytes(sink.variants.at(0), "samples"), bytes(spec_.blocks[0]));
  }
  CollectingSink sink;
  const auto plain = import(file, sink, {{"form", "ptah"}});
  ASSERT_FALSE(plain);
  EXPECT_THAT(plain.error().text(), HasSubstr("public form"));
  const auto other = import(spec_.blocks[0], sink, {{"form", "public"}});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().text(), HasSubstr("no group of pictures"));
}

TEST_F(PublicFormTest, PicturesAndClassesOfOtherPlacementsAreNotTakenIn) {
  const PictureGroup made = group(exported("", false));
  const auto of = dataset("");
  ASSERT_TRUE(of);
  const auto refused = [&](const PictureGroup& changed, bool blank) {
    const auto file = folder("changed") / "changed.h5";
    const Status wrote =
        samples_->write(file, changed, [&](std::size_t, std::span<std::uint8_t> picture) -> Status {
          std::fill(picture.begin(), picture.end(), blank ? 0 : 1);
          return ok();
        });
    EXPECT_TRUE(wrote) << wrote.error().text();
    CollectingSink sink;
    const auto imported = import(file, sink);
    EXPECT_FALSE(imported);
    EXPECT_TRUE(sink.variants.empty());
    return imported ? std::string() : imported.error().message;
  };
  EXPECT_THAT(refused(made, true), HasSubstr("not of its placement"));
  PictureGroup changed = made;
  changed.classes[3] ^= 1;
  EXPECT_THAT(refused(changed, true), HasSubstr("other classes"));
  changed = made;
  changed.name = "OTA1_CMRR_False";
  EXPECT_THAT(refused(changed, true), HasSubstr("OTA4_CMRR_False"));
  changed = made;
  changed.about["label"] = "beauty";
  EXPECT_THAT(refused(changed, true), HasSubstr("beauty"));
}

TEST_F(PublicFormTest, ACircuitWithoutChannelsHasNoPictures) {
  spec_.blocks = {block(task(planned(8), 0, 8), "five").string()};
  spec_.form = DatasetForm::kPublic;
  CollectingSink sink;
  const auto made = export_samples(spec_, folder("export"), host_, sink);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().text(), HasSubstr("channels.json"));
}

// Pictures for people.

TEST_F(PublicFormTest, TheBestAndTheWorstAreDrawnWithoutTheTestPart) {
  rpc::DatasetRenderSpec draw;
  static_cast<rpc::StoredDataset&>(draw) = spec_;
  draw.count = 3;
  CollectingSink sink;
  const auto drawn = render_samples(draw, folder("drawn"), host_, sink);
  ASSERT_TRUE(drawn) << drawn.error().text();
  EXPECT_EQ(drawn.value()["label"], "-cmrr");
  EXPECT_EQ(drawn.value()["layouts"].size(), 6u);
  std::set<std::size_t> rows;
  double best = -1e9, worst = 1e9;
  for (const Json& layout : drawn.value()["layouts"]) {
    const std::size_t row = layout["index"];
    rows.insert(row);
    EXPECT_NE(samples_->split(row), Split::kTest);
    EXPECT_EQ(layout["label"], -samples_->label(row, 0));
    if (rows.size() % 2 == 1) best = std::max(best, layout["label"].get<double>());
    if (rows.size() % 2 == 0) worst = std::min(worst, layout["label"].get<double>());
  }
  EXPECT_EQ(rows.size(), 6u);
  EXPECT_LT(best, worst) << "they come in turn";
  EXPECT_EQ(drawn.value()["files"].size(), 7u);
  std::string sheet;
  for (const Json& file : drawn.value()["files"]) {
    const std::string png = bytes(file["path"].get<std::string>());
    EXPECT_EQ(png.substr(1, 3), "PNG");
    if (file["role"] == "sheet") sheet = png;
  }
  ASSERT_FALSE(sheet.empty());
  const auto again = render_samples(draw, folder("again"), host_, sink);
  ASSERT_TRUE(again);
  EXPECT_EQ(sheet, bytes(again.value()["files"].back()["path"].get<std::string>()));
}

TEST_F(PublicFormTest, OneLayoutIsDrawnWithItsDevicesAndChannels) {
  rpc::DatasetRenderSpec draw;
  static_cast<rpc::StoredDataset&>(draw) = spec_;
  draw.format = PictureFormat::kSvg;
  CollectingSink sink;
  std::size_t tests = 0;
  for (std::size_t row = 0; row < samples_->size(); ++row) {
    const bool test = samples_->split(row) == Split::kTest;
    if (test && tests++ > 0) continue;
    draw.index = static_cast<std::int64_t>(row);
    const auto drawn = render_samples(draw, folder("one"), host_, sink);
    ASSERT_TRUE(drawn) << drawn.error().text();
    ASSERT_EQ(drawn.value()["files"].size(), 1u);
    EXPECT_EQ(drawn.value()["layouts"][0].contains("label"), !test);
    const std::string svg = bytes(drawn.value()["files"][0]["path"].get<std::string>());
    EXPECT_THAT(svg, HasSubstr("<svg"));
  }
  draw.index = 16;
  const auto beyond = render_samples(draw, folder("one"), host_, sink);
  ASSERT_FALSE(beyond);
  EXPECT_THAT(beyond.error().message, HasSubstr("0 to 15"));
}

TEST_F(SamplingTest, AFileOfOverlappingDevicesIsNotTakenIn) {
  const auto made = Samples::read(block(task(planned(2), 0, 2), "good"));
  ASSERT_TRUE(made);
  const Samples& good = made.value();
  Samples piled(good.about(), good.devices(), good.nets(), good.measures());
  Sample sample;
  sample.placement.tiles.resize(good.devices());
  sample.labels.assign(good.measures(), 1.0);
  piled.add(sample);
  const auto file = folder("piled") / "piled.h5";
  ASSERT_TRUE(piled.write(file));
  CollectingSink sink;
  const auto imported = run_task("samples.import", {{"name", "piled"}, {"file", file.string()}},
                                 folder("import"), host_, sink);
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().text(), HasSubstr("overlap"));
  EXPECT_TRUE(sink.variants.empty());
}

TEST_F(SamplingTest, AFileOfAnotherKindIsTold) {
  const auto file = folder("kinds") / "text.h5";
  ASSERT_TRUE(write_text_file(file, "no HDF5 at all", Durability::kCached));
  CollectingSink sink;
  const auto imported = run_task("samples.import", {{"name", "text"}, {"file", file.string()}},
                                 folder("import"), host_, sink);
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().text(), HasSubstr("HDF5"));
}

TEST_F(SamplingTest, LabelsAreLessIsBetter) {
  const Json about{
      {"measures",
       {{{"name", "offset"}, {"better", "magnitude"}}, {{"name", "cmrr"}, {"better", "more"}}}}};
  Samples samples(about, 1, 0, 2);
  Sample sample;
  sample.labels = {-0.25, 80};
  samples.add(sample);
  const auto value = [&](const char* label) {
    const auto rule = SampleLabel::parse(label, about);
    EXPECT_TRUE(rule) << label;
    return rule ? rule.value().of(samples, 0) : 0;
  };
  EXPECT_EQ(value("offset"), 0.25);
  EXPECT_EQ(value("|offset|"), 0.25);
  EXPECT_EQ(value(""), 0.25);
  EXPECT_EQ(value("-offset"), 0.25) << "its negative";
  EXPECT_EQ(value("-cmrr"), -80);
  EXPECT_EQ(value("cmrr"), 80);
  EXPECT_FALSE(SampleLabel::parse("beauty", about));
  const Json first{{"measures", {{{"name", "cmrr"}, {"better", "more"}}}}};
  EXPECT_EQ(SampleLabel::parse("", first).value().text(), "-cmrr");
}

TEST_F(SamplingTest, AModelLearnsFromADatasetAndNeverFromOneRunOnBothSides) {
  const Json plan = planned(40);
  const auto store = folder("store");
  std::vector<std::string> hashes;
  for (const int first : {0, 20}) {
    const std::string hash(64, first == 0 ? 'a' : 'b');
    const auto path = stored_path(store, hash);
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::copy_file(block(task(plan, first, 20), "block" + std::to_string(first)), path);
    hashes.push_back(hash);
  }
  rpc::TrainTask train;
  train.spec.model = "m";
  train.spec.dataset = "five";
  train.spec.trainer = "linear";
  train.set.dataset = rpc::SourceDataset{"five", std::string(64, 'c'), 1, hashes};
  train.dataset = "of this test";
  train.files = store.string();
  CollectingSink sink;
  const auto trained = train_model(train, folder("training"), host_, sink);
  ASSERT_TRUE(trained) << trained.error().text();
  ASSERT_EQ(sink.variants.size(), 1u);
  const Json& record = sink.variants[0]["record"];
  EXPECT_EQ(record["label"], "|offset|");
  EXPECT_EQ(record["dataset"]["name"], "five");
  EXPECT_EQ(record["dataset"]["layouts"], 40);

  auto samples = Samples::read(stored_path(store, hashes[0]));
  ASSERT_TRUE(samples);
  FlowJob job(sink, 0, folder("dataset"));
  auto dataset = SampleDataset::open(std::move(samples.value()), "", "", host_, job);
  ASSERT_TRUE(dataset) << dataset.error().text();
  std::map<std::string, Split> split_of_placement;
  for (std::size_t i = 0; i < dataset.value()->size(); ++i) {
    const auto example = dataset.value()->read(i);
    ASSERT_TRUE(example);
    EXPECT_EQ(example.value().label, dataset.value()->label(i));
    EXPECT_EQ(example.value().placement.tiles.size(), example.value().design->tiles.size());
    const auto [at, fresh] = split_of_placement.try_emplace(
        placement_key(example.value().placement), dataset.value()->split(i));
    EXPECT_EQ(at->second, dataset.value()->split(i));
  }
}

}  // namespace
}  // namespace ptah
