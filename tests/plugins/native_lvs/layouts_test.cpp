// Real layouts, whole and damaged, against real schematics, whole and damaged.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "mutations.hpp"
#include "native_lvs.hpp"
#include "ptah/netlist/spice.hpp"
#include "real_layouts.hpp"

namespace ptah::native {
namespace {

using test::technology;

TEST(RealLayouts, MatchTheirSchematics) {
  EXPECT_EQ(test::real_layouts().size(), 15u);
  for (const test::RealLayout& layout : test::real_layouts()) {
    const auto verdict = compare(layout.flat, layout.circuit, technology());
    ASSERT_TRUE(verdict) << verdict.error().text();
    EXPECT_TRUE(verdict.value().clean) << layout.name << ": " << verdict.value().summary;
    EXPECT_EQ(verdict.value().summary, "match");
    EXPECT_TRUE(verdict.value().violations.empty());
    EXPECT_TRUE(layout.found.oddities.empty()) << layout.found.oddities.front().text;
  }
}

TEST(RealLayouts, MatchHoweverTheSchematicIsWritten) {
  Rng rng(31);
  for (const test::RealLayout& layout : test::real_layouts()) {
    for (const std::string& kind : agreement::harmless_mutations()) {
      const auto circuit = agreement::mutate(layout.circuit, kind, technology(), rng);
      if (!circuit) continue;
      const auto verdict = compare(layout.found, *circuit, technology());
      ASSERT_TRUE(verdict) << verdict.error().text();
      EXPECT_TRUE(verdict.value().clean)
          << layout.name << ", " << kind << ": " << verdict.value().summary;
    }
  }
}

TEST(RealLayouts, DoNotMatchChangedSchematics) {
  Rng rng(32);
  int changed = 0;
  for (const test::RealLayout& layout : test::real_layouts()) {
    for (const std::string& kind : agreement::schematic_mutations()) {
      for (int round = 0; round < 3; ++round) {
        const auto circuit = agreement::mutate(layout.circuit, kind, technology(), rng);
        if (!circuit) continue;
        const auto verdict = compare(layout.found, *circuit, technology());
        ASSERT_TRUE(verdict) << verdict.error().text();
        EXPECT_FALSE(verdict.value().clean) << layout.name << ", " << kind;
        EXPECT_FALSE(verdict.value().violations.empty());
        ++changed;
      }
    }
  }
  EXPECT_GT(changed, 400);
}

TEST(RealLayouts, AVerdictIsTheSameEveryTime) {
  Rng rng(33);
  for (const test::RealLayout& layout : test::real_layouts()) {
    const auto circuit = agreement::mutate(layout.circuit, "swapped gates", technology(), rng);
    if (!circuit) continue;
    const auto once = compare(layout.flat, *circuit, technology());
    const auto twice = compare(layout.flat, *circuit, technology());
    ASSERT_TRUE(once && twice);
    ASSERT_EQ(once.value().violations.size(), twice.value().violations.size());
    for (std::size_t i = 0; i < once.value().violations.size(); ++i)
      EXPECT_EQ(once.value().violations[i].text, twice.value().violations[i].text);
  }
}

TEST(RealLayouts, OfAnotherGeneratorAreRecognised) {
  const char* shared = std::getenv("PTAH_SHARED");
  if (shared == nullptr) GTEST_SKIP() << "PTAH_SHARED is not set: no layouts of other generators.";
  const std::filesystem::path folder = std::filesystem::path(shared) / "layouts";
  for (const auto& [gds, netlist] :
       {std::pair{"five_transistors_ota_0.alignpdk.gds", "five_transistors_ota_0.sp"},
        std::pair{"ota_ff_0.osirispdk.gds", "ota_ff_0.sp"}}) {
    const auto library = gds::read_file(folder / gds);
    ASSERT_TRUE(library) << library.error().text();
    ASSERT_EQ(library.value().tops().size(), 1u);
    const auto flat = gds::flatten(library.value(), library.value().tops().front(), technology());
    ASSERT_TRUE(flat) << flat.error().text();
    SpiceOptions options;
    options.width = WidthMeaning::kFinger;
    auto spice = read_spice_file(folder / netlist, technology(), options);
    ASSERT_TRUE(spice) << spice.error().text();
    Circuit circuit = std::move(spice).value().circuit;
    const auto verdict = compare(flat.value(), circuit, technology());
    ASSERT_TRUE(verdict) << verdict.error().text();
    EXPECT_TRUE(verdict.value().clean) << gds << ": " << verdict.value().summary;
    ++circuit.devices.front().fingers;
    const auto wrong = compare(flat.value(), circuit, technology());
    ASSERT_TRUE(wrong) << wrong.error().text();
    EXPECT_FALSE(wrong.value().clean);
  }
}

}  // namespace
}  // namespace ptah::native
