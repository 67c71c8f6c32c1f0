// Plugin sets: watched folders, self-tests, draining.
#include <cstdlib>
#include <iostream>
#include <set>

#include "daemon_fixture.hpp"

namespace ptah::test {
namespace {

class Plugins : public DaemonTest {
 protected:
  /// Puts a stub into the folder the way a careful tool does, or as a plain copy does.
  void drop(const std::string& stub, const std::string& name) {
    const fs::path aside = daemon.root() / "aside.so";
    fs::copy_file(fs::path(PTAH_STUB_DIR) / (stub + ".so"), aside,
                  fs::copy_options::overwrite_existing);
    fs::rename(aside, daemon.plugins() / name);
  }
  /// The entry of a file in plugin.list; null when it is not listed.
  Json entry(Client& client, const std::string& file) {
    const Json list = client.result("plugin.list");
    for (const Json& plugin : list["plugins"]) {
      if (fs::path(plugin["file"].get<std::string>()).filename() == file) return plugin;
    }
    return nullptr;
  }
  bool becomes(Client& client, const std::string& file, const std::string& state,
               const std::string& version = "") {
    return eventually([&] {
      const Json plugin = entry(client, file);
      return plugin.is_object() && plugin["state"] == state &&
             (version.empty() || plugin["version"] == version);
    });
  }
};

TEST_F(Plugins, FilesOfTheFolderServeAfterTheStart) {
  drop("ptah_stub_v1", "stub.so");
  drop("ptah_other", "other.so");
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  EXPECT_TRUE(becomes(client, "stub.so", "ready", "1.0.0"));
  EXPECT_TRUE(becomes(client, "other.so", "ready"));
  const Json stub = entry(client, "stub.so");
  EXPECT_EQ(stub["kind"], "predictor");
  EXPECT_EQ(stub["name"], "stub");
  EXPECT_EQ(stub["hash"].get<std::string>().size(), 64u);
}

TEST_F(Plugins, HiddenFilesAreLeftAlone) {
  drop("ptah_stub_v1", ".hidden.so");
  drop("ptah_other", "other.so");
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  EXPECT_TRUE(becomes(client, "other.so", "ready"));
  EXPECT_TRUE(entry(client, ".hidden.so").is_null());
  EXPECT_TRUE(client.call("plugin.load", {{"name", ".hidden.so"}}).contains("error"));
}

TEST_F(Plugins, DroppedFileServesWithoutARestartWhileJobsRunOn) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run",
                run("j", {chain("a", 150, {{"ms", 20}}), chain("b", 150, {{"ms", 20}})}));
  const int generation = client.result("plugin.list")["generation"];
  drop("ptah_stub_v1", "stub.so");
  EXPECT_TRUE(becomes(client, "stub.so", "ready", "1.0.0"));
  EXPECT_GT(client.result("plugin.list")["generation"].get<int>(), generation);
  drop("ptah_stub_v2", "stub.so");
  EXPECT_TRUE(becomes(client, "stub.so", "ready", "2.0.0"));
  const Json job = client.result("job.wait", {{"job", "j"}});
  EXPECT_EQ(job["state"], "done") << job.dump();
  EXPECT_EQ(job["variants"], 302);
  // Workers of older sets have left.
  const int now = client.result("plugin.list")["generation"];
  EXPECT_TRUE(eventually([&] {
    const Json status = client.result("server.status");
    for (const Json& worker : status["workers"]) {
      if (worker["generation"] != now) return false;
    }
    return true;
  }));
}

TEST_F(Plugins, FailedSelfTestLeavesTheOldVersionServing) {
  drop("ptah_stub_v1", "stub.so");
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  ASSERT_TRUE(becomes(client, "stub.so", "ready", "1.0.0"));
  for (const char* bad : {"ptah_stub_bad", "ptah_stub_refuse", "ptah_stub_crash"}) {
    drop(bad, "stub.so");
    const Json answer = client.call("plugin.reload", {{"name", "stub"}});
    EXPECT_EQ(answer["error"]["data"]["code"], "plugin_failed") << bad << answer.dump();
    const Json stub = entry(client, "stub.so");
    EXPECT_EQ(stub["state"], "unavailable") << bad;
    EXPECT_NE(stub["reason"].get<std::string>().find("stub 1.0.0 goes on serving"),
              std::string::npos)
        << stub.dump();
    client.result("flow.run", run(bad, {chain(bad, 1)}));
    EXPECT_EQ(client.result("job.wait", {{"job", bad}})["state"], "done");
  }
  drop("ptah_stub_v2", "stub.so");
  EXPECT_TRUE(client.call("plugin.reload", {{"name", "stub.so"}}).contains("result"));
  EXPECT_EQ(entry(client, "stub.so")["state"], "ready");
}

