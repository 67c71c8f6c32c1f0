// Where a client may have results written, and what they may replace there.
#include <sys/stat.h>

#include "daemon_fixture.hpp"

namespace ptah::test {
namespace {

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Every file below a folder, with its bytes.
std::map<std::string, std::string> files_below(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().string()] = text_of(entry.path());
  }
  return files;
}

class Outputs : public DaemonTest {
 protected:
  /// The end of a job that writes to `out`, or the error that its start got.
  Json run_into(Client& client, const fs::path& out, Json chain_spec = chain("a", 2)) {
    Json request = run("job-" + std::to_string(++jobs_), {std::move(chain_spec)});
    request["out"] = out.string();
    const Json started = client.call("flow.run", request);
    if (started.contains("error")) return started["error"]["data"];
    return client.result("job.wait", {{"job", request["job"]}});
  }
  int jobs_ = 0;
};

TEST_F(Outputs, NoMethodWritesIntoTheDaemonsFolders) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  ASSERT_EQ(run_into(client, "")["state"], "done");
  fs::create_directory_symlink(daemon.state(), daemon.root() / "link");
  const auto before = files_below(daemon.root() / "run");
  for (const fs::path& out :
       {daemon.root() / "run", daemon.root() / "run/new", daemon.state(), daemon.state() / "files",
        daemon.state() / "new/er", daemon.plugins(), daemon.root() / "link",
        daemon.root() / "link/files/00", daemon.root() / "run/../state"}) {
    EXPECT_EQ(run_into(client, out)["code"], "denied") << out;
    for (const char* method : {"flow.check", "flow.render"}) {
      const Json answer = client.call(method, {{"spec", acting_layout({{"name", "admin-token"}})},
                                               {"out", out.string()},
                                               {"wait", true}});
      EXPECT_EQ(answer["error"]["data"]["code"], "denied") << method << " " << out;
    }
    EXPECT_EQ(client.call("variant.export",
                          {{"job", "job-1"}, {"out", out.string()}})["error"]["data"]["code"],
              "denied")
        << out;
  }
  EXPECT_EQ(files_below(daemon.root() / "run"), before);
  EXPECT_TRUE(fs::is_empty(daemon.plugins()));
  EXPECT_FALSE(fs::exists(daemon.state() / "data"));
  EXPECT_FALSE(fs::exists(daemon.state() / "new"));
  EXPECT_FALSE(fs::exists(daemon.state() / "files/.ptah"));
}

TEST_F(Outputs, NoDatasetReachesTheDaemonsFoldersFromAbove) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  for (const char* folder : {"run", "state", "plugins", "state/files"}) {
    const Json job = run_into(client, daemon.root(), chain("a", 1, {{"folder", folder}}));
    EXPECT_EQ(job["state"], "failed") << folder;
    EXPECT_EQ(job["error"]["code"], "denied") << job.dump();
  }
  EXPECT_FALSE(fs::exists(daemon.root() / "run/v0.gds"));
  EXPECT_TRUE(fs::is_empty(daemon.plugins()));
}

TEST_F(Outputs, HiddenFilesAreNoResults) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  for (const char* name : {".bashrc", "a/.ssh", "-rf", ".ptah", "a\nb", "../x", "/etc/x"}) {
    const Json answer = client.call("flow.render", {{"spec", acting_layout({{"name", name}})},
                                                    {"out", daemon.out().string()},
                                                    {"wait", true}});
    EXPECT_EQ(answer["error"]["data"]["code"], "denied") << name << ": " << answer.dump();
  }
  EXPECT_FALSE(fs::exists(daemon.out() / ".bashrc"));
}

TEST_F(Outputs, AForeignFileIsNeverReplaced) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  fs::create_directories(daemon.out() / "data/fake/layouts/a");
  const fs::path mine = daemon.out() / "data/fake/layouts/a/v1.gds";
  std::ofstream(mine) << "mine";
  const Json job = run_into(client, daemon.out());
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(job["error"]["code"], "conflict");
  EXPECT_NE(job["error"]["where"].get<std::string>().find(mine.string()), std::string::npos);
  EXPECT_EQ(text_of(mine), "mine");
  // What was missing may have come beside it.
  EXPECT_EQ(text_of(daemon.out() / "data/fake/layouts/a/v0.gds"), "a variant 0\n");
  fs::remove(mine);
  EXPECT_EQ(client.result("job.resume", {{"job", "job-1"}})["job"], "job-1");
  EXPECT_EQ(client.result("job.wait", {{"job", "job-1"}})["state"], "done");
  EXPECT_EQ(text_of(mine), "a variant 1\n");
}

TEST_F(Outputs, AnOlderDatasetWithoutAMarkTakesEqualBytesAndNewFiles) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  ASSERT_EQ(run_into(client, daemon.out())["state"], "done");
  fs::remove(daemon.out() / ".ptah");
  EXPECT_EQ(run_into(client, daemon.out(), chain("a", 3))["state"], "done");
  EXPECT_EQ(text_of(daemon.out() / "data/fake/layouts/a/v3.gds"), "a variant 3\n");
}

TEST_F(Outputs, ALaterRunReplacesWhatAnEarlierOneWrote) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  fs::create_directories(daemon.out());
  ASSERT_EQ(run_into(client, daemon.out())["state"], "done");
  EXPECT_TRUE(fs::exists(daemon.out() / ".ptah"));
  const Json folder{{"folder", "data/fake/layouts/a"}};
  ASSERT_EQ(run_into(client, daemon.out(), chain("other", 2, folder))["state"], "done");
  EXPECT_EQ(text_of(daemon.out() / "data/fake/layouts/a/v1.gds"), "other variant 1\n");
}

TEST_F(Outputs, ResumingAFinishedJobKeepsWhatSomebodyEdited) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  ASSERT_EQ(run_into(client, daemon.out())["state"], "done");
  const fs::path layouts = daemon.out() / "data/fake/layouts/a";
  std::ofstream(layouts / "v1.gds") << "edited";
  fs::remove(layouts / "v2.gds");
  client.result("job.resume", {{"job", "job-1"}});
  EXPECT_EQ(text_of(layouts / "v1.gds"), "edited");
  EXPECT_EQ(text_of(layouts / "v2.gds"), "a variant 2\n");
}

}  // namespace
}  // namespace ptah::test
