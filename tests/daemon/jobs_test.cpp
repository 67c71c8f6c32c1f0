// Jobs on workers that do what the test says.
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <set>

#include "daemon_fixture.hpp"

namespace ptah::test {
namespace {

using Jobs = DaemonTest;

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// All variants of a job as "chain/variant", in the order of commitment.
std::vector<std::string> variants_of(Client& client, const std::string& job, int page = 1000) {
  std::vector<std::string> names;
  std::int64_t after = 0;
  do {
    const Json list =
        client.result("variant.list", {{"job", job}, {"after", after}, {"limit", page}});
    for (const Json& variant : list["variants"])
      names.push_back(variant["chain"].dump() + "/" + variant["variant"].dump());
    after = list["next"];
  } while (after != 0);
  return names;
}

Json wait_for(Client& client, const std::string& job) {
  return client.result("job.wait", {{"job", job}});
}

TEST_F(Jobs, RunMakesEveryVariantOnceAndItsDataset) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  Json request = run("j", {chain("a", 3), chain("b", 4)});
  request["out"] = daemon.out().string();
  EXPECT_EQ(client.result("flow.run", request)["job"], "j");
  const Json job = wait_for(client, "j");
  EXPECT_EQ(job["state"], "done");
  EXPECT_EQ(job["variants"], 9);
  EXPECT_EQ(job["circuit"], "fake");
  EXPECT_EQ(job["chains"]["done"], 2);
  const auto variants = variants_of(client, "j", 2);
  EXPECT_EQ(std::set<std::string>(variants.begin(), variants.end()).size(), 9u);
  EXPECT_EQ(variants.size(), 9u);
  for (int i = 0; i <= 4; ++i) {
    const std::string name = "v" + std::to_string(i) + ".gds";
    EXPECT_EQ(text_of(daemon.out() / "data/fake/layouts/b" / name),
              "b variant " + std::to_string(i) + "\n");
  }
  EXPECT_EQ(text_of(daemon.out() / "netlists/fake/template.sp"), "* fake\n");
  EXPECT_TRUE(eventually([&] { return fs::is_empty(daemon.state() / "scratch"); }));
  // Nothing of a half-written file is left behind.
  for (const auto& entry : fs::recursive_directory_iterator(daemon.out())) {
    EXPECT_EQ(entry.path().filename().string().find(".ptah-"), std::string::npos) << entry.path();
  }
}

TEST_F(Jobs, TheBestLayoutIsTheFirstOfLeastCostInWhateverOrderTheyCome) {
  ASSERT_TRUE(daemon.start());
  // The slow chain 0 has the equal of what chain 1 has brought long before.
  const Json slow = chain("a", 2, {{"costs", {5, 2, nullptr}}, {"ms", 150}});
  const Json quick = chain("b", 3, {{"costs", {nullptr, 7, 2, 2}}, {"ms", 1}});
  const Json expected{{"chain", 0}, {"variant", 1}, {"cost", 2.0}};
  {
    Client client = daemon.client();
    client.result("flow.run", run("ranked", {slow, quick}));
    const Json job = wait_for(client, "ranked");
    EXPECT_EQ(job["best"], expected) << job;
    EXPECT_EQ(job["result"]["best"], expected) << job;
    Json said;
    const Json events = client.result("job.events", {{"job", "ranked"}})["events"];
    for (const Json& event : events) {
      const Json& params = event["params"];
      if (event["method"] == "variant.ready" && params.value("best", false))
        said.push_back({params["chain"], params["variant"]});
    }
    ASSERT_FALSE(said.empty());
    EXPECT_EQ(said.back(), Json({0, 1})) << said << ": who follows the events ends with it";
    client.result("flow.run", run("unscored", {chain("c", 1)}));
    EXPECT_FALSE(wait_for(client, "unscored").contains("best"));
  }
  daemon.terminate();
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  EXPECT_EQ(client.result("job.get", {{"job", "ranked"}})["best"], expected);
  const Json list = client.result("variant.list", {{"job", "ranked"}});
  ASSERT_EQ(list["variants"].size(), 7u);
  for (const Json& variant : list["variants"]) {
    const bool best = variant["chain"] == 0 && variant["variant"] == 1;
    EXPECT_EQ(variant.value("best", false), best) << variant;
  }
}

TEST_F(Jobs, VariantIsOnDiskWhenItIsAnnounced) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  Json request = run("j", {chain("a", 10)});
  request["out"] = daemon.out().string();
  client.result("flow.run", request);
  client.result("job.subscribe", {{"job", "j"}});
  int ready = 0;
  for (;;) {
    const Json event = client.notification();
    ASSERT_TRUE(event.is_object());
    if (event["method"] == "job.finished") break;
    if (event["method"] != "variant.ready") continue;
    ++ready;
    for (const Json& file : event["params"]["files"]) {
      const std::string text = text_of(file["path"].get<std::string>());
      EXPECT_EQ(static_cast<std::int64_t>(text.size()), file["size"].get<std::int64_t>());
      EXPECT_EQ(client.result("store.get", {{"hash", file["hash"]}})["path"], file["path"]);
      if (file.contains("dataset")) {
        EXPECT_EQ(text_of(daemon.out() / file["dataset"].get<std::string>()), text);
      }
    }
  }
  EXPECT_EQ(ready, 11);
}

