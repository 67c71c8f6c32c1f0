// Copies of a state that is used meanwhile, and states made of them.
#include "store/backup.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "opened_store.hpp"

namespace ptah::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using namespace std::chrono_literals;

std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Failure& failure) {
    return failure.error().text();
  }
  return "no failure";
}

class BackupTest : public OpenedStore {
 protected:
  /// A file that is kept until time 1000.
  std::string keep(const std::string& text) {
    return commit([&] {
      const std::string hash = store().files().put_text(text).hash;
      store().keep_file(hash, {}, 1000);
      return hash;
    });
  }
  void forget_kept() {
    const auto hashes = commit([&] { return store().release_kept(2000); });
    store().remove_unreferenced(hashes);
  }
  fs::path folder() const { return scratch_->path() / "backup"; }
  fs::path state() const { return scratch_->path() / "restored"; }
  BackupFigures back_up(const fs::path& to) {
    store().begin_backup(to);
    while (store().backup()->go_on(20ms)) {
    }
    const BackupFigures figures = store().backup()->figures();
    store().end_backup();
    return figures;
  }
  static void flip_a_byte(const fs::path& file, std::streamoff at) {
    ::chmod(file.c_str(), 0600);
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(at);
    const int byte = stream.get();
    stream.seekp(at);
    stream.put(static_cast<char>(byte ^ 4));
  }
};

TEST_F(BackupTest, WhatIsRestoredIsWhatWasThere) {
  const std::string one = keep("one"), two = keep(std::string(3u << 20, 'x'));
  commit([&] {
    store().set_setting("name", "value");
    return 0;
  });
  const BackupFigures figures = back_up(folder());
  EXPECT_EQ(figures.files, 2);
  EXPECT_EQ(figures.linked, 2);
  EXPECT_EQ(figures.bytes, 3 + (3 << 20));
  EXPECT_EQ(figures.missing, 0);
  EXPECT_EQ(figures.pages, store().database().pages());
  EXPECT_FALSE(fs::exists(folder().string() + ".partial"));

  const RestoreFigures restored = restore_backup(folder(), state());
  EXPECT_EQ(restored.files, 2);
  Store again(state());
  EXPECT_FALSE(again.after_crash());
  EXPECT_EQ(again.setting("name"), "value");
  EXPECT_EQ(again.files().problem(one), std::nullopt);
  EXPECT_EQ(again.files().problem(two), std::nullopt);
  // Copies: who edits a restored state edits no backup.
  struct stat info {};
  ASSERT_EQ(::stat(again.files().path(one).c_str(), &info), 0);
  EXPECT_EQ(info.st_nlink, 1u);
}

TEST_F(BackupTest, OnAnotherDiskFilesAreCopied) {
  const std::string hash = keep(std::string((2u << 20) + 17, 'y'));
  auto elsewhere = ScratchDir::create("/dev/shm", "ptah-backup");
  struct stat here {
  }, there{};
  if (!elsewhere || ::stat(scratch_->path().c_str(), &here) != 0 ||
      ::stat(elsewhere.value().path().c_str(), &there) != 0 || here.st_dev == there.st_dev)
    GTEST_SKIP() << "/dev/shm is no other disk";
  const BackupFigures figures = back_up(elsewhere.value().path() / "backup");
  EXPECT_EQ(figures.files, 1);
  EXPECT_EQ(figures.linked, 0);
  EXPECT_EQ(restore_backup(elsewhere.value().path() / "backup", state()).files, 1);
  EXPECT_EQ(Store(state()).files().problem(hash), std::nullopt);
}

TEST_F(BackupTest, ItIsOneMomentWhateverHappensMeanwhile) {
  std::vector<std::string> before;
  for (int i = 0; i < 300; ++i) before.push_back(keep("file " + std::to_string(i)));
  store().begin_backup(folder());
  // Before the database is copied, a change belongs to that moment; afterwards it does not.
  int steps = 0, changes = 0;
  std::vector<std::string> late;
  while (store().backup()->go_on(0ms)) {
    if (++steps == 20) forget_kept();
    if (steps % 50 == 0 && changes < 10) late.push_back(keep("late " + std::to_string(++changes)));
  }
  ASSERT_GT(steps, 100);
  for (const std::string& hash : before)
    EXPECT_EQ(store().files().problem(hash), std::nullopt) << "removed under the backup";
  store().end_backup();
  for (const std::string& hash : before)
    EXPECT_NE(store().files().problem(hash), std::nullopt) << "stays for ever";
  for (const std::string& hash : late) EXPECT_EQ(store().files().problem(hash), std::nullopt);
  EXPECT_EQ(restore_backup(folder(), state()).files,
            static_cast<std::int64_t>(Store(folder()).referenced_files().size()));
}

