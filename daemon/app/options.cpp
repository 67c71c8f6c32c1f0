#include "app/options.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <CLI/CLI.hpp>
#include <array>
#include <functional>
#include <limits>
#include <map>

#include "manual/manual_page.hpp"
#include "net/runtime_dir.hpp"
#include "ptah/core/run_tool.hpp"
#include "ptah/core/yaml.hpp"

namespace ptah {

namespace fs = std::filesystem;

namespace {

/// The folder of this program, through which its companions are found.
fs::path program_dir() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  return error ? fs::current_path() : self.parent_path();
}

fs::path absolute(const std::string& text) {
  return fs::absolute(text).lexically_normal();
}

fs::path folder_or_none(const std::string& text) {
  return text.empty() ? fs::path() : absolute(text);
}

DaemonOptions defaults() {
  DaemonOptions options;
  options.socket = default_socket_path();
  options.state_dir = default_state_dir();
  const fs::path bin = program_dir();
  options.worker_program = bin / "ptah-worker";
  // Installed: ptah/plugins in the folder of libraries beside bin. Built: plugins beside bin.
  const fs::path installed = (bin / "../" PTAH_LIBDIR "/ptah/plugins").lexically_normal();
  options.plugin_dirs = {fs::exists(installed) ? installed
                                               : (bin / "../plugins").lexically_normal()};
  options.shipped_plugins = options.plugin_dirs.front() / "shipped";
  options.shipped_data = (bin / "../share/ptah").lexically_normal();
  options.web_dir = options.shipped_data / "web";
  if (const char* given = std::getenv("PTAH_SHIPPED_DATA"))
    options.shipped_data = folder_or_none(given);
  return options;
}

struct Field {
  const char* allowed;
  std::function<void(const YAML::Node&)> read;
};

template <class T>
T in_range(const YAML::Node& node, std::int64_t low, std::int64_t high) {
  const auto value = node.as<std::int64_t>();
  if (value < low || value > high) throw YAML::TypedBadConversion<T>(node.Mark());
  return static_cast<T>(value);
}

void read_quota(const YAML::Node& node, Quota& quota) {
  constexpr std::int64_t kMost = 1'000'000'000;
  for (const auto& item : node) {
    const auto name = item.first.as<std::string>();
    if (name == "running_tasks") {
      quota.running_tasks = in_range<std::int64_t>(item.second, 0, kMost);
    } else if (name == "queued_jobs") {
      quota.queued_jobs = in_range<std::int64_t>(item.second, 0, kMost);
    } else if (name == "disk_mb") {
      quota.disk_mb = in_range<std::int64_t>(item.second, 0, kMost);
    } else if (name != "of") {
      throw YAML::TypedBadConversion<Quota>(item.first.Mark());
    }
  }
}

void read_quotas(const YAML::Node& node, DaemonOptions& options) {
  if (!node.IsMap()) throw YAML::TypedBadConversion<Quota>(node.Mark());
  read_quota(node, options.quota);
  for (const auto& item : node["of"]) {
    Quota quota = options.quota;
    if (!item.second.IsMap() || item.second["of"])
      throw YAML::TypedBadConversion<Quota>(item.second.Mark());
    read_quota(item.second, quota);
    options.quotas_of[item.first.as<std::string>()] = quota;
  }
}

std::string one_of(const YAML::Node& node, std::initializer_list<const char*> names) {
  const auto value = node.as<std::string>();
  for (const char* name : names) {
    if (value == name) return value;
  }
  throw YAML::TypedBadConversion<std::string>(node.Mark());
}

}  // namespace

