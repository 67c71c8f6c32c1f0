/// ptah explore compare: curves of explorations side by side.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <optional>

#include "session.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

using Align = Table::Align;

/// Best so far by evaluations, of one exploration.
using Curve = std::vector<std::pair<std::int64_t, double>>;

struct Strategy {
  std::vector<std::string> jobs;
  std::vector<Curve> curves;
  std::int64_t evaluations = 0;  ///< The most of one.
};

/// Of chains side by side: as if all were as far as the one that found it.
Curve curve_of(const Json& metrics, std::int64_t chains) {
  Curve found, best;
  for (const Json& metric : metrics) {
    if (metric["name"] == "best_cost")
      found.emplace_back(chains * metric["step"].get<std::int64_t>(), metric["value"]);
  }
  std::sort(found.begin(), found.end());
  for (const auto& point : found) {
    if (best.empty() || point.second < best.back().second) best.push_back(point);
  }
  return best;
}

/// The least cost up to `evaluations`; nothing before the first.
std::optional<double> at(const Curve& curve, std::int64_t evaluations) {
  std::optional<double> best;
  for (const auto& [step, cost] : curve) {
    if (step <= evaluations) best = cost;
  }
  return best;
}

/// Quartile q of the costs at `evaluations`; nothing while a quarter and more have none.
std::optional<double> quartile(const std::vector<Curve>& curves, std::int64_t evaluations,
                               double q) {
  std::vector<double> costs;
  for (const Curve& curve : curves)
    costs.push_back(at(curve, evaluations).value_or(std::numeric_limits<double>::infinity()));
  std::sort(costs.begin(), costs.end());
  const double place = q * static_cast<double>(costs.size() - 1);
  const auto low = static_cast<std::size_t>(place);
  const std::size_t high = std::min(low + 1, costs.size() - 1);
  const double value = costs[low] + (place - static_cast<double>(low)) * (costs[high] - costs[low]);
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

/// Curves over a logarithmic axis of evaluations: medians as lines, quartiles as bands.
std::string svg_of(const std::map<std::string, Strategy>& strategies) {
  constexpr double kWidth = 860, kHeight = 480, kLeft = 80, kRight = 170, kTop = 20, kBottom = 50;
  constexpr int kSamples = 120;
  const char* const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9",
                                 "#e69f00", "#000000", "#7f7f7f", "#8c564b", "#bcbd22"};
  std::int64_t most = 2;
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const auto& [name, one] : strategies) {
    most = std::max(most, one.evaluations);
    for (const Curve& curve : one.curves) {
      for (const auto& [step, cost] : curve) {
        if (cost > 0) low = std::min(low, cost);
        high = std::max(high, cost);
      }
    }
  }
  if (!(low < high)) low = high > 0 ? high / 2 : 1, high = low * 2;
  const double decades = std::log10(static_cast<double>(most));
  const auto x = [&](double step) {
    return kLeft + (kWidth - kLeft - kRight) * std::log10(std::max(1.0, step)) / decades;
  };
  const auto y = [&](double cost) {
    return kTop +
           (kHeight - kTop - kBottom) * std::log(high / std::max(cost, low)) / std::log(high / low);
  };
  std::string svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + number(kWidth, 0) +
                    " " + number(kHeight, 0) +
                    "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" "
                    "height=\"100%\" fill=\"white\"/>\n";
  const auto text = [&](double px, double py, const std::string& anchor, const std::string& words) {
    svg += "<text x=\"" + number(px, 1) + "\" y=\"" + number(py, 1) + "\" text-anchor=\"" + anchor +
           "\">" + words + "</text>\n";
  };
  for (double step = 1; step <= static_cast<double>(most); step *= 10) {
    svg += "<path d=\"M" + number(x(step), 1) + " " + number(kTop, 1) + "V" +
           number(kHeight - kBottom, 1) + "\" stroke=\"#ddd\"/>\n";
    text(x(step), kHeight - kBottom + 18, "middle", plain(step));
  }
  for (int i = 0; i <= 4; ++i) {
    const double cost = low * std::pow(high / low, i / 4.0);
    svg += "<path d=\"M" + number(kLeft, 1) + " " + number(y(cost), 1) + "H" +
           number(kWidth - kRight, 1) + "\" stroke=\"#ddd\"/>\n";
    text(kLeft - 6, y(cost) + 4, "end", plain(std::stod(number(cost, 6))));
  }
  text((kLeft + kWidth - kRight) / 2, kHeight - 12, "middle", "evaluations");
  text(kLeft, kTop - 6, "start", "best cost so far: median, quartiles");
  std::size_t index = 0;
  for (const auto& [name, one] : strategies) {
    const std::string colour = colours[index % std::size(colours)];
    std::string line, upper, lower;
    for (int i = 0; i <= kSamples; ++i) {
      const double step = std::pow(static_cast<double>(one.evaluations), i / double(kSamples));
      const auto at_step = static_cast<std::int64_t>(step);
      const auto median = quartile(one.curves, at_step, 0.5);
      const auto less = quartile(one.curves, at_step, 0.25);
      const auto more = quartile(one.curves, at_step, 0.75);
      if (median) line += number(x(step), 1) + "," + number(y(*median), 1) + " ";
      if (!less || !more) continue;
      upper += number(x(step), 1) + "," + number(y(*more), 1) + " ";
      lower = number(x(step), 1) + "," + number(y(*less), 1) + " " + lower;
    }
    svg += "<polygon points=\"" + upper + lower + "\" fill=\"" + colour +
           "\" fill-opacity=\"0.12\"/>\n<polyline points=\"" + line + "\" fill=\"none\" stroke=\"" +
           colour + "\" stroke-width=\"1.8\"/>\n";
    const double py = kTop + 14 + 18 * static_cast<double>(index);
    svg += "<path d=\"M" + number(kWidth - kRight + 12, 1) + " " + number(py - 4, 1) +
           "h18\" stroke=\"" + colour + "\" stroke-width=\"1.8\"/>\n";
    text(kWidth - kRight + 36, py, "start", name + " (" + std::to_string(one.curves.size()) + ")");
    ++index;
  }
  return svg + "</svg>\n";
}