TEST_F(Jobs, ClientsIdMakesARetryTheSameJob) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const Json request = run("mine", {chain("a", 2)});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.result("flow.run", request)["job"], "mine");
  EXPECT_EQ(wait_for(client, "mine")["variants"], 3);
  EXPECT_EQ(client.result("flow.run", request)["state"], "done");
  EXPECT_EQ(client.result("job.list")["jobs"].size(), 1u);
  const Json other = client.call("flow.run", run("mine", {chain("a", 3)}));
  EXPECT_EQ(other["error"]["data"]["code"], "conflict");
  for (const std::string bad : {"../x", ".hidden", "a/b", "-x", "sp ace"}) {
    EXPECT_EQ(client.call("flow.run", run(bad, {}))["error"]["data"]["code"], "invalid_argument")
        << bad;
  }
  Json relative = run("r", {});
  relative["out"] = "some/where";
  EXPECT_EQ(client.call("flow.run", relative)["error"]["data"]["where"], "out");
}

TEST_F(Jobs, AnImpossibleSpecIsTheRequestsErrorAndNoJob) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const Json layout{{"gds", "/a.gds"}};
  const Json circuit{{"circuit", "fake"}};
  const auto with = [](Json spec, const char* field, const Json& value) {
    spec[field] = value;
    return spec;
  };
  const std::vector<std::tuple<const char*, Json, std::string>> wrong{
      {"flow.run", with(circuit, "colour", 1), "spec.colour"},
      {"flow.run", with(circuit, "judges", "some"), "spec.judges"},
      {"flow.run", with(circuit, "flow", "a b"), "spec.flow"},
      {"flow.plan", with(circuit, "objective", "size"), "spec.objective"},
      {"flow.check", with(layout, "drc", "yes"), "spec.drc"},
      {"flow.render", with(layout, "format", "gif"), "spec.format"}};
  for (const auto& [method, spec, where] : wrong) {
    const Json answer = client.call(method, {{"spec", spec}});
    EXPECT_EQ(answer["error"]["code"], -32602) << answer.dump();
    EXPECT_EQ(answer["error"]["data"]["where"], where) << answer.dump();
  }
  const Json score =
      client.call("score.layout", {{"circuit", "fake"}, {"layout", layout}, {"measuring", "some"}});
  EXPECT_EQ(score["error"]["code"], -32602) << score.dump();
  EXPECT_TRUE(client.result("job.list")["jobs"].empty());
}

TEST_F(Jobs, ChosenIdsDoNotClash) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const Json request{{"spec", acting({{"chains", Json::array({chain("a", 0)})}})}};
  std::set<std::string> ids;
  client.result("flow.run", run("run-2", {chain("a", 0)}));
  for (int i = 0; i < 4; ++i)
    ids.insert(client.result("flow.run", request)["job"].get<std::string>());
  EXPECT_EQ(ids.size(), 4u);
  EXPECT_FALSE(ids.contains("run-2"));
}

TEST_F(Jobs, EventsAreNumberedAndResumeWithoutGapOrRepeat) {
  ASSERT_TRUE(daemon.start());
  std::vector<std::int64_t> numbers;
  std::set<std::string> ready;
  std::int64_t last = 0;
  daemon.client().result("flow.run",
                         run("j", {chain("a", 30, {{"ms", 10}}), chain("b", 30, {{"ms", 10}})}));
  bool finished = false;
  // A client that comes, takes a few events and vanishes, again and again.
  for (int visit = 0; visit < 200 && !finished; ++visit) {
    Client client = daemon.client();
    client.request("job.subscribe", {{"job", "j"}, {"after", last}});
    for (int i = 0; i < 7 && !finished; ++i) {
      const Json event = client.notification();
      ASSERT_TRUE(event.is_object());
      const Json& params = event["params"];
      ASSERT_GT(params["event"].get<std::int64_t>(), last);
      last = params["event"];
      if (event["method"] == "variant.ready") {
        EXPECT_TRUE(ready.insert(params["chain"].dump() + "/" + params["variant"].dump()).second);
      }
      finished = event["method"] == "job.finished";
    }
  }
  EXPECT_TRUE(finished);
  EXPECT_EQ(ready.size(), 62u);
}