Status read_config(const fs::path& file, DaemonOptions& options) {
  const std::map<std::string, Field> fields{
      {"socket",
       {"a path", [&](const YAML::Node& n) { options.socket = absolute(n.as<std::string>()); }}},
      {"state",
       {"a folder",
        [&](const YAML::Node& n) { options.state_dir = absolute(n.as<std::string>()); }}},
      {"tcp_port",
       {"0..65535 (0: any free port)",
        [&](const YAML::Node& n) { options.tcp_port = in_range<std::uint16_t>(n, 0, 65535); }}},
      {"tcp_address",
       {"a loopback address",
        [&](const YAML::Node& n) { options.tcp_address = n.as<std::string>(); }}},
      {"tls_port",
       {"0..65535 (0: any free port)",
        [&](const YAML::Node& n) { options.tls_port = in_range<std::uint16_t>(n, 0, 65535); }}},
      {"tls_address",
       {"an IP address", [&](const YAML::Node& n) { options.tls_address = n.as<std::string>(); }}},
      {"tls_certificate",
       {"a path",
        [&](const YAML::Node& n) { options.tls.certificate = absolute(n.as<std::string>()); }}},
      {"tls_key",
       {"a path", [&](const YAML::Node& n) { options.tls.key = absolute(n.as<std::string>()); }}},
      {"tls_clients_ca",
       {"a path",
        [&](const YAML::Node& n) { options.tls.clients_ca = absolute(n.as<std::string>()); }}},
      {"unix_group",
       {"the name of a group",
        [&](const YAML::Node& n) { options.unix_group = n.as<std::string>(); }}},
      {"quotas",
       {"a map of running_tasks, queued_jobs and disk_mb (0: no limit), and `of`, a map of such "
        "maps by principal",
        [&](const YAML::Node& n) { read_quotas(n, options); }}},
      {"hello_limit_s",
       {"1..3600",
        [&](const YAML::Node& n) { options.hello_limit_s = in_range<std::int64_t>(n, 1, 3600); }}},
      {"web", {"true or false", [&](const YAML::Node& n) { options.web = n.as<bool>(); }}},
      {"metrics",
       {"token or open",
        [&](const YAML::Node& n) {
          options.metrics_open = one_of(n, {"token", "open"}) == "open";
        }}},
      {"workers",
       {"0..1024 (0: one a processor)",
        [&](const YAML::Node& n) { options.workers = in_range<int>(n, 0, 1024); }}},
      {"bind_workers",
       {"true or false", [&](const YAML::Node& n) { options.bind_workers = n.as<bool>(); }}},
      {"plugin_dirs",
       {"a list of folders",
        [&](const YAML::Node& n) {
          options.plugin_dirs.clear();
          for (const auto& item : n)
            options.plugin_dirs.push_back(absolute(item.as<std::string>()));
        }}},
      {"shipped_data",
       {"a folder, or empty for none",
        [&](const YAML::Node& n) { options.shipped_data = folder_or_none(n.as<std::string>()); }}},
      {"worker_program",
       {"a path",
        [&](const YAML::Node& n) { options.worker_program = absolute(n.as<std::string>()); }}},
      {"worker_memory_mib",
       {"64..4194304",
        [&](const YAML::Node& n) {
          options.worker_memory_mib = in_range<std::int64_t>(n, 64, 4194304);
        }}},
      {"put_limit_mib",
       {"1..4096",
        [&](const YAML::Node& n) { options.put_limit_mib = in_range<std::int64_t>(n, 1, 4096); }}},
      {"hang_limit_s",
       {"1..86400",
        [&](const YAML::Node& n) { options.hang_limit_s = in_range<std::int64_t>(n, 1, 86400); }}},
      {"plugin_limit_s",
       {"1..86400",
        [&](const YAML::Node& n) {
          options.plugin_limit_s = in_range<std::int64_t>(n, 1, 86400);
        }}},
      {"idle_exit_s",
       {"0..31536000 (0: never)",
        [&](const YAML::Node& n) {
          options.idle_exit_s = in_range<std::int64_t>(n, 0, 31536000);
        }}},
      {"log_level",
       {"trace, debug, info, warning, error or off",
        [&](const YAML::Node& n) {
          options.log_level = one_of(n, {"trace", "debug", "info", "warning", "error", "off"});
        }}},
      {"log_file",
       {"a path", [&](const YAML::Node& n) { options.log_file = absolute(n.as<std::string>()); }}},
  };
  const auto place = [&](const YAML::Mark& mark) {
    return file.string() + ":" + std::to_string(mark.line + 1);
  };
  constexpr std::size_t kMaxBytes = 1u << 20;
  PTAH_TRY(const std::string text, read_text_file(file, kMaxBytes));
  PTAH_TRY(const YAML::Node root, load_yaml(text, file.string(), kMaxBytes));
  try {
    if (root.IsNull()) return ok();
    if (!root.IsMap())
      return make_error(ErrorCode::kParse, "The configuration is not a map of fields.",
                        place(root.Mark()));
    for (const auto& item : root) {
      const auto name = item.first.as<std::string>();
      const auto field = fields.find(name);
      if (field == fields.end()) {
        std::string known;
        for (const auto& [known_name, unused] : fields)
          known += (known.empty() ? "" : ", ") + known_name;
        return make_error(ErrorCode::kParse, "Unknown field \"" + name + "\".",
                          place(item.first.Mark()), "Fields: " + known + ".");
      }
      try {
        field->second.read(item.second);
      } catch (const YAML::Exception&) {
        return make_error(ErrorCode::kParse,
                          "Field \"" + name + "\" must be " + field->second.allowed + ".",
                          place(item.second.Mark()));
      }
    }
  } catch (const YAML::Exception& exception) {
    return make_error(ErrorCode::kParse, exception.msg, place(exception.mark));
  }
  return ok();
}

