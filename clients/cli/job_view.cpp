#include "job_view.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <map>
#include <utility>

#include "measure_view.hpp"
#include "ptah/core/run_tool.hpp"
#include "stored_files.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

using Align = Table::Align;

volatile std::sig_atomic_t interrupts = 0;
bool cancelling = false;

/// Counts Ctrl-C while it lives.
class InterruptScope {
 public:
  InterruptScope() {
    interrupts = 0;
    cancelling = false;
    struct sigaction action {};
    action.sa_handler = [](int) { interrupts = interrupts + 1; };
    ::sigaction(SIGINT, &action, &before_);
  }
  ~InterruptScope() { ::sigaction(SIGINT, &before_, nullptr); }

 private:
  struct sigaction before_ {};
};

std::string fingers_text(const Json& fingers) {
  std::string text;
  for (const auto& [device, count] : fingers.items()) {
    text += (text.empty() ? "" : " ") + device + "=" + count.dump();
  }
  return text;
}

/// One number for one judge, else "judge 0 judge 2".
std::string verdicts(const Json& by_judge) {
  std::string text;
  for (const auto& [judge, verdict] : by_judge.items()) {
    const std::string value = verdict.is_string() ? verdict.get<std::string>() : verdict.dump();
    text += (text.empty() ? "" : " ") + (by_judge.size() > 1 ? judge + " " : std::string()) + value;
  }
  return text.empty() ? "-" : text;
}

double stage_seconds(const Json& seconds, std::initializer_list<const char*> stages) {
  double sum = 0;
  for (const char* stage : stages) sum += seconds.value(stage, 0.0);
  return sum;
}

struct Tally {
  std::vector<Json> lines;
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> places;  ///< By chain and variant.
  std::map<std::string, int> reverted;
  int clean = 0;
  void add(Json line, std::int64_t chain) {
    clean += is_clean(line);
    places[{chain, line.value("variant", std::int64_t{0})}] = lines.size();
    for (const Json& entry : line.value("reverted", Json::array())) {
      const std::string reason = entry.value("reason", "");
      ++reverted[reason.substr(0, reason.find(':'))];
    }
    lines.push_back(std::move(line));
  }
  /// The line of the layout that the job's result names the best; nullptr where it names none.
  const Json* best(const Json& finished) const {
    const Json named = finished.value("result", Json::object()).value("best", Json::object());
    const auto place = places.find(
        {named.value("chain", std::int64_t{-1}), named.value("variant", std::int64_t{-1})});
    return place == places.end() ? nullptr : &lines[place->second];
  }
};

/// {"dataset": "ota1", "version": 2, "count": 16384, "clean": 16380, ...} in words.
void print_dataset(const std::string& job, const std::string& state, const Json& dataset,
                   double seconds) {
  std::cout << "job " << job << ": " << state;
  if (dataset.is_object() && !dataset.empty()) {
    const auto bytes = dataset.value("bytes", std::int64_t{0});
    const auto count = std::max<std::int64_t>(1, dataset.value("count", std::int64_t{0}));
    std::cout << ", dataset " << dataset.value("dataset", "") << "@"
              << dataset.value("version", std::int64_t{0}) << ", "
              << dataset.value("count", std::int64_t{0}) << " layouts, "
              << dataset.value("clean", std::int64_t{0}) << " clean, " << bytes / count
              << " bytes a layout";
    const Json failures = dataset.value("failures", Json::object());
    for (const auto& [reason, failed] : failures.items())
      std::cout << ", " << failed << " failed (" << reason << ")";
  }
  std::cout << ", " << duration(seconds) << "\n";
}

/// What an exploration had used when it found the layout; with chains side by side, as if all were
/// as far as the one that found it.
Json improvement(const Json& line) {
  return {{"evaluations", line.value("evaluations", Json())},
          {"seconds", line.value("explored_s", Json())},
          {"cost", line.value("cost", Json())},
          {"feasible", line.value("feasible", true)}};
}

