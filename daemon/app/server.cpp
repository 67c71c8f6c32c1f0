// Start, run and end of the daemon; the protocol's methods are in service.cpp.
#include "app/server.hpp"

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>

#include "net/runtime_dir.hpp"
#include "ptah/core/write_fence.hpp"
#include "store/failure.hpp"

#ifdef PTAH_WITH_INLINE
#include "app/inline_worker.hpp"
#endif

namespace ptah {

namespace asio = boost::asio;

namespace {

/// Where no result may be written, whoever asks for it: what lies there decides who may do what,
/// and which code runs. (The store adds its own.)
std::vector<std::filesystem::path> own_folders(const DaemonOptions& options) {
  std::vector<std::filesystem::path> folders{options.socket.parent_path()};
  folders.insert(folders.end(), options.plugin_dirs.begin(), options.plugin_dirs.end());
  if (!options.worker_program.empty()) folders.push_back(options.worker_program.parent_path());
  return folders;
}

/// Clients and files each take a descriptor: allows as many as the system lets us, within reason.
/// Returns how many were allowed before, for the programs that we start.
std::uint64_t raise_open_files() {
  constexpr rlim_t kEnough = 65536;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlim_t before = limit.rlim_cur;
  limit.rlim_cur = std::max(before, std::min(limit.rlim_max, kEnough));
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 ? before : 0;
}

}  // namespace

const char* ptah_version() noexcept {
  return PTAH_VERSION;
}

Server::Server(DaemonOptions options, ServiceManager manager)
    : options_(std::move(options)),
      manager_(std::move(manager)),
      io_(1),
      signals_(io_),
      life_timer_(io_),
      idle_timer_(io_),
      end_timer_(io_),
      release_timer_(io_),
      burst_timer_(io_),
      methods_(rpc::bind_methods(*this)),
      started_(std::chrono::steady_clock::now()),
      last_busy_(started_) {}

Server::~Server() {
  *alive_ = false;
  for (const auto& session : std::set<std::shared_ptr<Session>>(sessions_))
    session->close("the daemon ends");
  for (const auto& web : std::set<std::shared_ptr<HttpConnection>>(webs_)) web->close();
  listener_.reset();
  shipped_.reset();
  jobs_.reset();
  subscriptions_.reset();
  plugins_.reset();
  pool_.reset();
  exporter_.reset();
  if (files_) files_->stop();
  if (store_) store_->stop();
}

Status Server::open() {
  const std::uint64_t open_files = raise_open_files();
  PTAH_TRY(const auto handed_over, manager_.unix_socket(options_.socket));
  std::optional<gid_t> group;
  if (!options_.unix_group.empty()) {
    PTAH_TRY(group, group_of(options_.unix_group));
  }
  PTAH_TRY(prepare_private_dir(options_.socket.parent_path(), group));
  std::error_code error;
  std::filesystem::create_directories(options_.state_dir, error);
  if (error || ::chmod(options_.state_dir.c_str(), 0700) != 0) {
    return make_error(
        ErrorCode::kIo,
        "The state folder cannot be used: " + (error ? error.message() : "it is not ours") + ".",
        options_.state_dir.string(), "Choose another with --state.");
  }
  PTAH_TRY(auto lock, FileLock::acquire(options_.state_dir / "lock",
                                        "the state folder " + options_.state_dir.string()));
  state_lock_.emplace(std::move(lock));
  PTAH_TRY(token_, load_token(options_.socket.parent_path() / "token"));
  PTAH_TRY(admin_token_, load_token(options_.socket.parent_path() / "admin-token"));

  std::unique_ptr<Store> store;
  try {
    store = std::make_unique<Store>(options_.state_dir);
  } catch (const Failure& failure) {
    return failure.error();
  }
  try {
    tokens_.set(store->tokens());
  } catch (const Failure& failure) {
    return failure.error();
  }
  std::vector<std::filesystem::path> forbidden = own_folders(options_);
  for (const auto& folder : forbidden) store->files().outputs().forbid(folder);
  forbidden.push_back(options_.state_dir);
  stored_ = store->files();
  const std::filesystem::path aside = store->files().aside();
  const auto post = [this](std::function<void()> call) { asio::post(io_, std::move(call)); };
  store_ = std::make_unique<StoreThread>(std::move(store), post);
  files_ = std::make_unique<FileThread>(post);
  exporter_ = std::make_unique<Exporter>(*store_, post, *stored_, forbidden);
  uploads_ =
      std::make_shared<Uploads>(*stored_, aside, Uploads::Limits{options_.put_limit_mib << 20});
  methods_.find_stored_with([stored = *stored_](const std::string& hash) {
    return stored.size(hash) ? std::optional(stored.path(hash).string()) : std::nullopt;
  });

  WorkerPoolOptions pool;
  pool.workers = options_.workers;
  pool.hang_limit = std::chrono::seconds(options_.hang_limit_s);
  pool.load_limit = std::chrono::seconds(options_.plugin_limit_s);
  pool.start_limit = std::max(pool.start_limit, 2 * pool.load_limit);
  pool.memory_limit_bytes = options_.worker_memory_mib << 20;
  pool.scratch_root = options_.state_dir / "scratch";
  if (options_.in_process) {
#ifdef PTAH_WITH_INLINE
    factory_ = std::make_unique<InlineWorkers>(io_);
    pool.memory_limit_bytes = std::numeric_limits<std::int64_t>::max();
#else
    return make_error(ErrorCode::kUnsupported, "This ptahd was built without --inline.");
#endif
  } else {
    ProcessWorkerOptions workers;
    workers.program = options_.worker_program;
    workers.directory = pool.scratch_root;
    workers.extra_arguments = {"--write-below", pool.scratch_root.string()};
    workers.bind = options_.bind_workers;
    workers.open_files = open_files;
    if (landlock_version() == 0) {
      spdlog::warn(
          "this kernel has no Landlock: plugins and tools can change any file of this user");
    }
    auto processes = std::make_unique<ProcessWorkers>(io_, std::move(workers));
    processes_ = processes.get();
    factory_ = std::move(processes);
  }
  pool_ = std::make_unique<WorkerPool>(io_, *factory_, pool);
  plugins_ = std::make_unique<PluginRegistry>(
      io_, *store_, *files_, *pool_,
      PluginRegistryOptions{options_.plugin_dirs, options_.state_dir / "plugins",
                            options_.shipped_plugins});
  subscriptions_ = std::make_unique<Subscriptions>(*store_);
  jobs_ = std::make_unique<JobManager>(io_, *store_, *files_, *exporter_, *pool_, *subscriptions_,
                                       pool.scratch_root, *stored_);

  jobs_->limit_with([all = options_.quota, of = options_.quotas_of](const std::string& principal) {
    const auto found = of.find(principal);
    return found == of.end() ? all : found->second;
  });
  methods_.guard_with([this](const std::shared_ptr<rpc::Caller>& caller,
                             const rpc::MethodDoc& method, Json params,
                             std::function<void(Result<Json>)> go) {
    guard(caller, method, std::move(params), std::move(go));
  });
  methods_.note_with([this](const rpc::Caller& caller, const rpc::MethodDoc& method,
                            const std::string& object,
                            const Result<Json>& answer) { note(caller, method, object, answer); });
  jobs_->on_model([this](const VersionRow& model) { tell_models("ready", model); });
  jobs_->restore();
  shipped_ = std::make_unique<Shipped>(io_, *store_, *files_, *jobs_, options_.shipped_data);
  methods_.hold_with({[this](std::string_view method) { return shipped_->holds(method); },
                      [this](std::string_view method, std::function<void()> go) {
                        shipped_->wait(method, std::move(go));
                      }});
  methods_.observe_with([this](const std::string& method, auto took, bool failed) {
    latencies_.add(method, took, failed);
  });
  if (options_.web) page_ = Page::read(options_.web_dir);
  listener_ = std::make_unique<Listener>(io_, [this](Session::Socket socket, Peer peer) {
    accept(std::move(socket), std::move(peer));
  });
  // TCP first: who can connect to the socket has found a server that stays.
  if (options_.tcp_port) {
    PTAH_TRY(listener_->listen_tcp(options_.tcp_address, *options_.tcp_port));
    spdlog::info("listening on {}:{}", options_.tcp_address, listener_->tcp_port());
  }
  if (options_.tls_port) {
    PTAH_TRY(listener_->listen_tls(options_.tls_address, *options_.tls_port, options_.tls,
                                   std::chrono::seconds(options_.hello_limit_s)));
    spdlog::info("listening on {}:{} with TLS", options_.tls_address, listener_->tls_port());
  }
  PTAH_TRY(listener_->listen_unix(options_.socket, group, handed_over));
  spdlog::info("ptahd {} listening on {}, state in {}, {} workers", ptah_version(),
               options_.socket.string(), options_.state_dir.string(), options_.workers);

  std::signal(SIGPIPE, SIG_IGN);
  signals_.add(SIGINT);
  signals_.add(SIGTERM);
  signals_.add(SIGHUP);
  watch_signals();
  plugins_->start();
  shipped_->start([this](const VersionRow& model) { tell_models("ready", model); });
  release_kept();
  watch_bursts();
  watch_idle();
  manager_.ready("Serving on " + options_.socket.string());
  show_life();
  return ok();
}

void Server::watch_signals() {
  signals_.async_wait([this](boost::system::error_code failed, int signal) {
    if (failed) return;
    spdlog::info("{} received", signal_name(signal));
    if (signal == SIGHUP && !options_.config.empty()) {
      reload();
      watch_signals();
    } else {
      end();
    }
  });
}

void Server::show_life() {
  if (!manager_.alive_every() || ending_) return;
  life_timer_.expires_after(*manager_.alive_every() / 2);
  life_timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    store_->submit(
        StoreThread::Kind::kRead, [](Store&) { return true; },
        [this](const Result<bool>&) {
          manager_.alive();
          show_life();
        });
  });
}

