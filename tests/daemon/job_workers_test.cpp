// Jobs and the workers that do them: those that misbehave, die, or do not come up.
#include <sched.h>
#include <signal.h>

#include "job_fixture.hpp"

namespace ptah::test {
namespace {

TEST_F(Jobs, CancelEndsAWorkerThatDoesNotListen) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  client.result("flow.run", run("j", {chain("a", 5, {{"at", 2}, {"do", "hang"}})}));
  ASSERT_TRUE(eventually([&] {
    return client.result("job.get", {{"job", "j"}})["variants"] == 2;
  }));
  EXPECT_EQ(client.result("job.cancel", {{"job", "j"}})["state"], "cancelled");
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