std::string improvement_text(const Json& line) {
  std::string text = line.value("evaluations", Json()).dump() + " evaluations, " +
                     duration(line.value("explored_s", 0.0)) + ": ";
  const Json cost = line.value("cost", Json());
  if (!cost.is_number()) return text + specs_text(line);
  text += line.value("objective", "") == "pscore" ? engineering(cost, "V") : plain(cost);
  return text + "  " + fingers_text(line.value("fingers", Json::object()));
}

/// The best layout of an exploration with all that was found out about it.
Json best_of_exploration(const Json& line) {
  Json best = layout_summary(line);
  for (const char* field : {"fingers", "specs", "measures", "pscore_V", "floors_V", "outline_um",
                            "hpwl_um", "evaluations"}) {
    if (line.contains(field)) best[field] = line[field];
  }
  best["seconds"] = line.value("explored_s", Json());
  best["judges"] = {{"signed_off", line.value("judged", false)},
                    {"drc", line.value("drc", Json::object())},
                    {"lvs", line.value("lvs", Json::object())},
                    {"pscore_V", line.value("judged_pscore_V", Json())}};
  return best;
}

/// Why layouts have no score, where that is not theirs to say.
void print_score_reason(const Tally& tally) {
  if (tally.lines.empty()) return;
  const std::string reason = tally.lines.front().value("score_reason", "");
  if (!reason.empty()) std::cout << reason << "\n";
}

void print_exploration(const Session& session, const std::string& job, const Json& finished,
                       const Tally& tally, double seconds, const std::string& out,
                       const Json& totals) {
  // Of one that was cancelled: up to its last best.
  Json evaluations = totals.value("evaluated", Json());
  if (evaluations.is_null() && !tally.lines.empty())
    evaluations = tally.lines.back().value("evaluations", Json());

  const std::string state = finished.value("state", "failed");
  const Json* const best = tally.best(finished);
  const Json result = finished.value("result", Json::object());
  const Json kept = result.is_object() ? result.value("model", Json()) : Json();
  if (session.json) {
    print_line({{"summary",
                 {{"job", job},
                  {"state", state},
                  {"model", kept},
                  {"best", best == nullptr ? Json() : best_of_exploration(*best)},
                  {"evaluations", evaluations},
                  {"feasible", totals.value("feasible", Json())},
                  {"broken", totals.value("broken", Json())},
                  {"seconds", seconds},
                  {"out", out},
                  {"error", finished.value("error", Json())}}}});
    return;
  }
  if (!tally.lines.empty()) std::cout << variant_table({best ? *best : tally.lines.back()}) << "\n";
  std::vector<double> curve;
  for (const Json& line : tally.lines) {
    const Json cost = line.value("cost", Json());
    if (cost.is_number() && (curve.empty() || cost < curve.back())) curve.push_back(cost);
  }
  std::cout << "job " << job << ": " << state << ", " << evaluations.dump() << " evaluations, "
            << duration(seconds) << "\n";
  if (kept.is_object()) {
    std::cout << "what it has learnt is model " << kept.value("name", "") << "@"
              << kept.value("version", Json()).dump() << "\n";
  }
  print_score_reason(tally);
  if (const Json broken = totals.value("broken", Json::object()); !broken.empty()) {
    std::cout << totals.value("feasible", Json()).dump() << " meet the specs";
    for (const auto& [spec, count] : broken.items())
      std::cout << ", " << count.dump() << " break " << spec;
    std::cout << "\n";
  }
  if (best == nullptr) {
    std::cout << "no layout meets the specs: there is no best\n";
  } else {
    std::cout << "best " << best->value("objective", "") << " " << plain(best->value("cost", 0.0))
              << ": " << layout_text(*best) << ", "
              << (best->value("judged", false) ? "signed off" : "not signed off") << "  "
              << sparkline(curve, 24) << "\n"
              << best->value("gds", "") << "\n";
    if (const Json floors = best->value("floors_V", Json::object()); floors.contains("trees")) {
      std::cout << "its pscore with nothing routed " << engineering(floors["tiles"], "V")
                << ", with the shortest wires there can be " << engineering(floors["trees"], "V")
                << "\n";
    }
  }
  if (!out.empty()) std::cout << "dataset: " << out << "\n";
}

