// HTTP on the daemon's TCP ports: health, figures, the page, WebSockets; and what bad requests get.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <map>
#include <regex>
#include <set>
#include <thread>

#include "app/metrics.hpp"
#include "daemon_fixture.hpp"
#include "jobs/job_manager.hpp"
#include "net/http.hpp"

namespace ptah::test {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Bytes over TCP, with a bound on waiting.
class Wire {
 public:
  explicit Wire(int port) : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(descriptor_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  Wire(const Wire&) = delete;
  ~Wire() { ::close(descriptor_); }

  /// False when the peer is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// At least so many bytes, unless the peer closes or the time is over.
  std::string read(std::size_t least, int wait_ms = 10'000) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
    while (input_.size() < least && more(end)) {
    }
    return std::exchange(input_, {});
  }
  /// Exactly so many, or fewer.
  std::string take(std::size_t count) {
    std::string bytes = read(count);
    if (bytes.size() > count) {
      input_ = bytes.substr(count);
      bytes.resize(count);
    }
    return bytes;
  }
  /// Head and body of an answer of HTTP.
  std::string answer(bool head = false) {
    std::string bytes;
    std::size_t end = std::string::npos;
    while ((end = bytes.find("\r\n\r\n")) == std::string::npos) {
      const std::string piece = take(1);
      if (piece.empty()) return bytes;
      bytes += piece;
    }
    std::smatch length;
    if (!head && std::regex_search(bytes, length, std::regex("Content-Length: (\\d+)")))
      bytes += take(std::stoul(length[1]));
    return bytes;
  }
  /// Whether the peer closes within the time, whatever it says before.
  bool is_closed(int wait_ms) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(wait_ms);
    while (more(end)) {
    }
    return ended_;
  }

 private:
  bool more(std::chrono::steady_clock::time_point end) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd wait{descriptor_, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&wait, 1, static_cast<int>(left.count())) <= 0) return false;
    char buffer[4096];
    const ssize_t got = ::recv(descriptor_, buffer, sizeof buffer, 0);
    if (got <= 0) {
      ended_ = true;
      return false;
    }
    input_.append(buffer, static_cast<std::size_t>(got));
    return true;
  }
  int descriptor_;
  std::string input_;
  bool ended_ = false;
};

class Web : public DaemonTest {
 protected:
  bool start(const std::string& config = "") {
    std::ofstream(daemon.root() / "ptahd.yaml") << "hello_limit_s: 1\n" << config;
    Daemon::Options options;
    options.arguments = {"--config", (daemon.root() / "ptahd.yaml").string(), "--tcp", "0"};
    if (!daemon.start(options)) return false;
    port = daemon.client().result("server.status")["tcp_port"].get<int>();
    return true;
  }
  std::string host() const { return "localhost:" + std::to_string(port); }
  std::string get(const std::string& path, const std::string& more = "") {
    Wire wire(port);
    wire.send("GET " + path + " HTTP/1.1\r\nHost: " + host() + "\r\n" + more + "\r\n");
    return wire.answer();
  }
  std::string upgrade(const std::string& origin) const {
    return "GET /ws HTTP/1.1\r\nHost: " + host() +
           "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
           (origin.empty() ? "" : "Origin: " + origin + "\r\n") +
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  }
  int port = 0;
};

TEST_F(Web, HealthNeedsNoToken) {
  ASSERT_TRUE(start());
  EXPECT_THAT(get("/healthz"), HasSubstr("200 OK"));
  EXPECT_TRUE(eventually([&] { return get("/readyz").find("200 OK") != std::string::npos; }));
  const std::string answer = get("/readyz?whatever=1");
  EXPECT_THAT(answer, HasSubstr("200 OK"));
  for (const char* header : {"Content-Security-Policy: default-src 'none'; script-src 'self';",
                             "X-Content-Type-Options: nosniff", "Cache-Control: no-store",
                             "Referrer-Policy: no-referrer"})
    EXPECT_THAT(answer, HasSubstr(header));
  // Nothing else is told to strangers.
  EXPECT_THAT(answer, Not(HasSubstr(daemon.root().string())));
}

