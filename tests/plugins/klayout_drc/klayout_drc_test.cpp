// The generated deck in the real KLayout: every tile is clean, every kind of rule is broken by one
// grid step and kept at its value. All layouts of a test go through one process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>

#include "klayout_session.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/tech/generate.hpp"
#include "tiles.hpp"

namespace ptah::klayout {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

struct Case {
  std::string name;
  std::vector<Shape> shapes;
  std::string broken;  ///< This rule must be reported ...
  std::string kept;    ///< ... this one must not.
};

class KlayoutDrc : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto tool = find_tool("klayout", "klayout"); !tool)
      GTEST_SKIP() << tool.error().text();
    auto made = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-klayout");
    ASSERT_TRUE(made);
    folder_.emplace(std::move(made).value());
  }

  LayerId layer(std::string_view name) const { return technology_.layer(name); }

  LayoutFile write(const std::vector<Shape>& shapes, const std::string& top) {
    gds::Library library;
    gds::Cell cell;
    cell.name = top;
    for (const auto& [id, r] : shapes) {
      cell.polygons.push_back({technology_.layer(id).drawing,
                               {{r.x0, r.y0}, {r.x1, r.y0}, {r.x1, r.y1}, {r.x0, r.y1}}});
    }
    library.cells.push_back(std::move(cell));
    LayoutFile file{folder_->path() / (top + ".gds"), top, nullptr};
    EXPECT_TRUE(gds::write_file(library, file.gds));
    return file;
  }

  std::vector<Result<Report>> judge(const std::vector<LayoutFile>& files,
                                    const Technology& technology) {
    SimpleJobContext job(0, folder_->path());
    auto reports = examine(files, technology, {.wall_s = 300}, job);
    EXPECT_TRUE(reports) << reports.error().text();
    return reports ? std::move(reports).value() : std::vector<Result<Report>>{};
  }

  /// All cases side by side in one layout, far enough apart for every rule.
  void expect(const std::vector<Case>& cases) {
    constexpr Dbu kPitch = 80'000;
    std::vector<Shape> shapes;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      for (const Shape& shape : cases[i].shapes)
        shapes.push_back({shape.layer, shape.rect.moved({static_cast<Dbu>(i) * kPitch, 0})});
    }
    const auto reports = judge({write(shapes, "cases")}, technology_);
    ASSERT_EQ(reports.size(), 1u);
    ASSERT_TRUE(reports[0]) << reports[0].error().text();
    ASSERT_EQ(reports[0].value().errors,
              static_cast<std::int64_t>(reports[0].value().violations.size()))
        << "not every place is listed";
    std::vector<std::set<std::string>> rules(cases.size());
    for (const Violation& v : reports[0].value().violations) {
      const auto at = static_cast<std::size_t>((v.place.x0 + kPitch / 4) / kPitch);
      ASSERT_LT(at, rules.size());
      rules[at].insert(v.rule);
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (!cases[i].broken.empty()) {
        EXPECT_THAT(rules[i], Contains(cases[i].broken)) << cases[i].name;
      }
      if (!cases[i].kept.empty()) {
        EXPECT_THAT(rules[i], Not(Contains(cases[i].kept))) << cases[i].name;
      }
    }
  }

  const Technology& technology_ = Technology::ptah130();
  std::optional<ScratchDir> folder_;
};

