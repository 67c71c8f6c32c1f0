#include "daemon_fixture.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace ptah::test {

std::optional<Client> Client::connect_unix(const fs::path& socket) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, socket.c_str(), sizeof(address.sun_path) - 1);
  if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(descriptor);
    return std::nullopt;
  }
  return Client(descriptor);
}

std::optional<Client> Client::connect_tcp(int port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    ::close(descriptor);
    return std::nullopt;
  }
  return Client(descriptor);
}

void Client::leave() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

bool Client::send_text(const std::string& text) {
  std::size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t got = ::send(descriptor_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (got <= 0) return false;
    sent += static_cast<std::size_t>(got);
  }
  return true;
}

Json Client::read(int wait_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  std::size_t searched = 0;
  for (;;) {
    const auto newline = input_.find('\n', searched);
    if (newline != std::string::npos) {
      Json message = Json::parse(input_.substr(0, newline));
      input_.erase(0, newline + 1);
      return message;
    }
    searched = input_.size();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
                          end - std::chrono::steady_clock::now())
                          .count();
    pollfd waiting{descriptor_, POLLIN, 0};
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) return nullptr;
    char buffer[65536];
    const ssize_t got = ::read(descriptor_, buffer, sizeof(buffer));
    if (got <= 0) return nullptr;
    input_.append(buffer, static_cast<std::size_t>(got));
  }
}

int Client::request(const std::string& method, const Json& params) {
  const int id = next_++;
  send({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}});
  return id;
}

Json Client::answer(int id, int wait_ms) {
  const auto is_it = [&](const Json& message) {
    return message.contains("id") && message["id"] == id;
  };
  // It may have come before the answer to an earlier question.
  const auto early = std::find_if(kept_.begin(), kept_.end(), is_it);
  if (early != kept_.end()) {
    Json message = std::move(*early);
    kept_.erase(early);
    return message;
  }
  for (;;) {
    Json message = read(wait_ms);
    if (message.is_null()) return nullptr;
    if (is_it(message)) return message;
    kept_.push_back(std::move(message));
  }
}

Json Client::result(const std::string& method, const Json& params) {
  Json message = call(method, params);
  EXPECT_TRUE(message.is_object() && message.contains("result"))
      << method << " -> " << message.dump();
  return message.is_object() ? message.value("result", Json()) : Json();
}

Json Client::notification(int wait_ms) {
  for (auto it = kept_.begin(); it != kept_.end(); ++it) {
    if (it->contains("id")) continue;
    Json message = std::move(*it);
    kept_.erase(it);
    return message;
  }
  for (;;) {
    Json message = read(wait_ms);
    if (message.is_null() || !message.contains("id")) return message;
    kept_.push_back(std::move(message));
  }
}

Daemon::Daemon() {
  std::string pattern = (fs::temp_directory_path() / "ptahd-test-XXXXXX").string();
  root_ = ::mkdtemp(pattern.data());
  fs::create_directories(plugins());
  fs::permissions(plugins(), fs::perms::owner_all);
}

Daemon::~Daemon() {
  kill();
  std::error_code ignored;
  fs::remove_all(root_, ignored);
}

bool Daemon::start(const Options& options) {
  std::vector<std::string> words{PTAH_DAEMON_PROGRAM,
                                 "--socket",
                                 socket().string(),
                                 "--state",
                                 state().string(),
                                 "--worker-program",
                                 PTAH_FAKE_WORKER,
                                 "--plugins",
                                 plugins().string(),
                                 "--shipped-data",
                                 "",
                                 "--workers",
                                 "2",
                                 "--log-level",
                                 "debug"};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string log_file = (root_ / "log").string();
  pid_ = ::fork();
  if (pid_ == 0) {
    const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log, 1);
    ::dup2(log, 2);
    if (options.file_limit > 0) {
      // The soft limit only: workers lift it for themselves.
      const rlimit limit{options.file_limit, RLIM_INFINITY};
      ::setrlimit(RLIMIT_FSIZE, &limit);
      ::signal(SIGXFSZ, SIG_IGN);
    }
    if (options.descriptor_limit > 0) {
      const rlimit limit{options.descriptor_limit, options.descriptor_limit};
      ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (options.before_exec) options.before_exec();
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  return eventually([this] { return !running() || Client::connect_unix(socket()).has_value(); }) &&
         running();
}

bool Daemon::running() {
  if (pid_ <= 0) return false;
  if (::waitpid(pid_, nullptr, WNOHANG) == 0) return true;
  pid_ = -1;
  return false;
}

void Daemon::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int Daemon::terminate() {
  if (pid_ <= 0) return -1;
  ::kill(pid_, SIGTERM);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Client Daemon::client() {
  auto client = Client::connect_unix(socket());
  EXPECT_TRUE(client.has_value()) << "ptahd does not listen";
  return client ? std::move(*client) : Client(-1);
}

std::optional<Client> Daemon::stranger() {
  if (port_ == 0) port_ = client().result("server.status")["tcp_port"];
  return Client::connect_tcp(port_);
}

std::string Daemon::token() const {
  std::ifstream file(root_ / "run/token");
  std::string token;
  file >> token;
  return token;
}

std::string Daemon::log() const {
  std::ifstream file(root_ / "log");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

bool eventually(const std::function<bool()>& condition, int wait_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
  while (std::chrono::steady_clock::now() < end) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return condition();
}

namespace {

/// Scripts of this process, by what they say; gone with it.
class Scripts {
 public:
  Scripts() : folder_(fs::temp_directory_path() / ("ptah-scripts-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~Scripts() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  std::string file(const Json& script) const {
    const std::string text = script.dump();
    const fs::path file = folder_ / (std::to_string(std::hash<std::string>{}(text)) + ".json");
    std::ofstream(file) << text;
    return file.string();
  }

 private:
  fs::path folder_;
};

std::string script_file(const Json& script) {
  static const Scripts scripts;
  return scripts.file(script);
}

}  // namespace

Json acting(const Json& script) {
  return {{"netlist", script_file(script)}};
}

Json acting_layout(const Json& script) {
  return {{"gds", script_file(script)}};
}

Json chain(const std::string& name, int last_variant, const Json& more) {
  Json spec{{"name", name}, {"variants", last_variant}};
  spec.update(more);
  return spec;
}

Json run(const std::string& job, const std::vector<Json>& chains) {
  return {{"job", job}, {"spec", acting({{"chains", chains}})}};
}

}  // namespace ptah::test