TEST_F(BackupTest, DeletionsThatWaitForABackupAreDoneWhenTheStoreCloses) {
  const std::string hash = keep("one");
  store().begin_backup(folder());
  forget_kept();
  const fs::path file = store().files().path(hash);
  EXPECT_TRUE(fs::exists(file));
  store_.reset();
  EXPECT_FALSE(fs::exists(file));
  EXPECT_FALSE(fs::exists(folder()));
  EXPECT_FALSE(fs::exists(folder().string() + ".partial"));
}

TEST_F(BackupTest, KilledAtAnyStepItLeavesNothingThatLooksWhole) {
  for (int i = 0; i < 20; ++i) keep("file " + std::to_string(i));
  store_.reset();
  int killed = 0;
  for (int steps = 0;; ++steps) {
    const pid_t child = ::fork();
    if (child == 0) {
      Store store(scratch_->path() / "state");
      store.begin_backup(folder());
      for (int i = 0; i < steps; ++i) {
        if (!store.backup()->go_on(0ms)) ::_exit(1);
      }
      ::_exit(0);  // As SIGKILL does: nothing is ended.
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 1) break;
    ++killed;
    EXPECT_FALSE(fs::exists(folder())) << "after " << steps << " steps";
    EXPECT_THAT(message_of([&] { restore_backup(folder().string() + ".partial", state()); }),
                HasSubstr("no whole backup"));
    EXPECT_FALSE(fs::exists(state()));
  }
  EXPECT_GT(killed, 20);
  // The last one found what the one before had left, and took its place.
  EXPECT_EQ(restore_backup(folder(), state()).files, 20);
}

TEST_F(BackupTest, WhatIsDamagedIsNotRestored) {
  const std::string hash = keep(std::string(1000, 'z'));
  const auto refused = [&](const char* name) {
    const std::string message =
        message_of([&] { restore_backup(scratch_->path() / name, state()); });
    EXPECT_FALSE(fs::exists(state()));
    EXPECT_FALSE(fs::exists(state().string() + ".restoring"));
    return message;
  };
  for (const char* name : {"a", "b", "c"}) back_up(scratch_->path() / name);
  // A copy is changed, for the file in the backup is the store's own.
  const fs::path linked = stored_path(scratch_->path() / "a/files", hash);
  fs::copy_file(linked, linked.string() + "x");
  fs::rename(linked.string() + "x", linked);
  flip_a_byte(linked, 500);
  EXPECT_THAT(refused("a"), HasSubstr(hash));
  flip_a_byte(scratch_->path() / "b/ptah.sqlite", 4096 * 2 + 2000);
  EXPECT_THAT(refused("b"), HasSubstr("does not match its checksum"));
  fs::remove(stored_path(scratch_->path() / "c/files", hash));
  EXPECT_THAT(refused("c"), HasSubstr(hash));
  EXPECT_THAT(refused("d"), HasSubstr("no whole backup"));
}

TEST_F(BackupTest, NothingThatIsThereIsTouched) {
  keep("one");
  fs::create_directory(folder());
  EXPECT_EQ(back_up(folder()).files, 1);  // Empty: it is taken.
  EXPECT_THAT(message_of([&] { back_up(folder()); }), HasSubstr("There is something already."));
  EXPECT_THAT(message_of([&] { back_up(store().state_dir() / "backup"); }), HasSubstr("own"));
  fs::create_directories(scratch_->path() / "theirs.partial/work");
  EXPECT_THAT(message_of([&] { back_up(scratch_->path() / "theirs"); }),
              HasSubstr("Ptah did not leave it there"));
  EXPECT_TRUE(fs::exists(scratch_->path() / "theirs.partial/work"));
  fs::create_directories(state() / "work");
  EXPECT_THAT(message_of([&] { restore_backup(folder(), state()); }),
              HasSubstr("There is something already."));
  EXPECT_TRUE(fs::exists(state() / "work"));
  store().begin_backup(scratch_->path() / "one");
  EXPECT_THAT(message_of([&] { store().begin_backup(scratch_->path() / "two"); }),
              HasSubstr("A backup is being made already."));
}

TEST_F(BackupTest, AFileThatIsLostIsCounted) {
  const std::string hash = keep("one");
  keep("two");
  fs::remove(store().files().path(hash));
  const BackupFigures figures = back_up(folder());
  EXPECT_EQ(figures.files, 1);
  EXPECT_EQ(figures.missing, 1);
}

}  // namespace
}  // namespace ptah::test