// What a technology says goes through Ruby.
TEST_F(KlayoutDrc, ATechnologyRunsNothing) {
  const std::string pwned = (folder_->path() / "pwned").string();
  const auto shipped =
      read_text_file(std::filesystem::path(PTAH_SOURCE_DIR) / "configs/technologies/ptah130.yaml");
  ASSERT_TRUE(shipped);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string yaml = shipped.value();
    yaml.replace(yaml.find(from), from.size(), to);
    return Technology::parse(yaml, "t.yaml");
  };
  const std::vector<LayoutFile> layouts{write({{layer("met1"), {0, 0, 100, 1000}}}, "narrow")};
  const std::string name = "\"a' + %x{touch " + pwned + "} + '\"";
  for (const auto& named : {with("{id: m1.1, ", "{id: " + name + ", "),
                            with("{name: prBoundary,", "{name: " + name + ",")}) {
    EXPECT_FALSE(named);
    if (named) judge(layouts, named.value());
  }
  EXPECT_FALSE(std::filesystem::exists(pwned));

  // Sentences may say anything, and come back.
  const std::string sentence = "#{`touch " + pwned + "`} \"x\" \\ + `touch " + pwned + "`";
  const auto technology = with("text: Metal 1 width}", "text: '" + sentence + "'}");
  ASSERT_TRUE(technology) << technology.error().text();
  const auto reports = judge(layouts, technology.value());
  ASSERT_EQ(reports.size(), 1u);
  ASSERT_TRUE(reports[0]) << reports[0].error().text();
  ASSERT_FALSE(reports[0].value().violations.empty());
  EXPECT_THAT(reports[0].value().violations.front().text, HasSubstr(sentence));
  EXPECT_FALSE(std::filesystem::exists(pwned));
}

TEST_F(KlayoutDrc, AFolderMayHaveAnyName) {
  const auto strange = folder_->path() / "a b#{x} \"c\" 'd' \\ %x{touch pwned}\t;\n\xc3\xa9";
  std::filesystem::create_directory(strange);
  const LayoutFile plain = write({{layer("met1"), {0, 0, 1000, 1000}}}, "wide");
  const LayoutFile moved{strange / "wide.gds", "wide", nullptr};
  std::filesystem::rename(plain.gds, moved.gds);
  SimpleJobContext job(0, strange);
  const auto reports = examine({&moved, 1}, technology_, {.wall_s = 300}, job);
  ASSERT_TRUE(reports) << reports.error().text();
  ASSERT_TRUE(reports.value()[0]) << reports.value()[0].error().text();
  EXPECT_EQ(reports.value()[0].value().errors, 0);
}

TEST_F(KlayoutDrc, TilesOfEveryDeviceAreClean) {
  std::vector<LayoutFile> files;
  std::vector<std::string> names;
  for (const DeviceModel& model : technology_.devices()) {
    Device device;
    device.name = "D1";
    device.model = model.name;
    device.kind = model.kind;
    for (std::size_t i = 0; i < model.terminals; ++i) device.nets.push_back(static_cast<NetId>(i));
    const bool mos = model.kind == DeviceKind::kNmos || model.kind == DeviceKind::kPmos;
    device.width =
        mos ? 1050
            : std::max<Dbu>(model.min_width, model.kind == DeviceKind::kCapacitor ? 5000 : 0);
    device.length = mos ? model.min_length : model.min_length + 4000;
    device.fingers = mos ? 2 : 1;
    const auto tile = sky130::generate_tile(device, technology_);
    ASSERT_TRUE(tile) << tile.error().text();
    files.push_back(write(tile.value().shapes, "t" + std::to_string(files.size())));
    names.push_back(model.name);
  }
  ASSERT_GE(files.size(), 15u);
  const auto reports = judge(files, technology_);
  ASSERT_EQ(reports.size(), files.size());
  for (std::size_t i = 0; i < reports.size(); ++i) {
    ASSERT_TRUE(reports[i]) << names[i] << ": " << reports[i].error().text();
    EXPECT_EQ(reports[i].value().errors, 0)
        << names[i] << ": "
        << (reports[i].value().violations.empty() ? ""
                                                  : reports[i].value().violations.front().text);
    EXPECT_TRUE(std::filesystem::is_regular_file(reports[i].value().file));
  }
}