void Server::reload() {
  manager_.reloading();
  const CommandLine line = parse_command_line(options_.arguments);
  if (line.action != CommandLine::Action::kServe) {
    spdlog::error("the configuration stays as it was: {}", line.text);
  } else {
    const DaemonOptions& fresh = line.options;
    set_log_level(fresh.log_level);
    options_.log_level = fresh.log_level;
    options_.hello_limit_s = fresh.hello_limit_s;
    listener_->set_hello_limit(std::chrono::seconds(fresh.hello_limit_s));
    const bool watched = options_.idle_exit_s > 0;
    options_.idle_exit_s = fresh.idle_exit_s;
    last_busy_ = std::chrono::steady_clock::now();
    if (!watched) watch_idle();
    spdlog::info("the configuration has been read again");
    const DaemonOptions& old = options_;
    const std::pair<const char*, bool> later[] = {
        {"socket", fresh.socket != old.socket},
        {"state", fresh.state_dir != old.state_dir},
        {"tcp_port", fresh.tcp_port != old.tcp_port},
        {"tcp_address", fresh.tcp_address != old.tcp_address},
        {"tls_port", fresh.tls_port != old.tls_port},
        {"tls_address", fresh.tls_address != old.tls_address},
        {"tls_certificate", fresh.tls.certificate != old.tls.certificate},
        {"tls_key", fresh.tls.key != old.tls.key},
        {"tls_clients_ca", fresh.tls.clients_ca != old.tls.clients_ca},
        {"workers", fresh.workers != old.workers},
        {"bind_workers", fresh.bind_workers != old.bind_workers},
        {"worker_memory_mib", fresh.worker_memory_mib != old.worker_memory_mib},
        {"worker_program", fresh.worker_program != old.worker_program},
        {"put_limit_mib", fresh.put_limit_mib != old.put_limit_mib},
        {"hang_limit_s", fresh.hang_limit_s != old.hang_limit_s},
        {"plugin_limit_s", fresh.plugin_limit_s != old.plugin_limit_s},
        {"plugin_dirs", fresh.plugin_dirs != old.plugin_dirs},
        {"shipped_data", fresh.shipped_data != old.shipped_data},
        {"unix_group", fresh.unix_group != old.unix_group},
        {"quotas", fresh.quota != old.quota || fresh.quotas_of != old.quotas_of},
        {"web", fresh.web != old.web},
        {"metrics", fresh.metrics_open != old.metrics_open},
        {"log_file", fresh.log_file != old.log_file}};
    for (const auto& [name, changed] : later) {
      if (changed) spdlog::warn("{} has changed: it holds from the next start on", name);
    }
  }
  manager_.ready("Serving on " + options_.socket.string());
}

