// The store against a model of it, under random work: what is answered is there, what is not
// answered is there whole or not at all, and no file is lost or left.
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <map>
#include <mutex>
#include <set>
#include <sstream>

#include "ptah/core/random.hpp"
#include "ptah/core/run_tool.hpp"
#include "store/exporter.hpp"
#include "store/failure.hpp"
#include "store/store_thread.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

/// What clients may see: job -> its state, the texts of its variants' files, and what its chains
/// noted.
struct ModelJob {
  JobState state = JobState::kQueued;
  std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::string>> variants;
  std::map<std::int64_t, std::string> checkpoints;                  ///< By chain.
  std::map<std::pair<std::int64_t, std::int64_t>, double> metrics;  ///< By chain and step.
  bool operator==(const ModelJob&) const = default;
};
struct Model {
  std::map<std::string, ModelJob> jobs;
  std::set<std::string> deleting;  ///< Gone for clients, with rows that are still there.
};

/// Few, so that jobs share them.
std::string content(std::int64_t number) {
  return "content " + std::to_string(number) + "\n";
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::map<std::string, ModelJob> jobs_in(Store& store) {
  std::map<std::string, ModelJob> jobs;
  for (const JobRow& row : store.jobs(std::nullopt, "", 1000)) {
    ModelJob& job = jobs[row.id];
    job.state = row.state;
    for (const VariantRow& variant : store.variants(row.id, std::nullopt, 0, 100'000)) {
      auto& texts = job.variants[{variant.chain, variant.variant}];
      for (const FileRow& file : variant.files)
        texts.push_back(text_of(store.files().path(file.hash)));
    }
    EXPECT_EQ(static_cast<std::size_t>(row.variants), job.variants.size()) << row.id;
    for (const MetricRow& metric : store.metrics(row.id, std::nullopt, 1000))
      job.metrics[{metric.chain, metric.step}] = metric.value;
    EXPECT_EQ(static_cast<std::size_t>(row.metrics), job.metrics.size()) << row.id;
    for (const ChainRow& chain : store.chains(row.id, -1, 100)) {
      const Json spec = store.load_chain(row.id, chain.chain).spec;
      if (spec.contains("checkpoint"))
        job.checkpoints[chain.chain] = text_of(spec["checkpoint"].get<std::string>());
    }
  }
  return jobs;
}

std::set<std::string> files_in(const FileStore& files) {
  std::set<std::string> all;
  for (int folder = 0; folder < FileStore::kFolders; ++folder) {
    for (std::string& hash : files.hashes(folder)) all.insert(std::move(hash));
  }
  return all;
}

/// A store with its thread; answers are taken by whoever calls `settle`.
class Served {
 public:
  explicit Served(const fs::path& state)
      : thread_(std::make_unique<StoreThread>(
            std::make_unique<Store>(state), [this](std::function<void()> call) { post(call); })) {}
  StoreThread& thread() { return *thread_; }

  /// Runs the answers until `count` of them in all have come.
  void settle(std::size_t count) {
    std::unique_lock lock(mutex_);
    while (taken_ < count) {
      wake_.wait(lock, [this] { return !answers_.empty(); });
      auto call = std::move(answers_.front());
      answers_.pop_front();
      ++taken_;
      lock.unlock();
      call();
      lock.lock();
    }
  }
  /// Answers that are on their way or were given.
  std::size_t answered() {
    const std::lock_guard lock(mutex_);
    return taken_ + answers_.size();
  }

 private:
  void post(std::function<void()> call) {
    {
      const std::lock_guard lock(mutex_);
      answers_.push_back(std::move(call));
    }
    wake_.notify_one();
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> answers_;
  std::size_t taken_ = 0;
  std::unique_ptr<StoreThread> thread_;  ///< Last: it ends first.
};

class StoreModel : public testing::Test {
 protected:
  void SetUp() override {
    auto scratch = ScratchDir::create(fs::temp_directory_path(), "ptah-store-model");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
    state_ = scratch_->path() / "state0";
    open();
  }

  void open() {
    served_ = std::make_unique<Served>(state_);
    sent_ = 0;
    model_.deleting.clear();
    history_ = {model_};
    // What a deletion left at a crash may go on at any time: it is of no job that anyone sees.
    read([](Store& store) {
      if (store.after_crash()) {
        for (int folder = 0; folder < FileStore::kFolders; ++folder) store.remove_orphans(folder);
      }
    });
    finish_deletions();
  }

  /// Does not wait. `expected` is what the model says of it.
  template <class Work, class Then>
  void send(StoreThread::Kind kind, Work work, Then then, std::optional<ErrorCode> expected,
            const std::string& what) {
    served_->thread().submit_then(kind, std::move(work), std::move(then),
                                  [expected, what](const auto& result, const Status& after) {
                                    EXPECT_EQ(result.has_value(), !expected) << what;
                                    if (!result && expected) {
                                      EXPECT_EQ(result.error().code, *expected)
                                          << what << ": " << result.error().text();
                                    }
                                    EXPECT_TRUE(after) << what;
                                  });
    ++sent_;
    history_.push_back(model_);
  }
  template <class Work>
  void read(Work work) {
    send(
        StoreThread::Kind::kRead, std::move(work), [](Store&, const auto&) {}, std::nullopt,
        "read");
  }
  void settle() {
    served_->settle(sent_);
    history_ = {model_};
    sent_base_ = sent_;
  }

  void create(const std::string& id) {
    NewJob job;
    job.id = id;
    job.kind = "run";
    const bool hidden = model_.deleting.contains(id);
    if (!hidden) model_.jobs.try_emplace(id);
    send(
        StoreThread::Kind::kWrite,
        [job](Store& store) {
          const auto [row, fresh] = store.create_job(job);
          if (fresh) {
            store.save_plan(job.id, "cell", Json::object(), {{{"chain", 0}}, {{"chain", 1}}},
                            {{"netlist", "", content(100), "netlist/cell.sp"}});
          }
        },
        [](Store&, const auto&) {}, hidden ? std::optional(ErrorCode::kConflict) : std::nullopt,
        "create " + id);
  }
  void commit(const std::string& id) {
    auto& job = model_.jobs.at(id);
    const std::int64_t chain = chance_.below(2);
    const std::int64_t variant = static_cast<std::int64_t>(chance_.below(6));
    std::vector<NewFile> files;
    std::vector<std::string> texts;
    for (std::uint64_t i = 0; i <= chance_.below(3); ++i) {
      const std::string text = content(static_cast<std::int64_t>(chance_.below(12)));
      texts.push_back(text);
      // As a chain does, from a file; each text has one in the scratch folder.
      const fs::path file =
          scratch_->path() /
          ("in" + std::to_string(texts_.try_emplace(text, texts_.size()).first->second));
      if (!fs::exists(file)) std::ofstream(file) << text;
      files.push_back({i == 0 ? "gds" : "spice", file.string(), "",
                       "data/" + std::to_string(chain) + "-" + std::to_string(variant) + "-" +
                           std::to_string(i)});
    }
    job.variants.try_emplace({chain, variant}, texts);
    job.state = JobState::kRunning;
    ChainNotes notes;
    if (chance_.below(2) == 0) {
      // Of a chain that is made again, until it is where it was, the later one stays.
      notes.checkpoint = NewFile{"", "", content(static_cast<std::int64_t>(chance_.below(12))), ""};
      if (job.variants.upper_bound({chain, variant}) == job.variants.lower_bound({chain + 1, 0}))
        job.checkpoints[chain] = notes.checkpoint->text;
      const auto step = static_cast<std::int64_t>(chance_.below(10));
      notes.metrics = {{"cost", step, static_cast<double>(chance_.below(100))}};
      job.metrics.try_emplace({chain, step}, notes.metrics[0].value);
    }
    send(
        StoreThread::Kind::kGatheredWrite,
        [id, chain, variant, files, notes](Store& store) {
          store.set_running(id);
          return store.commit_variant(id, chain, variant, Json::object(), files, notes);
        },
        [](Store& store, const VariantCommit& commit) {
          // The job may be deleted by now, in the same transaction.
          for (const FileRow& file : commit.files) {
            if (store.referenced(file.hash)) {
              EXPECT_EQ(store.files().problem(file.hash), std::nullopt) << "committed, and gone";
            }
          }
        },
        std::nullopt, "commit " + id);
  }
  void finish(const std::string& id) {
    static constexpr JobState kEnds[] = {JobState::kDone, JobState::kFailed, JobState::kCancelled};
    const JobState state = kEnds[chance_.below(3)];
    model_.jobs.at(id).state = state;
    send(
        StoreThread::Kind::kEssentialWrite,
        [id, state](Store& store) { store.finish_job(id, state, nullptr, nullptr); },
        [](Store&, const auto&) {}, std::nullopt, "finish " + id);
  }
  void resume(const std::string& id) {
    model_.jobs.at(id).state = JobState::kQueued;
    send(
        StoreThread::Kind::kWrite, [id](Store& store) { store.reopen_job(id); },
        [](Store&, const auto&) {}, std::nullopt, "resume " + id);
  }
  void progress(const std::string& id) {
    send(
        StoreThread::Kind::kRelaxedWrite,
        [id](Store& store) { store.add_event(id, "job.progress", Json::object()); },
        [](Store&, const auto&) {}, std::nullopt, "progress " + id);
  }
  void remove(const std::string& id) {
    const auto found = model_.jobs.find(id);
    std::optional<ErrorCode> expected;
    if (found == model_.jobs.end()) {
      expected = ErrorCode::kNotFound;
    } else if (!is_final(found->second.state)) {
      expected = ErrorCode::kConflict;
    } else {
      model_.jobs.erase(found);
      model_.deleting.insert(id);  // A slice of one row never is all of it.
    }
    send(
        StoreThread::Kind::kWrite, [id](Store& store) { return store.delete_job(id, 1); },
        [](Store& store, const DeletionStep& step) { store.remove_unreferenced(step.hashes); },
        expected, "delete " + id);
  }
  void delete_a_slice() {
    // Which id this sets free, the model does not know: ids in deletion are not created before
    // `finish_deletions`.
    send(
        StoreThread::Kind::kWrite, [](Store& store) { return store.continue_deletion(3); },
        [](Store& store, const DeletionStep& step) { store.remove_unreferenced(step.hashes); },
        std::nullopt, "slice");
  }
  void finish_deletions() {
    settle();
    bool more = true;
    while (more) {
      served_->thread().submit_then(
          StoreThread::Kind::kWrite, [](Store& store) { return store.continue_deletion(5); },
          [](Store& store, const DeletionStep& step) { store.remove_unreferenced(step.hashes); },
          [&more](const Result<DeletionStep>& step, const Status&) {
            more = step && step.value().more;
          });
      served_->settle(++sent_);
    }
    model_.deleting.clear();
    history_ = {model_};
    sent_base_ = sent_;
  }
  void export_job(const std::string& id) {
    const fs::path out = scratch_->path() / "out";
    read([id, out, expected = model_.jobs.at(id)](Store& store) {
      fs::remove_all(out);
      OutputCounts counts;
      copy_out(store.files(), store.files().outputs(), store.output_files(id, {}, 100'000), out,
               FileStore::Existing::kReplace, counts);
      store.files().outputs().close();
      for (const auto& [key, texts] : expected.variants) {
        for (std::size_t i = 0; i < texts.size(); ++i) {
          EXPECT_EQ(text_of(out / ("data/" + std::to_string(key.first) + "-" +
                                   std::to_string(key.second) + "-" + std::to_string(i))),
                    texts[i]);
        }
      }
    });
  }

  /// The machine's view of kill -9: the files as they are at one moment of the store's thread,
  /// also in the middle of a transaction or between a commit and what follows it.
  void kill() {
    const fs::path next = scratch_->path() / ("state" + std::to_string(++kills_));
    std::size_t answered = 0;
    const auto copy = [&, from = state_](Store&) {
      if (fs::exists(next)) return;
      answered = served_->answered();
      fs::copy(from, next, fs::copy_options::recursive);
    };
    const auto kind = chance_.below(2) == 0 ? StoreThread::Kind::kWrite : StoreThread::Kind::kRead;
    if (chance_.below(2) == 0) {
      send(
          kind, copy, [](Store&, const auto&) {}, std::nullopt, "kill");
    } else {
      send(
          StoreThread::Kind::kWrite, [](Store&) {},
          [copy](Store& store, const auto&) { copy(store); }, std::nullopt, "kill");
    }
    const std::vector<Model> history = history_;
    const std::size_t base = sent_base_;
    served_->settle(sent_);
    served_.reset();
    fs::remove_all(state_);
    state_ = next;
    std::map<std::string, ModelJob> found;
    {
      Store store(state_);
      EXPECT_TRUE(store.after_crash());
      found = jobs_in(store);
      // Left open, as the crash left it.
      fs::copy(state_, scratch_->path() / "again", fs::copy_options::recursive);
    }
    fs::remove_all(state_);
    fs::rename(scratch_->path() / "again", state_);
    bool known = false;
    for (std::size_t i = answered - base; i < history.size(); ++i) {
      if (history[i].jobs != found) continue;
      known = true;
      model_ = history[i];
    }
    EXPECT_TRUE(known) << "after a kill, the store is in a state in which it never was";
    open();
  }

  /// All of it, once nothing is in deletion: rows, bytes, and that no file is left over.
  void check() {
    finish_deletions();
    read([this](Store& store) {
      EXPECT_EQ(jobs_in(store), model_.jobs);
      std::set<std::string> referenced;
      for (const auto& [hash, job] : store.referenced_files()) {
        referenced.insert(hash);
        EXPECT_EQ(store.files().problem(hash), std::nullopt) << hash << " of " << job;
      }
      EXPECT_EQ(files_in(store.files()), referenced);
    });
    settle();
  }

  Rng chance_{11};
  std::optional<ScratchDir> scratch_;
  fs::path state_;
  std::unique_ptr<Served> served_;
  Model model_;
  std::vector<Model> history_;  ///< The model after each piece of work since the last `settle`.
  std::size_t sent_ = 0, sent_base_ = 0;
  std::map<std::string, std::size_t> texts_;
  int kills_ = 0;
};

TEST_F(StoreModel, IsWhatItsModelSaysAfterRandomWorkAndKills) {
  // PTAH_MODEL_OPERATIONS: how many; the tests of every day do fewer.
  const char* wanted = std::getenv("PTAH_MODEL_OPERATIONS");
  const int operations = wanted != nullptr ? std::atoi(wanted) : 1000;
  const auto pick = [this](const std::function<bool(const ModelJob&)>& fits) {
    std::vector<std::string> ids;
    for (const auto& [id, job] : model_.jobs) {
      if (fits(job)) ids.push_back(id);
    }
    return ids.empty() ? std::string() : ids[chance_.below(ids.size())];
  };
  const auto open_job = [](const ModelJob& job) { return !is_final(job.state); };
  const auto ended = [](const ModelJob& job) {
    return job.state == JobState::kFailed || job.state == JobState::kCancelled;
  };
  const auto any = [](const ModelJob&) { return true; };
  int checks = 0;
  for (int i = 0; i < operations && !HasFailure(); ++i) {
    const std::uint64_t dice = chance_.below(1000);
    std::string id;
    if (dice < 130) {
      id = "job" + std::to_string(chance_.below(6));
      // Whether its last slice has gone is not known here.
      if (!model_.deleting.contains(id)) create(id);
    } else if (dice < 560) {
      if (!(id = pick(open_job)).empty()) commit(id);
    } else if (dice < 640) {
      if (!(id = pick(open_job)).empty()) finish(id);
    } else if (dice < 760) {
      if (!(id = pick(any)).empty()) remove(id);
    } else if (dice < 840) {
      delete_a_slice();
    } else if (dice < 880) {
      if (!(id = pick(ended)).empty()) resume(id);
    } else if (dice < 920) {
      if (!(id = pick(any)).empty()) export_job(id);
    } else if (dice < 960) {
      if (!(id = pick(any)).empty()) progress(id);
    } else if (dice < 970) {
      kill();
    } else if (dice < 980) {
      ++checks;
      check();
    } else {
      settle();
    }
  }
  check();
  std::cout << operations << " operations, " << kills_ << " kills, " << checks << " checks\n";
  EXPECT_GE(kills_, operations / 500);
}

TEST_F(StoreModel, AFileThatAnotherJobCommitsWhileItsOwnerIsDeletedStays) {
  model_.jobs["a"].state = model_.jobs["b"].state = JobState::kQueued;
  create("a");
  create("b");
  const fs::path file = scratch_->path() / "shared";
  std::ofstream(file) << "shared\n";
  const std::vector<NewFile> files{{"gds", file.string(), "", "shared.gds"}};
  const auto put = [files](const std::string& id) {
    return
        [files, id](Store& store) { return store.commit_variant(id, 0, 0, Json::object(), files); };
  };
  const auto nothing = [](Store&, const auto&) {};
  send(StoreThread::Kind::kWrite, put("a"), nothing, std::nullopt, "a");
  send(
      StoreThread::Kind::kWrite,
      [](Store& store) { store.finish_job("a", JobState::kDone, nullptr, nullptr); }, nothing,
      std::nullopt, "end of a");
  settle();
  // Both in one transaction: who waits behind this piece of work is taken together.
  std::mutex gate;
  gate.lock();
  read([&gate](Store&) { const std::lock_guard pass(gate); });
  send(
      StoreThread::Kind::kWrite, [](Store& store) { return store.delete_job("a"); },
      [](Store& store, const DeletionStep& step) { store.remove_unreferenced(step.hashes); },
      std::nullopt, "delete a");
  send(StoreThread::Kind::kWrite, put("b"), nothing, std::nullopt, "b");
  gate.unlock();
  settle();
  read([](Store& store) {
    for (const FileRow& row : store.variant("b", 0, 0).files)
      EXPECT_EQ(store.files().problem(row.hash), std::nullopt);
  });
  settle();
}

TEST_F(StoreModel, FilesOfWorkThatIsRolledBackAreRemoved) {
  const fs::path file = scratch_->path() / "lonely";
  std::ofstream(file) << "lonely\n";
  send(
      StoreThread::Kind::kWrite,
      [file](Store& store) {
        store.files().put_file(file);
        fail(ErrorCode::kLimit, "too much");
      },
      [](Store&, const auto&) {}, ErrorCode::kLimit, "work that fails");
  read([](Store& store) { EXPECT_TRUE(files_in(store.files()).empty()); });
  settle();
}

}  // namespace
}  // namespace ptah
