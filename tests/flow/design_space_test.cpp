// What an explorer may rely on: steps of every kind, ways back, and a chain that is interrupted at
// any moment and ends with the same bytes.
#include "flow/design_space.hpp"

#include <gmock/gmock.h>

#include <fstream>

#include "flow_fixture.hpp"

namespace ptah {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class DesignSpaceTest : public FlowTest {
 protected:
  void open(const char* circuit, int variants = 3) {
    const auto planned = plan({{"circuit", circuit},
                               {"variants", variants},
                               {"seed", 5},
                               {"flow", "native"},
                               {"judges", "none"}});
    ASSERT_TRUE(planned) << planned.error().text();
    const auto spec =
        chain_spec_from_json(chain_task(planned.value()["common"], planned.value()["chains"][0]));
    ASSERT_TRUE(spec) << spec.error().text();
    spec_ = spec.value();
    scratch_folder_ = folder("chain");
    auto exploration = Exploration::create(spec_, scratch_folder_, host_, sink_);
    ASSERT_TRUE(exploration) << exploration.error().text();
    exploration_ = std::move(exploration.value());
    auto home = make_home();
    ASSERT_TRUE(home);
    ASSERT_TRUE(home->make_baseline(true));
    design_.emplace(*exploration_, std::move(home));
    exploration_->home = &design_->flow_home();
    ASSERT_TRUE(design_->home().record());
  }
  std::unique_ptr<FlowLayoutSpace> make_home() {
    auto home = FlowLayoutSpace::create(*exploration_, spec_.assignment,
                                        exploration_->assignments.at(spec_.assignment));
    EXPECT_TRUE(home) << home.error().text();
    return home ? std::move(home.value()) : nullptr;
  }
  LayoutSpace& home() { return design_->home(); }
  Evaluation step(const Moves& moves, Fidelity fidelity = Fidelity::kScored) {
    const auto found = home().step(moves, fidelity);
    EXPECT_TRUE(found) << found.error().text();
    return found ? found.value() : Evaluation{};
  }
  DeviceId device(const char* name) { return home().circuit().find_device(name); }

  ChainSpec spec_;
  std::filesystem::path scratch_folder_;
  CollectingSink sink_;
  std::unique_ptr<Exploration> exploration_;
  std::optional<FlowDesignSpace> design_;
};

void expect_same(const Evaluation& a, const Evaluation& b) {
  EXPECT_EQ(a.valid, b.valid);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.pscore, b.pscore);
  EXPECT_EQ(a.cost, b.cost);
  EXPECT_EQ(a.hpwl, b.hpwl);
}

TEST_F(DesignSpaceTest, StepsOfEveryKindGiveLayoutsThatTheChecksAccept) {
  open("five_transistors_ota");
  const auto baseline = home().snapshot();
  const DeviceId a = device("M1"), b = device("M2");
  const std::pair<const char*, Moves> steps[] = {
      {"a pair", {Shift{a, {0, 100}}, Shift{b, {0, 100}}}},
      {"swap", {Swap{a, b}}},
      {"turn", {Turn{device("M0"), Orientation::kR180}}},
      {"placed anew", {Replace{17, {{home().circuit().find_net("vout"), 50.0}}}}}};
  for (const auto& [name, moves] : steps) {
    ASSERT_TRUE(home().restore(baseline));
    const Placement before = home().placement();
    const Evaluation found = step(moves);
    EXPECT_TRUE(found.valid) << name << ": " << found.reason;
    EXPECT_EQ(found.fidelity, Fidelity::kScored);
    EXPECT_TRUE(found.pscore && *found.pscore > 0) << name;
    EXPECT_NE(home().placement(), before) << name;
  }
  // A whole placement, that of the last step.
  const Placement placement = home().placement();
  ASSERT_TRUE(home().restore(baseline));
  EXPECT_TRUE(step({Arrange{placement}}).valid);
  EXPECT_EQ(home().placement(), placement);
}

TEST_F(DesignSpaceTest, AStepGoesAsFarAsItIsAskedAndFurtherLater) {
  open("five_transistors_ota");
  const Moves moves{Shift{device("M0"), {100, 0}}};
  const Evaluation placed = step(moves, Fidelity::kPlaced);
  EXPECT_TRUE(placed.valid);
  EXPECT_FALSE(placed.pscore);
  EXPECT_GT(placed.hpwl, 0);
  EXPECT_EQ(step({}, Fidelity::kRouted).fidelity, Fidelity::kRouted);
  EXPECT_EQ(step({}, Fidelity::kChecked).fidelity, Fidelity::kChecked);
  const Evaluation scored = step({}, Fidelity::kScored);
  EXPECT_TRUE(scored.pscore);

  FlowLayoutSpace& space = design_->flow_home();
  auto other = make_home();
  ASSERT_TRUE(other->make_baseline(true));
  const auto at_once = other->step(moves, Fidelity::kScored);
  ASSERT_TRUE(at_once);
  expect_same(at_once.value(), scored);
  EXPECT_EQ(other->placement(), space.placement());
}

