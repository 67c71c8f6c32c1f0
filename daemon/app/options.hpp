/// ptahd's command line and configuration file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/tls_context.hpp"
#include "ptah/core/error.hpp"
#include "store/records.hpp"

namespace ptah {

struct DaemonOptions {
  std::filesystem::path socket;
  std::filesystem::path state_dir;
  std::string unix_group;  ///< Whose members the socket lets in, as designers; empty: nobody.
  Quota quota;             ///< Of each principal,
  std::map<std::string, Quota> quotas_of;  ///< but of these.
  std::optional<std::uint16_t> tcp_port;   ///< 0: any free one.
  std::string tcp_address = "127.0.0.1";
  std::optional<std::uint16_t> tls_port;  ///< 0: any free one.
  std::string tls_address = "0.0.0.0";
  TlsFiles tls;                     ///< Where `tls_port` is set.
  std::int64_t hello_limit_s = 10;  ///< For strangers on TCP.
  bool web = true;                  ///< HTTP on the TCP ports.
  std::filesystem::path web_dir;    ///< The page (page.hpp).
  bool metrics_open = false;        ///< /metrics without a token.
  int workers = 0;                  ///< 0: as many as there are processors.
  std::vector<std::filesystem::path> plugin_dirs;
  std::filesystem::path shipped_plugins;  ///< The build's list of them (PluginRegistryOptions).
  std::filesystem::path shipped_data;     ///< What comes with Ptah (shipped.hpp); empty: nothing.
  std::filesystem::path worker_program;
  bool bind_workers = false;  ///< Each to a core.
  std::int64_t worker_memory_mib = 4096;
  std::int64_t put_limit_mib = 1024;  ///< Of a file that a client sends.
  std::int64_t hang_limit_s = 600;
  std::int64_t plugin_limit_s = 10;  ///< For a plugin that is loaded and tested.
  std::int64_t idle_exit_s = 0;      ///< 0: never.
  std::string log_level = "info";
  std::filesystem::path log_file;  ///< Empty: standard error.
  bool in_process = false;         ///< --inline
  bool daemonize = false;
  std::filesystem::path restore;       ///< A backup that is to become `state_dir`; empty: none.
  std::filesystem::path config;        ///< Empty: none.
  std::vector<std::string> arguments;  ///< The command line that said all this.
};

/// What the command line asks for.
struct CommandLine {
  enum class Action { kServe, kPrintProtocol, kPrintVersion, kPrintText, kRestore, kBad };
  Action action = Action::kServe;
  DaemonOptions options;
  std::string text;  ///< Help, the manual page, or what is wrong.
};

/// Reads the configuration file first (--config, if given), then the command line over it.
CommandLine parse_command_line(int argc, char** argv);
CommandLine parse_command_line(const std::vector<std::string>& arguments);
/// Of what spdlog logs from now on.
void set_log_level(const std::string& level);

/// Fails naming file:line, the field and its allowed values.
Status read_config(const std::filesystem::path& file, DaemonOptions& options);

}  // namespace ptah
