/// ptahd: wiring only.
#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>

#include "app/options.hpp"
#include "app/server.hpp"
#include "app/service_manager.hpp"
#include "ptah/core/printable.hpp"
#include "rpc/method_table.hpp"
#include "rpc/service.hpp"
#include "store/backup.hpp"

namespace {

constexpr int kUsage = 2;
constexpr int kCannotStart = 1;

/// The pipe on which a daemon in the background tells its parent how the start went: a byte 0, or
/// the error's text.
int report_to_parent = -1;

/// Forks; the parent waits for the report and exits with it. Before any thread exists.
void go_to_background() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return;
  const pid_t child = ::fork();
  if (child < 0) return;
  if (child > 0) {
    ::close(ends[1]);
    std::string text;
    char buffer[512];
    ssize_t got = 0;
    while ((got = ::read(ends[0], buffer, sizeof(buffer))) > 0)
      text.append(buffer, static_cast<std::size_t>(got));
    if (text == std::string(1, '\0')) ::_exit(0);
    std::cerr << (text.empty() ? "ptahd: it ended before it served." : ptah::printable(text))
              << "\n";
    std::cerr.flush();
    ::_exit(kCannotStart);
  }
  ::close(ends[0]);
  ::setsid();
  const int null = ::open("/dev/null", O_RDWR);
  for (int descriptor = 0; descriptor < 3; ++descriptor) ::dup2(null, descriptor);
  if (null > 2) ::close(null);
  report_to_parent = ends[1];
}

void report(const std::string& text) {
  if (report_to_parent < 0) return;
  (void)!::write(report_to_parent, text.data(), text.size());
  ::close(report_to_parent);
  report_to_parent = -1;
}

/// A record's words, of which some are a client's, a file's or a plugin's.
class Words final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const std::string text =
        ptah::printable_record({message.payload.data(), message.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<Words>();
  }
};

void set_up_log(const ptah::DaemonOptions& options) {
  std::shared_ptr<spdlog::logger> logger;
  if (options.log_file.empty()) {
    logger = spdlog::stderr_logger_mt("ptahd");
  } else {
    std::error_code ignored;
    std::filesystem::create_directories(options.log_file.parent_path(), ignored);
    logger = spdlog::rotating_logger_mt("ptahd", options.log_file.string(), 4u << 20, 3);
  }
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<Words>('*').set_pattern("%Y-%m-%d %H:%M:%S.%e %l %*");
  logger->set_formatter(std::move(formatter));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(logger);
  ptah::set_log_level(options.log_level);
}

int restore(const ptah::DaemonOptions& options) {
  try {
    const ptah::RestoreFigures figures = ptah::restore_backup(options.restore, options.state_dir);
    std::cout << "Restored to " << ptah::printable(options.state_dir.string()) << ": "
              << figures.pages << " pages and " << figures.rows << " rows of the job database, "
              << figures.files << " files of " << figures.bytes << " bytes. Nothing is damaged.\n";
    return 0;
  } catch (const std::exception& exception) {
    std::cerr << "ptahd: " << ptah::printable(exception.what()) << "\n";
    return kCannotStart;
  }
}

}  // namespace

int main(int argc, char** argv) {
  ptah::CommandLine line = ptah::parse_command_line(argc, argv);
  using Action = ptah::CommandLine::Action;
  switch (line.action) {
    case Action::kBad:
      std::cerr << ptah::printable(line.text) << "\n";
      return kUsage;
    case Action::kPrintText:
      std::cout << line.text;
      return 0;
    case Action::kPrintVersion:
      std::cout << "ptahd " << ptah::ptah_version() << "\n";
      return 0;
    case Action::kPrintProtocol: {
      ptah::Server server(line.options);
      std::cout << ptah::rpc::protocol_document(ptah::rpc::bind_methods(server));
      return 0;
    }
    case Action::kRestore:
      return restore(line.options);
    case Action::kServe:
      break;
  }
  if (line.options.daemonize) {
    if (line.options.log_file.empty()) line.options.log_file = line.options.state_dir / "ptahd.log";
    go_to_background();
  }
  try {
    set_up_log(line.options);
    const auto manager = ptah::ServiceManager::from_environment();
    ptah::Server server(line.options, manager);
    if (ptah::Status status = server.open(); !status) {
      spdlog::error("{}", status.error().text());
      report("ptahd: " + status.error().text());
      return kCannotStart;
    }
    report(std::string(1, '\0'));
    server.run();
  } catch (const std::exception& exception) {
    std::cerr << "ptahd: " << exception.what() << "\n";
    report(std::string("ptahd: ") + exception.what());
    return kCannotStart;
  }
  spdlog::info("ended");
  return 0;
}
