// Files over the socket: a client on another machine sends its inputs and reads its results, and no
// path of that machine is opened here.
#include "daemon_fixture.hpp"
#include "ptah/core/base64.hpp"
#include "ptah/core/sha256.hpp"
#include "stored_files.hpp"

namespace ptah::test {
namespace {

std::string code_of(const Json& answer) {
  return answer.contains("error") ? answer["error"]["data"]["code"].get<std::string>() : "";
}

class SentFiles : public DaemonTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(daemon.start({{"--tcp", "0", "--put-limit-mib", "1"}}));
    auto stranger = daemon.stranger();
    ASSERT_TRUE(stranger);
    remote_.emplace(std::move(*stranger));
    remote_->result("server.hello", {{"token", daemon.token()}});
  }
  static Json piece(const std::string& whole, std::size_t offset, std::size_t size) {
    return {{"hash", sha256_hex(whole)},
            {"size", whole.size()},
            {"offset", offset},
            {"data", encode_base64(std::string_view(whole).substr(offset, size))}};
  }
  /// Sends a text in pieces of so many bytes; its name.
  static std::string send(Client& client, const std::string& text, std::size_t size = 1000) {
    Json answer;
    std::size_t at = 0;
    do {
      answer = client.result("store.put", piece(text, at, size));
      at = answer["received"].get<std::size_t>();
    } while (answer["file"] == "");
    return answer["file"].get<std::string>();
  }
  static std::string receive(Client& client, const std::string& hash, std::int64_t size) {
    std::string text;
    for (;;) {
      const Json answer =
          client.result("store.read", {{"hash", hash}, {"offset", text.size()}, {"size", size}});
      const auto bytes = decode_base64(answer["data"].get<std::string>(), 1 << 20, "data").value();
      text.append(bytes.begin(), bytes.end());
      if (bytes.empty() || answer["size"] == text.size()) return text;
    }
  }
  std::size_t unfinished() const {
    const fs::directory_iterator all(daemon.state() / "files" / "aside");
    return static_cast<std::size_t>(std::distance(fs::begin(all), fs::end(all)));
  }
  /// The text of the netlist that makes the fake worker do so.
  static std::string script(const std::vector<Json>& chains) {
    std::stringstream text;
    text << std::ifstream(acting({{"chains", chains}})["netlist"].get<std::string>()).rdbuf();
    return text.str();
  }

  std::optional<Client> remote_;
};

TEST_F(SentFiles, ARemoteClientRunsAJobWithoutAPath) {
  const std::string netlist = script({chain("a", 2)});
  const std::string file = send(*remote_, netlist, 16);
  EXPECT_EQ(file, "sha256:" + sha256_hex(netlist));
  const Json job = remote_->result("flow.run", {{"job", "j"}, {"spec", {{"netlist", file}}}});
  EXPECT_EQ(job["job"], "j");
  const Json done = remote_->result("job.wait", {{"job", "j"}});
  ASSERT_EQ(done["state"], "done") << done;
  EXPECT_EQ(remote_->result("job.get", {{"job", "j"}})["spec"]["netlist"], file)
      << "as it was given";
  const Json variants = remote_->result("variant.list", {{"job", "j"}});
  ASSERT_EQ(variants["variants"].size(), 3u);
  for (const Json& variant : variants["variants"]) {
    for (const Json& made : variant["files"]) {
      const std::string text = receive(*remote_, made["hash"], 7);
      EXPECT_EQ(sha256_hex(text), made["hash"]);
      EXPECT_EQ(text.size(), made["size"]);
    }
  }
  // The same path on this machine is another matter.
  const Json path = acting({{"chains", Json::array()}});
  EXPECT_EQ(code_of(remote_->call("flow.run", {{"spec", path}})), "denied");
  EXPECT_EQ(code_of(remote_->call("flow.run",
                                  {{"spec", {{"netlist", file}}}, {"out", daemon.out().string()}})),
            "denied");
  EXPECT_EQ(
      code_of(remote_->call("variant.export", {{"job", "j"}, {"out", daemon.out().string()}})),
      "denied");
  EXPECT_FALSE(fs::exists(daemon.out()));
  daemon.client().result("variant.export", {{"job", "j"}, {"out", daemon.out().string()}});
  EXPECT_TRUE(fs::exists(daemon.out()));
}

TEST_F(SentFiles, AJobGoesOnWithItsFileAfterAKill) {
  const std::string file = send(*remote_, script({chain("a", 30, {{"ms", 20}})}));
  remote_->result("flow.run", {{"job", "j"}, {"spec", {{"netlist", file}}}});
  daemon.kill();
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(daemon.client().result("job.wait", {{"job", "j"}})["state"], "done");
}

