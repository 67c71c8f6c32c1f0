// Every operation that writes, with a failure at its first call to the system, at its second, and
// so on until it passes: an error is told, nothing is half done or lost, and it passes once the
// disk is well. So SQLite tests itself (sqlite.org/testing.html, "I/O error testing").
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <functional>
#include <future>
#include <sstream>

#include "fault_sweep.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/core/sha256.hpp"
#include "store/exporter.hpp"
#include "store/failure.hpp"
#include "store/store_thread.hpp"
#include "store_contents.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;
using Kind = StoreThread::Kind;

/// Something that the daemon has its store do, and what it does after the commit.
struct Operation {
  std::function<void(Store&)> work;
  std::function<void(Store&)> then = [](Store&) {};
  Kind kind = Kind::kWrite;
};

std::optional<Error> failure_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Failure& failure) {
    return failure.error();
  }
  return std::nullopt;
}

class StoreFaults : public testing::Test {
 protected:
  void SetUp() override {
    auto scratch = ScratchDir::create(faults::scratch_parent(), "ptah-store-faults");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
    std::ofstream(root() / "bundle") << "gds of a variant|state of a variant";
    fill();
    before_ = look(root() / "seed");
  }

  const fs::path& root() const { return scratch_->path(); }
  fs::path state() const { return root() / "state"; }
  fs::path out() const { return root() / "results/out"; }

  static NewJob job(const std::string& id) {
    NewJob job;
    job.id = id;
    job.kind = "run";
    job.spec = {{"name", id}};
    return job;
  }
  std::vector<NewFile> variant_files(const std::string& text) const {
    return {{"gds", (root() / "bundle").string(), "", "v.gds", 0, 16},
            {"state", (root() / "bundle").string(), "", "", 17, -1},
            {"times", "", text, "data/times.json"}};
  }

  /// A job in each state.
  void fill() {
    Store store(root() / "seed");
    store.database().exec("BEGIN");
    store.set_setting("disabled", "a b c");
    for (const std::string id : {"new", "running", "failed", "done"}) store.create_job(job(id));
    for (const std::string id : {"running", "failed", "done"}) {
      store.save_plan(id, "cell", {{"plan", std::string(3000, 'p')}}, {{{"name", "a"}}},
                      {{"netlist", "", "* " + id, "n.sp"}});
      store.set_running(id);
      store.commit_variant(id, 0, 0, {{"cost", 1}}, variant_files(id));
    }
    store.finish_chain("failed", 0, {{"code", "io"}}, nullptr);
    store.finish_job("failed", JobState::kFailed, {{"code", "io"}}, nullptr);
    store.finish_chain("done", 0, nullptr, {{"best", 0}});
    store.finish_job("done", JobState::kDone, nullptr, {{"variants", 1}});
    store.files().sync();
    store.database().exec("COMMIT");
  }

  /// A store that is in use is copied as `kill -9` would leave it.
  static void copy_state(const fs::path& from, const fs::path& to) {
    fs::remove_all(to);
    fs::create_directories(to);
    for (const auto& entry : fs::directory_iterator(from)) {
      const fs::path name = entry.path().filename();
      // Nobody writes into a file that is stored, nor into the reserve.
      const bool shared = name == "files" || name == "reserve";
      fs::copy(entry.path(), to / name,
               fs::copy_options::recursive |
                   (shared ? fs::copy_options::create_hard_links : fs::copy_options::none));
    }
  }