TEST_F(Web, ThePageIsThere) {
  ASSERT_TRUE(start());
  const std::string page = get("/");
  EXPECT_THAT(page, HasSubstr("text/html"));
  EXPECT_THAT(page, HasSubstr("<title>Ptah</title>"));
  // One connection serves all that a page asks for; HEAD is the same without a body.
  Wire wire(port);
  for (int i = 0; i < 3; ++i) {
    wire.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const std::string head = wire.answer(true), whole = wire.answer();
    EXPECT_EQ(head, whole.substr(0, head.size()));
    EXPECT_EQ(whole, page);
  }
  wire.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(wire.is_closed(900));
}

TEST_F(Web, WhatIsNoFileOfThePageIsNotThere) {
  ASSERT_TRUE(start());
  for (const char* path : {"/CMakeLists.txt", "/../token", "/../../etc/passwd", "/%2e%2e/token",
                           "//etc/passwd", "/.", "/index.html/..", "/app.js/", "/app.js%00",
                           "../token", "http://localhost/app.js", "*", "/\\..\\token"})
    EXPECT_THAT(get(path), HasSubstr("404 Not Found")) << path;
  EXPECT_THAT(get("/app.js"), HasSubstr("text/javascript"));
}

TEST_F(Web, BadRequestsGetASentence) {
  ASSERT_TRUE(start());
  const struct {
    std::string request;
    const char* status;
    const char* words;
  } cases[] = {
      {"GET / HTTP/9.9\r\n\r\n", "400", "no request of HTTP/1.1"},
      {"GET /\r\n\r\n", "400", "no request of HTTP/1.1"},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", "400", "no request of HTTP/1.1"},
      {"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400", "no request of HTTP/1.1"},
      {"GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\n", "413", "no body"},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "413",
       "no body"},
      {"GET / HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n", "431", "more than 8 KiB"},
      {"GET /" + std::string(9000, 'x') + " HTTP/1.1\r\n\r\n", "431", "more than 8 KiB"},
      {"POST / HTTP/1.1\r\n\r\n", "405", "Only GET and HEAD"},
      {"DELETE /healthz HTTP/1.1\r\n\r\n", "405", "Only GET and HEAD"},
      {"CONNECT example.com:443 HTTP/1.1\r\n\r\n", "405", "Only GET and HEAD"},
      {"GET /ws HTTP/1.1\r\n\r\n", "426", "a WebSocket"},
  };
  for (const auto& one : cases) {
    Wire wire(port);
    wire.send(one.request);
    const std::string answer = wire.answer();
    EXPECT_THAT(answer, StartsWith(std::string("HTTP/1.1 ") + one.status))
        << one.request.substr(0, 40);
    EXPECT_THAT(answer, HasSubstr(one.words)) << one.request.substr(0, 40);
    EXPECT_TRUE(wire.is_closed(3000)) << one.request.substr(0, 40);
  }
  EXPECT_TRUE(daemon.client().result("server.ping").is_object());
}

TEST_F(Web, HalfRequestsAndSlowOnesAreLeft) {
  ASSERT_TRUE(start());
  Wire half(port), slow(port), idle(port);
  half.send("GET / HTT");
  idle.send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_THAT(idle.answer(), HasSubstr("200 OK"));
  const auto begin = std::chrono::steady_clock::now();
  slow.send("GET / HTTP/1.1\r\n");
  bool there = true;
  while (there && std::chrono::steady_clock::now() - begin < std::chrono::seconds(5)) {
    there = slow.send("X: y\r\n") && !slow.is_closed(100);
  }
  EXPECT_FALSE(there) << "a header now and then keeps nobody here";
  EXPECT_TRUE(half.is_closed(3000));
  EXPECT_TRUE(idle.is_closed(3000));
}

