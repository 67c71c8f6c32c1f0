/// A ptahd of its own for a test: private folders, the fake worker, and a client that speaks the
/// protocol.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "ptah/core/json.hpp"

namespace ptah::test {

namespace fs = std::filesystem;

/// Lines over a socket, with a bound on waiting.
class Client {
 public:
  explicit Client(int descriptor) : descriptor_(descriptor) {}
  Client(const Client&) = delete;
  Client(Client&& other) noexcept : descriptor_(other.descriptor_), next_(other.next_) {
    other.descriptor_ = -1;
  }
  ~Client() { leave(); }

  static std::optional<Client> connect_unix(const fs::path& socket);
  static std::optional<Client> connect_tcp(int port);

  void leave();
  /// False when the peer is gone.
  bool send_text(const std::string& text);
  bool send(const Json& message) { return send_text(message.dump() + "\n"); }
  /// Any next message; null at the end of the stream or after the wait.
  Json read(int wait_ms = 20'000);
  /// Sends a request; its id.
  int request(const std::string& method, const Json& params = Json::object());
  /// The answer to it; notifications meanwhile are kept. Null when the daemon is gone.
  Json answer(int id, int wait_ms = 60'000);
  Json call(const std::string& method, const Json& params = Json::object()) {
    return answer(request(method, params));
  }
  /// `result` of a call; the test fails when it is an error.
  Json result(const std::string& method, const Json& params = Json::object());
  /// The next notification.
  Json notification(int wait_ms = 20'000);

 private:
  int descriptor_;
  int next_ = 1;
  std::string input_;
  std::deque<Json> kept_;
};

class Daemon {
 public:
  struct Options {
    std::vector<std::string> arguments;
    /// Limit on the size of files that the daemon writes; 0: none.
    std::uint64_t file_limit = 0;
    /// Limit on its open files; 0: as it is.
    std::uint64_t descriptor_limit = 0;
    /// Called in the new process, before it becomes ptahd.
    std::function<void()> before_exec{};
  };

  Daemon();
  ~Daemon();

  /// Starts ptahd and waits until it listens. False when it ended instead.
  bool start(const Options& options);
  bool start() { return start(Options{}); }
  /// SIGKILL, reaped.
  void kill();
  /// SIGTERM; its exit status.
  int terminate();
  bool running();
  pid_t pid() const { return pid_; }
  Client client();

  const fs::path& root() const { return root_; }
  fs::path socket() const { return root_ / "run/s"; }
  fs::path state() const { return root_ / "state"; }
  fs::path plugins() const { return root_ / "plugins"; }
  fs::path out() const { return root_ / "out"; }
  std::string log() const;
  /// A client on TCP, which has not said hello; start with {"--tcp", "0"}.
  std::optional<Client> stranger();
  std::string token() const;

 private:
  int port_ = 0;
  fs::path root_;
  pid_t pid_ = -1;
};

/// Waits until `condition` holds, at most so long.
bool eventually(const std::function<bool()>& condition, int wait_ms = 20'000);

class DaemonTest : public ::testing::Test {
 protected:
  void TearDown() override {
    if (HasFailure()) std::cerr << "--- log of ptahd\n" << daemon.log() << "---\n";
  }
  Daemon daemon;
};

/// The spec of a run whose worker does what `script` says (fake_worker.cpp): a netlist that holds
/// it. Equal scripts are equal specs.
Json acting(const Json& script);
/// The same of a check and a picture: a layout that holds the script.
Json acting_layout(const Json& script);
/// A run of chains as the fake worker understands them.
Json chain(const std::string& name, int last_variant, const Json& more = Json::object());
Json run(const std::string& job, const std::vector<Json>& chains);

}  // namespace ptah::test
