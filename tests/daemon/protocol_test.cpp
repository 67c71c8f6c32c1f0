// What a client may send, and what it gets.
#include <sys/stat.h>

#include "daemon_fixture.hpp"

namespace ptah::test {
namespace {

using Protocol = DaemonTest;

int error_code(const Json& message) {
  return message.is_object() && message.contains("error") ? message["error"]["code"].get<int>() : 0;
}

TEST_F(Protocol, HelloSaysVersionsAndRole) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const Json hello = client.result("server.hello", {{"client", "test"}});
  EXPECT_EQ(hello["server"], "ptahd");
  EXPECT_EQ(hello["protocol"], 1);
  EXPECT_EQ(hello["role"], "admin");  // The kernel vouches for the uid.
  EXPECT_EQ(hello["pid"], daemon.pid());
  EXPECT_EQ(error_code(client.call("server.hello", {{"protocol", 7}})), -32003);
}

TEST_F(Protocol, BadLinesGetAnErrorAndTheConnectionGoesOn) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const std::vector<std::pair<std::string, int>> lines{
      {"{", -32700},
      {"nonsense", -32700},
      {"\xff\xfe", -32700},
      {"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server.ping\"} trailing", -32700},
      {std::string(100'000, '['), -32700},
      {"[]", -32600},
      {"42", -32600},
      {"null", -32600},
      {"{}", -32600},
      {R"({"jsonrpc":"1.0","id":1,"method":"server.ping"})", -32600},
      {R"({"jsonrpc":"2.0","id":{},"method":"server.ping"})", -32600},
      {R"({"jsonrpc":"2.0","id":1,"method":7})", -32600},
      {R"({"jsonrpc":"2.0","id":1,"method":"server.pong"})", -32601},
      {R"({"jsonrpc":"2.0","id":1,"method":"server.ping","params":[1]})", -32602},
      {R"({"jsonrpc":"2.0","id":1,"method":"server.ping","params":{"x":1}})", -32602},
      {R"({"jsonrpc":"2.0","id":1,"method":"job.get"})", -32602},
      {R"({"jsonrpc":"2.0","id":1,"method":"job.get","params":{"job":7}})", -32602},
      {R"({"jsonrpc":"2.0","id":1,"method":"job.get","params":{"job":"a\u0000b"}})", -32602},
      {R"({"jsonrpc":"2.0","id":1,"method":"job.list","params":{"limit":0}})", -32602},
      {R"({"jsonrpc":"2.0","id":1,"method":"job.list","params":{"limit":1e400}})", -32700},
      {R"({"jsonrpc":"2.0","id":1,"method":"job.list","params":{"limit":18446744073709551615}})",
       -32602},
      {R"({"jsonrpc":"2.0","id":1,"method":"flow.run","params":{"spec":"x"}})", -32602},
      {R"({"jsonrpc":"2.0","id":1,"method":"flow.plan","params":{"spec":{}}})", -32602},
      {R"({"jsonrpc":"2.0","id":1,"method":"flow.check","params":{"spec":{"gds":"a"}}})", -32602},
  };
  for (const auto& [line, code] : lines) {
    ASSERT_TRUE(client.send_text(line + "\n"));
    const Json answer = client.read();
    EXPECT_EQ(error_code(answer), code) << line.substr(0, 80) << " -> " << answer.dump();
    EXPECT_FALSE(answer["error"]["data"]["message"].get<std::string>().empty());
  }
  EXPECT_TRUE(client.result("server.ping").is_object());
}

TEST_F(Protocol, ErrorsNameTheFieldAndWhatIsKnown) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const Json unknown = client.call("job.list", {{"limits", 5}});
  EXPECT_NE(unknown["error"]["message"].get<std::string>().find("limits"), std::string::npos);
  EXPECT_NE(unknown["error"]["data"]["hint"].get<std::string>().find("limit"), std::string::npos);
  const Json misspelt = client.call("job.lst");
  EXPECT_NE(misspelt["error"]["data"]["hint"].get<std::string>().find("job.list"),
            std::string::npos);
  const Json state = client.call("job.list", {{"state", "sleeping"}});
  EXPECT_NE(state["error"]["data"]["hint"].get<std::string>().find("cancelled"), std::string::npos);
}

TEST_F(Protocol, AClientsWordsForgeNoLineOfTheLog) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("server.hello",
                {{"client", "x\n2000-01-01 error forged\x1b[31m"}, {"version", "7"}});
  EXPECT_TRUE(eventually([&] { return daemon.log().find("forged") != std::string::npos; }));
  const std::string log = daemon.log();
  EXPECT_EQ(log.find("\n2000-01-01"), std::string::npos) << log;
  EXPECT_EQ(log.find('\x1b'), std::string::npos) << log;
}

TEST_F(Protocol, OversizeLineGetsAnErrorThenTheEnd) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  // The daemon may close while we still send.
  client.send_text(std::string(3 << 20, 'x'));
  const Json answer = client.read();
  EXPECT_EQ(error_code(answer), -32600);
  EXPECT_TRUE(client.read(10'000).is_null());
  EXPECT_TRUE(daemon.client().result("server.ping").is_object());
}

TEST_F(Protocol, LongestLineIsTaken) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  std::string line = R"({"jsonrpc":"2.0","id":1,"method":"server.hello","params":{)";
  line += std::string((1 << 20) - line.size() - 2, ' ') + "}}";
  ASSERT_EQ(line.size(), 1u << 20);
  ASSERT_TRUE(client.send_text(line + "\n"));
  EXPECT_TRUE(client.read().contains("result"));
}

TEST_F(Protocol, PipelinedRequestsAreAllAnsweredOnce) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  std::string text;
  constexpr int kCount = 2000;
  for (int i = 0; i < kCount; ++i) {
    text += Json{{"jsonrpc", "2.0"}, {"id", i}, {"method", i % 7 == 0 ? "job.list" : "server.ping"}}
                .dump() +
            "\n";
  }
  ASSERT_TRUE(client.send_text(text));
  std::vector<int> seen(kCount, 0);
  for (int i = 0; i < kCount; ++i) {
    const Json answer = client.read();
    ASSERT_TRUE(answer.contains("result")) << answer.dump();
    ++seen[answer["id"].get<std::size_t>()];
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), kCount);
}