TEST_F(Web, ManyOfOneAddressAreRefused) {
  ASSERT_TRUE(start());
  std::vector<std::unique_ptr<Wire>> wires;
  for (int i = 0; i < 40; ++i) {
    wires.push_back(std::make_unique<Wire>(port));
    wires.back()->send("GET / HTT");
  }
  EXPECT_TRUE(wires.back()->is_closed(700)) << "before the limit of the others";
  EXPECT_TRUE(daemon.client().result("server.ping").is_object());
  wires.clear();
  EXPECT_TRUE(eventually([&] { return get("/healthz").find("200 OK") != std::string::npos; }));
}

TEST_F(Web, WithoutItThePortSpeaksTheProtocolAlone) {
  ASSERT_TRUE(start("web: false\n"));
  Wire wire(port);
  wire.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(wire.read(10), StartsWith("{\"error\""));
}

// Figures.

/// Reads the text format of Prometheus, strictly: every family has its help and type once, before
/// its samples, which stand together; no series comes twice; histograms add up. By series.
std::map<std::string, double> read_metrics(const std::string& text) {
  std::map<std::string, double> series;
  std::set<std::string> families;
  std::string family, type, helped;
  std::map<std::string, std::pair<double, double>> last;  // le and count, by labels without le
  std::istringstream lines(text);
  const std::regex sample(
      R"re(([a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)+)\})? (\S+))re");
  const std::regex le("(.*),?le=\"([^\"]+)\"");
  EXPECT_TRUE(text.empty() || text.back() == '\n');
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, std::regex("# HELP ([a-z_0-9]+) (.+)"))) {
      helped = match[1];
    } else if (std::regex_match(line, match,
                                std::regex("# TYPE ([a-z_0-9]+) (counter|gauge|histogram)"))) {
      family = match[1];
      type = match[2];
      EXPECT_EQ(family, helped);
      EXPECT_TRUE(families.insert(family).second) << family << " comes twice";
      if (type == "counter") {
        EXPECT_THAT(family, testing::EndsWith("_total"));
      }
    } else if (std::regex_match(line, match, sample)) {
      const std::string name = match[1], labels = match[3], value = match[4];
      double number = 0;
      const auto read = std::from_chars(value.data(), value.data() + value.size(), number);
      EXPECT_TRUE(read.ec == std::errc() && read.ptr == value.data() + value.size()) << line;
      EXPECT_TRUE(series.emplace(name + "{" + labels + "}", number).second)
          << line << " comes twice";
      if (type != "histogram") {
        EXPECT_EQ(name, family) << line;
      } else if (name == family + "_bucket") {
        std::smatch bound;
        if (!std::regex_match(labels, bound, le)) {
          ADD_FAILURE() << line;
          continue;
        }
        auto& [below, count] = last.try_emplace(bound[1], -1e300, 0).first->second;
        const double at = bound[2] == "+Inf" ? 1e300 : std::stod(bound[2]);
        EXPECT_GT(at, below) << line;
        EXPECT_GE(number, count) << line;
        below = at;
        count = number;
      } else if (name == family + "_count") {
        const auto& [below, count] = last[labels + ","];
        EXPECT_EQ(below, 1e300) << "no bucket +Inf: " << line;
        EXPECT_EQ(count, number) << line;
      } else {
        EXPECT_EQ(name, family + "_sum") << line;
      }
    } else {
      ADD_FAILURE() << "no line of the format: " << line;
    }
  }
  return series;
}