void print_summary(const Session& session, const std::string& job, const Json& finished,
                   const Tally& tally, double seconds, const std::string& out, Lines lines) {
  const std::string state = finished.value("state", "failed");
  const Json* const best = tally.best(finished);
  // Its variants are blocks of a dataset: what counts is the dataset.
  const bool makes_dataset = !tally.lines.empty() && tally.lines.front().contains("dataset") &&
                             !tally.lines.front().contains("trainer");
  Json dataset = Json::object();
  if (const Json result = finished.value("result", Json()); makes_dataset && result.is_object()) {
    if (const Json made = result.value("dataset", Json()); made.is_object()) dataset = made;
  }
  if (session.json && lines == Lines::kMetrics) {
    print_line({{"summary",
                 {{"job", job},
                  {"state", state},
                  {"model", tally.lines.empty() ? Json() : tally.lines.front()},
                  {"seconds", seconds},
                  {"error", finished.value("error", Json())}}}});
    return;
  }
  if (session.json) {
    print_line(
        {{"summary",
          {{"job", job},
           {"state", state},
           {"layouts", makes_dataset ? dataset.value("count", Json(0)) : Json(tally.lines.size())},
           {"clean", makes_dataset ? dataset.value("clean", Json(0)) : Json(tally.clean)},
           {"best", best == nullptr ? Json() : layout_summary(*best)},
           {"reverted", tally.reverted},
           {"seconds", seconds},
           {"out", out},
           {"result", finished.value("result", Json())},
           {"error", finished.value("error", Json())}}}});
    return;
  }
  if (!tally.lines.empty() && tally.lines.front().contains("trainer")) {
    const Json& model = tally.lines.front();
    std::cout << "job " << job << ": " << state << ", model " << model["model"].get<std::string>()
              << ", " << duration(seconds) << "\n";
    const Json metrics = model.value("metrics", Json::object());
    for (const auto& [name, value] : metrics.items())
      std::cout << "  " << name << " " << value << "\n";
    return;
  }
  if (makes_dataset) return print_dataset(job, state, dataset, seconds);
  if (!tally.lines.empty()) std::cout << variant_table(tally.lines) << "\n";
  std::cout << "job " << job << ": " << state << ", " << tally.lines.size() << " layouts, "
            << tally.clean << " clean, " << duration(seconds);
  for (const auto& [reason, count] : tally.reverted)
    std::cout << ", " << count << " moves reverted (" << reason << ")";
  std::cout << "\n";
  print_score_reason(tally);
  if (best != nullptr && tally.lines.size() > 1) {
    std::cout << "best " << best->value("objective", "") << ": " << layout_text(*best) << "\n";
  } else if (best == nullptr &&
             std::any_of(tally.lines.begin(), tally.lines.end(),
                         [](const Json& line) { return !line.value("feasible", true); })) {
    std::cout << "no layout meets the specs: there is no best\n";
  }
  if (!out.empty()) std::cout << "dataset: " << out << "\n";
}

}  // namespace

bool is_clean(const Json& line) {
  const Json drc = line.value("drc", Json::object());
  const Json lvs = line.value("lvs", Json::object());
  return std::all_of(drc.begin(), drc.end(), [](const Json& errors) { return errors == 0; }) &&
         std::all_of(lvs.begin(), lvs.end(),
                     [](const Json& verdict) { return verdict == "match"; });
}

Json layout_summary(const Json& line) {
  Json summary = Json::object();
  for (const char* field : {"objective", "cost", "circuit", "assignment", "variant", "gds"}) {
    if (line.contains(field)) summary[field] = line[field];
  }
  return summary;
}

std::string layout_text(const Json& line) {
  return line.value("circuit", "") + "_" +
         std::to_string(line.value("assignment", std::int64_t{0})) + " variant " +
         std::to_string(line.value("variant", std::int64_t{0}));
}

