/// What every command shares: global options, the connection, exit codes, and the registration of
/// the commands with CLI11.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "client.hpp"
#include "daemon_launcher.hpp"
#include "ptah/core/error.hpp"
#include "ptah/core/json.hpp"

namespace ptah::cli {

/// Exit statuses; `ptah help exit-codes` prints them.
enum ExitCode : int {
  kOk = 0,
  kUnclean = 1,  ///< The command ran; a layout is not clean, or a job failed.
  kUsage = 2,    ///< The command line, an option or an input file must be corrected.
  kNotFound = 3,
  kToolMissing = 4,
  kNoServer = 5,  ///< ptahd can not be reached or was lost.
  kInternal = 6,
  kCancelled = 130,
};

ExitCode exit_code(const Error& error) noexcept;

struct Session {
  bool json = false;   ///< Objects on standard output instead of tables.
  bool quiet = false;  ///< No progress bar.
  std::string host;    ///< "127.0.0.1:7411": TCP instead of the Unix socket.
  std::string token_file;
  std::string server;  ///< "ptah.example.com:7424": over TLS, as `ptah login` made it known.
  LaunchOptions launch;

  /// Connects; starts a private daemon where none runs and `may_start`.
  Result<Client> connect(bool may_start = true) const;
};

/// Prints an error for people (standard error) or scripts (a JSON object) and returns the status.
int fail(const Session& session, const Error& error);
/// One line of JSON on standard output, flushed.
void print_line(const Json& json);

/// "30d", "12h", "90m", "45s", or "never", which is 0; `option` is named where it is none.
Result<std::int64_t> seconds_of(const std::string& text, const char* option);

/// A command's action; its result is the exit status.
using Action = std::function<int()>;

/// Registers `action` to run when `command` is chosen.
void on_command(CLI::App* command, int& status, Action action);

// One function a file; each adds its commands.
void add_circuit_commands(CLI::App& app, Session& session, int& status);
void add_run_command(CLI::App& app, Session& session, int& status);
void add_explore_command(CLI::App& app, Session& session, int& status);
/// Into `ptah explore`.
void add_explore_compare_command(CLI::App& explore_command, Session& session, int& status);
void add_job_commands(CLI::App& app, Session& session, int& status);
void add_model_commands(CLI::App& app, Session& session, int& status);
void add_dataset_commands(CLI::App& app, Session& session, int& status);
/// Into those of datasets and models, which are there.
void add_evaluation_commands(CLI::App& app, Session& session, int& status);
/// Into those of models, which are there.
void add_prediction_command(CLI::App& app, Session& session, int& status);
void add_layout_commands(CLI::App& app, Session& session, int& status);
void add_score_command(CLI::App& app, Session& session, int& status);
void add_report_command(CLI::App& app, Session& session, int& status);
/// Into `ptah server`.
void add_account_commands(CLI::App& server, Session& session, int& status);
void add_server_commands(CLI::App& app, Session& session, int& status);
void add_install_commands(CLI::App& app, Session& session, int& status);
void add_doctor_command(CLI::App& app, Session& session, int& status);
void add_login_commands(CLI::App& app, Session& session, int& status);
void add_bridge_command(CLI::App& app, Session& session, int& status);
void add_store_commands(CLI::App& app, Session& session, int& status);
void add_tech_command(CLI::App& app, Session& session, int& status);
void add_completion_command(CLI::App& app, Session& session, int& status);

/// The circuit a command speaks of: a shipped name, or a netlist file with its companions.
struct CircuitArguments {
  std::string circuit;  ///< Positional: a name, or a path that exists or looks like one.
  std::string pairs;
  std::string testbench;
  std::string measures_file;
  std::string measuring;  ///< "testbench", "all"; empty: as the flow says.
  std::string top;
  std::string allowed;              ///< "2,4,6"
  std::vector<std::string> params;  ///< "w1=1.5u", ...
  std::string params_file;
  std::vector<std::string> cells;  ///< "my_block=my_block.gds:CELL", ...
  std::string tech = "ptah130";
  std::string keep = "finger";
  std::string width = "ask", off_grid = "round", floating = "refuse";

  enum class Given { kRequired, kPositional, kOption };  ///< How the circuit is named.
  void add_to(CLI::App* command, Given given = Given::kRequired);
  /// `--cell`, for commands that make layouts.
  void add_cells_to(CLI::App* command);
  /// `--measures` and `--measures-file`, for commands that simulate.
  void add_measures_to(CLI::App* command);
  /// Fields `circuit` or `sources`, ... of a task's spec: the files are read here.
  Status fill(Json& spec) const;
};

/// A flow or a technology as the daemon takes it: a name as it is, a file by its absolute path, for
/// a relative one means another file to the daemon.
std::string name_or_path(const std::string& text);

/// The server's hints name fields of the request that asks about a layout: here they are options.
Error with_options(Error error);

/// The same of a technology: "sky130A" is that of this program's $PDK_ROOT where it is set, for a
/// daemon that runs already may have been started without it, or with another.
std::string technology_word(const std::string& text);

/// "batch=32" -> {"batch": 32}: numbers, true and false as such, all else as text.
Result<Json> options_json(const std::vector<std::string>& options);

/// "M0=6,M1=2" -> {"M0": 6, ...}; fails naming the token.
Result<Json> fingers_json(const std::string& text);

/// Calls a task that answers when done (flow.check, flow.render) and returns its result.
Result<Json> call_and_wait(Client& client, const std::string& method, Json params);

}  // namespace ptah::cli