// Widths, spacings (straight and corner to corner), areas, holes and cuts: every rule of a drawn
// layer, from the technology itself.
TEST_F(KlayoutDrc, EveryPlainRuleIsBrokenByOneStepAndKeptAtItsValue) {
  std::vector<Case> cases;
  for (const Rule& rule : technology_.rules()) {
    const auto id = technology_.find_layer(rule.layers.front());
    if (!id || !rule.when.empty() || (rule.layers.size() > 1 && rule.layers[1] != rule.layers[0]))
      continue;
    const Dbu v = static_cast<Dbu>(rule.value);
    const auto both = [&](const std::string& what, std::vector<Shape> bad,
                          std::vector<Shape> good) {
      cases.push_back({rule.id + " " + what + " broken", std::move(bad), rule.id, ""});
      cases.push_back({rule.id + " " + what + " kept", std::move(good), "", rule.id});
    };
    if (rule.kind == RuleKind::kWidth) {
      both("width", {{*id, {0, 0, v - 5, 9000}}}, {{*id, {0, 0, v, 9000}}});
    } else if (rule.kind == RuleKind::kSpacing) {
      const Rect a{0, 0, 4000, 4000};
      both("side by side", {{*id, a}, {*id, a.moved({4000 + v - 5, 500})}},
           {{*id, a}, {*id, a.moved({4000 + v, 500})}});
      both("corner to corner", {{*id, a}, {*id, a.moved({4000 + v - 5, 4000 + v - 5})}},
           {{*id, a}, {*id, a.moved({4000 + v, 4000 + v - 5})}});
    } else if (rule.kind == RuleKind::kArea) {
      const Dbu side =
          static_cast<Dbu>(std::ceil(std::sqrt(static_cast<double>(rule.value)) / 5)) * 5;
      both("area", {{*id, {0, 0, side, side - 10}}}, {{*id, {0, 0, side, side}}});
    } else if (rule.kind == RuleKind::kHoleArea) {
      const Dbu hole =
          static_cast<Dbu>(std::ceil(std::sqrt(static_cast<double>(rule.value)) / 5)) * 5;
      const auto ring = [&](Dbu h) {
        return std::vector<Shape>{{*id, {0, 0, 4000, 1000}},
                                  {*id, {0, 1000 + h, 4000, 3000}},
                                  {*id, {0, 0, 1000, 3000}},
                                  {*id, {1000 + hole, 0, 4000, 3000}}};
      };
      both("hole", ring(hole - 10), ring(hole));
    } else if (rule.kind == RuleKind::kCutSize) {
      both("small", {{*id, {0, 0, v, v - 5}}}, {{*id, {0, 0, v, v}}});
      both("large", {{*id, {0, 0, v + 5, v}}}, {{*id, {0, 0, v, v}}});
      both("overlapping", {{*id, {0, 0, v, v}}, {*id, {50, 0, v + 50, v}}},
           {{*id, {0, 0, v, v}}, {*id, {2 * v + 900, 0, 3 * v + 900, v}}});
    }
  }
  ASSERT_GT(cases.size(), 100u);
  expect(cases);
}

