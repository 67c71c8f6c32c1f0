#include "store/outputs.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>
#include <optional>

#include "ptah/core/run_tool.hpp"
#include "store/failure.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

class OutputsTest : public testing::Test {
 protected:
  void SetUp() override {
    auto scratch = ScratchDir::create(fs::temp_directory_path(), "ptah-outputs-test");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
    fs::create_directories(root() / "state/files");
    outputs_.forbid(root() / "state");
  }
  const fs::path& root() const { return scratch_->path(); }

  static std::optional<ErrorCode> failure_of(const std::function<void()>& call) {
    try {
      call();
    } catch (const Failure& failure) {
      return failure.error().code;
    }
    return std::nullopt;
  }
  std::optional<ErrorCode> open(const fs::path& out, const fs::path& inside = {}) {
    return failure_of([&] { outputs_.open(out, inside); });
  }
  std::optional<ErrorCode> check(const fs::path& out) {
    return failure_of([&] { outputs_.check(out); });
  }

  std::optional<ScratchDir> scratch_;
  Outputs outputs_;
};

TEST_F(OutputsTest, NothingLeadsIntoAForbiddenFolder) {
  fs::create_directory_symlink(root() / "state", root() / "link");
  fs::create_directory_symlink(root() / "state/files", root() / "deep");
  fs::create_directories(root() / "out");
  for (const fs::path& out :
       {root() / "state", root() / "state/files", root() / "state/new/er", root() / "link",
        root() / "link/files", root() / "deep", root() / "deep/new", root() / "out/../state",
        root() / "out/../deep/new"}) {
    EXPECT_EQ(check(out), ErrorCode::kDenied) << out;
    EXPECT_EQ(open(out), ErrorCode::kDenied) << out;
  }
  EXPECT_FALSE(fs::exists(root() / "state/new"));
  EXPECT_FALSE(fs::exists(root() / "state/files/new"));
  EXPECT_FALSE(fs::exists(root() / "state/.ptah"));
}

TEST_F(OutputsTest, AParentOfAForbiddenFolderTakesFilesBesideItOnly) {
  EXPECT_EQ(open(root(), "data/a"), std::nullopt);
  EXPECT_EQ(open(root(), "state"), ErrorCode::kDenied);
  EXPECT_EQ(open(root(), "state/files"), ErrorCode::kDenied);
}

TEST_F(OutputsTest, WhatCountsIsTheFolderAtTheTimeOfWriting) {
  EXPECT_EQ(check(root() / "out"), std::nullopt);
  EXPECT_FALSE(fs::exists(root() / "out"));
  EXPECT_EQ(open(root() / "out", "data"), std::nullopt);
  outputs_.close();
  fs::rename(root() / "out", root() / "before");
  fs::create_directory_symlink(root() / "state", root() / "out");
  EXPECT_EQ(open(root() / "out", "data"), ErrorCode::kDenied);
  EXPECT_FALSE(fs::exists(root() / "state/data"));
}

TEST_F(OutputsTest, TheMarkTellsFoldersThatPtahMadeOrFoundEmpty) {
  fs::create_directories(root() / "empty");
  fs::create_directories(root() / "used");
  std::ofstream(root() / "used/notes") << "mine";
  EXPECT_TRUE(outputs_.open(root() / "new/er", "data").ours);
  EXPECT_TRUE(outputs_.open(root() / "empty", {}).ours);
  EXPECT_FALSE(outputs_.open(root() / "used", "data").ours);
  EXPECT_TRUE(fs::exists(root() / "new/er/.ptah"));
  EXPECT_FALSE(fs::exists(root() / "new/.ptah"));
  EXPECT_FALSE(fs::exists(root() / "used/.ptah"));
  outputs_.close();
  EXPECT_TRUE(outputs_.open(root() / "new/er", {}).ours);
}

TEST_F(OutputsTest, AMarkIsAFileAndNoLink) {
  fs::create_directories(root() / "used");
  fs::create_symlink("/etc/passwd", root() / "used/.ptah");
  EXPECT_FALSE(outputs_.open(root() / "used", {}).ours);
}

}  // namespace
}  // namespace ptah