namespace {

ManualPage manual_of_ptahd() {
  ManualPage page;
  page.name = "ptahd";
  page.section = 8;
  page.version = PTAH_VERSION;
  page.summary = "the daemon of Ptah";
  page.description =
      "ptahd keeps circuits, layouts and models, and runs place and route, checks, extraction and "
      "simulation for its clients: ptah(1), KLayout, Magic and programs of your own. It speaks "
      "JSON-RPC, a line a message, on a Unix socket, on loopback TCP, and over TLS. Jobs go on "
      "where they were, however it ended. It needs no privileges. One daemon has one folder of "
      "state.";
  page.tables = {
      {"Signals",
       {{"SIGTERM, SIGINT", "It ends; jobs go on at the next start."},
        {"SIGHUP",
         "The configuration is read again. log_level, hello_limit_s and idle_exit_s hold from "
         "then on; of other fields that have changed the log says that they need a new start. What "
         "cannot be read changes nothing. Certificates need no signal. Without a configuration it "
         "ends."}}},
      {"Environment",
       {{"NOTIFY_SOCKET, WATCHDOG_USEC",
         "As sd_notify(3) has them: it says when it serves, when it ends, and that it is alive."},
        {"LISTEN_FDS, LISTEN_PID",
         "As sd_listen_fds(3) has them: the Unix socket, which a service manager keeps."},
        {"PTAH_SHIPPED_DATA", "The default of --shipped-data."}}},
      {"Files",
       {{"/etc/ptah/ptahd.yaml", "The configuration of the system's daemon."},
        {"/var/lib/ptah", "Its jobs and results."}}}};
  page.see_also = {"ptah(1)", "ptahd.yaml(5)", "systemd.service(5)"};
  return page;
}

}  // namespace

void set_log_level(const std::string& level) {
  spdlog::set_level(spdlog::level::from_str(level == "error" ? "err" : level));
}

CommandLine parse_command_line(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = arguments;
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return parse_command_line(static_cast<int>(words.size()), pointers.data());
}

