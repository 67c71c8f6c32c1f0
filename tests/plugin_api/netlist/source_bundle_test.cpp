// Netlists whose files come in a bundle: nothing else is opened.
#include "ptah/netlist/source_bundle.hpp"

#include "netlist_test.hpp"

namespace ptah::test {
namespace {

const std::string kLeaf = ".subckt leaf a b\nM1 a b a a nfet w=w1 l=1u\n.ends\n";
const std::string kTop = ".subckt t a b\nx1 a b leaf\n.ends\n";

SpiceOptions in(const SourceBundle& bundle) {
  SpiceOptions options;
  options.bundle = &bundle;
  return options;
}

TEST(SourceBundle, IncludesAreFoundBesideTheFileThatHoldsThem) {
  SourceBundle bundle;
  bundle.files = {{"lib/leaf.sp", ".include sizes.inc\n" + kLeaf},
                  {"lib/sizes.inc", ".param w1=1u\n"}};
  const auto read = read_ok(".include ./lib/leaf.sp\n" + kTop, in(bundle));
  EXPECT_EQ(read.circuit.devices.at(0).where, "lib/leaf.sp:3");
  EXPECT_THAT(read.notes, IsEmpty());
}

TEST(SourceBundle, AFolderIsReadTheSameWay) {
  const TemporaryFolder folder;
  folder.write("lib/leaf.sp", ".include sizes.inc\n" + kLeaf);
  folder.write("lib/sizes.inc", ".param w1=1u\n");
  const auto read = read_ok(".include ./lib/leaf.sp\n" + kTop, {}, folder.path());
  EXPECT_EQ(read.circuit.devices.at(0).where, "lib/leaf.sp:3");
}

TEST(SourceBundle, LinksStandForAbsolutePathsAndVariables) {
  SourceBundle bundle;
  bundle.files = {{"x/leaf.sp", kLeaf}, {"x/sizes.inc", ".param w1=1u\n"}};
  bundle.links = {{"/home/me/leaf.sp", "x/leaf.sp"}, {"$LIBS/sizes.inc", "x/sizes.inc"}};
  const auto read =
      read_ok(".include $LIBS/sizes.inc\n.include /home/me/leaf.sp $ mine\n" + kTop, in(bundle));
  EXPECT_EQ(read.circuit.devices.at(0).where, "x/leaf.sp:2");
}

TEST(SourceBundle, WhatLeadsOutIsRefusedAndWhatIsMissingNamed) {
  SourceBundle bundle;
  bundle.files = {{"t.sp", ""}, {"sub/in.sp", ".include ../../x.sp\n"}};
  for (const std::string file : {"/etc/passwd", "../x.sp", "a/../../x.sp", ".."}) {
    const Error error = read_error(".include " + file + "\n" + kTop, in(bundle));
    EXPECT_EQ(error.code, ErrorCode::kDenied) << file;
    EXPECT_EQ(error.where, "t.sp:1") << file;
  }
  const Error inner = read_error("\n.include sub/in.sp\n" + kTop, in(bundle));
  EXPECT_EQ(inner.code, ErrorCode::kDenied);
  EXPECT_EQ(inner.where, "sub/in.sp:1");
  const Error missing = read_error(".include none.sp\n" + kTop, in(bundle));
  EXPECT_EQ(missing.code, ErrorCode::kNotFound);
  EXPECT_THAT(missing.message, HasSubstr("\"none.sp\""));
}

TEST(SourceBundle, OfALibraryOneSectionIsRead) {
  SourceBundle bundle;
  bundle.files = {
      {"own.lib", ".lib FAST\n.param w1=2u\n.endl\n.lib slow\n.param w1=1u\n.endl slow\n"}};
  const std::string leaf = kLeaf + kTop;
  const auto width = [&](const std::string& section) {
    const auto read = read_ok(".lib own.lib " + section + "\n" + leaf, in(bundle));
    return read.circuit.devices.at(0).width;
  };
  EXPECT_EQ(width("fast"), 2000);
  EXPECT_EQ(width("SLOW"), 1000);
  const Error error = read_error(".lib own.lib typical\n" + leaf, in(bundle));
  EXPECT_EQ(error.where, "t.sp:1");
  EXPECT_THAT(error.message, HasSubstr("\"typical\""));
}

TEST(SourceBundle, WhatTheTechnologyBringsIsIgnoredAndNoted) {
  SourceBundle bundle;
  bundle.left_out = {"$PDK_ROOT/libs.ref/x.spice"};
  const auto read = read_ok(".include $PDK_ROOT/libs.ref/x.spice\n.lib /pdk/sky130.lib.spice tt\n" +
                                one("M1 a b c d nfet w=1u l=1u"),
                            in(bundle));
  ASSERT_EQ(read.notes.size(), 2u);
  EXPECT_EQ(read.notes[0],
            "t.sp:1: .include ignored: the technology brings the models of its devices.");
  EXPECT_THAT(read.notes[1], HasSubstr("t.sp:2: .lib ignored"));
}

TEST(SourceBundle, AnIncludeOfItselfEnds) {
  SourceBundle bundle;
  bundle.files = {{"self.sp", ".include self.sp\n.include self.sp\n"}};
  EXPECT_EQ(read_error(".include self.sp\n", in(bundle)).code, ErrorCode::kDenied);
}

TEST(SourceBundle, NamesStayBelowTheirFolder) {
  for (const char* good : {"a", "a/b.sp", ".hidden", "a b/c..d", "..a", "-"}) {
    EXPECT_TRUE(is_bundle_name(good)) << good;
  }
  for (const char* bad :
       {"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a/./b", "a\nb", "a\x7f"}) {
    EXPECT_FALSE(is_bundle_name(bad)) << bad;
  }
  EXPECT_TRUE(is_bundle_name(std::string(1024, 'a')));
  EXPECT_FALSE(is_bundle_name(std::string(1025, 'a')));
}

}  // namespace
}  // namespace ptah::test
