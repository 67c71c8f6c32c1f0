/// ptah report: a dataset folder as a table, a row a circuit.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <tuple>

#include "job_view.hpp"
#include "measure_view.hpp"
#include "notes_view.hpp"
#include "session.hpp"
#include "terminal.hpp"

namespace ptah::cli {
namespace {

namespace fs = std::filesystem;
using Align = Table::Align;

/// The best layout of a dataset, which no server names: by the rule of job.get, where the
/// assignment stands for the chain, because a run numbers its chains in their order.
class BestLayout {
 public:
  void add(const Json& line) {
    const Json objective = line.value("objective", Json());
    if (!objective.is_string() || !line.value("cost", Json()).is_number()) return;
    mixed_ = mixed_ || (!line_.is_null() && line_["objective"] != objective);
    if (line_.is_null() || key(line) < key(line_)) line_ = layout_summary(line);
  }
  /// Null where no layout has a cost, or where their costs are by different objectives.
  Json summary() const { return mixed_ ? Json() : line_; }
  std::string text() const { return summary().is_null() ? "-" : layout_text(line_); }

 private:
  static std::tuple<double, std::int64_t, std::int64_t> key(const Json& line) {
    return {line.value("cost", 0.0), line.value("assignment", std::int64_t{0}),
            line.value("variant", std::int64_t{0})};
  }
  Json line_;
  bool mixed_ = false;
};

/// Layouts whose devices have the same total widths: what is summed up over them is of one circuit.
struct SizeReport {
  std::int64_t layouts = 0;
  std::vector<double> pscores, areas;
  MeasureSummary measures;

  Json json() const {
    const auto of = [](const std::vector<double>& values, double value) {
      return values.empty() ? Json() : Json(value);
    };
    return {{"layouts", layouts},
            {"pscore_min_V", of(pscores, least())},
            {"pscore_median_V", of(pscores, median(pscores))},
            {"area_median_um2", of(areas, median(areas))},
            {"measures", measures.to_json()}};
  }
  double least() const {
    return pscores.empty() ? std::numeric_limits<double>::infinity()
                           : *std::min_element(pscores.begin(), pscores.end());
  }
  std::string least_text() const { return pscores.empty() ? "-" : engineering(least(), "V"); }
  std::string median_text() const {
    return pscores.empty() ? "-" : engineering(median(pscores), "V");
  }
};

/// Sizes that a terminal shows of a circuit; JSON has all.
constexpr std::size_t kMostSizes = 20;

struct CircuitReport {
  std::set<std::int64_t> assignments;
  std::int64_t layouts = 0, drc_clean = 0, lvs_match = 0, moves = 0, reverted = 0;
  std::map<std::string, std::int64_t> reasons;
  /// By assignment where fingers keep their width, so that each is a circuit of its own size; where
  /// devices keep theirs, all at -1.
  std::map<std::int64_t, SizeReport> sizes;
  std::int64_t judged = 0;         ///< Layouts that the sign-off judges saw.
  std::int64_t disagreements = 0;  ///< Layouts about which they and the flow's checks differ.
  std::vector<double> own_scores, judged_scores;  ///< Of the same layouts.
  SpecSummary specs;
  BestLayout best;
  std::string score_reason;    ///< Why layouts have no pscore, where none can have one.
  Json notes = Json::array();  ///< What the netlist was taken as otherwise than written.

  /// By least pscore; at least one.
  std::vector<std::pair<std::int64_t, const SizeReport*>> ordered_sizes() const {
    std::vector<std::pair<std::int64_t, const SizeReport*>> order;
    for (const auto& [key, size] : sizes) order.emplace_back(key, &size);
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
      return a.second->least() < b.second->least();
    });
    return order;
  }
};

Result<Json> read_json(const fs::path& file) {
  std::ifstream stream(file);
  Json json = Json::parse(stream, nullptr, false);
  if (json.is_discarded())
    return make_error(ErrorCode::kParse, "The file is no JSON.", file.string());
  return json;
}

/// The q-quantile of |own / judged - 1|.
double error_quantile(const CircuitReport& report, double q) {
  std::vector<double> errors;
  for (std::size_t i = 0; i < report.own_scores.size(); ++i)
    errors.push_back(std::abs(report.own_scores[i] / report.judged_scores[i] - 1));
  if (errors.empty()) return 0;
  std::sort(errors.begin(), errors.end());
  return errors[std::min(errors.size() - 1,
                         static_cast<std::size_t>(q * static_cast<double>(errors.size())))];
}

/// Ranks from 0; equal values share the mean of theirs.
std::vector<double> ranks(const std::vector<double>& values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<double> rank(values.size());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i;
    while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
    for (std::size_t k = i; k < end; ++k) rank[order[k]] = static_cast<double>(i + end - 1) / 2;
    i = end;
  }
  return rank;
}

