/// Which plugin files there are, which of them serve, and why the others do not. [main thread]
///
/// Folders are looked at once a period. A new or changed file is copied into a private folder, its
/// manifest is read (never loaded here), and the set with it is proposed to the pool: a worker must
/// load it and pass the self-test before it serves. The private copy is what workers load, so that
/// an old version can go on serving after its file was replaced by one that is no good.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "plugins/plugin_set.hpp"
#include "store/store_thread.hpp"
#include "workers/worker_pool.hpp"

namespace ptah {

struct PluginRegistryOptions {
  std::vector<std::filesystem::path> directories;
  std::filesystem::path private_dir;  ///< For the copies; cleared at the start.
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

  PluginRegistry(boost::asio::io_context& io, StoreThread& files, WorkerPool& pool,
                 PluginRegistryOptions options);
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
  struct Entry {
    Signature signature;
    ScannedPlugin scanned;
    std::string copy;           ///< Private copy of the present content; empty when unusable.
    std::string serving;        ///< Copy that serves for this file, maybe of an older content.
    std::string serving_label;  ///< "row 1.0.0"
    std::string refusal;        ///< Why the present content does not serve.
    Json options;
  };
  struct Found {
    std::vector<std::pair<std::filesystem::path, Signature>>
        files;  ///< In the order of precedence.
    std::map<std::filesystem::path, std::pair<ScannedPlugin, std::string>> scanned;
    std::vector<std::pair<std::filesystem::path, Error>> bad_directories;
  };

  static Found look(const PluginRegistryOptions& options,
                    const std::map<std::filesystem::path, Signature>& known,
                    std::map<std::filesystem::path, Signature> unsettled, bool at_once);
  void poll();
  void rescan(bool at_once);
  void take(Found found);
  void settle();
  std::vector<std::string> wanted() const;
  void propose(std::vector<std::string> files);
  void proposed(const std::vector<std::string>& files, Result<Json> result);
  void answer_waiters();
  Entry* entry_of_copy(const std::string& copy);
  bool matches(const std::filesystem::path& file, const Entry& entry,
               const std::string& name) const;
  bool disabled(const std::filesystem::path& file, const Entry& entry) const;

  boost::asio::io_context& io_;
  StoreThread& files_;
  WorkerPool& pool_;
  PluginRegistryOptions options_;
  boost::asio::steady_timer timer_;
  std::map<std::filesystem::path, Entry> entries_;
  std::vector<std::filesystem::path> order_;
  std::map<std::filesystem::path, Signature>
      unsettled_;  ///< Seen changed once: still being written, maybe.
  std::vector<std::pair<std::filesystem::path, Error>> bad_directories_;
  std::vector<std::string> serving_;
  std::set<std::string> disabled_;
  std::vector<std::pair<std::string, Done>> waiters_;
  bool scanning_ = false;
  bool scan_again_ = false;
  bool one_by_one_ = false;
  bool proposed_once_ = false;
  bool stopped_ = false;
  WorkerPool::Clock::time_point next_try_{};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace ptah
