// What strangers on TCP can do: little, for a short while, and never at the owner's expense.
#include "daemon_fixture.hpp"

namespace ptah::test {
namespace {

class Strangers : public DaemonTest {
 protected:
  bool start(Daemon::Options options = {}) {
    options.arguments.insert(options.arguments.end(), {"--tcp", "0"});
    return daemon.start(options);
  }
  /// Connects so many times; some may be told to go.
  std::vector<Client> connect(int count) {
    std::vector<Client> clients;
    for (int i = 0; i < count; ++i) {
      if (auto client = daemon.stranger()) clients.push_back(std::move(*client));
    }
    return clients;
  }
  std::int64_t sessions() {
    return daemon.client().result("server.status")["sessions"].get<std::int64_t>();
  }
};

std::string words_of(const Json& message) {
  return message.is_object() && message.contains("error")
             ? message["error"]["data"]["message"].get<std::string>()
             : std::string();
}

TEST_F(Strangers, IdleOnesDoNotLockTheOwnerOut) {
  ASSERT_TRUE(start());
  std::vector<Client> idle = connect(600);
  EXPECT_TRUE(daemon.client().result("server.ping").is_object());
  // One address has few of them; the rest is told so.
  EXPECT_LE(sessions(), 16 + 1);
  int refused = 0;
  for (std::size_t i = 16; i < idle.size(); ++i)
    refused += words_of(idle[i].read()).find("Too many connections") != std::string::npos;
  EXPECT_GE(refused, 500);
}

TEST_F(Strangers, OneWhoDoesNotSayHelloIsToldToGo) {
  Daemon::Options options;
  options.arguments = {"--hello-limit", "1"};
  ASSERT_TRUE(start(options));
  auto silent = daemon.stranger();
  auto chatty = daemon.stranger();
  auto known = daemon.stranger();
  Client local = daemon.client();
  ASSERT_TRUE(silent && chatty && known);
  ASSERT_TRUE(known->result("server.hello", {{"token", daemon.token()}}).is_object());
  EXPECT_TRUE(chatty->result("server.ping").is_object());
  // He might have been a browser.
  EXPECT_TRUE(silent->read().is_null());
  EXPECT_NE(words_of(chatty->read()).find("No server.hello"), std::string::npos);
  // Who has said it stays, and so does an idle peer of the Unix socket.
  EXPECT_TRUE(known->result("server.status").is_object());
  EXPECT_TRUE(local.result("server.status").is_object());
}

TEST_F(Strangers, AUserIsNoStrangerAnyMore) {
  ASSERT_TRUE(start());
  std::vector<Client> users;
  for (int i = 0; i < 40; ++i) {
    auto user = daemon.stranger();
    ASSERT_TRUE(user.has_value());
    ASSERT_TRUE(user->result("server.hello", {{"token", daemon.token()}}).is_object()) << i;
    users.push_back(std::move(*user));
  }
  for (Client& user : users) EXPECT_TRUE(user.result("server.status").is_object());
}

TEST_F(Strangers, HalfLinesAreHeldInLittleMemory) {
  ASSERT_TRUE(start());
  std::vector<Client> clients = connect(500);
  const std::string half(900'000, 'x');
  for (Client& client : clients) client.send_text(half.substr(0, 4000));
  // Those that are still there hold a line of at most 4 KiB each, and their last words.
  EXPECT_TRUE(eventually([&] {
    return daemon.client().result("server.status")["buffered_bytes"].get<std::int64_t>() <=
           64 * (8 << 10);
  }));
}

TEST_F(Strangers, ALongLineIsForUsers) {
  ASSERT_TRUE(start());
  auto stranger = daemon.stranger();
  auto user = daemon.stranger();
  ASSERT_TRUE(stranger && user);
  stranger->send_text(std::string(10'000, 'x'));
  EXPECT_NE(words_of(stranger->read()).find("longer than 4 KiB"), std::string::npos);
  EXPECT_TRUE(stranger->read().is_null());
  // The limit ends with the hello, also for what was sent along with it.
  const Json hello{{"jsonrpc", "2.0"},
                   {"id", "h"},
                   {"method", "server.hello"},
                   {"params", {{"token", daemon.token()}}}};
  const std::string ping = R"({"jsonrpc":"2.0","id":"p","method":"server.ping"})";
  ASSERT_TRUE(user->send_text(hello.dump() + "\n" + std::string(100'000, ' ') + ping + "\n"));
  EXPECT_TRUE(user->read().contains("result"));
  EXPECT_TRUE(user->read().contains("result"));
}

TEST_F(Strangers, AFloodLeavesDescriptorsToTheOwner) {
  Daemon::Options options;
  options.descriptor_limit = 160;
  ASSERT_TRUE(start(options));
  for (int round = 0; round < 3; ++round) {
    std::vector<Client> flood = connect(800);
    Client owner = daemon.client();
    EXPECT_TRUE(owner.result("server.ping").is_object());
    owner.result("flow.run", run("j" + std::to_string(round), {chain("a", 1)}));
    EXPECT_EQ(owner.result("job.wait", {{"job", "j" + std::to_string(round)}})["state"], "done");
  }
  // And the port listens again.
  EXPECT_TRUE(eventually([&] {
    auto user = daemon.stranger();
    return user && user->call("server.hello", {{"token", daemon.token()}}).contains("result");
  }));
}

TEST_F(Strangers, BothListenersComeBackAfterTheLastDescriptor) {
  Daemon::Options options;
  options.descriptor_limit = 100;
  ASSERT_TRUE(start(options));
  ASSERT_TRUE(daemon.stranger().has_value());
  {
    // The owner's own connections take them all; both listeners fail to accept what waits.
    std::vector<Client> own;
    for (int i = 0; i < 110; ++i) {
      if (auto client = Client::connect_unix(daemon.socket())) own.push_back(std::move(*client));
    }
    std::vector<Client> strangers = connect(20);
    EXPECT_TRUE(own.front().result("server.ping").is_object());
    // Longer than the time after which they try again, so that both have failed.
    EXPECT_TRUE(own.back().read(500).is_null());
  }
  EXPECT_TRUE(daemon.client().result("server.ping").is_object());
  EXPECT_TRUE(eventually([&] {
    auto user = daemon.stranger();
    return user && user->call("server.hello", {{"token", daemon.token()}}).contains("result");
  }));
}

}  // namespace
}  // namespace ptah::test