TEST_F(Plugins, OneBadFileAmongMoreIsFound) {
  drop("ptah_stub_bad", "bad.so");
  drop("ptah_other", "other.so");
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  EXPECT_TRUE(becomes(client, "other.so", "ready"));
  EXPECT_TRUE(becomes(client, "bad.so", "unavailable"));
  EXPECT_NE(entry(client, "bad.so")["reason"].get<std::string>().find("the self-test says no"),
            std::string::npos);
}

TEST_F(Plugins, FilesThatAreNoPluginsAreShownWithTheReason) {
  std::ofstream(daemon.plugins() / "text.so") << "no library";
  drop("ptah_stub_v1", "open.so");
  fs::permissions(daemon.plugins() / "open.so", fs::perms::all);
  fs::create_symlink(fs::path(PTAH_STUB_DIR) / "ptah_other.so", daemon.plugins() / "link.so");
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  for (const char* file : {"text.so", "open.so", "link.so"}) {
    EXPECT_TRUE(becomes(client, file, "unavailable")) << file;
    EXPECT_FALSE(entry(client, file)["reason"].get<std::string>().empty());
  }
  client.result("flow.run", run("j", {chain("a", 1)}));
  EXPECT_EQ(client.result("job.wait", {{"job", "j"}})["state"], "done");
}

TEST_F(Plugins, UnloadAndLoadByNameAlsoAcrossARestart) {
  drop("ptah_stub_v1", "stub.so");
  drop("ptah_other", "other.so");
  ASSERT_TRUE(daemon.start());
  {
    Client client = daemon.client();
    ASSERT_TRUE(becomes(client, "stub.so", "ready"));
    client.result("plugin.unload", {{"name", "stub"}});
    EXPECT_EQ(entry(client, "stub.so")["state"], "unloaded");
    EXPECT_EQ(entry(client, "other.so")["state"], "ready");
  }
  daemon.terminate();
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  EXPECT_TRUE(becomes(client, "other.so", "ready"));
  EXPECT_EQ(entry(client, "stub.so")["state"], "unloaded");
  client.result("plugin.load", {{"name", "stub"}});
  EXPECT_EQ(entry(client, "stub.so")["state"], "ready");
  EXPECT_EQ(client.call("plugin.load", {{"name", "absent"}})["error"]["data"]["code"], "not_found");
  EXPECT_EQ(client.call("plugin.load", {{"name", "/tmp/evil.so"}})["error"]["data"]["code"],
            "denied");
  EXPECT_EQ(client.call("plugin.load", {{"name", "../evil.so"}})["error"]["data"]["code"],
            "denied");
}

TEST_F(Plugins, RemovedFileLeavesTheSet) {
  drop("ptah_stub_v1", "stub.so");
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  ASSERT_TRUE(becomes(client, "stub.so", "ready"));
  const int generation = client.result("plugin.list")["generation"];
  fs::remove(daemon.plugins() / "stub.so");
  EXPECT_TRUE(eventually([&] {
    return entry(client, "stub.so").is_null() &&
           client.result("plugin.list")["generation"] > generation;
  }));
}

TEST_F(Plugins, OfTwoFilesWithTheSameNameTheFirstCounts) {
  drop("ptah_stub_v1", "a.so");
  drop("ptah_stub_v2", "b.so");
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  EXPECT_TRUE(becomes(client, "a.so", "ready", "1.0.0"));
  EXPECT_TRUE(becomes(client, "b.so", "unavailable"));
  fs::remove(daemon.plugins() / "a.so");
  EXPECT_TRUE(becomes(client, "b.so", "ready", "2.0.0"));
}

