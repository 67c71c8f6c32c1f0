// What survives: kill -9 at any moment, a full disk, damaged files.
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "daemon_fixture.hpp"
#include "ptah/core/random.hpp"

namespace ptah::test {
namespace {

using Recovery = DaemonTest;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// The first page of a table. A test that damages a page says of which table: other requests are to
/// find theirs whole, and what lies in the middle of a database depends on how results came in.
int first_page(const fs::path& database, const std::string& table) {
  sqlite3* connection = nullptr;
  sqlite3_stmt* statement = nullptr;
  int page = 0;
  if (sqlite3_open_v2(database.c_str(), &connection, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK &&
      sqlite3_prepare_v2(connection, "SELECT rootpage FROM sqlite_schema WHERE name = ?", -1,
                         &statement, nullptr) == SQLITE_OK &&
      sqlite3_bind_text(statement, 1, table.c_str(), -1, SQLITE_STATIC) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW)
    page = sqlite3_column_int(statement, 0);
  EXPECT_GT(page, 0) << sqlite3_errmsg(connection);
  sqlite3_finalize(statement);
  sqlite3_close(connection);
  return page;
}

std::vector<Json> variants_of(Client& client, const std::string& job) {
  std::vector<Json> variants;
  std::int64_t after = 0;
  do {
    const Json list =
        client.result("variant.list", {{"job", job}, {"after", after}, {"limit", 1000}});
    for (const Json& variant : list["variants"]) variants.push_back(variant);
    after = list["next"];
  } while (after != 0);
  return variants;
}

/// Every variant once, with whole files in the store and, where the job has one, in `out`.
void expect_whole(Client& client, const std::string& job, const fs::path& out) {
  std::set<std::pair<int, int>> seen;
  for (const Json& variant : variants_of(client, job)) {
    const int chain = variant["chain"], number = variant["variant"];
    EXPECT_TRUE(seen.emplace(chain, number).second) << "twice: " << chain << "/" << number;
    const std::string expected =
        variant["record"]["name"].get<std::string>() + " variant " + std::to_string(number) + "\n";
    for (const Json& file : variant["files"]) {
      if (file["role"] != "gds") continue;
      EXPECT_EQ(text_of(file["path"].get<std::string>()), expected);
      if (!out.empty()) {
        EXPECT_EQ(text_of(out / file["dataset"].get<std::string>()), expected);
      }
    }
  }
}

/// Whether every variant so far has its layout in `out`.
bool has_output(Client& client, const std::string& job, const fs::path& out) {
  for (const Json& variant : variants_of(client, job)) {
    for (const Json& file : variant["files"]) {
      if (file["role"] == "gds" && !fs::exists(out / file["dataset"].get<std::string>()))
        return false;
    }
  }
  return true;
}

TEST_F(Recovery, KilledTwentyTimesEveryVariantIsThereOnceAndTheJobGoesOn) {
  constexpr int kKills = 20;
  constexpr int kLast = 150;
  Rng random(20);
  std::set<std::string> acknowledged;
  std::map<std::pair<int, int>, std::string> committed;
  ASSERT_TRUE(daemon.start());
  {
    Client client = daemon.client();
    Json request = run("j", {chain("a", kLast, {{"ms", 12}}), chain("b", kLast, {{"ms", 12}}),
                             chain("c", kLast, {{"ms", 12}})});
    request["out"] = daemon.out().string();
    client.result("flow.run", request);
  }
  std::int64_t last_event = 0;
  std::size_t kills_in_mid_run = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    std::vector<pid_t> workers;
    {
      Client client = daemon.client();
      const std::string extra = "extra-" + std::to_string(kill);
      const Json reply = client.call("flow.run", run(extra, {chain(extra, 3)}));
      if (reply.is_object() && reply.contains("result")) acknowledged.insert(extra);
      const Json status = client.result("server.status");
      for (const Json& worker : status["workers"]) workers.push_back(worker["pid"]);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(random.below(250)));
    daemon.kill();
    for (const pid_t worker : workers) {
      EXPECT_TRUE(eventually([&] { return ::kill(worker, 0) != 0; }))
          << "worker " << worker << " outlives its daemon";
    }
    ASSERT_TRUE(daemon.start());
    Client client = daemon.client();
    const Json job = client.result("job.get", {{"job", "j"}});
    if (job["state"] != "done") ++kills_in_mid_run;
    EXPECT_GE(job["last_event"].get<std::int64_t>(), last_event);
    last_event = job["last_event"];
    ASSERT_TRUE(eventually([&] { return has_output(client, "j", daemon.out()); }));
    expect_whole(client, "j", daemon.out());
    std::set<std::pair<int, int>> present;
    for (const Json& variant : variants_of(client, "j")) {
      const std::pair key{variant["chain"].get<int>(), variant["variant"].get<int>()};
      present.insert(key);
      const auto [place, fresh] = committed.emplace(key, variant["files"].dump());
      EXPECT_EQ(place->second, variant["files"].dump());
    }
    for (const auto& [key, files] : committed)
      EXPECT_TRUE(present.contains(key)) << "lost: " << key.first << "/" << key.second;
    for (const std::string& id : acknowledged)
      EXPECT_TRUE(client.call("job.get", {{"job", id}}).contains("result")) << id;
  }
  Client client = daemon.client();
  const Json job = client.result("job.wait", {{"job", "j"}});
  EXPECT_EQ(job["state"], "done") << job.dump();
  EXPECT_EQ(variants_of(client, "j").size(), 3u * (kLast + 1));
  expect_whole(client, "j", daemon.out());
  for (const std::string& id : acknowledged) {
    EXPECT_EQ(client.result("job.wait", {{"job", id}})["state"], "done");
    EXPECT_EQ(variants_of(client, id).size(), 4u);
  }
  EXPECT_TRUE(client.result("server.verify")["damaged"].empty());
  std::cout << kills_in_mid_run << " of " << kKills << " kills hit the running job, "
            << acknowledged.size() << " other jobs\n";
  EXPECT_GT(kills_in_mid_run, 3u);
}

TEST_F(Recovery, TerminatedDaemonGoesOnAtItsNextStart) {
  ASSERT_TRUE(daemon.start());
  daemon.client().result("flow.run", run("j", {chain("a", 60, {{"ms", 10}})}));
  Client first = daemon.client();
  ASSERT_TRUE(eventually([&] {
    return first.result("job.get", {{"job", "j"}})["variants"].get<int>() > 3;
  }));
  EXPECT_EQ(daemon.terminate(), 0);
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  EXPECT_EQ(client.result("job.wait", {{"job", "j"}})["variants"], 61);
}

TEST_F(Recovery, OutputThatIsMissingIsRestoredAtTheStart) {
  ASSERT_TRUE(daemon.start());
  Json request = run("j", {chain("a", 200, {{"ms", 20}})});
  request["out"] = daemon.out().string();
  {
    Client client = daemon.client();
    client.result("flow.run", request);
    ASSERT_TRUE(eventually([&] {
      return client.result("job.get", {{"job", "j"}})["variants"].get<int>() > 3;
    }));
  }
  daemon.kill();
  fs::remove_all(daemon.out());
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  // Beside what clients ask for, and before the job goes on.
  ASSERT_TRUE(eventually([&] { return has_output(client, "j", daemon.out()); }));
  client.result("job.cancel", {{"job", "j"}});
  expect_whole(client, "j", daemon.out());
  fs::remove_all(daemon.out());
  client.result("job.resume", {{"job", "j"}});
  ASSERT_TRUE(eventually([&] { return has_output(client, "j", daemon.out()); }));
  client.result("job.cancel", {{"job", "j"}});
  expect_whole(client, "j", daemon.out());
}

TEST_F(Recovery, FileLimitOnTheStoreFailsTheJobAndNothingElse) {
  Daemon::Options options;
  options.file_limit = 6 << 20;
  ASSERT_TRUE(daemon.start(options));
  Client client = daemon.client();
  client.result("flow.run", run("small", {chain("s", 100, {{"ms", 10}})}));
  client.result("flow.run", run("big", {chain("a", 1, {{"bytes", 8 << 20}})}));
  const Json job = client.result("job.wait", {{"job", "big"}});
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(client.result("job.wait", {{"job", "small"}})["state"], "done");
  EXPECT_EQ(variants_of(client, "small").size(), 101u);
}

/// A file system of a few MiB, where this process may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(fs::path path, int mebibytes) : path_(std::move(path)) {
    fs::create_directories(path_);
    mounted_ = ::mount("tmpfs", path_.c_str(), "tmpfs", 0, options(mebibytes).c_str()) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  void resize(int mebibytes) {
    ::mount("tmpfs", path_.c_str(), "tmpfs", MS_REMOUNT, options(mebibytes).c_str());
  }

