#include "workers/plugin_registry.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <fstream>

#include "plugins/plugin_set.hpp"
#include "plugins/trusted_file.hpp"

namespace ptah {

namespace fs = std::filesystem;

namespace {

constexpr const char* kDisabledSetting = "plugins.unloaded";
constexpr int kMostTrials = 4;  // side by side
/// After this a plugin whose trial goes on is of no use to the jobs that wait.
constexpr std::chrono::seconds kLongestFirstTrials{5};

std::set<std::string> shipped_names(const fs::path& file) {
  std::set<std::string> names;
  std::ifstream list(file);
  for (std::string name; names.size() < 1'000 && std::getline(list, name);) names.insert(name);
  return names;
}

}  // namespace

PluginRegistry::PluginRegistry(boost::asio::io_context& io, StoreThread& store, FileThread& files,
                               WorkerPool& pool, PluginRegistryOptions options)
    : io_(io), store_(store), files_(files), pool_(pool), options_(std::move(options)), timer_(io) {
  std::error_code ignored;
  fs::remove_all(options_.private_dir, ignored);
  fs::create_directories(options_.private_dir, ignored);
  ::chmod(options_.private_dir.c_str(), 0700);
}

void PluginRegistry::start() {
  pool_.hold(true);
  pool_.hold_batch(true);
  store_.submit(
      StoreThread::Kind::kRead, [](Store& store) { return store.setting(kDisabledSetting); },
      [this, alive = alive_](Result<std::string> setting) {
        if (!*alive) return;
        if (setting) {
          const Json names = Json::parse(setting.value(), nullptr, false);
          for (const Json& name : names.is_array() ? names : Json::array()) {
            if (name.is_string()) disabled_.insert(name.get<std::string>());
          }
        }
        rescan(true);
        poll();
      });
}

void PluginRegistry::stop() {
  stopped_ = true;
  timer_.cancel();
}

void PluginRegistry::poll() {
  timer_.expires_after(options_.period);
  timer_.async_wait([this, alive = alive_](boost::system::error_code error) {
    if (error || !*alive || stopped_) return;
    rescan(false);
    poll();
  });
}

std::optional<PluginRegistry::Signature> PluginRegistry::signature_of(const fs::path& file) {
  struct stat info {};
  if (::lstat(file.c_str(), &info) != 0) return std::nullopt;
  return Signature{static_cast<std::int64_t>(info.st_ino), info.st_size,
                   std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec};
}

std::pair<ScannedPlugin, std::string> PluginRegistry::read_whole(const fs::path& file,
                                                                 const fs::path& private_dir,
                                                                 Signature& signature) {
  for (int look = 1;; ++look) {
    ScannedPlugin scanned = scan_file(file);
    std::string copy;
    if (scanned.usable()) {
      if (auto copied = copy_plugin(scanned, private_dir)) {
        copy = copied.value().string();
      } else {
        scanned.refusal = copied.error();
      }
    }
    const auto now = signature_of(file);
    if (!copy.empty() || look == kMostLooks || !now || *now == signature)
      return {std::move(scanned), std::move(copy)};
    signature = *now;
  }
}

/// On the thread for files: nothing of `this` may be touched.
PluginRegistry::Found PluginRegistry::look(const PluginRegistryOptions& options,
                                           const std::map<fs::path, Signature>& known,
                                           std::map<fs::path, Signature> unsettled, bool at_once) {
  Found found;
  const std::set<std::string> shipped = shipped_names(options.shipped_list);
  for (const fs::path& directory : options.directories) {
    std::error_code error;
    std::vector<fs::path> names;
    for (fs::directory_iterator it(directory, error), end; !error && it != end;
         it.increment(error)) {
      if (has_plugin_name(it->path())) names.push_back(it->path());
    }
    if (error) {
      // A folder that does not exist (yet) is no failure: somebody may make it.
      if (error != std::errc::no_such_file_or_directory) {
        found.bad_directories.emplace_back(
            directory, make_error(ErrorCode::kIo, error.message(), directory.string()));
      }
      continue;
    }
    if (Status trusted = check_trusted_directory(directory); !trusted) {
      found.bad_directories.emplace_back(directory, trusted.error());
      continue;
    }
    std::sort(names.begin(), names.end());
    for (const fs::path& file : names) {
      std::optional<Signature> signature = signature_of(file);
      if (!signature) continue;
      const auto before = known.find(file);
      const auto seen = unsettled.find(file);
      const bool same = before != known.end() && before->second == *signature;
      const bool settled = at_once || (seen != unsettled.end() && seen->second == *signature);
      if (!same && settled) found.scanned[file] = read_whole(file, options.private_dir, *signature);
      found.files.emplace_back(file, *signature);
      if (shipped.contains(file.filename())) found.shipped.insert(file);
    }
  }
  if (found.shipped.empty()) {
    for (const auto& [file, signature] : found.files) {
      if (file.parent_path() == options.directories.front()) found.shipped.insert(file);
    }
  }
  return found;
}

void PluginRegistry::rescan(bool at_once) {
  if (stopped_) return;
  if (scanning_) {
    scan_again_ = scan_again_ || at_once;
    return;
  }
  scanning_ = true;
  std::map<fs::path, Signature> known;
  for (const auto& [file, entry] : entries_) known[file] = entry.signature;
  files_.submit([options = options_, known = std::move(known), unsettled = unsettled_,
                 at_once] { return look(options, known, unsettled, at_once); },
                [this, alive = alive_](Result<Found> found) {
                  if (!*alive || stopped_) return;
                  scanning_ = false;
                  if (found) {
                    take(std::move(found.value()));
                  } else {
                    spdlog::error("plugin folders cannot be read: {}", found.error().text());
                  }
                  if (std::exchange(scan_again_, false)) {
                    rescan(true);
                  } else {
                    settle(true);
                  }
                });
}

void PluginRegistry::take(Found found) {
  bad_directories_ = std::move(found.bad_directories);
  order_.clear();
  unsettled_.clear();
  std::map<fs::path, Entry> before = std::move(entries_);
  entries_.clear();
  for (const auto& [file, signature] : found.files) {
    const auto old = before.find(file);
    const auto fresh = found.scanned.find(file);
    if (fresh == found.scanned.end() &&
        (old == before.end() || old->second.signature != signature)) {
      unsettled_[file] = signature;
      if (old == before.end()) continue;
    }
    order_.push_back(file);
    Entry entry = old == before.end() ? Entry{} : std::move(old->second);
    if (fresh != found.scanned.end()) {
      entry.scanned = std::move(fresh->second.first);
      // What a disk does not give today it may give tomorrow: it is looked at again.
      const bool again = entry.scanned.refusal && entry.scanned.refusal->code == ErrorCode::kIo;
      entry.signature = again ? Signature{} : signature;
      if (entry.copy != fresh->second.second || entry.trial != Trial::kRuns)
        entry.trial = Trial::kNone;
      entry.copy = std::move(fresh->second.second);
      if (!entry.copy.empty()) copies_.insert(entry.copy);
      const std::string told = std::move(entry.refusal);
      entry.refusal = entry.copy.empty()
                          ? (entry.scanned.refusal ? entry.scanned.refusal->text() : "unusable")
                          : "";
      if (!entry.refusal.empty() && entry.refusal != told)
        spdlog::warn("plugin {}: {}", file.string(), entry.refusal);
    }
    entry.shipped = found.shipped.contains(file);
    entries_.emplace(file, std::move(entry));
  }
  // Of two files with the same kind and name the first one counts.
  std::map<std::pair<PluginKind, std::string>, fs::path> taken;
  for (const fs::path& file : order_) {
    Entry& entry = entries_.at(file);
    if (entry.copy.empty() || disabled(file, entry)) continue;
    const auto [place, first] =
        taken.emplace(std::pair{entry.scanned.info->kind, entry.scanned.info->name}, file);
    const std::string clash =
        first ? "" : "another file has the same kind and name: " + place->second.string();
    if (!clash.empty()) {
      entry.refusal = clash;
    } else if (entry.refusal.starts_with("another file")) {
      entry.refusal.clear();
    }
  }
}

bool PluginRegistry::matches(const fs::path& file, const Entry& entry,
                             const std::string& name) const {
  return file.filename() == name || (entry.scanned.info && entry.scanned.info->name == name);
}

bool PluginRegistry::disabled(const fs::path& file, const Entry& entry) const {
  return std::any_of(disabled_.begin(), disabled_.end(),
                     [&](const std::string& name) { return matches(file, entry, name); });
}

bool PluginRegistry::pending(const fs::path& file, const Entry& entry) const {
  return !disabled(file, entry) && entry.refusal.empty() && !entry.copy.empty() &&
         entry.copy != entry.serving;
}

std::vector<std::string> PluginRegistry::wanted() const {
  std::vector<std::string> files;
  for (const fs::path& file : order_) {
    const Entry& entry = entries_.at(file);
    if (disabled(file, entry)) continue;
    const bool joins = pending(file, entry) &&
                       (entry.trial == Trial::kPassed || (shipped_whole_ && entry.shipped));
    const std::string& copy = joins ? entry.copy : entry.serving;
    if (!copy.empty()) files.push_back(copy);
  }
  return files;
}

void PluginRegistry::start_trials() {
  for (const fs::path& file : order_) {
    if (trials_ >= kMostTrials) return;
    Entry& entry = entries_.at(file);
    if (!pending(file, entry) || entry.trial != Trial::kNone || (shipped_whole_ && entry.shipped))
      continue;
    entry.trial = Trial::kRuns;
    ++trials_;
    const Status started =
        pool_.try_plugin(entry.copy, [this, alive = alive_, copy = entry.copy](const auto& result) {
          if (!*alive || stopped_) return;
          --trials_;
          tried(copy, result);
          settle(false);
        });
    if (started) continue;
    // No plugin is at fault: workers do not start at all. A later look tries again.
    --trials_;
    entry.trial = Trial::kNone;
    next_try_ = WorkerPool::Clock::now() + std::chrono::seconds(10);
    return;
  }
}

void PluginRegistry::tried(const std::string& copy,
                           const Result<std::vector<PluginEntryEvent>>& result) {
  for (auto& [file, entry] : entries_) {
    if (entry.copy != copy || entry.trial != Trial::kRuns) continue;
    entry.trial = result ? Trial::kPassed : Trial::kNone;
    if (!result) refuse(entry, result.error());
  }
}

void PluginRegistry::refuse(Entry& entry, const Error& error) {
  entry.refusal = error.text();
  if (!entry.serving_label.empty())
    entry.refusal += " (" + entry.serving_label + " goes on serving)";
}

void PluginRegistry::settle(bool waited) {
  if (stopped_ || scanning_ || WorkerPool::Clock::now() < next_try_) return;
  start_trials();
  if (serves_) answer_waiters(false);
  if (pool_.proposing()) return;
  remove_old_copies();
  std::vector<std::string> files = wanted();
  if (serves_ && files == serving_) {
    one_by_one_ = false;
    return;
  }
  const bool adds = std::any_of(files.begin(), files.end(), [&](const std::string& file) {
    return std::find(serving_.begin(), serving_.end(), file) == serving_.end();
  });
  // Plugins that pass together join together; the next look waits no longer.
  if (serves_ && adds && trials_ > 0 && !waited) return;
  if (one_by_one_) {
    // What serves and is still wanted, and one more.
    std::vector<std::string> step;
    bool added = false;
    for (const std::string& file : files) {
      const bool serves = std::find(serving_.begin(), serving_.end(), file) != serving_.end();
      if (!serves && std::exchange(added, true)) continue;
      step.push_back(file);
    }
    files = std::move(step);
  }
  propose(std::move(files));
}

void PluginRegistry::remove_old_copies() {
  std::set<std::string> used = pool_.files_in_use();
  for (const auto& [file, entry] : entries_) used.insert({entry.copy, entry.serving});
  std::erase_if(copies_, [&](const std::string& copy) {
    if (used.contains(copy)) return false;
    std::error_code ignored;
    fs::remove(copy, ignored);
    fs::remove(fs::path(copy).parent_path(), ignored);  // Where nothing else is in it.
    return true;
  });
}

void PluginRegistry::propose(std::vector<std::string> files) {
  pool_.propose(files, [this, alive = alive_, files](Result<std::vector<PluginEntryEvent>> result) {
    if (*alive && !stopped_) proposed(files, std::move(result));
  });
}

PluginRegistry::Entry* PluginRegistry::entry_of_copy(const std::string& copy) {
  for (auto& [file, entry] : entries_) {
    if (entry.copy == copy) return &entry;
  }
  return nullptr;
}

void PluginRegistry::proposed(const std::vector<std::string>& files,
                              Result<std::vector<PluginEntryEvent>> result) {
  if (result) {
    serves_ = true;
    shipped_whole_ = false;
    serving_ = files;
    std::map<std::string, Json> options;
    for (const PluginEntryEvent& plugin : result.value()) options[plugin.file] = plugin.options;
    for (auto& [file, entry] : entries_) {
      if (std::find(files.begin(), files.end(), entry.copy) != files.end() && !entry.copy.empty()) {
        entry.serving = entry.copy;
        entry.serving_label = entry.scanned.info->name + " " + entry.scanned.info->version;
        entry.options = options[entry.copy];
      } else if (std::find(files.begin(), files.end(), entry.serving) == files.end()) {
        entry.serving.clear();
        entry.serving_label.clear();
      }
    }
    settle(false);
    return;
  }
  const Error& error = result.error();
  std::vector<std::string> added;
  for (const std::string& file : files) {
    if (std::find(serving_.begin(), serving_.end(), file) == serving_.end()) added.push_back(file);
  }
  if (shipped_whole_ && !files.empty()) {
    // Not all of the shipped plugins are as they were shipped: those that pass a trial serve.
    shipped_whole_ = false;
    settle(true);
    return;
  }
  // The worker names the file it could not load, if that was it.
  const auto named = std::find_if(added.begin(), added.end(), [&](const std::string& file) {
    return error.where == file || error.message.find(file) != std::string::npos;
  });
  if (added.size() == 1 || named != added.end()) {
    Entry* entry = entry_of_copy(named != added.end() ? *named : added.front());
    if (entry != nullptr) refuse(*entry, error);
  } else if (added.empty()) {
    // No plugin is at fault: workers do not start at all. A later look tries again.
    next_try_ = WorkerPool::Clock::now() + std::chrono::seconds(10);
    answer_waiters(true);
    return;
  } else {
    one_by_one_ = true;
  }
  settle(true);
}

void PluginRegistry::load(const std::string& name, Done done) {
  if (name.empty() || name.find('/') != std::string::npos) {
    done(make_error(ErrorCode::kDenied,
                    "Plugins are loaded by name from the trusted folders, never by path.",
                    name.substr(0, 200)));
    return;
  }
  disabled_.erase(name);
  for (auto& [file, entry] : entries_) {
    if (!matches(file, entry, name)) continue;
    disabled_.erase(file.filename().string());
    if (entry.scanned.info) disabled_.erase(entry.scanned.info->name);
    entry.signature = {};  // Look again, also when nothing seems to have changed.
  }
  store_.submit(
      StoreThread::Kind::kWrite,
      [names = Json(disabled_).dump()](Store& store) {
        store.set_setting(kDisabledSetting, names);
      },
      [](const auto&) {});
  waiters_.emplace_back(name, std::move(done));
  next_try_ = {};
  rescan(true);
}

void PluginRegistry::unload(const std::string& name, Done done) {
  const bool known = std::any_of(entries_.begin(), entries_.end(), [&](const auto& item) {
    return matches(item.first, item.second, name);
  });
  if (!known) {
    done(make_error(ErrorCode::kNotFound, "There is no plugin \"" + name.substr(0, 64) + "\".",
                    name.substr(0, 64), "plugin.list shows the plugins."));
    return;
  }
  disabled_.insert(name);
  store_.submit(
      StoreThread::Kind::kWrite,
      [names = Json(disabled_).dump()](Store& store) {
        store.set_setting(kDisabledSetting, names);
      },
      [](const auto&) {});
  waiters_.emplace_back("", std::move(done));
  next_try_ = {};
  settle(true);
}

void PluginRegistry::answer_waiters(bool hopeless) {
  const bool shipped_settled = std::none_of(
      entries_.begin(), entries_.end(),
      [&](const auto& item) { return item.second.shipped && pending(item.first, item.second); });
  if (first_set_ && (shipped_settled || hopeless)) {
    first_set_ = false;
    first_set_at_ = WorkerPool::Clock::now();
    pool_.hold(false);
  }
  const bool settled = std::none_of(entries_.begin(), entries_.end(), [&](const auto& item) {
    return pending(item.first, item.second);
  });
  if (first_trials_ && !first_set_ &&
      (settled || hopeless || WorkerPool::Clock::now() - first_set_at_ > kLongestFirstTrials)) {
    first_trials_ = false;
    pool_.hold_batch(false);
  }
  const auto waiters = std::move(waiters_);
  waiters_.clear();
  for (const auto& waiter : waiters) {
    // No structured binding: Clang 14 cannot capture one.
    const std::string& name = waiter.first;
    const Done& done = waiter.second;
    const bool waits = std::any_of(entries_.begin(), entries_.end(), [&](const auto& item) {
      const auto& [file, entry] = item;
      return name.empty() ? disabled(file, entry) && !entry.serving.empty()
                          : matches(file, entry, name) && pending(file, entry);
    });
    if (waits && !hopeless) {
      waiters_.emplace_back(name, done);
      continue;
    }
    std::optional<Error> error;
    bool found = name.empty();
    for (const auto& [file, entry] : entries_) {
      if (name.empty() || !matches(file, entry, name)) continue;
      found = true;
      if (!entry.refusal.empty())
        error = make_error(ErrorCode::kPluginFailed, entry.refusal, file.string());
    }
    if (!found)
      error = make_error(ErrorCode::kNotFound,
                         "There is no plugin \"" + name + "\" in the trusted folders.", name,
                         "plugin.list shows the plugins and the folders.");
    if (!error && pool_.generation() == 0)
      error = make_error(ErrorCode::kPluginFailed, "No worker can be started: " + pool_.problem());
    if (error) {
      done(*error);
    } else {
      done(pool_.generation());
    }
  }
}

std::vector<PluginView> PluginRegistry::list() const {
  std::vector<PluginView> views;
  for (const auto& [directory, error] : bad_directories_) {
    PluginView view;
    view.file = directory.string();
    view.state = "unavailable";
    view.reason = error.text();
    views.push_back(std::move(view));
  }
  for (const fs::path& file : order_) {
    const Entry& entry = entries_.at(file);
    PluginView view;
    view.file = file.string();
    view.hash = entry.scanned.hash;
    if (entry.scanned.info) {
      view.kind = std::string(to_string(entry.scanned.info->kind));
      view.name = entry.scanned.info->name;
      view.version = entry.scanned.info->version;
      view.description = entry.scanned.info->description;
    }
    if (disabled(file, entry)) {
      view.state = "unloaded";
    } else if (!entry.refusal.empty()) {
      view.state = "unavailable";
      view.reason = entry.refusal;
    } else {
      view.state = !entry.copy.empty() && entry.serving == entry.copy ? "ready" : "loading";
      view.options = entry.options;
    }
    views.push_back(std::move(view));
  }
  return views;
}

}  // namespace ptah
