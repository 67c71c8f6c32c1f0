// Methods of the daemon itself: how it is, when it ends, which plugins it serves.
#include <sys/statvfs.h>
#include <unistd.h>

#include <fstream>

#include "app/server.hpp"

namespace ptah {

using namespace rpc;

// Server.

void Server::status(const Nothing&, Reply<StatusReply> reply) {
  StatusReply answer;
  answer.version = ptah_version();
  answer.pid = ::getpid();
  answer.uptime_s =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_)
          .count();
  std::int64_t pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  answer.rss_bytes = resident * ::sysconf(_SC_PAGESIZE);
  answer.sessions = static_cast<std::int64_t>(sessions_.size());
  for (const auto& session : sessions_)
    answer.buffered_bytes += static_cast<std::int64_t>(session->buffered());
  answer.socket = options_.socket.string();
  answer.tcp_port = listener_->tcp_port();
  answer.tls_port = listener_->tls_port();
  answer.fingerprint = listener_->fingerprint();
  answer.state_dir = options_.state_dir.string();
  std::tie(answer.jobs_queued, answer.jobs_running) = jobs_->counts();
  answer.ready = pool_->generation() > 0;
  answer.problem = pool_->problem();
  answer.shipped_problems = shipped_->problems();
  answer.plugin_generation = pool_->generation();
  for (const WorkerView& worker : pool_->workers()) {
    // A task is named after its job, which need not be in the caller's libraries.
    const bool named = reply.caller()->libraries().empty();
    answer.workers.push_back({Json{{"pid", worker.pid},
                                   {"state", worker.state},
                                   {"task", named ? worker.task : ""},
                                   {"stage", worker.stage},
                                   {"plugin", worker.plugin},
                                   {"rss_bytes", worker.rss_bytes},
                                   {"generation", worker.generation}}});
  }
  answer_from_store(
      reply, [answer = std::move(answer), directory = options_.state_dir](Store&) mutable {
        // A file system may take its time.
        struct statvfs info {};
        if (::statvfs(directory.c_str(), &info) == 0) {
          answer.store_bytes_free =
              static_cast<std::int64_t>(info.f_bavail) * static_cast<std::int64_t>(info.f_frsize);
        }
        return answer;
      });
}

void Server::shutdown(const ShutdownParams& params, Reply<Nothing> reply) {
  reply(Nothing{});
  if (params.now) {
    stop();
  } else {
    end_when_done(std::chrono::steady_clock::now() + std::chrono::seconds(10));
  }
}

// Plugins.

void Server::plugin_list(const Nothing&, Reply<PluginListReply> reply) {
  PluginListReply answer;
  answer.generation = pool_->generation();
  for (const auto& directory : plugins_->directories())
    answer.directories.push_back(directory.string());
  for (PluginView& view : plugins_->list()) {
    answer.plugins.push_back({view.kind, view.name, view.version, view.description, view.file,
                              view.hash, view.state, view.reason, view.options});
  }
  reply(std::move(answer));
}

void Server::plugin_load(const PluginParams& params, Reply<PluginReply> reply) {
  plugins_->load(params.name, [reply](Result<std::int64_t> generation) {
    if (generation) {
      reply(PluginReply{generation.value()});
    } else {
      reply(generation.error());
    }
  });
}

void Server::plugin_reload(const PluginParams& params, Reply<PluginReply> reply) {
  plugin_load(params, std::move(reply));
}

void Server::plugin_unload(const PluginParams& params, Reply<PluginReply> reply) {
  plugins_->unload(params.name, [reply](Result<std::int64_t> generation) {
    if (generation) {
      reply(PluginReply{generation.value()});
    } else {
      reply(generation.error());
    }
  });
}

}  // namespace ptah
