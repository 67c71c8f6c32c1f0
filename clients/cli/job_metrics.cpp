/// ptah jobs metrics: what a job's explorers and trainers report while they work.
#include "job_metrics.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <utility>

#include "terminal.hpp"

namespace ptah::cli {
namespace {

using Align = Table::Align;

constexpr std::size_t kSparkWidth = 24;

struct Series {
  std::vector<double> values;  ///< In order of steps.
  std::int64_t last_step = 0;
};

}  // namespace

int job_metrics(const Session& session, const std::string& job) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  std::map<std::pair<std::string, std::int64_t>, Series> all;  // by name and chain
  Json params{{"job", job}, {"limit", 1000}};
  for (;;) {
    auto reply = client.value().call("job.metrics", params);
    if (reply.has_error()) return fail(session, reply.error());
    for (const Json& metric : reply.value()["metrics"]) {
      if (session.json) {
        print_line(metric);
        continue;
      }
      Series& series = all[{metric["name"].get<std::string>(), metric["chain"]}];
      series.values.push_back(metric["value"]);
      series.last_step = metric["step"];
    }
    if (!reply.value().contains("next")) break;
    params["after"] = reply.value()["next"];
  }
  if (session.json) return kOk;
  Table table({"metric", "chain", "values", "step", "first", "least", "most", "last", ""},
              {Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kRight,
               Align::kRight, Align::kRight, Align::kRight, Align::kLeft});
  for (const auto& [key, series] : all) {
    const auto [low, high] = std::minmax_element(series.values.begin(), series.values.end());
    table.add({key.first, key.second < 0 ? "all" : std::to_string(key.second),
               std::to_string(series.values.size()), std::to_string(series.last_step),
               plain(series.values.front()), plain(*low), plain(*high), plain(series.values.back()),
               sparkline(series.values, kSparkWidth)});
  }
  std::cout << (table.empty() ? "no metrics\n" : table.text());
  return kOk;
}

}  // namespace ptah::cli
