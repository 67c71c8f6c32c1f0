// What is served over HTTP: the page, health, figures for Prometheus; WebSockets come in as
// clients.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <fstream>

#include "app/server.hpp"
#include "ptah/plugin/plugin.hpp"

namespace ptah {

namespace asio = boost::asio;

namespace {

/// Figures of the store are that old at most when they are told.
constexpr std::chrono::seconds kFreshFigures{5};
/// So often all files are counted, while somebody asks.
constexpr std::chrono::seconds kFreshFiles{60};
constexpr const char* kReady = "Workers and store are ready.";
/// Who asks does not wait longer for the store.
constexpr std::chrono::seconds kPatience{2};

/// Calls `go` once: when `came` is called with true, or with false when nobody has in time.
std::function<void(bool)> in_time(asio::io_context& io, std::function<void(bool)> go) {
  auto timer = std::make_shared<asio::steady_timer>(io, kPatience);
  auto once = std::make_shared<std::function<void(bool)>>(std::move(go));
  const auto came = [timer, once](bool right) {
    if (const auto call = std::exchange(*once, nullptr)) call(right);
    timer->cancel();
  };
  timer->async_wait([once](boost::system::error_code error) {
    if (error) return;
    if (const auto call = std::exchange(*once, nullptr)) call(false);
  });
  return came;
}

double as_double(std::int64_t value) {
  return static_cast<double>(value);
}

}  // namespace

void Server::speak_http(Session::Socket socket, Peer peer) {
  if (ending_) return;
  HttpHandlers handlers;
  handlers.answer = [this](const HttpRequest& request, std::function<void(HttpAnswer)> answer) {
    answer_http(request, std::move(answer));
  };
  handlers.accept = [this](Session::Socket inner, Peer from) {
    accept(std::move(inner), std::move(from));
  };
  handlers.ended = [this](const std::shared_ptr<HttpConnection>& ended) { webs_.erase(ended); };
  webs_.insert(HttpConnection::start(std::move(socket), std::move(peer),
                                     std::chrono::seconds(options_.hello_limit_s),
                                     std::move(handlers)));
}

void Server::answer_http(const HttpRequest& request, std::function<void(HttpAnswer)> answer) {
  if (request.path == "/healthz") return answer(http_text(200, "ptahd is alive."));
  if (request.path == "/readyz") return answer_ready(std::move(answer));
  if (request.path != "/metrics") return answer(page_.answer(request.path));
  if (!options_.metrics_open) {
    constexpr std::string_view kBearer = "Bearer ";
    const std::string& header = request.authorization;
    const bool has = header.compare(0, kBearer.size(), kBearer) == 0;
    const auto admitted =
        has ? admit(request.peer, header.substr(kBearer.size()))
            : make_error(ErrorCode::kDenied, "The figures need a token.", {},
                         "Send \"Authorization: Bearer TOKEN\"; a viewer's is enough. Or let the "
                         "configuration say `metrics: open`.");
    if (!admitted) {
      const bool wait = admitted.error().code == ErrorCode::kLimit;
      if (has) {
        AuditRow row;
        row.role = "stranger";
        row.origin = request.peer.address;
        row.method = "GET /metrics";
        row.outcome = to_string(admitted.error().code);
        row.message = admitted.error().message;
        note(std::move(row), false);
      }
      HttpAnswer refused =
          http_text(wait ? 429 : 401, admitted.error().message + " " + admitted.error().hint);
      if (!wait) refused.headers.emplace_back("WWW-Authenticate", "Bearer");
      return answer(std::move(refused));
    }
  }
  answer_metrics(std::move(answer));
}

void Server::answer_ready(std::function<void(HttpAnswer)> answer) {
  if (ending_) return answer(http_text(503, "The daemon is about to end."));
  if (pool_->generation() == 0) return answer(http_text(503, "No worker serves yet."));
  if (!pool_->problem().empty())
    return answer(http_text(503, "Workers cannot be started; `ptah server status` says why."));
  // Whoever asks again and again asks the store once a second.
  if (std::chrono::steady_clock::now() - store_answered_at_ < std::chrono::seconds(1))
    return answer(http_text(200, kReady));
  const auto came = in_time(io_, [this, answer](bool right) {
    if (right) store_answered_at_ = std::chrono::steady_clock::now();
    answer(right ? http_text(200, kReady)
                 : http_text(503, "The store does not answer; the daemon's log may say why."));
  });
  store_->submit(
      StoreThread::Kind::kRead, [](Store& store) { store.setting("ready"); },
      [came](const Result<std::monostate>& done) { came(done.has_value()); });
}

void Server::answer_metrics(std::function<void(HttpAnswer)> answer) {
  count_files();
  const auto tell = [this, answer](bool) {
    HttpAnswer figures;
    figures.type = "text/plain; version=0.0.4; charset=utf-8";
    figures.body = std::make_shared<const std::string>(metrics_text());
    answer(std::move(figures));
  };
  if (figures_ && std::chrono::steady_clock::now() - figures_at_ < kFreshFigures) return tell(true);
  const auto came = in_time(io_, tell);
  store_->submit(StoreThread::Kind::kRead, store_figures, [this, came](Result<StoreFigures> read) {
    if (read) {
      figures_ = read.value();
      figures_at_ = std::chrono::steady_clock::now();
    }
    came(true);
  });
}

void Server::count_files(int folder) {
  const auto now = std::chrono::steady_clock::now();
  if (folder == 0) {
    if (counting_ || (files_counted_ && now - files_counted_at_ < kFreshFiles)) return;
    counting_ = true;
    counted_ = {};
  }
  // A folder at a time: whoever else has to do with files comes between.
  files_->submit([root = stored_->root(), folder] { return folder_figures(root, folder); },
                 [this, folder](Result<FolderFigures> read) {
                   if (read) {
                     counted_.files += read.value().files;
                     counted_.bytes += read.value().bytes;
                   }
                   if (folder + 1 < FileStore::kFolders) return count_files(folder + 1);
                   counting_ = false;
                   files_counted_ = counted_;
                   files_counted_at_ = std::chrono::steady_clock::now();
                 });
}

std::string Server::metrics_text() const {
  MetricsText text;
  const auto gauge = [&text](const char* name, const char* help, std::int64_t value) {
    text.family(name, "gauge", help);
    text.sample(as_double(value));
  };
  text.family("ptah_build_info", "gauge", "The daemon's version and that of its plugin interface.");
  const std::string api = std::to_string(kApiMajor) + "." + std::to_string(kApiMinor);
  text.sample({{"version", ptah_version()}, {"api", api}}, 1);
  text.family("ptah_uptime_seconds", "gauge", "Since the start of the daemon.");
  text.sample(std::chrono::duration<double>(std::chrono::steady_clock::now() - started_).count());
  std::int64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  gauge("ptah_resident_bytes", "Resident memory of the daemon, without its workers.",
        resident * ::sysconf(_SC_PAGESIZE));
  gauge("ptah_ready", "Whether a plugin set serves: 1 or 0.", pool_->generation() > 0);
  gauge("ptah_plugin_generation", "Number of the plugin set that serves.", pool_->generation());

  text.family("ptah_tasks_queued", "gauge",
              "Tasks that wait, by lane: interactive ones go first; chains of jobs are batch.");
  text.sample({{"lane", "interactive"}}, static_cast<double>(pool_->queued(Lane::kInteractive)));
  text.sample({{"lane", "batch"}}, static_cast<double>(pool_->queued(Lane::kBatch)) +
                                       as_double(jobs_->waiting_chains()));
  std::map<std::string, std::int64_t> states{
      {"starting", 0}, {"testing", 0}, {"idle", 0}, {"busy", 0}, {"draining", 0}};
  std::int64_t running = 0, memory = 0;
  for (const WorkerView& worker : pool_->workers()) {
    ++states[worker.state];
    running += !worker.task.empty();
    memory += worker.rss_bytes;
  }
  gauge("ptah_tasks_running", "Tasks that a worker has.", running);
  text.family("ptah_workers", "gauge", "Worker processes by state.");
  for (const auto& [state, count] : states) text.sample({{"state", state}}, as_double(count));
  gauge("ptah_workers_configured", "Worker processes for batch tasks at most.", options_.workers);
  gauge("ptah_workers_resident_bytes", "Resident memory of all workers.", memory);

  const auto& agreement = jobs_->agreement();
  text.family("ptah_judged_layouts_total", "counter",
              "Layouts that the judges signed off, of chains that ended well.");
  text.sample(as_double(agreement.judged));
  text.family("ptah_judge_differences_total", "counter",
              "How often judges said other than the checks about one of those, by what about.");
  for (const auto& [about, count] : agreement.differences)
    text.sample({{"about", about}}, as_double(count));

  if (figures_) {
    text.family("ptah_jobs", "gauge", "Jobs in the store, by state.");
    for (std::size_t state = 0; state < figures_->jobs.size(); ++state)
      text.sample({{"state", to_string(static_cast<JobState>(state))}},
                  as_double(figures_->jobs[state]));
    gauge("ptah_models", "Versions of models in all libraries.", figures_->models);
    gauge("ptah_datasets", "Versions of datasets in all libraries.", figures_->datasets);
    gauge("ptah_store_database_bytes", "The job database and its log.", figures_->database_bytes);
    gauge("ptah_store_free_bytes", "Free space on the store's file system.", figures_->free_bytes);
  }
  if (files_counted_) {
    gauge("ptah_store_files", "Files of results and models, counted once a minute.",
          files_counted_->files);
    gauge("ptah_store_files_bytes", "Their bytes.", files_counted_->bytes);
  }

  std::map<std::string, std::int64_t> doors{{"unix", 0}, {"tcp", 0}, {"tls", 0}, {"websocket", 0}};
  std::int64_t buffered = 0;
  for (const auto& session : sessions_) {
    const Peer& peer = session->peer();
    ++doors[peer.web ? "websocket" : peer.local ? "unix" : peer.secure ? "tls" : "tcp"];
    buffered += static_cast<std::int64_t>(session->buffered());
  }
  text.family("ptah_connections", "gauge", "Clients of the protocol, by the way they came.");
  for (const auto& [door, count] : doors) text.sample({{"by", door}}, as_double(count));
  gauge("ptah_http_connections", "Connections that speak HTTP.",
        static_cast<std::int64_t>(webs_.size()));
  gauge("ptah_buffered_bytes", "Held for clients, either way.", buffered);
  text.family("ptah_connections_refused_total", "counter", "Connections over a limit.");
  text.sample(as_double(refused_));
  text.family("ptah_wrong_tokens_total", "counter", "Tokens that let nobody in.");
  text.sample(as_double(wrong_tokens_));

  text.family(
      "ptah_request_seconds", "histogram",
      "From a request of the protocol to its answer, by method; some wait for a job's end.");
  for (const auto& [method, of] : latencies_.all()) text.histogram("method", method, of);
  text.family("ptah_request_errors_total", "counter", "Answers of those that are errors.");
  for (const auto& [method, of] : latencies_.all())
    text.sample({{"method", method}}, as_double(of.errors));
  return text.take();
}

}  // namespace ptah
