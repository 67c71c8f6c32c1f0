// Files that clients send: whole or not at all, for a while, and for as long as a job needs them.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <optional>

#include "opened_store.hpp"
#include "ptah/core/sha256.hpp"
#include "store/store_thread.hpp"
#include "store/uploads.hpp"
#include "store/verification.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

class Inputs : public test::OpenedStore {
 protected:
  void SetUp() override {
    OpenedStore::SetUp();
    take_files();
  }
  void open_again() {
    store_.reset();
    open();
    take_files();
  }
  void take_files() {
    uploads_.emplace(store_->files(), store_->files().aside(), Uploads::Limits{1000, 2});
  }
  std::size_t aside() const {
    const fs::directory_iterator all(store_->files().aside());
    return static_cast<std::size_t>(std::distance(fs::begin(all), fs::end(all)));
  }
  /// Sends a text in one piece and keeps it; its hash.
  std::string send(const std::string& text, std::int64_t until_ms) {
    const std::string hash = sha256_hex(text);
    const auto progress =
        uploads_->add(this, hash, static_cast<std::int64_t>(text.size()), 0, text);
    EXPECT_TRUE(progress.whole);
    EXPECT_TRUE(commit([&] { return store_->keep_file(hash, progress.path, until_ms); }));
    fs::remove(progress.path);
    return hash;
  }
  void release(std::int64_t now) { store_->remove_unreferenced(store_->release_kept(now)); }
  bool there(const std::string& hash) const { return !store_->files().problem(hash); }

  template <class Call>
  static Error error_of(Call call) {
    try {
      call();
    } catch (const Failure& failure) {
      return failure.error();
    }
    ADD_FAILURE() << "it did not fail";
    return {};
  }

  std::optional<Uploads> uploads_;
};

