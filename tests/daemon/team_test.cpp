// Over TLS: who gets in, as what, and what others get.
#include <gmock/gmock.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <thread>

#include "app/tokens.hpp"
#include "stored_files.hpp"
#include "team_fixture.hpp"

namespace ptah::test {
namespace {

using testing::HasSubstr;

TEST_F(Team, ADesignerWorks) {
  ASSERT_TRUE(start());
  auto ann = connect(token("ann", "designer"));
  ASSERT_TRUE(ann) << ann.error().text();
  EXPECT_EQ(ann.value().server()["role"], "user");
  EXPECT_EQ(ann.value().fingerprint(), trust().fingerprint);
  // As for everybody on TCP, paths mean nothing: files are sent.
  Json job = run("j", {chain("a", 1)});
  EXPECT_FALSE(ann.value().call("flow.run", job));
  const auto sent = put_file(ann.value(), job["spec"]["netlist"].get<std::string>());
  ASSERT_TRUE(sent) << sent.error().text();
  job["spec"]["netlist"] = sent.value();
  const auto started = ann.value().call("flow.run", job);
  ASSERT_TRUE(started) << started.error().text();
  const auto done = ann.value().call("job.wait", {{"job", "j"}});
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(done.value()["state"], "done");
  // And the daemon is not theirs.
  EXPECT_FALSE(ann.value().call("server.shutdown"));
  EXPECT_FALSE(ann.value().call("token.create", {{"name", "eve"}, {"role", "admin"}}));
}

TEST_F(Team, MuchGoesBothWays) {
  ASSERT_TRUE(start());
  auto ann = connect(token("ann", "designer"));
  ASSERT_TRUE(ann) << ann.error().text();
  // A line near the limit there, and an answer that has all of it.
  const std::string name(900'000, 'x');
  const auto refused = ann.value().call("job.get", {{"job", name}});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("900000 bytes"));
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(ann.value().call("server.ping")) << i;
}

TEST_F(Team, AViewerChangesNothing) {
  ASSERT_TRUE(start());
  auto vic = connect(token("vic", "viewer"));
  ASSERT_TRUE(vic) << vic.error().text();
  EXPECT_TRUE(vic.value().call("job.list"));
  EXPECT_TRUE(vic.value().call("server.status"));
  int refused = 0;
  for (const auto& method : documented_methods()) {
    if (method.role <= rpc::Role::kViewer) continue;
    const auto answer = vic.value().call(method.name);
    ASSERT_FALSE(answer) << method.name;
    EXPECT_EQ(answer.error().code, ErrorCode::kDenied) << method.name;
    ++refused;
  }
  EXPECT_GT(refused, 20);
  // What a viewer may call has no name of a change.
  for (const auto& method : documented_methods()) {
    if (method.role != rpc::Role::kViewer) continue;
    for (const char* verb : {"put", "delete", "create", "run", "make", "use", "import", "append"})
      EXPECT_THAT(method.name, testing::Not(testing::EndsWith(std::string(".") + verb)));
  }
}

TEST_F(Team, TokensEnd) {
  ASSERT_TRUE(start());
  const std::string ann = token("ann", "designer"), short_one = token("bob", "viewer", 1);
  auto client = connect(ann);
  ASSERT_TRUE(client) << client.error().text();
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  const auto expired = connect(short_one);
  ASSERT_FALSE(expired);
  EXPECT_THAT(expired.error().message, HasSubstr("of bob has expired"));
  EXPECT_EQ(daemon.client().result("token.revoke", {{"name", "ann"}})["valid"], false);
  EXPECT_FALSE(client.value().call("server.ping")) << "its connection went with it";
  const auto revoked = connect(ann);
  ASSERT_FALSE(revoked);
  EXPECT_THAT(revoked.error().message, HasSubstr("was revoked"));
  // A name is free again, and the old secret stays what it is; a new start forgets nothing.
  const std::string again = token("ann", "viewer");
  daemon.terminate();
  ASSERT_TRUE(start_with_files());
  EXPECT_FALSE(connect(ann));
  auto back = connect(again);
  ASSERT_TRUE(back) << back.error().text();
  EXPECT_EQ(back.value().server()["role"], "viewer");
  const Json list = daemon.client().result("token.list")["tokens"];
  EXPECT_EQ(list.size(), 2u);
  EXPECT_EQ(list.dump().find(again), std::string::npos);
}

TEST_F(Team, SecretsAreNowhereKept) {
  ASSERT_TRUE(start());
  const std::string ann = token("ann", "designer");
  ASSERT_TRUE(connect(ann));
  daemon.terminate();
  for (const auto& entry : fs::recursive_directory_iterator(daemon.root())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream stream(entry.path(), std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    EXPECT_EQ(text.str().find(ann), std::string::npos) << entry.path();
  }
}

TEST_F(Team, TokensOfOneDoorDoNotOpenTheOther) {
  ASSERT_TRUE(start());
  const auto by_file = connect(daemon.token());
  ASSERT_FALSE(by_file);
  EXPECT_THAT(by_file.error().message, HasSubstr("wrong"));
  const std::string ann = token("ann", "admin");
  auto loopback = daemon.stranger();
  ASSERT_TRUE(loopback);
  EXPECT_TRUE(loopback->call("server.hello", {{"token", ann}}).contains("error"));
}

TEST_F(Team, WhoGuessesWaits) {
  ASSERT_TRUE(start());
  const std::string ann = token("ann", "designer");
  std::string last;
  for (int i = 0; i < 20 && last.find("Too many wrong tokens") == std::string::npos; ++i) {
    const auto client = connect("guess" + std::to_string(i));
    ASSERT_FALSE(client);
    last = client.error().message;
  }
  const auto begin = Guesses::Clock::now();
  EXPECT_THAT(last, HasSubstr("Too many wrong tokens"));
  const auto right = connect(ann);
  if (Guesses::Clock::now() - begin < std::chrono::seconds(1)) {
    ASSERT_FALSE(right) << "from that address";
    EXPECT_THAT(right.error().hint, HasSubstr("Try again in"));
  }
  EXPECT_TRUE(eventually([&] { return !connect(ann).has_error(); })) << "later";
  EXPECT_THAT(daemon.log(), HasSubstr("127.0.0.1: The token is wrong."));
}

TEST(Guesses, TenThousandTakeDays) {
  Guesses guesses;
  const auto begin = Guesses::Clock::now();
  auto now = begin;
  for (int i = 0; i < 10'000; ++i) {
    now += guesses.wait("10.0.0.1", now);
    guesses.wrong("10.0.0.1", now);
  }
  EXPECT_GT(now - begin, std::chrono::hours(24 * 6));
  EXPECT_EQ(guesses.wait("10.0.0.2", now).count(), 0) << "others are not held up";
  EXPECT_EQ(guesses.wait("10.0.0.1", now + std::chrono::hours(2)).count(), 0);
  for (int i = 0; i < 10'000; ++i) guesses.wrong("10.1.0." + std::to_string(i), now);
  EXPECT_EQ(guesses.wait("10.0.0.1", now).count(), 0) << "forgotten, in bounded memory";
}

TEST_F(Team, WhoSpeaksNoTlsIsLeft) {
  ASSERT_TRUE(start("hello_limit_s: 1\n"));
  const int words = plain();
  const std::string hello = R"({"jsonrpc":"2.0","id":1,"method":"server.ping"})"
                            "\n";
  EXPECT_GT(::send(words, hello.data(), hello.size(), MSG_NOSIGNAL), 0);
  EXPECT_TRUE(is_closed(words, 5000));
  // Half a handshake, and nothing.
  const int silent = plain();
  const char half[] = {0x16, 0x03, 0x01};
  EXPECT_EQ(::send(silent, half, sizeof half, MSG_NOSIGNAL), 3);
  EXPECT_TRUE(is_closed(silent, 5000));
  ::close(words);
  ::close(silent);
  // More of one address than may be on their way.
  std::vector<int> many;
  for (int i = 0; i < 40; ++i) many.push_back(plain());
  EXPECT_TRUE(is_closed(many.back(), 900)) << "before the limit of the others";
  for (const int descriptor : many) ::close(descriptor);
  const std::string secret = token("ann", "viewer");
  EXPECT_TRUE(eventually([&] { return !connect(secret).has_error(); }));
}

TEST_F(Team, OlderTlsIsRefused) {
  ASSERT_TRUE(start());
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  SSL* ssl = SSL_new(context);
  const int descriptor = plain();
  SSL_set_fd(ssl, descriptor);
  EXPECT_NE(SSL_connect(ssl), 1);
  SSL_free(ssl);
  SSL_CTX_free(context);
  ::close(descriptor);
}

TEST_F(Team, ClientsBelieveOneCertificate) {
  ASSERT_TRUE(start());
  const std::string ann = token("ann", "designer");
  const std::string fingerprint = trust().fingerprint;
  const auto unknown = ptah::Client::connect_tls("localhost", port(), ann, {});
  ASSERT_FALSE(unknown) << "signed by itself";
  EXPECT_EQ(unknown.error().code, ErrorCode::kDenied);
  EXPECT_THAT(unknown.error().hint, HasSubstr(fingerprint));
  const auto other = ptah::Client::connect_tls("localhost", port(), ann, {std::string(64, 'a')});
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message, HasSubstr("another than the one to believe"));
  EXPECT_TRUE(ptah::Client::connect_tls("127.0.0.1", port(), ann, {fingerprint}));
}

TEST_F(Team, ACertificateIsReplacedWhileItRuns) {
  ASSERT_TRUE(start());
  const std::string ann = token("ann", "designer");
  const Trust before = trust();
  auto client = connect(ann);
  ASSERT_TRUE(client);
  make_certificate(daemon.root(), "cert");
  EXPECT_FALSE(ptah::Client::connect_tls("localhost", port(), ann, before));
  const Trust after = trust();
  EXPECT_NE(after.fingerprint, before.fingerprint);
  EXPECT_TRUE(ptah::Client::connect_tls("localhost", port(), ann, after));
  EXPECT_TRUE(client.value().call("server.ping")) << "who is in stays";
  // What cannot be used changes nothing.
  std::ofstream(file("cert.pem")) << "no certificate\n";
  EXPECT_TRUE(ptah::Client::connect_tls("localhost", port(), ann, after));
  EXPECT_THAT(daemon.log(), HasSubstr("the certificate of before goes on"));
}

TEST_F(Team, AnExpiredCertificateIsSaidSo) {
  make_certificate(daemon.root(), "cert", 0);
  ASSERT_TRUE(start_with_files());
  const auto client = connect(token("ann", "designer"));
  ASSERT_FALSE(client);
  EXPECT_THAT(client.error().message, HasSubstr("it has expired"));
}

TEST_F(Team, FilesThatCannotBeUsedAreSaidAtTheStart) {
  make_certificate(daemon.root(), "cert");
  make_certificate(daemon.root(), "other");
  fs::copy_file(file("other.key"), file("cert.key"), fs::copy_options::overwrite_existing);
  EXPECT_FALSE(start_with_files());
  EXPECT_THAT(daemon.log(), HasSubstr("The key cannot be used: key values mismatch"));
  fs::permissions(file("cert.key"), fs::perms::others_read, fs::perm_options::add);
  EXPECT_FALSE(start_with_files());
  EXPECT_THAT(daemon.log(), HasSubstr("Everybody on this machine may use the key"));
  fs::remove(file("cert.key"));
  EXPECT_FALSE(start_with_files());
  EXPECT_THAT(daemon.log(), HasSubstr("The key cannot be used"));
}

}  // namespace
}  // namespace ptah::test
