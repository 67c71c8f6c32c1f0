// What clients hear of a job while it works.
#include <algorithm>
#include <set>

#include "job_fixture.hpp"

namespace ptah::test {
namespace {

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

}  // namespace
}  // namespace ptah::test