TEST_F(DesignSpaceTest, SnapshotsAndSavedBytesLeadToTheSameLayouts) {
  open("five_transistors_ota");
  ASSERT_TRUE(step({Shift{device("M3"), {0, -100}}}).valid);
  const auto snapshot = home().snapshot();
  const std::string bytes = home().save();
  const Moves on{Shift{device("M4"), {-100, 0}}};
  const Evaluation first = step(on);
  ASSERT_TRUE(home().restore(snapshot));
  expect_same(step(on), first);
  const std::string after = home().save();

  auto another = make_home();
  ASSERT_TRUE(another->load(bytes));
  const auto found = another->step(on, Fidelity::kScored);
  ASSERT_TRUE(found);
  expect_same(found.value(), first);
  EXPECT_EQ(another->save(), after) << "wires and all";

  EXPECT_FALSE(another->restore(snapshot)) << "of another space";
  EXPECT_FALSE(another->load("no layout"));
  EXPECT_FALSE(another->load(R"({"layout": 3})"));
}

TEST_F(DesignSpaceTest, WhatIsNotLegalSaysWhyAndChangesNothing) {
  open("five_transistors_ota");
  const Placement before = home().placement();
  const DeviceId m0 = device("M0");
  Placement overlapping = before;
  overlapping.tiles[0] = overlapping.tiles[1];
  Placement far = before;
  far.tiles[0].origin = {2'000'000'000, 0};
  far.tiles[0].slot = {1'999'999'000, -1000, 2'147'483'000, 100'000};
  const std::pair<const char*, Moves> refused[] = {{"grid: ", {Shift{m0, {50, 0}}}},
                                                   {"slot: ", {Shift{m0, {100'000, 0}}}},
                                                   {"slot: ", {Shift{m0, {2'147'483'600, 0}}}},
                                                   {"move: ", {Swap{m0, m0}}},
                                                   {"placement: ", {Arrange{overlapping}}},
                                                   {"placement: ", {Arrange{far}}},
                                                   {"placement: ", {Arrange{}}}};
  for (const auto& [reason, moves] : refused) {
    const Evaluation found = step(moves);
    EXPECT_FALSE(found.valid);
    EXPECT_THAT(found.reason, StartsWith(reason));
    EXPECT_EQ(home().placement(), before);
  }
  const auto nobody = home().step({Shift{99, {100, 0}}}, Fidelity::kPlaced);
  ASSERT_FALSE(nobody);
  EXPECT_EQ(nobody.error().code, ErrorCode::kInvalidArgument);
  const auto predicted = home().predict({before});
  ASSERT_FALSE(predicted);
  EXPECT_EQ(predicted.error().code, ErrorCode::kUnsupported);
}

#ifndef __SANITIZE_ADDRESS__  // It holds back what is freed.
TEST_F(DesignSpaceTest, AMillionInvalidStepsCostNoMemory) {
  open("five_transistors_ota");
  const auto resident = [] {
    std::ifstream file("/proc/self/statm");
    long size = 0, pages = 0;
    file >> size >> pages;
    return pages * 4;
  };
  const Moves moves{Shift{device("M0"), {100'000, 0}}};
  for (int i = 0; i < 1000; ++i) (void)step(moves, Fidelity::kPlaced);
  const long before = resident();
  for (int i = 0; i < 1'000'000; ++i) {
    const auto found = home().step(moves, Fidelity::kScored);
    ASSERT_TRUE(found);
    ASSERT_FALSE(found.value().valid);
  }
  EXPECT_LT(resident() - before, 1024) << "KiB";
  ASSERT_TRUE(step({Shift{device("M0"), {100, 0}}}).valid);
  const auto recorded = home().record();
  ASSERT_TRUE(recorded) << recorded.error().text();
  EXPECT_TRUE(recorded.value().valid);
}
#endif

TEST_F(DesignSpaceTest, OnlyARecordIsAVariantAndOnlyAsManyAsAreWanted) {
  open("five_transistors_ota", 1);
  ASSERT_EQ(sink_.variants.size(), 1u);
  ASSERT_TRUE(step({Shift{device("M0"), {100, 0}}}).valid);
  EXPECT_EQ(sink_.variants.size(), 1u);
  EXPECT_EQ(design_->next_variant(), 1);
  ASSERT_TRUE(home().record());
  EXPECT_EQ(sink_.variants.size(), 2u);
  EXPECT_EQ(sink_.variants[1]["record"]["variant"], 1);
  const auto more = home().record();
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error().code, ErrorCode::kLimit);
}

TEST_F(DesignSpaceTest, AnAssignmentIsOpenedWithTheBaselineOfItsOwnChain) {
  open("five_transistors_ota");
  auto same = design_->open(home().fingers());
  ASSERT_TRUE(same) << same.error().text();
  expect_same(same.value()->baseline(), home().baseline());
  EXPECT_EQ(same.value()->placement(), home().placement());

  const std::int64_t other = (spec_.assignment + 1) % exploration_->assignments.count();
  auto opened = design_->open(exploration_->assignments.at(other));
  ASSERT_TRUE(opened) << opened.error().text();
  EXPECT_EQ(sink_.variants.size(), 1u) << "not recorded";
  ASSERT_TRUE(opened.value()->record());
  const Json& event = sink_.variants.back();
  EXPECT_EQ(event["record"]["assignment"], other);
  EXPECT_EQ(event["record"]["variant"], 1);
  EXPECT_THAT(event["record"]["gds"].get<std::string>(),
              HasSubstr("_" + std::to_string(other) + "_from_" + std::to_string(spec_.assignment)));
  int tiles = 0;
  for (const Json& file : event["files"]) tiles += file["role"] == "tile";
  EXPECT_EQ(tiles, 5) << "the first of its assignment";
}

/// Runs a chain with the learning explorer and stops it again and again.
class Learner : public FlowTest {
 protected:
  void SetUp() override {
    FlowTest::SetUp();
    const auto loaded = host_.load(PTAH_STUB_DIR "/ptah_bandit.so");
    ASSERT_TRUE(loaded) << loaded.error().text();
    std::ofstream(folder("flows") / "learner.yaml")
        << "name: learner\nstages:\n  device_generator: {plugin: sky130_devices}\n"
           "  placer: {plugin: sequence_pair}\n  router: {plugin: maze}\n"
           "  extractor: {plugin: native_pex}\n  simulator: {plugin: ngspice_library}\n"
           "  explorer: {plugin: bandit}\nchecks:\n  - {plugin: native_drc}\n"
           "  - {plugin: native_lvs}\njudges: []\n";
    const auto planned = plan({{"circuit", "five_transistors_ota"},
                               {"variants", 25},
                               {"seed", 11},
                               {"judges", "none"},
                               {"flow", (folder("flows") / "learner.yaml").string()}});
    ASSERT_TRUE(planned) << planned.error().text();
    chain_ = chain_task(planned.value()["common"], planned.value()["chains"][0]);
  }
  Json chain_;
};

TEST_F(Learner, EndsWithTheSameBytesHoweverOftenItIsInterrupted) {
  CollectingSink whole;
  const auto undisturbed = run_task("chain", chain_, folder("whole"), host_, whole);
  ASSERT_TRUE(undisturbed) << undisturbed.error().text();
  ASSERT_EQ(whole.variants.size(), 26u);

  std::map<int, Json> variants;
  std::map<std::pair<std::string, int>, double> metrics;
  std::string checkpoint;
  Json last;
  int interruptions = 0;
  for (bool over = false; !over;) {
    Json spec = chain_;
    if (!last.is_null()) {
      Json files = Json::object();
      const auto state = folder("resume") / ("state" + std::to_string(interruptions));
      std::ofstream(state) << file_bytes(last, "state");
      spec["resume"] = {{"variant", last["variant"]}, {"files", {{"state", state.string()}}}};
      if (!checkpoint.empty()) {
        const auto file = folder("resume") / ("checkpoint" + std::to_string(interruptions));
        std::ofstream(file, std::ios::binary) << checkpoint;
        spec["checkpoint"] = file.string();
      }
    }
    CollectingSink sink;
    sink.cancel_after_variants = 2 + interruptions % 2;
    const auto done =
        run_task("chain", spec, folder("part" + std::to_string(interruptions)), host_, sink);
    for (const Json& event : sink.events) {
      if (event["event"] == "variant") {
        const int number = event["variant"];
        // What was recorded after the last checkpoint is recorded again, the same.
        if (variants.contains(number)) expect_same_variant(variants[number], event);
        variants[number] = last = event;
      } else if (event["event"] == "checkpoint") {
        checkpoint = file_bytes({{"files", {event["file"]}}}, "checkpoint");
      } else if (event["event"] == "metric") {
        metrics[{event["name"], event["step"]}] = event["value"];
      }
    }
    over = done.has_value();
    if (!over) {
      ASSERT_EQ(done.error().code, ErrorCode::kCancelled) << done.error().text();
      ++interruptions;
      ASSERT_LT(interruptions, 100);
    }
  }
  EXPECT_GE(interruptions, 5);
  ASSERT_EQ(variants.size(), whole.variants.size());
  for (const Json& variant : whole.variants)
    expect_same_variant(variant, variants[variant["variant"]]);
  for (const Json& event : whole.events) {
    if (event["event"] != "metric") continue;
    EXPECT_EQ((metrics[{event["name"], event["step"]}]), event["value"]);
  }
}

}  // namespace
}  // namespace ptah
