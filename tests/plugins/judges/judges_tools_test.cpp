// The judges over the real magic and netgen-lvs: one test for each thing that these tools need to
// be trusted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>

#include "magic_pex.hpp"
#include "netgen_lvs.hpp"
#include "ptah/core/run_tool.hpp"
#include "recognition/block_cell.hpp"
#include "samples.hpp"
#include "tiles.hpp"

namespace ptah {
namespace {

using ::testing::HasSubstr;

/// One transistor of two fingers with ports D, G, S, B.
class Judges : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = test::missing_tools(); !missing.empty())
      GTEST_SKIP() << missing;
    circuit_.name = "one";
    for (const char* name : {"D", "G", "S", "B"}) circuit_.nets.push_back({name});
    circuit_.ports = {0, 1, 2, 3};
    Device device;
    device.name = "M1";
    device.model = "sky130_fd_pr__nfet_01v8";
    device.nets = {0, 1, 2, 3};
    device.width = 1050;
    device.length = 150;
    device.fingers = 2;
    circuit_.devices = {device};
    auto tile = sky130::generate_tile(device, tech_);
    ASSERT_TRUE(tile) << tile.error().text();
    sample_.shapes = tile.value().shapes;
    for (const TilePin& pin : tile.value().pins) {
      const Shape& access = pin.access.front();
      sample_.labels.push_back({access.layer, access.rect.center(), pin.terminal, true});
    }
  }

  LayoutFile write(const test::Sample& sample, const std::string& name = "layout.gds") {
    const auto file = folder_.path() / name;
    EXPECT_TRUE(gds::write_file(test::side_by_side({sample}, tech_), file));
    return {file, "samples"};
  }
  Result<magic::Session> examine(const LayoutFile& layout, const magic::Limits& limits = {}) {
    SimpleJobContext job(0, folder_.path());
    return magic::examine(layout, {}, tech_, limits, job);
  }
  Result<Verdict> lvs(const LayoutFile& layout, const Circuit& circuit) {
    SimpleJobContext job(0, folder_.path());
    return netgen::compare(layout, circuit, tech_, {}, job);
  }
  Result<ExtractedNetlist> pex(const LayoutFile& layout) {
    SimpleJobContext job(0, folder_.path());
    return magic::extract(layout, circuit_, tech_, {}, job);
  }

  test::Folder folder_;
  const Technology& tech_ = Technology::ptah130();
  Circuit circuit_;
  test::Sample sample_;
};

TEST_F(Judges, CleanTileIsCleanAndMatches) {
  const LayoutFile layout = write(sample_);
  const auto session = examine(layout);
  ASSERT_TRUE(session) << session.error().text();
  EXPECT_EQ(session.value().drc_errors, 0);
  const auto verdict = lvs(layout, circuit_);
  ASSERT_TRUE(verdict) << verdict.error().text();
  EXPECT_TRUE(verdict.value().clean);
  EXPECT_EQ(verdict.value().summary, "match");
  EXPECT_EQ(verdict.value().errors, 0);
}

