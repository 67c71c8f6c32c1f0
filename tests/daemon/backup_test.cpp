// server.backup of a daemon at work, and a daemon on what was restored.
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "daemon_fixture.hpp"

namespace ptah::test {
namespace {

class DaemonBackup : public DaemonTest {
 protected:
  fs::path folder() const { return daemon.root() / "backup"; }
  fs::path restored() const { return daemon.root() / "restored"; }
  /// The exit status of `ptahd --restore`.
  int restore(const fs::path& from) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::execl(PTAH_DAEMON_PROGRAM, PTAH_DAEMON_PROGRAM, "--restore", from.c_str(), "--state",
              restored().c_str(), nullptr);
      ::_exit(127);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  static std::set<std::pair<int, int>> variants(Client& client) {
    std::set<std::pair<int, int>> found;
    std::int64_t after = 0;
    do {
      const Json list =
          client.result("variant.list", {{"job", "j"}, {"after", after}, {"limit", 1000}});
      for (const Json& variant : list["variants"])
        EXPECT_TRUE(found.emplace(variant["chain"], variant["variant"]).second);
      after = list["next"];
    } while (after != 0);
    return found;
  }
};

TEST_F(DaemonBackup, OfADaemonAtWorkIsAStateInWhichItsJobGoesOn) {
  constexpr int kLast = 120;
  ASSERT_TRUE(daemon.start());
  std::set<std::pair<int, int>> kept;
  {
    Client client = daemon.client();
    client.result("flow.run",
                  run("j", {chain("a", kLast, {{"ms", 12}}), chain("b", kLast, {{"ms", 12}})}));
    ASSERT_TRUE(eventually([&] { return variants(client).size() > 20; }));
    kept = variants(client);
    const Json made = client.result("server.backup", {{"folder", folder().string()}});
    EXPECT_EQ(made["missing"], 0);
    EXPECT_GE(made["files"].get<std::size_t>(), kept.size());
    EXPECT_NE(client.result("job.get", {{"job", "j"}})["state"], "done");
  }
  daemon.kill();
  ASSERT_EQ(restore(folder()), 0);
  EXPECT_NE(restore(folder()), 0);  // The folder is not empty any more.

  Daemon::Options options;
  options.arguments = {"--state", restored().string()};
  ASSERT_TRUE(daemon.start(options));
  Client client = daemon.client();
  const auto now = variants(client);
  for (const auto& variant : kept) EXPECT_TRUE(now.contains(variant)) << "lost";
  EXPECT_EQ(client.result("job.wait", {{"job", "j"}})["state"], "done");
  EXPECT_EQ(variants(client).size(), 2u * (kLast + 1));
  EXPECT_TRUE(client.result("server.verify")["damaged"].empty());
}

TEST_F(DaemonBackup, IsForAdministratorsAndEndsWithItsClient) {
  ASSERT_TRUE(daemon.start({{"--tcp", "0"}}));
  daemon.client().result("flow.run", run("j", {chain("a", 300)}));
  daemon.client().result("job.wait", {{"job", "j"}});
  auto user = daemon.stranger();
  ASSERT_TRUE(user);
  user->result("server.hello", {{"token", daemon.token()}});
  EXPECT_EQ(user->call("server.backup", {{"folder", folder().string()}})["error"]["data"]["code"],
            "denied");
  {
    Client leaving = daemon.client();
    leaving.request("server.backup", {{"folder", folder().string()}});
  }
  // Whole or not there; either way another one can be made.
  const fs::path second = daemon.root() / "second";
  ASSERT_TRUE(eventually([&] {
    return daemon.client().call("server.backup", {{"folder", second.string()}}).contains("result");
  }));
  EXPECT_FALSE(fs::exists(folder().string() + ".partial"));
  EXPECT_EQ(restore(second), 0);
}

}  // namespace
}  // namespace ptah::test
