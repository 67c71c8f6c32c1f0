// The files that clients gather; the cases are those of the Python client, too.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "inputs.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

Json cases() {
  std::ifstream file(PTAH_SOURCE_DIR "/tests/clients/source_cases.json");
  return Json::parse(file);
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

/// Environment variables that are as before afterwards.
class Environment {
 public:
  ~Environment() {
    for (const auto& [name, value] : before_) put(name, value);
  }
  void set(const std::string& name, const std::optional<std::string>& value) {
    const char* old = std::getenv(name.c_str());
    before_.emplace(name, old == nullptr ? std::nullopt : std::optional<std::string>(old));
    put(name, value);
  }

 private:
  static void put(const std::string& name, const std::optional<std::string>& value) {
    if (value) {
      ::setenv(name.c_str(), value->c_str(), 1);
    } else {
      ::unsetenv(name.c_str());
    }
  }
  std::map<std::string, std::optional<std::string>> before_;
};

class Sources : public ::testing::Test {
 protected:
  Sources()
      : root_(fs::path(::testing::TempDir()) / ("ptah_sources_" + std::to_string(::getpid()))) {}
  ~Sources() override { fs::remove_all(root_); }

  void write(const std::string& name, const std::string& bytes) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << bytes;
  }
  /// The case's files on the disk, and the case with the place of its folder.
  Json prepared(const Json& some) const {
    fs::remove_all(root_);
    fs::create_directories(root_);
    const Json placed = Json::parse(replaced(some.dump(), "@ROOT@", root_.string()));
    const int numbered = placed.value("numbered", 0);
    std::string includes;
    for (int i = 0; i < numbered; ++i) {
      const std::string name = "f" + std::to_string(i) + ".sp";
      write(name, "");
      includes += ".include " + name + "\n";
    }
    const Json latin1 = placed.value("latin1", Json::object());
    const Json sizes = placed.value("sizes", Json::object());
    for (const auto& [name, text] : placed["files"].items())
      write(name, replaced(text, "@INCLUDES@", includes));
    for (const auto& [name, text] : latin1.items()) write(name, replaced(text, "\xc2\xb5", "\xb5"));
    for (const auto& [name, size] : sizes.items())
      write(name, std::string(size.get<std::size_t>(), '*'));
    return placed;
  }

  fs::path root_;
};

TEST_F(Sources, AreGatheredAsTheCasesSay) {
  for (const Json& some : cases()) {
    const Json wanted = prepared(some);
    const std::string says = wanted["says"];
    Environment environment;
    environment.set("PDK_ROOT", std::nullopt);
    const Json variables = wanted.value("environment", Json::object());
    for (const auto& [name, value] : variables.items()) {
      environment.set(name, value.get<std::string>());
    }
    Json spec = wanted["spec"];
    const Status gathered = gather_sources(spec);
    if (wanted.contains("code")) {
      ASSERT_FALSE(gathered) << says;
      EXPECT_EQ(to_string(gathered.error().code), wanted["code"]) << says;
      EXPECT_EQ(gathered.error().where, wanted["where"]) << says;
    } else {
      ASSERT_TRUE(gathered) << says << ": " << gathered.error().text();
      EXPECT_EQ(spec.value("sources", Json()), wanted["expect"]) << says;
      EXPECT_FALSE(spec.contains("netlist")) << says;
    }
  }
}

TEST_F(Sources, OfARequestThatHasThemStay) {
  Json spec{{"netlist", "none.sp"}, {"sources", {{"hash", "x"}}}};
  const Json before = spec;
  ASSERT_TRUE(gather_sources(spec));
  EXPECT_EQ(spec, before);
}

TEST_F(Sources, RelativePathsAreThoseOfTheProgram) {
  write("top.sp", "* empty\n");
  const fs::path before = fs::current_path();
  fs::current_path(root_);
  Json spec{{"netlist", "./top.sp"}};
  const Status gathered = gather_sources(spec);
  fs::current_path(before);
  ASSERT_TRUE(gathered) << gathered.error().text();
  EXPECT_EQ(spec["sources"], (Json{{"netlist", "top.sp"}, {"files", {{"top.sp", "* empty\n"}}}}));
}

TEST_F(Sources, ANetlistThatTheDaemonHasAlreadyIsNotLookedFor) {
  Json spec{{"netlist", "sha256:" + std::string(64, 'a')}, {"variants", 1}};
  const Json before = spec;
  ASSERT_TRUE(gather_sources(spec));
  EXPECT_EQ(spec, before);
}

}  // namespace
}  // namespace ptah
