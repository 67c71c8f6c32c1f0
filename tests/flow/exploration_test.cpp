// Explorations: one account of what is spent, each new best a variant, and the same ones after any
// interruption.
#include <gmock/gmock.h>

#include <fstream>
#include <map>
#include <set>

#include "flow/design_space.hpp"
#include "flow/objective.hpp"
#include "flow_fixture.hpp"

namespace ptah {
namespace {

using ::testing::HasSubstr;

class ExplorationTest : public NativeFlowTest {
 protected:
  Json spec(const char* explorer, int evaluations, const Json& more = Json::object()) {
    Json spec{{"circuit", "five_transistors_ota"},
              {"seed", 3},
              {"flow", "explore"},
              {"judges", "none"},
              {"explore", {{"explorer", explorer}, {"evaluations", evaluations}}}};
    spec.update(more);
    return spec;
  }
  Json chain(const Json& spec) {
    const auto planned = plan(spec);
    EXPECT_TRUE(planned) << planned.error().text();
    if (!planned) return {};
    EXPECT_EQ(planned.value()["chains"].size(), 1u);
    return chain_task(planned.value()["common"], planned.value()["chains"][0]);
  }
  Result<Json> explore(const Json& chain, const std::string& name, CollectingSink& sink) {
    return run_task("chain", chain, folder(name), host_, sink);
  }
};

/// All but what the clock says.
void expect_same(const Json& a, const Json& b) {
  Json first = a["record"], second = b["record"];
  first.erase("explored_s");
  second.erase("explored_s");
  EXPECT_EQ(first.dump(), second.dump());
  for (const char* role : {"gds", "metrics", "metadata", "netlist", "post"})
    EXPECT_EQ(file_bytes(a, role), file_bytes(b, role)) << role;
}

TEST_F(ExplorationTest, EachNewBestIsAVariantAndTheBudgetIsKept) {
  CollectingSink sink;
  const auto done = explore(chain(spec("greedy", 40)), "all", sink);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(done.value()["evaluated"], 40);
  EXPECT_GT(done.value()["seconds"], 0);
  // One spec, and nothing but it keeps a layout from being feasible.
  ASSERT_EQ(done.value()["broken"].size(), 1u);
  std::int64_t reverted = 0;
  for (const auto& [reason, count] : done.value()["reverted"].items())
    reverted += count.get<std::int64_t>();
  EXPECT_EQ(done.value()["feasible"].get<std::int64_t>() +
                done.value()["broken"].front().get<std::int64_t>() + reverted,
            40);
  ASSERT_GE(sink.variants.size(), 3u);
  double best = std::numeric_limits<double>::infinity();
  std::int64_t evaluations = 0;
  for (const Json& variant : sink.variants) {
    const Json& record = variant["record"];
    EXPECT_GT(record["evaluations"], evaluations);
    evaluations = record["evaluations"];
    if (record["variant"] == 0 && record["cost"].is_null()) continue;  // A baseline breaks specs.
    EXPECT_TRUE(record["feasible"]);
    EXPECT_LT(record["cost"], best);
    best = record["cost"];
    // Parasitics of the tiles, then of the shortest wires, then of those there are.
    EXPECT_GT(record["floors_V"]["tiles"], 0);
    EXPECT_LT(record["floors_V"]["tiles"], record["floors_V"]["trees"]);
    EXPECT_LT(record["floors_V"]["trees"], record["pscore_V"]);
  }
  std::vector<double> told;
  for (const Json& event : sink.events) {
    if (event["event"] == "metric" && event["name"] == "best_cost") told.push_back(event["value"]);
  }
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back(), best);
}

TEST_F(ExplorationTest, InterruptedAtAnyBestItEndsWithTheSameOnes) {
  for (const char* explorer : {"annealing", "walk", "cmaes"}) {
    const Json task = chain(spec(explorer, 60, {{"specs", Json::array()}}));
    CollectingSink whole;
    ASSERT_TRUE(explore(task, std::string(explorer) + "whole", whole));
    ASSERT_GE(whole.variants.size(), 3u) << explorer;
    std::map<int, Json> variants;
    std::string checkpoint;
    Json last;
    int interruptions = 0;
    for (bool over = false; !over;) {
      Json part = task;
      if (!last.is_null()) {
        const auto name = std::string(explorer) + std::to_string(interruptions);
        const auto state = folder("resume") / ("state" + name);
        const auto file = folder("resume") / ("checkpoint" + name);
        std::ofstream(state) << file_bytes(last, "state");
        part["resume"] = {{"variant", last["variant"]}, {"files", {{"state", state.string()}}}};
        ASSERT_FALSE(checkpoint.empty());
        std::ofstream(file, std::ios::binary) << checkpoint;
        part["checkpoint"] = file.string();
      }
      CollectingSink sink;
      sink.cancel_after_variants = interruptions < 8 ? 1 + interruptions : 1000;
      const auto done =
          explore(part, std::string(explorer) + "part" + std::to_string(interruptions), sink);
      for (const Json& event : sink.events) {
        if (event["event"] == "variant") {
          const int number = event["variant"];
          if (variants.contains(number)) expect_same(variants[number], event);
          variants[number] = last = event;
        } else if (event["event"] == "checkpoint") {
          checkpoint = file_bytes({{"files", {event["file"]}}}, "checkpoint");
        }
      }
      // The baseline alone comes before the first checkpoint: from nothing, then.
      if (checkpoint.empty()) last = Json();
      over = done.has_value();
      if (over) {
        EXPECT_EQ(done.value()["evaluated"], 60) << explorer;
      } else {
        ASSERT_EQ(done.error().code, ErrorCode::kCancelled) << done.error().text();
        ++interruptions;
      }
    }
    EXPECT_GE(interruptions, 2) << explorer;
    ASSERT_EQ(variants.size(), whole.variants.size()) << explorer;
    for (const Json& variant : whole.variants) expect_same(variant, variants[variant["variant"]]);
  }
}

TEST_F(ExplorationTest, SpacesCanBeEnteredAndMovesAskedAbout) {
  const auto task = chain_spec_from_json(chain(spec("random", 5)));
  ASSERT_TRUE(task) << task.error().text();
  CollectingSink sink;
  const auto scratch = folder("entered");
  auto exploration = Exploration::create(task.value(), scratch, host_, sink);
  ASSERT_TRUE(exploration) << exploration.error().text();
  auto home =
      FlowLayoutSpace::create(*exploration.value(), 0, exploration.value()->assignments.at(0));
  ASSERT_TRUE(home);
  FlowDesignSpace design(*exploration.value(), std::move(home.value()));
  exploration.value()->home = &design.flow_home();
  ASSERT_TRUE(design.flow_home().make_baseline(true));
  ASSERT_TRUE(design.home().record());
  ASSERT_EQ(design.spent().evaluations, 1);

  const auto entered = design.enter(design.assignments().at(7));
  ASSERT_TRUE(entered) << entered.error().text();
  LayoutSpace& space = *entered.value();
  EXPECT_EQ(design.spent().evaluations, 1) << "nothing is evaluated";
  EXPECT_TRUE(space.placement().tiles.empty());
  const Moves shift{Shift{0, {100, 0}}};
  EXPECT_THAT(space.refusal(shift).value().value_or(""), HasSubstr("nothing is placed"));
  EXPECT_FALSE(space.step(shift, Fidelity::kScored).value().valid);
  const auto nothing = space.snapshot();
  const auto placed = space.step({Replace{5, {}}}, Fidelity::kScored);
  ASSERT_TRUE(placed && placed.value().valid);
  EXPECT_EQ(design.spent().evaluations, 2);
  EXPECT_GT(placed.value().outline_um2, 0);
  EXPECT_GT(placed.value().pscore_relative.value_or(0), 0);

  // Asking changes nothing, and says what a step would.
  const Placement before = space.placement();
  EXPECT_FALSE(space.refusal(shift).value());
  EXPECT_TRUE(space.refusal({Shift{0, {100'000, 0}}}).value());
  EXPECT_TRUE(space.refusal({Shift{0, {100, 0}}, Replace{1, {}}}).value());
  EXPECT_FALSE(space.refusal({Replace{1, {}}}).value());
  EXPECT_FALSE(space.refusal({Shift{99, {100, 0}}})) << "there is no such device";
  EXPECT_EQ(space.placement(), before);
  EXPECT_EQ(design.spent().evaluations, 2);

  // The same from nothing again.
  ASSERT_TRUE(space.restore(nothing));
  EXPECT_TRUE(space.placement().tiles.empty());
  const auto again = space.step({Replace{5, {}}}, Fidelity::kScored);
  ASSERT_TRUE(again);
  EXPECT_EQ(again.value().cost, placed.value().cost);

  ASSERT_TRUE(space.step({Replace{6, {}}}, Fidelity::kScored));
  ASSERT_TRUE(space.step({Replace{7, {}}}, Fidelity::kScored));
  EXPECT_TRUE(exhausted(design));
  EXPECT_TRUE(space.step({Replace{8, {}}}, Fidelity::kPlaced)) << "this costs nothing";
  const auto beyond = space.step({Replace{8, {}}}, Fidelity::kScored);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, ErrorCode::kLimit);
  EXPECT_EQ(design.open(design.assignments().at(9)).error().code, ErrorCode::kLimit);
}

TEST_F(ExplorationTest, ATotalWidthIsKept) {
  CollectingSink sink;
  const auto done = explore(
      chain(spec("exhaustive", 12,
                 {{"keep", "width"}, {"allowed_fingers", {2, 4, 8}}, {"specs", Json::array()}})),
      "width", sink);
  ASSERT_TRUE(done) << done.error().text();
  for (const Json& variant : sink.variants) {
    const std::string netlist = file_bytes(variant, "netlist");
    if (netlist.empty()) continue;  // Of an assignment that came before.
    for (const auto& [device, count] : variant["record"]["fingers"].items()) {
      // 1.05 um of the template, with the eight fingers that are the most.
      const double width = 1.05 * 8 / count.get<int>();
      std::string line = netlist.substr(netlist.find("\nX" + device) + 1);
      line.resize(line.find('\n'));
      const double written = std::stod(line.substr(line.find("w=") + 2));
      EXPECT_NEAR(written, width, 0.0026) << line;
    }
  }
}

TEST_F(ExplorationTest, ObjectivesDecideWhatIsBest) {
  for (const char* objective : {"area", "pscore_relative", "drift", "hpwl"}) {
    CollectingSink sink;
    const auto done =
        explore(chain(spec("random", 15, {{"objective", objective}, {"specs", Json::array()}})),
                objective, sink);
    ASSERT_TRUE(done) << objective << ": " << done.error().text();
    ASSERT_FALSE(sink.variants.empty());
    const Json& record = sink.variants.back()["record"];
    EXPECT_EQ(record["objective"], objective);
    ASSERT_TRUE(record["cost"].is_number()) << objective;
    EXPECT_GT(record["cost"], 0);
    if (record["objective"] == "area") {
      EXPECT_NEAR(record["cost"],
                  record["outline_um"][0].get<double>() * record["outline_um"][1].get<double>(),
                  1e-6);
    }
  }
}

TEST_F(ExplorationTest, APartOfTheAssignmentsIsAllThatIsOpened) {
  std::set<std::int64_t> parts[2];
  for (const char* part : {"train", "rest"}) {
    Json given = spec("random", 80, {{"specs", Json::array()}});
    given["explore"].update({{"part", part}, {"split_seed", 4}});
    CollectingSink sink;
    const auto done = explore(chain(given), part, sink);
    ASSERT_TRUE(done) << done.error().text();
    for (const Json& variant : sink.variants)
      parts[part == std::string("rest")].insert(
          variant["record"]["assignment"].get<std::int64_t>());
  }
  ASSERT_FALSE(parts[1].empty());
  for (const std::int64_t one : parts[1]) EXPECT_FALSE(parts[0].contains(one));
  // Where it begins is of the part, too.
  Json given = spec("random", 5, {{"indices", {*parts[0].begin()}}});
  given["explore"].update({{"part", "rest"}, {"split_seed", 4}});
  const auto planned = plan(given);
  ASSERT_FALSE(planned);
  EXPECT_THAT(planned.error().text(), HasSubstr("not of the part"));
}

TEST_F(ExplorationTest, WhatIsLearntIsHandedOnWhereItIsWanted) {
  CollectingSink none;
  Json given = spec("annealing", 5);
  given["explore"]["keep_model"] = "policy";
  const auto refused = explore(chain(given), "none", none);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("learns nothing"));
  EXPECT_TRUE(none.variants.empty()) << "nothing runs before";
  if (host_.find(PluginKind::kExplorer, "rl") == nullptr) GTEST_SKIP() << "there is no rl";
  const auto models = [](const CollectingSink& sink) {
    std::vector<Json> found;
    for (const Json& event : sink.events) {
      if (event["event"] == "model") found.push_back(event);
    }
    return found;
  };
  const auto hashes = [](const Json& event) {
    std::map<std::string, std::string> bytes;
    for (const Json& file : event["files"])
      bytes[file["dataset"]] = read_text_file(file["path"].get<std::string>()).value();
    return bytes;
  };
  given = spec("rl", 40);
  given["explore"]["keep_model"] = "policy";
  CollectingSink one, again;
  ASSERT_TRUE(explore(chain(given), "one", one));
  ASSERT_TRUE(explore(chain(given), "again", again));
  ASSERT_EQ(models(one).size(), 1u);
  const Json record = models(one)[0]["record"];
  EXPECT_EQ(record["explorer"], "rl");
  EXPECT_EQ(record["evaluations"], 40);
  EXPECT_EQ(record["objective"], "pscore");
  EXPECT_EQ(record, models(again)[0]["record"]);
  EXPECT_EQ(hashes(models(one)[0]), hashes(models(again)[0]));
  CollectingSink cancelled;
  cancelled.cancel_after_variants = 2;
  EXPECT_FALSE(explore(chain(given), "cancelled", cancelled));
  EXPECT_EQ(models(cancelled).size(), 1u) << "what was learnt until then";
  // Nobody wants it.
  given["explore"].erase("keep_model");
  CollectingSink silent;
  ASSERT_TRUE(explore(chain(given), "silent", silent));
  EXPECT_TRUE(models(silent).empty());
}

TEST_F(ExplorationTest, WhatCannotBeExploredIsRefused) {
  const auto refused = [&](const Json& spec) {
    const auto planned = plan(spec);
    return planned ? std::string("planned") : planned.error().text();
  };
  EXPECT_THAT(refused(spec("random", 5, {{"explore", {{"explorer", "random"}}}})),
              HasSubstr("needs a budget"));
  EXPECT_THAT(refused(spec("random", 5, {{"variants", 3}})), HasSubstr("no count of variants"));
  EXPECT_THAT(
      refused(spec("random", 5, {{"explore", {{"explorer", "random"}, {"seconds", -1.0}}}})),
      HasSubstr("more than 0"));
  // Nothing would have a cost.
  const auto bare = folder("bare") / "bare.sp";
  std::ofstream(bare) << ".subckt bare d g s b\nM0 d g s b sky130_fd_pr__nfet_01v8 w=1u l=0.15u "
                         "nf=ZZZ\n.ends\n";
  auto own = spec("random", 5, {{"netlist", bare.string()}});
  own.erase("circuit");
  EXPECT_THAT(refused(own), HasSubstr("needs a simulation"));
  own["objective"] = "area";
  EXPECT_EQ(refused(own), "planned");
  CollectingSink sink;
  const auto unknown = explore(chain(spec("clairvoyant", 5)), "unknown", sink);
  ASSERT_FALSE(unknown);
  EXPECT_THAT(unknown.error().text(), HasSubstr("clairvoyant"));
  // A run has no budget.
  CollectingSink other;
  auto run = spec("annealing", 5);
  run.erase("explore");
  run["variants"] = 2;
  Json task = chain(run);
  task["flow"]["stages"]["explorer"] = {{"plugin", "annealing"}, {"options", Json::object()}};
  const auto in_a_run = explore(task, "run", other);
  ASSERT_FALSE(in_a_run);
  EXPECT_EQ(in_a_run.error().code, ErrorCode::kUnsupported);
}

TEST(Drift, IsTheWorstRelativeChangeOfWhatASchematicHas) {
  std::vector<MeasureSpec> specs(3);
  specs[0].name = "gain";
  specs[0].kind = MeasureKind::kGain;
  specs[1].name = "offset";
  specs[1].kind = MeasureKind::kOffset;
  specs[2].name = "current";
  specs[2].kind = MeasureKind::kSupplyCurrent;
  const auto of = [](std::optional<double> gain, double offset, std::optional<double> current) {
    return std::vector<Measure>{
        {"gain", "dB", gain, ""}, {"offset", "V", offset, ""}, {"current", "A", current, ""}};
  };
  EXPECT_NEAR(*drift_of(specs, of(40, 0, 2), of(38, 5, 2.2)), 0.1, 1e-12);
  EXPECT_NEAR(*drift_of(specs, of(40, 0, std::nullopt), of(38, 5, 9)), 0.05, 1e-12);
  EXPECT_FALSE(drift_of(specs, of(40, 0, 2), of(38, 0, std::nullopt)));
}

}  // namespace
}  // namespace ptah