Result<Json> all_metrics(Client& client, const std::string& job) {
  Json metrics = Json::array();
  Json params{{"job", job}, {"limit", 1000}};
  for (;;) {
    PTAH_TRY(const Json reply, client.call("job.metrics", params));
    for (const Json& metric : reply["metrics"]) metrics.push_back(metric);
    if (!reply.contains("next")) return metrics;
    params["after"] = reply["next"];
  }
}

/// "annealing over=moves"
std::string name_of(const Json& explore) {
  std::string name = explore.value("explorer", "");
  const Json options = explore.value("options", Json::object());
  for (const auto& [option, value] : options.items()) {
    name += " " + (option == "profile" ? "" : option + "=") +
            (value.is_string() ? value.get<std::string>() : value.dump());
  }
  return name;
}

int compare(const Session& session, const std::vector<std::string>& jobs, const std::string& out) {
  auto client = session.connect();
  if (client.has_error()) return fail(session, client.error());
  std::map<std::string, Strategy> strategies;
  for (const std::string& job : jobs) {
    auto info = client.value().call("job.get", {{"job", job}});
    if (info.has_error()) return fail(session, info.error());
    const Json spec = info.value().value("spec", Json::object());
    if (!spec.contains("explore")) {
      return fail(session, make_error(ErrorCode::kInvalidArgument, "The job is no exploration.",
                                      job, "`ptah explore` starts one."));
    }
    auto metrics = all_metrics(client.value(), job);
    if (metrics.has_error()) return fail(session, metrics.error());
    const std::int64_t starts = spec.value("assignments", std::int64_t{1});
    Strategy& strategy = strategies[name_of(spec["explore"]) +
                                    (starts > 1 ? " starts=" + std::to_string(starts) : "")];
    strategy.jobs.push_back(job);
    strategy.curves.push_back(curve_of(metrics.value(), starts));
    const Curve& curve = strategy.curves.back();
    strategy.evaluations = std::max({strategy.evaluations, curve.empty() ? 1 : curve.back().first,
                                     spec["explore"].value("evaluations", std::int64_t{0})});
  }
  Table table(
      {"explorer", "runs", "evaluations", "median", "quartiles", "best"},
      {Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kLeft, Align::kRight});
  for (const auto& [name, one] : strategies) {
    const auto value = [&](double q) { return quartile(one.curves, one.evaluations, q); };
    const auto shown = [&](double q) {
      const auto found = value(q);
      return found ? plain(*found) : std::string("-");
    };
    if (session.json) {
      const auto json = [&](double q) {
        const auto found = value(q);
        return found ? Json(*found) : Json();
      };
      print_line({{"explorer", name},
                  {"jobs", one.jobs},
                  {"evaluations", one.evaluations},
                  {"median", json(0.5)},
                  {"low", json(0.25)},
                  {"high", json(0.75)},
                  {"best", json(0)}});
    } else {
      table.add({name, std::to_string(one.curves.size()), std::to_string(one.evaluations),
                 shown(0.5), shown(0.25) + " to " + shown(0.75), shown(0)});
    }
  }
  if (!session.json) std::cout << table.text();
  if (out.empty()) return kOk;
  std::ofstream file(out, std::ios::binary);
  file << svg_of(strategies);
  file.close();
  if (!file) {
    return fail(session, make_error(ErrorCode::kIo, "The picture cannot be written.", out));
  }
  if (!session.json) std::cout << "picture: " << out << "\n";
  return kOk;
}

}  // namespace

void add_explore_compare_command(CLI::App& explore_command, Session& session, int& status) {
  auto* command =
      explore_command.add_subcommand("compare", "Curves of several explorations side by side");
  auto jobs = std::make_shared<std::vector<std::string>>();
  auto out = std::make_shared<std::string>();
  command->add_option("jobs", *jobs, "Ids of explorations; those of one strategy are a group")
      ->required();
  command->add_option("-o,--out", *out, "SVG file for the picture");
  on_command(command, status, [&session, jobs, out] { return compare(session, *jobs, *out); });
}

}  // namespace ptah::cli