 private:
  static std::string options(int mebibytes) {
    return "mode=0700,size=" + std::to_string(mebibytes) + "m";
  }
  fs::path path_;
  bool mounted_ = false;
};

TEST_F(Recovery, FullStoreFailsTheJobKeepsWhatIsThereAndTheJobGoesOnWithSpace) {
  // The worker is up to 100 ms of variants ahead of the first commit, and they need room as well.
  SmallDisk disk(daemon.state(), 32);
  if (!disk.mounted()) GTEST_SKIP() << "No right to mount a tmpfs here.";
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 30, {{"bytes", 1 << 20}, {"ms", 15}})}));
  const Json job = client.result("job.wait", {{"job", "j"}});
  EXPECT_EQ(job["state"], "failed");
  EXPECT_NE(job["error"]["message"].get<std::string>().find("No space left"), std::string::npos)
      << job.dump();
  EXPECT_NE(job["error"]["hint"].get<std::string>().find("job.resume"), std::string::npos);
  const std::size_t kept = variants_of(client, "j").size();
  EXPECT_GE(kept, 1u);
  EXPECT_LT(kept, 31u);
  EXPECT_TRUE(client.result("server.verify")["damaged"].empty());
  EXPECT_TRUE(client.result("server.ping").is_object());
  // Killed on the full disk, it starts again.
  daemon.kill();
  ASSERT_TRUE(daemon.start());
  Client again = daemon.client();
  EXPECT_EQ(variants_of(again, "j").size(), kept);
  EXPECT_EQ(again.result("job.get", {{"job", "j"}})["state"], "failed");
  disk.resize(200);
  again.result("job.resume", {{"job", "j"}});
  const Json resumed = again.result("job.wait", {{"job", "j"}});
  EXPECT_EQ(resumed["state"], "done") << resumed.dump();
  EXPECT_EQ(variants_of(again, "j").size(), 31u);
}

