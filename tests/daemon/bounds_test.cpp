// Texts are bounded when they come in, and lines when they go out, whatever is stored.
#include <algorithm>

#include "daemon_fixture.hpp"

namespace ptah::test {
namespace {

constexpr std::size_t kMaxLine = 1u << 20;

using Bounds = DaemonTest;

/// A spec of so nearly a line that it does not fit into one with the rest of its job. Each of its
/// texts is allowed.
Json huge_spec() {
  Json spec = acting({{"plan_error", true}});
  spec["fingers"] = Json::object();
  std::size_t room = kMaxLine - 200 - spec.dump().size();
  for (int i = 0; room > 20; ++i) {
    std::string name = std::to_string(i);
    name.resize(std::min<std::size_t>(4000, room - 5), 'x');
    room -= name.size() + 5;
    spec["fingers"][std::move(name)] = 2;
  }
  return spec;
}

TEST_F(Bounds, ATextInARequestHasALimitThatTheErrorNames) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const std::string megabyte(1'000'000, 'x');
  for (const Json& spec :
       {Json{{"circuit", megabyte}}, Json{{"deep", {{"er", {megabyte}}}}}, Json{{megabyte, 1}}}) {
    const Json answer = client.call("flow.run", {{"spec", spec}});
    ASSERT_EQ(answer["error"]["code"], -32602) << answer.dump().substr(0, 300);
    EXPECT_NE(answer["error"]["message"].get<std::string>().find("spec"), std::string::npos);
    EXPECT_LT(answer.dump().size(), 20'000u);
  }
  EXPECT_EQ(client.call("job.get", {{"job", megabyte}})["error"]["code"], -32602);
  EXPECT_LT(client.call("job.get", {{megabyte, 1}}).dump().size(), 60'000u);
  EXPECT_TRUE(client.result("job.list")["jobs"].empty());
}

TEST_F(Bounds, AJobWithAHugeSpecIsShownAndHidesNoOther) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  for (const char* job : {"huge-1", "huge-2"}) {
    client.result("flow.run", {{"job", job}, {"spec", huge_spec()}});
    client.result("job.wait", {{"job", job}});
  }
  client.result("flow.run", run("last", {chain("a", 0)}));
  EXPECT_EQ(client.result("job.wait", {{"job", "last"}})["state"], "done");
  const Json huge = client.result("job.get", {{"job", "huge-1"}});
  EXPECT_EQ(huge["job"], "huge-1");
  EXPECT_EQ(huge["state"], "failed");
  EXPECT_EQ(huge["cut"], true);
  EXPECT_EQ(huge["spec"]["netlist"], huge_spec()["netlist"]);
  EXPECT_EQ(client.result("job.wait", {{"job", "huge-2"}})["cut"], true);
  const Json list = client.result("job.list")["jobs"];
  ASSERT_EQ(list.size(), 3u);
  EXPECT_EQ(list[2]["job"], "last");
}

TEST_F(Bounds, APluginsHugeErrorIsCutEverywhere) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const Json scream{{"at", 1}, {"do", "scream"}};
  for (int i = 0; i < 2; ++i)
    client.result("flow.run",
                  run("loud-" + std::to_string(i), {chain("a", 3, scream), chain("b", 3, scream)}));
  client.result("flow.run", run("quiet", {chain("a", 0)}));
  for (const char* job : {"loud-0", "loud-1", "quiet"}) client.result("job.wait", {{"job", job}});
  client.result("job.subscribe", {{"job", "loud-0"}});
  for (;;) {
    const Json event = client.notification();
    ASSERT_FALSE(event.is_null());
    EXPECT_LT(event.dump().size(), kMaxLine);
    if (event["method"] != "job.finished") continue;
    const std::string message = event["params"]["error"]["message"];
    EXPECT_NE(message.find("AAAA"), std::string::npos);
    EXPECT_LT(message.size(), 20'000u);
    EXPECT_TRUE(message.ends_with("...")) << message.substr(message.size() - 20);
    break;
  }
  EXPECT_EQ(client.result("job.get", {{"job", "loud-0"}})["state"], "failed");
  EXPECT_EQ(client.result("job.chains", {{"job", "loud-0"}})["chains"].size(), 2u);
  EXPECT_EQ(client.result("job.list")["jobs"].size(), 3u);
  const Json check =
      client.call("flow.check", {{"spec", acting_layout({{"do", "scream"}})}, {"wait", true}});
  EXPECT_LT(check.dump().size(), 60'000u);
}

TEST_F(Bounds, PagesFollowEachOtherToTheLastJob) {
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  for (int i = 0; i < 7; ++i) {
    client.result("flow.run", run("j" + std::to_string(i), {chain("a", 0)}));
    client.result("job.wait", {{"job", "j" + std::to_string(i)}});
  }
  std::vector<std::string> seen;
  Json params{{"limit", 3}};
  for (;;) {
    const Json page = client.result("job.list", params);
    for (const Json& job : page["jobs"]) seen.push_back(job["job"]);
    if (!page.contains("next")) break;
    params["after"] = page["next"];
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"j0", "j1", "j2", "j3", "j4", "j5", "j6"}));
}

}  // namespace
}  // namespace ptah::test
