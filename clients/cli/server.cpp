/// ptah server, ptah plugins
#include <signal.h>
#include <unistd.h>

#include <iostream>
#include <thread>

#include "session.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

using Align = Table::Align;

int server_status(const Session& session) {
  auto client = session.connect(false);
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("server.status");
  if (reply.has_error()) return fail(session, reply.error());
  const Json& state = reply.value();
  if (session.json) {
    print_line(state);
    return kOk;
  }
  std::cout << "ptahd " << state["version"].get<std::string>() << ", pid " << state["pid"]
            << ", up " << duration(state["uptime_s"]) << ", "
            << number(state["rss_bytes"].get<double>() / (1 << 20), 1) << " MiB, "
            << state["sessions"] << " clients\n"
            << "socket " << state["socket"].get<std::string>() << "\n"
            << "state  " << state["state_dir"].get<std::string>() << "\n"
            << (state.value("tls_port", 0) == 0
                    ? ""
                    : "tls    port " + state["tls_port"].dump() + ", certificate SHA-256 " +
                          state.value("fingerprint", "") + "\n")
            << "jobs   " << state["jobs_running"] << " running, " << state["jobs_queued"]
            << " queued\n";
  if (state["ready"] != true)
    std::cout << "not ready: " << state.value("problem", "workers are starting") << "\n";
  Table table({"worker", "state", "stage", "plugin", "MiB"},
              {Align::kRight, Align::kLeft, Align::kLeft, Align::kLeft, Align::kRight});
  for (const Json& worker : state["workers"]) {
    table.add({worker.value("pid", Json()).dump(), worker.value("state", ""),
               worker.value("stage", ""), worker.value("plugin", ""),
               number(worker.value("rss_bytes", 0.0) / (1 << 20), 1)});
  }
  std::cout << table.text();
  return kOk;
}

int ping(const Session& session, int count) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  std::vector<double> micros;
  for (int i = 0; i < count; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (auto reply = client.value().call("server.ping"); reply.has_error())
      return fail(session, reply.error());
    micros.push_back(
        std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin)
            .count());
  }
  std::sort(micros.begin(), micros.end());
  const double p50 = micros[micros.size() / 2], p99 = micros[micros.size() * 99 / 100];
  if (session.json) {
    print_line({{"count", count}, {"p50_us", p50}, {"p99_us", p99}});
  } else {
    std::cout << count << " pings: p50 " << number(p50, 0) << " us, p99 " << number(p99, 0)
              << " us\n";
  }
  return kOk;
}

int stop(const Session& session, bool now) {
  auto client = session.connect(false);
  if (client.has_error()) return fail(session, client.error());
  auto status = client.value().call("server.status");
  if (status.has_error()) return fail(session, status.error());
  const pid_t pid = status.value().value("pid", 0);
  if (auto reply = client.value().call("server.shutdown", {{"now", now}}); reply.has_error()) {
    return fail(session, reply.error());
  }
  while (client.value().next_notification(std::chrono::seconds(60)).has_value()) {
    // Until the daemon closes the connection.
  }
  // Its state folder is free for the next daemon only when the process is gone.
  for (int i = 0; i < 3000 && pid > 0 && ::kill(pid, 0) == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return kOk;
}

int start(const Session& session) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  if (session.json) {
    print_line(client.value().server());
  } else {
    std::cout << "ptahd " << client.value().server().value("version", "") << " answers at "
              << session.launch.socket.string() << "\n";
  }
  return kOk;
}

int verify(const Session& session) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  ProgressBar bar(!session.json && !session.quiet);
  // A large state takes its time; the daemon stops when this program ends.
  auto reply = client.value().call("server.verify", Json::object(), std::chrono::hours(24 * 7),
                                   [&bar](const Notification& note) {
                                     if (note.method == "server.verifying")
                                       bar.update(note.params.value("fraction", 0.0),
                                                  note.params.value("message", ""));
                                   });
  bar.clear();
  if (reply.has_error()) return fail(session, reply.error());
  const Json& found = reply.value();
  const Json& damaged = found["damaged"];
  if (session.json) {
    print_line(found);
    return damaged.empty() ? kOk : kUnclean;
  }
  for (const Json& damage : damaged) std::cout << damage.value("problem", "") << "\n";
  if (found["cut"] == true) std::cout << "There may be more.\n";
  std::cout << (damaged.empty() ? "Nothing is damaged: " : "Checked: ") << found["pages"]
            << " pages, " << found["tables"] << " tables and " << found["rows"]
            << " rows of the job database, " << found["files"] << " files.\n";
  for (const Json& sentence : found["restore"]) std::cout << sentence.get<std::string>() << "\n";
  return damaged.empty() ? kOk : kUnclean;
}

int back_up(const Session& session, const std::string& folder) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  ProgressBar bar(!session.json && !session.quiet);
  auto reply = client.value().call(
      "server.backup", {{"folder", std::filesystem::absolute(folder).string()}},
      std::chrono::hours(24 * 7), [&bar](const Notification& note) {
        if (note.method == "server.backing_up")
          bar.update(note.params.value("fraction", 0.0), note.params.value("message", ""));
      });
  bar.clear();
  if (reply.has_error()) return fail(session, reply.error());
  const Json& made = reply.value();
  const bool whole = made.value("missing", 0) == 0;
  if (session.json) {
    print_line(made);
    return whole ? kOk : kUnclean;
  }
  std::cout << made.value("folder", "") << ": " << made["pages"] << " pages of the job database, "
            << made["files"] << " files, " << made["linked"]
            << " of them linked to the daemon's own. `ptah server restore` makes a state of it.\n";
  if (!whole) {
    std::cout << made["missing"]
              << " files are lost, so it cannot be restored: `ptah server verify` names them.\n";
  }
  return whole ? kOk : kUnclean;
}

