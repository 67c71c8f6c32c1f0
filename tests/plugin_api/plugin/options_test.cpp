#include "ptah/plugin/options.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

namespace ptah {
namespace {

using ::testing::HasSubstr;

OptionSchema sample() {
  return {
      {"anneal", OptionType::kBool, true, "Whether to anneal.", {}, {}, {}},
      {"moves", OptionType::kInt, 100, "Number of moves.", 1, 1000, {}},
      {"halo_um", OptionType::kReal, 1, "Room around tiles.", 0.5, {}, {}},
      {"goal", OptionType::kText, "area", "What to make small.", {}, {}, {"area", "hpwl"}},
      {"note", OptionType::kText, "", "Anything.", {}, {}, {}},
  };
}

Error refused(const Json& given) {
  auto checked = Options::check(sample(), given);
  EXPECT_FALSE(checked) << given;
  return checked ? Error{} : checked.error();
}

TEST(Options, DefaultsStandInWithTheDeclaredTypes) {
  const auto checked = Options::check(sample(), Json::object());
  ASSERT_TRUE(checked);
  const Options& options = checked.value();
  EXPECT_TRUE(options.flag("anneal"));
  EXPECT_EQ(options.integer("moves"), 100);
  EXPECT_DOUBLE_EQ(options.real("halo_um"), 1.0);  // declared as the integer 1
  EXPECT_EQ(options.text("goal"), "area");
  EXPECT_TRUE(Options::check(sample(), Json()));  // nothing given at all
}

TEST(Options, TakesWholeRealsForIntegersAndIntegersForReals) {
  const auto checked = Options::check(sample(), {{"moves", 4.0}, {"halo_um", 2}});
  ASSERT_TRUE(checked);
  EXPECT_EQ(checked.value().integer("moves"), 4);
  EXPECT_DOUBLE_EQ(checked.value().real("halo_um"), 2.0);
}

TEST(Options, NamesTheOptionTheValueAndTheRange) {
  const Error error = refused({{"moves", 1001}});
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.where, HasSubstr("moves"));
  EXPECT_THAT(error.message, HasSubstr("1001"));
  EXPECT_THAT(error.message, HasSubstr("an integer from 1 to 1000"));
  EXPECT_THAT(refused({{"halo_um", 0.25}}).message, HasSubstr("a number not below 0.5"));
  EXPECT_THAT(refused({{"goal", "speed"}}).message, HasSubstr("one of: area, hpwl"));
  EXPECT_THAT(refused({{"anneal", 1}}).message, HasSubstr("true or false"));
}

TEST(Options, RefusesEachWrongType) {
  refused({{"moves", 1.5}});
  refused({{"moves", "7"}});
  refused({{"moves", true}});
  refused({{"moves", nullptr}});
  refused({{"moves", 1e300}});
  refused({{"moves", std::numeric_limits<std::uint64_t>::max()}});
  refused({{"halo_um", "1"}});
  refused({{"halo_um", true}});
  refused({{"halo_um", std::numeric_limits<double>::infinity()}});
  refused({{"halo_um", std::nan("")}});
  refused({{"note", 3}});
  refused({{"note", Json::array()}});
  refused(Json::array());
  refused("moves=3");
}

TEST(Options, RefusesUnknownOptionsAndListsTheKnownOnes) {
  const Error error = refused({{"move", 3}});
  EXPECT_THAT(error.where, HasSubstr("\"move\""));
  EXPECT_THAT(error.hint, HasSubstr("anneal, moves, halo_um, goal, note"));
}

TEST(Options, ShowsNoMoreThanTheBeginningOfAHugeValue) {
  const Error error = refused({{"moves", std::string(1 << 20, 'x')}});
  EXPECT_LT(error.text().size(), 400u);
}

TEST(Options, AskingForWhatTheSchemaLacksIsABug) {
  const auto checked = Options::check(sample(), Json::object());
  ASSERT_TRUE(checked);
  EXPECT_THROW(checked.value().integer("mvoes"), std::logic_error);
  EXPECT_THROW(checked.value().integer("halo_um"), std::logic_error);
  EXPECT_THROW(checked.value().real("moves"), std::logic_error);
  EXPECT_THROW(checked.value().flag("goal"), std::logic_error);
  EXPECT_THROW(checked.value().text("anneal"), std::logic_error);
}

TEST(OptionSchema, IsToldAsJson) {
  const Json json = to_json(sample());
  EXPECT_EQ(json[1]["type"], "int");
  EXPECT_EQ(json[1]["maximum"], 1000);
  EXPECT_FALSE(json[0].contains("minimum"));
  EXPECT_EQ(json[3]["choices"], Json({"area", "hpwl"}));
}

TEST(OptionSchema, IsRefusedWhereItContradictsItself) {
  EXPECT_TRUE(check_schema(sample()));
  const auto with = [](OptionSpec spec) {
    OptionSchema schema = sample();
    schema.push_back(std::move(spec));
    return check_schema(schema);
  };
  EXPECT_TRUE(with({"more", OptionType::kInt, 1, "", {}, {}, {}}));
  EXPECT_FALSE(with({"", OptionType::kInt, 1, "", {}, {}, {}}));
  EXPECT_FALSE(with({"a b", OptionType::kInt, 1, "", {}, {}, {}}));
  EXPECT_FALSE(with({"moves", OptionType::kInt, 1, "", {}, {}, {}}));
  EXPECT_FALSE(with({"more", OptionType::kInt, 0, "", 1, 5, {}}));
  EXPECT_FALSE(with({"more", OptionType::kInt, 3, "", 5, 1, {}}));
  EXPECT_FALSE(with({"more", OptionType::kInt, "3", "", {}, {}, {}}));
  EXPECT_FALSE(with({"more", OptionType::kText, "c", "", {}, {}, {"a", "b"}}));
  EXPECT_FALSE(with({"more", OptionType::kBool, nullptr, "", {}, {}, {}}));
}

}  // namespace
}  // namespace ptah