  /// Opens a state; it must be whole, with every file that a row names.
  std::string look(const fs::path& folder) {
    try {
      Store store(folder);
      for (const std::string& problem : store.database().problems(true)) ADD_FAILURE() << problem;
      std::set<std::string> wanted;
      for (const auto& [hash, owner] : store.referenced_files()) {
        wanted.insert(hash);
        const auto problem = store.files().problem(hash);
        EXPECT_FALSE(problem) << "file " << hash << " of " << owner << ": " << *problem;
      }
      orphans_ = 0;
      for (int i = 0; i < FileStore::kFolders; ++i) {
        for (const std::string& hash : store.files().hashes(i)) orphans_ += !wanted.contains(hash);
      }
      std::string text = contents_of(store, false);
      // Events hold the paths of their time.
      for (const fs::path& place : {root() / "seed", root() / "state", root() / "killed"}) {
        const std::string name = place.string();
        for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at))
          text.replace(at, name.size(), "STATE");
      }
      return text;
    } catch (const Failure& failure) {
      ADD_FAILURE() << "the state does not open: " << failure.error().text();
      return {};
    }
  }

  struct Outcome {
    std::optional<Error> error;       ///< Of the work: nothing is done.
    std::optional<Error> then_error;  ///< Of what follows the commit.
  };
  static Outcome perform(StoreThread& thread, const Operation& operation) {
    std::promise<Outcome> promise;
    thread.submit_then(
        operation.kind, operation.work, [&](Store& store, const auto&) { operation.then(store); },
        [&](auto result, Status then) {
          Outcome outcome;
          if (!result) outcome.error = result.error();
          if (!then) outcome.then_error = then.error();
          promise.set_value(outcome);
        });
    return promise.get_future().get();
  }
  static std::unique_ptr<StoreThread> open(const fs::path& folder) {
    return std::make_unique<StoreThread>(std::make_unique<Store>(folder),
                                         [](const std::function<void()>& call) { call(); });
  }

  void sweep(const Operation& operation) {
    copy_state(root() / "seed", state());
    {
      auto thread = open(state());
      const Outcome outcome = perform(*thread, operation);
      ASSERT_FALSE(outcome.error || outcome.then_error);
    }
    const std::string after = look(state());
    const auto left = orphans_;
    faults::sweep([&](const faults::Plan& plan) {
      copy_state(root() / "seed", state());
      auto thread = open(state());
      faults::arm(plan);
      const Outcome outcome = perform(*thread, operation);
      const bool met = faults::disarm();
      if (!met) {
        EXPECT_FALSE(outcome.error || outcome.then_error);
        return false;
      }
      copy_state(state(), root() / "killed");
      const std::string killed = look(root() / "killed");
      if (outcome.error) {
        // A commit that failed at its very end may be whole on the disk.
        EXPECT_TRUE(killed == before_ || killed == after)
            << "it is half done after " << outcome.error->text();
        const Outcome again = perform(*thread, operation);
        EXPECT_FALSE(again.error) << again.error->text();
        EXPECT_FALSE(again.then_error) << again.then_error->text();
      } else {
        EXPECT_EQ(killed, after) << "it is done, and after a crash it is not";
      }
      thread.reset();
      EXPECT_EQ(look(state()), after);
      if (!outcome.then_error) {
        EXPECT_EQ(orphans_, left) << "files that no row names";
      }
      return true;
    });
  }

  std::optional<ScratchDir> scratch_;
  std::string before_;
  std::int64_t orphans_ = 0;  ///< Files that no row names, in the state that was looked at last.
};

TEST_F(StoreFaults, ANewJob) {
  sweep({[](Store& store) { store.create_job(job("newer")); }});
}

TEST_F(StoreFaults, APlan) {
  sweep({[](Store& store) {
    store.save_plan("new", "cell", {{"plan", std::string(9000, 'q')}}, {{{"name", "a"}}},
                    {{"netlist", "", "* new netlist\n", "n.sp"}, {"common", "", "{}", ""}});
  }});
}

TEST_F(StoreFaults, AVariantWithItsFiles) {
  std::ofstream(root() / "bundle") << "another variant.|another state";
  sweep({[this](Store& store) {
           store.commit_variant("running", 0, 1, {{"cost", 2}}, variant_files("2"));
         },
         [](Store&) {}, Kind::kGatheredWrite});
}

TEST_F(StoreFaults, AVariantWithACheckpointInPlaceOfAnother) {
  {
    Store store(root() / "seed");
    store.database().exec("BEGIN");
    store.commit_notes("running", 0, 0, {NewFile{"", "", "first checkpoint", ""}, {{"a", 0, 1}}});
    store.files().sync();
    store.database().exec("COMMIT");
  }
  before_ = look(root() / "seed");
  const ChainNotes notes{NewFile{"", "", "second checkpoint", ""}, {{"a", 0, 1}, {"a", 1, 2}}};
  sweep({[&](Store& store) {
           store.commit_variant("running", 0, 1, {{"cost", 2}}, variant_files("2"), notes);
         },
         [](Store&) {}, Kind::kGatheredWrite});
}

TEST_F(StoreFaults, AFileThatAClientSentAndAJobWithIt) {
  const std::string hash = sha256_hex("sent");
  std::ofstream(root() / "sent") << "sent";
  NewJob with = job("newer");
  with.inputs = {hash};
  sweep({[&](Store& store) {
    EXPECT_TRUE(store.keep_file(hash, root() / "sent", 5));
    store.create_job(with);
  }});
}

TEST_F(StoreFaults, TheEndOfTheTimeOfAFileThatAClientSent) {
  const std::string hash = sha256_hex("sent");
  std::ofstream(root() / "sent") << "sent";
  {
    Store store(root() / "seed");
    store.database().exec("BEGIN");
    store.keep_file(hash, root() / "sent", 5);
    store.files().sync();
    store.database().exec("COMMIT");
  }
  before_ = look(root() / "seed");
  sweep({[](Store& store) { store.release_kept(10); },
         [&](Store& store) { store.remove_unreferenced({hash}); }});
}

