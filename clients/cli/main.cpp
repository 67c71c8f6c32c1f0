/// ptah: the command line of Ptah. Every command asks ptahd; nothing is computed here.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

#include "manual/manual_page.hpp"
#include "session.hpp"
#include "terminal.hpp"

namespace {

/// What somebody wants to know who has typed `ptah`.
constexpr const char* kFirstSteps = R"(ptah: from a SPICE netlist to verified analog layouts

  ptah circuits                      the circuits that come along
  ptah plan my_ota.sp                what Ptah reads in a netlist of yours
  ptah run my_ota.sp --out results   layouts of it, checked by Magic, Netgen and ngspice
  ptah explore miller_ota            the best layout of all finger assignments
  ptah score layout.gds --circuit miller_ota
  ptah jobs                          what the server does and has done
  ptah doctor                        what is missing on this machine

ptah help           all commands
ptah help COMMAND   one of them
)";

ptah::ManualPage manual() {
  ptah::ManualPage page;
  page.name = "ptah";
  page.version = PTAH_VERSION;
  page.summary = "from a SPICE netlist to verified analog layouts";
  page.description =
      "ptah turns a SPICE netlist of an analog circuit into layouts that Magic, Netgen and ngspice "
      "accept, each with its score. Every command asks a daemon, ptahd(8); where none answers, one "
      "is started for the user and leaves when it has been idle.";
  page.tables = {
      {"Exit status",
       {{"0", "Fine."},
        {"1", "A layout is not clean, or a job failed."},
        {"2", "The command line or an input must be corrected."},
        {"3", "Not found."},
        {"4", "A tool is missing; `ptah doctor` says which."},
        {"5", "No daemon can be reached."},
        {"6", "A fault of Ptah itself."},
        {"130", "Cancelled."}}},
      {"Environment",
       {{"PTAH_SOCKET", "The daemon's Unix socket."},
        {"PTAH_SERVER", "HOST:PORT of a daemon on the network."},
        {"PDK_ROOT", "The folder that holds sky130A, for --tech sky130A."},
        {"XDG_RUNTIME_DIR", "Where the socket lies by default: $XDG_RUNTIME_DIR/ptah/ptahd.sock."},
        {"XDG_STATE_HOME", "Where a private daemon keeps jobs and results: ptah in it."}}},
      {"Files",
       {{"~/.config/ptah/servers", "What `ptah login` has stored: tokens and fingerprints."},
        {"~/.local/state/ptah", "Jobs and results of a private daemon."},
        {"/usr/share/ptah", "Circuits, flows, technologies and models that come along."}}}};
  page.see_also = {"ptahd(8)", "ptahd.yaml(5)", "magic(1)", "ngspice(1)"};
  return page;
}

/// `help`, `help run`, `help jobs wait`: of a command what its --help says.
int help(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* about = &app;
  for (const std::string& word : words) {
    const auto commands = about->get_subcommands([](const CLI::App*) { return true; });
    const auto found = std::find_if(commands.begin(), commands.end(),
                                    [&](const CLI::App* each) { return each->get_name() == word; });
    if (found == commands.end()) {
      std::cerr << "ptah: There is no command \"" << word << "\". `ptah help` lists them.\n";
      return ptah::cli::kUsage;
    }
    about = *found;
  }
  // Of itself an app would show the help of the command that was given, which is this one.
  std::cout << (about == &app
                    ? app.get_formatter()->make_help(&app, "ptah", CLI::AppFormatMode::Normal)
                    : about->help("", CLI::AppFormatMode::Normal));
  return ptah::cli::kOk;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace ptah::cli;
  const PrintableStream out(std::cout), err(std::cerr);
  CLI::App app{"Ptah: from a SPICE netlist to verified analog layouts"};
  app.set_version_flag("--version", PTAH_VERSION);
  app.require_subcommand(0, 1);
  app.fallthrough();

  Session session;
  int status = kOk;
  app.add_flag("--json", session.json, "Objects for scripts instead of tables");
  app.add_flag("-q,--quiet", session.quiet, "No progress bar");
  std::string socket;
  app.add_option("--socket", socket,
                 "Socket of the daemon (default $PTAH_SOCKET or the user's own)");
  app.add_option("--host", session.host, "HOST:PORT of a daemon on TCP");
  app.add_option("--token-file", session.token_file,
                 "File that holds the token for --host, or for `ptah login`");
  app.add_option("--server", session.server,
                 "HOST:PORT of a daemon on the network, after `ptah login` (or $PTAH_SERVER)")
      ->envname("PTAH_SERVER");
  app.parse_complete_callback([&] {
    if (!socket.empty()) session.launch.socket = std::filesystem::absolute(socket);
  });

  add_circuit_commands(app, session, status);
  add_run_command(app, session, status);
  add_explore_command(app, session, status);
  add_job_commands(app, session, status);
  add_model_commands(app, session, status);
  add_dataset_commands(app, session, status);
  add_evaluation_commands(app, session, status);
  add_prediction_command(app, session, status);
  add_layout_commands(app, session, status);
  add_score_command(app, session, status);
  add_report_command(app, session, status);
  add_store_commands(app, session, status);
  add_server_commands(app, session, status);
  add_login_commands(app, session, status);
  add_bridge_command(app, session, status);
  add_install_commands(app, session, status);
  add_doctor_command(app, session, status);
  add_tech_command(app, session, status);
  add_completion_command(app, session, status);
  std::vector<std::string> words;
  bool as_manual = false;
  auto* help_command = app.add_subcommand("help", "What a command does, or all of them");
  help_command->add_flag("--manual", as_manual, "All of it as a manual page, ptah(1)");
  help_command->add_option("command", words, "Such as: run, or jobs wait");
  on_command(help_command, status, [&app, &words, &as_manual] {
    if (!as_manual) return help(app, words);
    std::cout << ptah::manual_page(manual(), app);
    return static_cast<int>(kOk);
  });

  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty()) {
      std::cerr << kFirstSteps;
      return kUsage;
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  } catch (const std::exception& exception) {
    return fail(session, ptah::make_error(ptah::ErrorCode::kInternal, exception.what()));
  }
  // A script must not take half an answer for the whole one.
  if (!std::cout.flush()) {
    return fail(session, ptah::make_error(ptah::ErrorCode::kIo, "The output cannot be written.",
                                          "standard output"));
  }
  return status;
}