// What a technology says and where it lies goes through Tcl and through Magic's tech file.
TEST_F(Judges, ATechnologyRunsNothing) {
  const std::string pwned = (folder_.path() / "pwned").string();
  const auto shipped =
      read_text_file(std::filesystem::path(PTAH_SOURCE_DIR) / "configs/technologies/ptah130.yaml");
  ASSERT_TRUE(shipped);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string yaml = shipped.value();
    yaml.replace(yaml.find(from), from.size(), to);
    return Technology::parse(yaml, "t.yaml");
  };
  SimpleJobContext job(0, folder_.path());
  const auto named = with("name: sky130_fd_pr__nfet_01v8\n",
                          "name: 'sky130_fd_pr__nfet_01v8[exec touch " + pwned + "]'\n");
  EXPECT_FALSE(named);
  if (named) {
    ExtractedNetlist layout;
    layout.name = "one";
    layout.ports = {"D", "G", "S", "B"};
    layout.devices.push_back({"X0", "nfet", {"D", "G", "S", "B"}, {{"w", 1.05}, {"l", 0.15}}});
    circuit_.devices[0].model = "nfet";
    (void)netgen::compare_netlists(layout, circuit_, named.value(), {}, job);
  }
  EXPECT_FALSE(std::filesystem::exists(pwned));

  // Sentences may say anything, and come back.
  const std::string text = "Say [exec touch " + pwned + "] \"x\" \\ {$y";
  const auto technology = with("text: Metal 1 width}", "text: '" + text + "'}");
  ASSERT_TRUE(technology) << technology.error().text();
  sample_.shapes.push_back({tech_.layer("met1"), {20000, 3000, 20100, 4000}});
  const auto session = magic::examine(write(sample_), {}, technology.value(), {}, job);
  ASSERT_TRUE(session) << session.error().text();
  ASSERT_FALSE(session.value().violations.empty());
  EXPECT_EQ(session.value().violations.front().rule, "m1.1");
  EXPECT_THAT(session.value().violations.front().text, HasSubstr(text));
  EXPECT_FALSE(std::filesystem::exists(pwned));
}

TEST_F(Judges, AFolderMayHaveAnyName) {
  const auto strange = folder_.path() / "a b[exec touch pwned] \"c\" {d #{e} $f ;\n\xc3\xa9";
  std::filesystem::create_directory(strange);
  const auto file = strange / "layout.gds";
  ASSERT_TRUE(gds::write_file(test::side_by_side({sample_}, tech_), file));
  SimpleJobContext job(0, strange);
  const auto verdict = netgen::compare({file, "samples"}, circuit_, tech_, {}, job);
  ASSERT_TRUE(verdict) << verdict.error().text();
  EXPECT_TRUE(verdict.value().clean) << verdict.value().summary;
}

TEST_F(Judges, ViolationHasItsPlaceInNanometres) {
  const Rect lonely{20000, 3000, 20100, 4000};  // met1, 0.1 um wide
  sample_.shapes.push_back({tech_.layer("met1"), lonely});
  const auto session = examine(write(sample_));
  ASSERT_TRUE(session) << session.error().text();
  ASSERT_GT(session.value().drc_errors, 0);
  const Violation& first = session.value().violations.front();
  EXPECT_EQ(first.rule, "m1.1");
  EXPECT_TRUE(first.place.touches(lonely)) << first.place.x0 << " " << first.place.y0;
  EXPECT_LT(first.place.width(), 1000);
}

// Shapes on both sides of a rule: broken by one step, and just kept.
TEST_F(Judges, RulesBreakWhereTheTechnologySaysTheyDo) {
  const std::vector<test::RuleSample> all = test::rule_samples(tech_);
  std::vector<test::Sample> samples;
  for (const auto& each : all) samples.push_back(each.sample);
  const auto file = folder_.path() / "rules.gds";
  ASSERT_TRUE(gds::write_file(test::side_by_side(samples, tech_), file));
  const auto session = examine({file, "samples"});
  ASSERT_TRUE(session) << session.error().text();
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::set<std::string> found;
    for (const Violation& violation : session.value().violations) {
      if (static_cast<std::size_t>((violation.place.x0 + test::kPitch / 4) / test::kPitch) == i) {
        found.insert(violation.rule);
      }
    }
    if (all[i].rule.empty()) {
      EXPECT_TRUE(found.empty()) << all[i].sample.name << ": " << ::testing::PrintToString(found);
    } else {
      EXPECT_TRUE(found.count(all[i].rule))
          << all[i].sample.name << ": " << ::testing::PrintToString(found);
    }
  }
}

