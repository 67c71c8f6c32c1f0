/// Which plugin files there are, which of them serve, and why the others do not. [main thread]
///
/// Folders are looked at once a period. A new or changed file is copied into a private folder, and
/// its manifest is read (never loaded here). Then a worker of its own loads it and passes the
/// self-test, beside those of other files; only what has passed joins the set that serves. So a
/// plugin that hangs or crashes costs nobody but itself. At the start the shipped plugins are
/// proposed together, without trials: who asks for an answer waits for them alone. Chains, also
/// those that go on from before, wait for the trials of all others, a few seconds at most: their
/// flows may name them.
///
/// The private copy is what workers load, so that an old version can go on serving after its file
/// was replaced by one that is no good. It is removed when it is nobody's.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "plugins/plugin_set.hpp"
#include "store/file_thread.hpp"
#include "store/store_thread.hpp"
#include "workers/worker_pool.hpp"

namespace ptah {

struct PluginRegistryOptions {
  std::vector<std::filesystem::path> directories;
  std::filesystem::path private_dir;  ///< For the copies; cleared at the start.
  /// File names of the plugins that came with Ptah, one a line. Where none of them is in a folder,
  /// those of the first folder are what jobs need.
  std::filesystem::path shipped_list;
  std::chrono::milliseconds period{1000};
};

/// One file as plugin.list shows it.
struct PluginView {
  std::string kind, name, version, description, file, hash;
  std::string state;   ///< "ready", "loading", "unloaded", "unavailable".
  std::string reason;  ///< Of "unavailable".
  Json options;
};

class PluginRegistry {
 public:
  using Done = std::function<void(Result<std::int64_t> generation)>;

  PluginRegistry(boost::asio::io_context& io, StoreThread& store, FileThread& files,
                 WorkerPool& pool, PluginRegistryOptions options);
  ~PluginRegistry() { *alive_ = false; }

  /// Looks for the first time, and from then on again and again.
  void start();
  /// Looks at the files now and answers when the set that follows serves, or with the reason of
  /// this plugin's refusal.
  void load(const std::string& name, Done done);
  void unload(const std::string& name, Done done);
  std::vector<PluginView> list() const;
  const std::vector<std::filesystem::path>& directories() const noexcept {
    return options_.directories;
  }
  void stop();

 private:
  struct Signature {
    std::int64_t inode = 0, size = 0, changed_ns = 0;
    friend auto operator<=>(const Signature&, const Signature&) = default;
  };
  enum class Trial { kNone, kRuns, kPassed };
  struct Entry {
    Signature signature;
    ScannedPlugin scanned;
    bool shipped = false;        ///< Came with Ptah: proposed at the start without a trial.
    Trial trial = Trial::kNone;  ///< Of the present content.
    std::string copy;            ///< Private copy of the present content; empty when unusable.
    std::string serving;         ///< Copy that serves for this file, maybe of an older content.
    std::string serving_label;   ///< "row 1.0.0"
    std::string refusal;         ///< Why the present content does not serve.
    Json options;
  };
  struct Found {
    std::vector<std::pair<std::filesystem::path, Signature>>
        files;  ///< In the order of precedence.
    std::map<std::filesystem::path, std::pair<ScannedPlugin, std::string>> scanned;
    std::vector<std::pair<std::filesystem::path, Error>> bad_directories;
    std::set<std::filesystem::path> shipped;
  };

  /// How often a file is read that is replaced while it is read. At the start a plugin that is not
  /// there costs the jobs that go on.
  static constexpr int kMostLooks = 5;
  static std::optional<Signature> signature_of(const std::filesystem::path& file);
  /// The plugin and its private copy, which may be empty; `signature` becomes that of what was
  /// read.
  static std::pair<ScannedPlugin, std::string> read_whole(const std::filesystem::path& file,
                                                          const std::filesystem::path& private_dir,
                                                          Signature& signature);
  static Found look(const PluginRegistryOptions& options,
                    const std::map<std::filesystem::path, Signature>& known,
                    std::map<std::filesystem::path, Signature> unsettled, bool at_once);
  void poll();
  void rescan(bool at_once);
  void take(Found found);
  /// Starts what is due: trials, a proposal, answers. `waited`: plugins that have passed their
  /// trial have waited long enough for those that are still tried.
  void settle(bool waited);
  void start_trials();
  void tried(const std::string& copy, const Result<std::vector<PluginEntryEvent>>& result);
  std::vector<std::string> wanted() const;
  void propose(std::vector<std::string> files);
  void proposed(const std::vector<std::string>& files,
                Result<std::vector<PluginEntryEvent>> result);
  void refuse(Entry& entry, const Error& error);
  /// Answers those whose plugin serves or is refused; all of them when `hopeless`.
  void answer_waiters(bool hopeless);
  void remove_old_copies();
  /// Neither serves nor is refused yet.
  bool pending(const std::filesystem::path& file, const Entry& entry) const;
  Entry* entry_of_copy(const std::string& copy);
  bool matches(const std::filesystem::path& file, const Entry& entry,
               const std::string& name) const;
  bool disabled(const std::filesystem::path& file, const Entry& entry) const;

  boost::asio::io_context& io_;
  StoreThread& store_;
  FileThread& files_;
  WorkerPool& pool_;
  PluginRegistryOptions options_;
  boost::asio::steady_timer timer_;
  std::map<std::filesystem::path, Entry> entries_;
  std::vector<std::filesystem::path> order_;
  std::map<std::filesystem::path, Signature>
      unsettled_;  ///< Seen changed once: still being written, maybe.
  std::vector<std::pair<std::filesystem::path, Error>> bad_directories_;
  std::vector<std::string> serving_;
  std::set<std::string> copies_;  ///< That were made and not removed.
  std::set<std::string> disabled_;
  std::vector<std::pair<std::string, Done>> waiters_;
  bool scanning_ = false;
  bool scan_again_ = false;
  bool one_by_one_ = false;
  bool serves_ = false;        ///< A set does.
  bool shipped_whole_ = true;  ///< The shipped plugins are proposed together, not tried first.
  bool first_set_ = true;      ///< Not decided yet: the pool is held.
  bool first_trials_ = true;   ///< Not over yet: the pool's batch work is held.
  WorkerPool::Clock::time_point first_set_at_{};
  int trials_ = 0;
  bool stopped_ = false;
  WorkerPool::Clock::time_point next_try_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace ptah
