// What clients read of the user's files; the cases are those of the Python client, too.
#include "inputs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "ptah/core/json.hpp"
#include "ptah/netlist/spice.hpp"

namespace ptah {
namespace {

using ::testing::HasSubstr;
using Params = std::map<std::string, std::string>;

Json cases(const char* of) {
  std::ifstream file(PTAH_SOURCE_DIR "/tests/clients/input_cases.json");
  return Json::parse(file).at(of);
}

TEST(GatherParams, ReadsWhatOptimisersWrite) {
  for (const Json& wanted : cases("parameters")) {
    const auto read = read_parameters(wanted["text"].get<std::string>(), "p.par");
    if (wanted.contains("where")) {
      ASSERT_FALSE(read) << wanted["says"];
      EXPECT_EQ(read.error().where, wanted["where"]) << wanted["says"];
    } else {
      ASSERT_TRUE(read) << wanted["says"] << ": " << read.error().text();
      EXPECT_EQ(Json(read.value()), wanted["expect"]) << wanted["says"];
    }
  }
}

TEST(GatherParams, TheCommandLineWinsOverTheFile) {
  const std::string file = ::testing::TempDir() + "ptah_gather.par";
  std::ofstream(file) << ".param w=1u l=2u\n";
  const auto params = gather_params(file, {"W=3u", "x='2*w'"});
  ASSERT_TRUE(params) << params.error().text();
  EXPECT_EQ(params.value(), (Params{{"w", "3u"}, {"l", "2u"}, {"x", "'2*w'"}}));
}

TEST(GatherParams, WhatIsNoAssignmentIsNamed) {
  for (const char* wrong : {"w", "=1", "w=", "", ".include x"}) {
    const auto params = gather_params({}, {wrong});
    ASSERT_FALSE(params) << wrong;
    EXPECT_EQ(params.error().where, "--param");
    EXPECT_THAT(params.error().message, HasSubstr("`" + std::string(wrong) + "`"));
  }
}

}  // namespace
}  // namespace ptah
