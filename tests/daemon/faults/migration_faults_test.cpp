// States of older versions on a bad disk, and with a process that is killed at each of its calls to
// the system while it brings them up to date: the old tables or the new ones, with all rows.
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <map>
#include <optional>

#include "fault_sweep.hpp"
#include "old_states.hpp"
#include "ptah/core/run_tool.hpp"
#include "store/failure.hpp"
#include "store/schema.hpp"
#include "store_contents.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

/// Without spaces: an added column stands on the line of the one before it.
std::string schema_of(Database& database) {
  std::string text;
  Query query(database, "SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name");
  while (query.next()) text += query.text(0) + ":" + query.text(1) + ";";
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  return text;
}

class MigrationFaults : public testing::Test {
 protected:
  void SetUp() override {
    auto scratch = ScratchDir::create(faults::scratch_parent(), "ptah-migration-faults");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
    old_ = {scratch_->path() / "version1", scratch_->path() / "version2"};
    // With a log beside it, as after a crash.
    const fs::path one = scratch_->path() / "one";
    write_version1(one);
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open((one / "ptah.sqlite").c_str(), &handle), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(handle, "UPDATE jobs SET kind=kind", nullptr, nullptr, nullptr),
              SQLITE_OK);
    copy(one, old_[0]);
    sqlite3_close(handle);
    write_version2(old_[1]);
  }

  fs::path state() const { return scratch_->path() / "state"; }

  static void copy(const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    fs::create_directories(to);
    for (const auto& entry : fs::directory_iterator(from)) {
      const fs::path name = entry.path().filename();
      // Nobody writes into a file that is stored.
      fs::copy(entry.path(), to / name,
               fs::copy_options::recursive | (name == "files" ? fs::copy_options::create_hard_links
                                                              : fs::copy_options::none));
    }
  }

  std::string contents() {
    Store store(state());
    EXPECT_TRUE(store.database().problems(true).empty());
    return contents_of(store);
  }

  /// What the state in `old` holds once it is up to date.
  std::string expected(const fs::path& old) {
    copy(old, state());
    return contents();
  }

  std::optional<ScratchDir> scratch_;
  std::array<fs::path, 2> old_;
};

TEST_F(MigrationFaults, ABadDiskIsAnErrorAndTheNextStartFindsAll) {
  for (const fs::path& old : old_) {
    const std::string after = expected(old);
    faults::sweep([&](const faults::Plan& plan) {
      copy(old, state());
      std::optional<Error> error;
      faults::arm(plan);
      try {
        Store store(state());
      } catch (const Failure& failure) {
        error = failure.error();
      }
      const bool met = faults::disarm();
      EXPECT_TRUE(met || !error);
      try {
        EXPECT_EQ(contents(), after);
      } catch (const Failure& failure) {
        ADD_FAILURE() << failure.error().text();
      }
      EXPECT_FALSE(fs::exists(state() / "ptah.sqlite-new"));
      return met;
    });
  }
}

TEST_F(MigrationFaults, KilledAtAnyCallItLeavesTheOldTablesOrTheNewOnes) {
  std::map<std::int64_t, std::string> schemas;  // Each version has one.
  for (const fs::path& old : old_) {
    const std::string after = expected(old);
    for (long call = 1;; ++call) {
      SCOPED_TRACE("killed at call " + std::to_string(call));
      ASSERT_LT(call, 10'000) << "it never passes";
      copy(old, state());
      const pid_t child = ::fork();
      if (child == 0) {
        faults::arm({call, faults::kKilled, true});
        try {
          Store store(state());
          faults::disarm();
        } catch (const Failure&) {
          ::_exit(1);
        }
        ::_exit(0);
      }
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
      ASSERT_TRUE(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << status;
      {
        Database left(state() / "ptah.sqlite");
        const auto [known, fresh] = schemas.emplace(schema_version(left), schema_of(left));
        EXPECT_EQ(known->second, schema_of(left)) << "half of a step";
      }
      EXPECT_EQ(contents(), after);
      if (!killed || HasFailure()) break;
    }
  }
  EXPECT_GE(schemas.size(), 2u) << "it was always killed on one side of the steps";
}

}  // namespace
}  // namespace ptah