// Magic starts on a 10 nm grid and would snap odd multiples of 5 nm while reading.
TEST_F(Judges, ShapesOnOddGridPointsAreNotSnapped) {
  for (Shape& shape : sample_.shapes) shape.rect = shape.rect.moved({5, 5});
  for (auto& label : sample_.labels) label.at = label.at + Point{5, 5};
  const LayoutFile layout = write(sample_);
  const auto session = examine(layout);
  ASSERT_TRUE(session) << session.error().text();
  EXPECT_EQ(session.value().drc_errors, 0);
  EXPECT_EQ(lvs(layout, circuit_).value().summary, "match");
}

// Magic moves what lies between, and says nothing.
TEST_F(Judges, ShapesOffTheGridAreErrors) {
  EXPECT_TRUE(examine(write(sample_)).value().off_grid.empty());
  const Rect shifted{20001, 3000, 21001, 4000};
  sample_.shapes.push_back({tech_.layer("met1"), shifted});
  const auto session = examine(write(sample_));
  ASSERT_TRUE(session) << session.error().text();
  EXPECT_EQ(session.value().drc_errors, 0);
  ASSERT_EQ(session.value().off_grid.size(), 1u);
  EXPECT_EQ(session.value().off_grid[0].rule, "grid");
  EXPECT_EQ(session.value().off_grid[0].place, shifted);
}

TEST_F(Judges, LabelsOfCellsBelowAreNoPorts) {
  gds::Library library = test::side_by_side({sample_}, tech_);
  gds::Cell below{"below", {}, library.find("samples")->texts, {}};
  ASSERT_FALSE(below.texts.empty());
  for (gds::Text& text : below.texts) text.text = "other_" + text.text;
  for (const gds::Text& text : below.texts) {  // And a shape on the pin purpose, which is metal.
    const Point p = text.at;
    below.polygons.push_back(
        {text.layer,
         {{p.x - 5, p.y - 5}, {p.x + 5, p.y - 5}, {p.x + 5, p.y + 5}, {p.x - 5, p.y + 5}}});
  }
  for (gds::Cell& cell : library.cells) {
    if (cell.name == "samples") cell.references.push_back({"below", {0, 0}});
  }
  library.cells.push_back(below);
  const auto file = folder_.path() / "labels.gds";
  ASSERT_TRUE(gds::write_file(library, file));
  const auto verdict = lvs({file, "samples"}, circuit_);
  ASSERT_TRUE(verdict) << verdict.error().text();
  EXPECT_EQ(verdict.value().summary, "match");
}

// The bulk is tapped and named: `hierarchy on` would lose the capacitors to it, `hierarchy off`
// would give garbage areas.
TEST_F(Judges, ExtractionHasRightAreasAndCapacitorsToTheSubstrate) {
  const auto netlist = pex(write(sample_));
  ASSERT_TRUE(netlist) << netlist.error().text();
  ASSERT_EQ(netlist.value().devices.size(), 2u);
  double drain_and_source = 0;
  for (const ExtractedDevice& device : netlist.value().devices) {
    EXPECT_DOUBLE_EQ(device.parameters.at("w"), 1.05);
    EXPECT_DOUBLE_EQ(device.parameters.at("l"), 0.15);
    EXPECT_EQ(device.nets[1], "G");
    EXPECT_EQ(device.nets[3], "B");
    for (const char* area : {"ad", "as"}) {
      EXPECT_GE(device.parameters.at(area), 0);
      drain_and_source += device.parameters.at(area);
    }
  }
  // Two outer columns and the inner one: all diffusion outside the gates, 0.265 + 0.28 + 0.265 um
  // of 1.05 um at least.
  EXPECT_GE(drain_and_source, 0.81 * 1.05 - 1e-6);
  double to_bulk = 0;
  for (const ExtractedCapacitor& capacitor : netlist.value().capacitors) {
    EXPECT_GE(capacitor.farad, 0);
    if (capacitor.a == "B" || capacitor.b == "B") to_bulk += capacitor.farad;
  }
  EXPECT_GT(to_bulk, 0.1e-15);
  EXPECT_EQ(netlist.value().ports, (std::vector<std::string>{"D", "G", "S", "B"}));
}