TEST_F(Recovery, FullOutputFailsTheJobAndTheStoreKeepsEverything) {
  SmallDisk disk(daemon.out(), 6);
  if (!disk.mounted()) GTEST_SKIP() << "No right to mount a tmpfs here.";
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  Json request = run("j", {chain("a", 12, {{"bytes", 1 << 20}})});
  request["out"] = daemon.out().string();
  client.result("flow.run", request);
  const Json job = client.result("job.wait", {{"job", "j"}});
  EXPECT_EQ(job["state"], "failed");
  EXPECT_NE(job["error"].dump().find("No space left"), std::string::npos) << job.dump();
  EXPECT_NE(job["error"]["where"].get<std::string>().find(daemon.out().string()),
            std::string::npos);
  EXPECT_EQ(client.call("variant.export",
                        {{"job", "j"}, {"out", daemon.out().string()}})["error"]["data"]["code"],
            "io");
  disk.resize(100);
  client.result("job.resume", {{"job", "j"}});
  EXPECT_EQ(client.result("job.wait", {{"job", "j"}})["state"], "done");
  for (int i = 0; i <= 12; ++i)
    EXPECT_TRUE(fs::exists(daemon.out() / ("data/fake/layouts/a/v" + std::to_string(i) + ".gds")));
}

/// Changes one byte of a read-only file of the store.
void flip_a_byte(const fs::path& file) {
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  const int byte = stream.get();
  stream.seekp(0);
  stream.put(static_cast<char>(byte ^ 1));
}

