// Scores of real layouts by the native engines, and of everything that is no layout.
#include <algorithm>
#include <fstream>

#include "flow/score_input.hpp"
#include "flow_fixture.hpp"
#include "ptah/layout/gds.hpp"

namespace ptah {
namespace {

class ScoreTest : public NativeFlowTest {
 protected:
  void SetUp() override {
    NativeFlowTest::SetUp();
    if (HasFatalFailure() || IsSkipped()) return;
    // A baseline and moves of it, unjudged.
    auto planned = plan({{"circuit", "five_transistors_ota"},
                         {"variants", 4},
                         {"seed", 3},
                         {"judges", "none"},
                         {"flow", "native"}});
    ASSERT_TRUE(planned.has_value()) << planned.error().text();
    const auto done =
        run_task("chain", chain_task(planned.value()["common"], planned.value()["chains"][0]),
                 folder("chain"), host_, made_);
    ASSERT_TRUE(done.has_value()) << done.error().text();
    ASSERT_EQ(made_.variants.size(), 5u);
    for (std::size_t v = 0; v < made_.variants.size(); ++v) {
      ASSERT_TRUE(write_text_file(gds(v), file_bytes(made_.variants[v], "gds")).has_value());
    }
  }

  std::string gds(std::size_t variant) const {
    return (folder("made") / ("v" + std::to_string(variant) + ".gds")).string();
  }
  const Json& record(std::size_t variant) const { return made_.variants[variant]["record"]; }

  Result<Json> score(const Json& layout, Json more = Json::object()) {
    Json spec{{"layout", layout}, {"circuit", "five_transistors_ota"}};
    spec.update(more);
    CollectingSink sink;
    return run_task("score.layout", spec, folder("score"), host_, sink);
  }
  std::string rewritten(const char* name, const gds::Library& library) {
    const auto file = folder("edited") / name;
    EXPECT_TRUE(gds::write_file(library, file).has_value());
    return file.string();
  }
  gds::Library library(std::size_t variant) const { return gds::read_file(gds(variant)).value(); }
  /// Its error, a sentence with what to do.
  std::string refusal(const Result<Json>& result) {
    EXPECT_TRUE(result.has_error());
    if (!result.has_error()) return "";
    EXPECT_FALSE(result.error().message.empty());
    EXPECT_EQ(result.error().message.find('\n'), std::string::npos);
    return result.error().text();
  }