// An untapped bulk would be "$SUB", and the flat netlist may crash Magic: the verdict stands
// anyway.
TEST_F(Judges, UntappedBulkIsAMismatchAndHasANameThatToolsAccept) {
  const LayerId tap = tech_.layer("tap");
  std::erase_if(sample_.shapes, [&](const Shape& shape) { return shape.layer == tap; });
  const LayoutFile layout = write(sample_);
  const auto session = examine(layout);
  ASSERT_TRUE(session) << session.error().text();
  EXPECT_GT(session.value().drc_errors, 0);  // LU.2
  EXPECT_THAT(session.value().devices_spice, HasSubstr(" VSUBS sky130_fd_pr__nfet_01v8"));
  const auto verdict = lvs(layout, circuit_);
  ASSERT_TRUE(verdict) << verdict.error().text();
  EXPECT_FALSE(verdict.value().clean);
  const auto netlist = pex(layout);
  if (!netlist) {
    EXPECT_THAT(netlist.error().text(), HasSubstr("no tap"));
  }
}

TEST_F(Judges, LaterJudgesOfTheJobReuseTheSession) {
  const LayoutFile layout = write(sample_);
  EXPECT_FALSE(examine(layout).value().reused);
  EXPECT_TRUE(examine(layout).value().reused);
  const LayoutFile copy = write(sample_, "copy.gds");
  EXPECT_TRUE(examine(copy).value().reused);
  sample_.shapes.push_back({tech_.layer("met1"), {20000, 0, 20500, 500}});
  EXPECT_FALSE(examine(write(sample_)).value().reused);
}

TEST_F(Judges, AHalfWrittenSessionIsNotBelieved) {
  const LayoutFile layout = write(sample_);
  ASSERT_TRUE(examine(layout));
  int spoiled = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    if (!entry.is_directory()) continue;
    std::ofstream(entry.path() / "magic.txt") << "PTAH TECH ptah130\nPTAH ERRORS 0\n";
    ++spoiled;
  }
  ASSERT_EQ(spoiled, 1);
  const auto again = examine(layout);
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_FALSE(again.value().reused);
}

// Magic would make an empty cell of that name and call it clean.
TEST_F(Judges, MissingOrEmptyTopCellIsAnError) {
  LayoutFile layout = write(sample_);
  layout.top = "elsewhere";
  EXPECT_EQ(examine(layout).error().code, ErrorCode::kNotFound);
  test::Sample empty;
  empty.shapes = {{tech_.layer("prBoundary"), {0, 0, 1000, 1000}}};
  const auto session = examine(write(empty));
  ASSERT_FALSE(session);
  EXPECT_THAT(session.error().text(), HasSubstr("holds nothing"));
}

// Magic reads what it can of a truncated file, and might find that clean.
TEST_F(Judges, TruncatedFileIsAnError) {
  const LayoutFile layout = write(sample_);
  std::filesystem::resize_file(layout.gds, std::filesystem::file_size(layout.gds) - 60);
  const auto session = examine(layout);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, ErrorCode::kParse);
}

TEST_F(Judges, CellNamesAreNotCode) {
  gds::Library library = test::side_by_side({sample_}, tech_);
  const auto proof = folder_.path() / "proof";
  library.cells[0].name = "x}; exec touch " + proof.string() + "; set y {";
  const auto file = folder_.path() / "evil.gds";
  if (const auto written = gds::write_file(library, file); written) {
    EXPECT_FALSE(examine({file, library.cells[0].name}));
    EXPECT_FALSE(examine({file, ""}));
  }
  EXPECT_FALSE(std::filesystem::exists(proof));
}