TEST_F(Jobs, SubscribersOfAFinishedJobGetItsEventsAndNoMore) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 120)}));
  wait_for(client, "j");
  client.result("job.subscribe", {{"job", "j"}});
  std::vector<std::string> methods;
  do {
    const Json event = client.notification();
    ASSERT_TRUE(event.is_object());
    methods.push_back(event["method"]);
  } while (methods.back() != "job.finished");
  EXPECT_EQ(std::count(methods.begin(), methods.end(), "variant.ready"), 121);
  EXPECT_TRUE(client.notification(200).is_null());
  const Json events = client.result("job.events", {{"job", "j"}, {"limit", 10}});
  EXPECT_EQ(events["events"].size(), 10u);
  EXPECT_TRUE(events["more"]);
}

/// Chains whose bars fall back, one that is tried again and one that fails.
TEST_F(Jobs, ProgressNeverFalls) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 20, {{"ms", 40}}), chain("b", 30, {{"ms", 40}}),
                                      chain("c", 10, {{"ms", 40}, {"at", 7}, {"do", "exit"}}),
                                      chain("d", 10, {{"ms", 40}, {"at", 3}, {"do", "error"}})}));
  client.result("job.subscribe", {{"job", "j"}});
  std::vector<double> told;
  for (;;) {
    const Json event = client.notification();
    ASSERT_TRUE(event.is_object());
    if (event["method"] == "job.finished") break;
    if (event["method"] == "job.progress") told.push_back(event["params"]["fraction"]);
  }
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end())) << Json(told).dump();
  EXPECT_GT(told.size(), 3u);
  EXPECT_GT(told.back(), told.front());
}

TEST_F(Jobs, ProgressIsThinned) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 20, {{"ms", 50}, {"tries", 200}})}));
  client.result("job.subscribe", {{"job", "j"}});
  const auto begin = std::chrono::steady_clock::now();
  int progress = 0;
  double fraction = 0;
  for (;;) {
    const Json event = client.notification();
    ASSERT_TRUE(event.is_object());
    if (event["method"] == "job.finished") break;
    if (event["method"] != "job.progress") continue;
    ++progress;
    EXPECT_GE(event["params"]["fraction"].get<double>(), fraction);
    fraction = event["params"]["fraction"];
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  EXPECT_GT(progress, 2);
  EXPECT_LE(progress, 10 * seconds + 2);
  EXPECT_GT(fraction, 0.5);
}

TEST_F(Jobs, ClientThatVanishesLeavesTheJobRunning) {
  ASSERT_TRUE(daemon.start());
  {
    Client client = daemon.client();
    client.result("flow.run", run("j", {chain("a", 20, {{"ms", 20}})}));
    client.request("job.subscribe", {{"job", "j"}});
    client.request("job.wait", {{"job", "j"}});
  }
  Client client = daemon.client();
  EXPECT_EQ(wait_for(client, "j")["state"], "done");
}

TEST_F(Jobs, ClientThatDoesNotReadHoldsNobodyUp) {
  ASSERT_TRUE(daemon.start());
  Client deaf = daemon.client();
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 300, {{"ms", 0}})}));
  for (int i = 0; i < 200; ++i) {
    deaf.request("job.subscribe", {{"job", "j"}});
    deaf.request("variant.list", {{"job", "j"}, {"limit", 1000}});
  }
  EXPECT_EQ(wait_for(client, "j")["variants"], 301);
  EXPECT_LT(client.result("server.status")["rss_bytes"].get<std::int64_t>(),
            PTAH_SANITIZED ? 2ll << 30 : 256ll << 20);
}

TEST_F(Jobs, CancelStopsQueuedAndRunningAndKeepsVariants) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 1000, {{"ms", 20}}),
                                      chain("b", 1000, {{"ms", 20}}), chain("c", 1000)}));
  ASSERT_TRUE(eventually([&] {
    return client.result("job.get", {{"job", "j"}})["variants"].get<int>() >= 3;
  }));
  EXPECT_EQ(client.result("job.cancel", {{"job", "j"}})["state"], "cancelled");
  const Json job = client.result("job.get", {{"job", "j"}});
  EXPECT_EQ(job["state"], "cancelled");
  EXPECT_EQ(variants_of(client, "j").size(), job["variants"].get<std::size_t>());
  EXPECT_EQ(client.result("job.cancel", {{"job", "j"}})["state"], "cancelled");
  // The workers are free again.
  client.result("flow.run", run("next", {chain("a", 1)}));
  EXPECT_EQ(wait_for(client, "next")["state"], "done");
}