TEST_F(Protocol, RequestsInPiecesAndEmptyLinesAreFine) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const std::string line =
      "\r\n\n" + Json{{"jsonrpc", "2.0"}, {"id", "a"}, {"method", "server.ping"}}.dump() + "\r\n";
  for (const char c : line) ASSERT_TRUE(client.send_text(std::string(1, c)));
  EXPECT_EQ(client.read()["id"], "a");
}

TEST_F(Protocol, NotificationsGetNoAnswer) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.send({{"jsonrpc", "2.0"}, {"method", "job.get"}, {"params", {{"job", "none"}}}});
  client.send({{"jsonrpc", "2.0"}, {"method", "no.such"}});
  const int id = client.request("server.ping");
  EXPECT_EQ(client.read()["id"], id);
}

TEST_F(Protocol, ManyWaitingRequestsStallReadingButLoseNothing) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("slow", {chain("a", 0, {{"ms", 700}})}));
  constexpr int kCount = 600;  // More than may be pending at once.
  for (int i = 0; i < kCount; ++i) client.request("job.wait", {{"job", "slow"}});
  for (int i = 0; i < kCount; ++i) ASSERT_EQ(client.read()["result"]["state"], "done");
}

TEST_F(Protocol, CancelledRequestGetsExactlyOneAnswer) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const int plan = client.request("flow.plan", {{"spec", acting({{"plan_ms", 60'000}})}});
  client.result("flow.run", run("long", {chain("a", 100, {{"ms", 1000}})}));
  const int wait = client.request("job.wait", {{"job", "long"}});
  EXPECT_EQ(client.result("server.cancel", {{"id", wait}})["cancelled"], 1);
  EXPECT_EQ(client.result("server.cancel", {{"id", plan}})["cancelled"], 1);
  EXPECT_EQ(client.result("server.cancel", {{"id", plan}})["cancelled"], 0);
  EXPECT_EQ(client.result("server.cancel", {{"id", "unknown"}})["cancelled"], 0);
  // Both answers came before those of the cancels; the waiting worker is free again.
  EXPECT_EQ(client.result("job.cancel", {{"job", "long"}})["state"], "cancelled");
  EXPECT_TRUE(eventually([&] {
    const Json status = client.result("server.status");
    for (const Json& worker : status["workers"]) {
      if (worker["state"] == "busy") return false;
    }
    return true;
  }));
}

TEST_F(Protocol, CancelAnswerCarriesTheCode) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const int plan = client.request("flow.plan", {{"spec", acting({{"plan_ms", 60'000}})}});
  const int cancel = client.request("server.cancel", {{"id", plan}});
  const Json first = client.answer(plan);
  EXPECT_EQ(error_code(first), -32008);
  EXPECT_EQ(first["error"]["data"]["code"], "cancelled");
  EXPECT_TRUE(client.answer(cancel).contains("result"));
}

TEST_F(Protocol, TcpNeedsATokenAndAdministratorsNeedTheirs) {
  ASSERT_TRUE(daemon.start({{"--tcp", "0"}}));
  Client local = daemon.client();
  const int port = local.result("server.status")["tcp_port"];
  ASSERT_GT(port, 0);
  const auto token = [&](const char* name) {
    struct stat info {};
    EXPECT_EQ(::stat((daemon.root() / "run" / name).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    std::ifstream file(daemon.root() / "run" / name);
    std::string text;
    file >> text;
    return text;
  };
  auto remote = Client::connect_tcp(port);
  ASSERT_TRUE(remote);
  EXPECT_TRUE(remote->call("server.ping").contains("result"));
  EXPECT_EQ(error_code(remote->call("job.list")), -32012);
  EXPECT_EQ(error_code(remote->call("server.hello", {{"token", "guess"}})), -32012);
  EXPECT_EQ(error_code(remote->call("job.list")), -32012);
  EXPECT_EQ(remote->result("server.hello", {{"token", token("token")}})["role"], "user");
  EXPECT_TRUE(remote->call("job.list").contains("result"));
  EXPECT_EQ(error_code(remote->call("server.shutdown")), -32012);
  EXPECT_EQ(error_code(remote->call("plugin.load", {{"name", "row"}})), -32012);
  EXPECT_EQ(remote->result("server.hello", {{"token", token("admin-token")}})["role"], "admin");
  EXPECT_TRUE(remote->call("server.shutdown").contains("result"));
  EXPECT_TRUE(eventually([&] { return !daemon.running(); }));
}

TEST_F(Protocol, TcpBeyondThisMachineIsRefused) {
  const fs::path config = daemon.root() / "ptahd.yaml";
  std::ofstream(config) << "tcp_port: 0\ntcp_address: 0.0.0.0\n";
  EXPECT_FALSE(daemon.start({{"--config", config.string()}}));
  EXPECT_NE(daemon.log().find("TLS"), std::string::npos);
}

TEST_F(Protocol, ConfigurationErrorsNameLineFieldAndValues) {
  const fs::path config = daemon.root() / "ptahd.yaml";
  std::ofstream(config) << "workers: 2\nhang_limit_s: soon\n";
  EXPECT_FALSE(daemon.start({{"--config", config.string()}}));
  EXPECT_NE(daemon.log().find("ptahd.yaml:2: Field \"hang_limit_s\" must be 1..86400"),
            std::string::npos);
}

TEST_F(Protocol, OneDaemonASocketAndAStaleSocketIsTakenOver) {
  ASSERT_TRUE(daemon.start());
  Daemon second;
  EXPECT_FALSE(second.start({{"--socket", daemon.socket().string()}}));
  EXPECT_NE(second.log().find("Another ptahd uses"), std::string::npos);
  EXPECT_FALSE(second.start({{"--state", daemon.state().string()}}));
  EXPECT_NE(second.log().find("Another ptahd uses the state folder " + daemon.state().string() +
                              " (pid " + std::to_string(daemon.pid()) + ")"),
            std::string::npos);
  daemon.kill();
  EXPECT_TRUE(fs::exists(daemon.socket()));
  EXPECT_TRUE(daemon.start());
  struct stat info {};
  ASSERT_EQ(::stat(daemon.socket().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(daemon.terminate(), 0);
  EXPECT_FALSE(fs::exists(daemon.socket()));
}

TEST_F(Protocol, RuntimeFolderOfOthersIsRefused) {
  fs::create_directories(daemon.root() / "run");
  fs::permissions(daemon.root() / "run", fs::perms::all);
  EXPECT_FALSE(daemon.start());
  EXPECT_NE(daemon.log().find("0700"), std::string::npos);
}

TEST_F(Protocol, IdleDaemonLeavesWhenAsked) {
  ASSERT_TRUE(daemon.start({{"--idle-exit", "1"}}));
  {
    Client client = daemon.client();
    client.result("server.ping");
    ::usleep(1'800'000);
    EXPECT_TRUE(daemon.running());  // Not while somebody is connected.
  }
  EXPECT_TRUE(eventually([&] { return !daemon.running(); }, 6000));
}

TEST_F(Protocol, ReferenceIsWhatTheProgramPrints) {
  const std::string command = std::string(PTAH_DAEMON_PROGRAM) + " --print-protocol";
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string printed;
  char buffer[4096];
  while (const std::size_t got = ::fread(buffer, 1, sizeof(buffer), pipe))
    printed.append(buffer, got);
  EXPECT_EQ(::pclose(pipe), 0);
  std::ifstream file(std::string(PTAH_SOURCE_DIR) + "/docs/protocol.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(printed, text.str()) << "run: ptahd --print-protocol > docs/protocol.md";
}

TEST_F(Protocol, IdleDaemonIsSmall) {
  ASSERT_TRUE(daemon.start());
  EXPECT_LT(daemon.client().result("server.status")["rss_bytes"].get<std::int64_t>(),
            PTAH_SANITIZED ? 1ll << 30 : 64ll << 20);
}

}  // namespace
}  // namespace ptah::test