TEST(Metrics, AreWellFormedWhateverTheyHold) {
  Latencies latencies;
  for (const int ms : {0, 1, 3, 40, 700, 90'000})
    latencies.add("a.b", std::chrono::milliseconds(ms), ms == 40);
  MetricsText text;
  text.family("x", "gauge", "A sentence.");
  text.sample({{"a", "quote \" back \\ line \n end"}, {"b", ""}}, 1e300);
  text.sample({{"a", "many"}}, 123456789012);
  text.sample({{"a", "little"}}, 1.5e-9);
  text.family("y", "histogram", "Another.");
  for (const auto& [method, of] : latencies.all()) text.histogram("method", method, of);
  auto figures = read_metrics(text.take());
  EXPECT_EQ(figures["x{a=\"quote \\\" back \\\\ line \\n end\",b=\"\"}"], 1e300);
  EXPECT_EQ(figures["x{a=\"many\"}"], 123456789012);
  EXPECT_EQ(figures["x{a=\"little\"}"], 1.5e-9);
  EXPECT_EQ(figures["y_bucket{method=\"a.b\",le=\"0.001\"}"], 2) << "a bound is in its bucket";
  EXPECT_EQ(figures["y_bucket{method=\"a.b\",le=\"60\"}"], 5);
  EXPECT_EQ(figures["y_count{method=\"a.b\"}"], 6);
  EXPECT_NEAR(figures["y_sum{method=\"a.b\"}"], 90.744, 1e-6);
  EXPECT_EQ(latencies.all().at("a.b").errors, 1);
}

TEST(Agreement, CountsWhatWorkersSayAndNothingElse) {
  JobManager::Agreement agreement;
  agreement.add({{"judged", 10}, {"disagreements", {{"drc", 1}, {"pscore", 2}}}});
  agreement.add({{"judged", 5}, {"disagreements", Json::object()}});
  for (const char* hostile :
       {"null", "[]", "7", R"({"judged": -5})", R"({"judged": "many", "disagreements": []})",
        R"({"disagreements": {"drc": -1, "lvs": 1.5, "made_up": 3}})"})
    agreement.add(Json::parse(hostile));
  EXPECT_EQ(agreement.judged, 15);
  const std::map<std::string, std::int64_t> differences{{"drc", 1}, {"lvs", 0}, {"pscore", 2}};
  EXPECT_EQ(agreement.differences, differences);
}

TEST_F(Web, FiguresAreForTokens) {
  ASSERT_TRUE(start());
  EXPECT_THAT(get("/metrics"), HasSubstr("401 Unauthorized"));
  EXPECT_THAT(get("/metrics"), HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_THAT(get("/metrics", "Authorization: Bearer wrong\r\n"), HasSubstr("401 Unauthorized"));
  EXPECT_THAT(get("/metrics", "Authorization: Basic " + daemon.token() + "\r\n"), HasSubstr("401"));
  EXPECT_THAT(get("/metrics?token=" + daemon.token()), HasSubstr("401"));
  EXPECT_THAT(get("/metrics", "Authorization: Bearer " + daemon.token() + "\r\n"),
              HasSubstr("200 OK"));
}

TEST_F(Web, FiguresAreRightAndWellFormed) {
  ASSERT_TRUE(start("metrics: open\nworkers: 2\n"));
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 2), chain("b", 1)}));
  EXPECT_EQ(client.result("job.wait", {{"job", "j"}})["state"], "done");
  EXPECT_TRUE(client.call("job.get", {{"job", "none"}}).contains("error"));
  std::map<std::string, double> figures;
  // Those of the store are a few seconds old at most; its files are counted beside.
  EXPECT_TRUE(eventually([&] {
    const std::string answer = get("/metrics");
    EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4"));
    figures = read_metrics(answer.substr(answer.find("\r\n\r\n") + 4));
    return figures["ptah_jobs{state=\"done\"}"] == 1 && figures["ptah_store_files{}"] > 0;
  }));
  EXPECT_EQ(figures["ptah_request_seconds_count{method=\"flow.run\"}"], 1);
  EXPECT_EQ(figures["ptah_request_errors_total{method=\"job.get\"}"], 1);
  EXPECT_EQ(figures["ptah_workers_configured{}"], 2);
  EXPECT_EQ(figures["ptah_connections{by=\"unix\"}"], 1);
  EXPECT_EQ(figures["ptah_tasks_queued{lane=\"batch\"}"], 0);
  EXPECT_GT(figures["ptah_store_files_bytes{}"], 0);
  EXPECT_GT(figures["ptah_uptime_seconds{}"], 0);
  EXPECT_GT(figures["ptah_store_database_bytes{}"], 0);
  for (const char* name :
       {"ptah_judged_layouts_total{}", "ptah_judge_differences_total{about=\"drc\"}",
        "ptah_models{}", "ptah_tasks_queued{lane=\"interactive\"}",
        "ptah_connections{by=\"websocket\"}"})
    EXPECT_TRUE(figures.contains(name)) << name;
}

