/// ptah: the command line of Ptah. Every command asks ptahd; nothing is computed here.
#include <iostream>

#include "session.hpp"
#include "terminal.hpp"

int main(int argc, char** argv) {
  using namespace ptah::cli;
  const PrintableStream out(std::cout), err(std::cerr);
  CLI::App app{"Ptah: from a SPICE netlist to verified analog layouts"};
  app.set_version_flag("--version", PTAH_VERSION);
  app.require_subcommand(1);
  app.fallthrough();

  Session session;
  int status = kOk;
  app.add_flag("--json", session.json, "Objects for scripts instead of tables");
  app.add_flag("-q,--quiet", session.quiet, "No progress bar");
  std::string socket;
  app.add_option("--socket", socket,
                 "Socket of the daemon (default $PTAH_SOCKET or the user's own)");
  app.add_option("--host", session.host, "HOST:PORT of a daemon on TCP");
  app.add_option("--token-file", session.token_file, "File that holds the token for --host");
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
  add_bridge_command(app, session, status);
  add_install_commands(app, session, status);
  add_doctor_command(app, session, status);
  add_tech_command(app, session, status);
  add_completion_command(app, session, status);

  try {
    app.parse(argc, argv);
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