TEST_F(Recovery, FlippedByteIsDetectedAndTheRestIsServed) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 4)}));
  client.result("job.wait", {{"job", "j"}});
  const Json bad =
      client.result("variant.get", {{"job", "j"}, {"chain", 0}, {"variant", 2}})["files"][0];
  const Json good =
      client.result("variant.get", {{"job", "j"}, {"chain", 0}, {"variant", 3}})["files"][0];
  flip_a_byte(bad["path"].get<std::string>());
  const Json refused = client.call("store.get", {{"hash", bad["hash"]}});
  EXPECT_EQ(refused["error"]["data"]["code"], "io");
  EXPECT_NE(refused["error"]["message"].get<std::string>().find("damaged"), std::string::npos);
  EXPECT_EQ(client.result("store.get", {{"hash", good["hash"]}})["hash"], good["hash"]);
  const Json damaged = client.result("server.verify")["damaged"];
  ASSERT_EQ(damaged.size(), 1u);
  EXPECT_EQ(damaged[0]["hash"], bad["hash"]);
  EXPECT_EQ(damaged[0]["job"], "j");
  // A damaged file is never handed on as a result.
  EXPECT_EQ(client.call("variant.export",
                        {{"job", "j"}, {"out", daemon.out().string()}})["error"]["data"]["code"],
            "io");
  EXPECT_FALSE(fs::exists(daemon.out() / "data/fake/layouts/a/v2.gds"));
  // The same bytes made again heal it.
  client.result("flow.run", run("again", {chain("a", 4)}));
  client.result("job.wait", {{"job", "again"}});
  EXPECT_TRUE(client.result("server.verify")["damaged"].empty());
}

TEST_F(Recovery, ProgressGoesOnWhereItWas) {
  ASSERT_TRUE(daemon.start());
  std::vector<Json> chains;
  for (const char* name : {"a", "b", "c", "d"}) chains.push_back(chain(name, 40, {{"ms", 20}}));
  std::vector<double> told;
  {
    Client client = daemon.client();
    client.result("flow.run", run("j", chains));
    client.result("job.subscribe", {{"job", "j"}});
    while (told.empty() || told.back() < 0.2) {
      const Json event = client.notification();
      ASSERT_TRUE(event.is_object());
      if (event["method"] == "job.progress") told.push_back(event["params"]["fraction"]);
    }
  }
  daemon.kill();
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("job.subscribe", {{"job", "j"}});
  const std::size_t before = told.size();
  for (;;) {
    const Json event = client.notification();
    ASSERT_TRUE(event.is_object());
    if (event["method"] == "job.finished") break;
    if (event["method"] == "job.progress") told.push_back(event["params"]["fraction"]);
  }
  EXPECT_GT(told.size(), before + 1);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end())) << Json(told).dump();
}

TEST_F(Recovery, ChainWithADamagedStateIsMadeAgain) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 40, {{"ms", 20}})}));
  ASSERT_TRUE(eventually([&] {
    return client.result("job.get", {{"job", "j"}})["variants"].get<int>() > 3;
  }));
  client.result("job.cancel", {{"job", "j"}});
  const Json last = variants_of(client, "j").back();
  for (const Json& file : last["files"]) {
    if (file["role"] == "state") flip_a_byte(file["path"].get<std::string>());
  }
  client.result("job.resume", {{"job", "j"}});
  EXPECT_EQ(client.result("job.wait", {{"job", "j"}})["state"], "done");
  EXPECT_EQ(variants_of(client, "j").size(), 41u);
  EXPECT_TRUE(client.result("server.verify")["damaged"].empty());
  const Json events = client.result("job.events", {{"job", "j"}, {"limit", 1000}})["events"];
  EXPECT_NE(events.dump().find("damaged"), std::string::npos);
}