  CollectingSink made_;
};

/// Does to the cell what `wires` of an answer asks for.
void rewire(gds::Cell& cell, const Json& wires) {
  const auto points = [](const Json& item) {
    std::vector<Point> list;
    for (const Json& p : item["points_um"]) list.push_back({from_um(p[0]), from_um(p[1])});
    return list;
  };
  const auto layer = [](const Json& item) {
    return GdsLayer{item["layer"].get<std::int16_t>(), item["datatype"].get<std::int16_t>()};
  };
  for (const Json& item : wires["remove"]) {
    const auto found =
        std::find_if(cell.polygons.begin(), cell.polygons.end(), [&](const gds::Polygon& each) {
          return each.layer == layer(item) && each.points == points(item);
        });
    ASSERT_NE(found, cell.polygons.end()) << item;
    cell.polygons.erase(found);
  }
  for (const Json& item : wires["remove_texts"]) {
    std::erase_if(cell.texts, [&](const gds::Text& each) { return each.text == item["text"]; });
  }
  for (const Json& item : wires["add"]) cell.polygons.push_back({layer(item), points(item)});
  for (const Json& item : wires["add_texts"]) {
    cell.texts.push_back(
        {layer(item), {from_um(item["at_um"][0]), from_um(item["at_um"][1])}, item["text"]});
  }
}

TEST_F(ScoreTest, WiresOfADrawingFollowADeviceThatIsMoved) {
  const auto clean = score({{"path", gds(0)}}, {{"places", true}});
  ASSERT_TRUE(clean.has_value()) << clean.error().text();
  const Json& placement = clean.value()["placement"];
  ASSERT_EQ(placement["devices"].size(), 5u) << placement;
  CollectingSink sink;
  const auto routed = [&](const Json& devices, const std::string& drawing) {
    const Json spec{{"circuit", "five_transistors_ota"},
                    {"fingers", record(0)["fingers"]},
                    {"placement", devices},
                    {"wires_of", {{"path", drawing}}},
                    {"placement_before", placement["devices"]},
                    {"at_x_um", placement["at_um"][0]},
                    {"at_y_um", placement["at_um"][1]}};
    return run_task("score.placement", spec, folder("score"), host_, sink);
  };
  const auto same = routed(placement["devices"], gds(0));
  ASSERT_TRUE(same.has_value()) << same.error().text();
  for (const auto& [what, list] : same.value()["wires"].items())
    EXPECT_EQ(list, Json::array()) << what << " of a drawing that is right as it is";

  int moved = 0;
  for (std::size_t device = 0; device < 5; ++device) {
    // By 0.2 um along x a strap of the device's own lies beside its old place.
    for (const Point by : {Point{300, 0}, Point{-300, 0}, Point{0, 300}, Point{0, -300},
                           Point{200, -200}, Point{200, 200}}) {
      Json devices = placement["devices"];
      devices[device]["x_um"] = devices[device]["x_um"].get<double>() + to_um(by.x);
      devices[device]["y_um"] = devices[device]["y_um"].get<double>() + to_um(by.y);
      gds::Library edited = library(0);
      gds::Cell& top = edited.cells.back();
      top.references.at(device).at = top.references.at(device).at + by;
      const auto answer = routed(devices, rewritten("torn.gds", edited));
      ASSERT_TRUE(answer.has_value()) << answer.error().text();
      if (answer.value()["valid"] != true) continue;  // Too near to another device.
      ++moved;
      rewire(top, answer.value()["wires"]);
      const auto again = score({{"path", rewritten("rewired.gds", edited)}});
      ASSERT_TRUE(again.has_value()) << again.error().text();
      EXPECT_EQ(again.value()["valid"], true)
          << device << " by " << by.x << ", " << by.y << ": " << again.value()["reason"];
      EXPECT_DOUBLE_EQ(again.value()["pscore_V"].get<double>(),
                       answer.value()["pscore_V"].get<double>());
    }
  }
  EXPECT_GE(moved, 12);

  // Turned over where they stand: wires of terminals that were above lie on those that were below.
  int turned = 0;
  for (std::size_t device = 0; device < 5; ++device) {
    Json devices = placement["devices"];
    Json& place = devices[device];
    const std::string name = place["device"], before = place["orientation"];
    place["orientation"] = before == "R0"   ? "MX"
                           : before == "MX" ? "R0"
                           : before == "MY" ? "R180"
                                            : "MY";
    gds::Library edited = library(0);
    gds::Cell& top = edited.cells.back();
    gds::Reference& drawn = top.references.at(device);
    const Json& outline = placement["outlines_um"][name];
    drawn.mirror_x = !drawn.mirror_x;
    drawn.angle_deg = drawn.angle_deg == 0 ? 0 : 360 - drawn.angle_deg;
    drawn.at.y = from_um(outline[1].get<double>() + outline[3].get<double>() +
                         2 * placement["at_um"][1].get<double>()) -
                 drawn.at.y;
    const auto answer = routed(devices, rewritten("torn.gds", edited));
    ASSERT_TRUE(answer.has_value()) << answer.error().text();
    if (!answer.value()["overlaps"].empty()) continue;
    EXPECT_EQ(answer.value()["valid"], true) << name << ": " << answer.value()["reason"];
    ++turned;
    ASSERT_TRUE(answer.value().contains("wires")) << name;
    rewire(top, answer.value()["wires"]);
    const auto again = score({{"path", rewritten("rewired.gds", edited)}});
    ASSERT_TRUE(again.has_value()) << again.error().text();
    EXPECT_EQ(again.value()["valid"], true) << name << ": " << again.value()["reason"];
  }
  EXPECT_GE(turned, 3);
}

TEST_F(ScoreTest, IsTheScoreOfTheRunWithFingersReadOffTheLayout) {
  for (std::size_t variant = 0; variant < made_.variants.size(); ++variant) {
    const auto scored = score({{"path", gds(variant)}});
    ASSERT_TRUE(scored.has_value()) << scored.error().text();
    const Json& reply = scored.value();
    EXPECT_EQ(reply["valid"], true) << reply["reason"];
    EXPECT_EQ(reply["fingers"], record(variant)["fingers"]);
    EXPECT_DOUBLE_EQ(reply["pscore_V"].get<double>(), record(variant)["pscore_V"].get<double>());
    EXPECT_EQ(reply["devices"].size(), 5u);
    EXPECT_EQ(reply["area_um2"], record(variant)["area_um2"]);
    EXPECT_DOUBLE_EQ(reply["hpwl_um"].get<double>(), record(variant)["hpwl_um"].get<double>());
    EXPECT_TRUE(reply["seconds"].contains("total"));
    EXPECT_EQ(reply["measures"], record(variant)["measures"]);
    EXPECT_FALSE(reply["measures"].empty());
  }
}

TEST_F(ScoreTest, AKeptSessionAnswersAsAFreshOne) {
  std::vector<Json> kept;
  for (std::size_t variant : {0, 1, 2, 1, 0}) {
    auto scored = score({{"path", gds(variant)}}, {{"blame", true}, {"waveform", true}});
    ASSERT_TRUE(scored.has_value()) << scored.error().text();
    scored.value().erase("seconds");
    kept.push_back(scored.value());
  }
  EXPECT_EQ(kept[0], kept[4]);
  EXPECT_EQ(kept[1], kept[3]);
  EXPECT_GT(kept[0]["waveform"]["x"].size(), 100u);
  EXPECT_EQ(kept[0]["waveform"]["x"].size(), kept[0]["waveform"]["post"].size());
}

TEST_F(ScoreTest, HalvingTheNetBlamedMostHelpsMost) {
  for (std::size_t variant = 0; variant < made_.variants.size(); ++variant) {
    const auto scored = score({{"path", gds(variant)}}, {{"blame", true}});
    ASSERT_TRUE(scored.has_value()) << scored.error().text();
    const Json& nets = scored.value()["nets"];
    double shares = 0;
    for (std::size_t n = 0; n < nets.size(); ++n) {
      shares += nets[n]["blame"].get<double>();
      EXPECT_LE(nets[n]["blame_V"].get<double>(), nets[0]["blame_V"].get<double>());
      if (nets[n]["rail"] == true) {
        EXPECT_EQ(nets[n]["blame_V"], 0.0);
      }
    }
    EXPECT_NEAR(shares, 1, 1e-9);
    EXPECT_FALSE(nets[0]["shapes"].empty());
    double devices = 0;
    for (const Json& device : scored.value()["devices"]) devices += device["blame"].get<double>();
    EXPECT_GT(devices, 0);
    EXPECT_LT(devices, 1.0001) << "wires outside of devices are nobody's";
  }
}

TEST_F(ScoreTest, InlineDataIsTheFile) {
  std::ifstream file(gds(1), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      word = word << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += i + k > bytes.size() ? '=' : kDigits[word >> (18 - 6 * k) & 63];
    }
  }
  auto inline_score = score({{"data", text}}), file_score = score({{"path", gds(1)}});
  ASSERT_TRUE(inline_score.has_value()) << inline_score.error().text();
  inline_score.value().erase("seconds");
  file_score.value().erase("seconds");
  EXPECT_EQ(inline_score.value(), file_score.value());
  EXPECT_NE(refusal(score({{"data", "no base64!"}})).find("no base64"), std::string::npos);
  EXPECT_NE(refusal(score({{"data", "AAAA"}})).find("layout.data"), std::string::npos);
  EXPECT_NE(refusal(score({{"data", std::string(700'000, 'A')}})).find("512 KiB"),
            std::string::npos);
}

TEST_F(ScoreTest, ABrokenLayoutStillTellsWhatCanBeTold) {
  // A wire of met1 or met2 is gone.
  gds::Library edited = library(0);
  gds::Cell& top = edited.cells.back();
  ASSERT_GT(top.polygons.size(), 4u);
  const auto met1 = Technology::ptah130().layer(Technology::ptah130().layer("met1")).drawing;
  std::size_t gone = 0;
  std::erase_if(top.polygons,
                [&](const gds::Polygon& polygon) { return polygon.layer == met1 && gone++ < 3; });
  const auto scored = score({{"path", rewritten("open.gds", edited)}},
                            {{"fingers", record(0)["fingers"]}, {"blame", true}});
  ASSERT_TRUE(scored.has_value()) << scored.error().text();
  EXPECT_EQ(scored.value()["valid"], false);
  EXPECT_FALSE(scored.value()["reason"].get<std::string>().empty());
  EXPECT_EQ(scored.value()["lvs"]["native_lvs"]["clean"], false);
  EXPECT_NE(scored.value()["lvs"]["native_lvs"]["summary"].get<std::string>().find("in 2 pieces"),
            std::string::npos)
      << scored.value()["lvs"];
  EXPECT_TRUE(scored.value()["pscore_V"].is_null());
  EXPECT_EQ(scored.value()["devices"].size(), 5u) << "all devices are still drawn";
  // An open hides no finger.
  const auto read = score({{"path", rewritten("open.gds", edited)}});
  ASSERT_TRUE(read.has_value()) << read.error().text();
  EXPECT_EQ(read.value()["fingers"], record(0)["fingers"]);
  EXPECT_EQ(read.value()["reason"], scored.value()["reason"]);

  // A transistor is not drawn yet: how many fingers it will have, only the user knows.
  gds::Library begun = library(0);
  begun.cells.back().references.pop_back();
  const Json named{{"top", begun.cells.back().name}};
  const Json source{{"path", rewritten("begun.gds", begun)}};
  const std::string text = refusal(score(source, named));
  EXPECT_NE(text.find("none that could be M4; of its 5 devices 4 are there."), std::string::npos)
      << text;
  EXPECT_NE(text.find("finger counts are given"), std::string::npos) << text;
  Json given = named;
  given["fingers"] = record(0)["fingers"];
  const auto looked_at = score(source, given);
  ASSERT_TRUE(looked_at.has_value()) << looked_at.error().text();
  EXPECT_EQ(looked_at.value()["valid"], false);
  EXPECT_EQ(looked_at.value()["devices"].size(), 4u);
}

TEST_F(ScoreTest, AnotherCircuitOrOtherFingersAreSaid) {
  for (const char* circuit : {"miller_ota", "ahuja_ota", "ota_ff", "lpf"}) {
    const std::string text = refusal(score({{"path", gds(0)}}, {{"circuit", circuit}}));
    EXPECT_NE(text.find("transistors are not those of " + std::string(circuit)), std::string::npos)
        << text;
  }
  Json more = record(0)["fingers"];
  more["M0"] = more["M0"].get<int>() + 2;
  const auto scored = score({{"path", gds(0)}}, {{"fingers", more}});
  ASSERT_TRUE(scored.has_value()) << scored.error().text();
  EXPECT_EQ(scored.value()["valid"], false);
  EXPECT_TRUE(scored.value()["pscore_V"].is_null());
  EXPECT_NE(scored.value()["reason"].get<std::string>().find(
                "M0 (nfet_01v8) has " + record(0)["fingers"]["M0"].dump() + " of " +
                more["M0"].dump() + " fingers in the layout"),
            std::string::npos)
      << scored.value()["reason"];
}

TEST_F(ScoreTest, DesignRulesDoNotKeepAScoreAway) {
  gds::Library edited = library(0);
  const Technology& technology = Technology::ptah130();
  const auto met5 = technology.layer(technology.layer("met5")).drawing;
  edited.cells.back().polygons.push_back(
      {met5, {{-50'000, 0}, {-49'900, 0}, {-49'900, 100}, {-50'000, 100}}});
  const auto scored = score({{"path", rewritten("narrow.gds", edited)}});
  ASSERT_TRUE(scored.has_value()) << scored.error().text();
  EXPECT_EQ(scored.value()["valid"], false);
  const std::string reason = scored.value()["reason"];
  const std::string summary = scored.value()["drc"]["native_drc"]["summary"];
  // The summary ends with the first violation: its place follows, and not its text once more.
  EXPECT_EQ(reason.rfind("drc: native_drc: " + summary + " at (", 0), 0u) << reason;
  EXPECT_GT(scored.value()["drc"]["native_drc"]["errors"], 0);
  EXPECT_TRUE(scored.value()["pscore_V"].is_number());
  EXPECT_FALSE(scored.value().contains("score_reason"));

  // What keeps it away is named, whatever was found first.
  Json more = record(0)["fingers"];
  more["M0"] = more["M0"].get<int>() + 2;
  const auto both = score({{"path", rewritten("narrow.gds", edited)}}, {{"fingers", more}});
  ASSERT_TRUE(both.has_value()) << both.error().text();
  EXPECT_TRUE(both.value()["pscore_V"].is_null());
  EXPECT_EQ(both.value()["reason"].get<std::string>().rfind("drc: ", 0), 0u);
  EXPECT_EQ(both.value()["score_reason"].get<std::string>().rfind("lvs: ", 0), 0u)
      << both.value()["score_reason"];
}

TEST_F(ScoreTest, WhatIsNoLayoutOfTheCircuitGetsASentence) {
  gds::Library two = library(0);
  gds::Cell twin = two.cells.back();
  twin.name = "twin";
  two.cells.push_back(twin);
  const std::string tops = rewritten("two.gds", two);
  EXPECT_NE(refusal(score({{"path", tops}})).find("twin"), std::string::npos);
  EXPECT_TRUE(score({{"path", tops}}, {{"top", "twin"}}).has_value());
  EXPECT_NE(refusal(score({{"path", tops}}, {{"top", "third"}})).find("third"), std::string::npos);

  gds::Library empty;
  empty.cells.push_back({"nothing", {}, {}, {}});
  EXPECT_NE(refusal(score({{"path", rewritten("empty.gds", empty)}})).find("no shape"),
            std::string::npos);

  // Wires alone.
  gds::Library wires = library(0);
  wires.cells.back().references.clear();
  const std::string bare = rewritten("wires.gds", wires);
  EXPECT_NE(refusal(score({{"path", bare}}, {{"top", wires.cells.back().name}}))
                .find("transistors are not those"),
            std::string::npos);
  // With the fingers said it is an unfinished drawing.
  const auto started = score({{"path", bare}},
                             {{"top", wires.cells.back().name}, {"fingers", record(0)["fingers"]}});
  ASSERT_TRUE(started.has_value()) << started.error().text();
  EXPECT_EQ(started.value()["valid"], false);
  EXPECT_TRUE(started.value()["devices"].empty());

  const auto cut = folder("edited") / "cut.gds";
  std::ofstream(cut, std::ios::binary) << std::string("\0\6\0\2\2X\0\34", 8);
  EXPECT_FALSE(refusal(score({{"path", cut.string()}})).empty());
  EXPECT_FALSE(refusal(score({{"path", "/nowhere/at/all.gds"}})).empty());
  EXPECT_NE(refusal(score({{"path", gds(0)}}, {{"fingers", {{"M0", 7}}}})).find("M"),
            std::string::npos);
  EXPECT_NE(refusal(score({{"path", gds(0)}}, {{"circuit", "no_such"}})).find("no_such"),
            std::string::npos);
  EXPECT_NE(refusal(score({{"path", gds(0)}}, {{"flow", "no_such"}})).find("no_such"),
            std::string::npos);
}

gds::Reference instance(const std::string& cell, Dbu x, Dbu y = 0) {
  gds::Reference reference;
  reference.cell = cell;
  reference.at = {x, y};
  return reference;
}

/// Draws `cell` beside itself, `pitch` away; the twin's labels only where asked for.
void draw_beside(gds::Cell& cell, Dbu pitch, bool labels) {
  const gds::Cell twin = cell;
  for (gds::Polygon polygon : twin.polygons) {
    for (Point& point : polygon.points) point.x += pitch;
    cell.polygons.push_back(std::move(polygon));
  }
  for (gds::Text text : twin.texts) {
    text.at.x += pitch;
    if (labels) cell.texts.push_back(std::move(text));
  }
  for (gds::Reference reference : twin.references) {
    reference.at.x += pitch;
    cell.references.push_back(std::move(reference));
  }
}

TEST_F(ScoreTest, TwoCopiesInOneCellAreNoLayoutOfTheCircuit) {
  constexpr Dbu kPitch = 200'000;
  const Json given{{"fingers", record(0)["fingers"]}};
  for (const bool labels : {true, false}) {
    gds::Library edited = library(0);
    draw_beside(edited.cells.back(), kPitch, labels);
    const std::string file = rewritten("copies.gds", edited);
    for (const Json& more : {Json::object(), given}) {
      const auto scored = score({{"path", file}}, more);
      const std::string text = refusal(scored);
      EXPECT_NE(text.find(" holds 2 copies of five_transistors_ota, at ("), std::string::npos)
          << text;
      EXPECT_NE(text.find("`top`"), std::string::npos) << text;
      EXPECT_EQ(scored.error().code, ErrorCode::kInvalidArgument);
      EXPECT_EQ(scored.error().where, file);
    }
  }
  // The same labels nowhere: another generator's.
  gds::Library mute = library(0);
  mute.cells.back().texts.clear();
  EXPECT_TRUE(score({{"path", rewritten("mute.gds", mute)}}).has_value());
  draw_beside(mute.cells.back(), kPitch, false);
  EXPECT_NE(refusal(score({{"path", rewritten("mutes.gds", mute)}})).find("2 copies"),
            std::string::npos);

  // As cells: the error names the one to open.
  gds::Library chip = library(0);
  const std::string child = chip.cells.back().name;
  gds::Cell top{"chip", {}, {}, {}};
  for (const Dbu x : {0, 1, 2}) top.references.push_back(instance(child, x * kPitch));
  chip.cells.push_back(top);
  const std::string chips = rewritten("chip.gds", chip);
  const std::string text = refusal(score({{"path", chips}}));
  EXPECT_NE(text.find("The cell chip holds 3 copies"), std::string::npos) << text;
  EXPECT_NE(text.find("open the cell " + child), std::string::npos) << text;
  EXPECT_EQ(score({{"path", chips}}, {{"top", child}}).value()["valid"], true);
  // Wired together, however badly.
  const auto met1 = Technology::ptah130().layer(Technology::ptah130().layer("met1")).drawing;
  const gds::Polygon plate{met1, {{0, 0}, {3 * kPitch, 0}, {3 * kPitch, 50'000}, {0, 50'000}}};
  chip.cells.back().polygons.push_back(plate);
  EXPECT_NE(refusal(score({{"path", rewritten("short.gds", chip)}}))
                .find("3 copies of five_transistors_ota, instances of the cell " + child),
            std::string::npos);
  chip.cells.back().polygons.clear();
  // One of them is a layout of the circuit, however deep.
  chip.cells.back().references.resize(1);
  chip.cells.push_back({"frame", {}, {}, {instance("chip", 7'000)}});
  const auto one = score({{"path", rewritten("frame.gds", chip)}});
  ASSERT_TRUE(one.has_value()) << one.error().text();
  EXPECT_EQ(one.value()["pscore_V"], record(0)["pscore_V"]);
}

TEST_F(ScoreTest, ALayoutOfFiftyMegabytesIsRefusedUnlessACellIsNamed) {
  gds::Library big = library(0);
  const std::string circuit = big.cells.back().name;
  const auto met1 = Technology::ptah130().layer(Technology::ptah130().layer("met1")).drawing;
  gds::Cell chip{"chip", {}, {}, {}};
  for (int i = 0; i < 820'000; ++i) {
    const Dbu x = i % 1000 * 1000, y = i / 1000 * 1000;
    chip.polygons.push_back({met1, {{x, y}, {x + 500, y}, {x + 500, y + 500}, {x, y + 500}}});
  }
  big.cells.push_back(std::move(chip));
  const std::string file = rewritten("big.gds", big);
  EXPECT_GT(std::filesystem::file_size(file), 50u << 20);
  EXPECT_NE(refusal(score({{"path", file}}, {{"top", "chip"}})).find("`top`"), std::string::npos);
  const auto scored = score({{"path", file}}, {{"top", circuit}});
  ASSERT_TRUE(scored.has_value()) << scored.error().text();
  EXPECT_EQ(scored.value()["valid"], true) << scored.value()["reason"];
}

TEST_F(ScoreTest, ACancelledScoreStops) {
  CollectingSink sink;
  sink.cancel();
  const auto scored = run_task(
      "score.layout", {{"layout", {{"path", gds(0)}}}, {"circuit", "five_transistors_ota"}},
      folder("score"), host_, sink);
  ASSERT_TRUE(scored.has_error());
  EXPECT_EQ(scored.error().code, ErrorCode::kCancelled);
}

TEST_F(ScoreTest, APlacementScoresAsTheLayoutThatItBecomes) {
  CollectingSink sink;
  Json places = Json::array();
  const auto& devices = record(0)["fingers"];
  double x = 0;
  for (const char* name : {"M0", "M1", "M2", "M3", "M4"}) {
    places.push_back({{"device", name}, {"x_um", x}, {"y_um", 0.0}, {"orientation", "R0"}});
    x += 30;
  }
  const Json spec{{"circuit", "five_transistors_ota"}, {"fingers", devices}};
  const auto run = [&](const Json& placement, bool route) {
    Json full = spec;
    full["placement"] = placement;
    full["route"] = route;
    return run_task("score.placement", full, folder("score"), host_, sink);
  };
  const auto bare = run(places, false), routed = run(places, true);
  ASSERT_TRUE(bare.has_value()) << bare.error().text();
  EXPECT_EQ(bare.value()["overlaps"], Json::array());
  EXPECT_EQ(bare.value()["device_area_um2"], record(0)["device_area_um2"]);
  ASSERT_TRUE(routed.has_value()) << routed.error().text();
  EXPECT_EQ(routed.value()["valid"], true) << routed.value()["reason"];
  EXPECT_TRUE(routed.value()["pscore_V"].is_number());
  EXPECT_EQ(routed.value()["hpwl_um"], bare.value()["hpwl_um"]);

  Json stacked = places;
  stacked[1]["x_um"] = 0.0;
  const auto overlapping = run(stacked, true);
  ASSERT_TRUE(overlapping.has_value()) << overlapping.error().text();
  EXPECT_EQ(overlapping.value()["valid"], false);
  EXPECT_EQ(overlapping.value()["overlaps"][0]["a"], "M0");
  EXPECT_EQ(overlapping.value()["overlaps"][0]["b"], "M1");

  Json wrong = places;
  wrong[2]["x_um"] = 60.03;
  EXPECT_NE(refusal(run(wrong, true)).find("60.0"), std::string::npos);
  wrong = places;
  wrong.erase(4);
  EXPECT_NE(refusal(run(wrong, true)).find("M4"), std::string::npos);
  wrong[3]["orientation"] = "R90";
  EXPECT_NE(refusal(run(wrong, true)).find("R90"), std::string::npos);
}

TEST_F(ScoreTest, LayoutsOfAnotherGeneratorAreFoundAndScored) {
  const char* shared = std::getenv("PTAH_SHARED");
  const std::filesystem::path folder = shared == nullptr ? "" : std::string(shared) + "/layouts";
  if (shared == nullptr || !std::filesystem::exists(folder)) {
    GTEST_SKIP() << "PTAH_SHARED names no folder with layouts of another generator";
  }
  const std::pair<const char*, const char*> layouts[] = {
      {"five_transistors_ota", "five_transistors_ota_0.alignpdk.gds"},
      {"ota_ff", "ota_ff_0.osirispdk.gds"}};
  for (const auto& [circuit, name] : layouts) {
    // Their ports have no label on the pin purpose, their cells other names.
    const auto scored =
        score({{"path", (folder / name).string()}}, {{"circuit", circuit}, {"blame", true}});
    ASSERT_TRUE(scored.has_value()) << scored.error().text();
    const Json& reply = scored.value();
    EXPECT_EQ(reply["lvs"]["native_lvs"]["clean"], true) << reply["reason"];
    ASSERT_TRUE(reply["pscore_V"].is_number()) << reply["reason"];
    EXPECT_GT(reply["pscore_V"].get<double>(), 0.01);
    EXPECT_LT(reply["pscore_V"].get<double>(), 0.5);
    EXPECT_EQ(reply["devices"].size(), reply["fingers"].size());
    EXPECT_GT(reply["nets"][0]["blame"].get<double>(), 0.1);
    gds::Library twice = gds::read_file(folder / name).value();
    const std::string cell = twice.tops().front();
    const auto top = std::find_if(twice.cells.begin(), twice.cells.end(),
                                  [&](const gds::Cell& one) { return one.name == cell; });
    draw_beside(*top, 300'000, false);
    EXPECT_NE(refusal(score({{"path", rewritten("twice.gds", twice)}}, {{"circuit", circuit}}))
                  .find("holds 2 copies of " + std::string(circuit)),
              std::string::npos);
  }
}

}  // namespace
}  // namespace ptah
