// Jobs, from the request to their end.
#include <set>

#include "job_fixture.hpp"

namespace ptah::test {
namespace {

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

}  // namespace
}  // namespace ptah::test