TEST_F(Jobs, CancelEndsAWorkerThatDoesNotListen) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 5, {{"at", 2}, {"do", "hang"}})}));
  ASSERT_TRUE(eventually([&] {
    return client.result("job.get", {{"job", "j"}})["variants"] == 2;
  }));
  EXPECT_EQ(client.result("job.cancel", {{"job", "j"}})["state"], "cancelled");
}

TEST_F(Jobs, CancelledJobResumesWhereItStopped) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 60, {{"ms", 10}}), chain("b", 60, {{"ms", 10}})}));
  ASSERT_TRUE(eventually([&] {
    return client.result("job.get", {{"job", "j"}})["variants"].get<int>() >= 5;
  }));
  client.result("job.cancel", {{"job", "j"}});
  const auto before = variants_of(client, "j");
  client.result("job.resume", {{"job", "j"}});
  EXPECT_EQ(wait_for(client, "j")["state"], "done");
  const auto after = variants_of(client, "j");
  EXPECT_EQ(after.size(), 122u);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
}

struct Misdeed {
  const char* name;
  Json more;
  std::vector<const char*> words;
};

TEST_F(Jobs, WorkerThatMisbehavesCostsItsTaskAClearErrorAndNobodyElse) {
  ASSERT_TRUE(daemon.start({{"--hang-limit", "4", "--worker-memory-mib", "64"}}));
  Client client = daemon.client();
  const std::vector<Misdeed> misdeeds{
      {"crash", {{"do", "crash"}}, {"SIGSEGV", "router", "maze 9.9", "fake backtrace"}},
      {"abort", {{"do", "abort"}}, {"SIGABRT", "router", "maze 9.9"}},
      {"exit", {{"do", "exit"}}, {"exited with status 3", "maze 9.9"}},
      {"hang", {{"do", "hang"}}, {"no sign of life", "router", "maze 9.9"}},
      {"hog", {{"do", "hog"}}, {"more memory", "64 MiB", "maze 9.9"}},
      {"garbage", {{"do", "garbage"}}, {"router", "maze 9.9"}},
      {"error", {{"do", "error"}}, {"No way through."}},
      {"outside", {{"do", "outside"}}, {"not in its scratch folder"}},
      {"escape", {{"do", "escape"}}, {"does not stay below"}},
  };
  client.result("flow.run", run("innocent", {chain("x", 200, {{"ms", 30}})}));
  for (const Misdeed& misdeed : misdeeds) {
    Json more = misdeed.more;
    more["at"] = 2;
    Json request = run(misdeed.name, {chain("a", 5, more)});
    request["out"] = daemon.out().string();
    client.result("flow.run", request);
    const Json job = wait_for(client, misdeed.name);
    EXPECT_EQ(job["state"], "failed") << misdeed.name;
    for (const char* word : misdeed.words) {
      EXPECT_NE(job["error"].dump().find(word), std::string::npos)
          << misdeed.name << ": " << job["error"].dump();
    }
    EXPECT_EQ(job["variants"], 2) << misdeed.name;
    const Json chains = client.result("job.chains", {{"job", misdeed.name}})["chains"];
    EXPECT_EQ(chains[0]["state"], "failed");
  }
  EXPECT_FALSE(fs::exists(daemon.root() / "escaped"));
  EXPECT_EQ(wait_for(client, "innocent")["state"], "done");
  EXPECT_EQ(variants_of(client, "innocent").size(), 201u);
}