/// Spearman's; nothing where one side does not vary.
std::optional<double> rank_correlation(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() < 2) return std::nullopt;
  const std::vector<double> x = ranks(a), y = ranks(b);
  const double mean = (static_cast<double>(a.size()) - 1) / 2;
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mean) * (y[i] - mean);
    xx += (x[i] - mean) * (x[i] - mean);
    yy += (y[i] - mean) * (y[i] - mean);
  }
  if (xx == 0 || yy == 0) return std::nullopt;
  return xy / std::sqrt(xx * yy);
}

Status read_circuit(const fs::path& folder, CircuitReport& report) {
  std::vector<fs::path> files;
  std::error_code failure;
  for (const auto& entry : fs::recursive_directory_iterator(folder / "metrics", failure)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (failure) return make_error(ErrorCode::kIo, failure.message(), (folder / "metrics").string());
  for (const auto& entry : fs::recursive_directory_iterator(folder / "disagreements", failure)) {
    report.disagreements += entry.path().extension() == ".json";
  }
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    PTAH_TRY(auto metrics, read_json(file));
    PTAH_TRY(auto metadata,
             read_json(folder / "metadata" / file.parent_path().filename() / file.filename()));
    ++report.layouts;
    report.assignments.insert(metrics.value("assignment", std::int64_t{0}));
    const Json drc = metrics.value("drc", Json::object()),
               lvs = metrics.value("lvs", Json::object());
    report.drc_clean +=
        !drc.empty() && std::all_of(drc.begin(), drc.end(), [](const Json& n) { return n == 0; });
    report.lvs_match += !lvs.empty() && std::all_of(lvs.begin(), lvs.end(),
                                                    [](const Json& v) { return v == "match"; });
    const bool one_size = metrics.value("keep", "finger") == "width";
    SizeReport& size = report.sizes[one_size ? -1 : metrics.value("assignment", std::int64_t{0})];
    ++size.layouts;
    if (metrics.value("pscore_V", Json()).is_number()) size.pscores.push_back(metrics["pscore_V"]);
    size.areas.push_back(metrics.value("area_um2", 0.0));
    size.measures.add(metrics);
    report.judged += metrics.value("judged", false);
    if (metrics.contains("judged_pscore_V") && metrics["pscore_V"].is_number()) {
      report.own_scores.push_back(metrics["pscore_V"]);
      report.judged_scores.push_back(metrics["judged_pscore_V"]);
    }
    report.specs.add(metrics);
    report.best.add(metrics);
    report.score_reason = metrics.value("score_reason", report.score_reason);
    if (report.notes.empty()) report.notes = metrics.value("notes", Json::array());
    report.moves += metrics.value("variant", 0) > 0;
    for (const Json& entry : metadata.value("reverted", Json::array())) {
      const std::string reason = entry.value("reason", "");
      if (metrics.value("variant", 0) > 0) ++report.reverted;
      ++report.reasons[reason.substr(0, reason.find(':'))];
    }
  }
  return ok();
}