TEST_F(Judges, StartFilesOfMagicAreNotRead) {
  const auto home = folder_.path() / "home";
  std::filesystem::create_directories(home);
  const auto proof = folder_.path() / "proof";
  std::ofstream(home / ".magicrc") << "close [open " << proof.string() << " w]\n";
  const char* old = std::getenv("HOME");
  const std::string saved = old == nullptr ? "" : old;
  ::setenv("HOME", home.c_str(), 1);
  const auto session = examine(write(sample_));
  ::setenv("HOME", saved.c_str(), 1);
  EXPECT_TRUE(session);
  EXPECT_FALSE(std::filesystem::exists(proof));
}

TEST_F(Judges, CancelAndLimitsEndTheTool) {
  SimpleJobContext job(0, folder_.path());
  job.cancel();
  EXPECT_EQ(magic::examine(write(sample_), {}, tech_, {}, job).error().code, ErrorCode::kCancelled);
  magic::Limits limits;
  limits.wall_s = 0.01;
  EXPECT_EQ(examine(write(sample_, "other.gds"), limits).error().code, ErrorCode::kLimit);
}

/// A PDK whose tech files ask for these versions of Magic; "" leaves the file out.
class OldAndNewPdk : public Judges {
 protected:
  Result<magic::TechFile> chosen(const std::string& plain, const std::string& fresh) {
    const auto tech = folder_.path() / "sky130A/libs.tech/magic";
    std::filesystem::create_directories(tech);
    std::filesystem::create_directories(folder_.path() / "sky130A/libs.tech/ngspice");
    std::ofstream(folder_.path() / "sky130A/libs.tech/ngspice/sky130.lib.spice") << "*\n";
    const auto put = [&](const char* name, const std::string& version) {
      std::filesystem::remove(tech / name);
      if (!version.empty()) std::ofstream(tech / name) << " requires magic-" << version << "\n";
    };
    put("sky130A.tech", plain);
    put("sky130A.new.tech", fresh);
    const char* old = std::getenv("PDK_ROOT");
    const std::string saved = old == nullptr ? "" : old;
    ::setenv("PDK_ROOT", folder_.path().c_str(), 1);
    auto technology = Technology::resolve("sky130A");
    if (saved.empty()) {
      ::unsetenv("PDK_ROOT");
    } else {
      ::setenv("PDK_ROOT", saved.c_str(), 1);
    }
    if (!technology) return technology.error();
    SimpleJobContext job(0, folder_.path());
    return magic::tech_file(technology.value(), folder_.path(), job);
  }
};

TEST_F(OldAndNewPdk, NewestTechFileThatMagicCanReadIsTaken) {
  EXPECT_EQ(chosen("8.3.1", "99.0.0").value().file.filename(), "sky130A.tech");
  EXPECT_EQ(chosen("8.3.1", "8.3.2").value().file.filename(), "sky130A.new.tech");
  EXPECT_EQ(chosen("99.0.0", "8.3.2").value().file.filename(), "sky130A.new.tech");
  const auto none = chosen("99.0.0", "98.1.0");
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().text(), HasSubstr("needs magic 98.1.0"));
}

TEST_F(OldAndNewPdk, ATechnologyThatFailsToLoadIsNoVerdict) {
  const auto made = chosen("8.3.1", "");  // a file that holds nothing but the requires line
  ASSERT_TRUE(made) << made.error().text();
  ::setenv("PDK_ROOT", folder_.path().c_str(), 1);
  auto technology = Technology::resolve("sky130A");
  ::unsetenv("PDK_ROOT");
  SimpleJobContext job(0, folder_.path());
  const auto session = magic::examine(write(sample_), {}, technology.value(), {}, job);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, ErrorCode::kToolFailed);
}

// --- Netgen --------------------------------------------------------------------------------------

TEST_F(Judges, WidthOffByOneGridStepIsAMismatch) {
  circuit_.devices[0].width += tech_.grid();
  const auto verdict = lvs(write(sample_), circuit_);
  ASSERT_TRUE(verdict) << verdict.error().text();
  EXPECT_FALSE(verdict.value().clean);
  EXPECT_EQ(verdict.value().errors, 1);
  EXPECT_THAT(verdict.value().summary, HasSubstr("1.055"));
  EXPECT_THAT(verdict.value().summary, HasSubstr("(M1)"));
}