CommandLine parse_command_line(int argc, char** argv) {
  CommandLine line;
  line.options = defaults();
  line.options.arguments.assign(argv, argv + argc);
  CLI::App app("ptahd, the daemon of Ptah: runs place-and-route jobs for its clients", "ptahd");
  app.set_help_flag("");
  app.option_defaults()->take_last();  // So that a wrapper's options can be overruled.
  bool help = false, print_protocol = false, version = false, foreground = false,
       bind_workers = false;
  // A manual is for everybody: it names no folder of whoever makes it.
  bool manual = false;
  for (int i = 1; i < argc; ++i) manual = manual || std::string(argv[i]) == "--print-manual";
  DaemonOptions shown = line.options;
  if (manual) {
    shown.socket = "$XDG_RUNTIME_DIR/ptah/ptahd.sock";
    shown.state_dir = "~/.local/state/ptah";
    shown.shipped_data = "share/ptah beside the program's folder";
    shown.worker_program = "ptah-worker beside this program";
  }
  std::string config, socket, state, shipped_data, worker_program, log_file, log_level;
  std::vector<std::string> plugin_dirs;
  int tcp = -1, workers = -1;
  std::int64_t idle_exit = -1, memory = -1, put = -1, hang = -1, plugin_limit = -1, hello = -1;
  DaemonOptions& options = line.options;
  app.add_option("--config", config,
                 "Configuration file (ptahd.yaml(5), configs/ptahd.yaml); SIGHUP reads it again");
  app.add_option("--socket", socket, "Unix socket; default " + shown.socket.string());
  app.add_option("--state", state,
                 "Folder of jobs and results; default " + shown.state_dir.string());
  app.add_option("--tcp", tcp, "Listen on this loopback TCP port too; 0: any free one")
      ->check(CLI::Range(0, 65535));
  app.add_option("--hello-limit", hello,
                 "Seconds after which a TCP connection without server.hello is closed")
      ->check(CLI::Range(1, 3600));
  app.add_option("--workers", workers, "Worker processes; 0: one a processor")
      ->check(CLI::Range(0, 1024));
  app.add_flag("--bind-workers", bind_workers,
               "Each worker on a core of its own: faster on a machine that serves nothing else");
  app.add_option("--plugins", plugin_dirs, "Plugin folder (may be repeated); replaces the default")
      ->take_all();
  const auto* shipped =
      app.add_option("--shipped-data", shipped_data,
                     "Folder of the models and datasets that come with Ptah; default " +
                         shown.shipped_data.string() + "; '' for none");
  app.add_option("--worker-program", worker_program,
                 "The worker; default " + shown.worker_program.string());
  app.add_option("--worker-memory-mib", memory, "Memory limit of one worker")
      ->check(CLI::Range(64, 4194304));
  app.add_option("--put-limit-mib", put, "Largest file that a client may send (store.put)")
      ->check(CLI::Range(1, 4096));
  app.add_option("--hang-limit", hang, "Seconds of silence after which a worker is ended")
      ->check(CLI::Range(1, 86400));
  app.add_option("--plugin-limit", plugin_limit,
                 "Seconds of silence after which a plugin that is loaded or tested is refused")
      ->check(CLI::Range(1, 86400));
  app.add_option("--idle-exit", idle_exit,
                 "Leave after so many seconds without clients and jobs; 0: never")
      ->check(CLI::Range(0, 31536000));
  app.add_option("--log-file", log_file, "Log there instead of on standard error");
  app.add_option("--log-level", log_level, "trace, debug, info, warning, error or off")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}));
  app.add_flag("--inline", options.in_process,
               "Run tasks in this process, for debugging: a plugin's crash is the daemon's");
  app.add_flag("--daemonize", options.daemonize,
               "Go to the background; returns when clients can connect");
  app.add_flag("--foreground", foreground, "Stay in the foreground (the default)");
  std::string restore;
  app.add_option("--restore", restore,
                 "Make the state's folder, which must be empty, of a backup, check all of it, and "
                 "exit");
  app.add_flag("--print-protocol", print_protocol, "Print docs/protocol.md and exit");
  app.add_flag("--print-manual", manual, "Print ptahd(8), the manual page, and exit");
  app.add_flag("--version", version, "Print the version and exit");
  app.add_flag("-h,--help", help, "Print this and exit");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    line.action = CommandLine::Action::kBad;
    line.text = std::string("ptahd: ") + error.what() + " (ptahd --help lists the options)";
    return line;
  }
  if (help || manual) {
    line.action = CommandLine::Action::kPrintText;
    line.text = manual ? manual_page(manual_of_ptahd(), app) : app.help();
    return line;
  }
  if (print_protocol || version) {
    line.action =
        print_protocol ? CommandLine::Action::kPrintProtocol : CommandLine::Action::kPrintVersion;
    return line;
  }
  if (!config.empty()) {
    options.config = absolute(config);
    if (Status status = read_config(config, options); !status) {
      line.action = CommandLine::Action::kBad;
      line.text = "ptahd: " + status.error().text();
      return line;
    }
  }
  if (options.tls_port && (options.tls.certificate.empty() || options.tls.key.empty())) {
    line.action = CommandLine::Action::kBad;
    line.text = "ptahd: " + config + ": tls_port needs tls_certificate and tls_key.";
    return line;
  }
  if (!restore.empty()) {
    line.action = CommandLine::Action::kRestore;
    options.restore = absolute(restore);
  }
  if (!socket.empty()) options.socket = absolute(socket);
  if (!state.empty()) options.state_dir = absolute(state);
  if (tcp >= 0) options.tcp_port = static_cast<std::uint16_t>(tcp);
  if (hello >= 0) options.hello_limit_s = hello;
  if (workers >= 0) options.workers = workers;
  if (bind_workers) options.bind_workers = true;
  if (!plugin_dirs.empty()) {
    options.plugin_dirs.clear();
    for (const std::string& directory : plugin_dirs)
      options.plugin_dirs.push_back(absolute(directory));
  }
  if (shipped->count() > 0) options.shipped_data = folder_or_none(shipped_data);
  if (!worker_program.empty()) options.worker_program = absolute(worker_program);
  if (memory >= 0) options.worker_memory_mib = memory;
  if (put >= 0) options.put_limit_mib = put;
  if (hang >= 0) options.hang_limit_s = hang;
  if (plugin_limit >= 0) options.plugin_limit_s = plugin_limit;
  if (idle_exit >= 0) options.idle_exit_s = idle_exit;
  if (!log_file.empty()) options.log_file = absolute(log_file);
  if (!log_level.empty()) options.log_level = log_level;
  if (foreground) options.daemonize = false;
  if (options.workers == 0)
    options.workers = static_cast<int>(std::max(1l, ::sysconf(_SC_NPROCESSORS_ONLN)));
  return line;
}

}  // namespace ptah
