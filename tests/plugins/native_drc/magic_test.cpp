// Against Magic on tiles with one edge moved. Magic keeps no implants, makes nitride cuts itself
// and counts any cut that is not too small as one: what only the native check may find is listed.
#include <map>

#include "drc_testing.hpp"
#include "magic_session.hpp"

namespace ptah {
namespace {

/// Rules that Magic does not check, as far as verdicts on damaged tiles go.
bool magic_is_blind(const std::string& rule) {
  for (const char* prefix :
       {"nsd.", "psd.", "lvtn.", "hvtp.", "npc.", "rpm.1", "rpm.3", "rpm.4", "rpm.5", "rpm.6",
        "rpm.8", "licon.13", "licon.15", "licon.1b", "licon.1c", "licon.9",
        // Reading a via 4, Magic grows it by what metal 4 has to reach past it.
        "via4.4"}) {
    if (rule.rfind(prefix, 0) == 0) return true;
  }
  return false;
}

/// The layer whose shape was moved is the third word before "shape".
bool moved_layer_is(const std::string& sample, const std::vector<std::string>& layers) {
  for (const std::string& layer : layers) {
    if (sample.find(" " + layer + " shape ") != std::string::npos) return true;
  }
  return false;
}

TEST(NativeDrcAgainstMagic, SameVerdictOnDamagedTiles) {
  const std::string missing = test::missing_tools();
  if (!missing.empty()) GTEST_SKIP() << missing;
  const Technology& technology = Technology::ptah130();
  // Few enough that Magic's list of places is complete.
  const auto samples = test::damaged_tiles(technology, 20, 2026);
  test::Folder folder;
  SimpleJobContext job(1, folder.path());
  const auto file = folder.path() / "samples.gds";
  ASSERT_TRUE(gds::write_file(test::side_by_side(samples, technology), file));
  const auto session =
      magic::examine({file, "samples", nullptr}, {}, technology, {300, 4ull << 30}, job);
  ASSERT_TRUE(session) << session.error().text();
  ASSERT_LT(session.value().violations.size(), 1000u) << "the list is cut off";
  std::vector<std::set<std::string>> magic_rules(samples.size());
  for (const Violation& v : session.value().violations) {
    const auto index = static_cast<std::size_t>((v.place.x0 + test::kPitch / 4) / test::kPitch);
    if (index < samples.size()) magic_rules[index].insert(v.rule);
  }
  native::drc::Engine engine = test::engine();
  int both = 0, neither = 0, same_rule = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Verdict ours = test::check(engine, samples[i].shapes);
    const std::set<std::string> rules = test::rules_of(ours);
    std::string theirs;
    for (const std::string& rule : magic_rules[i]) theirs += rule + " ";
    if (!magic_rules[i].empty()) {
      EXPECT_FALSE(ours.clean) << samples[i].name << ", Magic: " << theirs;
      ++both;
      bool shared = false;
      for (const std::string& rule : rules) shared = shared || magic_rules[i].count(rule) > 0;
      same_rule += shared ? 1 : 0;
    } else if (ours.clean) {
      ++neither;
    } else {
      // Slots and odd cuts: Magic merges cuts with what surrounds them.
      bool explained =
          moved_layer_is(samples[i].name, {"licon1", "mcon", "via", "via2", "via3", "via4"});
      // A slot's li1 is part of Magic's contact.
      explained = explained || (samples[i].name.find("high_po li1 ") != std::string::npos);
      for (const std::string& rule : rules) explained = explained || magic_is_blind(rule);
      // An end of a metal 1 contact's wire that Magic's merged contact still encloses.
      EXPECT_TRUE(explained) << samples[i].name << ", ours: " << test::text_of(ours);
    }
  }
  EXPECT_GT(both, 60);
  EXPECT_GT(neither, 40);
  EXPECT_GT(same_rule * 10, both * 9) << same_rule << " of " << both;
}

}  // namespace
}  // namespace ptah