TEST_F(Judges, FingerCountMissingPortAndExchangedPortsAreMismatches) {
  const LayoutFile layout = write(sample_);
  Circuit fingers = circuit_;
  fingers.devices[0].fingers = 3;
  EXPECT_EQ(lvs(layout, fingers).value().summary,
            "the layout has 2 nfet_01v8 where the schematic has 3");
  // To Netgen alone, exchanged ports are a unique match.
  Circuit exchanged = circuit_;
  std::swap(exchanged.devices[0].nets[1], exchanged.devices[0].nets[3]);
  EXPECT_FALSE(lvs(layout, exchanged).value().clean);
  std::erase_if(sample_.labels, [](const auto& label) { return label.text == "G"; });
  EXPECT_EQ(lvs(write(sample_), circuit_).value().summary, "the layout has no port G");
  EXPECT_THAT(pex(write(sample_)).error().text(), HasSubstr("no port G"));
}

TEST_F(Judges, DrainAndSourceMayBeExchangedGateMayNot) {
  const LayoutFile layout = write(sample_);
  Circuit turned = circuit_;
  std::swap(turned.devices[0].nets[0], turned.devices[0].nets[2]);
  EXPECT_TRUE(lvs(layout, turned).value().clean);
  std::swap(turned.devices[0].nets[0], turned.devices[0].nets[1]);
  EXPECT_FALSE(lvs(layout, turned).value().clean);
}

/// The comparison alone, on netlists made up here.
class NetgenAlone : public Judges {
 protected:
  ExtractedNetlist layout(double first_um, double second_um) const {
    ExtractedNetlist netlist;
    netlist.ports = {"D", "G", "S", "B"};
    for (const double width : {first_um, second_um}) {
      netlist.devices.push_back({"X" + std::to_string(netlist.devices.size()),
                                 "sky130_fd_pr__nfet_01v8",
                                 {"D", "G", "S", "B"},
                                 {{"w", width}, {"l", 0.15}}});
    }
    return netlist;
  }
  Result<Verdict> compare(const ExtractedNetlist& netlist, const Circuit& circuit) {
    SimpleJobContext job(0, folder_.path());
    return netgen::compare_netlists(netlist, circuit, tech_, {}, job);
  }
};

// Netgen merges parallel devices unless told not to, and then compares no width at all.
TEST_F(NetgenAlone, ParallelFingersOfUnequalWidthAreAMismatch) {
  EXPECT_TRUE(compare(layout(1.05, 1.05), circuit_).value().clean);
  EXPECT_FALSE(compare(layout(1.05, 2.0), circuit_).value().clean);
  EXPECT_FALSE(compare(layout(2.1, 2.1), circuit_).value().clean);
  circuit_.devices[0].fingers = 1;
  circuit_.devices[0].width = 2100;
  EXPECT_FALSE(compare(layout(1.05, 1.05), circuit_).value().clean);
}