// WebSockets.

TEST(Origin, IsThisHostAlone) {
  EXPECT_TRUE(is_own_origin("https://ptah.example.com:7424", "ptah.example.com:7424", true));
  EXPECT_TRUE(is_own_origin("https://PTAH.example.com:7424", "ptah.Example.com:7424", true));
  EXPECT_TRUE(is_own_origin("http://localhost:7425", "localhost:7425", false));
  EXPECT_TRUE(is_own_origin("http://[::1]:7425", "[::1]:7425", false));
  for (const char* origin :
       {"", "null", "https://evil.example", "https://ptah.example.com",
        "https://ptah.example.com:7425", "http://ptah.example.com:7424",
        "https://ptah.example.com:7424/", "https://ptah.example.com:7424.evil.example"})
    EXPECT_FALSE(is_own_origin(origin, "ptah.example.com:7424", true)) << origin;
  // A name of somebody else's that leads to this machine.
  EXPECT_FALSE(is_own_origin("http://evil.example:7425", "evil.example:7425", false));
  EXPECT_FALSE(is_own_origin("http://", "", false));
}

/// A WebSocket that has been opened.
class Socket : public Wire {
 public:
  using Wire::Wire;
  /// A frame; `first` is its first byte: 0x81 a whole text.
  bool frame(std::string_view text, unsigned char first = 0x81, bool masked = true) {
    std::string bytes(1, static_cast<char>(first));
    const unsigned char bit = masked ? 0x80 : 0;
    if (text.size() < 126) {
      bytes += static_cast<char>(bit | text.size());
    } else if (text.size() < 65536) {
      bytes += static_cast<char>(bit | 126);
      for (const int shift : {8, 0}) bytes += static_cast<char>(text.size() >> shift);
    } else {
      bytes += static_cast<char>(bit | 127);
      for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(text.size() >> shift);
    }
    const char mask[] = {17, 42, -3, 99};
    if (masked) bytes.append(mask, 4);
    for (std::size_t i = 0; i < text.size(); ++i)
      bytes += masked ? static_cast<char>(text[i] ^ mask[i % 4]) : text[i];
    return send(bytes);
  }
  /// The next message, of all its frames; "close CODE", or empty where the peer is gone.
  std::string message() {
    std::string text;
    for (;;) {
      const std::string head = take(2);
      if (head.size() < 2) return {};
      std::size_t size = head[1] & 127;
      if (size >= 126) {
        const std::string wide = take(size == 126 ? 2 : 8);
        size = 0;
        for (const char byte : wide) size = size << 8 | static_cast<unsigned char>(byte);
      }
      const std::string part = take(size);
      if ((head[0] & 15) == 8) {
        return "close " + (part.size() < 2
                               ? std::string()
                               : std::to_string((static_cast<unsigned char>(part[0]) << 8) |
                                                static_cast<unsigned char>(part[1])));
      }
      if ((head[0] & 15) > 8) continue;
      text += part;
      if (head[0] & 0x80) return text;
    }
  }
  Json call(const std::string& method, const Json& params = Json::object()) {
    frame(Json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}}.dump());
    return Json::parse(message(), nullptr, false);
  }
};

