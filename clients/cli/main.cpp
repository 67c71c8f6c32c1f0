/// ptah: the command line of Ptah. Every command asks ptahd; nothing is computed here.
#include <algorithm>
#include <iostream>
#include <string>
#include <vector>

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
  std::cout << about->help("", CLI::AppFormatMode::Normal);
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
  auto* help_command = app.add_subcommand("help", "What a command does, or all of them");
  help_command->add_option("command", words, "Such as: run, or jobs wait");
  on_command(help_command, status, [&app, &words] { return help(app, words); });

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