Json variant_line(const Json& variant, const std::string& out) {
  Json line = variant.value("record", Json::object());
  std::map<std::string, std::string> stored;
  for (const Json& file : variant.value("files", Json::array())) {
    stored.emplace(file.value("role", ""), file.value("path", ""));
  }
  const auto locate = [&](const char* field, const char* role) {
    if (!out.empty() && line.contains(field)) {
      line[field] = (std::filesystem::path(out) / line[field].get<std::string>()).string();
    } else if (stored.contains(role)) {
      line[field] = stored[role];
    }
  };
  locate("gds", "gds");
  locate("netlist", "netlist");
  if (stored.contains("times")) {
    if (const auto text = read_text_file(stored["times"], 64u << 10)) {
      const Json seconds = Json::parse(text.value(), nullptr, false);
      if (seconds.is_object()) line["seconds"] = seconds;
    }
  }
  return line;
}

std::string variant_table(const std::vector<Json>& lines) {
  std::vector<std::string> head{"layout",   "v",       "fingers", "DRC",   "LVS",    "pscore",
                                "area um2", "HPWL um", "place",   "route", "judges", "simulate"};
  std::vector<Align> sides{Align::kLeft,  Align::kRight, Align::kLeft,  Align::kRight,
                           Align::kLeft,  Align::kRight, Align::kRight, Align::kRight,
                           Align::kRight, Align::kRight, Align::kRight, Align::kRight};
  const bool with_specs = std::any_of(lines.begin(), lines.end(),
                                      [](const Json& line) { return !specs_text(line).empty(); });
  if (with_specs) {
    head.push_back("specs");
    sides.push_back(Align::kLeft);
  }
  Table table(head, sides);
  std::string previous;
  for (const Json& line : lines) {
    const Json seconds = line.value("seconds", Json::object());
    const std::string name = line.value("top", "");
    const Json pscore = line.value("pscore_V", Json());
    std::vector<std::string> row{
        name,
        line.value("variant", Json()).dump(),
        name == previous ? "" : fingers_text(line.value("fingers", Json::object())),
        verdicts(line.value("drc", Json::object())),
        verdicts(line.value("lvs", Json::object())),
        pscore.is_number() ? engineering(pscore, "V") : "-",
        number(line.value("area_um2", 0.0), 1),
        number(line.value("hpwl_um", 0.0), 1),
        seconds.contains("placer") ? duration(seconds["placer"]) : "",
        duration(seconds.value("router", 0.0)),
        duration(stage_seconds(seconds, {"drc", "lvs", "extractor"})),
        duration(stage_seconds(seconds, {"pre", "simulator"}))};
    if (with_specs) row.push_back(specs_text(line));
    table.add(std::move(row));
    previous = name;
  }
  return table.text();
}