// Dummies of two widths beside the device whose net they lie on: Netgen sees four equal places.
TEST_F(NetgenAlone, DevicesThatOnlyTheirSizesTellApartFindEachOther) {
  Device& first = circuit_.devices.front();
  Device dummy = first;
  dummy.name = "M2";
  dummy.nets = {0, 3, 3, 3};
  circuit_.devices.push_back(dummy);
  dummy.name = "M3";
  dummy.width = 800;
  circuit_.devices.push_back(dummy);
  const auto drawn = [](std::vector<double> widths) {
    ExtractedNetlist netlist;
    netlist.name = "one";
    netlist.ports = {"D", "G", "S", "B"};
    int number = 0;
    const auto add = [&](const std::string& gate, const std::string& source, double width) {
      netlist.devices.push_back({"X" + std::to_string(number++),
                                 "sky130_fd_pr__nfet_01v8",
                                 {"D", gate, source, "B"},
                                 {{"w", width}, {"l", 0.15}}});
    };
    for (int i = 0; i < 2; ++i) add("G", "S", 1.05);
    for (const double width : widths) add("B", "B", width);
    return netlist;
  };
  for (const auto& widths : std::vector<std::vector<double>>{
           {1.05, 1.05, 0.8, 0.8}, {0.8, 1.05, 0.8, 1.05}, {0.8, 0.8, 1.05, 1.05}}) {
    const auto verdict = compare(drawn(widths), circuit_);
    ASSERT_TRUE(verdict) << verdict.error().text();
    EXPECT_TRUE(verdict.value().clean) << verdict.value().summary;
  }
  const auto wrong = compare(drawn({0.925, 0.925, 0.925, 0.925}), circuit_);
  ASSERT_TRUE(wrong) << wrong.error().text();
  EXPECT_FALSE(wrong.value().clean);
}

TEST_F(NetgenAlone, ResistorByValueIsJudgedByItsValue) {
  const DeviceModel& model = *tech_.find_device("res_generic_l1");
  Circuit circuit = circuit_;
  Device device;
  device.name = "R1";
  device.kind = DeviceKind::kResistor;
  device.model = model.name;
  device.nets = {0, 1};
  device.resistance_ohm = 18000;
  circuit.devices = {device};
  circuit.ports = {0, 1};
  ExtractedNetlist netlist;
  netlist.ports = {"G", "D"};
  const double length = to_um(model.length_for(18000, 290, tech_.grid()));
  netlist.devices = {{"R0", model.name, {"G", "D"}, {{"w", 0.29}, {"l", length}}}};
  EXPECT_EQ(compare(netlist, circuit).value().summary, "match");
  netlist.devices[0].parameters["l"] = length * 1.005;
  EXPECT_TRUE(compare(netlist, circuit).value().clean);
  netlist.devices[0].parameters["l"] = length * 1.02;
  const auto verdict = compare(netlist, circuit);
  EXPECT_FALSE(verdict.value().clean);
  EXPECT_THAT(::testing::PrintToString(verdict.value().violations.size()), ::testing::Ne("0"));
  // Given by size, the same resistor must have that size.
  circuit.devices[0].resistance_ohm.reset();
  circuit.devices[0].width = 290;
  circuit.devices[0].length = from_um(length);
  EXPECT_FALSE(compare(netlist, circuit).value().clean);
  netlist.devices[0].parameters["l"] = length;
  EXPECT_TRUE(compare(netlist, circuit).value().clean);
}

TEST_F(NetgenAlone, PlatesMayBeTurnedAndNotExchanged) {
  Circuit circuit = circuit_;
  Device device;
  device.name = "C1";
  device.kind = DeviceKind::kCapacitor;
  device.model = "sky130_fd_pr__cap_mim_m3_1";
  device.nets = {0, 1};
  device.width = 10000;
  device.length = 8000;
  circuit.devices = {device};
  circuit.ports = {0, 1};
  ExtractedNetlist netlist;
  netlist.ports = {"D", "G"};
  netlist.devices = {{"X0", device.model, {"D", "G"}, {{"w", 8}, {"l", 10}}}};
  EXPECT_EQ(compare(netlist, circuit).value().summary, "match");
  std::swap(netlist.devices[0].nets[0], netlist.devices[0].nets[1]);
  EXPECT_FALSE(compare(netlist, circuit).value().clean);
}

