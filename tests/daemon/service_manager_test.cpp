// A daemon that systemd runs: it says when it serves, that it lives and when it ends; it serves a
// socket that was there before it; SIGHUP has the configuration read again.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "daemon_fixture.hpp"

namespace ptah::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

sockaddr_un address_of(const fs::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

class ServiceManagerTest : public DaemonTest {
 protected:
  ServiceManagerTest() {
    notes_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(notify());
    EXPECT_EQ(::bind(notes_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~ServiceManagerTest() override {
    ::close(notes_);
    if (listening_ >= 0) ::close(listening_);
  }
  fs::path notify() const { return daemon.root() / "notify"; }
  /// The next datagram; empty after the wait.
  std::string note(int wait_ms = 20'000) {
    pollfd waiting{notes_, POLLIN, 0};
    if (::poll(&waiting, 1, wait_ms) <= 0) return "";
    char buffer[4096];
    const ssize_t got = ::recv(notes_, buffer, sizeof buffer, 0);
    return std::string(buffer, got < 0 ? 0 : static_cast<std::size_t>(got));
  }
  /// Those that are not "WATCHDOG=1".
  std::string word() {
    std::string text = note();
    while (text == "WATCHDOG=1") text = note();
    return text;
  }
  /// A listening socket where the daemon's is, as ptahd.socket makes it.
  void listen() {
    fs::create_directory(daemon.socket().parent_path());
    fs::permissions(daemon.socket().parent_path(), fs::perms::owner_all);
    listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un address = address_of(daemon.socket());
    ASSERT_EQ(::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listening_, 16), 0);
  }
  Daemon::Options options(int watchdog_us = 0) {
    Daemon::Options options;
    options.before_exec = [this, watchdog_us] {
      ::setenv("NOTIFY_SOCKET", notify().c_str(), 1);
      if (watchdog_us > 0) ::setenv("WATCHDOG_USEC", std::to_string(watchdog_us).c_str(), 1);
      if (listening_ >= 0) hand_over(listening_);
    };
    return options;
  }
  static void hand_over(int descriptor) {
    ::dup2(descriptor, 3);
    if (descriptor == 3) ::fcntl(3, F_SETFD, 0);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  }

  int notes_ = -1;
  int listening_ = -1;
};

TEST_F(ServiceManagerTest, IsToldWhenItServesAndWhenItEnds) {
  ASSERT_TRUE(daemon.start(options()));
  EXPECT_THAT(note(), StartsWith("READY=1\nSTATUS=Serving on "));
  EXPECT_TRUE(Client::connect_unix(daemon.socket()));
  EXPECT_EQ(note(300), "");  // Nobody asked whether it lives.
  EXPECT_EQ(daemon.terminate(), 0);
  EXPECT_EQ(note(), "STOPPING=1");
}

TEST_F(ServiceManagerTest, HearsThatTheDaemonLivesAndNothingOfOneThatHangs) {
  ASSERT_TRUE(daemon.start(options(400'000)));
  EXPECT_THAT(note(), HasSubstr("READY=1"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(note(2000), "WATCHDOG=1");
  ::kill(daemon.pid(), SIGSTOP);
  while (!note(0).empty()) {
  }
  EXPECT_EQ(note(600), "");
  ::kill(daemon.pid(), SIGCONT);
  EXPECT_EQ(note(2000), "WATCHDOG=1");
}

TEST_F(ServiceManagerTest, WorkersAreNotTold) {
  listen();
  ASSERT_TRUE(daemon.start(options(60'000'000)));
  Client client = daemon.client();
  std::vector<int> workers;
  ASSERT_TRUE(eventually([&] {
    workers.clear();
    const Json status = client.result("server.status");
    for (const Json& worker : status["workers"]) workers.push_back(worker["pid"]);
    return !workers.empty();
  }));
  for (const int worker : workers) {
    std::ifstream file("/proc/" + std::to_string(worker) + "/environ", std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    ASSERT_FALSE(text.str().empty());
    for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "LISTEN_FDS", "LISTEN_PID"})
      EXPECT_EQ(text.str().find(name), std::string::npos) << name;
  }
}

TEST_F(ServiceManagerTest, WhoConnectsBeforeTheDaemonIsThereWaits) {
  listen();
  auto early = Client::connect_unix(daemon.socket());
  ASSERT_TRUE(early);
  const int ping = early->request("server.ping");
  ASSERT_TRUE(daemon.start(options()));
  EXPECT_TRUE(early->answer(ping).contains("result"));
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 40, {{"ms", 10}})}));
  EXPECT_EQ(daemon.terminate(), 0);

  // The socket is systemd's: it stays, and the next daemon finds who came meanwhile, and the job.
  EXPECT_TRUE(fs::exists(daemon.socket()));
  auto meanwhile = Client::connect_unix(daemon.socket());
  ASSERT_TRUE(meanwhile);
  const int wait = meanwhile->request("job.wait", {{"job", "j"}});
  ASSERT_TRUE(daemon.start(options()));
  EXPECT_EQ(meanwhile->answer(wait)["result"]["state"], "done");
}

TEST_F(ServiceManagerTest, ASocketThatIsNotItsOwnIsRefused) {
  const auto start = [&](std::function<void()> before_exec) {
    Daemon::Options options;
    options.before_exec = std::move(before_exec);
    return daemon.start(options);
  };
  const auto log_ends_with = [&](const std::string& text) {
    return eventually([&] { return !daemon.running(); }) &&
           daemon.log().rfind(text) != std::string::npos;
  };
  EXPECT_FALSE(start([] { hand_over(::open("/dev/null", O_RDONLY)); }));
  EXPECT_TRUE(log_ends_with("What the service manager handed over is no listening Unix socket."));

  const fs::path elsewhere = daemon.root() / "elsewhere";
  EXPECT_FALSE(start([&] {
    const int other = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const sockaddr_un address = address_of(elsewhere);
    ::bind(other, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    ::listen(other, 1);
    hand_over(other);
  }));
  EXPECT_TRUE(log_ends_with("Give both the same: ListenStream and --socket."));

  EXPECT_FALSE(start([] {
    hand_over(::open("/dev/null", O_RDONLY));
    ::setenv("LISTEN_FDS", "2", 1);
  }));
  EXPECT_TRUE(log_ends_with("ptahd.socket must have one ListenStream, a path."));

  // Handed to another process, they mean nothing to this one.
  EXPECT_TRUE(start([] {
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_PID", "1", 1);
  }));
}

TEST_F(ServiceManagerTest, HangupHasTheConfigurationReadAgain) {
  const fs::path config = daemon.root() / "ptahd.yaml";
  const auto write = [&](const std::string& text) { std::ofstream(config) << text; };
  write("hello_limit_s: 5\n");
  Daemon::Options with_config = options();
  with_config.arguments = {"--config", config.string()};
  ASSERT_TRUE(daemon.start(with_config));
  EXPECT_THAT(word(), HasSubstr("READY=1"));

  write("hello_limit_s: 5\nnonsense: 1\n");
  ::kill(daemon.pid(), SIGHUP);
  EXPECT_THAT(word(), StartsWith("RELOADING=1\nMONOTONIC_USEC="));
  EXPECT_THAT(word(), HasSubstr("READY=1"));
  EXPECT_THAT(daemon.log(),
              HasSubstr("the configuration stays as it was: ptahd: " + config.string()));
  daemon.client().result("server.ping");

  write("put_limit_mib: 7\nworkers: 1\nidle_exit_s: 1\n");
  ::kill(daemon.pid(), SIGHUP);
  EXPECT_THAT(word(), StartsWith("RELOADING=1"));
  EXPECT_THAT(word(), HasSubstr("READY=1"));
  EXPECT_THAT(daemon.log(), HasSubstr("put_limit_mib has changed: it holds from the next start"));
  // The command line goes before the file, again.
  EXPECT_THAT(daemon.log(), testing::Not(HasSubstr("workers has changed")));
  EXPECT_TRUE(eventually([&] { return !daemon.running(); })) << "idle_exit_s does not hold";
  EXPECT_EQ(word(), "STOPPING=1");
}

TEST_F(ServiceManagerTest, HangupEndsADaemonWithoutConfiguration) {
  ASSERT_TRUE(daemon.start(options()));
  ::kill(daemon.pid(), SIGHUP);
  EXPECT_TRUE(eventually([&] { return !daemon.running(); }));
  EXPECT_THAT(note(), HasSubstr("READY=1"));
  EXPECT_EQ(note(), "STOPPING=1");
}

}  // namespace
}  // namespace ptah::test