void Server::run() {
  for (;;) {
    try {
      io_.run();
      return;
    } catch (const std::exception& exception) {
      // What comes from outside is read into values first, so this is a bug of ours: it costs what
      // was being done, not the jobs of everybody.
      spdlog::critical("an exception reached the daemon's loop: {}", exception.what());
    }
  }
}

void Server::stop() {
  asio::post(io_, [this] { end(); });
}

void Server::end_when_done(std::chrono::steady_clock::time_point latest) {
  pool_->hold(true);
  if (!pool_->running() || std::chrono::steady_clock::now() >= latest) {
    stop();
    return;
  }
  end_timer_.expires_after(std::chrono::milliseconds(20));
  end_timer_.async_wait([this, latest](boost::system::error_code error) {
    if (!error && !ending_) end_when_done(latest);
  });
}

void Server::end() {
  if (ending_) return;
  ending_ = true;
  manager_.stopping();
  spdlog::info("ending");
  write_audit(bursts_.all());
  listener_->close();
  jobs_->shutdown();
  plugins_->stop();
  pool_->shutdown();
  if (processes_ != nullptr) processes_->kill_all();
  for (const auto& session : std::set<std::shared_ptr<Session>>(sessions_))
    session->close_when_sent();
  for (const auto& web : std::set<std::shared_ptr<HttpConnection>>(webs_)) web->close();
  // Answers on their way, such as server.shutdown's own, get a moment.
  end_timer_.expires_after(std::chrono::milliseconds(200));
  end_timer_.async_wait([this](boost::system::error_code) { io_.stop(); });
}

void Server::watch_idle() {
  if (options_.idle_exit_s <= 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (!sessions_.empty() || jobs_->busy()) last_busy_ = now;
  if (now - last_busy_ >= std::chrono::seconds(options_.idle_exit_s)) {
    spdlog::info("idle for {} s", options_.idle_exit_s);
    end();
    return;
  }
  idle_timer_.expires_after(std::chrono::milliseconds(500));
  idle_timer_.async_wait([this](boost::system::error_code error) {
    if (!error && !ending_) watch_idle();
  });
}

}  // namespace ptah