TEST_F(KlayoutDrc, RulesBetweenLayers) {
  std::vector<Case> cases;
  const auto both = [&](const std::string& rule, const std::string& what, std::vector<Shape> bad,
                        std::vector<Shape> good) {
    cases.push_back({rule + " " + what + " broken", std::move(bad), rule, ""});
    cases.push_back({rule + " " + what + " kept", std::move(good), "", rule});
  };
  const auto on = [&](std::string_view name, Rect r) { return Shape{layer(name), r}; };

  // A cut of 170 in metal: on all sides, then in one direction of the two.
  const Shape mcon = on("mcon", {0, 0, 170, 170});
  both("m1.4", "all sides", {mcon, on("met1", {-60, -25, 230, 230})},
       {mcon, on("met1", {-60, -30, 230, 230})});
  both("m1.5", "adjacent sides only", {mcon, on("met1", {-60, -30, 200, 230})},
       {mcon, on("met1", {-60, -30, 230, 200})});
  both("m1.5", "up and down", {mcon, on("met1", {-55, -55, 225, 225})},
       {mcon, on("met1", {-30, -60, 200, 230})});
  both("ct.4", "inside", {mcon, on("li1", {5, -100, 300, 300})},
       {mcon, on("li1", {0, 0, 170, 300})});
  // A contact stands on something.
  const Shape licon = on("licon1", {0, 0, 170, 170});
  both("licon.5a", "nothing below", {licon, on("li1", {-80, 0, 250, 170})},
       {licon, on("poly", {-80, -80, 250, 250}), on("li1", {-80, 0, 250, 170})});
  both("licon.17", "two below",
       {licon, on("poly", {-80, -80, 250, 250}), on("diff", {-80, -80, 250, 250})},
       {licon, on("poly", {-80, -80, 250, 250})});

  // A transistor: diffusion past the gate, poly past the gate, width.
  const auto gate = [&](Dbu beside, Dbu endcap, Dbu width) {
    return std::vector<Shape>{on("diff", {-beside, 0, 150 + 300, width}),
                              on("poly", {0, -endcap, 150, width + 200}),
                              on("nsdm", {-800, -800, 1500, width + 800})};
  };
  both("poly.7", "source", gate(245, 130, 420), gate(250, 130, 420));
  both("poly.8", "endcap", gate(300, 125, 420), gate(300, 130, 420));
  both("difftap.2", "width", gate(300, 130, 415), gate(300, 130, 420));
  both("poly.11", "bent gate",
       {on("diff", {0, 0, 2000, 2000}), on("poly", {900, -300, 1050, 1000}),
        on("poly", {900, 1000, 1500, 2300})},
       gate(300, 130, 420));
  both("poly.4", "poly beside diffusion",
       {on("diff", {0, 0, 1000, 1000}), on("poly", {1070, 0, 1300, 1000})},
       {on("diff", {0, 0, 1000, 1000}), on("poly", {1075, 0, 1300, 1000})});

  // Taps and implants.
  const auto tap = [&](Dbu from, Dbu to) {
    return std::vector<Shape>{on("diff", {0, 0, 1000, 1000}), on("tap", {from, 0, to, 1000}),
                              on("nsdm", {-125, -125, 1000, 1125}),
                              on("psdm", {from, -125, to + 125, 1125})};
  };
  both("difftap.3", "tap that does not abut", tap(1265, 2000), tap(1270, 2000));
  both("difftap.3", "tap that abuts", tap(1005, 2000), tap(1000, 2000));
  both("difftap.4", "short tap", tap(1000, 1285), tap(1000, 1290));
  auto bare = tap(1000, 2000);
  bare.back().rect.x1 -= 5;
  both("psd.5b", "no implant wanted where diffusion abuts", bare, tap(1000, 2000));
  both("nsd.5a", "implant", {on("diff", {0, 0, 1000, 1000}), on("nsdm", {-120, -125, 1125, 1125})},
       {on("diff", {0, 0, 1000, 1000}), on("nsdm", {-125, -125, 1125, 1125})});
  both("nsd.5a", "no implant at all", {on("diff", {0, 0, 1000, 1000})},
       {on("diff", {0, 0, 1000, 1000}), on("nsdm", {-125, -125, 1125, 1125})});
  both("nsd.7", "wrong implant",
       {on("diff", {0, 0, 1000, 1000}), on("psdm", {-125, -125, 1125, 1125}),
        on("nsdm", {1125, 0, 2000, 1000})},
       {on("diff", {0, 0, 1000, 1000}), on("psdm", {-125, -125, 1125, 1125}),
        on("nsdm", {1130, 0, 2000, 1000})});
  const auto far = [&](Dbu x) {
    return std::vector<Shape>{on("diff", {0, 0, 500, 500}), on("nsdm", {-125, -125, 625, 625}),
                              on("tap", {x, 0, x + 500, 500}),
                              on("psdm", {x - 125, -125, x + 625, 625})};
  };
  both("LU.2", "distance", far(15505), far(15000));
  auto blocked = far(15000);
  blocked.push_back(on("nwell", {5000, -20000, 9000, 20000}));
  cases.push_back({"LU.2 behind a well", blocked, "LU.2", ""});
  both("nwell.4", "tap", {on("nwell", {0, 0, 3000, 3000})},
       {on("nwell", {0, 0, 3000, 3000}), on("tap", {1000, 1000, 1500, 1500}),
        on("nsdm", {800, 800, 1700, 1700})});
  both("difftap.8", "well",
       {on("nwell", {-175, -180, 1180, 1180}), on("diff", {0, 0, 1000, 1000}),
        on("psdm", {-125, -125, 1125, 1125})},
       {on("nwell", {-180, -180, 1180, 1180}), on("diff", {0, 0, 1000, 1000}),
        on("psdm", {-125, -125, 1125, 1125})});

  // Wide metal, also what is attached to it.
  const Shape plane = on("met1", {0, 0, 3005, 5000});
  both("m1.3a", "beside", {plane, on("met1", {3280, 0, 4000, 1000})},
       {plane, on("met1", {3285, 0, 4000, 1000})});
  both("m1.3a", "just wide", {plane, on("met1", {3200, 0, 4000, 1000})},
       {on("met1", {0, 0, 3000, 5000}), on("met1", {3200, 0, 4000, 1000})});
  both("m1.3b", "attached",
       {plane, on("met1", {3005, 0, 4000, 300}), on("met1", {3005, 500, 4000, 800})},
       {plane, on("met1", {3005, 0, 4000, 300}), on("met1", {3005, 580, 4000, 880})});

  // MIM plates.
  const auto plate = [&](Dbu x, Dbu around) {
    return std::vector<Shape>{on("capm", {x, 0, x + 4000, 4000}),
                              on("met3", {x - around, -140, x + 4140, 4140})};
  };
  const auto joined = [](std::vector<Shape> a, const std::vector<Shape>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  };
  both("capm.3", "bottom", plate(0, 135), plate(0, 140));
  both("capm.2b", "two bottoms", joined(plate(0, 140), plate(5475, 140)),
       joined(plate(0, 140), plate(5480, 140)));
  both("capm.2b", "two parts of one bottom",
       joined(joined(plate(0, 140), plate(5475, 140)), {on("met3", {4000, 1000, 6000, 2000})}),
       joined(joined(plate(0, 140), plate(5475, 140)), {on("met3", {4000, -140, 6000, 4140})}));
  both("capm.11", "foreign metal", joined(plate(0, 140), {on("met3", {4495, 0, 6000, 1000})}),
       joined(plate(0, 140), {on("met3", {4500, 0, 6000, 1000})}));
  both("capm.8", "via below", joined(plate(0, 400), {on("via2", {-335, 1000, -135, 1200})}),
       joined(plate(0, 400), {on("via2", {-340, 1000, -140, 1200})}));

  // Precision resistors.
  const auto resistor = [&](Dbu width, Dbu head) {
    return std::vector<Shape>{on("poly", {0, -head, width, 5000 + 2200}),
                              on("poly.res", {-100, 0, width + 100, 5000}),
                              on("rpm", {-600, -head - 300, width + 600, 7600})};
  };
  both("rpm.1b", "width", resistor(360, 2200), resistor(350, 2200));
  both("rpm.head", "head", resistor(350, 2095), resistor(350, 2100));
  auto crossing = resistor(350, 2200);
  crossing.push_back(on("poly", {900, 0, 1500, 300}));
  both("rpm.8", "crossing", crossing, resistor(350, 2200));

  // What is left beside a contact in a body, and beside a body in its wire.
  both("poly.3", "contact in the body",
       joined(resistor(350, 2200), {on("licon1", {80, -1900, 270, 100})}),
       joined(resistor(350, 2200), {on("licon1", {80, -2000, 270, 0})}));
  const auto wire = [&](Dbu left) {
    return std::vector<Shape>{on("li1", {0, 0, 1000, 3000}),
                              on("li1.res", {-100, 1000, 1000 - left, 2000})};
  };
  both("li.1", "beside a resistor", wire(165), wire(170));

  both("grid", "corner", {on("met1", {0, 0, 1002, 1000})}, {on("met1", {0, 0, 1005, 1000})});
  expect(cases);
}

