// Databases that are damaged or edited: the same data, or an error that says
// what is wrong and what to do; never other data, and never a change.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <sstream>

#include "old_states.hpp"
#include "ptah/core/run_tool.hpp"
#include "store/checked_vfs.hpp"
#include "store/failure.hpp"
#include "store/store.hpp"
#include "store/verification.hpp"
#include "store_contents.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

void put_byte(const fs::path& file, std::size_t place, char byte) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekp(static_cast<std::streamoff>(place));
  stream.put(byte);
}

class StoreDamage : public testing::Test {
 protected:
  void SetUp() override {
    auto scratch = ScratchDir::create(fs::temp_directory_path(), "ptah-store-damage");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
  }
  fs::path state() const { return scratch_->path() / "state"; }
  fs::path database() const { return state() / "ptah.sqlite"; }

  /// Two jobs with plans of several pages, variants, events.
  void fill() {
    Store store(state());
    store.database().exec("BEGIN");
    store.set_setting("disabled", "a b c");
    for (const std::string id : {"first", "second"}) {
      NewJob job;
      job.id = id;
      job.kind = "run";
      job.spec = {{"text", std::string(9000, id.front())}};
      store.create_job(job);
      store.save_plan(id, "cell", {{"plan", std::string(20'000, 'p')}},
                      {{{"name", "a"}}, {{"name", "b"}}}, {{"netlist", "", "* a\n", "n.sp"}});
      for (int variant = 0; variant < 30; ++variant) {
        store.commit_variant(id, variant % 2, variant, {{"cost", variant}, {"x", "yyyyyyyyyyyy"}},
                             {{"gds", "", "layout " + std::to_string(variant), "l.gds"}});
      }
      store.commit_notes(id, 1, 29, {NewFile{"", "", "learned", ""}, {{"cost", 3, 0.5}}});
      store.finish_chain(id, 0, nullptr, {{"r", 1}});
      store.finish_job(id, JobState::kDone, nullptr, {{"variants", 30}});
    }
    store.files().sync();
    store.database().exec("COMMIT");
  }

  std::optional<ScratchDir> scratch_;
};

TEST_F(StoreDamage, AnyFlippedByteGivesTheSameDataOrAnErrorAndChangesNothing) {
  fill();
  std::string expected;
  {
    Store store(state());
    expected = contents_of(store);
  }
  const std::string good = bytes_of(database());
  ASSERT_GT(good.size(), 40u * 4096);
  int errors = 0, same = 0;
  // The head byte by byte, the rest a few places a page.
  for (std::size_t place = 0; place < good.size(); place += place < 100 ? 1 : 397) {
    const char flipped = static_cast<char>(good[place] ^ (place % 3 == 0 ? 0x08 : 0x41));
    put_byte(database(), place, flipped);
    try {
      Store store(state());
      ASSERT_EQ(contents_of(store), expected) << "other data after a flip at " << place;
      ++same;
    } catch (const Failure& failure) {
      ++errors;
      const Error& error = failure.error();
      EXPECT_NE(error.message.find("damaged"), std::string::npos) << place << error.text();
      EXPECT_EQ(error.where, database().string());
      EXPECT_NE(error.hint.find("backup"), std::string::npos);
    }
    std::string after = bytes_of(database());
    ASSERT_EQ(after.size(), good.size());
    EXPECT_EQ(after[place], flipped);
    after[place] = good[place];
    ASSERT_TRUE(after == good) << "changed after a flip at " << place;
    put_byte(database(), place, good[place]);
  }
  std::cout << errors << " errors, " << same << " with the same data\n";
  EXPECT_GT(errors, 300);
  Store store(state());
  EXPECT_EQ(contents_of(store), expected);
}

TEST_F(StoreDamage, APageInAnotherOnesPlaceIsFound) {
  fill();
  std::string bytes = bytes_of(database());
  const std::string third = bytes.substr(2 * 4096, 4096), fourth = bytes.substr(3 * 4096, 4096);
  bytes.replace(2 * 4096, 4096, fourth).replace(3 * 4096, 4096, third);
  std::ofstream(database(), std::ios::binary | std::ios::trunc) << bytes;
  EXPECT_EQ(Database(database()).check_pages(1, 1000).damaged, (std::vector<std::int64_t>{3, 4}));
}

TEST_F(StoreDamage, AShortenedFileIsSaidToBeDamaged) {
  fill();
  fs::resize_file(database(), fs::file_size(database()) - 5000);
  try {
    Store store(state());
    contents_of(store);
    FAIL() << "a part of the file was not missed";
  } catch (const Failure& failure) {
    EXPECT_NE(failure.error().message.find("damaged"), std::string::npos) << failure.error().text();
  }
}

TEST_F(StoreDamage, ValuesThatCannotBeAreErrorsThatNameTableAndRow) {
  fill();
  Store store(state());
  Database& database = store.database();
  struct Case {
    const char* edit;
    const char* named;
  };
  for (const Case& edit : std::initializer_list<Case>{
           {"UPDATE jobs SET state=100000000 WHERE id='first'", "state of jobs \"first\""},
           {"UPDATE jobs SET state=-1 WHERE id='first'", "state of jobs"},
           {"UPDATE jobs SET state='x' WHERE id='first'", "state of jobs"},
           {"UPDATE jobs SET spec='{' WHERE id='first'", "spec of jobs \"first\""},
           {"UPDATE jobs SET plan='7' WHERE id='first'", "plan of jobs"},
           {"UPDATE jobs SET result='}' WHERE id='first'", "result of jobs"},
           {"UPDATE jobs SET error='[]' WHERE id='first'", "error of jobs"},
           {"UPDATE jobs SET kind='other' WHERE id='first'", "kind of jobs"},
           {"UPDATE jobs SET out='../x' WHERE id='first'", "out of jobs"},
           {"UPDATE jobs SET chains=-1 WHERE id='first'", "chains of jobs"},
           {"UPDATE jobs SET variants=x'00' WHERE id='first'", "variants of jobs"},
           {"UPDATE chains SET state='lost'", "state of chains \"first\""},
           {"UPDATE chains SET spec='[]'", "spec of chains"},
           {"UPDATE variants SET record='[]'", "record of variants"},
           {"UPDATE files SET hash='../../../etc/passwd'", "hash of files"},
           {"UPDATE files SET size='big'", "size of files"},
           {"UPDATE metrics SET value=9e999", "value of metrics"},
           {"UPDATE metrics SET name='a b'", "name of metrics"},
           {"UPDATE metrics SET step=-1", "step of metrics"},
           {"UPDATE events SET params='[1]'", "params of events"},
           {"UPDATE versions SET hash='/'", "hash of versions"}}) {
    database.exec("BEGIN");
    database.exec(edit.edit);
    try {
      contents_of(store);
      ADD_FAILURE() << edit.edit << " is not noticed";
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.error().code, ErrorCode::kIo);
      EXPECT_NE(failure.error().message.find(edit.named), std::string::npos)
          << edit.edit << ": " << failure.error().text();
    }
    database.exec("ROLLBACK");
  }
}

TEST_F(StoreDamage, AnEditByAnotherProgramIsFound) {
  fill();
  execute(database(), "UPDATE jobs SET state=1 WHERE id='first'");
  try {
    Store store(state());
    contents_of(store);
    FAIL() << "a page without its checksum was taken";
  } catch (const Failure& failure) {
    EXPECT_NE(failure.error().message.find("checksum"), std::string::npos)
        << failure.error().text();
  }
}

/// A whole check, a step at a time.
void finish(Verification& verification, Store& store) {
  double before = 0;
  while (verification.check(store, std::chrono::milliseconds(0))) {
    EXPECT_GE(verification.fraction(), before) << verification.present();
    before = verification.fraction();
  }
}

TEST_F(StoreDamage, VerificationOfAWholeStateReadsEverythingAndFindsNothing) {
  fill();
  Store store(state());
  Verification verification;
  int steps = 0;
  while (verification.check(store, std::chrono::milliseconds(0))) {
    // Others write in between.
    store.database().exec("BEGIN");
    store.add_event("first", "job.progress", {{"step", ++steps}});
    store.database().exec("COMMIT");
  }
  EXPECT_GT(steps, 20);
  EXPECT_TRUE(verification.damaged().empty()) << verification.damaged().front().problem;
  EXPECT_TRUE(verification.how_to_restore().empty());
  EXPECT_FALSE(verification.cut());
  EXPECT_EQ(verification.fraction(), 1);
  EXPECT_EQ(verification.pages(), static_cast<int>(fs::file_size(database()) / 4096));
  EXPECT_EQ(verification.tables(), static_cast<int>(store.database().tables().size()));
  std::int64_t rows = 0;
  for (const char* table : {"jobs", "chains", "variants", "files", "metrics", "events", "versions",
                            "settings", "deletions"}) {
    Query query(store.database(), std::string("SELECT count(*) FROM ") + table);
    ASSERT_TRUE(query.next());
    rows += query.integer(0);
  }
  EXPECT_GT(rows, 2 * 3 * 30);
  EXPECT_EQ(verification.rows(), rows);
  EXPECT_EQ(verification.files(), 32) << "30 layouts, a netlist and a checkpoint";
}

TEST_F(StoreDamage, VerificationNamesEveryPageWithAFlippedByte) {
  fill();
  const std::string good = bytes_of(database());
  // The first page's content is needed to open the file at all.
  for (std::size_t page = 2; page <= good.size() / 4096; ++page) {
    const std::size_t place = (page - 1) * 4096 + page * 37 % 4096;
    put_byte(database(), place, static_cast<char>(good[place] ^ 0x20));
    {
      std::optional<Store> store;
      try {
        store.emplace(state());
      } catch (const Failure&) {
        // One that every start reads.
      }
      if (store) {
        Verification verification;
        finish(verification, *store);
        ASSERT_FALSE(verification.damaged().empty()) << page;
        const Damage& first = verification.damaged().front();
        EXPECT_EQ(first.page, static_cast<std::int64_t>(page));
        EXPECT_EQ(first.file, database().string());
        EXPECT_NE(first.problem.find("Page " + std::to_string(page) + " "), std::string::npos);
        ASSERT_EQ(verification.how_to_restore().size(), 1u);
        EXPECT_NE(verification.how_to_restore()[0].find("backup"), std::string::npos);
        for (const Damage& damage : verification.damaged())
          EXPECT_TRUE(damage.page > 0 || !damage.table.empty()) << damage.problem;
      }
    }
    put_byte(database(), place, good[place]);
    ASSERT_TRUE(bytes_of(database()) == good) << "changed";
  }
}

TEST_F(StoreDamage, VerificationNamesAllRowsWhoseValuesCannotBe) {
  fill();
  Store store(state());
  Verification whole;
  finish(whole, store);
  store.database().exec("UPDATE jobs SET state=100000000 WHERE id='second'");
  store.database().exec("UPDATE chains SET spec='[]' WHERE job='first' AND chain=1");
  store.database().exec("UPDATE variants SET record='{' WHERE job='first' AND variant IN (3, 8)");
  store.database().exec("UPDATE files SET size=-1 WHERE job='second' AND variant=7");
  store.database().exec("UPDATE events SET params=x'00' WHERE job='first' AND number=5");
  store.database().exec("UPDATE versions SET hash='/' WHERE cell='cell' AND view='netlist'");
  Verification verification;
  finish(verification, store);
  std::vector<std::string> named;
  for (const Damage& damage : verification.damaged()) {
    named.push_back(damage.table + " " + damage.row);
    EXPECT_NE(damage.problem.find(damage.table + " \"" + damage.row + "\""), std::string::npos)
        << damage.problem;
    EXPECT_EQ(damage.file, database().string());
  }
  EXPECT_EQ(named, (std::vector<std::string>{"jobs second", "chains first/1", "variants first/0/8",
                                             "variants first/1/3", "files second/1/7/0",
                                             "events first/5", "versions work/cell/netlist/1"}));
  EXPECT_EQ(verification.rows(), whole.rows()) << "it goes on behind a damaged row";
}

TEST_F(StoreDamage, VerificationNamesDamagedAndMissingFilesAndTheirJob) {
  fill();
  Store store(state());
  const auto files = store.referenced_files();
  ASSERT_GT(files.size(), 10u);
  const fs::path flipped = store.files().path(files[2].first);
  fs::permissions(flipped, fs::perms::owner_read | fs::perms::owner_write);
  put_byte(flipped, 3, '#');
  fs::remove(store.files().path(files[7].first));
  Verification verification;
  finish(verification, store);
  ASSERT_EQ(verification.damaged().size(), 2u);
  for (const auto& [place, file] : {std::pair{0u, 2u}, std::pair{1u, 7u}}) {
    const Damage& damage = verification.damaged()[place];
    EXPECT_EQ(damage.hash, files[file].first);
    EXPECT_EQ(damage.job, "first");
    EXPECT_EQ(damage.file, store.files().path(files[file].first).string());
    EXPECT_NE(damage.problem.find("job first"), std::string::npos) << damage.problem;
  }
  EXPECT_NE(verification.damaged()[1].problem.find("missing"), std::string::npos);
  ASSERT_EQ(verification.how_to_restore().size(), 1u);
  EXPECT_NE(verification.how_to_restore()[0].find("run it again"), std::string::npos);
}

TEST_F(StoreDamage, VerificationKeepsTheLocksOfTheDatabase) {
  fill();
  Store store(state());
  // Locks are a process's: another one must see them.
  const auto locked = [this] {
    const pid_t child = ::fork();
    if (child == 0) {
      const int file = ::open(database().c_str(), O_RDWR | O_CLOEXEC);
      struct flock lock {};
      lock.l_type = F_WRLCK;
      lock.l_whence = SEEK_SET;
      ::_exit(file >= 0 && ::fcntl(file, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? 0 : 1);
    }
    int status = 1;
    ::waitpid(child, &status, 0);
    return status == 0;
  };
  ASSERT_TRUE(locked()) << "SQLite holds a lock while the database is open";
  Verification verification;
  finish(verification, store);
  EXPECT_TRUE(locked()) << "another program may close the log that is in use";
}

TEST_F(StoreDamage, NoStatementScansOrSortsTheRowsOfAJob) {
  fill();
  Store store(state());
  store.database().exec("BEGIN");
  store.add_event("first", "job.progress", Json::object());
  store.reopen_job("first");
  store.commit_variant("first", 0, 100, Json::object(), {{"gds", "", "new", "n.gds"}});
  contents_of(store);
  store.jobs(JobState::kDone, "first", 10);
  store.variants("first", 1, 5, 10);
  store.views("work", "cell", "", {}, 10);
  store.append_chains("first", {{{"name", "c"}}});
  store.delete_job("second", 3);
  store.continue_deletion(3);
  store.referenced(std::string(64, '0'));
  store.database().exec("COMMIT");
  for (const std::string& sql : store.database().statements()) {
    if (sql.starts_with("PRAGMA")) continue;
    Query plan(store.database(), "EXPLAIN QUERY PLAN " + sql);
    while (plan.next()) {
      const std::string step = plan.text(3);
      // Jobs are few beside their variants.
      const bool whole = step.starts_with("SCAN") && step.find("jobs") == std::string::npos &&
                         step.find("sqlite_s") == std::string::npos &&
                         step.find("deletions") == std::string::npos;
      EXPECT_FALSE(whole) << step << ": " << sql;
      EXPECT_EQ(step.find("TEMP B-TREE"), std::string::npos) << step << ": " << sql;
      // By all of these, or one chain's variants are looked for among all of the job.
      if (sql.find("chain=? ORDER BY sequence") != std::string::npos) {
        EXPECT_NE(step.find("job=? AND chain=? AND rowid>?"), std::string::npos) << step;
      }
      if (sql.find("state=? AND id") != std::string::npos &&
          step.find("jobs") != std::string::npos) {
        EXPECT_NE(step.find("state=? AND rowid>?"), std::string::npos) << step;
      }
    }
  }
}

}  // namespace
}  // namespace ptah