TEST_F(NetgenAlone, FixedWidthResistorIsItsGenericModel) {
  Circuit circuit = circuit_;
  Device device;
  device.name = "R1";
  device.kind = DeviceKind::kResistor;
  device.model = "sky130_fd_pr__res_high_po_0p35";
  device.nets = {0, 1, 3};
  device.width = 350;
  device.length = 10000;
  circuit.devices = {device};
  circuit.ports = {0, 1, 3};
  ExtractedNetlist netlist;
  netlist.ports = {"D", "G", "B"};
  netlist.devices = {
      {"X0", "sky130_fd_pr__res_high_po", {"D", "G", "B"}, {{"w", 0.35}, {"l", 10}}}};
  EXPECT_EQ(compare(netlist, circuit).value().summary, "match");
  netlist.devices[0].parameters["w"] = 0.69;
  EXPECT_FALSE(compare(netlist, circuit).value().clean);
}

TEST_F(NetgenAlone, InnerConnectionsCount) {
  // Two transistors in series through an inner net, against two in parallel.
  Circuit circuit = circuit_;
  circuit.devices[0].fingers = 1;
  Device second = circuit.devices[0];
  second.name = "M2";
  circuit.nets.push_back({"mid"});
  circuit.devices[0].nets = {0, 1, 4, 3};
  second.nets = {4, 1, 2, 3};
  circuit.devices.push_back(second);
  EXPECT_FALSE(compare(layout(1.05, 1.05), circuit).value().clean);
  ExtractedNetlist series = layout(1.05, 1.05);
  series.devices[0].nets = {"a_1_2#", "G", "D", "B"};
  series.devices[1].nets = {"S", "G", "a_1_2#", "B"};
  EXPECT_EQ(compare(series, circuit).value().summary, "match");
}

TEST_F(Judges, AFixedBlockIsABlackBox) {
  // The transistor as somebody's cell.
  gds::Library file = test::side_by_side({sample_}, tech_);
  const auto bytes = gds::write(file);
  auto block = std::make_shared<Block>();
  block->name = "switch";
  block->ports = {"D", "G", "S", "B"};
  std::vector<Note> notes;
  const Status bound = native::bind_cell(*block, {"switch.gds", bytes, "samples"}, tech_, notes);
  ASSERT_TRUE(bound) << bound.error().text();
  Device device;
  device.name = "X1";
  device.kind = DeviceKind::kBlock;
  device.model = "switch";
  device.nets = {0, 1, 2, 3};
  device.block = block;
  circuit_.devices = {device};
  Layout layout;
  layout.placement.tiles = {{{400, 700}, Orientation::kMY, {}}};
  const Transform t = transform(block->tile, layout.placement.tiles.front());
  const auto write_with = [&](const std::vector<std::string>& names, const std::string& name) {
    gds::Library library = gds::from_layout(circuit_, {block->tile}, layout, tech_, "top");
    for (std::size_t pin = 0; pin < names.size(); ++pin) {
      const Shape& access = block->tile.pins[pin].access.front();
      library.cells.back().texts.push_back(
          {tech_.layer(access.layer).pin, t(access.rect).center(), names[pin]});
    }
    const auto path = folder_.path() / name;
    EXPECT_TRUE(gds::write_file(library, path));
    return LayoutFile{path, "top"};
  };
  const auto right = lvs(write_with({"D", "G", "S", "B"}, "right.gds"), circuit_);
  ASSERT_TRUE(right) << right.error().text();
  EXPECT_TRUE(right.value().clean) << right.value().summary;
  const auto exchanged = lvs(write_with({"S", "G", "D", "B"}, "exchanged.gds"), circuit_);
  ASSERT_TRUE(exchanged) << exchanged.error().text();
  EXPECT_FALSE(exchanged.value().clean);
  circuit_.devices.push_back(device);
  circuit_.devices.back().name = "X2";
  circuit_.devices.back().block = block;
  LayoutFile one = write_with({"D", "G", "S", "B"}, "one.gds");
  const auto missing = lvs(one, circuit_);
  ASSERT_TRUE(missing) << missing.error().text();
  EXPECT_THAT(missing.value().summary, HasSubstr("has 1 cells"));
}

}  // namespace
}  // namespace ptah