TEST_F(Plugins, PluginThatForgesAnEventIsRefusedAndNobodyElse) {
  drop("ptah_stub_forge", "stub.so");
  drop("ptah_other", "other.so");
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  EXPECT_TRUE(becomes(client, "other.so", "ready"));
  EXPECT_TRUE(becomes(client, "stub.so", "unavailable"));
  drop("ptah_stub_v1", "stub.so");
  client.result("plugin.reload", {{"name", "stub"}});
  drop("ptah_stub_forge", "stub.so");
  EXPECT_EQ(client.call("plugin.reload", {{"name", "stub"}})["error"]["data"]["code"],
            "plugin_failed");
  EXPECT_NE(entry(client, "stub.so")["reason"].get<std::string>().find("1.0.0 goes on serving"),
            std::string::npos);
  client.result("flow.run", run("j", {chain("a", 1)}));
  EXPECT_EQ(client.result("job.wait", {{"job", "j"}})["state"], "done");
}

/// Plugins that never come to their end, in a folder beside that of the shipped ones. Their limit
/// is beyond the test's.
class HangingPlugins : public Plugins {
 protected:
  void SetUp() override {
    fs::create_directories(own_);
    fs::permissions(own_, fs::perms::owner_all);
  }
  bool start() { return daemon.start({{"--plugins", own_.string(), "--plugin-limit", "3600"}}); }
  void drop_own(const std::string& stub, const std::string& name) {
    drop(stub, name);
    fs::rename(daemon.plugins() / name, own_ / name);
  }
  std::size_t starting(Client& client) {
    std::size_t count = 0;
    const Json status = client.result("server.status");
    for (const Json& worker : status["workers"]) count += worker["state"] == "starting";
    return count;
  }
  const fs::path own_ = daemon.root() / "own";
};

TEST_F(HangingPlugins, DoNotDelayTheFirstJob) {
  drop("ptah_other", "other.so");
  drop_own("ptah_stub_hang", "stub.so");
  ASSERT_TRUE(start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 1)}));
  EXPECT_EQ(client.result("job.wait", {{"job", "j"}})["state"], "done");
  EXPECT_EQ(entry(client, "other.so")["state"], "ready");
  EXPECT_EQ(entry(client, "stub.so")["state"], "loading");
}

TEST_F(HangingPlugins, AreTriedSideBySideWithGoodOnes) {
  drop_own("ptah_hang_a", "a.so");
  drop_own("ptah_hang_b", "b.so");
  drop_own("ptah_stub_hang", "c.so");
  drop_own("ptah_other", "other.so");
  ASSERT_TRUE(start());
  Client client = daemon.client();
  EXPECT_TRUE(becomes(client, "other.so", "ready"));
  EXPECT_EQ(starting(client), 3u);
  for (const char* file : {"a.so", "b.so", "c.so"})
    EXPECT_EQ(entry(client, file)["state"], "loading") << file;
  // A new version of another plugin need not wait for them either, nor one's leaving.
  drop_own("ptah_stub_v1", "c.so");
  client.result("plugin.reload", {{"name", "c.so"}});
  EXPECT_EQ(entry(client, "c.so")["state"], "ready");
  client.result("plugin.unload", {{"name", "other"}});
  EXPECT_EQ(entry(client, "other.so")["state"], "unloaded");
}

TEST_F(Plugins, OneThatHangsIsRefusedAfterTheLimit) {
  drop("ptah_stub_v1", "stub.so");
  ASSERT_TRUE(daemon.start({{"--plugin-limit", "1"}}));
  Client client = daemon.client();
  ASSERT_TRUE(becomes(client, "stub.so", "ready", "1.0.0"));
  drop("ptah_stub_hang", "stub.so");
  const Json answer = client.call("plugin.reload", {{"name", "stub"}});
  const std::string message = answer["error"]["message"];
  EXPECT_NE(message.find("did not load within 1 s"), std::string::npos) << message;
  EXPECT_NE(message.find("1.0.0 goes on serving"), std::string::npos) << message;
  client.result("flow.run", run("j", {chain("a", 1)}));
  EXPECT_EQ(client.result("job.wait", {{"job", "j"}})["state"], "done");
}