class WebSocket : public Web {
 protected:
  std::unique_ptr<Socket> open() {
    auto socket = std::make_unique<Socket>(port);
    socket->send(upgrade("http://" + host()));
    const std::string answer = socket->answer();
    EXPECT_THAT(answer, HasSubstr("101 Switching Protocols"));
    EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    return socket;
  }
};

TEST_F(WebSocket, CarriesTheProtocol) {
  ASSERT_TRUE(start());
  const auto socket = open();
  EXPECT_TRUE(socket->call("server.ping").contains("result"));
  EXPECT_EQ(socket->call("job.list")["error"]["data"]["code"], "denied") << "nobody has said hello";
  EXPECT_EQ(socket->call("server.hello", {{"token", "wrong"}})["error"]["data"]["code"], "denied");
  EXPECT_EQ(socket->call("server.hello", {{"token", daemon.token()}})["result"]["role"], "user");
  EXPECT_TRUE(socket->call("job.list")["result"]["jobs"].empty());
  EXPECT_EQ(socket->call("server.shutdown")["error"]["data"]["code"], "denied");
  // As for everybody on TCP, paths mean nothing.
  EXPECT_EQ(socket->call("flow.run", run("j", {chain("a", 1)}))["error"]["data"]["code"], "denied");
  // Events come over.
  Client local = daemon.client();
  local.result("flow.run", run("j", {chain("a", 2)}));
  EXPECT_TRUE(socket->call("job.subscribe", {{"job", "j"}}).contains("result"));
  std::string last;
  while (last.find("job.finished") == std::string::npos && !(last = socket->message()).empty()) {
  }
  EXPECT_THAT(last, HasSubstr("\"state\":\"done\""));
  EXPECT_TRUE(eventually([&] { return local.result("server.status")["sessions"] == 2; }));
}

