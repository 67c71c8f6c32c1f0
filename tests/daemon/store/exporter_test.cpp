// Copies of whole jobs: the store answers others meanwhile, and what is deleted meanwhile is said.
#include "store/exporter.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

#include "ptah/core/run_tool.hpp"

namespace ptah {
namespace {

namespace fs = std::filesystem;

/// Answers that wait for whoever runs them: the daemon's main thread.
class Answers {
 public:
  void post(std::function<void()> call) {
    {
      const std::lock_guard lock(mutex_);
      calls_.push_back(std::move(call));
    }
    wake_.notify_one();
  }
  void run_one() {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !calls_.empty(); });
    auto call = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    call();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> calls_;
};

class ExporterTest : public testing::Test {
 protected:
  void SetUp() override {
    auto scratch = ScratchDir::create(fs::temp_directory_path(), "ptah-exporter");
    ASSERT_TRUE(scratch.has_value()) << scratch.error().text();
    scratch_.emplace(std::move(scratch.value()));
    auto store = std::make_unique<Store>(scratch_->path() / "state");
    store->database().exec("BEGIN");
    NewJob job;
    job.id = "big";
    job.kind = "run";
    store->create_job(job);
    store->save_plan("big", "cell", Json::object(), {Json::object()},
                     {{"netlist", "", "* cell", "cell.sp"}});
    for (int variant = 0; variant < kVariants; ++variant) {
      const std::string name = std::to_string(variant);
      store->commit_variant("big", 0, variant, Json::object(),
                            {{"gds", "", "layout " + name, "layouts/" + name + ".gds"},
                             {"state", "", "state " + name, ""}});
    }
    store->finish_job("big", JobState::kDone, nullptr, nullptr);
    store->files().sync();
    store->files().take_new();
    store->database().exec("COMMIT");
    const StoredFiles files = store->files();
    const auto post = [this](std::function<void()> call) { answers_.post(std::move(call)); };
    store_ = std::make_unique<StoreThread>(std::move(store), post);
    exporter_ = std::make_unique<Exporter>(*store_, post, files,
                                           std::vector<fs::path>{scratch_->path() / "state"});
  }

  std::function<void()> start(const fs::path& out) {
    return exporter_->copy("big", out, FileStore::Existing::kKeep,
                           [this](Result<OutputCounts> result) { result_ = std::move(result); });
  }
  void finish() {
    while (!result_) answers_.run_one();
  }
  /// The next copies wait until `gate_` is unlocked, as those into a folder that hangs.
  void close_gate() {
    gate_.lock();
    exporter_->thread().submit([this] { const std::lock_guard pass(gate_); },
                               [](const Result<std::monostate>&) {});
  }
  /// What a client's request has the store do, with its answer.
  template <class Work>
  auto ask(StoreThread::Kind kind, Work work) {
    std::optional<std::invoke_result_t<Work&, Store&>> answer;
    store_->submit(kind, std::move(work), [&](auto result) { answer = std::move(result.value()); });
    while (!answer) answers_.run_one();
    return *answer;
  }

  static constexpr int kVariants = 700;  ///< More than a page has.
  std::optional<ScratchDir> scratch_;
  Answers answers_;
  std::mutex gate_;
  std::unique_ptr<StoreThread> store_;
  std::unique_ptr<Exporter> exporter_;
  std::optional<Result<OutputCounts>> result_;
};

TEST_F(ExporterTest, TheStoreAnswersWhileAJobIsCopied) {
  const fs::path out = scratch_->path() / "out";
  close_gate();
  start(out);
  for (int i = 0; i < 20; ++i) {
    const auto jobs = ask(StoreThread::Kind::kRead,
                          [](Store& store) { return store.jobs(std::nullopt, "", 100); });
    EXPECT_EQ(jobs.size(), 1u);
  }
  EXPECT_FALSE(result_) << "it was copied on the store's thread";
  gate_.unlock();
  finish();
  ASSERT_TRUE(result_->has_value()) << result_->error().text();
  EXPECT_EQ(result_->value().files, kVariants + 1);
  EXPECT_EQ(result_->value().written, kVariants + 1);
  std::stringstream text;
  text << std::ifstream(out / "layouts/699.gds").rdbuf();
  EXPECT_EQ(text.str(), "layout 699");

  result_.reset();
  std::ofstream(out / "layouts/5.gds") << "edited";
  start(out);
  finish();
  ASSERT_TRUE(result_->has_value());
  EXPECT_EQ(result_->value().written, 0);
  EXPECT_EQ(result_->value().kept, 1);
}

TEST_F(ExporterTest, ACancelledCopyEndsAndItsFilesAreWhole) {
  const fs::path out = scratch_->path() / "out";
  close_gate();
  const auto cancel = start(out);
  ask(StoreThread::Kind::kRead, [](Store&) { return 0; });
  cancel();
  gate_.unlock();
  finish();
  ASSERT_FALSE(result_->has_value());
  EXPECT_EQ(result_->error().code, ErrorCode::kCancelled);
  EXPECT_FALSE(fs::exists(out / "layouts")) << "it went on";

  // In the middle: whatever is there is a whole file, and the next copy adds the others.
  result_.reset();
  const auto late = start(out);
  ask(StoreThread::Kind::kRead, [](Store&) { return 0; });
  while (!fs::exists(out / "layouts/10.gds")) std::this_thread::yield();
  late();
  finish();
  std::int64_t there = 0;
  for (const auto& entry : fs::recursive_directory_iterator(out)) {
    if (!entry.is_regular_file() || entry.path().filename() == ".ptah") continue;
    ++there;
    if (entry.path().extension() != ".gds") continue;
    std::stringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    EXPECT_EQ(text.str(), "layout " + entry.path().stem().string());
  }
  result_.reset();
  start(out);
  finish();
  ASSERT_TRUE(result_->has_value()) << result_->error().text();
  EXPECT_EQ(result_->value().written, kVariants + 1 - there);
}

TEST_F(ExporterTest, AJobThatIsDeletedMeanwhileIsAnErrorThatSaysSo) {
  close_gate();
  start(scratch_->path() / "out");
  // Its first page is on the way to the thread for files.
  ask(StoreThread::Kind::kRead, [](Store&) { return 0; });
  ask(StoreThread::Kind::kWrite, [](Store& store) { return store.delete_job("big", 1'000'000); });
  ask(StoreThread::Kind::kRead, [](Store& store) {
    for (int folder = 0; folder < FileStore::kFolders; ++folder) store.remove_orphans(folder);
    return 0;
  });
  gate_.unlock();
  finish();
  ASSERT_FALSE(result_->has_value());
  EXPECT_EQ(result_->error().code, ErrorCode::kNotFound);
  EXPECT_NE(result_->error().message.find("deleted meanwhile"), std::string::npos)
      << result_->error().text();
}

TEST_F(ExporterTest, TheStoresOwnFolderTakesNoCopies) {
  start(scratch_->path() / "state" / "files" / "out");
  finish();
  ASSERT_FALSE(result_->has_value());
  EXPECT_EQ(result_->error().code, ErrorCode::kDenied);
}

TEST_F(ExporterTest, AJobThatIsNotThereIsAnError) {
  exporter_->copy("none", scratch_->path() / "out", FileStore::Existing::kKeep,
                  [this](Result<OutputCounts> result) { result_ = std::move(result); });
  finish();
  ASSERT_FALSE(result_->has_value());
  EXPECT_EQ(result_->error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace ptah