TEST_F(Jobs, EventThatCannotBeReadEndsItsWorkerAndNamesTheField) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const std::string task = R"("task":"TASK",)";
  const std::vector<std::pair<std::string, std::string>> lines{
      {R"({"event":"ready","plugins":[{"file":7}],"refused":7})", "pid"},
      {R"({"event":"ready","pid":1,"plugins":[{"file":7}],"refused":[]})", "plugins[0].file"},
      {R"({"event":"ready","pid":1,"plugins":[],"refused":7})", "refused"},
      {R"({"event":"variant",)" + task + R"("variant":"x","record":{},"files":[]})", "variant"},
      {R"({"event":"variant",)" + task + R"("variant":1,"record":[],"files":[]})", "record"},
      {R"({"event":"variant",)" + task +
           R"("variant":1,"record":{},"files":[{"role":"gds","path":"x","offset":-1,"size":0}]})",
       "files[0].offset"},
      {R"({"event":"progress",)" + task + R"("fraction":"half"})", "fraction"},
      {R"({"event":"log",)" + task + R"("level":"shout","message":"x"})", "level"},
      {R"({"event":"done",)" + task + R"("result":{},"files":7})", "files"},
      {R"({"event":"done",)" + task + R"("result":{},"extra":7})", "extra"},
      {R"({"event":"error",)" + task + R"("error":"no"})", "error"},
      {R"({"event":7})", "event"},
      {R"([])", "object"},
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string job = "j" + std::to_string(i);
    std::string line = lines[i].first;
    if (const auto at = line.find("TASK"); at != std::string::npos)
      line.replace(at, 4, job + ".chain0");
    client.result("flow.run",
                  run(job, {chain("a", 5, {{"at", 1}, {"do", "say"}, {"line", line}})}));
    const Json ended = wait_for(client, job);
    EXPECT_EQ(ended["state"], "failed") << line;
    EXPECT_EQ(ended["variants"], 1) << line;
    EXPECT_NE(ended["error"].dump().find(lines[i].second), std::string::npos)
        << line << ": " << ended["error"].dump();
    EXPECT_NE(ended["error"].dump().find("maze 9.9"), std::string::npos) << ended["error"].dump();
  }
  client.result("flow.run", run("good", {chain("a", 1)}));
  EXPECT_EQ(wait_for(client, "good")["state"], "done");
}

TEST_F(Jobs, LimitThatEndsATaskIsTheTasksError) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 1, {{"at", 0}, {"do", "long"}})}));
  const Json job = wait_for(client, "j");
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(job["error"]["code"], "limit") << job["error"].dump();
  EXPECT_NE(job["error"]["message"].get<std::string>().find("64 MiB"), std::string::npos)
      << job["error"].dump();
}

TEST_F(Jobs, ResultThatCannotBeReadIsTheTasksError) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const std::vector<Json> plans{7,
                                {{"circuit", "c"}, {"chains", 7}},
                                {{"circuit", 7}, {"chains", Json::array()}},
                                {{"circuit", "c"}, {"chains", {7}}},
                                {{"circuit", "c"},
                                 {"chains", Json::array()},
                                 {"dataset", Json::array({{{"path", 3}, {"text", ""}}})}}};
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const std::string name = "p" + std::to_string(i);
    client.result("flow.run", {{"job", name}, {"spec", acting({{"plan_result", plans[i]}})}});
    const Json job = wait_for(client, name);
    EXPECT_EQ(job["state"], "failed") << plans[i];
    EXPECT_NE(job["error"]["message"].get<std::string>().find("cannot be read"), std::string::npos)
        << job["error"].dump();
  }
  const Json score =
      client.call("score.layout", {{"circuit", "fake"}, {"layout", {{"path", "/x"}}}});
  EXPECT_EQ(score["error"]["data"]["code"], "plugin_failed") << score.dump();
  EXPECT_NE(score["error"]["message"].get<std::string>().find("circuit"), std::string::npos);
}

TEST_F(Jobs, WhatAllChainsHaveInCommonIsStoredOnce) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  constexpr std::uintmax_t kNetlist = 200 << 10;
  client.result("flow.run",
                {{"job", "j"}, {"spec", acting({{"many", 200}, {"netlist_bytes", kNetlist}})}});
  const Json job = wait_for(client, "j");
  EXPECT_EQ(job["state"], "done") << job.dump();
  EXPECT_EQ(job["variants"], 200);
  // The rows of 200 chains would hold 40 MiB of it.
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::directory_iterator(daemon.state())) {
    if (entry.path().filename().string().starts_with("ptah.sqlite")) bytes += entry.file_size();
  }
  EXPECT_GT(bytes, 0u);
  EXPECT_LT(bytes, 200 * kNetlist / 2);
}

TEST_F(Jobs, OtherChainsOfTheJobRunOn) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 5), chain("b", 5, {{"at", 1}, {"do", "crash"}}),
                                      chain("c", 5)}));
  const Json job = wait_for(client, "j");
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(job["chains"]["done"], 2);
  EXPECT_EQ(job["variants"], 13);
  EXPECT_NE(job["error"]["message"].get<std::string>().find("1 of 3 chains failed"),
            std::string::npos);
}

