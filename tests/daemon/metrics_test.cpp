// What chains measured while they worked, as clients get it.
#include "daemon_fixture.hpp"
#include "store/store.hpp"

namespace ptah::test {
namespace {

class JobMetrics : public DaemonTest {
 protected:
  /// A job with `steps` values of "loss" in chains 0 and 1, and one of the job as a whole.
  void keep(int steps) {
    Store store(daemon.state());
    store.database().exec("BEGIN");
    NewJob job;
    job.id = "learned";
    job.kind = "run";
    store.create_job(job);
    store.save_plan("learned", "cell", Json::object(), {{{"name", "a"}}, {{"name", "b"}}}, {});
    std::vector<Metric> metrics;
    for (int step = 0; step < steps; ++step) metrics.push_back({"loss", step, 1.0 / (1 + step)});
    for (const std::int64_t chain : {0, 1}) store.add_metrics("learned", chain, metrics);
    store.add_metrics("learned", kWholeJob, {{"best/cost", 7, 0.25}});
    store.finish_job("learned", JobState::kDone, nullptr, Json::object());
    store.database().exec("COMMIT");
  }
};

TEST_F(JobMetrics, PagesHoldEveryValueOnceAndInOrder) {
  keep(25);
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  std::vector<Json> all;
  Json params{{"job", "learned"}, {"limit", 10}};
  for (int pages = 0; pages < 10; ++pages) {
    const Json page = client.result("job.metrics", params);
    EXPECT_LE(page["metrics"].size(), 10u);
    for (const Json& metric : page["metrics"]) all.push_back(metric);
    if (!page.contains("next")) break;
    params["after"] = page["next"];
  }
  ASSERT_EQ(all.size(), 51u);
  EXPECT_EQ(all[0], (Json{{"chain", -1}, {"name", "best/cost"}, {"step", 7}, {"value", 0.25}}));
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(
        all[static_cast<std::size_t>(i) + 1],
        (Json{
            {"chain", i / 25}, {"name", "loss"}, {"step", i % 25}, {"value", 1.0 / (1 + i % 25)}}));
  }
}

TEST_F(JobMetrics, WhatCannotBeAPlaceIsAnErrorOfTheRequest) {
  keep(1);
  ASSERT_TRUE(daemon.start());
  Client client = daemon.client();
  const std::pair<Json, const char*> wrong[] = {
      {{{"job", "none"}}, "none"},
      {{{"job", "learned"}, {"limit", 0}}, "limit"},
      {{{"job", "learned"}, {"after", {{"chain", 0}}}}, "after"},
      {{{"job", "learned"}, {"after", 7}}, "after"}};
  for (const auto& [params, says] : wrong) {
    const Json answer = client.call("job.metrics", params);
    ASSERT_TRUE(answer.contains("error")) << params;
    EXPECT_NE(answer.dump().find(says), std::string::npos) << answer;
  }
}

}  // namespace
}  // namespace ptah::test