TEST_F(Plugins, ShippedOneThatHangsIsLeftOutAtTheStart) {
  drop("ptah_hang_a", "a.so");
  drop("ptah_hang_b", "b.so");
  drop("ptah_other", "other.so");
  ASSERT_TRUE(daemon.start({{"--plugin-limit", "1"}}));
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 1)}));
  EXPECT_EQ(client.result("job.wait", {{"job", "j"}})["state"], "done");
  EXPECT_EQ(entry(client, "other.so")["state"], "ready");
  EXPECT_EQ(entry(client, "a.so")["state"], "unavailable");
  EXPECT_EQ(entry(client, "b.so")["state"], "unavailable");
}

/// A number of reloads under load: 20, or PTAH_RELOADS.
TEST_F(Plugins, ReloadsUnderLoadLoseNothing) {
  const char* wanted = std::getenv("PTAH_RELOADS");
  const int reloads = wanted == nullptr ? 20 : std::atoi(wanted);
  drop("ptah_stub_v1", "stub.so");
  drop("ptah_other", "other.so");
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  ASSERT_TRUE(becomes(client, "stub.so", "ready"));
  const auto descriptors = [&] {
    return std::distance(fs::directory_iterator("/proc/" + std::to_string(daemon.pid()) + "/fd"),
                         fs::directory_iterator{});
  };
  const auto files_of = [](const fs::path& folder) {
    std::set<fs::path> files;
    for (const auto& item : fs::recursive_directory_iterator(folder)) {
      if (item.is_regular_file()) files.insert(item.path());
    }
    return files;
  };
  std::int64_t first_rss = 0;
  std::ptrdiff_t first_descriptors = 0;
  for (int i = 0; i < reloads; ++i) {
    const std::string version = i % 2 == 0 ? "2.0.0" : "1.0.0";
    const fs::path aside = daemon.root() / "next.so";
    fs::copy_file(fs::path(PTAH_STUB_DIR) / (i % 2 == 0 ? "ptah_stub_v2.so" : "ptah_stub_v1.so"),
                  aside, fs::copy_options::overwrite_existing);
    // Bytes behind a library's end change its hash alone: each time it is a new version.
    std::ofstream(aside, std::ios::app) << i;
    fs::rename(aside, daemon.plugins() / "stub.so");
    client.result("flow.run", run("j" + std::to_string(i), {chain("c" + std::to_string(i), 2)}));
    client.result("plugin.reload", {{"name", "stub"}});
    EXPECT_EQ(entry(client, "stub.so")["version"], version);
    EXPECT_EQ(entry(client, "stub.so")["state"], "ready");
    if (i == 10) {
      first_rss = client.result("server.status")["rss_bytes"];
      first_descriptors = descriptors();
    }
  }
  for (int i = 0; i < reloads; ++i) {
    const Json job = client.result("job.wait", {{"job", "j" + std::to_string(i)}});
    EXPECT_EQ(job["state"], "done") << job.dump();
    EXPECT_EQ(job["variants"], 3);
  }
  // What is left: the workers of the last set, and the two copies that serve.
  EXPECT_TRUE(eventually([&] { return client.result("server.status")["workers"].size() <= 3; }));
  EXPECT_TRUE(eventually([&] { return files_of(daemon.state() / "plugins").size() == 2; }))
      << files_of(daemon.state() / "plugins").size();
  EXPECT_TRUE(eventually([&] { return files_of(daemon.state() / "scratch").empty(); }));
  EXPECT_LE(descriptors(), first_descriptors + 8);
  const std::int64_t last_rss = client.result("server.status")["rss_bytes"];
  EXPECT_LT(last_rss, first_rss + (PTAH_SANITIZED ? 256 : 8) * (1 << 20));
  std::cout << reloads << " reloads: rss " << first_rss / 1024 << " -> " << last_rss / 1024
            << " KiB, descriptors " << first_descriptors << " -> " << descriptors() << "\n";
}

}  // namespace
}  // namespace ptah::test