TEST_F(KlayoutDrc, WhatIsNoLayoutIsAnErrorAndLeavesTheOthersAlone) {
  const Shape metal{layer("met1"), {0, 0, 1000, 1000}};
  const LayoutFile good = write({metal}, "good");
  LayoutFile absent = good;
  absent.top = "other";
  const LayoutFile hollow = write({}, "hollow");
  LayoutFile torn = write({metal}, "torn");
  std::filesystem::resize_file(torn.gds, std::filesystem::file_size(torn.gds) - 10);
  const auto reports = judge({absent, hollow, torn, good}, technology_);
  ASSERT_EQ(reports.size(), 4u);
  ASSERT_FALSE(reports[0]);
  EXPECT_EQ(reports[0].error().code, ErrorCode::kNotFound);
  ASSERT_FALSE(reports[1]);
  EXPECT_EQ(reports[1].error().code, ErrorCode::kInvalidArgument);
  ASSERT_FALSE(reports[2]);
  EXPECT_EQ(reports[2].error().code, ErrorCode::kParse);
  ASSERT_TRUE(reports[3]) << reports[3].error().text();
  EXPECT_EQ(reports[3].value().errors, 0);
}

TEST_F(KlayoutDrc, AConditionThatTheDeckDoesNotKnowIsNoVerdict) {
  std::ifstream file(std::filesystem::path(PTAH_SOURCE_DIR) / "configs/technologies/ptah130.yaml");
  std::string yaml{std::istreambuf_iterator<char>(file), {}};
  const std::string known = "when: over n-well";
  const std::size_t at = yaml.find(known);
  ASSERT_NE(at, std::string::npos);
  yaml.replace(at, known.size(), "when: the moon is full");
  const std::string models = "\nmodels: ptah130_models.yaml";
  if (const std::size_t m = yaml.find(models); m != std::string::npos) yaml.erase(m, models.size());
  const auto strange = Technology::parse(yaml, "strange.yaml");
  ASSERT_TRUE(strange) << strange.error().text();
  const auto reports =
      judge({write({{layer("met1"), {0, 0, 1000, 1000}}}, "top")}, strange.value());
  ASSERT_EQ(reports.size(), 1u);
  ASSERT_FALSE(reports[0]);
  EXPECT_EQ(reports[0].error().code, ErrorCode::kToolFailed);
  EXPECT_THAT(reports[0].error().text(), HasSubstr("lvtn.10"));
}

TEST_F(KlayoutDrc, WithoutTheProgramTheErrorSaysHowToGetIt) {
  const LayoutFile file = write({{layer("met1"), {0, 0, 1000, 1000}}}, "top");
  const std::string path = std::getenv("PATH");
  ASSERT_EQ(setenv("PATH", "/nowhere", 1), 0);
  SimpleJobContext job(0, folder_->path());
  const auto reports = examine({&file, 1}, technology_, {}, job);
  setenv("PATH", path.c_str(), 1);
  ASSERT_FALSE(reports);
  EXPECT_EQ(reports.error().code, ErrorCode::kToolMissing);
  EXPECT_THAT(reports.error().text(), HasSubstr("install klayout"));
}

}  // namespace
}  // namespace ptah::klayout