TEST_F(SentFiles, UnfinishedOnesGoWithTheirConnection) {
  for (int i = 0; i < 4; ++i)
    remote_->result("store.put", piece("text " + std::to_string(i), 0, 3));
  EXPECT_EQ(unfinished(), 4u);
  EXPECT_EQ(code_of(remote_->call("store.put", piece("one more", 0, 3))), "limit");
  const std::string large(1 << 20, 'x');
  Client local = daemon.client();
  local.result("store.put", piece("mine", 0, 1));
  EXPECT_EQ(code_of(local.call("store.put", piece(large + "x", 0, 1))), "limit");
  remote_->leave();
  EXPECT_TRUE(eventually([&] { return unfinished() == 1; }));
  EXPECT_EQ(local.result("store.put", piece("mine", 1, 9))["file"], "sha256:" + sha256_hex("mine"));
  EXPECT_EQ(send(local, large, 500'000), "sha256:" + sha256_hex(large));
  EXPECT_TRUE(eventually([&] { return unfinished() == 0; }));
}

TEST_F(SentFiles, AFileThatIsThereIsNotSentAgain) {
  send(*remote_, "bytes");
  Client other = daemon.client();
  Json question = piece("bytes", 0, 0);
  EXPECT_EQ(other.result("store.put", question)["file"], "sha256:" + sha256_hex("bytes"));
  EXPECT_EQ(other.result("store.put", piece("others", 0, 0))["received"], 0);
  EXPECT_EQ(code_of(other.call("store.read", {{"hash", sha256_hex("others")}})), "not_found");
  EXPECT_EQ(code_of(other.call("store.read", {{"hash", "../../etc/passwd"}})), "invalid_argument");
  question["data"] = "no base64!";
  question["hash"] = sha256_hex("others");
  EXPECT_EQ(code_of(other.call("store.put", question)), "invalid_argument");
}

TEST_F(SentFiles, TheClientLibrarySendsAndReceivesFiles) {
  auto client = ::ptah::Client::connect_unix(daemon.socket());
  ASSERT_TRUE(client.has_value()) << client.error().text();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1} << 19,
                                 (std::size_t{1} << 19) + 1, std::size_t{1} << 20}) {
    std::string text(size, 'a');
    for (std::size_t i = 0; i < size; i += 7) text[i] = static_cast<char>(i >> 3);
    const fs::path here = daemon.root() / "here", back = daemon.root() / "back";
    std::ofstream(here, std::ios::binary) << text;
    const auto name = put_file(client.value(), here);
    ASSERT_TRUE(name.has_value()) << name.error().text();
    EXPECT_EQ(name.value(), "sha256:" + sha256_hex(text));
    const Status read = read_file(client.value(), name.value(), back);
    ASSERT_TRUE(read.has_value()) << read.error().text();
    std::stringstream got;
    got << std::ifstream(back, std::ios::binary).rdbuf();
    EXPECT_EQ(got.str(), text);
  }
  fs::remove(daemon.root() / "back");
  EXPECT_FALSE(read_file(client.value(), sha256_hex("never sent"), daemon.root() / "back"));
  EXPECT_FALSE(fs::exists(daemon.root() / "back"));
  EXPECT_FALSE(fs::exists(daemon.root() / "back.part"));
  EXPECT_FALSE(put_file(client.value(), daemon.root() / "missing"));
}

TEST_F(SentFiles, PiecesThatNobodyWaitsForAreBounded) {
  send(*remote_, "bytes");
  for (int i = 0; i < 100; ++i) remote_->request("store.read", {{"hash", sha256_hex("bytes")}});
  int refused = 0;
  // Refusals overtake what is read.
  for (int i = 0; i < 100; ++i) {
    const Json answer = remote_->read();
    if (code_of(answer) == "limit") {
      ++refused;
    } else {
      ASSERT_TRUE(answer.contains("result")) << answer;
    }
  }
  // How many depends on who is faster; nobody is lost, and it goes on.
  EXPECT_LE(refused, 92);
  EXPECT_EQ(receive(*remote_, sha256_hex("bytes"), 2), "bytes");
}

TEST_F(SentFiles, ACancelledExportIsAnswered) {
  Client local = daemon.client();
  local.result("flow.run", run("j", {chain("a", 3)}));
  local.result("job.wait", {{"job", "j"}});
  const int id = local.request("variant.export", {{"job", "j"}, {"out", daemon.out().string()}});
  const int cancel = local.request("server.cancel", {{"id", id}});
  local.answer(cancel);
  const Json answer = local.answer(id);
  ASSERT_TRUE(answer.is_object()) << "each request has one answer";
  // It may have been done by then.
  if (answer.contains("error")) {
    EXPECT_EQ(code_of(answer), "cancelled");
  }
  EXPECT_EQ(local.result("variant.export", {{"job", "j"}, {"out", daemon.out().string()}})["files"],
            5);
}

}  // namespace
}  // namespace ptah::test
