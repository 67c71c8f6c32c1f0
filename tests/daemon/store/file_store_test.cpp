#include "store/file_store.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "ptah/core/run_tool.hpp"
#include "store/failure.hpp"

namespace ptah {
namespace {

class FileStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    auto scratch = ScratchDir::create(std::filesystem::temp_directory_path(), "ptah-store-test");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
  }
  /// The Error's text, or nothing.
  static std::string failure_of_sync(FileStore& files) {
    try {
      files.sync();
    } catch (const Failure& failure) {
      return failure.error().text();
    }
    return {};
  }

  std::optional<ScratchDir> scratch_;
};

TEST_F(FileStoreTest, SyncsWhatIsLeftWhenAFileIsRemovedBeforeIt) {
  FileStore files(scratch_->path() / "files");
  const auto kept = files.put_text("kept");
  const auto gone = files.put_text("gone");
  files.remove(gone.hash);
  EXPECT_EQ(failure_of_sync(files), "");
  EXPECT_EQ(files.problem(kept.hash), std::nullopt);
  EXPECT_EQ(files.problem(gone.hash), "missing");
}

TEST_F(FileStoreTest, OutlivesAFileThatSomebodyElseRemoved) {
  FileStore files(scratch_->path() / "files");
  const auto gone = files.put_text("gone");
  std::filesystem::remove_all(files.path(gone.hash).parent_path());
  EXPECT_EQ(failure_of_sync(files), "");
  const auto next = files.put_text("next");
  EXPECT_EQ(failure_of_sync(files), "");
  EXPECT_EQ(files.problem(next.hash), std::nullopt);
  // And the bytes can come back.
  EXPECT_EQ(files.put_text("gone").hash, gone.hash);
  EXPECT_EQ(failure_of_sync(files), "");
  EXPECT_EQ(files.problem(gone.hash), std::nullopt);
}

TEST_F(FileStoreTest, StillFailsWhereAFileCannotBeSynced) {
  FileStore files(scratch_->path() / "files");
  const auto file = files.put_text("text");
  std::filesystem::remove(files.path(file.hash));
  std::filesystem::create_symlink("/dev/null", files.path(file.hash));
  EXPECT_NE(failure_of_sync(files).find("cannot be synced"), std::string::npos);
}

}  // namespace
}  // namespace ptah