TEST_F(Inputs, AFileComesInPiecesAndIsReadInPieces) {
  const std::string text = "first second third";
  const std::string hash = sha256_hex(text);
  EXPECT_EQ(uploads_->add(this, hash, 18, 0, "").received, 0) << "a question begins nothing";
  EXPECT_EQ(aside(), 0u);
  EXPECT_EQ(uploads_->add(this, hash, 18, 0, "first ").received, 6);
  EXPECT_EQ(uploads_->add(this, hash, 18, 0, "").received, 6) << "who comes back asks";
  EXPECT_EQ(uploads_->add(this, hash, 18, 6, "second ").received, 13);
  const auto whole = uploads_->add(this, hash, 18, 13, "third");
  ASSERT_TRUE(whole.whole);
  struct stat info {};
  ASSERT_EQ(::stat(whole.path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0444u);
  EXPECT_FALSE(there(hash)) << "not before its row";
  store_->database().exec("BEGIN");
  // As often as a transaction is repeated.
  EXPECT_TRUE(store_->keep_file(hash, whole.path, 100));
  EXPECT_TRUE(store_->keep_file(hash, whole.path, 100));
  store_->files().sync();
  store_->database().exec("COMMIT");
  fs::remove(whole.path);
  EXPECT_EQ(aside(), 0u);
  EXPECT_TRUE(there(hash));
  EXPECT_EQ(store_->files().read(hash, 6, 6), "second");
  EXPECT_EQ(store_->files().read(hash, 13, 100), "third");
  EXPECT_EQ(store_->files().read(hash, 18, 100), "");
  const auto again = uploads_->add(this, hash, 18, 0, "");
  EXPECT_TRUE(again.whole) << "what is there is not sent again";
  EXPECT_TRUE(again.path.empty());
}

TEST_F(Inputs, AnEmptyFileIsAFile) {
  const std::string hash = send("", 100);
  EXPECT_TRUE(there(hash));
}

TEST_F(Inputs, WhatDoesNotFitIsRefusedAndCostsNothing) {
  const std::string hash = sha256_hex("right"), other = sha256_hex("other");
  EXPECT_EQ(error_of([&] { uploads_->add(this, "abc", 5, 0, "right"); }).where, "hash");
  EXPECT_EQ(error_of([&] { uploads_->add(this, hash, 1001, 0, ""); }).code, ErrorCode::kLimit);
  EXPECT_EQ(error_of([&] { uploads_->add(this, hash, 5, 3, "ht"); }).where, "offset");
  uploads_->add(this, hash, 5, 0, "ri");
  EXPECT_NE(error_of([&] { uploads_->add(this, hash, 5, 3, "ht"); }).message.find("number 2"),
            std::string::npos);
  EXPECT_EQ(error_of([&] { uploads_->add(this, hash, 5, 2, "ghtly"); }).where, "data");
  EXPECT_EQ(error_of([&] { uploads_->add(this, hash, 6, 2, "ght"); }).where, "size");
  EXPECT_EQ(uploads_->add(this, hash, 5, 0, "").received, 2) << "it goes on where it was";
  EXPECT_EQ(error_of([&] { uploads_->add(this, hash, 5, 2, "gth"); }).where, "hash");
  EXPECT_EQ(aside(), 0u) << "other bytes are dropped";
  uploads_->add(this, hash, 5, 0, "r");
  uploads_->add(this, other, 5, 0, "o");
  EXPECT_EQ(error_of([&] { uploads_->add(this, sha256_hex("third"), 5, 0, "t"); }).code,
            ErrorCode::kLimit);
  int someone_else = 0;
  EXPECT_EQ(uploads_->add(&someone_else, hash, 5, 0, "ri").received, 2)
      << "others have files of their own";
  EXPECT_EQ(aside(), 3u);
  uploads_->forget(this);
  EXPECT_EQ(aside(), 1u);
}

TEST_F(Inputs, AFileStaysForItsTimeAndAsLongAsAJobNeedsIt) {
  const std::string loose = send("loose", 100), needed = send("needed", 100);
  store_->database().exec("BEGIN");
  NewJob job{"job", "check", "", "work", Json::object(), {}, {needed}};
  EXPECT_TRUE(store_->create_job(job).second);
  EXPECT_FALSE(store_->create_job(job).second);
  store_->database().exec("COMMIT");
  for (int folder = 0; folder < FileStore::kFolders; ++folder) store_->remove_orphans(folder);
  release(100);
  EXPECT_TRUE(there(loose) && there(needed));
  Verification verification;
  while (verification.check(*store_, std::chrono::milliseconds(1000))) {
  }
  EXPECT_TRUE(verification.damaged().empty());
  EXPECT_EQ(verification.files(), 2);
  EXPECT_EQ(store_->referenced_files("", 1).size(), 1u);
  EXPECT_EQ(store_->referenced_files().size(), 2u);

  release(101);
  EXPECT_FALSE(there(loose));
  EXPECT_TRUE(there(needed));
  store_->finish_job("job", JobState::kDone, nullptr, nullptr);
  store_->remove_unreferenced(store_->delete_job("job").hashes);
  EXPECT_FALSE(there(needed));
}

TEST_F(Inputs, AJobWithAFileThatIsGoneIsRefused) {
  store_->database().exec("BEGIN");
  const Error error = error_of([&] {
    store_->create_job(
        {"job", "check", "", "work", Json::object(), {}, {sha256_hex("never sent")}});
  });
  store_->database().exec("ROLLBACK");
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_NE(error.message.find(sha256_hex("never sent")), std::string::npos);
  EXPECT_FALSE(store_->job("job"));
}

TEST_F(Inputs, SendingAgainHealsADamagedFileAndProlongsItsTime) {
  const std::string hash = send("bytes", 100);
  const fs::path file = store_->files().path(hash);
  ::chmod(file.c_str(), 0600);
  fs::resize_file(file, 3);
  EXPECT_FALSE(there(hash));
  send("bytes", 200);
  EXPECT_TRUE(there(hash));
  release(150);
  EXPECT_TRUE(there(hash));
}

TEST_F(Inputs, ANewStartKnowsNoUnfinishedFiles) {
  uploads_->add(this, sha256_hex("right"), 5, 0, "ri");
  // As after a kill: nobody has removed it.
  fs::copy(store_->files().aside() / "sent-0", store_->files().aside() / "sent-9");
  uploads_.reset();
  EXPECT_EQ(aside(), 1u);
  open_again();
  EXPECT_EQ(aside(), 0u);
}

}  // namespace
}  // namespace ptah
