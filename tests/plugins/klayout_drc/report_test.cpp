// Reading KLayout's reports: what is complete, what a marker says, what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "klayout_session.hpp"

namespace ptah::klayout {
namespace {

using ::testing::HasSubstr;

std::string category(const std::string& name, const std::string& text) {
  return "<category><name>" + name + "</name><description>" + text +
         "</description><categories/></category>";
}
std::string item(const std::string& category_name, const std::string& value) {
  return "<item><category>" + category_name + "</category><cell>top</cell><values><value>" + value +
         "</value></values></item>";
}
std::string report(const std::string& categories, const std::string& items) {
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?><report-database><top-cell>top</top-cell>"
         "<categories>" +
         categories + "</categories><items>" + items + "</items></report-database>";
}
const std::string kMark = category("ptah.complete", "2 checks, 7 shapes");
const std::string kTwo =
    category("m1.2 met1/met1", "Metal 1 spacing") + category("nwell.1 nwell", "N-well width");

TEST(KlayoutReport, MarkersBecomeViolationsWithRuleLayerAndPlace) {
  const auto read = read_report(
      report(kTwo + kMark, item("'m1.2 met1/met1'", "edge-pair: (1.5,0.1;1.5,2)|(1.6,-0.2;1.6,2)") +
                               item("'nwell.1 nwell'", "polygon: (0,0;0,3;4.005,3;4.005,0)")));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read.value().top, "top");
  EXPECT_EQ(read.value().errors, 2);
  ASSERT_EQ(read.value().violations.size(), 2u);
  const Violation& first = read.value().violations[0];
  EXPECT_EQ(first.rule, "m1.2");
  EXPECT_EQ(first.layer, "met1");
  EXPECT_THAT(first.text, HasSubstr("Metal 1 spacing"));
  EXPECT_EQ(first.place, (Rect{1500, -200, 1600, 2000}));
  EXPECT_EQ(read.value().violations[1].place, (Rect{0, 0, 4005, 3000}));
}

TEST(KlayoutReport, CompleteWithoutMarkersIsClean) {
  const auto read = read_report(report(kTwo + kMark, ""));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read.value().errors, 0);
}

TEST(KlayoutReport, CountsMoreThanItLists) {
  std::string items;
  for (int i = 0; i < 1200; ++i) items += item("'nwell.1 nwell'", "box: (0,0;1,1)");
  const auto read = read_report(report(kTwo + kMark, items));
  ASSERT_TRUE(read) << read.error().text();
  EXPECT_EQ(read.value().errors, 1200);
  EXPECT_EQ(read.value().violations.size(), 1000u);
}

TEST(KlayoutReport, IncompleteReportsAreNoVerdict) {
  const std::string whole = report(kTwo + kMark, "");
  const struct {
    const char* what;
    std::string xml;
  } cases[] = {
      {"empty", ""},
      {"cut off", whole.substr(0, whole.size() / 2)},
      {"another format", "<html></html>"},
      {"no mark", report(kTwo, "")},
      {"mark not last", report(kMark + kTwo, "")},
      {"a check left out",
       report(category("nwell.1 nwell", "") + category("ptah.complete", "2 checks, 7 shapes"), "")},
      {"mark without numbers", report(kTwo + category("ptah.complete", "some"), "")},
      {"marker of an unknown rule", report(kTwo + kMark, item("'x.1 y'", "box: (0,0;1,1)"))},
  };
  for (const auto& each : cases) {
    const auto read = read_report(each.xml);
    ASSERT_FALSE(read) << each.what;
    EXPECT_EQ(read.error().code, ErrorCode::kToolFailed) << each.what;
  }
}

TEST(KlayoutReport, CellWithoutShapesIsAnError) {
  const auto read = read_report(report(kTwo + category("ptah.complete", "2 checks, 0 shapes"), ""));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace ptah::klayout
