#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

TEST(ScratchDir, IsPrivateAndGoesWithItsContents) {
  std::filesystem::path path;
  {
    auto scratch = ScratchDir::create(testing::TempDir(), "scratch");
    ASSERT_TRUE(scratch) << scratch.error().text();
    path = scratch.value().path();
    struct stat info {};
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
    std::filesystem::create_directories(path / "a/b");
    std::ofstream(path / "a/b/file") << "text";
    ScratchDir moved = std::move(scratch.value());
    EXPECT_TRUE(std::filesystem::exists(moved.path() / "a/b/file"));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ScratchDir, NeedsItsParent) {
  const auto scratch = ScratchDir::create("/nonexistent", "scratch");
  ASSERT_FALSE(scratch);
  EXPECT_EQ(scratch.error().code, ErrorCode::kIo);
}

TEST(Files, AreReadBackAsWritten) {
  const auto scratch = ScratchDir::create(testing::TempDir(), "files");
  const auto file = scratch.value().path() / "file";
  const std::string text("a\0b\n", 4);
  ASSERT_TRUE(write_text_file(file, text));
  ASSERT_TRUE(write_text_file(file, text + text));  // replaces
  EXPECT_EQ(read_text_file(file).value(), text + text);
  std::size_t entries = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(scratch.value().path())) {
    ++entries;
  }
  EXPECT_EQ(entries, 1u) << "a file was left aside";
}

TEST(Files, ReadingIsBounded) {
  const auto scratch = ScratchDir::create(testing::TempDir(), "files");
  const auto file = scratch.value().path() / "file";
  ASSERT_TRUE(write_text_file(file, std::string(1001, 'x')));
  EXPECT_TRUE(read_text_file(file, 1001));
  const auto text = read_text_file(file, 1000);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, ErrorCode::kLimit);
  EXPECT_EQ(text.error().where, file.string());
  const auto endless = read_text_file("/dev/zero", 1000);
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code, ErrorCode::kLimit);
}

TEST(Files, FailuresNameTheFile) {
  const auto missing = read_text_file("/nonexistent/file");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(missing.error().where, "/nonexistent/file");
  const auto folder = read_text_file("/tmp");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::kIo);
  const auto refused = write_text_file("/nonexistent/file", "x");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().where, "/nonexistent/file");
}

}  // namespace
}  // namespace ptah