TEST_F(Jobs, WorkerEndedFromOutsideIsMadeUpFor) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  // Long enough that it still runs when a loaded machine comes to the second signal.
  client.result("flow.run", run("j", {chain("a", 200, {{"ms", 20}})}));
  for (const int signal : {SIGKILL, SIGTERM}) {
    const int before = client.result("job.get", {{"job", "j"}})["variants"];
    ASSERT_TRUE(eventually([&] {
      return client.result("job.get", {{"job", "j"}})["variants"].get<int>() >= before + 3;
    }));
    const Json status = client.result("server.status");
    for (const Json& worker : status["workers"]) {
      if (worker["task"].get<std::string>().starts_with("j."))
        ::kill(worker["pid"].get<pid_t>(), signal);
    }
  }
  const Json job = wait_for(client, "j");
  EXPECT_EQ(job["state"], "done") << job.dump();
  EXPECT_EQ(variants_of(client, "j").size(), 201u);
}

TEST_F(Jobs, BoundWorkersHaveACoreEach) {
  cpu_set_t here;
  ASSERT_EQ(::sched_getaffinity(0, sizeof here, &here), 0);
  if (CPU_COUNT(&here) < 2) GTEST_SKIP() << "There is one core.";
  const fs::path config = daemon.root() / "ptahd.yaml";
  std::ofstream(config) << "bind_workers: true\n";
  ASSERT_TRUE(daemon.start({{"--config", config.string()}}));
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 40, {{"ms", 20}}), chain("b", 40, {{"ms", 20}})}));
  std::vector<cpu_set_t> cores;
  ASSERT_TRUE(eventually([&] {
    cores.clear();
    const Json status = client.result("server.status");
    for (const Json& worker : status["workers"]) {
      cpu_set_t each;
      if (worker["task"] != "" &&
          ::sched_getaffinity(worker["pid"].get<pid_t>(), sizeof each, &each) == 0)
        cores.push_back(each);
    }
    return cores.size() == 2;
  }));
  for (const cpu_set_t& each : cores) EXPECT_EQ(CPU_COUNT(&each), 1);
  EXPECT_FALSE(CPU_EQUAL(&cores[0], &cores[1]));
  EXPECT_EQ(wait_for(client, "j")["state"], "done");
}

TEST_F(Jobs, WhatADeadWorkerLeavesBehindIsEnded) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 0, {{"at", 0}, {"do", "orphan"}})}));
  EXPECT_EQ(wait_for(client, "j")["state"], "failed");
  pid_t orphan = 0;
  std::ifstream(daemon.state() / "orphan.pid") >> orphan;
  ASSERT_GT(orphan, 0);
  EXPECT_TRUE(eventually([&] { return ::kill(orphan, 0) != 0; }));
}

TEST_F(Jobs, PlanErrorIsTheJobsError) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", {{"job", "j"}, {"spec", acting({{"plan_error", true}})}});
  const Json job = wait_for(client, "j");
  EXPECT_EQ(job["state"], "failed");
  EXPECT_EQ(job["error"]["where"], "ota.sp:3");
  const Json plan = client.call("flow.plan", {{"spec", acting({{"plan_error", true}})}});
  EXPECT_EQ(plan["error"]["data"]["code"], "parse");
  EXPECT_EQ(plan["error"]["data"]["where"], "ota.sp:3");
  const Json crash = client.call("flow.plan", {{"spec", acting({{"plan_do", "crash"}})}});
  EXPECT_EQ(crash["error"]["data"]["code"], "plugin_failed");
}

TEST_F(Jobs, PlanThatDoesNotFitIntoALineIsCut) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  Json chains = Json::array();
  for (int i = 0; i < 300; ++i) chains.push_back(chain(std::string(3000, 'n'), i));
  const Json plan = client.result("flow.plan", {{"spec", acting({{"chains", chains}})}})["result"];
  EXPECT_EQ(plan["count"], 512);
  EXPECT_TRUE(plan["chains_cut"]);
  EXPECT_GT(plan["chains"].size(), 10u);
  EXPECT_LT(plan["chains"].size(), 300u);
}