TEST_F(StoreFaults, ChainsThatAreAdded) {
  sweep({[](Store& store) { store.append_chains("running", {{{"name", "b"}}, {{"name", "c"}}}); }});
}

TEST_F(StoreFaults, AVariantWithMoreFilesThanAreSyncedSingly) {
  std::vector<NewFile> files;
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"})
    files.push_back({name, "", name, ""});
  sweep({[&](Store& store) { store.commit_variant("running", 0, 1, {{"cost", 2}}, files); }});
}

TEST_F(StoreFaults, Events) {
  sweep({[](Store& store) {
           store.add_event("running", "job.progress", {{"fraction", 0.5}});
         },
         [](Store&) {}, Kind::kRelaxedWrite});
}

TEST_F(StoreFaults, TheEndOfAJobWithTheReserve) {
  sweep({[](Store& store) {
           store.finish_chain("running", 0, nullptr, {{"best", 0}});
           store.finish_job("running", JobState::kDone, nullptr, {{"variants", 1}});
         },
         [](Store&) {}, Kind::kEssentialWrite});
}

TEST_F(StoreFaults, AJobThatIsResumed) {
  sweep({[](Store& store) { store.reopen_job("failed"); }});
}

TEST_F(StoreFaults, ASetting) {
  sweep({[](Store& store) { store.set_setting("disabled", "d e f"); }});
}

TEST_F(StoreFaults, TheDeletionOfAJobAndItsFiles) {
  auto step = std::make_shared<DeletionStep>();
  sweep({[step](Store& store) { *step = store.delete_job("done"); },
         [step](Store& store) { store.remove_unreferenced(step->hashes); }});
}

TEST_F(StoreFaults, ASliceOfADeletion) {
  {
    Store store(root() / "seed");
    store.database().exec("BEGIN");
    store.delete_job("done", 2);
    store.database().exec("COMMIT");
  }
  before_ = look(root() / "seed");
  auto step = std::make_shared<DeletionStep>();
  sweep({[step](Store& store) { *step = store.continue_deletion(3); },
         [step](Store& store) { store.remove_unreferenced(step->hashes); }});
}

TEST_F(StoreFaults, AStoreThatIsMade) {
  std::string empty;
  faults::sweep([&](const faults::Plan& plan) {
    fs::remove_all(state());
    faults::arm(plan);
    const auto error = failure_of([&] { Store store(state()); });
    const bool met = faults::disarm();
    EXPECT_TRUE(met || !error);
    if (empty.empty()) empty = look(state());
    EXPECT_EQ(look(state()), empty);
    return met;
  });
}

TEST_F(StoreFaults, AStoreThatIsOpened) {
  faults::sweep([&](const faults::Plan& plan) {
    copy_state(root() / "seed", state());
    std::unique_ptr<Store> store;
    faults::arm(plan);
    const auto error = failure_of([&] { store = std::make_unique<Store>(state()); });
    const bool met = faults::disarm();
    EXPECT_TRUE(met || !error);
    if (!error) {
      EXPECT_FALSE(failure_of([&] {
        store->database().exec("BEGIN IMMEDIATE");
        store->set_setting("disabled", "a b c");
        store->database().exec("COMMIT");
      })) << "it opened, and cannot be written";
    }
    store.reset();
    EXPECT_EQ(look(state()), before_);
    return met;
  });
}

TEST_F(StoreFaults, AStoreThatIsOpenedAfterACrash) {
  {
    Store store(root() / "seed");
    store.database().exec("BEGIN IMMEDIATE");
    store.create_job(job("newest"));
    store.database().exec("COMMIT");
    copy_state(root() / "seed", root() / "crashed");
  }
  copy_state(root() / "crashed", state());
  const std::string after = look(state());
  EXPECT_NE(after, before_);
  faults::sweep([&](const faults::Plan& plan) {
    copy_state(root() / "crashed", state());
    faults::arm(plan);
    const auto error = failure_of([&] { Store store(state()); });
    const bool met = faults::disarm();
    EXPECT_TRUE(met || !error);
    EXPECT_EQ(look(state()), after);
    return met;
  });
}

TEST_F(StoreFaults, AStoreThatIsClosed) {
  faults::sweep([&](const faults::Plan& plan) {
    copy_state(root() / "seed", state());
    auto store = std::make_unique<Store>(state());
    store->database().exec("BEGIN IMMEDIATE");
    store->reopen_job("failed");
    store->set_setting("disabled", "d e f");
    store->database().exec("COMMIT");
    faults::arm(plan);
    store.reset();
    const bool met = faults::disarm();
    const std::string closed = look(state());
    EXPECT_NE(closed.find("d e f"), std::string::npos) << "what was committed is lost";
    EXPECT_EQ(look(state()), closed);
    return met;
  });
}

