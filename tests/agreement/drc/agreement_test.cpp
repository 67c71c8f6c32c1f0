// A small run of the table: no disagreement without an explanation, and the generator does damage.
#include "agreement.hpp"

#include <gtest/gtest.h>

#include "explanations.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah::agreement {
namespace {

const std::string kCircuits = std::string(PTAH_SOURCE_DIR) + "/configs/circuits";

TEST(AgreementDrc, SamplesFollowTheSeedAndHalfAreDamaged) {
  const Technology& technology = Technology::ptah130();
  const auto a = make_samples(kCircuits, technology, 24, 5),
             b = make_samples(kCircuits, technology, 24, 5);
  ASSERT_TRUE(a) << a.error().text();
  ASSERT_TRUE(b);
  ASSERT_EQ(a.value().size(), 24u);
  for (std::size_t i = 0; i < a.value().size(); ++i) {
    EXPECT_EQ(a.value()[i].name, b.value()[i].name);
    EXPECT_EQ(a.value()[i].damage, b.value()[i].damage);
    EXPECT_EQ(a.value()[i].shapes, b.value()[i].shapes);
    EXPECT_EQ(a.value()[i].damage.empty(), i % 2 == 0);
  }
}

TEST(AgreementDrc, DamageChangesShapesOnEveryLayer) {
  const Technology& technology = Technology::ptah130();
  const auto made = make_samples(kCircuits, technology, 2, 5);
  ASSERT_TRUE(made);
  Sample sample;
  for (const char* layer : {"nwell", "nsdm", "diff", "poly", "licon1", "capm", "rpm", "via3"}) {
    sample.shapes.push_back({technology.layer(layer), {0, 0, 1000, 1000}});
  }
  Rng rng(3);
  std::set<LayerId> touched;
  for (int i = 0; i < 400; ++i) {
    Sample damaged = sample;
    damage(damaged, technology, rng);
    EXPECT_NE(damaged.shapes, sample.shapes);
    EXPECT_FALSE(damaged.damage.empty());
    for (std::size_t k = 0; k < sample.shapes.size() && k < damaged.shapes.size(); ++k) {
      if (damaged.shapes[k] != sample.shapes[k]) touched.insert(sample.shapes[k].layer);
    }
  }
  EXPECT_EQ(touched.size(), sample.shapes.size());
}

TEST(AgreementDrc, RulesThatSayTheSameAreOneClass) {
  const Technology& technology = Technology::ptah130();
  EXPECT_EQ(rule_class("m1.4", technology), rule_class("m1.5", technology));
  EXPECT_NE(rule_class("m1.1", technology), rule_class("m1.2", technology));
  EXPECT_NE(rule_class("m1.2", technology), rule_class("m2.2", technology));
}

TEST(AgreementDrc, NoVerdictDiffersWithoutAnExplanation) {
  for (const char* tool : {"magic", "klayout"}) {
    if (const auto found = find_tool(tool, tool); !found) GTEST_SKIP() << found.error().text();
  }
  auto folder = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-agreement");
  ASSERT_TRUE(folder);
  SimpleJobContext job(0, folder.value().path());
  const Technology& technology = Technology::ptah130();
  const auto samples = make_samples(kCircuits, technology, 60, 11);
  ASSERT_TRUE(samples) << samples.error().text();
  const auto opinions = judge_all(samples.value(), technology, job);
  ASSERT_TRUE(opinions) << opinions.error().text();
  std::size_t dirty = 0;
  for (std::size_t i = 0; i < opinions.value().size(); ++i) {
    for (std::size_t j = 0; j < kJudges; ++j) {
      ASSERT_TRUE(opinions.value()[i][j]) << kJudgeNames[j] << " gave no verdict on "
                                          << samples.value()[i].name << samples.value()[i].damage;
    }
    dirty += !opinions.value()[i][kKlayout]->empty();
  }
  EXPECT_GE(dirty, 12u) << "hardly anything was broken: the comparison says little";
  for (const Disagreement& d : compare(samples.value(), opinions.value(), technology)) {
    if (!d.verdict || !d.explanation.empty()) continue;
    ADD_FAILURE() << kJudgeNames[d.found] << " reports " << d.rule_class << " ("
                  << d.places.front().text << "), " << kJudgeNames[d.silent]
                  << " calls it clean: " << samples.value()[d.sample].name << " "
                  << samples.value()[d.sample].damage;
  }
}

}  // namespace
}  // namespace ptah::agreement
