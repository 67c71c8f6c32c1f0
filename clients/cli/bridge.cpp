/// ptah bridge: standard input and output as a connection to the daemon, for clients that can start
/// a program but open no Unix socket (Magic's Tcl 8.6). It reads the files that they name.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "inputs.hpp"
#include "session.hpp"

namespace ptah::cli {
namespace {

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// What can be read now; nothing at the end.
std::optional<std::string_view> read_some(int from, std::span<char> buffer) {
  ssize_t count = -1;
  do {
    count = ::read(from, buffer.data(), buffer.size());
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return std::nullopt;
  return std::string_view(buffer.data(), static_cast<std::size_t>(count));
}

/// The editor's requests on their way to the daemon. The files that one names by path are put into
/// it here, for the daemon opens none of them; where that fails, the request is answered here.
class Requests {
 public:
  explicit Requests(int daemon) : daemon_(daemon) {}

  /// False when the daemon is gone.
  bool take(std::string_view bytes) {
    for (;;) {
      const std::size_t end = bytes.find('\n');
      line_ += bytes.substr(0, end);
      if (end == std::string_view::npos) break;
      if (!finish_line()) return false;
      bytes.remove_prefix(end + 1);
    }
    if (line_.size() <= kMaxLine) return true;
    // The daemon says that it is too long.
    passing_ = true;
    return write_all(daemon_, std::exchange(line_, {}));
  }

  /// Whole lines for the editor.
  std::string take_answers() { return std::exchange(answers_, {}); }

 private:
  static constexpr std::size_t kMaxLine = 1u << 20;

  bool finish_line() {
    const std::string line = std::exchange(line_, {});
    if (std::exchange(passing_, false) || line.find("\"netlist\"") == std::string::npos)
      return write_all(daemon_, line + "\n");
    Json request = Json::parse(line, nullptr, false);
    const auto params = request.is_object() ? request.find("params") : request.end();
    if (!request.is_object() || params == request.end() || !params->is_object())
      return write_all(daemon_, line + "\n");
    const auto spec = params->find("spec");
    const bool inside = spec != params->end() && spec->is_object();
    if (const Status gathered = gather_sources(inside ? *spec : *params); !gathered) {
      answers_ += answer(request.value("id", Json()), gathered.error()) + "\n";
      return true;
    }
    return write_all(daemon_, request.dump() + "\n");
  }

  static std::string answer(const Json& id, const Error& error) {
    const Json data{{"code", to_string(error.code)},
                    {"message", error.message},
                    {"where", error.where},
                    {"hint", error.hint}};
    return Json{{"jsonrpc", "2.0"},
                {"id", id},
                {"error", {{"code", kOwnError}, {"message", error.message}, {"data", data}}}}
        .dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  static constexpr int kOwnError = -32000;
  int daemon_;
  std::string answers_;
  std::string line_;      ///< What has come of the next one.
  bool passing_ = false;  ///< Its beginning has been sent on already.
};

/// Until the client closes its end, or the daemon is gone. The daemon was greeted already; a client
/// may say hello again to learn the versions.
int bridge(const Session& session) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  const int daemon = client.value().descriptor();
  Requests requests(daemon);
  std::array<char, 65536> buffer;
  bool between_lines = true;  // of the daemon's
  for (;;) {
    std::array<pollfd, 2> ends{pollfd{STDIN_FILENO, POLLIN, 0}, pollfd{daemon, POLLIN, 0}};
    if (::poll(ends.data(), ends.size(), -1) < 0) {
      if (errno == EINTR) continue;
      return kInternal;
    }
    if (ends[1].revents != 0) {
      const auto answers = read_some(daemon, buffer);
      if (!answers || !write_all(STDOUT_FILENO, *answers)) return kNoServer;
      between_lines = answers->back() == '\n';
    }
    if (ends[0].revents != 0) {
      const auto asked = read_some(STDIN_FILENO, buffer);
      if (!asked || !requests.take(*asked)) return kOk;
    }
    if (between_lines && !write_all(STDOUT_FILENO, requests.take_answers())) return kOk;
  }
}

}  // namespace

void add_bridge_command(CLI::App& app, Session& session, int& status) {
  auto* command = app.add_subcommand(
      "bridge", "Standard input and output as a connection to the daemon, for editors");
  on_command(command, status, [&session] { return bridge(session); });
}

}  // namespace ptah::cli