TEST_F(StoreFaults, TheReserve) {
  faults::sweep([&](const faults::Plan& plan) {
    copy_state(root() / "seed", state());
    Store store(state());
    faults::arm(plan);
    const bool released = store.release_reserve();
    store.restore_reserve();
    const bool met = faults::disarm();
    EXPECT_TRUE(released || met);
    EXPECT_TRUE(!store.has_reserve() || fs::file_size(state() / "reserve") >= 4 << 20)
        << "a reserve without its space";
    store.restore_reserve();
    EXPECT_TRUE(store.has_reserve());
    return met;
  });
}

/// What lies in an output, each file with its bytes; of the mark, that it is there.
std::string files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    std::stringstream text;
    if (entry.is_regular_file() && entry.path().filename() != ".ptah")
      text << std::ifstream(entry.path()).rdbuf();
    files[entry.path().lexically_relative(folder)] = text.str();
  }
  return Json(files).dump();
}

class OutputFaults : public StoreFaults {
 protected:
  /// Copies a job's files into an output that `prepare` has made, as an export does.
  void sweep_output(const std::function<void()>& prepare, FileStore::Existing existing) {
    std::string after;
    std::int64_t kept = 0;
    Store store(root() / "seed");
    const auto copy = [&]() -> std::optional<Error> {
      return failure_of([&] {
        OutputCounts counts;
        copy_out(store.files(), store.files().outputs(), store.output_files("done", {}, 100), out(),
                 existing, counts);
        kept = counts.kept;
        sync_output(out());
      });
    };
    const auto start = [&] {
      store.files().outputs().close();
      fs::remove_all(out().parent_path());
      prepare();
    };
    start();
    ASSERT_FALSE(copy());
    after = files_in(out().parent_path());
    const std::int64_t kept_after = kept;
    faults::sweep([&](const faults::Plan& plan) {
      start();
      faults::arm(plan);
      auto error = copy();
      const bool met = faults::disarm();
      EXPECT_TRUE(met || !error);
      store.files().outputs().close();
      if (error) {
        error = copy();
        EXPECT_FALSE(error) << error->text();
      }
      EXPECT_EQ(files_in(out().parent_path()), after);
      EXPECT_EQ(kept, kept_after);
      return met;
    });
  }
};

TEST_F(OutputFaults, AFolderThatIsMade) {
  sweep_output([] {}, FileStore::Existing::kReplace);
}

TEST_F(OutputFaults, AFolderThatIsEmpty) {
  sweep_output([this] { fs::create_directories(out()); }, FileStore::Existing::kReplace);
}

TEST_F(OutputFaults, AFolderOfOursWithOtherFiles) {
  sweep_output(
      [this] {
        fs::create_directories(out());
        std::ofstream(out() / ".ptah") << "ours";
        std::ofstream(out() / "v.gds") << "other bytes";
      },
      FileStore::Existing::kReplace);
}

TEST_F(OutputFaults, KilledAtAnyCallItLeavesWholeFilesAndNothingElse) {
  Store store(root() / "seed");
  const auto rows = store.output_files("done", {}, 100);
  const auto copy = [&] {
    OutputCounts counts;
    copy_out(store.files(), store.files().outputs(), rows, out(), FileStore::Existing::kKeep,
             counts);
  };
  copy();
  const std::string whole = files_in(out());
  const Json expected = Json::parse(whole);
  for (long call = 1;; ++call) {
    SCOPED_TRACE("killed at call " + std::to_string(call));
    ASSERT_LT(call, 10'000) << "it never passes";
    store.files().outputs().close();
    fs::remove_all(out().parent_path());
    const pid_t child = ::fork();
    if (child == 0) {
      faults::arm({call, faults::kKilled, true});
      ::_exit(failure_of(copy) ? 1 : 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    ASSERT_TRUE(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << status;
    const Json left = fs::exists(out()) ? Json::parse(files_in(out())) : Json::object();
    for (const auto& [name, text] : left.items()) {
      EXPECT_TRUE(expected.contains(name)) << name;
      EXPECT_EQ(text, expected.value(name, Json())) << name;
    }
    copy();
    EXPECT_EQ(files_in(out()), whole);
    if (!killed || HasFailure()) break;
  }
}

TEST_F(OutputFaults, AFolderOfSomebodyWhoseFilesStay) {
  sweep_output(
      [this] {
        fs::create_directories(out());
        std::ofstream(out() / "v.gds") << "gds of a variant";
        std::ofstream(out() / "n.sp") << "theirs";
      },
      FileStore::Existing::kKeep);
}

}  // namespace
}  // namespace ptah