TEST_F(Recovery, VerificationNamesWhatIsDamagedWhileOthersAreServed) {
  ASSERT_TRUE(daemon.start());
  daemon.client().result("flow.run", run("j", {chain("a", 30)}));
  daemon.client().result("job.wait", {{"job", "j"}});
  daemon.terminate();  // What the log holds comes into the database.
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const Json whole = client.result("server.verify");
  EXPECT_TRUE(whole["damaged"].empty()) << whole.dump();
  EXPECT_TRUE(whole["restore"].empty());
  EXPECT_GT(whole["pages"], 10);
  EXPECT_GT(whole["rows"], 90);
  EXPECT_GT(whole["files"], 30);
  // It tells how far it is, from the start on.
  const Json note = client.notification();
  EXPECT_EQ(note["method"], "server.verifying");
  EXPECT_EQ(note["params"]["fraction"], 0.0);
  EXPECT_FALSE(note["params"]["message"].get<std::string>().empty());

  const fs::path database = daemon.state() / "ptah.sqlite";
  const int page = first_page(database, "events");
  {
    std::fstream stream(database, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg((page - 1) * 4096 + 2000);
    const int byte = stream.get();
    stream.seekp((page - 1) * 4096 + 2000);
    stream.put(static_cast<char>(byte ^ 4));
  }
  const Json file =
      client.result("variant.get", {{"job", "j"}, {"chain", 0}, {"variant", 2}})["files"][0];
  flip_a_byte(file["path"].get<std::string>());
  const int request = client.request("server.verify");
  Client other = daemon.client();
  EXPECT_TRUE(other.call("job.list").contains("result"));
  const Json found = client.answer(request)["result"];
  bool page_named = false, file_named = false;
  for (const Json& damage : found["damaged"]) {
    page_named = page_named || (damage.value("page", 0) == page &&
                                damage["file"] == database.string() && damage.contains("problem"));
    file_named = file_named || (damage.value("hash", "") == file["hash"] && damage["job"] == "j");
  }
  EXPECT_TRUE(page_named) << found.dump(1);
  EXPECT_TRUE(file_named) << found.dump(1);
  ASSERT_EQ(found["restore"].size(), 2u) << found.dump(1);
  EXPECT_NE(found["restore"].dump().find("backup"), std::string::npos);
}

TEST_F(Recovery, VerificationIsForAdministratorsAndEndsWithItsClient) {
  ASSERT_TRUE(daemon.start({{"--tcp", "0"}}));
  daemon.client().result("flow.run", run("j", {chain("a", 30)}));
  auto user = daemon.stranger();
  ASSERT_TRUE(user);
  user->result("server.hello", {{"token", daemon.token()}});
  EXPECT_EQ(user->call("server.verify")["error"]["data"]["code"], "denied");
  {
    Client leaving = daemon.client();
    leaving.request("server.verify");
  }
  Client cancelling = daemon.client();
  const int request = cancelling.request("server.verify");
  const int cancel = cancelling.request("server.cancel", {{"id", request}});
  const Json stopped = cancelling.answer(request);
  if (cancelling.answer(cancel)["result"]["cancelled"] == 1) {
    EXPECT_EQ(stopped["error"]["data"]["code"], "cancelled") << stopped.dump();
  }
  EXPECT_TRUE(daemon.client().result("server.verify")["damaged"].empty());
}

TEST_F(Recovery, DamagedDatabaseIsSaidSo) {
  ASSERT_TRUE(daemon.start());
  daemon.terminate();
  std::ofstream(daemon.state() / "ptah.sqlite", std::ios::binary | std::ios::trunc)
      << std::string(8192, 'x');
  EXPECT_FALSE(daemon.start());
  EXPECT_NE(daemon.log().find("damaged"), std::string::npos);
  EXPECT_NE(daemon.log().find("backup"), std::string::npos);
}

}  // namespace
}  // namespace ptah::test