/// What the daemon's program does, without a daemon.
int restore(const Session& session, const std::string& folder, const std::string& state) {
  const std::string program = daemon_program().string();
  std::vector<std::string> words{program, "--restore", folder};
  if (!state.empty()) words.insert(words.end(), {"--state", state});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  return fail(session, make_error(ErrorCode::kNotFound, "There is no ptahd beside this program.",
                                  program, "Install Ptah completely."));
}

int list_plugins(const Session& session, bool options) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call("plugin.list");
  if (reply.has_error()) return fail(session, reply.error());
  Table table({"stage", "plugin", "version", "state", "what it does"}, {});
  for (const Json& plugin : reply.value()["plugins"]) {
    if (session.json) {
      print_line(plugin);
      continue;
    }
    const std::string reason = plugin.value("reason", "");
    table.add({plugin["kind"], plugin["name"], plugin["version"], plugin["state"],
               reason.empty() ? plugin["description"].get<std::string>() : reason});
  }
  if (session.json) return kOk;
  std::cout << table.text();
  if (!options) return kOk;
  for (const Json& plugin : reply.value()["plugins"]) {
    const Json schema = plugin.value("options", Json::array());
    if (!schema.is_array() || schema.empty()) continue;
    std::cout << "\n" << plugin["name"].get<std::string>() << "\n";
    Table rows({"  option", "default", "what it does"}, {});
    for (const Json& option : schema) {
      rows.add({"  " + option["name"].get<std::string>(), option["default"].dump(),
                option["description"]});
    }
    std::cout << rows.text();
  }
  return kOk;
}

int plugin_call(const Session& session, const std::string& method, const std::string& name) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  auto reply = client.value().call(method, {{"name", name}});
  if (reply.has_error()) return fail(session, reply.error());
  if (session.json) print_line(reply.value());
  return kOk;
}

}  // namespace

void add_server_commands(CLI::App& app, Session& session, int& status) {
  struct Arguments {
    std::string name, folder;
    int count = 1000;
    bool now = false, options = false, bind_workers = false;
    std::string state;
    int workers = 0;
  };
  auto arguments = std::make_shared<Arguments>();
  auto* server = app.add_subcommand(
      "server", "The daemon: start, status, ping, verify, backup, restore, stop");
  server->require_subcommand(1);
  auto* status_command = server->add_subcommand("status", "Health, workers, jobs");
  on_command(status_command, status, [&session] { return server_status(session); });
  auto* start_command =
      server->add_subcommand("start", "Start the daemon, if it does not run, and let it run");
  start_command->add_option("--state", arguments->state, "Folder for jobs and files");
  start_command->add_option("--workers", arguments->workers, "Worker processes")
      ->check(CLI::Range(1, 1024));
  start_command->add_flag(
      "--bind-workers", arguments->bind_workers,
      "Each worker on a core of its own: faster on a machine that serves nothing else");
  on_command(start_command, status, [&session, arguments] {
    session.launch.idle_exit_s = 0;
    session.launch.bind_workers = arguments->bind_workers;
    session.launch.workers = arguments->workers;
    if (!arguments->state.empty())
      session.launch.state = std::filesystem::absolute(arguments->state);
    return start(session);
  });
  auto* ping_command = server->add_subcommand("ping", "Round-trip time");
  ping_command->add_option("-c,--count", arguments->count, "How many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  on_command(ping_command, status,
             [&session, arguments] { return ping(session, arguments->count); });
  auto* verify_command = server->add_subcommand(
      "verify", "Check all that the daemon keeps: its database and every file");
  on_command(verify_command, status, [&session] { return verify(session); });
  auto* backup_command = server->add_subcommand(
      "backup", "Copy all that the daemon keeps into a folder, while it goes on");
  backup_command
      ->add_option("folder", arguments->folder, "Not there yet, or empty; on the daemon's machine")
      ->required();
  on_command(backup_command, status,
             [&session, arguments] { return back_up(session, arguments->folder); });
  auto* restore_command = server->add_subcommand(
      "restore", "Make a state of a backup, and check all of it; start a daemon with it then");
  restore_command->add_option("folder", arguments->folder, "What `ptah server backup` made")
      ->required();
  restore_command->add_option("--state", arguments->state,
                              "Folder for the state, empty or not there (default: the daemon's)");
  on_command(restore_command, status, [&session, arguments] {
    return restore(session, arguments->folder, arguments->state);
  });
  add_account_commands(*server, session, status);
  auto* stop_command =
      server->add_subcommand("stop", "End the daemon; jobs go on at its next start");
  stop_command->add_flag("--now", arguments->now, "Do not wait for tasks that run");
  on_command(stop_command, status, [&session, arguments] { return stop(session, arguments->now); });

  auto* plugins = app.add_subcommand("plugins", "List, load, reload and unload plugins");
  plugins->add_flag("--options", arguments->options, "Their options as well");
  plugins->require_subcommand(0, 1);
  on_command(plugins, status, [&session, &status, plugins, arguments] {
    return plugins->get_subcommands().empty() ? list_plugins(session, arguments->options) : status;
  });
  for (const char* verb : {"load", "reload", "unload"}) {
    auto* command =
        plugins->add_subcommand(verb, std::string("Ask the daemon to ") + verb + " a plugin");
    command->add_option("name", arguments->name, "The plugin, or its file's name")->required();
    on_command(command, status, [&session, arguments, verb] {
      return plugin_call(session, std::string("plugin.") + verb, arguments->name);
    });
  }
}

}  // namespace ptah::cli