namespace {

/// What the chains of an exploration say at their ends, together; empty where one did not come
/// there.
Json totals_of_chains(Client& client, const std::string& job) {
  const auto info = client.call("job.chains", {{"job", job}, {"limit", 1000}});
  if (!info) return Json::object();
  Json totals = Json::object();
  for (const Json& chain : info.value().value("chains", Json::array())) {
    const Json result = chain.value("result", Json());
    if (!result.is_object()) return Json::object();
    const auto add = [](Json& sum, const Json& count) {
      sum = (sum.is_number() ? sum.get<std::int64_t>() : 0) + count.get<std::int64_t>();
    };
    for (const char* count : {"evaluated", "feasible"}) {
      if (result.contains(count)) add(totals[count], result[count]);
    }
    const Json broken = result.value("broken", Json::object());
    for (const auto& [spec, count] : broken.items()) add(totals["broken"][spec], count);
  }
  return totals;
}

/// How many chains an exploration has side by side.
std::int64_t starts_of(Client& client, const std::string& job) {
  const auto info = client.call("job.get", {{"job", job}});
  return info ? info.value().value("spec", Json::object()).value("assignments", std::int64_t{1})
              : 1;
}

/// Of `jobs` the first, to its end. A Ctrl-C cancels all of them.
int follow_first(const Session& session, Client& client, std::span<const std::string> jobs,
                 const std::string& out, Lines lines, std::chrono::steady_clock::time_point begin) {
  const std::string& job = jobs.front();
  auto subscribed = client.call("job.subscribe", {{"job", job}, {"after", 0}});
  if (subscribed.has_error()) return fail(session, subscribed.error());
  ProgressBar bar(!session.json && !session.quiet);
  Tally tally;
  const bool explores = lines == Lines::kImprovements;
  const std::int64_t starts = explores ? starts_of(client, job) : 1;
  bool found = false;  // A layout that meets the specs.
  for (;;) {
    auto next = client.next_notification(std::chrono::milliseconds(200));
    if (next.has_error()) {
      bar.clear();
      return fail(session, next.error());
    }
    if (interrupts > 0 && !cancelling) {
      cancelling = true;
      bar.clear();
      std::cerr << "cancelling " << job
                << (jobs.size() > 1 ? " and " + std::to_string(jobs.size() - 1) + " more" : "")
                << " (Ctrl-C again leaves at once)\n";
      for (const std::string& each : jobs) {
        if (auto reply = client.call("job.cancel", {{"job", each}}); reply.has_error())
          return fail(session, reply.error());
      }
    }
    if (interrupts > 1) return kCancelled;
    if (!next.value()) continue;
    const Notification& event = *next.value();
    if (event.params.value("job", "") != job) continue;
    if (event.method == "job.progress") {
      bar.update(event.params.value("fraction", 0.0), event.params.value("message", ""));
    } else if (event.method == "job.log") {
      const std::string level = event.params.value("level", "info");
      if (level == "warning" || level == "error") {
        bar.clear();
        std::cerr << level << ": " << event.params.value("message", "") << "\n";
      }
    } else if (event.method == "variant.ready") {
      Json line = variant_line(event.params, out);
      if (explores && line.contains("evaluations"))
        line["evaluations"] = starts * line["evaluations"].get<std::int64_t>();
      const bool best = event.params.value("best", false);
      found = found || best;
      // Of several chains, what is better than all of them before.
      if (explores && (best || !found)) {
        if (session.json) {
          print_line(improvement(line));
        } else {
          bar.clear();
          std::cout << improvement_text(line) << std::endl;
        }
      }
      if (session.json && lines == Lines::kVariants) print_line(line);
      tally.add(std::move(line), event.params.value("chain", std::int64_t{0}));
    } else if (event.method == "job.metric" && session.json && lines == Lines::kMetrics) {
      print_line({{"metric", event.params.value("name", "")},
                  {"step", event.params.value("step", std::int64_t{0})},
                  {"value", event.params.value("value", 0.0)}});
    } else if (event.method == "job.finished") {
      if (!out.empty() && !client.is_local()) {
        const auto fetched = fetch_results(client, job, out, [&](std::int64_t files) {
          bar.update(1, std::to_string(files) + " files fetched");
        });
        if (fetched.has_error()) {
          bar.clear();
          return fail(session, fetched.error());
        }
      }
      bar.clear();
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      if (explores) {
        print_exploration(session, job, event.params, tally, seconds, out,
                          totals_of_chains(client, job));
      } else {
        print_summary(session, job, event.params, tally, seconds, out, lines);
      }
      const std::string state = event.params.value("state", "failed");
      if (const Json error = event.params.value("error", Json());
          error.is_object() && !error.empty()) {
        Error failure{error_code_from_string(error.value("code", "internal")),
                      error.value("message", ""), error.value("where", ""),
                      error.value("hint", "")};
        Session plain = session;
        plain.json = false;  // the summary line holds it already
        return fail(plain, failure);
      }
      if (state == "cancelled") return kCancelled;
      return state == "done" && tally.clean == static_cast<int>(tally.lines.size()) ? kOk
                                                                                    : kUnclean;
    }
  }
}

}  // namespace

int follow_jobs(const Session& session, Client& client, std::span<const std::string> jobs,
                const std::string& out, Lines shown) {
  const auto begin = std::chrono::steady_clock::now();
  InterruptScope scope;
  int worst = kOk;
  for (; !jobs.empty(); jobs = jobs.subspan(1)) {
    const int status = follow_first(session, client, jobs, out, shown, begin);
    worst = std::max(worst, status);
    if (status == kNoServer || interrupts > 1) break;
  }
  return worst;
}

}  // namespace ptah::cli
