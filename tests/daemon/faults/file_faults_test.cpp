// Files outside the store that are made or replaced, on a disk that fails at each of the calls: an
// error is told, what was there before or the whole new file is there, and it passes afterwards.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "fault_sweep.hpp"
#include "net/runtime_dir.hpp"
#include "plugins/plugin_set.hpp"
#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

class FileFaults : public testing::Test {
 protected:
  void SetUp() override {
    auto scratch = ScratchDir::create(faults::scratch_parent(), "ptah-file-faults");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
  }
  const fs::path& root() const { return scratch_->path(); }

  static std::string bytes_of(const fs::path& file) {
    std::stringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    return text.str();
  }
  static std::size_t entries_in(const fs::path& folder) {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
  }
  std::optional<ScratchDir> scratch_;
};

TEST_F(FileFaults, ATextIsTheOldOneOrTheNewOne) {
  const fs::path folder = root() / "texts";
  fs::create_directories(folder);
  const std::string fresh(100'000, 'n');
  faults::sweep([&](const faults::Plan& plan) {
    std::ofstream(folder / "text") << "old";
    faults::arm(plan);
    const Status status = write_text_file(folder / "text", fresh);
    const bool met = faults::disarm();
    EXPECT_TRUE(met || status);
    const std::string found = bytes_of(folder / "text");
    EXPECT_TRUE(found == fresh || (!status && found == "old"));
    EXPECT_TRUE(write_text_file(folder / "text", fresh));
    EXPECT_EQ(bytes_of(folder / "text"), fresh);
    return met;
  });
}

TEST_F(FileFaults, TheRuntimeFolder) {
  faults::sweep([&](const faults::Plan& plan) {
    fs::remove_all(root() / "run");
    const fs::path folder = root() / "run/user/ptah";
    faults::arm(plan);
    const Status status = prepare_private_dir(folder);
    const bool met = faults::disarm();
    EXPECT_TRUE(met || status);
    EXPECT_EQ(fs::is_directory(folder), bool(status));
    if (!status) {
      // The cause, not what comes of it.
      EXPECT_EQ(status.error().message.find("No such file"), std::string::npos)
          << status.error().text();
    }
    EXPECT_TRUE(prepare_private_dir(folder));
    return met;
  });
}

TEST_F(FileFaults, ALockIsHeldOrNot) {
  const fs::path file = root() / "lock";
  faults::sweep([&](const faults::Plan& plan) {
    faults::arm(plan);
    auto lock = FileLock::acquire(file, "the test");
    const bool met = faults::disarm();
    EXPECT_TRUE(met || lock);
    auto second = FileLock::acquire(file, "the test");
    EXPECT_NE(bool(lock), bool(second));
    return met;
  });
}

TEST_F(FileFaults, ATokenThatIsToldIsTheOneInTheFile) {
  const fs::path file = root() / "token";
  faults::sweep([&](const faults::Plan& plan) {
    fs::remove(file);
    faults::arm(plan);
    auto token = load_token(file);
    const bool met = faults::disarm();
    EXPECT_TRUE(met || token);
    if (token) {
      EXPECT_EQ(bytes_of(file), token.value() + "\n");
    } else {
      EXPECT_EQ(token.error().message.find("Success"), std::string::npos) << token.error().text();
    }
    auto again = load_token(file);
    EXPECT_TRUE(again);
    if (token) {
      EXPECT_EQ(token.value(), again.value());
    }
    EXPECT_EQ(entries_in(root()), 1u);
    return met;
  });
}

TEST_F(FileFaults, ATokenStays) {
  const fs::path file = root() / "token";
  const std::string before = load_token(file).value();
  faults::sweep([&](const faults::Plan& plan) {
    faults::arm(plan);
    auto token = load_token(file);
    const bool met = faults::disarm();
    EXPECT_TRUE(met || token);
    EXPECT_EQ(load_token(file).value(), before);
    return met;
  });
}

TEST_F(FileFaults, ACopyOfAPluginIsWholeOrRefused) {
  const ScannedPlugin plugin = scan_file(PTAH_STUB_PLUGIN);
  if (!plugin.usable()) GTEST_SKIP() << plugin.refusal->text();
  const fs::path folder = root() / "copies";
  faults::sweep([&](const faults::Plan& plan) {
    fs::remove_all(folder);
    faults::arm(plan);
    auto copy = copy_plugin(plugin, folder);
    const bool met = faults::disarm();
    EXPECT_TRUE(met || copy);
    if (!copy) copy = copy_plugin(plugin, folder);
    EXPECT_TRUE(copy);
    if (!copy) return false;
    EXPECT_EQ(bytes_of(copy.value()), bytes_of(plugin.file));
    struct stat info {};
    EXPECT_EQ(::stat(copy.value().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0500u);
    // A worker may run it: it is not written again.
    auto second = copy_plugin(plugin, folder);
    EXPECT_TRUE(second);
    struct stat again {};
    EXPECT_EQ(::stat(copy.value().c_str(), &again), 0);
    EXPECT_EQ(info.st_ino, again.st_ino);
    EXPECT_EQ(info.st_mtim.tv_nsec, again.st_mtim.tv_nsec);
    return met;
  });
}

}  // namespace
}  // namespace ptah