TEST_F(Jobs, InteractiveTasksDoNotWaitForBatchWork) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run",
                run("j", {chain("a", 0, {{"ms", 60'000}}), chain("b", 0, {{"ms", 60'000}}),
                          chain("c", 0, {{"ms", 60'000}})}));
  EXPECT_EQ(client.result("library.circuits")["result"]["circuits"][0], "fake");
  EXPECT_EQ(client.result("flow.check", {{"spec", acting_layout(Json::object())},
                                         {"wait", true}})["result"]["ok"],
            true);
  client.result("job.cancel", {{"job", "j"}});
}

TEST_F(Jobs, CheckAndRenderAreJobsOfOneTask) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const Json drawn = client.result(
      "flow.render",
      {{"spec", acting_layout(Json::object())}, {"wait", true}, {"out", daemon.out().string()}});
  EXPECT_EQ(drawn["state"], "done");
  EXPECT_EQ(drawn["result"]["drawn"], true);
  EXPECT_EQ(text_of(drawn["result"]["files"][0]["path"].get<std::string>()), "<svg/>");
  EXPECT_EQ(text_of(daemon.out() / "layout.svg"), "<svg/>");
  const Json queued =
      client.result("flow.check", {{"job", "c"}, {"spec", acting_layout({{"ms", 20}})}});
  EXPECT_EQ(queued["job"], "c");
  EXPECT_EQ(wait_for(client, "c")["result"]["ok"], true);
  const Json bad =
      client.call("flow.check", {{"spec", acting_layout({{"do", "crash"}})}, {"wait", true}});
  EXPECT_EQ(bad["error"]["data"]["code"], "plugin_failed");
}

TEST_F(Jobs, LibraryHoldsAVersionAVariant) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  for (const char* job : {"one", "two"}) {
    Json request = run(job, {chain(job, 2)});
    request["library"] = "mine";
    client.result("flow.run", request);
    wait_for(client, job);
  }
  const Json cells = client.result("library.cells", {{"library", "mine"}})["cells"];
  ASSERT_EQ(cells.size(), 1u);
  EXPECT_EQ(cells[0]["cell"], "fake");
  const Json views = client.result("library.views", {{"library", "mine"}})["views"];
  ASSERT_EQ(views.size(), 2u);
  EXPECT_EQ(views[0]["view"], "layout");
  EXPECT_EQ(views[0]["versions"], 6);
  EXPECT_EQ(views[1]["view"], "netlist");
  EXPECT_EQ(views[1]["versions"], 1);  // The same text twice is one version.
  const Json versions =
      client.result("library.versions", {{"library", "mine"}, {"view", "layout"}})["versions"];
  ASSERT_EQ(versions.size(), 6u);
  EXPECT_EQ(versions[0]["version"], 6);
  EXPECT_EQ(versions[0]["job"], "two");
  EXPECT_TRUE(client.result("library.cells")["cells"].empty());
}

TEST_F(Jobs, PagesOfTheLibraryHaveEveryRowOnce) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  for (const char* circuit : {"amp", "bias", "comparator"}) {
    Json request{
        {"job", circuit},
        {"spec", acting({{"circuit", circuit}, {"chains", Json::array({chain(circuit, 2)})}})}};
    client.result("flow.run", request);
    wait_for(client, circuit);
  }
  for (const char* list : {"cells", "views", "versions"}) {
    const std::string method = std::string("library.") + list;
    for (const Json& filter : {Json::object(), Json{{"cell", "bias"}}, Json{{"view", "layout"}}}) {
      const Json whole = client.result(method, filter);
      EXPECT_FALSE(whole.contains("next")) << whole;
      for (const int limit : {1, 2, 3}) {
        Json rows = Json::array(), request = filter;
        request["limit"] = limit;
        for (;;) {
          const Json page = client.result(method, request);
          EXPECT_LE(page[list].size(), static_cast<std::size_t>(limit));
          for (const Json& row : page[list]) rows.push_back(row);
          if (!page.contains("next")) break;
          ASSERT_FALSE(page[list].empty());
          request["after"] = page["next"];
        }
        EXPECT_EQ(rows, whole[list]) << method << " " << filter << " by " << limit;
      }
    }
  }
  EXPECT_EQ(client.result("library.cells")["cells"].size(), 3u);
  EXPECT_EQ(client.result("library.versions")["versions"].size(), 12u);
}

TEST_F(Jobs, DeleteForgetsTheJobAndItsFiles) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("a", {chain("a", 2)}));
  client.result("flow.run", run("b", {chain("a", 3)}));  // Shares files with the other.
  client.result("flow.run", run("busy", {chain("x", 1000, {{"ms", 50}})}));
  wait_for(client, "a");
  wait_for(client, "b");
  EXPECT_EQ(client.call("job.delete", {{"job", "busy"}})["error"]["data"]["code"], "conflict");
  const Json kept =
      client.result("variant.get", {{"job", "a"}, {"chain", 0}, {"variant", 1}})["files"][0];
  const Json lost =
      client.result("variant.get", {{"job", "b"}, {"chain", 0}, {"variant", 3}})["files"][0];
  client.result("job.delete", {{"job", "b"}});
  EXPECT_EQ(client.call("job.get", {{"job", "b"}})["error"]["data"]["code"], "not_found");
  EXPECT_EQ(client.call("store.get", {{"hash", lost["hash"]}})["error"]["data"]["code"],
            "not_found");
  EXPECT_EQ(client.result("store.get", {{"hash", kept["hash"]}})["size"], kept["size"]);
  client.result("job.cancel", {{"job", "busy"}});
}