TEST_F(WebSocket, AMessageIsALine) {
  ASSERT_TRUE(start());
  const auto socket = open();
  EXPECT_TRUE(socket->call("server.hello", {{"token", daemon.token()}}).contains("result"));
  // In pieces, with pings between them; with new lines in it; large; many at once.
  const std::string ping = R"({"jsonrpc":"2.0","id":"p","method":"server.ping"})";
  socket->frame(ping.substr(0, 9), 0x01);
  socket->frame("?", 0x89);
  socket->frame(ping.substr(9, 20), 0x00);
  socket->frame(ping.substr(29), 0x80);
  EXPECT_EQ(Json::parse(socket->message())["id"], "p");
  socket->frame("{\n\"jsonrpc\":\"2.0\",\r\n\"id\":\"p\",\n\"method\":\"server.ping\"\n}\n");
  EXPECT_EQ(Json::parse(socket->message())["id"], "p");
  socket->frame(ping + "\n" + ping);
  EXPECT_EQ(Json::parse(socket->message())["error"]["code"], -32700)
      << "two requests are no JSON value";
  socket->frame(std::string(900'000, ' ') + ping);
  EXPECT_EQ(Json::parse(socket->message())["id"], "p");
  for (int i = 0; i < 200; ++i) socket->frame(ping);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(Json::parse(socket->message())["id"], "p");
  // An answer near the limit is a message, too.
  const Json refused = socket->call("job.get", {{"job", std::string(900'000, 'x')}});
  EXPECT_THAT(refused["error"]["data"]["message"].get<std::string>(), HasSubstr("900000 bytes"));
}

TEST_F(WebSocket, LimitsAreThoseOfLines) {
  ASSERT_TRUE(start());
  const auto stranger = open();
  stranger->frame(std::string(10'000, 'x'));
  EXPECT_THAT(stranger->message(), HasSubstr("longer than 4 KiB"));
  EXPECT_EQ(stranger->message(), "close 1000");
  const auto user = open();
  EXPECT_TRUE(user->call("server.hello", {{"token", daemon.token()}}).contains("result"));
  user->frame(std::string(1'500'000, 'x'));
  EXPECT_THAT(user->message(), HasSubstr("longer than 1024 KiB"));
  const auto silent = open();
  EXPECT_THAT(silent->message(), HasSubstr("No server.hello"));
  EXPECT_EQ(silent->message(), "close 1000");
}

TEST_F(WebSocket, WhoDoesNotReadIsNotReadEither) {
  ASSERT_TRUE(start());
  const auto socket = open();
  EXPECT_TRUE(socket->call("server.hello", {{"token", daemon.token()}}).contains("result"));
  // Short questions with long answers, together far more than buffers of the system hold.
  Client local = daemon.client();
  local.result("flow.run", run("j", {chain("a", 200)}));
  local.result("job.wait", {{"job", "j"}});
  const Json params{{"job", "j"}, {"limit", 1000}};
  ASSERT_GT(local.result("variant.list", params).dump().size(), 40'000u);
  constexpr int kRequests = 400;
  const std::string request =
      Json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "variant.list"}, {"params", params}}.dump();
  for (int i = 0; i < kRequests; ++i) ASSERT_TRUE(socket->frame(request));
  std::int64_t most = 0;
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    most = std::max(most, local.result("server.status")["buffered_bytes"].get<std::int64_t>());
  }
  EXPECT_GT(most, 500'000) << "it has come to a stop";
  EXPECT_LT(most, 32 << 20);
  // What it reads then is all there.
  for (int i = 0; i < kRequests; ++i) {
    const std::string message = socket->message();
    ASSERT_THAT(message.substr(0, 40), HasSubstr("\"result\"")) << i;
    ASSERT_EQ(message.back(), '}') << i;
  }
}

TEST_F(WebSocket, OtherPagesGetNone) {
  ASSERT_TRUE(start());
  for (const std::string& origin :
       {std::string(), std::string("null"), std::string("http://evil.example"), "https://" + host(),
        "http://" + host() + ".evil.example"}) {
    Wire wire(port);
    wire.send(upgrade(origin));
    EXPECT_THAT(wire.answer(), HasSubstr("403 Forbidden")) << origin;
  }
}

TEST_F(WebSocket, BadFramesEndIt) {
  ASSERT_TRUE(start());
  const struct {
    std::string text;
    unsigned char first;
    bool masked;
    const char* code;
  } cases[] = {{"{}", 0x82, true, "close 1003"},                    // binary
               {"{}", 0x81, false, "close 1002"},                   // not masked
               {"{}", 0xf1, true, "close 1002"},                    // reserved bits
               {"{}", 0x83, true, "close 1002"},                    // reserved code
               {"{}", 0x80, true, "close 1002"},                    // goes on with nothing
               {"\xff\xfe", 0x81, true, "close 1007"},              // no UTF-8
               {std::string(200, 'x'), 0x89, true, "close 1002"}};  // a ping that is too long
  for (const auto& one : cases) {
    const auto socket = open();
    socket->frame(one.text, one.first, one.masked);
    EXPECT_EQ(socket->message(), one.code) << static_cast<int>(one.first);
  }
  // Longer than anything may be: whoever sends on is cut off.
  const auto socket = open();
  std::string head = "\x81\xff";
  head += std::string("\x00\x00\x00\x7f\xff\xff\xff\xff", 8) + "mask";
  socket->send(head);
  EXPECT_EQ(socket->message(), "close 1009");
  // Frames before the answer.
  Wire early(port);
  early.send(upgrade("http://" + host()) + "\x81\x80mask");
  EXPECT_THAT(early.answer(), HasSubstr("400 Bad Request"));
  EXPECT_TRUE(eventually([&] { return daemon.client().result("server.status")["sessions"] == 1; }));
}

}  // namespace
}  // namespace ptah::test