int report(const Session& session, const std::string& dataset) {
  std::map<std::string, CircuitReport> circuits;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(fs::path(dataset) / "data", failure)) {
    if (!entry.is_directory()) continue;
    auto read = read_circuit(entry.path(), circuits[entry.path().filename().string()]);
    if (read.has_error()) return fail(session, read.error());
  }
  if (failure) {
    return fail(session, make_error(ErrorCode::kNotFound, "This folder holds no dataset.", dataset,
                                    "`ptah run CIRCUIT --out DIR` makes one."));
  }
  Table table(
      {"circuit", "assignments", "layouts", "DRC clean", "LVS match", "moves", "reverted", "why",
       "pscore min", "median", "area um2", "best"},
      {Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kRight, Align::kRight,
       Align::kRight, Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kLeft});
  Table signed_off(
      {"circuit", "judged", "disagreements", "pscore error median", "p99", "rank correlation"},
      {Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kRight, Align::kRight});
  Table measures({"circuit", "measure", "median", "minimum", "maximum", "schematic", "absent"},
                 {Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight,
                  Align::kRight, Align::kLeft});
  Table specs(
      {"circuit", "spec", "met", "broken", "minimum", "maximum"},
      {Align::kLeft, Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kRight});
  Table by_size({"circuit", "layouts", "pscore min", "median", "area um2"},
                {Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kRight});
  std::size_t sizes_left_out = 0;
  bool clean = true;
  for (const auto& [name, found] : circuits) {
    const auto sizes = found.ordered_sizes();
    if (sizes.empty()) continue;
    const SizeReport& best_size = *sizes.front().second;
    const bool one_size = sizes.size() == 1;
    clean = clean && found.drc_clean == found.layouts && found.lvs_match == found.layouts;
    const double tried = static_cast<double>(found.moves + found.reverted);
    const double share = tried > 0 ? static_cast<double>(found.reverted) / tried * 100 : 0;
    const auto rank = rank_correlation(found.own_scores, found.judged_scores);
    if (session.json) {
      Json by_assignment = Json::array();
      for (const auto& [assignment, size] : sizes) {
        Json line = size->json();
        line["assignment"] = assignment < 0 ? Json() : Json(assignment);
        by_assignment.push_back(std::move(line));
      }
      print_line({{"circuit", name},
                  {"assignments", found.assignments.size()},
                  {"layouts", found.layouts},
                  {"drc_clean", found.drc_clean},
                  {"lvs_match", found.lvs_match},
                  {"moves", found.moves},
                  {"reverted", found.reverted},
                  {"reverted_percent", share},
                  {"reasons", found.reasons},
                  {"pscore_min_V", best_size.json()["pscore_min_V"]},
                  {"sizes", std::move(by_assignment)},
                  {"best", found.best.summary()},
                  {"judged", found.judged},
                  {"disagreements", found.disagreements},
                  {"pscore_error_median", error_quantile(found, 0.5)},
                  {"pscore_error_p99", error_quantile(found, 0.99)},
                  {"pscore_rank_correlation", rank ? Json(*rank) : Json()},
                  {"feasible", found.specs.empty() ? Json() : Json(found.specs.feasible())},
                  {"specs", found.specs.to_json()},
                  {"measures", one_size ? best_size.measures.to_json() : Json()},
                  {"score_reason", found.score_reason},
                  {"notes", found.notes}});
      continue;
    }
    std::string reasons;
    for (const auto& [reason, count] : found.reasons) {
      reasons += (reasons.empty() ? "" : ", ") + reason + " " + std::to_string(count);
    }
    table.add({name, std::to_string(found.assignments.size()), std::to_string(found.layouts),
               std::to_string(found.drc_clean), std::to_string(found.lvs_match),
               std::to_string(found.moves),
               std::to_string(found.reverted) + " (" + number(share, 1) + " %)", reasons,
               best_size.least_text(), one_size ? best_size.median_text() : "by size",
               one_size ? number(median(best_size.areas), 1) : "by size", found.best.text()});
    for (std::size_t i = 0; i < sizes.size() && !one_size; ++i) {
      if (i >= kMostSizes) {
        sizes_left_out += sizes.size() - i;
        break;
      }
      const SizeReport& size = *sizes[i].second;
      by_size.add({name + "_" + std::to_string(sizes[i].first), std::to_string(size.layouts),
                   size.least_text(), size.median_text(), number(median(size.areas), 1)});
    }
    best_size.measures.add_rows(measures,
                                one_size ? name : name + "_" + std::to_string(sizes.front().first));
    found.specs.add_rows(specs, name);
    if (found.judged_scores.empty() && found.disagreements == 0) continue;
    signed_off.add({name, std::to_string(found.judged), std::to_string(found.disagreements),
                    number(error_quantile(found, 0.5) * 100, 2) + " %",
                    number(error_quantile(found, 0.99) * 100, 2) + " %",
                    rank ? number(*rank, 4) : "-"});
  }
  if (!session.json) {
    std::cout << table.text();
    if (!by_size.empty()) {
      std::cout << "\nSizes: with other finger counts devices have other total widths\n"
                << by_size.text();
      if (sizes_left_out > 0) std::cout << "and " << sizes_left_out << " more (--json has all)\n";
    }
    if (!signed_off.empty()) {
      std::cout << "\nSign-off by the judges\n" << signed_off.text();
    }
    if (!specs.empty()) std::cout << "\nSpecs (layouts)\n" << specs.text();
    if (!measures.empty()) std::cout << "\nMeasures\n" << measures.text();
    for (const auto& [name, found] : circuits) {
      if (!found.score_reason.empty())
        std::cout << "\n" << name << ": " << found.score_reason << "\n";
      if (const std::string changes = changes_text(found.notes); !changes.empty())
        std::cout << "\n" << name << " is not quite as written\n" << changes;
    }
  }
  return clean ? kOk : kUnclean;
}

}  // namespace

void add_report_command(CLI::App& app, Session& session, int& status) {
  auto* command = app.add_subcommand("report", "Sum up a dataset folder");
  auto dataset = std::make_shared<std::string>();
  command->add_option("dataset", *dataset, "Folder given to --out")
      ->required()
      ->check(CLI::ExistingDirectory);
  on_command(command, status, [&session, dataset] { return report(session, *dataset); });
}

}  // namespace ptah::cli