TEST_F(Jobs, ExportWritesTheDatasetElsewhere) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 3)}));
  wait_for(client, "j");
  const Json first =
      client.result("variant.export", {{"job", "j"}, {"out", (daemon.root() / "copy").string()}});
  EXPECT_EQ(first["files"], 5);
  EXPECT_EQ(first["written"], 5);
  fs::remove(daemon.root() / "copy/data/fake/layouts/a/v1.gds");
  std::ofstream(daemon.root() / "copy/data/fake/layouts/a/v2.gds") << "changed";
  const Json second =
      client.result("variant.export", {{"job", "j"}, {"out", (daemon.root() / "copy").string()}});
  EXPECT_EQ(second["written"], 1);
  EXPECT_EQ(second["kept"], 1);
  EXPECT_EQ(text_of(daemon.root() / "copy/data/fake/layouts/a/v2.gds"), "changed");
}

TEST_F(Jobs, OutputNeverLeavesItsFolderThroughALink) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  fs::create_directories(daemon.out());
  fs::create_directories(daemon.root() / "elsewhere");
  fs::create_directory_symlink(daemon.root() / "elsewhere", daemon.out() / "data");
  Json request = run("j", {chain("a", 1)});
  request["out"] = daemon.out().string();
  client.result("flow.run", request);
  EXPECT_EQ(wait_for(client, "j")["state"], "failed");
  EXPECT_TRUE(fs::is_empty(daemon.root() / "elsewhere"));
}

TEST_F(Jobs, StatusTellsWhatWorkersDo) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 100, {{"ms", 50}})}));
  EXPECT_TRUE(eventually([&] {
    const Json status = client.result("server.status");
    for (const Json& worker : status["workers"]) {
      if (worker["task"] == "j.chain0" && worker["stage"] == "router" &&
          worker["plugin"] == "maze 9.9")
        return true;
    }
    return false;
  }));
  client.result("job.cancel", {{"job", "j"}});
}

TEST_F(Jobs, WaitAnswersAfterItsTime) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 100, {{"ms", 100}})}));
  EXPECT_EQ(client.result("job.wait", {{"job", "j"}, {"timeout_s", 1}})["state"], "running");
  EXPECT_EQ(client.call("job.wait", {{"job", "none"}})["error"]["data"]["code"], "not_found");
  client.result("job.cancel", {{"job", "j"}});
  // Many that are answered at once leave nothing pending behind.
  for (int i = 0; i < 600; ++i) {
    ASSERT_EQ(client.result("job.wait", {{"job", "j"}, {"timeout_s", 3600}})["state"], "cancelled");
  }
}

TEST_F(Jobs, ShutdownLetsTasksComeToTheirEnd) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 20, {{"ms", 30}}), chain("b", 1), chain("c", 1)}));
  ASSERT_TRUE(eventually([&] {
    return client.result("job.get", {{"job", "j"}})["variants"].get<int>() >= 1;
  }));
  client.result("server.shutdown");
  EXPECT_TRUE(eventually([&] { return !daemon.running(); }));
  ASSERT_TRUE(daemon.start());
  Client again = daemon.client();
  EXPECT_EQ(again.result("variant.get", {{"job", "j"}, {"chain", 0}, {"variant", 20}})["variant"],
            20);
  EXPECT_EQ(wait_for(again, "j")["variants"], 25);
}

TEST_F(Jobs, WorkerThatNeverComesUpIsAClearError) {
  ASSERT_TRUE(daemon.start({{"--worker-program", "/bin/false"}}));
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 1)}));
  const Json job = wait_for(client, "j");
  EXPECT_EQ(job["state"], "failed");
  EXPECT_NE(job["error"]["message"].get<std::string>().find("No worker can be started"),
            std::string::npos);
  EXPECT_FALSE(client.result("server.status")["problem"].get<std::string>().empty());
}

}  // namespace
}  // namespace ptah::test
